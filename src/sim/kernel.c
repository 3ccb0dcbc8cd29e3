/* The loops over a block's lanes; compiled once for each instruction set.
 *
 * Straight-line arithmetic on vectors of eight lanes: masks, no branches on
 * values, one order of every sum. */
#include <math.h>
#include <string.h>

#include "sim/march.h"
#include "sim/rows.h"

/* What the loops over one chunk read again and again, out of memory's way. */
typedef struct rsp_chunk {
    const double *rows;         /* the frame, from the chunk's first lane */
    const uint32_t *rate;       /* rows of the reactions' rates */
    double *scratch;
    size_t width;
    uint32_t first;
} rsp_chunk;

static inline rsp_chunk chunk_of(const rsp_lanes *b, uint32_t chunk)
{
    uint32_t first = chunk * RSP_CHUNK;
    return (rsp_chunk){b->frame.rows + first, b->program->rate, b->scratch, b->width,
                       first};
}

/* A rate; what is below zero is rounding (the solver looks), a NaN stays. */
static inline rsp_v8 rate_of(const rsp_chunk *c, uint32_t r)
{
    return larger(rsp_v8_set(0), row_of(c->rows, c->rate[r], c->width));
}

/* Rates of the chunk where they flow, into scratch; where they fire, into
 * a[stage], with their sum. */
static void split_rates(rsp_lanes *b, uint32_t stage, uint32_t chunk)
{
    const rsp_use use = b->use[chunk];
    const rsp_chunk c = chunk_of(b, chunk);
    const rsp_v8 zero = rsp_v8_set(0);
    const rsp_v8 least = rsp_v8_set(b->any_sign ? -(double)INFINITY : 0);
    rsp_v8 lowest = zero;
    for (uint32_t i = 0; i < use.flowing.n; i++) {
        uint32_t r = use.flowing.item[i];
        rsp_v8 raw = row_of(c.rows, c.rate[r], c.width);
        lowest = smaller(raw, lowest);
        rsp_v8_store(c.scratch + (size_t)r * RSP_CHUNK, larger(least, raw));
    }
    if (!b->stochastic) {
        rsp_v8_store(b->lowest + c.first, b->any_sign ? zero : lowest);
        return;
    }
    const double *flows = b->flows + c.first, *fires = b->fires + c.first;
    for (uint32_t i = 0; i < use.mixed.n; i++) {
        uint32_t r = use.mixed.item[i];
        rsp_v8_store(c.scratch + (size_t)r * RSP_CHUNK,
                     rate_of(&c, r) * row_of(flows, r, c.width));
    }
    double *a = b->a[stage] + c.first;
    rsp_v8 hazard = zero;
    for (uint32_t i = 0; i < use.exact.n; i++) {
        uint32_t r = use.exact.item[i];
        rsp_v8 raw = row_of(c.rows, c.rate[r], c.width);
        lowest = smaller(raw, lowest);
        rsp_v8 rate = larger(zero, raw) * row_of(fires, r, c.width);
        rsp_v8_store(a + r * c.width, rate);
        hazard += rate;
    }
    rsp_v8_store(b->lowest + c.first, lowest);
    rsp_v8_store(b->hazard[stage] + c.first, hazard);
}

static void gross_rates(rsp_lanes *b, uint32_t stage, uint32_t chunk)
{
    const rsp_list noisy = b->use[chunk].noisy;
    const rsp_chunk c = chunk_of(b, chunk);
    const double *leaps = b->leaps + c.first;
    double *gross = b->gross[stage] + c.first, *tilt = b->tilt[stage] + c.first;
    const uint32_t *members = b->net.members, *by_group = b->net.by_group;
    const double *sign = b->net.member_sign;
    for (uint32_t i = 0; i < noisy.n; i++) {
        uint32_t g = noisy.item[i];
        rsp_v8 sum = rsp_v8_set(0), balance = sum;
        for (uint32_t m = by_group[g]; m < by_group[g + 1]; m++) {
            rsp_v8 rate = rsp_v8_load(c.scratch + (size_t)members[m] * RSP_CHUNK);
            sum += rate;
            balance += rsp_v8_set(sign[m]) * rate;
        }
        rsp_v8 on = row_of(leaps, g, c.width);
        rsp_v8_store(gross + g * c.width, sum * on);
        rsp_v8_store(tilt + g * c.width, balance * on);
    }
}

static void sum_rates(rsp_lanes *b, uint32_t stage, uint32_t chunk, bool keep)
{
    const rsp_use use = b->use[chunk];
    const rsp_chunk c = chunk_of(b, chunk);
    const uint32_t *drifts = b->program->drift;
    double *k = b->k[stage] + c.first;
    rsp_m8 chosen = chosen_lanes(b, c.first);
    for (uint32_t i = 0; i < use.moving.n; i++) {
        uint32_t s = use.moving.item[i];
        rsp_v8 sum = rsp_v8_set(0);
        if (drifts[s] != UINT32_MAX) {
            sum = row_of(c.rows, drifts[s], c.width);
        }
        const rsp_term *end = use.terms + use.first[i + 1];
        for (const rsp_term *t = use.terms + use.first[i]; t < end; t++) {
            sum += rsp_v8_set(t->amount) *
                   rsp_v8_load(c.scratch + (size_t)t->index * RSP_CHUNK);
        }
        if (keep) {
            sum = rsp_v8_select(chosen, sum, row_of(k, s, c.width));
        }
        rsp_v8_store(k + s * c.width, sum);
    }
}

/* How fast the species that leap use up a leap.  Most by their expected gross
 * change over their amount.  One that relaxes forgets: `leap` / RSP_RELAX_HASTE
 * times what it takes to, but not longer than keeps its noise small beside its
 * amount: a variance of RSP_RELAX_NOISE leap^2 of the squared amount; and less long where
 * it is far from settled, as rates then change within a leap. */
