/* NONMEM: numbers alone, and beside them what they stand for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/adam_code.h"
#include "dataset/export.h"

typedef struct writer {
    const rsp_dataset *d;
    rsp_codes assays; /* in order of first appearance: DVID from 1 */
    rsp_text *out;
    size_t next_happening, next_measurement;
    const rsp_subject *who;
    size_t id;
    double first; /* day of the participant's first record */
} writer;

static bool same(const rsp_subject *s, uint32_t trial, uint32_t participant, uint32_t arm)
{
    return s->trial == trial && s->participant == participant && s->arm == arm;
}

static bool is_dose(const rsp_happening *h)
{
    return strcmp(h->what, "infuse") == 0;
}

static void field(rsp_text *out, double value) /* with a comma before it */
{
    rsp_text_add(out, ",");
    if (isfinite(value)) {
        rsp_text_number(out, value);
    } else {
        rsp_text_add(out, ".");
    }
}

static void begin(const writer *w, double day)
{
    rsp_text_printf(w->out, "%zu", w->id);
    field(w->out, round((day - w->first) * 1e6) / 1e6); /* a difference carries rounding */
    field(w->out, day);
}

static void end(const writer *w)
{
    field(w->out, w->who->arm + 1.0);
    field(w->out, w->who->trial);
    field(w->out, w->who->participant);
    for (size_t i = 0; i < w->d->n_covariates; i++) {
        field(w->out, w->who->covariates[i]);
    }
    rsp_text_add(w->out, "\n");
}

static void dose(const writer *w, const rsp_happening *h)
{
    double none = (double)NAN;
    begin(w, h->day);
    field(w->out, h->amount);
    field(w->out, 1);    /* EVID */
    field(w->out, 1);    /* MDV */
    field(w->out, none); /* DV */
    field(w->out, none); /* DVID */
    field(w->out, 1);    /* CMT */
    field(w->out, 0);    /* CENS */
    field(w->out, none); /* LIMIT */
    field(w->out, none); /* LLOQ */
    field(w->out, 0);    /* TND */
    end(w);
}

static void measurement(const writer *w, const rsp_measurement *m)
{
    bool below = m->state == RSP_NOT_DETECTED || m->state == RSP_BELOW_LLOQ;
    bool above = m->state == RSP_ABOVE_ULOQ;
    double dv = below ? m->lloq : above ? (m->uloq > 0 ? m->uloq : (double)NAN) : m->value;
    double code = (double)rsp_codes_find(&w->assays, m->assay) + 1;
    begin(w, m->day);
    field(w->out, (double)NAN); /* AMT */
    field(w->out, 0);
    field(w->out, isnan(dv));
    field(w->out, dv);
    field(w->out, code);
    field(w->out, code);
    field(w->out, below ? 1 : above ? -1 : 0);
    field(w->out, below ? 0 : (double)NAN);
    field(w->out, m->lloq);
    field(w->out, m->state == RSP_NOT_DETECTED);
    end(w);
}

/* The participant's rows: all of one are together, in order of day. */
static void participant(writer *w)
{
    const rsp_dataset *d = w->d;
    size_t h = w->next_happening, m = w->next_measurement, h_end = h, m_end = m;
    while (h_end < d->n_happenings && same(w->who, d->happenings[h_end].trial,
                                           d->happenings[h_end].participant,
                                           d->happenings[h_end].arm)) {
        h_end++;
    }
    while (m_end < d->n_measurements && same(w->who, d->measurements[m_end].trial,
                                             d->measurements[m_end].participant,
                                             d->measurements[m_end].arm)) {
        m_end++;
    }
    w->next_happening = h_end;
    w->next_measurement = m_end;
    w->first = m < m_end ? d->measurements[m].day : (double)INFINITY;
    for (size_t i = h; i < h_end; i++) {
        if (is_dose(&d->happenings[i])) {
            w->first = fmin(w->first, d->happenings[i].day);
        }
    }
    while (h < h_end || m < m_end) { /* a dose comes before what is measured on its day */
        bool first = h < h_end && (m >= m_end || d->happenings[h].day <= d->measurements[m].day);
        if (first && is_dose(&d->happenings[h])) {
            dose(w, &d->happenings[h]);
        } else if (!first) {
            measurement(w, &d->measurements[m]);
        }
        h += first;
        m += !first;
    }
}

