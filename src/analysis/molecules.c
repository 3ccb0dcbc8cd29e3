#include <math.h>
#include <string.h>

#include "analysis/plates.h"

/* Several targets on one molecule, and five of two triplexes. */

static const rsp_result_column intact_columns[] = {
    {"sample", "sample", "", RSP_CELL_TEXT, false},
    {"state", "state", "", RSP_CELL_TEXT, false},
    {"hiv_wells", "HIV wells", "", RSP_CELL_COUNT, false},
    {"reference_wells", "reference wells", "", RSP_CELL_COUNT, false},
    {"left_out", "wells left out", "", RSP_CELL_COUNT, false},
    {"cells", "cells", "", RSP_CELL_NUMBER, false},
    {"reference_cv", "variation of the references", "", RSP_CELL_SHARE, false},
    {"shearing", "shearing index", "", RSP_CELL_SHARE, false},
    {"shearing_corrected", "of concentrations", "", RSP_CELL_SHARE, false},
    {"shearing_raw", "of droplet counts", "", RSP_CELL_SHARE, false},
    {"all", "droplets with all", "", RSP_CELL_COUNT, false},
    {"blank", "limit of blank, droplets", "", RSP_CELL_COUNT, false},
    {"intact", "with all targets per million", "", RSP_CELL_NUMBER, true},
    {"garwood", "limits, Garwood", "", RSP_CELL_NUMBER, true},
    {"delta", "limits, delta method", "", RSP_CELL_NUMBER, true},
    {"bootstrap", "limits, bootstrap", "", RSP_CELL_NUMBER, true},
    {"signed", "signed, for checks of bias", "", RSP_CELL_NUMBER, false},
    {"uncorrected", "not corrected for shearing", "", RSP_CELL_NUMBER, false},
    {"one_copy", "one copy is", "", RSP_CELL_NUMBER, false},
    {"upper", "one-sided bound", "", RSP_CELL_NUMBER, false},
    {"detection", "limit of detection", "", RSP_CELL_NUMBER, false}};
static const rsp_result_column species_columns[] = {
    {"sample", "sample", "", RSP_CELL_TEXT, false},
    {"molecule", "molecules with just", "", RSP_CELL_TEXT, false},
    {"droplets", "droplets with just these", "", RSP_CELL_COUNT, false},
    {"lambda", "copies a droplet", "", RSP_CELL_NUMBER, true},
    {"per_ul", "copies", "1/ul", RSP_CELL_NUMBER, true},
    {"per_million", "per million, as sheared", "", RSP_CELL_NUMBER, false}};

/* A run of either kind. */
typedef struct assay {
    plate hiv, reference;
    rsp_ipda_options how;
    int limits;
    double background[RSP_PLEX_MOST + 1];
} assay;

static const char *names_of(work *w, const name_list *targets, size_t set)
{
    const char *all = "";
    for (size_t k = 0; k < targets->n && working(w); k++) {
        if (set >> k & 1) {
            all = reader_printf(&w->r, "%s%s%s", all, all[0] ? " + " : "", targets->v[k]);
        }
    }
    return all;
}

static const char *reason_of(work *w, const rsp_plex *r, const name_list *targets)
{
    return r->failed < targets->n && r->reason == RSP_DPCR_TARGET_FAILED
               ? reader_printf(&w->r, "%s fails: primer or probe polymorphism",
                               targets->v[r->failed])
               : rsp_dpcr_reason_text(r->reason);
}

