#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/visits.h"

/* Participants of an analysed data set: flow, time off ART, courses of their assays. */

enum { MOST_LINES = 40 /* lines of more people hide each other */, MOST_BARS = 80,
       FEW_SAMPLES = 4, MOST_ASSAYS = 16, MOST_FLOWS = 12 };

/* Arms that the plan calls historical are grey. */
static void grey_controls(cohort *c, const rsp_results_view *v)
{
    for (size_t a = 0; v->historical && a < c->rows->n_arms && a < MOST_STYLES; a++) {
        c->historical |= v->historical[a];
        c->styles[a].colour = v->historical[a] ? COLOUR_SOFT : c->styles[a].colour;
    }
}

bool cohort_of_results(cohort *c, const rsp_results_view *v, const rsp_dataset *rows)
{
    if (!rows || !rows->n_subjects || rows->n_arms > MOST_STYLES) {
        return false;
    }
    cohort_of_data(c, rows, v->analysed, v->control);
    c->left_out = v->left_out;
    grey_controls(c, v);
    c->threshold = v->threshold > 0 ? v->threshold : 0;
    return true;
}

static void flow_of_arm(rsp_text *out, const cohort *c, size_t arm)
{
    flow f;
    flow_of_rows(c, arm, &f);
    if (!f.n_steps || !f.steps[0].n) {
        return;
    }
    html_figure_open(out);
    if (!figure_flow(out, c->rows->arms[arm], c->styles[arm], &f)) {
        html_paragraph(out, "The flow is not drawn: its numbers do not sum.");
    }
    html_figure_close(out, "%s: n = %zu in the data. Each box is the one above it less those who "
                           "leave to the side.", c->rows->arms[arm], f.steps[0].n);
}

void section_participants(rsp_text *out, const rsp_results_view *v, const rsp_dataset *rows)
{
    cohort c;
    if (!cohort_of_results(&c, v, rows)) {
        return;
    }
    if (rows->n_arms <= MOST_FLOWS) {
        html_figures_open(out);
        for (size_t a = 0; a < rows->n_arms; a++) {
            flow_of_arm(out, &c, a);
        }
        html_figures_close(out);
    }
}

/* ---- Courses. */
static void quantiles_of_arms(rsp_text *out, const cohort *c, const char *assay)
{
    visit_list visits[MOST_STYLES] = {{NULL, 0}};
    roster r = {NULL, 0};
    size_t samples;
    out->failed |= !people_list(c, &r);
    for (size_t a = 0; a < c->rows->n_arms && !out->failed; a++) {
        out->failed |= !visits_of(c, &r, assay, a, &visits[a]);
    }
    for (size_t a = 0; a < c->rows->n_arms && !out->failed; a++) {
        if (visits[a].n) {
            size_t n = people_measured(c, assay, a, &samples);
            html_figure_open(out);
            figure_bands(out, c, visits, a, assay);
            html_figure_close(out, "%s: median, middle 50 %% and 90 %% of n = %zu participants, "
                                   "too many for a line each; an open mark: the median is below "
                                   "the limit of quantification.", c->rows->arms[a], n);
        }
    }
    for (size_t a = 0; a < MOST_STYLES; a++) {
        free(visits[a].v);
    }
    free(r.people);
}

static void say_samples(rsp_text *out, const assay_facts *facts, const char *arm, size_t n,
                        size_t samples, bool quantiles)
{
    html_figure_close(out, "%s: n = %zu participant%s, %zu sample%s%s.%s", arm, n,
                      n == 1 ? "" : "s", samples, samples == 1 ? "" : "s",
                      quantiles ? "; black: the median of each visit, shaded: the middle half"
                                      : "",
                      isfinite(facts->lloq) ? " Open marks are below the limit of quantification: "
                                              "detected just under it, not detected lowest." : "");
}

