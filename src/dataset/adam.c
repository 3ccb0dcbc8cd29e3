#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/adam_code.h"

/* ---- Fields: each but the first of a line sets a comma before itself. */

static void first_field(rsp_text *out, const char *s)
{
    size_t n = strlen(s);
    bool plain = !s[strcspn(s, ",\"\r\n")] &&
                 (n == 0 || (s[0] != ' ' && s[n - 1] != ' '));
    if (plain) {
        rsp_text_add_n(out, s, n);
        return;
    }
    rsp_text_add_n(out, "\"", 1);
    for (; *s; s++) {
        rsp_text_add_n(out, "\"\"", *s == '"' ? 2 : 0);
        if (*s != '"') {
            rsp_text_add_n(out, s, 1);
        }
    }
    rsp_text_add_n(out, "\"", 1);
}

static void text_field(rsp_text *out, const char *s)
{
    rsp_text_add_n(out, ",", 1);
    first_field(out, s);
}

static void number_field(rsp_text *out, double value) /* NaN: empty */
{
    char text[RSP_NUMBER_MAX + 1] = ",";
    size_t n = isfinite(value) ? rsp_number_write(value, text + 1) : 0;
    rsp_text_add_n(out, text, n + 1);
}

static void flag_field(rsp_text *out, bool yes)
{
    rsp_text_add_n(out, yes ? ",Y" : ",N", 2);
}

static void end_line(rsp_text *out)
{
    rsp_text_add_n(out, "\n", 1);
}

/* ---- Who a row is about: STUDYID ... TRT01PN, and from the happenings. */

typedef struct person { /* of one arm */
    uint32_t trial, participant, arm;
    double infused, dose, stopped, restarted, ended; /* study days; NaN: not */
} person;

typedef struct reader { /* walks happenings and subjects beside the rows */
    const rsp_dataset *d;
    size_t next, next_subject;
    const char *id; /* of `who`; "": none of its own */
    person who;
    bool known;
    rsp_text head; /* the fields of `who`, quoted, without a line end */
} reader;

static int compare_person(const rsp_happening *h, const person *p)
{
    if (h->trial != p->trial) {
        return h->trial < p->trial ? -1 : 1;
    }
    if (h->participant != p->participant) {
        return h->participant < p->participant ? -1 : 1;
    }
    return (h->arm > p->arm) - (h->arm < p->arm);
}

static void note(person *p, const rsp_happening *h)
{
    if (strcmp(h->what, "infuse") == 0 && isnan(p->infused)) {
        p->infused = h->day;
        p->dose = h->amount;
    } else if (strcmp(h->what, "stop art") == 0 && isnan(p->stopped)) {
        p->stopped = h->day;
    } else if (strcmp(h->what, "start art") == 0 && isnan(p->restarted) &&
               h->day >= p->stopped) {
        p->restarted = h->day;
    } else if (strcmp(h->what, "end") == 0) {
        p->ended = h->day;
    }
}

static const char *const head_columns[] = {
    "STUDYID", "USUBJID", "SUBJID", "TRIAL", "ARM", "TRT01P", "TRT01PN"};

static void write_head(reader *r)
{
    const person *p = &r->who;
    rsp_text id = {0};
    r->head.length = 0;
    if (*r->id) {
        rsp_text_add(&id, r->id);
    } else {
        rsp_text_printf(&id, "%s-%u-%u", r->d->study, p->trial, p->participant);
    }
    r->head.failed = r->head.failed || id.failed;
    first_field(&r->head, r->d->study);
    text_field(&r->head, id.data ? id.data : "");
    number_field(&r->head, p->participant);
    number_field(&r->head, p->trial);
    text_field(&r->head, r->d->arms[p->arm]);
    text_field(&r->head, r->d->arms[p->arm]);
    number_field(&r->head, p->arm + 1.0);
    rsp_text_fini(&id);
}

static int compare_subject(const rsp_subject *s, const person *p)
{
    if (s->trial != p->trial) {
        return s->trial < p->trial ? -1 : 1;
    }
    if (s->participant != p->participant) {
        return s->participant < p->participant ? -1 : 1;
    }
    return (s->arm > p->arm) - (s->arm < p->arm);
}

static void find_id(reader *r)
{
    const rsp_dataset *d = r->d;
    while (r->next_subject < d->n_subjects &&
           compare_subject(&d->subjects[r->next_subject], &r->who) < 0) {
        r->next_subject++;
    }
    bool there = r->next_subject < d->n_subjects &&
                 compare_subject(&d->subjects[r->next_subject], &r->who) == 0;
    r->id = there ? d->subjects[r->next_subject].id : "";
}

