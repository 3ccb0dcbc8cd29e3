#include <math.h>
#include <string.h>

#include "analysis/plates.h"

/* Digital PCR, one target at a time. */

static const rsp_result_column columns[] = {
    {"sample", "sample", "", RSP_CELL_TEXT, false},
    {"target", "target", "", RSP_CELL_TEXT, false},
    {"state", "state", "", RSP_CELL_TEXT, false},
    {"wells", "wells", "", RSP_CELL_COUNT, false},
    {"rejected", "rejected", "", RSP_CELL_COUNT, false},
    {"positive", "positive", "", RSP_CELL_COUNT, false},
    {"droplets", "droplets", "", RSP_CELL_COUNT, false},
    {"lambda", "copies a droplet", "", RSP_CELL_NUMBER, true},
    {"per_ul", "copies", "1/ul", RSP_CELL_NUMBER, true},
    {"upper", "one-sided bound", "1/ul", RSP_CELL_NUMBER, false},
    {"net", "copies less background", "1/ul", RSP_CELL_NUMBER, true},
    {"blank", "limit of blank, droplets", "", RSP_CELL_COUNT, false},
    {"detection", "limit of detection", "1/ul", RSP_CELL_NUMBER, false},
    {"agreement", "p that wells agree", "", RSP_CELL_P, false}};

static rsp_result_state state_of(const rsp_dpcr *r, double blank, bool background)
{
    return r->reason != RSP_DPCR_FINE             ? RSP_MISSING
           : r->positive == 0                     ? RSP_NOT_DETECTED
           : background && r->positive <= blank   ? RSP_BELOW_LLOQ
                                                  : RSP_NUMBER;
}

/* Not below 0; NaN where either is. */
static double less(double v, double off) { return v < off ? 0.0 : v - off; }

static void put_target(table *t, const char *sample, const char *target, const rsp_dpcr *r,
                       const rsp_dpcr_options *how, const double *background)
{
    const char *why = rsp_dpcr_reason_text(r->reason);
    bool some = r->droplets > 0;
    double per_ul = 1e3 / how->droplet_nl, b = background ? *background : 0.0;
    rsp_count_limits limits = rsp_count_limits_of(b * r->droplets);
    double off = background ? b * per_ul : (double)NAN;
    put_text(t, "%s", sample);
    put_text(t, "%s", target);
    put_text(t, "%s", rsp_result_state_name(state_of(r, limits.blank, background != NULL)));
    put(t, (double)r->used);
    put(t, (double)r->rejected);
    put(t, r->positive);
    put(t, r->droplets);
    put_interval(t, r->lambda, r->low, r->high);
    put_reason(t, why);
    put_interval(t, r->per_ul, r->per_ul_low, r->per_ul_high);
    put_reason(t, why);
    put(t, r->positive == 0 ? rsp_dpcr_zero(r->droplets, how->level) * per_ul : (double)NAN);
    put_interval(t, less(r->per_ul, off), less(r->per_ul_low, off), less(r->per_ul_high, off));
    put(t, some ? limits.blank : (double)NAN);
    put(t, some ? limits.detection / r->droplets * per_ul - b * per_ul : (double)NAN);
    put(t, r->p);
}

/* Wells of a sample (NULL: the blanks) that have a target. */
static size_t wells_with(const options *o, const plate *p, const char *sample, const char *target,
                         rsp_dpcr_well *wells)
{
    size_t n = 0;
    for (size_t j = 0; j < p->droplets.n_wells; j++) {
        const rsp_droplet_well *y = &p->droplets.wells[j];
        size_t place = target_of(y, target);
        bool mine = sample ? strcmp(sample_of(y), sample) == 0 : is_blank(o, sample_of(y));
        if (mine && place < y->n_targets) {
            wells[n++] = (rsp_dpcr_well){y->positive[place], y->droplets};
        }
    }
    return n;
}

