#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plates.h"

/* Intact provirus: what the duplex and larger assays share, and the duplex. */

const int intact_limits[3] = {GARWOOD, DELTA, BOOTSTRAP};
enum { USUAL_REPLICATES = 2000 };

rsp_ipda_options intact_options(work *w, const options *o, int limits)
{
    static const rsp_shearing kinds[] = {RSP_SHEARING_CORRECTED, RSP_SHEARING_RAW,
                                         RSP_SHEARING_NONE};
    rsp_ipda_options how = rsp_ipda_defaults();
    how.dpcr = droplet_options(o, CLOPPER);
    how.shearing = kinds[o->shearing];
    how.reference_dilution = isnan(o->dilution) ? how.reference_dilution : o->dilution;
    how.reference_copies = isnan(o->reference_copies) ? how.reference_copies : o->reference_copies;
    how.least_unsheared = isnan(o->least_unsheared) ? how.least_unsheared : o->least_unsheared;
    how.clearly_positive = isnan(o->clearly_positive) ? how.clearly_positive : o->clearly_positive;
    how.bootstrap = !isnan(o->bootstrap) ? (size_t)o->bootstrap
                    : limits == BOOTSTRAP ? (size_t)USUAL_REPLICATES
                                          : 0;
    how.stream.seed = (uint64_t)o->seed;
    how.hiv_bp = isnan(o->distance) ? 0 : o->distance;
    how.reference_bp = isnan(o->reference_distance) ? 0 : o->reference_distance;
    if (working(w) && isnan(o->distance) != isnan(o->reference_distance)) {
        reader_fail(&w->r, o->at, RSP_SYNTAX, "scaling by length needs 'distance' of the HIV "
                                              "targets and 'reference distance', in bp");
    }
    return how;
}

/* "unrearranged" is copies in a ul of the reference wells, or a target of them. */
static bool unrearranged_number(const options *o, double *v)
{
    return rsp_number_read(o->unrearranged, strlen(o->unrearranged), v);
}

void check_intact(work *w, const options *o, const plate *reference)
{
    double v;
    if (!working(w) || !o->unrearranged) {
        return;
    }
    const tree *at = options_at(o, "unrearranged");
    if (!unrearranged_number(o, &v)) {
        const name_list one = {&o->unrearranged, 1};
        check_targets(w, o, reference, "unrearranged", &one, 1, 1);
    } else if (!(v >= 0 && v <= 1e9)) {
        reader_fail(&w->r, at, RSP_RANGE, "unrearranged is %.10g copies in a ul; it must lie "
                                          "between 0 and 1e9", v);
    }
}

void take_off_unrearranged(work *w, const options *o, const plate *reference, const char *sample,
                           rsp_ipda_options *how)
{
    if (!working(w) || !o->unrearranged || unrearranged_number(o, &how->not_t_per_ul)) {
        return;
    }
    const name_list one = {&o->unrearranged, 1};
    merged m;
    rsp_dpcr r;
    rsp_error err = {0};
    merge_wells(o, reference, sample, &one, how->dpcr.least_droplets, &m);
    const rsp_dpcr_well well = {m.counts[1], m.counts[0] + m.counts[1]};
    if (work_took(w, o->at, rsp_dpcr_target(&well, 1, &how->dpcr, &r, &err), &err)) {
        how->not_t_per_ul = isnan(r.per_ul) ? 0.0 : r.per_ul;
    }
}

/* The index of merged reference wells, by one method. */
static double index_by(const double *counts, rsp_shearing method, const rsp_ipda_options *how)
{
    rsp_ipda_options only = *how;
    rsp_plex r;
    only.shearing = method;
    only.least_unsheared = 0;
    only.bootstrap = 0;
    rsp_duplex_well reference = {{counts[0], counts[1], counts[2], counts[3]}};
    static const double empty[4] = {1, 0, 0, 0};
    rsp_status s = rsp_plex_estimate(empty, 2, &reference, NULL, &only, &r, NULL);
    return s == RSP_OK ? r.shearing : (double)NAN;
}

void put_shearing(table *t, const double *counts, double used, const rsp_ipda_options *how)
{
    put(t, used);
    put(t, index_by(counts, RSP_SHEARING_CORRECTED, how));
    put(t, index_by(counts, RSP_SHEARING_RAW, how));
}

