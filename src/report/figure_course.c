#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/visits.h"

/* One assay over time, of people one by one. */

enum { MOST_PANELS = 2, ENOUGH = 5 /* people for a median */ };

static bool on_log_axis(const char *assay, const assay_facts *facts)
{
    bool share = strcmp(facts->unit, "1") == 0 || facts->unit[0] == '\0';
    return !share && strcmp(assay, "cd4") != 0 && strcmp(assay, "cd8") != 0;
}

static void note(assay_facts *facts, const rsp_measurement *m, double week)
{
    facts->unit = m->unit;
    facts->lloq = isfinite(m->lloq) ? m->lloq : facts->lloq;
    if (m->state == RSP_ABOVE_ULOQ && m->uloq > 0) {
        facts->most = fmax(isfinite(facts->most) ? facts->most : -(double)INFINITY, m->uloq);
    }
    if (m->state == RSP_NUMBER) {
        facts->least = fmin(isfinite(facts->least) ? facts->least : (double)INFINITY, m->value);
        facts->most = fmax(isfinite(facts->most) ? facts->most : -(double)INFINITY, m->value);
    }
    facts->first = facts->n_samples ? fmin(facts->first, week) : week;
    facts->last = facts->n_samples ? fmax(facts->last, week) : week;
    facts->n_samples++;
}

bool assay_look(const cohort *c, const char *assay, assay_facts *facts)
{
    double nan = (double)NAN;
    *facts = (assay_facts){.unit = "", .lloq = nan, .least = nan, .most = nan,
                           .since = c->since};
    roster r;
    if (!people_list(c, &r)) {
        return false;
    }
    for (size_t i = 0; i < r.n; i++) {
        const person *p = &r.people[i];
        size_t samples = 0;
        for (size_t k = p->first; k < p->last; k++) {
            if (people_row_counts(c->rows, p, k, assay)) {
                const rsp_measurement *m = &c->rows->measurements[k];
                note(facts, m, people_weeks(p, m->day));
                samples++;
            }
        }
        facts->people += samples > 0;
        facts->samples_a_person = samples > facts->samples_a_person
                                      ? samples : facts->samples_a_person;
    }
    free(r.people);
    facts->is_log = on_log_axis(assay, facts);
    return facts->n_samples > 0;
}

size_t people_measured(const cohort *c, const char *assay, size_t arm, size_t *samples)
{
    roster r;
    size_t n = 0;
    *samples = 0;
    if (!people_list(c, &r)) {
        return 0;
    }
    for (size_t i = 0; i < r.n; i++) {
        size_t before = *samples;
        for (size_t k = r.people[i].first; k < r.people[i].last; k++) {
            *samples += r.people[i].arm == arm &&
                        people_row_counts(c->rows, &r.people[i], k, assay);
        }
        n += *samples > before;
    }
    free(r.people);
    return n;
}

/* ---- Where a value stands. What is below the limit stands below its line:
 * detected just under it, not detected lower. */
static double shown(const rsp_measurement *m, const assay_facts *facts)
{
    bool limit = isfinite(facts->lloq) && facts->lloq > 0;
    double least = isfinite(facts->least) && facts->least > 0 ? facts->least : 1.0;
    switch (m->state) {
    case RSP_NUMBER:
        return !facts->is_log || m->value > 0 ? m->value : least / 2;
    case RSP_BELOW_LLOQ:
        return limit ? facts->lloq * 0.72 : 0;
    case RSP_NOT_DETECTED:
        return limit ? facts->lloq * 0.42 : facts->is_log ? least / 2 : 0;
    case RSP_ABOVE_ULOQ:
        return m->uloq > 0 ? m->uloq : facts->most;
    default:
        return (double)NAN;
    }
}

