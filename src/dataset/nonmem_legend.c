/* What the numbers of a NONMEM file stand for: nonmem.json beside nonmem.csv, as we
 * write it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/importer.h"

/* A text that may be shown; anything else is no name. */
static const char *text_of(rsp_arena *arena, json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    bool plain = s && rsp_text_check(key, s, strlen(s), NULL) == RSP_OK;
    return rsp_arena_copy(arena, plain ? s : "", plain ? strlen(s) : 0);
}

/* [{"dvid": 1, "name": "viral_load", "unit": "copies/mL"}, ...] */
static rsp_status read_assays(rsp_arena *arena, json_t *list, rsp_nonmem *names, rsp_error *err)
{
    size_t n = json_array_size(list);
    rsp_nonmem_assay *v = rsp_arena_alloc(arena, n + 1, sizeof *v);
    for (size_t i = 0; v && i < n; i++) {
        json_t *item = json_array_get(list, i);
        v[i] = (rsp_nonmem_assay){json_number_value(json_object_get(item, "dvid")),
                                  text_of(arena, item, "name"), text_of(arena, item, "unit")};
        v = v[i].name && v[i].unit ? v : NULL;
    }
    names->assays = v;
    names->n_assays = n;
    return v ? RSP_OK : rsp_importer_no_memory(err);
}

/* [{"trt": 1, "name": "CAR T"}, ...] */
static rsp_status read_arms(rsp_arena *arena, json_t *list, rsp_nonmem *names, rsp_error *err)
{
    size_t n = json_array_size(list);
    rsp_nonmem_arm *v = rsp_arena_alloc(arena, n + 1, sizeof *v);
    for (size_t i = 0; v && i < n; i++) {
        json_t *item = json_array_get(list, i);
        v[i] = (rsp_nonmem_arm){json_number_value(json_object_get(item, "trt")),
                                text_of(arena, item, "name")};
        v = v[i].name ? v : NULL;
    }
    names->arms = v;
    names->n_arms = n;
    names->arm = n ? "TRT" : NULL;
    return v ? RSP_OK : rsp_importer_no_memory(err);
}

rsp_status rsp_nonmem_legend(const char *path, rsp_arena *arena, rsp_nonmem *names, rsp_error *err)
{
    enum { LEGEND_MOST = 1 << 20 };
    size_t n = strlen(path), length = 0;
    char *text = NULL, *json = rsp_arena_printf(arena, "%.*s.json", (int)(n > 4 ? n - 4 : n), path);
    *names = (rsp_nonmem){.n_assays = 0};
    if (!json) {
        return rsp_importer_no_memory(err);
    }
    rsp_status s = rsp_file_read(json, LEGEND_MOST, &text, &length, err);
    if (s != RSP_OK) {
        return s == RSP_NOMEM ? s : RSP_OK; /* none beside it */
    }
    json_t *root = json_loadb(text, length, 0, NULL), *assays = json_object_get(root, "assays");
    if (json_is_array(assays)) {
        s = read_assays(arena, assays, names, err);
        s = s == RSP_OK ? read_arms(arena, json_object_get(root, "arms"), names, err) : s;
    }
    json_decref(root);
    free(text);
    return s;
}
