/* Step control in lanes; compiled once for each instruction set. */
#include <math.h>

#include "sim/march.h"
#include "sim/rows.h"

static inline rsp_v8 get(const double *row, uint32_t chunk)
{
    return rsp_v8_load(row + (size_t)chunk * RSP_CHUNK);
}

static inline void set(double *row, uint32_t chunk, rsp_v8 v)
{
    rsp_v8_store(row + (size_t)chunk * RSP_CHUNK, v);
}

static bool pace(rsp_lanes *b, rsp_march *m)
{
    const rsp_v8 one = rsp_v8_set(1), half = rsp_v8_set(0.5), zero = rsp_v8_set(0);
    rsp_m8 odd = rsp_v8_lt(one, zero), first = odd;
    for (uint32_t c = 0; c < b->n_chunks; c++) {
        const rsp_m8 live = rsp_v8_truth(get(m->live, c));
        const rsp_v8 t = get(m->t, c), rest = get(m->t_next, c) - t, wish = get(m->wish, c);
        const rsp_v8 far = rsp_v8_max(rsp_v8_abs(t), one);
        const rsp_m8 grows = rsp_v8_gt(wish, rsp_v8_set(1e-14) * far);
        odd |= live & ~(grows & rsp_v8_gt(get(m->left, c), one));
        rsp_v8 h = rsp_v8_min(wish, rsp_v8_set(m->max_step));
        const rsp_m8 land = rsp_v8_ge(h, rest);
        const rsp_v8 most = rsp_v8_select(rsp_v8_gt(h, half * rest), half * rest, h);
        h = rsp_v8_select(live, rsp_v8_select(land, rest, most), zero);
        set(b->h, c, h);
        set(b->implicit->h, c, rsp_v8_select(rsp_v8_gt(h, zero), h, one));
        set(m->land, c, rsp_v8_from_mask(land));
        first |= live & rsp_v8_lt(get(m->rest, c), rsp_v8_set((double)INFINITY));
    }
    b->implicit->skims = rsp_m8_any(first) == 0;
    return rsp_m8_any(odd) != 0;
}

/* What the error says of the next step over this one. */
static inline rsp_v8 growth(rsp_v8 err, rsp_v8 grow, rsp_m8 accepted)
{
    const rsp_v8 most = rsp_v8_select(accepted, rsp_v8_set(5), rsp_v8_set(0.9));
    rsp_v8 factor = grow * rsp_v8_set(0.9);
    factor = rsp_v8_select(rsp_v8_lt(factor, rsp_v8_set(0.2)), rsp_v8_set(0.2), factor);
    factor = rsp_v8_select(rsp_v8_gt(factor, most), most, factor);
    const rsp_m8 finite = rsp_v8_lt(rsp_v8_abs(err), rsp_v8_set((double)INFINITY));
    factor = rsp_v8_select(finite, factor, rsp_v8_set(0.25));
    return rsp_v8_select(rsp_v8_lt(err, rsp_v8_set(1e-4)), rsp_v8_set(5), factor);
}

