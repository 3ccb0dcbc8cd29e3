/* JSON: the description of ADaM's variables, and a whole data set. */
#include <math.h>
#include <string.h>

#include "dataset/export.h"
#include "dataset/adam_code.h"

void rsp_json_text(rsp_text *out, const char *s)
{
    rsp_text_add(out, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            rsp_text_add(out, c == '"' ? "\\\"" : "\\\\");
        } else if (c < 0x20) {
            rsp_text_printf(out, "\\u%04x", c);
        } else {
            rsp_text_add_n(out, s, 1);
        }
    }
    rsp_text_add(out, "\"");
}

void rsp_json_number(rsp_text *out, double value)
{
    if (isfinite(value)) {
        rsp_text_number(out, value);
    } else {
        rsp_text_add(out, "null");
    }
}

void rsp_json_pair(rsp_text *out, const char *key, const char *s)
{
    rsp_json_text(out, key);
    rsp_text_add(out, ": ");
    rsp_json_text(out, s);
}

static void json_list(rsp_text *out, const char *const *texts, size_t n)
{
    rsp_text_add(out, "[");
    for (size_t i = 0; i < n; i++) {
        rsp_text_add(out, i ? ", " : "");
        rsp_json_text(out, texts[i]);
    }
    rsp_text_add(out, "]");
}

/* ---- define.json. */

/* Whole numbers throughout are "integer", as define.xml has it. */
static bool is_integer(const rsp_adam_table *a, size_t column)
{
    double v;
    for (size_t row = 0; row < a->table.n_rows; row++) {
        const char *s = rsp_table_cell(&a->table, row, (int)column);
        if (rsp_number_read(s, strlen(s), &v) && v != floor(v)) {
            return false;
        }
    }
    return true;
}

static void define_variable(const rsp_adam_table *a, size_t column, rsp_text *out)
{
    const rsp_adam_variable v = rsp_adam_table_variable(a, column);
    rsp_text_add(out, column ? ",\n      {" : "\n      {");
    rsp_json_pair(out, "name", v.name);
    rsp_text_add(out, ", ");
    rsp_json_pair(out, "label", v.label);
    rsp_text_add(out, ", ");
    rsp_json_pair(out, "type", v.text ? "text" : is_integer(a, column) ? "integer" : "float");
    rsp_text_printf(out, ", \"length\": %zu", v.text ? rsp_adam_table_length(a, column) : 8);
    if (v.codes) {
        rsp_text_add(out, ", ");
        rsp_json_pair(out, "codes", v.codes);
    }
    rsp_text_add(out, "}");
}

/* Parameters of a data set: code, name and unit, each once. */
static void define_parameters(const rsp_adam_table *a, rsp_text *out)
{
    int code = rsp_table_find(&a->table, "PARAMCD"), name = rsp_table_find(&a->table, "PARAM");
    int unit = rsp_table_find(&a->table, "AVALU");
    rsp_codes seen = {0};
    if (code == RSP_NO_COLUMN) {
        return;
    }
    rsp_text_add(out, ",\n     \"parameters\": [");
    for (size_t row = 0; row < a->table.n_rows; row++) {
        const char *param = rsp_table_cell(&a->table, row, name);
        size_t before = seen.n;
        out->failed = out->failed || !rsp_codes_add(&seen, param);
        if (seen.n == before) {
            continue;
        }
        rsp_text_add(out, before ? ",\n      {" : "\n      {");
        rsp_json_pair(out, "paramcd", rsp_table_cell(&a->table, row, code));
        rsp_text_add(out, ", ");
        rsp_json_pair(out, "param", param);
        rsp_text_add(out, ", ");
        rsp_json_pair(out, "unit", rsp_table_cell(&a->table, row, unit));
        rsp_text_add(out, "}");
    }
    rsp_codes_fini(&seen);
    rsp_text_add(out, "]");
}

static void define_set(const rsp_dataset *d, rsp_adam which, bool xpt, rsp_text *out)
{
    rsp_adam_table a;
    if (rsp_adam_table_make(d, which, &a, NULL) != RSP_OK) {
        out->failed = true; /* what we wrote we can read: memory is all that may lack */
        rsp_adam_table_fini(&a);
        return;
    }
    const char *file = rsp_adam_file(which);
    rsp_text_add(out, "    {");
    rsp_json_pair(out, "name", rsp_adam_name(which));
    rsp_text_printf(out, ", \"file\": \"%.*s.%s\", ", (int)strcspn(file, "."), file,
                    xpt ? "xpt" : "csv");
    rsp_json_pair(out, "label", rsp_adam_label(which));
    rsp_text_add(out, ",\n     ");
    rsp_json_pair(out, "structure", rsp_adam_structure(which));
    rsp_text_printf(out, ", \"records\": %zu,\n     \"variables\": [", a.table.n_rows);
    for (size_t i = 0; i < a.table.n_columns; i++) {
        define_variable(&a, i, out);
    }
    rsp_text_add(out, "]");
    define_parameters(&a, out);
    rsp_text_add(out, "}");
    rsp_adam_table_fini(&a);
}

