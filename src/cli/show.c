#define _POSIX_C_SOURCE 200809L
#include "cli/cli.h"
#include "respite/analysis.h"
#include "respite/sbml.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), k = strlen(end);
    return n > k && strcmp(path + n - k, end) == 0;
}

static bool is_study(const char *path)
{
    return ends_in(path, ".yaml") || ends_in(path, ".yml");
}

static int one_file(const cli_args *args, const char *what, rsp_error *err)
{
    if (args->n_files == 1) {
        return 0;
    }
    rsp_fail(err, RSP_USAGE, "respite %s takes one %s", args->command, what);
    return cli_error(err);
}

/* A line of the plan, broken where it is too long. */
static void say(const char *label, const char *text)
{
    rsp_wrap w = {.out = stdout, .indent = 4};
    if (label[0] == ' ') {
        fputs("  ", stdout);
        w.at = 2;
    }
    rsp_wrap_text(&w, label, strlen(label));
    rsp_wrap_text(&w, text, strlen(text));
    putchar('\n');
}

static void list(const char *title, const char *const *items, size_t n)
{
    if (n) {
        printf("%s:\n", title);
    }
    for (size_t i = 0; i < n; i++) {
        say("  -", items[i]);
    }
}

static void show_plan(const rsp_plan_view *p)
{
    char label[200];
    snprintf(label, sizeof label, "%.190s:", p->study);
    say(label, p->title);
    printf("file %s, model %s, seed %llu, %u replicate trial%s\n", p->file,
           p->model_name, (unsigned long long)p->seed, p->trials, p->trials == 1 ? "" : "s");
    say("design:", p->design_text);
    say("population:", p->population);
    say("product:", p->product ? p->product : "none");
    printf("arms:\n");
    for (size_t i = 0; i < p->n_arms; i++) {
        snprintf(label, sizeof label, "  - %.100s: %u participant%s;", p->arms[i].name,
                 p->arms[i].participants, p->arms[i].participants == 1 ? "" : "s");
        say(label, p->arms[i].schedule);
        if (p->arms[i].eligibility && p->arms[i].eligibility[0]) {
            say("    own eligibility:", p->arms[i].eligibility);
        }
    }
    list("what is done, as the model has it", p->actions, p->n_actions);
    say("visits:", p->visits);
    list("assays", p->assays, p->n_assays);
    list("rules", p->rules, p->n_rules);
    list("adverse events", p->adverse, p->n_adverse);
    printf("endpoints:\n");
    for (size_t i = 0; i < p->n_endpoints; i++) {
        snprintf(label, sizeof label, "  - %.100s:", p->endpoints[i].name);
        say(label, p->endpoints[i].definition);
    }
    list("changed parameters", p->changed, p->n_changed);
    list("assumptions", p->assumptions, p->n_assumptions);
}

int cli_show(const cli_args *args)
{
    rsp_error err = {0};
    int status = one_file(args, "model or study", &err);
    if (status) {
        return status;
    }
    struct stat st;
    if (stat(args->files[0], &st) == 0 && S_ISDIR(st.st_mode)) {
        return cli_show_manifest(args->files[0], &err) == RSP_OK ? 0 : cli_error(&err);
    }
    if (is_study(args->files[0])) {
        rsp_plan *plan = NULL;
        if (rsp_plan_load(args->files[0], args->set, args->n_set, &plan, &err) !=
            RSP_OK) {
            return cli_error(&err);
        }
        show_plan(rsp_plan_see(plan));
        rsp_plan_free(plan);
        return 0;
    }
    rsp_model *model = NULL;
    if (rsp_model_open(args->files[0], NULL, &model, &err) != RSP_OK) {
        return cli_error(&err);
    }
    rsp_model_show(model, stdout);
    rsp_model_free(model);
    return 0;
}

