/* The loops of the direct method; compiled once for each instruction set. */
#include <math.h>

#include "model/ops.h"
#include "num/lane.h"
#include "respite/num.h"
#include "sim/direct.h"

static void draw(rsp_direct *d, uint64_t seed, uint32_t trial, uint32_t participant)
{
    const rsp_nw zero = {0};
    rsp_parts step;
    for (int i = 0; i < 8; i++) {
        step.w[i] = (uint64_t)i;
    }
    for (uint32_t k = 0; k < d->batch; k += 8) {
        rsp_parts gap, pick;
        const uint64_t at = d->next_index + k, channel = at >> 32, first = (uint32_t)at;
        for (int i = 0; i < RSP_PARTS; i++) {
            rsp_n_words w = rsp_n_philox(seed, zero + participant, zero + trial,
                                         zero + (RSP_PURPOSE_CANDIDATE | channel << 6),
                                         first + step.nw[i]);
            gap.n[i] = -rsp_n_log_normal(rsp_n_open(w.first), rsp_n_set(0.0));
            pick.n[i] = rsp_n_open(w.second);
        }
        rsp_v8_store(d->gap + k, gap.v);
        rsp_v8_store(d->pick + k, pick.v);
    }
    d->next_index += d->batch;
    d->n_drawn = d->batch;
    d->i_drawn = 0;
}

static inline double operate(const rsp_instr *in, const double *value)
{
    const double a = value[in->a], b = value[in->b];
    switch (in->op) {
    case RSP_OP_MUL: return a * b;
    case RSP_OP_ADD: return a + b;
    case RSP_OP_SUB: return a - b;
    case RSP_OP_DIV: return a / b;
    default: return rsp_op_scalar(in->op, a, b, value[in->c]);
    }
}

static inline double rate_of(rsp_direct *d, uint32_t c)
{
    for (uint32_t i = d->needs.first[c]; i < d->needs.first[c + 1]; i++) {
        const rsp_instr *in = &d->code[d->needs.item[i]];
        d->value[in->to] = operate(in, d->value);
    }
    return d->value[d->slot[c]];
}

/* The channel in whose share `rest` of the sum falls; *rest becomes the place
 * within that share.  Rounding may lead beyond the last channel. */
static inline uint32_t choose(const rsp_sums *sums, uint32_t n_levels, double *rest)
{
    uint32_t c = 0;
    for (uint32_t v = n_levels; v-- > 0;) {
        const double *before = sums->before[v] + (size_t)c * RSP_NODE;
        uint32_t k = rsp_v8_count_le(rsp_v8_load(before), *rest) - 1;
        *rest -= before[k];
        c = c * RSP_NODE + k;
    }
    return c;
}

static inline bool is_outside(const rsp_range *range, double x)
{
    return (int)(x < range->low) | (int)(x > range->high);
}

/* Make the first two changes; true: an amount left its range, or there are more. */
static inline bool apply(const rsp_effect *e, double *x, const rsp_range *range)
{
    const uint32_t i = e->slot[0], j = e->slot[1];
    const double p = x[i] + e->amount[0];
    x[i] = p;
    const double q = x[j] + e->amount[1];
    x[j] = q;
    return (int)is_outside(&range[i], p) | (int)is_outside(&range[j], q) | (int)(e->n_more > 0);
}

/* Candidates whose channel is chosen before the first of them is looked at: bounds
 * stand still until one makes an amount leave its range, and a processor that
 * mispredicts one has the others ready. */
enum { GROUP = 8 };

typedef struct candidates {
    double gap[GROUP], rest[GROUP];
    uint32_t channel[GROUP];
} candidates;

static inline void choose_group(const rsp_direct *d, const rsp_sums *sums, uint32_t n_levels,
                                uint32_t first, uint32_t n, candidates *to)
{
    const double total = sums->whole[n_levels - 1][0], mean_gap = d->mean_gap;
    for (uint32_t k = 0; k < n; k++) {
        to->gap[k] = d->gap[first + k] * mean_gap;
        to->rest[k] = d->pick[first + k] * total;
        to->channel[k] = choose(sums, n_levels, &to->rest[k]);
    }
}

/* Whether candidate `rest` of channel c is refused at time t: what lies above the
 * rate itself.  *valid: whether it is a rate. */
static inline bool is_refused(rsp_direct *d, uint32_t c, double rest, double t, bool *valid)
{
    if (c >= d->n_channels) {
        return true;
    }
    if (d->timed) {
        rsp_direct_tick(d, t);
    }
    d->n_evaluated++;
    const double rate = rate_of(d, c);
    *valid = rate >= -1e-9 * (1 + 1 / d->mean_gap);
    return !(rest < rate);
}

/* n_levels is a constant where this is expanded. */
static inline __attribute__((always_inline)) rsp_direct_pause
fire(rsp_direct *d, uint32_t n_levels)
{
    const double horizon = d->horizon, *lower = d->lower;
    const rsp_effect *effect = d->effect;
    const rsp_range *range = d->range;
    const rsp_sums sums = d->sums;
    const uint32_t first = d->i_drawn;
    double *x = d->value;
    double t = d->t;
    uint32_t i = first;
    uint64_t n_refused = 0;
    rsp_direct_pause pause = RSP_PAUSE_DRAW;
    candidates group;
    while (pause == RSP_PAUSE_DRAW && i < d->n_drawn) {
        const uint32_t n = d->n_drawn - i < GROUP ? d->n_drawn - i : GROUP;
        choose_group(d, &sums, n_levels, i, n, &group);
        for (uint32_t k = 0; k < n; k++) {
            const double next = t + group.gap[k];
            if (!(next < horizon)) {
                pause = RSP_PAUSE_HORIZON;
                break;
            }
            t = next;
            i++;
            const uint32_t c = group.channel[k];
            bool valid = true;
            if (!(group.rest[k] < lower[c]) && is_refused(d, c, group.rest[k], t, &valid)) {
                n_refused++;
                if (valid) {
                    continue;
                }
                d->fired = c;
                pause = RSP_PAUSE_INVALID;
                break;
            }
            if (apply(&effect[c], x, range)) {
                d->fired = c;
                pause = RSP_PAUSE_LEFT;
                break;
            }
        }
    }
    d->t = t;
    d->i_drawn = i;
    d->n_events += i - first - n_refused;
    d->n_refused += n_refused;
    return pause;
}

static rsp_direct_pause advance(rsp_direct *d)
{
    switch (d->sums.n_levels) {
    case 1: return fire(d, 1);
    case 2: return fire(d, 2);
    case 3: return fire(d, 3);
    default: return fire(d, d->sums.n_levels);
    }
}

const rsp_direct_kernel RSP_ISA_NAME(rsp_direct_kernel) = {draw, advance};
