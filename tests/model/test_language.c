#include "bed.h"

#include "respite/num.h"

/* Laws of the model language: docs/model-language.md, statement by statement. */

static void assert_near(double found, double expected)
{
    /* Values are worked out with libm in few operations. */
    if (!(fabs(found - expected) <= 1e-12 * fmax(1, fabs(expected)))) {
        fail_msg("found %.17g, expected %.17g", found, expected);
    }
}

/* ---- Words and lines. */

/* Of one meaning: the same names and the same expressions. */
static void assert_same_network(const char *one, const char *other)
{
    bed a, b;
    bed_open(&a, one);
    bed_open(&b, other);
    assert_int_equal(a.net->n_nodes, b.net->n_nodes);
    for (uint32_t i = 0; i < a.net->n_nodes; i++) {
        const rsp_node *x = &a.net->nodes[i], *y = &b.net->nodes[i];
        assert_true(x->op == y->op && x->a == y->a && x->b == y->b && x->c == y->c);
        assert_memory_equal(&x->value, &y->value, sizeof x->value);
    }
    assert_int_equal(a.net->n_params, b.net->n_params);
    for (uint32_t i = 0; i < a.net->n_params; i++) {
        assert_string_equal(a.net->params[i].name, b.net->params[i].name);
        assert_string_equal(a.net->params[i].unit, b.net->params[i].unit);
        assert_true(a.net->params[i].value == b.net->params[i].value);
    }
    assert_int_equal(a.net->n_reactions, b.net->n_reactions);
    for (uint32_t i = 0; i < a.net->n_reactions; i++) {
        assert_string_equal(a.net->reactions[i].name, b.net->reactions[i].name);
        assert_int_equal(a.net->reactions[i].rate, b.net->reactions[i].rate);
    }
    bed_close(&a);
    bed_close(&b);
}

static const char PLAIN[] = "parameter k = 0.5 1/day range 0 .. 2 \"loss\" source \"a\"\n"
                            "species A cell\n"
                            "reaction loss: A -> @ k * A\n";

static void blanks_comments_and_line_breaks_change_nothing(void **state)
{
    (void)state;
    assert_same_network(PLAIN, "  parameter k=0.5 1/day range 0..2\"loss\"source\"a\" # k\n"
                               "# species B cell\n\n"
                               "\tspecies A cell\n"
                               "reaction loss:\n  A\n  ->   # nothing\n\n  @ k\n*\nA");
}

static void line_ends_of_windows_and_a_byte_order_mark_change_nothing(void **state)
{
    (void)state;
    rsp_model *model = NULL;
    rsp_error err = {0};
    assert_int_equal(rsp_model_parse("\xef\xbb\xbfmodel m\r\nlet a = 1\r\n  + 2\r\n", "m",
                                     &model, &err),
                     RSP_OK);
    assert_int_equal(rsp_model_network(model)->n_derived, 1);
    rsp_model_free(model);
}

static void statements_stand_in_any_order(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "observe x = a + w[gut] in 1\n"
                 "index pairs = subsets(site)\n"
                 "let a = 2 * b\n"
                 "let b = c\n"
                 "parameter c = 3 dozen\n"
                 "parameter w[site] = {lymph: 1, gut: 5} 1\n"
                 "index site = lymph, gut\n"
                 "unit dozen = 12 half\n"
                 "unit half = 0.5 whole\n"
                 "unit whole = 1\n");
    assert_near(bed_observed(&b, "x"), 2 * 3 * 6 + 5);
    bed_close(&b);
}

static void a_keyword_begins_a_statement_only_at_the_start_of_a_line(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter rate = 3 1\nlet a = rate + rate\nlet b = (1 +\n 2)\n");
    assert_near(bed_let(&b, "a"), 6);
    assert_near(bed_let(&b, "b"), 3);
    bed_close(&b);
}

