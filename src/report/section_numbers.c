#include <math.h>
#include <string.h>

#include "report/figures.h"
#include "report/html.h"

/* Sections of tables: grid, scoreboard, parameters. */

static const double WEEK = 7.0;
enum { MOST_AXES = 8 };

/* ---- Grid. */
static void grid_table(rsp_text *out, const rsp_findings *f)
{
    html_column columns[MOST_AXES + 4];
    size_t n = 0, n_axes = f->n_axes < MOST_AXES ? f->n_axes : MOST_AXES;
    char text[80];
    for (size_t i = 0; i < n_axes; i++) {
        columns[n++] = (html_column){f->grid_axes[i], false};
    }
    columns[n++] = (html_column){"arm", false};
    columns[n++] = (html_column){"median, weeks", true};
    columns[n++] = (html_column){"5 to 95 % of trials, weeks", true};
    columns[n++] = (html_column){"trials that reached it, %", true};
    rsp_text_add(out, "<details><summary>The numbers of these figures</summary>");
    html_table t = html_table_open(out, columns, n);
    for (size_t i = 0; i < f->n_grid; i++) {
        const rsp_grid_cell *c = &f->grid[i];
        html_row(&t);
        for (size_t k = 0; k < n_axes; k++) {
            html_put(&t, "%s", c->levels[k]);
        }
        html_put(&t, "%s", c->arm);
        html_put(&t, "%s", html_number(c->median.value / WEEK, 1, "not reached", text));
        html_put(&t, "%s", html_interval(c->median.low / WEEK, c->median.high / WEEK, 1,
                                         "not reached", text));
        html_put(&t, "%s", html_number(100 * c->reached, 0, "none", text));
        html_row_close(&t);
    }
    html_table_close(&t);
    rsp_text_add(out, "</details>\n");
}

void section_grid(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    if (!f->n_grid) {
        return;
    }
    html_heading(out, "grid", "What is not known of the design, shown and not chosen");
    html_paragraph(out, "Each combination is simulated without the rule that restarts ART. "
                        "Mark: median over replicate trials; line: 5 to 95 %%; arrow: beyond "
                        "the follow-up.%s",
                   f->grid_published > 0 ? " Where the dashed line crosses both arms' "
                                           "intervals, the published figure does not tell the "
                                           "arms apart." : "");
    html_figures_open(out);
    for (size_t i = 0; i < grid_panels(f); i++) {
        html_figure_open(out);
        figure_grid_panel(out, plan, f, i);
        html_figure_close(out, "n = %u replicate trials a line.", f->trials);
    }
    html_figures_close(out);
    grid_table(out, f);
}

