/* Rows for tests: a small trial written by hand, and random ones. */
#ifndef RESPITE_TESTS_ROWS_H
#define RESPITE_TESTS_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "respite/dataset.h"

static const char *const rows_arms[] = {"CAR T", "no CAR T, \"control\""};
static const char *const rows_covariates[] = {"age", "log10_viral_load"};

static inline rsp_dataset_maker *rows_new(const char *study)
{
    rsp_dataset_maker *m = rsp_dataset_new(study, rows_arms, 2, rows_covariates, 2);
    assert_non_null(m);
    return m;
}

static inline void rows_happening(rsp_dataset_maker *m, uint32_t participant,
                                  uint32_t arm, double day, const char *what,
                                  double amount)
{
    const rsp_happening row = {.participant = participant, .arm = arm,
                               .day = day, .what = what, .amount = amount,
                               .reason = ""};
    assert_int_equal(rsp_dataset_add_happening(m, &row, NULL), RSP_OK);
}

static inline void rows_measurement(rsp_dataset_maker *m, uint32_t participant,
                                    uint32_t arm, double day, const char *assay,
                                    rsp_result_state state, double value,
                                    double lloq)
{
    const rsp_measurement row = {
        .participant = participant, .arm = arm, .day = day,
        .planned_day = floor(day), .assay = assay,
        .unit = "copies/mL", .state = state, .value = value, .lloq = lloq,
        .reason = state == RSP_MISSING ? "missed visit" : ""};
    assert_int_equal(rsp_dataset_add_measurement(m, &row, NULL), RSP_OK);
}

static inline double rows_uniform(uint64_t *x) /* splitmix64 */
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Measurement i of a random trial; rows of one i are always the same. */
static inline rsp_measurement rows_random(uint32_t i)
{
    static const char *const assays[] = {"viral_load", "cd4", "car_copies"};
    uint64_t seed = i * UINT64_C(1000003) + 7;
    double u = rows_uniform(&seed);
    rsp_result_state state = u < 0.2 ? RSP_NOT_DETECTED
                             : u < 0.3 ? RSP_BELOW_LLOQ : RSP_NUMBER;
    rsp_measurement row = {
        .trial = i / 600, .participant = i / 60 % 10, .arm = i / 30 % 2,
        .day = 7 * (i % 30 / 3) + rows_uniform(&seed),
        .planned_day = 7 * (i % 30 / 3), .assay = assays[i % 3],
        .unit = "copies/mL", .state = state,
        .value = state == RSP_NUMBER ? exp(12 * rows_uniform(&seed)) : (double)NAN,
        .lloq = 20, .reason = ""};
    return row;
}

#endif
