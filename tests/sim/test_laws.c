/* What every run keeps, whatever the model. */
#include "bed.h"

#include "sim/tableau.h"

/* Exact, leaping, flowing and continuous at once, with input, time and a lag. */
static const char mixture[] =
    "model mixture\n"
    "time day\n"
    "parameter b = 1.3 1/day\n"
    "parameter d = 1 1/day\n"
    "parameter spread = 1 1 between people lognormal cv 0.3\n"
    "parameter u = 1e-3 1\n"
    "parameter k = 1e5 cell\n"
    "parameter lag = 2.5 day\n"
    "parameter five = 5 cell\n"
    "parameter many = 3e4 cell\n"
    "parameter some = 900 cell\n"
    "parameter drug_loss = 0.3 1/day\n"
    "parameter unit = 1 cell\n"
    "input art = 1 1\n"
    "species W cell\n"
    "species M cell\n"
    "species E cell\n"
    "species B cell\n"
    "species drug ug continuous\n"
    "initial W = poisson(five)\n"
    "initial E = many\n"
    "initial B = some\n"
    "rate drug = -drug_loss * drug\n"
    "let push = if since(stop) < lag then 0.2 else 1 in 1\n"
    "reaction grow: W -> 2 W @ (1 - art) * spread * b * W * k / (k + W)\n"
    "reaction mutate: W -> W + M @ (1 - art) * u * b * W\n"
    "reaction die: W -> @ d * W / (1 + drug / drug_half)\n"
    "reaction grow_m: M -> 2 M @ (1 - art) * b * M * k / (k + M)\n"
    "reaction die_m: M -> @ d * M\n"
    "reaction seed: -> W @ unit * d * push * (1 + after(stop, lag))\n"
    "reaction wax: E -> 2 E @ 0.5 * d * E * W / (W + unit)\n"
    "reaction wane: E -> @ 0.1 * d * E\n"
    "reaction turn: B -> 2 B @ 0.2 * d * B\n"
    "reaction over: B -> @ 0.2 * d * B\n"
    "parameter drug_half = 10 ug\n"
    "observe ratio = W / (E + unit) in 1\n"
    "observe level = drug in ug\n"
    "action stop: art = 0\n"
    "action dose(amount ug): drug += amount\n";

enum { PEOPLE = 40, READS = 8 };
static const double mixture_reads[READS] = {0, 0.37, 3, 3.001, 7.77, 12, 19.5, 30};

static void vary_spread(const bed *b, uint32_t participant, double *params)
{
    rsp_stream s = {.seed = 5, .participant = participant, .purpose = RSP_PURPOSE_TRAIT};
    params[rsp_network_param(b->net, "spread")] = 0.8 + 0.4 * rsp_uniform(&s, 0, 0);
}

static void open_mixture(bed *b, rsp_method method)
{
    static rsp_sim_action actions[3];
    bed_open(b, mixture, method);
    uint32_t stop = (uint32_t)rsp_network_action(b->net, "stop");
    uint32_t dose = (uint32_t)rsp_network_action(b->net, "dose");
    actions[0] = (rsp_sim_action){3, stop, 0};
    actions[1] = (rsp_sim_action){7.25, dose, 40};
    actions[2] = (rsp_sim_action){11, dose, 15};
    b->n = PEOPLE;
    b->t1 = 30;
    b->reads = mixture_reads;
    b->n_reads = READS;
    b->actions = actions;
    b->n_actions = 3;
    b->vary = vary_spread;
}

static size_t values_of(const bed *b)
{
    return (size_t)b->n * b->n_reads * b->net->n_species;
}

static void assert_same_bits(const double *x, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (memcmp(&x[i], &y[i], sizeof *x) != 0) {
            fail_msg("value %zu differs: %.17g and %.17g", i, x[i], y[i]);
        }
    }
}

static double *copy_of(const double *x, size_t n)
{
    double *copy = malloc(n * sizeof *copy);
    memcpy(copy, x, n * sizeof *copy);
    return copy;
}

static void a_lane_does_not_know_its_neighbours(void **state)
{
    (void)state;
    const rsp_method methods[] = {RSP_HYBRID, RSP_ODE};
    const uint32_t lanes[] = {1, 3, 8, 13, 0};
    for (int m = 0; m < 2; m++) {
        bed b;
        open_mixture(&b, methods[m]);
        bed_run(&b);
        double *alone = copy_of(b.amounts, values_of(&b));
        rsp_sim_counts counts = b.total;
        for (int i = 0; i < 5; i++) {
            b.options.lanes = lanes[i];
            b.reversed = i % 2 == 0;
            bed_run(&b);
            assert_same_bits(b.amounts, alone, values_of(&b));
            assert_int_equal(b.total.steps, counts.steps);
            assert_int_equal(b.total.events, counts.events);
            assert_int_equal(b.total.rejected, counts.rejected);
        }
        free(alone);
        bed_close(&b);
    }
}

static void a_participant_alone_is_the_same_as_in_a_crowd(void **state)
{
    (void)state;
    bed b;
    open_mixture(&b, RSP_HYBRID);
    bed_run(&b);
    size_t n = b.n_reads * b.net->n_species;
    double *crowd = copy_of(b.amounts, values_of(&b));
    b.n = 1;
    for (uint32_t i = 0; i < PEOPLE; i += 7) {
        b.first = i;
        bed_run(&b);
        assert_same_bits(b.amounts, crowd + i * n, n);
    }
    free(crowd);
    bed_close(&b);
}

