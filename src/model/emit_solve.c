#include "model/emit_solve.h"

#include <math.h>

#include "model/sparse.h"

/* All of a stage is in registers, or spilled from there: beyond this the loops that walk
 * the plan are as fast, and compilers are slow. */
enum { SPECIES_MAX = 32, SLOTS_MAX = 400 };

static bool is_small(const rsp_program *p, const rsp_sparse *plan)
{
    return !plan->too_dense && p->net->n_species <= SPECIES_MAX && plan->n_slots <= SLOTS_MAX;
}

/* f_s from the rates, in order of reactions. */
static void slope(const rsp_program *p, rsp_text *out, uint32_t s)
{
    if (p->drift[s] == UINT32_MAX) {
        rsp_text_printf(out, "        x[%u] = rsp_v8_set(0);\n", s);
    } else {
        rsp_text_printf(out, "        x[%u] = ROW(%u);\n", s, p->drift[s]);
    }
    for (uint32_t r = 0; r < p->net->n_reactions; r++) {
        const rsp_reaction *rx = &p->net->reactions[r];
        for (uint32_t i = 0; i < rx->n_changes; i++) {
            const rsp_change *c = &p->net->changes[rx->first_change + i];
            if (c->species == s) {
                rsp_text_printf(out, "        x[%u] += rsp_v8_set(%a) * a%u;\n", s, c->amount, r);
            }
        }
    }
}

static void slopes(const rsp_program *p, rsp_text *out)
{
    const uint32_t n = p->net->n_species;
    rsp_text_add(out, "    if (s->slope != NULL) {\n");
    for (uint32_t s = 0; s < n; s++) {
        rsp_text_printf(out, "        x[%u] = rsp_v8_load(s->slope + w * %u);\n", s, s);
    }
    rsp_text_add(out, "    } else {\n");
    for (uint32_t s = 0; s < n; s++) {
        rsp_text_printf(out, "        rsp_v8 y%u = rsp_v8_set(0);\n", s);
    }
    rsp_text_add(out, "        for (uint32_t j = 0; j < s->stage; j++) {\n"
                      "            const rsp_v8 g = rsp_v8_set(s->g[j]);\n"
                      "            const double *u = s->u[j] + s->offset;\n");
    for (uint32_t s = 0; s < n; s++) {
        rsp_text_printf(out, "            y%u += g * rsp_v8_load(u + %u);\n", s, 8 * s);
    }
    rsp_text_add(out, "        }\n");
    for (uint32_t r = 0; r < p->net->n_reactions; r++) {
        if (p->net->reactions[r].n_changes > 0) {
            rsp_text_printf(out, "        const rsp_v8 a%u = rsp_v8_above(least, ROW(%u));\n", r,
                            p->rate[r]);
        }
    }
    for (uint32_t s = 0; s < n; s++) {
        slope(p, out, s);
        rsp_text_printf(out, "        x[%u] += inverse * y%u;\n", s, s);
    }
    rsp_text_add(out, "    }\n    if (s->by_time != NULL) {\n");
    for (uint32_t s = 0; s < n; s++) {
        rsp_text_printf(out, "        x[%u] += hd * rsp_v8_load(s->by_time + %u);\n", s, 8 * s);
    }
    rsp_text_add(out, "    }\n");
}

static void take_off(rsp_text *out, const char *twin, uint32_t row, uint32_t slot,
                     uint32_t column)
{
    rsp_text_printf(out, "    x%s[%u] -= rsp_v8_load(lu%s + %u) * x%s[%u];\n", twin, row, twin,
                    8 * slot, twin, column);
}

void rsp_emit_substitution(const rsp_sparse *plan, const char *twin, rsp_text *out)
{
    for (uint32_t k = 0; k < plan->n; k++) {
        for (uint32_t i = plan->left[k]; i < plan->left[k + 1]; i++) {
            take_off(out, twin, plan->pivot[k], plan->left_slot[i], plan->left_column[i]);
        }
    }
    for (uint32_t k = plan->n; k-- > 0;) {
        const uint32_t row = plan->pivot[k];
        for (uint32_t j = plan->upper[k]; j < plan->upper[k + 1]; j++) {
            take_off(out, twin, row, plan->upper_slot[j], plan->upper_column[j]);
        }
        rsp_text_printf(out, "    x%s[%u] = x%s[%u] * rsp_v8_load(lu%s + %u);\n", twin, row,
                        twin, row, twin, 8 * plan->diagonal[k]);
    }
}