void note_references(work *w, const char *sample, double cv)
{
    if (cv > 0.1) {
        note(w, "%s: the two reference targets differ, coefficient of variation %.3g.", sample, cv);
    }
}

void put_intact(table *t, double v, int limits, rsp_dpcr_interval garwood,
                rsp_dpcr_interval delta, rsp_dpcr_interval bootstrap, const char *reason)
{
    const rsp_dpcr_interval all[] = {garwood, delta, bootstrap};
    rsp_dpcr_interval chosen = all[limits == GARWOOD ? 0 : limits == DELTA ? 1 : 2];
    put_interval(t, v, chosen.low, chosen.high);
    put_reason(t, reason);
    for (size_t k = 0; k < 3; k++) {
        bool there = !isnan(all[k].high);
        put_interval(t, there ? v : (double)NAN, all[k].low, all[k].high);
    }
}

void say_intact(work *w, const options *o, const rsp_ipda_options *how, int limits)
{
    static const char *const index[] = {"of concentrations", "of droplet counts"};
    static const char *const words[] = {"the delta method's on the log scale",
                                        "Garwood's (1936) of the count", "a percentile bootstrap's"};
    if (how->shearing == RSP_SHEARING_NONE) {
        say(w, "Nothing is corrected for shearing.");
    } else {
        say(w, "Sheared molecules are made up for by the two reference targets (index %s%s).",
            index[o->shearing], how->hiv_bp > 0 ? ", scaled to the distance of the HIV targets as "
                                                  "breaks at random have it" : "");
    }
    say(w, "Numbers are per million cells%s of %g reference copies (reference diluted %g-fold). "
           "Limits are %s%s.", o->unrearranged ? " with a rearranged T cell receptor" : "",
        how->reference_copies, how->reference_dilution, words[limits - DELTA],
        limits == BOOTSTRAP ? ", which carries the reference wells too" : "");
    say_background(w, o);
}

/* ---- Two targets. */
static const rsp_result_column columns[] = {
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
    {"both", "droplets with both", "", RSP_CELL_COUNT, false},
    {"blank", "limit of blank, droplets", "", RSP_CELL_COUNT, false},
    {"intact", "intact per million", "", RSP_CELL_NUMBER, true},
    {"garwood", "limits, Garwood", "", RSP_CELL_NUMBER, true},
    {"delta", "limits, delta method", "", RSP_CELL_NUMBER, true},
    {"bootstrap", "limits, bootstrap", "", RSP_CELL_NUMBER, true},
    {"signed", "signed, for checks of bias", "", RSP_CELL_NUMBER, false},
    {"uncorrected", "not corrected for shearing", "", RSP_CELL_NUMBER, false},
    {"one_copy", "one copy is", "", RSP_CELL_NUMBER, false},
    {"upper", "one-sided bound", "", RSP_CELL_NUMBER, false},
    {"detection", "limit of detection", "", RSP_CELL_NUMBER, false},
    {"three_prime", "3' defective", "", RSP_CELL_NUMBER, false},
    {"five_prime", "5' defective", "", RSP_CELL_NUMBER, false},
    {"total", "all", "", RSP_CELL_NUMBER, false}};

static size_t duplex_wells(const plate *p, const char *sample, const name_list *targets,
                           rsp_duplex_well *out)
{
    size_t n = 0;
    for (size_t i = 0; i < p->droplets.n_wells; i++) {
        const rsp_droplet_well *x = &p->droplets.wells[i];
        n += strcmp(sample_of(x), sample) == 0 && well_counts(x, targets, out[n].n);
    }
    return n;
}

typedef struct sample_wells {
    rsp_duplex_well *hiv, *reference;
    rsp_well_flag *flags;
    size_t n, m;
} sample_wells;

