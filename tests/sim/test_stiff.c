/* What `ode` owes: its tolerance, its order, its way through stiff problems, and
 * that no lane knows of another's. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include "bed.h"

#include "problems.h"
#include "sim/rosenbrock.h"
#include "model/sparse.h"

/* ---- Coefficients. */

enum { STAGES = RSP_ROSENBROCK_STAGES };

/* The coefficients as Hairer & Wanner 1996 (IV.7) have them before W is divided
 * out: alpha, and beta = alpha + gamma with its diagonal. */
typedef struct classic {
    double alpha[STAGES][STAGES], gamma[STAGES][STAGES], beta[STAGES][STAGES];
    double b[STAGES];
} classic;

/* x times the inverse of (I / gamma - g), which is lower triangular. */
static void times_gamma(const rsp_rosenbrock *t, const double x[STAGES], double y[STAGES])
{
    for (int j = STAGES - 1; j >= 0; j--) {
        y[j] = x[j];
        for (int i = j + 1; i < STAGES; i++) {
            y[j] += y[i] * t->g[i][j];
        }
        y[j] *= t->gamma;
    }
}

static classic classic_of(const rsp_rosenbrock *t, const double b[STAGES])
{
    classic c = {0};
    for (int i = 0; i < STAGES; i++) {
        double unit[STAGES] = {0};
        unit[i] = 1;
        times_gamma(t, unit, c.gamma[i]);
        times_gamma(t, t->a[i], c.alpha[i]);
        for (int j = 0; j < STAGES; j++) {
            c.beta[i][j] = c.alpha[i][j] + c.gamma[i][j];
        }
    }
    times_gamma(t, b, c.b);
    return c;
}

/* What lets a place be the one before and the last u. */
static void late_places_of_a_step_go_on_from_one_another(void **state)
{
    (void)state;
    const rsp_rosenbrock *t = &rsp_rosenbrock_rodas5p;
    for (uint32_t i = t->tail; i < t->stages; i++) {
        const double *next = i + 1 < t->stages ? t->a[i + 1] : t->b;
        for (uint32_t j = 0; j < t->stages; j++) {
            assert_true(next[j] == (j == i ? 1 : t->a[i][j]));
        }
    }
}

/* A rooted tree as brackets: "()" a leaf, "(()())" two leaves on a root. */
typedef struct tree {
    const char *text;
    int order;
    double density; /* the product of the sizes of all its subtrees */
} tree;

static const tree trees[] = {
    {"()", 1, 1},
    {"(())", 2, 2},
    {"(()())", 3, 3}, {"((()))", 3, 6},
    {"(()()())", 4, 4}, {"(()(()))", 4, 8}, {"((()()))", 4, 12}, {"(((())))", 4, 24},
    {"(()()()())", 5, 5}, {"(()()(()))", 5, 10}, {"((())(()))", 5, 20},
    {"(()(()()))", 5, 15}, {"(()((())))", 5, 30}, {"((()()()))", 5, 20},
    {"((()(())))", 5, 40}, {"(((()())))", 5, 60}, {"((((()))))", 5, 120},
};
enum { N_TREES = sizeof trees / sizeof *trees };

/* The tree's weights of all stages: beta along a single branch, alpha where
 * branches meet. Returns the end of its text. */
static const char *weigh_tree(const classic *c, const char *text, double phi[STAGES])
{
    double straight[STAGES], meeting[STAGES];
    int branches = 0;
    for (int i = 0; i < STAGES; i++) {
        meeting[i] = phi[i] = 1;
    }
    for (text++; *text == '('; branches++) {
        double branch[STAGES];
        text = weigh_tree(c, text, branch);
        for (int i = 0; i < STAGES; i++) {
            double met = straight[i] = 0;
            for (int j = 0; j < STAGES; j++) {
                met += c->alpha[i][j] * branch[j];
                straight[i] += c->beta[i][j] * branch[j];
            }
            meeting[i] *= met;
        }
    }
    for (int i = 0; i < STAGES && branches > 0; i++) {
        phi[i] = branches == 1 ? straight[i] : meeting[i];
    }
    return text + 1;
}

