/* A whole implicit step as one function, so that values stay in registers from rates to
 * substitution: what implicit_loop.c does loop by loop, to the bit.
 *
 * Each result of a stage waits for the one before, and a division takes longest: so two
 * times eight lanes go through it side by side.  Text is printed once, with ~ behind what
 * belongs to one of the twins, and then each such line is repeated.  Only where eight
 * lanes are a register: elsewhere all is spilled, and compilers take minutes over it. */
#include "model/emit_solve.h"

#include <stdlib.h>
#include <string.h>

/* Beyond these a compiler is slow, and registers are spilled whatever is done. */
enum { SPECIES_MAX = 32, RATES_MAX = 400, JACOBIAN_MAX = 800 };

bool rsp_emit_steps(const rsp_program *p)
{
    return p->df.known && p->net->n_species <= SPECIES_MAX && p->rates.n <= RATES_MAX &&
           p->jacobian.n <= JACOBIAN_MAX;
}

/* Variables for the species, and the statements of a section. */
static void section(rsp_emitter *e, const rsp_section *code)
{
    for (uint32_t row = 0; row < e->p->n_rows; row++) {
        e->local[row] = RSP_NOT_LOCAL;
    }
    for (uint32_t s = 0; s < e->p->net->n_species; s++) {
        const uint32_t row = e->p->species + s;
        rsp_text_printf(&e->out, "    const rsp_v8 r%u~ = x~[%u];\n    (void)r%u~;\n", row, s,
                        row);
        e->local[row] = RSP_LOADED;
    }
    for (uint32_t i = 0; i < code->n; i++) {
        rsp_emit_statement(e, &code->code[i]);
    }
}

static void slope(rsp_emitter *e, uint32_t s)
{
    const rsp_program *p = e->p;
    rsp_text_printf(&e->out, "    f~[%u] = ", s);
    if (p->drift[s] == UINT32_MAX) {
        rsp_text_add(&e->out, "rsp_v8_set(0)");
    } else {
        rsp_emit_operand(e, p->drift[s]);
    }
    rsp_text_add(&e->out, ";\n");
    for (uint32_t r = 0; r < p->net->n_reactions; r++) {
        const rsp_reaction *rx = &p->net->reactions[r];
        for (uint32_t i = 0; i < rx->n_changes; i++) {
            const rsp_change *c = &p->net->changes[rx->first_change + i];
            if (c->species == s) {
                rsp_text_printf(&e->out, "    f~[%u] += rsp_v8_set(%a) * a%u~;\n", s, c->amount,
                                r);
            }
        }
    }
}

/* The rate of a reaction; where signs are looked at, the least of all. */
static void rate(rsp_emitter *e, uint32_t r)
{
    const bool clamps = !e->p->net->any_sign;
    rsp_emit_load(e, e->p->rate[r]);
    rsp_text_printf(&e->out, "    const rsp_v8 a%u~ = %s", r,
                    clamps ? "rsp_v8_above(rsp_v8_set(0), " : "");
    rsp_emit_operand(e, e->p->rate[r]);
    rsp_text_printf(&e->out, "%s;\n    (void)a%u~;\n", clamps ? ")" : "", r);
    if (clamps) {
        rsp_text_add(&e->out, "    low~ = rsp_v8_below(");
        rsp_emit_operand(e, e->p->rate[r]);
        rsp_text_add(&e->out, ", low~);\n");
    }
}

/* f at x; low: the least rate, or 0. */
static void slopes(rsp_emitter *e)
{
    const rsp_program *p = e->p;
    rsp_text_add(&e->out,
                 "RSP_LANE_INLINE void slopes_at(const double *rows, const rsp_v8 *x0,"
                 " const rsp_v8 *x1, rsp_v8 *f0, rsp_v8 *f1, rsp_v8 *to0, rsp_v8 *to1)\n{\n"
                 "    const size_t w = WIDE;\n    rsp_v8 low~ = rsp_v8_set(0);\n"
                 "    (void)rows;\n    (void)w;\n");
    section(e, &p->rates);
    for (uint32_t s = 0; s < p->net->n_species; s++) {
        if (p->drift[s] != UINT32_MAX) {
            rsp_emit_load(e, p->drift[s]);
        }
    }
    for (uint32_t r = 0; r < p->net->n_reactions; r++) {
        rate(e, r);
    }
    for (uint32_t s = 0; s < p->net->n_species; s++) {
        slope(e, s);
    }
    rsp_text_add(&e->out, "    *to~ = low~;\n}\n\n");
}

/* What relaxes counts down to a half; the diagonal's largest entry. */
static void diagonals(rsp_emitter *e)
{
    const rsp_jacobian *df = &e->p->df;
    for (uint32_t s = 0; s < e->p->net->n_species; s++) {
        rsp_text_printf(&e->out, "    keeps~[%u] = one;\n", s);
        for (uint32_t i = df->first[s]; i < df->first[s + 1]; i++) {
            if (df->column[i] == s) {
                rsp_text_add(&e->out, "    most~ = rsp_v8_above(most~, rsp_v8_abs(");
                rsp_emit_operand(e, df->row[i]);
                rsp_text_printf(&e->out, "));\n    keeps~[%u] = one - rsp_v8_below(half, "
                                         "rsp_v8_above(zero, -h~ * ", s);
                rsp_emit_operand(e, df->row[i]);
                rsp_text_add(&e->out, "));\n");
            }
        }
    }
}

