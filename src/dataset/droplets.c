/* Droplets of digital PCR, by pattern of positive targets or by target. */
#include <stdlib.h>
#include <string.h>

#include "dataset/wells.h"

enum { MOST = RSP_DROPLET_TARGETS_MOST, WELLS_MOST = 10000 };

static const char *const well_names[] = {"well", NULL};
static const char *const sample_names[] = {"sample", "sample description", "sample description 1",
                                           NULL};
static const char *const target_names[] = {"target", NULL};
static const char *const positive_names[] = {"positives", "positive", NULL};
static const char *const negative_names[] = {"negatives", "negative", NULL};
static const char *const accepted_names[] = {"accepted_droplets", "accepted droplets", NULL};
static const char *const count_names[] = {"droplets", "count", "accepted_droplets",
                                          "accepted droplets", NULL};

/* A well while it is read. */
typedef struct making {
    const char *well, *sample;
    const char *targets[MOST];
    size_t n_targets;
    double droplets, unclassified, positive[MOST], counts[1 << MOST];
    unsigned has; /* by pattern: the target columns that the well has */
    bool seen[1 << MOST];
} making;

typedef struct reader {
    rsp_table *t;
    rsp_arena *arena;
    int well, sample, target, positive, negative, accepted, count;
    int targets[MOST]; /* columns, by pattern */
    size_t n_targets;
    making *wells;
    size_t n, capacity;
} reader;

static rsp_status no_memory(rsp_error *err)
{
    return rsp_fail(err, RSP_NOMEM, "no memory for the wells of a plate");
}

static const char *copy(reader *r, const char *s)
{
    return rsp_arena_copy(r->arena, s, strlen(s));
}

/* The well of a row, made at first sight; plates have few. */
static rsp_status find_well(reader *r, size_t row, making **out, rsp_error *err)
{
    const char *name = rsp_table_cell(r->t, row, r->well);
    const char *sample = rsp_table_cell(r->t, row, r->sample);
    if (!*name) {
        return rsp_table_fail(r->t, row, r->well, err, "the name of a well is expected");
    }
    for (size_t i = r->n; i-- > 0;) { /* rows of a well stand together, mostly */
        if (strcmp(r->wells[i].well, name) == 0) {
            *out = &r->wells[i];
            return strcmp(r->wells[i].sample, sample) == 0
                       ? RSP_OK
                       : rsp_table_fail(r->t, row, r->sample, err,
                                        "the well has the sample '%.60s' above",
                                        r->wells[i].sample);
        }
    }
    if (r->n == WELLS_MOST) {
        return rsp_table_fail(r->t, row, r->well, err, "at most %d wells are expected", WELLS_MOST);
    }
    if (!RSP_GROW(&r->wells, &r->capacity, r->n + 1)) {
        return no_memory(err);
    }
    *out = &r->wells[r->n];
    **out = (making){.well = copy(r, name), .sample = copy(r, sample)};
    r->n++;
    return (*out)->well && (*out)->sample ? RSP_OK : no_memory(err);
}

/* ---- By target. */

static rsp_status read_target(reader *r, size_t row, rsp_error *err)
{
    making *w = NULL;
    double positive, negative, accepted;
    const char *target = rsp_table_cell(r->t, row, r->target);
    rsp_status s = find_well(r, row, &w, err);
    s = s == RSP_OK ? rsp_cell_count(r->t, row, r->positive, &positive, err) : s;
    s = s == RSP_OK ? rsp_cell_count(r->t, row, r->negative, &negative, err) : s;
    if (s == RSP_OK && r->accepted != RSP_NO_COLUMN) {
        s = rsp_cell_count(r->t, row, r->accepted, &accepted, err);
        if (s == RSP_OK && accepted != positive + negative) {
            return rsp_table_fail(r->t, row, r->accepted, err,
                                  "positives and negatives add up to %.15g", positive + negative);
        }
    }
    if (s != RSP_OK) {
        return s;
    }
    for (size_t i = 0; i < w->n_targets; i++) {
        if (strcmp(w->targets[i], target) == 0) {
            return rsp_table_fail(r->t, row, r->target, err, "the well has this target above");
        }
    }
    if (w->n_targets == MOST || !*target) {
        return rsp_table_fail(r->t, row, r->target, err, "the name of a target is expected, at "
                              "most %d a well", MOST);
    }
    if (w->n_targets && w->droplets != positive + negative) {
        return rsp_table_fail(r->t, row, r->positive, err,
                              "with its negatives that makes %.15g droplets; another target of "
                              "the well has %.15g", positive + negative, w->droplets);
    }
    w->droplets = positive + negative;
    w->positive[w->n_targets] = positive;
    w->targets[w->n_targets] = copy(r, target);
    return w->targets[w->n_targets++] ? RSP_OK : no_memory(err);
}

/* ---- By pattern. */

static bool is_mark(const char *s)
{
    return !*s || strcmp(s, "0") == 0 || strcmp(s, "1") == 0 || rsp_same_word(s, "u");
}

