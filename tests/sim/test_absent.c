/* What is absent costs nothing and changes nothing: genotypes that appear and vanish. */
#include "bed.h"

enum { PEOPLE = 24, READS = 41 };

static double days[READS];

/* Infection by `n` strains that turn into their neighbours and back; they share target
 * cells, and a response that sees all of them.  The first two are there from the start. */
static char *strains(uint32_t n, double mutation)
{
    static char text[4000];
    int at = snprintf(text, sizeof text, "model strains\ntime day\nindex strain = s0");
    for (uint32_t i = 1; i < n; i++) {
        at += snprintf(text + at, sizeof text - (size_t)at, ", s%u", i);
    }
    (void)snprintf(
        text + at, sizeof text - (size_t)at,
        "\nparameter d = 1 1/day\nparameter loss = 0.02 1/day\nparameter mu = %g 1\n"
        "parameter wake = 0.01 1/day\nparameter beta = 3e-4 1/(day cell)\n"
        "parameter one = 1 cell\nparameter half = 200 cell\nparameter h = 1.7 1\n"
        "parameter supply = 60 cell/day\nparameter first = 8 cell\nparameter held = 30 cell\n"
        "species T cell\nspecies E cell\nspecies I[strain] cell\nspecies L[strain] cell\n"
        "initial T = supply / loss\ninitial E = first\n"
        "initial I[s in strain] = if s < 2 then first else 0 * first\n"
        "initial L[s in strain] = if s < 2 then held else 0 * held\n"
        "let all = sum(s in strain: I[s]) in cell\n"
        "let seen = sum(s in strain: (1 + s) * (I[s] / half)^h) in 1\n"
        "let made[s in strain] = beta * T * I[s] / (1 + all / (50 * half)) in cell/day\n"
        "reaction supplied: -> T @ supply\n"
        "reaction lost: T -> @ loss * T\n"
        "let Q[s in strain, s' in strain] = if s == s' then 1 - 2 * mu "
        "else if s' == s + 1 or s == s' + 1 then mu else 0 in 1\n"
        "reaction infect[s in strain]: T -> I[s'] @ made[s] with s' from Q[s,:]\n"
        "reaction die[s in strain]: I[s] -> @ d * I[s] * (1 + E * (I[s] / half)^h / (one + E))\n"
        "reaction hide[s in strain]: I[s] -> L[s] @ 0.05 * d * I[s]\n"
        "reaction wake_up[s in strain]: L[s] -> I[s] @ wake * L[s]\n"
        "reaction respond: -> E @ d * one * seen\n"
        "reaction rest: E -> @ 0.1 * d * E\n",
        mutation);
    return text;
}

static void vary_supply(const bed *b, uint32_t participant, double *params)
{
    rsp_stream s = {.seed = 9, .participant = participant, .purpose = RSP_PURPOSE_TRAIT};
    params[rsp_network_param(b->net, "beta")] *= 0.5 + 0.9 * rsp_uniform(&s, 0, 0);
    params[rsp_network_param(b->net, "wake")] *= 0.5 + rsp_uniform(&s, 1, 0);
}

static void open_text(bed *b, const char *text, rsp_method method)
{
    for (uint32_t i = 0; i < READS; i++) {
        days[i] = 2.5 * i;
    }
    bed_open(b, text, method);
    b->n = PEOPLE;
    b->t1 = days[READS - 1];
    b->reads = days;
    b->n_reads = READS;
    b->options.few_events = 0;
}

static void open_strains(bed *b, uint32_t n, double mutation, rsp_method method)
{
    open_text(b, strains(n, mutation), method);
    b->vary = vary_supply;
}

static size_t values_of(const bed *b)
{
    return (size_t)b->n * b->n_reads * b->net->n_species;
}

/* How often a strain that was there is gone at a read, and the other way. */
static void count_turns(const bed *b, uint32_t *came, uint32_t *went)
{
    *came = *went = 0;
    for (uint32_t p = 0; p < b->n; p++) {
        for (uint32_t i = 1; i < b->n_reads; i++) {
            const double *now = b->amounts + ((size_t)p * b->n_reads + i) * b->net->n_species;
            const double *before = now - b->net->n_species;
            for (uint32_t s = 0; s < b->net->n_species; s++) {
                *came += now[s] > 0 && before[s] == 0;
                *went += now[s] == 0 && before[s] > 0;
            }
        }
    }
}

static double idle_share(const bed *b)
{
    const double ran = (double)b->total.rate_instructions;
    return (double)b->total.idle_instructions / (ran + (double)b->total.idle_instructions);
}

static void leaves_no_trace(rsp_method method, uint32_t lanes, uint32_t n)
{
    bed all, some;
    uint32_t came, went;
    open_strains(&all, 12, 3e-3, method);
    open_strains(&some, 12, 3e-3, method);
    all.n = some.n = n;
    all.options.keeps_absent = true;
    all.options.lanes = some.options.lanes = lanes;
    bed_run(&all);
    bed_run(&some);
    count_turns(&all, &came, &went);
    print_message("%u lanes: strains came %u times and went %u; %.0f %% of the rates left out\n",
                  lanes, came, went, 100 * idle_share(&some));
    assert_true(came > 20 && went > 20);
    assert_true(idle_share(&all) == 0);
    assert_true(idle_share(&some) > 0.1);
    assert_memory_equal(all.amounts, some.amounts, values_of(&all) * sizeof(double));
    bed_close(&all);
    bed_close(&some);
}