static bool verdict(rsp_lanes *b, rsp_march *m)
{
    const rsp_implicit *im = b->implicit;
    const rsp_v8 one = rsp_v8_set(1), zero = rsp_v8_set(0);
    const rsp_v8 stages = rsp_v8_set(im->tab->stages);
    rsp_m8 leaves = rsp_v8_lt(one, zero);
    for (uint32_t c = 0; c < b->n_chunks; c++) {
        const rsp_m8 live = rsp_v8_truth(get(m->live, c));
        const rsp_v8 err = get(im->err, c), h = get(b->h, c), wish = get(m->wish, c);
        const rsp_m8 good = live & rsp_v8_le(err, one);
        const rsp_v8 accepted = rsp_v8_from_mask(good), tried = rsp_v8_from_mask(live);
        const rsp_v8 factor = growth(err, get(im->grow, c), good), next = factor * h;
        const rsp_m8 keep = rsp_v8_eq(factor, rsp_v8_set(5)) & rsp_v8_gt(wish, next);
        set(m->wish, c, rsp_v8_select(keep, wish, next));
        set(m->calls, c, get(m->calls, c) + tried * (stages - get(m->again, c)));
        set(m->steps, c, get(m->steps, c) + accepted);
        set(m->rejected, c, get(m->rejected, c) + (tried - accepted));
        set(m->left, c, get(m->left, c) - tried);
        set(m->again, c, tried - accepted);
        set(b->select, c, accepted);
        if (m->chooses) {
            const rsp_m8 is_calm = rsp_v8_lt(h * get(im->norm, c), rsp_v8_set(RSP_CALM_BELOW));
            rsp_v8 calm = get(m->calm, c), mild = get(m->mild, c);
            const rsp_v8 milder = rsp_v8_select(is_calm, zero, mild + one);
            const rsp_m8 broken = rsp_v8_ge(milder, rsp_v8_set(RSP_MILD_ENOUGH));
            rsp_v8 calmer = rsp_v8_select(is_calm, calm + one,
                                          rsp_v8_select(broken, zero, calm));
            const rsp_v8 rest = get(m->rest, c), enough = rsp_v8_set(RSP_CALM_ENOUGH);
            const rsp_m8 is_short = rsp_v8_lt(rest * get(im->norm, c),
                                              rsp_v8_set(RSP_SHORT_BELOW));
            calmer = rsp_v8_select(is_short, enough, calmer);
            set(m->rest, c, rsp_v8_select(good, rsp_v8_set((double)INFINITY), rest));
            set(m->mild, c, rsp_v8_select(good, milder, mild));
            set(m->calm, c, rsp_v8_select(good, calmer, calm));
            leaves |= good & rsp_v8_ge(calmer, enough);
        }
    }
    return rsp_m8_any(leaves) != 0;
}

/* Where each step ends. */
static inline rsp_v8 ends(const rsp_lanes *b, const rsp_march *m, uint32_t c)
{
    return rsp_v8_select(rsp_v8_truth(get(m->land, c)), get(m->t_next, c),
                         get(m->t, c) + get(b->h, c));
}

static uint32_t readers(const rsp_lanes *b, rsp_march *m, uint32_t c)
{
    const rsp_v8 end = ends(b, m, c);
    const rsp_m8 has = rsp_v8_truth(get(b->select, c)) & rsp_v8_lt(get(m->read_at, c), end);
    set(m->end, c, end);
    return rsp_m8_bits(has);
}

static void land(rsp_lanes *b)
{
    const size_t n = b->net.n_species, w = b->width;
    for (uint32_t c = 0; c < b->n_chunks; c++) {
        const rsp_m8 good = rsp_v8_truth(get(b->select, c));
        const double *end = b->implicit->end + c * n * RSP_CHUNK;
        double *x = b->x + (size_t)c * RSP_CHUNK;
        for (size_t s = 0; s < n; s++) {
            const rsp_v8 to = larger(rsp_v8_set(b->net.floor[s]),
                                     rsp_v8_load(end + s * RSP_CHUNK));
            rsp_v8_store(x + s * w, rsp_v8_select(good, to, rsp_v8_load(x + s * w)));
        }
    }
}

static bool tick(const rsp_lanes *b, rsp_march *m)
{
    rsp_m8 stands = rsp_v8_lt(rsp_v8_set(1), rsp_v8_set(0));
    for (uint32_t c = 0; c < b->n_chunks; c++) {
        const rsp_m8 good = rsp_v8_truth(get(b->select, c));
        const rsp_v8 next = get(m->t_next, c), t = get(m->t, c);
        const rsp_v8 end = ends(b, m, c);
        const rsp_v8 to = rsp_v8_select(rsp_v8_gt(end, next), next, end);
        set(m->t, c, rsp_v8_select(good, to, t));
        stands |= good & rsp_v8_ge(to, next);
    }
    return rsp_m8_any(stands) != 0;
}

const rsp_march_kernel RSP_ISA_NAME(rsp_march_kernel) = {pace, verdict, readers, land, tick};
