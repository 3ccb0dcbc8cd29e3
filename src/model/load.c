#define _POSIX_C_SOURCE 200809L
#include "model/build.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/shipped.h"

/* 4 MiB of text in all is far above any model that can be run. */
enum { MOST_FILES = 64, LARGEST = 4 << 20 };

typedef struct loader {
    rsp_model *model;
    const char **names;  /* of files read, by path */
    uint32_t n;
    rsp_sha256 sha;
    dev_t device[MOST_FILES]; /* and what they are, whatever the path */
    ino_t inode[MOST_FILES];  /* 0: built into the program */
    size_t length;       /* of all texts */
    bool includes;       /* allowed */
    const ast_statement *title;
    rsp_error *err, own;
} loader;

const shipped_text *shipped_find(const char *name)
{
    const char *base = strrchr(name, '/');
    base = base ? base + 1 : name;
    for (size_t i = 0; i < shipped_count; i++) {
        const char *s = shipped_texts[i].name;
        size_t n = strlen(s);
        if (strcmp(s, base) == 0 ||
            (n > 4 && strlen(base) == n - 4 && strncmp(s, base, n - 4) == 0)) {
            return &shipped_texts[i];
        }
    }
    return NULL;
}

static rsp_status add_text(loader *l, const char *name, const char *text,
                           size_t length);

/* dir of `path` + "/" + file */
static char *beside(rsp_arena *arena, const char *path, const char *file)
{
    const char *slash = strrchr(path, '/');
    return file[0] == '/' || !slash
               ? rsp_arena_printf(arena, "%s", file)
               : rsp_arena_printf(arena, "%.*s/%s", (int)(slash - path), path, file);
}

static rsp_status add_file(loader *l, const char *path)
{
    char *text = NULL;
    size_t length = 0;
    struct stat st;
    bool there = stat(path, &st) == 0;
    for (uint32_t i = 0; i < l->n; i++) {
        if (strcmp(l->names[i], path) == 0 ||
            (there && l->inode[i] == st.st_ino && l->device[i] == st.st_dev)) {
            return RSP_OK; /* each once, by whatever path */
        }
    }
    if (l->n == MOST_FILES) {
        return rsp_fail(l->err, RSP_RANGE, "more than %d files", MOST_FILES);
    }
    if (there) {
        l->device[l->n] = st.st_dev;
        l->inode[l->n] = st.st_ino;
    } else { /* built into the program? */
        const shipped_text *s = shipped_find(path);
        if (s) {
            return add_text(l, path, s->text, strlen(s->text));
        }
    }
    rsp_status s = rsp_file_read(path, LARGEST, &text, &length, l->err);
    if (s == RSP_OK) {
        s = add_text(l, path, text, length);
    }
    free(text);
    return s;
}

static rsp_status add_includes(loader *l, const ast_statement *st)
{
    rsp_status s = RSP_OK;
    if (!l->includes) {
        return ast_fail(l->err, &st->name_place, RSP_SYNTAX,
                        "include works in files only, not in a text");
    }
    for (uint32_t i = 0; s == RSP_OK && i < st->n_members; i++) {
        char *path = beside(l->model->arena, st->place.src->name, st->members[i]);
        s = path ? add_file(l, path) : rsp_fail(l->err, RSP_NOMEM, "no memory");
        if (s != RSP_OK && !l->err->line) { /* of the file itself: where it is named */
            rsp_error why = *l->err;
            s = ast_fail(l->err, &st->name_place, why.code, "%s", why.message);
        }
    }
    return s;
}

static rsp_status add_statement(loader *l, const ast_statement *st)
{
    rsp_model *m = l->model;
    rsp_unit unit;
    char why[160];
    if (st->what == AST_INCLUDE) {
        return add_includes(l, st);
    }
    if (st->what == AST_MODEL) {
        if (l->title) {
            return ast_fail(l->err, &st->name_place, RSP_SYNTAX,
                            "a second 'model' (the first at %s:%u)",
                            l->title->place.src->name, l->title->place.line);
        }
        l->title = st;
    }
    if (st->what == AST_TIME &&
        (!unit_parse(NULL, st->name, &unit, why) || unit.power[0] != 1 ||
         unit.factor < 1 || unit.factor > 1)) {
        return ast_fail(l->err, &st->name_place, RSP_UNITS,
                        "time is counted in days: write 'time day'");
    }
    if (!RSP_GROW(&m->statements, &m->cap_statements, m->n_statements + 1)) {
        return rsp_fail(l->err, RSP_NOMEM, "no memory for the model");
    }
    m->statements[m->n_statements++] = st;
    return RSP_OK;
}

