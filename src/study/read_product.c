#include "study/read_traits.h"

#include <math.h>
#include <string.h>

/* Product: what participants are given, and how it is made. */

static const char *const product_keys[] = {
    "from",    "given by", "dose",  "transduction", "failure",
    "manufacture", "set",  "title", "note",         NULL};

/* Traits of a product: the key and the column of the data set, the unit, where the
 * trait stands, what it must be. */
static const struct trait_form {
    const char *key, *column, *unit;
    bool manufactured;
    double least, most;
    const char *words;
} forms[CLINIC_PRODUCT_TRAITS] = {
    [CLINIC_DOSE] = {"dose", "dose", NULL, false, 0, (double)INFINITY, "not be negative"},
    [CLINIC_TRANSDUCTION] = {"transduction", "transduction", "1", false, 0, 1,
                             "lie between 0 and 100 %"},
    [CLINIC_STARTING] = {"starting cells", "starting_cells", "cell", true, 0,
                         (double)INFINITY, "not be negative"},
    [CLINIC_EXPANSION] = {"expansion", "expansion", "1", true, 0, (double)INFINITY,
                          "not be negative"},
    [CLINIC_VIABILITY] = {"viability", "viability", "1", true, 0, 1,
                          "lie between 0 and 100 %"},
    [CLINIC_CULTURE] = {"culture", "culture", "day", true, 0, 365,
                        "lie between 0 and 365 days"},
    [CLINIC_CD8] = {"cd8", "cd8_share", "1", true, 0, 1, "lie between 0 and 100 %"},
    [CLINIC_MEMORY] = {"memory", "memory_share", "1", true, 0, 1,
                       "lie between 0 and 100 %"},
    [CLINIC_COPIES] = {"vector copies", "vector_copies", "copies/cell", true, 0, 1000,
                       "lie between 0 and 1000"},
    [CLINIC_VEIN] = {"vein to vein", "vein_to_vein", "day", true, 0, 3650,
                     "lie between 0 and 3650 days"},
};
static const char *const manufacture_keys[] = {
    "starting cells", "expansion",     "viability",    "culture",     "cd8",
    "memory",         "vector copies", "vein to vein", "memory loss", "release", NULL};

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

/* The unit a trait must have: that of the action's amount for the dose; NULL: any. */
static const char *unit_of(const plan_reading *p, size_t which)
{
    const rsp_action *action = &p->plan->net->actions[p->plan->product.action];
    return forms[which].unit     ? forms[which].unit
           : action->takes_amount ? action->unit
                                  : NULL;
}

static bool is_in_kg(const clinic_trait *t)
{
    rsp_unit mine, kg;
    return t->shows_param < 0 && t->shows_derived < 0 &&
           rsp_unit_parse(t->unit, &mine, NULL) == RSP_OK &&
           rsp_unit_parse("kg", &kg, NULL) == RSP_OK && rsp_unit_same(&mine, &kg);
}

/* The covariate in kg; where there are several, that called weight, else body_weight.
 * -1: none; or none of several is called so, and the mistake is in r. */
static int find_weight(plan_reading *p, const tree *at)
{
    const plan_population *pop = &p->plan->population;
    int named = -1, found = -1;
    const char *list = "";
    size_t n = 0;
    for (size_t i = 0; list && i < pop->n_traits; i++) {
        const clinic_trait *t = &pop->traits[i];
        if (is_in_kg(t)) {
            const bool weight = strcmp(t->name, "weight") == 0;
            const bool body_weight = strcmp(t->name, "body_weight") == 0;
            named = weight || (body_weight && named < 0) ? (int)i : named;
            found = (int)i;
            list = reader_printf(&p->r, "%s%s%s", list, n++ ? " and " : "", t->name);
        }
    }
    if (list && n > 1 && named < 0) {
        reader_fail(&p->r, at, RSP_NAME,
                    "an amount per kg goes by one covariate in kg, but there are %s; call the body "
                    "weight 'weight'", list);
        return -1;
    }
    return named >= 0 ? named : found;
}

const char *plan_per_weight(plan_reading *p, const tree *at, const char *text, const char *unit)
{
    const size_t n = strlen(text);
    if (n < 3 || strcmp(text + n - 3, "/kg") != 0 || strchr(unit, '/') || strcmp(unit, "1") == 0) {
        return NULL;
    }
    plan_population *pop = &p->plan->population;
    pop->weight = find_weight(p, at);
    if (!reading(&p->r)) {
        return NULL;
    }
    if (pop->weight < 0) {
        reader_fail(&p->r, at, RSP_NAME,
                    "an amount per kg needs the body weight; give the population a covariate, for "
                    "example covariates: {weight: {value: 75 kg, between: lognormal cv 0.15, range: "
                    "45..130 kg}}");
        return NULL;
    }
    return reader_printf(&p->r, "%s/kg", unit);
}

