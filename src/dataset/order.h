/* Orders: of a table's rows, and of arms. */
#ifndef RESPITE_DATASET_ORDER_H
#define RESPITE_DATASET_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* <= 0: `a` may stand before `b`. */
typedef int rsp_row_compare(const void *a, const void *b);

/* Sort, stably, n rows of `size` bytes; `scratch` holds 2 n numbers. */
void rsp_rows_sort(void *rows, size_t n, size_t size, rsp_row_compare *compare,
                   uint32_t *scratch);

/* Arms by their numbers where they have some (NaN: none), then by first appearance:
 * arms[i] is the one that stands at i.  False: no memory. */
bool rsp_arms_order(const double *number, size_t n, uint32_t *arms);

#endif
