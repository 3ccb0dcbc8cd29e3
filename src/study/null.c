#include "study/plan.h"

/* A study under the null hypothesis: every treated arm is treated as its control is, so that
 * each difference that a test finds is chance. */

/* The arm that each is treated as: its control where a contrast has one, else itself.
 * False: an arm has two controls, or its control has one. */
static bool controls_of(const rsp_plan *plan, uint32_t *as)
{
    for (uint32_t i = 0; i < plan->view.n_arms; i++) {
        as[i] = i;
    }
    for (size_t i = 0; i < plan->n_contrasts; i++) {
        const plan_contrast *c = &plan->contrasts[i];
        if (as[c->treated] != c->treated && as[c->treated] != c->control) {
            return false;
        }
        as[c->treated] = c->control;
    }
    for (uint32_t i = 0; i < plan->view.n_arms; i++) {
        if (as[as[i]] != as[i]) {
            return false;
        }
    }
    return true;
}

static const rsp_param *const *grid_as(const rsp_plan *plan, const uint32_t *as)
{
    const size_t n_arms = plan->view.n_arms, n = plan->grid.n_sets * n_arms;
    const rsp_param **params = rsp_arena_alloc(plan->arena, n, sizeof *params);
    for (size_t i = 0; params && i < n; i++) {
        params[i] = plan->grid.params[i - i % n_arms + as[i % n_arms]];
    }
    return params;
}

static uint64_t arms_as(uint64_t arms, const uint32_t *as, size_t n_arms)
{
    uint64_t out = 0;
    for (size_t i = 0; i < n_arms; i++) {
        out |= (arms >> as[i] & 1) << i;
    }
    return out;
}

rsp_status rsp_plan_set_null(rsp_plan *plan, rsp_error *err)
{
    rsp_plan_view *view = &plan->view;
    uint32_t as[PLAN_MOST_ARMS];
    if (view->design != RSP_RANDOMISED || plan->n_contrasts == 0) {
        return rsp_fail(err, RSP_RANGE,
                        "%s: the null hypothesis is asked of contrasts between arms that have "
                        "participants of their own; say 'design: randomised' in the study or "
                        "--set design=randomised, and name the contrasts",
                        view->study);
    }
    if (!controls_of(plan, as)) {
        return rsp_fail(err, RSP_RANGE,
                        "%s: under the null hypothesis an arm is treated as its control is; the "
                        "contrasts give an arm two controls, or a control one of its own",
                        view->study);
    }
    rsp_plan_arm *shown = rsp_arena_alloc(plan->arena, view->n_arms, sizeof *shown);
    plan_arm *arms = rsp_arena_alloc(plan->arena, view->n_arms, sizeof *arms);
    const char *text = rsp_arena_printf(
        plan->arena, "%s; under the null hypothesis: every treated arm is treated as its control is",
        view->design_text ? view->design_text : "");
    if (plan->grid.exists) {
        plan->grid.params = grid_as(plan, as);
    }
    if (!shown || !arms || !text || (plan->grid.exists && !plan->grid.params)) {
        return rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < view->n_arms; i++) {
        arms[i] = plan->arms[as[i]];
        arms[i].eligibility = plan->arms[i].eligibility; /* who is in it stays */
        arms[i].n_eligibility = plan->arms[i].n_eligibility;
        shown[i] = view->arms[i];
        shown[i].schedule = view->arms[as[i]].schedule;
    }
    for (size_t i = 0; i < plan->n_rules; i++) {
        plan->rules[i].arms = arms_as(plan->rules[i].arms, as, view->n_arms);
    }
    plan->arms = arms;
    view->arms = shown;
    view->design_text = text;
    view->is_null = true;
    return RSP_OK;
}
