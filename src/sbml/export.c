/* A network as SBML Level 3 Version 2.
 *
 * Amounts in one compartment of size 1, all in base units; every formula as the
 * network has it, so that a reader gets the same expressions.  An annotation keeps
 * the name that something has in the network, and what SBML has no word for
 * (amounts that are no counts, how initial amounts are drawn). */
#include "sbml/clones.h"
#include "sbml/writer.h"

#include <math.h>
#include <string.h>

#include "respite/program.h"

/* ---- Pieces. */

static void begin(writer *w, const char *element, const char *id, const char *meaning)
{
    rsp_text_printf(w->out, "<%s id=\"%s\"", element, id);
    if (meaning && meaning[0]) {
        rsp_text_add(w->out, " name=\"");
        xml_text(w->out, meaning);
        rsp_text_add(w->out, "\"");
    }
}

static void note(writer *w, const char *text)
{
    rsp_text_add(w->out, "<p xmlns=\"http://www.w3.org/1999/xhtml\">");
    xml_text(w->out, text);
    rsp_text_add(w->out, "</p>");
}

static void open_ours(writer *w, const char *id, const char *name)
{
    rsp_text_add(w->out, "<annotation><respite:as xmlns:respite=\"" SBML_OURS "\"");
    if (strcmp(id, name) != 0) {
        rsp_text_add(w->out, " name=\"");
        xml_text(w->out, name);
        rsp_text_add(w->out, "\"");
    }
}

static void close_ours(writer *w)
{
    rsp_text_add(w->out, "/></annotation>");
}

/* ---- Values that are solved for: roots, means of what is drawn. */

static double row_of(const rsp_frame *f, uint32_t row)
{
    return row == UINT32_MAX ? (double)NAN : f->rows[(size_t)row * f->width];
}

static double mean_of(const rsp_network *n, const rsp_program *p, const rsp_frame *f, uint32_t i)
{
    const rsp_species *sp = &n->species[i];
    double a = row_of(f, p->initial_a[i]), b = row_of(f, p->initial_b[i]), sum = 0;
    switch (sp->draw) {
    case RSP_DRAW_BINOMIAL: return a * b;
    case RSP_DRAW_NEGBIN: return b;
    case RSP_DRAW_MULTINOMIAL:
        for (uint32_t k = 0; k < sp->count; k++) {
            sum += row_of(f, p->initial_b[sp->first + k]);
        }
        return sum > 0 ? row_of(f, p->initial_a[sp->first]) * b / sum : 0;
    case RSP_DRAW_VALUE:
    case RSP_DRAW_POISSON: break;
    }
    return a;
}

static rsp_status read_solutions(writer *w, const rsp_machine *m, const rsp_frame *f)
{
    const rsp_program *p = m->program;
    for (uint32_t i = 0; i < w->net->n_params; i++) {
        for (uint32_t l = 0; l < f->width; l++) {
            f->rows[(size_t)(p->params + i) * f->width + l] = w->net->params[i].value;
        }
    }
    for (uint32_t i = 0; i < w->net->n_inputs; i++) {
        for (uint32_t l = 0; l < f->width; l++) {
            f->rows[(size_t)(p->inputs + i) * f->width + l] = w->net->inputs[i].value;
        }
    }
    m->run(m, RSP_RUN_PREPARE, f->rows);
    for (uint32_t i = 0; i < w->net->n_species; i++) {
        w->means[i] = mean_of(w->net, p, f, i);
    }
    for (uint32_t i = 0; i < w->net->n_roots; i++) {
        uint32_t row = p->roots[i].solution;
        w->solutions[i] = row_of(f, row);
        if (row != UINT32_MAX && isnan(w->solutions[i])) {
            return rsp_fail(w->err, RSP_RANGE, "root '%.60s' has no solution in its range",
                            w->net->roots[i].name);
        }
    }
    return RSP_OK;
}

