/* libsbml is C++ and throws where a document contradicts itself (a namespace of
 * another level, say), through its C interface too, which would end the program.
 * Here what it throws becomes a message.  Any thread. */
#ifndef RSP_SBML_GUARD_H
#define RSP_SBML_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include <sbml/SBMLTypes.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The document of a text, with its log of errors: the caller's to free.  NULL: why
 * tells what was thrown (what was read until then is lost to libsbml). */
SBMLDocument_t *sbml_guard_read(const char *text, char *why, size_t size);

/* Its consistency checks, into the log of the document; false: why tells. */
bool sbml_guard_check(SBMLDocument_t *d, char *why, size_t size);

#ifdef __cplusplus
}
#endif

#endif
