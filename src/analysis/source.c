#include "analysis/source.h"

#include <string.h>

/* `data:` of a plan into the maps of respite/import.h. */

enum { MOST_FILES = 20, MOST_ROLES = 200 };

static size_t items(const tree *t) { return t && t->kind == TREE_LIST ? t->n : t ? 1 : 0; }
static const tree *first(const tree *t) { return t && t->kind == TREE_LIST ? t->first : t; }

static const char *optional(reader *r, const tree *map, const char *key)
{
    const tree *t = tree_get(map, key);
    return t && reading(r) ? reader_text(r, t, key) : NULL;
}

/* {column: X} or {text: X}; a word alone is a column where `column` is true. */
static rsp_import_cell cell(reader *r, const tree *map, const char *key, bool column)
{
    static const char *const known[] = {"column", "text", NULL};
    const tree *t = tree_get(map, key);
    rsp_import_cell c = {NULL, NULL};
    double v;
    if (!t || !reading(r)) {
        return c;
    }
    if (t->kind == TREE_MAP) {
        if (reader_map(r, t, key, known)) {
            c.column = optional(r, t, "column");
            c.text = optional(r, t, "text");
        }
        return c;
    }
    const char *s = reader_text(r, t, key);
    bool is_number = rsp_number_read(s, strlen(s), &v);
    return column && !is_number ? (rsp_import_cell){s, NULL} : (rsp_import_cell){NULL, s};
}

static bool flag(reader *r, const tree *map, const char *key)
{
    static const char *const words[] = {"no", "yes", "false", "true", NULL};
    const tree *t = tree_get(map, key);
    return t && reading(r) && reader_choice(r, t, key, words) % 2;
}

static const char *const *texts(reader *r, const tree *map, const char *key, size_t *n)
{
    const tree *t = tree_get(map, key);
    const char **v = reader_alloc(r, items(t), sizeof *v);
    *n = 0;
    for (const tree *c = first(t); c && *n < items(t) && reading(r); c = c->next) {
        v[(*n)++] = reader_text(r, c, key);
    }
    return v;
}

/* ---- Roles of columns. */
static rsp_import_measure measure(reader *r, const tree *t)
{
    static const char *const known[] = {"assay", "value", "unit", "limit", "upper", "below",
                                        "above", "reason", "repeats", NULL};
    rsp_import_measure m = {{NULL, NULL}, NULL, {NULL, NULL}, {NULL, NULL}, {NULL, NULL}, NULL,
                            NULL, NULL, false};
    if (reader_map(r, t, "measurements", known)) {
        reader_need(r, t, "assay", "a measurement");
        reader_need(r, t, "value", "a measurement");
        m.assay = cell(r, t, "assay", false);
        m.value = optional(r, t, "value");
        m.unit = cell(r, t, "unit", false);
        m.limit = cell(r, t, "limit", true);
        m.upper = cell(r, t, "upper", true);
        m.below = optional(r, t, "below");
        m.above = optional(r, t, "above");
        m.reason = optional(r, t, "reason");
        m.repeats = flag(r, t, "repeats");
    }
    return m;
}

static rsp_import_happening happening(reader *r, const tree *t)
{
    static const char *const known[] = {"what", "day", "date", "amount", "reason", NULL};
    rsp_import_happening h = {{NULL, NULL}, NULL, NULL, NULL, NULL};
    if (reader_map(r, t, "happenings", known)) {
        reader_need(r, t, "what", "a happening");
        h.what = cell(r, t, "what", false);
        h.day = optional(r, t, "day");
        h.date = optional(r, t, "date");
        h.amount = optional(r, t, "amount");
        h.reason = optional(r, t, "reason");
    }
    return h;
}

/* "codes: {1: event, 0: censored, 2: restart}" */
static void codes(reader *r, const tree *t, rsp_import_endpoint *e)
{
    if (!t || !reader_kind(r, t, TREE_MAP, "codes")) {
        return;
    }
    rsp_import_code *v = reader_alloc(r, t->n, sizeof *v);
    size_t n = 0;
    for (const tree *c = t->first; c && reading(r); c = c->next, n++) {
        const char *word = reader_text(r, c, "a code");
        v[n].text = c->key;
        if (reading(r) && !rsp_import_end(word, &v[n].end)) {
            reader_fail(r, c, RSP_NAME, "codes: '%.40s' is no end of an endpoint; known are event, "
                                        "censored, end of study, restart, lost, not confirmed, "
                                        "not started", word);
        }
    }
    e->codes = v;
    e->n_codes = n;
}

static rsp_import_endpoint endpoint(reader *r, const tree *t)
{
    static const char *const known[] = {"endpoint", "time", "left", "right", "unit", "event",
                                        "cnsr", "codes", "start day", NULL};
    rsp_import_endpoint e = {.time = NULL};
    if (reader_map(r, t, "endpoints", known)) {
        reader_need(r, t, "endpoint", "an endpoint");
        e.endpoint = cell(r, t, "endpoint", false);
        e.time = optional(r, t, "time");
        e.left = optional(r, t, "left");
        e.right = optional(r, t, "right");
        e.unit = cell(r, t, "unit", false);
        e.event = optional(r, t, "event");
        e.cnsr = optional(r, t, "cnsr");
        e.start_day = optional(r, t, "start day");
        codes(r, tree_get(t, "codes"), &e);
    }
    return e;
}

