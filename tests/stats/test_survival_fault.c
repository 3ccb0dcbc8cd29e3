/* The n-th allocation fails, for n = 1, 2, ... until all succeed: the answer is
 * RSP_NOMEM, nothing leaks (a sanitizer or valgrind says so), nothing is half
 * done.  Linked with --wrap of the allocating functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "respite/cox.h"
#include "respite/stats.h"

static long left = -1; /* allocations until one fails; < 0: none fails */

static bool fails(void)
{
    return left >= 0 && left-- == 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

enum { N = 24 };
static double days[N], x[2 * N];
static bool event[N], treated[N];
static uint32_t group[N], half[N], cluster[N];

static void fill(void)
{
    for (uint32_t i = 0; i < N; i++) {
        days[i] = 7 * (1 + i * 5 % 9);
        event[i] = i % 4 != 1;
        group[i] = i % 3;
        half[i] = i % 2;
        treated[i] = half[i];
        cluster[i] = i / 3;
        x[2 * i] = i % 5;
        x[2 * i + 1] = i * 7 % 11;
    }
}

static rsp_status use(const rsp_cox *cox, rsp_error *err)
{
    rsp_cox_test terms[2], global;
    rsp_concordance c;
    rsp_cox_hazard *points = NULL;
    size_t n;
    int df;
    rsp_status s = rsp_cox_concordance(cox, &c, err);
    s = s == RSP_OK ? rsp_cox_baseline(cox, &points, &n, err) : s;
    free(points);
    return s == RSP_OK
               ? rsp_cox_proportionality(cox, RSP_TRANSFORM_KM, terms, &global, &df, err)
               : s;
}

static rsp_status fit(rsp_cox_options o, bool use_it, rsp_error *err)
{
    rsp_cox_data d = {.n = N,
                      .n_covariates = 2,
                      .time = days,
                      .event = event,
                      .x = x,
                      .cluster = cluster,
                      .stratum = half};
    rsp_cox *cox = NULL;
    rsp_status s = rsp_cox_new(&d, &o, &cox, err);
    assert_true((s == RSP_OK) == (cox != NULL));
    s = s == RSP_OK && use_it ? use(cox, err) : s;
    rsp_cox_free(cox);
    return s;
}

static rsp_status robust(rsp_error *err)
{
    rsp_cox_options o = rsp_cox_defaults();
    o.robust = true;
    return fit(o, true, err);
}

static rsp_status firth(rsp_error *err)
{
    rsp_cox_options o = rsp_cox_defaults();
    o.firth = true;
    return fit(o, true, err);
}

static rsp_status exact(rsp_error *err)
{
    rsp_cox_options o = rsp_cox_defaults();
    o.ties = RSP_TIES_EXACT;
    return fit(o, false, err);
}

static rsp_status rank_and_mean(rsp_error *err)
{
    rsp_permutation_data d = {
        .n = N, .n_groups = 3, .time = days, .event = event, .group = group};
    rsp_permutation_options o = rsp_permutation_defaults();
    rsp_permutation got;
    o.draws = 10;
    rsp_status s = rsp_logrank_permutation(&d, &o, &got, err);
    d.n_groups = 2;
    d.group = half;
    s = s == RSP_OK ? rsp_logrank_permutation(&d, &o, &got, err) : s;
    rsp_rmst_data r = {.n = N, .n_covariates = 2, .time = days, .event = event,
                       .treated = treated, .x = x};
    rsp_rmst_adjusted adjusted;
    s = s == RSP_OK ? rsp_rmst_adjust(&r, 50, 0.95, &adjusted, err) : s;
    double from[N];
    bool keep[N];
    rsp_landmark landmark;
    return s == RSP_OK ? rsp_landmark_rows(days, event, N, 14, keep, from, &landmark, err) : s;
}

static void fail_each_allocation(rsp_status (*scenario)(rsp_error *), long least)
{
    fill();
    for (long n = 0;; n++) {
        rsp_error err = {0};
        left = n;
        rsp_status s = scenario(&err);
        bool all = left >= 0;
        left = -1;
        if (all) {
            assert_int_equal(s, RSP_OK);
            assert_true(n >= least); /* something was put to the test */
            return;
        }
        assert_int_equal(s, RSP_NOMEM);
        assert_int_equal(err.code, RSP_NOMEM);
    }
}

static void a_cox_fit_and_its_uses_survive_any_failed_allocation(void **state)
{
    (void)state;
    fail_each_allocation(robust, 40);
    fail_each_allocation(firth, 40);
    fail_each_allocation(exact, 30);
}

static void permutation_and_restricted_means_survive_any_failed_allocation(void **state)
{
    (void)state;
    fail_each_allocation(rank_and_mean, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cox_fit_and_its_uses_survive_any_failed_allocation),
        cmocka_unit_test(permutation_and_restricted_means_survive_any_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
