#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "made_network.h"
#include "model/bytecode.h"
#include "model/compiled.h"
#include "model/inverse.h"
#include "model/ops.h"
#include "respite/num.h"
#include "respite/program.h"

enum { N_PEOPLE = 40 };

/* ---- Machines of this build and processor. */

typedef void (*runner)(const rsp_machine *, rsp_run, double *);

typedef struct isa {
    const char *name;
    runner bytecode;
    const rsp_compiled *made[2]; /* random networks 1 and 2 */
} isa;

extern const rsp_compiled rsp_model_made_1_base, rsp_model_made_2_base;
#ifdef RSP_ISA_ALL
extern const rsp_compiled rsp_model_made_1_avx2, rsp_model_made_2_avx2,
    rsp_model_made_1_avx512, rsp_model_made_2_avx512;
#endif

static const isa isas[] = {
    {"base", rsp_bytecode_run_base,
     {&rsp_model_made_1_base, &rsp_model_made_2_base}},
#ifdef RSP_ISA_ALL
    {"avx2", rsp_bytecode_run_avx2,
     {&rsp_model_made_1_avx2, &rsp_model_made_2_avx2}},
    {"avx512", rsp_bytecode_run_avx512,
     {&rsp_model_made_1_avx512, &rsp_model_made_2_avx512}},
#endif
};

/* Instruction sets up to the one in use. */
static size_t n_isas(void)
{
    size_t n = 1;
    while (strcmp(isas[n - 1].name, rsp_isa()) != 0) {
        n++;
        assert_true(n <= sizeof isas / sizeof *isas);
    }
    return n;
}

static void run_made(const rsp_machine *machine, rsp_run what, double *rows)
{
    ((const rsp_compiled *)machine->compiled)->run[what](rows);
}

/* ---- People: the leaves of the network, each a function of the person. */

static double leaf_value(const rsp_node *node, uint64_t person)
{
    const uint64_t k = person * 1000 + (uint64_t)node->op * 50 + node->a;
    switch (node->op) {
    case RSP_OP_PARAM: return made_uniform(7, k, 0.05, 3.0);
    case RSP_OP_INPUT: return made_uniform(7, k, 0.0, 1.0);
    case RSP_OP_SPECIES:
        return made_uniform(7, k, -4.0, 1.0) < 0.0
                   ? floor(made_uniform(8, k, 0.0, 20.0))
                   : made_uniform(8, k, 0.0, 1e7);
    case RSP_OP_TIME: return made_uniform(7, k, 0.0, 100.0);
    case RSP_OP_AFTER: return made_uniform(7, k, 0.0, 1.0) < 0.5 ? 0.0 : 1.0;
    case RSP_OP_SINCE: return made_uniform(7, k, 0.0, 50.0);
    case RSP_OP_ARG: return made_uniform(7, k, 1.0, 1e6);
    default: return (double)NAN;
    }
}

static void set_group(const rsp_frame *frame, uint32_t lane, uint32_t first,
                      rsp_op op, uint32_t n, uint64_t person)
{
    for (uint32_t i = 0; i < n; i++) {
        const rsp_node node = {.op = op, .a = i};
        frame->rows[(size_t)(first + i) * frame->width + lane] =
            leaf_value(&node, person);
    }
}

static void seat(const rsp_program *p, const rsp_frame *frame, uint32_t lane,
                 uint64_t person)
{
    const rsp_network *net = p->net;
    set_group(frame, lane, p->params, RSP_OP_PARAM, net->n_params, person);
    set_group(frame, lane, p->inputs, RSP_OP_INPUT, net->n_inputs, person);
    set_group(frame, lane, p->species, RSP_OP_SPECIES, net->n_species, person);
    set_group(frame, lane, p->time, RSP_OP_TIME, 1, person);
    set_group(frame, lane, p->afters, RSP_OP_AFTER, net->n_afters, person);
    set_group(frame, lane, p->sinces, RSP_OP_SINCE, net->n_actions, person);
    set_group(frame, lane, p->arg, RSP_OP_ARG, 1, person);
}

/* ---- Outputs of one lane, in one order. */

typedef struct outputs {
    double v[1024];
    size_t n;
    double slope[4096]; /* derivatives; left out by the naive evaluator */
    size_t n_slopes;
} outputs;

static void take(outputs *out, const rsp_frame *frame, uint32_t lane,
                 const uint32_t *rows, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        assert_true(out->n < sizeof out->v / sizeof *out->v);
        out->v[out->n++] =
            rows[i] == UINT32_MAX
                ? 12345.0
                : frame->rows[(size_t)rows[i] * frame->width + lane];
    }
}

static void take_all(outputs *out, const rsp_program *p, const rsp_frame *frame,
                     uint32_t lane)
{
    const rsp_network *net = p->net;
    take(out, frame, lane, p->rate, net->n_reactions);
    take(out, frame, lane, p->drift, net->n_species);
    take(out, frame, lane, p->initial_a, net->n_species);
    take(out, frame, lane, p->initial_b, net->n_species);
    take(out, frame, lane, p->observed, net->n_observables);
    take(out, frame, lane, p->delay, net->n_afters);
    take(out, frame, lane, p->derived, net->n_derived);
    take(out, frame, lane, p->assigned, net->n_assigns);
    take(out, frame, lane, p->trigger, net->n_events);
    take(out, frame, lane, p->event_delay, net->n_events);
    take(out, frame, lane, p->event_priority, net->n_events);
    for (uint32_t k = 0; k < net->n_roots; k++) {
        take(out, frame, lane, &p->roots[k].solution, 1);
    }
    for (uint32_t i = 0; i < p->n_guards; i++) { /* not the naive evaluator's */
        out->slope[out->n_slopes++] =
            frame->rows[(size_t)p->guards[i].row * frame->width + lane];
    }
    const uint32_t *const slopes[] = {p->df.row, p->df.by_time};
    const uint32_t n_slopes[] = {p->df.n, net->n_species};
    for (int k = 0; k < 2; k++) {
        for (uint32_t i = 0; i < n_slopes[k]; i++) {
            assert_true(out->n_slopes < sizeof out->slope / sizeof *out->slope);
            out->slope[out->n_slopes++] =
                slopes[k][i] == UINT32_MAX
                    ? 0.0
                    : frame->rows[(size_t)slopes[k][i] * frame->width + lane];
        }
    }
}

