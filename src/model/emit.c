/* The program as C for eight lanes.
 *
 * A compiler's time grows faster than the function, so a section is cut into
 * pieces of bounded length, each a function of its own.  Inside a piece values
 * are local variables; what a later piece reads, and what stays, is stored in
 * its row at the end.  A root is a piece of its own: its body reads rows. */
#include "respite/program.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/compiled.h"
#include "model/emit.h"
#include "model/emit_solve.h"
#include "model/ops.h"

enum { PIECE = 120 /* statements */ };

typedef rsp_emitter emitter;

/* Code that one C function and its pieces run. */
typedef struct block {
    const char *name;
    const rsp_instr *code;
    uint32_t n;
    uint32_t result; /* the only row read afterwards; UINT32_MAX: all that stay */
    bool wide;       /* also for frames that are WIDE lanes wide */
    /* What may be left out: pieces end with them. NULL: nothing. */
    const uint32_t *stretch;
    uint32_t n_stretches;
} block;

/* ---- What must be stored. */

/* The stretch that instruction i is in. */
static uint32_t stretch_at(const block *b, uint32_t i)
{
    uint32_t low = 0, high = b->n_stretches;
    while (high > low + 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (b->stretch[middle] <= i) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* End of the piece that starts at instruction i. */
static uint32_t piece_end(const block *b, uint32_t i)
{
    if (b->code[i].op == RSP_OP_ROOT) {
        return i + 1;
    }
    const uint32_t stop = b->n_stretches > 0 ? b->stretch[stretch_at(b, i) + 1] : b->n;
    uint32_t end = i;
    while (end < stop && end - i < PIECE && b->code[end].op != RSP_OP_ROOT) {
        end++;
    }
    return end;
}

static void mark_operands(const emitter *e, const rsp_instr *in, bool *live)
{
    const uint32_t op[3] = {in->a, in->b, in->c};
    for (unsigned k = 0; k < rsp_op_arity(in->op); k++) {
        live[op[k]] = true;
    }
    if (in->op == RSP_OP_ROOT) {
        const rsp_root_code *root = &e->p->roots[in->c];
        live[root->f] = true;
        for (uint32_t i = 0; i < root->n; i++) {
            mark_operands(e, &e->p->code[root->first + i], live);
        }
    }
}

static void mark_end(const emitter *e, const block *b)
{
    for (uint32_t row = 0; row < e->p->n_rows; row++) {
        e->live[row] = b->result == UINT32_MAX ? row < e->p->temporaries
                                               : row == b->result;
    }
}

/* Going backwards through one piece: the last value a row gets is stored where
 * the row is read after the piece. */
static void find_stores_of(const emitter *e, const block *b, uint32_t first,
                           uint32_t end)
{
    memcpy(e->live_end, e->live, e->p->n_rows * sizeof(bool));
    memset(e->seen, 0, e->p->n_rows * sizeof(bool));
    for (uint32_t i = end; i-- > first;) {
        const rsp_instr *in = &b->code[i];
        e->stores[in - e->p->code] = !e->seen[in->to] && e->live_end[in->to];
        e->seen[in->to] = true;
        e->live[in->to] = false;
        mark_operands(e, in, e->live);
    }
}

static void find_stores(const emitter *e, const block *b, uint32_t first)
{
    if (first == b->n) {
        mark_end(e, b);
        return;
    }
    const uint32_t end = piece_end(b, first);
    find_stores(e, b, end); /* later pieces first */
    find_stores_of(e, b, first, end);
}

/* ---- Text. */

static bool is_literal(const emitter *e, uint32_t row)
{
    const rsp_program *p = e->p;
    return row - p->constants < p->n_constants &&
           isfinite(p->constant_values[row - p->constants]);
}

void rsp_emit_load(emitter *e, uint32_t row)
{
    if (!is_literal(e, row) && e->local[row] == RSP_NOT_LOCAL) {
        rsp_text_printf(&e->out, "    const rsp_v8 r%u%s = ROW%s(%u);\n", row, e->twin, e->twin,
                        row);
        e->local[row] = RSP_LOADED;
    }
}

void rsp_emit_operand(emitter *e, uint32_t row)
{
    if (is_literal(e, row)) {
        rsp_text_printf(&e->out, "rsp_v8_set(%a)",
                        e->p->constant_values[row - e->p->constants]);
    } else if (e->local[row] == RSP_LOADED) {
        rsp_text_printf(&e->out, "r%u%s", row, e->twin);
    } else {
        rsp_text_printf(&e->out, "v%lld%s", (long long)e->local[row], e->twin);
    }
}

static bool is_remembered(const emitter *e, const rsp_instr *in)
{
    return e->remembers && in->op == RSP_OP_POW;
}

void rsp_emit_statement(emitter *e, const rsp_instr *in)
{
    const uint32_t op[3] = {in->a, in->b, in->c};
    const unsigned n = rsp_op_arity(in->op);
    const long long name = in - e->p->code;
    for (unsigned k = 0; k < n; k++) {
        rsp_emit_load(e, op[k]);
    }
    if (in->op == RSP_OP_ROOT) {
        const rsp_root_code *root = &e->p->roots[in->c];
        rsp_text_printf(&e->out,
                        "    const rsp_root_body body = {root_%u, NULL, rows, "
                        "rows + 8 * %u, rows + 8 * %u};\n",
                        in->c, root->unknown, root->f);
    }
    rsp_text_printf(&e->out, "    const rsp_v8 v%lld%s = %s%s%s(", name, e->twin,
                    in->op == RSP_OP_ROOT ? "rsp_root_solve"
                                          : "rsp_do_",
                    in->op == RSP_OP_ROOT ? "" : rsp_op_name(in->op),
                    is_remembered(e, in) ? "_again" : "");
    if (in->op == RSP_OP_ROOT) {
        rsp_text_add(&e->out, "&body, ");
    }
    for (unsigned k = 0; k < n; k++) {
        rsp_text_add(&e->out, k > 0 ? ", " : "");
        rsp_emit_operand(e, op[k]);
    }
    if (is_remembered(e, in)) {
        rsp_text_printf(&e->out, ", rows + w * %u, w",
                        e->p->n_rows + RSP_POWER_ROWS * e->n_powers++);
    }
    rsp_text_add(&e->out, ");\n");
    e->local[in->to] = name;
}

/* Functions of rates are told which stretches are live. */
static const char *live_parameter(const block *b)
{
    return b->stretch != NULL ? ", const bool *live" : "";
}

static const char *live_argument(const block *b)
{
    return b->stretch != NULL ? ", live" : "";
}

/* One function for frames of one width. */
static void expand_function(emitter *e, const block *b, uint32_t number, const char *suffix,
                            const char *width)
{
    rsp_text_printf(&e->out,
                    "static RSP_NOINLINE void %s%s_%u(double *rows%s)\n{\n"
                    "    %s_%u_by(rows%s, %s);\n}\n\n",
                    b->name, suffix, number, live_parameter(b), b->name, number,
                    live_argument(b), width);
}

static void piece(emitter *e, const block *b, uint32_t first, uint32_t end)
{
    for (uint32_t row = 0; row < e->p->n_rows; row++) {
        e->local[row] = RSP_NOT_LOCAL;
    }
    for (uint32_t i = first; i < end; i++) {
        rsp_emit_statement(e, &b->code[i]);
    }
    for (uint32_t i = first; i < end; i++) {
        const long long name = &b->code[i] - e->p->code;
        if (e->stores[name]) {
            rsp_text_printf(&e->out, "    SET(%u, v%lld);\n", b->code[i].to,
                            name);
        }
    }
}

/* End of the pieces that are one function from instruction i on: one, or stretches, each
 * behind its condition, as many as make one of its length. */
static uint32_t function_end(const block *b, uint32_t i)
{
    uint32_t end = piece_end(b, i);
    while (b->n_stretches > 0 && end < b->n && piece_end(b, end) - i <= PIECE) {
        end = piece_end(b, end);
    }
    return end;
}

static void pieces(emitter *e, const block *b, uint32_t number, uint32_t first, uint32_t end)
{
    rsp_text_printf(&e->out,
                    "RSP_LANE_INLINE void %s_%u_by(double *restrict rows%s, const size_t w)\n{\n",
                    b->name, number, live_parameter(b));
    for (uint32_t i = first; i < end; i = piece_end(b, i)) {
        if (b->n_stretches > 0) {
            rsp_text_printf(&e->out, "    if (live[%u]) {\n", stretch_at(b, i));
        }
        piece(e, b, i, piece_end(b, i));
        rsp_text_add(&e->out, b->n_stretches > 0 ? "    }\n" : "");
    }
    rsp_text_add(&e->out, "}\n\n");
    expand_function(e, b, number, "", "8");
    if (b->wide) {
        expand_function(e, b, number, "_wide", "WIDE");
    }
}

static void call_pieces(emitter *e, const block *b, uint32_t n_pieces, const char *suffix,
                        bool is_body)
{
    rsp_text_printf(&e->out, "static void %s%s(%sdouble *rows%s)\n{\n", b->name, suffix,
                    is_body ? "const void *ctx, " : "", live_parameter(b));
    rsp_text_add(&e->out, is_body ? "    (void)ctx;\n" : "");
    rsp_text_add(&e->out, n_pieces == 0 ? "    (void)rows;\n" : "");
    rsp_text_add(&e->out, n_pieces == 0 && b->stretch ? "    (void)live;\n" : "");
    for (uint32_t i = 0, at = 0; i < n_pieces; i++) {
        const uint32_t end = function_end(b, at);
        if (b->n_stretches > 1) {
            const uint32_t first = stretch_at(b, at);
            rsp_text_printf(&e->out, "    if (rsp_any_live(live + %u, %u))\n    ", first,
                            stretch_at(b, end - 1) + 1 - first);
        }
        rsp_text_printf(&e->out, "    %s%s_%u(rows%s);\n", b->name, suffix, i,
                        live_argument(b));
        at = end;
    }
    rsp_text_add(&e->out, "}\n\n");
}

/* The functions, then those that call them in order. */
static void function(emitter *e, const block *b, bool is_body)
{
    find_stores(e, b, 0);
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->n; i = function_end(b, i)) {
        pieces(e, b, n++, i, function_end(b, i));
    }
    call_pieces(e, b, n, "", is_body);
    if (b->wide) {
        call_pieces(e, b, n, "_wide", is_body);
    }
}

/* All rates, and those of the stretches that are live. */
static void rates(emitter *e, bool wide)
{
    const rsp_program *p = e->p;
    const block b = {"rates_live", p->rates.code, p->rates.n, UINT32_MAX, wide, p->stretch,
                     p->n_stretches};
    e->remembers = true;
    function(e, &b, false);
    e->remembers = false;
    rsp_text_printf(&e->out, "static const bool all_live[%u] = {", p->n_stretches + 1);
    for (uint32_t k = 0; k < p->n_stretches; k++) {
        rsp_text_add(&e->out, k % 32 == 31 ? "1,\n" : "1,");
    }
    rsp_text_add(&e->out, "0};\n\nstatic void rates(double *rows)\n{\n"
                             "    rates_live(rows, all_live);\n}\n\n");
    if (wide) {
        rsp_text_add(&e->out, "static void rates_wide(double *rows)\n{\n"
                              "    rates_live_wide(rows, all_live);\n}\n\n");
    }
}

static bool is_used(const rsp_program *p, uint32_t root)
{
    for (uint32_t i = 0; i < p->n_code; i++) {
        if (p->code[i].op == RSP_OP_ROOT && p->code[i].c == root) {
            return true;
        }
    }
    return false;
}

static void bodies(emitter *e)
{
    const uint32_t n_roots = e->p->net->n_roots;
    for (uint32_t k = 0; k < n_roots; k++) { /* first, as roots may be nested */
        if (is_used(e->p, k)) {
            rsp_text_printf(
                &e->out,
                "static void root_%u(const void *ctx, double *rows);\n\n", k);
        }
    }
    for (uint32_t k = 0; k < n_roots; k++) {
        const rsp_root_code *root = &e->p->roots[k];
        char name[32];
        (void)snprintf(name, sizeof name, "root_%u", k);
        if (is_used(e->p, k)) {
            function(e,
                     &(block){name, e->p->code + root->first, root->n, root->f, false,
                              NULL, 0},
                     true);
        }
    }
}

static const char prologue[] =
    "#include \"model/compiled.h\"\n"
    "#include \"model/root_lane.h\"\n\n"
    "#define ROW(r) rsp_v8_load(rows + w * (r))\n"
    "#define SET(r, v) rsp_v8_store(rows + w * (r), (v))\n"
    "#define ROW0(r) ROW(r)\n"
    "#define ROW1(r) rsp_v8_load(rows + 8 + w * (r))\n"
    "#define SET0(r, v) SET(r, v)\n"
    "#define SET1(r, v) rsp_v8_store(rows + 8 + w * (r), (v))\n"
    "#define PASTE2(name, isa) name##_##isa\n"
    "#define PASTE(name, isa) PASTE2(name, isa)\n\n";

static bool has_root(const rsp_section *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->code[i].op == RSP_OP_ROOT) {
            return true;
        }
    }
    return false;
}

