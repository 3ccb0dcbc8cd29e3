/* What a species that relaxes keeps of a leap's noise.
 *
 * Its noise is an impulse in the middle of a leap, which the flow lets fade.  The exact
 * process took it in, and forgot it, all along: an Ornstein-Uhlenbeck process driven by the
 * path that the draw is the end of, so that leaps may last several lifetimes; what a read
 * finds beside the state is the difference of the two, and what is left of it at the end of
 * a leap fades through the next.  What is left is drawn with the leap, and always; the path
 * that leaves it, at the ends of its sixteenths and between them, only where a read lies. */
#include "sim/internal.h"

/* Whether shares of a draw are those of its days, not of its variance, before it is drawn
 * too: where much of it fades. */
bool rsp_noise_goes_by_time(const rsp_noise *noise)
{
    return noise->fades > 1;
}

/* The share of a draw that fades which has come by day t, once it is drawn.  What is ahead comes evenly:
 * so it was drawn, at the rate of that time.  The rate that then pays it off would be a worse
 * clock, since it knows of the draw: after a high one it goes faster, and a read would find
 * more of the high ones, and a mean too high. */
double rsp_noise_share(const rsp_noise *noise, double t)
{
    const bool by_time = rsp_noise_goes_by_time(noise);
    const double from = by_time ? noise->begin : noise->drawn, had = by_time ? 0 : noise->share;
    const double days = noise->end - from;
    return days > 0 ? had + (1 - had) * fmin(fmax((t - from) / days, 0), 1) : 1;
}

/* A path of the noise at the points of `path`, in standard deviations. */
static double path_point(const rsp_noise *noise, const double *path, uint32_t k)
{
    return path[k] + noise->skew * (k / (RSP_PATH_POINTS - 1.0));
}

/* What noise that came evenly in a while leaves where it fades `a` times meanwhile, over
 * what came: so that its variance is that of an Ornstein-Uhlenbeck process. */
static double remains(double a)
{
    return a > 1e-6 ? sqrt((1 - rsp_exp(-2 * a)) / (2 * a)) : 1;
}

/* What is left by the point k of a path of noise that fades, and of which `kept` is left
 * from point to point. */
static double left_by(const rsp_noise *noise, const double *path, uint32_t k, double kept)
{
    const double a = noise->fades / (RSP_PATH_POINTS - 1);
    const double part = a > 1e-6 ? sqrt((1 - kept * kept) / (2 * a)) : 1;
    double left = 0;
    for (uint32_t i = 0; i < k; i++) {
        left = kept * left +
               part * (path_point(noise, path, i + 1) - path_point(noise, path, i));
    }
    return left;
}

/* The same at the share u, where the path strays by `stray` of its deviation from the
 * straight line. */
double rsp_noise_left(const rsp_noise *noise, const double *path, double u, double stray)
{
    const double here = u * (noise->normal + noise->skew) + sqrt(u * (1 - u)) * stray;
    if (!(noise->fades > 0)) {
        return here;
    }
    const uint32_t cell = rsp_path_cell(u);
    const double since = noise->fades * (u - cell / (RSP_PATH_POINTS - 1.0));
    const double kept = rsp_exp(-noise->fades / (RSP_PATH_POINTS - 1));
    return rsp_exp(-since) * left_by(noise, path, cell, kept) +
           remains(since) * (here - path_point(noise, path, cell));
}

/* Move a path that is made only now, since a read asks for it, so that what is left of it is
 * what was drawn long before.  It is a sum of the path's increments, of weights w; a path of
 * the law given that sum is any path of the law with each increment moved in proportion to
 * its covariance with the sum, which given the end is as w less its mean (conditioning by
 * kriging: Journel & Huijbregts 1978). */
void rsp_noise_pin(const rsp_noise *noise, double *path)
{
    enum { CELLS = RSP_PATH_POINTS - 1 };
    const double a = noise->fades / CELLS, kept = rsp_exp(-a);
    const double part = a > 1e-6 ? sqrt((1 - kept * kept) / (2 * a)) : 1;
    double weight[CELLS], mean = 0, square = 0;
    for (uint32_t i = CELLS; i-- > 0;) {
        weight[i] = i + 1 < CELLS ? kept * weight[i + 1] : part;
        mean += weight[i] / CELLS;
    }
    for (uint32_t i = 0; i < CELLS; i++) {
        weight[i] -= mean;
        square += weight[i] * weight[i];
    }
    if (!(a > 1e-5)) { /* it hardly fades: the end says it all */
        return;
    }
    const double by = (noise->left - left_by(noise, path, CELLS, kept)) / square;
    double moved = 0;
    for (uint32_t i = 0; i + 1 < CELLS; i++) {
        moved += by * weight[i];
        path[i + 1] += moved;
    }
}

/* How far a path strays at the share u that strays by `normal` between two of its points. */
double rsp_noise_stray(const rsp_noise *noise, const double *path, double u, double normal)
{
    const uint32_t cell = rsp_path_cell(u);
    const double cells = RSP_PATH_POINTS - 1, v = cells * u - cell, plain = u * (1 - u);
    const double here = path[cell] + v * (path[cell + 1] - path[cell]) +
                        sqrt(fmax(v * (1 - v), 0) / cells) * normal;
    return plain > 1e-9 ? (here - u * noise->normal) / sqrt(plain) : 0;
}
