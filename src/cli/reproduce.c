#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/scoreboard.h"
#include "respite/campaign.h"

/* Run the published studies and print one scoreboard. */

enum { MOST_STUDIES = 64 };

typedef struct board {
    char *paths[MOST_STUDIES]; /* of studies/, owned */
    size_t n;
    cli_study studies[MOST_STUDIES];
    const rsp_findings *findings[MOST_STUDIES];
} board;

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_study(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && name[0] != '.' && strcmp(name + n - 5, ".yaml") == 0;
}

/* Every study of the folder has published figures; questions lie below it. */
static rsp_status find_studies(board *b, rsp_error *err)
{
    DIR *dir = opendir("studies");
    if (!dir) {
        return rsp_fail(err, RSP_NOFILE,
                        "there is no folder studies/ here; name the study files, or go to "
                        "where the project's studies are");
    }
    rsp_status s = RSP_OK;
    for (struct dirent *e; s == RSP_OK && (e = readdir(dir)) != NULL;) {
        if (!is_study(e->d_name)) {
            continue;
        }
        size_t length = strlen(e->d_name) + sizeof "studies/";
        char *path = b->n < MOST_STUDIES ? malloc(length) : NULL;
        if (!path) {
            s = rsp_fail(err, b->n < MOST_STUDIES ? RSP_NOMEM : RSP_RANGE,
                         "studies/ has more than %d studies", MOST_STUDIES);
            break;
        }
        snprintf(path, length, "studies/%s", e->d_name);
        b->paths[b->n++] = path;
    }
    closedir(dir);
    qsort(b->paths, b->n, sizeof *b->paths, by_name);
    return s;
}

/* A folder a study, named after its file. */
static rsp_status folders_differ(const char *const *paths, size_t n, rsp_error *err)
{
    rsp_text mine = {0}, other = {0};
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < n; i++) {
        mine.length = 0;
        cli_add_base(&mine, paths[i]);
        for (size_t k = 0; s == RSP_OK && k < i && !mine.failed && !other.failed; k++) {
            other.length = 0;
            cli_add_base(&other, paths[k]);
            if (mine.length == other.length && memcmp(mine.data, other.data, mine.length) == 0) {
                s = rsp_fail(err, RSP_USAGE, "%s and %s would go to the same folder, twice: a "
                             "folder of --out is named after the study's file", paths[k], paths[i]);
            }
        }
    }
    s = s == RSP_OK && (mine.failed || other.failed) ? rsp_fail(err, RSP_NOMEM, "out of memory") : s;
    rsp_text_fini(&mine);
    rsp_text_fini(&other);
    return s;
}

static rsp_status run_one(const cli_args *args, const char *path, cli_study *study,
                          rsp_error *err)
{
    rsp_campaign_result result;
    rsp_text dir = {0};
    if (args->out) {
        rsp_text_printf(&dir, "%s/", args->out);
        cli_add_base(&dir, path);
    }
    rsp_status s = dir.failed ? rsp_fail(err, RSP_NOMEM, "out of memory")
                              : cli_study_run(args, path, dir.data, study, &result, err);
    if (s == RSP_OK && dir.data) {
        s = cli_study_write(args, dir.data, study, &result, err);
        rsp_file_release(result.hold);
    }
    rsp_text_fini(&dir);
    return s;
}

static rsp_status run_all(const cli_args *args, board *b, const char *const *paths,
                          size_t n, rsp_error *err)
{
    rsp_status s = args->out ? folders_differ(paths, n, err) : RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < n; i++) {
        s = run_one(args, paths[i], &b->studies[i], err);
        b->findings[i] = b->studies[i].findings;
        if (s == RSP_OK && !args->json) {
            cli_print_plain(rsp_plan_see(b->studies[i].plan), b->findings[i]);
        }
    }
    return s;
}

int cli_reproduce(const cli_args *args)
{
    board *b = calloc(1, sizeof *b);
    rsp_error err = {0};
    rsp_status s = b ? RSP_OK : rsp_fail(&err, RSP_NOMEM, "no memory for the scoreboard");
    if (s == RSP_OK && !args->n_files) {
        s = find_studies(b, &err);
    }
    if (s == RSP_OK && args->n_files > MOST_STUDIES) {
        s = rsp_fail(&err, RSP_USAGE, "respite reproduce takes at most %d studies; these are %zu",
                     MOST_STUDIES, args->n_files);
    }
    size_t n = !b || s != RSP_OK ? 0 : args->n_files ? args->n_files : b->n;
    if (s == RSP_OK) {
        s = run_all(args, b, args->n_files ? args->files : (const char *const *)b->paths, n,
                    &err);
    }
    if (s == RSP_OK && args->json) {
        s = cli_print_scoreboard_json(b->findings, n, &err);
    } else if (s == RSP_OK) {
        cli_print_judgement(b->findings, n);
    }
    for (size_t i = 0; i < n; i++) {
        cli_study_fini(&b->studies[i]);
        free(b->paths[i]);
    }
    free(b);
    return s == RSP_OK ? 0 : cli_error(&err);
}
