/* The only file that knows libsbml (its C interface; guard.cpp catches what it
 * throws): from its objects to plain data.  libsbml fills in the defaults of each
 * level. */
#include "sbml/document.h"
#include "sbml/guard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sbml/SBMLTypes.h>

enum { MOST_DEPTH = 400, MOST_WARNINGS = 100 };

typedef struct reading {
    rsp_arena *arena;
    const char *source, *text;
    sbml_document *out;
    rsp_error *err;
    rsp_status status;
} reading;

bool sbml_document_built(void)
{
    return true;
}

static void no_memory(reading *r)
{
    if (r->status == RSP_OK) {
        r->status = rsp_fail(r->err, RSP_NOMEM, "no memory to read %.100s", r->source);
    }
}

static void *make(reading *r, size_t n, size_t size)
{
    void *p = rsp_arena_alloc(r->arena, n + 1, size);
    if (!p) {
        no_memory(r);
    }
    return p;
}

static const char *keep(reading *r, const char *s)
{
    const char *copy = rsp_arena_copy(r->arena, s ? s : "", s ? strlen(s) : 0);
    if (!copy) {
        no_memory(r);
    }
    return copy ? copy : "";
}

static const char *keep_own(reading *r, char *s) /* frees it */
{
    const char *copy = keep(r, s);
    free(s);
    return copy;
}

static sbml_place place_of(const void *object)
{
    const SBase_t *o = object;
    return (sbml_place){SBase_getLine((SBase_t *)(uintptr_t)o),
                        SBase_getColumn((SBase_t *)(uintptr_t)o)};
}

/* The first thing that cannot be represented is the one that is told. */
static void refuse(reading *r, sbml_place place, const char *text)
{
    sbml_remark *first = &r->out->refused;
    if (!first->text || (place.line && place.line < first->place.line)) {
        *first = (sbml_remark){text, place};
    }
}

static const char *phrase(reading *r, const char *format, const char *name)
{
    const char *s = rsp_arena_printf(r->arena, format, name);
    if (!s) {
        no_memory(r);
    }
    return s ? s : "";
}

/* ---- Mathematics. */

static const struct {
    int type;
    sbml_op op;
} OPS[] = {
    {AST_PLUS, MATH_PLUS}, {AST_MINUS, MATH_MINUS}, {AST_TIMES, MATH_TIMES},
    {AST_DIVIDE, MATH_DIVIDE}, {AST_POWER, MATH_POWER}, {AST_FUNCTION_POWER, MATH_POWER},
    {AST_FUNCTION_ROOT, MATH_ROOT}, {AST_FUNCTION_LOG, MATH_LOG},
    {AST_FUNCTION_LN, MATH_LN}, {AST_FUNCTION_EXP, MATH_EXP},
    {AST_FUNCTION_ABS, MATH_ABS}, {AST_FUNCTION_FLOOR, MATH_FLOOR},
    {AST_FUNCTION_CEILING, MATH_CEILING}, {AST_FUNCTION_FACTORIAL, MATH_FACTORIAL},
    {AST_FUNCTION_MIN, MATH_MIN}, {AST_FUNCTION_MAX, MATH_MAX},
    {AST_FUNCTION_QUOTIENT, MATH_QUOTIENT}, {AST_FUNCTION_REM, MATH_REM},
    {AST_LOGICAL_AND, MATH_AND}, {AST_LOGICAL_OR, MATH_OR}, {AST_LOGICAL_XOR, MATH_XOR},
    {AST_LOGICAL_NOT, MATH_NOT}, {AST_LOGICAL_IMPLIES, MATH_IMPLIES},
    {AST_RELATIONAL_EQ, MATH_EQ}, {AST_RELATIONAL_NEQ, MATH_NE},
    {AST_RELATIONAL_LT, MATH_LT}, {AST_RELATIONAL_LEQ, MATH_LE},
    {AST_RELATIONAL_GT, MATH_GT}, {AST_RELATIONAL_GEQ, MATH_GE},
    {AST_FUNCTION_PIECEWISE, MATH_PIECEWISE}, {AST_FUNCTION_RATE_OF, MATH_RATE_OF},
    {AST_FUNCTION_DELAY, MATH_DELAY}, {AST_NAME_TIME, MATH_TIME},
    {AST_FUNCTION_SIN, MATH_SIN}, {AST_FUNCTION_COS, MATH_COS},
    {AST_FUNCTION_TAN, MATH_TAN}, {AST_FUNCTION_SEC, MATH_SEC},
    {AST_FUNCTION_CSC, MATH_CSC}, {AST_FUNCTION_COT, MATH_COT},
    {AST_FUNCTION_SINH, MATH_SINH}, {AST_FUNCTION_COSH, MATH_COSH},
    {AST_FUNCTION_TANH, MATH_TANH}, {AST_FUNCTION_SECH, MATH_SECH},
    {AST_FUNCTION_CSCH, MATH_CSCH}, {AST_FUNCTION_COTH, MATH_COTH},
    {AST_FUNCTION_ARCSIN, MATH_ASIN}, {AST_FUNCTION_ARCCOS, MATH_ACOS},
    {AST_FUNCTION_ARCTAN, MATH_ATAN}, {AST_FUNCTION_ARCSEC, MATH_ASEC},
    {AST_FUNCTION_ARCCSC, MATH_ACSC}, {AST_FUNCTION_ARCCOT, MATH_ACOT},
    {AST_FUNCTION_ARCSINH, MATH_ASINH}, {AST_FUNCTION_ARCCOSH, MATH_ACOSH},
    {AST_FUNCTION_ARCTANH, MATH_ATANH}, {AST_FUNCTION_ARCSECH, MATH_ASECH},
    {AST_FUNCTION_ARCCSCH, MATH_ACSCH}, {AST_FUNCTION_ARCCOTH, MATH_ACOTH},
};