static void run_all(const rsp_machine *machine, double *rows)
{
    machine->run(machine, RSP_RUN_PREPARE, rows);
    machine->run(machine, RSP_RUN_RATES, rows);
    machine->run(machine, RSP_RUN_OBSERVE, rows);
    machine->run(machine, RSP_RUN_ACT, rows);
    machine->run(machine, RSP_RUN_JACOBIAN, rows);
    machine->run(machine, RSP_RUN_WATCH, rows);
}

/* Everyone's outputs, seated in blocks in order `stride`: person i * stride. */
static void run_people(const rsp_machine *machine, uint64_t stride,
                       outputs *out)
{
    rsp_frame frame;
    assert_int_equal(rsp_frame_new(machine, &frame, NULL), RSP_OK);
    memset(out, 0, N_PEOPLE * sizeof *out);
    for (uint32_t first = 0; first < N_PEOPLE; first += machine->width) {
        for (uint32_t l = 0; l < machine->width; l++) {
            seat(machine->program, &frame, l, (first + l) * stride % N_PEOPLE);
        }
        run_all(machine, frame.rows);
        for (uint32_t l = 0; l < machine->width && first + l < N_PEOPLE; l++) {
            take_all(&out[(first + l) * stride % N_PEOPLE], machine->program,
                     &frame, l);
        }
    }
    rsp_frame_free(&frame);
}

static bool same_bits(double x, double y)
{
    uint64_t a, b;
    memcpy(&a, &x, sizeof a);
    memcpy(&b, &y, sizeof b);
    return a == b || (isnan(x) && isnan(y)); /* a NaN's sign means nothing */
}

static void expect_same(const outputs *x, const outputs *y, const char *what)
{
    for (size_t person = 0; person < N_PEOPLE; person++) {
        assert_int_equal(x[person].n, y[person].n);
        for (size_t i = 0; i < x[person].n; i++) {
            if (!same_bits(x[person].v[i], y[person].v[i])) {
                fail_msg("%s: person %zu, output %zu: %a is not %a", what,
                         person, i, x[person].v[i], y[person].v[i]);
            }
        }
        for (size_t i = 0; i < x[person].n_slopes && i < y[person].n_slopes; i++) {
            if (!same_bits(x[person].slope[i], y[person].slope[i])) {
                fail_msg("%s: person %zu, slope %zu: %a is not %a", what, person, i,
                         x[person].slope[i], y[person].slope[i]);
            }
        }
    }
}

/* ---- The naive evaluator: one person, one node after another. */

typedef struct naive {
    double v;
    bool constant;
} naive;

static naive number(double v)
{
    return (naive){v, true};
}

static bool is(naive x, double v)
{
    return x.constant && x.v == v;
}

/* The powers that lowering writes as products. */
static double naive_power(double x, double y)
{
    return y == 0.0    ? 1.0
           : y == 1.0  ? x
           : y == 0.5  ? sqrt(x)
           : y == 1.5  ? x * sqrt(x)
           : y == -1.0 ? 1.0 / x
           : y == -2.0 ? 1.0 / (x * x)
           : y == 2.0  ? x * x
           : y == 3.0  ? x * x * x
           : y == 4.0  ? (x * x) * (x * x)
                       : rsp_pow(x, y);
}

static double naive_min(double x, double y)
{
    return isnan(x) || isnan(y) ? (double)NAN : x < y ? x : y;
}

static double naive_max(double x, double y)
{
    return isnan(x) || isnan(y) ? (double)NAN : x > y ? x : y;
}

static naive naive_binary(rsp_op op, naive x, naive y)
{
    const bool both = x.constant && y.constant;
    switch (op) {
    case RSP_OP_ADD:
        return is(x, 0.0)   ? y
               : is(y, 0.0) ? x
                            : (naive){x.v + y.v, both};
    case RSP_OP_SUB: return is(y, 0.0) ? x : (naive){x.v - y.v, both};
    case RSP_OP_MUL:
        return is(x, 0.0) || is(y, 0.0) ? number(0.0)
               : is(x, 1.0)             ? y
               : is(y, 1.0)             ? x
                                        : (naive){x.v * y.v, both};
    case RSP_OP_DIV: return is(y, 1.0) ? x : (naive){x.v / y.v, both};
    case RSP_OP_POW:
        return is(x, 1.0) || is(y, 0.0)
                   ? number(1.0)
                   : (naive){y.constant ? naive_power(x.v, y.v)
                                        : rsp_pow(x.v, y.v),
                             both};
    case RSP_OP_MIN: return (naive){naive_min(x.v, y.v), both};
    case RSP_OP_MAX: return (naive){naive_max(x.v, y.v), both};
    case RSP_OP_LT: return (naive){x.v < y.v, both};
    case RSP_OP_LE: return (naive){x.v <= y.v, both};
    case RSP_OP_EQ: return (naive){x.v == y.v, both};
    case RSP_OP_NE: return (naive){x.v != y.v, both};
    case RSP_OP_AND: return (naive){x.v != 0.0 && y.v != 0.0, both};
    case RSP_OP_OR: return (naive){x.v != 0.0 || y.v != 0.0, both};
    default: fail_msg("not binary: %d", (int)op); return x;
    }
}

