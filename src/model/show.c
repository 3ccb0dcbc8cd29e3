#include "model/build.h"

#include <math.h>
#include <string.h>

static void rule(FILE *out, const char *title)
{
    fprintf(out, "\n%s\n", title);
    for (size_t i = 0; i < strlen(title); i++) {
        fputc('-', out);
    }
    fputc('\n', out);
}

/* Statements as written: the families stay readable. */
static void show_statements(const rsp_model *m, FILE *out, ast_what what,
                            const char *title)
{
    bool any = false;
    for (uint32_t i = 0; i < m->n_statements; i++) {
        if (m->statements[i]->what == what) {
            if (!any) {
                rule(out, title);
            }
            any = true;
            fprintf(out, "%s\n", m->statements[i]->text);
        }
    }
}

static void show_number(FILE *out, double v)
{
    char text[RSP_NUMBER_MAX];
    rsp_number_write(v, text);
    fprintf(out, "%s", text);
}

static void show_spread(FILE *out, const char *label, const rsp_dist *d)
{
    if (d->kind != RSP_DIST_NONE) {
        fprintf(out, "; %s %s", label, d->text);
    }
}

static void show_param(FILE *out, const rsp_param *p)
{
    fprintf(out, "%-22s ", p->name);
    show_number(out, p->value / p->factor);
    fprintf(out, " %s", p->unit);
    show_spread(out, "between people", &p->between);
    show_spread(out, "uncertain", &p->uncertain);
    if (isfinite(p->low) || isfinite(p->high)) {
        fprintf(out, "; range ");
        show_number(out, p->low / p->factor);
        fprintf(out, " .. ");
        show_number(out, p->high / p->factor);
    }
    fprintf(out, "\n    %s. Source: %s. %s\n", p->meaning[0] ? p->meaning : "(no meaning)",
            p->source[0] ? p->source : "none", rsp_knowledge_name(p->status));
}

static void show_counts(const rsp_network *net, FILE *out)
{
    uint32_t counts[RSP_UNSTATED + 1] = {0};
    for (uint32_t i = 0; i < net->n_params; i++) {
        counts[net->params[i].status]++;
    }
    rule(out, "What the parameters rest on");
    for (int k = 0; k <= RSP_UNSTATED; k++) {
        if (counts[k]) {
            fprintf(out, "%-20s %u\n", rsp_knowledge_name((rsp_knowledge)k), counts[k]);
        }
    }
    fprintf(out, "Assumed:");
    for (uint32_t i = 0; i < net->n_params; i++) {
        const rsp_param *p = &net->params[i];
        if (p->status == RSP_ASSUMED && p->first == i) {
            fprintf(out, " %s", p->family);
        }
    }
    fprintf(out, "\n");
}

void rsp_model_show(const rsp_model *model, FILE *out)
{
    const rsp_network *net = &model->net;
    fprintf(out, "%s: %s\n", net->name, net->title);
    fprintf(out, "%u species, %u reactions, %u parameters, %u derived values; "
                 "sha256 %s\n",
            net->n_species, net->n_reactions, net->n_params, net->n_derived,
            net->sha256);
    show_statements(model, out, AST_INDEX, "Indices");
    show_statements(model, out, AST_SPECIES, "Species");
    show_statements(model, out, AST_INPUT, "Inputs");
    show_statements(model, out, AST_REACTION, "Reactions");
    show_statements(model, out, AST_RATE, "Rates of continuous species");
    show_statements(model, out, AST_LET, "Derived values");
    show_statements(model, out, AST_INITIAL, "Initial amounts");
    show_statements(model, out, AST_ACTION, "Actions");
    show_statements(model, out, AST_OBSERVE, "Observables");
    rule(out, "Parameters (primary)");
    for (uint32_t i = 0; i < net->n_params; i++) {
        show_param(out, &net->params[i]);
    }
    show_counts(net, out);
    for (uint32_t i = 0; i < net->n_warnings; i++) {
        fprintf(out, "%s%s\n", i ? "" : "\nWarnings\n", net->warnings[i]);
    }
}
