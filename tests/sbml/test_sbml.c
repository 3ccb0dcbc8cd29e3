/* What a reader of SBML owes its models, on small ones written for the purpose. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "respite/sbml.h"
#include "respite/sim.h"

enum { MOST = 32 };

#define HEAD                                                                       \
    "<?xml version='1.0' encoding='UTF-8'?>\n"                                                      \
    "<sbml xmlns='http://www.sbml.org/sbml/level3/version2/core' level='3' "       \
    "version='2'>\n<model id='m'>\n"
#define TAIL "</model></sbml>\n"
#define MATH "<math xmlns='http://www.w3.org/1998/Math/MathML'>"
#define CELL "<listOfCompartments><compartment id='c' spatialDimensions='3' size='2' constant='true'/></listOfCompartments>\n"
#define SPECIES(id, more)                                                          \
    "<species id='" id "' compartment='c' constant='false' " more "/>\n"

/* Amounts and observables of one ODE run at `t`. */
typedef struct result {
    rsp_model *model;
    const rsp_network *net;
    double amounts[MOST], observed[MOST];
    rsp_stop stop;
    bool given;
    double t;
} result;

static int next(void *ctx, rsp_sim_job *job)
{
    result *r = ctx;
    static double params[MOST];
    for (uint32_t i = 0; i < r->net->n_params; i++) {
        params[i] = r->net->params[i].value;
    }
    *job = (rsp_sim_job){.params = params, .t1 = r->t, .reads = &r->t, .n_reads = 1};
    return r->given ? 0 : (r->given = true);
}

static bool take(void *ctx, const rsp_sim_job *job, size_t which, const rsp_sim_view *view)
{
    result *r = ctx;
    (void)job;
    (void)which;
    memcpy(r->amounts, view->amounts, r->net->n_species * sizeof *r->amounts);
    memcpy(r->observed, view->observed, r->net->n_observables * sizeof *r->observed);
    return true;
}

static void done(void *ctx, const rsp_sim_job *job, const rsp_sim_result *end)
{
    (void)job;
    ((result *)ctx)->stop = end->stop;
}

static void open(result *r, const char *text)
{
    rsp_error err = {0};
    *r = (result){0};
    if (rsp_sbml_parse(text, "test", &r->model, &err) != RSP_OK) {
        fail_msg("line %u: %s", err.line, err.message);
    }
    r->net = rsp_model_network(r->model);
    assert_true(r->net->n_species <= MOST && r->net->n_observables <= MOST &&
                r->net->n_params <= MOST);
}

static void solve(result *r, rsp_method method, double t)
{
    rsp_error err = {0};
    rsp_program *program = NULL;
    rsp_sim *sim = NULL;
    rsp_sim_options o = rsp_sim_defaults(method);
    o.rtol = 1e-9;
    o.atol = 1e-14;
    rsp_sim_client client = {.ctx = r, .next = next, .read = take, .done = done};
    r->t = t;
    r->given = false;
    assert_int_equal(rsp_program_new(r->net, &program, &err), RSP_OK);
    assert_int_equal(rsp_sim_new(program, &o, 1, &sim, &err), RSP_OK);
    assert_int_equal(rsp_sim_run(sim, &client, &err), RSP_OK);
    rsp_sim_free(sim);
    rsp_program_free(program);
}

static void run(result *r, const char *text, double t)
{
    open(r, text);
    solve(r, RSP_ODE, t);
}

static double amount(const result *r, const char *name)
{
    int i = rsp_network_species(r->net, name);
    assert_true(i >= 0);
    return r->amounts[i];
}

static double seen(const result *r, const char *name)
{
    int i = rsp_network_observable(r->net, name);
    assert_true(i >= 0);
    return r->observed[i];
}

/* The solver's tolerance above, with room for what steps add up to. */
static void assert_close(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-7 * (1 + fabs(expected)))) {
        fail_msg("%.17g is not %.17g", found, expected);
    }
}

static void refused(const char *text, rsp_status status, uint32_t line, const char *word)
{
    rsp_error err = {0};
    rsp_model *model = NULL;
    assert_int_equal(rsp_sbml_parse(text, "test", &model, &err), status);
    assert_null(model);
    assert_int_equal(err.line, line);
    if (!strstr(err.message, word)) {
        fail_msg("'%s' does not say '%s'", err.message, word);
    }
}