static void a_default_yields_to_whatever_else_has_its_name(void **state)
{
    (void)state;
    assert_same_network("default let two = 2\nparameter k = 1 1/day\nspecies A cell\n"
                        "reaction loss: A -> @ two * k * A\n",
                        "let two = 2\nparameter k = 1 1/day\nspecies A cell\n"
                        "reaction loss: A -> @ two * k * A\n");
    assert_same_network("parameter k = 0.5 1/day range 0 .. 2 \"loss\" source \"a\"\n"
                        "default let k = 2\n"
                        "species A cell\n"
                        "reaction loss: A -> @ k * A\n",
                        PLAIN);
    /* A factor of one that is not replaced leaves no trace. */
    bed b;
    bed_open(&b, "parameter k = 0.5 1/day\ndefault let gain = 1\n"
                 "default let more = 0 in 1/day\nspecies A cell\n"
                 "reaction loss: A -> @ (k * gain + more) * A\n");
    for (uint32_t i = 0; i < b.net->n_nodes; i++) {
        assert_int_not_equal(b.net->nodes[i].op, RSP_OP_ADD);
    }
    bed_close(&b);
    rsp_error err = {0};
    bed_refuse("default let k = 1\ndefault let k = 2\n", &err);
    assert_non_null(strstr(err.message, "'k' is declared twice"));
    bed_refuse("default parameter k = 1 1\n", &err);
    assert_non_null(strstr(err.message, "'let'"));
}

static void names_may_end_in_primes_and_texts_hold_any_letter(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter k' = 2 1 \"d\xc3\xa9""c\xc3\xa8s # not a comment\"\n"
                 "let k'' = k' + 1\n");
    assert_near(bed_let(&b, "k''"), 3);
    assert_string_equal(bed_param(&b, "k'")->meaning,
                        "d\xc3\xa9""c\xc3\xa8s # not a comment");
    bed_close(&b);
}

/* ---- Expressions. */

static void operators_bind_as_in_a_paper(void **state)
{
    (void)state;
    static const struct {
        const char *expr;
        double value;
    } cases[] = {
        {"1 + 2 * 3", 7}, {"(1 + 2) * 3", 9}, {"10 - 4 - 3", 3}, {"8 / 4 / 2", 1},
        {"2 * 3 ^ 2", 18}, {"2 ^ 3 ^ 2", 512}, {"-2 ^ 2", -4}, {"2 ^ -1", 0.5},
        {"- - 3", 3}, {"2 - -3", 5}, {"1.5e3 + .5 + 2.", 1502.5}, {"1E-2", 0.01},
        {"1 + 1 < 3", 1}, {"1 >= 2", 0}, {"2 <= 2", 1}, {"3 > 2", 1}, {"1 != 1", 0},
        {"not 1 == 2", 1}, {"not 1 == 1 or 1 == 1", 1}, {"not not 5", 1},
        {"1 < 2 and 2 < 1 or 1 == 1", 1}, {"0 and 0 or 1", 1}, {"1 or 0 and 0", 1},
        {"if 1 then 2 else 3 + 4", 2}, {"(if 0 then 2 else 3) + 4", 7},
        {"if 0 then 1 else if 1 then 2 else 3", 2}, {"1 + if 1 then 2 else 3", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double found = bed_number(cases[i].expr);
        if (found < cases[i].value || found > cases[i].value) {
            fail_msg("%s = %g, not %g", cases[i].expr, found, cases[i].value);
        }
    }
}

static void functions_have_their_values(void **state)
{
    (void)state;
    assert_near(bed_number("exp(1)"), 2.718281828459045);
    assert_near(bed_number("log(10)"), 2.302585092994046);
    assert_near(bed_number("log10(1000)"), 3);
    assert_near(bed_number("sqrt(2)"), 1.4142135623730951);
    assert_near(bed_number("abs(-3)"), 3);
    assert_near(bed_number("floor(-1.5)"), -2);
    assert_near(bed_number("min(2, 3) + 10 * max(2, 3)"), 32);
    assert_near(bed_number("hill(3, 2, 4)"), 81.0 / (16 + 81));
    assert_near(bed_number("hill(0, 2, 4)"), 0);
}

static void only_the_branch_that_is_taken_of_a_known_condition_counts(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "index site = lymph, gut\nspecies A cell\nspecies B mL\n"
                 "let a[x in site] = if x == gut then A else B\n");
    b.amounts[0] = 2;
    b.amounts[1] = 3;
    assert_near(bed_let(&b, "a[gut]"), 2);
    assert_near(bed_let(&b, "a[lymph]"), 3);
    bed_close(&b);
}

/* ---- Indices. */

#define SITES "index site = lymph, gut\n"
#define STRAINS "index locus = n279, v5\nindex strain = subsets(locus)\n"

