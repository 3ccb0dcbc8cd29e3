/* Operating characteristics: what tests find in replicate trials. */
#include <math.h>
#include <string.h>

#include "respite/rank.h"
#include "study/analyst.h"

static const double ALPHA = 0.05, LEVEL = 0.95;

bool analyst_tests_new(rsp_analyst *a)
{
    const rsp_plan *plan = a->plan;
    if (plan->view.design != RSP_RANDOMISED) {
        return true;
    }
    const size_t n = plan->n_contrasts * plan->n_endpoints;
    a->tests = rsp_arena_alloc(a->arena, n + 1, sizeof *a->tests);
    for (size_t i = 0; a->tests && i < n; i++) {
        const plan_contrast *c = &plan->contrasts[i / plan->n_endpoints];
        const char *what = rsp_arena_printf(
            a->arena, "%s, %s against %s", plan->endpoints[i % plan->n_endpoints].name,
            plan->view.arms[c->treated].name, plan->view.arms[c->control].name);
        if (!what) {
            return false;
        }
        a->tests[i] = (rsp_test_share){.test = "log-rank", .what = what, .alpha = ALPHA};
    }
    a->findings.tests = a->tests;
    a->findings.n_tests = a->n_logranks = a->tests ? n : 0;
    return a->tests != NULL;
}

/* Of the trial at hand. */
static rsp_status test_contrast(rsp_analyst *a, size_t at, rsp_error *err)
{
    const size_t e = at % a->plan->n_endpoints;
    const plan_contrast *c = &a->plan->contrasts[at / a->plan->n_endpoints];
    const rsp_km *groups[2] = {&a->arms[c->control].trial[e], &a->arms[c->treated].trial[e]};
    rsp_logrank test = {0};
    a->tests[at].trials++;
    if (!(groups[0]->n > 0 && groups[1]->n > 0) ||
        !(groups[0]->events + groups[1]->events > 0)) {
        return RSP_OK;
    }
    rsp_status s = rsp_logrank_test(groups, 2, 0, 0, &test, err);
    if (s == RSP_OK && a->trial == 0) {
        a->contrasts[at].has_test = true;
        a->contrasts[at].logrank = test;
        s = rsp_cox_two(groups[0], groups[1], &a->contrasts[at].hr, err);
    }
    a->tests[at].estimable += s == RSP_OK;
    a->tests[at].significant += s == RSP_OK && test.p < ALPHA;
    return s;
}

/* The analyses of the plan have names once they were made. */
static bool name_analyses(rsp_analyst *a, const rsp_results_view *made)
{
    const size_t n = a->n_logranks + made->n;
    rsp_test_share *all = rsp_arena_alloc(a->arena, n, sizeof *all);
    for (size_t i = 0; all && i < n; i++) {
        const rsp_result *r = i < a->n_logranks ? NULL : &made->items[i - a->n_logranks];
        all[i] = r ? (rsp_test_share){.test = rsp_arena_copy(a->arena, r->name, strlen(r->name)),
                                      .what = rsp_arena_copy(a->arena, r->title, strlen(r->title)),
                                      .alpha = ALPHA}
                   : a->tests[i];
        if (!all[i].test || !all[i].what) {
            return false;
        }
    }
    a->findings.tests = a->tests = all;
    a->findings.n_tests = all ? n : 0;
    return all != NULL;
}

static rsp_status analyse_trial(rsp_analyst *a, const rsp_dataset *trial, rsp_error *err)
{
    const rsp_analysis_data data = {.rows = trial};
    rsp_results *results = NULL;
    rsp_status s = rsp_analysis_run(a->plan->analysis, &data, &results, err);
    if (s != RSP_OK) {
        return s;
    }
    const rsp_results_view *made = rsp_results_of(results);
    if (a->findings.n_tests == a->n_logranks && !name_analyses(a, made)) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for the analysis of each trial");
    }
    for (size_t i = 0; s == RSP_OK && i < made->n; i++) {
        rsp_test_share *t = &a->tests[a->n_logranks + i];
        t->trials++;
        t->estimable += !isnan(made->items[i].p);
        t->significant += made->items[i].p < ALPHA;
    }
    rsp_results_free(results);
    return s;
}

rsp_status analyst_tests_close(rsp_analyst *a, const rsp_dataset *trial, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < a->n_logranks; i++) {
        s = test_contrast(a, i, err);
    }
    return s == RSP_OK && a->plan->analysis ? analyse_trial(a, trial, err) : s;
}

void analyst_tests_finish(rsp_analyst *a)
{
    for (size_t i = 0; i < a->findings.n_tests; i++) {
        rsp_test_share *t = &a->tests[i];
        if (t->estimable == 0) { /* curves have no p, groups without values none */
            t->share = (rsp_interval){(double)NAN, (double)NAN, (double)NAN};
            continue;
        }
        t->share.value = (double)t->significant / (double)t->trials;
        rsp_wilson((double)t->significant, (double)t->trials, LEVEL, &t->share.low,
                   &t->share.high);
    }
}
