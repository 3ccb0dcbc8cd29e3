#include <math.h>
#include <string.h>

#include "study/plan.h"

/* Population and product: who takes part, and what they are given. */

static const char *const population_keys[] = {
    "from", "participants", "set", "covariates", "eligibility", "title", "note", NULL};
static const char *const product_keys[] = {
    "from", "given by", "dose", "transduction", "failure", "set", "title", "note", NULL};
static const char *const trait_keys[] = {"value", "between", "range", "sets",
                                         "shows", NULL};
enum { DEEPEST_FROM = 8, MOST_TRAITS = 64, MOST_CONDITIONS = 32, MOST_SOURCES = 64 };

/* ---- `from`: the files below, then the map itself.  Texts are names. */
static size_t layers(plan_reading *p, const tree *t, const char *folder,
                     const char *const *keys, const char *what, const tree **out)
{
    size_t n = 0;
    while (t && reading(&p->r)) {
        if (n == DEEPEST_FROM) {
            reader_fail(&p->r, t, RSP_RANGE, "%s: 'from' goes too deep, or round", what);
            return 0;
        }
        if (t->kind == TREE_TEXT) {
            t = plan_read_file(p, t, folder, reader_text(&p->r, t, what));
            continue;
        }
        if (reader_map(&p->r, t, what, keys)) {
            out[n++] = t;
            t = tree_get(t, "from");
        }
    }
    return n;
}

/* The outermost layer that has the key. */
static const tree *of_layers(const tree *const *layer, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++) {
        const tree *t = tree_get(layer[i], key);
        if (t) {
            return t;
        }
    }
    return NULL;
}

/* ---- Traits. */
static double first_number_factor(plan_reading *p, const char *s, const char **unit,
                                  const tree *at)
{
    size_t n = strlen(s), i = 0;
    while (i < n && s[i] == ' ') {
        i++;
    }
    i += reader_number_length(s + i, n - i);
    while (i < n && s[i] == ' ') {
        i++;
    }
    rsp_unit u;
    *unit = s[i] ? s + i : "1";
    if (rsp_unit_parse(*unit, &u, NULL) != RSP_OK) {
        reader_fail(&p->r, at, RSP_UNITS, "unknown unit '%.40s'", *unit);
        return 1;
    }
    return u.factor;
}

/* The unit of a trait: that of its value, else of its range, else a number. */
static void trait_unit(plan_reading *p, const tree *t, clinic_trait *trait)
{
    const tree *at = t->kind == TREE_TEXT ? t : tree_get(t, "value");
    if (!at) {
        at = tree_get(t, "range");
    }
    if (!at || at->kind != TREE_TEXT) {
        return;
    }
    const char *s = at->text, *dots = strstr(s, "..");
    trait->factor = first_number_factor(p, dots ? dots + 2 : s, &trait->unit, at);
}

static void trait_sets(plan_reading *p, const tree *t, clinic_trait *trait)
{
    const tree *sets = tree_get(t, "sets");
    if (!sets) {
        return;
    }
    trait->sets = plan_param(p, sets, reader_text(&p->r, sets, "sets"));
    if (trait->sets < 0) {
        return;
    }
    const rsp_param *q = &p->plan->net->params[trait->sets];
    rsp_unit mine, theirs;
    bool known = rsp_unit_parse(trait->unit, &mine, NULL) == RSP_OK &&
                 rsp_unit_parse(q->unit[0] ? q->unit : "1", &theirs, NULL) == RSP_OK;
    if (known && !rsp_unit_same(&mine, &theirs)) {
        reader_fail(&p->r, sets, RSP_UNITS, "%s is in %s, but the parameter %s in %s",
                    trait->name, trait->unit, q->name, q->unit);
    }
}

