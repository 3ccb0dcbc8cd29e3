#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/cox_model.h"
#include "stats/ldl.h"

/* In units of a standard deviation of x.  Newton's error is squared in a step:
 * one step after a step this small there is nothing left to gain, and so the stop
 * does not depend on rounding. */
static const double LAST_STEP = 1e-5;
/* Of log-likelihood: near enough to a supremum that is never reached. */
static const double LITTLE_GAIN = 1e-8;
/* Of the range of a direction: pairs this close count as tied in it. */
static const double DIRECTION_TIE = 1e-7;
/* The first step may change no log hazard by more, the next twice that, and so on:
 * what is reached is then never so far out that the information vanishes. */
static const double FIRST_REACH = 20.0;
enum { MOST_STEPS = 100, MOST_HALVINGS = 60 };

rsp_status cox_evaluate(const rsp_cox *cox, cox_point *at, const double *beta, rsp_error *err)
{
    if (cox->options.ties == RSP_TIES_EXACT) {
        return cox_point_set_exact(at, &cox->rows, beta, err);
    }
    cox_point_set(at, &cox->rows, cox->options.ties == RSP_TIES_EFRON, beta);
    return RSP_OK;
}

typedef struct extent {
    double low, high; /* over those at risk */
    double survivors; /* the highest that outlives the tie set */
    double range, violation;
} extent;

/* Take in the tie set k; `along` is the direction's value of a row. */
static void add_set(extent *e, const cox_rows *rows, size_t k, const double *along, bool exact)
{
    double lowest_event = INFINITY;
    if (rows->ends[k]) {
        e->low = INFINITY;
        e->high = e->survivors = -INFINITY;
    }
    for (size_t i = rows->first[k]; i < rows->first[k + 1]; i++) {
        e->low = fmin(e->low, along[i]);
        e->high = fmax(e->high, along[i]);
        if (rows->event[i]) {
            lowest_event = fmin(lowest_event, along[i]);
        } else {
            e->survivors = fmax(e->survivors, along[i]);
        }
    }
    if (isfinite(lowest_event)) {
        double rival = exact ? e->survivors : e->high;
        e->range = fmax(e->range, e->high - e->low);
        e->violation = fmax(e->violation, rival - lowest_event);
    }
    e->survivors = e->high;
}

/* The likelihood rises for ever along a direction in which each event is the
 * highest, or level with it, of those at risk (Jacobsen 1989; with the exact
 * likelihood the events of a set against those who outlive it).  That Newton's
 * step turns into such a direction follows from the likelihood's approach to its
 * supremum being exponential along it. */
static bool rises_for_ever(const rsp_cox *cox, const double *along)
{
    const cox_rows *rows = &cox->rows;
    extent e = {INFINITY, -INFINITY, -INFINITY, 0.0, 0.0};
    for (size_t k = rows->n_sets; k-- > 0;) {
        add_set(&e, rows, k, along, cox->options.ties == RSP_TIES_EXACT);
    }
    return e.range > 0 && e.violation <= DIRECTION_TIE * e.range;
}

static void say_directions(rsp_cox *cox, const double *direction)
{
    double largest = 0.0;
    for (size_t k = 0; k < cox->rows.p; k++) {
        largest = fmax(largest, fabs(direction[k]));
    }
    for (size_t k = 0; k < cox->rows.p; k++) {
        bool moves = fabs(direction[k]) > 1e-5 * largest;
        cox->terms[cox->term[k]].direction = !moves ? 0 : direction[k] > 0 ? 1 : -1;
    }
}

typedef struct newton {
    double *step, *trial, *along;
    double *away; /* the last direction in which the likelihood rises for ever */
    cox_point there;
} newton;

static void newton_fini(newton *w)
{
    free(w->step);
    free(w->trial);
    free(w->along);
    free(w->away);
    cox_point_fini(&w->there);
}

