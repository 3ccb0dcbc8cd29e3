#include "model/parser.h"

#include <math.h>
#include <string.h>

/* population NAME[s in INDEX] UNIT "meaning"
 *   clones N  every TIME  size EXPR  spread EXPR  genotype EXPR  birth EXPR  death EXPR
 * in any order, each once. */

enum { CLONES, EVERY, SIZE, SPREAD, GENOTYPE, BIRTH, DEATH, N_PARTS };
static const char *const PARTS[N_PARTS] = {"clones",   "every", "size", "spread",
                                           "genotype", "birth", "death"};

enum { MOST_CLONES = 10000 };

static rsp_status parse_clones(parser *p, ast_population *pop)
{
    const ast_place place = token_place(p);
    const rsp_status s = need_number(p, &pop->clones);
    if (s == RSP_OK && !(pop->clones >= 1 && pop->clones <= MOST_CLONES &&
                         pop->clones == floor(pop->clones))) {
        return ast_fail(p->err, &place, RSP_RANGE,
                        "%g clones; expected a whole number from 1 to %d", pop->clones,
                        MOST_CLONES);
    }
    return s;
}

static rsp_status parse_every(parser *p, ast_population *pop)
{
    pop->every_place = token_place(p);
    rsp_status s = need_number(p, &pop->every);
    if (s == RSP_OK && !(pop->every > 0 && isfinite(pop->every))) {
        s = ast_fail(p->err, &pop->every_place, RSP_RANGE, "every %g; expected above 0",
                     pop->every);
    }
    return s == RSP_OK ? need_name(p, &pop->every_unit, "a unit of time (day, week, ...)") : s;
}

static rsp_status parse_part(parser *p, ast_population *pop, size_t part)
{
    const ast_expr **const to[N_PARTS] = {
        [SIZE] = &pop->size,   [SPREAD] = &pop->spread, [GENOTYPE] = &pop->genotype,
        [BIRTH] = &pop->birth, [DEATH] = &pop->death};
    if (part == CLONES) {
        return parse_clones(p, pop);
    }
    pop->genotype_place = part == GENOTYPE ? token_place(p) : pop->genotype_place;
    return part == EVERY ? parse_every(p, pop) : parse_expr(p, to[part]);
}

static rsp_status no_part(parser *p)
{
    char word[40];
    const ast_place place = token_place(p);
    const bool named = p->t->kind == TOKEN_NAME && p->t->length < sizeof word;
    snprintf(word, sizeof word, "%.*s", named ? (int)p->t->length : 0, p->t->at);
    const char *near = named ? rsp_nearest(word, PARTS, N_PARTS) : NULL;
    return near ? ast_fail(p->err, &place, RSP_SYNTAX, "found '%s'; did you mean '%s'?", word,
                           near)
                : fail_expected(p, "clones, every, size, spread, genotype, birth or death");
}

/* What a population cannot be without. */
static rsp_status check_parts(parser *p, const ast_statement *st, const bool *there)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        const bool may_lack = i == EVERY || i == SPREAD || (i == GENOTYPE && !st->n_binders);
        if (!there[i] && !may_lack) {
            return ast_fail(p->err, &st->name_place, RSP_SYNTAX,
                            "population '%.60s' has no '%s'%s", st->name, PARTS[i],
                            i == GENOTYPE ? ", the weights of its genotypes" : "");
        }
    }
    return RSP_OK;
}

rsp_status parse_population(parser *p, ast_statement *st)
{
    bool there[N_PARTS] = {false};
    ast_population *pop = rsp_arena_alloc(p->arena, 1, sizeof *pop);
    st->population = pop;
    rsp_status s = pop ? need_name(p, &st->name, "a name") : no_parser_memory(p);
    s = s == RSP_OK ? parse_binders(p, st) : s;
    s = s == RSP_OK ? need_unit_until(p, st, PARTS, N_PARTS) : s;
    while (s == RSP_OK && !at_statement_end(p)) {
        size_t part = 0;
        const ast_place place = token_place(p);
        if (p->t->kind == TOKEN_STRING && !st->meaning) {
            s = parse_meaning(p, st);
            continue;
        }
        while (part < N_PARTS && !accept_word(p, PARTS[part])) {
            part++;
        }
        if (part == N_PARTS) {
            return no_part(p);
        }
        s = there[part] ? ast_fail(p->err, &place, RSP_SYNTAX, "a second '%s'", PARTS[part])
                        : parse_part(p, pop, part);
        there[part] = true;
    }
    return s == RSP_OK ? check_parts(p, st, there) : s;
}
