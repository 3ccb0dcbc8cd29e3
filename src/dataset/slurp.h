/* Text files of others: read whole, with the common damage named before a parser
 * stumbles over it. */
#ifndef RESPITE_DATASET_SLURP_H
#define RESPITE_DATASET_SLURP_H

#include "respite/core.h"

enum { RSP_LINE_MOST = 1 << 20 }; /* bytes */

/* RSP_DATA: empty, UTF-16, a zero byte, not UTF-8, a line longer than RSP_LINE_MOST
 * (found while reading, before the file is in memory), more than 256 MiB.  *text is
 * terminated; free it. */
RSP_MUST_USE rsp_status rsp_slurp(const char *path, char **text, size_t *length, rsp_error *err);
/* The same of a table: a SAS transport file (its name ends in .xpt) is made CSV. */
RSP_MUST_USE rsp_status rsp_table_text(const char *path, char **text, size_t *length,
                                       rsp_error *err);
/* The same of text in memory: a terminated copy, to be freed; NULL after an error. */
RSP_MUST_USE rsp_status rsp_slurp_copy(const char *name, const char *text, size_t length,
                                       char **copy, rsp_error *err);

#endif
