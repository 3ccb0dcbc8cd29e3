#include "bed.h"

/* What a model's mistakes are answered with: the message, the text at its place,
 * the status. */

#define COMMON                                                                 \
    "index site = lymph, gut\nindex locus = n279, v5\n"                        \
    "index strain = subsets(locus)\nparameter delta = 1 1/day\n"               \
    "parameter one = 1 cell\nspecies A cell\nspecies S[site] cell\n"           \
    "species T[site, strain] cell\nspecies X 1 continuous\ninput drug = 0 1\n"

typedef struct mistake {
    const char *text;    /* after "model m" and COMMON */
    const char *message;
    const char *at;      /* what stands at line:column; "" is a line's end */
    rsp_status code;
} mistake;

static const mistake mistakes[] = {
    {"specis B cell\n",
     "found 'specis'; did you mean 'species'?",
     "specis", RSP_SYNTAX},
    {"parameter k = 1 1/day sorce \"x\"\n",
     "'sorce' is no unit; did you mean 'source'?",
     "1/day sorce", RSP_UNITS},
    {"parameter k = 1 1/day range 0 .. 2 betwen people normal sd 1\n",
     "found 'betwen'; did you mean 'between'?",
     "betwen", RSP_SYNTAX},
    {"parameter k 1 1/day\n",
     "found '1'; expected '='",
     "1 1/day", RSP_SYNTAX},
    {"reaction loss: A ->\nspecies B cell\n",
     "the statement ends here; expected a species",
     "", RSP_SYNTAX},
    {"let a = 1 +\n\n\n",
     "the text ends here; expected a value",
     "", RSP_SYNTAX},
    {"let a = (1 + 2\nlet b = 1\n",
     "the statement ends here; expected ')'",
     "", RSP_SYNTAX},
    {"let a = 1 $ 2\n",
     "the character '$' has no meaning here",
     "$", RSP_SYNTAX},
    {"let a = 1; let b = 2\n",
     "the character ';' has no meaning here",
     ";", RSP_SYNTAX},
    {"parameter k = 1 1/day \"loss\n",
     "this string has no closing quote on its line",
     "\"loss", RSP_SYNTAX},
    {"parameter \xce\xb4" " = 1 1/day\n",
     "letters beyond a to z stand in strings and comments only",
     "\xce\xb4" "", RSP_SYNTAX},
    {"reaction loss: delt -> @ delta * A\n",
     "unknown species 'delt'",
     "delt ->", RSP_NAME},
    {"let a[x in site, x in site] = 1\n",
     "'x' is bound twice",
     "x in site] =", RSP_NAME},
    {"reaction loss: A -> @ dleta * A\n",
     "unknown name 'dleta'; did you mean 'delta'?",
     "dleta", RSP_NAME},
    {"reaction loss: A -> B @ delta * A\n",
     "unknown species 'B'",
     "B @", RSP_NAME},
    {"reaction loss: A -> delta @ delta * A\n",
     "'delta' is a parameter; a species is expected here",
     "delta @", RSP_NAME},
    {"reaction loss: A -> @ A\n",
     "the rate of reaction 'loss' has the unit cell; expected cell/day",
     "A\n", RSP_UNITS},
    {"let a = delta + one\n",
     "the two sides of '+' have the units 1/day and cell",
     "+ one", RSP_UNITS},
    {"let a = A + 1\n",
     "the two sides of '+' have the units cell and 1; a number alone is dimensionless, give it as a parameter with a unit",
     "+ 1", RSP_UNITS},
    {"let a = delta in day\n",
     "'a' has the unit 1/day; expected day",
     "delta in", RSP_UNITS},
    {"let a = exp(delta)\n",
     "the argument of exp has the unit 1/day; expected 1",
     "exp", RSP_UNITS},
    {"let a = one ^ 0.5\n",
     "a quantity with a unit takes a whole number from -6 to 6 as exponent; divide it by one of its kind first",
     "^", RSP_UNITS},
    {"parameter k = 1 1/dya\n",
     "unknown unit 'dya'; did you mean 'day'?",
     "1/dya", RSP_UNITS},
    {"parameter k = 1\n",
     "'k' has no unit; write 1 for a pure number",
     "k =", RSP_UNITS},
    {"parameter delta = 2 1/day\n",
     "'delta' is declared twice (first at m.rsp:5)",
     "delta =", RSP_NAME},
    {"parameter site = 1 1\n",
     "'site' is an index",
     "site", RSP_NAME},
    {"parameter t = 1 day\n",
     "'t' has a meaning of its own in expressions; take another name",
     "t =", RSP_NAME},
    {"reaction r: S[gutt] -> @ delta * S[gut]\n",
     "'gutt' is neither bound here nor a member of site; did you mean 'gut'?",
     "gutt", RSP_NAME},
    {"reaction r[x in site]: T[x] -> @ delta * T[x,wt]\n",
     "'T' has 2 indices, not 1",
     "T[x] ->", RSP_NAME},
    {"reaction r[x, s in strain]: T[s,x] -> @ delta * T[x,s]\n",
     "'x' runs over strain; here an index over site stands",
     "x,s]", RSP_NAME},
    {"reaction r[x in sit]: S[x] -> @ delta * S[x]\n",
     "unknown index 'sit'; did you mean 'site'?",
     "x in sit]", RSP_NAME},
    {"let a[q] = 1\n",
     "what does 'q' run over? write 'q in INDEX'",
     "q]", RSP_NAME},
    {"reaction r[gut in site]: S[gut] -> @ delta * S[gut]\n",
     "'gut' is a member of site; bind a name of its own, as in [x in site], and write 'if x == gut then ... else ...'",
     "gut in", RSP_NAME},
    {"parameter w[site] = {lymph: 1} 1\n",
     "no value for member 'gut'",
     "w[site]", RSP_NAME},
    {"parameter w[site] = {lymph: 1, lymph: 2} 1\n",
     "a second value for 'lymph'",
     "lymph: 2", RSP_NAME},
    {"parameter k = 3 1/day range 0 .. 2\n",
     "'k' = 3 lies outside its range 0 .. 2",
     "k =", RSP_RANGE},
    {"parameter k = 0.5 1 range 0 .. 1 whole\n",
     "'k' = 0.5: it takes 0 or 1",
     "k =", RSP_RANGE},
    {"parameter k[site] = {lymph: 2, gut: 1.5} 1 range -1 .. 2 whole\n",
     "'k[gut]' = 1.5: it takes whole numbers from -1 to 2",
     "k[site]", RSP_RANGE},
    {"parameter k = 1 1 range 0.5 .. 1 whole\n",
     "'k': the range 0.5 .. 1 has no whole numbers as ends",
     "k =", RSP_RANGE},
    {"parameter k = 1 1 between people normal sd 0.2 range 0 .. 1 whole\n",
     "'k' takes 0 or 1: of the distributions only bernoulli gives such, 0 or 1",
     "k =", RSP_RANGE},
    {"parameter k = 1 1 \"m\" whole\n",
     "found 'whole'; expected a clause of this statement, or the next statement",
     "whole", RSP_SYNTAX},
    {"parameter k = 3 1/day between people lognormal 0.2\n",
     "found '0.2'; expected 'cv' or 'sd10' (SD of log10)",
     "0.2", RSP_SYNTAX},
    {"parameter k = 3 1/day between people gaussian sd 0.2\n",
     "found 'gaussian'; expected a distribution: normal, lognormal, logit-normal, beta, uniform, log-uniform, bernoulli or dirichlet",
     "gaussian", RSP_SYNTAX},
    {"parameter k = -3 1/day between people lognormal cv 0.2\n",
     "'k': lognormal around -3; the value must be positive",
     "k =", RSP_RANGE},
    {"parameter k = 3 1/day between people uniform\n",
     "'k': expected two ends in order: uniform A .. B, or a range",
     "k =", RSP_RANGE},
    {"parameter k = 3 1/day status guessed\n",
     "found 'guessed'; expected verified, verified_secondary, memory, derived or assumed",
     "guessed", RSP_SYNTAX},
    {"parameter k = 3 1/day source \"a\" source \"b\"\n",
     "a second 'source'",
     "source \"b\"", RSP_SYNTAX},
    {"rate A = delta * A\n",
     "'A' is counted in whole numbers: write reactions for it, or declare it continuous",
     "A =", RSP_SYNTAX},
    {"initial X = drug\n",
     "initial amounts may depend on parameters only",
     "X =", RSP_SYNTAX},
    {"initial A = 3\n",
     "the initial amount has the unit 1; expected cell; a number alone is dimensionless, give it as a parameter with a unit",
     "3\n", RSP_UNITS},
    {"initial A = one\ninitial A = 2 * one\n",
     "a second initial amount for 'A'",
     "A = 2", RSP_NAME},
    {"initial A = binomial(one)\n",
     "binomial takes 2 arguments",
     "binomial", RSP_SYNTAX},
    {"let r = root(x in 0 .. one: x - A)\n",
     "root() may depend on parameters only, not on the state or time",
     "root", RSP_SYNTAX},
    {"let a = b\nlet b = 2 * a\n",
     "'b' is defined by way of itself",
     "b = 2", RSP_NAME},
    {"let a = sqr(4)\n",
     "unknown function 'sqr'; did you mean 'sqrt'?",
     "sqr", RSP_NAME},
    {"let a = min(1)\n",
     "min takes 2 arguments, not 1",
     "min", RSP_SYNTAX},
    {"let a = if 0 < drug < 1 then 1 else 2\n",
     "a comparison of a comparison; write 'a < b and b < c'",
     "< 1", RSP_SYNTAX},
    {"let a = if 1 then 2\n",
     "the text ends here; expected 'else'",
     "", RSP_SYNTAX},
    {"let a = after(start, 1)\n",
     "unknown action 'start'",
     "start", RSP_NAME},
    {"let a = log(0 - 1)\n",
     "this is not a number: 0/0, inf - inf, or a function outside its domain",
     "log", RSP_RANGE},
    {"let a = v5\n",
     "'v5' is a member of several indices, at different places; compare it with an index: 'if x == v5 ...'",
     "v5", RSP_NAME},
    {"observe a = A\n",
     "observable 'a' has no unit; write 'in UNIT' after its expression",
     "a =", RSP_UNITS},
    {"observe a[x in site] = S[x] in cell\n",
     "an observable has no indices; sum over them",
     "a[x", RSP_SYNTAX},
    {"observe a = A in cell\nlet b = 2 * a\n",
     "'a' is an observable; a value is expected here",
     "a\n", RSP_NAME},
    {"action give: delta = 2\n",
     "'delta' is a parameter; a species or input is expected here",
     "delta =", RSP_NAME},
    {"action give(n mL): A += n\n",
     "what is assigned has the unit mL; expected cell",
     "n\n", RSP_UNITS},
    {"action give: S[gutt] = 0\n",
     "'gutt' is neither bound here nor a member of site; did you mean 'gut'?",
     "gutt", RSP_NAME},
    {"time hour\n",
     "time is counted in days: write 'time day'",
     "hour", RSP_UNITS},
    {"model n\n",
     "a second 'model' (the first at m.rsp:1)",
     "n\n", RSP_SYNTAX},
    {"include \"other.rsp\"\n",
     "include works in files only, not in a text",
     "\"other", RSP_SYNTAX},
    {"index s = subsets(lcus)\n",
     "unknown index 'lcus'; did you mean 'locus'?",
     "s =", RSP_NAME},
    {"reaction r[x in site]: S[x] -> S[x'] @ delta * S[x] with x' from delta\n",
     "write ':' where 'x'' is drawn, as in Q[s,:]",
     "delta\n", RSP_SYNTAX},
    {"unit day = 2 week\n",
     "unit 'day' is known already",
     "day =", RSP_NAME},
    {"input k[site] = 0 1\n",
     "an input has no indices; declare one for each member",
     "k[site", RSP_SYNTAX},
    {"parameter k = 1e400 1\n",
     "this number is too large (the largest is 1.8e308)",
     "1e400", RSP_SYNTAX},
    {"parameter k = inf 1\n",
     "'k' = inf 1: a parameter is a finite number",
     "k =", RSP_RANGE},
};

