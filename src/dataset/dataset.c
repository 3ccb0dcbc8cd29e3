#include "respite/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/names.h"
#include "dataset/order.h"

enum {
    SUBJECTS_PER_BLOCK = 1024,
    /* More texts than this are of the rows' own making (a reason with numbers):
     * they go with the rows. */
    MOST_TEXTS_KEPT = 4096
};

typedef struct table {
    uint32_t *scratch; /* [2 n rows] for sorting, which may not fail */
    size_t capacity, scratch_capacity;
} table;

struct rsp_dataset_maker {
    rsp_dataset view;
    rsp_arena *arena; /* names of study, arms and covariates */
    rsp_names *texts; /* texts of rows */
    const char *last[16]; /* a text of each column, most often the next one too */
    rsp_subject *subjects;
    rsp_happening *happenings;
    rsp_measurement *measurements;
    rsp_endpoint_row *endpoints;
    table of_subjects, of_happenings, of_measurements, of_endpoints;
    double **blocks; /* [n_blocks] of SUBJECTS_PER_BLOCK * n_covariates */
    const char ***words; /* [n_words] of SUBJECTS_PER_BLOCK * n_texts */
    size_t n_blocks, blocks_capacity, n_words, words_capacity;
};

enum column { SUBJECT_REASON, SUBJECT_ID, SUBJECT_TEXT, WHAT, HAPPENING_REASON, ASSAY, UNIT,
              MEASUREMENT_REASON, ENDPOINT };

const char *rsp_result_state_name(rsp_result_state s)
{
    static const char *const names[] = {"not detected", "below LLOQ", "number",
                                        "above ULOQ", "missing"};
    return (unsigned)s < sizeof names / sizeof *names ? names[s] : "unknown";
}

const char *rsp_endpoint_end_text(rsp_endpoint_end e)
{
    static const char *const texts[] = {
        "event",           "end of study",
        "ART restarted",   "lost to follow-up",
        "not confirmed",   "interruption not started"};
    return (unsigned)e < sizeof texts / sizeof *texts ? texts[e] : "unknown";
}

static const char **copy_names(rsp_arena *arena, const char *const *names,
                               size_t n)
{
    const char **copy = rsp_arena_alloc(arena, n + 1, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++) {
        copy[i] = rsp_arena_copy(arena, names[i], strlen(names[i]));
        copy = copy[i] ? copy : NULL;
    }
    return copy;
}

rsp_dataset_maker *rsp_dataset_new(const char *study, const char *const *arms,
                                   size_t n_arms, const char *const *covariates,
                                   size_t n_covariates)
{
    rsp_dataset_maker *m = calloc(1, sizeof *m);
    if (!m) {
        return NULL;
    }
    m->arena = rsp_arena_new();
    m->texts = rsp_names_new();
    if (m->arena && m->texts) {
        m->view.study = rsp_arena_copy(m->arena, study, strlen(study));
        m->view.arms = copy_names(m->arena, arms, n_arms);
        m->view.covariates = copy_names(m->arena, covariates, n_covariates);
        m->view.n_arms = n_arms;
        m->view.n_covariates = n_covariates;
    }
    if (!m->view.study || !m->view.arms || !m->view.covariates) {
        rsp_dataset_free(m);
        return NULL;
    }
    return m;
}

rsp_status rsp_dataset_name_texts(rsp_dataset_maker *m, const char *const *texts,
                                  size_t n_texts, rsp_error *err)
{
    RSP_ASSERT(m->view.n_subjects == 0 && m->n_words == 0);
    const char **copy = copy_names(m->arena, texts, n_texts);
    if (!copy) {
        return rsp_fail(err, RSP_NOMEM, "no memory for names of covariates");
    }
    m->view.texts = copy;
    m->view.n_texts = n_texts;
    return RSP_OK;
}

void rsp_dataset_free(rsp_dataset_maker *m)
{
    if (!m) {
        return;
    }
    free(m->subjects);
    free(m->happenings);
    free(m->measurements);
    free(m->endpoints);
    free(m->of_subjects.scratch);
    free(m->of_happenings.scratch);
    free(m->of_measurements.scratch);
    free(m->of_endpoints.scratch);
    for (size_t i = 0; i < m->n_blocks; i++) {
        free(m->blocks[i]);
    }
    free(m->blocks);
    for (size_t i = 0; i < m->n_words; i++) {
        free(m->words[i]);
    }
    free(m->words);
    rsp_names_free(m->texts);
    rsp_arena_free(m->arena);
    free(m);
}

