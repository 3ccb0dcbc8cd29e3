#include "sim/agenda.h"

#include <math.h>

bool rsp_agenda_new(rsp_agenda *a, uint32_t room, uint32_t stride, rsp_arena *arena)
{
    *a = (rsp_agenda){.room = room, .stride = stride};
    a->item = rsp_arena_alloc(arena, (size_t)room + 1, sizeof *a->item);
    a->values = rsp_arena_alloc(arena, (size_t)room * stride + 1, sizeof *a->values);
    if (a->item == NULL || a->values == NULL) {
        return false;
    }
    rsp_agenda_clear(a);
    return true;
}

void rsp_agenda_clear(rsp_agenda *a)
{
    a->n = 0;
    a->triggered = 0;
    for (uint32_t i = 0; i < a->room; i++) {
        a->item[i].place = i; /* free places stand behind those in use */
    }
}

double *rsp_agenda_add(rsp_agenda *a, double t, uint32_t event)
{
    if (a->n == a->room) {
        return NULL;
    }
    rsp_pending *item = &a->item[a->n++];
    item->t = t;
    item->event = event;
    item->order = a->triggered++;
    return a->values + (size_t)item->place * a->stride;
}

rsp_pending rsp_agenda_take(rsp_agenda *a, uint32_t which)
{
    const rsp_pending taken = a->item[which];
    a->item[which] = a->item[--a->n];
    a->item[a->n] = taken;
    return taken;
}

void rsp_agenda_cancel(rsp_agenda *a, uint32_t event)
{
    for (uint32_t i = a->n; i-- > 0;) {
        if (a->item[i].event == event) {
            (void)rsp_agenda_take(a, i);
        }
    }
}

double rsp_agenda_next(const rsp_agenda *a)
{
    double t = (double)INFINITY;
    for (uint32_t i = 0; i < a->n; i++) {
        t = fmin(t, a->item[i].t);
    }
    return t;
}

/* The item due at t that was triggered next after `order`, of this priority (NaN:
 * of any); a->n: none. */
static uint32_t next_of(const rsp_agenda *a, double t, const double *priority, double of,
                        uint64_t from)
{
    uint32_t best = a->n;
    for (uint32_t i = 0; i < a->n; i++) {
        const rsp_pending *item = &a->item[i];
        const bool fits = isnan(of) || (priority[item->event] >= of);
        if (item->t <= t && fits && item->order >= from &&
            (best == a->n || item->order < a->item[best].order)) {
            best = i;
        }
    }
    return best;
}

uint32_t rsp_agenda_first(const rsp_agenda *a, double t, const double *priority,
                          uint32_t *which, uint32_t most)
{
    double highest = (double)NAN;
    for (uint32_t i = 0; i < a->n; i++) {
        const double p = priority[a->item[i].event];
        if (a->item[i].t <= t && !isnan(p) && !(p <= highest)) {
            highest = p;
        }
    }
    uint32_t n = 0;
    uint64_t from = 0;
    while (n < most) {
        const uint32_t i = next_of(a, t, priority, highest, from);
        if (i == a->n) {
            break;
        }
        which[n++] = i;
        from = a->item[i].order + 1;
        if (isnan(highest)) {
            break;
        }
    }
    return n;
}
