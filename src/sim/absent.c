/* What is absent costs nothing.  A rate in proportion to the cells of a genotype that
 * nobody in a chunk of lanes carries is zero in all of them, and stays so until one of
 * those cells comes to be: such channels are left out of the chunk's lists, and what is
 * computed for them alone is not computed.  What they would add are exact zeros, so that
 * no bit depends on it.
 *
 * Which species make a value zero is read off the program: a product is zero where a
 * factor is, a sum where all its terms are.  One with a quotient or a power that may have
 * no value there is always computed, and none is left out that was not seen to be zero
 * since the chunk's participants came.  The rates are computed stretch by stretch: one is
 * idle where it has no value that is needed.  A value is needed where one made of it is
 * computed, unless it is zero: then its row holds that already. */
#include "sim/internal.h"

#include <stdlib.h>
#include <string.h>

#include "model/idle.h"

/* Of a value.  The first state is that of what is never zero; species follow, then the
 * instructions. */
enum { IS_ZERO = 1, IS_RISKY = 2 };

static uint32_t state_of(const rsp_sim *sim, uint32_t instr)
{
    return 1 + sim->net->n_species + instr;
}

static uint8_t *states(const rsp_sim *sim, uint32_t chunk)
{
    return sim->absent.state + (size_t)chunk * sim->absent.n_states;
}

static bool *lives(const rsp_sim *sim, uint32_t chunk)
{
    return sim->absent.live + (size_t)chunk * sim->program->n_stretches;
}

static bool *settles(const rsp_sim *sim, uint32_t chunk)
{
    return sim->absent.settled + (size_t)chunk * sim->program->n_stretches;
}

static uint8_t next_state(const rsp_idle_value *v, const uint8_t *state, bool is_risky)
{
    const uint8_t x = state[v->operand[0]], y = state[v->operand[1]], z = state[v->operand[2]];
    if (is_risky || ((x | y | z) & IS_RISKY)) {
        return IS_RISKY;
    }
    return (uint8_t)(rsp_idle_zero(v->op, x, y, z) & IS_ZERO);
}

/* ---- The rates, as absence sees them. */

/* Of a row, as the instructions so far left it. */
static uint32_t row_state(const rsp_sim *sim, const uint32_t *of_row, uint32_t row)
{
    const uint32_t s = row - sim->program->species;
    if (s < sim->net->n_species) {
        return rsp_idle_stays(&sim->net->species[s]) ? 1 + s : 0;
    }
    return of_row[row];
}

/* Computed when a participant began, or given. */
static bool stays(const rsp_program *p, uint32_t row, uint32_t state)
{
    return state == 0 && (row < p->inputs || row > p->arg);
}

static void read_instr(rsp_sim *sim, uint32_t i, uint32_t *of_row)
{
    const rsp_program *p = sim->program;
    const rsp_instr *in = &p->rates.code[i];
    const uint32_t rows[3] = {in->a, in->b, in->c};
    uint8_t *state = states(sim, 0);
    rsp_idle_value *v = &sim->absent.value[i];
    for (unsigned k = 0; k < rsp_op_arity(in->op); k++) {
        v->operand[k] = row_state(sim, of_row, rows[k]);
    }
    v->op = (uint8_t)in->op;
    v->risk = (uint8_t)rsp_idle_risk(in->op, state[v->operand[0]] & IS_ZERO,
                                     state[v->operand[1]] & IS_ZERO,
                                     stays(p, in->b, v->operand[1]));
    state[state_of(sim, i)] = next_state(v, state, v->risk == RSP_RISK_ALWAYS);
    of_row[in->to] = state_of(sim, i);
}

