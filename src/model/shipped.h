/* The texts of models/, built into the program. */
#ifndef MODEL_SHIPPED_H
#define MODEL_SHIPPED_H

#include <stddef.h>

typedef struct shipped_text {
    const char *name, *text; /* "art.rsp" */
} shipped_text;

extern const shipped_text shipped_texts[];
extern const size_t shipped_count;
/* Headers that emitted C includes: "model/compiled.h". */
extern const shipped_text built_in_headers[];
extern const size_t built_in_header_count;
const shipped_text *shipped_find(const char *name);

#endif
