/* A cell product as it comes out of manufacture, one for each participant: its traits
 * are drawn, the dose follows from them, and it may not be made.
 *
 * The dose is what was aimed at, at most what the culture gave:
 *   made = starting cells x expansion x viability x transduction.
 * Every trait has a stream of its own, keyed by its name. */
#ifndef RESPITE_CLINIC_PRODUCT_H
#define RESPITE_CLINIC_PRODUCT_H

#include "clinic/traits.h"

enum {
    CLINIC_DOSE,         /* cells aimed at, then given */
    CLINIC_TRANSDUCTION, /* share of cells that carry the CAR */
    CLINIC_STARTING,     /* cells put into culture */
    CLINIC_EXPANSION,    /* fold */
    CLINIC_VIABILITY,    /* share */
    CLINIC_CULTURE,      /* days ex vivo */
    CLINIC_CD8,          /* share of CD8+ cells */
    CLINIC_MEMORY,       /* memory-like share: drawn for the starting cells */
    CLINIC_COPIES,       /* of the vector, a CAR+ cell */
    CLINIC_VEIN,         /* days from apheresis to infusion */
    CLINIC_PRODUCT_TRAITS
};

typedef struct clinic_product {
    clinic_trait trait[CLINIC_PRODUCT_TRAITS]; /* name NULL: not given */
    double failure;                            /* probability that it is not made */
    double memory_loss_per_day;                /* of the memory share, in culture */
    /* Release: outside these the product is not given. */
    double least[CLINIC_PRODUCT_TRAITS], most[CLINIC_PRODUCT_TRAITS];
} clinic_product;

/* One that is always made and of which nothing is known. */
clinic_product clinic_product_any(void);
/* Whether the culture's yield is known. */
bool clinic_product_yields(const clinic_product *product);
/* Fills value[CLINIC_PRODUCT_TRAITS] (NaN: not given).  NULL: it was made; otherwise
 * why not.  A trait of which no draw lies in its range takes its median.  The dose that
 * is aimed at is `dose_times` what is drawn: body weight for one per kg, else 1. */
const char *clinic_product_draw(const clinic_product *product, const clinic_who *who,
                                double dose_times, double *value);

#endif