static rsp_status add_text(loader *l, const char *name, const char *text,
                           size_t length)
{
    rsp_arena *arena = l->model->arena;
    source_text *src = rsp_arena_alloc(arena, 1, sizeof *src);
    if (length > LARGEST - l->length) {
        return rsp_fail(l->err, RSP_DATA, "%s: the model's text is larger than %d bytes",
                        name, LARGEST);
    }
    l->length += length;
    char *kept = rsp_arena_copy(arena, text, length);
    char *known = rsp_arena_copy(arena, name, strlen(name));
    if (!src || !kept || !known) {
        return rsp_fail(l->err, RSP_NOMEM, "no memory to read %s", name);
    }
    *src = (source_text){known, kept, length};
    l->names[l->n++] = known;
    rsp_sha256_add(&l->sha, text, length);
    ast_file file;
    rsp_status s = ast_parse(arena, src, &file, l->err);
    for (uint32_t i = 0; s == RSP_OK && i < file.n; i++) {
        s = add_statement(l, &file.statements[i]);
    }
    return s;
}

/* ---- The network. */

static void *keep(rsp_arena *arena, void *list, size_t n, size_t size, bool *ok)
{
    void *copy = rsp_arena_alloc(arena, n + 1, size);
    if (copy && n) {
        memcpy(copy, list, n * size);
    }
    *ok = *ok && copy;
    return copy;
}

#define KEEP(field)                                                            \
    (net->field = keep(m->arena, (void *)b->field, b->n_##field,               \
                       sizeof *b->field, &ok),                                 \
     net->n_##field = b->n_##field)

rsp_status builder_keep(builder *b)
{
    rsp_model *m = b->model;
    rsp_network *net = &m->net;
    bool ok = !b->nodes->failed;
    KEEP(roots);
    KEEP(params);
    KEEP(derived);
    KEEP(inputs);
    KEEP(species);
    KEEP(reactions);
    KEEP(changes);
    KEEP(observables);
    KEEP(actions);
    KEEP(assigns);
    KEEP(afters);
    KEEP(events);
    KEEP(givens);
    KEEP(populations);
    KEEP(warnings);
    net->nodes = m->nodes.nodes; /* the pool lives as long as the model */
    net->n_nodes = m->nodes.n;
    return ok ? RSP_OK : no_memory(b);
}

void builder_fini(builder *b)
{
    void *lists[] = {b->indices, b->symbols, b->lets, b->params, b->inputs, b->species,
                     b->roots, b->reactions, b->changes, b->observables, b->actions,
                     b->assigns, b->afters, b->events, b->derived, (void *)b->warnings,
                     b->givens, b->populations, b->sums, b->depends, (void *)b->spine, b->more};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        free(lists[i]);
    }
    table_fini(&b->names);
    table_fini(&b->members);
    for (size_t i = 0; i < sizeof b->channels / sizeof *b->channels; i++) {
        number_set_fini(&b->channels[i]);
    }
}

static bool declares(const ast_statement *st, const char *name)
{
    return !st->yields && (st->what == AST_LET || st->what == AST_PARAMETER ||
                           st->what == AST_INPUT || st->what == AST_SPECIES ||
                           st->what == AST_POPULATION) &&
           strcmp(st->name, name) == 0;
}

/* A default gives way to what another statement declares by its name, so that a
 * mechanism is added or left out by its include alone. */
static void yield_defaults(rsp_model *m)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->n_statements; i++) {
        bool taken = false;
        for (uint32_t k = 0; m->statements[i]->yields && k < m->n_statements; k++) {
            taken = taken || declares(m->statements[k], m->statements[i]->name);
        }
        if (!taken) {
            m->statements[kept++] = m->statements[i];
        }
    }
    m->n_statements = kept;
}

static rsp_status build(rsp_model *m, rsp_error *err)
{
    builder b = {.model = m, .arena = m->arena, .nodes = &m->nodes, .err = err};
    yield_defaults(m);
    rsp_status s = declare_all(&b);
    s = s == RSP_OK ? expand_all(&b) : s;
    s = s == RSP_OK ? builder_keep(&b) : s;
    builder_fini(&b);
    return s;
}

