/* Means and standard deviations at each time over runs (Welford 1962), added up in the
 * order of the runs' numbers whatever order they end in: so the sums have the same bits
 * for any lanes.  A run that ends before one of a lower number waits in memory. */
#ifndef RSP_CLI_SUMMARY_H
#define RSP_CLI_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cli_summary_run {
    double *x;      /* [n_times][n_columns], while it runs or waits */
    size_t reached; /* times that it gave */
    bool ended;
} cli_summary_run;

typedef struct cli_summary { /* begin with {0} */
    size_t n_times, n_columns;
    double *mean, *squares; /* [n_times][n_columns]; squares: of distances to the mean */
    uint32_t *seen;         /* [n_times] runs that reached it */
    uint32_t n_runs, first; /* runs below `first` are added */
    cli_summary_run *run;   /* [n_runs] */
    double **spare;         /* buffers at hand */
    size_t n_spare;
    void (*add)(const double *restrict x, double *restrict mean, double *restrict squares,
                size_t n, double share);
} cli_summary;

/* False: no memory. */
bool cli_summary_new(cli_summary *s, uint32_t n_runs, size_t n_times, size_t n_columns);
/* Where the values of a run go, [n_times][n_columns]; NULL: no memory. */
double *cli_summary_begin(cli_summary *s, uint32_t run);
/* The run ended with its first `reached` times. */
void cli_summary_end(cli_summary *s, uint32_t run, size_t reached);
double cli_summary_sd(const cli_summary *s, size_t time, size_t column); /* one run: 0 */
void cli_summary_free(cli_summary *s);

#endif