static void put_species(work *w, const assay *a, const options *o, const char *sample,
                        const merged *m, const rsp_plex *r, table *t)
{
    double lambda[RSP_PLEX_PATTERNS], se[RSP_PLEX_PATTERNS];
    double per_ul = 1e3 / a->how.dpcr.droplet_nl, z = rsp_normal_quantile((1 + o->level) / 2);
    rsp_error err = {0};
    if (r->droplets == 0 || !work_took(w, o->at, rsp_plex_linkage(m->counts, o->target_names.n,
                                                                  lambda, se, &err), &err)) {
        return;
    }
    for (size_t k = 1; k < (size_t)1 << o->target_names.n; k++) {
        double v = fmax(0.0, lambda[k]), low = fmax(0.0, lambda[k] - z * se[k]);
        double high = fmax(0.0, lambda[k] + z * se[k]);
        if (m->counts[k] == 0) { /* the delta method knows no error of nothing */
            high = fmax(high, rsp_dpcr_zero(m->counts[0], (1 + o->level) / 2));
        }
        bool none = isnan(lambda[k]);
        put_text(t, "%s", sample);
        put_text(t, "%s", names_of(w, &o->target_names, k));
        put(t, m->counts[k]);
        put_interval(t, none ? lambda[k] : v, none ? lambda[k] : low, none ? lambda[k] : high);
        put_reason(t, rsp_dpcr_reason_text(RSP_DPCR_SATURATED));
        put_interval(t, none ? lambda[k] : v * per_ul, none ? lambda[k] : low * per_ul,
                     none ? lambda[k] : high * per_ul);
        put_reason(t, rsp_dpcr_reason_text(RSP_DPCR_SATURATED));
        put(t, none ? lambda[k] : v * per_ul / r->cells_per_ul * 1e6);
    }
}

static void put_all(work *w, const assay *a, const options *o, const char *sample,
                    const merged *m, const merged *reference, const rsp_plex *r, table *t)
{
    put_text(t, "%s", sample);
    put_text(t, "%s", rsp_result_state_name(r->state));
    put(t, (double)(m->used + m->rejected));
    put(t, (double)(reference->used + reference->rejected));
    put(t, (double)(m->rejected + reference->rejected));
    put(t, r->cells);
    put(t, r->reference_cv);
    put_shearing(t, reference->counts, r->shearing, &a->how);
    put(t, r->all);
    put(t, r->blank);
    put_intact(t, r->intact, a->limits, r->garwood, r->log_delta, r->bootstrap,
               reason_of(w, r, &o->target_names));
    put(t, r->intact_signed);
    put(t, r->uncorrected);
    put(t, r->one_copy);
    put(t, r->state == RSP_NUMBER ? (double)NAN : r->upper);
    put(t, r->detection);
}

static void open_assay(work *w, const options *o, assay *a, const int *limits, size_t n_limits)
{
    read_plates(w, o, &a->hiv, &a->reference);
    a->limits = limits_of(w, o, limits, n_limits);
    a->how = intact_options(w, o, a->limits);
}

/* Merged reference wells of a sample, and what is not of T cells taken off. */
static rsp_ipda_options reference_of(work *w, const options *o, const assay *a, const char *sample,
                                     merged *m, rsp_duplex_well *out)
{
    rsp_ipda_options how = a->how;
    take_off_unrearranged(w, o, &a->reference, sample, &how);
    *m = (merged){.used = 0};
    if (o->reference.n == 2) {
        merge_wells(o, &a->reference, sample, &o->reference, how.dpcr.least_droplets, m);
    }
    memcpy(out->n, m->counts, sizeof out->n);
    return how;
}

static void check_reference(work *w, const options *o, assay *a)
{
    check_targets(w, o, &a->reference, "reference", &o->reference, 2, 2);
    check_intact(w, o, &a->reference);
}

/* ---- k targets. */
static void sample_plex(work *w, const options *o, const assay *a, const char *sample,
                        table *intact, table *species)
{
    merged m, of_reference;
    rsp_duplex_well reference;
    rsp_plex r;
    rsp_error err = {0};
    merge_wells(o, &a->hiv, sample, &o->target_names, a->how.dpcr.least_droplets, &m);
    rsp_ipda_options how = reference_of(w, o, a, sample, &of_reference, &reference);
    if (!working(w) || m.used + m.rejected == 0 ||
        !work_took(w, o->at,
                   rsp_plex_estimate(m.counts, o->target_names.n,
                                     o->reference.n ? &reference : NULL, a->background, &how, &r,
                                     &err), &err)) {
        return;
    }
    put_all(w, a, o, sample, &m, &of_reference, &r, intact);
    put_species(w, a, o, sample, &m, &r, species);
    note_references(w, sample, r.reference_cv);
}

