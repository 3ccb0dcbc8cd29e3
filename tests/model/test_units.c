#include "bed.h"

/* Units: what is written, what it is worth, what may stand together. */

static void assert_near(double found, double expected)
{
    /* A product of a few factors, each rounded once. */
    if (!(fabs(found - expected) <= 1e-14 * fabs(expected))) {
        fail_msg("found %.17g, expected %.17g", found, expected);
    }
}

static void a_unit_is_a_factor_and_powers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double factor;
        int day, cell, copies, ml, ug;
    } units[] = {
        {"1", 1, 0, 0, 0, 0, 0},
        {"%", 0.01, 0, 0, 0, 0, 0},
        {"day", 1, 1, 0, 0, 0, 0},
        {"weeks", 7, 1, 0, 0, 0, 0},
        {"month", 30.4375, 1, 0, 0, 0, 0},
        {"year", 365.25, 1, 0, 0, 0, 0},
        {"1/hour", 24, -1, 0, 0, 0, 0},
        {"minute", 1.0 / 1440, 1, 0, 0, 0, 0},
        {"1/second", 86400, -1, 0, 0, 0, 0},
        {"copies/mL", 1, 0, 0, 1, -1, 0},
        {"copies/L", 1e-3, 0, 0, 1, -1, 0},
        {"cells/uL", 1e3, 0, 1, 0, -1, 0},
        {"1/(day cell)", 1, -1, -1, 0, 0, 0},
        {"1/day/cell", 1, -1, -1, 0, 0, 0},
        {"mL / day / cell", 1, -1, -1, 0, 1, 0},
        {"day^2", 1, 2, 0, 0, 0, 0},
        {"week^-2", 1.0 / 49, -2, 0, 0, 0, 0},
        {"cell*mL", 1, 0, 1, 0, 1, 0},
        {"copies/1e6 cells", 1e-6, 0, -1, 1, 0, 0},
        {"1e6 cell", 1e6, 0, 1, 0, 0, 0},
        {"mg/kg", 1e-6, 0, 0, 0, 0, 0},
        {"ng/mL", 1e-3, 0, 0, 0, -1, 1},
        {"pg", 1e-6, 0, 0, 0, 0, 1},
        {"nL", 1e-6, 0, 0, 0, 1, 0},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        rsp_unit u;
        rsp_error err = {0};
        if (rsp_unit_parse(units[i].text, &u, &err) != RSP_OK) {
            fail_msg("%s: %s", units[i].text, err.message);
        }
        assert_near(u.factor, units[i].factor);
        assert_int_equal(u.power[0], units[i].day);
        assert_int_equal(u.power[1], units[i].cell);
        assert_int_equal(u.power[2], units[i].copies);
        assert_int_equal(u.power[3], units[i].ml);
        assert_int_equal(u.power[4], units[i].ug);
    }
}

static void what_is_no_unit_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } units[] = {
        {"dya", "unknown unit 'dya'; did you mean 'day'? (in 'dya')"},
        {"copies/ml", "unknown unit 'ml'; did you mean 'mL'? (in 'copies/ml')"},
        {"", "'' is no unit (in '')"},
        {"/day", "'/day' is no unit (in '/day')"},
        {"1/", "'' is no unit (in '1/')"},
        {"day)", "')' after the unit (in 'day)')"},
        {"day^7", "a power above 6 in a unit (in 'day^7')"},
        {"0 day", "expected a positive number in a unit (in '0 day')"},
        {"1e400 day", "expected a positive number in a unit (in '1e400 day')"},
        {"(((day^6)^6)^6)^6", "the powers or factors of this unit are too large (in "
                              "'(((day^6)^6)^6)^6')"},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        rsp_unit u;
        rsp_error err = {0};
        assert_int_equal(rsp_unit_parse(units[i].text, &u, &err), RSP_UNITS);
        assert_string_equal(err.message, units[i].message);
    }
}

static void a_value_is_kept_in_base_units_and_shown_in_its_own(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter d = 2 week\nparameter c = 5 cells/uL\n"
                 "let twice = 2 * d in week\n");
    const rsp_param *d = bed_param(&b, "d");
    assert_near(d->value, 14);
    assert_near(d->value / d->factor, 2);
    assert_string_equal(d->unit, "week");
    assert_near(bed_param(&b, "c")->value, 5000);
    assert_near(bed_let(&b, "twice"), 28);
    assert_near(b.net->derived[0].factor, 7);
    bed_close(&b);
}

static void a_unit_that_is_not_given_is_inferred(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter d = 2 week\nparameter n = 3 cell\nlet a = n / d^2\nlet b = 1\n");
    assert_string_equal(b.net->derived[0].unit, "cell/day^2");
    assert_string_equal(b.net->derived[1].unit, "1");
    bed_close(&b);
}

static void sums_comparisons_and_choices_need_one_unit(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "d + n", "d - n", "d < n", "d == n", "if 1 < p then d else n", "min(d, n)",
        "hill(d, n, 2)", "root(x in d .. n: x)", "d + 1",
        "sum(x in ab: if x == a then d else n)"};
    static const char *const right[] = {
        "d + 2 * d", "d < d", "if 1 < p then d else 2 * d", "max(d, d)", "hill(n, 2 * n, p)",
        "d + 0", "min(d, inf)", "if 1 < p then 0 else n", "n > 0", "sum(x in ab: n)"};
    const char *head = "index ab = a, b\nparameter d = 1 day\nparameter n = 1 cell\n"
                       "parameter p = 2 1\n";
    char text[300];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rsp_error err;
        snprintf(text, sizeof text, "%slet q = %s\n", head, wrong[i]);
        bed_refuse(text, &err);
        if (err.code != RSP_UNITS) {
            fail_msg("%s: %s", wrong[i], err.message);
        }
    }
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        bed b;
        snprintf(text, sizeof text, "%slet q = %s\n", head, right[i]);
        bed_open(&b, text);
        bed_close(&b);
    }
}