static rsp_status out_of_memory(rsp_error *err)
{
    return rsp_fail(err, RSP_NOMEM, "no memory for more rows");
}

/* Replace *text by the kept copy. */
static bool keep(rsp_dataset_maker *m, enum column column, const char **text)
{
    const char *s = *text ? *text : "";
    const char **last = &m->last[column];
    if (!*last || strcmp(*last, s) != 0) {
        const char *kept = rsp_names_keep(m->texts, s, strlen(s));
        if (!kept) {
            return false;
        }
        *last = kept;
    }
    *text = *last;
    return true;
}

/* Room for one row more in `rows` and in the scratch of its table. */
#define MAKE_ROOM(table, rows, n)                                              \
    ((n) < UINT32_MAX / 2 && RSP_GROW((rows), &(table)->capacity, (n) + 1) &&  \
     RSP_GROW(&(table)->scratch, &(table)->scratch_capacity, 2 * ((n) + 1)))

static rsp_status check_row(const rsp_dataset_maker *m, uint32_t arm, double day,
                            const char *what, rsp_error *err)
{
    if (arm >= m->view.n_arms) {
        return rsp_fail(err, RSP_RANGE, "%s in arm %u: there are %zu arms", what,
                        (unsigned)arm, m->view.n_arms);
    }
    return isfinite(day) ? RSP_OK
                         : rsp_fail(err, RSP_RANGE,
                                    "%s on day %g: a finite day is expected",
                                    what, day);
}

static double *covariates_at(rsp_dataset_maker *m, size_t i)
{
    size_t n = m->view.n_covariates, block = i / SUBJECTS_PER_BLOCK;
    if (block == m->n_blocks) {
        if (!RSP_GROW(&m->blocks, &m->blocks_capacity, block + 1)) {
            return NULL;
        }
        m->blocks[block] = calloc(SUBJECTS_PER_BLOCK * n + 1, sizeof(double));
        if (!m->blocks[block]) {
            return NULL;
        }
        m->n_blocks++;
    }
    return m->blocks[block] + i % SUBJECTS_PER_BLOCK * n;
}

/* Texts are kept beside those of the rows, and go with them. */
static const char **texts_at(rsp_dataset_maker *m, const rsp_subject *row)
{
    size_t i = m->view.n_subjects, n = m->view.n_texts, block = i / SUBJECTS_PER_BLOCK;
    if (block == m->n_words) {
        if (!RSP_GROW(&m->words, &m->words_capacity, block + 1)) {
            return NULL;
        }
        m->words[block] = calloc(SUBJECTS_PER_BLOCK * n + 1, sizeof(const char *));
        if (!m->words[block]) {
            return NULL;
        }
        m->n_words++;
    }
    const char **texts = m->words[block] + i % SUBJECTS_PER_BLOCK * n;
    for (size_t k = 0; k < n; k++) {
        texts[k] = row->texts ? row->texts[k] : "";
        if (!keep(m, SUBJECT_TEXT, &texts[k])) {
            return NULL;
        }
    }
    return texts;
}

rsp_status rsp_dataset_add_subject(rsp_dataset_maker *m, const rsp_subject *row,
                                   rsp_error *err)
{
    rsp_status s = check_row(m, row->arm, 0.0, "a participant", err);
    if (s != RSP_OK) {
        return s;
    }
    size_t n = m->view.n_subjects;
    rsp_subject copy = *row;
    double *covariates = covariates_at(m, n);
    const char **texts = texts_at(m, row);
    if (!covariates || !texts || !keep(m, SUBJECT_REASON, &copy.reason) ||
        !keep(m, SUBJECT_ID, &copy.id) ||
        !MAKE_ROOM(&m->of_subjects, &m->subjects, n)) {
        return out_of_memory(err);
    }
    for (size_t i = 0; i < m->view.n_covariates; i++) {
        covariates[i] = row->covariates ? row->covariates[i] : (double)NAN;
    }
    copy.covariates = covariates;
    copy.texts = texts;
    m->subjects[n] = copy;
    m->view.subjects = m->subjects;
    m->view.n_subjects++;
    return RSP_OK;
}

