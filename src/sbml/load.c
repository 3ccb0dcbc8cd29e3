/* An SBML file as a model. */
#include "respite/sbml.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sbml/reader.h"

enum { LARGEST = 64 << 20 };

bool rsp_sbml_built(void)
{
    return sbml_document_built();
}

rsp_status reader_fail_at(reader *r, sbml_place place, rsp_status code, const char *fmt, ...)
{
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return rsp_fail_at(r->b.err, code, r->source, r->text, place.line ? place.line : 1,
                       place.column ? place.column : 1, "%s", message);
}

static const char *base_of(rsp_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    char *copy = rsp_arena_copy(arena, base, strcspn(base, "."));
    return copy ? copy : "";
}

static rsp_status describe(reader *r, const char *text)
{
    rsp_network *net = &r->b.model->net;
    rsp_sha256 sha;
    const char **files = rsp_arena_alloc(r->b.arena, 1, sizeof *files);
    const char *source = rsp_arena_copy(r->b.arena, r->source, strlen(r->source));
    if (!files || !source) {
        return no_memory(&r->b);
    }
    rsp_sha256_init(&sha);
    rsp_sha256_add(&sha, text, strlen(text));
    rsp_sha256_hex(&sha, net->sha256);
    files[0] = r->source = source;
    net->files = files;
    net->n_files = 1;
    net->name = r->doc->id[0] ? r->doc->id : base_of(r->b.arena, source);
    net->title = r->doc->name;
    net->any_sign = r->doc->ours.any_sign != SAYS_NO;
    return RSP_OK;
}

static rsp_status build(reader *r, const char *text)
{
    const sbml_remark *no = &r->doc->refused;
    if (no->text) {
        return reader_fail_at(r, no->place, RSP_UNSUPPORTED, "%s", no->text);
    }
    rsp_status s = describe(r, text);
    s = s == RSP_OK ? quantities_read(r) : s;
    s = s == RSP_OK ? network_write(r) : s;
    s = s == RSP_OK ? statements_write(r) : s;
    s = s == RSP_OK ? builder_keep(&r->b) : s;
    return s;
}

rsp_status rsp_sbml_parse(const char *text, const char *source, rsp_model **model,
                          rsp_error *err)
{
    sbml_document doc;
    rsp_error own;
    *model = NULL;
    err = err ? err : &own;
    *err = (rsp_error){0};
    rsp_model *m = calloc(1, sizeof *m);
    if (m) {
        m->arena = rsp_arena_new();
    }
    if (!m || !m->arena) {
        free(m);
        return rsp_fail(err, RSP_NOMEM, "no memory for a model");
    }
    rsp_status s = sbml_document_read(m->arena, text, source, &doc, err);
    if (s == RSP_OK) {
        reader r = {.b = {.model = m, .arena = m->arena, .nodes = &m->nodes, .err = err},
                    .doc = &doc, .source = source, .text = text};
        s = build(&r, text);
        table_fini(&r.ids);
        table_fini(&r.functions);
        free(r.signs);
        builder_fini(&r.b);
    }
    if (s != RSP_OK) {
        rsp_model_free(m);
        return s;
    }
    *model = m;
    return RSP_OK;
}

rsp_status rsp_sbml_load(const char *path, rsp_model **model, rsp_error *err)
{
    char *text = NULL;
    size_t length = 0;
    *model = NULL;
    rsp_status s = rsp_file_read(path, LARGEST, &text, &length, err);
    s = s == RSP_OK ? rsp_sbml_parse(text, path, model, err) : s;
    free(text);
    return s;
}

static bool is_sbml(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".xml") == 0 || strcmp(dot, ".sbml") == 0);
}

rsp_status rsp_model_open(const char *name, const char *dir, rsp_model **model,
                          rsp_error *err)
{
    if (!is_sbml(name)) {
        return rsp_model_load(name, dir, model, err);
    }
    rsp_error here = {0};
    rsp_status s = RSP_NOFILE;
    *model = NULL;
    if (dir && name[0] != '/') { /* beside the study first, as for other models */
        rsp_text path = {0};
        rsp_text_printf(&path, "%s/%s", dir, name);
        s = path.failed ? rsp_fail(&here, RSP_NOMEM, "no memory for a model")
                        : rsp_sbml_load(path.data, model, &here);
        rsp_text_fini(&path);
    }
    if (s == RSP_NOFILE) {
        return rsp_sbml_load(name, model, err);
    }
    if (err) {
        *err = here;
    }
    return s;
}