static void trait_shows(plan_reading *p, const tree *t, clinic_trait *trait)
{
    const tree *shows = tree_get(t, "shows");
    const rsp_network *net = p->plan->net;
    if (!shows) {
        return;
    }
    const char *name = reader_text(&p->r, shows, "shows");
    trait->shows_param = rsp_network_param(net, name);
    for (uint32_t i = 0; i < net->n_derived && trait->shows_param < 0; i++) {
        if (net->derived[i].constant && strcmp(net->derived[i].name, name) == 0) {
            trait->shows_derived = (int)i;
            trait->unit = net->derived[i].unit;
            trait->factor = net->derived[i].factor;
            return;
        }
    }
    if (plan_param(p, shows, name) >= 0) {
        trait->unit = net->params[trait->shows_param].unit;
        trait->factor = net->params[trait->shows_param].factor;
    }
}

static void trait_map(plan_reading *p, const tree *t, clinic_trait *trait)
{
    reader *r = &p->r;
    wanted unit = wanted_of(trait->unit, NULL);
    const tree *value = tree_get(t, "value"), *range = tree_get(t, "range");
    const tree *between = tree_get(t, "between");
    value_range ends = {-(double)INFINITY, (double)INFINITY};
    if (range) {
        ends = reader_range(r, range, "range", &unit);
        trait->low = ends.low;
        trait->high = ends.high;
    }
    if (between) {
        trait->between = reader_dist(r, between, "between", &unit, &ends);
    }
    trait->value = value ? reader_quantity(r, value, trait->name, &unit)
                         : range ? 0.5 * (ends.low + ends.high) : 0.0;
    bool needs_value = trait->between.kind == RSP_DIST_NONE ||
                       trait->between.kind == RSP_DIST_NORMAL ||
                       trait->between.kind == RSP_DIST_LOGNORMAL ||
                       trait->between.kind == RSP_DIST_LOGITNORMAL;
    if (reading(r) && !value && needs_value && !tree_get(t, "shows")) {
        reader_fail(r, t, RSP_SYNTAX, "%s needs 'value', or 'between' with its ends",
                    trait->name);
    }
    if (reading(r) && value &&
        !(trait->value >= trait->low && trait->value <= trait->high)) {
        reader_fail(r, value, RSP_RANGE, "%s: the value lies outside its range",
                    trait->name);
    }
    trait_sets(p, t, trait);
    trait_shows(p, t, trait);
}

static clinic_trait read_trait(plan_reading *p, const tree *t, const char *name,
                               const char *channel)
{
    clinic_trait trait = {.name = name, .low = -(double)INFINITY,
                          .high = (double)INFINITY, .sets = -1, .shows_param = -1,
                          .shows_derived = -1, .channel = rsp_channel(channel),
                          .between = {.kind = RSP_DIST_NONE, .text = ""},
                          .unit = "1", .factor = 1};
    if (!reading(&p->r)) {
        return trait;
    }
    trait_unit(p, t, &trait);
    if (t->kind == TREE_TEXT) {
        wanted unit = wanted_of(trait.unit, NULL);
        trait.value = reader_quantity(&p->r, t, name, &unit);
    } else if (reader_map(&p->r, t, name, trait_keys)) {
        trait_map(p, t, &trait);
    }
    return trait;
}

/* ---- Covariates: all layers', the outer one's where named twice. */
static void read_covariates(plan_reading *p, const tree *const *layer, size_t n)
{
    clinic_trait *traits = reader_alloc(&p->r, MOST_TRAITS, sizeof *traits);
    size_t k = 0;
    for (size_t i = n; i-- > 0 && reading(&p->r);) {
        const tree *list = tree_get(layer[i], "covariates");
        if (!list || !reader_kind(&p->r, list, TREE_MAP, "covariates")) {
            continue;
        }
        for (const tree *t = list->first; t && reading(&p->r); t = t->next) {
            size_t at = 0;
            while (at < k && strcmp(traits[at].name, t->key) != 0) {
                at++;
            }
            if (at == MOST_TRAITS) {
                reader_fail(&p->r, t, RSP_RANGE, "too many covariates");
                return;
            }
            traits[at] = read_trait(p, t, t->key, t->key);
            k = at == k ? k + 1 : k;
        }
    }
    p->plan->population.traits = traits;
    p->plan->population.n_traits = k;
}

