/* Units: a network's values are in base units (day, cell, copies, mL, ug, molecule),
 * so a unit is a product of their powers. */
#include "sbml/writer.h"

#include <string.h>

enum { BASES = 6 };

static const struct {
    const char *name, *kind;
    int scale;
    unsigned multiplier;
} BASE[BASES] = {{"day", "second", 0, 86400}, {"cell", "item", 0, 1},
                 {"copies", "item", 0, 1},    {"mL", "litre", -3, 1},
                 {"ug", "gram", -6, 1},       {"molecule", "item", 0, 1}};

/* False where a unit has a dimension of the model's own. */
static bool powers(const char *unit, int power[BASES])
{
    rsp_unit u;
    rsp_error err;
    bool any = false;
    if (!unit[0] || rsp_unit_parse(unit, &u, &err) != RSP_OK) {
        return false;
    }
    for (size_t i = 0; i < sizeof u.power / sizeof *u.power; i++) {
        if (i < BASES) {
            power[i] = u.power[i];
        }
        any |= i >= BASES && u.power[i] != 0;
    }
    return !any;
}

static void add_name(rsp_text *name, const int power[BASES])
{
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (int i = 0; i < BASES; i++) {
            int p = power[i] * sign;
            if (p > 0) {
                rsp_text_printf(name, "%s%s%s", name->length ? "_" : "",
                                sign < 0 ? "per_" : "", BASE[i].name);
                if (p > 1) {
                    rsp_text_printf(name, "%d", p);
                }
            }
        }
    }
    if (!name->length) {
        rsp_text_add(name, "dimensionless");
    }
}

void units_attribute(writer *w, const char *attribute, const char *unit)
{
    int power[BASES];
    rsp_text name = {0};
    if (w->counts_units && powers(unit, power)) {
        add_name(&name, power);
        rsp_text_printf(w->out, " %s=\"%s\"", attribute, name.failed ? "" : name.data);
        w->out->failed |= name.failed;
    }
    rsp_text_fini(&name);
}

static void definition(writer *w, const char *name, const int power[BASES])
{
    rsp_text_printf(w->out, "<unitDefinition id=\"%s\"><listOfUnits>", name);
    for (int i = 0; i < BASES; i++) {
        if (power[i]) {
            rsp_text_printf(w->out,
                            "<unit kind=\"%s\" exponent=\"%d\" scale=\"%d\" multiplier=\"%u\"/>",
                            BASE[i].kind, power[i], BASE[i].scale, BASE[i].multiplier);
        }
    }
    rsp_text_add(w->out, "</listOfUnits></unitDefinition>\n");
}

static void define(writer *w, table *known, const char *unit)
{
    int power[BASES];
    rsp_text name = {0};
    if (!powers(unit, power)) {
        return;
    }
    add_name(&name, power);
    const char *id = name.failed ? NULL : rsp_arena_copy(w->arena, name.data, name.length);
    rsp_text_fini(&name);
    if (!id) {
        w->out->failed = true;
    } else if (strcmp(id, "dimensionless") != 0 && table_find(known, id) == TABLE_NONE) {
        w->out->failed |= !table_add(known, id, 1);
        definition(w, id, power);
    }
}

void units_write(writer *w)
{
    const rsp_network *n = w->net;
    table known = {0};
    if (!w->counts_units) {
        return;
    }
    rsp_text_add(w->out, "<listOfUnitDefinitions>\n");
    define(w, &known, "day");
    define(w, &known, "cell");
    for (uint32_t i = 0; i < n->n_species; i++) {
        define(w, &known, n->species[i].unit);
    }
    for (uint32_t i = 0; i < n->n_params; i++) {
        define(w, &known, n->params[i].unit);
    }
    for (uint32_t i = 0; i < n->n_inputs; i++) {
        define(w, &known, n->inputs[i].unit);
    }
    for (uint32_t i = 0; i < n->n_derived; i++) {
        define(w, &known, n->derived[i].unit);
    }
    for (uint32_t i = 0; i < n->n_observables; i++) {
        define(w, &known, n->observables[i].unit);
    }
    rsp_text_add(w->out, "</listOfUnitDefinitions>\n");
    table_fini(&known);
}
