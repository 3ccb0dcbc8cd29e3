#include "cli/scoreboard.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- What predicted rows are worth together. */

/* The published figure; of a range, its point nearest to the simulated figure. */
static double published_point(const rsp_score_row *r)
{
    return isfinite(r->published) ? r->published
                                  : fmin(fmax(r->simulated, r->published_low), r->published_high);
}

static bool is_number(const rsp_score_row *r)
{
    return isfinite(r->published) ||
           (isfinite(r->published_low) && isfinite(r->published_high));
}

static double interval_score(const rsp_score_row *r)
{
    const double alpha = 0.1, point = published_point(r);
    double below = fmax(r->low - point, 0), above = fmax(point - r->high, 0);
    return (r->high - r->low + 2 / alpha * (below + above)) / fabs(point);
}

static void judge_row(const rsp_score_row *r, cli_judgement *j, double *sum)
{
    j->predicted++;
    if (r->undecided || !is_number(r)) {
        return;
    }
    j->judged++;
    j->inside += r->inside;
    if (published_point(r) != 0 && isfinite(r->low) && isfinite(r->high)) {
        j->scored++;
        *sum += interval_score(r);
    }
}

cli_judgement cli_judge(const rsp_findings *const *all, size_t n, const char *study)
{
    cli_judgement j = {0};
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < all[i]->n_scores; k++) {
            const rsp_score_row *r = &all[i]->scores[k];
            if (strcmp(r->use, "predicted") == 0 &&
                (!study || strcmp(r->study, study) == 0)) {
                judge_row(r, &j, &sum);
            }
        }
    }
    j.share = j.judged ? (double)j.inside / (double)j.judged : (double)NAN;
    j.score = j.scored ? sum / (double)j.scored : (double)NAN;
    return j;
}

/* ---- For people. */
static const char *in_words(double v, char text[24])
{
    if (isfinite(v)) {
        snprintf(text, 24, "%.3g", v);
    } else {
        snprintf(text, 24, "not reached");
    }
    return text;
}

static void published_words(const rsp_score_row *r, char text[64])
{
    char low[24], high[24];
    if (isfinite(r->published)) {
        snprintf(text, 64, "%.3g", r->published);
    } else if (isfinite(r->published_low) && isfinite(r->published_high)) {
        snprintf(text, 64, "%s..%s", in_words(r->published_low, low),
                 in_words(r->published_high, high));
    } else {
        snprintf(text, 64, "%s", r->published_text ? r->published_text : "");
    }
}

/* What a row asks about itself: an inverse one is a question, not a test. */
static const char *verdict(const rsp_score_row *r)
{
    return r->undecided ? "no interval" : r->inside ? "inside" : "outside";
}

static void print_score(const rsp_score_row *r, int width)
{
    char published[64], value[24], low[24], high[24], simulated[80];
    published_words(r, published);
    if (r->undecided) {
        snprintf(simulated, sizeof simulated, "%s",
                 isfinite(r->simulated) ? in_words(r->simulated, value) : "no estimate");
    } else {
        snprintf(simulated, sizeof simulated, "%s (%s to %s)", in_words(r->simulated, value),
                 in_words(r->low, low), in_words(r->high, high));
    }
    printf("  %-*s %10s | %-28s %-6s %-10s %s\n", width, r->quantity, published, simulated,
           r->unit, r->use, verdict(r));
}

void cli_print_scores(const rsp_findings *f)
{
    int width = 20;
    for (size_t i = 0; i < f->n_scores; i++) {
        int n = (int)strlen(f->scores[i].quantity);
        width = n > width ? n : width;
    }
    if (f->n_scores) {
        printf("published | simulated (5th to 95th percentile over trials)\n");
    }
    for (size_t i = 0; i < f->n_scores; i++) {
        print_score(&f->scores[i], width);
    }
}

void cli_print_judgement(const rsp_findings *const *all, size_t n)
{
    cli_judgement j = cli_judge(all, n, NULL);
    if (!j.predicted) {
        printf("no row is predicted: nothing here tests the model\n");
        return;
    }
    printf("predicted rows: %zu, %zu with an interval and a published number", j.predicted,
           j.judged);
    if (j.judged) {
        printf("; %zu of them inside (%.0f %%; near 90 %% is right)", j.inside,
               100 * j.share);
    }
    if (j.scored) {
        printf("; mean interval score %.2f of the published figure, over %zu", j.score,
               j.scored);
    }
    printf("\nrows that were calibrated, are a check, a direction or an inverse question "
           "are not counted\n");
}
