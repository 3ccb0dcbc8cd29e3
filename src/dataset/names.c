#include "dataset/names.h"

#include <stdlib.h>
#include <string.h>

typedef struct kept {
    uint32_t number, rank, hash, length;
    char text[]; /* terminated */
} kept;

struct rsp_names {
    rsp_arena *arena;
    kept **all;    /* [n] in order of first appearance */
    kept **ranked; /* [n_ranked] in byte order */
    size_t n, n_ranked, capacity, ranked_capacity;
    uint32_t *slots; /* [n_slots] number + 1, 0: free; a power of two */
    size_t n_slots;
};

rsp_names *rsp_names_new(void)
{
    rsp_names *names = calloc(1, sizeof *names);
    if (names && !(names->arena = rsp_arena_new())) {
        free(names);
        return NULL;
    }
    return names;
}

void rsp_names_free(rsp_names *names)
{
    if (names) {
        rsp_arena_free(names->arena);
        free(names->all);
        free(names->ranked);
        free(names->slots);
        free(names);
    }
}

void rsp_names_clear(rsp_names *names)
{
    rsp_arena *fresh = rsp_arena_new();
    if (!fresh) {
        return; /* the texts stay: only memory is lost by that */
    }
    rsp_arena_free(names->arena);
    names->arena = fresh;
    names->n = names->n_ranked = 0;
    if (names->slots) {
        memset(names->slots, 0, names->n_slots * sizeof *names->slots);
    }
}

size_t rsp_names_count(const rsp_names *names)
{
    return names->n;
}

const char *rsp_names_at(const rsp_names *names, uint32_t number)
{
    return names->all[number]->text;
}

static uint32_t hash_of(const char *text, size_t n) /* FNV-1a */
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ (unsigned char)text[i]) * 16777619u;
    }
    return h;
}

static size_t slot_of(const rsp_names *names, const char *text, size_t n,
                      uint32_t hash)
{
    size_t mask = names->n_slots - 1, i = hash & mask;
    for (; names->slots[i]; i = (i + 1) & mask) {
        const kept *k = names->all[names->slots[i] - 1];
        if (k->hash == hash && k->length == n && memcmp(k->text, text, n) == 0) {
            break;
        }
    }
    return i;
}

static bool make_room(rsp_names *names)
{
    if (!RSP_GROW(&names->all, &names->capacity, names->n + 1) ||
        !RSP_GROW(&names->ranked, &names->ranked_capacity, names->n + 1)) {
        return false;
    }
    if (names->n + 1 <= names->n_slots / 2) {
        return true;
    }
    size_t n_slots = names->n_slots ? 2 * names->n_slots : 64;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    if (!slots) {
        return false;
    }
    free(names->slots);
    names->slots = slots;
    names->n_slots = n_slots;
    for (size_t i = 0; i < names->n; i++) {
        const kept *k = names->all[i];
        slots[slot_of(names, k->text, k->length, k->hash)] = (uint32_t)i + 1;
    }
    return true;
}

const char *rsp_names_keep(rsp_names *names, const char *text, size_t n)
{
    uint32_t hash = hash_of(text, n);
    if (n >= UINT32_MAX || names->n >= UINT32_MAX - 1 || !make_room(names)) {
        return NULL;
    }
    size_t slot = slot_of(names, text, n, hash);
    if (names->slots[slot]) {
        return names->all[names->slots[slot] - 1]->text;
    }
    kept *k = rsp_arena_alloc(names->arena, sizeof *k + n + 1, 1);
    if (!k) {
        return NULL;
    }
    *k = (kept){.number = (uint32_t)names->n, .hash = hash, .length = (uint32_t)n};
    memcpy(k->text, text, n);
    names->all[names->n++] = k;
    names->slots[slot] = (uint32_t)names->n;
    return k->text;
}

static const kept *of(const char *text)
{
    return (const kept *)(const void *)(text - offsetof(kept, text));
}

uint32_t rsp_names_number(const char *text)
{
    return of(text)->number;
}

uint32_t rsp_names_rank(const char *text)
{
    return of(text)->rank;
}

static int by_bytes(const void *a, const void *b)
{
    const kept *x = *(kept *const *)a, *y = *(kept *const *)b;
    return strcmp(x->text, y->text);
}

void rsp_names_rank_all(rsp_names *names)
{
    if (names->n_ranked == names->n) {
        return;
    }
    memcpy(names->ranked, names->all, names->n * sizeof(kept *));
    qsort(names->ranked, names->n, sizeof(kept *), by_bytes);
    for (size_t i = 0; i < names->n; i++) {
        names->ranked[i]->rank = (uint32_t)i;
    }
    names->n_ranked = names->n;
}
