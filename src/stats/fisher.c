/* Fisher's exact test: the first cell given the margins is hypergeometric, and
 * with an odds ratio w its weights are multiplied by w^x. */
#include <math.h>
#include <stdlib.h>

#include "respite/rank.h"
#include "stats/distributions.h"
#include "stats/rank_scores.h"

enum { MOST = 1000000 };

typedef struct margins {
    size_t low, high, x; /* support and observed first cell */
    double *log_weight;  /* [high - low + 1], at odds ratio 1, up to a constant */
} margins;

static bool margins_init(margins *t, size_t a, size_t b, size_t c, size_t d)
{
    size_t col = a + c, other = b + d, row = a + b;
    t->low = row > other ? row - other : 0;
    t->high = row < col ? row : col;
    t->x = a;
    t->log_weight = calloc(t->high - t->low + 1, sizeof *t->log_weight);
    if (!t->log_weight) {
        return false;
    }
    for (size_t x = t->low; x < t->high; x++) {
        double up = (double)(col - x) * (double)(row - x);
        double down = (double)(x + 1) * (double)(other + x + 1 - row);
        t->log_weight[x + 1 - t->low] = t->log_weight[x - t->low] + log(up / down);
    }
    return true;
}

typedef struct tail {
    double below, at, above, mean; /* P(X < x), P(X = x), P(X > x), E X */
    double as_rare; /* P of those no likelier than x */
} tail;

static double log_weight_at(const margins *t, size_t x, double log_odds)
{
    return t->log_weight[x - t->low] + (double)x * log_odds;
}

static tail tails(const margins *t, double log_odds)
{
    double most = -INFINITY, sum = 0;
    tail p = {0};
    for (size_t x = t->low; x <= t->high; x++) {
        most = fmax(most, log_weight_at(t, x, log_odds));
    }
    double mine = exp(log_weight_at(t, t->x, log_odds) - most) * (1 + 1e-7);
    for (size_t x = t->low; x <= t->high; x++) {
        double w = exp(log_weight_at(t, x, log_odds) - most);
        sum += w;
        p.mean += w * (double)x;
        p.as_rare += w <= mine ? w : 0;
        *(x < t->x ? &p.below : x > t->x ? &p.above : &p.at) += w;
    }
    return (tail){p.below / sum, p.at / sum, p.above / sum, p.mean / sum, p.as_rare / sum};
}

typedef enum target { MEAN, LOWER_END, UPPER_END } target;

/* Each of the three rises with the odds ratio. */
static double height(const margins *t, double log_odds, target what)
{
    tail p = tails(t, log_odds);
    return what == MEAN ? p.mean : what == LOWER_END ? p.at + p.above : -(p.below + p.at);
}

static double solve(const margins *t, target what, double goal)
{
    double low = -700, high = 700;
    for (int i = 0; i < 64; i++) {
        double mid = (low + high) / 2;
        if (height(t, mid, what) < goal) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return exp((low + high) / 2);
}

static void conclude(const margins *t, rsp_alternative alternative, double level,
                     rsp_fisher *out)
{
    tail p = tails(t, 0);
    double alpha = alternative == RSP_TWO_SIDED ? (1 - level) / 2 : 1 - level;
    out->p = alternative == RSP_LESS      ? p.below + p.at
             : alternative == RSP_GREATER ? p.at + p.above
                                          : p.as_rare;
    out->p = fmin(out->p, 1);
    out->low = 0;
    out->high = INFINITY;
    if (t->low == t->high) {
        out->reason = "a margin is zero: nothing can vary";
        return;
    }
    out->odds_ratio = t->x == t->low    ? 0
                      : t->x == t->high ? (double)INFINITY
                                        : solve(t, MEAN, (double)t->x);
    if (t->x == t->high) {
        out->reason = "infinite: a cell of the table is zero";
    }
    if (alternative != RSP_LESS && t->x != t->low) {
        out->low = solve(t, LOWER_END, alpha);
    }
    if (alternative != RSP_GREATER && t->x != t->high) {
        out->high = solve(t, UPPER_END, -alpha);
    }
}

rsp_status rsp_fisher_test(size_t a, size_t b, size_t c, size_t d,
                           rsp_alternative alternative, double level, rsp_fisher *out,
                           rsp_error *err)
{
    *out = (rsp_fisher){NAN, NAN, NAN, NAN, ""};
    if (a > MOST || b > MOST || c > MOST || d > MOST || a + b + c + d > MOST) {
        return rsp_fail(err, RSP_RANGE, "more than %d counted: too many for an exact test",
                        MOST);
    }
    rsp_status s = rsp_rank_level(&level, err);
    margins t;
    if (s != RSP_OK) {
        return s;
    }
    if (!margins_init(&t, a, b, c, d)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a table of %zu", a + b + c + d);
    }
    conclude(&t, alternative, level, out);
    free(t.log_weight);
    return RSP_OK;
}

void rsp_wilson(double k, double n, double level, double *low, double *high)
{
    *low = *high = NAN;
    if (!(n > 0 && k >= 0 && k <= n && level > 0 && level < 1 && isfinite(n))) {
        return;
    }
    double z = rsp_stats_normal_quantile(1 - (1 - level) / 2), zz = z * z;
    double share = k / n, middle = (share + zz / (2 * n)) / (1 + zz / n);
    double half = z / (1 + zz / n) * sqrt(share * (1 - share) / n + zz / (4 * n * n));
    *low = k > 0 ? middle - half : 0;
    *high = k < n ? middle + half : 1;
}