static void adding_a_read_changes_no_other_number(void **state)
{
    (void)state;
    const rsp_method methods[] = {RSP_HYBRID, RSP_ODE};
    enum { DENSE = 3000 };
    static double dense[DENSE];
    for (int m = 0; m < 2; m++) {
        bed b;
        open_mixture(&b, methods[m]);
        b.n = 12;
        bed_run(&b);
        uint32_t n_species = b.net->n_species;
        double *few = copy_of(b.amounts, values_of(&b));
        /* Every hundredth of a day, and the few among them. */
        size_t at[READS], n = 0, k = 0;
        for (int i = 0; i <= 3000 && n < DENSE; i++) {
            double t = i / 100.0;
            while (k < READS && mixture_reads[k] <= t) {
                at[k++] = n;
                dense[n++] = mixture_reads[k - 1];
            }
            if (k == 0 || mixture_reads[k - 1] != t) {
                dense[n++] = t;
            }
        }
        assert_int_equal(k, READS - (n == DENSE && at[READS - 1] != n - 1 ? 1 : 0));
        b.reads = dense;
        b.n_reads = n;
        bed_run(&b);
        for (uint32_t p = 0; p < b.n; p++) {
            for (size_t i = 0; i < k; i++) {
                assert_same_bits(b.amounts + (p * n + at[i]) * n_species,
                                 few + (p * READS + i) * n_species, n_species);
            }
        }
        free(few);
        bed_close(&b);
    }
}

static void a_read_inside_a_leap_has_the_law_of_the_path(void **state)
{
    (void)state;
    /* A critical line from 1,000: mean 1,000 and variance 1,000 (b + d) t, also
     * at times that no step ends at. */
    bed b;
    double reads[] = {0.013, 0.1, 0.137, 0.5};
    bed_open(&b,
             "model critical\ntime day\nparameter d = 1 1/day\n"
             "parameter start = 1000 cell\nspecies I cell\ninitial I = start\n"
             "reaction birth: I -> 2 I @ d * I\nreaction death: I -> @ d * I\n",
             RSP_HYBRID);
    b.n = 20000;
    b.t1 = 1;
    b.reads = reads;
    b.n_reads = 4;
    bed_run(&b);
    for (size_t i = 0; i < 4; i++) {
        double *x = bed_column(&b, i, "I");
        assert_mean(x, b.n, 1000);
        assert_variance(x, b.n, 2000 * reads[i]);
        free(x);
    }
    /* Increments over disjoint spans are uncorrelated. */
    double *x = bed_column(&b, 1, "I"), *y = bed_column(&b, 2, "I");
    for (uint32_t p = 0; p < b.n; p++) {
        y[p] = (x[p] - 1000) * (y[p] - x[p]);
    }
    assert_mean(y, b.n, 0);
    free(x);
    free(y);
    bed_close(&b);
}

static void an_arm_left_alone_shares_its_noise_until_the_arms_part(void **state)
{
    (void)state;
    bed b;
    open_mixture(&b, RSP_HYBRID);
    bed_run(&b);
    double *with = copy_of(b.amounts, values_of(&b));
    rsp_sim_action actions[2] = {b.actions[0], b.actions[1]};
    b.actions = actions;
    b.n_actions = 2; /* the second dose is left out */
    bed_run(&b);
    size_t per = b.n_reads * b.net->n_species, same = 5 * b.net->n_species;
    for (uint32_t p = 0; p < b.n; p++) {
        assert_same_bits(b.amounts + p * per, with + p * per, same);
    }
    free(with);
    bed_close(&b);
}

/* Day 0 is a convention: the same from `shift` on.  By -5 the lag ends on day -1. */
static void check_actions_and_lags(double shift)
{
    bed b;
    double reads[] = {1.5, 1.75, 2.0, 4.25, 5, 6.5, 8};
    bed_open(&b,
             "model pulse\ntime day\n"
             "parameter k = 2 ug/day\n"
             "parameter lag = 2.25 day\n"
             "parameter one = 1 1\n"
             "input on = 0 1\n"
             "species A ug continuous\n"
             "species B ug continuous\n"
             "rate A = k * on\n"
             "rate B = k * after(start, lag)\n"
             "observe gone = since(start) in day\n"
             "action start: on = one\n"
             "action end: on = 0\n"
             "action give(amount ug): A += amount\n",
             RSP_ODE);
    uint32_t start = (uint32_t)rsp_network_action(b.net, "start");
    uint32_t end = (uint32_t)rsp_network_action(b.net, "end");
    uint32_t give = (uint32_t)rsp_network_action(b.net, "give");
    rsp_sim_action actions[] = {{1.75, start, 0}, {2.0, give, 8}, {5, end, 0},
                                {6.5, start, 0}};
    for (size_t i = 0; i < 7; i++) {
        reads[i] += shift;
        actions[i % 4].t += i < 4 ? shift : 0;
    }
    b.t0 = shift;
    b.t1 = 8 + shift;
    b.reads = reads;
    b.n_reads = 7;
    b.actions = actions;
    b.n_actions = 4;
    bed_run(&b);
    /* A read at the time of an action sees what is before it. */
    const double A[] = {0, 0, 0.5, 13, 14.5, 14.5, 17.5};
    const double B[] = {0, 0, 0, 0.5, 2, 5, 8};
    for (size_t i = 0; i < 7; i++) {
        assert_true(fabs(bed_amount(&b, 0, i, "A") - A[i]) < 1e-12);
        assert_true(fabs(bed_amount(&b, 0, i, "B") - B[i]) < 1e-12);
    }
    assert_true(bed_observed(&b, 0, 0, "gone") == 1e9);
    assert_true(fabs(bed_observed(&b, 0, 4, "gone") - 3.25) < 1e-12);
    assert_true(fabs(bed_observed(&b, 0, 6, "gone") - 1.5) < 1e-12);
    bed_close(&b);
}