/* Rows come in canonical order, as the happenings do. */
static void meet(reader *r, uint32_t trial, uint32_t participant, uint32_t arm)
{
    if (r->known && r->who.trial == trial &&
        r->who.participant == participant && r->who.arm == arm) {
        return;
    }
    double none = (double)NAN;
    r->known = true;
    r->who = (person){trial, participant, arm, none, none, none, none, none};
    const rsp_dataset *d = r->d;
    while (r->next < d->n_happenings &&
           compare_person(&d->happenings[r->next], &r->who) < 0) {
        r->next++;
    }
    for (; r->next < d->n_happenings &&
           compare_person(&d->happenings[r->next], &r->who) == 0;
         r->next++) {
        note(&r->who, &d->happenings[r->next]);
    }
    find_id(r);
    write_head(r);
}

static void begin(const reader *r, rsp_text *out)
{
    rsp_text_add_n(out, r->head.data ? r->head.data : "", r->head.length);
    out->failed = out->failed || r->head.failed;
}

/* ---- Headers. */

static const char *const adsl_columns[] = {
    "ITTFL",   "SAFFL",  "ATIFL",   "PRODFFL", "SIMFFL", "SCROUTFL",
    "TRTSDT",  "TRTDOSE", "ATISDT", "ARTRSDT", "EOSDT", "DCSREAS"};
static const char *const adtte_columns[] = {
    "PARAMCD",  "PARAM",    "AVAL",    "AVALU", "CNSR",
    "EVNTDESC", "CNSDTDSC", "STARTDT", "ADT",   "AVALL", "AVALR"};
static const char *const bds_columns[] = {
    "PARAMCD", "PARAM", "AVAL",    "AVALC", "AVALU",  "ADT",
    "ADY",     "ATIDY", "AVISITN", "LLOQ",  "CENSFL", "REASND", "ULOQ"};
static const char *const adae_columns[] = {
    "AESEQ", "AETERM", "ASTDT", "ASTDY", "AENDT", "AENDY", "AEDT", "AEDY", "AETOXGR"};
static const char *const adev_columns[] = {"EVTERM", "ASTDT", "ASTDY", "EVAMT", "EVREAS"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct file {
    const char *name;
    const char *const *columns;
    size_t n;
} files[] = {
    [RSP_ADSL] = {"adsl.csv", adsl_columns, COUNT(adsl_columns)},
    [RSP_ADTTE] = {"adtte.csv", adtte_columns, COUNT(adtte_columns)},
    [RSP_ADVL] = {"advl.csv", bds_columns, COUNT(bds_columns)},
    [RSP_ADLB] = {"adlb.csv", bds_columns, COUNT(bds_columns)},
    [RSP_ADAE] = {"adae.csv", adae_columns, COUNT(adae_columns)},
    [RSP_ADEV] = {"adev.csv", adev_columns, COUNT(adev_columns)},
};

const char *rsp_adam_file(rsp_adam which)
{
    return files[which].name;
}

static bool is_among(const char *code, const char *const *columns, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (strcmp(code, columns[k]) == 0) {
            return true;
        }
    }
    return false;
}

/* A column of any data set: by them a reader tells which one it has before it. */
static bool is_taken(const char *code)
{
    bool taken = is_among(code, head_columns, COUNT(head_columns));
    for (size_t i = 0; i < COUNT(files); i++) {
        taken = taken || is_among(code, files[i].columns, files[i].n);
    }
    return taken;
}

