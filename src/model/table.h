/* Names and numbers that are looked up often: a hash table over keys that live
 * elsewhere. */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX

typedef struct table_slot {
    const char *name;
    uint32_t value; /* + 1; 0: the slot is empty */
} table_slot;

typedef struct table { /* start with {0} */
    table_slot *slots;
    uint32_t n, size;
} table;

void table_fini(table *t);
/* What was added first under this name, or TABLE_NONE. */
uint32_t table_find(const table *t, const char *name);
/* False when memory is out. `name` must outlive the table. */
bool table_add(table *t, const char *name, uint32_t value);
void table_set(table *t, const char *name, uint32_t value); /* of one that is there */

/* A set of numbers. */
typedef struct number_set { /* start with {0} */
    uint64_t *slots;        /* number + 1 */
    uint32_t n, size;
} number_set;
void number_set_fini(number_set *s);
bool number_set_has(const number_set *s, uint32_t number);
bool number_set_add(number_set *s, uint32_t number); /* false: no memory */

#endif
