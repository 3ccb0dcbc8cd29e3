#define _POSIX_C_SOURCE 200809L
#include "cli/cohort.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 4096 };

typedef struct column {
    int param, species; /* -1: not this */
} column;

static rsp_status set_medians(const cli_args *args, const rsp_network *net,
                              double *params, rsp_error *err)
{
    for (uint32_t i = 0; i < net->n_params; i++) {
        params[i] = net->params[i].value;
    }
    for (size_t i = 0; i < args->n_set; i++) {
        const rsp_override *o = &args->set[i];
        int p = rsp_network_param(net, o->path);
        double v = 0;
        size_t n = strcspn(o->value, " ");
        if (p < 0) {
            return rsp_fail(err, RSP_NAME, "--set: no parameter '%.60s'", o->path);
        }
        if (!rsp_number_read(o->value, n, &v)) {
            return rsp_fail(err, RSP_RANGE, "--set %s=%.40s: expected a number in %s",
                            o->path, o->value, net->params[p].unit);
        }
        double factor = net->params[p].factor;
        if (o->value[n]) {
            rsp_unit unit;
            if (rsp_unit_parse(o->value + n + 1, &unit, err) != RSP_OK) {
                return rsp_fail_in(err, "--set %s", o->path);
            }
            factor = unit.factor;
        }
        params[p] = v * factor;
    }
    return RSP_OK;
}

/* Take the next field of a line, unquoted in place; NULL after the last. */
static char *field(char **line)
{
    char *s = *line;
    if (!s) {
        return NULL;
    }
    char *end = s;
    if (*s == '"') {
        char *to = s, *from = s + 1;
        while (*from && !(from[0] == '"' && from[1] != '"')) {
            from += *from == '"';
            *to++ = *from++;
        }
        end = *from ? from + 1 : from;
        char comma = *end;
        *to = '\0';
        *line = comma == ',' ? end + 1 : NULL;
        return s;
    }
    end = s + strcspn(s, ",");
    *line = *end ? end + 1 : NULL;
    *end = '\0';
    return s;
}

static rsp_status read_header(const char *path, char *line,
                              const rsp_network *net, column *columns, size_t *n,
                              bool *has_initial, rsp_error *err)
{
    char *name = field(&line);
    for (*n = 0; (name = field(&line)) != NULL; (*n)++) {
        if (*n == MOST_COLUMNS) {
            return rsp_fail(err, RSP_DATA, "%s: more than %d columns", path,
                            MOST_COLUMNS);
        }
        column *c = &columns[*n];
        *c = (column){rsp_network_param(net, name), rsp_network_species(net, name)};
        if (c->species >= 0 && net->species[c->species].of_clones) {
            return rsp_fail_at(err, RSP_NAME, path, NULL, 1, 1,
                               "'%.60s' shows a population of clones, whose sizes are drawn by "
                               "the model's own statement; give the parameters of that",
                               name);
        }
        if (c->param < 0 && c->species < 0) {
            return rsp_fail_at(err, RSP_NAME, path, NULL, 1, 1,
                               "column '%.60s' is neither a parameter nor a species",
                               name);
        }
        *has_initial = *has_initial || c->param < 0;
    }
    return RSP_OK;
}

static rsp_status read_row(const char *path, char *line, uint32_t number,
                           const rsp_network *net, const column *columns, size_t n,
                           cli_cohort *c, size_t row, rsp_error *err)
{
    c->names[row] = field(&line);
    for (size_t i = 0; i < n; i++) {
        char *s = field(&line);
        double v = 0;
        if (!s || !rsp_number_read(s, strlen(s), &v)) {
            return rsp_fail_at(err, RSP_DATA, path, NULL, number, (uint32_t)i + 2,
                               "'%.40s' is not a number", s ? s : "");
        }
        if (columns[i].param >= 0) {
            size_t p = (size_t)columns[i].param;
            c->params[row * net->n_params + p] = v * net->params[p].factor;
            if (!rsp_param_takes(&net->params[p], v * net->params[p].factor)) {
                char takes[RSP_TAKES_MAX];
                rsp_param_takes_text(&net->params[p], takes);
                return rsp_fail_at(err, RSP_RANGE, path, NULL, number, (uint32_t)i + 2,
                                   "%.60s = %g: it takes %s", net->params[p].name, v, takes);
            }
        } else {
            size_t k = (size_t)columns[i].species;
            c->initial[row * net->n_species + k] = v * net->species[k].factor;
        }
    }
    return line ? rsp_fail_at(err, RSP_DATA, path, NULL, number, 1,
                              "more values than columns")
                : RSP_OK;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text += *text == '\n') {
        size_t len = strcspn(text, "\r\n");
        n += len > 0;
        text += len;
        text += *text == '\r';
    }
    return n;
}

static rsp_status allot(cli_cohort *c, const rsp_network *net, size_t rows,
                        rsp_error *err)
{
    c->params = calloc(rows * net->n_params + 1, sizeof *c->params);
    c->initial = calloc(rows * net->n_species + 1, sizeof *c->initial);
    c->names = calloc(rows, sizeof *c->names);
    return c->params && c->initial && c->names
               ? RSP_OK
               : rsp_fail(err, RSP_NOMEM, "no memory for %zu participants", rows);
}

static rsp_status read_file(const cli_args *args, const rsp_network *net,
                            cli_cohort *c, rsp_error *err)
{
    const char *path = args->participants;
    size_t length = 0, n_columns = 0, row = 0;
    column columns[MOST_COLUMNS];
    rsp_status s = rsp_file_read(path, 0, &c->text, &length, err);
    size_t rows = s == RSP_OK ? count_lines(c->text) : 0;
    if (s == RSP_OK && rows < 2) {
        s = rsp_fail(err, RSP_DATA, "%s: expected a header and a row a participant",
                     path);
    }
    if (s == RSP_OK) {
        s = allot(c, net, rows - 1, err);
    }
    char *save = NULL;
    uint32_t number = 1;
    char *line = s == RSP_OK ? strtok_r(c->text, "\r\n", &save) : NULL;
    if (line) {
        s = read_header(path, line, net, columns, &n_columns, &c->has_initial, err);
        line = strtok_r(NULL, "\r\n", &save);
    }
    for (; s == RSP_OK && line && (!args->first || row < args->first);
         line = strtok_r(NULL, "\r\n", &save), row++) {
        s = set_medians(args, net, c->params + row * net->n_params, err);
        if (s == RSP_OK) {
            s = read_row(path, line, ++number, net, columns, n_columns, c, row, err);
        }
    }
    c->n_rows = row;
    return s;
}

rsp_status cli_cohort_make(const cli_args *args, const rsp_network *net,
                           cli_cohort *cohort, rsp_error *err)
{
    if (args->participants) {
        return read_file(args, net, cohort, err);
    }
    rsp_status s = allot(cohort, net, 1, err);
    return s == RSP_OK ? set_medians(args, net, cohort->params, err) : s;
}

void cli_cohort_fini(cli_cohort *cohort)
{
    free(cohort->params);
    free(cohort->initial);
    free(cohort->names);
    free(cohort->text);
    *cohort = (cli_cohort){0};
}
