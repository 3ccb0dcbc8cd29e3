/* A build without libsbml says so. */
#include "sbml/document.h"

bool sbml_document_built(void)
{
    return false;
}

rsp_status sbml_document_read(rsp_arena *arena, const char *text, const char *source,
                              sbml_document *out, rsp_error *err)
{
    (void)arena;
    (void)text;
    (void)out;
    return rsp_fail(err, RSP_UNSUPPORTED,
                    "%.100s is an SBML model, and this build has no libsbml: install "
                    "libsbml5-dev and build with -Dsbml=enabled",
                    source);
}