#define DECAY(species, law)                                                        \
    HEAD CELL "<listOfSpecies>" species "</listOfSpecies>\n"                       \
    "<listOfParameters><parameter id='k' value='0.5' constant='true'/></listOfParameters>\n" \
    "<listOfReactions><reaction id='J' reversible='false'><listOfReactants>"       \
    "<speciesReference species='A' stoichiometry='1' constant='true'/>"            \
    "</listOfReactants><kineticLaw>" MATH law "</math></kineticLaw></reaction>"    \
    "</listOfReactions>\n" TAIL
#define TIMES(a, b) "<apply><times/><ci>" a "</ci><ci>" b "</ci></apply>"

/* Where libsbml throws instead of keeping a log (a namespace of another level, then
 * <stoichiometryMath>), the reader says so and the program goes on. */
/* Of a build with a leak checker. */
__attribute__((weak)) void __lsan_disable(void);
__attribute__((weak)) void __lsan_enable(void);

static void what_libsbml_throws_becomes_a_message(void **state)
{
    (void)state;
    if (__lsan_disable) {
        __lsan_disable(); /* libsbml leaves what it had read */
    }
    refused("<sbml xmlns='http://www.sbml.org/sbml/level1/version4' level='2' version='4'>"
            "<model id='m'><listOfReactions><reaction id='J'><listOfProducts>"
            "<speciesReference species='A'><stoichiometryMath>"
            "<math xmlns='http://www.w3.org/1998/Math/MathML'><cn>2</cn></math>"
            "</stoichiometryMath></speciesReference></listOfProducts></reaction>"
            "</listOfReactions></model></sbml>",
            RSP_SYNTAX, 0, "libsbml cannot read this");
    if (__lsan_enable) {
        __lsan_enable();
    }
}

/* dA/dt = -k A / V: the law sees a concentration, the change is an amount. */
static void a_species_in_concentration_is_divided_by_its_compartment(void **state)
{
    (void)state;
    result r;
    run(&r, DECAY(SPECIES("A", "initialConcentration='3' hasOnlySubstanceUnits='false' "
                               "boundaryCondition='false'"), TIMES("k", "A")), 2);
    assert_close(amount(&r, "A"), 6 * exp(-0.5 * 2 / 2));
    assert_close(seen(&r, "[A]"), 3 * exp(-0.5 * 2 / 2));
    assert_close(seen(&r, "J"), 0.5 * seen(&r, "[A]"));
    rsp_model_free(r.model);
}

static void a_species_in_amount_is_not(void **state)
{
    (void)state;
    result r;
    run(&r, DECAY(SPECIES("A", "initialConcentration='3' hasOnlySubstanceUnits='true' "
                               "boundaryCondition='false'"), TIMES("k", "A")), 2);
    assert_close(amount(&r, "A"), 6 * exp(-0.5 * 2));
    assert_close(seen(&r, "[A]"), 3 * exp(-0.5 * 2));
    rsp_model_free(r.model);
}

static void a_reaction_does_not_change_a_boundary_species(void **state)
{
    (void)state;
    result r;
    run(&r, DECAY(SPECIES("A", "initialAmount='3' hasOnlySubstanceUnits='true' "
                               "boundaryCondition='true'"), TIMES("k", "A")), 2);
    assert_close(amount(&r, "A"), 3);
    assert_int_equal(r.net->n_reactions, 0);
    rsp_model_free(r.model);
}

/* A law without its reactant goes on below zero where nothing is counted. */
static void an_ode_follows_an_amount_below_zero(void **state)
{
    (void)state;
    result r;
    run(&r, DECAY(SPECIES("A", "initialAmount='1' hasOnlySubstanceUnits='true' "
                               "boundaryCondition='false'"), "<ci>k</ci>"), 4);
    assert_int_equal(r.stop, RSP_STOP_END);
    assert_close(amount(&r, "A"), -1);
    rsp_model_free(r.model);
}

