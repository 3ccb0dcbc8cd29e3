#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/visits.h"

/* Sections of figures: flow, viral load, endpoints, product, samples. */

enum { MOST_LINES = 40 /* lines of more people hide each other */,
       FEW_SAMPLES = 4, MOST_ASSAYS = 32 };

void section_flow(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    html_heading(out, "flow", "Participants");
    html_figures_open(out);
    for (size_t a = 0; a < f->n_arms; a++) {
        const rsp_flow *counts = &f->arms[a].flow;
        flow steps;
        flow_of_run(plan, &f->arms[a], &steps);
        html_figure_open(out);
        if (!figure_flow(out, f->arms[a].name, style_of_arm(plan, f->arms[a].name), &steps)) {
            html_paragraph(out, "The flow is not drawn: its numbers do not sum.");
        }
        char out_of[64] = "";
        if (counts->screened_out) {
            snprintf(out_of, sizeof out_of, " of %zu screened for the arm",
                     counts->enrolled + counts->screened_out);
        }
        html_figure_close(out, "%s: n = %zu%s in %u replicate trial%s%s.", f->arms[a].name,
                          counts->enrolled, out_of, f->trials, f->trials == 1 ? "" : "s",
                          counts->failed ? "; some could not be simulated, see the summary" : "");
    }
    html_figures_close(out);
}

/* ---- One assay over time. */
static bool too_many(const cohort *c, const char *assay)
{
    size_t samples;
    for (size_t a = 0; a < c->rows->n_arms; a++) {
        if (people_measured(c, assay, a, &samples) > MOST_LINES) {
            return true;
        }
    }
    return false;
}

static void people_caption(rsp_text *out, const cohort *c, const char *assay, size_t arm)
{
    size_t samples, n = people_measured(c, assay, arm, &samples);
    html_figure_close(out, "%s, first replicate trial: n = %zu participant%s, %zu sample%s.",
                      c->rows->arms[arm], n, n == 1 ? "" : "s", samples, samples == 1 ? "" : "s");
}

static void bands_of_arms(rsp_text *out, const cohort *c, const rsp_findings *f, const char *assay)
{
    visit_list visits[MOST_STYLES] = {{NULL, 0}};
    html_figures_open(out);
    for (size_t a = 0; a < f->n_arms && a < MOST_STYLES; a++) {
        out->failed |= !visits_of_findings(&f->arms[a], assay, c->from, &visits[a]);
    }
    for (size_t a = 0; a < f->n_arms && a < MOST_STYLES && !out->failed; a++) {
        html_figure_open(out);
        figure_bands(out, c, visits, a, assay);
        html_figure_close(out, "%s, all replicate trials: median, middle 50 %% and 90 %%; n = "
                               "%zu participants.", f->arms[a].name, f->arms[a].participants);
    }
    for (size_t a = 0; a < MOST_STYLES; a++) {
        free(visits[a].v);
    }
    html_figures_close(out);
}

static void lines_of_arms(rsp_text *out, const cohort *c, const char *assay)
{
    size_t samples;
    html_figures_open(out);
    for (size_t a = 0; a < c->rows->n_arms; a++) {
        if (people_measured(c, assay, a, &samples)) {
            html_figure_open(out);
            figure_people(out, c, a, assay, NULL);
            people_caption(out, c, assay, a);
        }
    }
    html_figures_close(out);
}

static void say_marks(rsp_text *out, const assay_facts *facts)
{
    if (isfinite(facts->lloq)) {
        html_paragraph(out, "Filled marks are numbers. Open marks, below the dashed line, are "
                            "below the limit of quantification (LLOQ): detected just under it, "
                            "not detected lowest. A tick on the upper edge is a restart of ART.");
    }
}

void section_course(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    assay_facts facts;
    cohort c;
    if (!f->example) {
        return;
    }
    cohort_of_run(&c, plan, f);
    html_heading(out, "course", "Viral load");
    if (!assay_look(&c, "viral_load", &facts)) {
        html_paragraph(out, "No viral load was measured.");
        return;
    }
    if (too_many(&c, "viral_load")) {
        html_paragraph(out, "There are too many participants for a line each. The curve is "
                            "their median, an open mark where it is below the limit of "
                            "quantification; the bands hold the middle 50 %% and 90 %%. Whose follow-up has ended "
                            "is no longer in it.");
        bands_of_arms(out, &c, f, "viral_load");
        return;
    }
    lines_of_arms(out, &c, "viral_load");
    say_marks(out, &facts);
}