/* Conditions of all trees up to `order`, for the solution after the share theta. */
static void assert_order(const rsp_rosenbrock *t, const double b[STAGES], double theta,
                         int order)
{
    const classic c = classic_of(t, b);
    for (int i = 0; i < N_TREES && trees[i].order <= order; i++) {
        double phi[STAGES], sum = 0;
        weigh_tree(&c, trees[i].text, phi);
        for (int j = 0; j < STAGES; j++) {
            sum += c.b[j] * phi[j];
        }
        const double wanted = pow(theta, trees[i].order) / trees[i].density;
        if (!(fabs(sum - wanted) < 1e-12)) { /* the coefficients have 15 digits */
            fail_msg("%s at %g: %.15g, not %.15g", trees[i].text, theta, sum, wanted);
        }
    }
}

static void the_rosenbrock_method_meets_its_order_conditions(void **state)
{
    (void)state;
    const rsp_rosenbrock *t = &rsp_rosenbrock_rodas5p;
    assert_order(t, t->b, 1, 5);
    double embedded[STAGES];
    memcpy(embedded, t->b, sizeof embedded);
    embedded[STAGES - 1] -= 1;
    assert_order(t, embedded, 1, 4);
    for (double theta = 0.1; theta < 1; theta += 0.1) {
        double b[STAGES];
        for (int i = 0; i < STAGES; i++) {
            b[i] = theta * (t->b[i] + (1 - theta) * (t->dense[0][i] +
                            theta * (t->dense[1][i] + theta * t->dense[2][i])));
        }
        assert_order(t, b, theta, 4);
    }
    const classic c = classic_of(t, t->b);
    for (int i = 0; i < STAGES; i++) {
        double alpha = 0, gamma = 0;
        for (int j = 0; j < STAGES; j++) {
            alpha += c.alpha[i][j];
            gamma += c.gamma[i][j];
            /* Stiffly accurate: the solution is the last stage, at infinite
             * stiffness the equation's own. */
            assert_true(fabs(c.b[j] - c.beta[STAGES - 1][j]) < 1e-12);
        }
        assert_true(fabs(alpha - t->c[i]) < 1e-13);
        assert_true(fabs(gamma - t->d[i]) < 1e-13);
    }
}

/* ---- Tolerance. */

static void open_problem(bed *b, const problem *p, rsp_way way, double rtol)
{
    bed_open(b, p->text, RSP_ODE);
    b->n = 1;
    b->t1 = p->reads[p->n_reads - 1];
    b->reads = p->reads;
    b->n_reads = p->n_reads;
    b->options.way = way;
    b->options.rtol = rtol;
    b->options.atol = rtol * p->floor;
}

/* The largest error at a read, over rtol (|y| + floor). */
static double error_of(const bed *b, const problem *p, const bed *truth)
{
    double worst = 0;
    for (uint32_t i = 0; i < p->n_reads; i++) {
        for (uint32_t s = 0; s < p->n; s++) {
            const double y = bed_amount(truth, 0, i, p->species[s]);
            const double error = fabs(bed_amount(b, 0, i, p->species[s]) - y);
            worst = fmax(worst, error / (b->options.rtol * (fabs(y) + p->floor)));
        }
    }
    return worst;
}

/* What is published has ten digits at least. */
static void check_end(const bed *truth, const problem *p)
{
    for (uint32_t s = 0; s < p->n && p->end[0] != 0; s++) {
        const double y = bed_amount(truth, 0, p->n_reads - 1, p->species[s]);
        const double error = fabs(y - p->end[s]) / (fabs(p->end[s]) + p->floor);
        if (!(error < 5e-9)) {
            fail_msg("%s: %s is %.17g, not %.17g", p->name, p->species[s], y, p->end[s]);
        }
    }
}

/* Steps are held to the tolerance each; an oscillation adds them up. Far more than
 * that, or far less, and `rtol` would not mean what it says. */
