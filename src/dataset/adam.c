#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/dataset.h"

/* ---- Codes of parameters. */

static const struct known_code {
    const char *name, *code;
} known_codes[] = {
    {"viral_load", "VLCPML"},      {"car_copies", "CARCPUG"},
    {"car_cells", "CARCELL"},      {"cd4", "CD4"},
    {"intact_provirus", "IPDAINT"}, {"total_provirus", "IPDATOT"},
};

enum { CODE_LENGTH = RSP_PARAMCD_MAX - 1 };

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* Drop vowels from the end, then the end, until `most` letters are left. */
static void shorten(char *code, size_t most)
{
    size_t n = strlen(code);
    for (size_t i = n; n > most && i-- > 1;) {
        if (strchr("AEIOU", code[i])) {
            memmove(code + i, code + i + 1, n - i);
            n--;
        }
    }
    code[n < most ? n : most] = '\0';
}

static void code_alone(const char *name, char code[RSP_PARAMCD_MAX])
{
    for (size_t i = 0; i < sizeof known_codes / sizeof *known_codes; i++) {
        if (strcmp(name, known_codes[i].name) == 0) {
            memcpy(code, known_codes[i].code, strlen(known_codes[i].code) + 1);
            return;
        }
    }
    char letters[64];
    size_t n = 0;
    if (starts(name, "time_to_")) {
        letters[n++] = 'T';
        letters[n++] = 'T';
        name += strlen("time_to_");
    }
    for (; *name && n < sizeof letters - 1; name++) {
        if (isalnum((unsigned char)*name) && (unsigned char)*name < 0x80) {
            if (n == 0 && isdigit((unsigned char)*name)) {
                letters[n++] = 'P'; /* a name in SAS begins with a letter */
            }
            letters[n++] = (char)toupper((unsigned char)*name);
        }
    }
    letters[n] = '\0';
    shorten(letters, CODE_LENGTH);
    memcpy(code, n ? letters : "PARAM", n ? strlen(letters) + 1 : sizeof "PARAM");
}

void rsp_adam_paramcd(const char *name, const char *const *names, size_t n,
                      char code[RSP_PARAMCD_MAX])
{
    size_t before = 0; /* of all names, so that no two get one number */
    bool shared = false;
    code_alone(name, code);
    for (size_t i = 0; i < n; i++) {
        char other[RSP_PARAMCD_MAX];
        code_alone(names[i], other);
        int order = strcmp(names[i], name);
        shared = shared || (order != 0 && strcmp(code, other) == 0);
        before += order < 0;
    }
    if (shared) {
        char number[24];
        int digits = snprintf(number, sizeof number, "_%zu", before + 1);
        size_t room = CODE_LENGTH - (size_t)digits;
        size_t length = strlen(code) < room ? strlen(code) : room;
        memcpy(code + length, number, (size_t)digits + 1);
    }
}

/* The distinct names of a column: few, looked for in order. */
typedef struct codes {
    const char **names;
    char (*codes)[RSP_PARAMCD_MAX];
    size_t n, names_capacity, codes_capacity;
} codes;

static size_t find_name(const codes *c, const char *name)
{
    size_t i = 0;
    while (i < c->n && c->names[i] != name && strcmp(c->names[i], name) != 0) {
        i++;
    }
    return i;
}

static bool add_name(codes *c, const char *name)
{
    if (find_name(c, name) < c->n) {
        return true;
    }
    if (!RSP_GROW(&c->names, &c->names_capacity, c->n + 1) ||
        !RSP_GROW(&c->codes, &c->codes_capacity, c->n + 1)) {
        return false;
    }
    c->names[c->n++] = name;
    return true;
}

static void code_all(codes *c)
{
    for (size_t i = 0; i < c->n; i++) {
        rsp_adam_paramcd(c->names[i], c->names, c->n, c->codes[i]);
    }
}

static void codes_fini(codes *c)
{
    free(c->names);
    free(c->codes);
}

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

typedef struct reader { /* walks the happenings beside the rows */
    const rsp_dataset *d;
    size_t next;
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
    rsp_text_printf(&id, "%s-%u-%u", r->d->study, p->trial, p->participant);
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
    write_head(r);
}

static void begin(const reader *r, rsp_text *out)
{
    rsp_text_add_n(out, r->head.data ? r->head.data : "", r->head.length);
    out->failed = out->failed || r->head.failed;
}

/* ---- Headers. */

