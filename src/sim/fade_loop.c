/* Species that relax (relax.c), within an explicit step; compiled once for each instruction
 * set.
 *
 * Such a species follows dV/dt = N(t) - c V, with c its rate of loss at the start of the step
 * and N all else, which does not hang on V but where c moves.  The explicit pair would be held
 * to a third of 1/c or so by it.  Here N is a parabola, and V the exact course under that
 * (variation of constants: Hochbruck & Ostermann 2010, 2.2): after the share x of a step h,
 * with z = c h,
 *
 *     V(x) = V0 + h (x p1 n0 + x^2 p2 n' + x^3 p3 n''),   p_k = phi_k(-x z)
 *
 * where n_i = k_i + c (V_i - V0), and n' and n'' are the parabola's (course_of).  At z = 0
 * this ends where the pair does.  The error is the difference to the straight line. */
#include "sim/fade.h"
#include "sim/rows.h"

/* The least share of its lifetime for which a step takes one to fade: its cube is an error
 * that no shorter step makes less. */
#define RSP_FADE_LEAST 0x1p-10

/* What the last step told of the drive is not believed in one more than so many times as
 * long: its bend has an error of rounding over its square, so a hundred times rounding. */
#define RSP_FADE_LONGER 10

/* phi_k(-y), y >= 0: (1 - exp(-y)) / y, then (1 / (k - 1)! - phi_(k-1)) / y. */
typedef struct phis {
    rsp_v8 p1, p2, p3;
} phis;

static inline phis phis_of(rsp_v8 y)
{
    const rsp_v8 one = rsp_v8_set(1), half = rsp_v8_set(0.5), near = rsp_v8_set(0.0625);
    const rsp_v8 far = larger(near, y), less = smaller(y, near), over = one / far;
    phis p;
    p.p1 = (one - rsp_v8_exp(-far)) * over;
    p.p2 = (one - p.p1) * over;
    p.p3 = (half - p.p2) * over;
    /* Where these would cancel, the series of the third: within 2e-14. */
    rsp_v8 series = rsp_v8_set(1.0 / 40320);
    series = rsp_v8_set(1.0 / 5040) - less * series;
    series = rsp_v8_set(1.0 / 720) - less * series;
    series = rsp_v8_set(1.0 / 120) - less * series;
    series = rsp_v8_set(1.0 / 24) - less * series;
    series = rsp_v8_set(1.0 / 6) - less * series;
    const rsp_m8 is_near = rsp_v8_lt(y, near);
    const rsp_v8 second = half - y * series;
    p.p3 = rsp_v8_select(is_near, series, p.p3);
    p.p2 = rsp_v8_select(is_near, second, p.p2);
    p.p1 = rsp_v8_select(is_near, one - y * second, p.p1);
    return p;
}

/* Those of a chunk. */
typedef struct fading {
    const uint32_t *item;
    uint32_t n, first;
} fading;

static inline fading fading_of(const rsp_lanes *b, uint32_t chunk)
{
    const rsp_use *use = &b->use[chunk];
    return (fading){use->moving.item + use->n_plain, use->moving.n - use->n_plain,
                    chunk * RSP_CHUNK};
}

static void begin(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const fading f = fading_of(b, chunk);
        for (uint32_t i = 0; i < f.n; i++) {
            const uint32_t s = f.item[i];
            rsp_v8 lost = rsp_v8_set(0);
            for (uint32_t t = b->net.by_species[s]; t < b->net.by_species[s + 1]; t++) {
                const rsp_term *term = &b->net.terms[t];
                const rsp_v8 rate = at(b->frame.rows, b->program->rate[term->index], b->width,
                                       f.first) * at(b->flows, term->index, b->width, f.first);
                if (term->amount < 0) {
                    lost += rsp_v8_set(-term->amount) * rate;
                }
            }
            /* Of what is below one it is too little, which no order needs. */
            const rsp_v8 x = larger(rsp_v8_set(1), at(b->x, s, b->width, f.first));
            put(b->fades[RSP_FADE_RATE], s, b->width, f.first, larger(rsp_v8_set(0), lost / x));
        }
    }
}

/* The rate that the step at hand goes by. */
static inline rsp_v8 fade_of(const rsp_lanes *b, uint32_t s, uint32_t first)
{
    return at(b->fades[RSP_FADE_USED], s, b->width, first);
}

/* Where one is at the second stage, and what the third and the error will want.
 *
 * What drives it is not known beyond the start yet; its slope and bend are taken as the last
 * step left them, unless that was much shorter, when rounding is all that they are: zero will
 * do for the order.  Who reads V sums its stages up with weights 2/9, 1/3 and 4/9, and the
 * third is placed so that this is the integral
 *
 *     V0 + h (p2 n0 + p3 n' + p4 n''),
 *
 * with the last step's n'' and this one's n1, whether V follows N or dies out beside it. */
