/* Draws in lanes; compiled once for each instruction set. */
#include "num/lane.h"
#include "respite/num.h"
#include "sim/draws.h"

/* Names for one native part. */
typedef struct rsp_names {
    rsp_nw participant, trial, what, index;
} rsp_names;

static inline void names_of(const rsp_named *named, uint32_t purpose, rsp_names names[RSP_PARTS])
{
    rsp_parts what, index, trial, participant;
    for (int i = 0; i < RSP_CHUNK; i++) {
        what.w[i] = purpose | named->channel[i] << 6;
        index.w[i] = named->index[i];
        trial.w[i] = named->trial[i];
        participant.w[i] = named->participant[i];
    }
    for (int i = 0; i < RSP_PARTS; i++) {
        names[i] = (rsp_names){participant.nw[i], trial.nw[i], what.nw[i], index.nw[i]};
    }
}

/* The words of a node of a path; node 0: of the draw itself. */
static inline rsp_n_words node_words(uint64_t seed, const rsp_names *name, rsp_nw node)
{
    return rsp_n_philox(seed, name->participant, (node << 20) | name->trial, name->what, name->index);
}

static inline rsp_n exp_minus(rsp_n x)
{
    return rsp_n_exp(-x);
}

/* What is left at its end of a path of noise that fades, given where it ends: of a straight
 * path, and how far that of a Brownian one is from it.  The path is known at sixteenths, of
 * each of which a share fades on (left_by in forget.c): a sum of its increments, of weights
 * w; so the mean is that of w times the end, and the variance that of w. */
static void rests(rsp_draws *d, const rsp_parts *other)
{
    const double cells = RSP_PATH_POINTS - 1;
    const rsp_parts fades = {.v = rsp_v8_load(d->fades)}, lack = {.v = rsp_v8_load(d->lack)};
    const rsp_parts share = {.v = rsp_v8_load(d->share)};
    const rsp_parts normal = {.v = rsp_v8_load(d->normal)}, skew = {.v = rsp_v8_load(d->skew)};
    const rsp_parts variance = {.v = rsp_v8_load(d->variance)};
    rsp_parts left, rest;
    for (int i = 0; i < RSP_PARTS; i++) {
        const rsp_n a = fades.n[i] / cells, one = rsp_n_set(1), end = normal.n[i] + skew.n[i];
        const rsp_nm any = (rsp_nm)(a > 1e-6);
        const rsp_n kept = exp_minus(a), fourth = (kept * kept) * (kept * kept);
        const rsp_n whole = (fourth * fourth) * (fourth * fourth);
        const rsp_n twice = rsp_n_select(any, 2 * a, one);
        const rsp_n part = rsp_n_sqrt((1 - kept * kept) / twice);
        const rsp_n lost = rsp_n_select(any, 1 - kept, one);
        const rsp_n mean = rsp_n_select(any, part * (1 - whole) / (cells * lost), one);
        const rsp_n square = rsp_n_select(any, (1 - whole * whole) / (cells * twice), one);
        const rsp_n spread = square - mean * mean;
        left.n[i] = end * mean +
                    rsp_n_sqrt(rsp_n_select((rsp_nm)(spread > 0), spread, 0 * one)) * other->n[i];
        rest.n[i] = lack.n[i] * whole +
                    rsp_n_sqrt(variance.n[i]) *
                        (left.n[i] - end * exp_minus(fades.n[i] * (1 - share.n[i])));
    }
    rsp_v8_store(d->left, left.v);
    rsp_v8_store(d->rest, rest.v);
}

/* What is gathered and, at the rate where the step just taken ended, what is to come: from
 * its rate at the start and in the middle, on a line where it rises; where it falls on a
 * hyperbola, which stays above zero.  Returns the third cumulant. */
