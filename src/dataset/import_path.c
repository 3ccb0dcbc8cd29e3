/* Files and directories of ADaM. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataset/importer.h"
#include "dataset/slurp.h"
#include "respite/xpt.h"

enum { FILES_MOST = 200 };

bool rsp_path_ends(const char *path, const char *ending)
{
    size_t n = strlen(path), k = strlen(ending);
    return n >= k && rsp_same_word(path + n - k, ending);
}

static rsp_status xpt_text(const char *path, char **text, size_t *length, rsp_error *err)
{
    rsp_arena *arena = rsp_arena_new();
    rsp_text csv = {0};
    rsp_xpt x;
    rsp_status s = arena ? rsp_xpt_read(path, arena, &x, err) : rsp_importer_no_memory(err);
    if (s == RSP_OK) {
        rsp_xpt_csv(&x, &csv);
        s = csv.failed ? rsp_importer_no_memory(err) : RSP_OK;
    }
    rsp_arena_free(arena);
    if (s != RSP_OK) {
        rsp_text_fini(&csv);
        return s;
    }
    *text = csv.data;
    *length = csv.length;
    return RSP_OK;
}

rsp_status rsp_table_text(const char *path, char **text, size_t *length, rsp_error *err)
{
    *text = NULL;
    *length = 0;
    return rsp_path_ends(path, ".xpt") ? xpt_text(path, text, length, err)
                                       : rsp_slurp(path, text, length, err);
}

rsp_status rsp_importer_open(const char *path, rsp_table *t, char **text, rsp_error *err)
{
    bool xpt = rsp_path_ends(path, ".xpt");
    size_t length = 0;
    *t = (rsp_table){0};
    rsp_status s = rsp_table_text(path, text, &length, err);
    return s == RSP_OK ? rsp_table_read_from(t, path, *text, length, !xpt, err) : s;
}

static rsp_status read_file(rsp_importer *im, const char *path, bool alone, rsp_error *err)
{
    rsp_table t = {0};
    char *text = NULL;
    rsp_status s = rsp_importer_open(path, &t, &text, err);
    if (s == RSP_OK && !alone && !rsp_adam_looks(&t)) {
        rsp_text_printf(&im->notes, "%s: no ADaM data set (no USUBJID): passed over\n", path);
    } else if (s == RSP_OK) {
        s = rsp_adam_read_table(im, &t, err);
    }
    rsp_table_fini(&t);
    free(text);
    return s;
}

/* ---- Directories. */

typedef struct listing {
    char *paths[FILES_MOST];
    size_t n;
} listing;

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ADSL first: it says who there is. */
static int by_name(const void *a, const void *b)
{
    const char *x = base(*(char *const *)a), *y = base(*(char *const *)b);
    bool first_x = strncmp(x, "adsl", 4) == 0 || strncmp(x, "ADSL", 4) == 0;
    bool first_y = strncmp(y, "adsl", 4) == 0 || strncmp(y, "ADSL", 4) == 0;
    return first_x != first_y ? (first_x ? -1 : 1) : strcmp(x, y);
}

static rsp_status list(rsp_importer *im, const char *dir, listing *l, rsp_error *err)
{
    DIR *d = opendir(dir);
    if (!d) {
        return rsp_fail(err, RSP_NOFILE, "cannot open %s: %s", dir, strerror(errno));
    }
    rsp_status s = RSP_OK;
    for (struct dirent *e; s == RSP_OK && (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.' ||
            (!rsp_path_ends(e->d_name, ".csv") && !rsp_path_ends(e->d_name, ".xpt"))) {
            continue;
        }
        if (l->n == FILES_MOST) {
            s = rsp_fail(err, RSP_DATA, "%s holds more than %d files", dir, FILES_MOST);
            break;
        }
        l->paths[l->n] = rsp_arena_printf(im->arena, "%s/%s", dir, e->d_name);
        s = l->paths[l->n++] ? RSP_OK : rsp_importer_no_memory(err);
    }
    closedir(d);
    if (s == RSP_OK) {
        qsort(l->paths, l->n, sizeof *l->paths, by_name);
    }
    return s;
}