/* "Target 1": meant to be one, whatever a cell says. */
static bool is_target_name(const char *name)
{
    char start[7];
    snprintf(start, sizeof start, "%s", name);
    return rsp_same_word(start, "target");
}

/* A column without another role whose cells are all 0, 1, u or empty is a target. */
static rsp_status find_targets(reader *r, rsp_error *err)
{
    for (size_t c = 0; c < r->t->n_columns; c++) {
        bool marks = !r->t->used[c], some = false;
        size_t at = 0;
        for (size_t row = 0; marks && row < r->t->n_rows; row++) {
            const char *s = rsp_table_cell(r->t, row, (int)c);
            marks = is_mark(s);
            some = some || *s;
            at = row;
        }
        const char *name = rsp_table_column(r->t, c);
        if (!r->t->used[c] && !marks && is_target_name(name)) {
            return rsp_table_fail(r->t, at, (int)c, err, "0, 1, u or nothing is expected");
        }
        if (!marks || !some) {
            continue;
        }
        if (r->n_targets == MOST) {
            return rsp_fail_at(err, RSP_DATA, r->t->name, NULL, 1, 1, "more than %d targets", MOST);
        }
        r->targets[r->n_targets++] = (int)c;
    }
    return r->n_targets ? RSP_OK
                        : rsp_fail_at(err, RSP_DATA, r->t->name, NULL, 1, 1,
                                      "there is no column of a target (0 or 1 in every row)");
}

