#include <math.h>
#include <string.h>

#include "analysis/work.h"
#include "respite/dilution.h"
#include "respite/dpcr.h"
#include "respite/wells.h"

/* Laboratory plates: digital PCR, intact provirus, outgrowth. */

enum { MOST_SAMPLES = 1000 };

static const char *plate_path(work *w, const options *o, size_t k)
{
    const char *path = w->data->plates ? w->data->plates[2 * w->at + k] : NULL;
    if (working(w) && !path) {
        reader_fail(&w->r, o->at, RSP_USAGE, "no plate: give a file to the command, or name one as "
                                             "'plate'");
    }
    return path;
}

static void read_plate(work *w, const char *path, rsp_droplets *out)
{
    *out = (rsp_droplets){NULL, 0};
    if (working(w)) { /* what a file says is told at its own place */
        w->r.status = rsp_droplets_read(path, w->r.arena, out, w->r.err);
    }
}

static const char *sample_of(const rsp_droplet_well *x) { return x->sample[0] ? x->sample : "all"; }

/* Samples by first appearance. */
static size_t samples_of(work *w, const rsp_droplets *plate, const char **samples)
{
    size_t n = 0;
    for (size_t i = 0; i < plate->n_wells && working(w); i++) {
        bool seen = false;
        for (size_t k = 0; k < n && !seen; k++) {
            seen = strcmp(samples[k], sample_of(&plate->wells[i])) == 0;
        }
        if (!seen && n == MOST_SAMPLES) {
            reader_fail(&w->r, NULL, RSP_DATA, "more than %d samples on a plate", MOST_SAMPLES);
        } else if (!seen) {
            samples[n++] = sample_of(&plate->wells[i]);
        }
    }
    return n;
}

static size_t target_of(const rsp_droplet_well *x, const char *name)
{
    for (size_t k = 0; k < x->n_targets; k++) {
        if (strcmp(x->targets[k], name) == 0) {
            return k;
        }
    }
    return x->n_targets;
}

static rsp_dpcr_options droplet_options(const options *o)
{
    static const rsp_dpcr_limits limits[] = {RSP_DPCR_CLOPPER, RSP_DPCR_WILSON, RSP_DPCR_DELTA};
    rsp_dpcr_options how = rsp_dpcr_defaults();
    how.droplet_nl = isnan(o->droplet_nl) ? how.droplet_nl : o->droplet_nl;
    how.least_droplets = isnan(o->least_droplets) ? how.least_droplets : o->least_droplets;
    how.level = o->level;
    how.limits = limits[o->limits];
    return how;
}

/* ---- One target at a time. */
static const rsp_result_column target_columns[] = {
    {"sample", "sample", "", RSP_CELL_TEXT, false},
    {"target", "target", "", RSP_CELL_TEXT, false},
    {"wells", "wells", "", RSP_CELL_COUNT, false},
    {"rejected", "rejected", "", RSP_CELL_COUNT, false},
    {"positive", "positive", "", RSP_CELL_COUNT, false},
    {"droplets", "droplets", "", RSP_CELL_COUNT, false},
    {"lambda", "copies a droplet", "", RSP_CELL_NUMBER, true},
    {"per_ul", "copies", "1/ul", RSP_CELL_NUMBER, true},
    {"agreement", "p that wells agree", "", RSP_CELL_P, false}};

static void put_target(table *t, const char *sample, const char *target, const rsp_dpcr *r)
{
    put_text(t, "%s", sample);
    put_text(t, "%s", target);
    put(t, (double)r->used);
    put(t, (double)r->rejected);
    put(t, r->positive);
    put(t, r->droplets);
    put_interval(t, r->lambda, r->low, r->high);
    put_reason(t, rsp_dpcr_reason_text(r->reason));
    put_interval(t, r->per_ul, r->per_ul_low, r->per_ul_high);
    put_reason(t, rsp_dpcr_reason_text(r->reason));
    put(t, r->p);
}