/* ---- Endpoints. */
static void endpoint_row(html_table *t, const rsp_arm_findings *arm, const rsp_arm_endpoint *e,
                         uint32_t trials)
{
    char text[80];
    const char *absent = e->n ? "not reached" : "nobody at risk";
    html_row(t);
    html_put(t, "%s", arm->name);
    html_put(t, "%zu", e->n);
    html_put(t, "%zu", e->events);
    html_put(t, "%s", html_number(e->median.value, 1, absent, text));
    html_put(t, "%s", html_interval(e->median.low, e->median.high, 1, absent, text));
    html_put(t, "%s", html_interval(e->trial_median.low, e->trial_median.high, 1,
                                    trials < 2 ? "one trial" : absent, text));
    for (size_t i = 0; i < e->n_days; i++) {
        html_put(t, "%s", html_number(100 * e->event_free[i], 1, "beyond", text));
    }
    html_put(t, "%zu", e->ends[RSP_END_RESTART]);
    html_row_close(t);
}

static void endpoint_table(rsp_text *out, const rsp_findings *f, size_t k)
{
    html_column columns[16] = {{"arm", false}, {"n", true}, {"events", true},
                               {"median, days", true}, {"95 % CI, pooled", true},
                               {"5 to 95 % of trials", true}};
    char titles[8][40];
    const rsp_arm_endpoint *first = f->n_arms ? &f->arms[0].endpoints[k] : NULL;
    size_t n = 6;
    for (size_t i = 0; first && i < first->n_days; i++) {
        snprintf(titles[i], sizeof titles[i], "event-free at day %.0f, %%", first->days[i]);
        columns[n++] = (html_column){titles[i], true};
    }
    columns[n++] = (html_column){"ART restarted first", true};
    html_table t = html_table_open(out, columns, n);
    for (size_t a = 0; a < f->n_arms; a++) {
        endpoint_row(&t, &f->arms[a], &f->arms[a].endpoints[k], f->trials);
    }
    html_table_close(&t);
}

/* The limits and the p of a hazard ratio, both Wald's. */
static const char *hazard_limits(const rsp_hazard_ratio *hr, char text[160])
{
    char interval[80], p[32];
    text[0] = '\0';
    if (hr->estimable) {
        snprintf(text, 160, "%s, Wald's %s)",
                 html_interval(hr->low, hr->high, 2, "not estimable", interval), p_text(hr->p, p));
    }
    return text;
}

/* Whom a paired contrast is of. */
static void who_is_paired(const rsp_contrast *c, char *out, size_t size)
{
    const size_t n = c->paired.n;
    if (n == c->treated_n && n == c->control_n) {
        snprintf(out, size, "in the same people (%zu)", n);
    } else {
        snprintf(out, size, "in the %zu people who are at risk in both arms (of %zu and %zu; the "
                 "others are not compared)", n, c->treated_n, c->control_n);
    }
}

static void contrast(rsp_text *out, const rsp_plan_view *plan, const rsp_contrast *c,
                     const char *label)
{
    char mean[32], interval[80], limits[160], who[160];
    if (plan->design == RSP_COUNTERFACTUAL && !c->is_paired) {
        html_paragraph(out, "%s, %s against %s: nobody is at risk in both arms (of %zu and %zu), "
                            "and they are not compared in pairs.", label, c->treated, c->control,
                       c->treated_n, c->control_n);
    }
    if (c->is_paired) {
        who_is_paired(c, who, sizeof who);
        html_paragraph(out,
                       "%s, %s against %s %s: mean difference %s days (95 %% "
                       "CI %s, over %zu pairs with both events); later in %zu, earlier "
                       "in %zu, equal in %zu, undecided by censoring in %zu.",
                       label, c->treated, c->control, who,
                       html_number(c->paired.mean, 2, "not estimable", mean),
                       html_interval(c->paired.mean_low, c->paired.mean_high, 2,
                                     "not estimable", interval),
                       c->paired.both, c->paired.later, c->paired.earlier,
                       c->paired.equal, c->paired.undecided);
    }
    if (c->has_test) {
        html_paragraph(out, "%s, %s against %s, first replicate trial: log-rank chi-square %s, "
                            "p %s; hazard ratio %s%s%s.", label, c->treated, c->control,
                       html_number(c->logrank.chisq, 2, "not estimable", interval),
                       isfinite(c->logrank.p) && c->logrank.p < 0.001
                           ? "below 0.001" : html_number(c->logrank.p, 3, "none", mean),
                       html_number(c->hr.estimable ? c->hr.hr : (double)NAN, 2,
                                   "not estimable", (char[32]){0}),
                       c->hr.estimable ? " (95 % CI " : "", hazard_limits(&c->hr, limits));
    }
}

static void censoring_note(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                           size_t k)
{
    size_t n = 0;
    for (size_t a = 0; a < f->n_arms; a++) {
        n += f->arms[a].endpoints[k].n;
    }
    html_figure_close(out, "n = %zu at risk; all replicate trials together; band: 95 %% confidence, pointwise, log-log; "
                           "upright ticks: censored. %s",
                      n, plan->endpoints[k].definition);
}

