#include <stdlib.h>
#include <string.h>

#include "study/read_traits.h"

/* Populations and products in files of their own, checked without a study. */

enum { LONGEST_FILE = 1 << 20 };

static bool any_key(const tree *t, const char *const *keys)
{
    for (size_t i = 0; keys[i]; i++) {
        if (tree_get(t, keys[i])) {
            return true;
        }
    }
    return false;
}

static bool folder_is(const char *dir, const char *name)
{
    const char *slash = strrchr(dir, '/');
    return strcmp(slash ? slash + 1 : dir, name) == 0;
}

static rsp_part part_of(const tree *root, const char *dir)
{
    static const char *const study[] = {"study", "model", "arms", "analysis", NULL};
    static const char *const population[] = {"participants", "covariates", "eligibility", NULL};
    static const char *const product[] = {"given by", "dose", "transduction", "failure",
                                          "manufacture", NULL};
    if (root->kind != TREE_MAP || any_key(root, study)) {
        return RSP_PART_NONE;
    }
    return folder_is(dir, "populations") || any_key(root, population) ? RSP_PART_POPULATION
           : folder_is(dir, "products") || any_key(root, product)     ? RSP_PART_PRODUCT
                                                                      : RSP_PART_NONE;
}

/* Names in `from` are looked for as a study beside the part's folder would. */
static rsp_status check(plan_reading *p, const char *path, rsp_part *part)
{
    const tree *layer[PLAN_DEEPEST_FROM];
    const char *slash = strrchr(path, '/');
    const char *dir = slash ? rsp_arena_copy(p->r.arena, path, (size_t)(slash - path)) : ".";
    size_t length = 0;
    tree *root = NULL;
    char *text = dir ? plan_read_text(p, path, LONGEST_FILE, &length) : NULL;
    if (text && reading(&p->r)) {
        p->r.status = tree_parse(p->r.arena, path, text, length, &root, p->r.err);
    }
    free(text);
    if (!dir) {
        return rsp_fail(p->r.err, RSP_NOMEM, "out of memory");
    }
    *part = reading(&p->r) && root ? part_of(root, dir) : RSP_PART_NONE;
    bool within = folder_is(dir, "populations") || folder_is(dir, "products");
    p->dir = within ? reader_printf(&p->r, "%s/..", dir) : dir;
    p->population = p->product = root;
    if (reading(&p->r) && *part == RSP_PART_POPULATION) {
        (void)plan_population_layers(p, layer);
    } else if (reading(&p->r) && *part == RSP_PART_PRODUCT) {
        (void)plan_product_layers(p, layer);
    }
    return p->r.status;
}

rsp_status rsp_part_check(const char *path, rsp_part *part, rsp_error *err)
{
    *part = RSP_PART_NONE;
    rsp_arena *arena = rsp_arena_new();
    if (!arena) {
        return rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    plan_reading p = {.r = {.arena = arena, .err = err}};
    rsp_status s = check(&p, path, part);
    rsp_arena_free(arena);
    return s;
}