static void the_error_is_of_the_size_of_the_tolerance(void **state)
{
    (void)state;
    static const char *const names[] = {"by itself", "explicit", "implicit"};
    double least = INFINITY;
    for (uint32_t i = 0; i < N_PROBLEMS; i++) {
        const problem *p = &problems[i];
        bed truth;
        open_problem(&truth, p, RSP_WAY_IMPLICIT, 1e-12);
        bed_run(&truth);
        check_end(&truth, p);
        for (rsp_way way = RSP_WAY_BY_ITSELF; way <= RSP_WAY_IMPLICIT; way++) {
            if (way == RSP_WAY_EXPLICIT && p->is_stiff) {
                continue;
            }
            print_message("    %-14s %-9s", p->name, names[way]);
            for (double rtol = 1e-4; rtol > 0.9e-8; rtol *= 1e-2) {
                bed b;
                open_problem(&b, p, way, rtol);
                bed_run(&b);
                const double error = error_of(&b, p, &truth);
                print_message("  %6.2f in %5u steps, %4u implicit", error,
                              (unsigned)b.total.steps, (unsigned)b.total.implicit);
                assert_true(error < 25);
                least = fmin(least, error);
                bed_close(&b);
            }
            print_message("\n");
        }
        bed_close(&truth);
    }
    assert_true(least > 1e-3);
}

/* ---- Which method. */

/* At 1e-6. What an explicit method takes: 3,300 for virus, 151,000 for chain,
 * 1e5 to 1e11 for the rest. */
static void a_stiff_problem_takes_few_steps_and_another_stays_explicit(void **state)
{
    (void)state;
    static const struct { const char *name; uint32_t steps, implicit; } most[] = {
        {"logistic", 60, 1}, {"Lotka-Volterra", 280, 1}, {"Brusselator", 230, 1},
        {"virus", 600, 600}, {"chain", 100, 60}, {"follower", 50, 50},
        {"driven", 60, 60}, {"HIRES", 350, 240}, {"Robertson", 500, 450}, {"van der Pol", 700, 450},
        {"Oregonator", 1200, 850},
    };
    for (uint32_t i = 0; i < N_PROBLEMS; i++) {
        bed b;
        assert_string_equal(most[i].name, problems[i].name);
        open_problem(&b, &problems[i], RSP_WAY_BY_ITSELF, 1e-6);
        bed_run(&b);
        print_message("    %s: %u steps, %u implicit\n", most[i].name,
                      (unsigned)b.total.steps, (unsigned)b.total.implicit);
        assert_in_range(b.total.steps, 1, most[i].steps);
        assert_in_range(b.total.implicit, 1, most[i].implicit);
        bed_close(&b);
    }
}

static void a_long_run_that_is_not_stiff_does_not_come_back_to_implicit_steps(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < 3; i++) { /* two oscillators */
        for (double rtol = 1e-3; rtol > 1e-8; rtol *= 1e-2) {
            bed b;
            open_problem(&b, &problems[i], RSP_WAY_BY_ITSELF, rtol);
            b.t1 = 5000;
            bed_run(&b);
            print_message("    %s at %g: %u of %u\n", problems[i].name, rtol,
                          (unsigned)b.total.implicit, (unsigned)b.total.steps);
            assert_true(b.total.implicit < 200);
            bed_close(&b);
        }
    }
}

