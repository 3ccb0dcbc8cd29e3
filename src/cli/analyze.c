#include "cli/cli.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/stats.h"

enum { MOST_ARMS = 16 };

static bool exists(const rsp_dataset *d, const char *endpoint)
{
    for (size_t i = 0; i < d->n_endpoints; i++) {
        if (strcmp(d->endpoints[i].endpoint, endpoint) == 0) {
            return true;
        }
    }
    return false;
}

static rsp_status choose(const cli_args *args, const rsp_dataset *d,
                         const char **endpoint, rsp_error *err)
{
    if (d->n_endpoints == 0) {
        return rsp_fail(err, RSP_DATA, "%s holds no rows", args->files[0]);
    }
    *endpoint = args->endpoint ? args->endpoint : d->endpoints[0].endpoint;
    if (exists(d, *endpoint)) {
        return RSP_OK;
    }
    rsp_text known = {0};
    const char *last = "";
    for (size_t i = 0; i < d->n_endpoints && known.length < 200; i++) {
        if (strcmp(last, d->endpoints[i].endpoint) != 0 &&
            (!known.data || !strstr(known.data, d->endpoints[i].endpoint))) {
            last = d->endpoints[i].endpoint;
            rsp_text_printf(&known, "%s%s", known.length ? ", " : "", last);
        }
    }
    rsp_status s = rsp_fail(err, RSP_NAME, "%s has no endpoint '%.40s'; it has %s",
                            args->files[0], *endpoint,
                            known.data ? known.data : "none");
    rsp_text_fini(&known);
    return s;
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

static void print_plain(const char *endpoint, const rsp_dataset *d,
                        const rsp_km *km, const json_t *root)
{
    printf("%s\n", endpoint);
    for (size_t i = 0; i < d->n_arms; i++) {
        rsp_quantile q = rsp_km_quantile(&km[i], 0.5);
        printf("  %-24s n %g, events %g, median ", d->arms[i], km[i].n,
               km[i].events);
        printf(isfinite(q.value) ? "%g (95 %% CI " : "not reached (95 %% CI ",
               q.value);
        printf(isfinite(q.low) ? "%g to " : "not reached to ", q.low);
        printf(isfinite(q.high) ? "%g) day\n" : "not reached) day\n", q.high);
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

static rsp_status analyze(const cli_args *args, const rsp_dataset *d, rsp_km *km,
                          rsp_error *err)
{
    const char *endpoint = NULL;
    rsp_status s = choose(args, d, &endpoint, err);
    if (s == RSP_OK && d->n_arms > MOST_ARMS) {
        s = rsp_fail(err, RSP_RANGE, "%s has %zu arms; at most %d", args->files[0],
                     d->n_arms, MOST_ARMS);
    }
    if (s == RSP_OK) {
        s = fill(d, endpoint, km, err);
    }
    if (s != RSP_OK) {
        return s;
    }
    json_t *root = json_pack("{s:s,s:o}", "endpoint", endpoint, "arms",
                             arms_json(d, km));
    s = compare(d, km, root, err);
    if (s == RSP_OK && args->json) {
        char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
        puts(text ? text : "");
        free(text);
    } else if (s == RSP_OK) {
        print_plain(endpoint, d, km, root);
    }
    json_decref(root);
    return s;
}

int cli_analyze(const cli_args *args)
{
    rsp_error err = {0};
    rsp_dataset_maker *m = NULL;
    rsp_km km[MOST_ARMS] = {{0}};
    if (args->n_files != 1) {
        rsp_fail(&err, RSP_USAGE, "respite analyze takes one data set (ADTTE, CSV)");
        return cli_error(&err);
    }
    rsp_status s = rsp_adam_read_adtte(args->files[0], &m, &err);
    if (s == RSP_OK) {
        s = analyze(args, rsp_dataset_view(m), km, &err);
    }
    for (size_t i = 0; i < MOST_ARMS; i++) {
        rsp_km_fini(&km[i]);
    }
    rsp_dataset_free(m);
    return s == RSP_OK ? 0 : cli_error(&err);
}