static void read_leaf(reading *r, const ASTNode_t *node, sbml_math *m)
{
    switch ((int)ASTNode_getType(node)) {
    case AST_INTEGER:
        *m = (sbml_math){.op = MATH_NUMBER, .value = (double)ASTNode_getInteger(node)};
        return;
    case AST_REAL:
    case AST_REAL_E:
    case AST_RATIONAL:
    case AST_NAME_AVOGADRO:
        *m = (sbml_math){.op = MATH_NUMBER, .value = ASTNode_getReal(node)};
        return;
    case AST_CONSTANT_E:
        *m = (sbml_math){.op = MATH_NUMBER, .value = 2.718281828459045235360287};
        return;
    case AST_CONSTANT_PI:
        *m = (sbml_math){.op = MATH_NUMBER, .value = 3.141592653589793238462643};
        return;
    case AST_CONSTANT_TRUE:
    case AST_CONSTANT_FALSE:
        *m = (sbml_math){.op = MATH_NUMBER,
                         .value = ASTNode_getType(node) == AST_CONSTANT_TRUE};
        return;
    case AST_NAME:
        *m = (sbml_math){.op = MATH_NAME, .name = keep(r, ASTNode_getName(node))};
        return;
    case AST_FUNCTION:
        *m = (sbml_math){.op = MATH_CALL, .name = keep(r, ASTNode_getName(node))};
        return;
    default:
        *m = (sbml_math){.op = MATH_OTHER, .name = keep(r, ASTNode_getName(node))};
    }
    for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++) {
        if (OPS[i].type == (int)ASTNode_getType(node)) {
            m->op = OPS[i].op;
            return;
        }
    }
}

static const sbml_math *read_math(reading *r, const ASTNode_t *node, sbml_place place,
                                  int depth)
{
    sbml_math *m = node ? make(r, 1, sizeof *m) : NULL;
    if (!m || r->status != RSP_OK) {
        return NULL;
    }
    if (depth > MOST_DEPTH) {
        r->status = rsp_fail_at(r->err, RSP_RANGE, r->source, r->text, place.line, 1,
                                "an expression is nested more than %d deep", MOST_DEPTH);
        return NULL;
    }
    read_leaf(r, node, m);
    uint32_t n = ASTNode_getNumChildren(node);
    const sbml_math **part = make(r, n, sizeof *part);
    for (uint32_t i = 0; part && i < n; i++) {
        part[i] = read_math(r, ASTNode_getChild(node, i), place, depth + 1);
        m->n += part[i] != NULL;
    }
    m->part = part;
    return r->status == RSP_OK ? m : NULL;
}

