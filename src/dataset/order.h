/* Stable sorting of a table's rows within memory that is already there. */
#ifndef RESPITE_DATASET_ORDER_H
#define RESPITE_DATASET_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* <= 0: `a` may stand before `b`. */
typedef int rsp_row_compare(const void *a, const void *b);

/* Sort n rows of `size` bytes; `scratch` holds 2 n numbers. */
void rsp_rows_sort(void *rows, size_t n, size_t size, rsp_row_compare *compare,
                   uint32_t *scratch);

#endif
