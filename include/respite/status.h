/* Status codes and error reports.
 *
 * Every function that can fail returns an rsp_status and fills the caller's
 * rsp_error.  Reporting never allocates.  `err` may be NULL.
 * Threads: an rsp_error belongs to one caller; nothing here is global. */
#ifndef RESPITE_STATUS_H
#define RESPITE_STATUS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* name, number, text, exit status (sysexits).  Numbers are part of file
 * formats: append only. */
#define RSP_STATUS_LIST(X)                                                     \
    X(OK, 0, "success", 0)                                                     \
    X(NOMEM, 1, "out of memory", 71)                                           \
    X(USAGE, 2, "wrong use of a command", 64)                                  \
    X(SYNTAX, 3, "the text does not follow the grammar", 65)                   \
    X(NAME, 4, "an unknown or repeated name", 65)                              \
    X(RANGE, 5, "a value out of its range", 65)                                \
    X(UNITS, 6, "units do not match", 65)                                      \
    X(DATA, 7, "a data file is not as expected", 65)                           \
    X(NONFINITE, 8, "a rate or state became non-finite", 70)                   \
    X(STEPS, 9, "too many steps", 70)                                          \
    X(NOFILE, 10, "a file cannot be opened", 66)                               \
    X(WRITE, 11, "a file cannot be written", 74)                               \
    X(INTERRUPTED, 12, "interrupted", 75)                                      \
    X(UNSUPPORTED, 13, "not supported by this build", 69)                      \
    X(INTERNAL, 14, "an error in Respite itself", 70)

typedef enum rsp_status {
#define RSP_X(name, number, text, exit_code) RSP_##name = number,
    RSP_STATUS_LIST(RSP_X)
#undef RSP_X
} rsp_status;

typedef struct rsp_error { /* fixed size */
    rsp_status code;
    uint32_t line, column;  /* 1-based place in `source`; 0: no place */
    char source[160];       /* the file's name; empty: none */
    char message[400];      /* one line: what was found, what was expected */
    char excerpt[160];      /* the offending line, or empty */
} rsp_error;

#if defined(__GNUC__)
#define RSP_MUST_USE __attribute__((warn_unused_result))
#define RSP_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define RSP_MUST_USE
#define RSP_PRINTF(f, a)
#endif

/* Record and return `code`: `return rsp_fail(err, RSP_RANGE, "...", ...);`
 * Clears the place. */
rsp_status rsp_fail(rsp_error *err, rsp_status code, const char *fmt, ...)
    RSP_PRINTF(3, 4);

/* The same at a place in a source text. `text` is the whole source (may be
 * NULL), from which the excerpt is taken. */
rsp_status rsp_fail_at(rsp_error *err, rsp_status code, const char *source,
                       const char *text, uint32_t line, uint32_t column,
                       const char *fmt, ...) RSP_PRINTF(7, 8);

/* Put context before the message ("arm 'low dose': ..."), keep code and place;
 * returns err->code. */
rsp_status rsp_fail_in(rsp_error *err, const char *fmt, ...) RSP_PRINTF(2, 3);

const char *rsp_status_text(rsp_status code);
int rsp_status_exit(rsp_status code);

/* The nearest of `n` known names to `name` (Damerau-Levenshtein, at most a
 * third of its length away), or NULL: for "did you mean". */
const char *rsp_nearest(const char *name, const char *const *known, size_t n);

/* Programmer errors: cheap, on in release too; prints and aborts. */
#define RSP_ASSERT(cond)                                                       \
    ((cond) ? (void)0 : rsp_assert_failed(#cond, __FILE__, __LINE__))
_Noreturn void rsp_assert_failed(const char *expr, const char *file, int line);

#endif
