#include "study/analyst.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FREE_DAYS = 8 };
static const double free_days[] = {28, 56, 84, 168, 336};

/* ---- Making and freeing. */
static void km_clear(rsp_km *km)
{
    km->n_points = km->n_sorted = 0;
    km->n = km->events = 0;
}

static bool new_arms(rsp_analyst *a)
{
    const rsp_plan *plan = a->plan;
    size_t n = plan->view.n_arms, k = plan->n_endpoints;
    a->arms = rsp_arena_alloc(a->arena, n, sizeof *a->arms);
    a->findings.arms = rsp_arena_alloc(a->arena, n, sizeof *a->findings.arms);
    a->row_of = rsp_arena_alloc(a->arena, n * k + 1, sizeof *a->row_of);
    a->has_row = rsp_arena_alloc(a->arena, n * k + 1, sizeof *a->has_row);
    bool ok = a->arms && a->findings.arms && a->row_of && a->has_row;
    for (size_t i = 0; ok && i < n; i++) {
        rsp_arm_findings *f = &a->findings.arms[i];
        f->name = plan->view.arms[i].name;
        f->endpoints = rsp_arena_alloc(a->arena, k + 1, sizeof *f->endpoints);
        f->n_endpoints = k;
        a->arms[i].trial = rsp_arena_alloc(a->arena, k + 1, sizeof(rsp_km));
        a->arms[i].medians = rsp_arena_alloc(a->arena, k + 1, sizeof(series));
        a->arms[i].days = rsp_arena_alloc(a->arena, 2 * plan->n_assays, sizeof(day_table));
        ok = f->endpoints && a->arms[i].trial && a->arms[i].medians && a->arms[i].days;
        for (size_t e = 0; ok && e < k; e++) {
            f->endpoints[e].endpoint = plan->endpoints[e].name;
        }
    }
    a->findings.n_arms = ok ? n : 0;
    return ok;
}

static bool new_contrasts(rsp_analyst *a)
{
    const rsp_plan *plan = a->plan;
    size_t n = plan->n_contrasts * plan->n_endpoints + 1;
    a->pairs = rsp_arena_alloc(a->arena, n, sizeof *a->pairs);
    a->contrasts = rsp_arena_alloc(a->arena, n, sizeof *a->contrasts);
    return a->pairs && a->contrasts;
}

static bool new_rest(rsp_analyst *a)
{
    const rsp_plan *plan = a->plan;
    size_t cells = plan->grid.exists ? plan->grid.n_cells * plan->view.n_arms : 0;
    a->people = rsp_arena_alloc(a->arena, 2 * plan->n_scores + 1, sizeof *a->people);
    a->scores = rsp_arena_alloc(a->arena, plan->n_scores + 1, sizeof *a->scores);
    a->score_limits = rsp_arena_alloc(a->arena, plan->n_scores + 1, sizeof *a->score_limits);
    a->cells = rsp_arena_alloc(a->arena, cells + 1, sizeof *a->cells);
    a->cell_medians = rsp_arena_alloc(a->arena, cells + 1, sizeof *a->cell_medians);
    a->example = rsp_plan_dataset(plan);
    return a->people && a->scores && a->score_limits && a->cells && a->cell_medians && a->example;
}

/* The interruption that the first endpoint counts from, and what undoes it. */
static void find_interruption(rsp_analyst *a)
{
    const rsp_plan *plan = a->plan;
    for (size_t i = 0; !a->interrupts && i < plan->n_endpoints; i++) {
        const plan_endpoint *e = &plan->endpoints[i];
        if (e->from.kind == CLINIC_AT_ACTION && e->restart_action >= 0) {
            a->interrupts = e->from.entry.what;
            const char *rest = strchr(a->interrupts, ' ');
            a->restarts = rsp_arena_printf(a->arena, "start%s", rest ? rest : "");
        }
    }
}

