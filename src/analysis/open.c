#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/work.h"

/* The rows that a plan asks for, or that it is given. */

struct rsp_analysis_source {
    rsp_arena *arena;
    rsp_dataset_maker *rows;
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

/* The files of a directory that the readers look for. */
static rsp_status add_files(rsp_analysis_source *s, const char *path, rsp_error *err)
{
    static const char *const folders[] = {"/adam", ""}, *const ends[] = {"csv", "xpt"};
    static const char *const names[] = {"adsl", "adtte", "advl", "adlb", "adae", "adev"};
    struct stat st;
    rsp_status status = RSP_OK;
    if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
        return add_file(s, path, err);
    }
    for (size_t f = 0; f < 2 && !s->data.n_files; f++) {
        for (size_t i = 0; i < 12 && status == RSP_OK; i++) {
            rsp_text file = {0};
            rsp_text_printf(&file, "%s%s/%s.%s", path, folders[f], names[i % 6], ends[i / 6]);
            if (file.failed) {
                status = no_memory(err);
            } else if (stat(file.data, &st) == 0) {
                status = add_file(s, file.data, err);
            }
            rsp_text_fini(&file);
        }
    }
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
    return rsp_fail_at(err, RSP_USAGE, text->name, text->text, from->at ? from->at->line : 1,
                       from->at ? from->at->column : 1,
                       "no data: give a file to the command, or name one as 'file' in the "
                       "plan's 'data'");
}

static rsp_status read_one(rsp_analysis_source *s, const rsp_analysis *plan, rsp_importer *im,
                           const source *from, const char *given, rsp_error *err)
{
    const char *path = given ? given : from->file ? beside(s, plan, from->file) : NULL;
    if (!path) {
        return no_file(plan, from, err);
    }
    rsp_status status = from->format == FORMAT_NONMEM ? rsp_import_nonmem(im, path, &from->nonmem, err)
                        : from->format == FORMAT_ADAM ? rsp_import_adam(im, path, err)
                        : from->has_map               ? rsp_import_csv(im, path, &from->map, err)
                                                      : rsp_import_path(im, path, err);
    return status == RSP_OK ? add_files(s, path, err) : status;
}

static rsp_status open_files(rsp_analysis_source *s, const rsp_analysis *plan, const char *given,
                             rsp_error *err)
{
    static const source by_looking = {.has_map = false};
    size_t n = plan->n_sources ? plan->n_sources : 1;
    rsp_importer *im = rsp_import_new(NULL);
    rsp_status status = im ? RSP_OK : no_memory(err);
    for (size_t i = 0; i < n && status == RSP_OK; i++) {
        status = read_one(s, plan, im, plan->n_sources ? &plan->sources[i] : &by_looking, given,
                          err);
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

/* Plates stand beside the plan, or are what the command was given. */
static rsp_status find_plates(rsp_analysis_source *s, const rsp_analysis *plan, const char *given,
                              rsp_error *err)
{
    enum { EACH = RSP_ANALYSIS_PLATES };
    const char **plates = rsp_arena_alloc(s->arena, EACH * plan->n_items, sizeof *plates);
    rsp_status status = plates ? RSP_OK : no_memory(err);
    for (size_t i = 0; i < plan->n_items && status == RSP_OK; i++) {
        const options *o = &plan->items[i].options;
        bool reads = plan->items[i].kind->needs_no_data && !o->shares.n;
        const char **mine = plates + EACH * i;
        mine[0] = o->plate ? beside(s, plan, o->plate) : reads ? given : NULL;
        mine[1] = o->reference_plate ? beside(s, plan, o->reference_plate) : NULL;
        mine[2] = o->names_plate ? beside(s, plan, o->names_plate) : NULL;
        for (size_t k = 0; k < EACH && status == RSP_OK; k++) {
            bool again = k == 0 && i > 0 && plates[0] == mine[0];
            status = mine[k] && !again ? add_file(s, mine[k], err) : RSP_OK;
        }
    }
    s->data.plates = plates;
    return status;
}

rsp_status rsp_analysis_open(const rsp_analysis *plan, const char *path,
                             rsp_analysis_source **out, rsp_error *err)
{
    *out = NULL;
    rsp_analysis_source *s = calloc(1, sizeof *s);
    rsp_status status = s && (s->arena = rsp_arena_new()) ? RSP_OK : no_memory(err);
    if (status == RSP_OK && path && plan->n_sources > 1) {
        status = rsp_fail(err, RSP_USAGE, "the plan names %zu files of its own; give no data",
                          plan->n_sources);
    } else if (status == RSP_OK && !plan->n_sources && !needs_data(plan)) {
        status = open_nothing(s, err);
        status = status == RSP_OK ? find_plates(s, plan, path, err) : status;
    } else if (status == RSP_OK) {
        status = open_files(s, plan, path, err);
        status = status == RSP_OK ? find_plates(s, plan, NULL, err) : status;
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