static void header(const rsp_dataset *d, rsp_text *out)
{
    char (*codes)[RSP_PARAMCD_MAX] = NULL;
    rsp_text_add(out, "ID,TIME,DAY,AMT,EVID,MDV,DV,DVID,CMT,CENS,LIMIT,LLOQ,TND,TRT,TRIAL,SUBJID");
    if (!rsp_adam_covariates(d, &codes)) {
        out->failed = true;
    }
    for (size_t i = 0; codes && i < d->n_covariates; i++) {
        rsp_text_printf(out, ",%s", codes[i]);
    }
    free(codes);
    rsp_text_add(out, "\n");
}

static bool find_assays(const rsp_dataset *d, rsp_codes *assays)
{
    bool ok = true;
    for (size_t i = 0; ok && i < d->n_measurements; i++) {
        ok = rsp_codes_add(assays, d->measurements[i].assay);
    }
    return ok;
}

void rsp_export_nonmem(const rsp_dataset *d, rsp_text *out)
{
    writer w = {.d = d, .out = out};
    header(d, out);
    out->failed = out->failed || !find_assays(d, &w.assays);
    for (size_t i = 0; i < d->n_subjects && !out->failed; i++) {
        w.who = &d->subjects[i];
        w.id = i + 1;
        participant(&w);
    }
    rsp_codes_fini(&w.assays);
}

/* ---- nonmem.json. */

static const char *unit_of(const rsp_dataset *d, const char *assay)
{
    for (size_t i = 0; i < d->n_measurements; i++) {
        if (strcmp(d->measurements[i].assay, assay) == 0) {
            return d->measurements[i].unit;
        }
    }
    return "";
}

static void legend_list(rsp_text *out, const char *key, const char *code, const char *const *names,
                        size_t n, const rsp_dataset *d)
{
    rsp_text_printf(out, ",\n  \"%s\": [", key);
    for (size_t i = 0; i < n; i++) {
        rsp_text_printf(out, "%s\n    {\"%s\": %zu, ", i ? "," : "", code, i + 1);
        rsp_json_pair(out, "name", names[i]);
        if (d) {
            rsp_text_add(out, ", ");
            rsp_json_pair(out, "unit", unit_of(d, names[i]));
        }
        rsp_text_add(out, "}");
    }
    rsp_text_add(out, "]");
}

void rsp_export_nonmem_legend(const rsp_dataset *d, rsp_text *out)
{
    rsp_codes assays = {0};
    char (*codes)[RSP_PARAMCD_MAX] = NULL;
    bool ok = find_assays(d, &assays) && rsp_adam_covariates(d, &codes);
    out->failed = out->failed || !ok;
    rsp_text_add(out, "{\n  ");
    rsp_json_pair(out, "study", d->study);
    rsp_text_add(out, ",\n  \"time\": \"days since the participant's first record\","
                      "\n  \"day\": \"study day, day 0 the reference\","
                      "\n  \"cens\": {\"1\": \"below the limit in DV\", \"0\": \"quantified\", "
                      "\"-1\": \"above the limit in DV\"},"
                      "\n  \"tnd\": {\"1\": \"target not detected\"}");
    legend_list(out, "assays", "dvid", assays.names, assays.n, d);
    legend_list(out, "arms", "trt", d->arms, d->n_arms, NULL);
    rsp_text_add(out, ",\n  \"covariates\": [");
    for (size_t i = 0; ok && i < d->n_covariates; i++) {
        rsp_text_add(out, i ? ",\n    {" : "\n    {");
        rsp_json_pair(out, "column", codes[i]);
        rsp_text_add(out, ", ");
        rsp_json_pair(out, "name", d->covariates[i]);
        rsp_text_add(out, "}");
    }
    rsp_text_add(out, "]\n}\n");
    free(codes);
    rsp_codes_fini(&assays);
}
