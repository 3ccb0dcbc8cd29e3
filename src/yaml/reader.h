/* Typed values from a tree, with one message for the first mistake.
 *
 * Every call may be made after a failure: it then does nothing and returns a
 * harmless value, so that a reader reads like the schema it checks. */
#ifndef RESPITE_YAML_READER_H
#define RESPITE_YAML_READER_H

#include "respite/network.h"
#include "respite/num.h"
#include "yaml/tree.h"

typedef struct reader {
    rsp_arena *arena;
    rsp_error *err;
    rsp_status status; /* of the first mistake */
} reader;

/* A unit that a value must fit, with the words for it: {day}, "7 day". */
typedef struct wanted {
    rsp_unit unit;
    const char *text;     /* as written: "copies/mL"; "" or "1": a pure number */
    const char *example;
    bool foreign;         /* a unit that only the model knows: match the text */
} wanted;

typedef struct value_range { double low, high; } value_range;

static inline bool reading(const reader *r) { return r->status == RSP_OK; }
void reader_fail(reader *r, const tree *at, rsp_status code, const char *fmt, ...)
    RSP_PRINTF(4, 5);
void reader_fail_key(reader *r, const tree *at, rsp_status code, const char *fmt,
                     ...) RSP_PRINTF(4, 5); /* the place is that of the key */
void *reader_alloc(reader *r, size_t n, size_t size);
char *reader_printf(reader *r, const char *fmt, ...) RSP_PRINTF(2, 3);

/* The value must be of this kind; `what` names it in the message. */
bool reader_kind(reader *r, const tree *t, tree_kind kind, const char *what);
/* A map with these keys alone (NULL-terminated). */
bool reader_map(reader *r, const tree *t, const char *what,
                const char *const *known);
/* The value of a key that must be there. */
const tree *reader_need(reader *r, const tree *map, const char *key,
                        const char *what);

const char *reader_text(reader *r, const tree *t, const char *what);
/* The same on one line: no tab or line end, for tables have it in a cell. */
const char *reader_words(reader *r, const tree *t, const char *what);
const char *reader_name(reader *r, const tree *t, const char *what,
                        const char *more); /* letters, digits, _ and `more` */
int reader_choice(reader *r, const tree *t, const char *what,
                  const char *const *names);
/* "did you mean" for a name that is not in the list. */
void reader_unknown(reader *r, const tree *t, const char *what, const char *name,
                    const char *const *known, size_t n);
double reader_count(reader *r, const tree *t, const char *what, double low,
                    double high);

/* The unit of a declaration ("1/day"); one that is not standard is matched as
 * text. */
wanted wanted_of(const char *unit, const char *example);
/* A quantity in base units; checks the dimension. */
double reader_quantity(reader *r, const tree *t, const char *what,
                       const wanted *unit);
double reader_quantity_text(reader *r, const tree *at, const char *what,
                            const char *text, size_t n, const wanted *unit);
/* "21..42", "1 .. 2 cell"; a single value gives low = high. */
value_range reader_range(reader *r, const tree *t, const char *what,
                         const wanted *unit);
/* "7 day"; a study's times lie within a hundred years. */
double reader_days(reader *r, const tree *t, const char *what);
double reader_length(reader *r, const tree *t, const char *what); /* days, not negative */
bool reader_century(reader *r, const tree *at, const char *what, double day);
double reader_share(reader *r, const tree *t, const char *what); /* 0 .. 1 */
double reader_number(reader *r, const tree *t, const char *what); /* pure, or days */
/* A distribution around a value in `unit`; range may give its ends. */
rsp_dist reader_dist(reader *r, const tree *t, const char *what,
                     const wanted *unit, const value_range *range);

/* Length of the number at the start of s (0: none). */
size_t reader_number_length(const char *s, size_t n);

#endif