rsp_status rsp_analyst_new(const rsp_plan *plan, rsp_analyst **out, rsp_error *err)
{
    *out = NULL;
    rsp_analyst *a = calloc(1, sizeof *a);
    if (a) {
        a->plan = plan;
        a->arena = rsp_arena_new();
    }
    if (!a || !a->arena || !new_arms(a) || !new_contrasts(a) || !new_rest(a) ||
        analyst_outcomes_new(a, err) != RSP_OK || !analyst_tests_new(a) ||
        !analyst_levels_new(a) || !analyst_stopping_new(a)) {
        rsp_analyst_free(a);
        return rsp_fail(err, RSP_NOMEM, "no memory for the analysis");
    }
    find_interruption(a);
    *out = a;
    return RSP_OK;
}

void rsp_analyst_free(rsp_analyst *a)
{
    if (!a) {
        return;
    }
    const rsp_plan *plan = a->plan;
    for (size_t i = 0; i < a->findings.n_arms; i++) {
        for (size_t e = 0; e < plan->n_endpoints; e++) {
            rsp_km_fini(&a->findings.arms[i].endpoints[e].km);
            rsp_km_fini(&a->arms[i].trial[e]);
            free(a->arms[i].medians[e].x);
        }
    }
    for (size_t i = 0; a->pairs && i < plan->n_contrasts * plan->n_endpoints; i++) {
        free(a->pairs[i].pairs);
    }
    for (size_t i = 0; a->example && i < plan->n_scores; i++) {
        free(a->people[i].x);
        free(a->people[plan->n_scores + i].x);
        free(a->scores[i].x);
    }
    size_t cells = plan->grid.exists ? plan->grid.n_cells * plan->view.n_arms : 0;
    for (size_t i = 0; a->example && i < cells; i++) {
        rsp_km_fini(&a->cells[i]);
        free(a->cell_medians[i].x);
    }
    analyst_outcomes_free(a);
    rsp_dataset_free(a->example);
    rsp_arena_free(a->arena);
    free(a);
}

/* ---- One person in all arms: pairs. */
static rsp_status add_pair(pair_state *p, const rsp_endpoint_row *treated,
                           const rsp_endpoint_row *control, rsp_error *err)
{
    if (treated->end == RSP_END_NOT_STARTED || control->end == RSP_END_NOT_STARTED) {
        return RSP_OK;
    }
    if (!RSP_GROW(&p->pairs, &p->capacity, p->n + 1)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the paired contrast");
    }
    p->pairs[p->n++] = (rsp_pair){control->day, treated->day,
                                  control->end == RSP_END_EVENT,
                                  treated->end == RSP_END_EVENT};
    return RSP_OK;
}

static rsp_status close_person(rsp_analyst *a, rsp_error *err)
{
    const rsp_plan *plan = a->plan;
    size_t k = plan->n_endpoints;
    rsp_status s = RSP_OK;
    bool paired = a->in_person && plan->view.design == RSP_COUNTERFACTUAL;
    for (size_t c = 0; paired && c < plan->n_contrasts; c++) {
        for (size_t e = 0; s == RSP_OK && e < k; e++) {
            size_t treated = plan->contrasts[c].treated * k + e;
            size_t control = plan->contrasts[c].control * k + e;
            if (a->has_row[treated] && a->has_row[control]) {
                s = add_pair(&a->pairs[c * k + e], &a->row_of[treated],
                             &a->row_of[control], err);
            }
        }
    }
    memset(a->has_row, 0, plan->view.n_arms * k * sizeof *a->has_row);
    a->in_person = false;
    return s;
}

/* ---- One subject. */
double subject_happened(const subject_rows *s, const char *what)
{
    for (size_t i = 0; what && i < s->n_happenings; i++) {
        if (strcmp(s->happenings[i].what, what) == 0) {
            return s->happenings[i].day;
        }
    }
    return (double)NAN;
}

static bool completed(const subject_rows *s)
{
    for (size_t i = 0; i < s->n_happenings; i++) {
        if (strcmp(s->happenings[i].what, "end") == 0) {
            return strcmp(s->happenings[i].reason, "lost to follow-up") != 0;
        }
    }
    return false;
}

