#include <stdint.h>
#include <string.h>

#include "report/people.h"

/* Whose rows are drawn, and how each arm looks. */

static bool happens(const rsp_dataset *d, const char *what, uint32_t arm)
{
    for (size_t i = 0; d && i < d->n_happenings; i++) {
        if ((arm == UINT32_MAX || d->happenings[i].arm == arm) &&
            strcmp(d->happenings[i].what, what) == 0) {
            return true;
        }
    }
    return false;
}

void cohort_of_run(cohort *c, const rsp_plan_view *plan, const rsp_findings *f)
{
    const char *from = plan->n_endpoints ? plan->endpoints[0].from : NULL;
    bool there = from && happens(f->example, from, UINT32_MAX);
    *c = (cohort){.rows = f->example, .from = there ? from : "start",
                  .whose = "the first replicate trial"};
    weeks_since(c->from, c->since);
    for (size_t a = 0; c->rows && a < c->rows->n_arms && a < MOST_STYLES; a++) {
        c->styles[a] = style_of_arm(plan, c->rows->arms[a]);
    }
}

/* Without infusions the control is the one that the plan names, or the first. */
static bool is_control(const rsp_dataset *d, const char *control, bool infused, uint32_t arm)
{
    if (control && control[0]) {
        return strcmp(d->arms[arm], control) == 0;
    }
    return infused ? !happens(d, "infuse", arm) : arm == 0;
}

void cohort_of_data(cohort *c, const rsp_dataset *d, const bool *in, const char *control)
{
    bool off = happens(d, "stop art", UINT32_MAX), infused = happens(d, "infuse", UINT32_MAX);
    size_t seen[2] = {0, 0};
    bool named = false;
    for (size_t a = 0; control && a < d->n_arms; a++) {
        named |= strcmp(d->arms[a], control) == 0;
    }
    *c = (cohort){.rows = d, .in = in, .from = off ? "stop art" : "start", .whose = "the data set", .by_name = true};
    weeks_since(off ? c->from : "day 0", c->since);
    for (uint32_t a = 0; a < d->n_arms && a < MOST_STYLES; a++) {
        size_t kind = is_control(d, named ? control : NULL, infused, a) ? 1 : 0;
        c->styles[a] = style_of_kind(kind, seen[kind]++);
    }
}
