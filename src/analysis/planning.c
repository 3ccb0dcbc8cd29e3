#include <math.h>

#include "analysis/work.h"
#include "respite/design.h"

/* How many participants, events and looks a trial needs.  No data are asked. */

/* ---- Times to an event in two arms. */
void run_size_survival(work *w, const options *o)
{
    static const rsp_result_column columns[] = {
        {"hazard_ratio", "hazard ratio", "", RSP_CELL_NUMBER, false},
        {"power", "power", "", RSP_CELL_SHARE, false},
        {"events", "events", "", RSP_CELL_NUMBER, false},
        {"p_control", "with an event, control", "", RSP_CELL_SHARE, false},
        {"p_treated", "treated", "", RSP_CELL_SHARE, false},
        {"participants", "participants in all", "", RSP_CELL_NUMBER, false},
        {"whole", "rounded up", "", RSP_CELL_COUNT, false}};
    const double length = o->accrual + o->follow_up;
    const rsp_survival_plan plan = {.control_median = o->median, .hazard_ratio = o->hazard_ratio,
                                    .accrual = o->accrual, .follow_up = o->follow_up,
                                    .dropout_hazard = -log1p(-o->dropout) / length,
                                    .share = o->allocation, .alpha = o->alpha, .power = o->power};
    rsp_survival_size out;
    rsp_error err = {0};
    if (!work_took(w, o->at, rsp_survival_sample(&plan, &out, &err), &err)) {
        return;
    }
    table t = TABLE_OPEN(w, "size", "Participants and events", columns);
    const double row[] = {o->hazard_ratio, o->power, out.events, out.p_control, out.p_treated,
                          out.participants, ceil(out.participants)};
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        put(&t, row[k]);
    }
    table_close(&t);
    say(w, "Events are those that the log-rank test needs (Schoenfeld 1981), two-sided alpha %g; "
           "participants follow from exponential times to the event (median %g days in the "
           "control arm) and to dropout (%g %% over %g days), uniform accrual over %g days and "
           "%g days of follow-up for the last (Lachin and Foulkes 1986). `respite run` on a study "
           "of the same design tells what visits and restarts of ART leave of that power.",
        o->alpha, o->median, 100 * o->dropout, length, o->accrual, o->follow_up);
}

/* ---- One arm against a share. */
static const rsp_result_column arm_columns[] = {
    {"n", "participants", "", RSP_CELL_COUNT, false},
    {"reject", "responders that reject", "", RSP_CELL_COUNT, false},
    {"alpha", "alpha reached", "", RSP_CELL_SHARE, false},
    {"power", "power reached", "", RSP_CELL_SHARE, false},
    {"n_always", "always from", "", RSP_CELL_COUNT, false}};

void run_size_one_arm(work *w, const options *o)
{
    rsp_single_arm out;
    rsp_error err = {0};
    if (!work_took(w, o->at, rsp_single_arm_size(o->p0, o->p1, o->alpha, o->power,
                                                 (size_t)o->most, &out, &err), &err)) {
        return;
    }
    table t = TABLE_OPEN(w, "size", "One arm", arm_columns);
    put(&t, (double)out.n);
    put(&t, (double)out.reject);
    put(&t, out.alpha);
    put(&t, out.power);
    put(&t, out.n_always ? (double)out.n_always : (double)NAN);
    put_reason(&t, "not up to the most that was asked");
    table_close(&t);
    say(w, "One arm is held against a share of %g by the exact binomial test, one-sided alpha %g, "
           "with power for %g. The power goes up and down with the number.", o->p0, o->alpha, o->p1);
}

/* ---- Simon's two stages. */
static void put_simon(table *t, const char *name, const rsp_simon *s)
{
    const double row[] = {(double)s->n1, (double)s->r1, (double)s->n, (double)s->r, s->alpha,
                          s->power, s->expected, s->early_stop};
    put_text(t, "%s", name);
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        put(t, row[k]);
    }
}

void run_size_two_stages(work *w, const options *o)
{
    static const rsp_result_column columns[] = {
        {"design", "design", "", RSP_CELL_TEXT, false},
        {"n1", "first stage", "", RSP_CELL_COUNT, false},
        {"r1", "stop at or below", "", RSP_CELL_COUNT, false},
        {"n", "in all", "", RSP_CELL_COUNT, false},
        {"r", "no effect at or below", "", RSP_CELL_COUNT, false},
        {"alpha", "alpha reached", "", RSP_CELL_SHARE, false},
        {"power", "power reached", "", RSP_CELL_SHARE, false},
        {"expected", "expected number, no effect", "", RSP_CELL_NUMBER, false},
        {"early", "stops early, no effect", "", RSP_CELL_SHARE, false}};
    rsp_simon optimal, minimax;
    rsp_error err = {0};
    const double most = fmin(o->most, RSP_SIMON_MOST);
    if (!work_took(w, o->at, rsp_simon_designs(o->p0, o->p1, o->alpha, o->power, (size_t)most,
                                               &optimal, &minimax, &err), &err)) {
        return;
    }
    table t = TABLE_OPEN(w, "designs", "Two stages", columns);
    put_simon(&t, "optimal", &optimal);
    put_simon(&t, "minimax", &minimax);
    table_close(&t);
    say(w, "Two-stage designs of one arm (Simon 1989): a share of %g is no effect, %g is one; "
           "one-sided alpha %g, power %g. Optimal: least expected number where there is no effect; "
           "minimax: least number in all.", o->p0, o->p1, o->alpha, o->power);
}

