/* Codes of parameters: eight characters that SAS takes. */
#include "dataset/adam_code.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct known_code {
    const char *name, *code;
} known_codes[] = {
    {"viral_load", "VLCPML"},      {"car_copies", "CARCPUG"},
    {"car_cells", "CARCELL"},      {"cd4", "CD4"},
    {"intact_provirus", "IPDAINT"}, {"total_provirus", "IPDATOT"},
    {"screened_out", "NSCRNOUT"}, /* a name that ends in DT would be a date */
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

/* A name as SAS takes it. */
static bool is_code(const char *name)
{
    const size_t n = strlen(name);
    return n > 0 && n <= CODE_LENGTH && !isdigit((unsigned char)name[0]) &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == n;
}

static void code_alone(const char *name, char code[RSP_PARAMCD_MAX])
{
    if (is_code(name)) {
        memcpy(code, name, strlen(name) + 1);
        return;
    }
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

static bool is_shared(const char *code, const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char other[RSP_PARAMCD_MAX];
        code_alone(names[i], other);
        if (strcmp(code, other) == 0 && strcmp(names[i], name) != 0) {
            return true;
        }
    }
    return false;
}

static void add_number(const char *code, size_t number, char out[RSP_PARAMCD_MAX])
{
    char text[24];
    const size_t digits = (size_t)snprintf(text, sizeof text, "_%zu", number % 1000000);
    const size_t room = CODE_LENGTH - digits, length = strlen(code) < room ? strlen(code) : room;
    memcpy(out, code, length);
    memcpy(out + length, text, digits + 1);
}

void rsp_adam_paramcd(const char *name, const char *const *names, size_t n,
                      char code[RSP_PARAMCD_MAX])
{
    code_alone(name, code);
    if (is_code(name) || !is_shared(code, name, names, n)) {
        return;
    }
    size_t number = 1;
    for (size_t i = 0; i < n; i++) {
        number += strcmp(names[i], name) < 0;
    }
    /* Steps of n, so that no two names come to one number. */
    char numbered[RSP_PARAMCD_MAX];
    do {
        add_number(code, number, numbered);
        number += n;
    } while (is_shared(numbered, name, names, n));
    memcpy(code, numbered, sizeof numbered);
}

size_t rsp_codes_find(const rsp_codes *c, const char *name)
{
    size_t i = 0;
    while (i < c->n && c->names[i] != name && strcmp(c->names[i], name) != 0) {
        i++;
    }
    return i;
}

bool rsp_codes_add(rsp_codes *c, const char *name)
{
    if (rsp_codes_find(c, name) < c->n) {
        return true;
    }
    if (!RSP_GROW(&c->names, &c->names_capacity, c->n + 1) ||
        !RSP_GROW(&c->codes, &c->codes_capacity, c->n + 1)) {
        return false;
    }
    c->names[c->n++] = name;
    return true;
}

void rsp_codes_make(rsp_codes *c)
{
    for (size_t i = 0; i < c->n; i++) {
        rsp_adam_paramcd(c->names[i], c->names, c->n, c->codes[i]);
    }
}

void rsp_codes_fini(rsp_codes *c)
{
    free(c->names);
    free(c->codes);
}
