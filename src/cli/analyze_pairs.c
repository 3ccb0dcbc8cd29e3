#include "cli/cli.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/stats.h"

/* Arms that hold the same people: each arm against the first, person by person.  What
 * tests of two groups make of them is named unpaired. */

enum { MOST_ARMS = 64 };

typedef struct meeting { /* an arm and the first */
    rsp_pair *pairs;
    size_t n, capacity;
} meeting;

typedef struct people {
    meeting with[MOST_ARMS]; /* [1 ..]: by arm */
    size_t shared;           /* people at risk in several arms */
} people;

static bool same_person(const rsp_endpoint_row *a, const rsp_endpoint_row *b)
{
    return a && a->trial == b->trial && a->participant == b->participant;
}

static rsp_status add_person(people *p, const rsp_endpoint_row *const *of, size_t n_arms,
                             rsp_error *err)
{
    size_t in = 0;
    for (size_t k = 0; k < n_arms; k++) {
        in += of[k] != NULL;
    }
    p->shared += in > 1;
    for (size_t k = 1; k < n_arms && of[0]; k++) {
        meeting *m = &p->with[k];
        if (!of[k]) {
            continue;
        }
        if (!RSP_GROW(&m->pairs, &m->capacity, m->n + 1)) {
            return rsp_fail(err, RSP_NOMEM, "out of memory");
        }
        m->pairs[m->n++] = (rsp_pair){of[0]->day, of[k]->day, of[0]->end == RSP_END_EVENT,
                                      of[k]->end == RSP_END_EVENT};
    }
    return RSP_OK;
}

/* Rows are sorted by trial, participant and arm. */
static rsp_status find_people(const rsp_dataset *d, const char *endpoint, people *p, rsp_error *err)
{
    const rsp_endpoint_row *of[MOST_ARMS] = {NULL}, *last = NULL;
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &d->endpoints[i];
        if (strcmp(e->endpoint, endpoint) != 0 || e->end == RSP_END_NOT_STARTED) {
            continue;
        }
        if (last && !same_person(last, e)) {
            s = add_person(p, of, d->n_arms, err);
            memset(of, 0, sizeof of);
        }
        of[e->arm] = last = e;
    }
    return s == RSP_OK ? add_person(p, of, d->n_arms, err) : s;
}

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *paired(const rsp_dataset *d, size_t arm, const rsp_paired *r)
{
    return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:[o,o],s:o,s:o}", "arm", d->arms[arm],
                     "against", d->arms[0], "n", (json_int_t)r->n, "both_events",
                     (json_int_t)r->both, "later", (json_int_t)r->later, "earlier",
                     (json_int_t)r->earlier, "equal", (json_int_t)r->equal, "undecided",
                     (json_int_t)r->undecided, "mean_difference", number(r->mean), "ci95",
                     number(r->mean_low), number(r->mean_high), "median_difference",
                     number(r->median),
                     "sign_p", number(r->sign_p));
}

rsp_status cli_analyze_pairs(const rsp_dataset *d, const char *endpoint, json_t *root,
                             rsp_error *err)
{
    people p = {.shared = 0};
    rsp_status s = find_people(d, endpoint, &p, err);
    json_t *rows = json_array();
    for (size_t k = 1; s == RSP_OK && k < d->n_arms; k++) {
        rsp_paired r;
        s = p.with[k].n ? rsp_paired_contrast(p.with[k].pairs, p.with[k].n, &r, err) : RSP_OK;
        if (s == RSP_OK && p.with[k].n) {
            json_array_append_new(rows, paired(d, k, &r));
        }
    }
    for (size_t k = 0; k < d->n_arms && k < MOST_ARMS; k++) {
        free(p.with[k].pairs);
    }
    if (p.shared) {
        json_object_set_new(root, "in_several_arms", json_integer((json_int_t)p.shared));
        json_object_set(root, "paired", rows);
    }
    json_decref(rows);
    return s;
}

static double real(const json_t *v)
{
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static long long count(const json_t *row, const char *key)
{
    return (long long)json_integer_value(json_object_get(row, key));
}

static double at_risk(const json_t *root, const char *name)
{
    size_t i;
    const json_t *arm;
    json_array_foreach(json_object_get(root, "arms"), i, arm) {
        if (strcmp(json_string_value(json_object_get(arm, "name")), name) == 0) {
            return real(json_object_get(arm, "n"));
        }
    }
    return (double)NAN;
}

void cli_print_pairs(const json_t *root)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(root, "paired"), i, row) {
        const char *arm = json_string_value(json_object_get(row, "arm"));
        const char *against = json_string_value(json_object_get(row, "against"));
        const json_t *ci = json_object_get(row, "ci95");
        const double mean = real(json_object_get(row, "mean_difference"));
        const double low = real(json_array_get(ci, 0)), p = real(json_object_get(row, "sign_p"));
        printf("  paired, %s less %s: %lld people are in both (of %g and %g); later in %lld, earlier "
               "in %lld, equal in %lld, undecided in %lld", arm, against, count(row, "n"),
               at_risk(root, arm), at_risk(root, against), count(row, "later"),
               count(row, "earlier"), count(row, "equal"), count(row, "undecided"));
        if (isfinite(p)) {
            printf("; sign test p %.4g", p);
        }
        if (isfinite(mean)) {
            printf("; mean %.4g days", mean);
        }
        if (isfinite(low)) {
            printf(" (95 %% CI %.4g to %.4g, %lld pairs with both events)", low,
                   real(json_array_get(ci, 1)), count(row, "both_events"));
        }
        printf("\n");
    }
}
