#include "clinic/laboratory.h"

#include <math.h>
#include <stdio.h>

static const double LN10 = 2.302585092994045684;

enum { /* settings, in the order of clinic_assay_settings */
    LLOQ = 1 << 0, ULOQ = 1 << 1, VOLUME = 1 << 2, EFFICIENCY = 1 << 3,
    NOISE = 1 << 4, RUN = 1 << 5, BIOLOGICAL = 1 << 6, CORRELATION = 1 << 7,
    INPUT = 1 << 8, CELLS = 1 << 9, SHEARING = 1 << 10, SEQUENCES = 1 << 11,
    DROPLETS = 1 << 12, REFERENCE = 1 << 13, DILUTION = 1 << 14, FIVE_PRIME = 1 << 15,
    THREE_PRIME = 1 << 16, MISMATCH = 1 << 17, WELLS = 1 << 18, DILUTIONS = 1 << 19,
    FOLD = 1 << 20, INDUCED = 1 << 21, BACKGROUND = 1 << 22
};

/* Brambilla 1999 (total SD 0.26 log10 of which assay 0.12, run 0.08); CD4 and
 * CAR noise as ASSAYS 2.3, 2.4; IPDA as ASSAYS 1.2 (four wells of 17,000 droplets for
 * HIV, two for RPP30; Bruner 2019), primers missed as Kinloch 2021 counted in North
 * American subtype B; wells as Eriksson 2013, of which an outgrowth finds one intact
 * provirus in 60 (Ho 2013).  From no source: the shares of defective proviruses that
 * bear one IPDA target alone, or all of a triplex; noise of cytokines, neutrophils and
 * platelets, flow's background. */
