#include "clinic/product.h"

#include <math.h>

static const char *const off_release[CLINIC_PRODUCT_TRAITS] = {
    [CLINIC_DOSE] = "product not made: dose outside its release limits",
    [CLINIC_TRANSDUCTION] = "product not made: transduction outside its release limits",
    [CLINIC_STARTING] = "product not made: starting cells outside their limits",
    [CLINIC_EXPANSION] = "product not made: expansion outside its release limits",
    [CLINIC_VIABILITY] = "product not made: viability outside its release limits",
    [CLINIC_CULTURE] = "product not made: culture outside its release limits",
    [CLINIC_CD8] = "product not made: CD8+ share outside its release limits",
    [CLINIC_MEMORY] = "product not made: memory share outside its release limits",
    [CLINIC_COPIES] = "product not made: vector copies outside their release limits",
    [CLINIC_VEIN] = "product not made: vein to vein outside its release limits",
};

clinic_product clinic_product_any(void)
{
    clinic_product any = {.failure = 0};
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS; i++) {
        any.least[i] = -(double)INFINITY;
        any.most[i] = (double)INFINITY;
    }
    return any;
}

bool clinic_product_yields(const clinic_product *product)
{
    return product->trait[CLINIC_STARTING].name && product->trait[CLINIC_EXPANSION].name;
}

static double one_if_unknown(double share) { return isnan(share) ? 1.0 : share; }

static void manufacture(const clinic_product *product, double *value)
{
    if (clinic_product_yields(product)) {
        double made = value[CLINIC_STARTING] * value[CLINIC_EXPANSION] *
                      one_if_unknown(value[CLINIC_VIABILITY]) *
                      one_if_unknown(value[CLINIC_TRANSDUCTION]);
        value[CLINIC_DOSE] = value[CLINIC_DOSE] < made ? value[CLINIC_DOSE] : made;
    }
    /* Cells differentiate as they are grown. */
    if (product->memory_loss_per_day > 0) {
        value[CLINIC_MEMORY] *=
            rsp_exp(-product->memory_loss_per_day * one_if_unknown(value[CLINIC_CULTURE]));
    }
}

const char *clinic_product_draw(const clinic_product *product, const clinic_who *who,
                                double dose_times, double *value)
{
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS; i++) {
        const clinic_trait *t = &product->trait[i];
        value[i] = (double)NAN;
        if (t->name && !clinic_trait_draw(who, RSP_PURPOSE_PRODUCT, t, &value[i])) {
            value[i] = t->value;
        }
    }
    value[CLINIC_DOSE] *= dose_times;
    manufacture(product, value);
    if (clinic_product_fails(who, product->failure)) {
        return "product not made";
    }
    for (size_t i = 0; i < CLINIC_PRODUCT_TRAITS; i++) {
        if (value[i] < product->least[i] || value[i] > product->most[i]) {
            return off_release[i];
        }
    }
    return NULL;
}