static void actions_and_lags_take_effect_at_their_time_exactly(void **state)
{
    (void)state;
    const double shifts[] = {0, -5, -50, 1000};
    for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
        check_actions_and_lags(shifts[i]);
    }
}

/* Stop at every stop until 4; at the second, give 3 now and 2 in half a day. */
static bool give_twice(bed *b, uint32_t participant, size_t which,
                       const rsp_sim_view *view, rsp_sim_action *added, size_t room,
                       size_t *n_added)
{
    (void)participant;
    uint32_t give = (uint32_t)rsp_network_action(b->net, "give");
    assert_true(room >= 2);
    assert_true(view->t == b->stops[which]);
    if (which == 1) {
        assert_true(fabs(view->amounts[0] - 1) < 1e-12);
        added[0] = (rsp_sim_action){view->t + 0.5, give, 2};
        added[1] = (rsp_sim_action){view->t, give, 3};
        *n_added = 2;
    }
    return which < 3;
}

static void a_rule_may_act_at_its_visit_and_end_the_run(void **state)
{
    (void)state;
    bed b;
    double reads[] = {2, 2.25, 2.75, 4, 5};
    double stops[] = {1, 2, 3, 4, 5};
    bed_open(&b,
             "model ruled\ntime day\nparameter k = 0.5 ug/day\n"
             "species A ug continuous\nrate A = k\n"
             "action give(amount ug): A += amount\n",
             RSP_ODE);
    b.n = 9;
    b.t1 = 10;
    b.reads = reads;
    b.n_reads = 5;
    b.stops = stops;
    b.n_stops = 5;
    b.stop = give_twice;
    bed_run(&b);
    const double A[] = {1, 4.125, 6.375, 7, 0}; /* the last is never read */
    for (uint32_t p = 0; p < b.n; p++) {
        for (size_t i = 0; i < 5; i++) {
            assert_true(fabs(bed_amount(&b, p, i, "A") - A[i]) < 1e-12);
        }
        assert_int_equal(b.result[p].stop, RSP_STOP_CLIENT);
        assert_true(b.result[p].t == 4);
    }
    bed_close(&b);
}

/* Enough on a day inside steps, early for those whose infection is gone. */
static bool enough_of(const bed *b, const rsp_sim_view *view)
{
    return view->t >= 7.77 || view->amounts[rsp_network_species(b->net, "W")] < 1;
}

static void a_client_that_has_enough_gets_no_more_and_loses_nothing(void **state)
{
    (void)state;
    const rsp_method methods[] = {RSP_HYBRID, RSP_ODE};
    /* Some lie close: the next one is in the same step, or waits for its noise. */
    const double reads[READS] = {0, 3, 3.00001, 7.77, 7.77001, 7.7701, 19.5, 30};
    for (int m = 0; m < 2; m++) {
        bed b;
        open_mixture(&b, methods[m]);
        b.reads = reads;
        bed_run(&b);
        size_t n = b.net->n_species, early = 0;
        double *whole = copy_of(b.amounts, values_of(&b));
        double *none = calloc(n, sizeof *none);
        b.enough = enough_of;
        bed_run(&b);
        for (uint32_t p = 0; p < b.n; p++) {
            bool over = false;
            for (size_t i = 0; i < READS; i++) {
                size_t at = (p * READS + i) * n;
                rsp_sim_view view = {reads[i], NULL, whole + at};
                assert_same_bits(b.amounts + at, over ? none : whole + at, n);
                early += !over && reads[i] < 7 && enough_of(&b, &view);
                over |= enough_of(&b, &view);
            }
            assert_int_equal(b.result[p].stop, RSP_STOP_CLIENT);
            assert_true(b.result[p].t < 30);
        }
        assert_true(m == 1 || (early > 0 && early < b.n));
        free(whole);
        free(none);
        bed_close(&b);
    }
}

static const char shares[] =
    "model shares\ntime day\n"
    "parameter share = 0.4 1\n"
    "parameter u = 0.3 1\n"
    "parameter slow = 0.2 1/day\n"
    "parameter fast = 0.9 1/day\n"
    "parameter dose = 40 cell\n"
    "parameter scale = 2 cell\n"
    "parameter seen = 5 cell\n"
    "parameter wait = 1 day\n"
    "parameter idle = 3 1\n"
    "let loss = if u < share then fast else slow\n"
    "let shown = seen * idle / idle\n"
    "species A cell\n"
    "species B cell continuous\n"
    "initial A = poisson(dose)\n"
    "rate B = A * after(begin, wait) * slow / slow * fast\n"
    "reaction lose: A -> @ loss * A\n"
    "observe sum = A + B + shown in cell\n"
    "action begin: B = scale\n";

static void run_shares(bed *b, double *essence, size_t n)
{
    rsp_error err = {0};
    rsp_sim *sim;
    assert_int_equal(rsp_sim_new(b->program, &b->options, 1, &sim, &err), RSP_OK);
    assert_int_equal(rsp_sim_n_essence(sim), n);
    rsp_sim_essence(sim, b->params, 0, essence);
    rsp_sim_free(sim);
    bed_run(b);
}

/* 1: parameters of equal essence gave the same run; 0: the essence differs. */
static int same_run_where_essence_is(bed *b, const double *known, size_t n,
                                     const double *amounts, const double *observed)
{
    double *essence = calloc(n + 1, sizeof *essence);
    run_shares(b, essence, n);
    int same = memcmp(essence, known, n * sizeof *known) == 0;
    if (same) {
        assert_same_bits(b->amounts, amounts, values_of(b));
        assert_same_bits(b->observed, observed, (size_t)b->n * b->n_reads);
    }
    free(essence);
    return same;
}

