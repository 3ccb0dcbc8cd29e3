/* Pieces of XML. */
#include "sbml/writer.h"

void xml_text(rsp_text *out, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '&': rsp_text_add(out, "&amp;"); break;
        case '<': rsp_text_add(out, "&lt;"); break;
        case '>': rsp_text_add(out, "&gt;"); break;
        case '"': rsp_text_add(out, "&quot;"); break;
        case '\n': case '\r': case '\t': rsp_text_add(out, " "); break;
        default: rsp_text_add_n(out, s, 1);
        }
    }
}