static inline rsp_v8 gather(rsp_draws *d)
{
    const rsp_v8 zero = rsp_v8_set(0), one = rsp_v8_set(1);
    const rsp_v8 first = rsp_v8_load(d->first), middle = rsp_v8_load(d->middle);
    const rsp_v8 days = rsp_v8_load(d->days), pending = rsp_v8_load(d->pending);
    const rsp_v8 run = rsp_v8_set(2) * rsp_v8_load(d->taken), rise = run * (middle - first);
    const rsp_m8 rises = rsp_v8_gt(middle, first), any = rsp_v8_gt(middle, zero);
    const rsp_v8 fall = first * middle / rsp_v8_select(rises, one, middle - rise);
    const rsp_v8 falls = rsp_v8_select(any, fall, zero);
    const rsp_v8 rate = rsp_v8_select(rises, first + rise, falls);
    const rsp_v8 ahead = rsp_v8_select(rsp_v8_gt(days, zero), days * rate, zero);
    const rsp_m8 some = rsp_v8_gt(first, zero);
    const rsp_v8 tilt = rsp_v8_load(d->tilt) / rsp_v8_select(some, first, one);
    const rsp_v8 leaning = rsp_v8_select(some, tilt, zero) * ahead, variance = pending + ahead;
    const rsp_v8 share = rsp_v8_load(d->share);
    rsp_v8_store(d->ahead, ahead);
    rsp_v8_store(d->leaning, leaning);
    rsp_v8_store(d->variance, variance);
    const rsp_v8 had = rsp_v8_max(zero, one - ahead / variance);
    rsp_v8_store(d->share, rsp_v8_select(rsp_v8_gt(share, zero), share, had));
    return rsp_v8_load(d->skewed) + leaning;
}

static void noise(const rsp_named *named, rsp_draws *draws)
{
    const rsp_v8 one = rsp_v8_set(1), two = rsp_v8_set(2), most = rsp_v8_set(0.5);
    const rsp_nw zero = {0};
    rsp_names name[RSP_PARTS];
    rsp_parts y, other = {0};
    names_of(named, RSP_PURPOSE_LEAP, name);
    for (int i = 0; i < RSP_PARTS; i++) {
        const rsp_n_words words = node_words(named->seed, &name[i], zero);
        y.n[i] = rsp_n_normal_quantile(rsp_n_open(words.first));
        if (draws->fading) {
            other.n[i] = rsp_n_normal_quantile(rsp_n_open(words.second));
        }
    }
    const rsp_v8 third = gather(draws);
    const rsp_v8 z = y.v, variance = rsp_v8_load(draws->variance);
    const rsp_v8 deviation = rsp_v8_sqrt(variance);
    rsp_v8 c = third / (rsp_v8_set(6) * variance * deviation);
    c = rsp_v8_select(rsp_v8_gt(c, -most), c, -most);
    c = rsp_v8_select(rsp_v8_lt(c, most), c, most);
    const rsp_v8 normal = z * rsp_v8_sqrt(one - two * c * c), skew = c * (z * z - one);
    rsp_v8_store(draws->normal, normal);
    rsp_v8_store(draws->skew, skew);
    rsp_v8_store(draws->whole, deviation * (normal + skew));
    if (draws->fading) {
        rests(draws, &other);
    }
}

#define ROOT_HALF 0x1.6a09e667f3bcdp-1

/* A path between two points that are brought nearer by halving. */
typedef struct walk {
    rsp_n share, from, low, high;
    rsp_nw node;
    double width, spread; /* of the stretch; of its midpoint about the straight line */
} walk;

/* The midpoint, from a normal; then the half that holds the share. Returns which: all
 * bits for the right one. */
static inline rsp_nm halve(walk *w, rsp_n z)
{
    const rsp_n mid = 0.5 * (w->low + w->high) + w->spread * z, middle = w->from + 0.5 * w->width;
    const rsp_nm right = (rsp_nm)(w->share >= middle);
    w->from = rsp_n_select(right, middle, w->from);
    w->low = rsp_n_select(right, mid, w->low);
    w->high = rsp_n_select(right, w->high, mid);
    w->node = w->node + w->node - (rsp_nw)right;
    w->width *= 0.5;
    w->spread *= ROOT_HALF;
    return right;
}

/* Of the upper 26 bits of 52. */
static inline rsp_n coarse_normal(rsp_nw bits)
{
    return rsp_n_normal_quantile(rsp_n_open((bits & 0xffffffc000000u) | 0x2000000u));
}

