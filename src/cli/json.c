#include "cli/cli.h"
#include "cli/scoreboard.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/campaign.h"
#include "respite/num.h"

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

/* What comes from the command line or a file's name need not be UTF-8, as JSON must
 * be: a byte that is not is written as the replacement character. */
static json_t *words(const char *s)
{
    s = s ? s : "";
    json_t *whole = json_string(s);
    rsp_text text = {0};
    for (size_t n = strlen(s), k = 1; !whole && n > 0; s += k, n -= k) {
        k = rsp_utf8_length(s, n);
        rsp_text_add_n(&text, k ? s : "\xef\xbf\xbd", k ? k : 3);
        k = k ? k : 1;
    }
    whole = whole || text.failed || !text.data ? whole : json_string(text.data);
    rsp_text_fini(&text);
    return whole;
}

/* The key of a path, likewise. */
static void put_words(json_t *object, const char *key, json_t *value)
{
    json_t *name = words(key);
    json_object_set_new(object, name ? json_string_value(name) : "", value);
    json_decref(name);
}

static json_t *pair(double a, double b)
{
    return json_pack("[o,o]", number(a), number(b));
}

static json_t *endpoint(const rsp_arm_endpoint *e, const char *unit)
{
    json_t *free_at = json_object();
    for (size_t i = 0; i < e->n_days; i++) {
        char day[RSP_NUMBER_MAX];
        rsp_number_write(e->days[i], day);
        json_object_set_new(free_at, day, number(e->event_free[i]));
    }
    return json_pack(
        "{s:s,s:I,s:I,s:o,s:o,s:[o,o,o],s:o,s:{s:o,s:o,s:o}}", "unit", unit, "n",
        (json_int_t)e->n, "events", (json_int_t)e->events, "median",
        number(e->median.value), "ci95", pair(e->median.low, e->median.high),
        "quartiles", number(e->quartiles[0]), number(e->quartiles[1]),
        number(e->quartiles[2]), "event_free", free_at, "trial_median", "value",
        number(e->trial_median.value), "low", number(e->trial_median.low), "high",
        number(e->trial_median.high));
}

static json_t *arm(const rsp_plan_view *plan, const rsp_arm_findings *a)
{
    json_t *endpoints = json_object();
    for (size_t i = 0; i < a->n_endpoints; i++) {
        const rsp_arm_endpoint *e = &a->endpoints[i];
        const char *unit = i < plan->n_endpoints ? plan->endpoints[i].unit : "day";
        json_object_set_new(endpoints, e->endpoint, endpoint(e, unit));
    }
    json_t *row = json_pack("{s:s,s:I,s:I,s:o}", "name", a->name, "participants",
                            (json_int_t)a->participants, "failed", (json_int_t)a->failed,
                            "endpoints", endpoints);
    for (size_t i = 0; i < plan->n_arms; i++) {
        const char *own = plan->arms[i].eligibility;
        const bool screens = (own && own[0]) || a->flow.screened_out > 0;
        if (screens && strcmp(plan->arms[i].name, a->name) == 0) {
            json_object_set_new(row, "screened_out", json_integer((json_int_t)a->flow.screened_out));
        }
    }
    return row;
}

static json_t *score(const rsp_score_row *r)
{
    json_t *published = isfinite(r->published)
                            ? json_real(r->published)
                            : json_string(r->published_text ? r->published_text : "");
    json_t *row = json_pack("{s:s,s:s,s:o,s:s,s:o,s:o,s:o,s:o,s:s,s:s,s:s}", "study",
                     r->study, "quantity", r->quantity, "published", published,
                     "unit", r->unit, "simulated", number(r->simulated), "low",
                     number(r->low), "high", number(r->high), "inside",
                     r->undecided ? json_null() : json_boolean(r->inside), "use", r->use, "note", r->note ? r->note : "",
                     "source", r->source ? r->source : "");
    if (r->limited.values) {
        json_object_set_new(row, "values", json_integer((json_int_t)r->limited.values));
        json_object_set_new(row, "beyond_limit", json_integer((json_int_t)r->limited.beyond));
    }
    return row;
}

static json_t *scoreboard(const rsp_findings *f)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < f->n_scores; i++) {
        json_array_append_new(rows, score(&f->scores[i]));
    }
    return rows;
}

/* A row for each arm and combination of levels: the median of the endpoint over
 * replicate trials. */