static void roles(reader *r, const tree *t, rsp_import_map *map)
{
    const tree *m = tree_get(t, "measurements"), *h = tree_get(t, "happenings");
    const tree *e = tree_get(t, "endpoints");
    if (items(m) + items(h) + items(e) > MOST_ROLES) {
        reader_fail(r, t, RSP_RANGE, "more than %d roles of columns", MOST_ROLES);
        return;
    }
    rsp_import_measure *measures = reader_alloc(r, items(m), sizeof *measures);
    rsp_import_happening *happenings = reader_alloc(r, items(h), sizeof *happenings);
    rsp_import_endpoint *endpoints = reader_alloc(r, items(e), sizeof *endpoints);
    for (const tree *c = first(m); c && reading(r) && map->n_measures < items(m); c = c->next) {
        measures[map->n_measures++] = measure(r, c);
    }
    for (const tree *c = first(h); c && reading(r) && map->n_happenings < items(h); c = c->next) {
        happenings[map->n_happenings++] = happening(r, c);
    }
    for (const tree *c = first(e); c && reading(r) && map->n_endpoints < items(e); c = c->next) {
        endpoints[map->n_endpoints++] = endpoint(r, c);
    }
    map->measures = measures;
    map->happenings = happenings;
    map->endpoints = endpoints;
}

/* "rows: {PARAMCD: VL}": only those whose cells are so. */
static void rows(reader *r, const tree *t, rsp_import_map *map)
{
    if (!t || !reader_kind(r, t, TREE_MAP, "rows")) {
        return;
    }
    rsp_import_where *v = reader_alloc(r, t->n, sizeof *v);
    for (const tree *c = t->first; c && reading(r); c = c->next) {
        if (reader_kind(r, c, TREE_TEXT, "rows")) {
            v[map->n_where++] = (rsp_import_where){c->key, c->text};
        }
    }
    map->where = v;
}

static void read_map(reader *r, const tree *t, source *s)
{
    rsp_import_map *map = &s->map;
    map->subject = optional(r, t, "subject");
    map->arm = cell(r, t, "arm", true);
    map->day = optional(r, t, "day");
    map->day_unit = optional(r, t, "day unit");
    map->date = optional(r, t, "date");
    map->reference = cell(r, t, "reference", true);
    map->planned_day = optional(r, t, "planned day");
    map->covariates = texts(r, t, "covariates", &map->n_covariates);
    map->dropped = texts(r, t, "drop", &map->n_dropped);
    rows(r, tree_get(t, "rows"), map);
    roles(r, t, map);
}

/* "assays: {1: viral_load, 2: car_copies}", by DVID */
static void read_nonmem(reader *r, const tree *t, rsp_nonmem *how)
{
    const tree *assays = tree_get(t, "assays");
    how->time_unit = optional(r, t, "time unit");
    how->arm = optional(r, t, "arm");
    if (!assays || !reader_kind(r, assays, TREE_MAP, "assays")) {
        return;
    }
    rsp_nonmem_assay *v = reader_alloc(r, assays->n, sizeof *v);
    size_t n = 0;
    for (const tree *c = assays->first; c && reading(r); c = c->next) {
        v[n] = (rsp_nonmem_assay){.name = reader_text(r, c, "an assay"), .unit = ""};
        if (reading(r) && !rsp_number_read(c->key, strlen(c->key), &v[n++].code)) {
            reader_fail_key(r, c, RSP_SYNTAX, "assays: '%.40s' is no number of DVID", c->key);
        }
    }
    how->assays = v;
    how->n_assays = n;
}

/* What a file says itself, in a format of its own. */
static void read_format(reader *r, const tree *t, source *s)
{
    static const char *const formats[] = {"adam", "nonmem", NULL};
    static const char *const adam[] = {"file", "format", NULL};
    static const char *const nonmem[] = {"file", "format", "time unit", "arm", "assays", NULL};
    s->format = reader_choice(r, tree_get(t, "format"), "format", formats) ? FORMAT_NONMEM
                                                                          : FORMAT_ADAM;
    if (reader_map(r, t, "data", s->format == FORMAT_ADAM ? adam : nonmem)) {
        s->file = optional(r, t, "file");
        read_nonmem(r, t, &s->nonmem);
    }
}

static void read_source(reader *r, const tree *t, source *s)
{
    static const char *const known[] = {
        "file", "format", "subject", "arm", "day", "day unit", "date", "reference", "planned day",
        "covariates", "drop", "rows", "measurements", "happenings", "endpoints", NULL};
    *s = (source){.at = t};
    if (t->kind == TREE_TEXT) {
        s->file = reader_text(r, t, "data");
        return;
    }
    if (t->kind == TREE_MAP && tree_get(t, "format")) {
        read_format(r, t, s);
        return;
    }
    if (!reader_map(r, t, "data", known)) {
        return;
    }
    s->file = optional(r, t, "file");
    s->has_map = t->n > (s->file ? 1 : 0);
    if (s->has_map) {
        reader_need(r, t, "subject", "the map of columns");
        read_map(r, t, s);
    }
}

void sources_read(reader *r, const tree *t, const source **sources, size_t *n)
{
    *sources = NULL;
    *n = 0;
    if (!t || !reading(r)) {
        return;
    }
    if (items(t) < 1 || items(t) > MOST_FILES) {
        reader_fail(r, t, RSP_RANGE, "data lists 1 to %d files", MOST_FILES);
        return;
    }
    source *v = reader_alloc(r, items(t), sizeof *v);
    size_t k = 0;
    for (const tree *c = first(t); c && reading(r) && k < items(t); c = c->next) {
        read_source(r, c, &v[k++]);
    }
    *sources = v;
    *n = k;
}
