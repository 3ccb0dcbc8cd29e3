#include "clinic/calendar.h"

#include <math.h>
#include <string.h>

static rsp_stream stream(const clinic_who *who, uint32_t purpose, uint32_t channel)
{
    return (rsp_stream){.seed = who->seed, .trial = who->trial,
                        .participant = who->participant, .purpose = purpose,
                        .channel = channel};
}

static bool whole(double x) { return x == floor(x); }

double clinic_entry_day(const clinic_who *who, const clinic_entry *e)
{
    if (!(e->high > e->low)) {
        return e->low;
    }
    rsp_stream s = stream(who, RSP_PURPOSE_SCHEDULE, e->channel);
    double u = rsp_uniform(&s, e->nth, 0);
    if (whole(e->low) && whole(e->high)) {
        return e->low + floor(u * (e->high - e->low + 1.0));
    }
    return e->low + u * (e->high - e->low);
}

const clinic_entry *clinic_schedule_entry(const clinic_schedule *s, uint32_t action,
                                          uint32_t place)
{
    for (size_t i = 0; s && i < s->n; i++) {
        if (s->entries[i].action == action && place-- == 0) {
            return &s->entries[i];
        }
    }
    return NULL;
}

double clinic_moment_event(const clinic_who *who, const clinic_moment *m,
                           const clinic_schedule *own, double start)
{
    if (m->kind == CLINIC_AT_START) {
        return start;
    }
    if (m->kind == CLINIC_AT_DAY) {
        return m->day;
    }
    const clinic_entry *mine = clinic_schedule_entry(own, m->entry.action, m->place);
    return clinic_entry_day(who, mine ? mine : &m->entry);
}

double clinic_moment_day(const clinic_who *who, const clinic_moment *m,
                         const clinic_schedule *own, double start)
{
    return clinic_moment_event(who, m, own, start) + m->offset;
}

size_t clinic_line_most(const clinic_line *line, clinic_span span)
{
    if (line->every > 0) {
        return (size_t)((span.end - span.start) / line->every) + 2;
    }
    return line->n_days;
}

/* Uniform in the window, in whole days where the window is whole. */
static double shift(const clinic_who *who, const clinic_line *line, uint32_t key)
{
    rsp_stream s = stream(who, RSP_PURPOSE_VISIT, rsp_channel("window"));
    double u = rsp_uniform(&s, key, 0);
    if (whole(line->window)) {
        return floor(u * (2.0 * line->window + 1.0)) - line->window;
    }
    return line->window * (2.0 * u - 1.0);
}

static bool is_missed(const clinic_who *who, const clinic_line *line, uint32_t key)
{
    rsp_stream s = stream(who, RSP_PURPOSE_VISIT, rsp_channel("missed"));
    return line->missed > 0 && rsp_uniform(&s, key, 0) < line->missed;
}

static double line_end(const clinic_who *who, const clinic_line *line,
                       const clinic_schedule *own, clinic_span span, double event)
{
    if (!line->has_until) {
        return span.end;
    }
    return line->until_is_moment
               ? clinic_moment_day(who, &line->until, own, span.start)
               : event + line->until_day;
}

size_t clinic_line_visits(const clinic_who *who, const clinic_line *line,
                          const clinic_schedule *own, clinic_span span,
                          uint8_t number, clinic_visit *out)
{
    double event = clinic_moment_event(who, &line->from, own, span.start);
    double from = event + line->from.offset;
    double until = line_end(who, line, own, span, event);
    size_t n = 0;
    for (uint32_t k = 0; line->every > 0 || k < line->n_days; k++) {
        double planned = from + (line->every > 0 ? k * line->every : line->days[k]);
        if (planned > until || planned > span.end) {
            if (line->every > 0) {
                break;
            }
            continue;
        }
        uint32_t key = line->key << 16 | k;
        double day = planned == event ? planned : planned + shift(who, line, key);
        if (planned < span.start || day > span.end) {
            continue;
        }
        day = day < span.start ? span.start : day;
        /* A visit counted from an event comes after it. */
        day = planned > event && day < event ? event : day;
        out[n++] = (clinic_visit){.day = day, .planned = planned, .key = key,
                                  .lines = UINT64_C(1) << number,
                                  .missed = is_missed(who, line, key)};
    }
    return n;
}

static bool before(const clinic_visit *a, const clinic_visit *b)
{
    if (a->day != b->day) {
        return a->day < b->day;
    }
    return a->missed != b->missed ? !a->missed : a->lines < b->lines;
}

size_t clinic_visits_sort(clinic_visit *visits, size_t n)
{
    for (size_t i = 1; i < n; i++) { /* nearly sorted already */
        clinic_visit v = visits[i];
        size_t j = i;
        for (; j > 0 && before(&v, &visits[j - 1]); j--) {
            visits[j] = visits[j - 1];
        }
        visits[j] = v;
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!kept || visits[i].day != visits[kept - 1].day) {
            visits[kept++] = visits[i];
        } else if (visits[i].missed == visits[kept - 1].missed) {
            visits[kept - 1].lines |= visits[i].lines;
        } else {
            visits[kept - 1].lost |= visits[i].lines;
        }
    }
    return kept;
}

size_t clinic_visits_add_moment(clinic_visit *visits, size_t n, double day,
                                uint32_t which, uint32_t key)
{
    size_t at = 0;
    while (at < n && visits[at].day < day) {
        at++;
    }
    uint64_t bit = UINT64_C(1) << which;
    if (at < n && visits[at].day == day && !visits[at].missed) {
        visits[at].moments |= bit;
        return n;
    }
    if (at < n && visits[at].day == day) { /* the planned one was missed */
        at++;
    }
    memmove(&visits[at + 1], &visits[at], (n - at) * sizeof *visits);
    visits[at] = (clinic_visit){.day = day, .planned = day, .key = key,
                                .moments = bit};
    return n + 1;
}

double clinic_dropout_day(const clinic_who *who, double rate_per_day, double start)
{
    if (!(rate_per_day > 0)) {
        return (double)INFINITY;
    }
    rsp_stream s = stream(who, RSP_PURPOSE_DROPOUT, rsp_channel("dropout"));
    return start + ceil(rsp_exponential(&s, 0, 0) / rate_per_day);
}
