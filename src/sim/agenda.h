/* What is still to happen to one participant: events that were triggered and wait
 * for their time, with the values they were triggered with.  Fixed room. */
#ifndef RSP_SIM_AGENDA_H
#define RSP_SIM_AGENDA_H

#include "respite/core.h"

typedef struct rsp_pending {
    double t;          /* day at which it is due */
    uint64_t order;    /* in which it was triggered */
    uint32_t event;
    uint32_t place;    /* of its values */
} rsp_pending;

typedef struct rsp_agenda {
    rsp_pending *item; /* [room] those that wait: the first n */
    uint32_t n, room, stride;
    double *values;    /* [room * stride] */
    uint64_t triggered; /* so far */
} rsp_agenda;

/* `stride` values go with each; false: no memory. */
bool rsp_agenda_new(rsp_agenda *a, uint32_t room, uint32_t stride, rsp_arena *arena);
void rsp_agenda_clear(rsp_agenda *a);
/* Where the values of the new one go, or NULL: there is no room. */
double *rsp_agenda_add(rsp_agenda *a, double t, uint32_t event);
/* Take back all of an event. */
void rsp_agenda_cancel(rsp_agenda *a, uint32_t event);
/* When the next is due; infinity: nothing waits. */
double rsp_agenda_next(const rsp_agenda *a);
/* Of those due at t the ones that may happen first, in the order they were
 * triggered: of the highest priority[event]; where no event that is due has one
 * (NaN), the first alone.  Their number; at most `most` are listed. */
uint32_t rsp_agenda_first(const rsp_agenda *a, double t, const double *priority,
                          uint32_t *which, uint32_t most);
/* Take item `which` out; its values stand until the next is added. */
rsp_pending rsp_agenda_take(rsp_agenda *a, uint32_t which);

#endif