static bool leaf_varies(rsp_op op)
{
    return op == RSP_OP_INPUT || op == RSP_OP_SPECIES || op == RSP_OP_TIME ||
           op == RSP_OP_AFTER || op == RSP_OP_SINCE || op == RSP_OP_ARG;
}

/* Whether node i may change while a person runs. */
static bool node_varies(const rsp_node *node, const naive *v, const bool *varies)
{
    const unsigned n = node->op == RSP_OP_ROOT ? 0 : rsp_op_arity(node->op);
    if (node->op == RSP_OP_SELECT && v[node->a].constant) {
        return varies[v[node->a].v != 0.0 ? node->b : node->c];
    }
    return leaf_varies(node->op) || (n > 0 && varies[node->a]) || (n > 1 && varies[node->b]) ||
           (n > 2 && varies[node->c]);
}

/* With an inverse where lowering takes one (model/inverse.h). */
static naive naive_quotient(const rsp_node *node, const naive *v, const bool *varies,
                            uint8_t kind)
{
    const naive x = v[node->a], y = v[node->b];
    const bool lives = varies[node->a] || varies[node->b];
    const bool inverts = kind == RSP_QUOTIENT_SHARED ||
                         (kind == RSP_QUOTIENT_ALONE && !varies[node->b]);
    return lives && inverts && !is(y, 1.0)
               ? naive_binary(RSP_OP_MUL, x, (naive){1.0 / y.v, y.constant})
               : naive_binary(RSP_OP_DIV, x, y);
}

static naive naive_node(const rsp_node *node, const naive *v, uint64_t person,
                        const double *solutions)
{
    const naive x = v[node->a < MADE_MAX ? node->a : 0];
    switch (node->op) {
    case RSP_OP_CONST: return number(node->value);
    case RSP_OP_ROOT: return (naive){solutions[node->a], false};
    case RSP_OP_PARAM: case RSP_OP_INPUT: case RSP_OP_SPECIES: case RSP_OP_TIME:
    case RSP_OP_AFTER: case RSP_OP_SINCE: case RSP_OP_ARG: case RSP_OP_ROOTVAR:
        return (naive){leaf_value(node, person), false};
    case RSP_OP_NEG: return (naive){-x.v, x.constant};
    case RSP_OP_EXP: return (naive){rsp_exp(x.v), x.constant};
    case RSP_OP_LOG: return (naive){rsp_log(x.v), x.constant};
    case RSP_OP_SQRT: return (naive){sqrt(x.v), x.constant};
    case RSP_OP_ABS: return (naive){fabs(x.v), x.constant};
    case RSP_OP_FLOOR: return (naive){floor(x.v), x.constant};
    case RSP_OP_NOT: return (naive){x.v == 0.0, x.constant};
    case RSP_OP_SELECT: {
        const naive chosen = x.v != 0.0 ? v[node->b] : v[node->c];
        return (naive){chosen.v,
                       x.constant ? chosen.constant
                                  : false};
    }
    default: return naive_binary(node->op, x, v[node->b]);
    }
}

static void put(outputs *out, const naive *v, rsp_expr expr)
{
    out->v[out->n++] = expr == RSP_NO_EXPR ? 12345.0 : v[expr].v;
}

/* Solutions of roots are taken as given; other tests judge them. */
static void naive_person(const rsp_network *net, uint64_t person,
                         const double *solutions, outputs *out)
{
    static naive v[MADE_MAX];
    static bool varies[MADE_MAX];
    static uint8_t kind[MADE_MAX];
    assert_true(rsp_quotients(net, kind));
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        const rsp_node *node = &net->nodes[i];
        v[i] = node->op == RSP_OP_DIV ? naive_quotient(node, v, varies, kind[i])
                                      : naive_node(node, v, person, solutions);
        varies[i] = node_varies(node, v, varies) && !v[i].constant;
    }
    for (uint32_t r = 0; r < net->n_reactions; r++) {
        put(out, v, net->reactions[r].rate);
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        put(out, v, net->species[s].rate);
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        put(out, v, net->species[s].a);
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        const rsp_species *sp = &net->species[s];
        const bool has_b = sp->draw != RSP_DRAW_VALUE &&
                           sp->draw != RSP_DRAW_POISSON;
        put(out, v, has_b ? sp->b : RSP_NO_EXPR);
    }
    for (uint32_t i = 0; i < net->n_observables; i++) {
        put(out, v, net->observables[i].expr);
    }
    for (uint32_t i = 0; i < net->n_afters; i++) {
        put(out, v, net->afters[i].delay);
    }
    for (uint32_t i = 0; i < net->n_derived; i++) {
        put(out, v, net->derived[i].expr);
    }
    for (uint32_t i = 0; i < net->n_assigns; i++) {
        put(out, v, net->assigns[i].value);
    }
    for (uint32_t i = 0; i < net->n_events; i++) {
        put(out, v, net->events[i].trigger);
    }
    for (uint32_t i = 0; i < net->n_events; i++) {
        put(out, v, net->events[i].delay);
    }
    for (uint32_t i = 0; i < net->n_events; i++) {
        put(out, v, net->events[i].priority);
    }
    for (uint32_t k = 0; k < net->n_roots; k++) {
        out->v[out->n++] = solutions[k];
    }
}

/* ---- Random programs. */

static rsp_program *lowered(const made_network *made)
{
    rsp_error err = {0};
    rsp_program *p = NULL;
    if (rsp_program_new(&made->net, &p, &err) != RSP_OK) {
        fail_msg("lowering: %s", err.message);
    }
    return p;
}