static void stores(rsp_emitter *e)
{
    const rsp_jacobian *df = &e->p->df;
    rsp_text_add(&e->out,
                 "    rsp_v8_store(s->most + 8 * ~, most~);\n"
                 "    const rsp_m8 is_far~ = rsp_v8_ge(most~ * h~, rsp_v8_set(s->far));\n"
                 "    const rsp_m8 on~ = rsp_v8_truth(rsp_v8_load(s->on + 8 * ~));\n"
                 "    const rsp_m8 near~ = on~ ^ (on~ & is_far~);\n"
                 "    *s->stores = !s->skims || rsp_m8_any(near0 | near1);\n"
                 "    if (*s->stores) {\n");
    for (uint32_t i = 0; i < df->n; i++) {
        if (e->local[df->row[i]] >= 0) {
            rsp_text_printf(&e->out, "        SET~(%u, ", df->row[i]);
            rsp_emit_operand(e, df->row[i]);
            rsp_text_add(&e->out, ");\n");
        }
    }
    rsp_text_add(&e->out, "    }\n");
}

/* The eliminated matrix at x. */
static void matrix(rsp_emitter *e, const rsp_sparse *plan)
{
    const rsp_jacobian *df = &e->p->df;
    rsp_text_add(&e->out,
                 "RSP_LANE_INLINE void matrix_at(const rsp_whole *s, const rsp_v8 *x0,"
                 " const rsp_v8 *x1, rsp_v8 *keeps0, rsp_v8 *keeps1, double *lu0, double *lu1)\n"
                 "{\n    const size_t w = WIDE;\n    double *rows = s->rows;\n"
                 "    const rsp_v8 more~ = rsp_v8_load(s->shift + 8 * ~);\n"
                 "    const rsp_v8 h~ = rsp_v8_load(s->h + 8 * ~);\n"
                 "    const rsp_v8 one = rsp_v8_set(1), half = rsp_v8_set(0.5);\n"
                 "    const rsp_v8 zero = rsp_v8_set(0);\n    rsp_v8 most~ = zero;\n"
                 "    (void)rows;\n    (void)w;\n    (void)half;\n");
    section(e, &e->p->jacobian);
    for (uint32_t i = 0; i < df->n; i++) {
        rsp_emit_load(e, df->row[i]);
    }
    diagonals(e);
    stores(e);
    for (uint32_t i = 0; i < plan->n_blank; i++) {
        rsp_text_printf(&e->out, "    rsp_v8 m%u~ = zero;\n", plan->blank[i]);
    }
    for (uint32_t i = 0; i < df->n; i++) {
        rsp_text_printf(&e->out, "    rsp_v8 m%u~ = -", plan->slot[i]);
        rsp_emit_operand(e, df->row[i]);
        rsp_text_add(&e->out, ";\n");
    }
    rsp_emit_elimination(plan, "~", &e->out);
    rsp_text_add(&e->out, "}\n\n");
}

static void substitute(const rsp_sparse *plan, rsp_text *out)
{
    rsp_text_add(out, "RSP_LANE_INLINE void substitute(const double *lu0, const double *lu1,"
                      " rsp_v8 *x0, rsp_v8 *x1)\n{\n");
    rsp_emit_substitution(plan, "~", out);
    rsp_text_add(out, "}\n\n");
}

/* Places p and weighted sums y of stage i. */
static void places(rsp_text *out, uint32_t n)
{
    rsp_emit_each(out, n, "        p~[#] = x~[#];\n        y~[#] = rsp_v8_set(0);\n");
    rsp_text_add(out, "        for (uint32_t j = 0; i <= s->tail && j < i; j++) {\n"
                      "            const double *u~ = s->u[j] + offset~;\n"
                      "            const rsp_v8 a = rsp_v8_set(s->a[i * s->apart + j]);\n");
    rsp_emit_each(out, n, "            p~[#] += a * rsp_v8_load(u~ + @);\n");
    rsp_text_add(out, "        }\n        if (i > s->tail) {\n"
                      "            const double *u~ = s->u[i - 1] + offset~;\n");
    rsp_emit_each(out, n, "            p~[#] = rsp_v8_load(end~ + @) + rsp_v8_load(u~ + @);\n");
    rsp_text_add(out, "        }\n        if (i >= s->tail) {\n");
    rsp_emit_each(out, n, "            rsp_v8_store(end~ + @, p~[#]);\n");
    rsp_text_add(out, "        }\n        for (uint32_t j = 0; j < i; j++) {\n"
                      "            const double *u~ = s->u[j] + offset~;\n"
                      "            const rsp_v8 g = rsp_v8_set(s->g[i * s->apart + j]);\n");
    rsp_emit_each(out, n, "            y~[#] += g * rsp_v8_load(u~ + @);\n");
    rsp_text_add(out, "        }\n");
    rsp_emit_each(out, n, "        p~[#] = rsp_v8_above(rsp_v8_set(s->floor[#]), p~[#]);\n");
}

