#include "bed.h"

#include "respite/sbml.h"

static void must(rsp_status status, const rsp_error *err)
{
    if (status != RSP_OK) {
        fail_msg("%s:%u:%u: %s", err->source, err->line, err->column, err->message);
    }
}

static void bed_prepare(bed *b)
{
    rsp_error err = {0};
    b->net = rsp_model_network(b->model);
    must(rsp_program_new(b->net, &b->program, &err), &err);
    b->params = calloc(b->net->n_params + 1, sizeof *b->params);
    for (uint32_t i = 0; i < b->net->n_params; i++) {
        b->params[i] = b->net->params[i].value;
    }
}

void bed_open(bed *b, const char *text, rsp_method method)
{
    rsp_error err = {0};
    *b = (bed){.seed = 20240229, .n = 1, .options = rsp_sim_defaults(method)};
    /* These models are small, and their regimes are what is tested. */
    b->options.few_events = b->options.few_leaps = 0;
    must(rsp_model_parse(text, "test", &b->model, &err), &err);
    bed_prepare(b);
}

void bed_load(bed *b, const char *path, rsp_method method)
{
    rsp_error err = {0};
    *b = (bed){.seed = 20240229, .n = 1, .options = rsp_sim_defaults(method)};
    /* These models are small, and their regimes are what is tested. */
    b->options.few_events = b->options.few_leaps = 0;
    must(rsp_model_open(path, NULL, &b->model, &err), &err);
    bed_prepare(b);
}

static void forget_run(bed *b)
{
    free(b->amounts);
    free(b->observed);
    free(b->result);
    free(b->own);
    b->amounts = b->observed = b->own = NULL;
    b->result = NULL;
}

void bed_close(bed *b)
{
    forget_run(b);
    free(b->params);
    rsp_program_free(b->program);
    rsp_model_free(b->model);
}

void bed_set(bed *b, const char *parameter, double value)
{
    int i = rsp_network_param(b->net, parameter);
    assert_true(i >= 0);
    b->params[i] = value;
}

static int bed_next(void *ctx, rsp_sim_job *job)
{
    bed *b = ctx;
    if (b->given == b->n) {
        return 0;
    }
    uint32_t i = b->reversed ? b->n - 1 - b->given : b->given;
    double *own = b->own + (size_t)i * b->net->n_params;
    memcpy(own, b->params, b->net->n_params * sizeof *own);
    if (b->vary != NULL) {
        b->vary(b, b->first + i, own);
    }
    b->given++;
    *job = (rsp_sim_job){.participant = b->first + i, .params = own,
                         .initial = b->initial, .t0 = b->t0, .t1 = b->t1,
                         .actions = b->actions, .n_actions = b->n_actions,
                         .reads = b->reads, .n_reads = b->n_reads,
                         .stops = b->stops, .n_stops = b->n_stops};
    return 1;
}

static bool bed_read(void *ctx, const rsp_sim_job *job, size_t which,
                     const rsp_sim_view *view)
{
    bed *b = ctx;
    size_t at = (size_t)(job->participant - b->first) * b->n_reads + which;
    assert_true(view->t == b->reads[which]);
    memcpy(b->amounts + at * b->net->n_species, view->amounts,
           b->net->n_species * sizeof(double));
    memcpy(b->observed + at * b->net->n_observables, view->observed,
           b->net->n_observables * sizeof(double));
    return !b->enough || !b->enough(b, view);
}

static bool bed_stop(void *ctx, const rsp_sim_job *job, size_t which,
                     const rsp_sim_view *view, rsp_sim_action *added,
                     size_t room, size_t *n_added)
{
    bed *b = ctx;
    return b->stop(b, job->participant, which, view, added, room, n_added);
}

static void bed_done(void *ctx, const rsp_sim_job *job,
                     const rsp_sim_result *result)
{
    bed *b = ctx;
    b->result[job->participant - b->first] = *result;
    b->done++;
}

