#include "analysis/plates.h"

#include <math.h>
#include <string.h>

/* Laboratory plates of droplets: files, samples, targets, blanks. */

enum { MOST_SAMPLES = 1000 };

const char *plate_path(work *w, const options *o, size_t which)
{
    const char *path =
        w->data->plates ? w->data->plates[RSP_ANALYSIS_PLATES * w->at + which] : NULL;
    if (working(w) && !path) {
        reader_fail(&w->r, o->at, RSP_USAGE, "no plate: give a file to the command, or name one as "
                                             "'plate'");
    }
    return path;
}

const char *sample_of(const rsp_droplet_well *x) { return x->sample[0] ? x->sample : "all"; }

size_t target_of(const rsp_droplet_well *x, const char *name)
{
    for (size_t k = 0; k < x->n_targets; k++) {
        if (strcmp(x->targets[k], name) == 0) {
            return k;
        }
    }
    return x->n_targets;
}

static void find_samples(work *w, plate *p)
{
    p->samples = work_alloc(w, MOST_SAMPLES, sizeof *p->samples);
    for (size_t i = 0; i < p->droplets.n_wells && working(w); i++) {
        const char *sample = sample_of(&p->droplets.wells[i]);
        bool seen = false;
        for (size_t k = 0; k < p->n_samples && !seen; k++) {
            seen = strcmp(p->samples[k], sample) == 0;
        }
        if (!seen && p->n_samples == MOST_SAMPLES) {
            reader_fail(&w->r, NULL, RSP_DATA, "more than %d samples on a plate", MOST_SAMPLES);
        } else if (!seen) {
            p->samples[p->n_samples++] = sample;
        }
    }
}

static void read_droplets(work *w, const char *path, rsp_droplets *out)
{
    *out = (rsp_droplets){NULL, 0};
    if (working(w)) { /* what a file says is told at its own place */
        w->r.status = rsp_droplets_read(path, w->r.arena, out, w->r.err);
    }
}

static void name_droplets(work *w, const options *o, rsp_droplets *d)
{
    rsp_droplets by_target, named;
    rsp_error err = {0};
    read_droplets(w, plate_path(w, o, NAMES_PLATE), &by_target);
    if (working(w) && work_took(w, options_at(o, "names"),
                                rsp_droplets_name(d, &by_target, w->r.arena, &named, &err), &err)) {
        *d = named;
    }
}

static void check_blanks(work *w, const options *o, const plate *p)
{
    for (size_t k = 0; k < o->blank.n && working(w); k++) {
        bool there = false;
        for (size_t s = 0; s < p->n_samples; s++) {
            there |= strcmp(p->samples[s], o->blank.v[k]) == 0;
        }
        if (!there) {
            reader_unknown(&w->r, options_at(o, "blank"), "the plate has no sample",
                           o->blank.v[k], p->samples, p->n_samples);
        }
    }
}

void read_plates(work *w, const options *o, plate *hiv, plate *reference)
{
    *hiv = (plate){.n_samples = 0};
    read_droplets(w, plate_path(w, o, PLATE), &hiv->droplets);
    if (o->names_plate && working(w)) {
        name_droplets(w, o, &hiv->droplets);
    }
    find_samples(w, hiv);
    check_blanks(w, o, hiv);
    if (reference) {
        *reference = *hiv;
    }
    if (reference && o->reference_plate && working(w)) {
        *reference = (plate){.n_samples = 0};
        read_droplets(w, plate_path(w, o, REFERENCE_PLATE), &reference->droplets);
        find_samples(w, reference);
    }
}