/* W from the Jacobian's rows, and its elimination. */
static void elimination(const rsp_program *p, const rsp_sparse *plan, rsp_text *out)
{
    rsp_text_add(out, "static RSP_NOINLINE void eliminate(const double *rows, const double *shift,"
                      " double *lu)\n{\n"
                      "    const size_t w = WIDE;\n"
                      "    const rsp_v8 more = rsp_v8_load(shift), one = rsp_v8_set(1);\n"
                      "    (void)rows;\n    (void)w;\n");
    for (uint32_t i = 0; i < plan->n_blank; i++) {
        rsp_text_printf(out, "    rsp_v8 m%u = rsp_v8_set(0);\n", plan->blank[i]);
    }
    for (uint32_t e = 0; e < p->df.n; e++) {
        rsp_text_printf(out, "    rsp_v8 m%u = -ROW(%u);\n", plan->slot[e], p->df.row[e]);
    }
    rsp_emit_elimination(plan, "", out);
    rsp_text_add(out, "}\n\n");
}

void rsp_emit_elimination(const rsp_sparse *plan, const char *twin, rsp_text *out)
{
    const uint32_t *target = plan->target_slot;
    for (uint32_t k = 0; k < plan->n; k++) {
        const uint32_t d = plan->diagonal[k];
        rsp_text_printf(out, "    m%u%s = one / (m%u%s + more%s);\n", d, twin, d, twin, twin);
        for (uint32_t i = plan->lower[k]; i < plan->lower[k + 1]; i++) {
            const uint32_t l = plan->lower_slot[i];
            rsp_text_printf(out, "    m%u%s = m%u%s * m%u%s;\n", l, twin, l, twin, d, twin);
            for (uint32_t j = plan->upper[k]; j < plan->upper[k + 1]; j++, target++) {
                rsp_text_printf(out, "    m%u%s = m%u%s - m%u%s * m%u%s;\n", *target, twin,
                                *target, twin, l, twin, plan->upper_slot[j], twin);
            }
        }
    }
    for (uint32_t i = 0; i < plan->n_slots; i++) {
        rsp_text_printf(out, "    rsp_v8_store(lu%s + %u, m%u%s);\n", twin, 8 * i, i, twin);
    }
}

static void text(const rsp_program *p, const rsp_sparse *plan, rsp_text *out)
{
    rsp_text_add(out, "static RSP_NOINLINE void solve(const rsp_stage *s)\n{\n"
                      "    const size_t w = WIDE;\n"
                      "    const double *rows = s->rows, *lu = s->lu;\n"
                      "    double *to = s->u[s->stage] + s->offset;\n"
                      "    const rsp_v8 h = rsp_v8_load(s->h), inverse = rsp_v8_set(1) / h;\n"
                      "    const rsp_v8 hd = h * rsp_v8_set(s->d);\n");
    rsp_text_printf(out, "    const rsp_v8 least = rsp_v8_set(%s);\n    rsp_v8 x[%u];\n",
                    p->net->any_sign ? "-__builtin_inf()" : "0", plan->n);
    rsp_text_add(out, "    (void)least;\n    (void)rows;\n    (void)w;\n");
    slopes(p, out);
    rsp_emit_substitution(plan, "", out);
    rsp_emit_each(out, plan->n, "    rsp_v8_store(to + @, x[#]);\n");
    rsp_text_add(out, "}\n\n");
}

void rsp_emit_each(rsp_text *out, uint32_t n, const char *line)
{
    for (uint32_t i = 0; i < n; i++) {
        for (const char *c = line; *c != '\0'; c++) {
            if (*c == '#' || *c == '@') {
                rsp_text_printf(out, "%u", *c == '@' ? 8 * i : i);
            } else {
                const char one[2] = {*c, '\0'};
                rsp_text_add(out, one);
            }
        }
    }
}

bool rsp_emit_solve(rsp_emitter *e, bool *printed, bool *steps)
{
    const rsp_program *p = e->p;
    rsp_sparse plan;
    rsp_arena *arena = rsp_arena_new();
    *printed = *steps = false;
    bool ok = arena != NULL;
    if (ok && p->df.known && p->net->n_species > 0 && p->net->n_species <= SPECIES_MAX) {
        ok = rsp_sparse_new(&plan, &p->df, p->net->n_species, arena);
        *printed = ok && is_small(p, &plan);
    }
    if (*printed) {
        elimination(p, &plan, &e->out);
        text(p, &plan, &e->out);
        *steps = rsp_emit_steps(p);
        if (*steps) {
            rsp_emit_step(e, &plan);
        }
    }
    rsp_arena_free(arena);
    return ok;
}