static rsp_status solve(writer *w)
{
    rsp_program *program = NULL;
    rsp_frame frame = {0};
    rsp_status s = rsp_program_new(w->net, &program, w->err);
    if (s == RSP_OK) {
        rsp_machine m = rsp_machine_for(program, true);
        s = rsp_frame_new(&m, &frame, w->err);
        s = s == RSP_OK ? read_solutions(w, &m, &frame) : s;
        rsp_frame_free(&frame);
    }
    rsp_program_free(program);
    return s;
}

/* ---- What SBML cannot say. */

static bool is_used(const writer *w, rsp_op op, uint32_t a)
{
    for (uint32_t i = 0; i < w->net->n_nodes; i++) {
        if (w->reached[i] && w->net->nodes[i].op == op && w->net->nodes[i].a == a) {
            return true;
        }
    }
    return false;
}

static void list(writer *w, uint32_t *n, const char *title, const char *name)
{
    rsp_text_printf(w->left_out, "%s%s", (*n)++ ? ", " : title, name);
}

static void end_list(writer *w, uint32_t n, const char *rest)
{
    rsp_text_printf(w->left_out, "%s%s", n ? rest : "", n ? "\n" : "");
}

static void tell_clones(writer *w)
{
    const rsp_network *net = w->net;
    uint32_t n = 0;
    for (uint32_t i = 0; i < net->n_species; i++) {
        if (sbml_is_of_single_clones(net, i) && !net->species[i].internal) {
            list(w, &n, "clones are not told apart, only the cells of each genotype are "
                        "written; these stand at zero: ", net->species[i].name);
        }
    }
    end_list(w, n, "");
}

static void tell_actions(writer *w)
{
    const rsp_network *net = w->net;
    uint32_t n = 0;
    for (uint32_t i = 0; i < net->n_actions; i++) {
        list(w, &n, "actions of a protocol are left out: ", net->actions[i].name);
    }
    end_list(w, n, "; inputs keep the value they have at the start");
    n = 0;
    for (uint32_t i = 0; i < net->n_afters + net->n_actions; i++) {
        bool after = i < net->n_afters;
        uint32_t k = after ? i : i - net->n_afters;
        if (is_used(w, after ? RSP_OP_AFTER : RSP_OP_SINCE, k)) {
            list(w, &n, "parameters stand for the time since actions that never happen: ",
                 w->id[after ? ID_AFTER : ID_SINCE][k]);
        }
    }
    end_list(w, n, "");
}

static void tell_values(writer *w)
{
    const rsp_network *net = w->net;
    uint32_t n = 0;
    for (uint32_t i = 0; i < net->n_params; i++) {
        const rsp_param *p = &net->params[i];
        if (p->between.kind != RSP_DIST_NONE || p->uncertain.kind != RSP_DIST_NONE) {
            list(w, &n, "differences between people and uncertainty are left out, values are "
                        "medians: ", p->name);
        }
    }
    end_list(w, n, "");
    n = 0;
    for (uint32_t i = 0; i < net->n_roots; i++) {
        if (is_used(w, RSP_OP_ROOT, i)) {
            list(w, &n, "values that an equation defines are numbers, solved at these "
                        "parameters: ", net->roots[i].name);
        }
    }
    end_list(w, n, "");
    n = 0;
    for (uint32_t i = 0; i < net->n_species; i++) {
        if (net->species[i].draw != RSP_DRAW_VALUE && net->species[i].first == i) {
            list(w, &n, "initial amounts that are drawn are means to other readers: ",
                 net->species[i].family);
        }
    }
    end_list(w, n, "");
}

/* The net change of a species under a rate law. */
static bool flows(const writer *w, uint32_t species)
{
    return w->net->species[species].rate != RSP_NO_EXPR;
}

static void tell_flows(writer *w)
{
    const rsp_network *net = w->net;
    uint32_t n = 0;
    bool *told = rsp_arena_alloc(w->arena, (size_t)net->n_species + 1, 1);
    for (uint32_t i = 0; told && i < net->n_reactions; i++) {
        for (uint32_t k = 0; k < net->reactions[i].n_changes; k++) {
            uint32_t s = net->changes[net->reactions[i].first_change + k].species;
            if (flows(w, s) && !told[s]) {
                list(w, &n, "reactions change these, which have a rate law too, by their mean "
                            "alone: ", net->species[s].name);
                told[s] = true;
            }
        }
    }
    end_list(w, n, "");
    w->left_out->failed |= !told;
}

