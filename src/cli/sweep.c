#include "cli/cli.h"

#include <math.h>
#include <string.h>

enum { MOST_HINGES = 6 };

/* ---- On a terminal. */
static const char *shown(double v, char text[24])
{
    snprintf(text, 24, "%.3g", v);
    return isfinite(v) ? text : isnan(v) ? "not known" : "not reached";
}

static void print_interval(const rsp_interval *v)
{
    char a[24], b[24], c[24];
    printf("%s", shown(v->value, a));
    if (!isnan(v->low)) {
        printf(" (%s to %s)", shown(v->low, b), shown(v->high, c));
    }
}

static void print_curve(const rsp_sweep *s, const rsp_sweep_curve *c)
{
    printf("  %s\n", c->name);
    for (size_t i = 0; i < c->n_points; i++) {
        const rsp_sweep_point *p = &c->points[i];
        printf("    %10s  ", c->is_line ? "any" : p->level);
        print_interval(&p->estimate);
        if (!isnan(p->difference.value)) {
            printf("; less that at %s ", s->against);
            print_interval(&p->difference);
        }
        printf("\n");
    }
}

static void print_hinges(const rsp_plan_view *plan, const rsp_hinges *h)
{
    size_t n = 0;
    printf("hinges on (%s; %s):", h->outcome, h->where);
    for (size_t i = 0; i < h->n && n < MOST_HINGES; i++) {
        const rsp_param *p = &plan->net->params[h->list[i].param];
        if (h->list[i].stands) {
            printf("%s %s %.2f %s", n ? "," : "", p->name, h->list[i].r,
                   rsp_knowledge_name(p->status));
            n++;
        }
    }
    printf("%s\n", n ? "" : !h->n ? " too few participants and trials to tell"
                               : " nothing that stands out from chance");
}

void cli_print_sweep(const rsp_plan_view *plan, const rsp_findings *f)
{
    const rsp_sweep *s = f->sweep;
    printf("along %s%s%s (Monte Carlo 95 %% interval)\n", s->over, s->unit[0] ? ", " : "",
           s->unit);
    for (size_t k = 0; k < s->n_outcomes; k++) {
        const rsp_sweep_outcome *o = &s->outcomes[k];
        printf("%s%s%s\n", o->label, o->unit[0] ? ", " : "", o->unit);
        for (size_t c = 0; c < o->n_curves; c++) {
            print_curve(s, &o->curves[c]);
        }
    }
    for (size_t i = 0; i < f->n_hinges; i++) {
        print_hinges(plan, &f->hinges[i]);
    }
    if (f->n_hinges_looked) {
        printf("(partial rank correlations with p below 0.05 / %zu, the number looked at in all)\n",
               f->n_hinges_looked);
    }
}

/* ---- sweep.csv: RFC 4180, empty for what is not known, Inf for not reached. */
static void field(rsp_text *out, const char *s)
{
    rsp_text_add(out, "\"");
    for (; *s; s++) {
        rsp_text_add_n(out, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    }
    rsp_text_add(out, "\",");
}

static void number(rsp_text *out, double v, const char *end)
{
    if (!isnan(v)) {
        rsp_text_number(out, v);
    }
    rsp_text_add(out, end);
}

static void row(rsp_text *out, const rsp_sweep_outcome *o, const rsp_sweep_curve *c,
                const rsp_sweep_point *p)
{
    field(out, o->statistic);
    field(out, o->label);
    field(out, o->unit);
    field(out, c->name);
    field(out, c->is_line ? "" : p->level);
    number(out, c->is_line ? (double)NAN : p->value, ",");
    rsp_text_printf(out, "%zu,", p->n);
    number(out, p->estimate.value, ",");
    number(out, p->estimate.low, ",");
    number(out, p->estimate.high, ",");
    number(out, p->difference.value, ",");
    number(out, p->difference.low, ",");
    number(out, p->difference.high, "\n");
}

rsp_status cli_write_sweep(const char *dir, const rsp_findings *f, rsp_error *err)
{
    rsp_text out = {0}, path = {0};
    rsp_text_add(&out, "statistic,label,unit,arm,level,value,n,estimate,low,high,difference,"
                       "difference_low,difference_high\n");
    for (size_t k = 0; k < f->sweep->n_outcomes; k++) {
        const rsp_sweep_outcome *o = &f->sweep->outcomes[k];
        for (size_t c = 0; c < o->n_curves; c++) {
            for (size_t i = 0; i < o->curves[c].n_points; i++) {
                row(&out, o, &o->curves[c], &o->curves[c].points[i]);
            }
        }
    }
    rsp_text_printf(&path, "%s/sweep.csv", dir);
    rsp_status s = out.failed || path.failed
                       ? rsp_fail(err, RSP_NOMEM, "no memory for the sweep")
                       : rsp_file_write(path.data, out.data, out.length, err);
    rsp_text_fini(&out);
    rsp_text_fini(&path);
    return s;
}