#define REVERSIBLE                                                                 \
    HEAD CELL "<listOfSpecies>"                                                    \
    SPECIES("A", "initialAmount='100' hasOnlySubstanceUnits='false' boundaryCondition='false'") \
    SPECIES("B", "initialAmount='0' hasOnlySubstanceUnits='false' boundaryCondition='false'") \
    "</listOfSpecies>\n<listOfReactions><reaction id='J' reversible='true'><listOfReactants>" \
    "<speciesReference species='A' stoichiometry='1' constant='true'/></listOfReactants>" \
    "<listOfProducts><speciesReference species='B' stoichiometry='1' constant='true'/>" \
    "</listOfProducts><kineticLaw>" MATH                                           \
    "<apply><times/><ci>c</ci><apply><minus/><apply><times/><ci>kf</ci><ci>A</ci></apply>" \
    "<apply><times/><ci>kr</ci><ci>B</ci></apply></apply></apply></math>"          \
    "<listOfLocalParameters><localParameter id='kf' value='3'/>"                   \
    "<localParameter id='kr' value='1'/></listOfLocalParameters></kineticLaw>"     \
    "</reaction></listOfReactions>\n" TAIL

static void a_reversible_law_fires_both_ways_by_itself(void **state)
{
    (void)state;
    result r;
    run(&r, REVERSIBLE, 0.25);
    assert_int_equal(r.net->n_reactions, 2);
    assert_close(amount(&r, "A"), 25 + 75 * exp(-4 * 0.25));
    solve(&r, RSP_SSA, 100);
    assert_int_equal(r.stop, RSP_STOP_END);
    assert_true(amount(&r, "A") + amount(&r, "B") == 100);
    assert_true(amount(&r, "A") > 0); /* a net rate would have ended at 25 or stuck at 0 */
    rsp_model_free(r.model);
}

static void a_conversion_factor_scales_the_change(void **state)
{
    (void)state;
    result r;
    run(&r, HEAD CELL "<listOfSpecies>"
        SPECIES("A", "initialAmount='0' hasOnlySubstanceUnits='true' "
                     "boundaryCondition='false' conversionFactor='f'")
        "</listOfSpecies><listOfParameters><parameter id='f' value='3' constant='true'/>"
        "</listOfParameters><listOfReactions><reaction id='J' reversible='false'>"
        "<listOfProducts><speciesReference species='A' stoichiometry='2' constant='true'/>"
        "</listOfProducts><kineticLaw>" MATH "<cn>1.5</cn></math></kineticLaw></reaction>"
        "</listOfReactions>" TAIL, 2);
    assert_close(amount(&r, "A"), 3 * 2 * 1.5 * 2);
    rsp_model_free(r.model);
}

/* dV/dt = 1 from 2: amount stays, concentration thins; a rule's rate is of the
 * concentration. */
static void a_growing_compartment_thins_what_is_in_it(void **state)
{
    (void)state;
    result r;
    run(&r, HEAD "<listOfCompartments><compartment id='c' spatialDimensions='3' size='2' "
        "constant='false'/></listOfCompartments><listOfSpecies>"
        SPECIES("A", "initialAmount='6' hasOnlySubstanceUnits='false' boundaryCondition='false'")
        SPECIES("B", "initialConcentration='1' hasOnlySubstanceUnits='false' boundaryCondition='false'")
        "</listOfSpecies><listOfRules><rateRule variable='c'>" MATH "<cn>1</cn></math></rateRule>"
        "<rateRule variable='B'>" MATH "<cn>2</cn></math></rateRule></listOfRules>" TAIL, 2);
    assert_close(amount(&r, "c"), 4);
    assert_close(amount(&r, "A"), 6);
    assert_close(seen(&r, "[A]"), 1.5);
    assert_close(seen(&r, "[B]"), 5);
    rsp_model_free(r.model);
}

#define RULE(variable, math)                                                       \
    "<assignmentRule variable='" variable "'>" MATH math "</math></assignmentRule>"
#define APPLY(op, x) "<apply><" op "/>" x "</apply>"
#define OF_TIME(op)                                                                \
    APPLY(op, "<csymbol encoding='text' definitionURL='http://www.sbml.org/sbml/symbols/time'>t</csymbol>")
#define P(id) "<parameter id='" id "' constant='false'/>"