static void parameters_of_equal_essence_give_the_same_run(void **state)
{
    (void)state;
    bed b;
    double reads[] = {0, 1, 2.5, 6};
    bed_open(&b, shares, RSP_HYBRID);
    rsp_sim_action begin = {0.5, (uint32_t)rsp_network_action(b.net, "begin"), 0};
    b.n = 4;
    b.t1 = 6;
    b.reads = reads;
    b.n_reads = 4;
    b.actions = &begin;
    b.n_actions = 1;
    rsp_error err = {0};
    rsp_sim *sim;
    assert_int_equal(rsp_sim_new(b.program, &b.options, 1, &sim, &err), RSP_OK);
    size_t n = rsp_sim_n_essence(sim);
    rsp_sim_free(sim);
    double *known = calloc(n + 1, sizeof *known);
    run_shares(&b, known, n);
    double *amounts = copy_of(b.amounts, values_of(&b));
    double *observed = copy_of(b.observed, (size_t)b.n * b.n_reads);
    int same = 0;
    for (uint32_t i = 0; i < b.net->n_params; i++) {
        double was = b.params[i];
        b.params[i] = 1.01 * was;
        same += same_run_where_essence_is(&b, known, n, amounts, observed);
        b.params[i] = was;
    }
    /* Who is on the drug is known; which share is, and the draw, are not. */
    assert_true(same >= 2);
    bed_set(&b, "share", 0.9);
    assert_int_equal(same_run_where_essence_is(&b, known, n, amounts, observed), 1);
    bed_set(&b, "share", 0.1);
    assert_int_equal(same_run_where_essence_is(&b, known, n, amounts, observed), 0);
    free(known);
    free(amounts);
    free(observed);
    bed_close(&b);
}

static const char fragile[] =
    "model fragile\ntime day\n"
    "parameter fate = 0 1\n"
    "parameter b = 1.1 1/day\n"
    "parameter d = 1 1/day\n"
    "parameter start = 30 cell\n"
    "species I cell\ninitial I = start\n"
    "reaction birth: I -> 2 I @ b * I * sqrt(fate * (5 - t / day1) + 1)\n"
    "reaction death: I -> @ d * I\n"
    "parameter day1 = 1 day\n";

static void vary_fate(const bed *b, uint32_t participant, double *params)
{
    params[rsp_network_param(b->net, "fate")] = participant % 5 == 2 ? 1 : 0;
    params[rsp_network_param(b->net, "start")] = participant == 11 ? (double)NAN : 30;
}

static void a_failure_stays_with_its_participant(void **state)
{
    (void)state;
    const rsp_method methods[] = {RSP_ODE, RSP_HYBRID, RSP_SSA};
    double reads[] = {1, 9};
    for (int m = 0; m < 3; m++) {
        bed b;
        bed_open(&b, fragile, methods[m]);
        b.n = 20;
        b.t1 = 9;
        b.reads = reads;
        b.n_reads = 2;
        bed_run(&b);
        double *sound = copy_of(b.amounts, values_of(&b));
        b.vary = vary_fate;
        bed_run(&b);
        for (uint32_t p = 0; p < b.n; p++) {
            if (p % 5 == 2 || p == 11) {
                assert_int_equal(b.result[p].stop, RSP_STOP_NONFINITE);
                assert_non_null(strstr(b.result[p].reason, p == 11 ? "I" : "birth"));
                assert_true(p == 11 || (b.result[p].t > 5.9 && b.result[p].t < 6.1) ||
                            bed_amount(&b, p, 1, "I") == 0);
            } else {
                assert_int_equal(b.result[p].stop, RSP_STOP_END);
                assert_same_bits(b.amounts + p * 2, sound + p * 2, 2);
            }
        }
        free(sound);
        bed_close(&b);
    }
}

static void a_negative_rate_is_named(void **state)
{
    (void)state;
    bed b;
    bed_open(&b,
             "model negative\ntime day\nparameter k = 1 cell/day\n"
             "parameter day1 = 1 day\nspecies I cell\n"
             "reaction drip: -> I @ k * (2 - t / day1)\n",
             RSP_ODE);
    b.t1 = 5;
    bed_run(&b);
    assert_int_equal(b.result[0].stop, RSP_STOP_NONFINITE);
    assert_non_null(strstr(b.result[0].reason, "the rate of drip is -"));
    bed_close(&b);
}

static void a_run_of_too_many_steps_says_so(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, fragile, RSP_SSA);
    b.options.max_steps = 50;
    b.t1 = 9;
    bed_run(&b);
    assert_int_equal(b.result[0].stop, RSP_STOP_STEPS);
    assert_int_equal(b.result[0].counts.steps + b.result[0].counts.rejected, 50);
    bed_close(&b);
}

static void a_root_without_solution_fails_its_participant_by_name(void **state)
{
    (void)state;
    bed b;
    bed_open(&b,
             "model rooted\ntime day\nparameter a = 4 1\n"
             "let side = root(x in 0 .. 10: x * x - a)\n"
             "species I cell continuous\nparameter k = 1 cell/day\nrate I = k * side\n",
             RSP_ODE);
    double reads[] = {3};
    b.t1 = 3;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    assert_relative(bed_amount(&b, 0, 0, "I"), 6, 1e-9);
    bed_set(&b, "a", -4);
    bed_run(&b);
    assert_int_equal(b.result[0].stop, RSP_STOP_ROOT);
    print_message("    %s\n", b.result[0].reason);
    assert_non_null(strstr(b.result[0].reason, b.net->roots[0].name));
    bed_close(&b);
}

