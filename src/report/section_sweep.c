#include <math.h>
#include <stdint.h>
#include <string.h>

#include "report/figures.h"
#include "report/html.h"

/* The answer of a sweep, and what an outcome hinges on. */

enum { MOST_HINGES = 8 };

static const char *shown(double v, char text[32])
{
    snprintf(text, 32, "%s%.3g", v < 0 ? "\xe2\x88\x92" : "", fabs(v));
    return isfinite(v) ? text : isnan(v) ? "not known" : "not reached";
}

static const char *interval(const rsp_interval *v, const char *absent, char text[80])
{
    char low[32], high[32];
    if (isnan(v->low)) {
        return absent;
    }
    snprintf(text, 80, "%s to %s", shown(v->low, low), shown(v->high, high));
    return text;
}

/* Words stand without the unit of the others. */
static bool with_unit(const rsp_sweep_point *p)
{
    double v;
    return rsp_number_read(p->level, strlen(p->level), &v);
}

static void numbers(rsp_text *out, const rsp_sweep *s, const rsp_sweep_outcome *o)
{
    char against[120], estimate[120], level[48], a[32], b[80];
    snprintf(estimate, sizeof estimate, "estimate%s%.40s", o->unit[0] ? ", " : "", o->unit);
    snprintf(against, sizeof against, "difference from %.80s", s->against);
    const html_column columns[] = {
        {s->over, true}, {"arm", false}, {"n", true}, {estimate, true},
        {"Monte Carlo 95 %", true}, {against, true}, {"Monte Carlo 95 %", true}};
    rsp_text_add(out, "<details><summary>The numbers: ");
    svg_escape(out, o->label);
    rsp_text_add(out, "</summary>");
    html_table t = html_table_open(out, columns, 7);
    for (size_t c = 0; c < o->n_curves; c++) {
        for (size_t i = 0; i < o->curves[c].n_points; i++) {
            const rsp_sweep_point *p = &o->curves[c].points[i];
            bool base = o->curves[c].is_line || isnan(p->difference.value);
            html_row(&t);
            bool unit = !o->curves[c].is_line && s->unit[0] && with_unit(p);
            html_put(&t, "%s%s%s", o->curves[c].is_line ? "any" : sweep_level(p->level, level),
                     unit ? " " : "", unit ? s->unit : "");
            html_put(&t, "%s", o->curves[c].name);
            html_put(&t, "%zu", p->n);
            html_put(&t, "%s", shown(p->estimate.value, a));
            html_put(&t, "%s", interval(&p->estimate, "too few trials", b));
            html_put(&t, "%s", base ? "" : shown(p->difference.value, a));
            html_put(&t, "%s", base ? "" : interval(&p->difference, "not known", b));
            html_row_close(&t);
        }
    }
    html_table_close(&t);
    rsp_text_add(out, "</details>\n");
}

/* The largest paired difference along a curve, in words. */
static void say_curve(rsp_text *out, const rsp_sweep *s, const rsp_sweep_outcome *o,
                      const rsp_sweep_curve *c)
{
    const rsp_sweep_point *most = NULL;
    char v[32], d[32], i[80], level[48], first[32];
    for (size_t k = 0; k < c->n_points; k++) {
        const rsp_sweep_point *p = &c->points[k];
        bool larger = isfinite(p->difference.value) &&
                      (!most || fabs(p->difference.value) > fabs(most->difference.value));
        most = larger ? p : most;
    }
    if (c->is_line || !most) {
        return;
    }
    bool apart = most->difference.low > 0 || most->difference.high < 0;
    const bool unit = s->unit[0] && with_unit(most);
    html_paragraph(out, "%s, %s: %s at %s%s%s, %s at %s; difference %s (%s)%s.", c->name,
                   o->label, shown(most->estimate.value, v), sweep_level(most->level, level),
                   unit ? " " : "", unit ? s->unit : "",
                   shown(most->estimate.value - most->difference.value, first), s->against,
                   shown(most->difference.value, d), interval(&most->difference, "no interval", i),
                   apart ? "" : ", within Monte Carlo error of none");
}