static rsp_status read_pattern(reader *r, size_t row, rsp_error *err)
{
    making *w = NULL;
    double count;
    unsigned has = 0, pattern = 0;
    bool unclassified = false;
    rsp_status s = find_well(r, row, &w, err);
    s = s == RSP_OK ? rsp_cell_count(r->t, row, r->count, &count, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    for (size_t i = 0; i < r->n_targets; i++) {
        const char *mark = rsp_table_cell(r->t, row, r->targets[i]);
        has |= *mark ? 1u << i : 0;
        pattern |= strcmp(mark, "1") == 0 ? 1u << i : 0;
        unclassified = unclassified || rsp_same_word(mark, "u");
    }
    bool first = w->has == 0;
    w->has = first ? has : w->has;
    if (has == 0 || w->has != has) {
        return rsp_table_fail(r->t, row, RSP_NO_COLUMN, err,
                              "well %.40s has other targets here than above (an empty cell is a "
                              "target that the well does not have)", w->well);
    }
    if (unclassified) {
        w->unclassified += count;
        return RSP_OK;
    }
    if (w->seen[pattern]) {
        return rsp_table_fail(r->t, row, RSP_NO_COLUMN, err,
                              "well %.40s has this combination of targets above", w->well);
    }
    w->seen[pattern] = true;
    w->counts[pattern] = count; /* packed when the well is whole */
    w->droplets += count;
    return RSP_OK;
}

/* The columns that a well has, packed to its own targets. */
static rsp_status pack(reader *r, making *w, rsp_error *err)
{
    double counts[1 << MOST] = {0};
    unsigned bit_of[MOST] = {0};
    for (size_t i = 0; i < r->n_targets; i++) {
        if (w->has & (1u << i)) {
            bit_of[i] = 1u << w->n_targets;
            w->targets[w->n_targets] = copy(r, rsp_table_column(r->t, (size_t)r->targets[i]));
            if (!w->targets[w->n_targets++]) {
                return no_memory(err);
            }
        }
    }
    for (unsigned p = 0; p < 1u << r->n_targets; p++) {
        unsigned packed = 0;
        for (size_t i = 0; i < r->n_targets; i++) {
            packed |= p & (1u << i) ? bit_of[i] : 0;
        }
        counts[packed] += w->counts[p];
    }
    for (size_t i = 0; i < w->n_targets; i++) {
        for (unsigned p = 0; p < 1u << w->n_targets; p++) {
            w->positive[i] += p & (1u << i) ? counts[p] : 0;
        }
    }
    memcpy(w->counts, counts, sizeof counts);
    return RSP_OK;
}

/* ---- The table. */

static void *keep(reader *r, const void *from, size_t n, size_t size)
{
    void *to = rsp_arena_alloc(r->arena, n, size);
    if (to) {
        memcpy(to, from, n * size);
    }
    return to;
}

static rsp_status finish(reader *r, bool patterns, rsp_droplets *out, rsp_error *err)
{
    rsp_droplet_well *wells = rsp_arena_alloc(r->arena, r->n, sizeof *wells);
    rsp_status s = wells ? RSP_OK : no_memory(err);
    for (size_t i = 0; s == RSP_OK && i < r->n; i++) {
        making *w = &r->wells[i];
        s = patterns ? pack(r, w, err) : RSP_OK;
        if (s != RSP_OK) {
            return s;
        }
        wells[i] = (rsp_droplet_well){
            .well = w->well, .sample = w->sample, .n_targets = w->n_targets,
            .droplets = w->droplets, .unclassified = w->unclassified,
            .targets = keep(r, w->targets, w->n_targets, sizeof *w->targets),
            .positive = keep(r, w->positive, w->n_targets, sizeof *w->positive),
            .counts = patterns ? keep(r, w->counts, (size_t)1 << w->n_targets, sizeof *w->counts)
                               : NULL};
        bool ok = wells[i].targets && wells[i].positive && (!patterns || wells[i].counts);
        s = ok ? RSP_OK : no_memory(err);
    }
    *out = (rsp_droplets){wells, r->n};
    return s;
}

static rsp_status read_rows(reader *r, bool patterns, rsp_error *err)
{
    rsp_status s = patterns ? find_targets(r, err) : RSP_OK;
    for (size_t row = 0; s == RSP_OK && row < r->t->n_rows; row++) {
        s = patterns ? read_pattern(r, row, err) : read_target(r, row, err);
    }
    return s;
}

static rsp_status read_plate(rsp_table *t, rsp_arena *arena, void *out, rsp_error *err)
{
    reader r = {.t = t, .arena = arena};
    r.well = rsp_wells_column(t, well_names);
    r.sample = rsp_wells_column(t, sample_names);
    r.target = rsp_wells_column(t, target_names);
    r.positive = rsp_wells_column(t, positive_names);
    r.negative = rsp_wells_column(t, negative_names);
    bool patterns = r.target == RSP_NO_COLUMN;
    r.accepted = patterns ? RSP_NO_COLUMN : rsp_wells_column(t, accepted_names);
    r.count = patterns ? rsp_wells_column(t, count_names) : RSP_NO_COLUMN;
    bool whole = r.well != RSP_NO_COLUMN &&
                 (patterns ? r.count != RSP_NO_COLUMN
                           : r.positive != RSP_NO_COLUMN && r.negative != RSP_NO_COLUMN);
    if (!whole) {
        return rsp_fail_at(err, RSP_NAME, t->name, t->text, 1, 1,
                           "a plate has the columns well, target, positives and negatives, or "
                           "well, one of 0 and 1 a target, and droplets");
    }
    rsp_status s = read_rows(&r, patterns, err);
    s = s == RSP_OK ? finish(&r, patterns, out, err) : s;
    free(r.wells);
    return s;
}

rsp_status rsp_droplets_read(const char *path, rsp_arena *arena, rsp_droplets *out, rsp_error *err)
{
    return rsp_wells_open(path, arena, read_plate, out, err);
}

rsp_status rsp_droplets_read_text(const char *name, const char *text, size_t length,
                                  rsp_arena *arena, rsp_droplets *out, rsp_error *err)
{
    return rsp_wells_text(name, text, length, arena, read_plate, out, err);
}

/* ---- Names of one, patterns of the other. */

static const rsp_droplet_well *find(const rsp_droplets *d, const char *well)
{
    for (size_t i = 0; i < d->n_wells; i++) {
        if (strcmp(d->wells[i].well, well) == 0) {
            return &d->wells[i];
        }
    }
    return NULL;
}

static rsp_status check_pair(const rsp_droplet_well *a, const rsp_droplet_well *b, rsp_error *err)
{
    if (!b) {
        return rsp_fail(err, RSP_DATA, "well %.40s has no row in the plate by target", a->well);
    }
    if (a->n_targets != b->n_targets) {
        return rsp_fail(err, RSP_DATA, "well %.40s has %zu targets by pattern, %zu by target",
                        a->well, a->n_targets, b->n_targets);
    }
    for (size_t i = 0; i < a->n_targets; i++) {
        if (a->positive[i] != b->positive[i] && a->unclassified == 0) {
            return rsp_fail(err, RSP_DATA, "well %.40s, target %.40s: %.15g droplets positive by "
                            "pattern, %.15g by target", a->well, b->targets[i], a->positive[i],
                            b->positive[i]);
        }
    }
    return RSP_OK;
}

rsp_status rsp_droplets_name(const rsp_droplets *by_pattern, const rsp_droplets *by_target,
                             rsp_arena *arena, rsp_droplets *out, rsp_error *err)
{
    size_t n = by_pattern->n_wells;
    rsp_droplet_well *wells = rsp_arena_alloc(arena, n + 1, sizeof *wells);
    rsp_status s = wells ? RSP_OK : no_memory(err);
    for (size_t i = 0; s == RSP_OK && i < n; i++) {
        const rsp_droplet_well *b = find(by_target, by_pattern->wells[i].well);
        s = check_pair(&by_pattern->wells[i], b, err);
        if (s == RSP_OK) {
            wells[i] = by_pattern->wells[i];
            wells[i].targets = b->targets;
            wells[i].sample = b->sample;
        }
    }
    for (size_t i = 0; s == RSP_OK && i < by_target->n_wells; i++) {
        if (!find(by_pattern, by_target->wells[i].well)) {
            s = rsp_fail(err, RSP_DATA, "well %.40s has no row in the plate by pattern",
                         by_target->wells[i].well);
        }
    }
    if (s == RSP_OK) {
        *out = (rsp_droplets){wells, n};
    }
    return s;
}
