#define _POSIX_C_SOURCE 200809L
#include "cli/cli.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "respite/stats.h"

enum { MOST_ARMS = 64 }; /* as many as a study may have */

/* The file that was asked for, or the ADTTE of a run directory. */
typedef struct input {
    rsp_text path;
    rsp_arena *arena;
    rsp_adam_endpoint *endpoints;
    size_t n;
    rsp_dataset_maker *rows;
} input;

static rsp_status find_file(const char *given, rsp_text *path, rsp_error *err)
{
    static const char *const places[] = {"/adam/adtte.csv", "/adtte.csv", "/adtte.xpt"};
    struct stat st;
    if (stat(given, &st) != 0 || !S_ISDIR(st.st_mode)) {
        rsp_text_add(path, given);
        return path->failed ? rsp_fail(err, RSP_NOMEM, "out of memory") : RSP_OK;
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        path->length = 0;
        rsp_text_printf(path, "%s%s", given, places[i]);
        if (path->failed) {
            return rsp_fail(err, RSP_NOMEM, "out of memory");
        }
        if (stat(path->data, &st) == 0) {
            return RSP_OK;
        }
    }
    return rsp_fail(err, RSP_NOFILE,
                    "%s is a directory and holds neither adam/adtte.csv nor adtte.csv (or .xpt); "
                    "give a run's directory or an ADTTE file",
                    given);
}

static rsp_status open_input(const char *given, input *in, rsp_error *err)
{
    rsp_status s = find_file(given, &in->path, err);
    if (s == RSP_OK) {
        s = rsp_adam_read_adtte(in->path.data, &in->rows, err);
    }
    if (s == RSP_OK && !(in->arena = rsp_arena_new())) {
        s = rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    return s == RSP_OK ? rsp_adam_read_endpoints(in->path.data, in->arena,
                                                 &in->endpoints, &in->n, err)
                       : s;
}

static void close_input(input *in)
{
    rsp_dataset_free(in->rows);
    rsp_arena_free(in->arena);
    rsp_text_fini(&in->path);
}

static rsp_status unknown_endpoint(const input *in, const char *wanted, rsp_error *err)
{
    rsp_text known = {0};
    const char **names = calloc(2 * in->n + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < in->n && known.length < 160; i++) {
        const rsp_adam_endpoint *e = &in->endpoints[i];
        rsp_text_add(&known, i ? ", " : "");
        rsp_text_printf(&known, e->param[0] ? "%.40s (%.20s)" : "%.40s%.20s",
                        e->param[0] ? e->param : "", e->paramcd);
    }
    for (size_t i = 0; names && i < in->n; i++) {
        names[n++] = in->endpoints[i].paramcd;
        names[n++] = in->endpoints[i].param;
    }
    const char *near = names ? rsp_nearest(wanted, names, n) : NULL;
    rsp_status s = rsp_fail(err, RSP_NAME, "%s has no endpoint '%.40s'; %s%.40s%sit has %s",
                            in->path.data, wanted, near ? "did you mean '" : "",
                            near ? near : "", near ? "'? " : "",
                            known.data ? known.data : "none");
    free(names);
    rsp_text_fini(&known);
    return s;
}

/* By its code, by its name in the study, or the first of the file. */
static rsp_status choose(const cli_args *args, const input *in,
                         const rsp_adam_endpoint **endpoint, rsp_error *err)
{
    if (in->n == 0) {
        return rsp_fail(err, RSP_DATA, "%s holds no rows", in->path.data);
    }
    *endpoint = args->endpoint ? NULL : &in->endpoints[0];
    for (size_t i = 0; !*endpoint && i < in->n; i++) {
        if (strcmp(in->endpoints[i].paramcd, args->endpoint) == 0) {
            *endpoint = &in->endpoints[i];
        }
    }
    for (size_t i = 0; !*endpoint && i < in->n; i++) {
        if (strcmp(in->endpoints[i].param, args->endpoint) == 0) {
            *endpoint = &in->endpoints[i];
        }
    }
    return *endpoint ? RSP_OK : unknown_endpoint(in, args->endpoint, err);
}

static rsp_status fill(const rsp_dataset *d, const char *endpoint, rsp_km *km,
                       rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < d->n_endpoints; i++) {
        const rsp_endpoint_row *r = &d->endpoints[i];
        if (strcmp(r->endpoint, endpoint) == 0 && r->end != RSP_END_NOT_STARTED) {
            s = rsp_km_add(&km[r->arm], r->day, r->end == RSP_END_EVENT, 1.0, err);
        }
    }
    for (size_t i = 0; i < d->n_arms; i++) {
        rsp_km_finish(&km[i], RSP_BAND_LOGLOG);
    }
    return s;
}

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *arms_json(const rsp_dataset *d, const rsp_km *km)
{
    json_t *arms = json_array();
    for (size_t i = 0; i < d->n_arms; i++) {
        rsp_quantile q = rsp_km_quantile(&km[i], 0.5);
        json_array_append_new(
            arms, json_pack("{s:s,s:o,s:o,s:o,s:[o,o]}", "name", d->arms[i], "n",
                            number(km[i].n), "events", number(km[i].events),
                            "median", number(q.value), "ci95", number(q.low),
                            number(q.high)));
    }
    return arms;
}