static void products_powers_and_roots_carry_units(void **state)
{
    (void)state;
    static const struct {
        const char *expr, *unit;
    } cases[] = {{"d * n", "day cell"},     {"n / d", "cell/day"},
                 {"d ^ 3", "day^3"},        {"d ^ -2", "1/day^2"},
                 {"sqrt(n^2 / d^4)", "cell/day^2"}, {"abs(-n)", "cell"},
                 {"d / d", "1"},            {"p ^ 0.5", "1"},
                 {"t * n", "day cell"},     {"product(x in ab: p)", "1"},
                 {"mean(A ~ lognormal(n, 0.2): A * d)", "day cell"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        bed b;
        snprintf(text, sizeof text,
                 "index ab = a, b\nparameter d = 1 day\nparameter n = 1 cell\n"
                 "parameter p = 2 1\nlet q = %s\n", cases[i].expr);
        bed_open(&b, text);
        assert_string_equal(b.net->derived[0].unit, cases[i].unit);
        bed_close(&b);
    }
}

static void functions_of_numbers_refuse_quantities(void **state)
{
    (void)state;
    static const char *const wrong[] = {"exp(d)", "log(d)", "log10(d)", "floor(d)", "2 ^ d",
                                        "d ^ 0.5", "d ^ p", "sqrt(d)", "not d", "d and 1",
                                        "if d then 1 else 2", "product(x in ab: d)",
                                        "d ^ 7", "mean(A ~ lognormal(1, d): A)"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[200];
        rsp_error err;
        snprintf(text, sizeof text,
                 "index ab = a, b\nparameter d = 1 day\nparameter p = 2 1\nlet q = %s\n",
                 wrong[i]);
        bed_refuse(text, &err);
        if (err.code != RSP_UNITS) {
            fail_msg("%s: %s", wrong[i], err.message);
        }
    }
}

static void a_rate_is_an_amount_per_time(void **state)
{
    (void)state;
    static const struct {
        const char *statement;
        bool right;
    } cases[] = {
        {"reaction r: A -> @ k * A", true},     {"reaction r: A -> @ A", false},
        {"reaction r: A -> @ k", false},        {"reaction r: A -> B @ k * B", true},
        {"reaction r: A -> B @ k * X", false},  {"rate X = k * X", true},
        {"rate X = X", false},                  {"initial A = n", true},
        {"initial A = k", false},               {"initial A = poisson(n)", true},
        {"initial A = poisson(2)", false},      {"initial A = binomial(n, 0.5)", true},
        {"initial A = binomial(n, k)", false},  {"action a: A += n", true},
        {"action a: A += k", false},            {"action a(z cell): A += z", true},
        {"action a(z mL): A += z", false},      {"observe o = A in cell", true},
        {"observe o = A in copies", false},     {"let l = A in 1e6 cell", true},
        {"let l = A in 1", false},              {"let l = after(go, k) ", false},
        {"let l = after(go, 1 / k)", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        bed b;
        rsp_error err;
        snprintf(text, sizeof text,
                 "parameter k = 1 1/week\nparameter n = 3 cell\nspecies A cell\n"
                 "species B copies\nspecies X 1 continuous\naction go: A = 0\n%s\n",
                 cases[i].statement);
        if (cases[i].right) {
            bed_open(&b, text);
            bed_close(&b);
        } else {
            bed_refuse(text, &err);
            if (err.code != RSP_UNITS) {
                fail_msg("%s: %s", cases[i].statement, err.message);
            }
        }
    }
}

static void a_models_own_unit_is_a_dimension_or_a_size(void **state)
{
    (void)state;
    bed b;
    rsp_error err;
    bed_open(&b, "unit effect\nunit million = 1e6 cell\nparameter e = 2 effect\n"
                 "parameter m = 3 million\nlet rate = e / m\nparameter n = 1 1/(effect day)\n");
    assert_near(bed_param(&b, "m")->value, 3e6);
    assert_string_equal(b.net->derived[0].unit, "effect/cell");
    bed_close(&b);
    bed_refuse("unit effect\nparameter e = 2 effect\nlet a = e + 1\n", &err);
    assert_int_equal(err.code, RSP_UNITS);
    bed_refuse("unit cell = 2 mL\n", &err);
    assert_int_equal(err.code, RSP_NAME);
    bed_refuse("unit a = 2 b\nunit b = 2 a\n", &err);
    assert_int_equal(err.code, RSP_UNITS);
}

static void own_units_are_counted(void **state)
{
    (void)state;
    char text[4000] = "";
    rsp_error err;
    bed b;
    for (int i = 0; i < 11; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "unit u%d\n", i);
        if (i == 9) {
            bed_open(&b, text);
            bed_close(&b);
        }
    }
    bed_refuse(text, &err);
    assert_int_equal(err.code, RSP_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_is_a_factor_and_powers),
        cmocka_unit_test(what_is_no_unit_is_refused),
        cmocka_unit_test(a_value_is_kept_in_base_units_and_shown_in_its_own),
        cmocka_unit_test(a_unit_that_is_not_given_is_inferred),
        cmocka_unit_test(sums_comparisons_and_choices_need_one_unit),
        cmocka_unit_test(products_powers_and_roots_carry_units),
        cmocka_unit_test(functions_of_numbers_refuse_quantities),
        cmocka_unit_test(a_rate_is_an_amount_per_time),
        cmocka_unit_test(a_models_own_unit_is_a_dimension_or_a_size),
        cmocka_unit_test(own_units_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