static void subsets_are_named_by_what_they_hold(void **state)
{
    (void)state;
    static const char *const members[] = {"wt", "n279", "v5", "n279+v5"};
    bed b;
    bed_open(&b, STRAINS "let a[s in strain] = s\nlet q = a[v5+n279]\n");
    for (int i = 0; i < 4; i++) {
        char name[40];
        snprintf(name, sizeof name, "a[%s]", members[i]);
        assert_near(bed_let(&b, name), i);
    }
    assert_near(bed_let(&b, "q"), 3); /* in whatever order */
    bed_close(&b);
}

static void the_least_and_the_most_of_a_family_are_those_of_its_members(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, STRAINS "index site = lymph, gut, spleen\n"
                 "parameter a[site] = {lymph: 3, gut: -2, spleen: 7} day\n"
                 "parameter c[locus] = {n279: 3, v5: 5} 1\n"
                 "let least = min(x in site: a[x])\n"
                 "let most = max(x: a[x])\n"
                 "let over_two = max(x, l in locus: a[x] * c[l])\n"
                 "let of_two = min(least, max(x in site: -a[x]))\n"
                 "let top[s in strain] = max(l in s: c[l])\n"
                 "let low[s in strain] = min(l in s: c[l])\n");
    assert_near(bed_let(&b, "least"), -2);
    assert_near(bed_let(&b, "most"), 7);
    assert_near(bed_let(&b, "over_two"), 35);
    assert_near(bed_let(&b, "of_two"), -2);
    assert_near(bed_let(&b, "top[n279+v5]"), 5);
    assert_near(bed_let(&b, "low[n279+v5]"), 3);
    assert_true(isinf(bed_let(&b, "low[wt]"))); /* over no member */
    assert_true(bed_let(&b, "top[wt]") < -1e300);
    assert_string_equal(b.net->derived[0].unit, "day");
    bed_close(&b);
    rsp_error err;
    bed_refuse("index ab = a, b\nparameter d = 1 day\n"
               "let q = min(x in ab: if x == a then d else 1)\n", &err);
    assert_int_equal(err.code, RSP_UNITS);
}

static void functions_of_subsets_see_their_bits(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, STRAINS "parameter c[locus] = {n279: 3, v5: 5} 1\n"
                 "let p[s in strain] = product(l in s: c[l])\n"
                 "let q[s in strain] = sum(l in s: c[l])\n"
                 "let h[s in strain, s' in strain] = hamming(s, s')\n"
                 "let n[s in strain] = bits(s)\n"
                 "let has[s in strain] = bit(s, v5)\n"
                 "let far[s in strain] = hamming(n279+v5, s)\n"
                 "let both[s in strain] = s == n279+v5\n");
    assert_near(bed_let(&b, "p[wt]"), 1);
    assert_near(bed_let(&b, "q[wt]"), 0);
    assert_near(bed_let(&b, "p[v5]"), 5);
    assert_near(bed_let(&b, "p[n279+v5]"), 15);
    assert_near(bed_let(&b, "q[n279+v5]"), 8);
    assert_near(bed_let(&b, "h[n279,v5]"), 2);
    assert_near(bed_let(&b, "h[v5,v5]"), 0);
    assert_near(bed_let(&b, "n[n279+v5]"), 2);
    assert_near(bed_let(&b, "has[n279]"), 0);
    assert_near(bed_let(&b, "has[n279+v5]"), 1);
    assert_near(bed_let(&b, "far[wt]"), 2);
    assert_near(bed_let(&b, "far[v5]"), 1);
    assert_near(bed_let(&b, "both[n279]"), 0);
    assert_near(bed_let(&b, "both[n279+v5]"), 1);
    bed_close(&b);
}

static void a_binder_writes_the_statement_once_for_every_member(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, SITES STRAINS
             "parameter d[site] = {gut: 3, lymph: 2} 1/day\n"
             "species I[site, strain] cell\n"
             "reaction die[x, s]: I[x,s] -> @ d[x] * I[x,s]\n"
             "let total = sum(x, s: I[x,s])\n"
             "let here[x] = sum(s in strain: I[x,s])\n");
    assert_int_equal(b.net->n_species, 8);
    assert_int_equal(b.net->n_reactions, 8);
    for (uint32_t i = 0; i < 8; i++) {
        b.amounts[i] = 1u << i;
    }
    const rsp_reaction *r = bed_reaction(&b, "die[gut,v5]");
    assert_non_null(r);
    assert_near(bed_change(&b, r, "I[gut,v5]"), -1);
    assert_near(bed_value(&b, r->rate), 3 * b.amounts[bed_species(&b, "I[gut,v5]")]);
    assert_near(bed_let(&b, "total"), 255);
    assert_near(bed_let(&b, "here[lymph]"), 15);
    bed_close(&b);
}

