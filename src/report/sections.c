#include <math.h>
#include <string.h>

#include "report/figures.h"
#include "report/html.h"

static const double WEEK = 7.0;

/* ---- Summary and design. */

static void say_endpoint(rsp_text *out, const rsp_plan_view *plan,
                         const rsp_findings *f, size_t k)
{
    for (size_t a = 0; a < f->n_arms; a++) {
        const rsp_arm_endpoint *e = &f->arms[a].endpoints[k];
        char v[32], low[32], high[32];
        html_number(e->median.value / WEEK, 1, v);
        html_number(e->trial_median.low / WEEK, 1, low);
        html_number(e->trial_median.high / WEEK, 1, high);
        html_paragraph(out,
                       "%s, %s: %zu of %zu participants at risk had the event; median %s "
                       "weeks (5 to 95 %% of replicate trials: %s to %s).",
                       f->arms[a].name, plan->endpoints[k].definition, e->events, e->n, v,
                       low, high);
    }
}

void section_summary(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    html_heading(out, "summary", "Summary");
    if (plan->n_endpoints && f->n_arms) {
        say_endpoint(out, plan, f, 0);
    }
    if (f->failed) {
        html_paragraph(out, "%zu of %zu simulated participants failed in the solver and are "
                            "left out of every estimate.", f->failed, f->participants);
    }
    for (size_t i = 0; i < plan->n_remarks; i++) {
        html_paragraph(out, "%s", plan->remarks[i]);
    }
    for (size_t i = 0; i < f->n_words; i++) {
        html_paragraph(out, "%s", f->words[i]);
    }
    html_assumed_note(out, plan);
}

void section_design(rsp_text *out, const rsp_plan_view *plan)
{
    html_heading(out, "design", "Design");
    html_paragraph(out, "%s", plan->design_text ? plan->design_text : "");
    if (plan->population && plan->population[0]) {
        html_paragraph(out, "Population: %s", plan->population);
    }
    if (plan->product && plan->product[0]) {
        html_paragraph(out, "Product: %s", plan->product);
    }
    rsp_text_add(out, "<div class=\"table\"><table><tr><th>arm</th><th class=\"n\">"
                      "participants</th><th>schedule</th></tr>\n");
    for (size_t i = 0; i < plan->n_arms; i++) {
        rsp_text_add(out, "<tr>");
        html_cell(out, "%s", plan->arms[i].name);
        rsp_text_printf(out, "<td class=\"n\">%u</td>", plan->arms[i].participants);
        html_cell(out, "%s", plan->arms[i].schedule);
        rsp_text_add(out, "</tr>\n");
    }
    rsp_text_add(out, "</table></div>\n");
    if (plan->visits && plan->visits[0]) {
        html_paragraph(out, "Visits: %s", plan->visits);
    }
    html_list(out, "Assays", plan->assays, plan->n_assays);
    html_list(out, "Rules, acting on measurements only", plan->rules, plan->n_rules);
    rsp_text_add(out, "<h3>Endpoints</h3>\n<ul>\n");
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        rsp_text_add(out, "<li><code>");
        svg_escape(out, plan->endpoints[i].name);
        rsp_text_add(out, "</code>: ");
        svg_escape(out, plan->endpoints[i].definition);
        rsp_text_add(out, "</li>\n");
    }
    rsp_text_add(out, "</ul>\n");
    html_list(out, "What the study assumes", plan->assumptions, plan->n_assumptions);
}

/* ---- Results. */

static void cell_number(rsp_text *out, double v, int digits)
{
    char text[32];
    html_number(v, digits, text);
    rsp_text_printf(out, "<td class=\"n\">%s</td>", text);
}

static void cell_interval(rsp_text *out, double low, double high, int digits)
{
    char a[32], b[32];
    html_number(low, digits, a);
    html_number(high, digits, b);
    rsp_text_printf(out, "<td class=\"n\">%s to %s</td>", a, b);
}

static void endpoint_row(rsp_text *out, const rsp_arm_findings *arm,
                         const rsp_arm_endpoint *e)
{
    rsp_text_add(out, "<tr>");
    html_cell(out, "%s", arm->name);
    rsp_text_printf(out, "<td class=\"n\">%zu</td><td class=\"n\">%zu</td>", e->n,
                    e->events);
    cell_number(out, e->median.value, 1);
    cell_interval(out, e->median.low, e->median.high, 1);
    cell_interval(out, e->trial_median.low, e->trial_median.high, 1);
    for (size_t i = 0; i < e->n_days; i++) {
        char text[32];
        html_number(100 * e->event_free[i], 1, text);
        rsp_text_printf(out, "<td class=\"n\">%s</td>",
                        isfinite(e->event_free[i]) ? text : "beyond");
    }
    rsp_text_printf(out, "<td class=\"n\">%zu</td></tr>\n", e->ends[RSP_END_RESTART]);
}

