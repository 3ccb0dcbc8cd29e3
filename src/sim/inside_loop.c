/* Amounts inside a step, by the dense output of its method; compiled once for each
 * instruction set. */
#include "sim/rows.h"

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

static void of_explicit(const rsp_lanes *b, uint32_t lane, rsp_v8 theta, double *x)
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
static void moving_inside(const rsp_lanes *b, uint32_t chunk, const double *share, double *x)
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

static void of_implicit(const rsp_lanes *b, uint32_t lane, rsp_v8 theta, double *x)
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

static void chunk_inside(const rsp_lanes *b, uint32_t chunk, const double *share, double *x)
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

static void looks_inside(const rsp_lanes *b, uint32_t chunk, const rsp_looks *looks, double *x)
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

static void lane_inside(const rsp_lanes *b, uint32_t lane, const double *share, double *x)
{
    if (b->implicit != NULL && b->implicit->on[lane] > 0) {
        of_implicit(b, lane, rsp_v8_load(share), x);
    } else {
        of_explicit(b, lane, rsp_v8_load(share), x);
    }
}

const rsp_inside_kernel RSP_ISA_NAME(rsp_inside_kernel) = {
    .lane = lane_inside, .chunk = chunk_inside, .looks = looks_inside,
    .moving = moving_inside,
};