/* A few units in the last place; these are read, not solved. */
static void assert_same(double found, double expected)
{
    if (!(fabs(found - expected) <= 2e-15 * (1e-3 + fabs(expected)))) {
        fail_msg("%.17g is not %.17g", found, expected);
    }
}

static void functions_of_mathml_are_those_of_libm(void **state)
{
    (void)state;
    static const double at[] = {1e-3, 0.1, 0.5, 0.77, 0.999, 1.2, 2.3, 3.2, 7.9, 40, 600};
    result r;
    open(&r, HEAD "<listOfParameters>" P("s") P("k") P("t") P("a") P("sh") P("ch") P("th") P("ash")
         "</listOfParameters><listOfRules>" RULE("s", OF_TIME("sin")) RULE("k", OF_TIME("cos"))
         RULE("t", OF_TIME("tan")) RULE("a", OF_TIME("arctan")) RULE("sh", OF_TIME("sinh"))
         RULE("ch", OF_TIME("cosh")) RULE("th", OF_TIME("tanh")) RULE("ash", OF_TIME("arcsinh"))
         "</listOfRules>" TAIL);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        double x = at[i];
        solve(&r, RSP_ODE, x);
        assert_same(seen(&r, "s"), sin(x));
        assert_same(seen(&r, "k"), cos(x));
        assert_same(seen(&r, "t"), tan(x));
        assert_same(seen(&r, "a"), atan(x));
        assert_same(seen(&r, "sh"), sinh(x));
        assert_same(seen(&r, "ch"), cosh(x));
        assert_same(seen(&r, "th"), tanh(x));
        assert_same(seen(&r, "ash"), asinh(x));
    }
    rsp_model_free(r.model);
}

static void functions_and_initial_assignments_may_stand_in_any_order(void **state)
{
    (void)state;
    result r;
    run(&r, HEAD "<listOfFunctionDefinitions><functionDefinition id='twice'>" MATH
        "<lambda><bvar><ci>x</ci></bvar><apply><times/><cn>2</cn><ci>x</ci></apply></lambda></math>"
        "</functionDefinition></listOfFunctionDefinitions><listOfParameters>"
        "<parameter id='p' constant='true'/><parameter id='q' constant='true'/>"
        "<parameter id='k' value='5' constant='true'/></listOfParameters>"
        "<listOfInitialAssignments><initialAssignment symbol='p'>" MATH
        "<apply><ci>twice</ci><ci>q</ci></apply></math></initialAssignment>"
        "<initialAssignment symbol='q'>" MATH "<apply><plus/><ci>k</ci><cn>1</cn></apply></math>"
        "</initialAssignment></listOfInitialAssignments>" TAIL, 1);
    assert_close(seen(&r, "p"), 12);
    rsp_model_free(r.model);
}

#define CLOCK "<csymbol encoding='text' definitionURL='http://www.sbml.org/sbml/symbols/time'>t</csymbol>"
#define TO(symbol, value) "<eventAssignment variable='" symbol "'>" MATH "<cn>" value "</cn></math></eventAssignment>"
#define EVENT(day, delay, to)                                                      \
    "<event useValuesFromTriggerTime='true'><trigger initialValue='true' persistent='true'>" MATH \
    "<apply><geq/>" CLOCK "<cn>" day "</cn></apply></math></trigger>"               \
    "<delay>" MATH "<cn>" delay "</cn></math></delay><listOfEventAssignments>" to   \
    "</listOfEventAssignments></event>\n"

/* A compartment that grows keeps amounts; a concentration that is given counts with
 * the size of the moment it is given at. */
