#include <math.h>
#include <string.h>

#include "analysis/work.h"

/* Columns of a regression from the names of its terms. */

typedef struct factor { /* one part of "arm:age" */
    char name[128];
    bool is_group, is_log;
} factor;

static factor factor_of(const char *s, size_t n)
{
    factor f = {.is_group = n == 3 && strncmp(s, "arm", 3) == 0};
    bool is_log = n > 7 && strncmp(s, "log10(", 6) == 0 && s[n - 1] == ')';
    const char *from = is_log ? s + 6 : s;
    size_t k = is_log ? n - 7 : n;
    k = k < sizeof f.name ? k : sizeof f.name - 1;
    memcpy(f.name, from, k);
    f.is_log = is_log;
    return f;
}

/* Days of a unit of time; 0: the name of a covariate. */
static double time_unit(const char *name)
{
    return strcmp(name, "day") == 0    ? 1
           : strcmp(name, "week") == 0 ? 7
           : strcmp(name, "year") == 0 ? 365.25
                                       : 0;
}

static double factor_at(const work *w, const factor *f, const frame *rows, size_t i)
{
    double v = (double)NAN;
    if (rows->day && time_unit(f->name) > 0) {
        v = rows->day[i] / time_unit(f->name);
    } else {
        covariate_of(w, f->name, rows->subject[i], &v);
    }
    return f->is_log ? (v > 0 ? log10(v) : (double)NAN) : v;
}

/* A term has one column, or where `arm` is in it one a group after the first. */
static void add_term(work *w, const tree *at, const char *term, const frame *f, design *x)
{
    factor factors[4];
    size_t n = 0, n_columns = 1;
    for (const char *s = term; n < 4 && s; n++) {
        const char *colon = strchr(s, ':');
        factors[n] = factor_of(s, colon ? (size_t)(colon - s) : strlen(s));
        double v;
        bool time = f->day && time_unit(factors[n].name) > 0;
        if (!factors[n].is_group && !time && w->d->n_subjects &&
            !covariate_of(w, factors[n].name, 0, &v)) {
            unknown_covariate(w, at, factors[n].name);
        }
        n_columns = factors[n].is_group ? f->n_groups - 1 : n_columns;
        s = colon ? colon + 1 : NULL;
    }
    for (size_t c = 0; c < n_columns && working(w); c++) {
        if (x->n_x == MOST_TERMS) {
            reader_fail(&w->r, at, RSP_RANGE, "more than %d terms", MOST_TERMS);
            return;
        }
        bool of_group = false;
        for (size_t i = 0; i < f->n; i++) {
            double v = 1;
            for (size_t k = 0; k < n; k++) {
                v *= factors[k].is_group ? (double)(f->group[i] == c + 1)
                                         : factor_at(w, &factors[k], f, i);
                of_group |= factors[k].is_group;
            }
            x->x[i * MOST_TERMS + x->n_x] = v;
        }
        x->names[x->n_x++] = of_group ? reader_printf(&w->r, "%s: %s against %s", term,
                                                      f->groups[c + 1], f->groups[0])
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
