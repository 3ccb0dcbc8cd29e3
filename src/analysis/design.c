#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/work.h"

/* Columns of a regression from the names of its terms. */

enum { MOST_LEVELS = 20, MOST_FACTORS = 4 };

typedef struct factor { /* one part of "arm:age" */
    char name[128];
    bool is_log;
    const char *levels[MOST_LEVELS]; /* of groups or words; the first is the reference */
    size_t n_levels;                 /* 0: a number */
} factor;

static factor factor_of(const char *s, size_t n)
{
    factor f = {.is_log = n > 7 && strncmp(s, "log10(", 6) == 0 && s[n - 1] == ')'};
    const char *from = f.is_log ? s + 6 : s;
    size_t k = f.is_log ? n - 7 : n;
    k = k < sizeof f.name ? k : sizeof f.name - 1;
    memcpy(f.name, from, k);
    return f;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Levels of the groups, or of a covariate of words: those that occur. */
static void find_levels(work *w, const tree *at, const frame *rows, factor *f)
{
    bool arm = strcmp(f->name, "arm") == 0;
    size_t n = arm ? rows->n_groups : rows->n;
    for (size_t i = 0; i < n && working(w); i++) {
        const char *word = arm ? rows->groups[i] : word_of(w, f->name, rows->subject[i]);
        bool seen = !word || !word[0];
        for (size_t k = 0; k < f->n_levels && !seen; k++) {
            seen = strcmp(f->levels[k], word) == 0;
        }
        if (!seen && f->n_levels == MOST_LEVELS) {
            reader_fail(&w->r, at, RSP_DATA, "'%.60s' has more than %d values", f->name,
                        MOST_LEVELS);
        } else if (!seen) {
            f->levels[f->n_levels++] = word;
        }
    }
    if (!arm) {
        qsort(f->levels, f->n_levels, sizeof *f->levels, by_bytes);
    }
}

/* Days of a unit of time; 0: the name of a covariate. */
static double time_unit(const char *name)
{
    return strcmp(name, "day") == 0    ? 1
           : strcmp(name, "week") == 0 ? 7
           : strcmp(name, "year") == 0 ? 365.25
                                       : 0;
}

static double number_at(const work *w, const factor *f, const frame *rows, size_t i)
{
    double v = (double)NAN;
    if (rows->day && time_unit(f->name) > 0) {
        v = rows->day[i] / time_unit(f->name);
    } else {
        covariate_of(w, f->name, rows->subject[i], &v);
    }
    return f->is_log ? (v > 0 ? log10(v) : (double)NAN) : v;
}

/* The number, or whether the row is of this level. */
static double factor_at(const work *w, const factor *f, size_t level, const frame *rows, size_t i)
{
    if (!f->n_levels) {
        return number_at(w, f, rows, i);
    }
    if (strcmp(f->name, "arm") == 0) {
        return rows->group[i] == level;
    }
    const char *word = word_of(w, f->name, rows->subject[i]);
    return word[0] ? strcmp(word, f->levels[level]) == 0 : (double)NAN;
}

/* Its factors; how many, and which has levels (MOST_FACTORS: none). */
static size_t split_term(work *w, const tree *at, const char *term, const frame *rows,
                         factor *factors, size_t *with_levels)
{
    size_t n = 0;
    *with_levels = MOST_FACTORS;
    for (const char *s = term; n < MOST_FACTORS && s && working(w); n++) {
        const char *colon = strchr(s, ':');
        factor *f = &factors[n];
        double v;
        *f = factor_of(s, colon ? (size_t)(colon - s) : strlen(s));
        bool time = rows->day && time_unit(f->name) > 0;
        find_levels(w, at, rows, f);
        if (f->n_levels && *with_levels < MOST_FACTORS) {
            reader_fail(&w->r, at, RSP_UNSUPPORTED, "'%.80s' has two factors of words; a term may "
                                                    "have one", term);
        } else if (f->n_levels) {
            *with_levels = n;
        } else if (!time && w->d->n_subjects && !word_of(w, f->name, 0) &&
                   !covariate_of(w, f->name, 0, &v)) {
            unknown_covariate(w, at, f->name);
        }
        s = colon ? colon + 1 : NULL;
    }
    return n;
}

/* A term has one column, or where a factor has levels one a level after the first. */
static void add_term(work *w, const tree *at, const char *term, const frame *rows, design *x)
{
    factor factors[MOST_FACTORS];
    size_t split, n = split_term(w, at, term, rows, factors, &split);
    bool levels = split < MOST_FACTORS;
    size_t n_columns = !working(w) ? 0 : levels ? factors[split].n_levels - 1 : 1;
    for (size_t c = 1; c <= n_columns && working(w); c++) {
        if (x->n_x == MOST_TERMS) {
            reader_fail(&w->r, at, RSP_RANGE, "more than %d terms", MOST_TERMS);
            return;
        }
        for (size_t i = 0; i < rows->n; i++) {
            double v = 1;
            for (size_t k = 0; k < n; k++) {
                v *= factor_at(w, &factors[k], c, rows, i);
            }
            x->x[i * MOST_TERMS + x->n_x] = v;
        }
        x->names[x->n_x++] = levels ? reader_printf(&w->r, "%s: %s against %s", term,
                                                    factors[split].levels[c],
                                                    factors[split].levels[0])
                                    : term;
    }
}

void design_of(work *w, const options *o, const char *key, const name_list *terms, const frame *f,
               bool intercept, design *x)
{
    *x = (design){.n = f->n};
    x->x = work_alloc(w, f->n * MOST_TERMS, sizeof *x->x);
    if (!working(w)) {
        return;
    }
    if (intercept) {
        for (size_t i = 0; i < f->n; i++) {
            x->x[i * MOST_TERMS] = 1;
        }
        x->names[x->n_x++] = "(intercept)";
    }
    for (size_t k = 0; k < terms->n && working(w); k++) {
        add_term(w, options_at(o, key), terms->v[k], f, x);
    }
    for (size_t i = 1; i < f->n && working(w); i++) { /* rows side by side */
        memmove(x->x + i * x->n_x, x->x + i * MOST_TERMS, x->n_x * sizeof *x->x);
    }
}

size_t design_complete(work *w, design *x, size_t *row)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++) {
        bool whole = true;
        for (size_t k = 0; k < x->n_x; k++) {
            whole &= isfinite(x->x[i * x->n_x + k]);
        }
        if (whole) {
            memmove(x->x + n * x->n_x, x->x + i * x->n_x, x->n_x * sizeof *x->x);
            row[n++] = i;
        }
    }
    if (n < x->n) {
        note(w, "%zu participant%s left out of the regression for a missing covariate.", x->n - n,
             x->n - n == 1 ? " is" : "s are");
    }
    return x->n = n;
}