static double *births_and_deaths(double below, double until, double noise, double t,
                                 double birth, double arrival, rsp_method method,
                                 uint32_t n)
{
    bed b;
    double reads[] = {t};
    bed_open(&b,
             "model line\ntime day\nparameter b = 1 1/day\nparameter d = 1 1/day\n"
             "parameter nu = 0 cell/day\nparameter one = 1 cell\n"
             "species I cell\ninitial I = one\n"
             "reaction birth: I -> 2 I @ b * I\nreaction death: I -> @ d * I\n"
             "reaction arrival: -> I @ nu\n",
             method);
    bed_set(&b, "b", birth);
    bed_set(&b, "nu", arrival);
    b.options.exact_below = below;
    b.options.exact_until = until;
    b.options.noise_below = noise;
    b.options.noise_until = 10 * noise / 3;
    b.n = n;
    b.first = method == RSP_SSA ? n : 0;
    b.t1 = t;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "I");
    bed_close(&b);
    return x;
}

static void leaping_has_the_law_of_exact_firing_at_thresholds_four_fold_apart(void **state)
{
    (void)state;
    const rsp_sim_options o = rsp_sim_defaults(RSP_HYBRID);
    /* Growth from one cell to hundreds; a balance around 90. */
    const double birth[] = {2.2, 0.6}, arrival[] = {0, 36}, t[] = {4.5, 12};
    for (int c = 0; c < 2; c++) {
        double *exact = births_and_deaths(o.exact_below, o.exact_until, o.noise_below,
                                          t[c], birth[c], arrival[c], RSP_SSA, 10000);
        for (double f = 0.25; f <= 4; f *= 4) {
            double *x = births_and_deaths(f * o.exact_below, f * o.exact_until,
                                          f * o.noise_below, t[c], birth[c], arrival[c],
                                          RSP_HYBRID, 10000);
            /* A fraction of a cell is a tie that whole cells break. */
            for (int i = 0; i < 10000; i++) {
                rsp_stream s = {.seed = 3, .participant = (uint32_t)i,
                                .purpose = RSP_PURPOSE_USER};
                x[i] = floor(x[i] + rsp_uniform(&s, 0, 0));
            }
            assert_same_law(x, 10000, exact, 10000);
            free(x);
        }
        free(exact);
    }
}

static void a_burst_has_its_exact_law_where_a_species_holds_few_of_them(void **state)
{
    (void)state;
    double *amount[2];
    double reads[] = {2.1};
    enum { MANY = 4000 };
    for (int m = 0; m < 2; m++) {
        bed b;
        bed_open(&b,
                 "model bursts\ntime day\nparameter k = 1 cell/day\nparameter d = 1 1/day\n"
                 "species V cell\nreaction burst: -> 50 V @ k\nreaction loss: V -> @ d * V\n",
                 m == 0 ? RSP_SSA : RSP_HYBRID);
        b.seed = 31 + (uint64_t)m;
        b.n = MANY;
        b.t1 = 3;
        b.reads = reads;
        b.n_reads = 1;
        bed_run(&b);
        amount[m] = bed_column(&b, 0, "V");
        assert_true(m == 0 || b.total.leaps > 0);
        bed_close(&b);
    }
    for (int p = 0; p < MANY; p++) {
        amount[1][p] = round(amount[1][p]); /* a leap's lie between */
    }
    assert_same_law(amount[0], MANY, amount[1], MANY);
    free(amount[0]);
    free(amount[1]);
}

static void no_part_of_a_cell_comes_back_to_life(void **state)
{
    (void)state;
    bed b;
    double reads[] = {20};
    bed_open(&b,
             "model fading\ntime day\nparameter d = 1 1/day\nparameter start = 400 cell\n"
             "species I cell\ninitial I = start\n"
             "reaction birth: I -> 2 I @ 0.1 * d * I\nreaction death: I -> @ d * I\n",
             RSP_HYBRID);
    b.n = 3000;
    b.t1 = 20;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "I");
    for (uint32_t p = 0; p < b.n; p++) {
        assert_true(x[p] == floor(x[p]) && x[p] >= 0);
    }
    double e = exp(-0.9 * 20);
    assert_share(share_of(x, b.n, 0), b.n, pow((1 - e) / (1 - 0.1 * e), 400));
    free(x);
    bed_close(&b);
}

static void rounding_keeps_what_the_network_conserves(void **state)
{
    (void)state;
    /* Thirty cells in two states, either of which now leaps and now is counted. */
    bed b;
    double reads[] = {1, 5};
    bed_open(&b,
             "model turning\ntime day\nparameter k = 5 1/day\nparameter start = 15 cell\n"
             "species A cell\nspecies B cell\ninitial A = start\ninitial B = start\n"
             "reaction there: A -> B @ k * A\nreaction back: B -> A @ k * B\n",
             RSP_HYBRID);
    b.n = 2000;
    b.t1 = 5;
    b.reads = reads;
    b.n_reads = 2;
    bed_run(&b);
    assert_true(b.total.events > 0 && b.total.leaps > 0);
    for (uint32_t p = 0; p < b.n; p++) {
        double sum = bed_amount(&b, p, 1, "A") + bed_amount(&b, p, 1, "B");
        /* Additions of doubles near 30, a few thousand of them. */
        assert_true(fabs(sum - 30) < 1e-10);
    }
    double *x = bed_column(&b, 1, "A");
    assert_mean(x, b.n, 15);
    free(x);
    bed_close(&b);
}

/* Births and deaths from 9,000, which lose their noise by design beyond 10,000: what was
 * gathered by then is drawn once.  The variance of log X is what came on the way,
 * (b + d) / (b - d) (1 / 9,000 - 1 / 10,000), and up to a leap more, 0.2 day, in which X
 * grows by a fifth: at most (1 / 9,000 - 1 / 12,214), 2.63 times that.  Drawn once for births
 * and once for deaths it was 3.26. */
