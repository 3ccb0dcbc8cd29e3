#include <math.h>
#include <string.h>

#include "study/plan.h"

static const char *const line_keys[] = {"every", "days", "from", "until", "window",
                                        "missed", "name", NULL};
enum { MOST_DAYS = 2000 };

static void read_days(plan_reading *p, const tree *t, clinic_line *line)
{
    if (!reader_kind(&p->r, t, TREE_LIST, "days")) {
        return;
    }
    if (!t->n || t->n > MOST_DAYS) {
        reader_fail(&p->r, t, RSP_RANGE, "days lists 1 to %d days", MOST_DAYS);
        return;
    }
    double *days = reader_alloc(&p->r, t->n, sizeof *days);
    size_t n = 0;
    for (const tree *c = t->first; c && reading(&p->r); c = c->next, n++) {
        const wanted plain = wanted_of("1", "days: [0, 7, 28]");
        days[n] = reader_quantity(&p->r, c, "a day of 'days' (plain number)", &plain);
        reader_century(&p->r, c, "a day of 'days'", days[n]);
        if (reading(&p->r) && n && days[n] <= days[n - 1]) {
            reader_fail(&p->r, c, RSP_RANGE,
                        "day %g does not come after day %g before it", days[n],
                        days[n - 1]);
        }
    }
    line->days = days;
    line->n_days = n;
}

/* A time counts from the event; anything else is a moment. */
static void read_until(plan_reading *p, const tree *t, clinic_line *line)
{
    const char *s = reader_text(&p->r, t, "until");
    if (!reading(&p->r)) {
        return;
    }
    line->has_until = true;
    if (reader_number_length(s, strlen(s))) {
        line->until_day = reader_length(&p->r, t, "until");
    } else {
        line->until_is_moment = true;
        line->until = plan_moment(p, t, "until");
    }
}

static double spacing(const clinic_line *line)
{
    double least = line->every > 0 ? line->every : (double)INFINITY;
    for (size_t i = 1; i < line->n_days; i++) {
        double gap = line->days[i] - line->days[i - 1];
        least = gap < least ? gap : least;
    }
    return least;
}

static void check_window(plan_reading *p, const tree *t, const clinic_line *line)
{
    double gap = spacing(line);
    if (!reading(&p->r)) {
        return;
    }
    if (line->window < 0) {
        reader_fail(&p->r, t, RSP_RANGE, "window is negative");
    } else if (line->window >= 0.5 * gap) {
        reader_fail(&p->r, t, RSP_RANGE,
                    "window: %g day either way is too wide for visits %g days apart",
                    line->window, gap);
    }
}

static void read_line(plan_reading *p, const tree *t, uint32_t place, clinic_line *line)
{
    *line = (clinic_line){.name = "", .from = plan_moment_start(), .key = place};
    if (!reader_map(&p->r, t, "visits", line_keys)) {
        return;
    }
    const tree *every = tree_get(t, "every"), *days = tree_get(t, "days");
    if (!every == !days) {
        reader_fail(&p->r, t, RSP_SYNTAX, "a line of visits needs 'every' or 'days'%s",
                    every ? ", not both" : "");
        return;
    }
    if (every) {
        line->every = reader_days(&p->r, every, "every");
        if (reading(&p->r) && !(line->every >= 0.01)) {
            reader_fail(&p->r, every, RSP_RANGE, "every must be at least 0.01 day");
        }
    } else {
        read_days(p, days, line);
    }
    const tree *from = tree_get(t, "from"), *until = tree_get(t, "until");
    const tree *window = tree_get(t, "window"), *missed = tree_get(t, "missed");
    const tree *name = tree_get(t, "name");
    if (from) {
        line->from = plan_moment(p, from, "from");
    }
    if (until) {
        read_until(p, until, line);
    }
    if (window) {
        line->window = reader_days(&p->r, window, "window");
        check_window(p, window, line);
    }
    line->missed = missed ? reader_share(&p->r, missed, "missed") : 0;
    line->name = name ? reader_words(&p->r, name, "name") : "";
}

void plan_read_visits(plan_reading *p)
{
    const tree *t = tree_get(p->root, "visits");
    rsp_plan *plan = p->plan;
    size_t n = t && t->kind == TREE_LIST ? t->n : 1;
    if (n < 1 || n > PLAN_MOST_LINES) {
        reader_fail(&p->r, t, RSP_RANGE, "visits have 1 to %d lines", PLAN_MOST_LINES);
        return;
    }
    clinic_line *lines = reader_alloc(&p->r, n, sizeof *lines);
    if (!lines) {
        return;
    }
    if (!t) {
        lines[0] = (clinic_line){.name = "", .every = 7, .from = plan_moment_start()};
    } else if (t->kind == TREE_MAP) {
        read_line(p, t, 0, &lines[0]);
    } else if (reader_kind(&p->r, t, TREE_LIST, "visits")) {
        uint32_t i = 0;
        for (const tree *c = t->first; c && reading(&p->r); c = c->next, i++) {
            read_line(p, c, i, &lines[i]);
        }
    }
    plan->lines = lines;
    plan->n_lines = n;
}