static void measure_haste(rsp_lanes *b, uint32_t chunk)
{
    const rsp_list counted = b->use[chunk].counted;
    const rsp_chunk c = chunk_of(b, chunk);
    const double *is_leap = b->is_leap + c.first, *flows = b->flows + c.first;
    const rsp_v8 zero = rsp_v8_set(0), one = rsp_v8_set(1);
    const rsp_v8 forgets = rsp_v8_set(RSP_RELAX_HASTE);
    const rsp_v8 cells = rsp_v8_set(1 / (RSP_RELAX_NOISE * b->leap));
    rsp_v8 haste = zero;
    for (uint32_t i = 0; i < counted.n; i++) {
        uint32_t s = counted.item[i];
        rsp_v8 gross = zero, lost = zero;
        const rsp_term *end = b->net.terms + b->net.by_species[s + 1];
        for (const rsp_term *t = b->net.terms + b->net.by_species[s]; t < end; t++) {
            rsp_v8 flow = rsp_v8_set(fabs(t->amount)) * rate_of(&c, t->index) *
                          row_of(flows, t->index, c.width);
            gross += flow;
            if (t->amount < 0) {
                lost += flow;
            }
        }
        rsp_v8 x = larger(one, at(b->x, s, b->width, c.first));
        rsp_v8 mine = gross / x;
        if (b->net.relaxes[s]) {
            rsp_v8 rate = lost / x;
            put(b->relax, s, b->width, c.first, rate);
            const rsp_v8 drift = rsp_v8_abs(at(b->k[0], s, b->width, c.first)) / x;
            const rsp_m8 is_far = rsp_v8_gt(drift, rsp_v8_set(RSP_SETTLED) * rate);
            const rsp_v8 settling =
                rsp_v8_select(is_far, rsp_v8_set(RSP_SETTLE_HASTE) * rate,
                              rsp_v8_set(RSP_SETTLED) * drift);
            const rsp_v8 least = larger(settling, forgets * rate);
            mine = smaller(mine, larger(least, mine * cells / x));
        }
        haste = larger(haste, mine * row_of(is_leap, s, c.width));
    }
    rsp_v8_store(b->haste + c.first, haste);
}

static void begin(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        split_rates(b, 0, chunk);
        sum_rates(b, 0, chunk, b->tab->fsal);
        if (b->stochastic) {
            gross_rates(b, 0, chunk);
            measure_haste(b, chunk);
        }
    }
}

/* Derivatives of a deterministic chunk at a later stage: what split_rates and
 * sum_rates do where every reaction flows, to the bit. */
static void flow(rsp_lanes *b, uint32_t stage, uint32_t chunk)
{
    const rsp_chunk c = chunk_of(b, chunk);
    const uint32_t *drifts = b->program->drift;
    const rsp_v8 least = rsp_v8_set(b->any_sign ? -(double)INFINITY : 0);
    double *k = b->k[stage] + c.first;
    const rsp_use *use = &b->use[chunk];
    for (uint32_t i = 0; i < use->moving.n; i++) {
        const uint32_t s = use->moving.item[i];
        rsp_v8 sum = rsp_v8_set(0);
        if (drifts[s] != UINT32_MAX) {
            sum = row_of(c.rows, drifts[s], c.width);
        }
        const rsp_term *end = use->terms + use->first[i + 1];
        for (const rsp_term *t = use->terms + use->first[i]; t < end; t++) {
            sum += rsp_v8_set(t->amount) *
                   larger(least, row_of(c.rows, c.rate[t->index], c.width));
        }
        rsp_v8_store(k + s * c.width, sum);
    }
}

static void derive(rsp_lanes *b, uint32_t stage)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        /* The last stage may be the next step's first, whose signs are looked at. */
        if (!b->stochastic && stage + 1 < b->tab->stages) {
            flow(b, stage, chunk);
            continue;
        }
        split_rates(b, stage, chunk);
        sum_rates(b, stage, chunk, false);
        if (b->stochastic && stage == 1) {
            gross_rates(b, stage, chunk);
        }
    }
}

static void place_start(rsp_lanes *b)
{
    memcpy(b->frame.rows + (size_t)b->program->species * b->width, b->x,
           (size_t)b->net.n_species * b->width * sizeof *b->x);
}

/* `text` with N the number of stages so far, as a constant. */
#define RSP_WITH_STAGES(count, text)                                           \
    switch (count) {                                                           \
    case 0: { enum { N = 0 }; text; break; }                                   \
    case 1: { enum { N = 1 }; text; break; }                                   \
    case 2: { enum { N = 2 }; text; break; }                                   \
    case 3: { enum { N = 3 }; text; break; }                                   \
    case 4: { enum { N = 4 }; text; break; }                                   \
    case 5: { enum { N = 5 }; text; break; }                                   \
    case 6: { enum { N = 6 }; text; break; }                                   \
    case 7: { enum { N = 7 }; text; break; }                                   \
    default: break;                                                            \
    }

/* x0 + w0 k0 + w1 k1 + ... of moving species, in this order everywhere: the end
 * of a step and a last stage placed there agree to the bit. */
RSP_LANE_INLINE void move_chunk(const rsp_lanes *b, uint32_t chunk, uint32_t n, double *to)
{
    const size_t w = b->width;
    const rsp_list moving = b->use[chunk].moving;
    const size_t first = (size_t)chunk * RSP_CHUNK;
    const double *x = b->x + first, *k[RSP_STAGES_MAX];
    const double *lowest = b->net.floor;
    rsp_v8 weight[RSP_STAGES_MAX];
    for (uint32_t j = 0; j < n; j++) {
        k[j] = b->k[j] + first;
        weight[j] = rsp_v8_load(b->w[j] + first);
    }
    for (uint32_t i = 0; i < b->use[chunk].n_plain; i++) {
        size_t s = moving.item[i];
        rsp_v8 sum = row_of(x, s, w);
        for (uint32_t j = 0; j < n; j++) {
            sum += weight[j] * row_of(k[j], s, w);
        }
        rsp_v8_store(to + first + s * w, larger(rsp_v8_set(lowest[s]), sum));
    }
}

static void move_along(const rsp_lanes *b, uint32_t n, double *to)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (b->active[chunk]) {
            RSP_WITH_STAGES(n, move_chunk(b, chunk, N, to))
        }
    }
}

static void place(rsp_lanes *b, uint32_t stage)
{
    move_along(b, stage, b->frame.rows + (size_t)b->program->species * b->width);
}

static void advance(rsp_lanes *b)
{
    move_along(b, b->tab->stages - (b->tab->fsal ? 1 : 0), b->xn);
}

static void weigh(rsp_lanes *b, const double *coefficient, uint32_t n)
{
    for (uint32_t first = 0; first < b->width; first += RSP_CHUNK) {
        rsp_v8 h = rsp_v8_load(b->h + first);
        for (uint32_t i = 0; i < n; i++) {
            rsp_v8_store(b->w[i] + first, rsp_v8_set(coefficient[i]) * h);
        }
    }
}

