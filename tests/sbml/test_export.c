/* What is written as SBML: libsbml finds no error in it, and read back it is the same
 * model to the bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sbml/SBMLTypes.h>

#include "respite/sbml.h"
#include "respite/sim.h"

enum { N_READS = 4 };
static const double READS[N_READS] = {0.5, 2, 5, 20};

typedef struct course { /* of one participant */
    const rsp_network *net;
    double *params, *amounts; /* [N_READS * n_species] */
    rsp_stop stop;
    bool given;
} course;

static int next(void *ctx, rsp_sim_job *job)
{
    course *c = ctx;
    *job = (rsp_sim_job){.params = c->params, .t1 = READS[N_READS - 1], .reads = READS,
                         .n_reads = N_READS};
    return c->given ? 0 : (c->given = true);
}

static bool take(void *ctx, const rsp_sim_job *job, size_t which, const rsp_sim_view *view)
{
    course *c = ctx;
    (void)job;
    memcpy(c->amounts + which * c->net->n_species, view->amounts,
           c->net->n_species * sizeof *c->amounts);
    return true;
}

static void done(void *ctx, const rsp_sim_job *job, const rsp_sim_result *end)
{
    (void)job;
    ((course *)ctx)->stop = end->stop;
}

static void run(course *c, const rsp_network *net, rsp_method method)
{
    rsp_error err = {0};
    rsp_program *program = NULL;
    rsp_sim *sim = NULL;
    rsp_sim_options o = rsp_sim_defaults(method);
    rsp_sim_client client = {.ctx = c, .next = next, .read = take, .done = done};
    *c = (course){.net = net, .params = calloc(net->n_params + 1, sizeof *c->params),
                  .amounts = calloc((size_t)N_READS * net->n_species + 1, sizeof *c->amounts)};
    assert_true(c->params && c->amounts);
    for (uint32_t i = 0; i < net->n_params; i++) {
        c->params[i] = net->params[i].value;
    }
    o.interpret = true;
    assert_int_equal(rsp_program_new(net, &program, &err), RSP_OK);
    assert_int_equal(rsp_sim_new(program, &o, 1, &sim, &err), RSP_OK);
    assert_int_equal(rsp_sim_run(sim, &client, &err), RSP_OK);
    assert_int_equal(c->stop, RSP_STOP_END);
    rsp_sim_free(sim);
    rsp_program_free(program);
}

static void close_course(course *c)
{
    free(c->params);
    free(c->amounts);
}

