#include "cli/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind { FLAG, TEXT, COUNT, SEED, REAL, SET } kind;

typedef struct option {
    const char *name, *brief;
    kind kind;
    size_t at;      /* offset of the value in cli_args */
    size_t has;     /* offset of "was given", or SIZE_MAX */
    double low, high;
    const char *commands; /* that know it; NULL: all */
    const char *form, *what; /* for --help */
} option;

#define AT(field) offsetof(cli_args, field)
#define NONE SIZE_MAX

static const option OPTIONS[] = {
    {"--json", NULL, FLAG, AT(json), NONE, 0, 0, "run analyze reproduce",
     "", "results as JSON"},
    {"--quiet", "-q", FLAG, AT(quiet), NONE, 0, 0, NULL,
     "", "no progress, no hints"},
    {"--help", "-h", FLAG, AT(help), NONE, 0, 0, NULL,
     "", "this page"},
    {"--dry-run", NULL, FLAG, AT(dry_run), NONE, 0, 0, "run",
     "", "say how long and how many bytes, write nothing"},
    {"--null", NULL, FLAG, AT(null), NONE, 0, 0, "run",
     "", "treat every arm as its control: what tests find by chance"},
    {"--stats", NULL, FLAG, AT(stats), NONE, 0, 0, "run simulate",
     "", "what it cost, as JSON on standard error"},
    {"--interpret", NULL, FLAG, AT(interpret), NONE, 0, 0, "simulate",
     "", "bytecode even for a shipped model"},
    {"--compile", NULL, FLAG, AT(compile), NONE, 0, 0, "run simulate reproduce",
     "", "make machine code with the system's C compiler"},
    {"--shuffle", NULL, FLAG, AT(shuffle), NONE, 0, 0, "run simulate reproduce",
     "", "a test: pack participants in another order"},
    {"--csv", NULL, FLAG, AT(csv), NONE, 0, 0, "simulate",
     "", "a table of comma-separated values"},
    {"--seed", NULL, SEED, AT(seed), AT(has_seed), 0, 0, "run simulate reproduce",
     "N", "another seed"},
    {"--trials", NULL, COUNT, AT(trials), AT(has_trials), 1, 1048575,
     "run reproduce",
     "N", "replicates of the whole trial"},
    {"--threads", "-j", COUNT, AT(threads), NONE, 1, 256, NULL,
     "N", "default: all granted cores"},
    {"--lanes", NULL, COUNT, AT(lanes), NONE, 1, 1024, "run simulate reproduce",
     "N", "a test: participants solved side by side"},
    {"--out", "-o", TEXT, AT(out), NONE, 0, 0, "run analyze reproduce convert",
     "DIR", "where files go (run: respite-out/STUDY; reproduce: DIR/STUDY, else none)"},
    {"--set", NULL, SET, 0, NONE, 0, 0, "run simulate reproduce check show",
     "PATH=VALUE", "change one entry: --set t_art_insti='0.5 day'"},
    {"--solver", NULL, TEXT, AT(solver), NONE, 0, 0, "simulate",
     "NAME", "ode, hybrid or ssa; default hybrid"},
    {"--until", NULL, REAL, AT(until), AT(has_until), 0, 1e9, "simulate",
     "T", "end, in the model's time"},
    {"--every", NULL, REAL, AT(every), AT(has_every), 1e-9, 1e9, "simulate",
     "DT", "spacing of the rows"},
    {"--times", NULL, TEXT, AT(times), NONE, 0, 0, "simulate",
     "FILE", "times of the rows, one a line"},
    {"--replicates", NULL, COUNT, AT(replicates), NONE, 1, 1e9, "simulate",
     "N", "runs of the same participant"},
    {"--participants", NULL, TEXT, AT(participants), NONE, 0, 0, "simulate",
     "FILE", "CSV, a row a participant"},
    {"--first", NULL, COUNT, AT(first), NONE, 1, 4e9, "simulate",
     "N", "only its first N rows"},
    {"--rtol", NULL, REAL, AT(rtol), NONE, 1e-13, 0.5, "simulate",
     "R", "relative tolerance"},
    {"--atol", NULL, REAL, AT(atol), NONE, 1e-300, 1e300, "simulate",
     "A", "absolute tolerance"},
    {"--summary", NULL, TEXT, AT(summary), NONE, 0, 0, "simulate",
     "mean,sd", "over all runs, instead of each run"},
    {"--amount", NULL, TEXT, AT(amount), NONE, 0, 0, "simulate",
     "A,B", "print these alone, as amounts"},
    {"--concentration", NULL, TEXT, AT(concentration), NONE, 0, 0, "simulate",
     "A,B", "and these as concentrations (SBML)"},
    {"--to", NULL, TEXT, AT(to), NONE, 0, 0, "convert",
     "FORM", "a data set as adam, xpt, nonmem or json"},
    {"--endpoint", NULL, TEXT, AT(endpoint), NONE, 0, 0, "analyze",
     "NAME", "its PARAMCD, or its name in the study"},
    {"--plan", NULL, TEXT, AT(plan), NONE, 0, 0, "analyze convert",
     "FILE", "an analysis plan (docs/analysis.md); convert reads its data"},
};
enum { N_OPTIONS = sizeof OPTIONS / sizeof *OPTIONS };