/* ---- Scoreboard. */
static void plain_name(const char *name, char text[120])
{
    snprintf(text, 120, "%s", name);
    for (char *c = text; *c; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
}

static const char *published_text(const rsp_score_row *r, char text[160])
{
    if (isfinite(r->published) && isfinite(r->published_low) && isfinite(r->published_high)) {
        snprintf(text, 160, "%.3g (%.3g to %.3g)", r->published, r->published_low,
                 r->published_high);
    } else if (isfinite(r->published)) {
        snprintf(text, 160, "%.3g", r->published);
    } else {
        snprintf(text, 160, "%s", r->published_text ? r->published_text : "");
    }
    return text;
}

static const char *three_digits(double v, const char *absent, char text[32])
{
    snprintf(text, 32, "%.3g", v);
    if (!isfinite(v)) {
        snprintf(text, 32, "%s", absent);
    }
    return text;
}

const char *html_limited(const rsp_limited *limited, const char *before, char text[200])
{
    text[0] = '\0';
    if (limited->beyond) {
        snprintf(text, 200, "%s%.3g %% of the participants' values (%zu of %zu) rest on a sample beyond a "
                            "limit of the assay: below it counts as half the limit, above as the limit.",
                 before, 100.0 * (double)limited->beyond / (double)limited->values, limited->beyond,
                 limited->values);
    }
    return text;
}

static void score_row(html_table *t, const rsp_score_row *r)
{
    char name[120], published[160], value[32], low[32], high[32];
    const char *absent = r->undecided ? "no estimate" : "not reached";
    plain_name(r->quantity, name);
    html_row(t);
    html_put(t, "%s", name);
    html_put(t, "%s", published_text(r, published));
    html_put(t, "%s", three_digits(r->simulated, absent, value));
    if (r->undecided) {
        html_put(t, "%s", isfinite(r->simulated) ? "one estimate" : absent);
    } else {
        html_put(t, "%s to %s", three_digits(r->low, "not reached", low),
                 three_digits(r->high, "not reached", high));
    }
    html_put(t, "%s", r->unit && strcmp(r->unit, "1") != 0 ? r->unit : "");
    html_cell_open(t);
    figure_score(t->out, r);
    html_cell_close(t);
    html_put(t, "%s", r->undecided ? "\xe2\x80\x93 no interval"
                      : r->inside  ? "\xe2\x9c\x93 inside"
                                   : "\xe2\x9c\x97 outside");
    html_put(t, "%s", r->use);
    char limited[200];
    html_put(t, "%s%s%s%s", r->source ? r->source : "", r->note && r->note[0] ? "; " : "",
             r->note ? r->note : "", html_limited(&r->limited, ". ", limited));
    html_row_close(t);
}

void section_scoreboard(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    static const html_column columns[] = {
        {"quantity", false}, {"published", true}, {"simulated", true},
        {"5 to 95 % of trials", true}, {"unit", false}, {"picture", false}, {"verdict", false},
        {"use", false}, {"source and note", false}};
    html_heading(out, "scoreboard", "Scoreboard: published against simulated");
    if (!f->n_scores) {
        html_paragraph(out, "The study names no published figures.");
        return;
    }
    html_paragraph(out, "Simulated: median and 5th to 95th percentile over %u replicate trials. "
                        "Predicted figures were not used to set anything; calibrated ones "
                        "were, and confirm nothing. A published direction is inside where the "
                        "simulated interval excludes the opposite. In the picture the diamond is "
                        "published (filled where it lies inside), circle and line are simulated, and "
                        "a dotted line is no change.",
                   f->trials);
    html_table t = html_table_open(out, columns, 9);
    for (size_t i = 0; i < f->n_scores; i++) {
        score_row(&t, &f->scores[i]);
    }
    html_table_close(&t);
    html_assumed_note(out, plan);
}

/* ---- Parameters. */
void html_put_status(html_table *t, rsp_knowledge status)
{
    html_cell_open(t);
    rsp_text_printf(t->out, "%s%s%s",
                    status == RSP_ASSUMED ? "<span class=\"assumed\">" : "",
                    rsp_knowledge_name(status), status == RSP_ASSUMED ? "</span>" : "");
    html_cell_close(t);
}

static void put_range(html_table *t, const rsp_param *p)
{
    bool any = isfinite(p->low) || isfinite(p->high);
    char low[32], high[32];
    html_put(t, any ? "%s to %s" : "%s%s",
             any ? three_digits(p->low / p->factor, "any", low) : "",
             any ? three_digits(p->high / p->factor, "any", high) : "");
}

static void param_row(html_table *t, const rsp_plan_view *plan, uint32_t i, bool all)
{
    const rsp_param *p = &plan->net->params[i];
    double value = plan->medians ? plan->medians[i] : p->value;
    html_row(t);
    html_put(t, "%s", p->name);
    html_put(t, "%s", p->meaning);
    html_put(t, "%.4g", value / p->factor);
    html_put(t, "%s", strcmp(p->unit, "1") ? p->unit : "");
    if (all) {
        html_put(t, "%s", p->between.kind ? p->between.text : "");
    }
    html_put(t, "%s", p->uncertain.kind ? p->uncertain.text : "");
    if (all) {
        put_range(t, p);
    }
    html_put_status(t, p->status);
    html_put(t, "%s", p->source);
    html_row_close(t);
}

static void uncertain_table(rsp_text *out, const rsp_plan_view *plan)
{
    static const html_column columns[] = {
        {"name", false}, {"meaning", false}, {"median", true}, {"unit", false},
        {"drawn for each trial", false}, {"status", false}, {"source", false}};
    html_subheading(out, "Not known, and drawn anew for each replicate trial");
    html_paragraph(out, "The intervals over replicate trials are as wide as these make them "
                        "(beside chance and who is enrolled). What the study itself sets "
                        "otherwise is listed below.");
    html_table t = html_table_open(out, columns, 7);
    for (uint32_t i = 0; i < plan->net->n_params; i++) {
        if (plan->net->params[i].uncertain.kind != RSP_DIST_NONE) {
            param_row(&t, plan, i, false);
        }
    }
    html_table_close(&t);
}

/* Each by name: what the results hinge on and nobody measured. */
static void assumed_table(rsp_text *out, const rsp_plan_view *plan, size_t n)
{
    static const html_column columns[] = {
        {"name", false}, {"meaning", false}, {"median", true}, {"unit", false},
        {"drawn for each trial", false}, {"status", false}, {"why this value", false}};
    rsp_text_printf(out, "<details><summary>The %zu ASSUMED parameters</summary><div id=\"assumed\">", n);
    html_table t = html_table_open(out, columns, 7);
    for (uint32_t i = 0; i < plan->net->n_params; i++) {
        const rsp_param *p = &plan->net->params[i];
        if (p->status == RSP_ASSUMED && p->first == i) {
            param_row(&t, plan, i, false);
        }
    }
    html_table_close(&t);
    rsp_text_add(out, "</div></details>\n");
}

static void primary_table(rsp_text *out, const rsp_plan_view *plan)
{
    static const html_column columns[] = {
        {"name", false}, {"meaning", false}, {"median", true}, {"unit", false},
        {"between people", false}, {"between trials", false}, {"range", false},
        {"status", false}, {"source", false}};
    rsp_text_printf(out, "<details><summary>All %u primary parameters, as the model has them"
                         "</summary>", plan->net->n_params);
    html_table t = html_table_open(out, columns, 9);
    for (uint32_t i = 0; i < plan->net->n_params; i++) {
        param_row(&t, plan, i, true);
    }
    html_table_close(&t);
    rsp_text_add(out, "</details>\n");
}

static void derived_table(rsp_text *out, const rsp_network *net)
{
    static const html_column columns[] = {
        {"name", false}, {"meaning", false}, {"unit", false}, {"kind", false}};
    rsp_text_add(out, "<details><summary>Derived values (computed from the primary ones, "
                      "never set)</summary>");
    html_table t = html_table_open(out, columns, 4);
    for (uint32_t i = 0; i < net->n_derived; i++) {
        const rsp_derived *d = &net->derived[i];
        html_row(&t);
        html_put(&t, "%s", d->name);
        html_put(&t, "%s", d->meaning);
        html_put(&t, "%s", strcmp(d->unit, "1") ? d->unit : "");
        html_put(&t, "%s", d->constant ? "one number a participant" : "follows the state");
        html_row_close(&t);
    }
    html_table_close(&t);
    rsp_text_add(out, "</details>\n");
}

void section_parameters(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
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
    if (!f->sweep && f->n_hinges) { /* a sweep says it with its answer */
        html_subheading(out, "Those that mattered");
        section_hinges(out, plan, f);
    }
    assumed_table(out, plan, counts[RSP_ASSUMED]);
    uncertain_table(out, plan);
    html_list(out, "Changed by the study, its population, product or command",
              plan->changed, plan->n_changed);
    primary_table(out, plan);
    derived_table(out, net);
}