static sbml_formula read_formula(reading *r, const ASTNode_t *node, sbml_place place)
{
    sbml_formula f = {.place = place, .text = ""};
    if (node) {
        f.math = read_math(r, node, place, 0);
        f.text = keep_own(r, SBML_formulaToL3String(node));
    }
    return f;
}

/* ---- Our annotation. */

static const char *attribute(reading *r, const XMLNode_t *node, const char *name)
{
    return keep_own(r, XMLNode_getAttrValueByName(node, name)); /* "" where absent */
}

static sbml_say says(reading *r, const XMLNode_t *node, const char *name)
{
    const char *v = attribute(r, node, name);
    return strcmp(v, "true") == 0 ? SAYS_YES : strcmp(v, "false") == 0 ? SAYS_NO : SAYS_NOTHING;
}

/* A name that can be printed in a table and typed. */
static bool is_name(const char *s)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "_'[],.+->() ";
    return strlen(s) <= 200 && s[strspn(s, fine)] == '\0';
}

static sbml_ours read_ours(reading *r, const void *object)
{
    SBase_t *o = (SBase_t *)(uintptr_t)object;
    const XMLNode_t *all = SBase_isSetAnnotation(o) ? SBase_getAnnotation(o) : NULL;
    sbml_ours out = {.name = "", .unit = "", .draw = "", .a = "", .b = ""};
    unsigned n = all ? XMLNode_getNumChildren(all) : 0;
    for (unsigned i = 0; i < n; i++) {
        const XMLNode_t *c = XMLNode_getChild(all, (int)i);
        const char *uri = c ? XMLNode_getURI(c) : NULL, *element = c ? XMLNode_getName(c) : NULL;
        if (uri && element && strcmp(uri, SBML_OURS) == 0 && strcmp(element, "as") == 0) {
            out = (sbml_ours){
                .name = attribute(r, c, "name"), .continuous = says(r, c, "continuous"),
                .one_way = says(r, c, "one-way"), .column = says(r, c, "column"),
                .any_sign = says(r, c, "any-sign"),
                .unit = attribute(r, c, "unit"), .draw = attribute(r, c, "draw"),
                .a = attribute(r, c, "a"), .b = attribute(r, c, "b")};
        }
    }
    out.name = is_name(out.name) ? out.name : "";
    return out;
}

/* ---- The lists of a model. */

static void read_compartments(reading *r, const Model_t *m)
{
    uint32_t n = Model_getNumCompartments(m);
    sbml_compartment *list = make(r, n, sizeof *list);
    for (uint32_t i = 0; list && i < n; i++) {
        Compartment_t *c = Model_getCompartment((Model_t *)(uintptr_t)m, i);
        double dimensions = Compartment_getSpatialDimensionsAsDouble(c);
        list[i] = (sbml_compartment){
            .id = keep(r, Compartment_getId(c)), .name = keep(r, Compartment_getName(c)),
            .place = place_of(c), .constant = Compartment_getConstant(c) != 0,
            .point = !(dimensions > 0 || dimensions < 0 || isnan(dimensions))};
        /* Level 1 gives a size of 1 to a compartment without one. */
        list[i].has_size = Compartment_isSetSize(c) != 0 || r->out->level == 1;
        list[i].size = Compartment_isSetSize(c) ? Compartment_getSize(c) : 1;
    }
    r->out->compartments = list;
    r->out->n_compartments = n;
}

static void read_species(reading *r, const Model_t *m)
{
    uint32_t n = Model_getNumSpecies(m);
    sbml_species *list = make(r, n, sizeof *list);
    for (uint32_t i = 0; list && i < n; i++) {
        Species_t *s = Model_getSpecies((Model_t *)(uintptr_t)m, i);
        bool amount = Species_isSetInitialAmount(s) != 0;
        list[i] = (sbml_species){
            .id = keep(r, Species_getId(s)), .name = keep(r, Species_getName(s)),
            .compartment = keep(r, Species_getCompartment(s)),
            .factor = keep(r, Species_getConversionFactor(s)), .place = place_of(s),
            .has_amount = amount,
            .has_concentration = Species_isSetInitialConcentration(s) != 0,
            .only_substance = Species_getHasOnlySubstanceUnits(s) != 0,
            .boundary = Species_getBoundaryCondition(s) != 0,
            .constant = Species_getConstant(s) != 0,
            .initial = amount ? Species_getInitialAmount(s)
                              : Species_getInitialConcentration(s),
            .ours = read_ours(r, s)};
    }
    r->out->species = list;
    r->out->n_species = n;
}