static void events_set_sizes_concentrations_and_parameters(void **state)
{
    (void)state;
    static const struct {
        double t, size, a, b, p;
    } expected[] = {{0.9, 2, 6, 2, 1}, {1, 4, 6, 2, 1}, {2, 4, 20, 2, 1}, {3, 8, 8, 2, 1},
                    {4.6, 10, 8, 2, 1}, {5, 10, 8, 20, -7}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        result r;
        run(&r, HEAD "<listOfCompartments><compartment id='c' spatialDimensions='3' size='2' "
            "constant='false'/></listOfCompartments><listOfSpecies>"
            SPECIES("A", "initialConcentration='3' hasOnlySubstanceUnits='false' boundaryCondition='true'")
            SPECIES("B", "initialAmount='2' hasOnlySubstanceUnits='false' boundaryCondition='true'")
            "</listOfSpecies><listOfParameters><parameter id='p' value='1' constant='false'/>"
            "</listOfParameters><listOfEvents>" EVENT("1", "0", TO("c", "4"))
            EVENT("2", "0", TO("A", "5")) EVENT("3", "0", TO("c", "8") TO("A", "1"))
            EVENT("4", "1", TO("B", "2") TO("p", "-7")) EVENT("4", "0.5", TO("c", "10"))
            "</listOfEvents>" TAIL, expected[i].t);
        assert_close(amount(&r, "c"), expected[i].size);
        assert_close(amount(&r, "A"), expected[i].a);
        assert_close(seen(&r, "[A]"), expected[i].a / expected[i].size);
        assert_close(amount(&r, "B"), expected[i].b);
        assert_close(amount(&r, "p"), expected[i].p);
        rsp_model_free(r.model);
    }
}

/* Pairs: P (P - 1) is one channel, not P P there and P back. */
static void a_number_of_pairs_is_no_reversible_law(void **state)
{
    (void)state;
    result r;
    open(&r, DECAY(SPECIES("A", "initialAmount='9' hasOnlySubstanceUnits='true' boundaryCondition='false'"),
                   "<apply><times/><ci>k</ci><ci>A</ci><apply><minus/><ci>A</ci><cn>1</cn></apply></apply>"));
    assert_int_equal(r.net->n_reactions, 1);
    rsp_model_free(r.model);
}

static void what_cannot_be_said_is_refused_at_its_line(void **state)
{
    (void)state;
    refused(HEAD CELL "<listOfSpecies>" SPECIES("A", "initialAmount='1' hasOnlySubstanceUnits='true' boundaryCondition='false'")
            "</listOfSpecies><listOfReactions><reaction id='J' reversible='false'><listOfReactants>"
            "<speciesReference id='n' species='A' stoichiometry='1' constant='false'/></listOfReactants>"
            "<kineticLaw>" MATH "<cn>1</cn></math></kineticLaw></reaction></listOfReactions>\n"
            "<listOfEvents><event id='E' useValuesFromTriggerTime='true'>\n"
            "<trigger initialValue='true' persistent='true'>" MATH "<true/></math></trigger>"
            "<listOfEventAssignments>\n<eventAssignment variable='n'>" MATH "<cn>2</cn></math>"
            "</eventAssignment></listOfEventAssignments></event></listOfEvents>" TAIL,
            RSP_UNSUPPORTED, 9, "stoichiometry");
    refused(HEAD "<listOfParameters><parameter id='p' value='1' constant='false'/></listOfParameters>\n"
            "<listOfRules>\n<algebraicRule>" MATH "<apply><minus/><ci>p</ci><cn>1</cn></apply>"
            "</math></algebraicRule></listOfRules>" TAIL, RSP_UNSUPPORTED, 6, "algebraic");
    refused(HEAD "<listOfParameters>" P("p") "</listOfParameters>\n<listOfRules>\n"
            RULE("p", "<apply><csymbol encoding='text' definitionURL='http://www.sbml.org/sbml/symbols/delay'>d</csymbol><cn>1</cn><cn>2</cn></apply>")
            "</listOfRules>" TAIL, RSP_UNSUPPORTED, 6, "delay");
}

/* libsbml calls itself for each element, and would leave the stack. */
static void elements_nested_without_end_are_refused(void **state)
{
    (void)state;
    enum { DEEP = 100000 };
    static char text[DEEP * 10 + 400];
    strcpy(text, HEAD "<notes><!-- <p> --><p title='>'/>\n");
    char *end = text + strlen(text);
    for (int i = 0; i < DEEP; i++, end += 3) {
        memcpy(end, "<p>", 4);
    }
    refused(text, RSP_SYNTAX, 5, "nested");
}

