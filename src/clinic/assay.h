/* Assays: the truth of one visit to a measurement (ASSAYS 2.1-2.4, 1.2).
 *
 *     kind              unit of observable and result   noise
 *     viral_load        copies/mL          biology AR(1), count, assay, run
 *     car_copies        copies/ug          count, lognormal
 *     cd4, cd8          cell/uL            lognormal
 *     intact_provirus   copies/1e6 cells   count, correction
 *     single_copy       copies/mL          as viral_load, of a large volume
 *     ipda              copies/1e6 cells   droplets of provirus and of RPP30
 *     five_target       copies/1e6 cells   two triplexes and their shared target
 *     outgrowth         copies/1e6 cells   wells of a dilution series
 *     ca_rna, ca_dna    copies/1e6 cells   count, lognormal
 *     flow              1                  cells counted, background
 *     cytokine          pg/mL              lognormal
 *     escape_fraction   1                  genomes drawn
 *     founder_ratio     1                  genomes drawn, of lineages
 *     exact             the observable's   none
 *
 * Every draw is keyed by (trial, participant, assay's name, visit): a
 * measurement knows nothing of arms, other assays or other visits, but for the
 * chain of biological variation between an assay's own visits. */
#ifndef RESPITE_CLINIC_ASSAY_H
#define RESPITE_CLINIC_ASSAY_H

#include "clinic/condition.h"
#include "respite/num.h"

typedef enum clinic_assay_kind {
    CLINIC_VIRAL_LOAD, CLINIC_CAR_COPIES, CLINIC_CD4, CLINIC_INTACT_PROVIRUS,
    CLINIC_IPDA, CLINIC_FIVE_TARGET, CLINIC_OUTGROWTH, CLINIC_CA_RNA, CLINIC_FLOW,
    CLINIC_CYTOKINE, CLINIC_ESCAPE_FRACTION, CLINIC_FOUNDER_RATIO, CLINIC_EXACT
} clinic_assay_kind;

enum { CLINIC_ASSAY_PARTS = 20 }; /* quadrants, targets, dilutions, lineages */

/* Settings a study may give; units as in the table of docs/study-file.md. */
typedef struct clinic_assay_settings {
    double lloq, uloq;      /* the assay's unit; NaN: none */
    double volume_ml, efficiency;
    double noise, run, biological, correlation; /* see the kind */
    double input_ug, cells, shearing, sequences;
    double droplets, reference, dilution; /* HIV droplets; RPP30 droplets, diluted so */
    double five_prime, three_prime; /* shares of defective proviruses, see ipda */
    double mismatch;                /* share of people whose virus primers miss */
    double wells, dilutions, fold, induced;
    double background;
} clinic_assay_settings;

typedef struct clinic_assay {
    const char *name, *unit;
    clinic_assay_kind kind;
    double factor;         /* base units = unit * factor */
    int observable, second; /* of the model; second: what the kind reads beside, or -1 */
    double second_factor;
    int series[CLINIC_ASSAY_PARTS]; /* observables of one unit that it reads together */
    size_t n_series;                /* 0: `observable` alone */
    clinic_assay_settings settings;
    double delay_day;
    uint32_t count, noise, biology, run, person; /* channels */
    uint32_t parts[CLINIC_ASSAY_PARTS];          /* and of the parts of a count */
    /* At which visits: */
    bool everywhere;
    uint64_t lines;      /* bit i: visit line i */
    uint64_t moments;    /* bit i: implicit visit i (screening, actions) */
    uint64_t endpoints;  /* bit i: at the visit that reaches endpoint i */
} clinic_assay;

/* A kind by its name: unit and default settings; false: unknown. */
typedef struct clinic_assay_model {
    const char *name, *unit;
    clinic_assay_kind kind;
    clinic_assay_settings settings;
    uint32_t uses; /* bit i: setting i, in the order of clinic_assay_settings */
    const char *second, *second_unit; /* an observable it reads beside its own; NULL: none */
    bool second_may_lack;             /* then as if it were 0 */
    const char *usual; /* the observable it reads where the model has none of its name; NULL */
    const char *series, *series_unit; /* it reads observables NAME_1, NAME_2, ...: NAME where
                                         the study names none; NULL: one observable */
} clinic_assay_model;
const clinic_assay_model *clinic_assay_models(size_t *n);
/* Whether its results are shares, from 0 to 1. */
bool clinic_assay_is_share(const clinic_assay *assay);
/* Fill the channels from the name. */
void clinic_assay_channels(clinic_assay *assay);

typedef struct clinic_sample { /* whose and when */
    uint64_t seed;
    uint32_t trial, participant;
    uint32_t visit; /* keys the draws */
    double day;
} clinic_sample;

typedef struct clinic_chain { /* biological variation from visit to visit */
    bool started;
    double day, value; /* in standard deviations */
} clinic_chain;

/* `observed`: all observables of the model, base units. */
clinic_reading clinic_assay_measure(const clinic_assay *assay,
                                    const clinic_sample *sample,
                                    const double *observed, clinic_chain *chain);

#endif