static sbml_parameter read_parameter(reading *r, const Parameter_t *p)
{
    return (sbml_parameter){
        .id = keep(r, Parameter_getId(p)), .name = keep(r, Parameter_getName(p)),
        .place = place_of(p), .has_value = Parameter_isSetValue(p) != 0,
        .constant = Parameter_getConstant(p) != 0, .value = Parameter_getValue(p),
        .ours = read_ours(r, p)};
}

static void read_parameters(reading *r, const Model_t *m)
{
    uint32_t n = Model_getNumParameters(m);
    sbml_parameter *list = make(r, n, sizeof *list);
    for (uint32_t i = 0; list && i < n; i++) {
        list[i] = read_parameter(r, Model_getParameter((Model_t *)(uintptr_t)m, i));
    }
    r->out->parameters = list;
    r->out->n_parameters = n;
}

static void read_functions(reading *r, const Model_t *m)
{
    uint32_t n = Model_getNumFunctionDefinitions(m);
    sbml_function *list = make(r, n, sizeof *list);
    for (uint32_t i = 0; list && i < n; i++) {
        const FunctionDefinition_t *f =
            Model_getFunctionDefinition((Model_t *)(uintptr_t)m, i);
        uint32_t k = FunctionDefinition_getNumArguments(f);
        const char **argument = make(r, k, sizeof *argument);
        list[i] = (sbml_function){.id = keep(r, FunctionDefinition_getId(f)),
                                  .place = place_of(f), .n_arguments = k,
                                  .argument = argument};
        for (uint32_t a = 0; argument && a < k; a++) {
            argument[a] = keep(r, ASTNode_getName(FunctionDefinition_getArgument(
                                      (FunctionDefinition_t *)(uintptr_t)f, a)));
        }
        list[i].body = read_math(
            r, FunctionDefinition_getBody((FunctionDefinition_t *)(uintptr_t)f),
            list[i].place, 0);
    }
    r->out->functions = list;
    r->out->n_functions = n;
}

static void read_initials(reading *r, const Model_t *m)
{
    uint32_t n = Model_getNumInitialAssignments(m), at = 0;
    sbml_assignment *list = make(r, n, sizeof *list);
    for (uint32_t i = 0; list && i < n; i++) {
        const InitialAssignment_t *a =
            Model_getInitialAssignment((Model_t *)(uintptr_t)m, i);
        sbml_formula f = read_formula(r, InitialAssignment_getMath(a), place_of(a));
        if (f.math) { /* one without a formula (Level 3 Version 2) says nothing */
            list[at++] = (sbml_assignment){keep(r, InitialAssignment_getSymbol(a)), f};
        }
    }
    r->out->initials = list;
    r->out->n_initials = at;
}

static void read_rules(reading *r, const Model_t *m)
{
    uint32_t n = Model_getNumRules(m);
    sbml_assignment *assigned = make(r, n, sizeof *assigned);
    sbml_assignment *rates = make(r, n, sizeof *rates);
    uint32_t n_assigned = 0, n_rates = 0;
    for (uint32_t i = 0; assigned && rates && i < n; i++) {
        const Rule_t *rule = Model_getRule((Model_t *)(uintptr_t)m, i);
        sbml_formula f = read_formula(r, Rule_getMath(rule), place_of(rule));
        if (!f.math) {
            continue;
        }
        if (Rule_isAlgebraic(rule)) {
            refuse(r, f.place, phrase(r, "an algebraic rule (0 = %.100s) is not supported",
                                      f.text));
        } else if (Rule_isRate(rule)) {
            rates[n_rates++] = (sbml_assignment){keep(r, Rule_getVariable(rule)), f};
        } else {
            assigned[n_assigned++] = (sbml_assignment){keep(r, Rule_getVariable(rule)), f};
        }
    }
    r->out->assigned = assigned;
    r->out->n_assigned = n_assigned;
    r->out->rates = rates;
    r->out->n_rates = n_rates;
}

/* ---- Reactions. */