static bool knows(const option *o, const char *command)
{
    if (!o->commands) {
        return true;
    }
    const char *p = strstr(o->commands, command);
    size_t n = strlen(command);
    return p && (p == o->commands || p[-1] == ' ') &&
           (p[n] == ' ' || p[n] == '\0');
}

void cli_print_options(FILE *out, const char *command)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const option *o = &OPTIONS[i];
        if (knows(o, command)) {
            int n = fprintf(out, "  %s%s%s %s", o->brief ? o->brief : "",
                            o->brief ? ", " : "", o->name, o->form);
            fprintf(out, "%*s%s\n", n < 25 ? 25 - n : 1, "", o->what);
        }
    }
}

/* "--name=value", "--name value", "-j4", "-j 4"; *value NULL: the next word. */
static const option *match(const char *word, const char **value)
{
    *value = NULL;
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const option *o = &OPTIONS[i];
        size_t n = strlen(o->name);
        if (strncmp(word, o->name, n) == 0 && (!word[n] || word[n] == '=')) {
            *value = word[n] ? word + n + 1 : NULL;
            return o;
        }
        if (o->brief && strncmp(word, o->brief, 2) == 0 &&
            (!word[2] || o->kind == COUNT)) {
            *value = word[2] ? word + 2 : NULL;
            return o;
        }
    }
    return NULL;
}

static rsp_status read_seed(const char *s, uint64_t *seed)
{
    uint64_t v = 0;
    size_t n = strlen(s);
    if (n == 0 || n > 19) {
        return RSP_USAGE;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(s[i] - '0');
        if (d > 9 || v > ((uint64_t)INT64_MAX - d) / 10) { /* JSON and SQLite are signed */
            return RSP_USAGE;
        }
        v = v * 10 + d;
    }
    *seed = v;
    return RSP_OK;
}

static rsp_status add_set(cli_args *args, char *value, rsp_error *err)
{
    char *eq = strchr(value, '=');
    if (!eq || eq == value) {
        return rsp_fail(err, RSP_USAGE,
                        "--set %.60s: expected PATH=VALUE, as in --set "
                        "t_art_insti='0.5 day'",
                        value);
    }
    if (args->n_set == sizeof args->set / sizeof *args->set) {
        return rsp_fail(err, RSP_USAGE, "more than %zu --set", args->n_set);
    }
    *eq = '\0';
    args->set[args->n_set++] = (rsp_override){value, eq + 1};
    return RSP_OK;
}