static char *written(const rsp_model *model, rsp_text *left_out)
{
    rsp_error err = {0};
    rsp_text out = {0};
    if (rsp_sbml_write(rsp_model_network(model), &out, left_out, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    return out.data;
}

static rsp_model *parsed(const char *text)
{
    rsp_error err = {0};
    rsp_model *model = NULL;
    if (rsp_model_parse(text, "test", &model, &err) != RSP_OK) {
        fail_msg("line %u: %s", err.line, err.message);
    }
    return model;
}

/* Every check that libsbml has; units are warnings in Level 3.  For the larger models
 * those of units and of general consistency take hours (its search for cycles the cube of
 * what is assigned). */
static void assert_valid(const char *text)
{
    SBMLDocument_t *d = readSBMLFromString(text);
    const Model_t *m = SBMLDocument_getModel(d);
    if (Model_getNumRules(m) + Model_getNumInitialAssignments(m) > 500) {
        SBMLDocument_setConsistencyChecks(d, LIBSBML_CAT_GENERAL_CONSISTENCY, 0);
        SBMLDocument_setConsistencyChecks(d, LIBSBML_CAT_UNITS_CONSISTENCY, 0);
    }
    SBMLDocument_checkConsistency(d);
    for (unsigned i = 0; i < SBMLDocument_getNumErrors(d); i++) {
        const XMLError_t *e = (const XMLError_t *)SBMLDocument_getError(d, i);
        if (XMLError_isError(e) || XMLError_isFatal(e)) {
            fail_msg("line %u: %s", XMLError_getLine(e), XMLError_getMessage(e));
        }
    }
    assert_int_equal(SBMLDocument_getLevel(d), 3);
    assert_int_equal(SBMLDocument_getVersion(d), 2);
    SBMLDocument_free(d);
}

static void assert_same_course(const rsp_network *net, const rsp_network *back, rsp_method method)
{
    course a, b;
    run(&a, net, method);
    run(&b, back, method);
    for (uint32_t s = 0; s < net->n_species; s++) {
        assert_string_equal(net->species[s].name, back->species[s].name);
        for (uint32_t k = 0; k < N_READS; k++) {
            double x = a.amounts[k * net->n_species + s], y = b.amounts[k * back->n_species + s];
            if (memcmp(&x, &y, sizeof x) != 0) {
                fail_msg("%s at %g by method %d: %.17g, read back %.17g", net->species[s].name,
                         READS[k], (int)method, x, y);
            }
        }
    }
    close_course(&a);
    close_course(&b);
}

/* methods: "o", "h" and "s". */
static void assert_comes_back(rsp_model *model, const char *methods)
{
    static const struct { char letter; rsp_method method; } all[] = {
        {'o', RSP_ODE}, {'h', RSP_HYBRID}, {'s', RSP_SSA}};
    rsp_error err = {0};
    rsp_text left_out = {0};
    rsp_model *again = NULL;
    char *text = written(model, &left_out);
    assert_valid(text);
    if (rsp_sbml_parse(text, "written", &again, &err) != RSP_OK) {
        fail_msg("line %u: %s", err.line, err.message);
    }
    for (size_t i = 0; i < 3; i++) {
        if (strchr(methods, all[i].letter)) {
            assert_same_course(rsp_model_network(model), rsp_model_network(again),
                               all[i].method);
        }
    }
    rsp_model_free(again);
    rsp_model_free(model);
    rsp_text_fini(&left_out);
    free(text);
}

static void the_shipped_models_come_back_to_the_bit(void **state)
{
    (void)state;
    static const struct { const char *name, *methods; } models[] = {
        {"hiv_car_t", "oh"}, {"hiv_car_t_products", "o"},
        /* Their clones are written as cells of each genotype: see below. */
        {"hiv_car_t_epitopes", ""}, {"hiv_car_t_full", ""}, {"hiv_car_t_full2", ""}};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        rsp_error err = {0};
        rsp_model *model = NULL;
        print_message("    %s\n", models[i].name);
        assert_int_equal(rsp_model_load(models[i].name, NULL, &model, &err), RSP_OK);
        assert_comes_back(model, models[i].methods);
    }
}

#define P(name, value, unit)                                                          \
    "parameter " name " = " value " " unit " \"one\" source \"chosen\" status assumed\n"

static void clones_come_back_as_the_cells_of_their_genotypes(void **state)
{
    (void)state;
    static const char *const kinds[] = {"C[wt]", "C[resistant]"};
    rsp_error err = {0};
    rsp_text left_out = {0};
    rsp_model *again = NULL, *model = parsed(
        "model clones \"clones\"\n  time day\n"
        "index kind = wt, resistant\n"
        P("size", "1000", "cell") P("b", "0.05", "1/day") P("d", "0.1", "1/day")
        P("tau", "7", "day")
        "population C[s in kind] cell\n  clones 5 every 0.5 day\n  size size / rank\n"
        "  genotype if s == wt then 3 else 1\n  birth b\n"
        "  death d * (if s == wt then exp(-t / tau) else 1)\n"
        "observe left = clones(C) in 1\n");
    char *text = written(model, &left_out);
    assert_valid(text);
    assert_int_equal(rsp_sbml_parse(text, "written", &again, &err), RSP_OK);
    assert_non_null(strstr(left_out.data, "clones are not told apart"));
    const rsp_network *net = rsp_model_network(model), *back = rsp_model_network(again);
    course a, b;
    run(&a, net, RSP_ODE);
    run(&b, back, RSP_ODE);
    for (int k = 0; k < 2; k++) {
        const int s = rsp_network_species(net, kinds[k]), z = rsp_network_species(back, kinds[k]);
        assert_true(s >= 0 && z >= 0);
        for (uint32_t i = 0; i < N_READS; i++) {
            const double x = a.amounts[i * net->n_species + (uint32_t)s],
                         y = b.amounts[i * back->n_species + (uint32_t)z];
            assert_true(x > 10 && fabs(y / x - 1) < 1e-5); /* rtol 1e-6 a step */
        }
    }
    close_course(&a);
    close_course(&b);
    rsp_model_free(again);
    rsp_model_free(model);
    rsp_text_fini(&left_out);
    free(text);
}

static void families_draws_and_all_functions_come_back(void **state)
{
    (void)state;
    assert_comes_back(parsed(
        "model every \"all there is < & >\"\n  time day\n"
        "index site = gut, blood\n"
        P("k", "0.3", "1/day") P("one", "1", "cell") P("tiny", "1e-7", "1/day")
        P("share[site]", "{gut: 0.7, blood: 0.3}", "1") P("week1", "1", "week")
        "species A[site] cell \"counted\"\nspecies B[site] cell\nspecies N[site] cell\n"
        "species C 1 continuous \"no count\"\nspecies E cell continuous\nspecies F cell\n"
        "input drug = 0.25 1 \"a drug\"\n"
        "let all = sum(x in site: A[x] + B[x])\n"
        "let s = (sqrt(all / one) + exp(-k * t) + abs(1 - t / week1)) * "
        "(log(2 + t / week1) + floor(t / week1) + min(C, 2) + max(C, 0.5))\n"
        "let z = root(y in 0 .. 3: y * y - 2) in 1\n"
        "let r = after(give, week1) + (if since(give) > week1 then 1 else 3)\n"
        "initial A[x in site] = poisson(40 * one)\n"
        "initial B[x in site] = multinomial(60 * one, share[x])\n"
        "initial N[x in site] = negative_binomial(3, 20 * one)\n"
        "initial C = z\n"
        "initial E = 2 * one\n"
        "initial F = binomial(50 * one, 0.4)\n"
        "reaction go[x in site]: A[x] -> B[x] @ (1 - drug) * k * A[x] * (if not (s > 3 or t < week1) then 1 else 2)\n"
        "reaction back[x in site]: B[x] -> A[x] @ k * B[x] * z * r - tiny * 0 * B[x]\n"
        "reaction lost[x in site]: N[x] -> @ k * s / (1 + s^2.5) * N[x]\n"
        "reaction pair: 2 F -> F @ k / (10 * one) * F * (F - one)\n"
        "reaction grow: -> E @ k * E\n"
        "rate C = k * s / 5 - k * C\n"
        "action give: drug = 1\n"
        "event turn: at t > week1 and C > 0.1: C = C + 1, A[gut] += 5 * one\n"
        "event late[x in site]: at week1 / 7 after t > week1, fromTrigger = false, priority = 2: "
        "B[x] += A[x]\n"
        "observe seen = all / one in 1\n"), "ohs");
}

static void what_cannot_be_said_is_told(void **state)
{
    (void)state;
    rsp_text left_out = {0};
    rsp_model *model = parsed(
        "model m\n  time day\n"
        "parameter k = 1 1/day between people lognormal cv 0.2 \"rate\" source \"x\" status assumed\n"
        P("lag", "2", "day") P("one", "1", "cell")
        "species A cell\nspecies X cell continuous\n"
        "initial A = poisson(10 * one)\n"
        "reaction die: A -> 2 X @ k * A * after(dose, lag) * (1 + root(y in 0 .. 2: y - 1))\n"
        "rate X = k * X\n"
        "action dose: A += one\n");
    char *text = written(model, &left_out);
    static const char *const words[] = {"actions of a protocol are left out: dose",
                                        "after_dose", "medians: k", "an equation defines",
                                        "means to other readers: A", "by their mean alone: X"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!strstr(left_out.data, words[i]) || !strstr(text, words[i])) {
            fail_msg("'%s' is not told in '%s'", words[i], left_out.data);
        }
    }
    assert_valid(text);
    rsp_text_fini(&left_out);
    free(text);
    rsp_model_free(model);
}