/* ---- Eligibility. */
typedef struct source_maker {
    plan_reading *p;
    plan_source *sources;
    size_t n;
} source_maker;

static bool add_source(source_maker *m, plan_source_kind kind, size_t index,
                       double factor, const char *unit, condition_name *found)
{
    size_t at = 0;
    while (at < m->n && !(m->sources[at].kind == kind && m->sources[at].index == index)) {
        at++;
    }
    if (at == MOST_SOURCES) {
        return false;
    }
    m->sources[at] = (plan_source){kind, (uint32_t)index, factor};
    m->n = at == m->n ? at + 1 : m->n;
    *found = (condition_name){(uint32_t)at, factor, unit, (double)NAN};
    return true;
}

static bool find_source(void *ctx, const char *name, condition_name *found)
{
    source_maker *m = ctx;
    const plan_population *pop = &m->p->plan->population;
    const rsp_network *net = m->p->plan->net;
    for (size_t i = 0; i < pop->n_traits; i++) {
        if (strcmp(pop->traits[i].name, name) == 0) {
            return add_source(m, PLAN_COVARIATE, i, pop->traits[i].factor,
                              pop->traits[i].unit, found);
        }
    }
    int param = rsp_network_param(net, name);
    if (param >= 0) {
        return add_source(m, PLAN_PARAM, (size_t)param, net->params[param].factor,
                          net->params[param].unit, found);
    }
    for (uint32_t i = 0; i < net->n_derived; i++) {
        if (net->derived[i].constant && strcmp(net->derived[i].name, name) == 0) {
            m->p->plan->population.needs_derived = true;
            return add_source(m, PLAN_DERIVED, i, net->derived[i].factor,
                              net->derived[i].unit, found);
        }
    }
    return false;
}

static void unknown_source(void *ctx, reader *r, const tree *at, const char *name)
{
    const source_maker *m = ctx;
    const char *known[MOST_TRAITS];
    for (size_t i = 0; i < m->p->plan->population.n_traits; i++) {
        known[i] = m->p->plan->population.traits[i].name;
    }
    reader_unknown(r, at, "eligibility: no covariate, parameter or constant derived "
                          "value is called",
                   name, known, m->p->plan->population.n_traits);
}

static void read_eligibility(plan_reading *p, const tree *t)
{
    plan_population *pop = &p->plan->population;
    source_maker m = {p, reader_alloc(&p->r, MOST_SOURCES, sizeof(plan_source)), 0};
    clinic_condition *list = reader_alloc(&p->r, MOST_CONDITIONS, sizeof *list);
    if (!t || !reader_kind(&p->r, t, TREE_LIST, "eligibility")) {
        return;
    }
    condition_names names = {&m, find_source, unknown_source};
    for (const tree *c = t->first; c && reading(&p->r); c = c->next) {
        if (pop->n_eligibility == MOST_CONDITIONS) {
            reader_fail(&p->r, c, RSP_RANGE, "too many conditions of eligibility");
            return;
        }
        list[pop->n_eligibility++] = plan_condition(&p->r, c, "eligibility", &names);
    }
    pop->eligibility = list;
    pop->sources = m.sources;
    pop->n_sources = m.n;
}

/* ---- Words: "title; 15 enrolled; age 40 (normal sd 9); eligible: ...". */
static void say_amount(rsp_text *out, double v)
{
    bool millions = v >= 1e6 && v < 1e9;
    rsp_text_printf(out, millions ? "%.3g million" : "%g", millions ? v / 1e6 : v);
}

/* "4 years", "30 million cells"; other units as they are written. */
static void say_unit(rsp_text *out, const char *unit, double v)
{
    static const char *const counted[] = {"cell", "day", "week", "month", "year"};
    bool many = false;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        many |= strcmp(unit, counted[i]) == 0 && v != 1;
    }
    rsp_text_printf(out, " %s%s", unit, many ? "s" : "");
}

