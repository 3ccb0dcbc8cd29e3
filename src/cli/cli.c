#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "respite/num.h"

typedef struct command {
    const char *name, *form, *what, *example;
    int (*run)(const cli_args *args);
} command;

static const command COMMANDS[] = {
    {"run", "STUDY", "run a study: participants, data set, endpoints, report",
     "respite run studies/liu2021.yaml --trials 20 --set t_art_insti='0.8 day'", cli_run},
    {"simulate", "MODEL", "run a model alone",
     "respite simulate hiv_car_t --until 60 --every 1 --replicates 100 --summary mean,sd",
     cli_simulate},
    {"analyze", "DATA", "the analysis of a data set, real or simulated",
     "respite analyze --plan examples/two_arms.yaml --out two_arms", cli_analyze},
    {"reproduce", "[STUDY...]", "run the published studies, print the scoreboard",
     "respite reproduce --json", cli_reproduce},
    {"check", "FILE...", "what is wrong with a model, study or data set, and where",
     "respite check studies/liu2021.yaml models/hiv_car_t.rsp", cli_check},
    {"convert", "MODEL FILE", "a model as SBML (FILE.xml); a data set --to another form",
     "respite convert respite-out/liu2021 --to xpt -o liu2021-adam", cli_convert},
    {"show", "FILE|RUN", "a model's equations and sources; a study's plan; a run's provenance",
     "respite show hiv_car_t", cli_show},
};
enum { N_COMMANDS = sizeof COMMANDS / sizeof *COMMANDS };

static void help(FILE *out)
{
    fprintf(out, "Respite %s: an in-silico clinic for HIV-specific CAR T cells\n\n",
            rsp_version());
    for (size_t i = 0; i < N_COMMANDS; i++) {
        fprintf(out, "  respite %-9s %-12s %s\n", COMMANDS[i].name,
                COMMANDS[i].form, COMMANDS[i].what);
    }
    fputs("\n"
          "  --seed N          another seed          --trials N   replicate trials\n"
          "  -j, --threads N   default: all granted cores\n"
          "  --out DIR         where files go (run, reproduce, analyze, convert)\n"
          "  --set PATH=VALUE  change one entry of a study (--set t_art_insti='0.5 day')\n"
          "  --json            results as JSON       --quiet      no progress\n"
          "  --dry-run         say time and bytes, run nothing\n"
          "  --version         version and commit\n\n"
          "respite COMMAND --help lists a command's own options, with an example:\n"
          "  respite run studies/liu2021.yaml --trials 20\n\n"
          "Results go to standard output, everything else to standard error.\n",
          out);
}

static void help_command(FILE *out, const command *c)
{
    fprintf(out, "respite %s %s: %s\n\n", c->name, c->form, c->what);
    cli_print_options(out, c->name);
    fprintf(out, "\nExample:\n  %s\n", c->example);
}

static const command *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(COMMANDS[i].name, name) == 0) {
            return &COMMANDS[i];
        }
    }
    return NULL;
}

static int unknown(const char *name)
{
    const char *names[N_COMMANDS];
    for (size_t i = 0; i < N_COMMANDS; i++) {
        names[i] = COMMANDS[i].name;
    }
    const char *near = rsp_nearest(name, names, N_COMMANDS);
    rsp_error err;
    rsp_fail(&err, RSP_USAGE, "unknown command '%.40s'%s%s%s; see respite --help",
             name, near ? "; did you mean '" : "", near ? near : "",
             near ? "'?" : "");
    return cli_error(&err);
}

int cli_error(const rsp_error *err)
{
    if (err->source[0] && err->line) {
        fprintf(stderr, "%s:%u:%u: %s\n", err->source, err->line, err->column,
                err->message);
    } else if (err->source[0]) {
        fprintf(stderr, "%s: %s\n", err->source, err->message);
    } else {
        fprintf(stderr, "respite: %s\n", err->message);
    }
    if (err->excerpt[0]) {
        fprintf(stderr, "    %s\n", err->excerpt);
        if (err->column && err->column <= strlen(err->excerpt) + 1) {
            fprintf(stderr, "    %*s^\n", (int)err->column - 1, "");
        }
    }
    return rsp_status_exit(err->code);
}

static const char *ending(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    return dot && (!slash || dot > slash) ? dot : "";
}

rsp_status cli_expect_kind(const char *path, const char *asked, const char *taken,
                           rsp_error *err)
{
    static const struct { const char *ending, *what, *mend; } kinds[] = {
        {".rsp", "model", "; respite simulate runs a model alone"},
        {".yaml", "study", "; respite run runs a study"},
        {".yml", "study", "; respite run runs a study"},
        {".csv", "table", "; respite analyze takes ADTTE tables"},
        {".xml", "SBML model", "; respite simulate runs a model alone"},
        {".sqlite", "result store", ""},
        {".html", "report", ""},
        {".json", "JSON file", ""},
        {".md", "text", ""}};
    const char *end = ending(path);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(end, kinds[i].ending) == 0 && !strstr(taken, kinds[i].what)) {
            return rsp_fail(err, RSP_DATA, "%s is a %s; respite %s takes a %s%s", path,
                            kinds[i].what, asked, taken, kinds[i].mend);
        }
    }
    return RSP_OK;
}

char *cli_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 1;
    char *dir = malloc(n + 2);
    if (dir) {
        memcpy(dir, slash ? path : ".", n);
        dir[n] = '\0';
        if (n == 0) {
            strcpy(dir, "/");
        }
    }
    return dir;
}

/* A result that did not reach the reader is a failure (full disk, closed pipe). */
static int flushed(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        rsp_error err;
        rsp_fail(&err, RSP_WRITE, "cannot write the results to standard output");
        return status ? status : cli_error(&err);
    }
    return status;
}

int rsp_cli_main(int argc, char **argv)
{
    cli_fill_streams();
    if (argc < 2) {
        help(stderr);
        return rsp_status_exit(RSP_USAGE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("respite %s (%s), %s, %s\n", rsp_version(), rsp_commit(),
               rsp_compiler(), rsp_isa());
        return flushed(0);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc < 3)) {
        help(stdout);
        return flushed(0);
    }
    const char *first = strcmp(argv[1], "help") == 0 ? argv[2] : argv[1];
    const command *cmd = find(first);
    if (!cmd) {
        return unknown(first);
    }
    if (first != argv[1]) {
        help_command(stdout, cmd);
        return flushed(0);
    }
    cli_args args;
    int status = cli_parse(argc, argv, &args);
    if (status == 0 && args.help) {
        help_command(stdout, cmd);
    } else if (status == 0) {
        cli_catch_interrupt();
        status = cmd->run(&args);
    }
    free((void *)(uintptr_t)args.line);
    free(args.files);
    return flushed(status);
}