static rsp_status newton_init(newton *w, const cox_rows *rows, rsp_error *err)
{
    *w = (newton){.step = calloc(rows->p + 1, sizeof *w->step),
                  .trial = calloc(rows->p + 1, sizeof *w->trial),
                  .along = calloc(rows->n + 1, sizeof *w->along),
                  .away = calloc(rows->p + 1, sizeof *w->away)};
    rsp_status s = cox_point_init(&w->there, rows, 2, err);
    if (s == RSP_OK && !(w->step && w->trial && w->along && w->away)) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for a Cox regression");
    }
    return s;
}

typedef struct trial {
    double gain; /* of log-likelihood, that the step promises (twice) */
    double size; /* largest change of a standardised coefficient */
    double reach; /* largest change of a log hazard */
} trial;

/* Newton's step from cox->at: false where the information is singular. */
static bool find_step(rsp_cox *cox, newton *w, trial *t)
{
    size_t p = cox->rows.p;
    double *step = w->step;
    memcpy(cox->factor, cox->at.information, p * p * sizeof *cox->factor);
    bool regular = rsp_ldl_factor(p, cox->factor, 0.0, NULL) == p;
    memcpy(step, cox->at.score, p * sizeof *step);
    rsp_ldl_solve(p, cox->factor, step);
    *t = (trial){0};
    for (size_t k = 0; k < p; k++) {
        t->gain += step[k] * cox->at.score[k];
        t->size = fmax(t->size, fabs(step[k]));
    }
    for (size_t i = 0; i < cox->rows.n; i++) {
        w->along[i] = 0.0;
        for (size_t k = 0; k < p; k++) {
            w->along[i] += step[k] * cox->rows.x[i * p + k];
        }
        t->reach = fmax(t->reach, fabs(w->along[i]));
    }
    return regular && isfinite(t->gain) && isfinite(t->reach);
}

/* Go along a share of the step, halved until the likelihood does not fall. */
static rsp_status go(rsp_cox *cox, newton *w, double share, bool *moved, rsp_error *err)
{
    size_t p = cox->rows.p;
    /* Rounding in a sum of many terms must not stop the last step. */
    double floor = cox->at.log - 1e-12 * (1.0 + fabs(cox->at.log));
    *moved = false;
    for (int h = 0; h <= MOST_HALVINGS && !*moved; h++) {
        for (size_t k = 0; k < p; k++) {
            w->trial[k] = cox->beta[k] + share * w->step[k];
        }
        rsp_status s = cox_evaluate(cox, &w->there, w->trial, err);
        if (s != RSP_OK) {
            return s;
        }
        *moved = w->there.log >= floor && isfinite(w->there.log);
        share /= 2;
    }
    if (*moved) {
        memcpy(cox->beta, w->trial, p * sizeof *cox->beta);
        cox_point before = cox->at;
        cox->at = w->there;
        w->there = before;
    }
    return RSP_OK;
}

/* The likelihood is concave: Newton's method with halved steps finds its maximum
 * where there is one. */
rsp_status cox_maximise(rsp_cox *cox, rsp_error *err)
{
    newton w;
    rsp_status s = newton_init(&w, &cox->rows, err);
    bool moved = true, rises = false;
    int closing = 0;
    for (int i = 0; s == RSP_OK && moved && closing < 2 && i < MOST_STEPS; i++) {
        trial t;
        bool regular = find_step(cox, &w, &t);
        if (t.size > LAST_STEP && rises_for_ever(cox, w.along)) {
            rises = true;
            memcpy(w.away, w.step, cox->rows.p * sizeof *w.away);
        }
        if (!regular || (rises && t.gain < LITTLE_GAIN)) {
            break;
        }
        closing += closing > 0 || t.size <= LAST_STEP;
        double reach = ldexp(FIRST_REACH, i);
        s = go(cox, &w, t.reach > reach ? reach / t.reach : 1.0, &moved, err);
        cox->result.iterations++;
    }
    if (s == RSP_OK && rises) {
        cox->result.state = RSP_COX_MONOTONE;
        say_directions(cox, w.away);
    } else if (s == RSP_OK) {
        trial t; /* the information there, too */
        bool found = find_step(cox, &w, &t) && closing == 2 && moved;
        cox->result.state = found ? RSP_COX_ESTIMATED : RSP_COX_NOT_CONVERGED;
    }
    newton_fini(&w);
    return s;
}
