#include "made.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const char *const ARMS[MADE_ARMS] = {"CAR T & <more> \"5\"", "control"};
static const char *const AXES[] = {"threshold", "every"};
static const char *const LEVELS[2][2] = {{"> 50 copies/mL", "every 7 days"},
                                         {"> 400 copies/mL", "every 7 days"}};
static const char *const WORDS[] = {"Arm <one> & the other."};

static void sample(made *m, uint32_t who, uint32_t arm, double day, const char *assay,
                   const char *unit, double value, double lloq)
{
    rsp_measurement row = {.participant = who, .arm = arm, .day = day, .planned_day = day,
                           .assay = assay, .unit = unit, .value = value, .lloq = lloq,
                           .reason = ""};
    row.state = isnan(value)    ? RSP_MISSING
                : value < 0     ? RSP_NOT_DETECTED
                : value < lloq  ? RSP_BELOW_LLOQ
                                : RSP_NUMBER;
    assert_int_equal(rsp_dataset_add_measurement(m->rows, &row, NULL), RSP_OK);
}

static void happening(made *m, uint32_t who, uint32_t arm, double day, const char *what)
{
    rsp_happening row = {.participant = who, .arm = arm, .day = day, .what = what,
                         .amount = (double)NAN, .reason = ""};
    assert_int_equal(rsp_dataset_add_happening(m->rows, &row, NULL), RSP_OK);
}

static void person(made *m, uint32_t who, uint32_t arm)
{
    static const double load[] = {-1, 20, (double)NAN, 300, 40000, -1};
    bool none = who + 1 == MADE_PEOPLE;
    rsp_subject row = {.participant = who, .arm = arm, .product_failed = none, .reason = ""};
    assert_int_equal(rsp_dataset_add_subject(m->rows, &row, NULL), RSP_OK);
    if (none) {
        return;
    }
    double off = 20 + who;
    happening(m, who, arm, off, "stop art");
    if (who == 0) {
        happening(m, who, arm, off + 30, "start art");
    }
    happening(m, who, arm, off + 60, "end");
    for (size_t i = 0; i < 6; i++) {
        sample(m, who, arm, off + 7.0 * (double)i, "viral_load", "copies/mL", load[i], 50);
    }
    sample(m, who, arm, off, "intact_provirus", "copies/1e6 cells", 60.0 + who, 4);
    sample(m, who, arm, off + 28, "escape_fraction", "1", 0.25 * who, (double)NAN);
    if (arm == 0) {
        for (int i = 0; i < 6; i++) {
            sample(m, who, arm, off + 7.0 * i, "car_copies", "copies/ug", pow(10, i) - 2, 50);
        }
    }
}

static void endpoint(rsp_arm_endpoint *e, size_t n, size_t events)
{
    double nan = (double)NAN;
    *e = (rsp_arm_endpoint){.endpoint = "time_to_rebound", .n = n, .events = events,
                            .n_days = 2, .days = {28, 56}};
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(rsp_km_add(&e->km, 14.25 + 7.0 * (double)i, i < events, 1, NULL),
                         RSP_OK);
    }
    rsp_km_finish(&e->km, RSP_BAND_LOGLOG);
    e->median = n ? rsp_km_quantile(&e->km, 0.5) : (rsp_quantile){nan, nan, nan};
    for (size_t i = 0; i < 2; i++) {
        e->event_free[i] = n ? rsp_km_at(&e->km, e->days[i]).s : nan;
    }
    e->trial_median = (rsp_interval){e->median.value, 12.5, nan}; /* the upper end is never reached */
}

static void score(rsp_score_row *r, const char *name, double published, const char *words,
                  double simulated, double low, double high)
{
    *r = (rsp_score_row){.study = "made", .quantity = name, .published = published,
                         .published_text = words, .unit = "week", .use = "predicted",
                         .note = "a <note>", .source = "https://example.org/a?b&c",
                         .published_low = (double)NAN, .published_high = (double)NAN,
                         .simulated = simulated, .low = low, .high = high,
                         .undecided = isnan(low) && isnan(high)};
}