static void endpoint_table(rsp_text *out, const rsp_findings *f, size_t k)
{
    const rsp_arm_endpoint *first = f->n_arms ? &f->arms[0].endpoints[k] : NULL;
    rsp_text_add(out, "<div class=\"table\"><table><tr><th>arm</th><th class=\"n\">n</th>"
                      "<th class=\"n\">events</th><th class=\"n\">median, days</th>"
                      "<th class=\"n\">95 % CI (pooled)</th><th class=\"n\">5 to 95 % of "
                      "trials</th>");
    for (size_t i = 0; first && i < first->n_days; i++) {
        rsp_text_printf(out, "<th class=\"n\">event-free at day %.0f, %%</th>",
                        first->days[i]);
    }
    rsp_text_add(out, "<th class=\"n\">ART restarted first</th></tr>\n");
    for (size_t a = 0; a < f->n_arms; a++) {
        endpoint_row(out, &f->arms[a], &f->arms[a].endpoints[k]);
    }
    rsp_text_add(out, "</table></div>\n");
}

static void contrast(rsp_text *out, const rsp_contrast *c)
{
    char mean[32], low[32], high[32];
    if (c->is_paired) {
        html_number(c->paired.mean, 2, mean);
        html_number(c->paired.mean_low, 2, low);
        html_number(c->paired.mean_high, 2, high);
        html_paragraph(out,
                       "%s, %s against %s in the same people: mean difference %s days (95 %% "
                       "CI %s to %s, over %zu pairs with both events); later in %zu, earlier "
                       "in %zu, equal in %zu, undecided by censoring in %zu.",
                       c->endpoint, c->treated, c->control, mean, low, high,
                       c->paired.both, c->paired.later, c->paired.earlier,
                       c->paired.equal, c->paired.undecided);
    }
    if (c->has_test) {
        html_number(c->hr.estimable ? c->hr.hr : (double)NAN, 2, mean);
        html_paragraph(out, "%s, %s against %s: log-rank chi-square %.2f, p %.3f; hazard "
                            "ratio %s.",
                       c->endpoint, c->treated, c->control, c->logrank.chisq,
                       c->logrank.p, mean);
    }
}

void section_results(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    html_heading(out, "results", "Results");
    rsp_text_add(out, "<figure>");
    figure_flow(out, plan, f);
    rsp_text_add(out, "</figure>\n");
    for (size_t k = 0; k < plan->n_endpoints; k++) {
        rsp_text_add(out, "<h3>");
        svg_escape(out, plan->endpoints[k].definition);
        rsp_text_add(out, "</h3>\n<figure>");
        figure_km(out, plan, f, k);
        rsp_text_add(out, "</figure>\n");
        endpoint_table(out, f, k);
    }
    for (size_t i = 0; i < f->n_contrasts; i++) {
        contrast(out, &f->contrasts[i]);
    }
    html_paragraph(out, "Curves and confidence intervals are of all replicate trials "
                        "together; the interval that a trial of the planned size would show "
                        "is the one over replicate trials.");
    html_assumed_note(out, plan);
}

static bool has_assay(const rsp_findings *f, const char *assay)
{
    for (size_t i = 0; f->example && i < f->example->n_measurements; i++) {
        if (strcmp(f->example->measurements[i].assay, assay) == 0) {
            return true;
        }
    }
    return false;
}

void section_course(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    if (!f->example || f->example->n_subjects > 60) {
        return; /* lines of hundreds of people show nothing */
    }
    html_heading(out, "course", "Course of the first replicate trial");
    if (has_assay(f, "viral_load")) {
        rsp_text_add(out, "<figure>");
        figure_assay(out, plan, f, "viral_load", "viral load, copies/mL");
        rsp_text_add(out, "</figure>\n");
    }
    if (has_assay(f, "car_copies")) {
        rsp_text_add(out, "<figure>");
        figure_assay(out, plan, f, "car_copies", "CAR copies per ug DNA");
        rsp_text_add(out, "</figure>\n");
    }
    rsp_text_add(out, "<figure>");
    figure_swimmer(out, plan, f);
    rsp_text_add(out, "</figure>\n");
    html_paragraph(out, "Open marks: below the limit of quantification (not detected at half "
                        "of it, detected at the limit).");
    html_assumed_note(out, plan);
}