/* ---- The lists of a model. */

static void write_notes(writer *w)
{
    const char *line = w->left_out->length ? w->left_out->data : "";
    rsp_text_add(w->out, "<notes>");
    note(w, w->counts_units ? "Written by Respite. Amounts of species and values of parameters "
                              "are in units of day, cell, copies, mL, ug and molecule."
                            : "Written by Respite.");
    while (*line) {
        size_t n = strcspn(line, "\n");
        const char *copy = rsp_arena_copy(w->arena, line, n);
        note(w, copy ? copy : "");
        line += n + (line[n] == '\n');
    }
    rsp_text_add(w->out, "</notes>\n");
}

static void write_model_tag(writer *w)
{
    begin(w, "model", w->model, w->net->title);
    if (w->counts_units) {
        rsp_text_add(w->out, " timeUnits=\"day\" substanceUnits=\"cell\" extentUnits=\"cell\"");
    }
    rsp_text_add(w->out, ">\n");
    write_notes(w);
    open_ours(w, w->model, w->net->name);
    rsp_text_printf(w->out, " any-sign=\"%s\"", w->net->any_sign ? "true" : "false");
    close_ours(w);
    rsp_text_add(w->out, "\n");
}

static bool is_number(const writer *w, rsp_expr e, double *value)
{
    *value = w->net->nodes[e].value;
    return w->net->nodes[e].op == RSP_OP_CONST && isfinite(*value);
}

/* Units of an amount are of substance, or none. */
static void substance(writer *w, const char *unit)
{
    static const char *const fine[] = {"cell", "copies", "molecule", "ug", "1"};
    rsp_unit u, f;
    rsp_error err;
    const char *is = "1";
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        if (rsp_unit_parse(unit, &u, &err) == RSP_OK &&
            rsp_unit_parse(fine[i], &f, &err) == RSP_OK && rsp_unit_same(&u, &f)) {
            is = fine[i];
        }
    }
    units_attribute(w, "substanceUnits", is);
}

static const char *const DRAWS[] = {[RSP_DRAW_VALUE] = "",
                                    [RSP_DRAW_POISSON] = "poisson",
                                    [RSP_DRAW_BINOMIAL] = "binomial",
                                    [RSP_DRAW_NEGBIN] = "negative-binomial",
                                    [RSP_DRAW_MULTINOMIAL] = "multinomial"};

static void write_species(writer *w, uint32_t i)
{
    const rsp_species *sp = &w->net->species[i];
    const char *id = w->id[ID_SPECIES][i];
    bool drawn = sp->draw != RSP_DRAW_VALUE;
    double value = drawn ? w->means[i] : 0;
    begin(w, "species", id, sp->meaning);
    rsp_text_printf(w->out, " compartment=\"%s\"", w->compartment);
    if (drawn || is_number(w, sp->a, &value)) {
        rsp_text_add(w->out, " initialAmount=\"");
        rsp_text_number(w->out, value);
        rsp_text_add(w->out, "\"");
    }
    substance(w, sp->unit);
    rsp_text_add(w->out, " hasOnlySubstanceUnits=\"true\" boundaryCondition=\"false\" "
                         "constant=\"false\">");
    open_ours(w, id, sp->name);
    rsp_text_printf(w->out, " continuous=\"%s\"", sp->continuous ? "true" : "false");
    if (w->counts_units && strcmp(sp->unit, "1") != 0) {
        rsp_text_add(w->out, " unit=\"");
        xml_text(w->out, sp->unit);
        rsp_text_add(w->out, "\"");
    }
    if (drawn) {
        rsp_text_printf(w->out, " draw=\"%s\" a=\"%s_draw_a\" b=\"%s_draw_b\"", DRAWS[sp->draw],
                        id, id);
    }
    close_ours(w);
    rsp_text_add(w->out, "</species>\n");
}

