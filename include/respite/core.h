/* Memory, text, files, SHA-256 and numbers as text: what every layer needs.
 *
 * Threads: no globals; an object belongs to one thread at a time. */
#ifndef RESPITE_CORE_H
#define RESPITE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "respite/status.h"

/* ---- Arena: memory freed all at once.  Allocations are zeroed and aligned to
 * 64 bytes.  Returns NULL when memory is out or n * size overflows. */
typedef struct rsp_arena rsp_arena;
rsp_arena *rsp_arena_new(void);
void rsp_arena_free(rsp_arena *arena); /* NULL is fine */
void *rsp_arena_alloc(rsp_arena *arena, size_t n, size_t size);
char *rsp_arena_copy(rsp_arena *arena, const char *text, size_t length);
char *rsp_arena_printf(rsp_arena *arena, const char *fmt, ...)
    RSP_PRINTF(2, 3);

/* Grow a heap array: `RSP_GROW(&array, &capacity, needed)` doubles; false when
 * memory is out, and then the array is as before. */
#define RSP_GROW(array, capacity, needed)                                      \
    rsp_grow((void **)(void *)(array), (capacity), (needed), sizeof **(array))
bool rsp_grow(void **array, size_t *capacity, size_t needed, size_t size);

/* ---- Text buffer: grows; after an allocation failure `failed` stays set and
 * appends do nothing.  init with {0}; fini frees. */
typedef struct rsp_text {
    char *data; /* always terminated when length > 0 or reserve succeeded */
    size_t length, capacity;
    bool failed;
} rsp_text;
void rsp_text_add(rsp_text *text, const char *s);
void rsp_text_add_n(rsp_text *text, const char *s, size_t n);
void rsp_text_printf(rsp_text *text, const char *fmt, ...) RSP_PRINTF(2, 3);
void rsp_text_number(rsp_text *text, double value); /* rsp_number_write */
void rsp_text_fini(rsp_text *text);

/* Bytes of the UTF-8 character at s, of which n > 0 follow; 0: none (RFC 3629: no
 * overlong forms, no surrogates). */
size_t rsp_utf8_length(const char *s, size_t n);
/* Text that may be shown on a terminal and written as JSON: UTF-8 without control
 * characters other than tabs and line ends.  `name` is the file's. */
RSP_MUST_USE rsp_status rsp_text_check(const char *name, const char *text, size_t length,
                                       rsp_error *err);

/* ---- Lines of at most RSP_LINE characters: words go to the next line, `indent`
 * blanks in, where they do not fit.  Begin with {.out = FILE, .indent = N}; no
 * line end is written after the last. */
enum { RSP_LINE = 80 };
typedef struct rsp_wrap {
    FILE *out;
    size_t at;     /* characters on this line */
    size_t indent; /* of the lines that follow */
    bool has_word; /* on this line */
} rsp_wrap;
size_t rsp_characters(const char *text, size_t n); /* of n bytes of UTF-8 */
void rsp_wrap_line(rsp_wrap *wrap);                /* begin the next */
void rsp_wrap_word(rsp_wrap *wrap, const char *word, size_t n); /* never broken */
void rsp_wrap_text(rsp_wrap *wrap, const char *text, size_t n); /* at its blanks */

/* ---- Numbers as text, independent of the locale. */
enum { RSP_NUMBER_MAX = 32 };
/* Shortest decimal that reads back to the same double ("NaN", "Inf", "-Inf"
 * for the rest); -0 is written "0".  Returns the length. */
size_t rsp_number_write(double value, char out[RSP_NUMBER_MAX]);
/* Read the whole of s[0..n): decimal, optional exponent, no leading or trailing
 * characters; refuses NaN and infinities.  True on success. */
bool rsp_number_read(const char *s, size_t n, double *value);

/* ---- Files. */
/* Read a whole file (at most `limit` bytes; 0: 256 MiB); *data is terminated
 * and owned by the caller (free).  A file with a NUL byte is refused with
 * RSP_DATA: every file read this way is text. */
RSP_MUST_USE rsp_status rsp_file_read(const char *path, size_t limit,
                                      char **data, size_t *length,
                                      rsp_error *err);
/* The same for a file of any bytes. */
RSP_MUST_USE rsp_status rsp_file_read_bytes(const char *path, size_t limit,
                                            char **data, size_t *length,
                                            rsp_error *err);
/* Write `path` by way of `path.part`, fsync and rename: either the whole file
 * or none. */
RSP_MUST_USE rsp_status rsp_file_write(const char *path, const char *data,
                                       size_t length, rsp_error *err);
/* Make a directory and its parents. */
RSP_MUST_USE rsp_status rsp_file_mkdir(const char *path, rsp_error *err);
/* Hold a directory against other processes that would write into it (they get
 * RSP_WRITE) until it is released or the process ends; leaves no file.  *hold is -1
 * where the file system knows no locks: then nothing is held.  Release takes -1. */
RSP_MUST_USE rsp_status rsp_file_hold(const char *dir, int *hold, rsp_error *err);
void rsp_file_release(int hold);

/* ---- SHA-256 (FIPS 180-4). */
typedef struct rsp_sha256 {
    uint32_t h[8];
    uint64_t length;
    unsigned char block[64];
} rsp_sha256;
void rsp_sha256_init(rsp_sha256 *sha);
void rsp_sha256_add(rsp_sha256 *sha, const void *data, size_t length);
void rsp_sha256_hex(rsp_sha256 *sha, char out[65]); /* ends the digest */

/* ---- Build identity, filled by the build. */
const char *rsp_version(void); /* "0.1.0" */
const char *rsp_commit(void);  /* short commit, or "unknown" */
const char *rsp_compiler(void);

#endif