static const char *const adsl_columns[] = {
    "ITTFL",   "SAFFL",  "ATIFL",   "PRODFFL", "SIMFFL",
    "TRTSDT",  "TRTDOSE", "ATISDT", "ARTRSDT", "EOSDT", "DCSREAS"};
static const char *const adtte_columns[] = {
    "PARAMCD",  "PARAM",    "AVAL",    "AVALU", "CNSR",
    "EVNTDESC", "CNSDTDSC", "STARTDT", "ADT",   "AVALL", "AVALR"};
static const char *const bds_columns[] = {
    "PARAMCD", "PARAM", "AVAL",    "AVALC", "AVALU",  "ADT",
    "ADY",     "ATIDY", "AVISITN", "LLOQ",  "CENSFL", "REASND"};

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
};

const char *rsp_adam_file(rsp_adam which)
{
    return files[which].name;
}

/* A covariate's column: its own name where SAS would take it, else shortened. */
static void covariate_columns(const rsp_dataset *d, rsp_text *out)
{
    for (size_t i = 0; i < d->n_covariates; i++) {
        char code[RSP_PARAMCD_MAX];
        rsp_adam_paramcd(d->covariates[i], d->covariates, d->n_covariates, code);
        bool taken = false;
        for (size_t k = 0; k < COUNT(head_columns); k++) {
            taken = taken || strcmp(code, head_columns[k]) == 0;
        }
        for (size_t k = 0; k < COUNT(adsl_columns); k++) {
            taken = taken || strcmp(code, adsl_columns[k]) == 0;
        }
        if (taken) { /* X and the number of the covariate: short, and free */
            snprintf(code, sizeof code, "X%zu", (i + 1) % 1000000);
        }
        text_field(out, code);
    }
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
        flag_field(out, true);
        flag_field(out, isfinite(r->who.infused));
        flag_field(out, isfinite(r->who.stopped));
        flag_field(out, s->product_failed);
        flag_field(out, s->failed);
        number_field(out, r->who.infused);
        number_field(out, r->who.dose);
        number_field(out, r->who.stopped);
        number_field(out, r->who.restarted);
        number_field(out, r->who.ended);
        text_field(out, s->reason);
        for (size_t k = 0; k < r->d->n_covariates; k++) {
            number_field(out, s->covariates[k]);
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
    codes c = {0};
    for (size_t i = 0; i < r->d->n_endpoints && !out->failed; i++) {
        out->failed = !add_name(&c, r->d->endpoints[i].endpoint);
    }
    code_all(&c);
    for (size_t i = 0; i < r->d->n_endpoints && !out->failed; i++) {
        const rsp_endpoint_row *e = &r->d->endpoints[i];
        bool event = e->end == RSP_END_EVENT;
        bool at_risk = e->end != RSP_END_NOT_STARTED;
        meet(r, e->trial, e->participant, e->arm);
        begin(r, out);
        text_field(out, c.codes[find_name(&c, e->endpoint)]);
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
    codes_fini(&c);
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

static void measurement_row(const reader *r, const rsp_measurement *m,
                            const char *code, rsp_text *out)
{
    static const char *const censoring[] = {
        [RSP_NOT_DETECTED] = "Y", [RSP_BELOW_LLOQ] = "Y", [RSP_NUMBER] = "",
        [RSP_ABOVE_ULOQ] = "U",   [RSP_MISSING] = ""};
    double whole = floor(m->day);
    begin(r, out);
    text_field(out, code);
    text_field(out, m->assay);
    value_fields(m, out);
    text_field(out, m->unit);
    number_field(out, m->day);
    number_field(out, whole >= 0 ? whole + 1 : whole);
    number_field(out, rounded_day(m->day - r->who.stopped));
    number_field(out, m->planned_day);
    number_field(out, m->lloq);
    text_field(out, censoring[m->state]);
    text_field(out, m->reason);
    end_line(out);
}

static void bds_rows(reader *r, bool viral_load, rsp_text *out)
{
    codes c = {0};
    for (size_t i = 0; i < r->d->n_measurements && !out->failed; i++) {
        out->failed = !add_name(&c, r->d->measurements[i].assay);
    }
    code_all(&c);
    for (size_t i = 0; i < r->d->n_measurements && !out->failed; i++) {
        const rsp_measurement *m = &r->d->measurements[i];
        if ((strcmp(m->assay, "viral_load") == 0) == viral_load) {
            meet(r, m->trial, m->participant, m->arm);
            measurement_row(r, m, c.codes[find_name(&c, m->assay)], out);
        }
    }
    codes_fini(&c);
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
    }
    rsp_text_fini(&r.head);
}