const clinic_assay_model *clinic_assay_models(size_t *n)
{
    static const clinic_assay_model models[] = {
        {"viral_load", "copies/mL", CLINIC_VIRAL_LOAD,
         {.lloq = 50, .uloq = 1e7, .volume_ml = 0.5, .efficiency = 0.5,
          .noise = 0.12, .run = 0.08, .biological = 0.2163, .correlation = 0.5},
         LLOQ | ULOQ | VOLUME | EFFICIENCY | NOISE | RUN | BIOLOGICAL | CORRELATION,
         NULL, NULL, false, NULL, NULL, NULL},
        {"car_copies", "copies/ug", CLINIC_CAR_COPIES,
         {.lloq = 50, .uloq = (double)NAN, .input_ug = 1, .noise = 0.56},
         LLOQ | INPUT | NOISE, NULL, NULL, false, NULL, NULL, NULL},
        {"cd4", "cell/uL", CLINIC_CD4,
         {.lloq = (double)NAN, .uloq = (double)NAN, .noise = 0.18}, NOISE, NULL, NULL, false, NULL, NULL, NULL},
        {"cd8", "cell/uL", CLINIC_CD4,
         {.lloq = (double)NAN, .uloq = (double)NAN, .noise = 0.18}, NOISE, NULL, NULL, false, NULL, NULL, NULL},
        {"neutrophils", "cell/uL", CLINIC_CD4,
         {.lloq = (double)NAN, .uloq = (double)NAN, .noise = 0.18}, NOISE, NULL, NULL, false, NULL, NULL, NULL},
        {"platelets", "cell/uL", CLINIC_CD4,
         {.lloq = (double)NAN, .uloq = (double)NAN, .noise = 0.1}, NOISE, NULL, NULL, false, NULL, NULL, NULL},
        {"intact_provirus", "copies/1e6 cells", CLINIC_INTACT_PROVIRUS,
         {.lloq = (double)NAN, .uloq = (double)NAN, .cells = 4e5,
          .shearing = 0.33, .noise = 0.1},
         CELLS | SHEARING | NOISE, NULL, NULL, false, NULL, NULL, NULL},
        {"single_copy", "copies/mL", CLINIC_VIRAL_LOAD,
         {.lloq = 1, .uloq = 1e5, .volume_ml = 7, .efficiency = 0.5,
          .noise = 0.2, .run = 0.08, .biological = 0.2163, .correlation = 0.5},
         LLOQ | ULOQ | VOLUME | EFFICIENCY | NOISE | RUN | BIOLOGICAL | CORRELATION,
         NULL, NULL, false, "viral_load", NULL, NULL},
        {"ipda", "copies/1e6 cells", CLINIC_IPDA,
         {.lloq = (double)NAN, .uloq = (double)NAN, .cells = 4e5, .shearing = 0.33,
          .droplets = 68000, .reference = 34000, .dilution = 40, .five_prime = 0.3,
          .three_prime = 0.5, .mismatch = 0.28},
         CELLS | SHEARING | DROPLETS | REFERENCE | DILUTION | FIVE_PRIME | THREE_PRIME | MISMATCH,
         "defective_provirus", "copies/1e6 cells", true, "intact_provirus", NULL, NULL},
        {"five_target", "copies/1e6 cells", CLINIC_FIVE_TARGET,
         {.lloq = (double)NAN, .uloq = (double)NAN, .cells = 4e5, .shearing = 0.33,
          .five_prime = 0.1, .three_prime = 0.1, .noise = 0.1},
         CELLS | SHEARING | FIVE_PRIME | THREE_PRIME | NOISE,
         "defective_provirus", "copies/1e6 cells", true, "intact_provirus", NULL, NULL},
        {"outgrowth", "copies/1e6 cells", CLINIC_OUTGROWTH,
         {.lloq = (double)NAN, .uloq = (double)NAN, .cells = 1e6, .wells = 2,
          .dilutions = 6, .fold = 5, .induced = 1.0 / 60},
         CELLS | WELLS | DILUTIONS | FOLD | INDUCED, NULL, NULL, false, "intact_provirus", NULL, NULL},
        {"ca_dna", "copies/1e6 cells", CLINIC_CA_RNA,
         {.lloq = 3, .uloq = (double)NAN, .cells = 1e6, .noise = 0.345},
         LLOQ | CELLS | NOISE, NULL, NULL, false, "total_dna", NULL, NULL},
        {"flow", "1", CLINIC_FLOW,
         {.lloq = 0.001, .uloq = (double)NAN, .cells = 1e5, .background = 1e-4},
         LLOQ | CELLS | BACKGROUND, NULL, NULL, false, NULL, NULL, NULL},
        {"cytokine", "pg/mL", CLINIC_CYTOKINE,
         {.lloq = 1.5, .uloq = 1e5, .noise = 0.2}, LLOQ | ULOQ | NOISE, NULL, NULL, false, "il6", NULL, NULL},
        {"ca_rna", "copies/1e6 cells", CLINIC_CA_RNA,
         {.lloq = 10, .uloq = (double)NAN, .cells = 1e5, .noise = 0.576},
         LLOQ | CELLS | NOISE, NULL, NULL, false, NULL, NULL, NULL},
        {"escape_fraction", "1", CLINIC_ESCAPE_FRACTION,
         {.lloq = (double)NAN, .uloq = (double)NAN, .sequences = 20,
          .volume_ml = 1, .efficiency = 0.5},
         SEQUENCES | VOLUME | EFFICIENCY, "viral_load", "copies/mL", false, "resistant_share", NULL, NULL},
        {"founder_ratio", "1", CLINIC_FOUNDER_RATIO,
         {.lloq = (double)NAN, .uloq = (double)NAN, .sequences = 20,
          .volume_ml = 1, .efficiency = 0.5},
         SEQUENCES | VOLUME | EFFICIENCY, NULL, NULL, false, NULL, "founder", "copies/mL"},
        {"exact", "", CLINIC_EXACT,
         {.lloq = (double)NAN, .uloq = (double)NAN}, 0, NULL, NULL, false, NULL, NULL, NULL},
    };
    *n = sizeof models / sizeof *models;
    return models;
}

bool clinic_assay_is_share(const clinic_assay *assay)
{
    return assay->kind == CLINIC_FLOW || assay->kind == CLINIC_ESCAPE_FRACTION;
}

static uint32_t channel(const char *name, const char *what)
{
    char text[160];
    snprintf(text, sizeof text, "assay %s %s", name, what);
    return rsp_channel(text);
}

void clinic_assay_channels(clinic_assay *assay)
{
    assay->count = channel(assay->name, "count");
    assay->noise = channel(assay->name, "noise");
    assay->biology = channel(assay->name, "biology");
    assay->run = channel(assay->name, "run");
    assay->person = channel(assay->name, "person");
    for (int i = 0; i < CLINIC_ASSAY_PARTS; i++) {
        char what[24];
        snprintf(what, sizeof what, "part %d", i);
        assay->parts[i] = channel(assay->name, what);
    }
}