/* value NULL: a formula gives it. */
static void write_parameter(writer *w, const char *id, const char *meaning, const char *unit,
                            const double *value, bool constant)
{
    begin(w, "parameter", id, meaning);
    if (value && isfinite(*value)) {
        rsp_text_add(w->out, " value=\"");
        rsp_text_number(w->out, *value);
        rsp_text_add(w->out, "\"");
    } else if (value) {
        rsp_text_printf(w->out, " value=\"%s\"", isnan(*value) ? "NaN"
                                                 : *value > 0  ? "INF" : "-INF");
    }
    units_attribute(w, "units", unit);
    rsp_text_printf(w->out, " constant=\"%s\">", constant ? "true" : "false");
}

static void end_parameter(writer *w, const char *id, const char *name, bool column)
{
    open_ours(w, id, name);
    rsp_text_printf(w->out, " column=\"%s\"", column ? "true" : "false");
    close_ours(w);
    rsp_text_add(w->out, "</parameter>\n");
}

static void write_knowledge(writer *w, const char *unit, const char *source,
                            rsp_knowledge status, const rsp_param *p)
{
    rsp_text text = {0};
    rsp_text_printf(&text, "source: %s; status: %s", source[0] ? source : "none",
                    rsp_knowledge_name(status));
    if (unit[0]) {
        rsp_text_printf(&text, "; given in %s", unit);
    }
    if (p && p->between.kind != RSP_DIST_NONE) {
        rsp_text_printf(&text, "; between people %s", p->between.text);
    }
    if (p && p->uncertain.kind != RSP_DIST_NONE) {
        rsp_text_printf(&text, "; uncertain %s", p->uncertain.text);
    }
    rsp_text_add(w->out, "<notes>");
    note(w, text.failed ? "" : text.data);
    rsp_text_add(w->out, "</notes>");
    w->out->failed |= text.failed;
    rsp_text_fini(&text);
}

static void write_given(writer *w)
{
    const rsp_network *n = w->net;
    for (uint32_t i = 0; i < n->n_params; i++) {
        const rsp_param *p = &n->params[i];
        const char *id = w->id[ID_PARAM][i];
        write_parameter(w, id, p->meaning, p->unit, &p->value, true);
        if (w->counts_units) {
            write_knowledge(w, p->unit, p->source, p->status, p);
        }
        end_parameter(w, id, p->name, false);
    }
    for (uint32_t i = 0; i < n->n_inputs; i++) {
        const rsp_input *in = &n->inputs[i];
        const char *id = w->id[ID_INPUT][i];
        write_parameter(w, id, in->meaning, in->unit, &in->value,
                        !w->set_by_event[i]);
        end_parameter(w, id, in->name, false);
    }
    const double never = 0, long_ago = 1e9;
    for (uint32_t i = 0; i < n->n_afters + n->n_actions; i++) {
        bool after = i < n->n_afters;
        uint32_t k = after ? i : i - n->n_afters;
        const char *id = w->id[after ? ID_AFTER : ID_SINCE][k];
        if (is_used(w, after ? RSP_OP_AFTER : RSP_OP_SINCE, k)) {
            write_parameter(w, id, "", after ? "1" : "day", after ? &never : &long_ago, true);
            end_parameter(w, id, id, false);
        }
    }
    for (uint32_t i = 0; i < n->n_roots; i++) {
        if (is_used(w, RSP_OP_ROOT, i)) {
            const char *id = w->id[ID_ROOT][i];
            write_parameter(w, id, "", "", &w->solutions[i], true);
            end_parameter(w, id, n->roots[i].name, false);
        }
    }
}

static void declare_formula(writer *w, const char *id, const char *name, const char *meaning,
                            const char *unit, rsp_expr e, bool column)
{
    write_parameter(w, id, meaning, unit, NULL, !w->varies[e] && !column);
    end_parameter(w, id, name, column);
}