static rsp_v8 begin_step(rsp_lanes *b, uint32_t s, uint32_t first, rsp_v8 h, rsp_v8 n0)
{
    const rsp_v8 one = rsp_v8_set(1), half = rsp_v8_set(0.5);
    const rsp_v8 rate = at(b->fades[RSP_FADE_RATE], s, b->width, first);
    const rsp_m8 near = rsp_v8_le(h, rsp_v8_set(RSP_FADE_LONGER) * rsp_v8_load(b->last + first));
    const rsp_v8 known = rsp_v8_select(near, h, rsp_v8_set(0));
    const rsp_v8 slope = known * at(b->fades[RSP_FADE_SLOPE], s, b->width, first);
    const rsp_v8 bend = known * known * at(b->fades[RSP_FADE_BEND], s, b->width, first);
    const rsp_v8 z = larger(rsp_v8_set(RSP_FADE_LEAST), h * rate);
    const rsp_v8 over = one / z, by_half = rsp_v8_set(2) * over;
    const rsp_v8 middle = rsp_v8_exp(-half * z), end = middle * middle;
    const rsp_v8 half1 = (one - middle) * by_half, half2 = (one - half1) * by_half;
    const rsp_v8 half3 = (half - half2) * by_half;
    const rsp_v8 end1 = (one - end) * over, end2 = (one - end1) * over, end3 = (half - end2) * over;
    const rsp_v8 end4 = (rsp_v8_set(1.0 / 6) - end3) * over;
    const rsp_v8 second = half * (half1 * n0 + half * (half2 * slope + half * half3 * bend));
    /* n' = 2 (n1 - n0), or that less n'' / 4: see course_of. */
    const rsp_v8 less = rsp_v8_set(b->net.driven_evenly[s] ? 0.25 : 0);
    const rsp_v8 third = rsp_v8_set(9.0 / 4) * (end2 * n0 + (end4 - less * end3) * bend) -
                         rsp_v8_set(0.75) * second;
    /* Any rate divides V' into N and -c V: one that is not too small to divide by.  It has
     * a row of its own: a step that is tried again begins from the rate that was found. */
    const rsp_m8 moves = rsp_v8_gt(h, rsp_v8_set(0));
    put(b->fades[RSP_FADE_USED], s, b->width, first, rsp_v8_select(moves, z / h, rate));
    put(b->fades[RSP_FADE_START], s, b->width, first, third);
    put(b->fades[RSP_FADE_TURN], s, b->width, first, rsp_v8_set(9.0 / 2) * end3);
    put(b->fades[RSP_FADE_THIRD], s, b->width, first, end3 - less * end2);
    return second;
}

static void place(rsp_lanes *b, uint32_t stage)
{
    double *to = b->frame.rows + (size_t)b->program->species * b->width;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const fading f = fading_of(b, chunk);
        const rsp_v8 h = rsp_v8_load(b->h + f.first);
        for (uint32_t i = 0; b->active[chunk] && i < f.n; i++) {
            const uint32_t s = f.item[i], w = b->width;
            const rsp_v8 n0 = at(b->k[0], s, w, f.first);
            rsp_v8 slope;
            if (stage == 1) {
                slope = begin_step(b, s, f.first, h, n0);
            } else {
                slope = at(b->fades[RSP_FADE_START], s, w, f.first) +
                        at(b->fades[RSP_FADE_TURN], s, w, f.first) *
                            (at(b->k[1], s, w, f.first) - n0);
            }
            put(to, s, w, f.first,
                larger(rsp_v8_set(b->net.floor[s]), at(b->x, s, w, f.first) + h * slope));
        }
    }
}

static void drive(rsp_lanes *b, uint32_t stage)
{
    const double *place = b->frame.rows + (size_t)b->program->species * b->width;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const fading f = fading_of(b, chunk);
        for (uint32_t i = 0; b->active[chunk] && i < f.n; i++) {
            const uint32_t s = f.item[i];
            const rsp_v8 moved = at(place, s, b->width, f.first) - at(b->x, s, b->width, f.first);
            put(b->k[stage], s, b->width, f.first,
                at(b->k[stage], s, b->width, f.first) + fade_of(b, s, f.first) * moved);
        }
    }
}

/* What drives it, n0 + n' x + n'' x^2 / 2 at the share x of the step.  Of cells that make it
 * the second stage is Euler's, so that n1 - n0 = n' / 2, and the third goes by the second:
 * n2 - n0 = 3/4 (n' + n'' / 2).  Time, and who relaxes, are where they are: the parabola
 * through the stages. */
typedef struct course {
    rsp_v8 n0, slope, bend;
} course;

