/* The participants of `respite simulate`: medians with --set, or the rows of
 * --participants FILE.csv (first column a name, the others parameters or initial
 * amounts, in the units of the model). */
#ifndef CLI_COHORT_H
#define CLI_COHORT_H

#include "cli/cli.h"

typedef struct cli_cohort {
    double *params;     /* [max(1, n_rows)][n_params], base units */
    double *initial;    /* [n_rows][n_species]; NaN is never left */
    bool has_initial;
    char **names;       /* [n_rows], into `text` */
    size_t n_rows;      /* 0: one set of parameters, no file */
    char *text;
} cli_cohort;

RSP_MUST_USE rsp_status cli_cohort_make(const cli_args *args,
                                        const rsp_network *net,
                                        cli_cohort *cohort, rsp_error *err);
void cli_cohort_fini(cli_cohort *cohort);

#endif