static json_t *grid(const rsp_findings *f)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < f->n_grid; i++) {
        const rsp_grid_cell *c = &f->grid[i];
        json_t *levels = json_object();
        for (size_t a = 0; a < f->n_axes; a++) {
            json_object_set_new(levels, f->grid_axes[a], json_string(c->levels[a]));
        }
        json_array_append_new(
            rows, json_pack("{s:s,s:o,s:s,s:o,s:o,s:o}", "arm", c->arm, "levels", levels,
                            "unit", "day", "median", number(c->median.value), "low",
                            number(c->median.low), "high", number(c->median.high)));
    }
    return rows;
}

static json_t *contrasts(const rsp_plan_view *plan, const rsp_findings *f)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < f->n_contrasts; i++) {
        const rsp_contrast *c = &f->contrasts[i];
        json_t *row = json_pack("{s:s,s:s,s:s,s:I,s:I}", "endpoint", c->endpoint,
                                "treated", c->treated, "control", c->control, "treated_n",
                                (json_int_t)c->treated_n, "control_n", (json_int_t)c->control_n);
        if (plan->design == RSP_COUNTERFACTUAL && !c->is_paired) { /* nobody is in both */
            json_object_set_new(row, "paired", json_null());
        }
        if (c->is_paired) {
            json_object_set_new(
                row, "paired",
                json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o}", "n",
                          (json_int_t)c->paired.n, "both_events",
                          (json_int_t)c->paired.both, "later",
                          (json_int_t)c->paired.later, "earlier",
                          (json_int_t)c->paired.earlier, "equal",
                          (json_int_t)c->paired.equal, "undecided",
                          (json_int_t)c->paired.undecided, "mean_difference",
                          number(c->paired.mean), "ci95",
                          pair(c->paired.mean_low, c->paired.mean_high), "median",
                          number(c->paired.median), "sign_p",
                          number(c->paired.sign_p)));
        }
        if (c->has_test) {
            json_object_set_new(row, "logrank_chisq", number(c->logrank.chisq));
            json_object_set_new(row, "logrank_p", number(c->logrank.p));
            json_object_set_new(row, "hazard_ratio", number(c->hr.hr));
            json_object_set_new(row, "hazard_ratio_ci95",
                                pair(c->hr.low, c->hr.high));
            json_object_set_new(row, "hazard_ratio_p", number(c->hr.p));
        }
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *tests(const rsp_findings *f)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < f->n_tests; i++) {
        const rsp_test_share *t = &f->tests[i];
        json_array_append_new(
            rows, json_pack("{s:s,s:s,s:o,s:I,s:I,s:I,s:o,s:o}", "test", t->test, "what", t->what,
                            "alpha", number(t->alpha), "trials", (json_int_t)t->trials,
                            "estimable", (json_int_t)t->estimable, "significant",
                            (json_int_t)t->significant, "share", number(t->share.value), "mc95",
                            pair(t->share.low, t->share.high)));
    }
    return rows;
}

static json_t *levels(const rsp_findings *f)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < f->n_levels; i++) {
        const rsp_dose_level *l = &f->levels[i];
        json_array_append_new(
            rows, json_pack("{s:s,s:o,s:o,s:o,s:I,s:o,s:o}", "arm", l->arm, "treated",
                            number(l->treated), "toxic", number(l->toxic), "failed",
                            number(l->failed), "selected",
                            (json_int_t)l->selected, "share", number(l->share.value), "mc95",
                            pair(l->share.low, l->share.high)));
    }
    return rows;
}

static json_t *stopping(const rsp_stopping *s)
{
    return !s ? json_null()
              : json_pack("{s:s,s:s,s:I,s:o,s:o,s:I,s:o,s:o,s:I,s:o,s:o}", "arm", s->arm, "rule", s->rule,
                          "planned", (json_int_t)s->planned, "enrolled", number(s->enrolled),
                          "events", number(s->events), "stopped", (json_int_t)s->stopped,
                          "share", number(s->share.value), "mc95",
                          pair(s->share.low, s->share.high), "met", (json_int_t)s->met,
                          "met_share", number(s->met_share.value), "met_mc95",
                          pair(s->met_share.low, s->met_share.high));
}

static json_t *estimate(const rsp_interval *v)
{
    return json_pack("{s:o,s:o}", "value", number(v->value), "mc95", pair(v->low, v->high));
}