static inline course course_of(const rsp_lanes *b, uint32_t s, uint32_t first)
{
    const rsp_v8 n0 = at(b->k[0], s, b->width, first);
    const rsp_v8 d1 = at(b->k[1], s, b->width, first) - n0;
    const rsp_v8 d2 = at(b->k[2], s, b->width, first) - n0;
    if (b->net.driven_evenly[s]) {
        return (course){n0, rsp_v8_set(6) * d1 - rsp_v8_set(8.0 / 3) * d2,
                        rsp_v8_set(32.0 / 3) * d2 - rsp_v8_set(16) * d1};
    }
    const rsp_v8 slope = rsp_v8_set(2) * d1;
    return (course){n0, slope, rsp_v8_set(2) * (rsp_v8_set(4.0 / 3) * d2 - slope)};
}

static inline rsp_v8 go(const course *c, rsp_v8 share, rsp_v8 z)
{
    const phis p = phis_of(share * z);
    return share * (p.p1 * c->n0 + share * (p.p2 * c->slope + share * p.p3 * c->bend));
}

static void judge(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const fading f = fading_of(b, chunk);
        const rsp_v8 h = rsp_v8_load(b->h + f.first);
        rsp_v8 worst = rsp_v8_load(b->err + f.first);
        for (uint32_t i = 0; b->active[chunk] && i < f.n; i++) {
            const uint32_t s = f.item[i];
            const course c = course_of(b, s, f.first);
            const rsp_v8 counts = larger(rsp_v8_set(0.5), rsp_v8_set(1) - h * fade_of(b, s, f.first));
            const rsp_v8 e = counts * h * at(b->fades[RSP_FADE_THIRD], s, b->width, f.first) * c.bend;
            const rsp_v8 size = rsp_v8_abs(at(b->x, s, b->width, f.first));
            const rsp_m8 leaps = rsp_v8_truth(at(b->is_leap, s, b->width, f.first));
            const rsp_v8 noise = rsp_v8_select(
                leaps, rsp_v8_set(RSP_NOISE_SIZE) * rsp_v8_sqrt(size), rsp_v8_set(0));
            worst = rsp_v8_max(worst, rsp_v8_abs(e) / (rsp_v8_set(b->atol) +
                                                       rsp_v8_set(b->rtol) * (size + noise)));
        }
        rsp_v8_store(b->err + f.first, worst);
    }
}

/* For the next step. */
static inline void keep(rsp_lanes *b, uint32_t what, uint32_t s, uint32_t first, rsp_m8 chosen,
                        rsp_v8 value)
{
    const rsp_v8 before = at(b->fades[what], s, b->width, first);
    put(b->fades[what], s, b->width, first, rsp_v8_select(chosen, value, before));
}

static void advance(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const fading f = fading_of(b, chunk);
        const rsp_v8 h = rsp_v8_load(b->h + f.first), taken = rsp_v8_load(b->taken + f.first);
        const rsp_m8 chosen = chosen_lanes(b, f.first);
        const rsp_v8 one = rsp_v8_set(1);
        for (uint32_t i = 0; b->active[chunk] && i < f.n; i++) {
            const uint32_t s = f.item[i];
            const course c = course_of(b, s, f.first);
            const rsp_v8 x = at(b->x, s, b->width, f.first) +
                             h * go(&c, taken, h * fade_of(b, s, f.first));
            put(b->xn, s, b->width, f.first, larger(rsp_v8_set(b->net.floor[s]), x));
            /* A rate of loss that was taken for more is not that of the next step. */
            const rsp_m8 known = rsp_v8_ge(h * at(b->fades[RSP_FADE_RATE], s, b->width, f.first),
                                           rsp_v8_set(RSP_FADE_LEAST));
            const rsp_v8 once = rsp_v8_select(known, one / h, rsp_v8_set(0));
            keep(b, RSP_FADE_SLOPE, s, f.first, chosen, (c.slope + taken * c.bend) * once);
            keep(b, RSP_FADE_BEND, s, f.first, chosen, c.bend * once * once);
        }
        if (b->active[chunk]) {
            const rsp_v8 before = rsp_v8_load(b->last + f.first);
            rsp_v8_store(b->last + f.first, rsp_v8_select(chosen, h, before));
        }
    }
}

static void inside(const rsp_lanes *b, uint32_t chunk, const double *share, double *x)
{
    const fading f = fading_of(b, chunk);
    const rsp_v8 h = rsp_v8_load(b->h + f.first);
    for (uint32_t i = 0; i < f.n; i++) {
        const uint32_t s = f.item[i];
        const course c = course_of(b, s, f.first);
        const rsp_v8 v = at(b->x, s, b->width, f.first) +
                         h * go(&c, rsp_v8_load(share), h * fade_of(b, s, f.first));
        rsp_v8_store(x + (size_t)s * RSP_CHUNK, larger(rsp_v8_set(b->net.floor[s]), v));
    }
}

const rsp_fade_kernel RSP_ISA_NAME(rsp_fade_kernel) = {begin, place, drive, judge, advance, inside};