/* A parameter for every value that has a formula: named values, shared ones, what
 * is observed, arguments of draws. */
static void declare_formulas(writer *w)
{
    const rsp_network *n = w->net;
    for (uint32_t i = 0; i < n->n_derived; i++) {
        const rsp_derived *d = &n->derived[i];
        const char *id = w->id[ID_DERIVED][i];
        if (id[0]) {
            write_parameter(w, id, d->meaning, d->unit, NULL, !w->varies[d->expr]);
            if (w->counts_units && d->source[0]) {
                write_knowledge(w, d->unit, d->source, d->status, NULL);
            }
            end_parameter(w, id, d->name, false);
        }
    }
    for (uint32_t i = 0; i < n->n_nodes; i++) {
        if (w->helper[i]) {
            declare_formula(w, w->name[i], w->name[i], "", "", i, false);
        }
    }
    for (uint32_t i = 0; i < n->n_observables; i++) {
        const rsp_observable *o = &n->observables[i];
        if (w->id[ID_OBSERVABLE][i][0]) {
            declare_formula(w, w->id[ID_OBSERVABLE][i], o->name, o->meaning, o->unit, o->expr,
                            o->column);
        }
    }
    for (uint32_t i = 0; i < n->n_species; i++) {
        const char *id = w->id[ID_SPECIES][i];
        if (n->species[i].draw != RSP_DRAW_VALUE) {
            for (int k = 0; k < 2; k++) {
                const char *arg = rsp_arena_printf(w->arena, "%s_draw_%c", id, 'a' + k);
                write_parameter(w, arg, "", "", NULL, true);
                end_parameter(w, arg, arg, false);
            }
        }
    }
}

/* ---- Formulas. */

static void formula_open(writer *w, bool rule, const char *symbol)
{
    rsp_text_printf(w->out, "<%s=\"%s\">", rule ? "assignmentRule variable"
                                                : "initialAssignment symbol", symbol);
}

static void formula_close(writer *w, bool rule)
{
    rsp_text_add(w->out, rule ? "</assignmentRule>\n" : "</initialAssignment>\n");
}

/* The formulas that vary are rules, the others initial assignments. */
static void write_formulas(writer *w, bool rules)
{
    const rsp_network *n = w->net;
    for (uint32_t i = 0; i < n->n_derived; i++) {
        const char *id = w->id[ID_DERIVED][i];
        rsp_expr e = n->derived[i].expr;
        if (id[0] && w->varies[e] == rules) {
            formula_open(w, rules, id);
            if (w->name[e] == id) {
                mathml_definition(w, e);
            } else {
                mathml_whole(w, e, MATHML_NUMBER);
            }
            formula_close(w, rules);
        }
    }
    for (uint32_t i = 0; i < n->n_nodes; i++) {
        if (w->helper[i] && w->varies[i] == rules) {
            formula_open(w, rules, w->name[i]);
            mathml_definition(w, i);
            formula_close(w, rules);
        }
    }
    for (uint32_t i = 0; i < n->n_observables; i++) {
        const char *id = w->id[ID_OBSERVABLE][i];
        bool rule = n->observables[i].column || w->varies[n->observables[i].expr];
        if (id[0] && rule == rules) {
            formula_open(w, rules, id);
            mathml_whole(w, n->observables[i].expr, MATHML_NUMBER);
            formula_close(w, rules);
        }
    }
}

static void write_argument(writer *w, const char *id, char which, rsp_expr e)
{
    const char *symbol = rsp_arena_printf(w->arena, "%s_draw_%c", id, which);
    formula_open(w, false, symbol ? symbol : "");
    if (e == RSP_NO_EXPR) {
        mathml_open(w);
        mathml_number(w, 0);
        mathml_close(w);
    } else {
        mathml_whole(w, e, MATHML_NUMBER);
    }
    formula_close(w, false);
}