void section_grid(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    if (!f->n_grid) {
        return;
    }
    html_heading(out, "grid", "What is not known of the design, shown and not chosen");
    html_paragraph(out, "Each combination is simulated without the rule that restarts ART. "
                        "Where the dashed line crosses both arms' intervals, the published "
                        "figure does not tell the arms apart.");
    rsp_text_add(out, "<figure class=\"wide\">");
    figure_grid(out, plan, f);
    rsp_text_add(out, "</figure>\n<details><summary>The numbers</summary><div class=\"table\">"
                      "<table><tr>");
    for (size_t i = 0; i < f->n_axes; i++) {
        rsp_text_add(out, "<th>");
        svg_escape(out, f->grid_axes[i]);
        rsp_text_add(out, "</th>");
    }
    rsp_text_add(out, "<th>arm</th><th class=\"n\">median, weeks</th><th class=\"n\">5 to 95 % "
                      "of trials</th></tr>\n");
    for (size_t i = 0; i < f->n_grid; i++) {
        const rsp_grid_cell *c = &f->grid[i];
        rsp_text_add(out, "<tr>");
        for (size_t k = 0; k < f->n_axes; k++) {
            html_cell(out, "%s", c->levels[k]);
        }
        html_cell(out, "%s", c->arm);
        cell_number(out, c->median.value / WEEK, 1);
        cell_interval(out, c->median.low / WEEK, c->median.high / WEEK, 1);
        rsp_text_add(out, "</tr>\n");
    }
    rsp_text_add(out, "</table></div></details>\n");
    html_assumed_note(out, plan);
}

/* ---- Scoreboard. */

static void score_row(rsp_text *out, const rsp_score_row *r)
{
    rsp_text_add(out, "<tr>");
    html_cell(out, "%s", r->quantity);
    if (isfinite(r->published)) {
        rsp_text_printf(out, "<td class=\"n\">%.3g</td>", r->published);
    } else {
        html_cell(out, "%s", r->published_text ? r->published_text : "");
    }
    if (isfinite(r->simulated)) {
        rsp_text_printf(out, "<td class=\"n\">%.3g</td>", r->simulated);
    } else {
        rsp_text_add(out, "<td class=\"n\">not reached</td>");
    }
    cell_interval(out, r->low, r->high, 2);
    html_cell(out, "%s", r->unit ? r->unit : "");
    rsp_text_add(out, "<td>");
    figure_score(out, r);
    rsp_text_add(out, "</td>");
    html_cell(out, "%s", r->inside ? "inside" : "outside");
    html_cell(out, "%s", r->use);
    html_cell(out, "%s%s%s", r->source ? r->source : "", r->note && r->note[0] ? "; " : "",
              r->note ? r->note : "");
    rsp_text_add(out, "</tr>\n");
}

void section_scoreboard(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    html_heading(out, "scoreboard", "Scoreboard: published against simulated");
    if (!f->n_scores) {
        html_paragraph(out, "The study names no published figures.");
        return;
    }
    html_paragraph(out, "Simulated: median and 5th to 95th percentile over replicate trials. "
                        "Predicted figures were not used to set anything; calibrated ones "
                        "were. A published direction is inside where the simulated interval "
                        "excludes the opposite. Diamond: published; circle and line: "
                        "simulated.");
    rsp_text_add(out, "<div class=\"table\"><table><tr><th>quantity</th><th class=\"n\">"
                      "published</th><th class=\"n\">simulated</th><th class=\"n\">5 to 95 "
                      "%</th><th>unit</th><th></th><th></th><th>use</th><th>source</th></tr>\n");
    for (size_t i = 0; i < f->n_scores; i++) {
        score_row(out, &f->scores[i]);
    }
    rsp_text_add(out, "</table></div>\n");
    html_assumed_note(out, plan);
}

/* ---- Parameters. */

static void range_text(const rsp_param *p, char text[80])
{
    text[0] = '\0';
    if (isfinite(p->low) || isfinite(p->high)) {
        snprintf(text, 80, "%.4g to %.4g", p->low / p->factor, p->high / p->factor);
    }
}

static void param_row(rsp_text *out, const rsp_plan_view *plan, uint32_t i)
{
    const rsp_param *p = &plan->net->params[i];
    char range[80];
    double value = plan->medians ? plan->medians[i] : p->value;
    range_text(p, range);
    rsp_text_add(out, "<tr>");
    html_cell(out, "%s", p->name);
    html_cell(out, "%s", p->meaning);
    rsp_text_printf(out, "<td class=\"n\">%.4g</td>", value / p->factor);
    html_cell(out, "%s", p->unit);
    html_cell(out, "%s", p->between.kind ? p->between.text : "");
    html_cell(out, "%s", p->uncertain.kind ? p->uncertain.text : "");
    html_cell(out, "%s", range);
    rsp_text_printf(out, "<td>%s%s%s</td>",
                    p->status == RSP_ASSUMED ? "<span class=\"assumed\">" : "",
                    rsp_knowledge_name(p->status),
                    p->status == RSP_ASSUMED ? "</span>" : "");
    html_cell(out, "%s", p->source);
    rsp_text_add(out, "</tr>\n");
}

