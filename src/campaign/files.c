#define _POSIX_C_SOURCE 200809L
#include "campaign/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_ADAM = RSP_N_ADAM };

struct run_files {
    rsp_arena *arena;
    FILE *adam[N_ADAM];
    char *part[N_ADAM], *final[N_ADAM];
    rsp_store *store;
    rsp_text rows;
    const char *dir, *folder; /* DIR/adam */
    bool made_dir, made_folder; /* they were not there before */
    int hold;                   /* on DIR */
};

static rsp_status write_error(const run_files *files, int which, rsp_error *err)
{
    return rsp_fail(err, RSP_WRITE, "cannot write %s: %s", files->final[which],
                    strerror(errno ? errno : EIO));
}

static rsp_status flush_rows(run_files *files, int which, rsp_error *err)
{
    if (files->rows.failed) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the rows of %s",
                        files->final[which]);
    }
    errno = 0;
    size_t n = files->rows.length;
    bool ok = n == 0 || fwrite(files->rows.data, 1, n, files->adam[which]) == n;
    files->rows.length = 0;
    return ok ? RSP_OK : write_error(files, which, err);
}

static rsp_status open_adam(run_files *files, const char *dir, int which,
                            const rsp_dataset *like, rsp_error *err)
{
    const char *name = rsp_adam_file((rsp_adam)which);
    files->final[which] =
        rsp_arena_printf(files->arena, "%s/adam/%s", dir, name);
    files->part[which] =
        rsp_arena_printf(files->arena, "%s/adam/%s.part", dir, name);
    if (!files->final[which] || !files->part[which]) {
        return rsp_fail(err, RSP_NOMEM, "no memory to open %s", dir);
    }
    remove(files->part[which]); /* of a run that was killed, or a link to elsewhere */
    files->adam[which] = fopen(files->part[which], "wb");
    if (!files->adam[which]) {
        return write_error(files, which, err);
    }
    rsp_adam_header((rsp_adam)which, like, &files->rows);
    return flush_rows(files, which, err);
}

rsp_status run_files_open(const char *dir, const rsp_dataset *like,
                          run_files **out, rsp_error *err)
{
    *out = NULL;
    run_files *files = calloc(1, sizeof *files);
    if (!files || !(files->arena = rsp_arena_new())) {
        free(files);
        return rsp_fail(err, RSP_NOMEM, "no memory to open %s", dir);
    }
    files->hold = -1;
    char *adam = rsp_arena_printf(files->arena, "%s/adam", dir);
    char *store = rsp_arena_printf(files->arena, "%s/results.sqlite", dir);
    rsp_status s = adam && store ? RSP_OK : rsp_fail(err, RSP_NOMEM, "no memory");
    if (s == RSP_OK) {
        files->dir = rsp_arena_printf(files->arena, "%s", dir);
        files->folder = adam;
        files->made_dir = access(dir, F_OK) != 0;
        files->made_folder = access(adam, F_OK) != 0;
        s = rsp_file_mkdir(dir, err);
    }
    s = s == RSP_OK ? rsp_file_hold(dir, &files->hold, err) : s;
    s = s == RSP_OK ? rsp_file_mkdir(adam, err) : s;
    for (int i = 0; s == RSP_OK && i < N_ADAM; i++) {
        s = open_adam(files, dir, i, like, err);
    }
    if (s == RSP_OK) {
        s = rsp_store_open(store, like, &files->store, err);
    }
    if (s != RSP_OK) {
        run_files_abandon(files);
        return s;
    }
    *out = files;
    return RSP_OK;
}

rsp_status run_files_add(run_files *files, const rsp_dataset *chunk,
                         rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (int i = 0; s == RSP_OK && i < N_ADAM; i++) {
        rsp_adam_rows((rsp_adam)i, chunk, &files->rows);
        s = flush_rows(files, i, err);
    }
    return s == RSP_OK ? rsp_store_add(files->store, chunk, err) : s;
}

static rsp_status close_adam(run_files *files, int which, rsp_error *err)
{
    FILE *f = files->adam[which];
    errno = 0;
    bool ok = fflush(f) == 0 && fsync(fileno(f)) == 0;
    ok = fclose(f) == 0 && ok;
    files->adam[which] = NULL;
    ok = ok && rename(files->part[which], files->final[which]) == 0;
    return ok ? RSP_OK : write_error(files, which, err);
}

rsp_status run_files_close(run_files *files, int *hold, rsp_error *err)
{
    rsp_status s = RSP_OK;
    char *manifest = rsp_arena_printf(files->arena, "%s/manifest.json", files->dir);
    if (manifest) {
        remove(manifest); /* that of an earlier run: it speaks for other files */
    }
    for (int i = 0; s == RSP_OK && i < N_ADAM; i++) {
        s = close_adam(files, i, err);
    }
    if (s == RSP_OK) {
        s = rsp_store_close(files->store, err);
        files->store = NULL;
    }
    if (s == RSP_OK) {
        *hold = files->hold;
        files->hold = -1;
    }
    run_files_abandon(files);
    return s;
}

void run_files_abandon(run_files *files)
{
    if (!files) {
        return;
    }
    for (int i = 0; i < N_ADAM; i++) {
        if (files->adam[i]) {
            fclose(files->adam[i]);
        }
        if (files->part[i]) {
            remove(files->part[i]); /* gone already where it was renamed */
        }
    }
    if (files->store) {
        rsp_store_abandon(files->store);
    }
    if (files->made_folder && files->folder) {
        rmdir(files->folder); /* fails, as it should, where something is in it */
    }
    if (files->made_dir && files->dir) {
        rmdir(files->dir);
    }
    rsp_file_release(files->hold);
    rsp_text_fini(&files->rows);
    rsp_arena_free(files->arena);
    free(files);
}