static void say_trait(rsp_text *out, const clinic_trait *t)
{
    if (t->shows_param >= 0 || t->shows_derived >= 0) {
        return;
    }
    rsp_text_printf(out, "; %s ", t->name);
    bool ends = t->between.kind == RSP_DIST_UNIFORM ||
                t->between.kind == RSP_DIST_LOGUNIFORM;
    if (ends) {
        say_amount(out, t->between.a / t->factor);
        rsp_text_add(out, " to ");
        say_amount(out, t->between.b / t->factor);
    } else {
        say_amount(out, t->value / t->factor);
    }
    if (strcmp(t->unit, "1") != 0) {
        say_unit(out, t->unit, ends ? t->between.b / t->factor : t->value / t->factor);
    }
    if (t->between.kind != RSP_DIST_NONE) {
        rsp_text_printf(out, " (%s)", t->between.text);
    }
}

static const char *finish_words(plan_reading *p, rsp_text *words)
{
    char *s = words->failed || !words->data
                  ? NULL
                  : rsp_arena_copy(p->r.arena, words->data, words->length);
    rsp_text_fini(words);
    if (!s) {
        reader_fail(&p->r, NULL, RSP_NOMEM, "out of memory");
    }
    return s ? s : "";
}

static const char *title_of(const tree *const *layer, size_t n, const char *otherwise)
{
    const tree *t = of_layers(layer, n, "title");
    return t && t->kind == TREE_TEXT ? t->text : otherwise;
}

static void population_words(plan_reading *p, const tree *const *layer, size_t n)
{
    const plan_population *pop = &p->plan->population;
    rsp_text words = {0};
    rsp_text_add(&words, title_of(layer, n, "the model's own population"));
    if (pop->participants) {
        rsp_text_printf(&words, "; at most %u enrolled in an arm", pop->participants);
    }
    for (size_t i = 0; i < pop->n_traits; i++) {
        say_trait(&words, &pop->traits[i]);
    }
    for (size_t i = 0; i < pop->n_eligibility; i++) {
        rsp_text_printf(&words, "%s%s", i ? " and " : "; eligible: ",
                        pop->eligibility[i].text);
    }
    p->plan->view.population = finish_words(p, &words);
}

/* ---- Product. */
static void product_action(plan_reading *p, const tree *t)
{
    plan_product *product = &p->plan->product;
    int action = t ? plan_action(p, t, reader_text(&p->r, t, "given by"))
                   : rsp_network_action(p->plan->net, "infuse");
    if (reading(&p->r) && action < 0) {
        reader_fail(&p->r, p->product, RSP_NAME,
                    "the model %s has no action 'infuse'; say 'given by'",
                    p->plan->net->name);
    }
    product->action = action < 0 ? 0 : (uint32_t)action;
}

static void check_dose_unit(plan_reading *p, const tree *at, const clinic_trait *dose)
{
    const rsp_action *action = &p->plan->net->actions[p->plan->product.action];
    rsp_unit mine, theirs;
    if (!reading(&p->r) || !action->takes_amount ||
        rsp_unit_parse(dose->unit, &mine, NULL) != RSP_OK ||
        rsp_unit_parse(action->unit, &theirs, NULL) != RSP_OK) {
        return;
    }
    if (!rsp_unit_same(&mine, &theirs)) {
        reader_fail(&p->r, at, RSP_UNITS, "dose is in %s, but %s takes %s", dose->unit,
                    action->name, action->unit);
    }
}

static void product_words(plan_reading *p, const tree *const *layer, size_t n)
{
    const plan_product *product = &p->plan->product;
    rsp_text words = {0};
    rsp_text_add(&words, title_of(layer, n, "a product"));
    if (product->dose.name) {
        say_trait(&words, &product->dose);
    }
    if (product->transduction.name) {
        say_trait(&words, &product->transduction);
    }
    if (product->failure > 0) {
        rsp_text_printf(&words, "; not made in %g %%", 100 * product->failure);
    }
    p->plan->view.product = finish_words(p, &words);
}