static bool is_repeated(const char *code, size_t at, char (*codes)[RSP_PARAMCD_MAX], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i != at && strcmp(code, codes[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A covariate's column: its own name where SAS would take it, else shortened. */
bool rsp_adam_covariates(const rsp_dataset *d, char (**out)[RSP_PARAMCD_MAX])
{
    size_t n = d->n_covariates + d->n_texts;
    const char **names = calloc(n + 1, sizeof *names);
    *out = calloc(n + 1, sizeof **out);
    bool ok = names && *out;
    for (size_t i = 0; ok && i < n; i++) {
        names[i] = i < d->n_covariates ? d->covariates[i] : d->texts[i - d->n_covariates];
    }
    for (size_t i = 0; ok && i < n; i++) {
        rsp_adam_paramcd(names[i], names, n, (*out)[i]);
    }
    for (size_t i = 0; ok && i < n; i++) {
        char *code = (*out)[i];
        for (size_t x = i + 1; is_taken(code) || (x > i + 1 && is_repeated(code, i, *out, n));
             x += n) { /* X and a number: short, and free */
            snprintf(code, sizeof **out, "X%zu", x % 1000000);
        }
    }
    free(names);
    return ok;
}

static void covariate_columns(const rsp_dataset *d, rsp_text *out)
{
    char (*codes)[RSP_PARAMCD_MAX] = NULL;
    bool ok = rsp_adam_covariates(d, &codes);
    out->failed = out->failed || !ok;
    for (size_t i = 0; ok && i < d->n_covariates + d->n_texts; i++) {
        text_field(out, codes[i]);
    }
    free(codes);
}

void rsp_adam_header(rsp_adam which, const rsp_dataset *d, rsp_text *out)
{
    first_field(out, head_columns[0]);
    for (size_t i = 1; i < COUNT(head_columns); i++) {
        text_field(out, head_columns[i]);
    }
    for (size_t i = 0; i < files[which].n; i++) {
        text_field(out, files[which].columns[i]);
    }
    if (which == RSP_ADSL) {
        covariate_columns(d, out);
    }
    end_line(out);
}

/* ---- Rows. */

static void adsl_rows(reader *r, rsp_text *out)
{
    for (size_t i = 0; i < r->d->n_subjects; i++) {
        const rsp_subject *s = &r->d->subjects[i];
        meet(r, s->trial, s->participant, s->arm);
        begin(r, out);
        flag_field(out, !s->screened_out);
        flag_field(out, isfinite(r->who.infused));
        flag_field(out, isfinite(r->who.stopped));
        flag_field(out, s->product_failed);
        flag_field(out, s->failed);
        flag_field(out, s->screened_out);
        number_field(out, r->who.infused);
        number_field(out, r->who.dose);
        number_field(out, r->who.stopped);
        number_field(out, r->who.restarted);
        number_field(out, r->who.ended);
        text_field(out, s->reason);
        for (size_t k = 0; k < r->d->n_covariates; k++) {
            number_field(out, s->covariates[k]);
        }
        for (size_t k = 0; k < r->d->n_texts; k++) {
            text_field(out, s->texts[k]);
        }
        end_line(out);
    }
}

/* Sums of study days carry rounding; a millionth of a day is far below what a
 * visit means. */
static double rounded_day(double day)
{
    return round(day * 1e6) / 1e6;
}

static void adtte_rows(reader *r, rsp_text *out)
{
    rsp_codes c = {0};
    for (size_t i = 0; i < r->d->n_endpoints && !out->failed; i++) {
        out->failed = !rsp_codes_add(&c, r->d->endpoints[i].endpoint);
    }
    rsp_codes_make(&c);
    for (size_t i = 0; i < r->d->n_endpoints && !out->failed; i++) {
        const rsp_endpoint_row *e = &r->d->endpoints[i];
        bool event = e->end == RSP_END_EVENT;
        bool at_risk = e->end != RSP_END_NOT_STARTED;
        meet(r, e->trial, e->participant, e->arm);
        begin(r, out);
        text_field(out, c.codes[rsp_codes_find(&c, e->endpoint)]);
        text_field(out, e->endpoint);
        number_field(out, at_risk ? e->day : (double)NAN);
        text_field(out, "DAYS");
        number_field(out, e->end);
        text_field(out, event ? rsp_endpoint_end_text(e->end) : "");
        text_field(out, event ? "" : rsp_endpoint_end_text(e->end));
        number_field(out, at_risk ? e->start_day : (double)NAN);
        number_field(out, at_risk ? rounded_day(e->start_day + e->day)
                                  : (double)NAN);
        number_field(out, at_risk ? e->left : (double)NAN);
        number_field(out, at_risk ? e->right : (double)NAN);
        end_line(out);
    }
    rsp_codes_fini(&c);
}

static void value_fields(const rsp_measurement *m, rsp_text *out)
{
    number_field(out, m->state == RSP_NUMBER ? m->value : (double)NAN);
    switch (m->state) {
    case RSP_NUMBER:
        number_field(out, m->value);
        return;
    case RSP_BELOW_LLOQ:
        rsp_text_add(out, ",<");
        if (isfinite(m->lloq)) {
            rsp_text_number(out, m->lloq);
        } else {
            rsp_text_add(out, "LLOQ");
        }
        rsp_text_add(out, " detected");
        return;
    case RSP_NOT_DETECTED:
    case RSP_ABOVE_ULOQ:
        text_field(out, rsp_result_state_name(m->state));
        return;
    case RSP_MISSING:
        text_field(out, "");
        return;
    }
}

/* The reference is day 1, there is no day 0. */
static double whole_day(double day)
{
    double whole = floor(day);
    return whole >= 0 ? whole + 1 : whole;
}

static void measurement_row(const reader *r, const rsp_measurement *m,
                            const char *code, rsp_text *out)
{
    static const char *const censoring[] = {
        [RSP_NOT_DETECTED] = "Y", [RSP_BELOW_LLOQ] = "Y", [RSP_NUMBER] = "",
        [RSP_ABOVE_ULOQ] = "U",   [RSP_MISSING] = ""};
    begin(r, out);
    text_field(out, code);
    text_field(out, m->assay);
    value_fields(m, out);
    text_field(out, m->unit);
    number_field(out, m->day);
    number_field(out, whole_day(m->day));
    number_field(out, rounded_day(m->day - r->who.stopped));
    number_field(out, m->planned_day);
    number_field(out, m->lloq);
    text_field(out, censoring[m->state]);
    text_field(out, m->reason);
    number_field(out, m->uloq > 0 ? m->uloq : (double)NAN);
    end_line(out);
}

static void bds_rows(reader *r, bool viral_load, rsp_text *out)
{
    rsp_codes c = {0};
    for (size_t i = 0; i < r->d->n_measurements && !out->failed; i++) {
        out->failed = !rsp_codes_add(&c, r->d->measurements[i].assay);
    }
    rsp_codes_make(&c);
    for (size_t i = 0; i < r->d->n_measurements && !out->failed; i++) {
        const rsp_measurement *m = &r->d->measurements[i];
        if ((strcmp(m->assay, "viral_load") == 0) == viral_load) {
            meet(r, m->trial, m->participant, m->arm);
            measurement_row(r, m, c.codes[rsp_codes_find(&c, m->assay)], out);
        }
    }
    rsp_codes_fini(&c);
}

/* ---- Happenings: the adverse events, and all others. */
static void day_fields(rsp_text *out, bool known, double day)
{
    number_field(out, known ? day : (double)NAN);
    number_field(out, known ? whole_day(day) : (double)NAN);
}

static void adverse_rows(reader *r, rsp_text *out)
{
    uint32_t seq = 0;
    const rsp_happening *last = NULL;
    for (size_t i = 0; i < r->d->n_happenings; i++) {
        const rsp_happening *h = &r->d->happenings[i];
        if (strcmp(h->what, RSP_ADVERSE_EVENT) != 0) {
            continue;
        }
        meet(r, h->trial, h->participant, h->arm);
        begin(r, out);
        seq = last && !compare_person(last, &r->who) ? seq + 1 : 1;
        last = h;
        number_field(out, seq);
        text_field(out, h->reason);
        day_fields(out, true, h->day);
        day_fields(out, h->over, h->end_day);
        day_fields(out, h->reported, h->reported_day);
        number_field(out, h->amount);
        end_line(out);
    }
}

static void event_rows(reader *r, rsp_text *out)
{
    for (size_t i = 0; i < r->d->n_happenings; i++) {
        const rsp_happening *h = &r->d->happenings[i];
        if (strcmp(h->what, RSP_ADVERSE_EVENT) == 0) {
            continue;
        }
        meet(r, h->trial, h->participant, h->arm);
        begin(r, out);
        text_field(out, h->what);
        day_fields(out, true, h->day);
        number_field(out, h->amount);
        text_field(out, h->reason);
        end_line(out);
    }
}

void rsp_adam_rows(rsp_adam which, const rsp_dataset *d, rsp_text *out)
{
    reader r = {.d = d};
    switch (which) {
    case RSP_ADSL:
        adsl_rows(&r, out);
        break;
    case RSP_ADTTE:
        adtte_rows(&r, out);
        break;
    case RSP_ADVL:
    case RSP_ADLB:
        bds_rows(&r, which == RSP_ADVL, out);
        break;
    case RSP_ADAE:
        adverse_rows(&r, out);
        break;
    case RSP_ADEV:
        event_rows(&r, out);
        break;
    case RSP_N_ADAM:
        break;
    }
    rsp_text_fini(&r.head);
}
