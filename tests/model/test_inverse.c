#include "bed.h"

#include "respite/program.h"

/* Divisions that rates share, or that a participant needs once. */

typedef struct ran {
    bed b;
    rsp_program *program;
    rsp_machine machine;
    rsp_frame frame;
} ran;

static void set_up(ran *r, const char *text)
{
    rsp_error err = {0};
    rsp_text all = {0};
    rsp_text_printf(&all, "parameter r = 1 1/day\n%s", text);
    bed_open(&r->b, all.data);
    rsp_text_fini(&all);
    assert_int_equal(rsp_program_new(r->b.net, &r->program, &err), RSP_OK);
    r->machine = rsp_machine_for(r->program, true);
    assert_int_equal(rsp_frame_new(&r->machine, &r->frame, &err), RSP_OK);
}

static void tear_down(ran *r)
{
    rsp_frame_free(&r->frame);
    rsp_program_free(r->program);
    bed_close(&r->b);
}

static void set_row(ran *r, uint32_t row, double value)
{
    for (uint32_t l = 0; l < r->machine.width; l++) {
        r->frame.rows[row * r->machine.width + l] = value;
    }
}

/* The rate of reaction i where species hold `amounts`. */
static double rate_of(ran *r, uint32_t i, const double *amounts)
{
    const rsp_network *net = r->b.net;
    for (uint32_t p = 0; p < net->n_params; p++) {
        set_row(r, r->program->params + p, net->params[p].value);
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        set_row(r, r->program->species + s, amounts[s]);
    }
    r->machine.run(&r->machine, RSP_RUN_PREPARE, r->frame.rows);
    r->machine.run(&r->machine, RSP_RUN_RATES, r->frame.rows);
    return r->frame.rows[r->program->rate[i] * r->machine.width];
}

static uint32_t divisions(const rsp_section *section)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < section->n; i++) {
        n += section->code[i].op == RSP_OP_DIV;
    }
    return n;
}

static void assert_near(double found, double wanted)
{
    assert_true(fabs(found - wanted) <= 0x1p-52 * fabs(wanted)); /* two roundings */
}

static void rates_that_share_a_denominator_divide_once(void **state)
{
    (void)state;
    ran r;
    set_up(&r, "parameter k = 3 1\nspecies A 1\nspecies B 1\ninitial A = 1\ninitial B = 1\n"
               "reaction a: A -> @ r * (A / (A + k*B))\nreaction b: B -> @ r * (k * B / (A + k*B))\n"
               "reaction c: -> A @ r * (7 / (A + k*B))\n");
    assert_int_equal(divisions(&r.program->rates), 1);
    for (int i = 1; i < 200; i++) {
        const double x[2] = {i * 1.7, 1e6 / i}, below = x[0] + 3 * x[1];
        assert_near(rate_of(&r, 0, x), x[0] / below);
        assert_near(rate_of(&r, 1, x), 3 * x[1] / below);
        assert_near(rate_of(&r, 2, x), 7 / below);
    }
    tear_down(&r);
}

static void what_stays_for_life_is_divided_by_once(void **state)
{
    (void)state;
    ran r;
    set_up(&r, "parameter k = 3 1\nparameter v = 10 1\nspecies A 1\ninitial A = 1\n"
               "reaction a: A -> @ r * (A / v)\nreaction b: -> A @ r * (k / v)\n");
    assert_int_equal(divisions(&r.program->rates), 0);
    for (int i = 1; i < 200; i++) {
        assert_near(rate_of(&r, 0, (double[]){i}), i / 10.0);
    }
    assert_true(rate_of(&r, 1, (double[]){1}) == 3.0 / 10.0); /* once as it is */
    tear_down(&r);
}

static void a_quotient_by_itself_stays_one(void **state)
{
    (void)state;
    ran r;
    set_up(&r, "parameter k = 3 1\nspecies A 1\ninitial A = 1\nreaction a: A -> @ r * (A / (A + k))\n");
    assert_int_equal(divisions(&r.program->rates), 1);
    for (int i = 1; i < 200; i++) {
        assert_true(rate_of(&r, 0, (double[]){i}) == i / (i + 3.0));
    }
    tear_down(&r);
}

/* 49 * (1 / 49) is below 1. */
static void a_quotient_that_decides_stays_one(void **state)
{
    (void)state;
    static const char *const rates[] = {
        "floor(A / v)", "if A / v >= 1 then 1 else 0", "if not (A / v < 1) then 1 else 0",
        "if floor(2 * (A / v)) == 2 then 1 else 0", "if 1 <= A / v and A > 0 then 1 else 0"};
    volatile double inverse = 1 / 49.0;
    assert_true(49 * inverse < 1);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        ran r;
        rsp_text text = {0};
        rsp_text_printf(&text, "parameter v = 49 1\nspecies A 1\ninitial A = 1\nreaction a: A -> @ r * (%s)\n",
                        rates[i]);
        set_up(&r, text.data);
        assert_true(rate_of(&r, 0, (double[]){49}) == 1);
        assert_true(rate_of(&r, 0, (double[]){48}) == 0);
        tear_down(&r);
        rsp_text_fini(&text);
    }
}

static void zero_over_what_is_there_is_zero(void **state)
{
    (void)state;
    ran r;
    set_up(&r, "species A 1\nspecies B 1\ninitial A = 1\ninitial B = 1\n"
               "reaction a: A -> @ r * (A / (A + B))\nreaction b: B -> @ r * (B / (A + B))\n");
    assert_true(rate_of(&r, 0, (double[]){0, 5}) == 0);
    assert_true(isnan(rate_of(&r, 0, (double[]){0, 0})));
    tear_down(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_that_share_a_denominator_divide_once),
        cmocka_unit_test(what_stays_for_life_is_divided_by_once),
        cmocka_unit_test(a_quotient_by_itself_stays_one),
        cmocka_unit_test(a_quotient_that_decides_stays_one),
        cmocka_unit_test(zero_over_what_is_there_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
