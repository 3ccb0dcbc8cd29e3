#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/people.h"

/* Every step's number is the one above it less the box that leaves to the side. */

static size_t less(size_t a, size_t b) { return a > b ? a - b : 0; }

static void step_on(flow *f, const char *label, size_t n, const char *left_as)
{
    size_t before = f->n_steps ? f->steps[f->n_steps - 1].n : n;
    f->steps[f->n_steps++] = (flow_step){label, n, left_as, less(before, n)};
}

void flow_of_run(const rsp_plan_view *plan, const rsp_arm_findings *a, flow *f)
{
    const rsp_flow *n = &a->flow;
    size_t now = less(n->enrolled, n->product_failed);
    *f = (flow){.n_steps = 0};
    step_on(f, "enrolled", n->enrolled, NULL);
    if (n->product_failed) {
        step_on(f, "product made", now, "product not made");
    }
    if (n->failed) { /* nothing more is known of them */
        step_on(f, "simulated", less(now, n->failed), "failed in simulation");
    }
    if (arm_is_treated(plan, a->name)) {
        step_on(f, "infused", n->infused, "not infused");
    }
    if (n->interrupted) {
        step_on(f, "stopped ART", n->interrupted, "did not stop ART");
        if (n->restarted) {
            f->ends[f->n_ends++] = (flow_step){"ART restarted", n->restarted, NULL, 0};
        }
        f->ends[f->n_ends++] = (flow_step){"off ART at the end",
                                           less(n->interrupted, n->restarted), NULL, 0};
    }
}

/* ---- Of rows: everybody is asked at every step, those who stay and those who leave. */
typedef struct question {
    const char *label, *left_as;
    bool (*stays)(const cohort *c, const person *p);
} question;

static bool has_course(const cohort *c, const person *p)
{
    return !c->rows->subjects[p->subject].failed;
}
static bool is_in(const cohort *c, const person *p) { return !c->in || c->in[p->subject]; }
static bool has_product(const cohort *c, const person *p)
{
    return !c->rows->subjects[p->subject].product_failed;
}
static bool happened(const cohort *c, const person *p, const char *what)
{
    for (size_t i = p->h_first; i < p->h_last; i++) {
        if (strcmp(c->rows->happenings[i].what, what) == 0) {
            return true;
        }
    }
    return false;
}
static bool is_infused(const cohort *c, const person *p) { return happened(c, p, "infuse"); }
static bool is_off(const cohort *c, const person *p) { return happened(c, p, "stop art"); }

static bool anybody(const cohort *c, const roster *r, const question *q, bool stays)
{
    for (size_t i = 0; i < r->n; i++) {
        if (q->stays(c, &r->people[i]) == stays) {
            return true;
        }
    }
    return false;
}

/* Those who leave are no longer in `r`. */
static void ask(const cohort *c, const question *q, roster *r, flow *f)
{
    size_t stay = 0, leave = 0, n = r->n;
    for (size_t i = 0; i < n; i++) {
        if (q->stays(c, &r->people[i])) {
            r->people[stay++] = r->people[i];
        } else {
            leave++;
        }
    }
    r->n = stay;
    f->steps[f->n_steps++] = (flow_step){q->label, stay, q->left_as, leave};
}

/* The last that is known of each. */
static void end_of(const roster *r, bool off, flow *f)
{
    enum { EVENT = ENDED_DEATH + 1, N_ENDINGS };
    const char *const labels[N_ENDINGS] = {
        [ENDED_UNKNOWN] = "no later record", [ENDED_RESTART] = "ART restarted",
        [ENDED_OFF_ART] = off ? "off ART at the end" : "followed to the end",
        [ENDED_LOST] = "follow-up lost", [ENDED_DEATH] = "died", [EVENT] = "had the event"};
    static const int order[N_ENDINGS] = {EVENT, ENDED_RESTART, ENDED_OFF_ART, ENDED_LOST,
                                         ENDED_DEATH, ENDED_UNKNOWN};
    size_t n[N_ENDINGS] = {0};
    for (size_t i = 0; i < r->n; i++) {
        const person *p = &r->people[i];
        n[p->ending == ENDED_UNKNOWN && isfinite(p->event) ? EVENT : (int)p->ending]++;
    }
    for (size_t k = 0; k < N_ENDINGS && n[ENDED_UNKNOWN] < r->n; k++) {
        if (n[order[k]]) {
            f->ends[f->n_ends++] = (flow_step){labels[order[k]], n[order[k]], NULL, 0};
        }
    }
}

void flow_of_rows(const cohort *c, size_t arm, flow *f)
{
    static const question course = {"with data", "without data", has_course};
    static const question in = {"analysed", "not in the population", is_in};
    static const question product = {"product made", "product not made", has_product};
    static const question infused = {"infused", "not infused", is_infused};
    static const question off = {"stopped ART", "did not stop ART", is_off};
    cohort all = *c;
    roster r;
    all.in = NULL;
    *f = (flow){.n_steps = 0};
    if (!people_list(&all, &r)) {
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < r.n; i++) {
        if (r.people[i].arm == arm) {
            r.people[n++] = r.people[i];
        }
    }
    r.n = n;
    step_on(f, "in the data", n, NULL);
    if (anybody(c, &r, &course, false)) {
        ask(c, &course, &r, f);
    }
    ask(c, &in, &r, f);
    if (anybody(c, &r, &product, false)) {
        ask(c, &product, &r, f);
    }
    if (anybody(c, &r, &infused, true)) {
        ask(c, &infused, &r, f);
    }
    bool art = anybody(c, &r, &off, true);
    if (art) {
        ask(c, &off, &r, f);
    }
    end_of(&r, art, f);
    free(r.people);
}