/* False positives a droplet of a target; false: none are known. */
static bool background_of_target(work *w, const options *o, const plate *p, const char *target,
                                 rsp_dpcr_well *wells, double *out)
{
    const rsp_dpcr_options how = droplet_options(o, CLOPPER);
    for (size_t i = 0; i < o->background_names.n; i++) {
        if (strcmp(o->background_names.v[i], target) == 0) {
            *out = o->background.v[i];
            return true;
        }
    }
    rsp_dpcr r;
    rsp_error err = {0};
    size_t n = o->blank.n ? wells_with(o, p, NULL, target, wells) : 0;
    if (!n || !work_took(w, o->at, rsp_dpcr_target(wells, n, &how, &r, &err), &err)) {
        return false;
    }
    *out = r.lambda;
    return !isnan(r.lambda);
}

/* Targets of all wells, by first appearance; those that the plan names, where it does. */
enum { MOST_TARGETS = 64 };
static size_t targets_of(work *w, const options *o, const plate *p, const char **out)
{
    size_t n = 0;
    check_names(w, options_at(o, "targets"), p, &o->target_names);
    for (size_t k = 0; k < o->target_names.n && k < MOST_TARGETS && working(w); k++) {
        out[n++] = o->target_names.v[k];
    }
    if (n || !working(w)) {
        return n;
    }
    for (size_t i = 0; i < p->droplets.n_wells; i++) {
        const rsp_droplet_well *x = &p->droplets.wells[i];
        for (size_t k = 0; k < x->n_targets && n < MOST_TARGETS; k++) {
            bool seen = false;
            for (size_t j = 0; j < n && !seen; j++) {
                seen = strcmp(out[j], x->targets[k]) == 0;
            }
            out[n] = x->targets[k];
            n += seen ? 0 : 1;
        }
    }
    return n;
}

static void check_background(work *w, const options *o, const char *const *known, size_t n)
{
    for (size_t i = 0; i < o->background_names.n && working(w); i++) {
        size_t k = 0;
        while (k < n && strcmp(known[k], o->background_names.v[i]) != 0) {
            k++;
        }
        if (k == n) {
            reader_unknown(&w->r, options_at(o, "background"), "background: there is no target",
                           o->background_names.v[i], known, n);
        }
    }
    if (working(w) && o->blank.n && !o->target_names.n) {
        reader_fail(&w->r, options_at(o, "blank"), RSP_SYNTAX,
                    "name the 'targets' that the blank samples do not have");
    }
    if (working(w) && o->blank.n && o->background_names.n) {
        reader_fail(&w->r, options_at(o, "blank"), RSP_SYNTAX,
                    "give 'background' or the samples of 'blank', not both");
    }
}

void run_dpcr(work *w, const options *o)
{
    static const char *const words[] = {"Clopper and Pearson's", "Wilson's", "the delta method's"};
    static const int own[] = {CLOPPER, WILSON, DELTA};
    plate p;
    const char *targets[MOST_TARGETS];
    read_plates(w, o, &p, NULL);
    int limits = limits_of(w, o, own, 3);
    const rsp_dpcr_options how = droplet_options(o, limits);
    rsp_dpcr_well *wells = work_alloc(w, p.droplets.n_wells, sizeof *wells);
    size_t n_targets = working(w) ? targets_of(w, o, &p, targets) : 0;
    bool net = true; /* the background of every row is known */
    check_background(w, o, targets, n_targets);
    table t = TABLE_OPEN(w, "targets", "Copies of each target", columns);
    for (size_t s = 0; s < p.n_samples && working(w); s++) {
        for (size_t k = 0; k < n_targets && working(w); k++) {
            double background = 0;
            bool known = background_of_target(w, o, &p, targets[k], wells, &background);
            size_t n = wells_with(o, &p, p.samples[s], targets[k], wells);
            rsp_dpcr r;
            rsp_error err = {0};
            if (n && work_took(w, o->at, rsp_dpcr_target(wells, n, &how, &r, &err), &err)) {
                put_target(&t, p.samples[s], targets[k], &r, &how, known ? &background : NULL);
                net = net && known;
            }
        }
    }
    table_amounts(&t, net ? "net" : "per_ul",
                  net ? "copies less background per \xc2\xb5l" : "copies per \xc2\xb5l");
    table_close(&t);
    say(w, "Copies are counted from the share of empty droplets (Dube, Qin and Ramakrishnan 2008), "
           "wells of a sample merged, droplets of %g nl, limits %s; wells with fewer than %g "
           "droplets were left out.", how.droplet_nl, words[limits], how.least_droplets);
    say_background(w, o);
}