static void tests_table(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    static const html_column columns[] = {{"test", false}, {"of", false}, {"alpha", true},
                                          {"trials", true}, {"no p in", true},
                                          {"p below alpha, %", true}, {"Monte Carlo 95 %", true}};
    char text[80];
    if (f->n_tests == 0) {
        return;
    }
    html_subheading(out, plan->is_null ? "Type-I error" : "Power");
    html_paragraph(out, plan->is_null
                            ? "Every arm was treated as the control is: what a test finds here is chance."
                            : "The share of replicate trials in which a test finds a difference.");
    html_table t = html_table_open(out, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < f->n_tests; i++) {
        const rsp_test_share *c = &f->tests[i];
        html_row(&t);
        html_put(&t, "%s", c->test);
        html_put(&t, "%s", c->what);
        html_put(&t, "%s", html_number(c->alpha, 3, "none", text));
        html_put(&t, "%zu", c->trials);
        html_put(&t, "%zu", c->trials - c->estimable);
        html_put(&t, "%s", html_number(100 * c->share.value, 1, "none", text));
        html_put(&t, "%s", html_interval(100 * c->share.low, 100 * c->share.high, 1, "none", text));
        html_row_close(&t);
    }
    html_table_close(&t);
}

static void levels_table(rsp_text *out, const rsp_findings *f)
{
    static const html_column columns[] = {{"dose", false}, {"treated in a trial", true},
                                          {"with the toxicity", true},
                                          {"failed in simulation", true}, {"chosen, % of trials", true},
                                          {"Monte Carlo 95 %", true}};
    char text[80];
    if (f->n_levels == 0) {
        return;
    }
    html_subheading(out, "Dose escalation");
    html_paragraph(out, "3+3: cohorts of three; the dose chosen is the highest given to six "
                        "participants of whom at most one had the toxicity. Participants whom the "
                        "design did not come to are not in the data; those whose simulation failed "
                        "are replaced while somebody is left.");
    html_paragraph(out, "A trial treats a higher dose only where few were harmed below, and one "
                        "below its first dose only where too many were harmed above. Where trials "
                        "differ in how toxic every dose is (in what is drawn once a trial), the "
                        "higher dose is given in the milder trials, and fewer of those treated are "
                        "harmed by it though it harms nobody less: these shares are no comparison "
                        "of doses. What each dose does to everybody is the same run with --set "
                        "escalation=none; with --set design=counterfactual besides, to the same "
                        "people at every dose.");
    if (f->undecided > 0) {
        html_paragraph(out, "Undecided: %zu of %u trials, in which nobody was left in the place of "
                            "simulations that failed or of those screened out. Shares are of the other trials.",
                       f->undecided, f->trials);
    }
    html_table t = html_table_open(out, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < f->n_levels; i++) {
        const rsp_dose_level *l = &f->levels[i];
        html_row(&t);
        html_put(&t, "%s", l->arm);
        html_put(&t, "%s", html_number(l->treated, 1, "none", text));
        html_put(&t, "%s", html_number(l->toxic, 2, "none", text));
        html_put(&t, "%s", html_number(l->failed, 2, "none", text));
        html_put(&t, "%s", html_number(100 * l->share.value, 1, "none", text));
        html_put(&t, "%s", html_interval(100 * l->share.low, 100 * l->share.high, 1, "none", text));
        html_row_close(&t);
    }
    html_table_close(&t);
}

static void stopping_words(rsp_text *out, const rsp_stopping *s)
{
    if (s) {
        html_subheading(out, "Stopping");
        html_paragraph(out, "Enrolment stops in every arm when, in %s, %s. The rule was met in "
                            "%.1f %% of trials (Monte Carlo 95 %% %.1f to %.1f), and enrolment "
                            "ended early in %.1f %% (%.1f to %.1f)%s. %.1f of %u participants of "
                            "that arm were enrolled in a trial, %.2f with the event. Who was "
                            "enrolled is followed to the end; the others are not in the data.",
                       s->arm, s->rule, 100 * s->met_share.value, 100 * s->met_share.low,
                       100 * s->met_share.high, 100 * s->share.value, 100 * s->share.low,
                       100 * s->share.high,
                       s->met > s->stopped ? ": elsewhere the last to be enrolled met it" : "",
                       s->enrolled, s->planned, s->events);
    }
}

