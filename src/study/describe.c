#include <math.h>
#include <string.h>

#include "study/plan.h"

/* The plan in words, for `respite show` and the report. */

static const char *keep(plan_reading *p, rsp_text *words)
{
    char *s = words->failed || !words->data
                  ? NULL
                  : rsp_arena_copy(p->r.arena, words->data, words->length);
    bool empty = !words->data && !words->failed;
    rsp_text_fini(words);
    if (!s && !empty) {
        reader_fail(&p->r, NULL, RSP_NOMEM, "out of memory");
    }
    return s ? s : "";
}

static void say_line(rsp_text *out, const clinic_line *l)
{
    if (l->every > 0) {
        rsp_text_printf(out, "every %g days", l->every);
    } else {
        rsp_text_add(out, "days ");
        for (size_t i = 0; i < l->n_days; i++) {
            rsp_text_printf(out, "%s%g", i ? ", " : "", l->days[i]);
        }
    }
    if (l->from.kind != CLINIC_AT_START || l->from.offset != 0) {
        rsp_text_printf(out, " from %s", l->from.text);
    }
    if (l->has_until && l->until_is_moment) {
        rsp_text_printf(out, " until %s", l->until.text);
    } else if (l->has_until) {
        rsp_text_printf(out, " until %g days", l->until_day);
    }
    if (l->window > 0) {
        rsp_text_printf(out, ", window %g day", l->window);
    }
    if (l->missed > 0) {
        rsp_text_printf(out, ", %g %% missed", 100 * l->missed);
    }
}

static const char *visits_words(plan_reading *p)
{
    rsp_text words = {0};
    for (size_t i = 0; i < p->plan->n_lines; i++) {
        rsp_text_add(&words, i ? "; " : "");
        say_line(&words, &p->plan->lines[i]);
    }
    return keep(p, &words);
}

static const char *assay_words(plan_reading *p, const clinic_assay *a)
{
    rsp_text words = {0};
    rsp_text_printf(&words, strcmp(a->unit, "1") == 0 ? "%s" : "%s (%s)", a->name, a->unit);
    if (!isnan(a->settings.lloq)) {
        rsp_text_printf(&words, ", LLOQ %g", a->settings.lloq);
    }
    if (a->delay_day > 0) {
        rsp_text_printf(&words, ", result after %g days", a->delay_day);
    }
    if (a->everywhere) {
        rsp_text_add(&words, ", at every visit");
        return keep(p, &words);
    }
    const char *sep = ", at ";
    for (size_t i = 0; i < p->plan->n_lines; i++) {
        if (a->lines & (UINT64_C(1) << i)) {
            rsp_text_printf(&words, "%s%s visits", sep, p->plan->lines[i].name);
            sep = ", ";
        }
    }
    for (size_t i = 0; i < p->plan->n_moments; i++) {
        if (a->moments & (UINT64_C(1) << i)) {
            rsp_text_printf(&words, "%s%s", sep, p->plan->moments[i].text);
            sep = ", ";
        }
    }
    for (size_t i = 0; i < p->plan->n_endpoints; i++) {
        if (a->endpoints & (UINT64_C(1) << i)) {
            rsp_text_printf(&words, "%s%s", sep, p->plan->endpoints[i].name);
            sep = ", ";
        }
    }
    return keep(p, &words);
}

static const char *rule_words(plan_reading *p, const plan_rule *r)
{
    rsp_text words = {0};
    rsp_text_printf(&words, "%s: %s", r->text, r->what);
    if (r->from.kind != CLINIC_AT_START) {
        rsp_text_printf(&words, " (samples after %s)", r->from.text);
    }
    if (r->delay_day > 0) {
        rsp_text_printf(&words, ", %g days after the sample", r->delay_day);
    }
    return keep(p, &words);
}

static bool is_done(const rsp_plan *plan, uint32_t action)
{
    bool done = false;
    for (size_t a = 0; a < plan->view.n_arms; a++) {
        done |= clinic_schedule_entry(&plan->arms[a].schedule, action, 0) != NULL;
    }
    for (size_t i = 0; i < plan->n_rules; i++) {
        done |= plan->rules[i].action == action;
    }
    return done;
}