static json_t *curve(const rsp_sweep_curve *c)
{
    json_t *levels = json_array();
    for (size_t i = 0; i < c->n_points; i++) {
        const rsp_sweep_point *p = &c->points[i];
        json_array_append_new(
            levels, json_pack("{s:o,s:o,s:s,s:I,s:o,s:o}", "level",
                              c->is_line ? json_null() : json_string(p->level), "value",
                              c->is_line ? json_null() : number(p->value), "arm", p->arm,
                              "n", (json_int_t)p->n, "estimate", estimate(&p->estimate),
                              "difference", estimate(&p->difference)));
    }
    return json_pack("{s:s,s:o}", "arm", c->name, "levels", levels);
}

static json_t *sweep(const rsp_sweep *s)
{
    if (!s) {
        return json_null();
    }
    json_t *outcomes = json_array();
    for (size_t k = 0; k < s->n_outcomes; k++) {
        const rsp_sweep_outcome *o = &s->outcomes[k];
        json_t *curves = json_array();
        for (size_t c = 0; c < o->n_curves; c++) {
            json_array_append_new(curves, curve(&o->curves[c]));
        }
        json_array_append_new(outcomes,
                              json_pack("{s:s,s:s,s:s,s:o}", "statistic", o->statistic,
                                        "label", o->label, "unit", o->unit, "curves", curves));
    }
    return json_pack("{s:s,s:s,s:s,s:o}", "over", s->over, "unit", s->unit, "against",
                     s->against, "outcomes", outcomes);
}

static json_t *hinges(const rsp_plan_view *plan, const rsp_findings *f)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < f->n_hinges; i++) {
        const rsp_hinges *h = &f->hinges[i];
        json_t *list = json_array();
        for (size_t k = 0; k < h->n; k++) {
            const rsp_param *p = &plan->net->params[h->list[k].param];
            json_array_append_new(
                list, json_pack("{s:s,s:s,s:o,s:o,s:b,s:s}", "parameter", p->name, "between",
                                h->list[k].by_trial ? "trials" : "people", "prcc",
                                number(h->list[k].r), "p", number(h->list[k].p), "stands",
                                h->list[k].stands, "status", rsp_knowledge_name(p->status)));
        }
        json_array_append_new(rows, json_pack("{s:s,s:s,s:I,s:I,s:o}", "outcome", h->outcome,
                                              "where", h->where, "participants",
                                              (json_int_t)h->participants, "trials",
                                              (json_int_t)h->trials, "parameters", list));
    }
    return rows;
}

static rsp_status print(json_t *root, rsp_error *err)
{
    /* 17 digits read back to the same double. */
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17))
                      : NULL;
    json_decref(root);
    if (!text) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the JSON");
    }
    puts(text);
    free(text);
    return RSP_OK;
}

rsp_status cli_print_run_json(const rsp_plan_view *plan, const rsp_findings *f,
                              rsp_error *err)
{
    json_t *arms = json_array();
    for (size_t i = 0; i < f->n_arms; i++) {
        json_array_append_new(arms, arm(plan, &f->arms[i]));
    }
    return print(json_pack("{s:s,s:I,s:I,s:b,s:s,s:o,s:o,s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:o}", "study", plan->study,
                           "seed", (json_int_t)plan->seed, "trials",
                           (json_int_t)f->trials, "null", plan->is_null, "hash",
                           f->hash ? f->hash : "", "arms", arms, "contrasts", contrasts(plan, f),
                           "tests", tests(f), "levels", levels(f), "undecided",
                           (json_int_t)f->undecided, "stopping", stopping(f->stopping), "grid", grid(f),
                           "scoreboard", scoreboard(f), "sweep", sweep(f->sweep), "hinges",
                           hinges(plan, f)),
                 err);
}

rsp_status cli_print_scoreboard_json(const rsp_findings *const *all, size_t n,
                                     rsp_error *err)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *more = scoreboard(all[i]);
        json_array_extend(rows, more);
        json_decref(more);
    }
    cli_judgement j = cli_judge(all, n, NULL);
    return print(json_pack("{s:o,s:{s:I,s:I,s:I,s:o,s:I,s:o}}", "scoreboard", rows, "summary",
                           "predicted", (json_int_t)j.predicted, "judged",
                           (json_int_t)j.judged, "inside", (json_int_t)j.inside,
                           "share_inside", number(j.share), "scored", (json_int_t)j.scored,
                           "mean_interval_score", number(j.score)),
                 err);
}

