/* Rows of a block by chunks of eight lanes, for the loops that are compiled once for
 * each instruction set. */
#ifndef RSP_SIM_ROWS_H
#define RSP_SIM_ROWS_H

#include "num/lane.h"
#include "sim/block.h"

static inline rsp_v8 at(const double *rows, uint32_t row, uint32_t width,
                        uint32_t first)
{
    return rsp_v8_load(rows + (size_t)row * width + first);
}

static inline void put(double *rows, uint32_t row, uint32_t width,
                       uint32_t first, rsp_v8 v)
{
    rsp_v8_store(rows + (size_t)row * width + first, v);
}

/* The larger one; a NaN in `b` comes out, one in `a` does not. */
static inline rsp_v8 larger(rsp_v8 a, rsp_v8 b)
{
    rsp_parts x = {.v = a}, y = {.v = b}, z;
    for (int i = 0; i < RSP_PARTS; i++) {
        z.n[i] = rsp_n_greater(x.n[i], y.n[i]);
    }
    return z.v;
}

/* The smaller one; a NaN in `a` is left out. */
static inline rsp_v8 smaller(rsp_v8 a, rsp_v8 b)
{
    rsp_parts x = {.v = a}, y = {.v = b}, z;
    for (int i = 0; i < RSP_PARTS; i++) {
        z.n[i] = rsp_n_lesser(x.n[i], y.n[i]);
    }
    return z.v;
}

static inline rsp_m8 chosen_lanes(const rsp_lanes *b, uint32_t first)
{
    return rsp_v8_truth(rsp_v8_load(b->select + first));
}

static inline rsp_v8 row_of(const double *rows, size_t row, size_t width)
{
    return rsp_v8_load(rows + row * width);
}

/* Row `row` of n rows that are kept chunk by chunk. */
static inline rsp_v8 in_chunk(const double *rows, size_t chunk, size_t n, size_t row)
{
    return rsp_v8_load(rows + (chunk * n + row) * RSP_CHUNK);
}

static inline void to_chunk(double *rows, size_t chunk, size_t n, size_t row, rsp_v8 v)
{
    rsp_v8_store(rows + (chunk * n + row) * RSP_CHUNK, v);
}

#endif