static sbml_reference read_reference(reading *r, const SpeciesReference_t *ref)
{
    sbml_reference out = {
        .id = keep(r, SpeciesReference_getId(ref)),
        .species = keep(r, SpeciesReference_getSpecies(ref)), .place = place_of(ref),
        .has_stoichiometry =
            SpeciesReference_isSetStoichiometry(ref) != 0 || r->out->level < 3};
    if (out.has_stoichiometry) {
        out.stoichiometry = SpeciesReference_getStoichiometry(ref);
        if (r->out->level == 1) {
            out.stoichiometry /= SpeciesReference_getDenominator(ref);
        }
    }
    if (SpeciesReference_isSetStoichiometryMath(ref)) {
        const StoichiometryMath_t *m =
            SpeciesReference_getStoichiometryMath((SpeciesReference_t *)(uintptr_t)ref);
        out.formula = read_formula(r, StoichiometryMath_getMath(m), out.place);
    }
    return out;
}

static const sbml_reference *read_references(reading *r, const Reaction_t *rx,
                                             bool products, uint32_t *n)
{
    Reaction_t *x = (Reaction_t *)(uintptr_t)rx;
    *n = products ? Reaction_getNumProducts(rx) : Reaction_getNumReactants(rx);
    sbml_reference *list = make(r, *n, sizeof *list);
    for (uint32_t i = 0; list && i < *n; i++) {
        list[i] = read_reference(r, products ? Reaction_getProduct(x, i)
                                             : Reaction_getReactant(x, i));
    }
    return list;
}

/* Level 3 calls them local parameters, the others parameters of the law. */
static const sbml_parameter *read_locals(reading *r, KineticLaw_t *law, uint32_t *n)
{
    *n = r->out->level < 3 ? KineticLaw_getNumParameters(law)
                           : KineticLaw_getNumLocalParameters(law);
    sbml_parameter *list = make(r, *n, sizeof *list);
    for (uint32_t i = 0; list && i < *n; i++) {
        if (r->out->level < 3) {
            list[i] = read_parameter(r, KineticLaw_getParameter(law, i));
            continue;
        }
        const LocalParameter_t *p = KineticLaw_getLocalParameter(law, i);
        list[i] = (sbml_parameter){
            .id = keep(r, LocalParameter_getId(p)),
            .name = keep(r, LocalParameter_getName(p)), .place = place_of(p),
            .has_value = LocalParameter_isSetValue(p) != 0, .constant = true,
            .value = LocalParameter_getValue(p), .ours = read_ours(r, p)};
    }
    return list;
}

static void read_reactions(reading *r, const Model_t *m)
{
    uint32_t n = Model_getNumReactions(m);
    sbml_reaction *list = make(r, n, sizeof *list);
    for (uint32_t i = 0; list && i < n; i++) {
        Reaction_t *rx = Model_getReaction((Model_t *)(uintptr_t)m, i);
        sbml_reaction *to = &list[i];
        *to = (sbml_reaction){.id = keep(r, Reaction_getId(rx)),
                              .name = keep(r, Reaction_getName(rx)),
                              .place = place_of(rx), .fast = Reaction_getFast(rx) != 0,
                              .ours = read_ours(r, rx)};
        to->reactants = read_references(r, rx, false, &to->n_reactants);
        to->products = read_references(r, rx, true, &to->n_products);
        KineticLaw_t *law = Reaction_getKineticLaw(rx);
        if (law) {
            to->locals = read_locals(r, law, &to->n_locals);
            to->law = read_formula(r, KineticLaw_getMath(law), place_of(law));
        }
        if (to->fast) {
            refuse(r, to->place, phrase(r, "reaction '%.80s' is fast, which is not supported",
                                        to->id));
        }
    }
    r->out->reactions = list;
    r->out->n_reactions = n;
}

/* Levels 1 and 2 have neither an initial value nor persistence of a trigger, and
 * mean true. */
static void read_trigger(reading *r, Event_t *e, sbml_event *to)
{
    const Trigger_t *trigger = Event_isSetTrigger(e) ? Event_getTrigger(e) : NULL;
    to->initial_value = to->persistent = true;
    if (trigger) {
        to->trigger = read_formula(r, Trigger_getMath(trigger), place_of(trigger));
        if (r->out->level >= 3) {
            to->initial_value = Trigger_getInitialValue(trigger) != 0;
            to->persistent = Trigger_getPersistent(trigger) != 0;
        }
    }
}