static void value_axis(plot *p, const assay_facts *facts)
{
    bool limit = isfinite(facts->lloq) && facts->lloq > 0;
    double least = isfinite(facts->least) ? facts->least : 1;
    double most = isfinite(facts->most) ? facts->most : limit ? 10 * facts->lloq : 1;
    p->log_y = facts->is_log;
    if (!p->log_y) {
        bool share = most <= 1;
        p->y0 = share ? -0.06 : fmin(0, least); /* whole marks at 0 and 1 */
        p->y1 = share ? 1.06 : tick_step(most, 5) * ceil(most / tick_step(most, 5));
        return;
    }
    least = least > 0 ? least : 1;
    double low = limit ? fmin(facts->lloq * 0.42, least) : least / 2;
    p->y0 = low / 1.5;
    p->y1 = pow(10, ceil(log10(fmax(most, limit ? 10 * facts->lloq : 10 * low)) - 1e-9));
    if (limit) {
        p->tick[p->n_ticks].y = facts->lloq;
        p->tick[p->n_ticks++].label = facts->lloq_label;
    }
}

static void limit_line(rsp_text *out, const plot *p, const assay_facts *facts)
{
    if (isfinite(facts->lloq) && facts->is_log) {
        double y = plot_y(p, facts->lloq);
        svg_line(out, p->left, y, p->left + p->width, y, COLOUR_INK, 1.1, "5 3");
    }
}

/* What is drawn in one plot: the rows of one assay. */
typedef struct course {
    const cohort *c;
    const roster *r;
    const char *assay;
    const assay_facts *facts;
    const visit_list *visits;
    bool gaps; /* a missed visit has no row of its own: it is seen by the others' */
} course;

/* From the threshold of viral load on. */
static void shade(rsp_text *out, const plot *p, const course *k)
{
    double y = plot_y(p, k->c->threshold);
    if (k->c->threshold > 0 && strcmp(k->assay, "viral_load") == 0 && y > p->top) {
        svg_rect(out, p->left, p->top, p->width, y - p->top, COLOUR_ORANGE, "none", 0.12);
        svg_text(out, p->left + p->width, y - 5, "end", 13, COLOUR_INK, "from %.4g", k->c->threshold);
    }
}

static bool has_missing_rows(const rsp_dataset *d, const char *assay)
{
    for (size_t i = 0; i < d->n_measurements; i++) {
        if (d->measurements[i].state == RSP_MISSING &&
            strcmp(d->measurements[i].assay, assay) == 0) {
            return true;
        }
    }
    return false;
}

static double planned_week(const person *who, const rsp_measurement *m)
{
    return people_weeks(who, isfinite(m->planned_day) ? m->planned_day : m->day);
}

/* No line across a missing sample or a visit that was missed. */
static void lines_of(rsp_text *out, const plot *p, const course *k, const person *who, arm_style s)
{
    bool drawing = false;
    double before = 0;
    for (size_t i = who->first; i < who->last; i++) {
        const rsp_measurement *m = &k->c->rows->measurements[i];
        bool there = people_row_counts(k->c->rows, who, i, k->assay);
        bool stop = there ? k->gaps && visit_missed(k->visits, before, planned_week(who, m))
                          : strcmp(m->assay, k->assay) == 0;
        if (drawing && stop) {
            rsp_text_add(out, "\"/>\n");
            drawing = false;
        }
        if (there) {
            if (!drawing) {
                rsp_text_printf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.2\" "
                                     "d=\"", s.colour);
            }
            rsp_text_printf(out, "%s%.2f %.2f", drawing ? "L" : "M",
                            svg_at(plot_x(p, people_weeks(who, m->day))),
                            svg_at(plot_y(p, shown(m, k->facts))));
            drawing = true;
            before = planned_week(who, m);
        }
    }
    rsp_text_add(out, drawing ? "\"/>\n" : "");
}