static void count_flow(const rsp_analyst *a, const subject_rows *s, rsp_arm_findings *f)
{
    char gives[80] = "";
    if (a->plan->product.exists) {
        snprintf(gives, sizeof gives, "%s",
                 a->plan->net->actions[a->plan->product.action].name);
    }
    for (char *c = gives; *c; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    if (a->plan->screens) {
        f->flow.screened_out += (size_t)s->subject->covariates[a->plan->n_covariates - 1];
    }
    f->flow.screened_out += s->subject->screened_out;
    if (s->subject->screened_out) {
        return;
    }
    f->flow.enrolled++;
    f->flow.product_failed += s->subject->product_failed;
    f->flow.failed += s->subject->failed;
    f->flow.infused += !isnan(subject_happened(s, gives));
    f->flow.interrupted += !isnan(subject_happened(s, a->interrupts));
    f->flow.restarted += !isnan(subject_happened(s, a->restarts));
    f->flow.completed += completed(s);
    f->participants += !s->subject->product_failed;
    f->failed += s->subject->failed;
}

static size_t endpoint_index(const rsp_plan *plan, const char *name)
{
    size_t i = 0;
    while (i < plan->n_endpoints && strcmp(plan->endpoints[i].name, name) != 0) {
        i++;
    }
    return i;
}

static rsp_status add_endpoint(rsp_analyst *a, const rsp_endpoint_row *row,
                               rsp_error *err)
{
    size_t e = endpoint_index(a->plan, row->endpoint);
    if (e == a->plan->n_endpoints) {
        return RSP_OK;
    }
    rsp_arm_endpoint *f = &a->findings.arms[row->arm].endpoints[e];
    a->row_of[row->arm * a->plan->n_endpoints + e] = *row;
    a->has_row[row->arm * a->plan->n_endpoints + e] = true;
    f->ends[row->end]++;
    if (row->end == RSP_END_NOT_STARTED) {
        return RSP_OK;
    }
    bool event = row->end == RSP_END_EVENT;
    f->n++;
    f->events += event;
    rsp_status s = rsp_km_add(&f->km, row->day, event, 1.0, err);
    return s == RSP_OK
               ? rsp_km_add(&a->arms[row->arm].trial[e], row->day, event, 1.0, err)
               : s;
}

static size_t assay_index(const rsp_plan *plan, const char *name)
{
    size_t i = 0;
    while (i < plan->n_assays && strcmp(plan->assays[i].name, name) != 0) {
        i++;
    }
    return i;
}

static rsp_status add_measurements(rsp_analyst *a, const subject_rows *s, rsp_error *err)
{
    double off = subject_happened(s, a->interrupts);
    rsp_status status = RSP_OK;
    for (size_t i = 0; status == RSP_OK && i < s->n_measurements; i++) {
        const rsp_measurement *m = &s->measurements[i];
        size_t k = assay_index(a->plan, m->assay);
        if (k == a->plan->n_assays) {
            continue;
        }
        day_table *t = &a->arms[s->subject->arm].days[2 * k];
        status = day_table_add(&t[0], a->arena, m->planned_day, m, err);
        if (status == RSP_OK && !isnan(off) && m->planned_day >= off) {
            status = day_table_add(&t[1], a->arena, m->planned_day - off, m, err);
        }
    }
    return status;
}

static rsp_status add_subject(rsp_analyst *a, const subject_rows *s, rsp_error *err)
{
    rsp_status status = RSP_OK;
    if (!a->in_person || s->subject->participant != a->participant) {
        status = close_person(a, err);
        a->participant = s->subject->participant;
        a->in_person = true;
    }
    count_flow(a, s, &a->findings.arms[s->subject->arm]);
    analyst_levels_add(a, s->subject);
    analyst_stopping_add(a, s);
    for (size_t i = 0; status == RSP_OK && i < s->n_endpoints; i++) {
        status = add_endpoint(a, &s->endpoints[i], err);
    }
    status = status == RSP_OK ? add_measurements(a, s, err) : status;
    status = status == RSP_OK ? analyst_outcomes_add(a, s, err) : status;
    return status == RSP_OK ? analyst_people_add(a, s, err) : status;
}

/* ---- One trial. */
/* `rows`: those of the trial. */
static rsp_status close_trial(rsp_analyst *a, const rsp_dataset *rows, rsp_error *err)
{
    const rsp_plan *plan = a->plan;
    rsp_status s = close_person(a, err);
    for (size_t i = 0; i < plan->view.n_arms; i++) {
        for (size_t e = 0; s == RSP_OK && e < plan->n_endpoints; e++) {
            rsp_km *km = &a->arms[i].trial[e];
            double median = (double)NAN;
            if (km->n > 0) {
                rsp_km_finish(km, RSP_BAND_LOGLOG);
                median = rsp_km_quantile(km, 0.5).value;
                median = isfinite(median) ? median : (double)INFINITY;
            }
            s = series_add(&a->arms[i].medians[e], median, err);
        }
    }
    s = s == RSP_OK ? analyst_tests_close(a, rows, err) : s;
    s = s == RSP_OK ? analyst_scores_close(a, err) : s;
    analyst_levels_close(a);
    analyst_stopping_close(a);
    for (size_t i = 0; i < plan->view.n_arms; i++) {
        for (size_t e = 0; e < plan->n_endpoints; e++) {
            km_clear(&a->arms[i].trial[e]);
        }
    }
    a->findings.trials++;
    a->in_trial = false;
    return s;
}

/* The rows of `d` that belong to a subject, from *at on. */
#define TAKE_ROWS(rows, count, at, subject, first, n)                          \
    do {                                                                       \
        while (*(at) < (count) && !same_subject(&(rows)[*(at)], (subject)) &&  \
               row_before(&(rows)[*(at)], (subject))) {                        \
            ++*(at);                                                           \
        }                                                                      \
        *(first) = (count) > 0 ? &(rows)[*(at)] : NULL;                        \
        *(n) = 0;                                                              \
        while (*(at) < (count) && same_subject(&(rows)[*(at)], (subject))) {   \
            ++*(at);                                                           \
            ++*(n);                                                            \
        }                                                                      \
    } while (0)
#define same_subject(row, s)                                                   \
    ((row)->trial == (s)->trial && (row)->participant == (s)->participant &&   \
     (row)->arm == (s)->arm)
#define row_before(row, s)                                                     \
    ((row)->trial != (s)->trial ? (row)->trial < (s)->trial                    \
     : (row)->participant != (s)->participant                                  \
         ? (row)->participant < (s)->participant                               \
         : (row)->arm < (s)->arm)

static rsp_status add_example(rsp_analyst *a, const rsp_dataset *d, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < d->n_subjects && !d->subjects[i].trial; i++) {
        s = rsp_dataset_add_subject(a->example, &d->subjects[i], err);
    }
    for (size_t i = 0; s == RSP_OK && i < d->n_happenings && !d->happenings[i].trial;
         i++) {
        s = rsp_dataset_add_happening(a->example, &d->happenings[i], err);
    }
    for (size_t i = 0; s == RSP_OK && i < d->n_measurements && !d->measurements[i].trial;
         i++) {
        s = rsp_dataset_add_measurement(a->example, &d->measurements[i], err);
    }
    for (size_t i = 0; s == RSP_OK && i < d->n_endpoints && !d->endpoints[i].trial; i++) {
        s = rsp_dataset_add_endpoint(a->example, &d->endpoints[i], err);
    }
    return s;
}