/* How errors of single species over their tolerance make one of a deterministic step:
 * the root of their mean square (Hairer & Wanner 1996, IV.8), or a third of the largest
 * where that is more, so that quiet species cannot hide one that is not. */
typedef struct rsp_error_sum {
    rsp_v8 squares, worst;
} rsp_error_sum;

static inline rsp_error_sum error_none(void)
{
    return (rsp_error_sum){rsp_v8_set(0), rsp_v8_set(0)};
}

static inline void error_add(rsp_error_sum *sum, rsp_v8 e)
{
    sum->squares += e * e;
    sum->worst = rsp_v8_max(sum->worst, e); /* a NaN in either stays */
}

/* y^(-1/root), as rsp_inverse_root's first guess and two Newton steps: within 0.1 %, which
 * is enough for a step length. */
static inline rsp_v8 inverse_root(rsp_v8 y, uint32_t root)
{
    const uint64_t one = (uint64_t)1023 << 20, share = ((uint64_t)1 << 32) / root;
    rsp_parts in = {.v = y}, out;
    for (int i = 0; i < RSP_CHUNK; i++) {
        out.w[i] = (one + one / root - ((in.w[i] >> 32) * share >> 32)) << 32;
    }
    rsp_v8 r = out.v;
    for (int k = 0; k < 2; k++) {
        rsp_v8 power = y;
        for (uint32_t i = 0; i < root; i++) {
            power *= r;
        }
        r += r * (rsp_v8_set(1) - power) / rsp_v8_set(root);
    }
    return r;
}

/* What an error says of the next step over this one. */
static inline rsp_v8 growth(rsp_v8 err, uint32_t root)
{
    return inverse_root(larger(rsp_v8_set(1e-6), err), root);
}

static inline void error_put(const rsp_error_sum *sum, uint32_t n, double counts, uint32_t root,
                             double *err, double *grow)
{
    const rsp_v8 mean = rsp_v8_sqrt(sum->squares / rsp_v8_set(n > 0 ? n : 1));
    const rsp_v8 e = rsp_v8_max(mean, sum->worst * rsp_v8_set(1.0 / 3)) * rsp_v8_set(counts);
    rsp_v8_store(err, e);
    rsp_v8_store(grow, growth(e, root));
}

static void grow(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const uint32_t first = chunk * RSP_CHUNK;
        rsp_v8_store(b->grow + first, growth(rsp_v8_load(b->err + first), b->tab->root));
    }
}

/* The number of stages is a constant where this is expanded, and `stochastic` is. */
RSP_LANE_INLINE void judge_chunk(rsp_lanes *b, uint32_t chunk, uint32_t n, bool stochastic)
{
    const uint32_t w = b->width;
    const rsp_list *moving = &b->use[chunk].moving;
    const uint32_t first = chunk * RSP_CHUNK;
    const rsp_v8 atol = rsp_v8_set(b->atol), rtol = rsp_v8_set(b->rtol);
    const double *last_place = b->frame.rows + (size_t)b->program->species * w;
    rsp_v8 worst = rsp_v8_set(0), weight[RSP_STAGES_MAX];
    rsp_error_sum sum = error_none();
    for (uint32_t j = 0; j < n; j++) {
        weight[j] = rsp_v8_load(b->w[j] + first);
    }
    for (uint32_t i = 0; i < b->use[chunk].n_plain; i++) {
        uint32_t s = moving->item[i];
        rsp_v8 e = rsp_v8_set(0);
        for (uint32_t j = 0; j < n; j++) {
            e += weight[j] * at(b->k[j], s, w, first);
        }
        rsp_v8 last = at(last_place, s, w, first);
        rsp_v8 size = larger(rsp_v8_abs(at(b->x, s, w, first)), rsp_v8_abs(last));
        if (stochastic) {
            rsp_v8 noise = rsp_v8_set(RSP_NOISE_SIZE) * rsp_v8_sqrt(size);
            rsp_m8 leaps = rsp_v8_truth(at(b->is_leap, s, w, first));
            size += rsp_v8_select(leaps, noise, rsp_v8_set(0));
        }
        e = rsp_v8_abs(e) / (atol + rtol * size);
        worst = rsp_v8_max(worst, e); /* a NaN in either stays */
        if (!stochastic) {
            error_add(&sum, e);
        }
    }
    if (!stochastic) {
        error_put(&sum, b->net.n_species, 1, b->tab->root, b->err + first, b->grow + first);
        return;
    }
    rsp_v8 e = rsp_v8_set(0); /* in firings */
    for (uint32_t j = 0; j < n; j++) {
        e += weight[j] * rsp_v8_load(b->hazard[j] + first);
    }
    worst = rsp_v8_max(worst, rsp_v8_abs(e) / (rsp_v8_set(RSP_FIRING_SIZE) * rtol));
    rsp_v8_store(b->err + first, worst);
}

static void judge(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        if (b->stochastic) {
            RSP_WITH_STAGES(b->tab->stages, judge_chunk(b, chunk, N, true))
        } else {
            RSP_WITH_STAGES(b->tab->stages, judge_chunk(b, chunk, N, false))
        }
    }
}

static void gather(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        const rsp_list *noisy = &b->use[chunk].noisy;
        uint32_t first = chunk * RSP_CHUNK;
        rsp_m8 chosen = chosen_lanes(b, first);
        rsp_v8 p0 = rsp_v8_load(b->part[0] + first);
        rsp_v8 p1 = rsp_v8_load(b->part[1] + first);
        for (uint32_t i = 0; i < noisy->n; i++) {
            uint32_t g = noisy->item[i];
            rsp_v8 before = at(b->pending, g, b->width, first);
            rsp_v8 more = p0 * at(b->gross[0], g, b->width, first) +
                          p1 * at(b->gross[1], g, b->width, first);
            put(b->pending, g, b->width, first,
                rsp_v8_select(chosen, before + larger(rsp_v8_set(0), more), before));
            before = at(b->skewed, g, b->width, first);
            more = p0 * at(b->tilt[0], g, b->width, first) +
                   p1 * at(b->tilt[1], g, b->width, first);
            put(b->skewed, g, b->width, first,
                rsp_v8_select(chosen, before + more, before));
        }
    }
}