/* Two halvings by normals: a midpoint of 52 bits, those of its halves of 26. */
static inline void halve_twice(walk *w, rsp_n_words words)
{
    const rsp_nm right = halve(w, rsp_n_normal_quantile(rsp_n_open(words.first)));
    const rsp_nw bits = ((rsp_nw)right & (words.second << 26)) | (~(rsp_nw)right & words.second);
    halve(w, coarse_normal(bits));
}

/* Of mean 0 and variance 1: the sum of two numbers of six bits. */
static inline rsp_n triangle(rsp_nw bits)
{
    const rsp_nw sum = (bits & 63u) + (bits >> 6 & 63u);
    return ((rsp_n)(sum | 0x4330000000000000u) - (0x1p52 + 63)) * 0.038277950117547636; /* 682.5^(-1/2) */
}

/* Three halvings where the law of the path no longer hangs on that of a midpoint. */
static inline void halve_thrice(walk *w, rsp_n_words words)
{
    const rsp_nw first = (rsp_nw)halve(w, triangle(words.first >> 40));
    const rsp_nw second = (rsp_nw)halve(w, triangle(words.first >> (16u + (first & 12u))));
    halve(w, triangle(words.second >> (4u + (first & 24u) + (second & 12u))));
}

/* The Levy (1948) construction, refined by halving. Each midpoint has a number and so a
 * draw of its own, whoever asks: a read's value does not depend on other reads. The
 * first four are normal; of those below them, each a sixteenth of the leap or less,
 * only mean and variance are. A block of random words serves a midpoint and those
 * below it. */
/* How far the path is from the straight line to its end, of variance 1. */
static inline rsp_n strayed(const walk *w, rsp_n end)
{
    const rsp_n path = w->low + (w->high - w->low) * ((w->share - w->from) / w->width);
    const rsp_n plain = w->share * (1 - w->share);
    const rsp_nm within = (rsp_nm)(plain > 1e-9);
    const rsp_n far = rsp_n_select(within, plain, rsp_n_set(1));
    return rsp_n_select(within, (path - w->share * end) / rsp_n_sqrt(far), rsp_n_set(0));
}

static void stray(rsp_strays *s)
{
    const rsp_nw zero = {0};
    rsp_parts share = {.v = rsp_v8_load(s->share)}, end = {.v = rsp_v8_load(s->end)}, y;
    rsp_names name[RSP_PARTS];
    names_of(&s->named, RSP_PURPOSE_BRIDGE, name);
    for (int i = 0; i < RSP_PARTS; i++) {
        walk w = {.share = share.n[i], .high = end.n[i], .node = zero + 1u, .width = 1, .spread = 0.5};
        for (int k = 0; k < 4; k++) {
            const rsp_n_words words = node_words(s->named.seed, &name[i], w.node);
            if (k < 2) {
                halve_twice(&w, words);
            } else {
                halve_thrice(&w, words);
            }
        }
        y.n[i] = strayed(&w, end.n[i]);
    }
    rsp_v8_store(s->stray, y.v);
}

static void stray_near(rsp_strays *s)
{
    rsp_parts share = {.v = rsp_v8_load(s->share)}, end = {.v = rsp_v8_load(s->end)}, y;
    const rsp_parts low = {.v = rsp_v8_load(s->low)}, high = {.v = rsp_v8_load(s->high)};
    rsp_parts from, node;
    rsp_names name[RSP_PARTS];
    names_of(&s->named, RSP_PURPOSE_BRIDGE, name);
    for (int i = 0; i < RSP_CHUNK; i++) {
        const uint32_t cell = rsp_path_cell(s->share[i]);
        from.v[i] = cell / 16.0;
        node.w[i] = 16u + cell;
    }
    for (int i = 0; i < RSP_PARTS; i++) {
        walk w = {.share = share.n[i], .from = from.n[i], .low = low.n[i], .high = high.n[i],
                  .node = node.nw[i], .width = 0.0625, .spread = 0.5};
        for (int k = 0; k < 4; k++) {
            w.spread *= ROOT_HALF;
        }
        for (int k = 0; k < 2; k++) {
            halve_thrice(&w, node_words(s->named.seed, &name[i], w.node));
        }
        y.n[i] = strayed(&w, end.n[i]);
    }
    rsp_v8_store(s->stray, y.v);
}