static void an_event_of_two_times_is_refused(void **state)
{
    (void)state;
    rsp_error err = {0};
    rsp_text out = {0}, left_out = {0};
    rsp_model *model = parsed(
        "model m\n  time day\n" P("lag", "2", "day")
        "species A cell\nspecies B cell\n"
        "event e: at lag after t > lag: A += B\n");
    assert_int_equal(rsp_sbml_write(rsp_model_network(model), &out, &left_out, &err),
                     RSP_UNSUPPORTED);
    assert_non_null(strstr(err.message, "event 'e'"));
    rsp_text_fini(&out);
    rsp_text_fini(&left_out);
    rsp_model_free(model);
}

static const char *number_in(const char *text)
{
    const char *at = strstr(text, "<kineticLaw>");
    return at ? strstr(at, "<cn>") : NULL;
}

/* Readers take a number with an exponent apart, and may round it twice. */
static void numbers_have_no_exponent_in_formulas(void **state)
{
    (void)state;
    static const struct { const char *in, *out; } numbers[] = {
        {"1.25e-9", "<cn>0.00000000125</cn>"}, {"3e25", "<cn>30000000000000000000000000</cn>"},
        {"1.5e22", "<cn>15000000000000000000000</cn>"}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char model_text[400];
        snprintf(model_text, sizeof model_text,
                 "model m\n  time day\n" P("k", "1", "1/day")
                 "species A cell\nreaction die: A -> @ %s * k * A\n", numbers[i].in);
        rsp_text left_out = {0};
        rsp_model *model = parsed(model_text);
        char *text = written(model, &left_out);
        assert_non_null(number_in(text));
        assert_memory_equal(number_in(text), numbers[i].out, strlen(numbers[i].out));
        free(text);
        rsp_text_fini(&left_out);
        rsp_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_models_come_back_to_the_bit),
        cmocka_unit_test(clones_come_back_as_the_cells_of_their_genotypes),
        cmocka_unit_test(families_draws_and_all_functions_come_back),
        cmocka_unit_test(what_cannot_be_said_is_told),
        cmocka_unit_test(an_event_of_two_times_is_refused),
        cmocka_unit_test(numbers_have_no_exponent_in_formulas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