static void settle(rsp_lanes *b)
{
    const uint32_t w = b->width;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const rsp_list *moving = &b->use[chunk].moving;
        uint32_t first = chunk * RSP_CHUNK;
        rsp_m8 chosen = chosen_lanes(b, first);
        rsp_m8 out = rsp_v8_lt(rsp_v8_set(0), rsp_v8_set(0));
        for (uint32_t i = 0; i < moving->n; i++) {
            uint32_t s = moving->item[i];
            rsp_v8 x = rsp_v8_select(chosen, at(b->xn, s, w, first), at(b->x, s, w, first));
            put(b->x, s, w, first, x);
            if (b->stochastic) {
                out |= rsp_v8_lt(x, at(b->low, s, w, first)) |
                       rsp_v8_ge(x, at(b->high, s, w, first));
            }
            if (b->tab->fsal) {
                const double *last = b->k[b->tab->stages - 1];
                put(b->k[0], s, w, first,
                    rsp_v8_select(chosen, at(last, s, w, first),
                                  at(b->k[0], s, w, first)));
            }
        }
        rsp_v8_store(b->out + first, rsp_v8_from_mask(out));
    }
}

/* ---- Implicit steps. */

static inline rsp_v8 in_chunk(const double *rows, size_t chunk, size_t n, size_t row)
{
    return rsp_v8_load(rows + (chunk * n + row) * RSP_CHUNK);
}

static inline void to_chunk(double *rows, size_t chunk, size_t n, size_t row, rsp_v8 v)
{
    rsp_v8_store(rows + (chunk * n + row) * RSP_CHUNK, v);
}

/* So many chunks go through the elimination together. */
enum { RSP_TOGETHER = 4 };

/* The next active chunks from *chunk on: RSP_TOGETHER of them in a row, or one. */
static bool next_chunks(const rsp_lanes *b, uint32_t *chunk, uint32_t *n)
{
    while (*chunk < b->n_chunks && !b->active[*chunk]) {
        ++*chunk;
    }
    uint32_t row = 0;
    while (row < RSP_TOGETHER && *chunk + row < b->n_chunks && b->active[*chunk + row]) {
        row++;
    }
    *n = row == RSP_TOGETHER ? RSP_TOGETHER : 1;
    return *chunk < b->n_chunks;
}

static void assemble(rsp_lanes *b, uint32_t chunk)
{
    const rsp_implicit *im = b->implicit;
    const rsp_sparse *plan = &im->plan;
    const rsp_jacobian *df = &b->program->df;
    const double *rows = b->frame.rows + (size_t)chunk * RSP_CHUNK;
    double *lu = im->lu + (size_t)chunk * plan->n_slots * RSP_CHUNK;
    const rsp_v8 zero = rsp_v8_set(0);
    const bool printed = b->machine.eliminate != NULL;
    for (uint32_t i = 0; !printed && i < plan->n_blank; i++) {
        rsp_v8_store(lu + (size_t)plan->blank[i] * RSP_CHUNK, zero);
    }
    for (uint32_t e = 0; !printed && e < df->n; e++) {
        rsp_v8_store(lu + (size_t)plan->slot[e] * RSP_CHUNK,
                     -row_of(rows, df->row[e], b->width));
    }
    for (uint32_t s = 0; im->has_time && s < plan->n; s++) {
        to_chunk(im->by_time, chunk, plan->n, s,
                 df->by_time[s] == UINT32_MAX ? zero : row_of(rows, df->by_time[s], b->width));
    }
}

/* No norm is less than the diagonal's largest entry: where that rules out a calm step of
 * each lane it stands for them, and with it all decisions are the same. */
static bool is_far_from_calm(const rsp_lanes *b, uint32_t chunk)
{
    const rsp_implicit *im = b->implicit;
    const size_t first = (size_t)chunk * RSP_CHUNK;
    const rsp_v8 enough = rsp_v8_set(RSP_FAR_FROM_CALM);
    rsp_v8 most = rsp_v8_set(0);
    for (uint32_t s = 0; s < im->plan.n; s++) {
        if (im->diagonal[s] != UINT32_MAX) {
            most = larger(most, rsp_v8_abs(row_of(b->frame.rows + first, im->diagonal[s],
                                                  b->width)));
        }
    }
    const rsp_m8 on = rsp_v8_truth(rsp_v8_load(im->on + first));
    const rsp_m8 is_far = rsp_v8_ge(most * rsp_v8_load(im->h + first), enough);
    rsp_v8_store(im->norm + first, most);
    return !rsp_m8_any(on & ~is_far);
}

/* The least of three norms of J: the largest sum of a row, of a column, and of a row
 * in units of each species' tolerance. */
static void bound(rsp_lanes *b, uint32_t chunk)
{
    const rsp_implicit *im = b->implicit;
    const rsp_jacobian *df = &b->program->df;
    const size_t first = (size_t)chunk * RSP_CHUNK;
    const double *rows = b->frame.rows + first, *x = b->x + first;
    const rsp_v8 zero = rsp_v8_set(0), least = rsp_v8_set(b->atol / b->rtol);
    rsp_v8 by_row = zero, by_column = zero, scaled = zero;
    if (im->skims && is_far_from_calm(b, chunk)) {
        return;
    }
    for (uint32_t s = 0; s < im->plan.n; s++) {
        rsp_v8_store(im->right + (size_t)s * RSP_CHUNK, zero);
    }
    for (uint32_t s = 0; s < im->plan.n; s++) {
        rsp_v8 sum = zero, in_units = zero;
        for (uint32_t e = df->first[s]; e < df->first[s + 1]; e++) {
            rsp_v8 entry = rsp_v8_abs(row_of(rows, df->row[e], b->width));
            double *column = im->right + (size_t)df->column[e] * RSP_CHUNK;
            rsp_v8_store(column, rsp_v8_load(column) + entry);
            sum += entry;
            in_units += entry * (least + rsp_v8_abs(row_of(x, df->column[e], b->width)));
        }
        by_row = larger(by_row, sum);
        scaled = larger(scaled, in_units / (least + rsp_v8_abs(row_of(x, s, b->width))));
    }
    for (uint32_t s = 0; s < im->plan.n; s++) {
        by_column = larger(by_column, rsp_v8_load(im->right + (size_t)s * RSP_CHUNK));
    }
    rsp_v8_store(im->norm + first, smaller(smaller(by_row, by_column), scaled));
}