static void write_initials(writer *w)
{
    double value = 0;
    rsp_text_add(w->out, "<listOfInitialAssignments>\n");
    write_formulas(w, false);
    for (uint32_t i = 0; i < w->net->n_species; i++) {
        const rsp_species *sp = &w->net->species[i];
        const char *id = w->id[ID_SPECIES][i];
        bool drawn = sp->draw != RSP_DRAW_VALUE;
        if (drawn) { /* its amount is the mean as a number: libsbml looks for cycles
                        in time that grows as the square of what depends on formulas */
            write_argument(w, id, 'a', sp->a);
            write_argument(w, id, 'b', sp->b);
        }
        if (!drawn && !is_number(w, sp->a, &value)) {
            formula_open(w, false, id);
            mathml_whole(w, sp->a, MATHML_NUMBER);
            formula_close(w, false);
        }
    }
    rsp_text_add(w->out, "</listOfInitialAssignments>\n");
}

/* A species under a rate law takes part in no reaction: its reactions flow into it. */
static void write_rate(writer *w, uint32_t species)
{
    const rsp_network *n = w->net;
    rsp_text_printf(w->out, "<rateRule variable=\"%s\">", w->id[ID_SPECIES][species]);
    mathml_open(w);
    rsp_text_add(w->out, "<apply><plus/>");
    mathml_expr(w, n->species[species].rate, MATHML_NUMBER);
    for (uint32_t i = 0; i < n->n_reactions; i++) {
        for (uint32_t k = 0; k < n->reactions[i].n_changes; k++) {
            const rsp_change *c = &n->changes[n->reactions[i].first_change + k];
            if (c->species == species) {
                rsp_text_add(w->out, "<apply><times/>");
                mathml_number(w, c->amount);
                mathml_expr(w, n->reactions[i].rate, MATHML_NUMBER);
                rsp_text_add(w->out, "</apply>");
            }
        }
    }
    rsp_text_add(w->out, "</apply>");
    mathml_close(w);
    rsp_text_add(w->out, "</rateRule>\n");
}

static void write_rules(writer *w)
{
    rsp_text_add(w->out, "<listOfRules>\n");
    write_formulas(w, true);
    for (uint32_t i = 0; i < w->net->n_species; i++) {
        if (flows(w, i)) {
            write_rate(w, i);
        }
    }
    rsp_text_add(w->out, "</listOfRules>\n");
}

/* ---- Reactions and events. */

static void write_side(writer *w, const rsp_reaction *rx, bool products)
{
    const char *name = products ? "listOfProducts" : "listOfReactants";
    bool any = false;
    for (uint32_t k = 0; k < rx->n_changes; k++) {
        const rsp_change *c = &w->net->changes[rx->first_change + k];
        if ((c->amount > 0) == products && !flows(w, c->species)) {
            if (!any) {
                rsp_text_printf(w->out, "<%s>", name);
            }
            rsp_text_printf(w->out, "<speciesReference species=\"%s\" stoichiometry=\"",
                            w->id[ID_SPECIES][c->species]);
            rsp_text_number(w->out, fabs(c->amount));
            rsp_text_add(w->out, "\" constant=\"true\"/>");
            any = true;
        }
    }
    if (any) {
        rsp_text_printf(w->out, "</%s>", name);
    }
}

/* Species that a rate reads and that the reaction does not change. */
static void write_modifiers(writer *w, const rsp_reaction *rx)
{
    bool any = false;
    for (uint32_t k = 0; k < rx->n_changes; k++) {
        uint32_t s = w->net->changes[rx->first_change + k].species;
        w->seen[s] = w->seen[s] && flows(w, s);
    }
    for (uint32_t i = 0; i < w->net->n_species; i++) {
        if (w->seen[i]) {
            rsp_text_printf(w->out, "%s<modifierSpeciesReference species=\"%s\"/>",
                            any ? "" : "<listOfModifiers>", w->id[ID_SPECIES][i]);
            any = true;
        }
    }
    rsp_text_add(w->out, any ? "</listOfModifiers>" : "");
}