/* Operands and risks; what is zero with all that is counted absent is zero at times. */
static void read_rates(rsp_sim *sim, uint32_t *of_row)
{
    const rsp_program *p = sim->program;
    rsp_absent *a = &sim->absent;
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        states(sim, 0)[1 + s] = rsp_idle_stays(&sim->net->species[s]) ? IS_ZERO : 0;
    }
    for (uint32_t i = 0; i < p->rates.n; i++) {
        read_instr(sim, i, of_row);
    }
    for (uint32_t r = 0; r < sim->net->n_reactions; r++) {
        a->of_rate[r] = row_state(sim, of_row, p->rate[r]);
    }
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        a->of_drift[s] = p->drift[s] == UINT32_MAX ? 0 : row_state(sim, of_row, p->drift[s]);
    }
    for (uint32_t i = 0; i < a->n_states; i++) {
        a->stretch_of[i] = p->n_stretches;
    }
    for (uint32_t k = 0; k < p->n_stretches; k++) {
        for (uint32_t i = p->stretch[k]; i < p->stretch[k + 1]; i++) {
            a->stretch_of[state_of(sim, i)] = k;
        }
    }
}

/* What each stretch reads of others, once each; `last`: the last that read a state. */
static void list_reads(const rsp_sim *sim, uint32_t *last)
{
    const rsp_program *p = sim->program;
    const rsp_absent *a = &sim->absent;
    uint32_t n = 0;
    for (uint32_t k = 0; k < p->n_stretches; k++) {
        a->first_read[k] = n;
        for (uint32_t i = 3 * p->stretch[k]; i < 3 * p->stretch[k + 1]; i++) {
            const uint32_t of = a->value[i / 3].operand[i % 3];
            if (a->stretch_of[of] < k && last[of] != k + 1) {
                last[of] = k + 1;
                a->read[n++] = of;
            }
        }
    }
    a->first_read[p->n_stretches] = n;
}

/* Which instructions read each value: counted, then listed. */
static void list_uses(rsp_absent *a, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        for (unsigned k = 0; k < 3; k++) {
            a->first_use[a->value[i].operand[k]]++;
        }
    }
    for (uint32_t s = 1; s <= a->n_states; s++) {
        a->first_use[s] += a->first_use[s - 1];
    }
    for (uint32_t i = n; i-- > 0;) {
        for (unsigned k = 3; k-- > 0;) {
            a->use[--a->first_use[a->value[i].operand[k]]] = i;
        }
    }
}

static bool rooms_new(rsp_sim *sim)
{
    rsp_absent *a = &sim->absent;
    rsp_arena *arena = sim->arena;
    const rsp_program *p = sim->program;
    const size_t m = sim->net->n_species, n = sim->net->n_reactions, code = p->rates.n;
    const size_t chunks = sim->block.n_chunks;
    a->n_states = (uint32_t)(1 + m + code);
    a->value = rsp_arena_alloc(arena, code + 1, sizeof *a->value);
    a->of_rate = rsp_arena_alloc(arena, n + 1, sizeof *a->of_rate);
    a->of_drift = rsp_arena_alloc(arena, m + 1, sizeof *a->of_drift);
    a->first_use = rsp_arena_alloc(arena, (size_t)a->n_states + 1, sizeof *a->first_use);
    a->use = rsp_arena_alloc(arena, 3 * code + 1, sizeof *a->use);
    a->stretch_of = rsp_arena_alloc(arena, a->n_states, sizeof *a->stretch_of);
    a->first_read = rsp_arena_alloc(arena, p->n_stretches + 1, sizeof *a->first_read);
    a->read = rsp_arena_alloc(arena, 3 * code + 1, sizeof *a->read);
    a->queue = rsp_arena_alloc(arena, a->n_states, sizeof *a->queue);
    a->state = rsp_arena_alloc(arena, chunks * a->n_states, sizeof *a->state);
    a->held = rsp_arena_alloc(arena, chunks * code + 1, sizeof(bool));
    a->live = rsp_arena_alloc(arena, chunks * p->n_stretches + 1, sizeof(bool));
    a->settled = rsp_arena_alloc(arena, chunks * p->n_stretches + 1, sizeof(bool));
    a->needed = rsp_arena_alloc(arena, p->n_stretches + 1, sizeof(bool));
    a->left_out = rsp_arena_alloc(arena, chunks * n + 1, sizeof(bool));
    a->species = rsp_arena_alloc(arena, chunks * m + 1, sizeof(bool));
    a->came = rsp_arena_alloc(arena, chunks * m + 1, sizeof *a->came);
    a->n_came = rsp_arena_alloc(arena, chunks, sizeof *a->n_came);
    a->n_live = rsp_arena_alloc(arena, chunks, sizeof *a->n_live);
    a->is_new = rsp_arena_alloc(arena, chunks, sizeof(bool));
    a->is_fresh = rsp_arena_alloc(arena, chunks, sizeof(bool));
    a->is_due = rsp_arena_alloc(arena, chunks, sizeof(bool));
    a->leaps = rsp_arena_alloc(arena, (size_t)sim->block.net.n_groups + 1, sizeof(bool));
    return a->value && a->of_rate && a->of_drift && a->first_use && a->use && a->stretch_of &&
           a->first_read && a->read && a->queue && a->state && a->held && a->live &&
           a->settled && a->needed && a->left_out && a->species && a->came && a->n_came &&
           a->n_live && a->is_new && a->is_fresh && a->is_due && a->leaps;
}