static void noise_is_drawn_once_where_a_regime_ends(void **state)
{
    (void)state;
    bed b;
    double reads[] = {0.4};
    bed_open(&b,
             "model on\ntime day\nparameter b = 1.5 1/day\nparameter d = 0.5 1/day\n"
             "parameter start = 9000 cell\nspecies X cell\ninitial X = start\n"
             "reaction birth: X -> 2 X @ b * X\nreaction death: X -> @ d * X\n",
             RSP_HYBRID);
    b.n = 10000;
    b.t1 = 0.4;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "X");
    for (uint32_t p = 0; p < b.n; p++) {
        x[p] = log(x[p]);
    }
    const double came = 2 * (1 / 9e3 - 1 / 1e4), found = variance_of(x, b.n) / came;
    print_message("    variance %.2f of what came on the way\n", found);
    assert_true(found > 1 && found < 2.63);
    free(x);
    bed_close(&b);
}

static void noise_below_zero_keeps_what_the_network_conserves(void **state)
{
    (void)state;
    /* Few cells that leap: draws take some below zero, which are set right. */
    bed b;
    double reads[] = {6};
    bed_open(&b,
             "model few\ntime day\nparameter k = 5 1/day\nparameter start = 8 cell\n"
             "species A cell\nspecies B cell\ninitial A = start\ninitial B = start\n"
             "reaction there: A -> B @ k * A\nreaction back: B -> A @ k * B\n",
             RSP_HYBRID);
    b.n = 20000;
    b.options.exact_below = 3;
    b.options.exact_until = 6;
    b.t1 = 6;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    assert_true(b.total.clamped > 0);
    for (uint32_t p = 0; p < b.n; p++) {
        const double sum = bed_amount(&b, p, 0, "A") + bed_amount(&b, p, 0, "B");
        assert_true(fabs(sum - 16) < 1e-10);
    }
    bed_close(&b);
}

static void doses_of_parts_of_a_cell_keep_their_mean(void **state)
{
    (void)state;
    bed b;
    double reads[] = {2};
    bed_open(&b,
             "model part\ntime day\nspecies I cell\n"
             "action give(amount cell): I += amount\n",
             RSP_HYBRID);
    rsp_sim_action actions[] = {{1, 0, 2.3}};
    b.n = 20000;
    b.t1 = 2;
    b.reads = reads;
    b.n_reads = 1;
    b.actions = actions;
    b.n_actions = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "I");
    assert_mean(x, b.n, 2.3);
    assert_true(share_of(x, b.n, 2) + share_of(x, b.n, 3) == 1);
    free(x);
    bed_close(&b);
}

static void initial_draws_have_their_laws_and_ode_takes_their_means(void **state)
{
    (void)state;
    const char text[] =
        "model begin\ntime day\nindex site = a, b, c\n"
        "parameter m = 3.5 cell\nparameter n = 200 cell\nparameter p = 0.3 1\n"
        "parameter shape = 2 1\nparameter w[site] = {a: 1, b: 2, c: 5} 1\n"
        "species P cell\nspecies B cell\nspecies N cell\nspecies S[site] cell\n"
        "initial P = poisson(m)\ninitial B = binomial(n, p)\n"
        "initial N = negative_binomial(shape, m)\n"
        "initial S[x in site] = multinomial(n, w[x])\n";
    double reads[] = {0};
    bed b;
    bed_open(&b, text, RSP_HYBRID);
    b.n = 20000;
    b.t1 = 0.001;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    const char *const names[] = {"P", "B", "N", "S[a]", "S[c]"};
    const double mean[] = {3.5, 60, 3.5, 25, 125};
    const double variance[] = {3.5, 42, 3.5 + 3.5 * 3.5 / 2, 25 * 7.0 / 8, 125 * 3.0 / 8};
    for (int i = 0; i < 5; i++) {
        double *x = bed_column(&b, 0, names[i]);
        assert_mean(x, b.n, mean[i]);
        assert_variance(x, b.n, variance[i]);
        free(x);
    }
    for (uint32_t p = 0; p < b.n; p++) {
        assert_true(bed_amount(&b, p, 0, "S[a]") + bed_amount(&b, p, 0, "S[b]") +
                        bed_amount(&b, p, 0, "S[c]") == 200);
    }
    bed_close(&b);
    bed_open(&b, text, RSP_ODE);
    b.t1 = 1;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    for (int i = 0; i < 5; i++) {
        assert_relative(bed_amount(&b, 0, 0, names[i]), mean[i], 1e-14);
    }
    bed_close(&b);
}

/* ---- No allocation in a step: malloc is counted while steps run. */
static volatile uint64_t allocations;
static volatile bool counting;
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
    allocations = allocations + counting;
    return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    allocations = allocations + counting;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    allocations = allocations + counting;
    return __real_realloc(p, n);
}

static bool start_counting(bed *b, uint32_t participant, size_t which,
                           const rsp_sim_view *view, rsp_sim_action *added, size_t room,
                           size_t *n_added)
{
    (void)b, (void)participant, (void)view, (void)added, (void)room;
    *n_added = 0;
    counting = which == 0;
    return true;
}

static void clones_move_without_allocation(void **state)
{
    (void)state;
    const double stops[] = {3.5, 29};
    bed b;
    bed_open(&b,
             "model m \"clones\"\n  time day\n"
             "index kind = wt, resistant\n"
             "parameter size = 1e4 cell\nparameter k = 0.05 1/day\n"
             "population C[s in kind] cell\n  clones 300\n  size size / rank\n"
             "  genotype s + 1\n  birth k\n  death k * (1 + C[wt] / size)\n"
             "observe top = largest(C, 20) in cell\n",
             RSP_HYBRID);
    b.t1 = 30;
    b.stops = stops;
    b.n_stops = 2;
    b.stop = start_counting;
    allocations = 0;
    bed_run(&b);
    assert_int_equal(allocations, 0);
    assert_false(counting);
    bed_close(&b);
}