static void a_member_that_is_named_is_that_member(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, SITES STRAINS "species I[site, strain] cell\n"
                               "let a = I[gut, wt] + I[lymph, n279+v5]\n");
    b.amounts[bed_species(&b, "I[gut,wt]")] = 5;
    b.amounts[bed_species(&b, "I[lymph,n279+v5]")] = 7;
    assert_near(bed_let(&b, "a"), 12);
    bed_close(&b);
}

static void one_name_may_be_a_member_of_two_indices(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "index site = blood, gut\nindex sample = gut, blood\n"
                 "let a[x in site] = if x == gut then 1 else 0\n"
                 "let b[y in sample] = if y == gut then 1 else 0\n");
    assert_near(bed_let(&b, "a[gut]"), 1);
    assert_near(bed_let(&b, "a[blood]"), 0);
    assert_near(bed_let(&b, "b[gut]"), 1);
    assert_near(bed_let(&b, "b[blood]"), 0);
    bed_close(&b);
}

/* ---- Reactions. */

static void a_reaction_changes_the_difference_of_its_sides(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter k = 2 1/day\nspecies A cell\nspecies B cell\nspecies C cell\n"
                 "reaction r: A + 2 B -> C + A @ k * A\n"
                 "reaction divide: C -> 2 C @ k * C\n"
                 "reaction pair: A + A -> @ k * A\n"
                 "reaction none: A -> A @ k * A\n"
                 "reaction never: A -> @ 0\n");
    const rsp_reaction *r = bed_reaction(&b, "r");
    assert_int_equal(r->n_changes, 2); /* A is given back */
    assert_near(bed_change(&b, r, "B"), -2);
    assert_near(bed_change(&b, r, "C"), 1);
    assert_near(bed_change(&b, bed_reaction(&b, "divide"), "C"), 1);
    assert_near(bed_change(&b, bed_reaction(&b, "pair"), "A"), -2);
    assert_null(bed_reaction(&b, "none"));
    assert_null(bed_reaction(&b, "never"));
    bed_close(&b);
}

static void a_drawn_product_is_a_channel_for_each_that_may_be_drawn(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, STRAINS
             "parameter k = 2 1/day\nparameter mu = 0.25 1\n"
             "let Q[s in strain, s' in strain] =\n"
             "  if hamming(s, s') > 1 then 0 else if s == s' then 1 - 2 * mu else mu\n"
             "species T cell\nspecies P[strain] cell\n"
             "reaction infect[s]: T -> P[s'] @ k * P[s] with s' from Q[s,:]\n");
    assert_int_equal(b.net->n_reactions, 12); /* 16 less four of two mutations */
    assert_null(bed_reaction(&b, "infect[wt,n279+v5]"));
    b.amounts[bed_species(&b, "P[wt]")] = 10;
    const rsp_reaction *same = bed_reaction(&b, "infect[wt,wt]");
    const rsp_reaction *other = bed_reaction(&b, "infect[wt,v5]");
    assert_near(bed_value(&b, same->rate), 2 * 10 * 0.5);
    assert_near(bed_value(&b, other->rate), 2 * 10 * 0.25);
    assert_near(bed_change(&b, other, "T"), -1);
    assert_near(bed_change(&b, other, "P[v5]"), 1);
    bed_close(&b);
}

/* ---- Continuous species, initial amounts. */

static void only_continuous_species_have_rates(void **state)
{
    (void)state;
    bed b;
    rsp_error err;
    bed_open(&b, SITES "parameter k = 2 1/day\nspecies X[site] 1 continuous\n"
                       "species A cell\nrate X[x in site] = k * (1 - X[x])\n");
    const rsp_species *x = &b.net->species[bed_species(&b, "X[gut]")];
    assert_true(x->continuous && x->rate != RSP_NO_EXPR);
    assert_near(bed_value(&b, x->rate), 2);
    const rsp_species *a = &b.net->species[bed_species(&b, "A")];
    assert_true(!a->continuous && a->rate == RSP_NO_EXPR);
    bed_close(&b);
    bed_refuse("parameter k = 2 1/day\nspecies A cell\nrate A = k * A\n", &err);
    assert_int_equal(err.code, RSP_SYNTAX);
}

