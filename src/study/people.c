#include <math.h>
#include <string.h>

#include "study/work.h"

static void apply_trait(const clinic_trait *t, double value, double *params)
{
    if (t->name && t->sets >= 0) {
        params[t->sets] = value;
    }
}

bool work_params(work *w, const person *who, const rsp_param *table,
                 const double *medians, double *out, uint32_t *which)
{
    const rsp_plan *plan = w->plan;
    if (!clinic_traits(&who->who, table, plan->net->n_params, medians, out, which)) {
        return false;
    }
    for (size_t i = 0; i < plan->population.n_traits; i++) {
        apply_trait(&plan->population.traits[i], who->covariates[i], out);
    }
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS; i++) {
        apply_trait(&plan->product.making.trait[i], who->product[i], out);
    }
    return true;
}

static bool drawn(const clinic_trait *t)
{
    return t->shows_param < 0 && t->shows_derived < 0;
}

static bool draw_covariates(work *w, person *who)
{
    const plan_population *pop = &w->plan->population;
    for (size_t i = 0; i < pop->n_traits; i++) {
        if (drawn(&pop->traits[i]) &&
            !clinic_trait_draw(&who->who, RSP_PURPOSE_COVARIATE, &pop->traits[i],
                               &who->covariates[i])) {
            return false;
        }
    }
    return true;
}

/* Derived values of a candidate; NaN where an equation has no solution (the
 * simulation then says so). */
static void derive(work *w, const person *who, const double *params)
{
    const rsp_network *net = w->plan->net;
    if (rsp_sim_derive(w->sim, who->who.trial, who->who.participant, params,
                       w->derived, NULL, NULL) != RSP_OK) {
        for (uint32_t i = 0; i < net->n_derived; i++) {
            w->derived[i] = (double)NAN;
        }
    }
}

static double source_value(work *w, const person *who, const double *params,
                           const plan_source *s)
{
    double v = s->kind == PLAN_PARAM     ? params[s->index]
               : s->kind == PLAN_DERIVED ? w->derived[s->index]
                                         : who->covariates[s->index];
    if (s->kind == PLAN_COVARIATE) {
        const clinic_trait *t = &w->plan->population.traits[s->index];
        v = t->shows_param >= 0     ? params[t->shows_param]
            : t->shows_derived >= 0 ? w->derived[t->shows_derived]
                                    : v;
    }
    return v / s->factor;
}

static bool meets(work *w, const person *who, const double *params,
                  const clinic_condition *conditions, size_t n)
{
    const plan_population *pop = &w->plan->population;
    enum { MOST = 64 };
    clinic_reading readings[MOST];
    if (pop->needs_derived) {
        derive(w, who, params);
    }
    for (size_t i = 0; i < pop->n_sources && i < MOST; i++) {
        double v = source_value(w, who, params, &pop->sources[i]);
        readings[i] = (clinic_reading){.state = isnan(v) ? RSP_MISSING : RSP_NUMBER,
                                       .value = v, .lloq = (double)NAN, .reason = ""};
    }
    for (size_t i = 0; i < n; i++) {
        /* An unknown value excludes nobody: its failure shows later. */
        if (clinic_condition_holds(&conditions[i], readings, NULL) == CLINIC_NO) {
            return false;
        }
    }
    return true;
}

static void draw_product(work *w, person *who)
{
    const plan_product *product = &w->plan->product;
    clinic_who first = who->who; /* the product knows no attempts */
    first.attempt = 0;
    const double weight = product->per_weight ? who->covariates[w->plan->population.weight] : 1;
    who->not_made = clinic_product_draw(&product->making, &first, weight, who->product);
}

/* Candidates are drawn until one is eligible, always by the study's own table,
 * so that arms and grids take the same people. */
rsp_status work_person(work *w, uint32_t trial, uint32_t participant, person *out)
{
    const rsp_plan *plan = w->plan;
    *out = (person){.who = {.seed = plan->view.seed, .trial = trial,
                            .participant = participant}};
    out->covariates = rsp_arena_alloc(w->arena, plan->population.n_traits + 1,
                                      sizeof *out->covariates);
    double *params = rsp_arena_alloc(w->arena, plan->net->n_params + 1, sizeof *params);
    if (!out->covariates || !params) {
        return rsp_fail(w->err, RSP_NOMEM, "no memory for the participants");
    }
    if (!plan->product.per_weight) {
        draw_product(w, out);
    }
    out->dropout_day = clinic_dropout_day(&out->who, plan->dropout_per_day,
                                          plan->start_day);
    for (uint32_t attempt = 0; attempt < WORK_MOST_ASKED; attempt++) {
        uint32_t which = 0;
        out->who.attempt = attempt;
        const bool has = draw_covariates(w, out);
        if (has && plan->product.per_weight) { /* the same product, for another weight */
            draw_product(w, out);
        }
        if (has &&
            (!plan->population.n_eligibility ||
             (work_params(w, out, plan->params, w->base_medians, params, &which) &&
              meets(w, out, params, plan->population.eligibility,
                    plan->population.n_eligibility)))) {
            return RSP_OK;
        }
    }
    out->none_eligible = true;
    return RSP_OK;
}

/* The product is drawn for everybody; only an arm that gives it can lack it. */
bool work_lacks_product(const work *w, const person *who, uint32_t arm)
{
    return !who->none_eligible && who->not_made && w->plan->arms[arm].gives_product;
}

/* By the study's own table, as the study's eligibility is: what the arm does comes after.
 * One whose values cannot be drawn fails in the arm, and says so. */
bool work_meets_arm(work *w, const person *who, uint32_t arm)
{
    const plan_arm *a = &w->plan->arms[arm];
    uint32_t which = 0;
    return !a->n_eligibility || who->none_eligible ||
           !work_params(w, who, w->plan->params, w->base_medians, w->candidate, &which) ||
           meets(w, who, w->candidate, a->eligibility, a->n_eligibility);
}

/* The data set's covariates, in the units that they were written in. */
void work_shown(work *w, const person *who, const double *params, double *out)
{
    const plan_population *pop = &w->plan->population;
    bool derives = false;
    for (size_t i = 0; i < pop->n_traits; i++) {
        derives |= pop->traits[i].shows_derived >= 0;
    }
    if (derives) {
        derive(w, who, params);
    }
    size_t n = 0;
    for (size_t i = 0; i < pop->n_traits; i++) {
        const clinic_trait *t = &pop->traits[i];
        double v = t->shows_param >= 0     ? params[t->shows_param]
                   : t->shows_derived >= 0 ? w->derived[t->shows_derived]
                                           : who->covariates[i];
        out[n++] = v / t->factor;
    }
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS; i++) {
        const clinic_trait *t = &w->plan->product.making.trait[i];
        if (t->name) {
            const bool dose = i == CLINIC_DOSE && w->plan->product.per_weight;
            const uint32_t action = w->plan->product.action;
            out[n++] = who->product[i] / (dose ? w->plan->net->actions[action].factor : t->factor);
        }
    }
}