/* What the model makes of each thing that is done, where it has words for it. */
static void describe_actions(plan_reading *p)
{
    rsp_plan *plan = p->plan;
    const char **actions = reader_alloc(&p->r, plan->net->n_actions + 1, sizeof *actions);
    size_t n = 0;
    for (uint32_t i = 0; actions && i < plan->net->n_actions; i++) {
        const char *meaning = plan->net->actions[i].meaning;
        if (meaning && meaning[0] && is_done(plan, i)) {
            actions[n++] = reader_printf(&p->r, "%s: %s", plan_action_words(p, i), meaning);
        }
    }
    plan->view.actions = actions;
    plan->view.n_actions = n;
}

static void describe_lists(plan_reading *p)
{
    rsp_plan *plan = p->plan;
    const char **assays = reader_alloc(&p->r, plan->n_assays, sizeof *assays);
    const char **rules = reader_alloc(&p->r, plan->n_rules, sizeof *rules);
    for (size_t i = 0; assays && i < plan->n_assays; i++) {
        assays[i] = assay_words(p, &plan->assays[i]);
    }
    for (size_t i = 0; rules && i < plan->n_rules; i++) {
        rules[i] = rule_words(p, &plan->rules[i]);
    }
    const char **adverse = reader_alloc(&p->r, plan->n_adverse + 1, sizeof *adverse);
    for (size_t i = 0; adverse && i < plan->n_adverse; i++) {
        const plan_adverse *a = &plan->adverse[i];
        adverse[i] = reader_printf(&p->r, "%s, by %s, %s", a->term,
                                   plan->net->observables[a->observable].name,
                                   a->seen ? "reported where a visit sees it"
                                           : "told at the next visit");
    }
    plan->view.adverse = adverse;
    plan->view.n_adverse = adverse ? plan->n_adverse : 0;
    plan->view.assays = assays;
    plan->view.n_assays = plan->n_assays;
    plan->view.rules = rules;
    plan->view.n_rules = plan->n_rules;
}

static void describe_parameters(plan_reading *p)
{
    rsp_plan *plan = p->plan;
    const char **changed = reader_alloc(&p->r, p->n_changes, sizeof *changed);
    double *medians = reader_alloc(&p->r, plan->net->n_params, sizeof *medians);
    if (!changed || !medians) {
        return;
    }
    for (size_t i = 0; i < p->n_changes; i++) {
        changed[i] = p->changes[i];
    }
    for (uint32_t i = 0; i < plan->net->n_params; i++) {
        medians[i] = plan->params[i].value;
    }
    plan->view.changed = changed;
    plan->view.n_changed = p->n_changes;
    plan->view.medians = medians;
    rsp_plan_input *inputs = reader_alloc(&p->r, p->n_inputs, sizeof *inputs);
    for (size_t i = 0; inputs && i < p->n_inputs; i++) {
        inputs[i] = p->inputs[i];
    }
    plan->view.inputs = inputs;
    plan->view.n_inputs = inputs ? p->n_inputs : 0;
}

void plan_describe(plan_reading *p)
{
    rsp_plan_view *v = &p->plan->view;
    v->design_text =
        v->design == RSP_COUNTERFACTUAL
            ? p->plan->screens ? "counterfactual: the arms screen among the same people; those who are "
                              "in both arms are compared in pairs"
                            : "counterfactual: the arms share their participants, compared in pairs"
            : "randomised: every arm has participants of its own";
    const plan_escalation *e = &p->plan->escalation;
    const plan_stopping *s = &p->plan->stopping;
    if (e->exists && reading(&p->r)) {
        v->design_text = reader_printf(&p->r, "%s; 3+3 over the arms by %s, from %s", v->design_text,
                                       p->plan->endpoints[e->toxicity].name,
                                       v->arms[e->start].name);
    } else if (s->exists && reading(&p->r)) {
        v->design_text = reader_printf(&p->r, "%s; enrolment stops when, in %s, %s (looked at after "
                                       "every %s)", v->design_text, v->arms[s->arm].name, s->text,
                                       s->cohort == 1 ? "participant"
                                       : reader_printf(&p->r, "%u participants", s->cohort));
    }
    v->visits = visits_words(p);
    v->population = v->population ? v->population : "the model's own population";
    describe_lists(p);
    describe_actions(p);
    describe_parameters(p);
}
