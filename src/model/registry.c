#include "model/compiled.h"

#include <string.h>

#include "model/compiled_models.h" /* written by the build: RSP_COMPILED_MODELS(X) */

#ifdef RSP_ISA_ALL
#define RSP_X(id)                                                              \
    extern const rsp_compiled rsp_model_##id##_base,                           \
        rsp_model_##id##_avx2, rsp_model_##id##_avx512;
#else
#define RSP_X(id) extern const rsp_compiled rsp_model_##id##_base;
#endif
RSP_COMPILED_MODELS(RSP_X)
#undef RSP_X

static const struct {
    const char *isa;
    const rsp_compiled *model;
} models[] = {
#ifdef RSP_ISA_ALL
#define RSP_X(id)                                                              \
    {"base", &rsp_model_##id##_base}, {"avx2", &rsp_model_##id##_avx2},        \
        {"avx512", &rsp_model_##id##_avx512},
#else
#define RSP_X(id) {"base", &rsp_model_##id##_base},
#endif
    RSP_COMPILED_MODELS(RSP_X)
#undef RSP_X
    {NULL, NULL}};

const rsp_compiled *rsp_compiled_find(const char *sha256, const char *isa)
{
    for (size_t i = 0; models[i].isa; i++) {
        if (strcmp(models[i].isa, isa) == 0 &&
            strcmp(models[i].model->sha256, sha256) == 0) {
            return models[i].model;
        }
    }
    return NULL;
}