void run_plex(work *w, const options *o)
{
    assay a;
    open_assay(w, o, &a, intact_limits, 3);
    check_targets(w, o, &a.hiv, "targets", &o->target_names, 2, RSP_PLEX_MOST);
    if (o->reference.n) {
        check_reference(w, o, &a);
    }
    background_of(w, o, &a.hiv, &o->target_names, a.background);
    table intact = TABLE_OPEN(w, "samples", "Molecules with all targets", intact_columns);
    table species = TABLE_OPEN(w, "molecules", "Molecules by what they carry", species_columns);
    for (size_t s = 0; s < a.hiv.n_samples && working(w); s++) {
        if (!is_blank(o, a.hiv.samples[s])) {
            sample_plex(w, o, &a, a.hiv.samples[s], &intact, &species);
        }
    }
    table_amounts(&intact, "intact", "molecules with all targets per million");
    table_close(&intact);
    table_close(&species);
    say(w, "Molecules that carry just some of %zu targets are counted by Moebius inversion of the "
           "logarithms of empty shares, the maximum likelihood, free of chance; limits of each by "
           "the delta method. A target at its limit of blank beside one with %g droplets beyond "
           "its own has failed, and the number is missing (Kinloch et al. 2021).",
        o->target_names.n, a.how.clearly_positive);
    if (o->reference.n) {
        say_intact(w, o, &a.how, a.limits);
    }
}

/* ---- Five targets. */
static const rsp_result_column five_columns[] = {
    {"sample", "sample", "", RSP_CELL_TEXT, false},
    {"state", "state", "", RSP_CELL_TEXT, false},
    {"first_wells", "wells of the first", "", RSP_CELL_COUNT, false},
    {"second_wells", "wells of the second", "", RSP_CELL_COUNT, false},
    {"reference_wells", "reference wells", "", RSP_CELL_COUNT, false},
    {"cells_first", "cells, first", "", RSP_CELL_NUMBER, false},
    {"cells_second", "cells, second", "", RSP_CELL_NUMBER, false},
    {"shearing", "shearing index", "", RSP_CELL_SHARE, false},
    {"shearing_corrected", "of concentrations", "", RSP_CELL_SHARE, false},
    {"shearing_raw", "of droplet counts", "", RSP_CELL_SHARE, false},
    {"first", "first triple per million", "", RSP_CELL_NUMBER, false},
    {"second", "second triple per million", "", RSP_CELL_NUMBER, false},
    {"shared", "shared target per million", "", RSP_CELL_NUMBER, false},
    {"five", "all five per million, if independent", "", RSP_CELL_NUMBER, true},
    {"least", "at least", "", RSP_CELL_NUMBER, false},
    {"most", "at most", "", RSP_CELL_NUMBER, false},
    {"upper", "one-sided bound", "", RSP_CELL_NUMBER, false}};

/* The place in each list of the one target that both have. */
static void find_shared(work *w, const options *o, size_t at[2])
{
    size_t n = 0;
    for (size_t i = 0; i < o->target_names.n; i++) {
        for (size_t j = 0; j < o->second_targets.n; j++) {
            if (strcmp(o->target_names.v[i], o->second_targets.v[j]) == 0) {
                at[0] = i;
                at[1] = j;
                n++;
            }
        }
    }
    if (working(w) && n != 1) {
        reader_fail(&w->r, options_at(o, "second targets"), RSP_SYNTAX,
                    "targets and second targets share one target; these share %zu", n);
    }
}

static const char *five_reason(work *w, const options *o, const rsp_five *r)
{
    const name_list *lists[] = {&o->target_names, &o->second_targets};
    for (size_t i = 0; i < 2; i++) {
        if (r->triplex[i].reason != RSP_DPCR_FINE) {
            return reason_of(w, &r->triplex[i], lists[i]);
        }
    }
    return rsp_dpcr_reason_text(r->reason);
}

