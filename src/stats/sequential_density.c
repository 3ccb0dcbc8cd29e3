#include "stats/sequential_density.h"

#include <math.h>
#include <stdlib.h>

#include "stats/distributions.h"

static const double INVERSE_ROOT_2PI = 0.39894228040143267794;

bool rsp_density_init(rsp_density *d, double drift)
{
    double *all = calloc(4 * (size_t)RSP_GRID_POINTS, sizeof *all);
    *d = (rsp_density){.z = all};
    if (!all) {
        return false;
    }
    d->mass = all + RSP_GRID_POINTS;
    d->next_z = d->mass + RSP_GRID_POINTS;
    d->next_mass = d->next_z + RSP_GRID_POINTS;
    rsp_density_restart(d, drift);
    return true;
}

void rsp_density_fini(rsp_density *d)
{
    free(d->z < d->next_z ? d->z : d->next_z); /* they change places */
    *d = (rsp_density){0};
}

void rsp_density_restart(rsp_density *d, double drift)
{
    d->t = 0;
    d->drift = drift;
    d->n = 1;
    d->z[0] = 0;
    d->mass[0] = 1;
}

double rsp_density_total(const rsp_density *d)
{
    double sum = 0;
    for (size_t i = 0; i < d->n; i++) {
        sum += d->mass[i];
    }
    return sum;
}

/* Given z at d->t, z sqrt(t) grows by N(drift dt, dt) until t. */
double rsp_density_beyond(const rsp_density *d, double t, double b, int side)
{
    if (isinf(b)) {
        return 0;
    }
    double dt = t - d->t, root = sqrt(d->t), spread = sqrt(dt), sum = 0;
    double far = b * sqrt(t) - d->drift * dt;
    for (size_t i = 0; i < d->n; i++) {
        sum += d->mass[i] * rsp_stats_normal_lower(side * (d->z[i] * root - far) / spread);
    }
    return sum;
}

static double grid_point(int i, int r)
{
    double x = i < r       ? -3 - 4 * log((double)r / i)
               : i > 5 * r ? 3 + 4 * log((double)r / (6 * r - i))
                           : -3 + 3 * (double)(i - r) / (2 * r);
    return x;
}

/* Simpson's points and weights on the part of the grid about `mean` within low and
 * high: dense where the density is, wide in the tails. */
static size_t make_grid(double mean, double low, double high, int r, double *z,
                        double *weight)
{
    size_t n = 0;
    double first = mean + grid_point(1, r), last = mean + grid_point(6 * r - 1, r);
    low = fmax(low, first);
    high = fmin(high, last);
    if (!(low < high)) {
        return 0;
    }
    z[n++] = low;
    for (int i = 1; i < 6 * r; i++) {
        double x = mean + grid_point(i, r);
        if (x > low && x < high) {
            z[n + 1] = x; /* the middle comes between */
            n += 2;
        }
    }
    z[n + 1] = high;
    n += 2;
    for (size_t i = 0; i < n; i++) {
        weight[i] = 0;
    }
    for (size_t i = 0; i + 2 < n; i += 2) {
        double width = z[i + 2] - z[i];
        z[i + 1] = z[i] + width / 2;
        weight[i] += width / 6;
        weight[i + 1] += 4 * width / 6;
        weight[i + 2] += width / 6;
    }
    return n;
}

/* exp(-FAR^2 / 2) is 3e-18: less than rounding. */
static const double FAR = 9;

/* A step has a spread of sqrt(dt / t) on the scale of z.  The density bends so fast
 * where the step before was cut off, and the step after reads it so finely: points
 * must lie four times as dense. */
static int fineness(double before, double t, double next)
{
    double step = fmin(before > 0 ? t - before : t, next > t ? next - t : t);
    return (int)fmin(fmax(ceil(3 / sqrt(step / t)), RSP_GRID_LEAST), RSP_GRID_MOST);
}

static void swap(double **a, double **b)
{
    double *c = *a;
    *a = *b;
    *b = c;
}

void rsp_density_advance(rsp_density *d, double t, double low, double high, double next_t)
{
    double dt = t - d->t, root = sqrt(d->t), next_root = sqrt(t), spread = sqrt(dt);
    size_t n = make_grid(d->drift * next_root, low, high, fineness(d->t, t, next_t), d->next_z,
                         d->next_mass);
    for (size_t j = 0, from = 0; j < n; j++) {
        double at = d->next_z[j] * next_root - d->drift * dt, sum = 0;
        while (from < d->n && d->z[from] * root < at - FAR * spread) {
            from++; /* both grids ascend */
        }
        for (size_t i = from; i < d->n && d->z[i] * root <= at + FAR * spread; i++) {
            double u = (at - d->z[i] * root) / spread;
            sum += d->mass[i] * exp(-u * u / 2);
        }
        d->next_mass[j] *= sum * INVERSE_ROOT_2PI * next_root / spread;
    }
    swap(&d->z, &d->next_z);
    swap(&d->mass, &d->next_mass);
    d->n = n;
    d->t = t;
}