bool flow_sums(const flow *f)
{
    size_t ends = 0;
    bool sums = true;
    for (size_t i = 1; i < f->n_steps; i++) {
        sums &= f->steps[i - 1].n == f->steps[i].n + f->steps[i].left;
    }
    for (size_t i = 0; i < f->n_ends; i++) {
        ends += f->ends[i].n;
    }
    return sums && f->n_steps && (!f->n_ends || ends == f->steps[f->n_steps - 1].n);
}

/* ---- Drawn. */
static void draw_box(rsp_text *out, double x, double y, double w, const char *label,
                     size_t n, const char *colour)
{
    svg_rect(out, x, y, w, 44, "#ffffff", colour, 1);
    svg_text(out, x + w / 2, y + 18, "middle", SIZE_LABEL, COLOUR_INK, "%s", label);
    svg_text(out, x + w / 2, y + 37, "middle", SIZE_LABEL, COLOUR_INK, "n = %zu", n);
}

static void describe(const char *arm, const flow *f, rsp_text *desc)
{
    rsp_text_printf(desc, "%s: ", arm);
    for (size_t i = 0; i < f->n_steps; i++) {
        const flow_step *k = &f->steps[i];
        if (k->left) {
            rsp_text_printf(desc, "%zu %s, ", k->left, k->left_as);
        }
        rsp_text_printf(desc, "%zu %s%s", k->n, k->label, i + 1 < f->n_steps ? ", " : "");
    }
    for (size_t i = 0; i < f->n_ends; i++) {
        rsp_text_printf(desc, "%s%zu %s", i == 0 ? ", of whom " : i + 1 < f->n_ends ? ", " : " and ",
                        f->ends[i].n, f->ends[i].label);
    }
    rsp_text_add(desc, ".");
}

enum { ENDS_A_ROW = 3, END_ROW = 74 };

/* Three beside each other, those of more ends beneath: from the last step to each. */
static void draw_ends(rsp_text *out, const flow *f, double y, const char *colour)
{
    size_t across = f->n_ends < ENDS_A_ROW ? f->n_ends : ENDS_A_ROW;
    double gap = 12, w = across < 2 ? 240 : across == 2 ? 226 : 152;
    for (size_t i = 0; i < f->n_ends; i++) {
        double top = y + END_ROW * (double)(i / ENDS_A_ROW);
        double x = 20 + (w + gap) * (double)(i % ENDS_A_ROW), middle = across < 2 ? 140 : x + w / 2;
        if (i % ENDS_A_ROW == 0) {
            double last = f->n_ends - i < across ? (double)(f->n_ends - i) : (double)across;
            double far = across < 2 ? 140 : 20 + (w + gap) * (last - 1) + w / 2;
            svg_line(out, i ? 10 : fmin(140, middle), top - 13, fmax(far, i ? far : 140), top - 13,
                     COLOUR_INK, 1, NULL);
            if (i) {
                svg_line(out, 10, y - 13, 10, top - 13, COLOUR_INK, 1, NULL);
                svg_line(out, 10, y - 13, 140, y - 13, COLOUR_INK, 1, NULL);
            } else {
                svg_line(out, 140, top - 26, 140, top - 13, COLOUR_INK, 1, NULL);
            }
        }
        svg_line(out, middle, top - 13, middle, top, COLOUR_INK, 1, NULL);
        draw_box(out, x, top, w, f->ends[i].label, f->ends[i].n, colour);
    }
}

bool figure_flow(rsp_text *out, const char *arm, arm_style s, const flow *f)
{
    rsp_text desc = {0};
    char name[160];
    double rows = f->n_ends ? (double)((f->n_ends - 1) / ENDS_A_ROW) : 0;
    if (!flow_sums(f)) {
        return false;
    }
    describe(arm, f, &desc);
    svg_open(out, FIGURE_WIDTH, 44 + 70 * (double)f->n_steps + (f->n_ends ? 50 + END_ROW * rows : -20),
             "Participant flow", desc.data ? desc.data : "");
    rsp_text_fini(&desc);
    svg_rect(out, 20, 11, 14, 14, s.colour, "none", 1);
    svg_text(out, 42, 24, "start", SIZE_TITLE, COLOUR_INK, "%s", svg_fit(arm, 50, name));
    for (size_t i = 0; i < f->n_steps; i++) {
        const flow_step *k = &f->steps[i];
        double y = 40 + 70 * (double)i;
        if (i) {
            svg_line(out, 140, y - 26, 140, y, COLOUR_INK, 1, NULL);
        }
        draw_box(out, 20, y, 240, k->label, k->n, s.colour);
        if (k->left) {
            svg_line(out, 140, y - 13, 330, y - 13, COLOUR_INK, 1, NULL);
            draw_box(out, 330, y - 35, 170, k->left_as, k->left, COLOUR_SOFT);
        }
    }
    draw_ends(out, f, 40 + 70 * (double)f->n_steps, s.colour);
    svg_close(out);
    return true;
}