static rsp_status check_model(const char *path, rsp_error *err)
{
    rsp_model *model = NULL;
    rsp_program *program = NULL;
    rsp_status s = rsp_model_open(path, NULL, &model, err);
    if (s == RSP_OK) {
        const rsp_network *net = rsp_model_network(model);
        for (uint32_t i = 0; i < net->n_warnings; i++) {
            fprintf(stderr, "warning: %s\n", net->warnings[i]);
        }
        s = rsp_program_new(net, &program, err);
    }
    if (s == RSP_OK) {
        const rsp_network *net = rsp_model_network(model);
        printf("%s: a model of %u species, %u reactions, %u parameters; no "
               "errors, %u warnings\n",
               path, net->n_species, net->n_reactions, net->n_params,
               net->n_warnings);
    }
    rsp_program_free(program);
    rsp_model_free(model);
    return s;
}

static rsp_status check_study(const cli_args *args, const char *path,
                              rsp_error *err)
{
    static const char *const names[] = {"", "population", "product"};
    rsp_plan *plan = NULL;
    rsp_part part;
    rsp_status s = rsp_part_check(path, &part, err);
    if (s != RSP_OK || part != RSP_PART_NONE) {
        if (s == RSP_OK) {
            printf("%s: a %s; no errors in its keys (its values are checked with a model: in a "
                   "study)\n", path, names[part]);
        }
        return s;
    }
    s = rsp_plan_load(path, args->set, args->n_set, &plan, err);
    if (s == RSP_OK) {
        const size_t arms = rsp_plan_see(plan)->n_arms;
        const uint32_t trials = rsp_plan_see(plan)->trials;
        printf("%s: a study of %zu arm%s, %u trial%s; no errors\n", path, arms,
               arms == 1 ? "" : "s", trials, trials == 1 ? "" : "s");
    }
    rsp_plan_free(plan);
    return s;
}

static bool has_key(const char *text, const char *key)
{
    const char *at = text;
    size_t n = strlen(key);
    while (at && strncmp(at, key, n) != 0) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return at != NULL;
}

/* A plan has a title, and is no study (which may have an analysis of its own). */
static bool is_analysis(const char *path)
{
    char *text = NULL;
    size_t length = 0;
    bool is = is_study(path) && rsp_file_read(path, 0, &text, &length, NULL) == RSP_OK &&
              has_key(text, "analysis:") && !has_key(text, "study:") && !has_key(text, "model:");
    free(text);
    return is;
}

static rsp_status check_analysis(const char *path, rsp_error *err)
{
    rsp_analysis *plan = NULL;
    rsp_status s = rsp_analysis_read(path, &plan, err);
    if (s == RSP_OK) {
        printf("%s: an analysis plan, %s; no errors\n", path, rsp_analysis_title(plan));
    }
    rsp_analysis_free(plan);
    return s;
}

static rsp_status check_data(const char *path, rsp_error *err)
{
    rsp_dataset_maker *m = NULL;
    rsp_status s = rsp_adam_read_adtte(path, &m, err);
    if (s == RSP_OK) {
        const rsp_dataset *d = rsp_dataset_view(m);
        printf("%s: %zu row%s, %zu arm%s; no errors\n", path, d->n_endpoints,
               d->n_endpoints == 1 ? "" : "s", d->n_arms, d->n_arms == 1 ? "" : "s");
    }
    rsp_dataset_free(m);
    return s;
}

int cli_check(const cli_args *args)
{
    rsp_error err = {0};
    int status = 0;
    if (args->n_files == 0) {
        rsp_fail(&err, RSP_USAGE, "respite check needs files to check");
        return cli_error(&err);
    }
    for (size_t i = 0; i < args->n_files; i++) {
        const char *path = args->files[i];
        rsp_status s = is_analysis(path)        ? check_analysis(path, &err)
                       : is_study(path)         ? check_study(args, path, &err)
                       : ends_in(path, ".csv") ? check_data(path, &err)
                                               : check_model(path, &err);
        if (s != RSP_OK) {
            int e = cli_error(&err);
            status = status ? status : e;
        }
    }
    return status;
}
