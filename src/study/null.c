#include "study/plan.h"

/* A study under the null hypothesis: every arm is treated as its control is, so that
 * each difference that a test finds is chance. */

/* The one control of all contrasts; n_arms: there is none, or there are several. */
static uint32_t only_control(const rsp_plan *plan)
{
    const uint32_t none = (uint32_t)plan->view.n_arms;
    uint32_t control = plan->n_contrasts ? plan->contrasts[0].control : none;
    for (size_t i = 1; i < plan->n_contrasts; i++) {
        control = plan->contrasts[i].control == control ? control : none;
    }
    return control;
}

static const rsp_param *const *grid_as_control(rsp_plan *plan, uint32_t control)
{
    const size_t n_arms = plan->view.n_arms, n = plan->grid.n_sets * n_arms;
    const rsp_param **params = rsp_arena_alloc(plan->arena, n, sizeof *params);
    for (size_t i = 0; params && i < n; i++) {
        params[i] = plan->grid.params[i - i % n_arms + control];
    }
    return params;
}

rsp_status rsp_plan_set_null(rsp_plan *plan, rsp_error *err)
{
    rsp_plan_view *view = &plan->view;
    const uint32_t control = only_control(plan);
    if (view->design != RSP_RANDOMISED) {
        return rsp_fail(err, RSP_RANGE,
                        "%s: the null hypothesis is asked of arms that have participants of "
                        "their own; say 'design: randomised' in the study or --set design=randomised",
                        view->study);
    }
    if (control == view->n_arms) {
        return rsp_fail(err, RSP_RANGE,
                        "%s: under the null hypothesis every arm is treated as the control is; "
                        "name one control for all contrasts",
                        view->study);
    }
    rsp_plan_arm *shown = rsp_arena_alloc(plan->arena, view->n_arms, sizeof *shown);
    const char *text = rsp_arena_printf(
        plan->arena, "%s; under the null hypothesis: every arm is treated as '%s' is",
        view->design_text ? view->design_text : "", view->arms[control].name);
    if (plan->grid.exists) {
        plan->grid.params = grid_as_control(plan, control);
    }
    if (!shown || !text || (plan->grid.exists && !plan->grid.params)) {
        return rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < view->n_arms; i++) {
        plan->arms[i] = plan->arms[control];
        shown[i] = view->arms[i];
        shown[i].schedule = view->arms[control].schedule;
    }
    for (size_t i = 0; i < plan->n_rules; i++) {
        plan->rules[i].arms = plan->rules[i].arms >> control & 1 ? UINT64_MAX : 0;
    }
    view->arms = shown;
    view->design_text = text;
    view->is_null = true;
    return RSP_OK;
}
