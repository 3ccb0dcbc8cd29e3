/* ADaM as SAS transport files, from its CSV: so both say the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/adam_code.h"
#include "dataset/export.h"

void rsp_adam_table_fini(rsp_adam_table *a)
{
    rsp_table_fini(&a->table);
    rsp_text_fini(&a->csv);
    free(a->codes);
}

rsp_status rsp_adam_table_make(const rsp_dataset *d, rsp_adam which, rsp_adam_table *a,
                               rsp_error *err)
{
    *a = (rsp_adam_table){.d = d, .which = which};
    rsp_adam_header(which, d, &a->csv);
    rsp_adam_rows(which, d, &a->csv);
    if (a->csv.failed || !rsp_adam_covariates(d, &a->codes)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %s", rsp_adam_name(which));
    }
    return rsp_table_read(&a->table, rsp_adam_name(which), a->csv.data, a->csv.length, err);
}

/* Covariates are the last columns of ADSL. */
static size_t covariate_of(const rsp_adam_table *a, size_t column)
{
    size_t n = a->d->n_covariates + a->d->n_texts, first = a->table.n_columns - n;
    return a->which == RSP_ADSL && column >= first ? column - first : SIZE_MAX;
}

rsp_adam_variable rsp_adam_table_variable(const rsp_adam_table *a, size_t column)
{
    const char *name = rsp_table_column(&a->table, column);
    size_t covariate = covariate_of(a, column), n = a->d->n_covariates;
    if (covariate == SIZE_MAX) {
        const rsp_adam_variable *known = rsp_adam_variable_of(name);
        RSP_ASSERT(known); /* a column without a description is our mistake */
        return *known;
    }
    bool text = covariate >= n;
    return (rsp_adam_variable){name, text ? a->d->texts[covariate - n] : a->d->covariates[covariate],
                               text, NULL};
}

size_t rsp_adam_table_length(const rsp_adam_table *a, size_t column)
{
    size_t longest = 1;
    for (size_t row = 0; row < a->table.n_rows; row++) {
        size_t n = strlen(rsp_table_cell(&a->table, row, (int)column));
        longest = n > longest ? n : longest;
    }
    return longest;
}

/* At most 40 bytes of it, and no half of a character. */
static void set_label(rsp_xpt_variable *v, const char *label)
{
    size_t n = 0, all = strlen(label);
    while (n < all) {
        size_t k = rsp_utf8_length(label + n, all - n);
        if (k == 0 || n + k >= RSP_XPT_LABEL_MAX) {
            break;
        }
        n += k;
    }
    memcpy(v->label, label, n);
    v->label[n] = '\0';
}

static bool fill(const rsp_adam_table *a, size_t column, rsp_arena *arena, rsp_xpt_variable *v)
{
    const rsp_adam_variable variable = rsp_adam_table_variable(a, column);
    size_t rows = a->table.n_rows;
    const char **texts = variable.text ? rsp_arena_alloc(arena, rows + 1, sizeof *texts) : NULL;
    double *numbers = variable.text ? NULL : rsp_arena_alloc(arena, rows + 1, sizeof *numbers);
    snprintf(v->name, sizeof v->name, "%s", variable.name);
    set_label(v, variable.label);
    v->length = variable.text ? rsp_adam_table_length(a, column) : 8;
    v->texts = texts;
    v->numbers = numbers;
    for (size_t row = 0; row < rows && (texts || numbers); row++) {
        const char *s = rsp_table_cell(&a->table, row, (int)column);
        if (texts) {
            texts[row] = s;
        } else if (!rsp_number_read(s, strlen(s), &numbers[row])) {
            numbers[row] = (double)NAN;
        }
    }
    return texts || numbers;
}

static rsp_status write_table(const rsp_adam_table *a, rsp_arena *arena, rsp_text *out,
                              rsp_error *err)
{
    rsp_xpt x = {.n_variables = a->table.n_columns, .n_rows = a->table.n_rows};
    rsp_xpt_variable *v = rsp_arena_alloc(arena, x.n_variables, sizeof *v);
    bool ok = v && rsp_xpt_time(0, x.created) && rsp_xpt_time(0, x.modified); /* no clock */
    snprintf(x.name, sizeof x.name, "%s", rsp_adam_name(a->which));
    snprintf(x.label, sizeof x.label, "%s", rsp_adam_label(a->which));
    for (size_t i = 0; ok && i < x.n_variables; i++) {
        ok = fill(a, i, arena, &v[i]);
    }
    x.variables = v;
    return ok ? rsp_xpt_write(&x, out, err)
              : rsp_fail(err, RSP_NOMEM, "no memory for %s", rsp_adam_name(a->which));
}

rsp_status rsp_export_xpt(const rsp_dataset *d, rsp_adam which, rsp_text *out, rsp_error *err)
{
    rsp_adam_table a;
    rsp_arena *arena = rsp_arena_new();
    rsp_status s = rsp_adam_table_make(d, which, &a, err);
    s = s == RSP_OK && !arena ? rsp_fail(err, RSP_NOMEM, "no memory") : s;
    s = s == RSP_OK ? write_table(&a, arena, out, err) : s;
    if (s == RSP_RANGE) {
        s = rsp_fail_in(err, "%s", rsp_adam_name(which));
    }
    rsp_arena_free(arena);
    rsp_adam_table_fini(&a);
    return s;
}