static void put_ipda(table *t, const char *sample, const sample_wells *x,
                     const rsp_ipda *r, const rsp_ipda_options *how, int limits)
{
    size_t left = 0;
    double sum[4] = {0};
    for (size_t i = 0; i < x->n; i++) {
        left += x->flags[i] == RSP_WELL_FEW || x->flags[i] == RSP_WELL_OUTLIER;
    }
    for (size_t i = 0; i < x->m; i++) {
        const double *n = x->reference[i].n;
        double all = n[0] + n[1] + n[2] + n[3];
        bool enough = all > 0 && all >= how->dpcr.least_droplets;
        left += !enough;
        for (size_t k = 0; enough && k < 4; k++) {
            sum[k] += n[k];
        }
    }
    put_text(t, "%s", sample);
    put_text(t, "%s", rsp_result_state_name(r->state));
    put(t, (double)x->n);
    put(t, (double)x->m);
    put(t, (double)left);
    put(t, r->cells);
    put(t, r->reference_cv);
    put_shearing(t, sum, r->shearing, how);
    put(t, r->both_positive);
    put(t, r->blank);
    put_intact(t, r->intact, limits, r->garwood, r->log_delta, r->bootstrap,
               rsp_dpcr_reason_text(r->reason));
    const double rest[] = {r->intact_signed, r->uncorrected, r->one_copy,
                           r->state == RSP_NUMBER ? (double)NAN : r->upper, r->detection,
                           r->three_prime, r->five_prime, r->total};
    for (size_t k = 0; k < sizeof rest / sizeof *rest; k++) {
        put(t, rest[k]);
    }
}

/* What a laboratory looks at before it believes the number. */
static void note_quality(work *w, const char *sample, const sample_wells *x, const rsp_ipda *r)
{
    size_t high = 0, out = 0;
    for (size_t i = 0; i < x->n; i++) {
        high += x->flags[i] == RSP_WELL_HIGH;
        out += x->flags[i] == RSP_WELL_OUTLIER;
    }
    note_references(w, sample, r->reference_cv);
    if (high) {
        note(w, "%s: %zu well%s above three times the median of intact.", sample, high,
             high == 1 ? " is" : "s are");
    }
    if (out) {
        note(w, "%s: %zu well%s above ten times the median of intact, left out.", sample, out,
             out == 1 ? " is" : "s are");
    }
}

static void sample_ipda(work *w, const options *o, const plate *hiv, const plate *reference,
                        const char *sample, const rsp_ipda_options *usual, int limits, table *t)
{
    rsp_ipda_options how = *usual;
    sample_wells x = {.hiv = work_alloc(w, hiv->droplets.n_wells + 1, sizeof *x.hiv),
                      .reference = work_alloc(w, reference->droplets.n_wells + 1,
                                              sizeof *x.reference),
                      .flags = work_alloc(w, hiv->droplets.n_wells + 1, sizeof *x.flags)};
    take_off_unrearranged(w, o, reference, sample, &how);
    if (!working(w)) {
        return;
    }
    x.n = duplex_wells(hiv, sample, &o->target_names, x.hiv);
    x.m = duplex_wells(reference, sample, &o->reference, x.reference);
    rsp_ipda r;
    rsp_error err = {0};
    if (x.n + x.m > 0 &&
        work_took(w, o->at, rsp_ipda_estimate(x.hiv, x.n, x.reference, x.m, &how, x.flags, &r, &err),
                  &err)) {
        put_ipda(t, sample, &x, &r, &how, limits);
        note_quality(w, sample, &x, &r);
    }
}

void run_ipda(work *w, const options *o)
{
    plate hiv, reference;
    read_plates(w, o, &hiv, &reference);
    int limits = limits_of(w, o, intact_limits, 3);
    rsp_ipda_options how = intact_options(w, o, limits);
    check_targets(w, o, &hiv, "targets", &o->target_names, 2, 2);
    check_targets(w, o, &reference, "reference", &o->reference, 2, 2);
    check_intact(w, o, &reference);
    double background[RSP_PLEX_MOST + 1];
    background_of(w, o, &hiv, &o->target_names, background);
    memcpy(how.background, background, sizeof how.background);
    table t = TABLE_OPEN(w, "samples", "Intact provirus", columns);
    for (size_t s = 0; s < hiv.n_samples && working(w); s++) {
        if (!is_blank(o, hiv.samples[s])) {
            sample_ipda(w, o, &hiv, &reference, hiv.samples[s], &how, limits, &t);
        }
    }
    table_amounts(&t, "intact", "intact proviruses per million cells");
    table_close(&t);
    say(w, "Intact provirus carries both targets on one molecule (Bruner et al. 2019): droplets "
           "with both less those that chance alone gives. A target at its limit of blank where "
           "the other has %g droplets beyond its own has failed, and intact is missing (Kinloch et "
           "al. 2021).", how.clearly_positive);
    say_intact(w, o, &how, limits);
}