static rsp_machine bytecode(const rsp_program *p, size_t which, uint32_t width)
{
    return (rsp_machine){.program = p, .width = width, .kind = "bytecode",
                         .run = isas[which].bytecode};
}

static void expect_naive(const rsp_program *p, const outputs *got)
{
    static outputs naive_out[N_PEOPLE];
    memset(naive_out, 0, sizeof naive_out);
    for (size_t person = 0; person < N_PEOPLE; person++) {
        const double *solutions =
            got[person].v + got[person].n - p->net->n_roots;
        naive_person(p->net, person, solutions, &naive_out[person]);
    }
    expect_same(got, naive_out, "bytecode against one node at a time");
}

static void every_machine_gives_the_bits_of_one_node_at_a_time(void **state)
{
    (void)state;
    static outputs first[N_PEOPLE], other[N_PEOPLE];
    static const uint32_t widths[] = {8, 32, 40};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        made_network *made = made_network_random(seed);
        rsp_program *p = lowered(made);
        const rsp_machine m = bytecode(p, 0, 8);
        run_people(&m, 1, first);
        expect_naive(p, first);
        for (size_t which = 0; which < n_isas(); which++) {
            for (size_t w = 0; w < 3; w++) {
                const rsp_machine n = bytecode(p, which, widths[w]);
                run_people(&n, 1, other);
                expect_same(first, other, isas[which].name);
            }
            if (seed <= 2) {
                const rsp_compiled *c = isas[which].made[seed - 1];
                assert_string_equal(c->sha256, p->sha256);
                const rsp_machine n = {.program = p, .width = 8, .kind = "compiled",
                                       .run = run_made, .run_eight = run_made, .compiled = c};
                run_people(&n, 1, other);
                expect_same(first, other, "compiled");
            }
        }
        rsp_program_free(p);
        free(made);
    }
}

/* ---- The shipped model. */

/* Near the medians, where its roots have solutions. */
static void seat_near_medians(const rsp_program *p, const rsp_frame *frame)
{
    for (uint32_t l = 0; l < frame->width; l++) {
        seat(p, frame, l, l);
        for (uint32_t i = 0; i < p->net->n_params; i++) {
            frame->rows[(size_t)(p->params + i) * frame->width + l] =
                p->net->params[i].value *
                made_uniform(9, (uint64_t)i * 64 + l, 0.97, 1.03);
        }
    }
}

/* Eight people near the medians, as one machine sees them. */
static void run_shipped(const rsp_machine *machine, outputs *out)
{
    rsp_frame frame;
    assert_int_equal(rsp_frame_new(machine, &frame, NULL), RSP_OK);
    seat_near_medians(machine->program, &frame);
    run_all(machine, frame.rows);
    memset(out, 0, N_PEOPLE * sizeof *out);
    for (uint32_t l = 0; l < machine->width; l++) {
        take_all(&out[l], machine->program, &frame, l);
    }
    rsp_frame_free(&frame);
}

static void the_shipped_model_runs_as_compiled_with_the_bits_of_bytecode(void **state)
{
    (void)state;
    static outputs first[N_PEOPLE], other[N_PEOPLE];
    rsp_error err = {0};
    rsp_model *model = NULL;
    rsp_program *p = NULL;
    assert_int_equal(rsp_model_load("hiv_car_t", NULL, &model, &err), RSP_OK);
    assert_int_equal(rsp_program_new(rsp_model_network(model), &p, &err), RSP_OK);
    assert_string_equal(rsp_machine_for(p, false).kind, "compiled");
    assert_string_equal(rsp_machine_for(p, true).kind, "bytecode");
    const rsp_machine m = bytecode(p, 0, 8);
    run_shipped(&m, first);
    for (uint32_t k = 0; k < p->net->n_roots; k++) {
        assert_false(isnan(first[0].v[first[0].n - 1 - k]));
    }
    for (size_t which = 0; which < n_isas(); which++) {
        const rsp_compiled *c = rsp_compiled_find(p->sha256, isas[which].name);
        assert_non_null(c);
        const rsp_machine compiled = {.program = p, .width = 8, .kind = "compiled",
                                      .run = run_made, .run_eight = run_made, .compiled = c};
        run_shipped(&compiled, other);
        expect_same(first, other, isas[which].name);
    }
    rsp_program_free(p);
    rsp_model_free(model);
}

static void a_lane_does_not_know_its_neighbours(void **state)
{
    (void)state;
    static outputs first[N_PEOPLE], other[N_PEOPLE];
    made_network *made = made_network_random(3);
    rsp_program *p = lowered(made);
    const rsp_machine m = bytecode(p, n_isas() - 1, 8);
    run_people(&m, 1, first);
    for (uint64_t stride = 3; stride < N_PEOPLE; stride += 4) {
        if (stride % 5 != 0) { /* coprime to 40: a permutation */
            run_people(&m, stride, other);
            expect_same(first, other, "packed otherwise");
        }
    }
    rsp_program_free(p);
    free(made);
}

static void lowering_twice_gives_the_same_program(void **state)
{
    (void)state;
    made_network *made = made_network_random(4);
    rsp_program *p = lowered(made);
    rsp_program *q = lowered(made);
    assert_string_equal(p->sha256, q->sha256);
    made->nodes[made->net.n_nodes - 1].op = RSP_OP_CONST;
    made->nodes[made->net.n_nodes - 1].value = 3.25;
    made_reaction(made, made->net.n_nodes - 1);
    rsp_program *changed = lowered(made);
    assert_string_not_equal(p->sha256, changed->sha256);
    rsp_program_free(p);
    rsp_program_free(q);
    rsp_program_free(changed);
    free(made);
}

/* ---- Hoisting, sharing, dropping. */