static void amounts_stay_positive_through_hundreds_of_decades(void **state)
{
    (void)state;
    static const char decay[] =
        "model decay \"decay, by rate law and by reaction\"\n  time day\n" UNIT
        "species y 1 continuous \"y\"\nspecies fast 1 continuous \"y\"\n"
        "species z 1 \"z\"\nspecies w 1 \"w\"\n"
        "initial y = 1\ninitial fast = 1\ninitial z = 1\n"
        "rate y = -u * y\nrate fast = 1000 * u * (y - fast)\n"
        "reaction d: z -> w @ 50 * u * z\n";
    double reads[300];
    for (uint32_t i = 0; i < 300; i++) {
        reads[i] = 5.0 * i;
    }
    static const rsp_way ways[] = {RSP_WAY_BY_ITSELF, RSP_WAY_IMPLICIT};
    for (int k = 0; k < 2; k++) {
        bed b;
        bed_open(&b, decay, RSP_ODE);
        b.t1 = 1500;
        b.reads = reads;
        b.n_reads = 300;
        b.options.way = ways[k];
        b.options.atol = 1e-12;
        bed_run(&b);
        for (uint32_t i = 0; i < 300; i++) {
            assert_true(bed_amount(&b, 0, i, "y") > -b.options.atol);
            assert_true(bed_amount(&b, 0, i, "fast") > -b.options.atol);
            assert_true(bed_amount(&b, 0, i, "z") >= 0);
            assert_true(fabs(bed_amount(&b, 0, i, "z") + bed_amount(&b, 0, i, "w") - 1) <
                        b.options.rtol);
        }
        bed_close(&b);
    }
    bed b;
    double times[120];
    for (uint32_t i = 0; i < 120; i++) {
        times[i] = pow(10, 0.1 * i - 1);
    }
    open_problem(&b, &problems[8], RSP_WAY_BY_ITSELF, 1e-6);
    b.reads = times;
    b.n_reads = 120;
    bed_run(&b);
    for (uint32_t i = 0; i < 120; i++) {
        double sum = 0;
        for (uint32_t s = 0; s < 3; s++) {
            assert_true(bed_amount(&b, 0, i, problems[8].species[s]) >= 0);
            sum += bed_amount(&b, 0, i, problems[8].species[s]);
        }
        assert_true(fabs(sum - 1) < 1e-9);
    }
    bed_close(&b);
}

/* ---- Planning. */

static char *network_of(uint32_t n, bool is_ring)
{
    char *text = malloc(200 + 160 * (size_t)n), *at = text;
    at += sprintf(at, "model line \"line\"\n  time day\n" UNIT);
    for (uint32_t i = 0; i < n; i++) {
        at += sprintf(at, "species s%u 1 \"s\"\n", i);
    }
    /* Neighbours are declared far apart: their order is not a good one as it is. */
    for (uint32_t i = 0; i + !is_ring < n; i++) {
        const uint32_t from = i * 197 % n, to = (i + 1) * 197 % n;
        at += sprintf(at, "reaction r%u: s%u -> s%u @ %u * u * s%u\n", i, from, to,
                      1 + 100 * (i % 7), from);
        at += sprintf(at, "reaction q%u: s%u -> s%u @ 3 * u * s%u\n", i, to, from, to);
    }
    sprintf(at, "initial s0 = 1\n");
    return text;
}

static void planning_a_sparse_network_fills_in_its_size(void **state)
{
    (void)state;
    for (int is_ring = 0; is_ring < 2; is_ring++) {
        char *text = network_of(500, is_ring);
        bed b;
        bed_open(&b, text, RSP_ODE);
        rsp_arena *arena = rsp_arena_new();
        rsp_sparse plan;
        assert_true(rsp_sparse_new(&plan, &b.program->df, 500, arena));
        /* Tridiagonal: no fill. A ring has two more a pivot. */
        assert_true(plan.n_slots <= (is_ring ? 2500 : 1498));
        rsp_arena_free(arena);
        bed_close(&b);
        free(text);
    }
}

static void a_ring_of_500_keeps_its_total_and_settles(void **state)
{
    (void)state;
    static const double end[] = {1e5};
    char *text = network_of(500, true);
    bed b;
    bed_open(&b, text, RSP_ODE);
    b.t1 = end[0];
    b.reads = end;
    b.n_reads = 1;
    bed_run(&b);
    double sum = 0;
    for (uint32_t s = 0; s < 500; s++) {
        sum += b.amounts[s];
    }
    assert_true(fabs(sum - 1) < 1e-6);
    assert_in_range(b.total.steps, 1, 2000); /* an explicit method takes 2e7 */
    bed_close(&b);
    free(text);
}

