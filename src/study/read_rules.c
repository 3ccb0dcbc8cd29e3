#include <math.h>
#include <string.h>

#include "study/plan.h"

/* Rules and endpoints: criteria on measured values. */

static const char *const rule_keys[] = {"when", "confirmed", "within", "for",
                                        "restarts after fall", "do", "from", "arms",
                                        NULL};
static const char *const endpoint_keys[] = {
    "name", "event", "confirmed", "within", "for", "restarts after fall", "from",
    "restart", "label", NULL};

clinic_criterion plan_criterion(plan_reading *p, const tree *map, const char *key,
                                const char *what, uint64_t *assays)
{
    clinic_criterion c = {.confirmed = 1, .within_day = (double)INFINITY};
    const tree *t = reader_need(&p->r, map, key, what);
    if (!t) {
        return c;
    }
    condition_names names = plan_assay_names(p);
    c.condition = plan_condition(&p->r, t, key, &names);
    const tree *confirmed = tree_get(map, "confirmed");
    const tree *within = tree_get(map, "within"), *lasting = tree_get(map, "for");
    const tree *fall = tree_get(map, "restarts after fall");
    if (confirmed) {
        c.confirmed = (uint32_t)reader_count(&p->r, confirmed, "confirmed", 1, CLINIC_MOST_CONFIRMED);
    }
    if (within) {
        c.within_day = reader_length(&p->r, within, "within");
    }
    if (lasting) {
        c.lasting_day = reader_length(&p->r, lasting, "for");
    }
    if (fall) {
        c.fall = reader_number(&p->r, fall, "restarts after fall");
        if (reading(&p->r) && !(c.fall > 0)) {
            reader_fail(&p->r, fall, RSP_RANGE, "restarts after fall must be above 0");
        }
    }
    if (reading(&p->r) && within && c.confirmed < 2) {
        reader_fail(&p->r, within, RSP_SYNTAX, "'within' needs 'confirmed: 2' or more");
    } else if (reading(&p->r) && c.lasting_day > c.within_day) {
        reader_fail(&p->r, lasting, RSP_RANGE, "'for' is longer than 'within'");
    }
    *assays = 0;
    for (size_t i = 0; i < c.condition.n && reading(&p->r); i++) {
        if (c.condition.terms[i].kind == CLINIC_COMPARE) {
            *assays |= UINT64_C(1) << c.condition.terms[i].source;
        }
    }
    return c;
}

char *plan_criterion_words(plan_reading *p, const clinic_criterion *c)
{
    rsp_text words = {0};
    rsp_text_add(&words, c->condition.text);
    if (c->confirmed > 1) {
        rsp_text_printf(&words, ", in %u consecutive samples", c->confirmed);
    }
    if (isfinite(c->within_day)) {
        rsp_text_printf(&words, " within %g days", c->within_day);
    }
    if (c->lasting_day > 0) {
        rsp_text_printf(&words, ", for at least %g days", c->lasting_day);
    }
    if (c->fall > 0) {
        rsp_text_printf(&words, " (counted anew after a fall of %g log10)", c->fall);
    }
    char *s = words.failed ? NULL
                           : rsp_arena_copy(p->r.arena, words.data, words.length);
    rsp_text_fini(&words);
    return s ? s : reader_printf(&p->r, "%s", "");
}

/* "start art" undoes "stop art": the action that it is, and whether planned. */
static bool counterpart(plan_reading *p, uint32_t action, const char *from,
                        const char *to, uint32_t *found)
{
    const char *name = p->plan->net->actions[action].name;
    size_t n = strlen(from);
    if (strncmp(name, from, n) != 0) {
        return false;
    }
    char *other = reader_printf(&p->r, "%s%s", to, name + n);
    int i = other ? rsp_network_action(p->plan->net, other) : -1;
    *found = i < 0 ? 0 : (uint32_t)i;
    return i >= 0;
}

