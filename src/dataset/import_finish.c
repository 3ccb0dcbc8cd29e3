/* From what was gathered to a data set. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/importer.h"
#include "dataset/order.h"

bool rsp_import_end(const char *word, rsp_endpoint_end *end)
{
    static const struct { const char *word; rsp_endpoint_end end; } words[] = {
        {"event", RSP_END_EVENT}, {"end of study", RSP_END_STUDY}, {"censored", RSP_END_STUDY},
        {"ART restarted", RSP_END_RESTART}, {"restart", RSP_END_RESTART},
        {"lost", RSP_END_LOST}, {"lost to follow-up", RSP_END_LOST},
        {"not confirmed", RSP_END_UNCONFIRMED}, {"not started", RSP_END_NOT_STARTED},
        {"interruption not started", RSP_END_NOT_STARTED}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (rsp_same_word(word, words[i].word)) {
            *end = words[i].end;
            return true;
        }
    }
    return false;
}

typedef struct columns { /* which covariates are numbers, and which are texts */
    const char **numbers, **texts; /* names */
    size_t *of_numbers, *of_texts; /* places in im->covariates */
    size_t n_numbers, n_texts;
} columns;

/* Numbers in every cell that is not missing.  A few words among numbers may be a slip:
 * that is noted. */
static bool is_numbers(rsp_importer *im, const rsp_covariate *c)
{
    size_t numbers = 0, words = 0;
    const char *word = "";
    double v;
    for (size_t i = 0; i < im->n_people && i < c->capacity; i++) {
        const char *s = c->texts[i];
        if (s && !rsp_cell_missing(s)) {
            const bool is_number = rsp_number_read(s, strlen(s), &v);
            numbers += is_number;
            words += !is_number;
            word = is_number ? word : s;
        }
    }
    if (words > 0 && words < numbers) {
        rsp_text_printf(&im->notes, "column '%.60s' is read as words: '%.40s' is no number, as %zu "
                                    "others are\n", c->name, word, numbers);
    }
    return words == 0;
}

static bool sort_covariates(rsp_importer *im, columns *c)
{
    size_t n = im->n_covariates + 1;
    *c = (columns){calloc(n, sizeof(char *)), calloc(n, sizeof(char *)), calloc(n, sizeof(size_t)),
                   calloc(n, sizeof(size_t)), 0, 0};
    if (!c->numbers || !c->texts || !c->of_numbers || !c->of_texts) {
        return false;
    }
    for (size_t i = 0; i < im->n_covariates; i++) {
        if (is_numbers(im, &im->covariates[i])) {
            c->of_numbers[c->n_numbers] = i;
            c->numbers[c->n_numbers++] = im->covariates[i].name;
        } else {
            c->of_texts[c->n_texts] = i;
            c->texts[c->n_texts++] = im->covariates[i].name;
        }
    }
    return true;
}

static void columns_fini(columns *c)
{
    free(c->numbers);
    free(c->texts);
    free(c->of_numbers);
    free(c->of_texts);
}

/* ---- Arms. */

/* Put in order; people follow.  names: [n_arms]. */
static rsp_status order_arms(rsp_importer *im, const char **names, rsp_error *err)
{
    uint32_t *arms = calloc(im->n_arms + 1, sizeof *arms);
    uint32_t *now = calloc(im->n_arms + 1, sizeof *now);
    const bool ok = arms && now && rsp_arms_order(im->arm_numbers, im->n_arms, arms);
    for (size_t i = 0; ok && i < im->n_arms; i++) {
        names[i] = rsp_names_at(im->arm_names, arms[i]);
        now[arms[i]] = (uint32_t)i;
    }
    for (size_t i = 0; ok && i < im->n_people; i++) {
        uint32_t *arm = &im->people[i].arm;
        *arm = *arm == RSP_NO_ARM ? RSP_NO_ARM : now[*arm];
    }
    free(arms);
    free(now);
    return ok ? RSP_OK : rsp_importer_no_memory(err);
}

static rsp_status check_arms(rsp_importer *im, rsp_error *err)
{
    uint32_t all;
    rsp_status s = RSP_OK;
    if (im->n_arms == 0) {
        s = rsp_importer_arm(im, "all", &all, err);
        for (size_t i = 0; s == RSP_OK && i < im->n_people; i++) {
            im->people[i].arm = all;
        }
    }
    for (size_t i = 0; s == RSP_OK && i < im->n_people; i++) {
        if (im->people[i].arm == RSP_NO_ARM) {
            s = rsp_fail(err, RSP_DATA, "participant %.60s has no arm in any file, others have "
                         "one", im->people[i].id);
        }
    }
    return s;
}

/* ADSL may come after ADAE. */
static rsp_status check_occurrences(const rsp_importer *im, rsp_error *err)
{
    for (size_t i = 0; im->has_subjects && i < im->n_people; i++) {
        const rsp_person *p = &im->people[i];
        if (p->occurs && !p->has_row) {
            return rsp_fail(err, RSP_DATA, "%.120s: row %u: ADSL has no participant %.60s",
                            im->files[p->occurs_file], (unsigned)p->occurs_row + 1, p->id);
        }
    }
    return RSP_OK;
}