/* k = p0 * exp(p1) + p2, constant per participant. */
static rsp_expr per_participant(made_network *made)
{
    const rsp_expr e =
        made_op(made, RSP_OP_EXP, made_leaf(made, RSP_OP_PARAM, 1), 0, 0);
    const rsp_expr product =
        made_op(made, RSP_OP_MUL, made_leaf(made, RSP_OP_PARAM, 0), e, 0);
    return made_op(made, RSP_OP_ADD, product, made_leaf(made, RSP_OP_PARAM, 2),
                   0);
}

static void what_is_constant_per_participant_leaves_nothing_in_rates(void **state)
{
    (void)state;
    made_network *made = made_network_new(3, 0, 1);
    made_reaction(made, per_participant(made));
    rsp_program *p = lowered(made);
    assert_int_equal(p->rates.n, 0);
    assert_int_equal(p->prepare.n, 3);
    rsp_program_free(p);
    const rsp_expr s = made_leaf(made, RSP_OP_SPECIES, 0);
    made_reaction(made, made_op(made, RSP_OP_MUL, per_participant(made), s, 0));
    p = lowered(made);
    assert_int_equal(p->rates.n, 1);
    assert_int_equal(p->prepare.n, 3);
    rsp_program_free(p);
    free(made);
}

static void equal_expressions_are_computed_once_a_section(void **state)
{
    (void)state;
    made_network *made = made_network_new(1, 0, 2);
    for (int i = 0; i < 2; i++) { /* two copies of the same nodes */
        const rsp_expr sum = made_op(
            made, RSP_OP_ADD, made_leaf(made, RSP_OP_SPECIES, 0),
            made_leaf(made, RSP_OP_SPECIES, 1), 0);
        const rsp_expr rate = made_op(made, RSP_OP_MUL, sum,
                                      made_leaf(made, RSP_OP_PARAM, 0), 0);
        made_reaction(made, rate);
        made_observable(made, rate);
    }
    rsp_program *p = lowered(made);
    assert_int_equal(p->rates.n, 2);
    assert_int_equal(p->observe.n, 2);
    assert_int_equal(p->rate[0], p->rate[1]);
    rsp_program_free(p);
    free(made);
}

static void what_nothing_reads_is_dropped(void **state)
{
    (void)state;
    made_network *made = made_network_new(3, 0, 1);
    (void)per_participant(made);
    const uint32_t k = made_root_begin(made);
    (void)made_root_end(made, k, made_number(made, 0.0), made_number(made, 1.0),
                        made_leaf(made, RSP_OP_ROOTVAR, k));
    made_reaction(made, made_leaf(made, RSP_OP_SPECIES, 0));
    rsp_program *p = lowered(made);
    assert_int_equal(p->n_code, 0);
    assert_int_equal(p->rate[0], p->species); /* shares the species' row */
    assert_int_equal(p->roots[0].solution, UINT32_MAX);
    rsp_program_free(p);
    free(made);
}

static void a_long_sum_needs_few_rows(void **state)
{
    (void)state;
    made_network *made = made_network_new(1, 0, 200);
    const rsp_expr x = made_leaf(made, RSP_OP_PARAM, 0);
    rsp_expr sum = made_number(made, 0.0);
    for (uint32_t s = 0; s < 200; s++) {
        const rsp_expr product =
            made_op(made, RSP_OP_DIV, made_leaf(made, RSP_OP_SPECIES, s), x, 0);
        sum = made_op(made, RSP_OP_ADD, sum, product, 0);
    }
    made_reaction(made, sum);
    rsp_program *p = lowered(made);
    assert_int_equal(p->rates.n, 399);
    assert_true(p->n_rows - p->temporaries <= 2);
    rsp_program_free(p);
    free(made);
}

static void actions_are_computed_from_the_state_before(void **state)
{
    (void)state;
    made_network *made = made_network_new(0, 0, 2);
    const rsp_expr s0 = made_leaf(made, RSP_OP_SPECIES, 0);
    const rsp_expr s1 = made_leaf(made, RSP_OP_SPECIES, 1);
    const rsp_expr arg = made_leaf(made, RSP_OP_ARG, 0);
    made_assign(made, 0, made_op(made, RSP_OP_ADD, s1, arg, 0));
    made_assign(made, 1, s0); /* shares the row of species 0 */
    rsp_program *p = lowered(made);
    const rsp_machine m = bytecode(p, 0, 8);
    rsp_frame frame;
    assert_int_equal(rsp_frame_new(&m, &frame, NULL), RSP_OK);
    for (uint32_t l = 0; l < 8; l++) {
        frame.rows[p->species * 8 + l] = 1.0 + l;
        frame.rows[(p->species + 1) * 8 + l] = 100.0;
        frame.rows[p->arg * 8 + l] = 0.5;
    }
    m.run(&m, RSP_RUN_ACT, frame.rows);
    for (uint32_t l = 0; l < 8; l++) {
        assert_true(frame.rows[p->assigned[0] * 8 + l] == 100.5);
        assert_true(frame.rows[p->assigned[1] * 8 + l] == 1.0 + l);
        assert_true(frame.rows[p->species * 8 + l] == 1.0 + l);
    }
    rsp_frame_free(&frame);
    rsp_program_free(p);
    free(made);
}

/* ---- Roots. */

typedef double (*closed_form)(double p);