/* After which other action it may be done again, -1: none. */
static int undone_by(plan_reading *p, uint32_t action)
{
    static const char *const pairs[][2] = {
        {"start_", "stop_"}, {"stop_", "start_"}, {"pause_", "resume_"}, {"resume_", "pause_"}};
    uint32_t other = 0;
    for (size_t i = 0; action != CLINIC_END_ACTION && i < 4; i++) {
        if (counterpart(p, action, pairs[i][0], pairs[i][1], &other)) {
            return (int)other;
        }
    }
    return -1;
}

/* Whether an action sets inputs to what they are at the start, and does no more. */
static bool as_at_start(const rsp_network *net, const rsp_action *a)
{
    for (uint32_t i = a->first_assign; i < a->first_assign + a->n_assigns; i++) {
        const rsp_assign *s = &net->assigns[i];
        const rsp_node *value = &net->nodes[s->value];
        if (s->is_species || s->adds || value->op != RSP_OP_CONST ||
            value->value != net->inputs[s->target].value) {
            return false;
        }
    }
    return a->n_assigns > 0;
}

static bool planned_moment(const rsp_plan *plan, uint32_t action, clinic_moment *m)
{
    for (size_t a = 0; a < plan->view.n_arms; a++) {
        const clinic_schedule *s = &plan->arms[a].schedule;
        for (size_t i = 0; i < s->n; i++) {
            if (s->entries[i].action == action) {
                *m = (clinic_moment){.kind = CLINIC_AT_ACTION, .entry = s->entries[i],
                                     .text = s->entries[i].what};
                return true;
            }
        }
    }
    return false;
}

static void rule_action(plan_reading *p, const tree *t, plan_rule *rule)
{
    const char *words = reader_text(&p->r, t, "do");
    if (reading(&p->r) && strcmp(words, "end") == 0) {
        rule->action = CLINIC_END_ACTION;
        rule->what = "end";
        return;
    }
    int action = plan_action(p, t, words);
    if (!reading(&p->r)) {
        return;
    }
    rule->action = (uint32_t)action;
    rule->what = plan_action_words(p, rule->action);
    if (p->plan->net->actions[action].takes_amount) {
        reader_fail(&p->r, t, RSP_RANGE,
                    "a rule does what takes no amount; '%s' takes one", words);
    }
}

static void read_rule(plan_reading *p, const tree *t, plan_rule *rule)
{
    if (!reader_map(&p->r, t, "a rule", rule_keys)) {
        return;
    }
    rule->criterion = plan_criterion(p, t, "when", "a rule", &rule->assays);
    const tree *what = reader_need(&p->r, t, "do", "a rule");
    rule_action(p, what, rule);
    const tree *from = tree_get(t, "from");
    uint32_t stop = 0;
    rule->from = plan_moment_start();
    if (!reading(&p->r)) {
        return;
    }
    rule->undone_by = undone_by(p, rule->action);
    rule->as_at_start = rule->undone_by >= 0 &&
                        as_at_start(p->plan->net, &p->plan->net->actions[rule->action]);
    if (from) {
        rule->from = plan_moment(p, from, "from");
    } else if (rule->action != CLINIC_END_ACTION &&
               counterpart(p, rule->action, "start_", "stop_", &stop)) {
        (void)planned_moment(p->plan, stop, &rule->from);
    }
    for (size_t i = 0; i < p->plan->n_assays; i++) {
        if (rule->assays & (UINT64_C(1) << i)) {
            double delay = p->plan->assays[i].delay_day;
            rule->delay_day = delay > rule->delay_day ? delay : rule->delay_day;
        }
    }
    const tree *arms = tree_get(t, "arms");
    rule->arms = arms ? plan_arms_named(p, arms) : ~UINT64_C(0);
    rule->text = plan_criterion_words(p, &rule->criterion);
}

