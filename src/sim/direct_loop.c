/* The loops of the direct method; compiled once for each instruction set. */
#include <math.h>

#include "model/ops.h"
#include "num/lane.h"
#include "respite/num.h"
#include "sim/direct.h"

#define RSP_JOIN2(a, b) a##b
#define RSP_JOIN(a, b) RSP_JOIN2(a, b)

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

/* How many of a node's sums are at most x. */
static inline uint32_t below(const double *sums, double x)
{
    return rsp_m8_count(rsp_v8_le(rsp_v8_load(sums), rsp_v8_set(x)));
}

/* Add the changes of channel c; true: some amount left its range. */
static inline bool apply(rsp_direct *d, uint32_t c)
{
    const rsp_effect *e = &d->effect[c];
    double *x = d->value;
    const rsp_range *range = d->range;
    double p = x[e->slot[0]] + e->amount[0];
    x[e->slot[0]] = p;
    bool out = p < range[e->slot[0]].low || p > range[e->slot[0]].high;
    double q = x[e->slot[1]] + e->amount[1];
    x[e->slot[1]] = q;
    return (int)out | (int)(q < range[e->slot[1]].low) | (int)(q > range[e->slot[1]].high) |
           (int)(e->n_more > 0);
}

static rsp_direct_pause advance(rsp_direct *d)
{
    const uint32_t top = d->sums.n_levels - 1;
    const double mean_gap = d->mean_gap, horizon = d->horizon;
    const double total = d->sums.sum[top][RSP_NODE - 1];
    double t = d->t;
    uint32_t i = d->i_drawn;
    uint64_t n_events = d->n_events, n_refused = d->n_refused;
    rsp_direct_pause pause = RSP_PAUSE_DRAW;
    for (; i < d->n_drawn; ) {
        const double next = t + d->gap[i] * mean_gap;
        if (!(next < horizon)) {
            pause = RSP_PAUSE_HORIZON;
            break;
        }
        double rest = d->pick[i] * total;
        i++;
        t = next;
        uint32_t c = 0;
        for (uint32_t v = top + 1; v-- > 0;) {
            const double *sums = d->sums.sum[v] + (size_t)c * RSP_NODE;
            uint32_t k = below(sums, rest);
            k = k < RSP_NODE ? k : RSP_NODE - 1;
            rest -= k > 0 ? sums[k - 1] : 0;
            c = c * RSP_NODE + k;
        }
        if (!(rest < d->lower[c])) {
            if (c >= d->n_channels) { /* beyond the last by rounding */
                n_refused++;
                continue;
            }
            if (d->timed) {
                rsp_direct_tick(d, t);
            }
            d->n_evaluated++;
            double rate = rate_of(d, c);
            if (!(rest < rate)) {
                n_refused++;
                if (rate >= -1e-9 * (1 + total)) {
                    continue;
                }
                d->fired = c;
                pause = RSP_PAUSE_INVALID;
                break;
            }
        }
        n_events++;
        if (apply(d, c)) {
            d->fired = c;
            pause = RSP_PAUSE_LEFT;
            break;
        }
    }
    d->t = t;
    d->i_drawn = i;
    d->n_events = n_events;
    d->n_refused = n_refused;
    return pause;
}

const rsp_direct_kernel RSP_JOIN(rsp_direct_kernel_, RSP_ISA) = {draw, advance};