static void a_step_allocates_nothing(void **state)
{
    (void)state;
    const rsp_method methods[] = {RSP_HYBRID, RSP_ODE, RSP_SSA};
    double stops[] = {3.5, 29};
    for (int m = 0; m < 3; m++) {
        bed b;
        open_mixture(&b, methods[m]);
        if (methods[m] == RSP_SSA) {
            b.t1 = stops[1] = 4; /* 3e4 cells one by one */
        }
        b.n = 1;
        b.stops = stops;
        b.n_stops = 2;
        b.stop = start_counting;
        allocations = 0;
        bed_run(&b);
        assert_int_equal(allocations, 0);
        assert_false(counting);
        bed_close(&b);
    }
    counting = true; /* and the counter counts */
    void *volatile block = malloc(10);
    free(block);
    counting = false;
    assert_int_equal(allocations, 1);
}

/* ---- Tableaus. */
static void tableaus_are_of_their_order_and_dense_output_ends_in_the_step(void **state)
{
    (void)state;
    const rsp_tableau *const all[] = {&rsp_tableau_dopri5, &rsp_tableau_bogacki3};
    for (int k = 0; k < 2; k++) {
        const rsp_tableau *t = all[k];
        double b = 0, bc = 0, bcc = 0, bac = 0, e = 0, ec = 0;
        for (uint32_t i = 0; i < t->stages; i++) {
            double row = 0, ac = 0, dense = 0;
            for (uint32_t j = 0; j < i; j++) {
                row += t->a[i][j];
                ac += t->a[i][j] * t->c[j];
            }
            assert_true(fabs(row - t->c[i]) < 1e-14);
            for (uint32_t j = 0; j < t->degree; j++) {
                dense += t->dense[i][j];
            }
            assert_true(fabs(dense - t->b[i]) < 1e-13);
            b += t->b[i];
            bc += t->b[i] * t->c[i];
            bcc += t->b[i] * t->c[i] * t->c[i];
            bac += t->b[i] * ac;
            e += t->e[i];
            ec += t->e[i] * t->c[i];
        }
        assert_true(fabs(b - 1) < 1e-14 && fabs(bc - 0.5) < 1e-14);
        assert_true(fabs(bcc - 1.0 / 3) < 1e-14 && fabs(bac - 1.0 / 6) < 1e-14);
        assert_true(fabs(e) < 1e-14 && fabs(ec) < 1e-14);
    }
    for (double y = 1e-6; y < 1e6; y *= 1.7) {
        assert_relative(rsp_inverse_root(y, 3), pow(y, -1.0 / 3), 2e-2);
        assert_relative(rsp_inverse_root(y, 5), pow(y, -0.2), 2e-2);
    }
}

static void dense_output_is_as_good_as_the_steps(void **state)
{
    (void)state;
    enum { N = 400 };
    static double reads[N];
    for (int i = 0; i < N; i++) {
        reads[i] = (i + 1) * 0.0251;
    }
    bed b;
    bed_open(&b,
             "model wave\ntime day\nparameter a = 3 1/day\nparameter one = 1 ug\n"
             "species x ug continuous\nspecies y ug continuous\n"
             "initial x = one\nrate x = -a * y\nrate y = a * x\n",
             RSP_ODE);
    b.options.rtol = 1e-9;
    b.options.atol = 1e-11;
    b.t1 = reads[N - 1];
    b.reads = reads;
    b.n_reads = N;
    bed_run(&b);
    double worst = 0;
    for (size_t i = 0; i < N; i++) {
        worst = fmax(worst, fabs(bed_amount(&b, 0, i, "x") - cos(3 * reads[i])));
        worst = fmax(worst, fabs(bed_amount(&b, 0, i, "y") - sin(3 * reads[i])));
    }
    print_message("    worst error %.2e\n", worst);
    assert_true(worst < 2e-8);
    bed_close(&b);
}

/* 100 molecules that pair up until four in five have: scarce is what no species counts. */
static const char pairs[] =
    "model pairs\ntime day\nparameter k = 0.001 1/(cell day)\nparameter d = 0.01 1/day\n"
    "parameter one = 1 cell\nparameter all = 100 cell\nspecies D cell\n"
    "reaction pair: -> D @ k * (all - 2 * D) * (all - 2 * D - one) / 2\n"
    "reaction part: D -> @ d * D\n";

static void who_has_few_events_to_come_is_exact(void **state)
{
    (void)state;
    bed b;
    double at[] = {50};
    bed_open(&b, pairs, RSP_HYBRID);
    b.n = 200;
    b.reads = at;
    b.n_reads = 1;
    b.t1 = 50;
    bed_run(&b);
    assert_true(b.total.leaps > 0);
    const double events[] = {100, 1000}; /* 5 a day at first: 250 */
    for (int i = 0; i < 2; i++) {
        b.options.few_events = events[i];
        bed_run(&b);
        assert_true(i == 0 ? b.total.leaps > 0 : b.total.leaps == 0);
    }
    for (uint32_t i = 0; i < b.n; i++) {
        const double d = bed_amount(&b, i, 0, "D");
        assert_true(d >= floor(d) && d <= floor(d));
    }
    bed_close(&b);
}

/* Ten cells that double each 0.7 days: few events at first, millions later. */
static void who_comes_to_have_many_leaps_again(void **state)
{
    (void)state;
    bed b;
    double at[] = {15};
    bed_open(&b,
             "model growth\ntime day\nparameter k = 1 1/day\nspecies X cell\n"
             "parameter ten = 10 cell\ninitial X = ten\nreaction divide: X -> 2 X @ k * X\n",
             RSP_HYBRID);
    b.n = 50;
    b.options.few_events = 1e4;
    b.reads = at;
    b.n_reads = 1;
    b.t1 = 15;
    bed_run(&b);
    assert_true(b.total.leaps > 0 && b.total.events > 50 * 100);
    assert_true(b.total.events < 5000000); /* of 3e7 each, all exact */
    bed_close(&b);
}