/* ---- Two shares. */
void run_size_shares(work *w, const options *o)
{
    static const rsp_result_column columns[] = {
        {"p0", "control", "", RSP_CELL_SHARE, false},
        {"p1", "treated", "", RSP_CELL_SHARE, false},
        {"n_each", "participants an arm", "", RSP_CELL_COUNT, false},
        {"power", "power reached", "", RSP_CELL_SHARE, false}};
    size_t n = 0;
    double reached = (double)NAN;
    rsp_error err = {0};
    if (!work_took(w, o->at, rsp_fisher_size(o->p1, o->p0, o->alpha, o->power, false,
                                             (size_t)fmin(o->most, 500), &n, &reached, &err),
                   &err)) {
        return;
    }
    table t = TABLE_OPEN(w, "size", "Two shares", columns);
    put(&t, o->p0);
    put(&t, o->p1);
    put(&t, (double)n);
    put(&t, reached);
    table_close(&t);
    say(w, "The power of Fisher's exact test, two-sided alpha %g, is summed over all tables of "
           "equal groups.", o->alpha);
}

/* ---- Interim looks. */
static bool design_of_looks(work *w, const options *o, rsp_sequential *d)
{
    *d = (rsp_sequential){.n_looks = o->looks.n, .alpha = o->alpha, .two_sided = true,
                          .kind = (rsp_boundary_kind)o->boundary, .parameter = o->parameter};
    if (o->looks.n > RSP_LOOKS_MOST) {
        reader_fail(&w->r, options_at(o, "looks"), RSP_RANGE, "looks: at most %d", RSP_LOOKS_MOST);
        return false;
    }
    for (size_t i = 0; i < o->looks.n; i++) {
        d->information[i] = o->looks.v[i];
    }
    return working(w);
}

static void put_looks(work *w, const rsp_sequential *d, const rsp_look *looks)
{
    static const rsp_result_column columns[] = {
        {"look", "look", "", RSP_CELL_COUNT, false},
        {"information", "share of the information", "", RSP_CELL_SHARE, false},
        {"z", "z", "", RSP_CELL_NUMBER, false},
        {"nominal_p", "p of this look", "", RSP_CELL_P, false},
        {"alpha", "alpha spent by then", "", RSP_CELL_SHARE, false},
        {"power", "power by then", "", RSP_CELL_SHARE, false}};
    table t = TABLE_OPEN(w, "looks", "Boundaries", columns);
    for (size_t i = 0; i < d->n_looks; i++) {
        const double row[] = {(double)(i + 1), looks[i].information, looks[i].z,
                              looks[i].nominal_p, looks[i].alpha, looks[i].power};
        for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
            put(&t, row[k]);
            put_reason(&t, "nothing to spend yet");
        }
    }
    table_close(&t);
}

void run_looks(work *w, const options *o)
{
    static const rsp_result_column columns[] = {
        {"drift", "mean of z at the end", "", RSP_CELL_NUMBER, false},
        {"inflation", "information over that of one look", "", RSP_CELL_NUMBER, false},
        {"expected", "expected share of it, with the effect", "", RSP_CELL_NUMBER, false},
        {"expected_null", "without", "", RSP_CELL_NUMBER, false}};
    rsp_sequential d;
    rsp_sequential_size size;
    rsp_error err = {0};
    rsp_look *looks = work_alloc(w, RSP_LOOKS_MOST, sizeof *looks);
    if (!working(w) || !design_of_looks(w, o, &d) ||
        !work_took(w, o->at, rsp_sequential_plan(&d, o->power, &size, &err), &err) ||
        !work_took(w, o->at, rsp_sequential_looks(&d, size.drift, looks, &err), &err)) {
        return;
    }
    put_looks(w, &d, looks);
    table t = TABLE_OPEN(w, "size", "What the looks cost", columns);
    put(&t, size.drift);
    put(&t, size.inflation);
    put(&t, size.expected_drift);
    put(&t, size.expected_null);
    table_close(&t);
    say(w, "Boundaries for looks at shares of the information, two-sided alpha %g, power %g, by "
           "numerical integration of the joint density (Jennison and Turnbull 2000).", o->alpha,
        o->power);
}
