#include "respite/core.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64, FIRST_BLOCK = 1 << 14 };

typedef struct block {
    struct block *next;
    size_t used, size; /* bytes after the header */
} block;

struct rsp_arena {
    block *head;
};

static size_t header_bytes(void)
{
    return (sizeof(block) + ALIGN - 1) / ALIGN * ALIGN;
}

rsp_arena *rsp_arena_new(void)
{
    return calloc(1, sizeof(rsp_arena));
}

void rsp_arena_free(rsp_arena *arena)
{
    if (!arena) {
        return;
    }
    for (block *b = arena->head; b;) {
        block *next = b->next;
        free(b);
        b = next;
    }
    free(arena);
}

static block *add_block(rsp_arena *arena, size_t bytes)
{
    size_t size = arena->head ? arena->head->size * 2 : FIRST_BLOCK;
    if (size < bytes) {
        size = bytes;
    }
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    block *b = aligned_alloc(ALIGN, header_bytes() + size);
    if (!b) {
        return NULL;
    }
    b->next = arena->head;
    b->used = 0;
    b->size = size;
    arena->head = b;
    return b;
}

void *rsp_arena_alloc(rsp_arena *arena, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / 4 / size) {
        return NULL;
    }
    size_t bytes = (n * size + ALIGN - 1) / ALIGN * ALIGN;
    bytes = bytes ? bytes : ALIGN;
    block *b = arena->head;
    if (!b || b->size - b->used < bytes) {
        b = add_block(arena, bytes);
        if (!b) {
            return NULL;
        }
    }
    char *p = (char *)b + header_bytes() + b->used;
    b->used += bytes;
    memset(p, 0, bytes);
    return p;
}

char *rsp_arena_copy(rsp_arena *arena, const char *text, size_t length)
{
    char *p = rsp_arena_alloc(arena, length + 1, 1);
    if (p) {
        memcpy(p, text, length);
    }
    return p;
}

char *rsp_arena_printf(rsp_arena *arena, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *p = n < 0 ? NULL : rsp_arena_alloc(arena, (size_t)n + 1, 1);
    if (p) {
        vsnprintf(p, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    va_end(ap);
    return p;
}

bool rsp_grow(void **array, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity) {
        return true;
    }
    size_t n = *capacity ? *capacity : 16;
    while (n < needed) {
        if (n > SIZE_MAX / 2) {
            return false;
        }
        n *= 2;
    }
    if (n > SIZE_MAX / size) {
        return false;
    }
    void *p = realloc(*array, n * size);
    if (!p) {
        return false;
    }
    *array = p;
    *capacity = n;
    return true;
}
