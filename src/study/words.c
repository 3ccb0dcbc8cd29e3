#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/analyst.h"

/* Paragraphs that the findings themselves make: what can and cannot be told. */

enum { MOST_PARAGRAPHS = PLAN_MOST_ARMS + 8 };

typedef struct speaker {
    rsp_analyst *a;
    const char **words;
    size_t n;
    bool failed;
} speaker;

static void say(speaker *s, rsp_text *text)
{
    char *copy = text->failed || !text->data
                     ? NULL
                     : rsp_arena_copy(s->a->arena, text->data, text->length);
    s->failed |= !copy;
    if (copy && s->n < MOST_PARAGRAPHS) {
        s->words[s->n++] = copy;
    }
    rsp_text_fini(text);
}

static bool holds(const rsp_grid_cell *c, double published)
{
    double high = isnan(c->median.high) ? (double)INFINITY : c->median.high;
    return c->median.low <= published && published <= high;
}

/* "With CAR T, the published 5.3 weeks lies within the 5-95 % interval in 9 of
 * 24 combinations." */
static void say_arm(speaker *s, const char *arm, double published)
{
    const rsp_findings *f = &s->a->findings;
    size_t n = 0, inside = 0;
    for (size_t i = 0; i < f->n_grid; i++) {
        const rsp_grid_cell *c = &f->grid[i];
        if (strcmp(c->arm, arm) != 0) {
            continue;
        }
        n++;
        inside += holds(c, published);
    }
    rsp_text text = {0};
    rsp_text_printf(&text,
                    "Arm %s: the published median of %.3g weeks lies within the 5 to 95 %% "
                    "interval of replicate trials in %zu of %zu combination%s of what is "
                    "not known.",
                    arm, published / 7.0, inside, n, n == 1 ? "" : "s");
    say(s, &text);
}

static void say_grid(speaker *s)
{
    const rsp_findings *f = &s->a->findings;
    const rsp_plan *plan = s->a->plan;
    if (!f->n_grid || !(f->grid_published > 0) || f->trials < 2) {
        return;
    }
    for (size_t i = 0; i < plan->view.n_arms; i++) {
        say_arm(s, plan->view.arms[i].name, f->grid_published);
    }
    /* Cells where one arm alone explains the figure are those that could tell. */
    size_t tells = 0, cells = plan->grid.n_cells, n_arms = plan->view.n_arms;
    for (size_t c = 0; c < cells; c++) {
        size_t with = 0;
        for (size_t i = 0; i < n_arms; i++) {
            with += holds(&f->grid[c * n_arms + i], f->grid_published);
        }
        tells += with > 0 && with < n_arms;
    }
    rsp_text text = {0};
    if (n_arms > 1) {
        rsp_text_printf(&text,
                        "In %zu of %zu combinations the published figure fits some arms "
                        "and not others; only there could it tell the arms apart, if the "
                        "combination were known to be the trial's.",
                        tells, cells);
        say(s, &text);
    }
}

static void say_calibrated(speaker *s)
{
    const rsp_findings *f = &s->a->findings;
    size_t calibrated = 0;
    for (size_t i = 0; i < f->n_scores; i++) {
        calibrated += strcmp(f->scores[i].use, "calibrated") == 0;
    }
    if (calibrated) {
        rsp_text text = {0};
        rsp_text_printf(&text,
                        "%zu of %zu published figures were used to set a parameter "
                        "(calibrated); their agreement predicts nothing.",
                        calibrated, f->n_scores);
        say(s, &text);
    }
}

static void say_failed(speaker *s)
{
    const rsp_findings *f = &s->a->findings;
    if (f->failed) {
        rsp_text text = {0};
        rsp_text_printf(&text,
                        "%zu of %zu participant%s could not be simulated, and %s left "
                        "out of all estimates and listed with the reason.",
                        f->failed, f->participants, f->participants == 1 ? "" : "s",
                        f->failed == 1 ? "is" : "are");
        say(s, &text);
    }
}

rsp_status analyst_words(rsp_analyst *a, rsp_error *err)
{
    speaker s = {.a = a};
    s.words = rsp_arena_alloc(a->arena, MOST_PARAGRAPHS, sizeof *s.words);
    if (!s.words) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the report's words");
    }
    say_grid(&s);
    say_calibrated(&s);
    say_failed(&s);
    a->findings.words = s.words;
    a->findings.n_words = s.n;
    return s.failed ? rsp_fail(err, RSP_NOMEM, "no memory for the report's words")
                    : RSP_OK;
}