static void check_unit(plan_reading *p, const tree *at, size_t which,
                       const clinic_trait *t)
{
    rsp_unit mine, theirs;
    const char *unit = reading(&p->r) ? unit_of(p, which) : NULL;
    if (!unit || rsp_unit_parse(t->unit, &mine, NULL) != RSP_OK ||
        rsp_unit_parse(unit, &theirs, NULL) != RSP_OK ||
        rsp_unit_same(&mine, &theirs)) {
        return;
    }
    if (which == CLINIC_DOSE) {
        const char *per_kg = plan_per_weight(p, at, t->unit, unit);
        if (per_kg && rsp_unit_parse(per_kg, &theirs, NULL) == RSP_OK &&
            rsp_unit_same(&mine, &theirs)) {
            p->plan->product.per_weight = true;
            return;
        }
        reader_fail(&p->r, at, RSP_UNITS, "dose is in %s, but %s takes %s", t->unit,
                    p->plan->net->actions[p->plan->product.action].name, unit);
    } else {
        reader_fail(&p->r, at, RSP_UNITS, "%s is in %s; expected %s", forms[which].key,
                    t->unit, strcmp(unit, "1") == 0 ? "a pure number" : unit);
    }
}

/* Every value that may be drawn lies in least .. most. */
static void check_trait(plan_reading *p, const tree *t, const clinic_trait *trait,
                        const struct trait_form *form)
{
    const rsp_dist *d = &trait->between;
    bool ends = d->kind == RSP_DIST_UNIFORM || d->kind == RSP_DIST_LOGUNIFORM;
    double low = ends ? d->a : trait->value, high = ends ? d->b : trait->value;
    if (reading(&p->r) && !(low >= form->least && high <= form->most)) {
        reader_fail(&p->r, t, RSP_RANGE, "%s must %s", form->key, form->words);
    }
}

static void read_one(plan_reading *p, const tree *t, size_t which)
{
    clinic_trait *trait = &p->plan->product.making.trait[which];
    const char *channel = reader_printf(&p->r, "product %s", forms[which].key);
    if (!reading(&p->r)) {
        return;
    }
    *trait = plan_read_trait(p, t, forms[which].column, channel);
    check_unit(p, t, which, trait);
    check_trait(p, t, trait, &forms[which]);
    /* What is drawn between ends that the words allow stays there. */
    trait->low = fmax(trait->low, forms[which].least);
    trait->high = fmin(trait->high, forms[which].most);
}

/* release: {dose: 1e7..1e9 cell, viability: at least ..}: a limit, or both. */
static void read_release(plan_reading *p, const tree *t)
{
    clinic_product *making = &p->plan->product.making;
    const char *known[CLINIC_PRODUCT_TRAITS + 1] = {NULL};
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS; i++) {
        known[i] = forms[i].key;
    }
    if (!t || !reader_map(&p->r, t, "release", known)) {
        return;
    }
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS && reading(&p->r); i++) {
        const tree *limit = tree_get(t, forms[i].key);
        const char *unit = unit_of(p, i);
        if (!limit) {
            continue;
        }
        if (!making->trait[i].name &&
            !(i == CLINIC_DOSE && clinic_product_yields(making))) {
            reader_fail(&p->r, limit, RSP_NAME,
                        "release has a limit of %s, of which the product says nothing",
                        forms[i].key);
            return;
        }
        wanted w = wanted_of(unit ? unit : "1", "70..100 %");
        value_range ends = reader_range(&p->r, limit, forms[i].key, &w);
        making->least[i] = ends.low;
        /* A single value: at least so much, of vector copies at most. */
        bool both = limit->kind == TREE_TEXT && strstr(limit->text, "..");
        making->most[i] = both ? ends.high : (double)INFINITY;
        if (!both && i == CLINIC_COPIES) {
            making->least[i] = -(double)INFINITY;
            making->most[i] = ends.low;
        }
    }
}

