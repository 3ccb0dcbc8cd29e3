#include "study/read_traits.h"

#include <math.h>
#include <string.h>

/* Population: who takes part. */

static const char *const population_keys[] = {
    "from", "participants", "set", "covariates", "eligibility", "title", "note", NULL};
enum { MOST_TRAITS = 64, MOST_CONDITIONS = 32, MOST_SOURCES = 64 };

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
            traits[at] = plan_read_trait(p, t, t->key, t->key);
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
    *found = (condition_name){(uint32_t)at, factor, unit, (double)NAN, (double)NAN, false};
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

void plan_read_eligibility(plan_reading *p, const tree *t, const clinic_condition **out,
                           size_t *n)
{
    plan_population *pop = &p->plan->population;
    if (!t || !reader_kind(&p->r, t, TREE_LIST, "eligibility")) {
        return;
    }
    if (!pop->sources) {
        pop->sources = reader_alloc(&p->r, MOST_SOURCES, sizeof *pop->sources);
    }
    source_maker m = {p, pop->sources, pop->n_sources};
    clinic_condition *list = reader_alloc(&p->r, MOST_CONDITIONS, sizeof *list);
    condition_names names = {&m, find_source, unknown_source};
    for (const tree *c = t->first; c && reading(&p->r); c = c->next) {
        if (*n == MOST_CONDITIONS) {
            reader_fail(&p->r, c, RSP_RANGE, "too many conditions of eligibility");
            return;
        }
        list[(*n)++] = plan_condition(&p->r, c, "eligibility", &names);
    }
    *out = list;
    pop->n_sources = m.n;
}

static void population_words(plan_reading *p, const tree *const *layer, size_t n)
{
    const plan_population *pop = &p->plan->population;
    rsp_text words = {0};
    rsp_text_add(&words, plan_title_of(layer, n, "the model's own population"));
    if (pop->participants) {
        rsp_text_printf(&words, "; at most %u enrolled in an arm", pop->participants);
    }
    for (size_t i = 0; i < pop->n_traits; i++) {
        plan_say_trait(&words, &pop->traits[i]);
    }
    for (size_t i = 0; i < pop->n_eligibility; i++) {
        rsp_text_printf(&words, "%s%s", i ? " and " : "; eligible: ",
                        pop->eligibility[i].text);
    }
    p->plan->view.population = plan_finish_words(p, &words);
}

size_t plan_population_layers(plan_reading *p, const tree **layer)
{
    return plan_layers(p, p->population, "populations", population_keys, "population", layer);
}

static void read_population(plan_reading *p)
{
    const tree *layer[PLAN_DEEPEST_FROM];
    size_t n = plan_population_layers(p, layer);
    rsp_param *params = plan_copy_params(p, p->plan->params);
    if (!reading(&p->r)) {
        return;
    }
    for (size_t i = n; i-- > 0;) {
        plan_apply_set(p, tree_get(layer[i], "set"), params, true);
    }
    p->plan->params = params;
    const tree *participants = plan_of_layers(layer, n, "participants");
    if (participants) {
        p->plan->population.participants = (uint32_t)reader_count(
            &p->r, participants, "population.participants", 1, PLAN_ARM_STRIDE - 1);
    }
    read_covariates(p, layer, n);
    plan_read_eligibility(p, plan_of_layers(layer, n, "eligibility"),
                          &p->plan->population.eligibility,
                          &p->plan->population.n_eligibility);
    for (size_t i = 0; i < p->plan->population.n_traits; i++) {
        p->plan->population.needs_derived |=
            p->plan->population.traits[i].shows_derived >= 0;
    }
    population_words(p, layer, n);
}

/* The data set's covariates: the population's, then the product's. */
static void name_covariates(plan_reading *p)
{
    rsp_plan *plan = p->plan;
    size_t most = plan->population.n_traits + CLINIC_PRODUCT_TRAITS, n = 0;
    const char **names = reader_alloc(&p->r, most, sizeof *names);
    for (size_t i = 0; names && i < plan->population.n_traits; i++) {
        names[n++] = plan->population.traits[i].name;
    }
    n += names ? plan_name_product(&plan->product, names + n) : 0;
    plan->covariates = names;
    plan->n_covariates = n;
}

void plan_read_people(plan_reading *p)
{
    p->population = tree_get(p->root, "population");
    p->product = tree_get(p->root, "product");
    read_population(p);
    plan_read_product(p);
    rsp_param *params = plan_copy_params(p, p->plan->params);
    if (reading(&p->r)) {
        plan_apply_set(p, tree_get(p->root, "set"), params, true);
        p->plan->params = params;
        name_covariates(p);
    }
}