static void derived_rows(rsp_text *out, const rsp_network *net)
{
    rsp_text_add(out, "<details><summary>Derived values (computed from the primary ones, "
                      "never set)</summary><div class=\"table\"><table><tr><th>name</th>"
                      "<th>meaning</th><th>unit</th><th>kind</th></tr>\n");
    for (uint32_t i = 0; i < net->n_derived; i++) {
        const rsp_derived *d = &net->derived[i];
        rsp_text_add(out, "<tr>");
        html_cell(out, "%s", d->name);
        html_cell(out, "%s", d->meaning);
        html_cell(out, "%s", d->unit);
        html_cell(out, "%s", d->constant ? "one number a participant" : "follows the state");
        rsp_text_add(out, "</tr>\n");
    }
    rsp_text_add(out, "</table></div></details>\n");
}

void section_parameters(rsp_text *out, const rsp_plan_view *plan)
{
    const rsp_network *net = plan->net;
    size_t counts[RSP_UNSTATED + 1] = {0};
    for (uint32_t i = 0; i < net->n_params; i++) {
        counts[net->params[i].status] += net->params[i].first == i;
    }
    html_heading(out, "parameters", "Parameters and what they rest on");
    html_paragraph(out, "Primary parameters: %zu VERIFIED in the source itself, %zu "
                        "VERIFIED_SECONDARY in a transcription, %zu from MEMORY of the "
                        "literature, %zu DERIVED, %zu ASSUMED, %zu without a status.",
                   counts[RSP_VERIFIED], counts[RSP_VERIFIED_SECONDARY],
                   counts[RSP_MEMORY], counts[RSP_DERIVED], counts[RSP_ASSUMED],
                   counts[RSP_UNSTATED]);
    html_list(out, "Changed by the study, its population, product or command",
              plan->changed, plan->n_changed);
    rsp_text_add(out, "<details><summary>Primary parameters, as the model has them</summary>"
                      "<div class=\"table\"><table><tr><th>name</th><th>meaning</th>"
                      "<th class=\"n\">median</th><th>unit</th><th>between people</th>"
                      "<th>uncertain</th><th>range</th><th>status</th><th>source</th></tr>\n");
    for (uint32_t i = 0; i < net->n_params; i++) {
        param_row(out, plan, i);
    }
    rsp_text_add(out, "</table></div></details>\n");
    derived_rows(out, net);
}

void section_methods(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    html_heading(out, "methods", "Methods");
    html_paragraph(out,
                   "Each of %u replicate trials draws the uncertain parameters once and its "
                   "participants anew. A participant's virus, reservoir and CAR T cells are "
                   "simulated by a hybrid method: species fire exactly, one event at a time, "
                   "while scarce (random time change, Anderson 2007), keep their noise as a "
                   "Langevin leap in the middle, and follow differential equations where they "
                   "are many. Random numbers are counter-based (Philox4x32-10, Salmon 2011), "
                   "so that results do not depend on threads, packing or processor.",
                   f->trials);
    html_paragraph(out,
                   "Assays turn the simulated truth into measurements with their limits and "
                   "noise; rules and endpoints see measurements only. Event-free shares are "
                   "Kaplan-Meier estimates (Kaplan and Meier 1958) with Greenwood's variance "
                   "and a log-log band (Kalbfleisch and Prentice 1980); confidence limits of "
                   "medians invert the band (Brookmeyer and Crowley 1982). A restart of ART "
                   "before the event censors in the primary analysis and is kept as a "
                   "competing event in the data set.");
    html_paragraph(out, "%s",
                   plan->design == RSP_COUNTERFACTUAL
                       ? "Arms share participants: the same traits, initial state, visits and "
                         "assay draws. Differences are within people; a p-value for arms would "
                         "not mean what it means in a trial."
                       : "Arms have distinct participants; they are compared by the log-rank "
                         "test (Mantel 1966) and Cox's partial likelihood with Efron's ties "
                         "(Efron 1977).");
    html_paragraph(out, "The model is of the literature as read, not of any one person; it "
                        "cannot know what nobody has measured. Its assumptions are listed under "
                        "Parameters.");
}
