#include "model/table.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 64 };

static uint32_t hash_name(const char *name)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *name; name++) {
        h = (h ^ (unsigned char)*name) * 16777619u;
    }
    return h ^ h >> 15;
}

static table_slot *slot_of(const table *t, const char *name)
{
    uint32_t i = hash_name(name) & (t->size - 1);
    while (t->slots[i].value && strcmp(t->slots[i].name, name) != 0) {
        i = (i + 1) & (t->size - 1);
    }
    return &t->slots[i];
}

void table_fini(table *t)
{
    free(t->slots);
    *t = (table){0};
}

uint32_t table_find(const table *t, const char *name)
{
    return t->size ? slot_of(t, name)->value - 1 : TABLE_NONE;
}

static bool grow_table(table *t)
{
    table more = {.size = t->size ? t->size * 2 : SMALLEST, .n = t->n};
    more.slots = calloc(more.size, sizeof *more.slots);
    if (!more.slots) {
        return false;
    }
    for (uint32_t i = 0; i < t->size; i++) {
        if (t->slots[i].value) {
            *slot_of(&more, t->slots[i].name) = t->slots[i];
        }
    }
    free(t->slots);
    *t = more;
    return true;
}

bool table_add(table *t, const char *name, uint32_t value)
{
    if (2 * t->n >= t->size && !grow_table(t)) {
        return false;
    }
    table_slot *slot = slot_of(t, name);
    if (!slot->value) {
        *slot = (table_slot){name, value + 1};
        t->n++;
    }
    return true;
}

void table_set(table *t, const char *name, uint32_t value)
{
    slot_of(t, name)->value = value + 1;
}

static uint64_t *place_of(const number_set *s, uint32_t number)
{
    uint32_t i = (number * 2654435769u) >> 7 & (s->size - 1);
    while (s->slots[i] && s->slots[i] != (uint64_t)number + 1) {
        i = (i + 1) & (s->size - 1);
    }
    return &s->slots[i];
}

void number_set_fini(number_set *s)
{
    free(s->slots);
    *s = (number_set){0};
}

bool number_set_has(const number_set *s, uint32_t number)
{
    return s->size && *place_of(s, number);
}

static bool grow_set(number_set *s)
{
    number_set more = {.size = s->size ? s->size * 2 : SMALLEST, .n = s->n};
    more.slots = calloc(more.size, sizeof *more.slots);
    if (!more.slots) {
        return false;
    }
    for (uint32_t i = 0; i < s->size; i++) {
        if (s->slots[i]) {
            *place_of(&more, (uint32_t)(s->slots[i] - 1)) = s->slots[i];
        }
    }
    free(s->slots);
    *s = more;
    return true;
}

bool number_set_add(number_set *s, uint32_t number)
{
    if (2 * s->n >= s->size && !grow_set(s)) {
        return false;
    }
    uint64_t *slot = place_of(s, number);
    s->n += *slot == 0;
    *slot = (uint64_t)number + 1;
    return true;
}
