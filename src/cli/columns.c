#define _POSIX_C_SOURCE 200809L
#include "cli/columns.h"

#include <stdlib.h>
#include <string.h>

static rsp_status add(cli_columns *c, cli_column column, rsp_error *err)
{
    if (!RSP_GROW(&c->item, &c->capacity, c->n + 1)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the columns");
    }
    c->item[c->n++] = column;
    return RSP_OK;
}

static rsp_status add_all(cli_columns *c, const rsp_network *net, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < net->n_species; i++) {
        const rsp_species *sp = &net->species[i];
        s = sp->internal ? s : add(c, (cli_column){sp->name, false, i, sp->factor}, err);
    }
    for (uint32_t i = 0; s == RSP_OK && i < net->n_observables; i++) {
        const rsp_observable *o = &net->observables[i];
        if (o->column) {
            s = add(c, (cli_column){o->name, true, i, o->factor}, err);
        }
    }
    return s;
}

static rsp_status unknown(const rsp_network *net, const char *option, const char *name,
                          rsp_error *err)
{
    size_t n = (size_t)net->n_species + net->n_observables;
    const char **known = calloc(n + 1, sizeof *known);
    for (size_t i = 0; known && i < n; i++) {
        known[i] = i < net->n_species ? net->species[i].name
                                      : net->observables[i - net->n_species].name;
    }
    const char *near = known ? rsp_nearest(name, known, n) : NULL;
    rsp_status s = rsp_fail(err, RSP_NAME, "%s: the model has no %s'%.60s'%s%s%s", option,
                            strcmp(option, "--amount") ? "concentration of " : "", name,
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    free(known);
    return s;
}

static rsp_status add_named(cli_columns *c, const rsp_network *net, const char *option,
                            const char *name, rsp_error *err)
{
    char observable[256];
    bool amount = strcmp(option, "--amount") == 0;
    snprintf(observable, sizeof observable, amount ? "%.250s" : "[%.250s]", name);
    int species = amount ? rsp_network_species(net, name) : -1;
    int observed = species < 0 ? rsp_network_observable(net, observable) : -1;
    if (species >= 0) {
        return add(c, (cli_column){name, false, (uint32_t)species,
                                   net->species[species].factor}, err);
    }
    return observed < 0 ? unknown(net, option, name, err)
                        : add(c, (cli_column){name, true, (uint32_t)observed,
                                              net->observables[observed].factor}, err);
}

/* Names with commas within brackets stay together: I[gut,wt]. */
static char *next_name(char **at)
{
    char *s = *at + strspn(*at, " "), *p = s;
    for (int depth = 0; *p && (*p != ',' || depth > 0); p++) {
        depth += (*p == '[') - (*p == ']');
    }
    *at = *p ? p + 1 : p;
    *p = '\0';
    for (; p > s && p[-1] == ' '; *--p = '\0') {
    }
    return s;
}

static rsp_status add_list(cli_columns *c, const rsp_network *net, const char *option,
                           char *list, rsp_error *err)
{
    rsp_status s = RSP_OK;
    while (s == RSP_OK && *list) {
        char *name = next_name(&list);
        s = name[0] ? add_named(c, net, option, name, err) : RSP_OK;
    }
    return s;
}

rsp_status cli_columns_make(const cli_args *args, const rsp_network *net,
                            cli_columns *columns, rsp_error *err)
{
    *columns = (cli_columns){0};
    if (!args->amount && !args->concentration) {
        return add_all(columns, net, err);
    }
    size_t n = args->amount ? strlen(args->amount) : 0;
    size_t m = args->concentration ? strlen(args->concentration) : 0;
    columns->text = calloc(n + m + 2, 1);
    if (!columns->text) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the columns");
    }
    memcpy(columns->text, args->amount ? args->amount : "", n);
    memcpy(columns->text + n + 1, args->concentration ? args->concentration : "", m);
    rsp_status s = add_list(columns, net, "--amount", columns->text, err);
    return s == RSP_OK
               ? add_list(columns, net, "--concentration", columns->text + n + 1, err)
               : s;
}

void cli_columns_fini(cli_columns *columns)
{
    free(columns->item);
    free(columns->text);
    *columns = (cli_columns){0};
}