static void write_reaction(writer *w, uint32_t i)
{
    const rsp_reaction *rx = &w->net->reactions[i];
    rsp_text law = {0}, *out = w->out;
    w->out = &law; /* modifiers come before the law, and are known after it */
    mathml_whole(w, rx->rate, MATHML_NUMBER);
    w->out = out;
    begin(w, "reaction", w->id[ID_REACTION][i], "");
    rsp_text_add(w->out, " reversible=\"false\">");
    open_ours(w, w->id[ID_REACTION][i], rx->name);
    rsp_text_add(w->out, " one-way=\"true\"");
    close_ours(w);
    write_side(w, rx, false);
    write_side(w, rx, true);
    write_modifiers(w, rx);
    rsp_text_printf(w->out, "<kineticLaw>%s</kineticLaw></reaction>\n",
                    law.failed ? "" : law.data);
    w->out->failed |= law.failed;
    rsp_text_fini(&law);
}

/* Values of the moment of triggering and what is added to at the moment of happening
 * are of two times, which SBML has no word for, but where they never change. */
static rsp_status event_times(writer *w, const rsp_event *e, bool *at_trigger)
{
    bool mixed = false, vary = false;
    for (uint32_t k = 0; k < e->n_assigns; k++) {
        const rsp_assign *a = &w->net->assigns[e->first_assign + k];
        vary |= w->varies[a->value];
        mixed |= a->adds || (a->scale != RSP_NO_EXPR && w->varies[a->scale]);
    }
    *at_trigger = e->values_at_trigger;
    if (e->delay == RSP_NO_EXPR || !e->values_at_trigger || !mixed) {
        return RSP_OK;
    }
    *at_trigger = false;
    return vary ? rsp_fail(w->err, RSP_UNSUPPORTED,
                           "event '%.60s' adds, after a delay, a value of the moment it was "
                           "triggered; SBML cannot say that: give it fromTrigger = false",
                           e->name)
                : RSP_OK;
}

static void write_part(writer *w, const char *element, rsp_expr e)
{
    if (e != RSP_NO_EXPR) {
        rsp_text_printf(w->out, "<%s>", element);
        mathml_whole(w, e, MATHML_NUMBER);
        rsp_text_printf(w->out, "</%s>", element);
    }
}

static void write_assignment(writer *w, const rsp_assign *a)
{
    const char *target = w->id[a->is_species ? ID_SPECIES : ID_INPUT][a->target];
    rsp_text_printf(w->out, "<eventAssignment variable=\"%s\">", target);
    mathml_open(w);
    if (a->adds) {
        rsp_text_printf(w->out, "<apply><plus/><ci>%s</ci>", target);
    }
    if (a->scale != RSP_NO_EXPR) {
        rsp_text_add(w->out, "<apply><times/>");
    }
    mathml_expr(w, a->value, MATHML_NUMBER);
    if (a->scale != RSP_NO_EXPR) {
        mathml_expr(w, a->scale, MATHML_NUMBER);
        rsp_text_add(w->out, "</apply>");
    }
    rsp_text_add(w->out, a->adds ? "</apply>" : "");
    mathml_close(w);
    rsp_text_add(w->out, "</eventAssignment>");
}

static rsp_status write_event(writer *w, uint32_t i)
{
    const rsp_event *e = &w->net->events[i];
    bool at_trigger = true;
    rsp_status s = event_times(w, e, &at_trigger);
    if (s != RSP_OK) {
        return s;
    }
    begin(w, "event", w->id[ID_EVENT][i], e->meaning);
    rsp_text_printf(w->out, " useValuesFromTriggerTime=\"%s\">", at_trigger ? "true" : "false");
    open_ours(w, w->id[ID_EVENT][i], e->name);
    close_ours(w);
    rsp_text_printf(w->out, "<trigger initialValue=\"%s\" persistent=\"%s\">",
                    e->initial_value ? "true" : "false", e->persistent ? "true" : "false");
    mathml_whole(w, e->trigger, MATHML_TRUTH);
    rsp_text_add(w->out, "</trigger>");
    write_part(w, "priority", e->priority);
    write_part(w, "delay", e->delay);
    rsp_text_add(w->out, "<listOfEventAssignments>");
    for (uint32_t k = 0; k < e->n_assigns; k++) {
        write_assignment(w, &w->net->assigns[e->first_assign + k]);
    }
    rsp_text_add(w->out, "</listOfEventAssignments></event>\n");
    return RSP_OK;
}