static void initial_amounts_are_zero_or_given_or_drawn(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, SITES "parameter n = 100 cell\nparameter p = 0.25 1\n"
                       "parameter shape = 3 1\nparameter w[site] = {lymph: 1, gut: 3} 1\n"
                       "species Z cell\nspecies V cell\nspecies P cell\nspecies B cell\n"
                       "species N cell\nspecies M[site] cell\n"
                       "initial V = 2 * n\ninitial P = poisson(n)\n"
                       "initial B = binomial(n, p)\n"
                       "initial N = negative_binomial(shape, n)\n"
                       "initial M[x in site] = multinomial(n, w[x])\n");
    static const struct {
        const char *name;
        rsp_draw_kind draw;
        double a, b;
    } want[] = {{"Z", RSP_DRAW_VALUE, 0, 0},
                {"V", RSP_DRAW_VALUE, 200, 0},
                {"P", RSP_DRAW_POISSON, 100, 0},
                {"B", RSP_DRAW_BINOMIAL, 100, 0.25},
                {"N", RSP_DRAW_NEGBIN, 3, 100},
                {"M[gut]", RSP_DRAW_MULTINOMIAL, 100, 3}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const rsp_species *s = &b.net->species[bed_species(&b, want[i].name)];
        assert_int_equal(s->draw, want[i].draw);
        assert_near(bed_value(&b, s->a), want[i].a);
        if (want[i].draw > RSP_DRAW_POISSON) {
            assert_near(bed_value(&b, s->b), want[i].b);
        }
    }
    bed_close(&b);
}

static void a_multinomial_splits_one_number(void **state)
{
    (void)state;
    rsp_error err;
    bed_refuse(SITES "parameter n[site] = {lymph: 1, gut: 2} cell\nspecies M[site] cell\n"
                     "initial M[x in site] = multinomial(n[x], 1)\n",
               &err);
    assert_int_equal(err.code, RSP_SYNTAX);
}

/* ---- Parameters. */

static void both_levels_of_variability_are_kept_apart(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter k = 2 1/week between people lognormal cv 0.2\n"
                 "  uncertain normal sd 0.7 range 1 .. 3 \"meaning\" source \"paper\"\n"
                 "  status verified\n"
                 "parameter q = 2 1\n");
    const rsp_param *k = bed_param(&b, "k"), *q = bed_param(&b, "q");
    assert_near(k->value, 2.0 / 7);
    assert_int_equal(k->between.kind, RSP_DIST_LOGNORMAL);
    assert_near(k->between.a, sqrt(log(1.04))); /* CV^2 = exp(SD^2) - 1 */
    assert_string_equal(k->between.text, "lognormal cv 0.2");
    assert_int_equal(k->uncertain.kind, RSP_DIST_NORMAL);
    assert_near(k->uncertain.a, 0.1);
    assert_near(k->low, 1.0 / 7);
    assert_near(k->high, 3.0 / 7);
    assert_string_equal(k->meaning, "meaning");
    assert_string_equal(k->source, "paper");
    assert_int_equal(k->status, RSP_VERIFIED);
    assert_int_equal(k->line, 2);
    assert_int_equal(q->between.kind, RSP_DIST_NONE);
    assert_int_equal(q->uncertain.kind, RSP_DIST_NONE);
    assert_true(isinf(q->low) && isinf(q->high));
    assert_int_equal(q->status, RSP_UNSTATED);
    bed_close(&b);
}