bool rsp_absent_new(rsp_sim *sim)
{
    const size_t rows = sim->program->n_rows, n = 1 + sim->net->n_species + sim->program->rates.n;
    uint32_t *of_row = calloc((rows > n ? rows : n) + 1, sizeof *of_row);
    const bool ok = of_row && rooms_new(sim);
    if (ok) {
        read_rates(sim, of_row);
        memset(of_row, 0, n * sizeof *of_row);
        list_reads(sim, of_row);
        list_uses(&sim->absent, sim->program->rates.n);
    }
    for (uint32_t c = 0; ok && c < sim->block.n_chunks; c++) {
        rsp_absent_forget(sim, c);
    }
    free(of_row);
    return ok;
}

void rsp_absent_forget(rsp_sim *sim, uint32_t chunk)
{
    rsp_absent *a = &sim->absent;
    const rsp_program *p = sim->program;
    memset(a->left_out + (size_t)chunk * sim->net->n_reactions, 0, sim->net->n_reactions);
    memset(a->species + (size_t)chunk * sim->net->n_species, 0, sim->net->n_species);
    memset(a->held + (size_t)chunk * p->rates.n, 0, p->rates.n);
    memset(lives(sim, chunk), 1, p->n_stretches);
    memset(settles(sim, chunk), 0, p->n_stretches);
    a->n_live[chunk] = p->rates.n;
    a->is_fresh[chunk] = true;
    a->n_came[chunk] = 0;
    a->is_due[chunk] = !sim->options.keeps_absent; /* what came is to be seen first */
}

/* ---- What is zero in a chunk. */

static bool is_absent(const rsp_sim *sim, uint32_t s, uint32_t chunk)
{
    const rsp_lanes *b = &sim->block;
    const bool flows = b->net.continuous[s];
    bool absent = rsp_idle_stays(&sim->net->species[s]);
    for (uint32_t l = chunk * RSP_CHUNK; absent && l < (chunk + 1) * RSP_CHUNK; l++) {
        const bool counts = flows || sim->regime[(size_t)s * b->width + l] == RSP_REGIME_EXACT;
        absent = !sim->lanes[l].live || (counts && *rsp_at(b->x, s, b->width, l) == 0);
    }
    return absent;
}

/* Whether what is absent changed. */
static bool find_absent(rsp_sim *sim, uint32_t chunk)
{
    bool *absent = sim->absent.species + (size_t)chunk * sim->net->n_species, changed = false;
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        const bool is = is_absent(sim, s, chunk);
        changed |= is != absent[s];
        absent[s] = is;
    }
    return changed;
}

/* No lane has a value there, not even one that is not a number. */
static bool was_zero(const rsp_sim *sim, uint32_t row, uint32_t chunk)
{
    const double *value = rsp_at(sim->block.frame.rows, row, sim->block.width, chunk * RSP_CHUNK);
    bool none = true;
    for (uint32_t k = 0; k < RSP_CHUNK; k++) {
        none &= value[k] == 0 || !sim->lanes[chunk * RSP_CHUNK + k].live;
    }
    return none;
}