/* Every rate depends on the sum of all: nothing is left sparse. */
static void a_network_too_dense_to_plan_is_stepped_explicitly_and_says_so(void **state)
{
    (void)state;
    enum { N = 420 };
    static const double end[] = {1};
    char *text = malloc(400 + 8 * N), *at = text;
    at += sprintf(at, "model dense \"dense\"\n  time day\nindex site = a0");
    for (int i = 1; i < N; i++) {
        at += sprintf(at, ", a%d", i);
    }
    sprintf(at, "\n" UNIT "species s[site] 1 \"s\"\ninitial s[x] = 1\n"
                "let all = sum(x in site: s[x]) in 1\n"
                "reaction die[x]: s[x] -> @ u * s[x] * all / %d\n", N);
    bed b;
    bed_open(&b, text, RSP_ODE);
    b.t1 = end[0];
    b.reads = end;
    b.n_reads = 1;
    bed_run(&b);
    assert_int_equal(b.total.implicit, 0);
    assert_relative(b.amounts[7], 0.5, 1e-6); /* x' = -x^2 */
    b.options.max_steps = 2;
    bed_run(&b);
    assert_int_equal(b.result[0].stop, RSP_STOP_STEPS);
    assert_non_null(strstr(b.result[0].reason, "too many derivatives"));
    bed_close(&b);
    free(text);
}

/* ---- Bits. */

static void stiffer_by_participant(const bed *b, uint32_t participant, double *params)
{
    (void)b;
    params[0] = participant % 3 == 0 ? 1 : participant % 3 == 1 ? 30 : 1000;
    params[1] = 1 + 0.01 * (participant % 7); /* all of the Jacobian differs */
}

static void open_mixed(bed *b)
{
    static const double reads[] = {0, 1, 17, 40, 150, 151, 299, 300};
    bed_open(b, vdp, RSP_ODE);
    b->n = 30;
    b->t1 = 300;
    b->reads = reads;
    b->n_reads = 8;
    b->vary = stiffer_by_participant;
}

static void stiff_and_other_lanes_do_not_know_each_other(void **state)
{
    (void)state;
    bed together, alone;
    open_mixed(&together);
    bed_run(&together);
    for (uint32_t l = 0; l < 30; l++) {
        open_mixed(&alone);
        alone.n = 1;
        alone.first = l;
        bed_run(&alone);
        assert_memory_equal(alone.amounts, together.amounts + (size_t)l * 16,
                            16 * sizeof(double));
        assert_int_equal(alone.result[0].counts.steps, together.result[l].counts.steps);
        bed_close(&alone);
    }
    bed_close(&together);
}

static void ode_has_the_same_bits_on_every_instruction_set_and_in_any_packing(void **state)
{
    (void)state;
    static const char *const sets[] = {"base", "avx2", "avx512"};
    static const uint32_t lanes[] = {0, 5, 13};
    bed b, other;
    open_mixed(&b);
    bed_run(&b);
    for (int i = 0; i < 3; i++) {
        setenv("RESPITE_ISA", sets[i], 1);
        open_mixed(&other);
        other.reversed = i > 0;
        other.options.lanes = lanes[i];
        bed_run(&other);
        assert_memory_equal(b.amounts, other.amounts, 30 * 16 * sizeof(double));
        bed_close(&other);
    }
    unsetenv("RESPITE_ISA");
    bed_close(&b);
}

/* Amounts are read in batches of a lane's own, observables all lanes at once; without
 * observables lanes march (march.c), with them rsp_step takes each step. */
static void reads_are_the_same_with_observables_and_without(void **state)
{
    (void)state;
    char text[1024];
    double reads[200];
    for (uint32_t i = 0; i < 200; i++) {
        reads[i] = 1.5 * i;
    }
    snprintf(text, sizeof text, "%sobserve twice = 2 * y in 1\n", vdp);
    bed plain, observed;
    bed_open(&plain, vdp, RSP_ODE);
    bed_open(&observed, text, RSP_ODE);
    bed *const beds[] = {&plain, &observed};
    for (int i = 0; i < 2; i++) {
        beds[i]->n = 30;
        beds[i]->t1 = 300;
        beds[i]->reads = reads;
        beds[i]->n_reads = 200;
        beds[i]->vary = stiffer_by_participant;
        beds[i]->options.max_steps = 1400; /* some end there, in both alike */
        bed_run(beds[i]);
    }
    uint32_t ended = 0;
    for (uint32_t l = 0; l < 30; l++) {
        const rsp_sim_result *a = &plain.result[l], *c = &observed.result[l];
        assert_int_equal(a->stop, c->stop);
        assert_true(a->t == c->t);
        assert_int_equal(a->n_reads, c->n_reads);
        assert_memory_equal(&a->counts, &c->counts, sizeof a->counts);
        assert_string_equal(a->reason, c->reason);
        ended += a->stop == RSP_STOP_STEPS;
    }
    assert_in_range(ended, 1, 29);
    assert_memory_equal(plain.amounts, observed.amounts, 30 * 200 * 2 * sizeof(double));
    for (uint32_t l = 0; l < 30; l++) {
        for (uint32_t i = 0; i < 200; i++) {
            if (i < plain.result[l].n_reads) {
                assert_true(bed_observed(&observed, l, i, "twice") ==
                            2 * bed_amount(&plain, l, i, "y"));
            }
        }
    }
    bed_close(&observed);
    bed_close(&plain);
}