static void sample_targets(work *w, const options *o, const rsp_droplets *plate,
                           const char *sample, table *t)
{
    const char *done[MOST_TERMS];
    size_t n_done = 0;
    const rsp_dpcr_options how = droplet_options(o);
    rsp_dpcr_well *wells = work_alloc(w, plate->n_wells, sizeof *wells);
    for (size_t i = 0; i < plate->n_wells && working(w); i++) {
        const rsp_droplet_well *x = &plate->wells[i];
        for (size_t k = 0; k < x->n_targets && strcmp(sample_of(x), sample) == 0; k++) {
            size_t n = 0, at = 0;
            while (at < n_done && strcmp(done[at], x->targets[k]) != 0) {
                at++;
            }
            if (at < n_done || n_done == MOST_TERMS) {
                continue;
            }
            done[n_done++] = x->targets[k];
            for (size_t j = i; j < plate->n_wells; j++) {
                const rsp_droplet_well *y = &plate->wells[j];
                size_t place = target_of(y, x->targets[k]);
                if (strcmp(sample_of(y), sample) == 0 && place < y->n_targets) {
                    wells[n++] = (rsp_dpcr_well){y->positive[place], y->droplets};
                }
            }
            rsp_dpcr r;
            rsp_error err = {0};
            if (work_took(w, o->at, rsp_dpcr_target(wells, n, &how, &r, &err), &err)) {
                put_target(t, sample, x->targets[k], &r);
            }
        }
    }
}

void run_dpcr(work *w, const options *o)
{
    static const char *const limits[] = {"Clopper and Pearson's", "Wilson's", "the delta method's"};
    rsp_droplets plate;
    const char **samples = work_alloc(w, MOST_SAMPLES, sizeof *samples);
    read_plate(w, plate_path(w, o, 0), &plate);
    size_t n = working(w) ? samples_of(w, &plate, samples) : 0;
    table t = TABLE_OPEN(w, "targets", "Copies of each target", target_columns);
    for (size_t s = 0; s < n && working(w); s++) {
        sample_targets(w, o, &plate, samples[s], &t);
    }
    table_close(&t);
    const rsp_dpcr_options how = droplet_options(o);
    say(w, "Copies are counted from the share of empty droplets (Dube, Qin and Ramakrishnan 2008), "
           "wells of a sample merged, droplets of %g nl, limits %s; wells with fewer than %g "
           "droplets were left out.", how.droplet_nl, limits[o->limits], how.least_droplets);
}

/* ---- Intact provirus. */
static const rsp_result_column ipda_columns[] = {
    {"sample", "sample", "", RSP_CELL_TEXT, false},
    {"state", "state", "", RSP_CELL_TEXT, false},
    {"hiv_wells", "HIV wells", "", RSP_CELL_COUNT, false},
    {"reference_wells", "reference wells", "", RSP_CELL_COUNT, false},
    {"cells", "cells", "", RSP_CELL_NUMBER, false},
    {"shearing", "shearing index", "", RSP_CELL_SHARE, false},
    {"both", "droplets with both", "", RSP_CELL_COUNT, false},
    {"intact", "intact per million", "", RSP_CELL_NUMBER, true},
    {"delta", "limits, delta method", "", RSP_CELL_NUMBER, true},
    {"bootstrap", "limits, bootstrap", "", RSP_CELL_NUMBER, true},
    {"uncorrected", "not corrected for shearing", "", RSP_CELL_NUMBER, false},
    {"one_copy", "one copy is", "", RSP_CELL_NUMBER, false},
    {"upper", "one-sided bound", "", RSP_CELL_NUMBER, false},
    {"three_prime", "3' defective", "", RSP_CELL_NUMBER, false},
    {"five_prime", "5' defective", "", RSP_CELL_NUMBER, false},
    {"total", "all", "", RSP_CELL_NUMBER, false}};

static void put_ipda(table *t, const char *sample, size_t n_hiv, size_t n_reference,
                     const rsp_ipda *r)
{
    const double rest[] = {r->uncorrected, r->one_copy,
                           r->state == RSP_NUMBER ? (double)NAN : r->upper, r->three_prime,
                           r->five_prime, r->total};
    put_text(t, "%s", sample);
    put_text(t, "%s", rsp_result_state_name(r->state));
    put(t, (double)n_hiv);
    put(t, (double)n_reference);
    put(t, r->cells);
    put(t, r->shearing);
    put(t, r->both_positive);
    put_interval(t, r->intact, r->garwood.low, r->garwood.high);
    put_reason(t, rsp_dpcr_reason_text(r->reason));
    put_interval(t, r->intact, r->log_delta.low, r->log_delta.high);
    bool drawn = r->bootstrap_used > 0;
    put_interval(t, drawn ? r->intact : (double)NAN, drawn ? r->bootstrap.low : (double)NAN,
                 drawn ? r->bootstrap.high : (double)NAN);
    for (size_t k = 0; k < sizeof rest / sizeof *rest; k++) {
        put(t, rest[k]);
    }
}