static void stages(rsp_text *out, uint32_t n)
{
    rsp_text_add(out, "    for (uint32_t i = 1; i < s->stages; i++) {\n");
    places(out, n);
    rsp_text_add(out, "        slopes_at(s->rows, p0, p1, f0, f1, &low0, &low1);\n");
    rsp_emit_each(out, n, "        f~[#] += inverse~ * y~[#];\n");
    rsp_text_add(out, "        substitute(lu0, lu1, f0, f1);\n");
    rsp_emit_each(out, n, "        rsp_v8_store(s->u[i] + offset~ + @, f~[#]);\n");
    rsp_text_add(out, "    }\n");
}

/* The solution, and the error, which is what the last stage adds. */
static void verdict(rsp_text *out, uint32_t n)
{
    rsp_text_add(out, "    const rsp_v8 atol = rsp_v8_set(s->atol), rtol = rsp_v8_set(s->rtol);\n"
                      "    rsp_v8 squares~ = rsp_v8_set(0), worst~ = squares~;\n");
    rsp_emit_each(out, n,
                  "    p~[#] = rsp_v8_load(end~ + @) + f~[#];\n"
                  "    rsp_v8_store(end~ + @, p~[#]);\n"
                  "    y~[#] = rsp_v8_above(rsp_v8_abs(x~[#]), rsp_v8_abs(p~[#]));\n"
                  "    f~[#] = rsp_v8_abs(f~[#]) * keeps~[#] / (atol + rtol * y~[#]);\n"
                  "    squares~ += f~[#] * f~[#];\n"
                  "    worst~ = rsp_v8_max(worst~, f~[#]);\n");
    rsp_text_add(out, "    rsp_v8_store(s->squares + 8 * ~, squares~);\n"
                      "    rsp_v8_store(s->worst + 8 * ~, worst~);\n");
}

static void step(rsp_text *out, const rsp_sparse *plan)
{
    const uint32_t n = plan->n;
    rsp_text_printf(out,
                    "static RSP_NOINLINE void step(const rsp_whole *s)\n{\n"
                    "    const size_t w = WIDE;\n    const size_t offset~ = ~ * %u;\n"
                    "    const rsp_v8 inverse~ = rsp_v8_set(1) / rsp_v8_load(s->h + 8 * ~);\n"
                    "    double *end~ = s->end + offset~;\n"
                    "    rsp_v8 x~[%u], f~[%u], p~[%u], y~[%u], keeps~[%u], low~;\n"
                    "    _Alignas(64) double lu~[%u];\n", 8 * n, n, n, n, n, n,
                    8 * plan->n_slots);
    rsp_emit_each(out, n, "    x~[#] = rsp_v8_load(s->x + 8 * ~ + w * #);\n");
    rsp_text_add(out, "    slopes_at(s->rows, x0, x1, f0, f1, &low0, &low1);\n"
                      "    rsp_v8_store(s->lowest + 8 * ~, low~);\n");
    rsp_emit_each(out, n, "    rsp_v8_store(s->slope + 8 * ~ + w * #, f~[#]);\n");
    rsp_text_add(out, "    matrix_at(s, x0, x1, keeps0, keeps1, lu0, lu1);\n"
                      "    substitute(lu0, lu1, f0, f1);\n");
    rsp_emit_each(out, n, "    rsp_v8_store(s->u[0] + offset~ + @, f~[#]);\n");
    stages(out, n);
    verdict(out, n);
    rsp_text_add(out, "}\n\n");
}

/* A line for one of the twins. */
static void line_for(rsp_text *out, const char *line, size_t length, char twin)
{
    for (size_t i = 0; i < length; i++) {
        const char one[2] = {line[i] == '~' ? twin : line[i], '\0'};
        rsp_text_add(out, one);
    }
}

/* Lines from `from` on for both, next to each other. */
static void repeat(rsp_text *out, size_t from)
{
    const size_t length = out->length - from;
    char *text = malloc(length + 1);
    if (text == NULL || out->failed) {
        out->failed = true;
        free(text);
        return;
    }
    memcpy(text, out->data + from, length);
    text[length] = '\0';
    out->length = from;
    for (char *at = text, *end; *at != '\0'; at = end) {
        end = strchr(at, '\n') + 1;
        const size_t n = (size_t)(end - at);
        if (memchr(at, '~', n) == NULL) {
            rsp_text_add_n(out, at, n);
            continue;
        }
        line_for(out, at, n, '0');
        line_for(out, at, n, '1');
    }
    free(text);
}

void rsp_emit_step(rsp_emitter *e, const rsp_sparse *plan)
{
    rsp_text_add(&e->out, "#if RSP_N == 8\n");
    const size_t from = e->out.length;
    e->twin = "~";
    e->remembers = false;
    slopes(e);
    matrix(e, plan);
    substitute(plan, &e->out);
    step(&e->out, plan);
    repeat(&e->out, from);
    rsp_text_add(&e->out, "#define STEP step\n#else\n#define STEP NULL\n#endif\n\n");
    e->twin = "";
}