/* Another species was scarce when the participant came to have many events; it leaps when
 * it has grown, too. */
static void who_was_scarce_then_leaps_later(void **state)
{
    (void)state;
    bed b;
    double at[] = {22};
    bed_open(&b,
             "model growth\ntime day\nparameter k = 1 1/day\nparameter late = 10 day\n"
             "parameter ten = 10 cell\nspecies X cell\nspecies Y cell\n"
             "initial X = ten\ninitial Y = ten\nreaction divide: X -> 2 X @ k * X\n"
             "reaction follow: Y -> 2 Y @ if t > late then k * Y else 0 * k * Y\n",
             RSP_HYBRID);
    b.n = 5;
    b.options.few_events = 1e4;
    b.reads = at;
    b.n_reads = 1;
    b.t1 = 22;
    bed_run(&b);
    assert_true(b.total.events < 50000); /* of 1.6e6 each of Y alone, all exact */
    bed_close(&b);
}

static const char relaxing[] =
    "model relaxing\ntime day\nparameter a = 5000 cell/day\nparameter d = 1 1/day\n"
    "species X cell\nreaction make: -> X @ a\nreaction lose: X -> @ d * X\n";

/* A long run's last days are like its others: what
 * happened does not know where it ends. */
static void the_last_days_are_stepped_like_the_others(void **state)
{
    (void)state;
    bed b;
    double at[] = {150}, days[] = {200, 400}, x[2] = {0};
    bed_open(&b, relaxing, RSP_HYBRID);
    b.options.few_events = 1e4;
    b.options.few_leaps = 300; /* 60 days, at 2 of the amount a day */
    b.reads = at;
    b.n_reads = 1;
    for (int i = 0; i < 2; i++) {
        b.t1 = days[i];
        bed_run(&b);
        x[i] = bed_amount(&b, 0, 0, "X");
    }
    assert_true(x[0] >= x[1] && x[0] <= x[1]);
    bed_close(&b);
}

static void noise_of_the_abundant_is_kept_while_few_leaps_are_to_come(void **state)
{
    (void)state;
    const double few[] = {0, 300};
    for (int i = 0; i < 2; i++) {
        bed b;
        double at[] = {10};
        bed_open(&b,
                 "model large\ntime day\nparameter k = 0.1 1/day\nspecies X cell\n"
                 "parameter many = 5e5 cell\ninitial X = many\n"
                 "reaction die: X -> @ k * X\n",
                 RSP_HYBRID);
        b.n = 4000;
        b.options.few_leaps = few[i];
        b.reads = at;
        b.n_reads = 1;
        b.t1 = 10;
        bed_run(&b);
        double *x = bed_column(&b, 0, "X");
        const double left = exp(-1), exact = 5e5 * left * (1 - left); /* binomial */
        if (i == 0) {
            assert_true(variance_of(x, b.n) < 1);
        } else {
            assert_relative(mean_of(x, b.n), 5e5 * left, b.options.rtol);
            assert_variance(x, b.n, exact);
        }
        free(x);
        bed_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tableaus_are_of_their_order_and_dense_output_ends_in_the_step),
        cmocka_unit_test(dense_output_is_as_good_as_the_steps),
        cmocka_unit_test(a_lane_does_not_know_its_neighbours),
        cmocka_unit_test(a_participant_alone_is_the_same_as_in_a_crowd),
        cmocka_unit_test(adding_a_read_changes_no_other_number),
        cmocka_unit_test(a_read_inside_a_leap_has_the_law_of_the_path),
        cmocka_unit_test(an_arm_left_alone_shares_its_noise_until_the_arms_part),
        cmocka_unit_test(actions_and_lags_take_effect_at_their_time_exactly),
        cmocka_unit_test(a_rule_may_act_at_its_visit_and_end_the_run),
        cmocka_unit_test(a_client_that_has_enough_gets_no_more_and_loses_nothing),
        cmocka_unit_test(parameters_of_equal_essence_give_the_same_run),
        cmocka_unit_test(a_failure_stays_with_its_participant),
        cmocka_unit_test(a_negative_rate_is_named),
        cmocka_unit_test(a_run_of_too_many_steps_says_so),
        cmocka_unit_test(a_root_without_solution_fails_its_participant_by_name),
        cmocka_unit_test(leaping_has_the_law_of_exact_firing_at_thresholds_four_fold_apart),
        cmocka_unit_test(a_burst_has_its_exact_law_where_a_species_holds_few_of_them),
        cmocka_unit_test(no_part_of_a_cell_comes_back_to_life),
        cmocka_unit_test(rounding_keeps_what_the_network_conserves),
        cmocka_unit_test(noise_is_drawn_once_where_a_regime_ends),
        cmocka_unit_test(noise_below_zero_keeps_what_the_network_conserves),
        cmocka_unit_test(doses_of_parts_of_a_cell_keep_their_mean),
        cmocka_unit_test(initial_draws_have_their_laws_and_ode_takes_their_means),
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(clones_move_without_allocation),
        cmocka_unit_test(who_has_few_events_to_come_is_exact),
        cmocka_unit_test(who_comes_to_have_many_leaps_again),
        cmocka_unit_test(who_was_scarce_then_leaps_later),
        cmocka_unit_test(the_last_days_are_stepped_like_the_others),
        cmocka_unit_test(noise_of_the_abundant_is_kept_while_few_leaps_are_to_come),
    };
    return cmocka_run_group_tests_name("laws of the solvers", tests, NULL, NULL);
}
