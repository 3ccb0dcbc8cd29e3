/* The days of one participant: planned actions, moments, visits.
 *
 * Days are drawn on streams keyed by the action's name and its place among
 * entries of that action, or by the visit's number: the same in every arm. */
#ifndef RESPITE_CLINIC_CALENDAR_H
#define RESPITE_CLINIC_CALENDAR_H

#include "clinic/traits.h"

enum { CLINIC_END_ACTION = 0x7fffffff };

/* ---- Schedule. */
typedef struct clinic_entry { /* a line of an arm's schedule */
    uint32_t action;          /* of the model, or CLINIC_END_ACTION */
    const char *what;         /* "stop art" */
    uint32_t channel;         /* of that name */
    uint32_t nth;             /* among entries of this action */
    double low, high;         /* day; drawn where they differ */
    bool takes_amount;
    bool is_share;            /* amount is a share of the product's dose */
    bool per_weight;          /* or a quantity per kg of body weight */
    double amount;            /* base units, or the share */
} clinic_entry;

typedef struct clinic_schedule {
    const clinic_entry *entries;
    size_t n;
} clinic_schedule;

/* The entry of an action at a place among its entries (0: the first), or NULL. */
const clinic_entry *clinic_schedule_entry(const clinic_schedule *schedule, uint32_t action,
                                          uint32_t place);
double clinic_entry_day(const clinic_who *who, const clinic_entry *entry);

/* ---- Moments: "stop art + 4 week". */
typedef enum clinic_moment_kind {
    CLINIC_AT_START, CLINIC_AT_ACTION, CLINIC_AT_DAY
} clinic_moment_kind;
typedef struct clinic_moment {
    clinic_moment_kind kind;
    clinic_entry entry; /* CLINIC_AT_ACTION: the line that plans it, of the first arm
                           that does */
    uint32_t place;     /* which of the lines of that action: 0 the first */
    double day;         /* CLINIC_AT_DAY */
    double offset;      /* day */
    const char *text;   /* as written */
} clinic_moment;

/* The event's day and the moment itself (event + offset).  `own` is the arm's
 * schedule: its own entry of the action, at the same place, comes before the moment's. */
double clinic_moment_event(const clinic_who *who, const clinic_moment *m,
                           const clinic_schedule *own, double start);
double clinic_moment_day(const clinic_who *who, const clinic_moment *m,
                         const clinic_schedule *own, double start);

/* ---- Visits. */
typedef struct clinic_line { /* a line of the study's visits */
    const char *name;        /* "" without */
    double every;            /* 0: the days below */
    const double *days;
    size_t n_days;
    clinic_moment from;
    bool has_until, until_is_moment;
    double until_day;        /* after the event of `from` */
    clinic_moment until;
    double window, missed;
    uint32_t key;            /* of its draws: the line's place */
} clinic_line;

typedef struct clinic_visit {
    double day, planned;
    uint32_t key;       /* of the assays' draws */
    uint64_t lines;     /* bit i: line i, made here (or missed, where `missed`);
                           0: made for a moment only */
    uint64_t lost;      /* lines missed on this day, while others were made */
    bool missed;
    uint64_t moments;   /* implicit visits that fall here */
} clinic_visit;

typedef struct clinic_span { /* of one participant */
    double start, end;
} clinic_span;

/* Most visits that a line can give between the ends. */
size_t clinic_line_most(const clinic_line *line, clinic_span span);
/* Visits of one line, appended to `out` (room for clinic_line_most). */
size_t clinic_line_visits(const clinic_who *who, const clinic_line *line,
                          const clinic_schedule *own, clinic_span span,
                          uint8_t number, clinic_visit *out);
/* Order by day and keep one visit a day, of all lines made on it: with the draws and
 * the planned day of the first of them.  It is missed where every line was.  Returns
 * how many stay. */
size_t clinic_visits_sort(clinic_visit *visits, size_t n);
/* A visit made for a moment (bit `which`): joins one of that day or is put in. */
size_t clinic_visits_add_moment(clinic_visit *visits, size_t n, double day,
                                uint32_t which, uint32_t key);
/* Day of loss to follow-up at a constant rate per day, from `start`. */
double clinic_dropout_day(const clinic_who *who, double rate_per_day, double start);

#endif
