#include "dataset/wells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/slurp.h"

int rsp_wells_column(rsp_table *t, const char *const *names)
{
    for (; *names; names++) {
        int column = rsp_table_find(t, *names);
        if (column != RSP_NO_COLUMN) {
            t->used[column] = true;
            return column;
        }
    }
    return RSP_NO_COLUMN;
}

rsp_status rsp_cell_count(const rsp_table *t, size_t row, int column, double *out, rsp_error *err)
{
    rsp_status s = rsp_cell_number(t, row, column, out, err);
    return s == RSP_OK && (!(*out >= 0) || *out != floor(*out) || *out > 1e12)
               ? rsp_table_fail(t, row, column, err, "a whole number >= 0 is expected")
               : s;
}

static rsp_status read_table(const char *name, const char *text, size_t length, rsp_arena *arena,
                             rsp_wells_reader *read, void *out, rsp_error *err)
{
    rsp_table t = {0};
    rsp_status s = rsp_table_read(&t, name, text, length, err);
    if (s == RSP_OK && t.n_rows == 0) {
        s = rsp_fail_at(err, RSP_DATA, name, NULL, 1, 1,
                        "there are names of columns and no rows below them");
    }
    s = s == RSP_OK ? read(&t, arena, out, err) : s;
    rsp_table_fini(&t);
    return s;
}

rsp_status rsp_wells_open(const char *path, rsp_arena *arena, rsp_wells_reader *read, void *out,
                          rsp_error *err)
{
    char *text = NULL;
    size_t length = 0;
    rsp_status s = rsp_slurp(path, &text, &length, err);
    s = s == RSP_OK ? read_table(path, text, length, arena, read, out, err) : s;
    free(text);
    return s;
}

rsp_status rsp_wells_text(const char *name, const char *text, size_t length, rsp_arena *arena,
                          rsp_wells_reader *read, void *out, rsp_error *err)
{
    char *copy = NULL;
    rsp_status s = rsp_slurp_copy(name, text, length, &copy, err);
    s = s == RSP_OK ? read_table(name, copy, length, arena, read, out, err) : s;
    free(copy);
    return s;
}