/* Solve for eight values of parameter 0 and compare. */
static void expect_root(made_network *made, rsp_expr root, const double x[8],
                        closed_form solution)
{
    made_derived(made, root);
    rsp_program *p = lowered(made);
    for (size_t which = 0; which < n_isas(); which++) {
        const rsp_machine m = bytecode(p, which, 8);
        rsp_frame frame;
        assert_int_equal(rsp_frame_new(&m, &frame, NULL), RSP_OK);
        memcpy(frame.rows + (size_t)p->params * 8, x, 8 * sizeof *x);
        m.run(&m, RSP_RUN_PREPARE, frame.rows);
        for (int l = 0; l < 8; l++) {
            const double got = frame.rows[(size_t)p->derived[0] * 8 + l];
            const double wanted = solution(x[l]);
            /* The bracket ends at four units in the last place; what is left
             * is rounding in f, a few more where f is well conditioned. */
            if (!(fabs(got - wanted) <= 4e-15 * fabs(wanted)) &&
                !(isnan(got) && isnan(wanted))) {
                fail_msg("%s, lane %d: %.17g is not %.17g", isas[which].name, l,
                         got, wanted);
            }
        }
        rsp_frame_free(&frame);
    }
    rsp_program_free(p);
    free(made);
}

static const double some[8] = {1e-6, 0.3, 1.0, 2.0, 17.0, 1e3, 123456.0, 9e5};

static double square_root_or_none(double x)
{
    return x <= 1e12 && x >= 0.0 ? sqrt(x) : (double)NAN;
}

/* x^2 = p, x in low .. high. */
static rsp_expr square_root_in(made_network *made, rsp_expr p, double low,
                               double high)
{
    const uint32_t k = made_root_begin(made);
    const rsp_expr x = made_leaf(made, RSP_OP_ROOTVAR, k);
    const rsp_expr f = made_op(made, RSP_OP_SUB,
                               made_op(made, RSP_OP_MUL, x, x, 0), p, 0);
    return made_root_end(made, k, made_number(made, low),
                         made_number(made, high), f);
}

static rsp_expr square_root(made_network *made, rsp_expr p, double low)
{
    return square_root_in(made, p, low, 1e6);
}

static void a_root_finds_the_closed_form(void **state)
{
    (void)state;
    made_network *made = made_network_new(1, 0, 0);
    expect_root(made, square_root(made, made_leaf(made, RSP_OP_PARAM, 0), 0.0),
                some, square_root_or_none);
    made = made_network_new(1, 0, 0); /* ends of one sign, far apart */
    expect_root(made,
                square_root(made, made_leaf(made, RSP_OP_PARAM, 0), 1e-12),
                some, square_root_or_none);
}

static void a_root_between_ends_six_hundred_decades_apart_is_found(void **state)
{
    (void)state;
    static const double x[8] = {1e-200, 1e-100, 1e-20, 2.0, 3e7, 1e9, 1e10, 1e11};
    made_network *made = made_network_new(1, 0, 0);
    expect_root(made,
                square_root_in(made, made_leaf(made, RSP_OP_PARAM, 0), 1e-300,
                               1e300),
                x, square_root_or_none);
}

static void a_root_at_an_end_is_that_end(void **state)
{
    (void)state;
    static const double ends[8] = {0.0, 1e12, 0.0, 1.0, 1e12, 4.0, 0.0, 0.0};
    made_network *made = made_network_new(1, 0, 0);
    expect_root(made, square_root(made, made_leaf(made, RSP_OP_PARAM, 0), 0.0),
                ends, square_root_or_none);
}

static void a_root_without_a_change_of_sign_is_nan_in_its_lane_only(void **state)
{
    (void)state;
    static const double mixed[8] = {4.0, -1.0, 2e12, 9.0, -5.0, 1.0, 3e15, 2.0};
    made_network *made = made_network_new(1, 0, 0);
    expect_root(made, square_root(made, made_leaf(made, RSP_OP_PARAM, 0), 0.0),
                mixed, square_root_or_none);
}

static double natural_log(double x)
{
    return log(x);
}

static void a_root_of_a_stiff_function_is_found(void **state)
{
    (void)state; /* exp(x) = p, x in -700 .. 700: f spans 600 decades */
    static const double x[8] = {1e-300, 1e-9, 0.5, 3.0, 1e5, 1e40, 1e200, 1e300};
    made_network *made = made_network_new(1, 0, 0);
    const uint32_t k = made_root_begin(made);
    const rsp_expr f = made_op(
        made, RSP_OP_SUB,
        made_op(made, RSP_OP_EXP, made_leaf(made, RSP_OP_ROOTVAR, k), 0, 0),
        made_leaf(made, RSP_OP_PARAM, 0), 0);
    expect_root(made,
                made_root_end(made, k, made_number(made, -700.0),
                              made_number(made, 700.0), f),
                x, natural_log);
}

static double itself(double x)
{
    return x;
}

/* x = sqrt(x * p) has the solution p; the square root is a root itself, in the
 * body of the other, as is a product that only the outer one needs. */
static void a_root_within_a_root_is_solved(void **state)
{
    (void)state;
    made_network *made = made_network_new(1, 0, 0);
    const rsp_expr p = made_leaf(made, RSP_OP_PARAM, 0);
    const uint32_t outer = made_root_begin(made);
    const rsp_expr x = made_leaf(made, RSP_OP_ROOTVAR, outer);
    const rsp_expr xp = made_op(made, RSP_OP_MUL, x, p, 0);
    const rsp_expr y = square_root(made, xp, 0.0);
    const rsp_expr f = made_op(made, RSP_OP_SUB, x, y, 0);
    expect_root(made,
                made_root_end(made, outer, made_number(made, 1e-9),
                              made_number(made, 1e6), f),
                some, itself);
}

