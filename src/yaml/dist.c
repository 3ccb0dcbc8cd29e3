#include <math.h>
#include <string.h>

#include "yaml/reader.h"

/* Distributions as the model language writes them; numbers are in the unit of
 * the value they vary. */

typedef struct word_list {
    const char *s;
    size_t n;
} word_list;

static bool take_word(word_list *w, const char *word)
{
    size_t n = strlen(word);
    while (w->n && *w->s == ' ') {
        w->s++, w->n--;
    }
    if (w->n < n || memcmp(w->s, word, n) != 0 ||
        (w->n > n && w->s[n] != ' ' && w->s[n] != ',' && w->s[n] != '.')) {
        return false;
    }
    w->s += n;
    w->n -= n;
    return true;
}

static bool take_number(word_list *w, double *v)
{
    while (w->n && *w->s == ' ') {
        w->s++, w->n--;
    }
    size_t k = reader_number_length(w->s, w->n);
    if (!k || !rsp_number_read(w->s, k, v)) {
        return false;
    }
    w->s += k;
    w->n -= k;
    return true;
}

static bool at_end(const word_list *w)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->s[i] != ' ') {
            return false;
        }
    }
    return true;
}

static bool take_mark(word_list *w, const char *mark)
{
    while (w->n && *w->s == ' ') {
        w->s++, w->n--;
    }
    size_t n = strlen(mark);
    if (w->n < n || memcmp(w->s, mark, n) != 0) {
        return false;
    }
    w->s += n;
    w->n -= n;
    return true;
}

static bool ends(word_list *w, rsp_dist *d, double factor, const value_range *range)
{
    double a = 0, b = 0;
    if (at_end(w)) {
        d->a = range ? range->low : (double)NAN;
        d->b = range ? range->high : (double)NAN;
        return isfinite(d->a) && isfinite(d->b);
    }
    if (!take_number(w, &a) || !take_mark(w, "..") || !take_number(w, &b)) {
        return false;
    }
    d->a = a * factor;
    d->b = b * factor;
    return true;
}

static bool lognormal(word_list *w, rsp_dist *d)
{
    double v = 0;
    d->kind = RSP_DIST_LOGNORMAL;
    if (take_word(w, "cv") && take_number(w, &v)) {
        v *= take_mark(w, "%") ? 0.01 : 1;
        d->a = sqrt(rsp_log1p(v * v));
        return v >= 0;
    }
    if (take_word(w, "sd10") && take_number(w, &v)) {
        d->a = v * 2.302585092994045684;
        return v >= 0;
    }
    return false;
}

static bool read_dist(word_list *w, rsp_dist *d, double factor,
                      const value_range *range)
{
    double v = 0, b = 0;
    if (take_word(w, "none")) {
        d->kind = RSP_DIST_NONE;
    } else if (take_word(w, "normal")) {
        if (!take_word(w, "sd") || !take_number(w, &v) || v < 0) {
            return false;
        }
        *d = (rsp_dist){.kind = RSP_DIST_NORMAL, .a = v * factor};
    } else if (take_word(w, "lognormal")) {
        return lognormal(w, d);
    } else if (take_word(w, "logit-normal")) {
        if (!take_word(w, "sd") || !take_number(w, &v) || v < 0) {
            return false;
        }
        *d = (rsp_dist){.kind = RSP_DIST_LOGITNORMAL, .a = v};
    } else if (take_word(w, "beta")) {
        if (!take_number(w, &v) || !take_mark(w, ",") || !take_number(w, &b) ||
            !(v > 0 && b > 0)) {
            return false;
        }
        *d = (rsp_dist){.kind = RSP_DIST_BETA, .a = v, .b = b};
    } else if (take_word(w, "uniform")) {
        d->kind = RSP_DIST_UNIFORM;
        return ends(w, d, factor, range);
    } else if (take_word(w, "log-uniform")) {
        d->kind = RSP_DIST_LOGUNIFORM;
        return ends(w, d, factor, range) && d->a > 0;
    } else if (take_word(w, "bernoulli")) {
        if (!take_number(w, &v)) {
            return false;
        }
        v *= take_mark(w, "%") ? 0.01 : 1;
        *d = (rsp_dist){.kind = RSP_DIST_BERNOULLI, .a = v};
        return v >= 0 && v <= 1;
    } else if (take_word(w, "dirichlet")) {
        if (!take_word(w, "concentration") || !take_number(w, &v) || !(v > 0)) {
            return false;
        }
        *d = (rsp_dist){.kind = RSP_DIST_DIRICHLET, .a = v};
    } else {
        return false;
    }
    return true;
}

rsp_dist reader_dist(reader *r, const tree *t, const char *what,
                     const wanted *unit, const value_range *range)
{
    rsp_dist d = {.kind = RSP_DIST_NONE, .text = ""};
    const char *s = reader_text(r, t, what);
    if (!reading(r)) {
        return d;
    }
    word_list w = {s, strlen(s)};
    bool ok = read_dist(&w, &d, unit->unit.factor, range);
    /* The unit may be written after the numbers, if it is the value's own. */
    if (ok && unit->text[0]) {
        (void)take_mark(&w, unit->text);
    }
    if (!ok || !at_end(&w)) {
        reader_fail(r, t, RSP_SYNTAX,
                    "%s: '%.60s' is no distribution; write for example 'lognormal cv "
                    "0.2', 'normal sd 1', 'uniform 1 .. 3', 'bernoulli 30 %%' or 'none'",
                    what, s);
    } else if (d.kind >= RSP_DIST_UNIFORM && d.kind <= RSP_DIST_LOGUNIFORM &&
               d.a > d.b) {
        reader_fail(r, t, RSP_RANGE, "%s: '%.60s' ends before it begins", what, s);
    }
    d.text = s;
    return d;
}