static double standard(const clinic_sample *s, uint32_t of)
{
    rsp_stream x = clinic_assay_stream(s, RSP_PURPOSE_ASSAY, s->participant, of);
    return rsp_normal(&x, s->visit, 0);
}

static double count(const clinic_assay *a, const clinic_sample *s, double mean)
{
    rsp_stream x = clinic_assay_stream(s, RSP_PURPOSE_ASSAY, s->participant, a->count);
    return mean > 0 ? rsp_poisson(&x, s->visit, mean) : 0.0;
}

/* Samples of a trial that fall into one week are run together. */
static double run_noise(const clinic_assay *a, const clinic_sample *s)
{
    rsp_stream x = clinic_assay_stream(s, RSP_PURPOSE_BATCH, RSP_PARTICIPANT_NONE, a->run);
    double week = floor(s->day / 7.0) + 1e6;
    return rsp_normal(&x, (uint32_t)week, 0);
}

/* AR(1) in time: correlation `correlation` over a week (ASSAYS 2.1). */
static double biology(const clinic_assay *a, const clinic_sample *s,
                      clinic_chain *chain)
{
    double z = standard(s, a->biology);
    if (chain->started) {
        double weeks = (s->day - chain->day) / 7.0;
        double c = a->settings.correlation > 0
                       ? rsp_pow(a->settings.correlation, weeks)
                       : 0.0;
        z = c * chain->value + sqrt(1.0 - c * c) * z;
    }
    *chain = (clinic_chain){.started = true, .day = s->day, .value = z};
    return z;
}

static clinic_reading report(const clinic_assay *a, double value)
{
    clinic_reading r = clinic_reading_of(RSP_NUMBER, value, a->settings.lloq);
    if (value < a->settings.lloq) {
        r = clinic_reading_of(RSP_BELOW_LLOQ, 0, a->settings.lloq);
    } else if (value > a->settings.uloq) {
        r.state = RSP_ABOVE_ULOQ;
        r.value = a->settings.uloq;
    }
    return r;
}

static clinic_reading viral_load(const clinic_assay *a, const clinic_sample *s,
                                 double truth, clinic_chain *chain)
{
    const clinic_assay_settings *set = &a->settings;
    double b = set->biological * biology(a, s, chain);
    double seen = set->volume_ml * set->efficiency; /* mL */
    double copies = count(a, s, truth * rsp_exp(LN10 * b) * seen);
    if (!(copies > 0)) {
        return clinic_reading_of(RSP_NOT_DETECTED, 0, set->lloq);
    }
    double noise = set->noise * standard(s, a->noise) + set->run * run_noise(a, s);
    return report(a, rint(copies / seen * rsp_exp(LN10 * noise)));
}

static clinic_reading counted(const clinic_assay *a, const clinic_sample *s,
                              double truth, double input, double lloq)
{
    double copies = count(a, s, truth * input);
    if (!(copies > 0)) {
        return clinic_reading_of(RSP_NOT_DETECTED, 0, lloq);
    }
    return clinic_reading_of(RSP_NUMBER,
                   copies / input * rsp_exp(a->settings.noise * standard(s, a->noise)),
                   lloq);
}

static clinic_reading with_limit(const clinic_assay *a, clinic_reading r)
{
    return r.state == RSP_NUMBER ? report(a, rint(r.value)) : r;
}

/* One decimal: as laboratories print them; the LLOQ is one copy's worth. */
static clinic_reading intact(const clinic_assay *a, const clinic_sample *s,
                             double truth)
{
    double million = a->settings.cells / 1e6 * (1.0 - a->settings.shearing);
    double one = rint(10.0 / million) / 10.0;
    clinic_reading r = counted(a, s, truth, million, one);
    r.value = rint(r.value * 10.0) / 10.0;
    return r;
}

static double sequenced(const clinic_assay *a, const clinic_sample *s, double load)
{
    double copies = count(a, s, load * a->settings.volume_ml * a->settings.efficiency);
    return copies < a->settings.sequences ? copies : rint(a->settings.sequences);
}

static clinic_reading unsequenced(void)
{
    clinic_reading none = clinic_reading_of(RSP_MISSING, 0, (double)NAN);
    none.reason = "no sequence amplified";
    return none;
}

