#include "bed.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char source[] = TEST_FOLDER "/study.yaml";

char *bed_read(const char *name)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", TEST_FOLDER, name);
    char *text = NULL;
    size_t n = 0;
    rsp_error err = {0};
    if (rsp_file_read(path, 0, &text, &n, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    return text;
}

/* Length of the part at s: up to the next line that begins with a letter. */
static size_t part_length(const char *s)
{
    const char *c = s;
    for (;;) {
        c += strcspn(c, "\n");
        if (!*c) {
            return (size_t)(c - s);
        }
        c++;
        if (!*c || isalpha((unsigned char)*c)) {
            return (size_t)(c - s);
        }
    }
}

static bool has_key(const char *text, const char *key, size_t n)
{
    for (const char *c = text; *c; c += part_length(c)) {
        if (strncmp(c, key, n) == 0 && c[n] == ':') {
            return true;
        }
    }
    return false;
}

char *bed_study(const char *changes)
{
    char *base = bed_read("base.yaml");
    rsp_text out = {0};
    for (const char *c = base; *c; c += part_length(c)) {
        if (!has_key(changes, c, strcspn(c, ":"))) {
            rsp_text_add_n(&out, c, part_length(c));
        }
    }
    for (const char *c = changes; *c; c += part_length(c)) {
        size_t key = strcspn(c, ":"), n = part_length(c);
        bool empty = strspn(c + key + 1, " \n") == n - key - 1;
        if (!empty) { /* "rules:" alone takes the base's away */
            rsp_text_add_n(&out, c, n);
        }
    }
    free(base);
    assert_false(out.failed);
    return out.data;
}

rsp_plan *bed_plan(const char *study)
{
    rsp_plan *plan = NULL;
    rsp_error err = {0};
    if (rsp_plan_parse(study, strlen(study), source, &plan, &err) != RSP_OK) {
        fail_msg("%s:%u:%u: %s\n%s", err.source, err.line, err.column, err.message,
                 study);
    }
    return plan;
}

rsp_status bed_refuse(const char *study, rsp_error *err)
{
    rsp_plan *plan = NULL;
    rsp_status s = rsp_plan_parse(study, strlen(study), source, &plan, err);
    rsp_plan_free(plan);
    return s;
}

bed_run bed_run_plan(const rsp_plan *plan, uint32_t chunk)
{
    bed_run run = {rsp_plan_dataset(plan), rsp_plan_grid_dataset(plan)};
    uint32_t trials = rsp_plan_see(plan)->trials;
    rsp_worker *worker = NULL;
    rsp_error err = {0};
    assert_non_null(run.rows);
    rsp_status s = rsp_worker_new(plan, &worker, &err);
    for (uint32_t first = 0; s == RSP_OK && first < trials; first += chunk) {
        uint32_t n = trials - first < chunk ? trials - first : chunk;
        s = rsp_worker_run(worker, first, n, run.rows, run.grid, NULL, &err);
    }
    rsp_worker_free(worker);
    if (s != RSP_OK) {
        fail_msg("%s", err.message);
    }
    rsp_dataset_sort(run.rows);
    if (run.grid) {
        rsp_dataset_sort(run.grid);
    }
    return run;
}

void bed_run_free(bed_run *run)
{
    rsp_dataset_free(run->rows);
    rsp_dataset_free(run->grid);
}

/* ---- Rows as text. */
typedef struct printer {
    rsp_text out, line;
    int arm;
    const char *without;
} printer;

static void number(printer *p, double v)
{
    rsp_text_add(&p->line, " ");
    rsp_text_number(&p->line, v);
}

static bool begin(printer *p, const char *kind, uint32_t trial, uint32_t participant,
                  uint32_t arm)
{
    p->line.length = 0;
    rsp_text_printf(&p->line, "%s %u %u", kind, trial, participant);
    if (p->arm < 0) {
        rsp_text_printf(&p->line, " arm%u", arm);
    }
    return p->arm < 0 || (uint32_t)p->arm == arm;
}

static void end(printer *p)
{
    if (!p->without || !strstr(p->line.data, p->without)) {
        rsp_text_add_n(&p->out, p->line.data, p->line.length);
        rsp_text_add(&p->out, "\n");
    }
}

char *bed_rows(const rsp_dataset *d, int arm, const char *without)
{
    printer p = {.arm = arm, .without = without};
    rsp_text_add(&p.out, "");
    for (size_t i = 0; i < d->n_subjects; i++) {
        const rsp_subject *s = &d->subjects[i];
        if (begin(&p, "S", s->trial, s->participant, s->arm)) {
            for (size_t k = 0; k < d->n_covariates; k++) {
                number(&p, s->covariates[k]);
            }
            rsp_text_printf(&p.line, " %d %d %s", s->failed, s->product_failed,
                            s->reason);
            end(&p);
        }
    }
    for (size_t i = 0; i < d->n_happenings; i++) {
        const rsp_happening *h = &d->happenings[i];
        if (begin(&p, "H", h->trial, h->participant, h->arm)) {
            number(&p, h->day);
            rsp_text_printf(&p.line, " %s", h->what);
            number(&p, h->amount);
            rsp_text_printf(&p.line, " %s", h->reason);
            end(&p);
        }
    }
    for (size_t i = 0; i < d->n_measurements; i++) {
        const rsp_measurement *m = &d->measurements[i];
        if (begin(&p, "M", m->trial, m->participant, m->arm)) {
            number(&p, m->day);
            number(&p, m->planned_day);
            rsp_text_printf(&p.line, " %s %s %s", m->assay, m->unit,
                            rsp_result_state_name(m->state));
            number(&p, m->value);
            number(&p, m->lloq);
            end(&p);
        }
    }
    for (size_t i = 0; i < d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &d->endpoints[i];
        if (begin(&p, "E", e->trial, e->participant, e->arm)) {
            rsp_text_printf(&p.line, " %s %d", e->endpoint, (int)e->end);
            number(&p, e->day);
            number(&p, e->left);
            number(&p, e->right);
            end(&p);
        }
    }
    rsp_text_fini(&p.line);
    assert_false(p.out.failed);
    return p.out.data;
}

char *bed_rows_of(const char *study, int arm, const char *without)
{
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 2);
    char *rows = bed_rows(rsp_dataset_view(run.rows), arm, without);
    bed_run_free(&run);
    rsp_plan_free(plan);
    return rows;
}
