#include "hiv.h"

static void must(rsp_status status, const rsp_error *err)
{
    if (status != RSP_OK) {
        fail_msg("%s:%u:%u: %s", err->source, err->line, err->column, err->message);
    }
}

void hiv_open(hiv *h, rsp_method method)
{
    hiv_open_model(h, "hiv_car_t", method);
}

void hiv_open_model(hiv *h, const char *name, rsp_method method)
{
    char path[4096];
    const char *folder = getenv("RESPITE_TEST_MODELS");
    snprintf(path, sizeof path, "%s/%s.rsp", folder != NULL ? folder : MODELS, name);
    bed_load(&h->bed, path, method);
    h->start = NULL;
    h->bed.actions = h->actions;
    if (method == RSP_ODE) {
        h->bed.options.rtol = 1e-9;
        h->bed.options.atol = 1e-9;
        h->bed.options.max_steps = 1000000;
    }
}

void hiv_close(hiv *h)
{
    free(h->start);
    bed_close(&h->bed);
}

void hiv_set(hiv *h, const char *parameter, double value)
{
    size_t n = 0;
    for (uint32_t i = 0; i < h->bed.net->n_params; i++) {
        const rsp_param *p = &h->bed.net->params[i];
        if (strcmp(p->name, parameter) == 0 || strcmp(p->family, parameter) == 0) {
            h->bed.params[i] = value;
            n++;
        }
    }
    if (n == 0) {
        fail_msg("no parameter %s", parameter);
    }
}

/* Derived values to `out`, drawn initial amounts to `x`; either may be NULL. */
static void derive(hiv *h, double *out, double *x)
{
    rsp_error err = {0};
    rsp_sim *sim;
    double *all = out != NULL ? out : calloc(h->bed.net->n_derived, sizeof *all);
    must(rsp_sim_new(h->bed.program, &h->bed.options, h->bed.seed, &sim, &err), &err);
    must(rsp_sim_derive(sim, 0, 0, h->bed.params, all, x, &err), &err);
    rsp_sim_free(sim);
    if (out == NULL) {
        free(all);
    }
}

static bool is_family(const rsp_species *s, const char *name)
{
    return strcmp(s->name, name) == 0 || strcmp(s->family, name) == 0;
}

void hiv_start(hiv *h, const char *species, double amount)
{
    size_t n = 0;
    for (uint32_t s = 0; s < h->bed.net->n_species; s++) {
        if (is_family(&h->bed.net->species[s], species)) {
            h->start[s] = amount;
            n++;
        }
    }
    if (n == 0) {
        fail_msg("no species %s", species);
    }
}

void hiv_settle(hiv *h)
{
    free(h->start);
    h->start = calloc(h->bed.net->n_species, sizeof *h->start);
    derive(h, NULL, h->start);
    hiv_start(h, "P", 0);
    hiv_start(h, "I", 0);
    hiv_start(h, "L", 0);
    for (uint32_t i = 0; i < h->bed.net->n_species; i++) { /* of the complete model */
        const char *family = h->bed.net->species[i].family;
        if (strcmp(family, "G") == 0) {
            h->start[i] = 0;
        }
    }
    if (rsp_network_param(h->bed.net, "follow_clones") >= 0) {
        hiv_set(h, "follow_clones", 0);
    }
    h->bed.initial = h->start;
}

double hiv_derived(hiv *h, const char *name)
{
    double *out = calloc(h->bed.net->n_derived, sizeof *out), value = NAN;
    derive(h, out, NULL);
    for (uint32_t i = 0; i < h->bed.net->n_derived; i++) {
        if (strcmp(h->bed.net->derived[i].name, name) == 0) {
            value = out[i];
        }
    }
    free(out);
    if (isnan(value)) {
        fail_msg("no constant derived value %s", name);
    }
    return value;
}

void hiv_act(hiv *h, double day, const char *name, double amount)
{
    int a = rsp_network_action(h->bed.net, name);
    assert_true(a >= 0 && h->bed.n_actions < sizeof h->actions / sizeof *h->actions);
    h->actions[h->bed.n_actions++] =
        (rsp_sim_action){.t = day, .action = (uint32_t)a, .amount = amount};
}

void hiv_run(hiv *h)
{
    bed_run(&h->bed);
    for (uint32_t i = 0; i < h->bed.n; i++) {
        if (h->bed.result[i].stop != RSP_STOP_END) {
            fail_msg("participant %u stopped on day %g: %s %s", i, h->bed.result[i].t,
                     rsp_stop_text(h->bed.result[i].stop), h->bed.result[i].reason);
        }
    }
}

double hiv_sum(const hiv *h, uint32_t i, size_t read, const char *family)
{
    const bed *b = &h->bed;
    double sum = 0;
    for (uint32_t s = 0; s < b->net->n_species; s++) {
        if (is_family(&b->net->species[s], family)) {
            sum += b->amounts[((size_t)i * b->n_reads + read) * b->net->n_species + s];
        }
    }
    return sum;
}

void hiv_blend(hiv *h)
{
    hiv_set(h, "mix", 1);
    hiv_set(h, "chi_X", 1);
    hiv_set(h, "chi_C", 1);
    hiv_set(h, "pi_G", 1);
}