/* Cells that were never given are nowhere found. */
static bool any_found(const rsp_dataset *d, const char *assay, size_t arm)
{
    for (size_t i = 0; i < d->n_measurements; i++) {
        const rsp_measurement *m = &d->measurements[i];
        if (m->arm == arm && (m->state == RSP_NUMBER || m->state == RSP_ABOVE_ULOQ) &&
            strcmp(m->assay, assay) == 0) {
            return true;
        }
    }
    return false;
}

static void course_of(rsp_text *out, const cohort *c, const char *assay, const char *under)
{
    assay_facts facts;
    size_t samples, most = 0;
    if (!assay_look(c, assay, &facts)) {
        return;
    }
    for (size_t a = 0; a < c->rows->n_arms; a++) {
        size_t n = people_measured(c, assay, a, &samples);
        most = n > most ? n : most;
    }
    if (most > MOST_LINES) {
        quantiles_of_arms(out, c, assay);
        return;
    }
    if (facts.samples_a_person <= FEW_SAMPLES) {
        html_figure_open(out);
        figure_samples(out, c, assay);
        say_samples(out, &facts, "All arms", facts.people, facts.n_samples, false);
        return;
    }
    for (size_t a = 0; a < c->rows->n_arms; a++) {
        size_t n = people_measured(c, assay, a, &samples);
        if (n && (!under || any_found(c->rows, assay, a))) {
            html_figure_open(out);
            figure_people(out, c, a, assay, under);
            say_samples(out, &facts, c->rows->arms[a], n, samples, n > FEW_SAMPLES);
        }
    }
}

/* Viral load first, the others as they come; CAR T cells have the viral load beneath. */
static size_t assays_of(const rsp_dataset *d, const char *names[MOST_ASSAYS])
{
    size_t n = 0;
    for (size_t i = 0; i < d->n_measurements; i++) {
        const char *assay = d->measurements[i].assay;
        bool seen = false;
        for (size_t k = 0; k < n && !seen; k++) {
            seen = strcmp(names[k], assay) == 0;
        }
        if (!seen && n < MOST_ASSAYS) {
            bool first = strcmp(assay, "viral_load") == 0;
            memmove(names + (first ? 1 : n), names + (first ? 0 : n),
                    (first ? n : 0) * sizeof *names);
            names[first ? 0 : n] = assay;
            n++;
        }
    }
    return n;
}

bool courses_to_draw(const rsp_results_view *v, const rsp_dataset *rows)
{
    cohort c;
    return cohort_of_results(&c, v, rows) && (rows->n_measurements || swimmers(&c));
}

static void time_off(rsp_text *out, const cohort *c)
{
    size_t n = swimmers(c);
    if (!n) {
        return;
    }
    html_subheading(out, strcmp(c->from, "stop art") == 0 ? "Time off ART" : "Follow-up");
    if (n > MOST_BARS) {
        html_paragraph(out, "The bars of %zu participants are not drawn: more than %d.", n,
                       (int)MOST_BARS);
        return;
    }
    html_figures_open(out);
    html_figure_open(out);
    figure_swimmer(out, c);
    html_figure_close(out, "A bar each of n = %zu participants, longest first.", n);
    html_figures_close(out);
}

void section_courses(rsp_text *out, const rsp_results_view *v, const rsp_dataset *rows)
{
    cohort c;
    const char *names[MOST_ASSAYS];
    assay_facts facts;
    char title[160];
    if (!courses_to_draw(v, rows) || !cohort_of_results(&c, v, rows)) {
        return;
    }
    html_heading(out, "courses", "Courses of the participants");
    time_off(out, &c);
    bool load = assay_look(&c, "viral_load", &facts);
    for (size_t i = 0, n = assays_of(rows, names); i < n; i++) {
        bool cells = strcmp(names[i], "car_copies") == 0;
        if (assay_look(&c, names[i], &facts)) {
            html_subheading(out, "%s%s", assay_title(names[i], title),
                            cells && load ? ", with the viral load beneath" : "");
            html_figures_open(out);
            course_of(out, &c, names[i], cells && load ? "viral_load" : NULL);
            html_figures_close(out);
        }
    }
}
