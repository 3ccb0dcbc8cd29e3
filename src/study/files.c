#include <stdlib.h>
#include <string.h>

#include "study/plan.h"

/* Files a study names lie beside it or in the folder above. */

enum { LONGEST_FILE = 1 << 20 };

static bool can_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f) {
        fclose(f);
    }
    return f != NULL;
}

char *plan_find_file(plan_reading *p, const tree *at, const char *folder,
                     const char *name, const char *what)
{
    if (!reading(&p->r)) {
        return NULL;
    }
    bool is_path = name[0] == '/';
    const char *between = folder[0] ? "/" : "";
    char *beside = is_path ? reader_printf(&p->r, "%s", name)
                           : reader_printf(&p->r, "%s/%s%s%s", p->dir, folder,
                                           between, name);
    char *above = is_path ? beside
                          : reader_printf(&p->r, "%s/../%s%s%s", p->dir, folder,
                                          between, name);
    if (!reading(&p->r)) {
        return NULL;
    }
    if (can_read(beside)) {
        return beside;
    }
    if (can_read(above)) {
        return above;
    }
    reader_fail(&p->r, at, RSP_NOFILE, "%s: there is no file %s%s%s", what, beside,
                is_path ? "" : ", nor ", is_path ? "" : above);
    return NULL;
}

static void note_input(plan_reading *p, const char *path, const char *text,
                       size_t length)
{
    rsp_sha256 sha;
    char hex[65];
    rsp_sha256_init(&sha);
    rsp_sha256_add(&sha, text, length);
    rsp_sha256_hex(&sha, hex);
    for (size_t i = 0; i < p->n_inputs; i++) {
        if (strcmp(p->inputs[i].path, path) == 0) {
            return;
        }
    }
    if (p->n_inputs < PLAN_MOST_INPUTS) {
        rsp_plan_input *in = &p->inputs[p->n_inputs];
        in->path = reader_printf(&p->r, "%s", path);
        in->sha256 = reader_printf(&p->r, "%s", hex);
        p->n_inputs += in->path && in->sha256;
    }
}

char *plan_read_text(plan_reading *p, const char *path, size_t limit, size_t *length)
{
    char *text = NULL;
    p->r.status = rsp_file_read(path, limit, &text, length, p->r.err);
    if (reading(&p->r)) {
        note_input(p, path, text, *length);
    }
    return text;
}

tree *plan_read_file(plan_reading *p, const tree *at, const char *folder,
                     const char *name)
{
    size_t n = strlen(name);
    bool is_file = n > 5 && strcmp(name + n - 5, ".yaml") == 0;
    char *file = is_file ? reader_printf(&p->r, "%s", name)
                         : reader_printf(&p->r, "%s.yaml", name);
    char *path = reading(&p->r) ? plan_find_file(p, at, is_file ? "" : folder, file,
                                                 folder)
                                : NULL;
    if (!path) {
        return NULL;
    }
    size_t length = 0;
    tree *root = NULL;
    char *text = plan_read_text(p, path, LONGEST_FILE, &length);
    if (reading(&p->r)) {
        p->r.status = tree_parse(p->r.arena, path, text, length, &root, p->r.err);
    }
    free(text);
    return root;
}