static void fill_plan(made *m)
{
    m->plan_arms[0] = (rsp_plan_arm){ARMS[0], MADE_PEOPLE, "day 0: infuse; day 21: stop art", ""};
    m->plan_arms[1] = (rsp_plan_arm){ARMS[1], MADE_PEOPLE, "day 21: stop art", ""};
    m->plan_endpoints[0] = (rsp_plan_endpoint){
        .name = "time_to_rebound", .definition = "first viral_load > 50 copies/mL, from stop art",
        .label = "viral load > 50", .from = "stop art", .unit = "day"};
    memcpy(m->net.sha256, "abc", 4);
    m->plan = (rsp_plan_view){.study = "made", .title = "A <made> trial & its \"report\"",
                              .file = "made.yaml", .model_name = "none", .design_text = "",
                              .visits = "", .population = "", .product = "",
                              .arms = m->plan_arms, .n_arms = MADE_ARMS,
                              .endpoints = m->plan_endpoints, .n_endpoints = 1, .trials = 5,
                              .seed = 7, .net = &m->net};
}

void made_fill(made *m)
{
    double nan = (double)NAN;
    *m = (made){.findings = {.hash = "0123"}};
    fill_plan(m);
    m->rows = rsp_dataset_new("made", ARMS, MADE_ARMS, NULL, 0);
    assert_non_null(m->rows);
    for (uint32_t who = 0; who < MADE_PEOPLE; who++) {
        for (uint32_t arm = 0; arm < MADE_ARMS; arm++) {
            person(m, who, arm);
        }
    }
    rsp_dataset_sort(m->rows);
    endpoint(&m->endpoints[0], 6, 2);
    endpoint(&m->endpoints[1], 7, 6);
    m->arms[0] = (rsp_arm_findings){.name = ARMS[0], .participants = 8,
        .flow = {.enrolled = 10, .product_failed = 2, .infused = 7, .interrupted = 6,
                 .restarted = 4}};
    m->arms[1] = (rsp_arm_findings){.name = ARMS[1], .participants = 9,
        .failed = 1,
        .flow = {.enrolled = 9, .failed = 1, .interrupted = 7, .restarted = 5}};
    for (size_t a = 0; a < MADE_ARMS; a++) {
        m->arms[a].endpoints = &m->endpoints[a];
        m->arms[a].n_endpoints = 1;
    }
    score(&m->scores[0], "reached", 5.3, "5.3", 4.123, 2.5, nan);
    score(&m->scores[1], "direction", nan, "decrease", -0.5, -1, 0.25);
    score(&m->scores[2], "nothing", 3, "3", nan, nan, nan);
    for (size_t i = 0; i < 4; i++) {
        m->grid[i] = (rsp_grid_cell){.levels = LEVELS[i / 2], .arm = ARMS[i % 2],
                                     .median = {i == 3 ? nan : 21, i == 3 ? nan : 14,
                                                i % 2 ? nan : 35}, .reached = 0.5};
    }
    m->findings = (rsp_findings){.hash = "0123", .trials = 5, .arms = m->arms,
        .n_arms = MADE_ARMS, .grid_axes = AXES, .n_axes = 2, .grid = m->grid, .n_grid = 4,
        .grid_published = 37, .scores = m->scores, .n_scores = 3, .words = WORDS, .n_words = 1,
        .example = rsp_dataset_view(m->rows), .participants = 17};
}

void made_free(made *m)
{
    rsp_dataset_free(m->rows);
    for (size_t a = 0; a < MADE_ARMS; a++) {
        rsp_km_fini(&m->endpoints[a].km);
    }
}

size_t made_open(const made *m, uint32_t arm)
{
    const rsp_dataset *d = m->findings.example;
    size_t n = 0;
    for (size_t i = 0; i < d->n_measurements; i++) {
        const rsp_measurement *r = &d->measurements[i];
        n += r->arm == arm && strcmp(r->assay, "viral_load") == 0 &&
             (r->state == RSP_NOT_DETECTED || r->state == RSP_BELOW_LLOQ);
    }
    return n;
}