static void read_event_assignments(reading *r, Event_t *e, sbml_event *to)
{
    uint32_t n = Event_getNumEventAssignments(e), at = 0;
    sbml_assignment *list = make(r, n, sizeof *list);
    for (uint32_t i = 0; list && i < n; i++) {
        const EventAssignment_t *a = Event_getEventAssignment(e, i);
        sbml_formula f = read_formula(r, EventAssignment_getMath(a), place_of(a));
        if (f.math) {
            list[at++] = (sbml_assignment){keep(r, EventAssignment_getVariable(a)), f};
        }
    }
    to->assignments = list;
    to->n_assignments = at;
}

static void read_events(reading *r, const Model_t *m)
{
    uint32_t n = Model_getNumEvents(m), at = 0;
    sbml_event *list = make(r, n, sizeof *list);
    for (uint32_t i = 0; list && i < n; i++) {
        Event_t *e = Model_getEvent((Model_t *)(uintptr_t)m, i);
        sbml_event *to = &list[at];
        *to = (sbml_event){.id = keep(r, Event_getId(e)), .name = keep(r, Event_getName(e)),
                           .place = place_of(e), .ours = read_ours(r, e),
                           .values_at_trigger = Event_getUseValuesFromTriggerTime(e) != 0};
        read_trigger(r, e, to);
        read_event_assignments(r, e, to);
        if (Event_isSetDelay(e)) {
            const Delay_t *delay = Event_getDelay(e);
            to->delay = read_formula(r, Delay_getMath(delay), place_of(delay));
        }
        if (Event_isSetPriority(e)) {
            const Priority_t *priority = Event_getPriority(e);
            to->priority = read_formula(r, Priority_getMath(priority), place_of(priority));
        }
        at += to->trigger.math != NULL; /* without a trigger it never happens */
    }
    r->out->events = list;
    r->out->n_events = at;
}

/* ---- The document. */

/* A package that is not required changes nothing that is computed. */
static void read_packages(reading *r, SBMLDocument_t *d)
{
    const XMLNamespaces_t *all = SBMLDocument_getNamespaces(d);
    for (int i = 0; all && i < XMLNamespaces_getLength(all); i++) {
        const char *uri = keep_own(r, XMLNamespaces_getURI(all, i));
        if (strncmp(uri, "http://www.sbml.org/sbml/level3", 31) == 0 &&
            !strstr(uri, "/core") && SBMLDocument_getPackageRequired(d, uri)) {
            refuse(r, (sbml_place){1, 1},
                   phrase(r, "the model requires a package that is not supported (%.120s)",
                          uri));
        }
    }
}

/* One line of text out of libsbml's paragraphs. */
static const char *one_line(reading *r, const char *s)
{
    char *copy = rsp_arena_copy(r->arena, s, strlen(s));
    size_t n = 0;
    for (char *p = copy; p && *p; p++) {
        bool blank = *p == ' ' || *p == '\n' || *p == '\t' || *p == '\r';
        if (!blank || (n && copy[n - 1] != ' ')) {
            copy[n++] = blank ? ' ' : *p;
        }
    }
    while (n && copy[n - 1] == ' ') {
        n--;
    }
    if (!copy) {
        no_memory(r);
        return "";
    }
    copy[n] = '\0';
    return copy;
}

/* Values that depend on themselves are found here too when they are worked out;
 * libsbml's own check takes the name written for `time` for an identifier.  A text that
 * does not declare its encoding is in UTF-8, which is what SBML asks for. */
static bool is_ours(const XMLError_t *e)
{
    const unsigned id = XMLError_getErrorId(e);
    return id == CircularRuleDependency || id == MissingXMLEncoding || id == MissingXMLDecl;
}

static bool is_wrong(const XMLError_t *e)
{
    return !is_ours(e) && (XMLError_isError(e) || XMLError_isFatal(e));
}

static bool any_wrong(SBMLDocument_t *d)
{
    bool any = false;
    for (uint32_t i = 0; i < SBMLDocument_getNumErrors(d); i++) {
        any |= is_wrong((const XMLError_t *)SBMLDocument_getError(d, i));
    }
    return any;
}