/* adsl.xpt beside adsl.csv is the same. */
static bool stands_as_csv(const listing *l, size_t i)
{
    size_t n = strlen(l->paths[i]) - 4;
    for (size_t k = 0; rsp_path_ends(l->paths[i], ".xpt") && k < l->n; k++) {
        if (k != i && strlen(l->paths[k]) == n + 4 && rsp_path_ends(l->paths[k], ".csv") &&
            strncmp(l->paths[k], l->paths[i], n) == 0) {
            return true;
        }
    }
    return false;
}

static rsp_status read_directory(rsp_importer *im, const char *dir, rsp_error *err)
{
    listing l = {.n = 0};
    rsp_status s = list(im, dir, &l, err);
    for (size_t i = 0; s == RSP_OK && i < l.n; i++) {
        s = stands_as_csv(&l, i) ? RSP_OK : read_file(im, l.paths[i], false, err);
    }
    if (s == RSP_OK && im->n_people == 0) {
        return rsp_fail(err, RSP_DATA, "%s holds no ADaM data set (.csv or .xpt with USUBJID)", dir);
    }
    return s;
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

rsp_status rsp_import_adam(rsp_importer *im, const char *path, rsp_error *err)
{
    if (!is_directory(path)) {
        return read_file(im, path, true, err);
    }
    const char *adam = rsp_arena_printf(im->arena, "%s/adam", path);
    if (!adam) {
        return rsp_importer_no_memory(err);
    }
    return read_directory(im, is_directory(adam) ? adam : path, err);
}

rsp_status rsp_import_nonmem(rsp_importer *im, const char *path, const rsp_nonmem *how,
                             rsp_error *err)
{
    rsp_table t = {0};
    char *text = NULL;
    rsp_status s = rsp_importer_open(path, &t, &text, err);
    s = s == RSP_OK ? rsp_nonmem_read_table(im, &t, how, err) : s;
    rsp_table_fini(&t);
    free(text);
    return s;
}

/* `path` NULL: no file, and no other beside it. */
static rsp_status read_by_looking(rsp_importer *im, rsp_table *t, const char *path, rsp_error *err)
{
    rsp_nonmem days = {.n_assays = 0};
    if (rsp_adam_looks(t)) {
        return rsp_adam_read_table(im, t, err);
    }
    if (rsp_nonmem_looks(t)) {
        rsp_status s = path ? rsp_nonmem_legend(path, im->arena, &days, err) : RSP_OK;
        return s == RSP_OK ? rsp_nonmem_read_table(im, t, &days, err) : s;
    }
    return rsp_fail_at(err, RSP_DATA, t->name, NULL, 1, 1,
                       "neither ADaM (USUBJID) nor NONMEM (ID, TIME, DV): another table needs a "
                       "map of its columns, the `data` of an analysis plan");
}

rsp_status rsp_import_path(rsp_importer *im, const char *path, rsp_error *err)
{
    rsp_table t = {0};
    char *text = NULL;
    if (is_directory(path)) {
        return rsp_import_adam(im, path, err);
    }
    rsp_status s = rsp_importer_open(path, &t, &text, err);
    s = s == RSP_OK ? read_by_looking(im, &t, path, err) : s;
    rsp_table_fini(&t);
    free(text);
    return s;
}

rsp_status rsp_import_text(rsp_importer *im, const char *name, const char *text, size_t length,
                           rsp_error *err)
{
    rsp_table t = {0};
    char *copy = NULL;
    rsp_status s = rsp_slurp_copy(name, text, length, &copy, err);
    s = s == RSP_OK ? rsp_table_read(&t, name, copy, length, err) : s;
    s = s == RSP_OK ? read_by_looking(im, &t, NULL, err) : s;
    rsp_table_fini(&t);
    free(copy);
    return s;
}