static void read_manufacture(plan_reading *p, const tree *t)
{
    clinic_product *making = &p->plan->product.making;
    if (!t || !reader_map(&p->r, t, "manufacture", manufacture_keys)) {
        return;
    }
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS; i++) {
        const tree *one = forms[i].manufactured ? tree_get(t, forms[i].key) : NULL;
        if (one) {
            read_one(p, one, i);
        }
    }
    const tree *loss = tree_get(t, "memory loss");
    wanted per_day = wanted_of("1/day", "0.02 1/day");
    if (loss) {
        making->memory_loss_per_day = reader_quantity(&p->r, loss, "memory loss", &per_day);
    }
    if (reading(&p->r) && loss &&
        (!making->trait[CLINIC_MEMORY].name || !making->trait[CLINIC_CULTURE].name ||
         making->memory_loss_per_day < 0)) {
        reader_fail(&p->r, loss, RSP_SYNTAX,
                    "memory loss is a rate that is not negative; it needs 'memory' and "
                    "'culture'");
    }
    bool half = !making->trait[CLINIC_STARTING].name != !making->trait[CLINIC_EXPANSION].name;
    if (reading(&p->r) && half) {
        reader_fail(&p->r, t, RSP_SYNTAX,
                    "'starting cells' and 'expansion' go together: cells made are their "
                    "product");
    }
    read_release(p, tree_get(t, "release"));
}

/* Where the yield is known and nothing is aimed at, all that is made is given. */
static void dose_of_yield(plan_reading *p)
{
    clinic_product *making = &p->plan->product.making;
    const char *unit = reading(&p->r) ? unit_of(p, CLINIC_DOSE) : NULL;
    if (making->trait[CLINIC_DOSE].name || !clinic_product_yields(making)) {
        return;
    }
    making->trait[CLINIC_DOSE] =
        (clinic_trait){.name = "dose", .unit = unit ? unit : "cell", .factor = 1,
                       .value = (double)INFINITY, .low = 0, .high = (double)INFINITY,
                       .between = {.kind = RSP_DIST_NONE, .text = ""}, .sets = -1,
                       .shows_param = -1, .shows_derived = -1};
}

static void product_words(plan_reading *p, const tree *const *layer, size_t n)
{
    const clinic_product *making = &p->plan->product.making;
    rsp_text words = {0};
    rsp_text_add(&words, plan_title_of(layer, n, "a product"));
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS; i++) {
        if (making->trait[i].name && isfinite(making->trait[i].value)) {
            plan_say_trait(&words, &making->trait[i]);
        }
    }
    if (making->failure > 0) {
        rsp_text_printf(&words, "; not made in %g %%", 100 * making->failure);
    }
    p->plan->view.product = plan_finish_words(p, &words);
}

static void read_failure(plan_reading *p, const tree *t)
{
    clinic_product *making = &p->plan->product.making;
    making->failure = t ? reader_share(&p->r, t, "failure") : 0;
    if (reading(&p->r) && making->failure > 0.9991) {
        reader_fail(&p->r, t, RSP_RANGE,
                    "failure is above 99.9 %%: hardly anybody would have a product");
    }
}

size_t plan_product_layers(plan_reading *p, const tree **layer)
{
    return plan_layers(p, p->product, "products", product_keys, "product", layer);
}

void plan_read_product(plan_reading *p)
{
    const tree *layer[PLAN_DEEPEST_FROM];
    size_t n = plan_product_layers(p, layer);
    plan_product *product = &p->plan->product;
    product->making = clinic_product_any();
    if (!reading(&p->r) || !n) {
        return;
    }
    product->exists = true;
    product_action(p, plan_of_layers(layer, n, "given by"));
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS && reading(&p->r); i++) {
        const tree *t = forms[i].manufactured ? NULL
                                              : plan_of_layers(layer, n, forms[i].key);
        if (t) {
            read_one(p, t, i);
        }
    }
    read_manufacture(p, plan_of_layers(layer, n, "manufacture"));
    dose_of_yield(p);
    read_failure(p, plan_of_layers(layer, n, "failure"));
    rsp_param *params = plan_copy_params(p, p->plan->params);
    for (size_t i = n; i-- > 0 && params;) {
        plan_apply_set(p, tree_get(layer[i], "set"), params, true);
    }
    p->plan->params = params;
    product_words(p, layer, n);
}

size_t plan_name_product(const plan_product *product, const char **names)
{
    size_t n = 0;
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS; i++) {
        if (product->making.trait[i].name) {
            names[n++] = product->making.trait[i].name;
        }
    }
    return n;
}
