/* Pieces of XML. */
#include "sbml/writer.h"

#include <string.h>

/* Where what is no element, from `<!` or `<?` on, ends. */
static const char *past(const char *s)
{
    const char *const ends = strncmp(s, "<!--", 4) == 0        ? "-->"
                             : strncmp(s, "<![CDATA[", 9) == 0 ? "]]>"
                             : s[1] == '?'                     ? "?>"
                                                               : ">";
    const char *end = strstr(s + 2, ends);
    return end ? end : s + strlen(s);
}

/* Where a tag ends: a `>` outside of quotes. */
static const char *tag_end(const char *s)
{
    for (char quote = 0; *s && (quote || *s != '>'); s++) {
        if (quote ? *s == quote : *s == '"' || *s == '\'') {
            quote = quote ? 0 : *s;
        }
    }
    return s;
}

bool xml_is_too_deep(const char *text, uint32_t *line)
{
    int depth = 0;
    const char *s = text;
    while ((s = strchr(s, '<')) != NULL && depth <= XML_DEEPEST) {
        if (s[1] == '!' || s[1] == '?') {
            s = past(s);
            continue;
        }
        const char *end = tag_end(s);
        depth += s[1] == '/' ? -1 : end[-1] == '/' ? 0 : 1;
        if (depth > XML_DEEPEST) {
            break;
        }
        s = end;
    }
    *line = 1;
    for (const char *c = text; s && c < s; c++) {
        *line += *c == '\n';
    }
    return depth > XML_DEEPEST;
}

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