static const char *at_place(const char *text, uint32_t line, uint32_t column)
{
    for (uint32_t i = 1; i < line; i++) {
        text = strchr(text, '\n') + 1;
    }
    return text + column - 1;
}

static void a_mistake_is_answered_with_its_place_and_mend(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const mistake *m = &mistakes[i];
        char text[1000];
        rsp_model *model = NULL;
        rsp_error err = {0};
        snprintf(text, sizeof text, "model m\n" COMMON "%s", m->text);
        rsp_status s = rsp_model_parse(text, "m.rsp", &model, &err);
        assert_null(model);
        if (s != m->code || strcmp(err.message, m->message) != 0) {
            fail_msg("%s\nsays: %s (%d)\nnot:  %s (%d)", m->text, err.message, (int)s,
                     m->message, (int)m->code);
        }
        assert_string_equal(err.source, "m.rsp");
        const char *at = at_place(text, err.line, err.column);
        if (strncmp(at, m->at, strlen(m->at)) != 0 || (!*m->at && *at && *at != '\n')) {
            fail_msg("%s\npoints to '%.20s', not '%s'", err.message, at, m->at);
        }
        assert_int_equal(rsp_status_exit(s), 65);
    }
}

static void the_line_is_shown_with_the_message(void **state)
{
    (void)state;
    rsp_error err;
    bed_refuse("parameter k = 1 1/day\n\nlet a = k +\tk + day\n", &err);
    assert_int_equal(err.line, 4);
    assert_int_equal(err.column, 17);
    assert_string_equal(err.excerpt, "let a = k + k + day");
}

static void a_text_without_a_model_is_told_what_to_begin_with(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# a comment", "parameter k = 1 1\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        rsp_model *model = NULL;
        rsp_error err = {0};
        assert_int_equal(rsp_model_parse(texts[i], "m.rsp", &model, &err), RSP_SYNTAX);
        assert_string_equal(err.message,
                            "m.rsp has no statement 'model NAME \"title\"'; begin with it, or "
                            "name the model that includes this file");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mistake_is_answered_with_its_place_and_mend),
        cmocka_unit_test(the_line_is_shown_with_the_message),
        cmocka_unit_test(a_text_without_a_model_is_told_what_to_begin_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