static void every_distribution_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        rsp_dist_kind kind;
        double a, b;
    } dists[] = {
        {"normal sd 0.1", RSP_DIST_NORMAL, 0.1, 0},
        {"lognormal sd10 0.3", RSP_DIST_LOGNORMAL, 0.3 * 2.302585092994046, 0},
        {"logit-normal sd 0.5", RSP_DIST_LOGITNORMAL, 0.5, 0},
        {"beta 3, 7", RSP_DIST_BETA, 3, 7},
        {"uniform 0.2 .. 0.6", RSP_DIST_UNIFORM, 0.2, 0.6},
        {"uniform", RSP_DIST_UNIFORM, 0.1, 0.9}, /* its range */
        {"log-uniform 0.2 .. 0.6", RSP_DIST_LOGUNIFORM, 0.2, 0.6},
        {"log-uniform", RSP_DIST_LOGUNIFORM, 0.1, 0.9},
        {"bernoulli 0.3", RSP_DIST_BERNOULLI, 0.3, 0},
    };
    for (size_t i = 0; i < sizeof dists / sizeof *dists; i++) {
        for (int level = 0; level < 2; level++) {
            char text[200];
            bed b;
            snprintf(text, sizeof text, "parameter p = 0.3 1 %s %s range 0.1 .. 0.9\n",
                     level ? "uncertain" : "between people", dists[i].text);
            bed_open(&b, text);
            const rsp_param *p = bed_param(&b, "p");
            const rsp_dist *d = level ? &p->uncertain : &p->between;
            assert_int_equal(d->kind, dists[i].kind);
            assert_near(d->a, dists[i].a);
            assert_near(d->b, dists[i].b);
            assert_string_equal(d->text, dists[i].text);
            bed_close(&b);
        }
    }
}

static void a_family_of_parameters_is_drawn_together(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "index site = a, b, c\nparameter x = 1 1\n"
                 "parameter w[site] = {a: 0.2, c: 0.5, b: 0.3} 1\n"
                 "  between people dirichlet concentration 20\n");
    const rsp_param *w = bed_param(&b, "w[c]");
    assert_string_equal(w->family, "w");
    assert_int_equal(w->first, 1);
    assert_int_equal(w->count, 3);
    assert_near(w->value, 0.5);
    assert_near(w->between.a, 20);
    assert_near(bed_param(&b, "w[b]")->value, 0.3);
    bed_close(&b);
}

static void what_has_no_source_or_status_is_warned_of(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter k = 1 1\nparameter q = 1 1 source \"x\" status memory\n");
    assert_int_equal(b.net->n_warnings, 2);
    assert_string_equal(b.net->warnings[0], "m.rsp:2:1: parameter 'k' has no source");
    assert_string_equal(b.net->warnings[1], "m.rsp:2:1: parameter 'k' has no status");
    bed_close(&b);
}

static void members_of_one_kind_have_streams_of_their_own(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, SITES STRAINS "parameter p[site, strain] = 1 1\n");
    for (uint32_t i = 0; i < b.net->n_params; i++) {
        for (uint32_t k = 0; k < i; k++) {
            assert_int_not_equal(b.net->params[i].channel, b.net->params[k].channel);
        }
    }
    bed_close(&b);
    assert_int_equal(rsp_channel("p685"), rsp_channel("p129237")); /* found by trial */
    bed_open(&b, "parameter p685 = 1 1\nparameter p129237 = 1 1\n");
    assert_int_not_equal(b.net->params[0].channel, b.net->params[1].channel);
    bed_close(&b);
}

static void a_parameter_keeps_its_stream_whatever_else_is_declared(void **state)
{
    (void)state;
    bed one, two;
    bed_open(&one, "parameter k = 1 1\n");
    bed_open(&two, "parameter a = 1 1\nparameter k = 2 1/day\n");
    assert_int_equal(bed_param(&one, "k")->channel, bed_param(&two, "k")->channel);
    bed_close(&one);
    bed_close(&two);
}

/* ---- Values defined by an equation, averages. */

static void a_root_is_where_its_expression_is_zero(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter a = 5 1\nparameter d = 3 day\n"
                 "let x = root(y in 0 .. 10: exp(y) - a)\n"
                 "let days = root(y in d .. 9 * d: y - 2 * d) in week\n"
                 "let nested = root(y in 0 .. 10: y - root(z in 0 .. 9: z - y / 2) - 1)\n");
    assert_near(bed_let(&b, "x"), log(5));
    assert_near(bed_let(&b, "days"), 6);
    assert_near(bed_let(&b, "nested"), 2);
    assert_non_null(strstr(b.net->roots[0].name, "y (m.rsp:4)"));
    bed_close(&b);
}

static void a_mean_is_the_average_over_a_lognormal_population(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter m = 3 1\n"
                 "let one = mean(A ~ lognormal(m, 0.2): A, nodes 15)\n"
                 "let square = mean(A ~ lognormal(m, 0.2): A^2)\n"
                 "let constant = mean(A ~ lognormal(m, 0.2): 1, nodes 7)\n");
    double sd = 0.2 * 2.302585092994046;
    /* Fifteen nodes give these moments to rounding. */
    assert_near(bed_let(&b, "one"), 3 * exp(sd * sd / 2));
    assert_near(bed_let(&b, "square"), 9 * exp(2 * sd * sd));
    assert_near(bed_let(&b, "constant"), 1);
    bed_close(&b);
}