/* ---- The document. */

static rsp_status write_model(writer *w)
{
    const rsp_network *n = w->net;
    rsp_status s = RSP_OK;
    rsp_text_add(w->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<sbml xmlns=\"http://www.sbml.org/sbml/level3/version2/core\" "
                         "level=\"3\" version=\"2\">\n");
    write_model_tag(w);
    units_write(w);
    rsp_text_printf(w->out, "<listOfCompartments><compartment id=\"%s\" spatialDimensions=\"3\" "
                            "size=\"1\"%s constant=\"true\"/></listOfCompartments>\n",
                    w->compartment, w->counts_units ? " units=\"dimensionless\"" : "");
    rsp_text_add(w->out, "<listOfSpecies>\n");
    for (uint32_t i = 0; i < n->n_species; i++) {
        write_species(w, i);
    }
    rsp_text_add(w->out, "</listOfSpecies>\n<listOfParameters>\n");
    write_given(w);
    declare_formulas(w);
    rsp_text_add(w->out, "</listOfParameters>\n");
    write_initials(w);
    write_rules(w);
    rsp_text_add(w->out, "<listOfReactions>\n");
    for (uint32_t i = 0; i < n->n_reactions; i++) {
        write_reaction(w, i);
    }
    rsp_text_add(w->out, "</listOfReactions>\n<listOfEvents>\n");
    for (uint32_t i = 0; s == RSP_OK && i < n->n_events; i++) {
        s = write_event(w, i);
    }
    rsp_text_add(w->out, "</listOfEvents>\n</model>\n</sbml>\n");
    return s;
}

static rsp_status prepare(writer *w)
{
    const rsp_network *n = w->net;
    w->solutions = rsp_arena_alloc(w->arena, (size_t)n->n_roots + 1, sizeof *w->solutions);
    w->means = rsp_arena_alloc(w->arena, (size_t)n->n_species + 1, sizeof *w->means);
    w->set_by_event = rsp_arena_alloc(w->arena, (size_t)n->n_inputs + 1, 1);
    w->seen = rsp_arena_alloc(w->arena, (size_t)n->n_species + 1, 1);
    if (!w->solutions || !w->means || !w->set_by_event || !w->seen) {
        return rsp_fail(w->err, RSP_NOMEM, "no memory to write a model");
    }
    for (uint32_t i = 0; i < n->n_events; i++) {
        for (uint32_t k = 0; k < n->events[i].n_assigns; k++) {
            const rsp_assign *a = &n->assigns[n->events[i].first_assign + k];
            if (!a->is_species) {
                w->set_by_event[a->target] = true;
            }
        }
    }
    rsp_status s = solve(w);
    s = s == RSP_OK ? writer_names(w) : s;
    return s == RSP_OK ? writer_share(w) : s;
}

rsp_status rsp_sbml_write(const rsp_network *net, rsp_text *out, rsp_text *left_out,
                          rsp_error *err)
{
    rsp_error own;
    writer w = {.out = out, .left_out = left_out, .err = err ? err : &own,
                .counts_units = !net->any_sign, .arena = rsp_arena_new()};
    w.net = w.arena ? sbml_merge_clones(net, w.arena) : NULL;
    rsp_status s = w.net ? prepare(&w) : RSP_NOMEM;
    if (s == RSP_OK) {
        tell_clones(&w);
        tell_actions(&w);
        tell_values(&w);
        tell_flows(&w);
        s = write_model(&w);
    }
    if (!w.net || (s == RSP_OK && (out->failed || left_out->failed))) {
        s = rsp_fail(w.err, RSP_NOMEM, "no memory to write a model");
    }
    table_fini(&w.taken);
    rsp_arena_free(w.arena);
    return s;
}