/* Elimination and substitution go entry by entry through all chunks at hand: one
 * chunk alone would wait for each of its entries in turn. `n` is a constant where
 * these are expanded, and `apart` the distance from chunk to chunk.
 *
 * L has ones on its diagonal; that of U is kept as its inverse. */
RSP_LANE_INLINE void eliminate(const rsp_sparse *plan, double *lu, size_t apart,
                               const rsp_v8 *shift, uint32_t n)
{
    const uint32_t *target = plan->target_slot;
    for (uint32_t k = 0; k < plan->n; k++) {
        double *diagonal = lu + (size_t)plan->diagonal[k] * RSP_CHUNK;
        rsp_v8 inverse[RSP_TOGETHER];
        for (uint32_t c = 0; c < n; c++) {
            /* The shift comes last to a pivot: all that is taken off it is there. */
            inverse[c] = rsp_v8_set(1) / (rsp_v8_load(diagonal + c * apart) + shift[c]);
            rsp_v8_store(diagonal + c * apart, inverse[c]);
        }
        for (uint32_t i = plan->lower[k]; i < plan->lower[k + 1]; i++) {
            double *at = lu + (size_t)plan->lower_slot[i] * RSP_CHUNK;
            rsp_v8 l[RSP_TOGETHER];
            for (uint32_t c = 0; c < n; c++) {
                l[c] = rsp_v8_load(at + c * apart) * inverse[c];
                rsp_v8_store(at + c * apart, l[c]);
            }
            for (uint32_t j = plan->upper[k]; j < plan->upper[k + 1]; j++) {
                double *to = lu + (size_t)*target++ * RSP_CHUNK;
                const double *from = lu + (size_t)plan->upper_slot[j] * RSP_CHUNK;
                for (uint32_t c = 0; c < n; c++) {
                    rsp_v8_store(to + c * apart, rsp_v8_load(to + c * apart) -
                                                     l[c] * rsp_v8_load(from + c * apart));
                }
            }
        }
    }
}

static void factor(rsp_lanes *b)
{
    const rsp_implicit *im = b->implicit;
    const size_t apart = (size_t)im->plan.n_slots * RSP_CHUNK;
    rsp_v8 shift[RSP_TOGETHER];
    for (uint32_t chunk = 0, n = 0; next_chunks(b, &chunk, &n); chunk += n) {
        for (uint32_t c = 0; c < n; c++) {
            assemble(b, chunk + c);
            bound(b, chunk + c);
            rsp_v8 h = rsp_v8_load(im->h + (size_t)(chunk + c) * RSP_CHUNK);
            shift[c] = rsp_v8_set(1) / (rsp_v8_set(im->tab->gamma) * h);
        }
        double *lu = im->lu + chunk * apart;
        for (uint32_t c = 0; b->machine.eliminate != NULL && c < n; c++) {
            _Alignas(64) double more[RSP_CHUNK];
            rsp_v8_store(more, shift[c]);
            b->machine.eliminate(b->frame.rows + (chunk + c) * (size_t)RSP_CHUNK, more,
                                 lu + c * apart);
        }
        if (b->machine.eliminate != NULL) {
            continue;
        }
        if (n == RSP_TOGETHER) {
            eliminate(&im->plan, lu, apart, shift, RSP_TOGETHER);
        } else {
            eliminate(&im->plan, lu, apart, shift, 1);
        }
    }
}

/* from + sum_j weight[j] u[j]; n is a constant where this is expanded. */
RSP_LANE_INLINE rsp_v8 combined(const rsp_implicit *im, size_t at, rsp_v8 from,
                                const double *weight, uint32_t n)
{
    for (uint32_t j = 0; j < n; j++) {
        from += rsp_v8_set(weight[j]) * rsp_v8_load(im->u[j] + at);
    }
    return from;
}

RSP_LANE_INLINE void place_chunk(rsp_lanes *b, size_t chunk, uint32_t stage,
                                 const double *weight, uint32_t stages)
{
    const rsp_implicit *im = b->implicit;
    const size_t n = b->net.n_species, w = b->width, first = chunk * RSP_CHUNK;
    const bool goes_on = stage > im->tab->tail, will = stage == im->tab->tail;
    const double *lowest = b->net.floor, *x0 = b->x + first, *last = im->u[stage - 1];
    double *to = b->frame.rows + (size_t)b->program->species * w + first;
    for (size_t s = 0; s < n; s++) {
        rsp_v8 x;
        if (goes_on) {
            x = in_chunk(im->end, chunk, n, s) + in_chunk(last, chunk, n, s);
        } else {
            x = combined(im, (chunk * n + s) * RSP_CHUNK, row_of(x0, s, w), weight, stages);
        }
        if (goes_on || will) {
            to_chunk(im->end, chunk, n, s, x);
        }
        rsp_v8_store(to + s * w, larger(rsp_v8_set(lowest[s]), x));
    }
}

static void place_implicit(rsp_lanes *b, uint32_t stage)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        RSP_WITH_STAGES(stage, place_chunk(b, chunk, N, b->implicit->tab->a[stage], N))
    }
}

/* The derivative of species s in n chunks from the frame's rates, to the bit what
 * `flow` gives. */
RSP_LANE_INLINE void slope(const rsp_lanes *b, size_t first, size_t s, rsp_v8 least,
                           rsp_v8 *sum, uint32_t n)
{
    const double *rows = b->frame.rows + first;
    const size_t w = b->width;
    const uint32_t drift = b->program->drift[s], *rate = b->program->rate;
    for (uint32_t c = 0; c < n; c++) {
        sum[c] = rsp_v8_set(0);
        if (drift != UINT32_MAX) {
            sum[c] = rsp_v8_load(rows + drift * w + c * RSP_CHUNK);
        }
    }
    const rsp_term *end = b->net.terms + b->net.by_species[s + 1];
    for (const rsp_term *t = b->net.terms + b->net.by_species[s]; t < end; t++) {
        const double *at = rows + rate[t->index] * w;
        const rsp_v8 amount = rsp_v8_set(t->amount);
        for (uint32_t c = 0; c < n; c++) {
            sum[c] += amount * larger(least, rsp_v8_load(at + c * RSP_CHUNK));
        }
    }
}

/* Right sides and their substitution, row by row through n chunks; numbers of
 * `stages` and chunks are constants where this is expanded. */