static void the_failed_root_can_be_named(void **state)
{
    (void)state;
    made_network *made = made_network_new(1, 0, 0);
    const rsp_expr p = made_leaf(made, RSP_OP_PARAM, 0);
    const rsp_expr good = square_root(made, p, 0.0);
    const rsp_expr bad = square_root(
        made, made_op(made, RSP_OP_NEG, p, 0, 0), 0.0);
    made_reaction(made, made_op(made, RSP_OP_ADD, good, bad, 0));
    rsp_program *program = lowered(made);
    const rsp_machine m = bytecode(program, 0, 8);
    rsp_frame frame;
    assert_int_equal(rsp_frame_new(&m, &frame, NULL), RSP_OK);
    frame.rows[(size_t)program->params * 8] = 4.0;
    m.run(&m, RSP_RUN_PREPARE, frame.rows);
    assert_true(frame.rows[(size_t)program->roots[0].solution * 8] == 2.0);
    assert_true(isnan(frame.rows[(size_t)program->roots[1].solution * 8]));
    rsp_frame_free(&frame);
    rsp_program_free(program);
    free(made);
}

/* ---- Refusals. */

static void expect_refusal(made_network *made, rsp_status code,
                           const char *words)
{
    rsp_error err = {0};
    rsp_program *p = NULL;
    assert_int_equal(rsp_program_new(&made->net, &p, &err), code);
    assert_null(p);
    assert_non_null(strstr(err.message, words));
    free(made);
}

static void what_must_be_constant_may_not_depend_on_the_state(void **state)
{
    (void)state;
    made_network *made = made_network_new(0, 0, 1);
    made->species[0].a = made_leaf(made, RSP_OP_TIME, 0);
    expect_refusal(made, RSP_RANGE, "initial value of 'S'");
    made = made_network_new(0, 0, 1);
    made_reaction(made, square_root(made, made_leaf(made, RSP_OP_SPECIES, 0),
                                    0.0));
    expect_refusal(made, RSP_RANGE, "root 'a root'");
    made = made_network_new(0, 0, 1);
    (void)made_root_begin(made);
    made_reaction(made, made_leaf(made, RSP_OP_ROOTVAR, 0));
    expect_refusal(made, RSP_INTERNAL, "outside");
}

/* ---- Derivatives. */

/* f of every species in lane 0, with species `s` (or the time and what is since)
 * moved by `by`. */
