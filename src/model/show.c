#include "model/build.h"

#include <math.h>
#include <string.h>

/* ---- Statements as written, so that families stay readable; lines that are too
 * long are broken. */

/* Up to a comment. */
static size_t code_length(const char *line, size_t n)
{
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        quoted = line[i] == '"' ? !quoted : quoted;
        if (line[i] == '#' && !quoted) {
            return i;
        }
    }
    return n;
}

/* A text between quotes stays together where a line can hold it. */
static void break_code(rsp_wrap *w, const char *line, size_t n)
{
    while (n) {
        const char *quote = memchr(line, '"', n);
        size_t part = quote ? (size_t)(quote - line) : n;
        rsp_wrap_text(w, line, part);
        line += part;
        n -= part;
        if (n) {
            const char *end = memchr(line + 1, '"', n - 1);
            part = end ? (size_t)(end - line) + 1 : n;
            if (w->indent + rsp_characters(line, part) <= RSP_LINE) {
                rsp_wrap_word(w, line, part);
            } else {
                rsp_wrap_text(w, line, part);
            }
            line += part;
            n -= part;
        }
    }
}

static void show_line(FILE *out, const char *line, size_t n)
{
    const size_t begin = strspn(line, " ");
    if (rsp_characters(line, n) <= RSP_LINE) {
        fprintf(out, "%.*s\n", (int)n, line);
        return;
    }
    n = code_length(line, n);
    if (n > begin) {
        rsp_wrap w = {.out = out, .at = begin, .indent = begin + 4};
        fprintf(out, "%*s", (int)begin, "");
        break_code(&w, line + begin, n - begin);
        fputc('\n', out);
    }
}

static void rule(FILE *out, const char *title)
{
    fprintf(out, "\n%s\n", title);
    for (size_t i = 0; i < strlen(title); i++) {
        fputc('-', out);
    }
    fputc('\n', out);
}

static void show_statements(const rsp_model *m, FILE *out, ast_what what,
                            const char *title)
{
    bool any = false;
    for (uint32_t i = 0; i < m->n_statements; i++) {
        if (m->statements[i]->what != what) {
            continue;
        }
        if (!any) {
            rule(out, title);
        }
        any = true;
        for (const char *p = m->statements[i]->text; *p;) {
            size_t n = strcspn(p, "\n");
            show_line(out, p, n && p[n - 1] == '\r' ? n - 1 : n);
            p += n + (p[n] == '\n');
        }
    }
}

/* ---- Parameters. */

static void put(rsp_wrap *w, const char *text)
{
    rsp_wrap_text(w, text, strlen(text));
}

static void add_number(rsp_text *text, double v)
{
    char brief[RSP_NUMBER_MAX], exact[RSP_NUMBER_MAX];
    double back = 0;
    snprintf(brief, sizeof brief, "%g", v); /* 2.5e+11, not 250000000000 */
    rsp_number_write(v, exact);
    bool same = rsp_number_read(brief, strlen(brief), &back) && back >= v && back <= v;
    rsp_text_add(text, same ? brief : exact);
}

static bool one_value(const rsp_param *p)
{
    for (uint32_t i = 1; i < p->count; i++) {
        if (p[i].value < p->value || p[i].value > p->value) {
            return false;
        }
    }
    return true;
}

/* w[site] = {lymph: 0.4, gut: 0.6} cell */
static void add_value(rsp_text *text, const ast_statement *st, const rsp_param *p)
{
    rsp_text_add(text, p->family);
    for (uint32_t i = 0; i < st->n_binders; i++) {
        const ast_binder *b = &st->binders[i];
        rsp_text_printf(text, "%s%s%s", i ? ", " : "[", b->in ? b->in : b->name,
                        i + 1 < st->n_binders ? "" : "]");
    }
    rsp_text_add(text, " = ");
    if (one_value(p)) {
        add_number(text, p->value / p->factor);
    } else {
        for (uint32_t i = 0; i < p->count; i++) {
            const char *member = strchr(p[i].name, '[');
            rsp_text_add(text, i ? ", " : "{");
            rsp_text_add_n(text, member + 1, strlen(member) - 2);
            rsp_text_add(text, ": ");
            add_number(text, p[i].value / p[i].factor);
        }
        rsp_text_add(text, "}");
    }
    if (strcmp(p->unit, "1") != 0) {
        rsp_text_printf(text, " %s", p->unit);
    }
}

static void add_spread(rsp_text *text, const char *label, const rsp_dist *d)
{
    if (d->kind != RSP_DIST_NONE) {
        rsp_text_printf(text, "%s%s %s", text->length ? "; " : "", label, d->text);
    }
}