static rsp_ipda_options ipda_options(const options *o)
{
    rsp_ipda_options how = rsp_ipda_defaults();
    how.dpcr = droplet_options(o);
    how.shearing = o->shearing ? RSP_SHEARING_RAW : RSP_SHEARING_CORRECTED;
    how.reference_dilution = isnan(o->dilution) ? how.reference_dilution : o->dilution;
    how.least_unsheared = isnan(o->least_unsheared) ? how.least_unsheared : o->least_unsheared;
    how.bootstrap = isnan(o->bootstrap) ? 0 : (size_t)o->bootstrap;
    how.stream.seed = (uint64_t)o->seed;
    return how;
}

/* Wells of a sample that have both targets, by pattern of these two. */
static size_t duplex_wells(work *w, const options *o, const rsp_droplets *plate,
                           const char *sample, const name_list *targets, rsp_duplex_well *out)
{
    size_t n = 0;
    for (size_t i = 0; i < plate->n_wells && working(w); i++) {
        const rsp_droplet_well *x = &plate->wells[i];
        size_t a = target_of(x, targets->v[0]), b = target_of(x, targets->v[1]);
        if (strcmp(sample_of(x), sample) != 0 || a == x->n_targets || b == x->n_targets) {
            continue;
        }
        if (!x->counts) {
            reader_fail(&w->r, options_at(o, "plate"), RSP_DATA,
                        "the plate goes by target; intact provirus needs droplets by pattern");
            return 0;
        }
        double c[4];
        rsp_plex_collapse(x->counts, x->n_targets, 1u << a | 1u << b, c);
        bool swapped = a > b; /* the bits are packed in order of the columns */
        out[n++] = (rsp_duplex_well){{c[0], c[swapped ? 2 : 1], c[swapped ? 1 : 2], c[3]}};
    }
    return n;
}

static void check_targets(work *w, const options *o, const rsp_droplets *plate, const char *key,
                          const name_list *targets)
{
    if (working(w) && targets->n != 2) {
        reader_fail(&w->r, options_at(o, key), RSP_SYNTAX, "%s names two targets", key);
    }
    for (size_t k = 0; k < targets->n && working(w); k++) {
        const char *known[RSP_DROPLET_TARGETS_MOST * 4];
        size_t n = 0;
        bool there = false;
        for (size_t i = 0; i < plate->n_wells; i++) {
            there |= target_of(&plate->wells[i], targets->v[k]) < plate->wells[i].n_targets;
            for (size_t j = 0; j < plate->wells[i].n_targets && i == 0; j++) {
                known[n++] = plate->wells[i].targets[j];
            }
        }
        if (!there) {
            reader_unknown(&w->r, options_at(o, key), "the plate has no target", targets->v[k],
                           known, n);
        }
    }
}

static void sample_ipda(work *w, const options *o, const rsp_droplets *hiv,
                        const rsp_droplets *reference, const char *sample, table *t)
{
    const rsp_ipda_options how = ipda_options(o);
    rsp_duplex_well *a = work_alloc(w, hiv->n_wells, sizeof *a);
    rsp_duplex_well *b = work_alloc(w, reference->n_wells, sizeof *b);
    rsp_ipda r;
    rsp_error err = {0};
    size_t n = working(w) ? duplex_wells(w, o, hiv, sample, &o->target_names, a) : 0;
    size_t m = working(w) ? duplex_wells(w, o, reference, sample, &o->reference, b) : 0;
    if (working(w) && n + m > 0 &&
        work_took(w, o->at, rsp_ipda_estimate(a, n, b, m, &how, NULL, &r, &err), &err)) {
        put_ipda(t, sample, n, m, &r);
    }
}

void run_ipda(work *w, const options *o)
{
    rsp_droplets hiv, reference;
    const char **samples = work_alloc(w, MOST_SAMPLES, sizeof *samples);
    read_plate(w, plate_path(w, o, 0), &hiv);
    reference = hiv;
    if (o->reference_plate && working(w)) {
        read_plate(w, plate_path(w, o, 1), &reference);
    }
    check_targets(w, o, &hiv, "targets", &o->target_names);
    check_targets(w, o, &reference, "reference", &o->reference);
    size_t n = working(w) ? samples_of(w, &hiv, samples) : 0;
    table t = TABLE_OPEN(w, "samples", "Intact provirus", ipda_columns);
    for (size_t s = 0; s < n && working(w); s++) {
        sample_ipda(w, o, &hiv, &reference, samples[s], &t);
    }
    table_close(&t);
    const rsp_ipda_options how = ipda_options(o);
    say(w, "Intact provirus carries both targets on one molecule (Bruner et al. 2019): droplets "
           "with both less those that chance alone gives, corrected for shearing by the two "
           "reference targets (%s) and given per million cells (reference diluted %g-fold). Limits "
           "are Garwood's of the count, and the delta method's%s.",
        o->shearing ? "of droplet counts" : "of concentrations", how.reference_dilution,
        how.bootstrap ? ", and a percentile bootstrap's" : "");
}