void plan_read_rules(plan_reading *p)
{
    const tree *list = tree_get(p->root, "rules");
    if (!list || !reader_kind(&p->r, list, TREE_LIST, "rules")) {
        return;
    }
    if (list->n > PLAN_MOST_RULES) {
        reader_fail(&p->r, list, RSP_RANGE, "at most %d rules", PLAN_MOST_RULES);
        return;
    }
    p->plan->rules = reader_alloc(&p->r, list->n, sizeof *p->plan->rules);
    for (const tree *t = list->first; t && reading(&p->r); t = t->next) {
        read_rule(p, t, &p->plan->rules[p->plan->n_rules++]);
    }
}

/* Day 0: a moment, or the day of an endpoint above. */
static void endpoint_from(plan_reading *p, const tree *from, size_t n, plan_endpoint *e)
{
    e->after = -1;
    e->from = plan_moment_start();
    for (size_t i = 0; from && i < n; i++) {
        if (strcmp(p->plan->endpoints[i].name, from->text) == 0) {
            e->after = (int)i;
            e->from = p->plan->endpoints[i].from; /* what ART stops and starts by */
            return;
        }
    }
    if (from) {
        e->from = plan_moment(p, from, "from");
    }
}

static void read_endpoint(plan_reading *p, const tree *t, size_t n, plan_endpoint *e,
                          rsp_plan_endpoint *seen)
{
    static const char *const restarts[] = {"censor", "event", "ignore", NULL};
    if (!reader_map(&p->r, t, "an endpoint", endpoint_keys)) {
        return;
    }
    const tree *name = reader_need(&p->r, t, "name", "an endpoint");
    e->name = reader_name(&p->r, name, "the endpoint's name", "");
    e->criterion = plan_criterion(p, t, "event", "an endpoint", &e->assays);
    const tree *from = tree_get(t, "from"), *restart = tree_get(t, "restart");
    const tree *label = tree_get(t, "label");
    endpoint_from(p, from, n, e);
    e->restart = restart ? (clinic_restart)reader_choice(&p->r, restart, "restart",
                                                         restarts)
                         : CLINIC_RESTART_CENSOR;
    e->restart_action = -1;
    uint32_t start = 0;
    if (reading(&p->r) && e->from.kind == CLINIC_AT_ACTION &&
        counterpart(p, e->from.entry.action, "stop_", "start_", &start)) {
        e->restart_action = (int)start;
    }
    if (!reading(&p->r)) {
        return;
    }
    char *words = plan_criterion_words(p, &e->criterion);
    seen->name = e->name;
    seen->unit = "day";
    seen->from = e->after >= 0 ? p->plan->endpoints[e->after].name : e->from.text;
    seen->label = label ? reader_text(&p->r, label, "label")
                        : reader_printf(&p->r, "first %s", words);
    seen->definition =
        label ? reader_printf(&p->r, "%s (%s), from %s", seen->label, words, seen->from)
              : reader_printf(&p->r, "%s, from %s", seen->label, seen->from);
}

void plan_read_endpoints(plan_reading *p)
{
    const tree *list = tree_get(p->root, "endpoints");
    if (!list || !reader_kind(&p->r, list, TREE_LIST, "endpoints")) {
        return;
    }
    if (list->n > PLAN_MOST_ENDPOINTS) {
        reader_fail(&p->r, list, RSP_RANGE, "at most %d endpoints",
                    PLAN_MOST_ENDPOINTS);
        return;
    }
    rsp_plan_endpoint *seen = reader_alloc(&p->r, list->n, sizeof *seen);
    p->plan->endpoints = reader_alloc(&p->r, list->n, sizeof *p->plan->endpoints);
    size_t n = 0;
    for (const tree *t = list->first; t && reading(&p->r); t = t->next, n++) {
        read_endpoint(p, t, n, &p->plan->endpoints[n], &seen[n]);
        for (size_t i = 0; reading(&p->r) && i < n; i++) {
            if (strcmp(seen[i].name, seen[n].name) == 0) {
                reader_fail(&p->r, t, RSP_NAME, "two endpoints are called '%s'",
                            seen[n].name);
            }
        }
    }
    p->plan->n_endpoints = n;
    p->plan->view.endpoints = seen;
    p->plan->view.n_endpoints = n;
}