static rsp_status store(const option *o, char *value, cli_args *args,
                        rsp_error *err)
{
    char *at = (char *)args + o->at;
    double v = 0;
    if (o->has != NONE) {
        *(bool *)((char *)args + o->has) = true;
    }
    switch (o->kind) {
    case FLAG:
        *(bool *)at = true;
        return RSP_OK;
    case TEXT:
        *(const char **)(void *)at = value;
        return RSP_OK;
    case SET:
        return add_set(args, value, err);
    case SEED:
        return read_seed(value, (uint64_t *)(void *)at) == RSP_OK
                   ? RSP_OK
                   : rsp_fail(err, RSP_USAGE,
                              "--seed %.40s: expected a whole number from 0 to "
                              "9223372036854775807",
                              value);
    case COUNT:
    case REAL:
        if (!rsp_number_read(value, strlen(value), &v) || v < o->low ||
            v > o->high || (o->kind == COUNT && v != floor(v))) {
            return rsp_fail(err, RSP_USAGE, "%s %.40s: expected a %s from %.10g to %.10g",
                            o->name, value,
                            o->kind == COUNT ? "whole number" : "number", o->low,
                            o->high);
        }
        if (o->kind == COUNT) {
            *(uint32_t *)(void *)at = (uint32_t)v;
        } else {
            *(double *)(void *)at = v;
        }
        return RSP_OK;
    }
    return RSP_OK;
}

static rsp_status unknown_option(const char *word, const char *command,
                                 rsp_error *err)
{
    const char *names[N_OPTIONS];
    char name[64];
    size_t n = 0;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (knows(&OPTIONS[i], command)) {
            names[n++] = OPTIONS[i].name;
        }
    }
    const char *near = rsp_nearest(name, names, n);
    return rsp_fail(err, RSP_USAGE, "respite %s has no option %s%s%s%s", command,
                    name, near ? "; did you mean " : "", near ? near : "",
                    near ? "?" : "");
}

static rsp_status take(int argc, char **argv, int *i, cli_args *args,
                       rsp_error *err)
{
    char *word = argv[*i];
    if (word[0] != '-' || !word[1]) {
        args->files[args->n_files++] = word;
        return RSP_OK;
    }
    const char *value = NULL;
    const option *o = match(word, &value);
    if (!o || !knows(o, args->command)) {
        return unknown_option(word, args->command, err);
    }
    if (o->kind == FLAG && value) {
        return rsp_fail(err, RSP_USAGE, "%s takes no value", o->name);
    }
    if (o->kind != FLAG && !value) {
        if (*i + 1 >= argc) {
            return rsp_fail(err, RSP_USAGE, "%s needs a value", o->name);
        }
        value = argv[++*i];
    }
    if (o->kind != FLAG && !value[0]) {
        return rsp_fail(err, RSP_USAGE, "%s needs a value, and the one given is empty",
                        o->name);
    }
    return store(o, (char *)(uintptr_t)value, args, err);
}

static char *whole_line(int argc, char **argv)
{
    rsp_text line = {0};
    rsp_text_add(&line, "respite");
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] && !strpbrk(argv[i], " \t\n'\"\\$*?&|;<>()[]{}!#~`")) {
            rsp_text_printf(&line, " %s", argv[i]);
            continue;
        }
        rsp_text_add(&line, " '"); /* as a shell reads it back: ' ends and begins anew */
        for (const char *s = argv[i]; *s; s++) {
            rsp_text_add(&line, *s == '\'' ? "'\\'" : "");
            rsp_text_add_n(&line, s, 1);
        }
        rsp_text_add(&line, "'");
    }
    return line.data;
}

int cli_parse(int argc, char **argv, cli_args *args)
{
    *args = (cli_args){.command = argv[1], .line = whole_line(argc, argv),
                       .files = calloc((size_t)argc, sizeof *args->files)};
    rsp_error err = {0};
    if (!args->files) {
        rsp_fail(&err, RSP_NOMEM, "no memory for the names of files");
        return cli_error(&err);
    }
    for (int i = 2; i < argc; i++) {
        if (take(argc, argv, &i, args, &err) != RSP_OK) {
            return cli_error(&err);
        }
    }
    return 0;
}