static void add_spreads(rsp_text *text, const rsp_param *p)
{
    add_spread(text, "between people", &p->between);
    add_spread(text, "uncertain", &p->uncertain);
    if (isfinite(p->low) || isfinite(p->high)) {
        rsp_text_printf(text, "%srange ", text->length ? "; " : "");
        add_number(text, p->low / p->factor);
        rsp_text_add(text, " .. ");
        add_number(text, p->high / p->factor);
        rsp_text_add(text, p->whole ? " whole" : "");
    }
}

/* A line with its status at the right, then what is known, a line each. */
static void show_param(FILE *out, const ast_statement *st, const rsp_param *p)
{
    rsp_text line = {0}, spreads = {0};
    const char *status = rsp_knowledge_name(p->status);
    rsp_wrap w = {.out = out, .indent = 4};
    add_value(&line, st, p);
    add_spreads(&spreads, p);
    put(&w, line.failed ? p->family : line.data);
    if (w.at + 2 + strlen(status) > RSP_LINE) {
        rsp_wrap_line(&w);
    }
    fprintf(out, "%*s", (int)(RSP_LINE - w.at), status);
    rsp_wrap_line(&w);
    put(&w, p->meaning[0] ? p->meaning : "(no meaning given)");
    if (spreads.length) {
        rsp_wrap_line(&w);
        put(&w, spreads.data);
    }
    rsp_wrap_line(&w);
    put(&w, "source:");
    put(&w, p->source[0] ? p->source : "none");
    fputc('\n', out);
    rsp_text_fini(&line);
    rsp_text_fini(&spreads);
}

/* Parameters of the network stand in the order of their statements. */
static void show_params(const rsp_model *m, FILE *out)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < m->n_statements; i++) {
        if (m->statements[i]->what == AST_PARAMETER) {
            if (at == 0) {
                rule(out, "Parameters (primary)");
                fprintf(out, "A number without a unit is a pure number.\n\n");
            }
            show_param(out, m->statements[i], &m->net.params[at]);
            at += m->net.params[at].count;
        }
    }
}

static void show_counts(const rsp_network *net, FILE *out)
{
    uint32_t counts[RSP_UNSTATED + 1] = {0};
    for (uint32_t i = 0; i < net->n_params; i++) {
        counts[net->params[i].status]++;
    }
    if (net->n_params == 0) {
        return;
    }
    rule(out, "What the parameters rest on");
    for (int k = 0; k <= RSP_UNSTATED; k++) {
        if (counts[k]) {
            fprintf(out, "%-20s %u\n", rsp_knowledge_name((rsp_knowledge)k), counts[k]);
        }
    }
    rsp_wrap w = {.out = out, .indent = 4};
    for (uint32_t i = 0; i < net->n_params; i++) {
        const rsp_param *p = &net->params[i];
        if (p->status == RSP_ASSUMED && p->first == i) {
            put(&w, w.at ? "" : "Assumed:");
            put(&w, p->family);
        }
    }
    fputs(w.at ? "\n" : "", out);
}

void rsp_model_show(const rsp_model *model, FILE *out)
{
    static const struct {
        ast_what what;
        const char *title;
    } parts[] = {{AST_INDEX, "Indices"},
                 {AST_SPECIES, "Species"},
                 {AST_POPULATION, "Populations of clones"},
                 {AST_INPUT, "Inputs"},
                 {AST_REACTION, "Reactions"},
                 {AST_RATE, "Rates of continuous species"},
                 {AST_LET, "Derived values"},
                 {AST_INITIAL, "Initial amounts"},
                 {AST_ACTION, "Actions"},
                 {AST_EVENT, "Events"},
                 {AST_OBSERVE, "Observables"}};
    const rsp_network *net = &model->net;
    rsp_wrap title = {.out = out, .indent = 4};
    put(&title, net->name);
    put(&title, net->title[0] ? "-" : "");
    put(&title, net->title);
    fprintf(out, "\n%u species, %u reactions, %u parameters, %u derived values\n"
                 "sha256 %s\n",
            net->n_species, net->n_reactions, net->n_params, net->n_derived,
            net->sha256);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        show_statements(model, out, parts[i].what, parts[i].title);
    }
    show_params(model, out);
    show_counts(net, out);
    for (uint32_t i = 0; i < net->n_warnings; i++) {
        rsp_wrap w = {.out = out, .indent = 4};
        if (i == 0) {
            rule(out, "Warnings");
        }
        put(&w, net->warnings[i]);
        fputc('\n', out);
    }
}
