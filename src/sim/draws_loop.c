/* Draws in lanes; compiled once for each instruction set. */
#include "num/lane.h"
#include "respite/num.h"
#include "sim/draws.h"

static void noise(const rsp_who *who, uint32_t index, const uint32_t channel[RSP_CHUNK],
                  rsp_draws *draws)
{
    const rsp_v8 one = rsp_v8_set(1), two = rsp_v8_set(2), most = rsp_v8_set(0.5);
    const rsp_nw zero = {0};
    rsp_parts what, y;
    for (int i = 0; i < RSP_CHUNK; i++) {
        what.w[i] = RSP_PURPOSE_LEAP | channel[i] << 6;
    }
    for (int i = 0; i < RSP_PARTS; i++) {
        y.n[i] = rsp_n_normal_quantile(rsp_n_open(rsp_n_philox_top52(
            who->seed, zero + who->participant, zero + who->trial, what.nw[i], zero + index)));
    }
    const rsp_v8 z = y.v, variance = rsp_v8_load(draws->variance);
    const rsp_v8 deviation = rsp_v8_sqrt(variance);
    rsp_v8 c = rsp_v8_load(draws->third) / (rsp_v8_set(6) * variance * deviation);
    c = rsp_v8_select(rsp_v8_gt(c, -most), c, -most);
    c = rsp_v8_select(rsp_v8_lt(c, most), c, most);
    const rsp_v8 normal = z * rsp_v8_sqrt(one - two * c * c), skew = c * (z * z - one);
    rsp_v8_store(draws->normal, normal);
    rsp_v8_store(draws->skew, skew);
    rsp_v8_store(draws->whole, deviation * (normal + skew));
}

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
    static const double root_half = 0x1.6a09e667f3bcdp-1;
    const rsp_n mid = 0.5 * (w->low + w->high) + w->spread * z, middle = w->from + 0.5 * w->width;
    const rsp_nm right = (rsp_nm)(w->share >= middle);
    w->from = rsp_n_select(right, middle, w->from);
    w->low = rsp_n_select(right, mid, w->low);
    w->high = rsp_n_select(right, w->high, mid);
    w->node = w->node + w->node - (rsp_nw)right;
    w->width *= 0.5;
    w->spread *= root_half;
    return right;
}

/* Two halvings by normals: a midpoint of 52 bits, those of its halves of 26. */
static inline void halve_twice(walk *w, rsp_n_words words)
{
    const rsp_nm right = halve(w, rsp_n_normal_quantile(rsp_n_open(words.first)));
    const rsp_nw bits = ((rsp_nw)right & (words.second << 26)) | (~(rsp_nw)right & words.second);
    halve(w, rsp_n_normal_quantile(rsp_n_open((bits & 0xffffffc000000u) | 0x2000000u)));
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
static void stray(uint64_t seed, rsp_strays *s)
{
    const rsp_nw zero = {0};
    rsp_parts what, index, trial, participant, y;
    rsp_parts share = {.v = rsp_v8_load(s->share)}, end = {.v = rsp_v8_load(s->end)};
    for (int i = 0; i < RSP_CHUNK; i++) {
        what.w[i] = RSP_PURPOSE_BRIDGE | s->channel[i] << 6;
        index.w[i] = s->index[i];
        trial.w[i] = s->trial[i];
        participant.w[i] = s->participant[i];
    }
    for (int i = 0; i < RSP_PARTS; i++) {
        walk w = {.share = share.n[i], .high = end.n[i], .node = zero + 1u, .width = 1, .spread = 0.5};
        for (int k = 0; k < 4; k++) {
            const rsp_n_words words = rsp_n_philox(seed, participant.nw[i], (w.node << 20) | trial.nw[i],
                                                   what.nw[i], index.nw[i]);
            if (k < 2) {
                halve_twice(&w, words);
            } else {
                halve_thrice(&w, words);
            }
        }
        const rsp_n path = w.low + (w.high - w.low) * ((w.share - w.from) / w.width);
        const rsp_n plain = w.share * (1 - w.share);
        const rsp_nm within = (rsp_nm)(plain > 1e-9);
        const rsp_n far = rsp_n_select(within, plain, rsp_n_set(1));
        y.n[i] = rsp_n_select(within, (path - w.share * end.n[i]) / rsp_n_sqrt(far), rsp_n_set(0));
    }
    rsp_v8_store(s->stray, y.v);
}

const rsp_draw_kernel RSP_ISA_NAME(rsp_draw_kernel) = {noise, stray};
