#include <stdlib.h>
#include <string.h>

#include "model/shipped.h"
#include "study/plan.h"

/* Files a study names lie beside it or in the folder above; populations and products
 * are also built into the program, as models are. */

/* Written by the build: "populations/rhesus.yaml". */
extern const shipped_text shipped_parts[];
extern const size_t shipped_part_count;

enum { LONGEST_FILE = 1 << 20 };

static bool can_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f) {
        fclose(f);
    }
    return f != NULL;
}

typedef struct places { /* where a file was looked for; the same where a path was given */
    char *beside, *above;
} places;

/* NULL: in neither place. */
static char *look_for(plan_reading *p, const char *folder, const char *name, places *at)
{
    bool is_path = name[0] == '/';
    const char *between = folder[0] ? "/" : "";
    at->beside = is_path ? reader_printf(&p->r, "%s", name)
                         : reader_printf(&p->r, "%s/%s%s%s", p->dir, folder, between, name);
    at->above = is_path ? at->beside
                        : reader_printf(&p->r, "%s/../%s%s%s", p->dir, folder, between, name);
    if (!reading(&p->r)) {
        return NULL;
    }
    return can_read(at->beside) ? at->beside : can_read(at->above) ? at->above : NULL;
}

static void no_file(plan_reading *p, const tree *at, const char *what, const places *looked,
                    const char *rest)
{
    bool is_path = looked->above == looked->beside;
    reader_fail(&p->r, at, RSP_NOFILE, "%s: there is no file %s%s%s%s", what, looked->beside,
                is_path ? "" : ", nor ", is_path ? "" : looked->above, rest);
}

char *plan_find_file(plan_reading *p, const tree *at, const char *folder,
                     const char *name, const char *what)
{
    places looked;
    char *path = reading(&p->r) ? look_for(p, folder, name, &looked) : NULL;
    if (!path && reading(&p->r)) {
        no_file(p, at, what, &looked, "");
    }
    return path;
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

/* ---- Built into the program. */
static const char *shipped_part(const char *folder, const char *file, const char **path)
{
    size_t n = strlen(folder);
    for (size_t i = 0; i < shipped_part_count; i++) {
        const char *name = shipped_parts[i].name;
        if (strncmp(name, folder, n) == 0 && name[n] == '/' && strcmp(name + n + 1, file) == 0) {
            *path = name;
            return shipped_parts[i].text;
        }
    }
    return NULL;
}

static void no_part(plan_reading *p, const tree *at, const char *folder, const char *name,
                    const places *looked)
{
    enum { MOST = 64 };
    const char *known[MOST], *near;
    size_t k = 0, n = strlen(folder);
    for (size_t i = 0; i < shipped_part_count && k < MOST; i++) {
        const char *part = shipped_parts[i].name;
        if (strncmp(part, folder, n) == 0 && part[n] == '/') {
            int length = (int)(strlen(part + n + 1) - strlen(".yaml"));
            known[k] = reader_printf(&p->r, "%.*s", length, part + n + 1);
            k += known[k] != NULL;
        }
    }
    near = rsp_nearest(name, known, k);
    char *rest = reader_printf(&p->r, ", nor a shipped one called '%.60s'%s%s%s", name,
                               near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    if (reading(&p->r)) {
        no_file(p, at, folder, looked, rest);
    }
}

static tree *parse_part(plan_reading *p, const char *path, const char *text, size_t length)
{
    tree *root = NULL;
    if (reading(&p->r)) {
        p->r.status = tree_parse(p->r.arena, path, text, length, &root, p->r.err);
    }
    return root;
}

tree *plan_read_file(plan_reading *p, const tree *at, const char *folder,
                     const char *name)
{
    size_t n = strlen(name);
    bool is_file = n > 5 && strcmp(name + n - 5, ".yaml") == 0;
    char *file = is_file ? reader_printf(&p->r, "%s", name)
                         : reader_printf(&p->r, "%s.yaml", name);
    places looked;
    const char *shipped_path = "";
    char *path = reading(&p->r) ? look_for(p, is_file ? "" : folder, file, &looked) : NULL;
    if (!reading(&p->r)) {
        return NULL;
    }
    const char *shipped = path || is_file ? NULL : shipped_part(folder, file, &shipped_path);
    if (shipped) {
        note_input(p, shipped_path, shipped, strlen(shipped));
        return parse_part(p, shipped_path, shipped, strlen(shipped));
    }
    if (!path && is_file) {
        no_file(p, at, folder, &looked, "");
    } else if (!path) {
        no_part(p, at, folder, name, &looked);
    }
    if (!path) {
        return NULL;
    }
    size_t length = 0;
    char *text = plan_read_text(p, path, LONGEST_FILE, &length);
    tree *root = parse_part(p, path, text, length);
    free(text);
    return root;
}