/* A power of zero has a value in all lanes. */
static bool is_above_zero(const rsp_sim *sim, uint32_t row, uint32_t chunk)
{
    const double *value = rsp_at(sim->block.frame.rows, row, sim->block.width, chunk * RSP_CHUNK);
    bool all = true;
    for (uint32_t k = 0; k < RSP_CHUNK; k++) {
        all &= value[k] > 0 || !sim->lanes[chunk * RSP_CHUNK + k].live;
    }
    return all;
}

static uint8_t state_now(const rsp_sim *sim, uint32_t i, uint32_t chunk)
{
    const rsp_idle_value *v = &sim->absent.value[i];
    const bool risky =
        v->risk == RSP_RISK_ALWAYS ||
        (v->risk == RSP_RISK_EXPONENT &&
         !is_above_zero(sim, sim->program->rates.code[i].b, chunk));
    return next_state(v, states(sim, chunk), risky);
}

static void find_all_zeros(const rsp_sim *sim, uint32_t chunk)
{
    const uint32_t m = sim->net->n_species, n = sim->program->rates.n;
    const bool *absent = sim->absent.species + (size_t)chunk * m;
    uint8_t *state = states(sim, chunk);
    state[0] = 0;
    for (uint32_t s = 0; s < m; s++) {
        state[1 + s] = absent[s] ? IS_ZERO : 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        state[1 + m + i] = state_now(sim, i, chunk);
    }
}

/* The n states of the queue turned, all to zero or all from it; those that turn with them
 * join them. Returns how many. */
static uint32_t turn(const rsp_sim *sim, uint32_t chunk, uint8_t to, uint32_t n)
{
    const rsp_absent *a = &sim->absent;
    uint8_t *state = states(sim, chunk);
    for (uint32_t done = 0; done < n; done++) {
        const uint32_t from = a->queue[done];
        for (uint32_t u = a->first_use[from]; u < a->first_use[from + 1]; u++) {
            const uint32_t of = state_of(sim, a->use[u]);
            if ((state[of] & IS_ZERO) == to ||
                (state_now(sim, a->use[u], chunk) & IS_ZERO) != to) {
                continue;
            }
            state[of] ^= IS_ZERO;
            a->queue[n++] = of;
            settles(sim, chunk)[a->stretch_of[of]] &= to == 0;
        }
    }
    return n;
}

/* Species that are absent now and were not, or the other way, and what turns with them. */
static uint32_t turn_species(const rsp_sim *sim, uint32_t chunk, uint8_t to)
{
    const rsp_absent *a = &sim->absent;
    const bool *absent = a->species + (size_t)chunk * sim->net->n_species;
    uint8_t *state = states(sim, chunk);
    uint32_t n = 0;
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        const uint8_t now = absent[s] ? IS_ZERO : 0;
        if (now == to && now != state[1 + s]) {
            state[1 + s] = now;
            a->queue[n++] = 1 + s;
        }
    }
    return turn(sim, chunk, to, n);
}

static void find_zeros(const rsp_sim *sim, uint32_t chunk)
{
    if (sim->absent.is_fresh[chunk]) {
        sim->absent.is_fresh[chunk] = false;
        find_all_zeros(sim, chunk);
        return;
    }
    turn_species(sim, chunk, 0);
    turn_species(sim, chunk, IS_ZERO);
}

/* ---- What is left out. */

static void forget_rates(rsp_sim *sim, uint32_t r, uint32_t chunk)
{
    const rsp_lanes *b = &sim->block;
    for (uint32_t i = 0; i < b->tab->stages; i++) {
        memset(rsp_at(b->a[i], r, b->width, chunk * RSP_CHUNK), 0, RSP_CHUNK * sizeof(double));
    }
}

static void leave_out(rsp_sim *sim, uint32_t chunk)
{
    rsp_absent *a = &sim->absent;
    bool *left_out = a->left_out + (size_t)chunk * sim->net->n_reactions;
    const uint8_t *state = states(sim, chunk);
    for (uint32_t r = 0; r < sim->net->n_reactions; r++) {
        const bool was = left_out[r], is_zero = state[a->of_rate[r]] & IS_ZERO;
        left_out[r] = is_zero && (was || was_zero(sim, sim->program->rate[r], chunk));
        a->is_due[chunk] |= is_zero && !left_out[r];
        if (left_out[r] && !was) {
            forget_rates(sim, r, chunk);
        }
    }
}