/* A section that is run once a participant, or once in many steps, is left to the
 * bytecode where it is large: compilers take minutes over it. */
static bool is_printed(const emitter *e, const rsp_section *s)
{
    enum { MOST = 10000 };
    return (s != &e->p->prepare && s != &e->p->jacobian) || s->n <= MOST;
}

static void program(emitter *e, const char *id)
{
    static const char *const names[] = {"prepare", "rates", "observe", "act",
                                        "jacobian", "watch"};
    const rsp_section *const sections[] = {&e->p->prepare, &e->p->rates,
                                           &e->p->observe, &e->p->act,
                                           &e->p->jacobian, &e->p->watch};
    rsp_text_printf(&e->out, "/* Model %s, printed by rsp_program_emit. */\n",
                    id);
    rsp_text_add(&e->out, prologue);
    rsp_text_printf(&e->out, "enum { WIDE = %s };\n\n",
                    rsp_emit_steps(e->p) ? "RSP_N == 8 ? RSP_TWINS : RSP_WIDE" : "RSP_WIDE");
    bodies(e);
    const bool wide = !has_root(&e->p->rates) && !has_root(&e->p->jacobian) &&
                      is_printed(e, &e->p->jacobian);
    for (int i = 0; i < 6; i++) {
        if (!is_printed(e, sections[i])) {
            continue;
        }
        if (sections[i] == &e->p->rates) {
            rates(e, wide);
            continue;
        }
        function(e, &(block){names[i], sections[i]->code, sections[i]->n, UINT32_MAX,
                             wide && sections[i] == &e->p->jacobian, NULL, 0},
                 false);
    }
    bool solves = false, steps = false;
    if (wide && !rsp_emit_solve(e, &solves, &steps)) {
        e->out.failed = true;
    }
    rsp_text_printf(&e->out,
                    "extern const rsp_compiled PASTE(rsp_model_%s, RSP_ISA);\n"
                    "const rsp_compiled PASTE(rsp_model_%s, RSP_ISA) = {\n"
                    "    \"%s\",\n    {%s, rates, observe, act, %s, watch},\n    rates_live,\n"
                    "    %s, %s, %s};\n",
                    id, id, e->p->sha256, is_printed(e, &e->p->prepare) ? "prepare" : "NULL",
                    is_printed(e, &e->p->jacobian) ? "jacobian" : "NULL",
                    wide ? "WIDE, rates_wide, jacobian_wide" : "0, NULL, NULL",
                    solves ? "eliminate, solve" : "NULL, NULL", steps ? "STEP" : "NULL");
}