static void figure_caption(rsp_text *out, const rsp_sweep_outcome *o, uint32_t trials)
{
    size_t least = SIZE_MAX, most = 0;
    for (size_t c = 0; c < o->n_curves; c++) {
        for (size_t i = 0; i < o->curves[c].n_points; i++) {
            size_t n = o->curves[c].points[i].n;
            least = n < least ? n : least;
            most = n > most ? n : most;
        }
    }
    char range[64] = "", limited[200];
    if (least < most) {
        snprintf(range, sizeof range, "%zu to ", least);
    }
    html_figure_close(out, "n = %s%zu participants a mark, of all %u replicate trials together; "
                           "Monte Carlo intervals by resampling whole trials%s. Statistic: %s.%s",
                      range, most, trials,
                      trials < RSP_SWEEP_TRIALS ? " need ten trials or more" : "", o->statistic,
                      html_limited(&o->limited, " ", limited));
}

void section_sweep(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    const rsp_sweep *s = f->sweep;
    if (!s) {
        return;
    }
    html_heading(out, "sweep", "The answer");
    html_figures_open(out);
    for (size_t k = 0; k < s->n_outcomes; k++) {
        html_figure_open(out);
        figure_sweep_panel(out, s, k);
        figure_caption(out, &s->outcomes[k], f->trials);
    }
    html_figures_close(out);
    html_paragraph(out, "Largest difference along the sweep, in the same participants%s:",
                   f->trials < RSP_SWEEP_TRIALS ? " (too few trials for intervals)" : "");
    for (size_t k = 0; k < s->n_outcomes; k++) {
        for (size_t c = 0; c < s->outcomes[k].n_curves; c++) {
            say_curve(out, s, &s->outcomes[k], &s->outcomes[k].curves[c]);
        }
    }
    for (size_t k = 0; k < s->n_outcomes; k++) {
        numbers(out, s, &s->outcomes[k]);
    }
    html_subheading(out, "What the answer hinges on");
    section_hinges(out, plan, f);
    html_assumed_note(out, plan);
}

/* ---- Hinges. */
static void put_r(html_table *t, const rsp_hinge *h)
{
    char r[32];
    html_put(t, "%s%s", h ? shown(h->r, r) : "",
             h && !h->stands ? " (may be chance)" : "");
}

static void hinge_table(rsp_text *out, const rsp_plan_view *plan, const rsp_hinges *h)
{
    static const html_column columns[] = {
        {"parameter", false}, {"meaning", false}, {"differs between", false},
        {"partial rank correlation", true}, {"status", false}, {"source", false}};
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++) {
        n += h->list[i].stands;
    }
    html_paragraph(out, "%s; %s (%zu participants, %zu trials)%s", h->outcome, h->where,
                   h->participants, h->trials, n      ? ":"
                   : h->n ? ": no parameter stands out from chance."
                          : ": too few to tell.");
    if (!n) {
        return;
    }
    html_table t = html_table_open(out, columns, 6);
    size_t rows = 0;
    for (size_t i = 0; i < h->n && rows < MOST_HINGES; i++) {
        const rsp_param *p = &plan->net->params[h->list[i].param];
        if (h->list[i].stands) {
            rows++;
            html_row(&t);
            html_put(&t, "%s", p->name);
            html_put(&t, "%s", p->meaning);
            html_put(&t, "%s", h->list[i].by_trial ? "trials" : "people");
            put_r(&t, &h->list[i]);
            html_put_status(&t, p->status);
            html_put(&t, "%s", p->source);
            html_row_close(&t);
        }
    }
    html_table_close(&t);
}

void section_hinges(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    if (!f->n_hinges) {
        return;
    }
    if (!f->n_hinges_looked) {
        html_paragraph(out, "Too few participants and trials for correlations with parameters.");
        return;
    }
    html_paragraph(out, "Partial rank correlation (Marino 2008) with each parameter that "
                        "differs between people, over participants, and with each that is not "
                        "known and drawn once a trial, over trials, the others held, of those on "
                        "which the outcome can depend in its arms; shown where p is below 0.05 / "
                        "%zu, the number of correlations looked at in all of them (Bonferroni), at "
                        "most %d. It sees what rises or falls all along, not what turns.",
                   f->n_hinges_looked, MOST_HINGES);
    for (size_t i = 0; i < f->n_hinges; i++) {
        hinge_table(out, plan, &f->hinges[i]);
    }
}