/* ---- Outgrowth. */
static const rsp_result_column growth_columns[] = {
    {"participant", "participant", "", RSP_CELL_TEXT, false},
    {"method", "method", "", RSP_CELL_TEXT, false},
    {"cells", "million cells", "", RSP_CELL_NUMBER, false},
    {"wells", "wells", "", RSP_CELL_COUNT, false},
    {"positive", "positive", "", RSP_CELL_COUNT, false},
    {"iupm", "infectious units per million", "", RSP_CELL_NUMBER, true},
    {"se", "standard error", "", RSP_CELL_NUMBER, false},
    {"posterior_median", "median where all are negative", "", RSP_CELL_NUMBER, false},
    {"fit_p", "p of fit", "", RSP_CELL_P, false},
    {"exact_p", "exact p of fit", "", RSP_CELL_P, false}};

static rsp_dilution_options dilution_options(const options *o)
{
    rsp_dilution_options how = rsp_dilution_defaults();
    how.level = o->level;
    how.information = o->information ? RSP_DILUTION_OBSERVED : RSP_DILUTION_EXPECTED;
    return how;
}

static void put_growth(work *w, const options *o, const rsp_outgrowth *x, table *t)
{
    rsp_dilution_level *levels = work_alloc(w, x->n_levels, sizeof *levels);
    const rsp_dilution_options how = dilution_options(o);
    rsp_dilution r;
    rsp_error err = {0};
    double wells = 0, positive = 0;
    for (size_t i = 0; levels && i < x->n_levels; i++) {
        const rsp_outgrowth_level *l = &x->levels[i];
        levels[i] = (rsp_dilution_level){l->million_cells, l->wells, l->positive};
        wells += l->wells;
        positive += l->positive;
    }
    if (!working(w) || !work_took(w, o->at, rsp_dilution_fit(levels, x->n_levels, &how, &r, &err),
                                  &err)) {
        return;
    }
    put_text(t, "%s", x->subject);
    put_text(t, "wells");
    put(t, r.million_cells);
    put(t, wells);
    put(t, positive);
    put_interval(t, r.iupm, r.low, r.high);
    put_reason(t, rsp_dilution_end_text(r.end));
    put(t, r.se);
    put(t, r.posterior_median);
    put(t, r.p);
    put(t, r.exact_p);
}

static void put_lineages(work *w, const options *o, const rsp_outgrowth *x, table *t)
{
    rsp_lineage_level *levels = work_alloc(w, x->n_levels, sizeof *levels);
    const rsp_dilution_options how = dilution_options(o);
    rsp_lineage_fit r;
    rsp_error err = {0};
    for (size_t i = 0; levels && i < x->n_levels; i++) {
        const rsp_outgrowth_level *l = &x->levels[i];
        levels[i] = (rsp_lineage_level){l->million_cells, l->wells, l->positive, l->sequenced,
                                        l->found};
    }
    if (!working(w) ||
        !work_took(w, o->at, rsp_lineage_estimate(levels, x->n_levels, x->n_lineages, &how, NULL,
                                                  &r, &err), &err)) {
        return;
    }
    put_text(t, "%s", x->subject);
    put_text(t, "wells and %zu lineages", x->n_lineages);
    for (size_t k = 0; k < 3; k++) {
        put(t, (double)NAN);
    }
    put_interval(t, r.iupm, r.low, r.high);
    put_reason(t, rsp_dilution_end_text(r.end));
    put(t, r.se);
    for (size_t k = 0; k < 3; k++) {
        put(t, (double)NAN);
    }
}

void run_qvoa(work *w, const options *o)
{
    rsp_outgrowth *people = NULL;
    size_t n = 0;
    bool lineages = false;
    const char *path = plate_path(w, o, 0);
    if (working(w)) {
        w->r.status = rsp_outgrowth_read(path, w->r.arena, &people, &n, w->r.err);
    }
    table t = TABLE_OPEN(w, "participants", "Infectious units per million", growth_columns);
    for (size_t i = 0; i < n && working(w); i++) {
        put_growth(w, o, &people[i], &t);
        if (people[i].n_lineages && working(w)) {
            put_lineages(w, o, &people[i], &t);
            lineages = true;
        }
    }
    table_close(&t);
    say(w, "Infectious units per million are the maximum likelihood of single-hit dilution (Myers, "
           "McQuay and Hollinger 1994) with %s information and limits on the log scale%s.",
        o->information ? "observed" : "expected",
        lineages ? "; where wells were sequenced, that of their lineages too (Lotspeich 2024)" : "");
}