void bed_run(bed *b)
{
    rsp_error err = {0};
    rsp_sim *sim;
    forget_run(b);
    size_t rows = (size_t)b->n * (b->n_reads + 1);
    b->amounts = calloc(rows * (b->net->n_species + 1), sizeof(double));
    b->observed = calloc(rows * (b->net->n_observables + 1), sizeof(double));
    b->result = calloc(b->n, sizeof *b->result);
    b->own = calloc((size_t)b->n * b->net->n_params + 1, sizeof(double));
    b->given = b->done = 0;
    must(rsp_sim_new(b->program, &b->options, b->seed, &sim, &err), &err);
    rsp_sim_client client = {.ctx = b, .next = bed_next, .read = bed_read,
                             .stop = bed_stop, .done = bed_done};
    must(rsp_sim_run(sim, &client, &err), &err);
    b->total = rsp_sim_total(sim);
    rsp_sim_free(sim);
    assert_int_equal(b->done, b->n);
}

double bed_amount(const bed *b, uint32_t participant, size_t read, const char *species)
{
    int s = rsp_network_species(b->net, species);
    assert_true(s >= 0);
    return b->amounts[((size_t)participant * b->n_reads + read) * b->net->n_species + (size_t)s];
}

double bed_observed(const bed *b, uint32_t participant, size_t read, const char *name)
{
    int i = rsp_network_observable(b->net, name);
    assert_true(i >= 0);
    return b->observed[((size_t)participant * b->n_reads + read) * b->net->n_observables + (size_t)i];
}

double *bed_column(const bed *b, size_t read, const char *species)
{
    double *x = malloc(b->n * sizeof *x);
    for (uint32_t i = 0; i < b->n; i++) {
        x[i] = bed_amount(b, i, read, species);
    }
    return x;
}

double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

static double moment_of(const double *x, size_t n, int order)
{
    double mean = mean_of(x, n), sum = 0;
    for (size_t i = 0; i < n; i++) {
        double d = x[i] - mean;
        sum += order == 2 ? d * d : d * d * d * d;
    }
    return sum / (double)n;
}

double covariance_of(const double *x, const double *y, size_t n)
{
    double sum = 0, mx = mean_of(x, n), my = mean_of(y, n);
    for (size_t i = 0; i < n; i++) {
        sum += (x[i] - mx) * (y[i] - my);
    }
    return sum / (double)(n - 1);
}

double variance_of(const double *x, size_t n)
{
    return moment_of(x, n, 2) * (double)n / (double)(n - 1);
}

double share_of(const double *x, size_t n, double value)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        k += x[i] == value;
    }
    return (double)k / (double)n;
}

static void within(double found, double expected, double se, const char *what)
{
    print_message("    %s %.6g, expected %.6g (%.2f SE)\n", what, found, expected,
                  (found - expected) / se);
    if (!(fabs(found - expected) <= 3 * se)) {
        fail_msg("%s %.8g is further than 3 standard errors (%.3g) from %.8g",
                 what, found, se, expected);
    }
}

void assert_mean(const double *x, size_t n, double expected)
{
    within(mean_of(x, n), expected, sqrt(variance_of(x, n) / (double)n), "mean");
}

void assert_variance(const double *x, size_t n, double expected)
{
    double v = variance_of(x, n), m4 = moment_of(x, n, 4);
    within(v, expected, sqrt((m4 - v * v) / (double)n), "variance");
}

void assert_share(double found, size_t n, double expected)
{
    within(found, expected, sqrt(expected * (1 - expected) / (double)n), "share");
}

void assert_relative(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance * fabs(expected))) {
        fail_msg("%.15g is not within %g of %.15g", found, tolerance, expected);
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double ks_distance(double *x, size_t n, double *y, size_t m)
{
    qsort(x, n, sizeof *x, ascending);
    qsort(y, m, sizeof *y, ascending);
    double most = 0;
    for (size_t i = 0, j = 0; i < n && j < m;) {
        double at = x[i] < y[j] ? x[i] : y[j];
        while (i < n && x[i] <= at) {
            i++;
        }
        while (j < m && y[j] <= at) {
            j++;
        }
        most = fmax(most, fabs((double)i / (double)n - (double)j / (double)m));
    }
    return most;
}

void assert_same_law(double *x, size_t n, double *y, size_t m)
{
    double most = ks_distance(x, n, y, m);
    double critical = 1.628 * sqrt(1.0 / (double)n + 1.0 / (double)m);
    print_message("    KS distance %.4f, critical %.4f\n", most, critical);
    if (most > critical) {
        fail_msg("KS distance %.4f above %.4f: not the same law", most, critical);
    }
}
