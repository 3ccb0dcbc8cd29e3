#include "clinic/laboratory.h"

/* Molecules a droplet: with the first target alone, the second alone, both on one. */
typedef struct species {
    double first, second, linked;
} species;

/* Of `n` droplets: three draws, from streams of their own. */
static clinic_quadrants draw(const clinic_assay *a, const clinic_sample *s, int part, double n,
                             species m)
{
    const double none = rsp_exp(-(m.first + m.second + m.linked));
    const double first = rsp_exp(-(m.second + m.linked)) - none; /* the second is absent */
    const double second = rsp_exp(-(m.first + m.linked)) - none;
    const double p[3] = {none, first / (1 - none), second / (1 - none - first)};
    double left = n, got[3];
    for (int i = 0; i < 3; i++) {
        rsp_stream x = clinic_assay_part(a, s, part + i);
        got[i] = left > 0 && p[i] > 0 ? rsp_binomial(&x, s->visit, left, p[i]) : 0.0;
        left -= got[i];
    }
    return (clinic_quadrants){got[0], got[1], got[2], left};
}

/* The most likely species (Bruner 2019; closed form in ASSAYS 1.2). */
static species estimate(clinic_quadrants q)
{
    const double n = q.none + q.first + q.second + q.both;
    return (species){.first = rsp_log((q.none + q.first) / q.none),
                     .second = rsp_log((q.none + q.second) / q.none),
                     .linked = rsp_log(q.none * n / ((q.none + q.second) * (q.none + q.first)))};
}

static clinic_reading missing(const char *reason)
{
    clinic_reading r = clinic_reading_of(RSP_MISSING, 0, (double)NAN);
    r.reason = reason;
    return r;
}

static bool primers_miss(const clinic_assay *a, const clinic_sample *s)
{
    const rsp_stream x = clinic_assay_stream(s, RSP_PURPOSE_ASSAY, s->participant, a->person);
    return rsp_uniform(&x, 0, 0) < a->settings.mismatch;
}

static double tenths(double x)
{
    return rint(x * 10) / 10;
}

clinic_ipda_result clinic_ipda_work_out(clinic_quadrants hiv, clinic_quadrants rpp30,
                                        double dilution)
{
    if (!(hiv.none > 0 && rpp30.none > 0 && rpp30.first + rpp30.second + rpp30.both > 0)) {
        return (clinic_ipda_result){(double)NAN, (double)NAN, (double)NAN};
    }
    const species found = estimate(hiv), two = estimate(rpp30);
    const double linked = two.linked > 0 ? two.linked : 0.0;
    const double copies = (two.first + two.second) / 2 + linked; /* two a cell */
    const double unsheared = linked / copies, cells = copies / 2 * dilution;
    return (clinic_ipda_result){found.linked, unsheared, 1e6 / (unsheared * cells)};
}

clinic_reading clinic_ipda(const clinic_assay *a, const clinic_sample *s, double intact,
                           double defective)
{
    static const double LEAST_UNSHEARED = 0.6; /* ASSAYS 1.2: suppressed below */
    const clinic_assay_settings *set = &a->settings;
    const double n = rint(set->droplets), share = set->shearing;
    const double cells = set->cells / n, copy = cells / 1e6, whole = intact * copy;
    const double rpp30 = 2 * cells / set->dilution;
    if (primers_miss(a, s)) {
        return missing("primers do not fit");
    }
    const clinic_quadrants hiv =
        draw(a, s, 0, n, (species){whole * share + set->three_prime * defective * copy,
                                   whole * share + set->five_prime * defective * copy,
                                   whole * (1 - share)});
    const clinic_quadrants cell =
        draw(a, s, 3, rint(set->reference),
             (species){rpp30 * share, rpp30 * share, rpp30 * (1 - share)});
    const clinic_ipda_result got = clinic_ipda_work_out(hiv, cell, set->dilution);
    if (isnan(got.unsheared)) {
        return missing("droplets saturated, or without DNA");
    }
    if (!(got.unsheared >= LEAST_UNSHEARED)) {
        return missing("DNA sheared");
    }
    const double lloq = tenths(got.million / n); /* one copy */
    if (!(got.linked > 0)) { /* none, or no more than meet in a droplet by chance */
        return clinic_reading_of(hiv.both > 0 ? RSP_BELOW_LLOQ : RSP_NOT_DETECTED, 0, lloq);
    }
    return clinic_reading_of(RSP_NUMBER, tenths(got.linked * got.million), lloq);
}

clinic_reading clinic_five_target(const clinic_assay *a, const clinic_sample *s, double intact,
                                  double defective)
{
    const clinic_assay_settings *set = &a->settings;
    const double million = set->cells / 1e6, whole = intact * (1 - set->shearing);
    const double mean[3] = {whole + set->five_prime * defective,
                            whole + set->three_prime * defective,
                            intact + (set->five_prime + set->three_prime) * defective};
    double copies[3];
    for (int i = 0; i < 3; i++) {
        rsp_stream x = clinic_assay_part(a, s, i);
        copies[i] = mean[i] > 0 ? rsp_poisson(&x, s->visit, mean[i] * million) : 0.0;
    }
    /* Both triplexes are sheared: their product is put right for each. */
    const double right = 1 / ((1 - set->shearing) * (1 - set->shearing) * million);
    const double lloq = tenths(right);
    if (!(copies[0] > 0 && copies[1] > 0 && copies[2] > 0)) {
        return clinic_reading_of(RSP_NOT_DETECTED, 0, lloq);
    }
    const rsp_stream x = clinic_assay_stream(s, RSP_PURPOSE_ASSAY, s->participant, a->noise);
    const double noise = rsp_exp(set->noise * rsp_normal(&x, s->visit, 0));
    return clinic_reading_of(RSP_NUMBER, tenths(copies[0] * copies[1] / copies[2] * right * noise),
                             lloq);
}
