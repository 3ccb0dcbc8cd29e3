/* Operating characteristics: what the tests of a randomised study find in replicate
 * trials. */
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
    a->findings.n_tests = a->tests ? n : 0;
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

rsp_status analyst_tests_close(rsp_analyst *a, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < a->findings.n_tests; i++) {
        s = test_contrast(a, i, err);
    }
    return s;
}

void analyst_tests_finish(rsp_analyst *a)
{
    for (size_t i = 0; i < a->findings.n_tests; i++) {
        rsp_test_share *t = &a->tests[i];
        t->share.value = (double)t->significant / (double)t->trials;
        rsp_wilson((double)t->significant, (double)t->trials, LEVEL, &t->share.low,
                   &t->share.high);
    }
}