RSP_LANE_INLINE void solve_chunks(rsp_lanes *b, size_t chunk, uint32_t stage, uint32_t stages,
                                  uint32_t n)
{
    const rsp_implicit *im = b->implicit;
    const rsp_sparse *plan = &im->plan;
    const size_t first = chunk * RSP_CHUNK, apart = (size_t)plan->n * RSP_CHUNK;
    const size_t lu_apart = (size_t)plan->n_slots * RSP_CHUNK;
    const double *lu = im->lu + chunk * lu_apart, *weight = im->tab->g[stage];
    const rsp_v8 least = rsp_v8_set(b->any_sign ? -(double)INFINITY : 0);
    double *x = im->u[stage] + chunk * apart;
    rsp_v8 inverse[RSP_TOGETHER], hd[RSP_TOGETHER], sum[RSP_TOGETHER];
    for (uint32_t c = 0; c < n; c++) {
        const rsp_v8 h = rsp_v8_load(im->h + first + c * RSP_CHUNK);
        inverse[c] = rsp_v8_set(1) / h;
        hd[c] = h * rsp_v8_set(im->tab->d[stage]);
    }
    for (uint32_t k = 0; k < plan->n; k++) {
        const size_t s = plan->pivot[k], at = chunk * apart + s * RSP_CHUNK;
        if (stages > 0) {
            slope(b, first, s, least, sum, n);
        }
        for (uint32_t c = 0; c < n; c++) {
            if (stages == 0) {
                sum[c] = rsp_v8_load(b->k[0] + s * b->width + first + c * RSP_CHUNK);
            } else {
                sum[c] += inverse[c] *
                          combined(im, at + c * apart, rsp_v8_set(0), weight, stages);
            }
            if (im->has_time) {
                sum[c] += hd[c] * rsp_v8_load(im->by_time + at + c * apart);
            }
        }
        for (uint32_t i = plan->left[k]; i < plan->left[k + 1]; i++) {
            const double *l = lu + (size_t)plan->left_slot[i] * RSP_CHUNK;
            const double *xi = x + (size_t)plan->left_column[i] * RSP_CHUNK;
            for (uint32_t c = 0; c < n; c++) {
                sum[c] -= rsp_v8_load(l + c * lu_apart) * rsp_v8_load(xi + c * apart);
            }
        }
        for (uint32_t c = 0; c < n; c++) {
            rsp_v8_store(x + s * RSP_CHUNK + c * apart, sum[c]);
        }
    }
    for (uint32_t k = plan->n; k-- > 0;) {
        double *at = x + (size_t)plan->pivot[k] * RSP_CHUNK;
        const double *diagonal = lu + (size_t)plan->diagonal[k] * RSP_CHUNK;
        for (uint32_t c = 0; c < n; c++) {
            sum[c] = rsp_v8_load(at + c * apart);
        }
        for (uint32_t j = plan->upper[k]; j < plan->upper[k + 1]; j++) {
            const double *u = lu + (size_t)plan->upper_slot[j] * RSP_CHUNK;
            const double *xj = x + (size_t)plan->upper_column[j] * RSP_CHUNK;
            for (uint32_t c = 0; c < n; c++) {
                sum[c] -= rsp_v8_load(u + c * lu_apart) * rsp_v8_load(xj + c * apart);
            }
        }
        for (uint32_t c = 0; c < n; c++) {
            rsp_v8_store(at + c * apart, sum[c] * rsp_v8_load(diagonal + c * lu_apart));
        }
    }
}

/* The same by code that was printed for the model. */
static void solve_printed(const rsp_lanes *b, size_t chunk, uint32_t stage)
{
    const rsp_implicit *im = b->implicit;
    const size_t first = chunk * RSP_CHUNK, offset = chunk * im->plan.n * RSP_CHUNK;
    const rsp_stage s = {
        .rows = b->frame.rows + first,
        .slope = stage == 0 ? b->k[0] + first : NULL,
        .lu = im->lu + chunk * im->plan.n_slots * RSP_CHUNK,
        .by_time = im->has_time ? im->by_time + offset : NULL,
        .u = im->u, .offset = offset, .stage = stage,
        .g = im->tab->g[stage], .d = im->tab->d[stage], .h = im->h + first};
    b->machine.solve(&s);
}

static void solve(rsp_lanes *b, uint32_t stage)
{
    for (uint32_t chunk = 0; b->machine.solve != NULL && chunk < b->n_chunks; chunk++) {
        if (b->active[chunk]) {
            solve_printed(b, chunk, stage);
        }
    }
    if (b->machine.solve != NULL) {
        return;
    }
    for (uint32_t chunk = 0, n = 0; next_chunks(b, &chunk, &n); chunk += n) {
        if (n == RSP_TOGETHER) {
            RSP_WITH_STAGES(stage, solve_chunks(b, chunk, N, N, RSP_TOGETHER))
        } else {
            RSP_WITH_STAGES(stage, solve_chunks(b, chunk, N, N, 1))
        }
    }
}

/* An amount that relaxes within a step forgets an error before the next are added to it,
 * where one that does not adds them all up: it counts down to a half. */
static inline rsp_v8 forgets(const rsp_lanes *b, size_t chunk, size_t s)
{
    const size_t first = chunk * RSP_CHUNK;
    const uint32_t diagonal = b->implicit->diagonal[s];
    const rsp_v8 one = rsp_v8_set(1), half = rsp_v8_set(0.5);
    if (b->stochastic || diagonal == UINT32_MAX) {
        return one;
    }
    const rsp_v8 h = rsp_v8_load(b->implicit->h + first);
    const rsp_v8 lost = -h * row_of(b->frame.rows + first, diagonal, b->width);
    return one - smaller(half, larger(rsp_v8_set(0), lost));
}

static void judge_implicit(rsp_lanes *b)
{
    const rsp_implicit *im = b->implicit;
    const size_t n = b->net.n_species;
    const double *last = im->u[im->tab->stages - 1];
    const rsp_v8 atol = rsp_v8_set(b->atol), rtol = rsp_v8_set(b->rtol);
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        const size_t first = (size_t)chunk * RSP_CHUNK;
        rsp_error_sum sum = error_none();
        for (size_t s = 0; s < n; s++) {
            const rsp_v8 x = row_of(b->x + first, s, b->width);
            const rsp_v8 e = in_chunk(last, chunk, n, s);
            const rsp_v8 end = in_chunk(im->end, chunk, n, s) + e;
            to_chunk(im->end, chunk, n, s, end);
            const rsp_v8 size = larger(rsp_v8_abs(x), rsp_v8_abs(end));
            error_add(&sum, rsp_v8_abs(e) * forgets(b, chunk, s) / (atol + rtol * size));
        }
        if (b->stochastic) {
            rsp_v8_store(im->err + first, sum.worst);
            rsp_v8_store(im->grow + first, growth(sum.worst, im->tab->root));
        } else {
            error_put(&sum, b->net.n_species, im->tab->counts, im->tab->root, im->err + first,
                      im->grow + first);
        }
    }
}