static rsp_status compare(const rsp_dataset *d, const rsp_km *km, json_t *root,
                          rsp_error *err)
{
    const rsp_km *groups[MOST_ARMS];
    rsp_logrank test;
    rsp_hazard_ratio hr;
    for (size_t i = 0; i < d->n_arms; i++) {
        groups[i] = &km[i];
    }
    if (d->n_arms < 2) {
        return RSP_OK;
    }
    rsp_status s = rsp_logrank_test(groups, d->n_arms, 0, 0, &test, err);
    if (s != RSP_OK) {
        return s;
    }
    json_object_set_new(root, "logrank_chisq", number(test.chisq));
    json_object_set_new(root, "logrank_p", number(test.p));
    if (d->n_arms == 2) {
        s = rsp_cox_two(&km[0], &km[1], &hr, err);
        if (s == RSP_OK) {
            bool ok = hr.estimable;
            json_object_set_new(root, "hazard_ratio", number(ok ? hr.hr : (double)NAN));
            json_object_set_new(root, "hazard_ratio_ci95",
                                json_pack("[o,o]", number(ok ? hr.low : (double)NAN),
                                          number(ok ? hr.high : (double)NAN)));
        }
    }
    return s;
}

static void print_day(double day, const char *after)
{
    if (isfinite(day)) {
        printf("%.6g%s", day, after);
    } else {
        bool unit = strncmp(after, " days", 5) == 0;
        printf("not reached%s", unit ? after + 5 : after);
    }
}

static void print_plain(const char *endpoint, const rsp_dataset *d,
                        const rsp_km *km, const json_t *root)
{
    printf("%s\n", endpoint);
    for (size_t i = 0; i < d->n_arms; i++) {
        rsp_quantile q = rsp_km_quantile(&km[i], 0.5);
        printf("  %-24s n %g, events %g, median ", d->arms[i], km[i].n,
               km[i].events);
        print_day(q.value, " days (95 % CI ");
        print_day(q.low, " to ");
        print_day(q.high, ")\n");
    }
    const json_t *chisq = json_object_get(root, "logrank_chisq");
    const json_t *p = json_object_get(root, "logrank_p");
    const json_t *hr = json_object_get(root, "hazard_ratio");
    const json_t *ci = json_object_get(root, "hazard_ratio_ci95");
    if (json_is_real(chisq)) {
        printf("  log-rank chi-square %.4f, p %.4g\n", json_real_value(chisq),
               json_real_value(p));
    }
    if (json_is_real(hr)) {
        printf("  hazard ratio %s to %s: %.4f (95 %% CI %.4f to %.4f)\n",
               d->arms[1], d->arms[0], json_real_value(hr),
               json_real_value(json_array_get(ci, 0)),
               json_real_value(json_array_get(ci, 1)));
    }
}

static rsp_status analyze(const cli_args *args, const input *in, rsp_km *km,
                          rsp_error *err)
{
    const rsp_dataset *d = rsp_dataset_view(in->rows);
    const rsp_adam_endpoint *e = NULL;
    rsp_status s = choose(args, in, &e, err);
    if (s == RSP_OK && d->n_arms > MOST_ARMS) {
        s = rsp_fail(err, RSP_RANGE, "%s has %zu arms; at most %d", in->path.data,
                     d->n_arms, MOST_ARMS);
    }
    if (s == RSP_OK) {
        s = fill(d, e->paramcd, km, err);
    }
    if (s != RSP_OK) {
        return s;
    }
    const char *asked = args->endpoint ? args->endpoint : e->paramcd;
    json_t *root = json_pack("{s:s,s:s,s:s,s:o}", "endpoint", asked, "paramcd",
                             e->paramcd, "param", e->param, "arms", arms_json(d, km));
    s = compare(d, km, root, err);
    if (s == RSP_OK && args->json) {
        char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
        puts(text ? text : "");
        free(text);
    } else if (s == RSP_OK) {
        print_plain(e->param[0] ? e->param : e->paramcd, d, km, root);
    }
    if (s == RSP_OK && !args->json && !args->quiet && !args->endpoint && in->n > 1) {
        fprintf(stderr, "respite: the first of %zu endpoints; --endpoint %s for another\n",
                in->n, in->endpoints[1].param[0] ? in->endpoints[1].param
                                                 : in->endpoints[1].paramcd);
    }
    json_decref(root);
    return s;
}

int cli_analyze(const cli_args *args)
{
    rsp_error err = {0};
    input in = {.rows = NULL};
    rsp_km km[MOST_ARMS] = {{0}};
    if (args->plan) {
        return cli_analyze_plan(args);
    }
    if (args->out) {
        rsp_fail(&err, RSP_USAGE, "--out writes the report of a plan; give one with --plan");
        return cli_error(&err);
    }
    if (args->n_files != 1) {
        rsp_fail(&err, RSP_USAGE,
                 "respite analyze takes one data set: a run's directory or an ADTTE file "
                 "(CSV or SAS transport file)");
        return cli_error(&err);
    }
    rsp_status s = cli_expect_kind(args->files[0], "analyze", "table or a run's directory", &err);
    s = s != RSP_OK ? s : open_input(args->files[0], &in, &err);
    if (s == RSP_OK) {
        s = analyze(args, &in, km, &err);
    }
    for (size_t i = 0; i < MOST_ARMS; i++) {
        rsp_km_fini(&km[i]);
    }
    close_input(&in);
    if (s == RSP_DATA && !in.rows) { /* another table than ADTTE */
        int status = cli_error(&err);
        fputs("respite: without --plan, analyze reads ADTTE alone; a plan reads any table "
              "(docs/analysis.md)\n", stderr);
        return status;
    }
    return s == RSP_OK ? 0 : cli_error(&err);
}