static json_t *inputs(const cli_args *args, const rsp_plan_view *plan)
{
    json_t *files = json_array();
    for (uint32_t i = 0; i < plan->net->n_files; i++) {
        json_array_append_new(files, words(plan->net->files[i]));
    }
    json_t *set = json_object();
    for (size_t i = 0; i < args->n_set; i++) {
        put_words(set, args->set[i].path, words(args->set[i].value));
    }
    json_t *read = json_object(); /* as they were when they were read */
    for (size_t i = 0; i < plan->n_inputs; i++) {
        put_words(read, plan->inputs[i].path, json_string(plan->inputs[i].sha256));
    }
    return json_pack("{s:o,s:s,s:o,s:o,s:s,s:o,s:o}", "study", words(plan->file),
                     "study_sha256", plan->n_inputs ? plan->inputs[0].sha256 : "",
                     "sha256", read, "model", words(plan->model_name),
                     "model_sha256", plan->net->sha256, "model_files", files,
                     "set", set);
}

rsp_status cli_write_manifest(const char *dir, const cli_args *args,
                              const rsp_plan_view *plan,
                              const rsp_campaign_result *r, rsp_error *err)
{
    json_t *root = json_pack(
        "{s:i,s:o,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:o,s:I,s:f,s:f,s:I}", "format", 1,
        "command", words(args->line), "version", rsp_version(), "commit", rsp_commit(),
        "compiler", rsp_compiler(), "instruction_set", rsp_isa(), "hash", r->hash,
        "seed", (json_int_t)plan->seed, "trials", (json_int_t)plan->trials,
        "inputs", inputs(args, plan), "threads", (json_int_t)r->threads,
        "wall_seconds", r->wall_s, "cpu_seconds", r->cpu_s, "simulated",
        (json_int_t)r->runs);
    char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    json_decref(root);
    rsp_text path = {0};
    rsp_text_printf(&path, "%s/manifest.json", dir);
    rsp_status s = text && !path.failed
                       ? rsp_file_write(path.data, text, strlen(text), err)
                       : rsp_fail(err, RSP_NOMEM, "no memory for the manifest");
    free(text);
    rsp_text_fini(&path);
    return s;
}

/* "name: value", one a line; what is nested one step to the right. */
static void show_value(const char *name, const json_t *v, int indent)
{
    const char *key;
    const json_t *item;
    size_t i;
    if (json_is_object(v) || json_is_array(v)) {
        printf("%*s%s:\n", indent, "", name);
    }
    if (json_is_object(v)) {
        json_object_foreach((json_t *)(uintptr_t)v, key, item) {
            show_value(key, item, indent + 2);
        }
    } else if (json_is_array(v)) {
        json_array_foreach(v, i, item) {
            show_value("-", item, indent + 2);
        }
    } else {
        char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
        printf("%*s%s%s %s\n", indent, "", name, strcmp(name, "-") ? ":" : "",
               json_is_string(v) ? json_string_value(v) : text ? text : "");
        free(text);
    }
}

rsp_status cli_show_manifest(const char *dir, rsp_error *err)
{
    rsp_text path = {0};
    char *text = NULL;
    size_t length = 0;
    rsp_text_printf(&path, "%s/manifest.json", dir);
    rsp_status s = path.failed ? rsp_fail(err, RSP_NOMEM, "out of memory") : RSP_OK;
    if (s == RSP_OK && rsp_file_read(path.data, 0, &text, &length, NULL) != RSP_OK) {
        s = rsp_fail(err, RSP_NOFILE,
                     "%s is a directory without a manifest.json: no run, or one that was "
                     "not finished", dir);
    }
    json_t *root = s == RSP_OK ? json_loadb(text, length, 0, NULL) : NULL;
    if (s == RSP_OK && !json_is_object(root)) {
        s = rsp_fail(err, RSP_DATA, "%s is not a manifest: JSON is expected", path.data);
    }
    const char *key;
    const json_t *item;
    json_object_foreach(root, key, item) {
        show_value(key, item, 0);
    }
    json_decref(root);
    free(text);
    rsp_text_fini(&path);
    return s;
}
