/* Conditions on measured values: "viral_load > 50 copies/mL and cd4 < 350
 * cell/uL".  Three-valued: a sample without the quantity decides nothing.
 *
 * A value below its lower limit is below the thresholds down to that limit, one above its
 * upper limit above those up to it: the sample's own limits.  Of other thresholds it
 * decides nothing (the study's reader refuses one beyond a limit of the assay). */
#ifndef RESPITE_CLINIC_CONDITION_H
#define RESPITE_CLINIC_CONDITION_H

#include "respite/dataset.h"

typedef struct clinic_reading { /* one measured value */
    rsp_result_state state;     /* RSP_MISSING: no sample */
    double value, lloq;         /* in the assay's unit; above the upper limit: that; lloq NaN: none */
    const char *reason;         /* why missing */
} clinic_reading;

typedef enum clinic_truth { CLINIC_NO, CLINIC_YES, CLINIC_UNKNOWN } clinic_truth;

typedef enum clinic_term_kind { CLINIC_COMPARE, CLINIC_AND, CLINIC_OR } clinic_term_kind;
typedef enum clinic_operator { CLINIC_LT, CLINIC_LE, CLINIC_GT, CLINIC_GE } clinic_operator;
typedef enum clinic_change {
    CLINIC_AS_IT_IS,
    CLINIC_DIFFERENCE, /* value - baseline */
    CLINIC_FOLD,       /* value / baseline */
    CLINIC_LOG10       /* log10 of that */
} clinic_change;

typedef struct clinic_term { /* postfix order */
    clinic_term_kind kind;
    clinic_operator op;
    clinic_change change;
    uint32_t source; /* which reading */
    double value;    /* in the reading's unit */
} clinic_term;

enum { CLINIC_MOST_TERMS = 32 };
typedef struct clinic_condition {
    const clinic_term *terms;
    size_t n;
    const char *text; /* as written */
} clinic_condition;

/* `baseline` may be NULL where no term compares with it. */
clinic_truth clinic_condition_holds(const clinic_condition *c,
                                    const clinic_reading *now,
                                    const clinic_reading *baseline);
/* A number for a reading that has none: half of the lower limit, 0 without one;
 * the upper limit above it. */
double clinic_reading_number(const clinic_reading *r);

#endif