/* A midpoint and those of its halves, four points each way, from one block of words. */
static inline void path_between(rsp_n *p, double spread, rsp_n_words words, int apart)
{
    rsp_n *mid = p + 2 * apart, *high = p + 4 * apart;
    *mid = 0.5 * (p[0] + *high) + spread * rsp_n_normal_quantile(rsp_n_open(words.first));
    spread *= ROOT_HALF;
    p[apart] = 0.5 * (p[0] + *mid) + spread * coarse_normal(words.second);
    p[3 * apart] = 0.5 * (*mid + *high) + spread * coarse_normal(words.second << 26);
}

static void path(const rsp_named *named, const rsp_draws *draws,
                 double points[RSP_PATH_POINTS][RSP_CHUNK])
{
    const rsp_nw zero = {0};
    const rsp_parts end = {.v = rsp_v8_load(draws->normal)};
    rsp_parts out[RSP_PATH_POINTS];
    rsp_names name[RSP_PARTS];
    names_of(named, RSP_PURPOSE_BRIDGE, name);
    for (int i = 0; i < RSP_PARTS; i++) {
        rsp_n p[RSP_PATH_POINTS];
        p[0] = rsp_n_set(0);
        p[16] = end.n[i];
        path_between(p, 0.5, node_words(named->seed, &name[i], zero + 1u), 4);
        for (uint32_t k = 0; k < 4; k++) {
            path_between(p + 4 * k, 0.5 * ROOT_HALF * ROOT_HALF,
                         node_words(named->seed, &name[i], zero + 4u + k), 1);
        }
        for (int k = 0; k < RSP_PATH_POINTS; k++) {
            out[k].n[i] = p[k];
        }
    }
    for (int k = 0; k < RSP_PATH_POINTS; k++) {
        rsp_v8_store(points[k], out[k].v);
    }
}

/* The seven points at the ends of the eighths from normals, each of a block of its own, side
 * by side; those between from what their blocks leave. */
static void path_alone(const rsp_named *named, uint32_t k, double end,
                       double points[RSP_PATH_POINTS])
{
    const rsp_nw zero = {0};
    const rsp_names name = {zero + named->participant[k], zero + named->trial[k],
                            zero + (RSP_PURPOSE_BRIDGE | named->channel[k] << 6),
                            zero + named->index[k]};
    const rsp_parts node = {.w = {1, 2, 3, 4, 5, 6, 7, 8}};
    rsp_parts normal, fine;
    for (int i = 0; i < RSP_PARTS; i++) {
        const rsp_n_words words = node_words(named->seed, &name, node.nw[i]);
        normal.n[i] = rsp_n_normal_quantile(rsp_n_open(words.first));
        fine.n[i] = triangle(words.second);
    }
    points[0] = 0;
    points[RSP_PATH_POINTS - 1] = end;
    double spread = 0.5;
    for (int apart = 8, first = 0; apart > 1; apart /= 2, first = 2 * first + 1) {
        for (int i = 0; i < 8 / apart; i++) {
            double *p = points + 2 * apart * i;
            p[apart] = 0.5 * (p[0] + p[2 * apart]) + spread * normal.v[first + i];
        }
        spread *= ROOT_HALF;
    }
    for (int i = 0; i < 8; i++) {
        points[2 * i + 1] = 0.5 * (points[2 * i] + points[2 * i + 2]) + spread * fine.v[i];
    }
}

static void gap(rsp_gaps *g)
{
    const rsp_nw zero = {0};
    rsp_names name[RSP_PARTS];
    rsp_parts y;
    names_of(&g->named, RSP_PURPOSE_EVENT, name);
    for (int i = 0; i < RSP_PARTS; i++) {
        y.n[i] = -rsp_n_log(rsp_n_open(node_words(g->named.seed, &name[i], zero).first));
    }
    rsp_v8_store(g->gap, y.v);
}

const rsp_draw_kernel RSP_ISA_NAME(rsp_draw_kernel) = {noise, stray, path, path_alone, stray_near, gap};
