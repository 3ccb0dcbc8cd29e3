#include <math.h>
#include <string.h>

#include "report/html.h"
#include "report/svg.h"

/* Sections of words. */

static const double WEEK = 7.0;

void section_summary(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    static const html_column columns[] = {
        {"endpoint", false}, {"arm", false}, {"at risk", true}, {"events", true},
        {"median, weeks", true}, {"5 to 95 % of trials, weeks", true}};
    char value[32], interval[80];
    html_heading(out, "summary", "Summary");
    html_table t = html_table_open(out, columns, 6);
    for (size_t k = 0; k < plan->n_endpoints; k++) {
        for (size_t a = 0; a < f->n_arms; a++) {
            const rsp_arm_endpoint *e = &f->arms[a].endpoints[k];
            const char *absent = e->n ? "not reached" : "nobody at risk";
            html_row(&t);
            html_put(&t, "%s", plan->endpoints[k].label);
            html_put(&t, "%s", f->arms[a].name);
            html_put(&t, "%zu", e->n);
            html_put(&t, "%zu", e->events);
            html_put(&t, "%s", html_number(e->median.value / WEEK, 1, absent, value));
            html_put(&t, "%s", html_interval(e->trial_median.low / WEEK,
                                             e->trial_median.high / WEEK, 1,
                                             f->trials < 2 ? "one trial" : absent, interval));
            html_row_close(&t);
        }
    }
    html_table_close(&t);
    if (f->trials < 2) {
        html_paragraph(out, "One trial was simulated: it has no interval over replicate trials. "
                            "Run more (--trials 200) to see how far chance alone moves these "
                            "numbers.");
    } else {
        html_paragraph(out, "Medians are of all %u replicate trials together; the interval is "
                            "that of a single trial of the planned size.%s", f->trials,
                       f->trials < 20 ? " So few trials do not show the whole of it: from 20 on "
                                        "they reach its ends." : "");
    }
    size_t screened_out = 0, enrolled = 0;
    for (size_t a = 0; a < f->n_arms; a++) {
        screened_out += f->arms[a].flow.screened_out;
        enrolled += f->arms[a].flow.enrolled;
    }
    if (screened_out) {
        html_paragraph(out, "Of %zu screened %zu were screened out; %zu were enrolled (the flow of "
                            "participants has them by arm).", screened_out + enrolled,
                       screened_out, enrolled);
    }
    if (f->failed) {
        html_paragraph(out, "%zu of %zu simulated courses have no result (no value within its range, or "
                            "the solver stopped: DCSREAS in adam/adsl.csv has the reason) and are "
                            "left out of every estimate.", f->failed, f->participants);
    }
    html_assumed_note(out, plan);
}

void section_remarks(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    if (!plan->n_remarks && !f->n_words) {
        return;
    }
    html_heading(out, "remarks", "What this trial can and cannot tell");
    for (size_t i = 0; i < plan->n_remarks; i++) {
        html_led(out, plan->remarks[i]);
    }
    if (f->n_words) {
        html_list(out, "What the simulation says to it, in numbers", f->words, f->n_words);
    }
}

void section_design(rsp_text *out, const rsp_plan_view *plan)
{
    static const html_column columns[] = {
        {"arm", false}, {"participants a trial", true}, {"schedule", false}};
    html_heading(out, "design", "Design");
    html_paragraph(out, "%s", plan->design_text ? plan->design_text : "");
    if (plan->population && plan->population[0]) {
        html_paragraph(out, "Population: %s", plan->population);
    }
    if (plan->product && plan->product[0]) {
        html_paragraph(out, "Product: %s", plan->product);
    }
    html_table t = html_table_open(out, columns, 3);
    for (size_t i = 0; i < plan->n_arms; i++) {
        html_row(&t);
        html_put(&t, "%s", plan->arms[i].name);
        html_put(&t, "%u", plan->arms[i].participants);
        const char *own = plan->arms[i].eligibility;
        html_put(&t, "%s%s%s", plan->arms[i].schedule, own && own[0] ? "; own eligibility: " : "",
                 own ? own : "");
        html_row_close(&t);
    }
    html_table_close(&t);
    html_list(out, "What is done, as the model has it", plan->actions, plan->n_actions);
    if (plan->visits && plan->visits[0]) {
        html_paragraph(out, "Visits: %s", plan->visits);
    }
    html_list(out, "Assays", plan->assays, plan->n_assays);
    html_list(out, "Adverse events", plan->adverse, plan->n_adverse);
    html_list(out, "Rules, acting on measurements only", plan->rules, plan->n_rules);
    html_subheading(out, "Endpoints");
    rsp_text_add(out, "<ul>\n");
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        rsp_text_add(out, "<li>");
        rsp_text_add(out, "<code>");
        svg_escape(out, plan->endpoints[i].name);
        rsp_text_add(out, "</code>: ");
        svg_escape(out, plan->endpoints[i].definition);
        rsp_text_add(out, "</li>\n");
    }
    rsp_text_add(out, "</ul>\n");
}

void section_assumptions(rsp_text *out, const rsp_plan_view *plan)
{
    if (plan->n_assumptions) {
        html_heading(out, "assumptions", "What the study assumes");
        html_list(out, NULL, plan->assumptions, plan->n_assumptions);
    }
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
                         "assay draws. Differences are within people, those who are in both arms; "
                         "a p-value for arms would not mean what it means in a trial."
                       : "Arms have distinct participants; where the study asks for a contrast "
                         "they are compared by the log-rank test (Mantel 1966) and Cox's partial "
                         "likelihood with Efron's ties (Efron 1977).");
    html_paragraph(out, "The model is of the literature as read, not of any one person; it "
                        "cannot know what nobody has measured.");
}
