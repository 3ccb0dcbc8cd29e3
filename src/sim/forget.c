/* What a species that relaxes keeps of a leap's noise.
 *
 * Its noise is an impulse in the middle of a leap, which the flow lets fade.  The exact
 * process took it in, and forgot it, all along: an Ornstein-Uhlenbeck process driven by the
 * path that the draw is the end of.  That path is known at the ends of its sixteenths, and
 * between them where a read lies, so that leaps may last several lifetimes; what a read finds
 * beside the state is the difference of the two, and what is left of it at the end of a leap
 * fades through the next. */
#include "sim/internal.h"

/* Whether shares of a draw are those of its days, not of its variance.  How fast variance
 * comes knows of the draw, which would be a bias where much of it fades; where little does,
 * it is the better clock. */
bool rsp_noise_goes_by_time(const rsp_noise *noise)
{
    return noise->fades > 1;
}

/* The share of such a draw that has come by day t. */
double rsp_noise_share(const rsp_noise *noise, double t)
{
    const double days = noise->end - noise->begin;
    return days > 0 ? fmin(fmax((t - noise->begin) / days, 0), 1) : 1;
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

/* What x will lack when the last draw is over: its noise is an impulse in the middle of
 * its days, where that of a species that relaxes came, and faded, all along. */
double rsp_noise_rest(const rsp_noise *noise, const double *path)
{
    if (!(noise->fades > 0)) {
        return noise->lack;
    }
    const double impulse = (noise->normal + noise->skew) *
                           rsp_exp(-noise->fades * (1 - noise->share));
    const double kept = rsp_exp(-noise->fades / (RSP_PATH_POINTS - 1));
    const double left = left_by(noise, path, RSP_PATH_POINTS - 1, kept);
    const double fourth = kept * kept * kept * kept, eighth = fourth * fourth;
    return noise->lack * eighth * eighth + sqrt(noise->variance) * (left - impulse);
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
