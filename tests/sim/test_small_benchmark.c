/* Participant 1 of the small benchmark, hybrid against exact: Kolmogorov-Smirnov at 1 %
 * on log10 V at four days, with the thresholds as they are and moved fourfold either
 * way.  Minutes, so among the ladders; skipped where the benchmark is not there. */
#include "bed.h"
#include "respite/sbml.h"

/* Exact runs take 4 million events each; hybrid ones cost little and sharpen the look. */
enum { EXACT = 1000, HYBRID = 4000, DAYS = 4 };
static const double days[DAYS] = {10, 20, 40, 60};

static void run(bed *b, rsp_method method, uint32_t n, double scale)
{
    bed_load(b, MODEL, method);
    b->options.exact_below *= scale;
    b->options.exact_until *= scale;
    b->options.noise_below *= scale;
    b->options.noise_until *= scale;
    b->seed = method == RSP_SSA ? 51 : 52;
    b->n = n;
    b->t1 = days[DAYS - 1];
    b->reads = days;
    b->n_reads = DAYS;
    bed_run(b);
    for (uint32_t p = 0; p < n; p++) {
        assert_int_equal(b->result[p].stop, RSP_STOP_END);
    }
}

static double *log10_virus(const bed *b, size_t day)
{
    double *v = bed_column(b, day, "yV");
    for (uint32_t p = 0; p < b->n; p++) {
        v[p] = log10(round(v[p]) + 1); /* a leap's lie between whole numbers */
    }
    return v;
}

static void the_virus_of_participant_1_has_the_exact_law(void **state)
{
    (void)state;
    FILE *file = fopen(MODEL, "r");
    if (file == NULL || !rsp_sbml_built()) {
        print_message("no benchmark beside the project, or no SBML in this build\n");
        skip();
    }
    fclose(file);
    bed exact;
    run(&exact, RSP_SSA, EXACT, 1);
    for (double scale = 0.25; scale <= 4; scale *= 4) {
        bed hybrid;
        print_message("  thresholds times %g\n", scale);
        run(&hybrid, RSP_HYBRID, HYBRID, scale);
        for (size_t d = 0; d < DAYS; d++) {
            double *x = log10_virus(&exact, d), *y = log10_virus(&hybrid, d);
            print_message("    day %g: mean %.3f, exact %.3f; ", days[d], mean_of(y, HYBRID),
                          mean_of(x, EXACT));
            assert_same_law(x, EXACT, y, HYBRID);
            free(x);
            free(y);
        }
        bed_close(&hybrid);
    }
    bed_close(&exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_virus_of_participant_1_has_the_exact_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