static void marks_of(rsp_text *out, const plot *p, const course *k, const person *who, arm_style s)
{
    for (size_t i = who->first; i < who->last; i++) {
        const rsp_measurement *m = &k->c->rows->measurements[i];
        if (people_row_counts(k->c->rows, who, i, k->assay)) {
            svg_mark(out, s.shape, plot_x(p, people_weeks(who, m->day)),
                     plot_y(p, shown(m, k->facts)), 3, s.colour, m->state == RSP_NUMBER);
        }
    }
}

/* One element a person, so that a reader of the file can count them. */
static void people_in(rsp_text *out, const plot *p, const course *k, size_t arm, arm_style s)
{
    for (size_t i = 0; i < k->r->n; i++) {
        const person *who = &k->r->people[i];
        if (who->arm != arm) {
            continue;
        }
        rsp_text_printf(out, "<g class=\"person\" data-arm=\"%zu\" data-who=\"%u\">\n", arm,
                        who->who + 1);
        lines_of(out, p, k, who, s);
        marks_of(out, p, k, who, s);
        if (isfinite(who->restart) && isfinite(who->zero)) {
            double x = plot_x(p, people_weeks(who, who->restart));
            svg_line(out, x, p->top, x, p->top + 9, COLOUR_INK, 1.6, NULL);
        }
        rsp_text_add(out, "</g>\n");
    }
}

static void heading(rsp_text *out, const cohort *c, size_t arm, double y, size_t n)
{
    char name[160];
    svg_mark(out, c->styles[arm].shape, 17, y - 6, 5, c->styles[arm].colour, true);
    svg_text(out, 30, y, "start", SIZE_TITLE, COLOUR_INK, "%s (n = %zu)",
             svg_name(c->rows->arms[arm], SIZE_TITLE, 390, name), n);
}

static void time_axis(plot *p, const assay_facts *facts)
{
    p->x0 = floor(facts->first);
    p->x1 = fmax(ceil(facts->last), p->x0 + 1);
}

static bool any_limit(const assay_facts *facts, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        any |= isfinite(facts[i].lloq);
    }
    return any;
}

static void axis_title(const char *assay, const assay_facts *facts, char text[340])
{
    assay_label(assay, facts->unit, text);
}

/* The middle half beneath, the median on top of the lines. */
static void quantiles_of(rsp_text *out, const plot *p, const course *k, bool line, arm_style s)
{
    double limit = k->facts->lloq, floor_at = isfinite(limit) ? limit * 0.72 : p->y0;
    if (line) {
        visits_line(out, p, k->visits, Q50, COLOUR_INK, floor_at);
    } else {
        visits_area(out, p, k->visits, Q25, Q75, s.colour, floor_at);
    }
}

static void panel(rsp_text *out, const cohort *c, const roster *r, size_t arm, const char *assay,
                  const char *x_label, assay_facts *facts, plot p)
{
    char title[340];
    size_t samples;
    visit_list visits;
    bool ok = visits_of(c, r, assay, arm, &visits);
    const course k = {c, r, assay, facts, &visits, c->by_name && !has_missing_rows(c->rows, assay)};
    bool many = ok && people_measured(c, assay, arm, &samples) >= ENOUGH;
    out->failed |= !ok;
    snprintf(facts->lloq_label, sizeof facts->lloq_label, "LLOQ %.4g", facts->lloq);
    time_axis(&p, facts);
    value_axis(&p, facts);
    axis_title(assay, facts, title);
    shade(out, &p, &k);
    plot_frame(out, &p, x_label, title);
    limit_line(out, &p, facts);
    if (many) {
        quantiles_of(out, &p, &k, false, c->styles[arm]);
    }
    if (ok) {
        people_in(out, &p, &k, arm, c->styles[arm]);
    }
    if (many) {
        quantiles_of(out, &p, &k, true, c->styles[arm]);
    }
    free(visits.v);
}

