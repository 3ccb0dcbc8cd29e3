#include "cli/summary.h"

#include <math.h>
#include <stdlib.h>

#include "cli/welford.h"

bool cli_summary_new(cli_summary *s, uint32_t n_runs, size_t n_times, size_t n_columns)
{
    *s = (cli_summary){.n_times = n_times, .n_columns = n_columns, .n_runs = n_runs,
                       .add = RSP_ISA_CHOOSE(cli_welford)};
    s->mean = calloc(n_times * n_columns + 1, sizeof *s->mean);
    s->squares = calloc(n_times * n_columns + 1, sizeof *s->squares);
    s->seen = calloc(n_times + 1, sizeof *s->seen);
    s->run = calloc((size_t)n_runs + 1, sizeof *s->run);
    s->spare = calloc((size_t)n_runs + 1, sizeof *s->spare);
    return s->mean && s->squares && s->seen && s->run && s->spare;
}

double *cli_summary_begin(cli_summary *s, uint32_t run)
{
    double *x = s->n_spare > 0 ? s->spare[--s->n_spare]
                               : malloc((s->n_times * s->n_columns + 1) * sizeof *x);
    s->run[run].x = x;
    return x;
}

/* Times from i on that as many runs have reached, below `end`. */
static size_t alike(const cli_summary *s, size_t i, size_t end)
{
    size_t n = 1;
    while (i + n < end && s->seen[i + n] == s->seen[i]) {
        n++;
    }
    return n;
}

static void add(cli_summary *s, const cli_summary_run *run)
{
    for (size_t i = 0, n; i < run->reached; i += n) {
        n = alike(s, i, run->reached);
        const size_t from = i * s->n_columns;
        s->add(run->x + from, s->mean + from, s->squares + from, n * s->n_columns,
               1 / ((double)s->seen[i] + 1));
        for (size_t k = i; k < i + n; k++) {
            s->seen[k]++;
        }
    }
}

void cli_summary_end(cli_summary *s, uint32_t run, size_t reached)
{
    s->run[run].reached = reached;
    s->run[run].ended = true;
    for (; s->first < s->n_runs && s->run[s->first].ended; s->first++) {
        cli_summary_run *next = &s->run[s->first];
        if (next->x != NULL) {
            add(s, next);
            s->spare[s->n_spare++] = next->x;
            next->x = NULL;
        }
    }
}

double cli_summary_sd(const cli_summary *s, size_t time, size_t column)
{
    const double n = s->seen[time];
    return n > 1 ? sqrt(s->squares[time * s->n_columns + column] / (n - 1)) : 0;
}

void cli_summary_free(cli_summary *s)
{
    for (uint32_t i = 0; s->run && i < s->n_runs; i++) {
        free(s->run[i].x);
    }
    for (size_t i = 0; i < s->n_spare; i++) {
        free(s->spare[i]);
    }
    free(s->mean);
    free(s->squares);
    free(s->seen);
    free(s->run);
    free(s->spare);
    *s = (cli_summary){0};
}