rsp_status rsp_dataset_add_happening(rsp_dataset_maker *m,
                                     const rsp_happening *row, rsp_error *err)
{
    rsp_status s = check_row(m, row->arm, row->day, "a happening", err);
    if (s != RSP_OK) {
        return s;
    }
    size_t n = m->view.n_happenings;
    rsp_happening copy = *row;
    if (!keep(m, WHAT, &copy.what) || !keep(m, HAPPENING_REASON, &copy.reason) ||
        !MAKE_ROOM(&m->of_happenings, &m->happenings, n)) {
        return out_of_memory(err);
    }
    m->happenings[n] = copy;
    m->view.happenings = m->happenings;
    m->view.n_happenings++;
    return RSP_OK;
}

rsp_status rsp_dataset_add_measurement(rsp_dataset_maker *m,
                                       const rsp_measurement *row,
                                       rsp_error *err)
{
    rsp_status s = check_row(m, row->arm, row->day, "a measurement", err);
    if (s != RSP_OK) {
        return s;
    }
    if ((unsigned)row->state > RSP_MISSING) {
        return rsp_fail(err, RSP_RANGE, "a measurement in the unknown state %d",
                        (int)row->state);
    }
    if (row->state == RSP_NUMBER && !isfinite(row->value)) {
        return rsp_fail(err, RSP_RANGE,
                        "a measurement of %g: a finite value is expected",
                        row->value);
    }
    size_t n = m->view.n_measurements;
    rsp_measurement copy = *row;
    if (!keep(m, ASSAY, &copy.assay) || !keep(m, UNIT, &copy.unit) ||
        !keep(m, MEASUREMENT_REASON, &copy.reason) ||
        !MAKE_ROOM(&m->of_measurements, &m->measurements, n)) {
        return out_of_memory(err);
    }
    copy.value = row->state == RSP_NUMBER ? row->value : (double)NAN;
    m->measurements[n] = copy;
    m->view.measurements = m->measurements;
    m->view.n_measurements++;
    return RSP_OK;
}

rsp_status rsp_dataset_add_endpoint(rsp_dataset_maker *m,
                                    const rsp_endpoint_row *row, rsp_error *err)
{
    if ((unsigned)row->end > RSP_END_NOT_STARTED) {
        return rsp_fail(err, RSP_RANGE, "an endpoint with the unknown end %d",
                        (int)row->end);
    }
    /* Who was never at risk has no day. */
    double day = row->end == RSP_END_NOT_STARTED ? 0.0 : row->day;
    rsp_status s = check_row(m, row->arm, day, "an endpoint", err);
    if (s != RSP_OK) {
        return s;
    }
    size_t n = m->view.n_endpoints;
    rsp_endpoint_row copy = *row;
    if (!keep(m, ENDPOINT, &copy.endpoint) ||
        !MAKE_ROOM(&m->of_endpoints, &m->endpoints, n)) {
        return out_of_memory(err);
    }
    m->endpoints[n] = copy;
    m->view.endpoints = m->endpoints;
    m->view.n_endpoints++;
    return RSP_OK;
}

static bool same_names(const char *const *a, size_t na, const char *const *b,
                       size_t nb)
{
    bool same = na == nb;
    for (size_t i = 0; same && i < na; i++) {
        same = strcmp(a[i], b[i]) == 0;
    }
    return same;
}

static rsp_status append_rows(rsp_dataset_maker *m, const rsp_dataset *chunk,
                              rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < chunk->n_subjects; i++) {
        s = rsp_dataset_add_subject(m, &chunk->subjects[i], err);
    }
    for (size_t i = 0; s == RSP_OK && i < chunk->n_happenings; i++) {
        s = rsp_dataset_add_happening(m, &chunk->happenings[i], err);
    }
    for (size_t i = 0; s == RSP_OK && i < chunk->n_measurements; i++) {
        s = rsp_dataset_add_measurement(m, &chunk->measurements[i], err);
    }
    for (size_t i = 0; s == RSP_OK && i < chunk->n_endpoints; i++) {
        s = rsp_dataset_add_endpoint(m, &chunk->endpoints[i], err);
    }
    return s;
}

rsp_status rsp_dataset_append(rsp_dataset_maker *m, const rsp_dataset *chunk,
                              rsp_error *err)
{
    RSP_ASSERT(chunk != &m->view);
    const rsp_dataset before = m->view;
    if (!same_names(before.arms, before.n_arms, chunk->arms, chunk->n_arms) ||
        !same_names(before.covariates, before.n_covariates, chunk->covariates,
                    chunk->n_covariates) ||
        !same_names(before.texts, before.n_texts, chunk->texts, chunk->n_texts)) {
        return rsp_fail(err, RSP_DATA,
                        "rows of study %s cannot be joined to %s: arms or "
                        "covariates differ",
                        chunk->study, before.study);
    }
    rsp_status s = append_rows(m, chunk, err);
    if (s != RSP_OK) {
        m->view.n_subjects = before.n_subjects;
        m->view.n_happenings = before.n_happenings;
        m->view.n_measurements = before.n_measurements;
        m->view.n_endpoints = before.n_endpoints;
    }
    return s;
}