void section_endpoints(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    html_heading(out, "results", "Endpoints");
    if (f->n_levels > 0) {
        html_paragraph(out, "Arms are doses of an escalation, each given in trials of its own kind: a "
                            "higher dose where few were harmed below. Arms are not to be compared "
                            "(Dose escalation, below).");
    }
    html_figures_open(out);
    for (size_t k = 0; k < plan->n_endpoints; k++) {
        html_figure_open(out);
        figure_km(out, plan, f, k);
        censoring_note(out, plan, f, k);
    }
    html_figures_close(out);
    for (size_t k = 0; k < plan->n_endpoints; k++) {
        html_subheading(out, "%s", plan->endpoints[k].label);
        endpoint_table(out, f, k);
        for (size_t i = 0; i < f->n_contrasts; i++) {
            if (strcmp(f->contrasts[i].endpoint, plan->endpoints[k].name) == 0) {
                contrast(out, plan, &f->contrasts[i], plan->endpoints[k].label);
            }
        }
    }
    tests_table(out, plan, f);
    levels_table(out, f);
    stopping_words(out, f->stopping);
    html_paragraph(out, "Curves and confidence intervals are of all replicate trials "
                        "together; the interval that a trial of the planned size would show "
                        "is the one over replicate trials.");
    if (f->example && f->example->n_subjects <= 2 * MOST_LINES) {
        cohort c;
        cohort_of_run(&c, plan, f);
        const bool off = strcmp(c.from, "stop art") == 0;
        html_subheading(out, off ? "Time off ART" : "Follow-up");
        html_figures_open(out);
        html_figure_open(out);
        figure_swimmer(out, &c);
        html_figure_close(out, "First replicate trial, a bar each%s.", off ? " who stopped ART" : "");
        html_figures_close(out);
    }
}

/* ---- CAR T cells, and what the virus does meanwhile. */
void section_product(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    assay_facts cells, load;
    cohort c;
    if (f->example) {
        cohort_of_run(&c, plan, f);
    }
    if (!f->example || !assay_look(&c, "car_copies", &cells)) {
        return;
    }
    bool beneath = assay_look(&c, "viral_load", &load);
    html_heading(out, "product", beneath ? "CAR T cells, with the viral load beneath"
                                         : "CAR T cells");
    if (too_many(&c, "car_copies")) {
        bands_of_arms(out, &c, f, "car_copies");
        return;
    }
    html_figures_open(out);
    for (size_t a = 0; a < f->n_arms; a++) {
        size_t samples;
        if (arm_is_treated(plan, f->arms[a].name) &&
            people_measured(&c, "car_copies", a, &samples)) {
            html_figure_open(out);
            figure_people(out, &c, a, "car_copies", beneath ? "viral_load" : NULL);
            people_caption(out, &c, "car_copies", a);
        }
    }
    html_figures_close(out);
}

/* ---- The other assays: reservoir first, escape last. */
static int place(const char *assay)
{
    return strcmp(assay, "intact_provirus") == 0   ? 0
           : strcmp(assay, "ca_rna") == 0          ? 1
           : strcmp(assay, "escape_fraction") == 0 ? 9
                                                   : 5;
}

static size_t other_assays(const rsp_dataset *d, const char *names[MOST_ASSAYS])
{
    size_t n = 0;
    for (size_t i = 0; i < d->n_measurements; i++) {
        const char *assay = d->measurements[i].assay;
        bool seen = strcmp(assay, "viral_load") == 0 || strcmp(assay, "car_copies") == 0 ||
                    strcmp(d->measurements[i].unit, "copies/mL") == 0; /* another viral load */
        for (size_t k = 0; k < n && !seen; k++) {
            seen = strcmp(names[k], assay) == 0;
        }
        if (seen || n == MOST_ASSAYS) {
            continue;
        }
        size_t at = n++;
        for (; at > 0 && place(names[at - 1]) > place(assay); at--) {
            names[at] = names[at - 1];
        }
        names[at] = assay;
    }
    return n;
}

static void one_assay(rsp_text *out, const cohort *c, const rsp_findings *f, const char *assay)
{
    assay_facts facts;
    if (!assay_look(c, assay, &facts)) {
        return;
    }
    if (too_many(c, assay)) {
        bands_of_arms(out, c, f, assay);
    } else if (facts.samples_a_person > FEW_SAMPLES) {
        lines_of_arms(out, c, assay);
    } else {
        html_figure_open(out);
        figure_samples(out, c, assay);
        html_figure_close(out, "First replicate trial: %zu courses, %zu samples%s.",
                          facts.people, facts.n_samples,
                          isfinite(facts.lloq) ? "; open marks: below the LLOQ" : "");
    }
}

void section_samples(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    const char *names[MOST_ASSAYS];
    size_t n = f->example ? other_assays(f->example, names) : 0;
    if (!n) {
        return;
    }
    cohort c;
    cohort_of_run(&c, plan, f);
    html_heading(out, "samples", "Reservoir, escape and other samples");
    html_figures_open(out);
    for (size_t i = 0; i < n; i++) {
        one_assay(out, &c, f, names[i]);
    }
    html_figures_close(out);
}
