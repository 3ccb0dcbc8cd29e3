#include <math.h>
#include <string.h>

#include "respite/dataset.h"

/* Canonical text on its way to the digest: no allocation, which could fail. */
typedef struct line {
    rsp_sha256 *sha;
    size_t length;
    char text[8192];
} line;

enum { LONGEST_PLAIN = 64 };

static void flush(line *l)
{
    rsp_sha256_add(l->sha, l->text, l->length);
    l->length = 0;
}

static void make_room(line *l, size_t n)
{
    if (l->length + n > sizeof l->text) {
        flush(l);
    }
}

static void add_char(line *l, char c)
{
    make_room(l, 1);
    l->text[l->length++] = c;
}

static void add_count(line *l, uint32_t n)
{
    char reversed[10];
    int digits = 0;
    do {
        reversed[digits++] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    make_room(l, LONGEST_PLAIN);
    l->text[l->length++] = '\t';
    while (digits > 0) {
        l->text[l->length++] = reversed[--digits];
    }
}

static void add_number(line *l, double value)
{
    make_room(l, LONGEST_PLAIN);
    l->text[l->length++] = '\t';
    l->length += rsp_number_write(value, l->text + l->length);
}

static void add_bytes(line *l, const char *s, size_t n)
{
    if (n > sizeof l->text) {
        flush(l);
        rsp_sha256_add(l->sha, s, n);
        return;
    }
    make_room(l, n);
    memcpy(l->text + l->length, s, n);
    l->length += n;
}

static void add_text(line *l, const char *s)
{
    static const char special[] = "\t\n\r\\", letters[] = "tnr\\";
    add_char(l, '\t');
    for (;;) {
        size_t n = strcspn(s, special);
        add_bytes(l, s, n);
        s += n;
        if (!*s) {
            return;
        }
        add_char(l, '\\');
        add_char(l, letters[strchr(special, *s++) - special]);
    }
}

static void add_happening(line *l, const rsp_happening *h)
{
    add_char(l, 'H');
    add_count(l, h->trial);
    add_count(l, h->participant);
    add_count(l, h->arm);
    add_number(l, h->day);
    add_text(l, h->what);
    add_number(l, h->amount);
    add_text(l, h->reason);
    if (h->over || h->reported) {
        add_number(l, h->over ? h->end_day : (double)NAN);
        add_number(l, h->reported ? h->reported_day : (double)NAN);
    }
    add_char(l, '\n');
}

static void add_measurement(line *l, const rsp_measurement *m)
{
    add_char(l, 'M');
    add_count(l, m->trial);
    add_count(l, m->participant);
    add_count(l, m->arm);
    add_number(l, m->day);
    add_number(l, m->planned_day);
    add_text(l, m->assay);
    add_text(l, m->unit);
    add_text(l, rsp_result_state_name(m->state));
    add_number(l, m->value);
    add_number(l, m->lloq);
    add_text(l, m->reason);
    add_char(l, '\n');
}

typedef struct person {
    uint32_t trial, participant;
} person;

static bool at_most(uint32_t trial, uint32_t participant, person p)
{
    return trial < p.trial || (trial == p.trial && participant <= p.participant);
}

/* All rows of a participant before those of the next: chunks of whole
 * participants then give the digest of the whole. */
void rsp_dataset_digest(const rsp_dataset *d, rsp_sha256 *sha)
{
    line l = {.sha = sha};
    size_t h = 0, m = 0;
    while (h < d->n_happenings || m < d->n_measurements) {
        person p = {UINT32_MAX, UINT32_MAX};
        if (h < d->n_happenings) {
            p = (person){d->happenings[h].trial, d->happenings[h].participant};
        }
        if (m < d->n_measurements &&
            at_most(d->measurements[m].trial, d->measurements[m].participant, p)) {
            p = (person){d->measurements[m].trial, d->measurements[m].participant};
        }
        for (; h < d->n_happenings &&
               at_most(d->happenings[h].trial, d->happenings[h].participant, p);
             h++) {
            add_happening(&l, &d->happenings[h]);
        }
        for (; m < d->n_measurements && at_most(d->measurements[m].trial,
                                                d->measurements[m].participant, p);
             m++) {
            add_measurement(&l, &d->measurements[m]);
        }
    }
    flush(&l);
}