/* ---- Inputs, actions, time. */

static void an_action_sets_and_adds(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "input drug = 1 % \"share\"\nspecies A cell\nspecies X mL continuous\n"
                 "action give(dose L): X += dose * 2, drug = 0 \"a dose\"\n"
                 "action empty: A = 0\n");
    assert_near(b.inputs[0], 0.01);
    const rsp_action *give = &b.net->actions[rsp_network_action(b.net, "give")];
    const rsp_action *empty = &b.net->actions[rsp_network_action(b.net, "empty")];
    assert_true(give->takes_amount && !empty->takes_amount);
    assert_string_equal(give->unit, "L");
    assert_near(give->factor, 1000);
    assert_int_equal(give->n_assigns, 2);
    const rsp_assign *x = &b.net->assigns[give->first_assign], *drug = x + 1;
    b.arg = 4;
    assert_true(x->is_species && x->adds);
    assert_int_equal(x->target, bed_species(&b, "X"));
    assert_near(bed_value(&b, x->value), 8);
    assert_true(!drug->is_species && !drug->adds);
    assert_int_equal(drug->target, rsp_network_input(b.net, "drug"));
    assert_true(!b.net->assigns[empty->first_assign].adds);
    bed_close(&b);
}

static void an_action_acts_on_every_member_of_a_name_that_is_none(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, SITES STRAINS "species I[site, strain] cell\n"
                               "action move(n cell): I[gut, wt] += n, I[gut, s] = I[lymph, s]\n");
    const rsp_action *a = &b.net->actions[0];
    assert_int_equal(a->n_assigns, 5);
    for (uint32_t i = 1; i < 5; i++) {
        const rsp_assign *g = &b.net->assigns[a->first_assign + i];
        assert_int_equal(g->target, bed_species(&b, "I[gut,wt]") + i - 1);
        b.amounts[i - 1] = 10 * i;
        assert_near(bed_value(&b, g->value), 10 * i);
    }
    bed_close(&b);
}

static void an_event_has_a_condition_a_delay_options_and_targets(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, SITES "parameter lag = 2 day\nspecies I[site] cell\ninput drug = 0 1\n"
                 "event plain: at t > lag: drug = 1\n"
                 "event full[x]: at 2 * lag after (I[x] > 3 * I[gut]), priority = 1 + 2,\n"
                 " t0 = false, persistent = false, fromTrigger = false:\n"
                 " I[x] += I[gut], drug = 0 \"why\"\n");
    const rsp_event *plain = &b.net->events[0], *full = plain + 2; /* the second of two */
    assert_int_equal(b.net->n_events, 3);
    assert_true(plain->initial_value && plain->persistent && plain->values_at_trigger);
    assert_true(plain->delay == RSP_NO_EXPR && plain->priority == RSP_NO_EXPR);
    b.t = 2.5;
    assert_near(bed_value(&b, plain->trigger), 1);
    assert_string_equal(full->name, "full[gut]");
    assert_string_equal(full->meaning, "why");
    assert_true(!full->initial_value && !full->persistent && !full->values_at_trigger);
    assert_near(bed_value(&b, full->delay), 4);
    assert_near(bed_value(&b, full->priority), 3);
    assert_int_equal(full->n_assigns, 2);
    const rsp_assign *a = &b.net->assigns[full->first_assign];
    assert_true(a->is_species && a->adds && !a[1].is_species && !a[1].adds);
    assert_int_equal(a->target, bed_species(&b, "I[gut]"));
    assert_true(full[-1].channel != full->channel);
    bed_close(&b);
}

static void an_actions_amount_is_seen_in_the_action_alone(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter n = 3 cell\nspecies A cell\nlet twice = 2 * n\n"
                 "action give(n cell): A += n + twice\n");
    b.arg = 100;
    assert_near(bed_value(&b, b.net->assigns[0].value), 106);
    bed_close(&b);
}

