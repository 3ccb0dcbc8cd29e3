#include <math.h>
#include <stdint.h>

#include "analysis/work.h"
#include "respite/recrudescence.h"

/* How often the reservoir gives rise to a rebound: of times to detection, of founders. */

static size_t times_of(const frame *f, size_t g, rsp_within *x)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->group[i] == g) {
            x[n++] = (rsp_within){f->interval[i].left, f->interval[i].right};
        }
    }
    return n;
}

static const rsp_result_column columns[] = {
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"delays", "delays", "", RSP_CELL_TEXT, false},
    {"n", "n", "", RSP_CELL_COUNT, false},
    {"events", "events", "", RSP_CELL_COUNT, false},
    {"interval", "days between reactivations", "days", RSP_CELL_NUMBER, true},
    {"delay", "delay", "days", RSP_CELL_NUMBER, false},
    {"spread", "SD of its logarithm", "", RSP_CELL_NUMBER, false},
    {"loglik", "log-likelihood", "", RSP_CELL_NUMBER, false}};

static void put_fit(table *t, const char *group, const char *delays, const rsp_recrudescence *r)
{
    put_text(t, "%s", group);
    put_text(t, "%s", delays);
    put(t, (double)r->n);
    put(t, (double)r->n_events);
    put_interval(t, r->interval, r->low, r->high);
    put_reason(t, r->reason);
    put(t, r->delay);
    put_reason(t, r->reason);
    put(t, r->spread);
    put_reason(t, r->reason);
    put(t, r->log_likelihood);
    put_reason(t, r->reason);
}

static void put_group(work *w, const options *o, table *t, const char *group, const rsp_within *x,
                      size_t n)
{
    static const char *const words[] = {"one for all", "differ"};
    const bool given = !isnan(o->delay);
    for (int model = RSP_DELAY_COMMON; model <= (given ? RSP_DELAY_COMMON : RSP_DELAY_VARYING);
         model++) {
        const rsp_recrudescence_options how = {(rsp_delay_model)model, o->delay, o->level};
        rsp_recrudescence r;
        rsp_error err = {0};
        if (work_took(w, o->at, rsp_recrudescence_fit(x, n, &how, &r, &err), &err)) {
            put_fit(t, group, given ? "given" : words[model], &r);
        }
    }
}

void run_recrudescence(work *w, const options *o)
{
    frame f;
    frame_of_endpoint(w, o, &f);
    rsp_within *x = work_alloc(w, f.n, sizeof *x);
    table t = TABLE_OPEN(w, "interval", "Days between successful reactivations", columns);
    for (size_t g = 0; g < f.n_groups && working(w); g++) {
        put_group(w, o, &t, f.groups[g], x, times_of(&f, g, x));
    }
    table_close(&t);
    if (working(w)) {
        say(w, "Times to detection were read as exponential waits for a successful reactivation after "
               "a delay of washout and growth, events between visits, by maximum likelihood: %s "
               "Limits are those of the profile likelihood. Other differences between participants "
               "(rate, growth) are read as waiting.",
            isnan(o->delay) ? "one delay for all (Pinkevych 2015), and a lognormal delay for each "
                              "reactivation (after Conway 2019)."
                            : "the delay was given (Pinkevych 2015).");
    }
}

/* ---- Founders. */
static size_t ratios_of(work *w, const options *o, const frame *f, size_t g, rsp_within *ratio,
                        size_t *missing)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        value v = value_of(w, &o->outcome, f->subject[i]);
        if (f->group[i] == g && !isnan(v.v)) {
            ratio[n++] = (rsp_within){v.limits.low, v.limits.high};
        } else if (f->group[i] == g) {
            (*missing)++;
        }
    }
    return n;
}

void run_founders(work *w, const options *o)
{
    static const rsp_result_column of_founders[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"missing", "missing", "", RSP_CELL_COUNT, false},
        {"ratios", "with a second founder", "", RSP_CELL_COUNT, false},
        {"interval", "days between reactivations", "days", RSP_CELL_NUMBER, true}};
    frame f;
    frame_of_people(w, o, &f);
    value_check(w, &o->outcome);
    rsp_within *ratio = work_alloc(w, f.n, sizeof *ratio);
    table t = TABLE_OPEN(w, "interval", "Days between successful reactivations", of_founders);
    for (size_t g = 0; g < f.n_groups && working(w); g++) {
        rsp_founders r;
        rsp_error err = {0};
        size_t missing = 0, n = ratios_of(w, o, &f, g, ratio, &missing);
        if (work_took(w, o->at, rsp_founders_fit(ratio, n, o->growth, o->level, &r, &err), &err)) {
            put_text(&t, "%s", f.groups[g]);
            put(&t, (double)r.n);
            put(&t, (double)missing);
            put(&t, (double)r.n_ratios);
            put_interval(&t, r.interval, r.low, r.high);
            put_reason(&t, r.reason);
        }
    }
    table_close(&t);
    say(w, "The ratio of the largest founder lineage to the next was read as exp(growth * wait) at a "
           "growth of %g a day, a single lineage as more than its ratio to one sequence (Pinkevych "
           "2015), by maximum likelihood of exponential waits; limits of the likelihood.",
        o->growth);
}