/* The channels that stay need their rates, and drifts are needed. */
static void need_outputs(const rsp_sim *sim, uint32_t chunk)
{
    const rsp_absent *a = &sim->absent;
    const bool *left_out = a->left_out + (size_t)chunk * sim->net->n_reactions;
    const uint8_t *state = states(sim, chunk);
    memset(a->needed, 0, sim->program->n_stretches);
    for (uint32_t r = 0; r < sim->net->n_reactions; r++) {
        if (!left_out[r]) {
            a->needed[a->stretch_of[a->of_rate[r]]] = true;
        }
    }
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        if (!(state[a->of_drift[s]] & IS_ZERO)) {
            a->needed[a->stretch_of[a->of_drift[s]]] = true;
        }
    }
}

/* A zero that others may read stands in its row. */
static bool is_held(rsp_sim *sim, uint32_t i, uint32_t chunk)
{
    const rsp_program *p = sim->program;
    const uint32_t row = p->rates.code[i].to;
    bool *held = sim->absent.held + (size_t)chunk * p->rates.n + i;
    *held = *held || row >= p->temporaries || was_zero(sim, row, chunk);
    return *held;
}

/* Something in a stretch is needed, or is zero and its row does not say so yet. */
static bool is_live(rsp_sim *sim, uint32_t stretch, uint32_t chunk)
{
    const rsp_program *p = sim->program;
    const uint8_t *state = states(sim, chunk) + state_of(sim, 0);
    bool *settled = settles(sim, chunk) + stretch;
    if (sim->absent.needed[stretch] || *settled) {
        return sim->absent.needed[stretch];
    }
    for (uint32_t i = p->stretch[stretch]; i < p->stretch[stretch + 1]; i++) {
        if ((state[i] & IS_ZERO) && !is_held(sim, i, chunk)) {
            sim->absent.is_due[chunk] = true; /* it will after a step */
            return true;
        }
    }
    *settled = true;
    return false;
}

/* A stretch is to be computed: nothing in it is held, all that it reads is needed. */
static void wake(rsp_sim *sim, uint32_t stretch, uint32_t chunk)
{
    rsp_absent *a = &sim->absent;
    const rsp_program *p = sim->program;
    const uint32_t first = p->stretch[stretch], end = p->stretch[stretch + 1];
    const uint8_t *state = states(sim, chunk);
    lives(sim, chunk)[stretch] = true;
    settles(sim, chunk)[stretch] = false;
    memset(a->held + (size_t)chunk * p->rates.n + first, 0, end - first);
    a->n_live[chunk] += end - first;
    for (uint32_t i = a->first_read[stretch]; i < a->first_read[stretch + 1]; i++) {
        if (!(state[a->read[i]] & IS_ZERO)) {
            a->needed[a->stretch_of[a->read[i]]] = true;
        }
    }
}

static void find_live(rsp_sim *sim, uint32_t chunk)
{
    sim->absent.n_live[chunk] = 0;
    for (uint32_t k = sim->program->n_stretches; k-- > 0;) {
        lives(sim, chunk)[k] = false;
        if (is_live(sim, k, chunk)) {
            wake(sim, k, chunk);
        }
    }
}

static void look_at_all(rsp_sim *sim, uint32_t chunk)
{
    sim->absent.is_due[chunk] = false;
    sim->absent.n_came[chunk] = 0;
    find_zeros(sim, chunk);
    leave_out(sim, chunk);
    need_outputs(sim, chunk);
    find_live(sim, chunk);
}

/* ---- What comes wakes what it is about, and no more is looked at. */