/* A mark of UTF-8 at the start, and no declaration of the encoding, are UTF-8. */
static void utf_8_need_not_be_declared(void **state)
{
    (void)state;
#define KEEPS "level='3' version='2'>\n<model id='m'>" CELL "<listOfSpecies>" \
    SPECIES("A", "initialAmount='3' hasOnlySubstanceUnits='true' boundaryCondition='false'") \
    "</listOfSpecies>" TAIL
    static const char *const heads[] = {
        "\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?>\n", "<?xml version='1.0'?>\n", ""};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        char text[1000];
        result r;
        snprintf(text, sizeof text, "%s<sbml xmlns='http://www.sbml.org/sbml/level3/version2/core' "
                 KEEPS, heads[i]);
        run(&r, text, 1);
        assert_close(amount(&r, "A"), 3);
        rsp_model_free(r.model);
    }
}

/* p0 <- first, p1 <- p0 + 1, ...: libsbml's search for cycles takes hours here; what
 * depends on itself is told all the same. */
static void a_long_chain_of_rules_is_read_and_its_cycle_told(void **state)
{
    (void)state;
    enum { LINKS = 3000 };
    static const char *const first[] = {"<cn>1</cn>", "<ci>p2999</ci>"};
    for (int k = 0; k < 2; k++) {
        rsp_text text = {0};
        rsp_error err = {0};
        rsp_model *model = NULL;
        rsp_text_printf(&text, "%s<listOfParameters>", HEAD);
        for (int i = 0; i < LINKS; i++) {
            rsp_text_printf(&text, "<parameter id='p%d' constant='false'/>", i);
        }
        rsp_text_printf(&text, "</listOfParameters><listOfRules>");
        for (int i = 0; i < LINKS; i++) {
            rsp_text_printf(&text, "<assignmentRule variable='p%d'>", i);
            if (i == 0) {
                rsp_text_printf(&text, MATH "%s", first[k]);
            } else {
                rsp_text_printf(&text, MATH "<apply><plus/><ci>p%d</ci><cn>1</cn></apply>", i - 1);
            }
            rsp_text_printf(&text, "</math></assignmentRule>\n");
        }
        rsp_text_printf(&text, "</listOfRules>%s", TAIL);
        const rsp_status s = rsp_sbml_parse(text.data, "test", &model, &err);
        assert_int_equal(s == RSP_OK, k == 0);
        assert_true(k == 0 || strstr(err.message, "depend") != NULL);
        rsp_model_free(model);
        rsp_text_fini(&text);
    }
}

static void a_text_that_is_no_sbml_says_where(void **state)
{
    (void)state;
    refused(HEAD "<listOfParameters>\n<parameter id='p' value='x' constant='true'/>\n"
            "</listOfParameters>" TAIL, RSP_SYNTAX, 5, "no valid SBML");
    refused(HEAD "<listOfParameters>\n" P("p") P("q") "</listOfParameters><listOfRules>\n"
            RULE("p", "<ci>q</ci>") "\n" RULE("q", "<ci>p</ci>") "</listOfRules>" TAIL,
            RSP_SYNTAX, 7, "depends on itself");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_libsbml_throws_becomes_a_message),
        cmocka_unit_test(a_species_in_concentration_is_divided_by_its_compartment),
        cmocka_unit_test(a_species_in_amount_is_not),
        cmocka_unit_test(a_reaction_does_not_change_a_boundary_species),
        cmocka_unit_test(an_ode_follows_an_amount_below_zero),
        cmocka_unit_test(a_reversible_law_fires_both_ways_by_itself),
        cmocka_unit_test(a_conversion_factor_scales_the_change),
        cmocka_unit_test(a_growing_compartment_thins_what_is_in_it),
        cmocka_unit_test(functions_of_mathml_are_those_of_libm),
        cmocka_unit_test(functions_and_initial_assignments_may_stand_in_any_order),
        cmocka_unit_test(events_set_sizes_concentrations_and_parameters),
        cmocka_unit_test(a_number_of_pairs_is_no_reversible_law),
        cmocka_unit_test(what_cannot_be_said_is_refused_at_its_line),
        cmocka_unit_test(a_long_chain_of_rules_is_read_and_its_cycle_told),
        cmocka_unit_test(a_text_that_is_no_sbml_says_where),
        cmocka_unit_test(elements_nested_without_end_are_refused),
        cmocka_unit_test(utf_8_need_not_be_declared)};
    if (!rsp_sbml_built()) {
        printf("this build has no libsbml\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