static rsp_status finish(loader *l)
{
    rsp_model *m = l->model;
    if (!l->title) {
        return rsp_fail(l->err, RSP_SYNTAX,
                        "%s has no statement 'model NAME \"title\"'; begin with it, or "
                        "name the model that includes this file",
                        l->n ? l->names[0] : "the text");
    }
    m->net.name = l->title->name;
    m->net.title = l->title->meaning ? l->title->meaning : "";
    bool ok = true;
    m->net.files = keep(m->arena, (void *)l->names, l->n, sizeof *l->names, &ok);
    m->net.n_files = l->n;
    rsp_sha256_hex(&l->sha, m->net.sha256);
    return ok ? build(m, l->err) : rsp_fail(l->err, RSP_NOMEM, "no memory");
}

static rsp_status start(loader *l, rsp_error *err, bool includes)
{
    *l = (loader){.includes = includes};
    l->err = err ? err : &l->own;
    *l->err = (rsp_error){0};
    rsp_sha256_init(&l->sha);
    l->model = calloc(1, sizeof *l->model);
    l->names = calloc(MOST_FILES, sizeof *l->names);
    if (l->model) {
        l->model->arena = rsp_arena_new();
    }
    return l->model && l->names && l->model->arena
               ? RSP_OK
               : rsp_fail(err, RSP_NOMEM, "no memory for a model");
}

static rsp_status end(loader *l, rsp_status s, rsp_model **model)
{
    free(l->names);
    if (s != RSP_OK) {
        rsp_model_free(l->model);
        l->model = NULL;
    }
    *model = l->model;
    return s;
}

static char *find_file(rsp_arena *arena, const char *name, const char *dir)
{
    if (access(name, F_OK) == 0) {
        return rsp_arena_printf(arena, "%s", name);
    }
    for (int pass = 0; pass < 2; pass++) {
        const char *in = pass == 0 ? dir : ".";
        for (size_t i = 0; in && name[0] != '/' && i < 4; i++) {
            rsp_text path = {0};
            rsp_text_printf(&path, i == 0 ? "%s/%s" : i == 1 ? "%s/%s.rsp"
                                            : i == 2 ? "%s/../models/%s.rsp"
                                                     : "%s/models/%s.rsp",
                            in, name);
            bool found = !path.failed && access(path.data, R_OK) == 0;
            char *copy = found ? rsp_arena_printf(arena, "%s", path.data) : NULL;
            rsp_text_fini(&path);
            if (copy) {
                return copy;
            }
        }
    }
    return NULL;
}

static rsp_status no_such_model(const char *name, rsp_error *err)
{
    char names[64][40]; /* without ".rsp" */
    const char *known[64];
    size_t n = 0;
    for (size_t i = 0; i < shipped_count && n < 64; i++, n++) {
        const char *shipped = shipped_texts[i].name;
        snprintf(names[n], sizeof names[n], "%.*s", (int)strcspn(shipped, "."), shipped);
        known[n] = names[n];
    }
    const char *near = rsp_nearest(name, known, n);
    return rsp_fail(err, RSP_NOFILE,
                    "no model '%.100s': neither a file nor a shipped model%s%s%s", name,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

rsp_status rsp_model_load(const char *name, const char *dir, rsp_model **model,
                          rsp_error *err)
{
    loader l;
    rsp_status s = start(&l, err, true);
    if (s == RSP_OK) {
        char *path = find_file(l.model->arena, name, dir);
        const shipped_text *shipped = path ? NULL : shipped_find(name);
        s = path      ? add_file(&l, path)
            : shipped ? add_text(&l, shipped->name, shipped->text,
                                 strlen(shipped->text))
                      : no_such_model(name, l.err);
    }
    s = s == RSP_OK ? finish(&l) : s;
    return end(&l, s, model);
}

rsp_status rsp_model_parse(const char *text, const char *source, rsp_model **model,
                           rsp_error *err)
{
    loader l;
    rsp_status s = start(&l, err, false);
    s = s == RSP_OK ? add_text(&l, source, text, strlen(text)) : s;
    s = s == RSP_OK ? finish(&l) : s;
    return end(&l, s, model);
}

void rsp_model_free(rsp_model *model)
{
    if (model) {
        pool_fini(&model->nodes);
        rsp_arena_free(model->arena);
        free(model->statements);
        free(model);
    }
}

const rsp_network *rsp_model_network(const rsp_model *model)
{
    return &model->net;
}
