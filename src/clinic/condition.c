#include "clinic/condition.h"

#include <math.h>

#include "respite/num.h"

double clinic_reading_number(const clinic_reading *r)
{
    switch (r->state) {
    case RSP_NUMBER:
    case RSP_ABOVE_ULOQ:
        return r->value;
    case RSP_NOT_DETECTED:
    case RSP_BELOW_LLOQ:
        return isnan(r->lloq) ? 0.0 : 0.5 * r->lloq;
    case RSP_MISSING:
        break;
    }
    return (double)NAN;
}

static double changed(clinic_change how, double now, double before)
{
    switch (how) {
    case CLINIC_AS_IT_IS:
        return now;
    case CLINIC_DIFFERENCE:
        return now - before;
    case CLINIC_FOLD:
        return before > 0 ? now / before : (double)NAN;
    case CLINIC_LOG10:
        return before > 0 && now > 0
                   ? rsp_log(now / before) * 0.43429448190325182765
                   : (double)NAN;
    }
    return (double)NAN;
}

static clinic_truth compare(const clinic_term *t, const clinic_reading *now,
                            const clinic_reading *baseline)
{
    const clinic_reading *r = &now[t->source];
    if (r->state == RSP_MISSING) {
        return CLINIC_UNKNOWN;
    }
    if (t->change == CLINIC_AS_IT_IS && r->state == RSP_ABOVE_ULOQ && !(r->value >= t->value)) {
        return CLINIC_UNKNOWN; /* above a limit that lies below the threshold */
    }
    bool below = r->state == RSP_NOT_DETECTED || r->state == RSP_BELOW_LLOQ;
    if (t->change == CLINIC_AS_IT_IS && below && r->lloq > t->value) {
        return CLINIC_UNKNOWN; /* below a limit that lies above it */
    }
    if (t->change == CLINIC_AS_IT_IS && (below || r->state == RSP_ABOVE_ULOQ)) {
        bool wants_below = t->op == CLINIC_LT || t->op == CLINIC_LE;
        return wants_below == below ? CLINIC_YES : CLINIC_NO;
    }
    double before = baseline && t->change != CLINIC_AS_IT_IS
                        ? clinic_reading_number(&baseline[t->source])
                        : 0.0;
    double v = changed(t->change, clinic_reading_number(r), before);
    if (isnan(v)) {
        return CLINIC_UNKNOWN;
    }
    bool holds = (t->op == CLINIC_LT && v < t->value) ||
                 (t->op == CLINIC_LE && v <= t->value) ||
                 (t->op == CLINIC_GT && v > t->value) ||
                 (t->op == CLINIC_GE && v >= t->value);
    return holds ? CLINIC_YES : CLINIC_NO;
}

/* Kleene's logic: `decisive` settles it, else unknown wins. */
static clinic_truth join(clinic_truth a, clinic_truth b, clinic_truth decisive)
{
    if (a == decisive || b == decisive) {
        return decisive;
    }
    return a == CLINIC_UNKNOWN ? a : b;
}

clinic_truth clinic_condition_holds(const clinic_condition *c,
                                    const clinic_reading *now,
                                    const clinic_reading *baseline)
{
    clinic_truth stack[CLINIC_MOST_TERMS];
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        const clinic_term *t = &c->terms[i];
        if (t->kind == CLINIC_COMPARE) {
            RSP_ASSERT(n < CLINIC_MOST_TERMS);
            stack[n++] = compare(t, now, baseline);
        } else {
            RSP_ASSERT(n >= 2);
            n--;
            stack[n - 1] = join(stack[n - 1], stack[n],
                                t->kind == CLINIC_AND ? CLINIC_NO : CLINIC_YES);
        }
    }
    RSP_ASSERT(n == 1);
    return stack[0];
}