/* Where the rows of a trial begin, or end. */
typedef struct place { size_t subject, happening, measurement, endpoint; } place;

static rsp_dataset rows_between(const rsp_dataset *d, const place *from, const place *to)
{
    rsp_dataset rows = *d;
    /* A table without rows may be NULL, which has no places. */
    rows.subjects = d->n_subjects ? d->subjects + from->subject : NULL;
    rows.n_subjects = to->subject - from->subject;
    rows.happenings = d->n_happenings ? d->happenings + from->happening : NULL;
    rows.n_happenings = to->happening - from->happening;
    rows.measurements = d->n_measurements ? d->measurements + from->measurement : NULL;
    rows.n_measurements = to->measurement - from->measurement;
    rows.endpoints = d->n_endpoints ? d->endpoints + from->endpoint : NULL;
    rows.n_endpoints = to->endpoint - from->endpoint;
    return rows;
}

rsp_status rsp_analyst_add(rsp_analyst *a, const rsp_dataset *chunk,
                           const rsp_dataset *grid, rsp_error *err)
{
    place from = {0}, at = {0};
    rsp_status s = add_example(a, chunk, err);
    for (size_t i = 0; s == RSP_OK && i < chunk->n_subjects; i++) {
        const rsp_subject *subject = &chunk->subjects[i];
        subject_rows own = {.subject = subject};
        at.subject = i;
        if (a->in_trial && subject->trial != a->trial) {
            const rsp_dataset rows = rows_between(chunk, &from, &at);
            s = close_trial(a, &rows, err);
            from = at;
        }
        a->trial = subject->trial;
        a->in_trial = true;
        TAKE_ROWS(chunk->happenings, chunk->n_happenings, &at.happening, subject,
                  &own.happenings, &own.n_happenings);
        TAKE_ROWS(chunk->measurements, chunk->n_measurements, &at.measurement, subject,
                  &own.measurements, &own.n_measurements);
        TAKE_ROWS(chunk->endpoints, chunk->n_endpoints, &at.endpoint, subject, &own.endpoints,
                  &own.n_endpoints);
        s = s == RSP_OK ? add_subject(a, &own, err) : s;
    }
    if (s == RSP_OK && a->in_trial) { /* a chunk holds whole trials */
        at.subject = chunk->n_subjects;
        const rsp_dataset rows = rows_between(chunk, &from, &at);
        s = close_trial(a, &rows, err);
    }
    return s == RSP_OK && grid && a->plan->grid.exists ? analyst_grid_add(a, grid, err)
                                                       : s;
}

