/* No participant has two results of one assay on one day, nor of one endpoint. */
#include <stdlib.h>
#include <string.h>

#include "dataset/importer.h"

typedef struct entry {
    uint32_t person, kind; /* the assay or endpoint, by number of its text */
    double day;
    rsp_row_source from;
} entry;

static int by_person_kind_day(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->person != y->person) {
        return x->person < y->person ? -1 : 1;
    }
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    if (x->day != y->day) {
        return x->day < y->day ? -1 : 1;
    }
    if (x->from.file != y->from.file) {
        return x->from.file < y->from.file ? -1 : 1;
    }
    return (x->from.row > y->from.row) - (x->from.row < y->from.row);
}

static bool same(const entry *a, const entry *b)
{
    return a->person == b->person && a->kind == b->kind && a->day == b->day &&
           !(a->from.repeats && b->from.repeats);
}

static rsp_status fail(const rsp_importer *im, const rsp_table *t, const entry *a,
                       const entry *b, const char *what, bool dated, rsp_error *err)
{
    char when[48] = "", where[80];
    if (dated) {
        snprintf(when, sizeof when, " on day %.10g", b->day);
    }
    bool here = a->from.file == b->from.file && b->from.file == im->n_files - 1;
    if (here && a->from.row != b->from.row && t->lines) {
        snprintf(where, sizeof where, "on line %u", (unsigned)rsp_table_line(t, a->from.row));
    } else if (here) {
        snprintf(where, sizeof where, "in row %u", (unsigned)a->from.row + 1);
    } else {
        snprintf(where, sizeof where, "in %.60s", im->files[a->from.file]);
    }
    return rsp_table_fail(t, b->from.row, RSP_NO_COLUMN, err,
                          "participant %.60s has a second %.60s%s; the first is %s",
                          im->people[b->person].id, what, when, where);
}

static rsp_status check(const rsp_importer *im, const rsp_table *t, entry *entries, size_t n,
                        bool dated, rsp_error *err)
{
    rsp_status s = RSP_OK;
    qsort(entries, n, sizeof *entries, by_person_kind_day);
    for (size_t i = 1; s == RSP_OK && i < n; i++) {
        const entry *a = &entries[i - 1], *b = &entries[i];
        /* Those of earlier tables were seen to be distinct when these ended. */
        if (same(a, b) && b->from.file == im->n_files - 1) {
            const char *what = "";
            for (size_t k = 0; dated && k < im->n_measurements; k++) {
                const char *assay = im->measurements[k].assay;
                what = rsp_names_number(assay) == b->kind ? assay : what;
            }
            for (size_t k = 0; !dated && k < im->n_endpoints; k++) {
                const char *endpoint = im->endpoints[k].endpoint;
                what = rsp_names_number(endpoint) == b->kind ? endpoint : what;
            }
            s = fail(im, t, a, b, what, dated, err);
        }
    }
    return s;
}

rsp_status rsp_importer_end(const rsp_importer *im, const rsp_table *t, rsp_error *err)
{
    size_t most = im->n_measurements > im->n_endpoints ? im->n_measurements : im->n_endpoints;
    entry *entries = calloc(most + 1, sizeof *entries);
    if (!entries) {
        return rsp_importer_no_memory(err);
    }
    for (size_t i = 0; i < im->n_measurements; i++) {
        const rsp_measurement *m = &im->measurements[i];
        entries[i] = (entry){m->participant, rsp_names_number(m->assay), m->day,
                             im->of_measurements[i]};
    }
    rsp_status s = check(im, t, entries, im->n_measurements, true, err);
    for (size_t i = 0; i < im->n_endpoints; i++) {
        const rsp_endpoint_row *e = &im->endpoints[i];
        entries[i] = (entry){e->participant, rsp_names_number(e->endpoint), 0,
                             im->of_endpoints[i]};
    }
    s = s == RSP_OK ? check(im, t, entries, im->n_endpoints, false, err) : s;
    free(entries);
    return s;
}