static void describe(const cohort *c, size_t arm, size_t n, const assay_facts *facts,
                     size_t n_panels, rsp_text *desc)
{
    rsp_text_printf(desc, "One line a participant of arm %s in %s%s%s.", c->rows->arms[arm],
                    c->whose,
                    any_limit(facts, n_panels)
                        ? "; open marks are below the limit of quantification (dashed), those "
                          "not detected lowest; a tick on the upper edge is a restart of ART" : "",
                    n >= ENOUGH ? "; the black line is the median of each visit, the shade the "
                                  "middle half" : "");
}

void figure_people(rsp_text *out, const cohort *c, size_t arm, const char *assay,
                   const char *under)
{
    const char *const assays[MOST_PANELS] = {assay, under};
    size_t n_panels = under ? 2 : 1, samples;
    assay_facts facts[MOST_PANELS];
    roster r;
    double first = (double)INFINITY, last = -(double)INFINITY, height = under ? 190 : 240, gap = 70;
    char title[340];
    rsp_text desc = {0};
    for (size_t i = 0; i < n_panels; i++) {
        if (!assay_look(c, assays[i], &facts[i])) {
            return;
        }
        first = fmin(first, facts[i].first);
        last = fmax(last, facts[i].last);
    }
    if (!people_list(c, &r)) {
        out->failed = true;
        return;
    }
    size_t n = people_measured(c, assay, arm, &samples);
    describe(c, arm, n, facts, n_panels, &desc);
    axis_title(assay, &facts[0], title);
    svg_open(out, FIGURE_WIDTH, 66 + (height + gap) * (double)n_panels - 18, title,
             desc.data ? desc.data : "");
    rsp_text_fini(&desc);
    heading(out, c, arm, 23, n);
    for (size_t i = 0; i < n_panels; i++) {
        plot p = {.left = 92, .top = 66 + (height + gap) * (double)i, .width = 404,
                  .height = height};
        facts[i].first = first;
        facts[i].last = last;
        panel(out, c, &r, arm, assays[i], i + 1 == n_panels ? facts[i].since : NULL, &facts[i], p);
    }
    free(r.people);
    svg_close(out);
}

/* ---- A few samples a person: all arms in one plot, side by side within a week. */
static void arms_in(rsp_text *out, const cohort *c, const roster *r, const char *assay,
                    const assay_facts *facts, const plot *p)
{
    const course k = {c, r, assay, facts, NULL, false};
    for (size_t a = 0; a < c->rows->n_arms; a++) {
        plot shifted = *p;
        shifted.left += 5 * ((double)a - 0.5 * (double)(c->rows->n_arms - 1));
        people_in(out, &shifted, &k, a, c->styles[a]);
    }
}

void figure_samples(rsp_text *out, const cohort *c, const char *assay)
{
    assay_facts facts;
    roster r;
    char title[340], desc[240];
    if (!assay_look(c, assay, &facts)) {
        return;
    }
    if (!people_list(c, &r)) {
        out->failed = true;
        return;
    }
    size_t n_arms = c->rows->n_arms;
    plot p = {.left = 92, .top = 46 + 22 * (double)n_arms, .width = 404, .height = 230};
    snprintf(facts.lloq_label, sizeof facts.lloq_label, "LLOQ %.4g", facts.lloq);
    time_axis(&p, &facts);
    value_axis(&p, &facts);
    axis_title(assay, &facts, title);
    snprintf(desc, sizeof desc, "Samples of the participants of %s, those of one person joined by "
                                "a line; open marks are below the limit of quantification.",
             c->whose);
    svg_open(out, FIGURE_WIDTH, p.top + p.height + 52, title, desc);
    for (size_t a = 0; a < n_arms; a++) {
        size_t samples, n = people_measured(c, assay, a, &samples);
        heading(out, c, a, 18 + 22 * (double)a, n);
    }
    plot_frame(out, &p, facts.since, title);
    limit_line(out, &p, &facts);
    arms_in(out, c, &r, assay, &facts, &p);
    free(r.people);
    svg_close(out);
}