void rsp_export_define(const rsp_dataset *d, bool xpt, rsp_text *out)
{
    rsp_text_add(out, "{\n  ");
    rsp_json_pair(out, "study", d->study);
    rsp_text_add(out, ",\n  \"standard\": \"ADaM\",\n  \"arms\": ");
    json_list(out, d->arms, d->n_arms);
    rsp_text_add(out, ",\n  \"codes\": {\n    \"YN\": {\"Y\": \"yes\", \"N\": \"no\"},\n"
                      "    \"CENSFL\": {\"Y\": \"below the limit of quantification\", "
                      "\"U\": \"above the upper limit\"},\n    \"CNSR\": {");
    for (int i = RSP_END_EVENT; i <= RSP_END_NOT_STARTED; i++) {
        rsp_text_printf(out, "%s\"%d\": \"%s\"", i ? ", " : "", i,
                        rsp_endpoint_end_text((rsp_endpoint_end)i));
    }
    rsp_text_add(out, "}\n  },\n  \"datasets\": [\n");
    for (int i = 0; i < RSP_N_ADAM; i++) {
        define_set(d, (rsp_adam)i, xpt, out);
        rsp_text_add(out, i + 1 < RSP_N_ADAM ? ",\n" : "\n");
    }
    rsp_text_add(out, "  ]\n}\n");
}

/* ---- dataset.json: what the type holds, a line a row. */

static void head(rsp_text *out, size_t i, uint32_t trial, uint32_t participant, uint32_t arm)
{
    rsp_text_printf(out, "%s    {\"trial\": %u, \"participant\": %u, \"arm\": %u", i ? ",\n" : "",
                    (unsigned)trial, (unsigned)participant, (unsigned)arm);
}

static void number(rsp_text *out, const char *key, double value)
{
    rsp_text_printf(out, ", \"%s\": ", key);
    rsp_json_number(out, value);
}

static void text(rsp_text *out, const char *key, const char *s)
{
    rsp_text_add(out, ", ");
    rsp_json_pair(out, key, s);
}

static void subjects(const rsp_dataset *d, rsp_text *out)
{
    for (size_t i = 0; i < d->n_subjects; i++) {
        const rsp_subject *s = &d->subjects[i];
        head(out, i, s->trial, s->participant, s->arm);
        text(out, "id", s->id);
        rsp_text_printf(out, ", \"failed\": %s, \"product_failed\": %s, \"screened_out\": %s",
                        s->failed ? "true" : "false", s->product_failed ? "true" : "false",
                        s->screened_out ? "true" : "false");
        text(out, "reason", s->reason);
        rsp_text_add(out, ", \"covariates\": [");
        for (size_t k = 0; k < d->n_covariates; k++) {
            rsp_text_add(out, k ? ", " : "");
            rsp_json_number(out, s->covariates[k]);
        }
        rsp_text_add(out, "], \"texts\": ");
        json_list(out, s->texts, d->n_texts);
        rsp_text_add(out, "}");
    }
}

static void happenings(const rsp_dataset *d, rsp_text *out)
{
    for (size_t i = 0; i < d->n_happenings; i++) {
        const rsp_happening *h = &d->happenings[i];
        head(out, i, h->trial, h->participant, h->arm);
        number(out, "day", h->day);
        text(out, "what", h->what);
        number(out, "amount", h->amount);
        text(out, "reason", h->reason);
        number(out, "end_day", h->over ? h->end_day : (double)NAN);
        number(out, "reported_day", h->reported ? h->reported_day : (double)NAN);
        rsp_text_add(out, "}");
    }
}

static void measurements(const rsp_dataset *d, rsp_text *out)
{
    for (size_t i = 0; i < d->n_measurements; i++) {
        const rsp_measurement *m = &d->measurements[i];
        head(out, i, m->trial, m->participant, m->arm);
        number(out, "day", m->day);
        number(out, "planned_day", m->planned_day);
        text(out, "assay", m->assay);
        text(out, "unit", m->unit);
        text(out, "state", rsp_result_state_name(m->state));
        number(out, "value", m->value);
        number(out, "lloq", m->lloq);
        number(out, "uloq", m->uloq > 0 ? m->uloq : (double)NAN);
        text(out, "reason", m->reason);
        rsp_text_add(out, "}");
    }
}

static void endpoints(const rsp_dataset *d, rsp_text *out)
{
    for (size_t i = 0; i < d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &d->endpoints[i];
        head(out, i, e->trial, e->participant, e->arm);
        text(out, "endpoint", e->endpoint);
        number(out, "day", e->day);
        text(out, "end", rsp_endpoint_end_text(e->end));
        number(out, "left", e->left);
        number(out, "right", e->right);
        number(out, "start_day", e->start_day);
        rsp_text_add(out, "}");
    }
}

void rsp_export_json(const rsp_dataset *d, rsp_text *out)
{
    static const struct {
        const char *name;
        void (*rows)(const rsp_dataset *d, rsp_text *out);
    } tables[] = {{"subjects", subjects}, {"happenings", happenings},
                  {"measurements", measurements}, {"endpoints", endpoints}};
    rsp_text_add(out, "{\n  ");
    rsp_json_pair(out, "study", d->study);
    rsp_text_add(out, ",\n  \"arms\": ");
    json_list(out, d->arms, d->n_arms);
    rsp_text_add(out, ",\n  \"covariates\": ");
    json_list(out, d->covariates, d->n_covariates);
    rsp_text_add(out, ",\n  \"texts\": ");
    json_list(out, d->texts, d->n_texts);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        rsp_text_printf(out, ",\n  \"%s\": [\n", tables[i].name);
        tables[i].rows(d, out);
        rsp_text_add(out, "\n  ]");
    }
    rsp_text_add(out, "\n}\n");
}
