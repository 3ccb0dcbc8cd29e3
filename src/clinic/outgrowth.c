#include "clinic/laboratory.h"

/* Slope of the log likelihood: falls as the frequency grows. */
static double slope(size_t n, const double *cells, const double *positive, double wells,
                    double frequency)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double negative = rsp_exp(-frequency * cells[i]);
        sum += positive[i] > 0 ? positive[i] * cells[i] * negative / (1 - negative) : 0.0;
        sum -= (wells - positive[i]) * cells[i];
    }
    return sum;
}

double clinic_wells_estimate(size_t n, const double *cells, const double *positive, double wells)
{
    double most = 0, least = (double)INFINITY;
    for (size_t i = 0; i < n; i++) {
        most = cells[i] > most ? cells[i] : most;
        least = cells[i] < least ? cells[i] : least;
    }
    /* Halved in ratio until neighbours: 1e-6 of the rarest to 50 a cell at the densest. */
    double low = rsp_log(1e-6 / most), high = rsp_log(50 / least);
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (slope(n, cells, positive, wells, rsp_exp(middle)) > 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return rsp_exp((low + high) / 2);
}

/* Four digits, as a laboratory may print. */
static double four_digits(double x)
{
    double unit = 1e-3;
    while (x < 1000 * unit && unit > 1e-12) {
        unit /= 10;
    }
    while (x >= 10000 * unit) {
        unit *= 10;
    }
    return rint(x / unit) * unit;
}

clinic_reading clinic_outgrowth(const clinic_assay *a, const clinic_sample *s, double intact)
{
    const clinic_assay_settings *set = &a->settings;
    const size_t n = (size_t)rint(set->dilutions);
    const double wells = rint(set->wells), frequency = intact * 1e-6 * set->induced;
    double cells[CLINIC_ASSAY_PARTS], positive[CLINIC_ASSAY_PARTS], all = 0, any = 0, lacking = 0;
    double size = set->cells;
    for (size_t i = 0; i < n && i < CLINIC_ASSAY_PARTS; i++, size /= set->fold) {
        const rsp_stream x = clinic_assay_part(a, s, (int)i);
        cells[i] = size;
        positive[i] = rsp_binomial(&x, s->visit, wells, 1 - rsp_exp(-frequency * size));
        all += wells * size;
        any += positive[i];
        lacking += wells - positive[i];
    }
    const double lloq = four_digits(0.6931471805599453 / all * 1e6);
    if (!(any > 0)) {
        return clinic_reading_of(RSP_NOT_DETECTED, 0, lloq);
    }
    if (!(lacking > 0)) { /* where the last wells are all positive every other time */
        clinic_reading r = clinic_reading_of(RSP_ABOVE_ULOQ, 0, lloq);
        const double one = rsp_exp(-0.6931471805599453 / wells);
        r.value = four_digits(-rsp_log(1 - one) / cells[n - 1] * 1e6);
        return r;
    }
    return clinic_reading_of(RSP_NUMBER,
                             four_digits(clinic_wells_estimate(n, cells, positive, wells) * 1e6),
                             lloq);
}