/* By the printed step, two chunks at a time. */
static void stride_two(rsp_lanes *b, size_t chunk)
{
    enum { BOTH = 2 * RSP_CHUNK };
    const rsp_implicit *im = b->implicit;
    const size_t first = chunk * RSP_CHUNK, n = im->plan.n;
    _Alignas(64) double shift[BOTH], squares[BOTH], worst[BOTH];
    double *u[RSP_ROSENBROCK_STAGES];
    bool stores;
    for (uint32_t i = 0; i < im->tab->stages; i++) {
        u[i] = im->u[i] + first * n;
    }
    for (uint32_t l = 0; l < BOTH; l += RSP_CHUNK) {
        const rsp_v8 h = rsp_v8_load(im->h + first + l);
        rsp_v8_store(shift + l, rsp_v8_set(1) / (rsp_v8_set(im->tab->gamma) * h));
    }
    b->machine.step(&(rsp_whole){
        .rows = b->frame.rows + first, .x = b->x + first, .slope = b->k[0] + first,
        .lowest = b->lowest + first, .u = u, .end = im->end + first * n,
        .stages = im->tab->stages, .tail = im->tab->tail,
        .a = im->tab->a[0], .g = im->tab->g[0], .apart = RSP_ROSENBROCK_STAGES,
        .h = im->h + first, .shift = shift, .on = im->on + first, .floor = b->net.floor,
        .rtol = b->rtol, .atol = b->atol, .far = RSP_FAR_FROM_CALM, .skims = im->skims,
        .stores = &stores, .most = im->norm + first, .squares = squares, .worst = worst});
    for (uint32_t c = 0; c < 2; c++) {
        const size_t l = c * RSP_CHUNK;
        const rsp_error_sum sum = {rsp_v8_load(squares + l), rsp_v8_load(worst + l)};
        if (stores) {
            bound(b, (uint32_t)(chunk + c));
        }
        error_put(&sum, b->net.n_species, im->tab->counts, im->tab->root, im->err + first + l,
                  im->grow + first + l);
    }
}

static void stride(rsp_lanes *b)
{
    for (size_t chunk = 0; chunk < b->n_chunks; chunk += 2) {
        if (b->active[chunk] || b->active[chunk + 1]) {
            stride_two(b, chunk);
        }
    }
}

/* What the derivatives of the last two stages differ by over what the states do estimates
 * the largest eigenvalue, where these are at the same time (Hairer & Wanner 1996, IV.2).
 * Those of Bogacki & Shampine's are not: there what is smooth, which differs evenly from
 * stage to stage, is taken off both.  Species that relax hold no step. */
typedef struct turn {
    rsp_v8 moved, turned;
} turn;

static inline turn turn_of(const rsp_lanes *b, size_t s, size_t first)
{
    const uint32_t last = b->tab->stages - 1;
    if (b->stochastic) {
        const rsp_v8 k0 = row_of(b->k[0] + first, s, b->width), k1 = row_of(b->k[1] + first, s, b->width);
        return (turn){rsp_v8_set(0.75) * (k1 - k0), row_of(b->k[2] + first, s, b->width) -
                                                       rsp_v8_set(1.5) * k1 + rsp_v8_set(0.5) * k0};
    }
    rsp_v8 moved = rsp_v8_set(0);
    for (uint32_t j = 0; j < last; j++) {
        moved += rsp_v8_set(b->tab->a[last][j] - b->tab->a[last - 1][j]) *
                 row_of(b->k[j] + first, s, b->width);
    }
    return (turn){moved, row_of(b->k[last] + first, s, b->width) -
                             row_of(b->k[last - 1] + first, s, b->width)};
}

static void strain(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        const size_t first = (size_t)chunk * RSP_CHUNK;
        const rsp_v8 least = rsp_v8_set(b->atol / b->rtol);
        rsp_v8 above = rsp_v8_set(0), below = above;
        for (uint32_t i = 0; i < b->use[chunk].n_plain; i++) {
            const size_t s = b->use[chunk].moving.item[i];
            const turn t = turn_of(b, s, first);
            const rsp_v8 unit = least + rsp_v8_abs(row_of(b->x + first, s, b->width));
            const rsp_v8 turned = t.turned / unit, moved = t.moved / unit;
            above += turned * turned;
            below += moved * moved;
        }
        /* The states moved h times that much; (h eigenvalue)^2 is the quotient. */
        rsp_v8_store(b->implicit->strain + first, above / below);
    }
}

static void explicit_weights(const rsp_tableau *tab, rsp_v8 h, rsp_v8 theta, rsp_v8 *weight)
{
    for (uint32_t i = 0; i < tab->stages; i++) {
        rsp_v8 sum = rsp_v8_set(0);
        for (uint32_t j = tab->degree; j-- > 0;) {
            sum = (sum + rsp_v8_set(tab->dense[i][j])) * theta;
        }
        weight[i] = h * sum;
    }
}

static void inside_explicit(const rsp_lanes *b, uint32_t lane, rsp_v8 theta, double *x)
{
    const rsp_tableau *tab = b->tab;
    const rsp_v8 h = rsp_v8_set(b->h[lane]);
    rsp_v8 weight[RSP_STAGES_MAX];
    explicit_weights(tab, h, theta, weight);
    for (size_t s = 0; s < b->net.n_species; s++) {
        const size_t at = s * b->width + lane;
        rsp_v8 sum = rsp_v8_set(b->x[at]);
        for (uint32_t i = 0; i < tab->stages; i++) {
            sum += weight[i] * rsp_v8_set(b->k[i][at]);
        }
        rsp_v8_store(x + s * RSP_CHUNK, larger(rsp_v8_set(b->net.floor[s]), sum));
    }
}