static clinic_reading escape(const clinic_assay *a, const clinic_sample *s,
                             double fraction, double load)
{
    double n = sequenced(a, s, load);
    if (!(n > 0)) {
        return unsequenced();
    }
    rsp_stream x = clinic_assay_stream(s, RSP_PURPOSE_ASSAY, s->participant, a->noise);
    double p = fraction < 0 ? 0 : fraction > 1 ? 1 : fraction;
    return clinic_reading_of(RSP_NUMBER, rsp_binomial(&x, s->visit, n, p) / n, (double)NAN);
}

/* Genomes of a sample by lineage: how many times as many the largest has as the next; of
 * one lineage alone, more than the genomes seen. */
static clinic_reading founders(const clinic_assay *a, const clinic_sample *s,
                               const double *observed)
{
    double load = 0, most = 0, next = 0;
    for (size_t i = 0; i < a->n_series; i++) {
        load += fmax(0, observed[a->series[i]] / a->factor);
    }
    const double n = sequenced(a, s, load);
    double left = n, rest = load;
    for (size_t i = 0; i < a->n_series && left > 0; i++) {
        const double own = fmax(0, observed[a->series[i]] / a->factor);
        const rsp_stream x = clinic_assay_part(a, s, (int)i);
        const bool all = own >= rest || i + 1 == a->n_series; /* what rounding leaves too */
        const double k = all ? left : rsp_binomial(&x, s->visit, left, own / rest);
        left -= k;
        rest -= own;
        next = fmax(next, fmin(k, most));
        most = fmax(k, most);
    }
    if (!(n > 0)) {
        return unsequenced();
    }
    clinic_reading r = clinic_reading_of(next > 0 ? RSP_NUMBER : RSP_ABOVE_ULOQ, most / next,
                                         (double)NAN);
    r.value = next > 0 ? r.value : n;
    return r;
}

/* Of `cells` counted, the positive ones; a few of the others look so. */
static clinic_reading flow(const clinic_assay *a, const clinic_sample *s, double truth)
{
    rsp_stream x = clinic_assay_stream(s, RSP_PURPOSE_ASSAY, s->participant, a->count);
    const double share = truth > 1 ? 1 : truth;
    const double p = share + (1 - share) * a->settings.background;
    return report(a, rsp_binomial(&x, s->visit, rint(a->settings.cells), p) /
                         rint(a->settings.cells));
}

clinic_reading clinic_assay_measure(const clinic_assay *assay,
                                    const clinic_sample *sample,
                                    const double *observed, clinic_chain *chain)
{
    double truth = observed[assay->observable] / assay->factor;
    if (!isfinite(truth)) {
        clinic_reading none = clinic_reading_of(RSP_MISSING, 0, assay->settings.lloq);
        none.reason = "not defined";
        return none;
    }
    const double second = assay->second < 0 ? 0.0
                                            : observed[assay->second] / assay->second_factor;
    truth = truth > 0 || assay->kind == CLINIC_EXACT ? truth : 0.0;
    switch (assay->kind) {
    case CLINIC_VIRAL_LOAD:
        return viral_load(assay, sample, truth, chain);
    case CLINIC_CAR_COPIES:
        return with_limit(assay, counted(assay, sample, truth,
                                         assay->settings.input_ug,
                                         assay->settings.lloq));
    case CLINIC_CD4:
        return report(assay, rint(truth * rsp_exp(assay->settings.noise *
                                                  standard(sample, assay->noise))));
    case CLINIC_INTACT_PROVIRUS:
        return intact(assay, sample, truth);
    case CLINIC_IPDA:
        return clinic_ipda(assay, sample, truth, second);
    case CLINIC_FIVE_TARGET:
        return clinic_five_target(assay, sample, truth, second);
    case CLINIC_OUTGROWTH:
        return clinic_outgrowth(assay, sample, truth);
    case CLINIC_FLOW:
        return flow(assay, sample, truth);
    case CLINIC_CYTOKINE:
        return report(assay, truth * rsp_exp(assay->settings.noise *
                                             standard(sample, assay->noise)));
    case CLINIC_CA_RNA:
        return with_limit(assay, counted(assay, sample, truth,
                                         assay->settings.cells / 1e6,
                                         assay->settings.lloq));
    case CLINIC_ESCAPE_FRACTION:
        return escape(assay, sample, truth, second);
    case CLINIC_FOUNDER_RATIO:
        return founders(assay, sample, observed);
    case CLINIC_EXACT:
        return report(assay, truth);
    }
    return clinic_reading_of(RSP_MISSING, 0, (double)NAN);
}
