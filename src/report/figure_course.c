#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/people.h"

/* One assay over time, of people one by one. */

enum { MOST_PANELS = 2 };

static bool on_log_axis(const char *assay, const assay_facts *facts)
{
    bool share = strcmp(facts->unit, "1") == 0 || facts->unit[0] == '\0';
    return !share && strcmp(assay, "cd4") != 0;
}

static void note(assay_facts *facts, const rsp_measurement *m, double week)
{
    facts->unit = m->unit;
    facts->lloq = isfinite(m->lloq) ? m->lloq : facts->lloq;
    if (m->state == RSP_NUMBER) {
        facts->least = fmin(isfinite(facts->least) ? facts->least : (double)INFINITY, m->value);
        facts->most = fmax(isfinite(facts->most) ? facts->most : -(double)INFINITY, m->value);
    }
    facts->first = facts->n_samples ? fmin(facts->first, week) : week;
    facts->last = facts->n_samples ? fmax(facts->last, week) : week;
    facts->n_samples++;
}

bool assay_look(const rsp_plan_view *plan, const rsp_findings *f, const char *assay,
                assay_facts *facts)
{
    double nan = (double)NAN;
    *facts = (assay_facts){.unit = "", .lloq = nan, .least = nan, .most = nan,
                           .from = people_count_from(plan, f)};
    roster r;
    if (!people_list(plan, f, &r)) {
        return false;
    }
    for (size_t i = 0; i < r.n; i++) {
        const person *p = &r.people[i];
        size_t samples = 0;
        for (size_t k = p->first; k < p->last; k++) {
            if (people_row_counts(f->example, p, k, assay)) {
                const rsp_measurement *m = &f->example->measurements[k];
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

size_t people_measured(const rsp_plan_view *plan, const rsp_findings *f,
                       const char *assay, size_t arm, size_t *samples)
{
    roster r;
    size_t n = 0;
    *samples = 0;
    if (!people_list(plan, f, &r)) {
        return 0;
    }
    for (size_t i = 0; i < r.n; i++) {
        size_t before = *samples;
        for (size_t k = r.people[i].first; k < r.people[i].last; k++) {
            *samples += r.people[i].arm == arm &&
                        people_row_counts(f->example, &r.people[i], k, assay);
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
        return facts->most;
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

static void lines_of(rsp_text *out, const plot *p, const rsp_findings *f, const person *who,
                     const char *assay, const assay_facts *facts, arm_style s)
{
    bool drawing = false;
    for (size_t k = who->first; k < who->last; k++) {
        const rsp_measurement *m = &f->example->measurements[k];
        if (people_row_counts(f->example, who, k, assay)) {
            if (!drawing) {
                rsp_text_printf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.2\" "
                                     "d=\"", s.colour);
            }
            rsp_text_printf(out, "%s%.2f %.2f", drawing ? "L" : "M",
                            svg_at(plot_x(p, people_weeks(who, m->day))),
                            svg_at(plot_y(p, shown(m, facts))));
            drawing = true;
        } else if (drawing && strcmp(m->assay, assay) == 0) { /* missing: no line across */
            rsp_text_add(out, "\"/>\n");
            drawing = false;
        }
    }
    rsp_text_add(out, drawing ? "\"/>\n" : "");
}

static void marks_of(rsp_text *out, const plot *p, const rsp_findings *f, const person *who,
                     const char *assay, const assay_facts *facts, arm_style s)
{
    for (size_t k = who->first; k < who->last; k++) {
        const rsp_measurement *m = &f->example->measurements[k];
        if (people_row_counts(f->example, who, k, assay)) {
            svg_mark(out, s.shape, plot_x(p, people_weeks(who, m->day)),
                     plot_y(p, shown(m, facts)), 3, s.colour, m->state == RSP_NUMBER);
        }
    }
}

/* One element a person, so that a reader of the file can count them. */
static void people_in(rsp_text *out, const plot *p, const rsp_findings *f, const roster *r,
                      size_t arm, const char *assay, const assay_facts *facts, arm_style s)
{
    for (size_t i = 0; i < r->n; i++) {
        const person *who = &r->people[i];
        if (who->arm != arm) {
            continue;
        }
        rsp_text_printf(out, "<g class=\"person\" data-arm=\"%zu\" data-who=\"%u\">\n", arm,
                        who->who + 1);
        lines_of(out, p, f, who, assay, facts, s);
        marks_of(out, p, f, who, assay, facts, s);
        if (isfinite(who->restart) && isfinite(who->zero)) {
            double x = plot_x(p, people_weeks(who, who->restart));
            svg_line(out, x, p->top, x, p->top + 9, COLOUR_INK, 1.6, NULL);
        }
        rsp_text_add(out, "</g>\n");
    }
}

static void heading(rsp_text *out, const rsp_findings *f, size_t arm, arm_style s, size_t n)
{
    char name[160];
    svg_mark(out, s.shape, 17, 17, 5, s.colour, true);
    svg_text(out, 30, 23, "start", SIZE_TITLE, COLOUR_INK, "%s (n = %zu)",
             svg_fit(f->arms[arm].name, 34, name), n);
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
    char title[160], unit[160];
    snprintf(text, 340, "%s, %s", assay_title(assay, title), assay_unit(facts->unit, unit));
}

void figure_people(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                   size_t arm, const char *assay, const char *under)
{
    const char *const assays[MOST_PANELS] = {assay, under};
    size_t n_panels = under ? 2 : 1, samples;
    assay_facts facts[MOST_PANELS];
    roster r;
    double first = (double)INFINITY, last = -(double)INFINITY, height = under ? 190 : 240, gap = 70;
    char title[340], since[160];
    for (size_t i = 0; i < n_panels; i++) {
        if (!assay_look(plan, f, assays[i], &facts[i])) {
            return;
        }
        first = fmin(first, facts[i].first);
        last = fmax(last, facts[i].last);
    }
    if (!people_list(plan, f, &r)) {
        out->failed = true;
        return;
    }
    arm_style s = style_of_arm(plan, f->arms[arm].name);
    rsp_text desc = {0};
    rsp_text_printf(&desc, "One line a participant of arm %s in the first replicate trial%s.",
                    f->arms[arm].name,
                    any_limit(facts, n_panels)
                        ? "; open marks are below the limit of quantification (dashed), those "
                          "not detected lowest; a tick on the upper edge is a restart of ART" : "");
    axis_title(assay, &facts[0], title);
    svg_open(out, FIGURE_WIDTH, 66 + (height + gap) * (double)n_panels - 18, title,
             desc.data ? desc.data : "");
    rsp_text_fini(&desc);
    heading(out, f, arm, s, people_measured(plan, f, assay, arm, &samples));
    for (size_t i = 0; i < n_panels; i++) {
        plot p = {.left = 92, .top = 66 + (height + gap) * (double)i, .width = 404,
                  .height = height};
        facts[i].first = first;
        facts[i].last = last;
        snprintf(facts[i].lloq_label, sizeof facts[i].lloq_label, "LLOQ %.4g", facts[i].lloq);
        time_axis(&p, &facts[i]);
        value_axis(&p, &facts[i]);
        axis_title(assays[i], &facts[i], title);
        plot_frame(out, &p, i + 1 == n_panels ? weeks_since(facts[i].from, since) : NULL,
                   title);
        limit_line(out, &p, &facts[i]);
        people_in(out, &p, f, &r, arm, assays[i], &facts[i], s);
    }
    free(r.people);
    svg_close(out);
}

/* ---- A few samples a person: all arms in one plot, side by side within a week. */
void figure_samples(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                    const char *assay)
{
    assay_facts facts;
    roster r;
    char title[340], since[160], name[160];
    if (!assay_look(plan, f, assay, &facts)) {
        return;
    }
    if (!people_list(plan, f, &r)) {
        out->failed = true;
        return;
    }
    plot p = {.left = 92, .top = 46 + 22 * (double)f->n_arms, .width = 404, .height = 230};
    snprintf(facts.lloq_label, sizeof facts.lloq_label, "LLOQ %.4g", facts.lloq);
    time_axis(&p, &facts);
    value_axis(&p, &facts);
    axis_title(assay, &facts, title);
    svg_open(out, FIGURE_WIDTH, p.top + p.height + 52, title,
             "Samples of the participants of the first replicate trial, those of one person "
             "joined by a line; open marks are below the limit of quantification.");
    for (size_t a = 0; a < f->n_arms; a++) {
        arm_style s = style_of_arm(plan, f->arms[a].name);
        size_t samples, n = people_measured(plan, f, assay, a, &samples);
        double y = 18 + 22 * (double)a;
        svg_mark(out, s.shape, 17, y - 5, 5, s.colour, true);
        svg_text(out, 30, y, "start", SIZE_TITLE, COLOUR_INK, "%s (n = %zu)",
                 svg_fit(f->arms[a].name, 34, name), n);
    }
    plot_frame(out, &p, weeks_since(facts.from, since), title);
    limit_line(out, &p, &facts);
    for (size_t a = 0; a < f->n_arms; a++) {
        plot shifted = p;
        shifted.left += 5 * ((double)a - 0.5 * (double)(f->n_arms - 1));
        people_in(out, &shifted, f, &r, a, assay, &facts,
                  style_of_arm(plan, f->arms[a].name));
    }
    free(r.people);
    svg_close(out);
}