/* ---- Rows. */

static const char *said(const rsp_importer *im, size_t covariate, size_t person)
{
    const rsp_covariate *c = &im->covariates[covariate];
    const char *s = person < c->capacity && c->texts[person] ? c->texts[person] : "";
    return rsp_cell_missing(s) ? "" : s;
}

static rsp_status add_people(const rsp_importer *im, const columns *c, rsp_dataset_maker *m,
                             rsp_error *err)
{
    double *numbers = calloc(c->n_numbers + 1, sizeof *numbers);
    const char **texts = calloc(c->n_texts + 1, sizeof *texts);
    rsp_status s = numbers && texts ? RSP_OK : rsp_importer_no_memory(err);
    for (size_t i = 0; s == RSP_OK && i < im->n_people; i++) {
        const rsp_person *p = &im->people[i];
        for (size_t k = 0; k < c->n_numbers; k++) {
            const char *text = said(im, c->of_numbers[k], i);
            numbers[k] = (double)NAN;
            if (!rsp_number_read(text, strlen(text), &numbers[k])) {
                numbers[k] = (double)NAN;
            }
        }
        for (size_t k = 0; k < c->n_texts; k++) {
            texts[k] = said(im, c->of_texts[k], i);
        }
        const rsp_subject row = {.trial = p->trial, .participant = p->participant, .arm = p->arm,
                                 .failed = p->failed, .product_failed = p->product_failed,
                                 .screened_out = p->screened_out, .reason = p->reason, .covariates = numbers,
                                 .id = p->name, .texts = texts};
        s = rsp_dataset_add_subject(m, &row, err);
    }
    free(numbers);
    free(texts);
    return s;
}

#define SET_PERSON(row, person)                                                \
    ((row).trial = (person).trial, (row).participant = (person).participant,   \
     (row).arm = (person).arm)

static rsp_status add_happenings(const rsp_importer *im, const rsp_happening *rows, size_t n,
                                 rsp_dataset_maker *m, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < n; i++) {
        rsp_happening row = rows[i];
        SET_PERSON(row, im->people[rows[i].participant]);
        s = rsp_dataset_add_happening(m, &row, err);
    }
    return s;
}

static rsp_status add_rows(const rsp_importer *im, rsp_dataset_maker *m, rsp_error *err)
{
    rsp_status s = add_happenings(im, im->happenings, im->n_happenings, m, err);
    if (s == RSP_OK && !im->has_events) {
        s = add_happenings(im, im->implied, im->n_implied, m, err);
    }
    for (size_t i = 0; s == RSP_OK && i < im->n_measurements; i++) {
        rsp_measurement row = im->measurements[i];
        SET_PERSON(row, im->people[im->measurements[i].participant]);
        s = rsp_dataset_add_measurement(m, &row, err);
    }
    for (size_t i = 0; s == RSP_OK && i < im->n_endpoints; i++) {
        rsp_endpoint_row row = im->endpoints[i];
        SET_PERSON(row, im->people[im->endpoints[i].participant]);
        s = rsp_dataset_add_endpoint(m, &row, err);
    }
    return s;
}

static rsp_status make(rsp_importer *im, const char *const *arms, const columns *c,
                       rsp_dataset_maker **out, rsp_error *err)
{
    rsp_dataset_maker *m = rsp_dataset_new(im->study, arms, im->n_arms, c->numbers, c->n_numbers);
    rsp_status s = m ? rsp_dataset_name_texts(m, c->texts, c->n_texts, err)
                     : rsp_importer_no_memory(err);
    s = s == RSP_OK ? add_people(im, c, m, err) : s;
    s = s == RSP_OK ? add_rows(im, m, err) : s;
    if (s != RSP_OK) {
        rsp_dataset_free(m);
        return s;
    }
    rsp_dataset_sort(m);
    *out = m;
    return RSP_OK;
}

rsp_status rsp_import_finish(rsp_importer *im, rsp_dataset_maker **out, rsp_error *err)
{
    columns c = {0};
    *out = NULL;
    if (im->n_people == 0) {
        return rsp_fail(err, RSP_DATA, "no participant was read: there is no data set");
    }
    rsp_status s = check_occurrences(im, err);
    s = s == RSP_OK ? check_arms(im, err) : s;
    const char **arms = calloc(im->n_arms + 1, sizeof *arms);
    s = s == RSP_OK && !arms ? rsp_importer_no_memory(err) : s;
    s = s == RSP_OK ? order_arms(im, arms, err) : s;
    s = s == RSP_OK && !sort_covariates(im, &c) ? rsp_importer_no_memory(err) : s;
    s = s == RSP_OK ? make(im, arms, &c, out, err) : s;
    columns_fini(&c);
    free(arms);
    return s;
}