static void time_since_and_after_an_action_are_values(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter lag = 2 day\nspecies A cell\n"
                 "let on = after(give, lag) in 1\nlet again = after(give, 2 * lag / 2)\n"
                 "let same = after(give, lag)\n"
                 "let age = since(give) in day\nlet now = t in week\n"
                 "action give(n cell): A += n\n");
    assert_int_equal(b.net->n_afters, 2);
    assert_near(bed_value(&b, b.net->afters[0].delay), 2);
    b.after[0] = 1;
    b.since[0] = 5;
    b.t = 14;
    assert_near(bed_let(&b, "on"), 1);
    assert_near(bed_let(&b, "age"), 5);
    assert_near(bed_let(&b, "now"), 14); /* base units */
    for (uint32_t i = 0; i < b.net->n_derived; i++) {
        assert_false(b.net->derived[i].constant);
    }
    bed_close(&b);
}

static void what_depends_on_parameters_alone_is_a_number_per_participant(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "parameter k = 2 1\ninput u = 0 1\nspecies A 1\nlet a = k + 1\n"
                 "let b = root(x in 0 .. 9: x - k)\nlet c = a + A\nlet d = u + k\n");
    static const bool constant[] = {true, true, false, false};
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(b.net->derived[i].constant, constant[i]);
    }
    bed_close(&b);
}

/* ---- Observables. */

static void an_observable_is_shown_in_its_unit(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, "species V copies\nparameter volume = 2 L\n"
                 "observe load = V / volume in copies/mL \"plasma\"\n"
                 "observe share = V / V / 4 in %\n");
    b.amounts[0] = 5000;
    assert_near(bed_observed(&b, "load"), 2.5);
    assert_near(bed_observed(&b, "share"), 25);
    assert_string_equal(b.net->observables[0].unit, "copies/mL");
    assert_string_equal(b.net->observables[0].meaning, "plasma");
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_comments_and_line_breaks_change_nothing),
        cmocka_unit_test(line_ends_of_windows_and_a_byte_order_mark_change_nothing),
        cmocka_unit_test(statements_stand_in_any_order),
        cmocka_unit_test(a_keyword_begins_a_statement_only_at_the_start_of_a_line),
        cmocka_unit_test(a_default_yields_to_whatever_else_has_its_name),
        cmocka_unit_test(names_may_end_in_primes_and_texts_hold_any_letter),
        cmocka_unit_test(operators_bind_as_in_a_paper),
        cmocka_unit_test(functions_have_their_values),
        cmocka_unit_test(only_the_branch_that_is_taken_of_a_known_condition_counts),
        cmocka_unit_test(subsets_are_named_by_what_they_hold),
        cmocka_unit_test(the_least_and_the_most_of_a_family_are_those_of_its_members),
        cmocka_unit_test(functions_of_subsets_see_their_bits),
        cmocka_unit_test(a_binder_writes_the_statement_once_for_every_member),
        cmocka_unit_test(a_member_that_is_named_is_that_member),
        cmocka_unit_test(one_name_may_be_a_member_of_two_indices),
        cmocka_unit_test(a_reaction_changes_the_difference_of_its_sides),
        cmocka_unit_test(a_drawn_product_is_a_channel_for_each_that_may_be_drawn),
        cmocka_unit_test(only_continuous_species_have_rates),
        cmocka_unit_test(initial_amounts_are_zero_or_given_or_drawn),
        cmocka_unit_test(a_multinomial_splits_one_number),
        cmocka_unit_test(both_levels_of_variability_are_kept_apart),
        cmocka_unit_test(every_distribution_is_read),
        cmocka_unit_test(a_family_of_parameters_is_drawn_together),
        cmocka_unit_test(what_has_no_source_or_status_is_warned_of),
        cmocka_unit_test(members_of_one_kind_have_streams_of_their_own),
        cmocka_unit_test(a_parameter_keeps_its_stream_whatever_else_is_declared),
        cmocka_unit_test(a_root_is_where_its_expression_is_zero),
        cmocka_unit_test(a_mean_is_the_average_over_a_lognormal_population),
        cmocka_unit_test(an_action_sets_and_adds),
        cmocka_unit_test(an_action_acts_on_every_member_of_a_name_that_is_none),
        cmocka_unit_test(an_event_has_a_condition_a_delay_options_and_targets),
        cmocka_unit_test(an_actions_amount_is_seen_in_the_action_alone),
        cmocka_unit_test(time_since_and_after_an_action_are_values),
        cmocka_unit_test(what_depends_on_parameters_alone_is_a_number_per_participant),
        cmocka_unit_test(an_observable_is_shown_in_its_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
