#include <math.h>
#include <stdio.h>
#include <string.h>

#include "respite/analysis.h"

/* Cells and titles as people read them, on a terminal and in a report alike. */

static void number(const rsp_result_column *c, double v, const char *none, char out[60])
{
    if (isnan(v)) {
        snprintf(out, 60, "%s", none);
    } else if (isinf(v)) {
        snprintf(out, 60, "%s", v > 0 ? "inf" : "-inf");
    } else if (c->kind == RSP_CELL_COUNT) {
        snprintf(out, 60, "%.10g", v);
    } else if (c->kind == RSP_CELL_P) {
        snprintf(out, 60, v < 0.0001 ? "<0.0001" : "%.4f", v);
    } else if (c->kind == RSP_CELL_SHARE) {
        snprintf(out, 60, "%.4f", v);
    } else {
        snprintf(out, 60, fabs(v) >= 1e5 || (v != 0 && fabs(v) < 1e-3) ? "%.4g" : "%.5g", v);
    }
}

const char *rsp_cell_shown(const rsp_result_column *c, const rsp_cell *cell,
                           char out[RSP_CELL_SHOWN])
{
    char v[60], low[60], high[60];
    if (c->kind == RSP_CELL_TEXT) {
        snprintf(out, RSP_CELL_SHOWN, "%s", cell->text);
        return out;
    }
    if (isnan(cell->value) && cell->reason[0] && isnan(cell->low) && isnan(cell->high)) {
        snprintf(out, RSP_CELL_SHOWN, "%s", cell->reason);
        return out;
    }
    number(c, cell->value, cell->reason[0] ? cell->reason : "-", v);
    if (c->interval && (!isnan(cell->low) || !isnan(cell->high))) {
        number(c, cell->low, "not reached", low);
        number(c, cell->high, "not reached", high);
        snprintf(out, RSP_CELL_SHOWN, "%s (%s to %s)", v, low, high);
    } else {
        snprintf(out, RSP_CELL_SHOWN, "%s", v);
    }
    return out;
}

const char *rsp_column_title(const rsp_result_column *c, char out[RSP_CELL_SHOWN])
{
    snprintf(out, RSP_CELL_SHOWN, "%s%s%s", c->label, c->unit[0] ? ", " : "", c->unit);
    return out;
}

bool rsp_column_empty(const rsp_result_table *t, size_t k)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        const rsp_cell *c = &t->cells[i * t->n_columns + k];
        if (c->text[0] || c->reason[0] || !isnan(c->value)) {
            return false;
        }
    }
    return true;
}