/* Values that are not zero any more, into the queue; how many. */
static uint32_t find_turned(rsp_sim *sim, uint32_t chunk)
{
    const rsp_absent *a = &sim->absent;
    uint8_t *state = states(sim, chunk);
    for (uint32_t i = 0; i < a->n_came[chunk]; i++) {
        const uint32_t of = 1 + a->came[(size_t)chunk * sim->net->n_species + i];
        state[of] &= (uint8_t)~IS_ZERO;
        a->queue[i] = of;
    }
    return turn(sim, chunk, 0, a->n_came[chunk]);
}

static bool is_used(const rsp_sim *sim, uint32_t state, uint32_t chunk)
{
    const rsp_absent *a = &sim->absent;
    const bool *live = lives(sim, chunk);
    bool used = false;
    for (uint32_t u = a->first_use[state]; u < a->first_use[state + 1]; u++) {
        used |= live[a->stretch_of[state_of(sim, a->use[u])]];
    }
    return used;
}

/* Stretches come after what they read: from the last on, one that is needed wakes those
 * before it. */
static void find_woken(rsp_sim *sim, uint32_t chunk)
{
    const bool *live = lives(sim, chunk);
    for (uint32_t k = sim->program->n_stretches; k-- > 0;) {
        if (sim->absent.needed[k] && !live[k]) {
            wake(sim, k, chunk);
        }
    }
}

static void look_at_what_came(rsp_sim *sim, uint32_t chunk)
{
    rsp_absent *a = &sim->absent;
    bool *left_out = a->left_out + (size_t)chunk * sim->net->n_reactions;
    const uint8_t *state = states(sim, chunk);
    const uint32_t n = find_turned(sim, chunk);
    for (uint32_t r = 0; r < sim->net->n_reactions; r++) {
        left_out[r] &= state[a->of_rate[r]] & IS_ZERO;
    }
    need_outputs(sim, chunk);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t of = a->queue[i];
        if (is_used(sim, of, chunk)) {
            a->needed[a->stretch_of[of]] = true;
        }
    }
    find_woken(sim, chunk);
    a->n_came[chunk] = 0;
}

bool rsp_absent_look(rsp_sim *sim, uint32_t chunk, bool anew)
{
    rsp_absent *a = &sim->absent;
    if (a->is_new[chunk]) {
        a->is_new[chunk] = false;
        rsp_absent_forget(sim, chunk);
        return true;
    }
    if (sim->options.keeps_absent) {
        return false;
    }
    const bool came = a->n_came[chunk] > 0;
    if (a->is_due[chunk] || anew) {
        const bool changed = find_absent(sim, chunk);
        if (a->is_due[chunk] || came || changed) {
            look_at_all(sim, chunk);
            return true;
        }
    } else if (came) {
        look_at_what_came(sim, chunk);
    }
    return came;
}

/* The same stretches are live in all chunks. */
static bool are_alike(const rsp_sim *sim)
{
    bool alike = true;
    for (uint32_t c = 1; alike && c < sim->block.n_chunks; c++) {
        alike = memcmp(lives(sim, 0), lives(sim, c), sim->program->n_stretches) == 0;
    }
    return alike;
}

static void run(rsp_sim *sim, uint32_t chunk, bool all)
{
    const uint32_t n_live = sim->absent.n_live[chunk], chunks = all ? sim->block.n_chunks : 1;
    sim->total.rate_instructions += (uint64_t)n_live * chunks;
    sim->total.idle_instructions += (uint64_t)(sim->program->rates.n - n_live) * chunks;
    sim->machine.run_live(&sim->machine, lives(sim, chunk),
                          sim->block.frame.rows + (size_t)chunk * RSP_CHUNK, all);
}

void rsp_absent_run(rsp_sim *sim, const bool *active)
{
    const uint32_t n_chunks = sim->block.n_chunks;
    uint32_t n = 0;
    for (uint32_t c = 0; c < n_chunks; c++) {
        n += active == NULL || active[c];
    }
    if (n == n_chunks && are_alike(sim)) {
        run(sim, 0, true);
        return;
    }
    for (uint32_t c = 0; c < n_chunks; c++) {
        if (active == NULL || active[c]) {
            run(sim, c, false);
        }
    }
}