/* Errors refuse the text; warnings are kept for those who check. */
static void read_log(reading *r, SBMLDocument_t *d)
{
    uint32_t n = SBMLDocument_getNumErrors(d), at = 0;
    sbml_remark *list = make(r, MOST_WARNINGS, sizeof *list);
    for (uint32_t i = 0; list && r->status == RSP_OK && i < n; i++) {
        const XMLError_t *e = (const XMLError_t *)SBMLDocument_getError(d, i);
        const char *message = one_line(r, XMLError_getMessage(e));
        if (is_ours(e)) {
            continue;
        }
        if (is_wrong(e)) {
            uint32_t line = XMLError_getLine(e), column = XMLError_getColumn(e);
            r->status = rsp_fail_at(r->err, RSP_SYNTAX, r->source, r->text,
                                    line ? line : 1, column ? column : 1,
                                    "no valid SBML: %.330s", message);
        } else if (at < MOST_WARNINGS) {
            list[at++] = (sbml_remark){message, {XMLError_getLine(e), XMLError_getColumn(e)}};
        }
    }
    r->out->warnings = list;
    r->out->n_warnings = at;
}

/* Units are not converted, so that what is said of them is a warning at most; how
 * a model is annotated and laid out is not ours to judge. */
static bool validate(SBMLDocument_t *d, char *why, size_t size)
{
    /* Its search for cycles takes the cube of these: 6 s at 350, hours at 3,000.  What
     * else it would say then is said by this reader, or by none. */
    enum { MOST_ASSIGNED = 500 };
    const Model_t *m = SBMLDocument_getModel(d);
    if (m && Model_getNumRules(m) + Model_getNumInitialAssignments(m) > MOST_ASSIGNED) {
        SBMLDocument_setConsistencyChecks(d, LIBSBML_CAT_GENERAL_CONSISTENCY, 0);
    }
    static const SBMLErrorCategory_t off[] = {
        LIBSBML_CAT_UNITS_CONSISTENCY, LIBSBML_CAT_SBO_CONSISTENCY,
        LIBSBML_CAT_MODELING_PRACTICE};
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        SBMLDocument_setConsistencyChecks(d, off[i], 0);
    }
    return sbml_guard_check(d, why, size);
}

static void read_model(reading *r, SBMLDocument_t *d)
{
    Model_t *m = SBMLDocument_getModel(d);
    if (!m) {
        r->status = rsp_fail(r->err, RSP_SYNTAX, "%.100s: no model in this SBML document",
                             r->source);
        return;
    }
    r->out->place = place_of(m);
    r->out->id = keep(r, Model_getId(m));
    r->out->name = keep(r, Model_getName(m));
    r->out->factor = keep(r, Model_getConversionFactor(m));
    r->out->ours = read_ours(r, m);
    read_packages(r, d);
    read_functions(r, m);
    read_compartments(r, m);
    read_species(r, m);
    read_parameters(r, m);
    read_initials(r, m);
    read_rules(r, m);
    read_reactions(r, m);
    read_events(r, m);
}

/* What libsbml could not say of a place in the text. */
static rsp_status thrown(reading *r, const char *why)
{
    return rsp_fail(r->err, RSP_SYNTAX, "%.100s: libsbml cannot read this: %.200s", r->source,
                    why);
}

rsp_status sbml_document_read(rsp_arena *arena, const char *text, const char *source,
                              sbml_document *out, rsp_error *err)
{
    reading r = {.arena = arena, .source = source, .text = text, .out = out, .err = err};
    *out = (sbml_document){0};
    char why[256];
    uint32_t line = 0;
    text += strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* a mark that says UTF-8 */
    if (xml_is_too_deep(text, &line)) {
        return rsp_fail_at(err, RSP_SYNTAX, source, text, line, 1,
                           "elements are nested more than %d deep", XML_DEEPEST);
    }
    SBMLDocument_t *d = sbml_guard_read(text, why, sizeof why);
    if (!d) {
        return thrown(&r, why);
    }
    out->level = SBMLDocument_getLevel(d);
    out->version = SBMLDocument_getVersion(d);
    if (!any_wrong(d) && !validate(d, why, sizeof why)) {
        r.status = thrown(&r, why);
    }
    if (r.status == RSP_OK) {
        read_log(&r, d);
    }
    if (r.status == RSP_OK) {
        read_model(&r, d);
    }
    SBMLDocument_free(d);
    return r.status;
}
