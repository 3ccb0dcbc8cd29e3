/* The commands.  A command parses, validates, assembles, runs and unwinds; only
 * this folder prints.  Results go to standard output, all else to standard
 * error. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>

#include "respite/core.h"
#include "respite/study.h"

int rsp_cli_main(int argc, char **argv);

/* Flags common to all commands; a command takes what is its own from `rest`. */
typedef struct cli_args {
    const char *command;
    bool json, quiet, dry_run, null, help, stats, interpret, compile, shuffle;
    bool has_seed, has_trials;
    uint64_t seed;
    uint32_t trials, threads, lanes;
    const char *out;
    rsp_override set[64];
    size_t n_set;
    const char **files; /* what is no flag; freed by who called cli_parse */
    size_t n_files;
    const char *line;      /* the whole command, for the report */
    /* simulate */
    const char *solver, *participants, *times, *schedule;
    double until, every, rtol, atol;
    uint32_t replicates, first;
    bool csv, has_until, has_every;
    const char *summary, *amount, *concentration;
    /* analyze */
    const char *endpoint, *plan;
    /* convert */
    const char *to;
} cli_args;

/* Exit status 0 when `args` is filled; else the message has been printed. */
int cli_parse(int argc, char **argv, cli_args *args);

int cli_run(const cli_args *args);
int cli_simulate(const cli_args *args);
int cli_analyze(const cli_args *args);
int cli_analyze_plan(const cli_args *args); /* with --plan */
/* Where people are in several arms: `in_several_arms`, and `paired` of each arm against
 * the first, into `root`. */
struct json_t;
struct rsp_dataset;
RSP_MUST_USE rsp_status cli_analyze_pairs(const struct rsp_dataset *d, const char *endpoint,
                                          struct json_t *root, rsp_error *err);
void cli_print_pairs(const struct json_t *root);
int cli_reproduce(const cli_args *args);
int cli_check(const cli_args *args);
int cli_show(const cli_args *args);
int cli_convert(const cli_args *args);
int cli_convert_data(const cli_args *args); /* with --to */

/* Print an error with its place and excerpt; the exit status it asks for. */
int cli_error(const rsp_error *err);
/* By the ending of its name: a file that this command cannot take (RSP_DATA), with
 * the command that can.  `taken`: "study", "model or SBML model". */
RSP_MUST_USE rsp_status cli_expect_kind(const char *path, const char *command,
                                        const char *taken, rsp_error *err);
/* The options a command knows, a line each. */
void cli_print_options(FILE *out, const char *command);
/* Provenance of a run, from its manifest. */
RSP_MUST_USE rsp_status cli_show_manifest(const char *dir, rsp_error *err);
/* "a directory of path", for files beside it; free it. */
char *cli_folder(const char *path);

/* ---- Progress and interruption. */
void cli_fill_streams(void);
void cli_catch_interrupt(void);
bool cli_interrupted(void *ctx);
typedef struct cli_progress {
    bool show;
    double start;
    const char *what;
} cli_progress;
cli_progress cli_progress_start(const cli_args *args, const char *what);
void cli_progress_at(cli_progress *p, uint64_t done, uint64_t all);
void cli_progress_end(cli_progress *p);

/* ---- Running a study: shared by run and reproduce. */
struct rsp_campaign_result;
typedef struct cli_study {
    rsp_plan *plan;
    rsp_analyst *analyst;
    const rsp_findings *findings;
} cli_study;
RSP_MUST_USE rsp_status cli_study_run(const cli_args *args, const char *path,
                                      const char *out_dir, cli_study *study,
                                      struct rsp_campaign_result *result,
                                      rsp_error *err);
/* The rest of its directory: report, figures, sweep, manifest. */
RSP_MUST_USE rsp_status cli_study_write(const cli_args *args, const char *dir,
                                        const cli_study *study,
                                        const struct rsp_campaign_result *result,
                                        rsp_error *err);
void cli_study_fini(cli_study *study);
/* Add a file's name without folders and ending. */
void cli_add_base(rsp_text *out, const char *path);
/* What was found, for people. */
void cli_print_plain(const rsp_plan_view *plan, const rsp_findings *findings);

/* A sweep and what it hinges on: for people, and as sweep.csv. */
void cli_print_sweep(const rsp_plan_view *plan, const rsp_findings *findings);
RSP_MUST_USE rsp_status cli_write_sweep(const char *dir, const rsp_findings *findings,
                                        rsp_error *err);

/* Results of a plan as tables for people. */
struct rsp_results_view;
void cli_print_results(const struct rsp_results_view *results);

/* JSON on standard output. */
RSP_MUST_USE rsp_status cli_print_run_json(const rsp_plan_view *plan,
                                           const rsp_findings *findings,
                                           rsp_error *err);
RSP_MUST_USE rsp_status cli_print_scoreboard_json(const rsp_findings *const *all,
                                                  size_t n, rsp_error *err);
RSP_MUST_USE rsp_status cli_write_manifest(const char *dir, const cli_args *args,
                                           const rsp_plan_view *plan,
                                           const struct rsp_campaign_result *r,
                                           rsp_error *err);
#endif
