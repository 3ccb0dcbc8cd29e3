#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "bed.h"
#include "respite/campaign.h"

/* One trial is simulated by all threads, and gives the bytes that one gives. */

#define ONE_TRIAL "trials: 1\nadverse events: [{term: fever, grade: fever}]\n"
enum { PATIENCE_S = 30 };

/* Threads meet: each is held until so many have come, or until patience ends. */
typedef struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t seen[8];
    unsigned n, wanted;
} meeting;

static void meet(void *ctx)
{
    meeting *m = ctx;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&m->lock);
    unsigned i = 0;
    while (i < m->n && !pthread_equal(m->seen[i], pthread_self())) {
        i++;
    }
    if (i == m->n && m->n < 8) {
        m->seen[m->n++] = pthread_self();
        pthread_cond_broadcast(&m->changed);
    }
    while (m->n < m->wanted) {
        if (pthread_cond_timedwait(&m->changed, &m->lock, &until) != 0) {
            m->wanted = m->n; /* nobody came: wait no more */
        }
    }
    pthread_mutex_unlock(&m->lock);
}

static bool meet_and_go_on(void *ctx)
{
    meet(ctx);
    return false;
}

static meeting meeting_of(unsigned wanted)
{
    meeting m = {.wanted = wanted};
    pthread_mutex_init(&m.lock, NULL);
    pthread_cond_init(&m.changed, NULL);
    return m;
}

typedef struct hand {
    rsp_work *work;
    rsp_worker *worker;
    rsp_work_hooks hooks;
    rsp_status status;
} hand;

static void *simulate(void *ctx)
{
    hand *h = ctx;
    rsp_error err = {0};
    h->status = rsp_work_simulate(h->work, h->worker, &h->hooks, &err);
    return NULL;
}

static void workers_share_the_runs_of_one_trial(void **state)
{
    (void)state;
    char *study = bed_study(ONE_TRIAL);
    rsp_plan *plan = bed_plan(study);
    rsp_plan_set_packing(plan, 1, false); /* nobody can take all runs at once */
    bed_run alone = bed_run_plan(plan, 1);
    char *expected = bed_rows(rsp_dataset_view(alone.rows), -1, NULL);
    rsp_error err = {0};
    meeting both = meeting_of(2);
    hand hands[2] = {0};
    rsp_work *work = NULL;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rsp_worker_new(plan, &hands[i].worker, &err), RSP_OK);
        hands[i].hooks = (rsp_work_hooks){.simulated = meet, .ctx = &both};
    }
    assert_int_equal(rsp_work_new(hands[0].worker, 0, 1, &work, &err), RSP_OK);
    assert_false(rsp_work_is_handed_out(work));
    pthread_t thread[2];
    for (int i = 0; i < 2; i++) {
        hands[i].work = work;
        assert_int_equal(pthread_create(&thread[i], NULL, simulate, &hands[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(hands[i].status, RSP_OK);
    }
    assert_true(rsp_work_is_handed_out(work));
    bed_run shared = {rsp_plan_dataset(plan), NULL};
    assert_int_equal(rsp_work_rows(work, shared.rows, NULL, &err), RSP_OK);
    rsp_dataset_sort(shared.rows);
    char *rows = bed_rows(rsp_dataset_view(shared.rows), -1, NULL);
    assert_string_equal(rows, expected);
    assert_true(rsp_worker_counts(hands[0].worker).runs > 0);
    assert_true(rsp_worker_counts(hands[1].worker).runs > 0);
    rsp_work_free(work);
    bed_run_free(&alone);
    bed_run_free(&shared);
    rsp_worker_free(hands[0].worker);
    rsp_worker_free(hands[1].worker);
    rsp_plan_free(plan);
    free(rows);
    free(expected);
    free(study);
}

static void a_campaign_of_one_trial_has_work_for_two_threads(void **state)
{
    (void)state;
    char *study = bed_study(ONE_TRIAL);
    char hash[2][65];
    for (unsigned threads = 1; threads <= 2; threads++) {
        rsp_plan *plan = bed_plan(study);
        rsp_plan_set_packing(plan, 1, false);
        rsp_analyst *analyst = NULL;
        rsp_error err = {0};
        meeting all = meeting_of(threads);
        rsp_campaign_options options = {.threads = threads, .cancelled = meet_and_go_on,
                                        .ctx = &all};
        rsp_campaign_result result;
        assert_int_equal(rsp_analyst_new(plan, &analyst, &err), RSP_OK);
        assert_int_equal(rsp_campaign_run(plan, &options, analyst, &result, &err), RSP_OK);
        assert_int_equal(all.n, threads);
        memcpy(hash[threads - 1], result.hash, 65);
        rsp_analyst_free(analyst);
        rsp_plan_free(plan);
    }
    assert_string_equal(hash[0], hash[1]);
    free(study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_share_the_runs_of_one_trial),
        cmocka_unit_test(a_campaign_of_one_trial_has_work_for_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
