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