/* ---- Canonical order. */

static int compare_person(uint32_t trial_a, uint32_t participant_a,
                          uint32_t arm_a, uint32_t trial_b,
                          uint32_t participant_b, uint32_t arm_b)
{
    if (trial_a != trial_b) {
        return trial_a < trial_b ? -1 : 1;
    }
    if (participant_a != participant_b) {
        return participant_a < participant_b ? -1 : 1;
    }
    return (arm_a > arm_b) - (arm_a < arm_b);
}

#define COMPARE_PERSON(a, b)                                                   \
    compare_person((a)->trial, (a)->participant, (a)->arm, (b)->trial,         \
                   (b)->participant, (b)->arm)

static int compare_kind(const char *a, const char *b)
{
    uint32_t x = rsp_names_rank(a), y = rsp_names_rank(b);
    return (x > y) - (x < y);
}

static int compare_day_then_kind(double a, double b, const char *kind_a,
                                 const char *kind_b)
{
    return a != b ? (a < b ? -1 : 1) : compare_kind(kind_a, kind_b);
}

static int by_subject(const void *a, const void *b)
{
    const rsp_subject *x = a, *y = b;
    return COMPARE_PERSON(x, y);
}

static int by_happening(const void *a, const void *b)
{
    const rsp_happening *x = a, *y = b;
    int c = COMPARE_PERSON(x, y);
    return c ? c : compare_day_then_kind(x->day, y->day, x->what, y->what);
}

static int by_measurement(const void *a, const void *b)
{
    const rsp_measurement *x = a, *y = b;
    int c = COMPARE_PERSON(x, y);
    return c ? c : compare_day_then_kind(x->day, y->day, x->assay, y->assay);
}

static int by_endpoint(const void *a, const void *b)
{
    const rsp_endpoint_row *x = a, *y = b;
    int c = COMPARE_PERSON(x, y);
    return c ? c : compare_kind(x->endpoint, y->endpoint);
}

void rsp_dataset_sort(rsp_dataset_maker *m)
{
    const rsp_dataset *v = &m->view;
    rsp_names_rank_all(m->texts);
    rsp_rows_sort(m->subjects, v->n_subjects, sizeof *m->subjects, by_subject,
                  m->of_subjects.scratch);
    rsp_rows_sort(m->happenings, v->n_happenings, sizeof *m->happenings,
                  by_happening, m->of_happenings.scratch);
    rsp_rows_sort(m->measurements, v->n_measurements, sizeof *m->measurements,
                  by_measurement, m->of_measurements.scratch);
    rsp_rows_sort(m->endpoints, v->n_endpoints, sizeof *m->endpoints,
                  by_endpoint, m->of_endpoints.scratch);
}

void rsp_dataset_clear(rsp_dataset_maker *m)
{
    m->view.n_subjects = m->view.n_happenings = 0;
    m->view.n_measurements = m->view.n_endpoints = 0;
    if (rsp_names_count(m->texts) > MOST_TEXTS_KEPT) {
        rsp_names_clear(m->texts);
        memset(m->last, 0, sizeof m->last);
    }
}

const rsp_dataset *rsp_dataset_view(const rsp_dataset_maker *m)
{
    return &m->view;
}

bool rsp_subject_has_course(const rsp_subject *s)
{
    return !s->failed && !s->product_failed && !s->screened_out;
}

size_t rsp_dataset_screened_out(const rsp_dataset *d, size_t arm)
{
    double before = 0;
    size_t own = 0;
    for (size_t k = 0; k < d->n_covariates; k++) {
        bool is_it = strcmp(d->covariates[k], "screened_out") == 0 ||
                     strcmp(d->covariates[k], "NSCRNOUT") == 0;
        for (size_t i = 0; is_it && i < d->n_subjects; i++) {
            const rsp_subject *s = &d->subjects[i];
            before += s->arm == arm && s->covariates[k] > 0 ? s->covariates[k] : 0;
        }
    }
    for (size_t i = 0; i < d->n_subjects; i++) {
        own += d->subjects[i].arm == arm && d->subjects[i].screened_out;
    }
    return (size_t)before + own;
}