/* Every value that may be drawn lies in least .. most. */
static void check_trait(plan_reading *p, const tree *t, const clinic_trait *trait,
                        double least, double most, const char *words)
{
    const rsp_dist *d = &trait->between;
    bool ends = d->kind == RSP_DIST_UNIFORM || d->kind == RSP_DIST_LOGUNIFORM;
    double low = ends ? d->a : trait->value, high = ends ? d->b : trait->value;
    if (reading(&p->r) && !(low >= least && high <= most)) {
        reader_fail(&p->r, t, RSP_RANGE, "%s must %s", trait->name, words);
    }
}

static void read_product(plan_reading *p)
{
    const tree *layer[DEEPEST_FROM];
    size_t n = layers(p, p->product, "products", product_keys, "product", layer);
    plan_product *product = &p->plan->product;
    if (!reading(&p->r) || !n) {
        return;
    }
    product->exists = true;
    product_action(p, of_layers(layer, n, "given by"));
    const tree *dose = of_layers(layer, n, "dose");
    const tree *transduction = of_layers(layer, n, "transduction");
    const tree *failure = of_layers(layer, n, "failure");
    if (dose) {
        product->dose = read_trait(p, dose, "dose", "product dose");
        check_dose_unit(p, dose, &product->dose);
        check_trait(p, dose, &product->dose, 0, (double)INFINITY, "not be negative");
    }
    if (transduction) {
        product->transduction =
            read_trait(p, transduction, "transduction", "product transduction");
        check_trait(p, transduction, &product->transduction, 0, 1,
                    "lie between 0 and 100 %");
    }
    product->failure = failure ? reader_share(&p->r, failure, "failure") : 0;
    if (reading(&p->r) && product->failure > 0.9991) {
        reader_fail(&p->r, failure, RSP_RANGE,
                    "failure is above 99.9 %%: hardly anybody would have a product");
    }
    rsp_param *params = plan_copy_params(p, p->plan->params);
    for (size_t i = n; i-- > 0 && params;) {
        plan_apply_set(p, tree_get(layer[i], "set"), params, true);
    }
    p->plan->params = params;
    product_words(p, layer, n);
}

static void read_population(plan_reading *p)
{
    const tree *layer[DEEPEST_FROM];
    size_t n = layers(p, p->population, "populations", population_keys, "population",
                      layer);
    rsp_param *params = plan_copy_params(p, p->plan->params);
    if (!reading(&p->r)) {
        return;
    }
    for (size_t i = n; i-- > 0;) {
        plan_apply_set(p, tree_get(layer[i], "set"), params, true);
    }
    p->plan->params = params;
    const tree *participants = of_layers(layer, n, "participants");
    if (participants) {
        p->plan->population.participants = (uint32_t)reader_count(
            &p->r, participants, "population.participants", 1, PLAN_ARM_STRIDE - 1);
    }
    read_covariates(p, layer, n);
    read_eligibility(p, of_layers(layer, n, "eligibility"));
    for (size_t i = 0; i < p->plan->population.n_traits; i++) {
        p->plan->population.needs_derived |=
            p->plan->population.traits[i].shows_derived >= 0;
    }
    population_words(p, layer, n);
}

/* The data set's covariates: the population's, then dose and transduction. */
static void name_covariates(plan_reading *p)
{
    rsp_plan *plan = p->plan;
    size_t most = plan->population.n_traits + 2, n = 0;
    const char **names = reader_alloc(&p->r, most, sizeof *names);
    for (size_t i = 0; names && i < plan->population.n_traits; i++) {
        names[n++] = plan->population.traits[i].name;
    }
    if (names && plan->product.dose.name) {
        names[n++] = plan->product.dose.name;
    }
    if (names && plan->product.transduction.name) {
        names[n++] = plan->product.transduction.name;
    }
    plan->covariates = names;
    plan->n_covariates = n;
}

void plan_read_people(plan_reading *p)
{
    p->population = tree_get(p->root, "population");
    p->product = tree_get(p->root, "product");
    read_population(p);
    read_product(p);
    rsp_param *params = plan_copy_params(p, p->plan->params);
    if (reading(&p->r)) {
        plan_apply_set(p, tree_get(p->root, "set"), params, true);
        p->plan->params = params;
        name_covariates(p);
    }
}