/* ---- All of it. */

static bool is_identifier(const char *id)
{
    bool good = id[0] != '\0';
    for (const char *c = id; *c; c++) {
        good = good && (isalnum((unsigned char)*c) || *c == '_');
    }
    return good;
}

static bool allocate(emitter *e)
{
    const size_t rows = (size_t)e->p->n_rows + 1;
    e->live = calloc(rows, sizeof *e->live);
    e->live_end = calloc(rows, sizeof *e->live_end);
    e->seen = calloc(rows, sizeof *e->seen);
    e->stores = calloc((size_t)e->p->n_code + 1, sizeof *e->stores);
    e->local = calloc(rows, sizeof *e->local);
    return e->live && e->live_end && e->seen && e->stores && e->local;
}

rsp_status rsp_program_emit(const rsp_program *p, const char *id, FILE *out,
                            rsp_error *err)
{
    if (!is_identifier(id)) {
        return rsp_fail(err, RSP_NAME,
                        "'%s' cannot name a compiled model: letters, digits "
                        "and _ only", id);
    }
    emitter e = {.p = p, .twin = ""};
    rsp_status status = RSP_OK;
    if (!allocate(&e)) {
        status = rsp_fail(err, RSP_NOMEM, "no memory to print a program");
        goto out;
    }
    program(&e, id);
    if (e.out.failed) {
        status = rsp_fail(err, RSP_NOMEM, "no memory to print a program");
    } else if (fwrite(e.out.data, 1, e.out.length, out) != e.out.length) {
        status = rsp_fail(err, RSP_WRITE, "the C text cannot be written");
    }
out:
    free(e.live);
    free(e.live_end);
    free(e.seen);
    free(e.stores);
    free(e.local);
    rsp_text_fini(&e.out);
    return status;
}