/* No more than the rarer triple: where one is not seen, its bound holds. */
static double five_bound(const rsp_five *r)
{
    double bound = (double)NAN;
    for (size_t i = 0; i < 2; i++) {
        if (r->state == RSP_NOT_DETECTED && r->triplex[i].state == RSP_NOT_DETECTED) {
            bound = fmin(bound, r->triplex[i].upper);
        }
    }
    return bound;
}

static void put_five(work *w, const options *o, const char *sample, const merged m[3],
                     const rsp_five *r, const rsp_ipda_options *how, table *t)
{
    const char *why = five_reason(w, o, r);
    bool bounds = o->combination == 1;
    put_text(t, "%s", sample);
    put_text(t, "%s", rsp_result_state_name(r->state));
    for (size_t i = 0; i < 3; i++) {
        put(t, (double)m[i].used);
    }
    put(t, r->triplex[0].cells);
    put(t, r->triplex[1].cells);
    put_shearing(t, m[2].counts, r->triplex[0].shearing, how);
    put(t, r->triplex[0].intact);
    put_reason(t, why);
    put(t, r->triplex[1].intact);
    put_reason(t, why);
    put(t, r->shared);
    put_interval(t, bounds ? (double)NAN : r->five, bounds ? (double)NAN : r->bootstrap.low,
                 bounds ? (double)NAN : r->bootstrap.high);
    put_reason(t, why[0] ? why : "the plan asks for bounds alone");
    put(t, r->least);
    put_reason(t, why);
    put(t, r->most);
    put_reason(t, why);
    put(t, five_bound(r));
}

static void sample_five(work *w, const options *o, const assay *a, const char *sample,
                        const size_t shared[2], table *t)
{
    const name_list *lists[] = {&o->target_names, &o->second_targets};
    merged m[3];
    rsp_triplex triplex[2];
    rsp_duplex_well reference;
    for (size_t i = 0; i < 2; i++) {
        merge_wells(o, &a->hiv, sample, lists[i], a->how.dpcr.least_droplets, &m[i]);
        memcpy(triplex[i].n, m[i].counts, sizeof triplex[i].n);
        triplex[i].shared = shared[i];
    }
    rsp_ipda_options how = reference_of(w, o, a, sample, &m[2], &reference);
    rsp_five r;
    rsp_error err = {0};
    if (working(w) && m[0].used + m[0].rejected + m[1].used + m[1].rejected > 0 &&
        work_took(w, o->at, rsp_five_estimate(triplex, &reference, &how, &r, &err), &err)) {
        put_five(w, o, sample, m, &r, &how, t);
        note_references(w, sample, r.triplex[0].reference_cv);
    }
}

void run_five_target(work *w, const options *o)
{
    static const int own[] = {BOOTSTRAP};
    assay a;
    size_t shared[2] = {0, 0};
    open_assay(w, o, &a, own, 1);
    check_targets(w, o, &a.hiv, "targets", &o->target_names, 3, 3);
    check_targets(w, o, &a.hiv, "second targets", &o->second_targets, 3, 3);
    check_reference(w, o, &a);
    find_shared(w, o, shared);
    table t = TABLE_OPEN(w, "samples", "Provirus with five targets", five_columns);
    for (size_t s = 0; s < a.hiv.n_samples && working(w); s++) {
        sample_five(w, o, &a, a.hiv.samples[s], shared, &t);
    }
    table_close(&t);
    say(w, "Five targets are those of two triplexes that share one (Levy et al. 2021), each counted "
           "by Moebius inversion. Whatever binds the two, molecules with all five lie between the "
           "sum of both triples less the shared target and the smaller triple%s.",
        o->combination ? "" : "; the estimate, first times second over shared, takes them as "
                              "independent given the shared target, which is our reading and not "
                              "that paper's");
    say_intact(w, o, &a.how, a.limits);
}