/* Of lanes that step explicitly. */
static void inside_moving(const rsp_lanes *b, uint32_t chunk, const double *share, double *x)
{
    const rsp_tableau *tab = b->tab;
    const size_t first = (size_t)chunk * RSP_CHUNK;
    const rsp_list *moving = &b->use[chunk].moving;
    const rsp_v8 theta = rsp_v8_load(share), h = rsp_v8_load(b->h + first);
    rsp_v8 weight[RSP_STAGES_MAX];
    explicit_weights(tab, h, theta, weight);
    for (size_t s = 0; s < b->net.n_species; s++) {
        rsp_v8_store(x + s * RSP_CHUNK, row_of(b->x + first, s, b->width));
    }
    for (uint32_t m = 0; m < b->use[chunk].n_plain; m++) {
        const size_t s = moving->item[m];
        rsp_v8 sum = row_of(b->x + first, s, b->width);
        for (uint32_t i = 0; i < tab->stages; i++) {
            sum += weight[i] * row_of(b->k[i] + first, s, b->width);
        }
        rsp_v8_store(x + s * RSP_CHUNK, larger(rsp_v8_set(b->net.floor[s]), sum));
    }
}

static void dense_weights(const rsp_rosenbrock *tab, rsp_v8 theta, rsp_v8 *weight)
{
    const rsp_v8 rest = rsp_v8_set(1) - theta;
    for (uint32_t i = 0; i < RSP_ROSENBROCK_STAGES; i++) {
        rsp_v8 inner = rsp_v8_set(tab->dense[0][i]) +
                       theta * (rsp_v8_set(tab->dense[1][i]) +
                                theta * rsp_v8_set(tab->dense[2][i]));
        weight[i] = theta * (rsp_v8_set(tab->b[i]) + rest * inner);
    }
}

static void inside_implicit(const rsp_lanes *b, uint32_t lane, rsp_v8 theta, double *x)
{
    const rsp_implicit *im = b->implicit;
    const size_t n = b->net.n_species;
    const size_t first = lane / RSP_CHUNK * n * RSP_CHUNK + lane % RSP_CHUNK;
    rsp_v8 weight[RSP_ROSENBROCK_STAGES];
    dense_weights(im->tab, theta, weight);
    for (size_t s = 0; s < n; s++) {
        rsp_v8 sum = rsp_v8_set(b->x[s * b->width + lane]);
        for (uint32_t i = 0; i < RSP_ROSENBROCK_STAGES; i++) {
            sum += weight[i] * rsp_v8_set(im->u[i][first + s * RSP_CHUNK]);
        }
        rsp_v8_store(x + s * RSP_CHUNK, larger(rsp_v8_set(b->net.floor[s]), sum));
    }
}

static void inside_chunk(const rsp_lanes *b, uint32_t chunk, const double *share, double *x)
{
    const rsp_implicit *im = b->implicit;
    const size_t n = b->net.n_species, first = (size_t)chunk * RSP_CHUNK;
    rsp_v8 weight[RSP_ROSENBROCK_STAGES];
    dense_weights(im->tab, rsp_v8_load(share), weight);
    for (size_t s = 0; s < n; s++) {
        rsp_v8 sum = row_of(b->x + first, s, b->width);
        for (uint32_t i = 0; i < RSP_ROSENBROCK_STAGES; i++) {
            sum += weight[i] * in_chunk(im->u[i], chunk, n, s);
        }
        rsp_v8_store(x + s * RSP_CHUNK, larger(rsp_v8_set(b->net.floor[s]), sum));
    }
}

/* Of eight lanes the ones that are looked at. */
static inline rsp_v8 looked(const double *row, const rsp_looks *looks)
{
#if RSP_N == 8
    return (rsp_v8)_mm512_permutexvar_pd(_mm512_load_si512(looks->lane), _mm512_loadu_pd(row));
#else
    rsp_v8 v;
    for (int k = 0; k < RSP_CHUNK; k++) {
        v[k] = row[looks->lane[k]];
    }
    return v;
#endif
}

static void inside_looks(const rsp_lanes *b, uint32_t chunk, const rsp_looks *looks, double *x)
{
    const rsp_implicit *im = b->implicit;
    const size_t n = b->net.n_species, first = (size_t)chunk * RSP_CHUNK;
    rsp_v8 weight[RSP_ROSENBROCK_STAGES];
    dense_weights(im->tab, rsp_v8_load(looks->since) / rsp_v8_load(looks->whole), weight);
    for (size_t s = 0; s < n; s++) {
        rsp_v8 sum = looked(b->x + first + s * b->width, looks);
        for (uint32_t i = 0; i < RSP_ROSENBROCK_STAGES; i++) {
            sum += weight[i] * looked(im->u[i] + (chunk * n + s) * RSP_CHUNK, looks);
        }
        rsp_v8_store(x + s * RSP_CHUNK, larger(rsp_v8_set(b->net.floor[s]), sum));
    }
}

static void inside(const rsp_lanes *b, uint32_t lane, const double *share, double *x)
{
    if (b->implicit != NULL && b->implicit->on[lane] > 0) {
        inside_implicit(b, lane, rsp_v8_load(share), x);
    } else {
        inside_explicit(b, lane, rsp_v8_load(share), x);
    }
}

static void advance_implicit(rsp_lanes *b)
{
    const rsp_implicit *im = b->implicit;
    const size_t n = b->net.n_species;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const size_t first = (size_t)chunk * RSP_CHUNK;
        const rsp_m8 on = rsp_v8_truth(rsp_v8_load(im->on + first));
        for (size_t s = 0; s < n; s++) {
            rsp_v8 end = larger(rsp_v8_set(b->net.floor[s]), in_chunk(im->end, chunk, n, s));
            rsp_v8 x = row_of(b->xn + first, s, b->width);
            rsp_v8_store(b->xn + first + s * b->width, rsp_v8_select(on, end, x));
        }
    }
}

const rsp_kernel RSP_ISA_NAME(rsp_kernel) = {
    .place_start = place_start, .begin = begin, .place = place, .derive = derive,
    .weigh = weigh, .judge = judge, .grow = grow, .advance = advance,
    .gather = gather, .settle = settle,
    .factor = factor, .place_implicit = place_implicit, .solve = solve,
    .stride = stride, .strain = strain, .inside = inside, .inside_chunk = inside_chunk, .inside_looks = inside_looks,
    .inside_moving = inside_moving,
    .judge_implicit = judge_implicit, .advance_implicit = advance_implicit,
};