bool is_blank(const options *o, const char *sample)
{
    for (size_t k = 0; k < o->blank.n; k++) {
        if (strcmp(o->blank.v[k], sample) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- Targets. */
enum { MOST_KNOWN = 64 };

static size_t known_targets(const plate *p, const char *known[MOST_KNOWN])
{
    size_t n = 0;
    for (size_t i = 0; i < p->droplets.n_wells; i++) {
        const rsp_droplet_well *x = &p->droplets.wells[i];
        for (size_t j = 0; j < x->n_targets && n < MOST_KNOWN; j++) {
            bool seen = false;
            for (size_t k = 0; k < n && !seen; k++) {
                seen = strcmp(known[k], x->targets[j]) == 0;
            }
            known[n] = x->targets[j];
            n += seen ? 0 : 1;
        }
    }
    return n;
}

bool well_counts(const rsp_droplet_well *x, const name_list *targets, double *out)
{
    size_t place[RSP_PLEX_MOST];
    for (size_t k = 0; k < targets->n; k++) {
        place[k] = target_of(x, targets->v[k]);
        if (place[k] == x->n_targets || !x->counts) {
            return false;
        }
    }
    for (size_t i = 0; i < (size_t)1 << targets->n; i++) {
        out[i] = 0.0;
    }
    for (size_t pattern = 0; pattern < (size_t)1 << x->n_targets; pattern++) {
        size_t packed = 0;
        for (size_t k = 0; k < targets->n; k++) {
            packed |= (pattern >> place[k] & 1) << k;
        }
        out[packed] += x->counts[pattern];
    }
    return true;
}

void check_names(work *w, const tree *at, const plate *p, const name_list *targets)
{
    const char *known[MOST_KNOWN];
    size_t n = known_targets(p, known);
    for (size_t k = 0; k < targets->n && working(w); k++) {
        bool there = false;
        for (size_t j = 0; j < n; j++) {
            there |= strcmp(known[j], targets->v[k]) == 0;
        }
        for (size_t j = 0; j < k && working(w); j++) {
            if (strcmp(targets->v[j], targets->v[k]) == 0) {
                reader_fail(&w->r, at, RSP_SYNTAX, "the target '%.60s' is named twice",
                            targets->v[k]);
            }
        }
        if (!there && working(w)) {
            reader_unknown(&w->r, at, "the plate has no target", targets->v[k], known, n);
        }
    }
}

void check_targets(work *w, const options *o, const plate *p, const char *key,
                   const name_list *targets, size_t low, size_t high)
{
    const tree *at = options_at(o, key);
    if (working(w) && (targets->n < low || targets->n > high)) {
        if (low == high) {
            reader_fail(&w->r, at, RSP_SYNTAX, "%s names %zu targets; it has %zu", key, low,
                        targets->n);
        } else {
            reader_fail(&w->r, at, RSP_SYNTAX, "%s names %zu to %zu targets; it has %zu", key, low,
                        high, targets->n);
        }
    }
    if (!working(w)) {
        return;
    }
    check_names(w, at, p, targets);
    bool counted = false, some = false;
    double counts[RSP_PLEX_PATTERNS];
    for (size_t i = 0; i < p->droplets.n_wells && working(w); i++) {
        counted |= p->droplets.wells[i].counts != NULL;
        some |= well_counts(&p->droplets.wells[i], targets, counts);
    }
    if (working(w) && !counted) {
        reader_fail(&w->r, at, RSP_DATA, "the plate goes by target; what is linked needs droplets "
                                         "by pattern");
    } else if (working(w) && !some) {
        reader_fail(&w->r, at, RSP_DATA, "no well of the plate has all targets of '%s'", key);
    }
}

void merge_wells(const options *o, const plate *p, const char *sample, const name_list *targets,
                 double least, merged *out)
{
    *out = (merged){.used = 0};
    for (size_t i = 0; i < p->droplets.n_wells; i++) {
        const rsp_droplet_well *x = &p->droplets.wells[i];
        double counts[RSP_PLEX_PATTERNS];
        bool mine = sample ? strcmp(sample_of(x), sample) == 0 : is_blank(o, sample_of(x));
        if (!mine || !well_counts(x, targets, counts)) {
            continue;
        }
        bool enough = x->droplets > 0 && x->droplets >= least;
        out->used += enough;
        out->rejected += !enough;
        for (size_t k = 0; enough && k < (size_t)1 << targets->n; k++) {
            out->counts[k] += counts[k];
        }
    }
}

/* ---- Background. */
bool has_background(const options *o) { return o->blank.n > 0 || o->background_names.n > 0; }

static void given_background(work *w, const options *o, const name_list *targets, double *out)
{
    const char *known[RSP_PLEX_MOST + 1];
    for (size_t k = 0; k < targets->n; k++) {
        known[k] = targets->v[k];
    }
    known[targets->n] = "linked";
    for (size_t i = 0; i < o->background_names.n && working(w); i++) {
        size_t k = 0;
        while (k <= targets->n && strcmp(known[k], o->background_names.v[i]) != 0) {
            k++;
        }
        if (k > targets->n) {
            reader_unknown(&w->r, options_at(o, "background"), "background: there is no target",
                           o->background_names.v[i], known, targets->n + 1);
        } else {
            out[k] = o->background.v[i];
        }
    }
}

/* A plate of blanks alone has nothing to count. */
static void check_samples(work *w, const options *o, const plate *p)
{
    size_t n = 0;
    while (n < p->n_samples && is_blank(o, p->samples[n])) {
        n++;
    }
    if (n == p->n_samples) {
        reader_fail(&w->r, options_at(o, "blank"), RSP_DATA,
                    "'blank' names every sample of the plate: none is left to count");
    }
}

static void measured_background(work *w, const options *o, const plate *p,
                                const name_list *targets, double *out)
{
    const rsp_dpcr_options how = droplet_options(o, CLOPPER);
    double lambda[RSP_PLEX_PATTERNS], total = 0, positive[RSP_PLEX_MOST] = {0};
    size_t n = targets->n, full = ((size_t)1 << n) - 1;
    merged m;
    merge_wells(o, p, NULL, targets, how.least_droplets, &m);
    for (size_t i = 0; i <= full; i++) {
        total += m.counts[i];
        for (size_t k = 0; k < n; k++) {
            positive[k] += i >> k & 1 ? m.counts[i] : 0.0;
        }
    }
    if (total == 0 || m.counts[0] == 0) {
        reader_fail(&w->r, options_at(o, "blank"), RSP_DATA,
                    total == 0 ? "the blank wells have no droplets with these targets (of %zu "
                                 "wells none has enough)"
                               : "of %zu blank wells no droplet is empty", m.rejected + m.used);
        return;
    }
    rsp_error err = {0};
    if (work_took(w, options_at(o, "blank"), rsp_plex_linkage(m.counts, n, lambda, NULL, &err),
                  &err)) {
        out[n] = fmax(0.0, lambda[full]);
        for (size_t k = 0; k < n; k++) {
            out[k] = fmax(0.0, -log1p(-positive[k] / total) - out[n]);
        }
        note(w, "The blanks: %zu well%s, %.0f droplets, %.0f with all targets.", m.used,
             m.used == 1 ? "" : "s", total, m.counts[full]);
    }
}

void background_of(work *w, const options *o, const plate *p, const name_list *targets,
                   double *out)
{
    for (size_t k = 0; k <= targets->n && k <= RSP_PLEX_MOST; k++) {
        out[k] = 0.0;
    }
    if (working(w) && o->blank.n && o->background_names.n) {
        reader_fail(&w->r, options_at(o, "blank"), RSP_SYNTAX,
                    "give 'background' or the samples of 'blank', not both");
    }
    if (working(w) && o->blank.n) {
        check_samples(w, o, p);
    }
    if (working(w) && o->blank.n) {
        measured_background(w, o, p, targets, out);
    } else if (working(w)) {
        given_background(w, o, targets, out);
    }
}

void say_background(work *w, const options *o)
{
    if (has_background(o)) {
        say(w, "The background%s is taken off; up to the limit of blank (the 95th percentile of "
               "its Poisson counts) nothing is called detected, the limit of detection is seen in "
               "95 %% of samples (Armbruster and Pry 2008).",
            o->blank.n ? " of the blank samples" : "");
    }
}

/* ---- Options. */
int limits_of(work *w, const options *o, const int *own, size_t n)
{
    static const char *const words[] = {"clopper-pearson", "wilson", "delta", "garwood",
                                        "bootstrap"};
    for (size_t k = 0; k < n; k++) {
        if (o->limits == own[k]) {
            return own[k];
        }
    }
    if (working(w) && o->limits >= 0) {
        const char *known[5];
        for (size_t k = 0; k < n; k++) {
            known[k] = words[own[k]];
        }
        reader_unknown(&w->r, options_at(o, "limits"), "this kind has no limits", words[o->limits],
                       known, n);
    }
    return own[0];
}

rsp_dpcr_options droplet_options(const options *o, int limits)
{
    static const rsp_dpcr_limits kinds[] = {RSP_DPCR_CLOPPER, RSP_DPCR_WILSON, RSP_DPCR_DELTA};
    rsp_dpcr_options how = rsp_dpcr_defaults();
    how.droplet_nl = isnan(o->droplet_nl) ? how.droplet_nl : o->droplet_nl;
    how.least_droplets = isnan(o->least_droplets) ? how.least_droplets : o->least_droplets;
    how.level = o->level;
    how.limits = kinds[limits <= DELTA ? limits : CLOPPER];
    return how;
}
