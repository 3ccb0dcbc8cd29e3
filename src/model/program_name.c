/* The name of a program: the sha256 of all that decides what it does. */
#include "model/lower.h"

#include "model/ops.h"

static void add_rows(rsp_text *text, const char *name, const uint32_t *rows,
                     uint32_t n)
{
    rsp_text_printf(text, "%s", name);
    for (uint32_t i = 0; i < n; i++) {
        rsp_text_printf(text, " %u", rows[i]);
    }
    rsp_text_add(text, "\n");
}

static void describe(const rsp_program *p, rsp_text *text)
{
    const rsp_network *net = p->net;
    const uint32_t groups[] = {p->n_rows, p->constants, p->n_constants,
                               p->params, p->inputs, p->species, p->time,
                               p->afters, p->sinces, p->arg, p->temporaries,
                               p->prepare.n, p->rates.n, p->observe.n,
                               p->act.n, p->jacobian.n, p->watch.n};
    rsp_text_add(text, "respite program 4\n");
    add_rows(text, "groups", groups, sizeof groups / sizeof *groups);
    for (uint32_t i = 0; i < p->n_constants; i++) {
        rsp_text_printf(text, "constant %a\n", p->constant_values[i]);
    }
    for (uint32_t i = 0; i < p->n_code; i++) {
        const rsp_instr *in = &p->code[i];
        rsp_text_printf(text, "%s %u %u %u %u\n", rsp_op_name(in->op), in->to,
                        in->a, in->b, in->c);
    }
    for (uint32_t k = 0; k < net->n_roots; k++) {
        const rsp_root_code *root = &p->roots[k];
        rsp_text_printf(text, "root %u %u %u %u %u\n", root->first, root->n,
                        root->unknown, root->f, root->solution);
    }
    add_rows(text, "stretch", p->stretch, p->n_stretches + 1);
    add_rows(text, "rate", p->rate, net->n_reactions);
    add_rows(text, "drift", p->drift, net->n_species);
    add_rows(text, "initial_a", p->initial_a, net->n_species);
    add_rows(text, "initial_b", p->initial_b, net->n_species);
    add_rows(text, "observed", p->observed, net->n_observables);
    add_rows(text, "delay", p->delay, net->n_afters);
    add_rows(text, "derived", p->derived, net->n_derived);
    if (net->n_givens > 0) {
        add_rows(text, "given", p->given, net->n_givens);
    }
    add_rows(text, "assigned", p->assigned, net->n_assigns);
    add_rows(text, "slope first", p->df.first, net->n_species + 1);
    add_rows(text, "slope column", p->df.column, p->df.n);
    add_rows(text, "slope", p->df.row, p->df.n);
    add_rows(text, "by time", p->df.by_time, net->n_species);
    add_rows(text, "scale", p->scale, net->n_assigns);
    add_rows(text, "trigger", p->trigger, net->n_events);
    add_rows(text, "event delay", p->event_delay, net->n_events);
    add_rows(text, "event priority", p->event_priority, net->n_events);
    for (uint32_t i = 0; i < p->n_guards; i++) {
        rsp_text_printf(text, "guard %d %u %d\n", (int)p->guards[i].kind, p->guards[i].row,
                        p->guards[i].ahead);
    }
}

bool rsp_lower_name_program(rsp_program *p)
{
    rsp_text text = {0};
    describe(p, &text);
    rsp_sha256 sha;
    rsp_sha256_init(&sha);
    if (!text.failed) {
        rsp_sha256_add(&sha, text.data, text.length);
        rsp_sha256_hex(&sha, p->sha256);
    }
    const bool done = !text.failed;
    rsp_text_fini(&text);
    return done;
}
