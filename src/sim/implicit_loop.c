/* Implicit steps of a block's lanes: the Jacobian's elimination, the stages and their
 * error; compiled once for each instruction set. */
#include <math.h>

#include "sim/errors.h"
#include "sim/march.h"
#include "sim/rows.h"

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

static void place(rsp_lanes *b, uint32_t stage)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        RSP_WITH_STAGES(stage, place_chunk(b, chunk, N, b->implicit->tab->a[stage], N))
    }
}

/* The derivative of species s in n chunks from the frame's rates, to the bit what
 * `flow` of explicit_loop.c gives. */
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

static void judge(rsp_lanes *b)
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

static void advance(rsp_lanes *b)
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

const rsp_implicit_kernel RSP_ISA_NAME(rsp_implicit_kernel) = {
    .factor = factor, .place = place, .solve = solve, .judge = judge,
    .stride = stride, .advance = advance,
};