/* ---- Findings. */
/* Days of the follow-up at which the event-free share is given. */
static size_t days_shown(const rsp_plan *plan, const plan_endpoint *e, double *days)
{
    double length = plan->until.offset;
    bool same = plan->until.kind == e->from.kind &&
                (plan->until.kind != CLINIC_AT_ACTION ||
                 (plan->until.entry.action == e->from.entry.action &&
                  plan->until.place == e->from.place));
    if (!same) {
        length += plan->until.kind == CLINIC_AT_ACTION ? plan->until.entry.high
                  : plan->until.kind == CLINIC_AT_DAY  ? plan->until.day
                                                       : plan->start_day;
    }
    size_t n = 0;
    for (size_t i = 0; i < sizeof free_days / sizeof *free_days; i++) {
        if (free_days[i] <= length && n < MOST_FREE_DAYS) {
            days[n++] = free_days[i];
        }
    }
    return n;
}

static void finish_endpoint(const rsp_analyst *a, size_t arm, size_t e)
{
    rsp_arm_endpoint *f = &a->findings.arms[arm].endpoints[e];
    double nan = (double)NAN;
    f->median = (rsp_quantile){nan, nan, nan};
    series_spread(&a->arms[arm].medians[e], &f->trial_median);
    f->n_days = days_shown(a->plan, &a->plan->endpoints[e], f->days);
    if (f->n) {
        rsp_km_finish(&f->km, RSP_BAND_LOGLOG);
        f->median = rsp_km_quantile(&f->km, 0.5);
    }
    for (size_t i = 0; i < 3; i++) {
        f->quartiles[i] = f->n ? rsp_km_quantile(&f->km, 0.25 * (double)(i + 1)).value
                               : nan;
    }
    for (size_t i = 0; i < f->n_days; i++) {
        f->event_free[i] = f->n ? rsp_km_at(&f->km, f->days[i]).s : nan;
    }
}