/* ---- hybrid, where all flows: A <-> B in haste, and both are lost slowly.  B stands at
 * q A with q = forward / back, and their sum falls by b q / (1 + q).  Beside it X hunts Y,
 * smoothly, which hid the haste where stages at two times were compared. */

static const char to_and_fro[] =
    "model fro\ntime day\nparameter f = 1 1/day\nparameter r = 2 1/day\nparameter b = 0.3 1/day\n"
    "parameter x0 = 2e6 cell\nspecies A cell\ninitial A = x0\nspecies B cell\ninitial B = x0 / 2\n"
    "reaction go: A -> B @ f * A\nreaction come: B -> A @ r * B\nreaction lose: B -> @ b * B\n"
    "parameter g = 1 1/day\nparameter h = 1e-6 1/(cell day)\nspecies X cell\ninitial X = x0\n"
    "species Y cell\ninitial Y = x0 / 4\nreaction grow: X -> 2 X @ g * X\n"
    "reaction meet: X + Y -> 2 Y @ h * X * Y\nreaction fall: Y -> @ g * Y\n";

static void hybrid_steps_implicitly_only_where_stability_would_hold_it(void **state)
{
    (void)state;
    const double fast[] = {1, 200, 1000, 1e5};
    for (int i = 0; i < 4; i++) {
        bed b;
        const double at[] = {5};
        bed_open(&b, to_and_fro, RSP_HYBRID);
        bed_set(&b, "f", fast[i]);
        bed_set(&b, "r", 2 * fast[i]);
        b.reads = at;
        b.n_reads = 1;
        b.t1 = 5;
        bed_run(&b);
        const double found = bed_amount(&b, 0, 0, "A") + bed_amount(&b, 0, 0, "B");
        print_message("    %g a day: %.0f steps, %.0f implicit, %.0f cells\n", fast[i],
                      (double)b.total.steps, (double)b.total.implicit, found);
        if (i == 0) {
            assert_int_equal(b.total.implicit, 0);
        } else { /* explicit ones would be 1,200 to 600,000 */
            assert_true(b.total.implicit > 0 && b.total.steps < 200);
            assert_relative(found, 3e6 * exp(-0.1 * 5), 2e-3);
        }
        bed_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_places_of_a_step_go_on_from_one_another),
        cmocka_unit_test(the_rosenbrock_method_meets_its_order_conditions),
        cmocka_unit_test(the_error_is_of_the_size_of_the_tolerance),
        cmocka_unit_test(a_stiff_problem_takes_few_steps_and_another_stays_explicit),
        cmocka_unit_test(a_long_run_that_is_not_stiff_does_not_come_back_to_implicit_steps),
        cmocka_unit_test(amounts_stay_positive_through_hundreds_of_decades),
        cmocka_unit_test(planning_a_sparse_network_fills_in_its_size),
        cmocka_unit_test(a_ring_of_500_keeps_its_total_and_settles),
        cmocka_unit_test(a_network_too_dense_to_plan_is_stepped_explicitly_and_says_so),
        cmocka_unit_test(stiff_and_other_lanes_do_not_know_each_other),
        cmocka_unit_test(hybrid_steps_implicitly_only_where_stability_would_hold_it),
        cmocka_unit_test(reads_are_the_same_with_observables_and_without),
        cmocka_unit_test(ode_has_the_same_bits_on_every_instruction_set_and_in_any_packing),
    };
    return cmocka_run_group_tests_name("stiff", tests, NULL, NULL);
}
