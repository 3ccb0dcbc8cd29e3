/* What `respite simulate` prints: all species (and what a model's rules assign), or
 * what --amount and --concentration name. */
#ifndef CLI_COLUMNS_H
#define CLI_COLUMNS_H

#include "cli/cli.h"
#include "respite/sim.h"

typedef struct cli_column {
    const char *name;
    bool observed;  /* an observable, else a species */
    uint32_t at;
    double factor;  /* shown = base / factor */
} cli_column;

typedef struct cli_columns {
    cli_column *item;
    uint32_t n;
    size_t capacity;
    char *text; /* that names point into */
} cli_columns;

RSP_MUST_USE rsp_status cli_columns_make(const cli_args *args, const rsp_network *net,
                                         cli_columns *columns, rsp_error *err);
void cli_columns_fini(cli_columns *columns);

/* Asked for each number that is kept. */
static inline double cli_column_value(const cli_column *column, const rsp_sim_view *view)
{
    const double value = (column->observed ? view->observed : view->amounts)[column->at];
    return column->factor == 1 ? value : value / column->factor; /* most are 1 */
}

#endif