static void moved_f(const rsp_machine *m, const rsp_frame *frame, uint32_t s, double by,
                    double *f)
{
    const rsp_program *p = m->program;
    const rsp_network *net = p->net;
    const bool by_time = s == UINT32_MAX;
    const uint32_t first = by_time ? p->sinces : p->species + s;
    const uint32_t n = by_time ? net->n_actions : 1;
    for (uint32_t i = 0; i < n; i++) {
        frame->rows[(size_t)(first + i) * frame->width] += by;
    }
    frame->rows[(size_t)p->time * frame->width] += by_time ? by : 0;
    m->run(m, RSP_RUN_RATES, frame->rows);
    for (uint32_t i = 0; i < net->n_species; i++) {
        f[i] = p->drift[i] == UINT32_MAX
                   ? 0 : frame->rows[(size_t)p->drift[i] * frame->width];
    }
    for (uint32_t r = 0; r < net->n_reactions; r++) {
        const rsp_reaction *rx = &net->reactions[r];
        for (uint32_t i = 0; i < rx->n_changes; i++) {
            const rsp_change *c = &net->changes[rx->first_change + i];
            f[c->species] += c->amount * frame->rows[(size_t)p->rate[r] * frame->width];
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        frame->rows[(size_t)(first + i) * frame->width] -= by;
    }
    frame->rows[(size_t)p->time * frame->width] -= by_time ? by : 0;
}

static double slope_of(const rsp_program *p, const rsp_frame *frame, uint32_t row,
                       uint32_t column)
{
    if (column == UINT32_MAX) {
        return p->df.by_time[row] == UINT32_MAX
                   ? 0 : frame->rows[(size_t)p->df.by_time[row] * frame->width];
    }
    for (uint32_t e = p->df.first[row]; e < p->df.first[row + 1]; e++) {
        if (p->df.column[e] == column) {
            return frame->rows[(size_t)p->df.row[e] * frame->width];
        }
    }
    return 0;
}

/* Central differences over h and 2 h: what they differ by bounds what the first
 * is off, but for rounding, which is f's last digits over h. */
static void expect_slopes(const rsp_machine *m, const rsp_frame *frame, uint32_t column,
                          double h)
{
    enum { MOST = 64 };
    const rsp_program *p = m->program;
    const uint32_t n = p->net->n_species;
    double f[4][MOST];
    assert_true(n <= MOST);
    m->run(m, RSP_RUN_JACOBIAN, frame->rows);
    double slope[MOST];
    for (uint32_t i = 0; i < n; i++) {
        slope[i] = slope_of(p, frame, i, column);
    }
    for (int k = 0; k < 4; k++) {
        moved_f(m, frame, column, (k % 2 ? -1 : 1) * (k / 2 + 1) * h, f[k]);
    }
    for (uint32_t i = 0; i < n; i++) {
        const double near = (f[0][i] - f[1][i]) / (2 * h);
        const double far = (f[2][i] - f[3][i]) / (4 * h);
        const double slack = fabs(near - far) + 1e-13 * fabs(f[0][i]) / h + 1e-9 * fabs(near);
        if (!(fabs(slope[i] - near) <= slack)) {
            fail_msg("d f_%u / d %u: %.12g, differences give %.12g", i, column, slope[i],
                     near);
        }
    }
}

static void derivatives_of_the_shipped_model_are_those_of_differences(void **state)
{
    (void)state;
    rsp_error err = {0};
    rsp_model *model = NULL;
    rsp_program *p = NULL;
    rsp_frame frame;
    assert_int_equal(rsp_model_load("hiv_car_t", NULL, &model, &err), RSP_OK);
    assert_int_equal(rsp_program_new(rsp_model_network(model), &p, &err), RSP_OK);
    const rsp_machine m = bytecode(p, 0, 8);
    assert_int_equal(rsp_frame_new(&m, &frame, NULL), RSP_OK);
    seat_near_medians(p, &frame);
    m.run(&m, RSP_RUN_PREPARE, frame.rows);
    assert_true(p->df.n > p->net->n_species);
    for (uint32_t s = 0; s < p->net->n_species; s++) {
        double *x = &frame.rows[(size_t)(p->species + s) * frame.width];
        *x = *x < 1 ? 5 : *x; /* away from corners at zero */
    }
    for (uint32_t s = 0; s < p->net->n_species; s++) {
        expect_slopes(&m, &frame, s, 1e-4 * frame.rows[(size_t)(p->species + s) * frame.width]);
    }
    expect_slopes(&m, &frame, UINT32_MAX, 1e-4);
    rsp_frame_free(&frame);
    rsp_program_free(p);
    rsp_model_free(model);
}

/* Each operation of two expressions of both species and of the time. */
static void every_operation_has_the_slope_of_its_differences(void **state)
{
    (void)state;
    for (unsigned op = RSP_OP_NEG; op <= RSP_OP_SELECT; op++) {
        made_network *made = made_network_new(0, 0, 2);
        const rsp_expr x = made_leaf(made, RSP_OP_SPECIES, 0);
        const rsp_expr y = made_leaf(made, RSP_OP_SPECIES, 1);
        const rsp_expr t = made_leaf(made, RSP_OP_TIME, 0);
        const rsp_expr xy = made_op(made, RSP_OP_MUL, x, y, 0);
        const rsp_expr g = made_op(made, RSP_OP_ADD, xy, t, 0);
        const rsp_expr k = made_op(made, RSP_OP_DIV, x, y, 0);
        made->species[0].rate = made_op(made, (rsp_op)op, g, k, y);
        made->species[1].rate = made_op(made, (rsp_op)op, k, g, x);
        rsp_program *p = lowered(made);
        const rsp_machine m = bytecode(p, 0, 8);
        rsp_frame frame;
        assert_int_equal(rsp_frame_new(&m, &frame, NULL), RSP_OK);
        frame.rows[(size_t)p->species * 8] = 1.7;
        frame.rows[(size_t)(p->species + 1) * 8] = 0.6;
        frame.rows[(size_t)p->time * 8] = 0.3;
        expect_slopes(&m, &frame, 0, 1e-4);
        expect_slopes(&m, &frame, 1, 1e-4);
        expect_slopes(&m, &frame, UINT32_MAX, 1e-4);
        rsp_frame_free(&frame);
        rsp_program_free(p);
        free(made);
    }
}

static void a_slope_that_is_infinite_is_taken_as_zero(void **state)
{
    (void)state;
    made_network *made = made_network_new(1, 0, 2);
    const rsp_expr x = made_leaf(made, RSP_OP_SPECIES, 0);
    const rsp_expr q = made_leaf(made, RSP_OP_PARAM, 0);
    made->species[0].rate = made_op(made, RSP_OP_SQRT, x, 0, 0);
    made->species[1].rate = made_op(made, RSP_OP_POW, x, q, 0);
    rsp_program *p = lowered(made);
    const rsp_machine m = bytecode(p, 0, 8);
    rsp_frame frame;
    assert_int_equal(rsp_frame_new(&m, &frame, NULL), RSP_OK);
    frame.rows[(size_t)p->params * 8] = 0.3;
    m.run(&m, RSP_RUN_PREPARE, frame.rows);
    m.run(&m, RSP_RUN_JACOBIAN, frame.rows);
    assert_int_equal(p->df.n, 2);
    assert_true(slope_of(p, &frame, 0, 0) == 0 && slope_of(p, &frame, 1, 0) == 0);
    rsp_frame_free(&frame);
    rsp_program_free(p);
    free(made);
}

static void a_compiled_model_needs_a_c_name(void **state)
{
    (void)state;
    made_network *made = made_network_new(0, 0, 1);
    rsp_program *p = lowered(made);
    rsp_error err = {0};
    assert_int_equal(rsp_program_emit(p, "no-name", stdout, &err), RSP_NAME);
    rsp_program_free(p);
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_machine_gives_the_bits_of_one_node_at_a_time),
        cmocka_unit_test(
            the_shipped_model_runs_as_compiled_with_the_bits_of_bytecode),
        cmocka_unit_test(a_lane_does_not_know_its_neighbours),
        cmocka_unit_test(lowering_twice_gives_the_same_program),
        cmocka_unit_test(what_is_constant_per_participant_leaves_nothing_in_rates),
        cmocka_unit_test(equal_expressions_are_computed_once_a_section),
        cmocka_unit_test(what_nothing_reads_is_dropped),
        cmocka_unit_test(a_long_sum_needs_few_rows),
        cmocka_unit_test(actions_are_computed_from_the_state_before),
        cmocka_unit_test(a_root_finds_the_closed_form),
        cmocka_unit_test(a_root_between_ends_six_hundred_decades_apart_is_found),
        cmocka_unit_test(a_root_at_an_end_is_that_end),
        cmocka_unit_test(a_root_without_a_change_of_sign_is_nan_in_its_lane_only),
        cmocka_unit_test(a_root_of_a_stiff_function_is_found),
        cmocka_unit_test(a_root_within_a_root_is_solved),
        cmocka_unit_test(the_failed_root_can_be_named),
        cmocka_unit_test(what_must_be_constant_may_not_depend_on_the_state),
        cmocka_unit_test(derivatives_of_the_shipped_model_are_those_of_differences),
        cmocka_unit_test(every_operation_has_the_slope_of_its_differences),
        cmocka_unit_test(a_slope_that_is_infinite_is_taken_as_zero),
        cmocka_unit_test(a_compiled_model_needs_a_c_name),
    };
    return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
