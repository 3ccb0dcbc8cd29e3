#include <string.h>

#include "study/plan.h"

/* Adverse events: a term, and the observable of the model that is its grade. */

static const char *const adverse_keys[] = {"term", "grade", "reported", NULL};
static const char *const how_reported[] = {"told", "seen", NULL};

static uint32_t grade_of(plan_reading *p, const tree *t, const char *name)
{
    const rsp_network *net = p->plan->net;
    int found = reading(&p->r) ? rsp_network_observable(net, name) : 0;
    if (found < 0) {
        const char **known = reader_alloc(&p->r, net->n_observables, sizeof *known);
        for (uint32_t i = 0; known && i < net->n_observables; i++) {
            known[i] = net->observables[i].name;
        }
        char what[120];
        snprintf(what, sizeof what, "the model %.60s observes no grade called", net->name);
        if (known) {
            reader_unknown(&p->r, t, what, name, known, net->n_observables);
        }
        return 0;
    }
    const char *unit = reading(&p->r) ? net->observables[found].unit : "";
    if (unit[0] && strcmp(unit, "1") != 0) {
        reader_fail(&p->r, t, RSP_UNITS,
                    "adverse events: a grade is a pure number, but %s is in %s", name, unit);
    }
    return (uint32_t)found;
}

void plan_read_adverse(plan_reading *p)
{
    const tree *list = tree_get(p->root, "adverse events");
    rsp_plan *plan = p->plan;
    if (!list || !reader_kind(&p->r, list, TREE_LIST, "adverse events")) {
        return;
    }
    if (list->n > PLAN_MOST_ADVERSE) {
        reader_fail(&p->r, list, RSP_RANGE, "a study has at most %d kinds of adverse events",
                    PLAN_MOST_ADVERSE);
        return;
    }
    plan_adverse *all = reader_alloc(&p->r, list->n, sizeof *all);
    for (const tree *t = list->first; t && reading(&p->r); t = t->next) {
        if (!reader_map(&p->r, t, "an adverse event", adverse_keys)) {
            return;
        }
        const tree *term = reader_need(&p->r, t, "term", "an adverse event");
        const tree *grade = reader_need(&p->r, t, "grade", "an adverse event");
        plan_adverse *one = &all[plan->n_adverse];
        one->term = reader_words(&p->r, term, "term");
        const tree *reported = tree_get(t, "reported");
        one->seen = reported && reader_choice(&p->r, reported, "reported", how_reported) == 1;
        one->observable = grade_of(p, grade, reader_text(&p->r, grade, "grade"));
        for (size_t i = 0; reading(&p->r) && i < plan->n_adverse; i++) {
            if (strcmp(all[i].term, one->term) == 0) {
                reader_fail(&p->r, term, RSP_NAME, "adverse events: two are called '%s'", one->term);
            }
        }
        plan->n_adverse += reading(&p->r);
    }
    plan->adverse = all;
}