static bool finish_visits(rsp_analyst *a, size_t arm)
{
    const rsp_plan *plan = a->plan;
    rsp_arm_findings *f = &a->findings.arms[arm];
    size_t n = 0;
    for (size_t i = 0; i < 2 * plan->n_assays; i++) {
        n += day_table_size(&a->arms[arm].days[i]);
    }
    f->visits = rsp_arena_alloc(a->arena, n + 1, sizeof *f->visits);
    for (size_t i = 0; f->visits && i < 2 * plan->n_assays; i++) {
        f->n_visits += day_table_list(&a->arms[arm].days[i], plan->assays[i / 2].name,
                                      plan->assays[i / 2].unit,
                                      i % 2 ? a->interrupts : "start",
                                      f->visits + f->n_visits);
    }
    return f->visits != NULL;
}

static rsp_status finish_contrasts(rsp_analyst *a, rsp_error *err)
{
    const rsp_plan *plan = a->plan;
    rsp_status s = RSP_OK;
    bool paired = plan->view.design == RSP_COUNTERFACTUAL;
    for (size_t c = 0; c < plan->n_contrasts; c++) {
        for (size_t e = 0; s == RSP_OK && e < plan->n_endpoints; e++) {
            size_t at = c * plan->n_endpoints + e;
            rsp_contrast *out = &a->contrasts[at];
            out->endpoint = plan->endpoints[e].name;
            out->treated = plan->view.arms[plan->contrasts[c].treated].name;
            out->control = plan->view.arms[plan->contrasts[c].control].name;
            out->treated_n = a->findings.arms[plan->contrasts[c].treated].endpoints[e].n;
            out->control_n = a->findings.arms[plan->contrasts[c].control].endpoints[e].n;
            out->is_paired = paired && a->pairs[at].n > 0;
            if (out->is_paired) {
                s = rsp_paired_contrast(a->pairs[at].pairs, a->pairs[at].n,
                                        &out->paired, err);
            }
        }
    }
    a->findings.contrasts = a->contrasts;
    a->findings.n_contrasts = plan->n_contrasts * plan->n_endpoints;
    return s;
}

rsp_status rsp_analyst_finish(rsp_analyst *a, const char *hash,
                              const rsp_findings **findings, rsp_error *err)
{
    rsp_findings *f = &a->findings;
    *findings = NULL;
    f->hash = rsp_arena_copy(a->arena, hash ? hash : "", hash ? strlen(hash) : 0);
    bool ok = f->hash != NULL;
    f->participants = f->failed = 0;
    for (size_t i = 0; ok && i < f->n_arms; i++) {
        for (size_t e = 0; e < a->plan->n_endpoints; e++) {
            finish_endpoint(a, i, e);
        }
        ok = finish_visits(a, i);
        f->participants += f->arms[i].participants;
        f->failed += f->arms[i].failed;
    }
    rsp_status s = ok ? finish_contrasts(a, err)
                      : rsp_fail(err, RSP_NOMEM, "no memory for the findings");
    analyst_tests_finish(a);
    analyst_levels_finish(a);
    analyst_stopping_finish(a);
    s = s == RSP_OK ? analyst_scores_finish(a, err) : s;
    s = s == RSP_OK && a->plan->grid.exists ? analyst_grid_finish(a, err) : s;
    s = s == RSP_OK && a->plan->sweep.exists ? analyst_sweep_finish(a, err) : s;
    s = s == RSP_OK ? analyst_hinges_finish(a, err) : s;
    s = s == RSP_OK ? analyst_words(a, err) : s;
    rsp_dataset_sort(a->example);
    f->example = rsp_dataset_view(a->example);
    *findings = s == RSP_OK ? f : NULL;
    return s;
}
