#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/work.h"

/* The rows that a plan asks for, or that it is given. */

struct rsp_analysis_source {
    rsp_arena *arena;
    rsp_dataset_maker *rows;
    rsp_adam_endpoint *endpoints;
    rsp_analysis_data data;
    rsp_text notes;
};

enum { MOST_FILES = 24 };

const rsp_analysis_data *rsp_analysis_data_of(const rsp_analysis_source *s) { return &s->data; }

void rsp_analysis_close(rsp_analysis_source *s)
{
    if (s) {
        rsp_text_fini(&s->notes);
        rsp_dataset_free(s->rows);
        rsp_arena_free(s->arena);
        free(s);
    }
}

static rsp_status no_memory(rsp_error *err) { return rsp_fail(err, RSP_NOMEM, "out of memory"); }

/* ---- What the results name: each file and its SHA-256. */
static rsp_status add_file(rsp_analysis_source *s, const char *path, rsp_error *err)
{
    char *bytes = NULL, hex[65];
    size_t length = 0;
    rsp_sha256 sha;
    rsp_status status = rsp_file_read_bytes(path, 0, &bytes, &length, err);
    if (status != RSP_OK || s->data.n_files == MOST_FILES) {
        free(bytes);
        return status;
    }
    rsp_sha256_init(&sha);
    rsp_sha256_add(&sha, bytes, length);
    rsp_sha256_hex(&sha, hex);
    free(bytes);
    rsp_analysis_file *files = (rsp_analysis_file *)(uintptr_t)s->data.files;
    files = files ? files : rsp_arena_alloc(s->arena, MOST_FILES, sizeof *files);
    if (!files) {
        return no_memory(err);
    }
    const char *slash = strrchr(path, '/');
    files[s->data.n_files].name = rsp_arena_printf(s->arena, "%s", slash ? slash + 1 : path);
    files[s->data.n_files].sha256 = rsp_arena_printf(s->arena, "%s", hex);
    s->data.files = files;
    s->data.n_files++;
    return RSP_OK;
}

/* ---- ADaM, as a run writes it. */
static rsp_status find_adtte(const char *given, rsp_text *path, rsp_error *err)
{
    static const char *const places[] = {"/adam/adtte.csv", "/adtte.csv"};
    struct stat st;
    if (stat(given, &st) != 0 || !S_ISDIR(st.st_mode)) {
        rsp_text_add(path, given);
        return path->failed ? no_memory(err) : RSP_OK;
    }
    for (size_t i = 0; i < 2; i++) {
        path->length = 0;
        rsp_text_printf(path, "%s%s", given, places[i]);
        if (path->failed || stat(path->data, &st) == 0) {
            return path->failed ? no_memory(err) : RSP_OK;
        }
    }
    return rsp_fail(err, RSP_NOFILE,
                    "%s is a directory and holds neither adam/adtte.csv nor adtte.csv; "
                    "give a run's directory or an ADTTE file", given);
}

static rsp_status open_adam(rsp_analysis_source *s, const char *given, rsp_error *err)
{
    rsp_text path = {0};
    rsp_status status = find_adtte(given, &path, err);
    if (status == RSP_OK) {
        status = rsp_adam_read_adtte(path.data, &s->rows, err);
    }
    if (status == RSP_OK) {
        rsp_dataset_sort(s->rows);
        status = rsp_adam_read_endpoints(path.data, s->arena, &s->endpoints,
                                         &s->data.n_endpoints, err);
        s->data.endpoints = s->endpoints;
    }
    status = status == RSP_OK ? add_file(s, path.data, err) : status;
    rsp_text_fini(&path);
    return status;
}

/* ---- By the plan's maps. */
static char *beside(rsp_analysis_source *s, const rsp_analysis *plan, const char *file)
{
    const char *name = plan->root->source->name, *slash = strrchr(name, '/');
    return file[0] == '/' || !slash
               ? rsp_arena_printf(s->arena, "%s", file)
               : rsp_arena_printf(s->arena, "%.*s/%s", (int)(slash - name), name, file);
}

static rsp_status no_file(const rsp_analysis *plan, const source *from, rsp_error *err)
{
    const tree_source *text = plan->root->source;
    return rsp_fail_at(err, RSP_USAGE, text->name, text->text, from ? from->at->line : 1,
                       from ? from->at->column : 1,
                       "no data: give a file to the command, or name one as 'file' in the "
                       "plan's 'data'");
}

static rsp_status read_map(rsp_analysis_source *s, const rsp_analysis *plan, rsp_importer *im,
                           const source *from, const char *given, rsp_error *err)
{
    const char *path = given ? given : from->file ? beside(s, plan, from->file) : NULL;
    if (!path) {
        return no_file(plan, from, err);
    }
    if (!from->has_map) {
        return rsp_fail(err, RSP_USAGE, "%s needs a map of its columns beside the others", path);
    }
    rsp_status status = rsp_import_csv(im, path, &from->map, err);
    return status == RSP_OK ? add_file(s, path, err) : status;
}

static rsp_status open_maps(rsp_analysis_source *s, const rsp_analysis *plan, const char *given,
                            rsp_error *err)
{
    rsp_importer *im = rsp_import_new(NULL);
    rsp_status status = im ? RSP_OK : no_memory(err);
    for (size_t i = 0; i < plan->n_sources && status == RSP_OK; i++) {
        status = read_map(s, plan, im, &plan->sources[i], given, err);
    }
    if (status == RSP_OK) {
        status = rsp_import_finish(im, &s->rows, err);
        rsp_text_add(&s->notes, rsp_import_notes(im));
    }
    rsp_import_free(im);
    return status;
}

static bool needs_data(const rsp_analysis *plan)
{
    for (size_t i = 0; i < plan->n_items; i++) {
        if (!plan->items[i].kind->needs_no_data) {
            return true;
        }
    }
    return false;
}

static rsp_status open_nothing(rsp_analysis_source *s, rsp_error *err)
{
    static const char *const arms[] = {"none"};
    s->rows = rsp_dataset_new("none", arms, 1, NULL, 0);
    return s->rows ? RSP_OK : no_memory(err);
}

rsp_status rsp_analysis_open(const rsp_analysis *plan, const char *path,
                             rsp_analysis_source **out, rsp_error *err)
{
    *out = NULL;
    rsp_analysis_source *s = calloc(1, sizeof *s);
    rsp_status status = s && (s->arena = rsp_arena_new()) ? RSP_OK : no_memory(err);
    const source *one = plan->n_sources ? &plan->sources[0] : NULL;
    if (status == RSP_OK && path && plan->n_sources > 1) {
        status = rsp_fail(err, RSP_USAGE, "the plan names %zu files of its own; give no data",
                          plan->n_sources);
    } else if (status == RSP_OK && !path && !one && !needs_data(plan)) {
        status = open_nothing(s, err);
    } else if (status == RSP_OK && one && (one->has_map || plan->n_sources > 1)) {
        status = open_maps(s, plan, path, err);
    } else if (status == RSP_OK) {
        const char *given = path ? path : one ? beside(s, plan, one->file) : NULL;
        status = given ? open_adam(s, given, err) : no_file(plan, NULL, err);
    }
    if (status == RSP_OK) {
        s->data.rows = rsp_dataset_view(s->rows);
        s->data.notes = s->notes.data ? s->notes.data : "";
        *out = s;
    } else {
        rsp_analysis_close(s);
    }
    return status;
}