static void what_is_left_out_changes_no_bit_of_a_trajectory(void **state)
{
    (void)state;
    leaves_no_trace(RSP_HYBRID, 0, PEOPLE);
    leaves_no_trace(RSP_HYBRID, 3, PEOPLE);
    leaves_no_trace(RSP_HYBRID, 1, PEOPLE / 2);
}

static void what_is_left_out_changes_no_bit_where_all_is_counted(void **state)
{
    (void)state;
    bed all, some;
    open_strains(&all, 12, 3e-3, RSP_SSA);
    open_strains(&some, 12, 3e-3, RSP_SSA);
    all.n = some.n = 6;
    all.t1 = some.t1 = 10;
    all.n_reads = some.n_reads = 5;
    all.options.coupled = some.options.coupled = true; /* each reaction's own clock */
    all.options.keeps_absent = true;
    bed_run(&all);
    bed_run(&some);
    assert_true(idle_share(&some) > 0.1);
    assert_memory_equal(all.amounts, some.amounts, values_of(&all) * sizeof(double));
    bed_close(&all);
    bed_close(&some);
}

/* Helpers die out while nobody is there whom they would kill; newcomers then read what
 * is made of them, which nobody needed.  A drug flows, and is lost by what is its own. */
static const char *newcomers(void)
{
    return "model newcomers\ntime day\nindex strain = a, b, c, d, e, f, g, h, i, j, k, l, m, n, "
           "o, p, q, r, t, u, v, w, x, y\n"
           "parameter loss = 0.5 1/day\nparameter slow = 0.003 cell/day\nparameter one = 1 cell\n"
           "parameter beta = 0.3 1/day\nparameter seven = 7 cell\n"
           "species H cell\nspecies X[strain] cell\nspecies D mg continuous\n"
           "parameter dose = 8 mg\nparameter mg_1 = 1 mg\n"
           "initial H = seven\ninitial X[s in strain] = 0 * one\ninitial D = dose\n"
           "let help = H * (H + one) / (one * one) in 1\n"
           "let gone = loss * D / (1 + (D / mg_1)^1.5) in mg/day\n"
           "reaction rest: H -> @ loss * H\n"
           "reaction come[s in strain]: -> X[s] @ slow\n"
           "reaction grow[s in strain]: X[s] -> 2 X[s] @ beta * X[s]\n"
           "reaction die[s in strain]: X[s] -> @ loss * X[s] * (1 + help + s * 0.01) * (1 + 0.2 * X[s] / (X[s] + seven))\n"
           "rate D = -gone\n";
}

static void what_nobody_needed_is_seen_by_who_comes(void **state)
{
    (void)state;
    bed all, some;
    open_text(&all, newcomers(), RSP_HYBRID);
    open_text(&some, newcomers(), RSP_HYBRID);
    all.n = some.n = 200;
    all.options.lanes = some.options.lanes = 1;
    all.options.keeps_absent = true;
    bed_run(&all);
    bed_run(&some);
    print_message("%.0f %% of the rates left out\n", 100 * idle_share(&some));
    assert_true(idle_share(&some) > 0.5);
    assert_memory_equal(all.amounts, some.amounts, values_of(&all) * sizeof(double));
    bed_close(&all);
    bed_close(&some);
}

/* Instructions of the rates that a stage runs, on average. */
static double ran(uint32_t n, bool keeps_absent, double *length)
{
    bed b;
    open_strains(&b, n, 0, RSP_HYBRID);
    b.options.keeps_absent = keeps_absent;
    b.options.lanes = 1; /* another lane may hold what this one does not */
    bed_run(&b);
    *length = b.program->rates.n;
    const double each = (1 - idle_share(&b)) * *length;
    bed_close(&b);
    return each;
}

/* Two strains of thirty-two: what twenty more cost is where the sums over all of them take
 * up each, an addition or two, not all that is computed of a strain. */
static void strains_that_nobody_carries_cost_next_to_nothing(void **state)
{
    (void)state;
    double few, many;
    const double two = ran(12, false, &few), all_two = ran(12, true, &few);
    const double more = ran(32, false, &many), all_more = ran(32, true, &many);
    print_message("12 strains: %.1f of %.0f instructions; 32: %.1f of %.0f\n", two, few, more, many);
    assert_true(all_two == few && all_more == many);
    const double each = (more - two) / 20, full = (all_more - all_two) / 20;
    assert_true(full > 15);
    assert_true(each < 0.2 * full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_changes_no_bit_of_a_trajectory),
        cmocka_unit_test(what_is_left_out_changes_no_bit_where_all_is_counted),
        cmocka_unit_test(what_nobody_needed_is_seen_by_who_comes),
        cmocka_unit_test(strains_that_nobody_carries_cost_next_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
