/* Why a number of a table is not there, where its maker did not say. */
#ifndef RESPITE_ANALYSIS_MISSING_H
#define RESPITE_ANALYSIS_MISSING_H

#include "respite/analysis.h"

/* Of the cell in `row` and `column`, a value or a limit of which is no number: what
 * another cell of its row says, else what such a column lacks by its nature.  Never "". */
const char *missing_reason(const char *kind, const rsp_result_table *t, size_t row,
                           size_t column);

#endif
