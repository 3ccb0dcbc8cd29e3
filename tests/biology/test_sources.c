/* What the model's page and its parameters say of themselves. */
#include <dirent.h>

#include "clinic/assay.h"
#include "hiv.h"
#include "respite/core.h"

static char *read_text(const char *path)
{
    char *text;
    size_t length;
    rsp_error err = {0};
    if (rsp_file_read(path, 0, &text, &length, &err) != RSP_OK) {
        fail_msg("%s", err.message);
        return NULL;
    }
    return text;
}

static rsp_model *load_named(const char *path)
{
    rsp_model *model = NULL;
    rsp_error err = {0};
    if (rsp_model_load(path, NULL, &model, &err) != RSP_OK) {
        fail_msg("%s:%u: %s", err.source, err.line, err.message);
    }
    return model;
}

static rsp_model *load(void)
{
    return load_named(MODELS "/hiv_car_t.rsp");
}

/* In backquotes, alone or with an index or an argument. */
static bool page_names(const char *page, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = strstr(page, name); at != NULL; at = strstr(at + 1, name)) {
        if (at > page && at[-1] == '`' && strchr("`[(", at[n]) != NULL) {
            return true;
        }
    }
    return false;
}

static void expect_named(const char *page, const char *what, const char *name)
{
    if (!page_names(page, name)) {
        fail_msg("docs/model.md does not name the %s `%s`", what, name);
    }
}

/* ---- The page. */

static void the_page_of_the_model_names_every_file_of_it(void **state)
{
    (void)state;
    char *page = read_text(PAGE);
    DIR *folder = opendir(MODELS);
    size_t n = 0;
    assert_non_null(folder);
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        const char *dot = strrchr(e->d_name, '.');
        if (dot != NULL && strcmp(dot, ".rsp") == 0) {
            expect_named(page, "file", e->d_name);
            n++;
        }
    }
    assert_true(n >= 12);
    closedir(folder);
    free(page);
}

/* An assay without a name of its own then reads what its kind is for, in every model. */
static void no_observable_stands_in_the_way_of_what_a_kind_of_assay_reads(void **state)
{
    (void)state;
    static const char *const names[] = {"hiv_car_t", "hiv_car_t_products", "hiv_car_t_full",
                                        "hiv_car_t_full2", "hiv_car_t_epitopes"};
    size_t n = 0, read = 0;
    const clinic_assay_model *kinds = clinic_assay_models(&n);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        char path[400];
        snprintf(path, sizeof path, MODELS "/%s.rsp", names[k]);
        rsp_model *model = load_named(path);
        const rsp_network *net = rsp_model_network(model);
        for (size_t i = 0; i < n; i++) {
            if (kinds[i].usual && rsp_network_observable(net, kinds[i].name) >= 0) {
                fail_msg("%s observes %s, an assay that reads %s", names[k], kinds[i].name,
                         kinds[i].usual);
            }
            read += kinds[i].usual && rsp_network_observable(net, kinds[i].usual) >= 0;
        }
        rsp_model_free(model);
    }
    assert_true(read >= 20);
}

static void the_page_of_the_model_names_all_that_moves_and_all_that_is_read(void **state)
{
    (void)state;
    char *page = read_text(PAGE), name[64];
    rsp_model *model = load();
    const rsp_network *net = rsp_model_network(model);
    for (uint32_t i = 0; i < net->n_species; i++) {
        expect_named(page, "species", net->species[i].family);
    }
    for (uint32_t i = 0; i < net->n_reactions; i++) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(net->reactions[i].name, "["),
                 net->reactions[i].name);
        expect_named(page, "reaction", name);
    }
    for (uint32_t i = 0; i < net->n_observables; i++) {
        expect_named(page, "observable", net->observables[i].name);
    }
    for (uint32_t i = 0; i < net->n_actions; i++) {
        expect_named(page, "action", net->actions[i].name);
    }
    for (uint32_t i = 0; i < net->n_params; i++) {
        expect_named(page, "parameter", net->params[i].family);
    }
    rsp_model_free(model);
    free(page);
}

/* ---- Parameters. */

static void every_parameter_carries_meaning_source_and_status(void **state)
{
    (void)state;
    static const char *const paths[] = {MODELS "/hiv_car_t.rsp", MODELS "/hiv_car_t_full.rsp",
                                        MODELS "/hiv_car_t_full2.rsp",
                                        MODELS "/hiv_car_t_epitopes.rsp",
                                        MODELS "/hiv_car_t_products.rsp"};
    for (size_t m = 0; m < sizeof paths / sizeof *paths; m++) {
        rsp_model *model = load_named(paths[m]);
        const rsp_network *net = rsp_model_network(model);
        for (uint32_t i = 0; i < net->n_params; i++) {
            const rsp_param *p = &net->params[i];
            if (p->meaning[0] == '\0' || p->source[0] == '\0' || p->status == RSP_UNSTATED) {
                fail_msg("%s:%u: %s lacks its meaning, source or status", p->file, p->line, p->name);
            }
        }
        assert_int_equal(net->n_warnings, 0);
        rsp_model_free(model);
    }
}

enum { NAME, SYMBOL, MEANING, UNIT, MEDIAN, LOW, HIGH, DISTRIBUTION, CV, SOURCE, STATUS, COLUMNS };

/* Cuts a line of CSV at its commas, quotes off, in place; to the next line. */
static char *cut(char *line, char **column)
{
    for (int k = 0; k < COLUMNS; k++) {
        char *to = line;
        bool quoted = false;
        column[k] = line;
        while (*line != '\0' && (quoted || (*line != ',' && *line != '\n'))) {
            quoted = (*line == '"') ? !quoted : quoted;
            if (*line != '"' && *line != '\r') {
                *to++ = *line;
            }
            line++;
        }
        bool more = *line == ',';
        line += *line != '\0';
        *to = '\0';
        for (; !more && k + 1 < COLUMNS; k++) {
            column[k + 1] = to;
        }
    }
    return line;
}

/* Names that differ from the table's symbols, where the quantity is the same. */
static const char *const renamed[][2] = {
    {"t_art", "t_art_insti"}, {"t_art_nn", "t_art_nnrti"}, {"b_X/mu_X", "b_rel"},
    {"d_X/mu_X", "d_rel"},    {"N_T", "N_site[tzone]"},    {"N_F", "N_site[follicle]"},
    {"N_G", "N_site[gut]"},
};

/* The table's units in the language's; counts of things in pure numbers, per cell. */
static const char *const same_unit[][2] = {
    {"-", "1"}, {"count", "1"}, {"1/site", "1"}, {"per cell", "1"},
    {"per lymphocyte", "1"}, {"cells", "cell"}, {"per 1e6 CD4", "copies/1e6 cells"},
    {"1/day per unit frequency", "1/day"},
};

/* Where the dimension says more than the table: of what a share or load is. */
static const char *const finer_unit[][2] = {
    {"v_0", "copies/(mL cell)"}, {"Lambda", "cell/day"}, {"VCN", "copies/cell"},
};

static const char *find(const char *const (*table)[2], size_t n, const char *key, const char *otherwise)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i][0], key) == 0) {
            return table[i][1];
        }
    }
    return otherwise;
}
#define FIND(table, key, otherwise) find(table, sizeof table / sizeof *table, key, otherwise)

static const rsp_param *of_symbol(const rsp_network *net, const char *symbol)
{
    const char *name = FIND(renamed, symbol, symbol);
    for (uint32_t i = 0; i < net->n_params; i++) {
        if (strcmp(net->params[i].name, name) == 0 || strcmp(net->params[i].family, name) == 0) {
            return &net->params[i];
        }
    }
    return NULL;
}

static void expect_number(const rsp_param *p, const char *what, double found, const char *wanted)
{
    char *end;
    double value = strtod(wanted, &end);
    if (end == wanted || *end != '\0') {
        return; /* none, or several in words */
    }
    if (!(fabs(found / p->factor - value) <= 1e-12 * fabs(value))) {
        fail_msg("%s:%u: %s of %s is %.15g, in the table %s", p->file, p->line, what, p->name,
                 found / p->factor, wanted);
    }
}

/* How the table's distribution is written in the language. */
static void distribution(char *out, size_t n, const char *name, const char *cv)
{
    double sd;
    if (sscanf(name, "lognormal (log10 SD %lf)", &sd) == 1) {
        snprintf(out, n, "lognormal sd10 %g", sd);
    } else if (sscanf(name, "logit-normal(0,%lf)", &sd) == 1) {
        snprintf(out, n, "logit-normal sd %g", sd);
    } else if (strcmp(name, "lognormal") == 0) {
        snprintf(out, n, "lognormal cv %g", strtod(cv, NULL));
    } else if (strcmp(name, "logit-normal") == 0) {
        snprintf(out, n, "logit-normal sd %g", strtod(cv, NULL));
    } else {
        snprintf(out, n, "%s", strcmp(name, "loguniform") == 0 ? "log-uniform" : name);
    }
}

/* On the one level or the other; a parameter that does not vary is at its median, as in
 * the minimum configuration. */
static void expect_distribution(const rsp_param *p, char **row)
{
    char text[64];
    if (p->between.kind == RSP_DIST_NONE && p->uncertain.kind == RSP_DIST_NONE) {
        return;
    }
    if (strcmp(p->name, "f_R") == 0) {
        return; /* Wright's law by a lognormal of its CV */
    }
    distribution(text, sizeof text, row[DISTRIBUTION], row[CV]);
    const char *levels[] = {p->between.text, p->uncertain.text};
    for (int k = 0; k < 2; k++) {
        if (levels[k] != NULL && strncmp(levels[k], text, strlen(text)) == 0) {
            return;
        }
    }
    fail_msg("%s:%u: %s varies as \"%s\" and \"%s\", in the table as %s", p->file, p->line, p->name,
             levels[0] != NULL ? levels[0] : "", levels[1] != NULL ? levels[1] : "", text);
}

static void expect_row(const rsp_param *p, char **row)
{
    const char *unit = FIND(finer_unit, row[SYMBOL], FIND(same_unit, row[UNIT], row[UNIT]));
    const char *status = rsp_knowledge_name(p->status);
    if (strcmp(p->unit, unit) != 0) {
        fail_msg("%s:%u: %s has unit %s, in the table %s", p->file, p->line, p->name, p->unit, unit);
    }
    if (strcmp(status, row[STATUS]) != 0) {
        fail_msg("%s:%u: %s has status %s, in the table %s", p->file, p->line, p->name, status, row[STATUS]);
    }
    if (strncmp(p->source, row[SOURCE], strlen(row[SOURCE])) != 0) { /* more may follow */
        fail_msg("%s:%u: %s has source \"%s\", in the table \"%s\"", p->file, p->line, p->name,
                 p->source, row[SOURCE]);
    }
    if (p->count == 1 || strcmp(p->family, "N_site") != 0) {
        expect_number(p, "low end", p->low, row[LOW]);
        expect_number(p, "high end", p->high, row[HIGH]);
    }
    expect_number(p, "value", p->value, row[MEDIAN]);
    expect_distribution(p, row);
}

static void every_parameter_agrees_with_the_table_of_parameters(void **state)
{
    (void)state;
    FILE *there = fopen(TABLE, "r");
    if (there == NULL) {
        print_message("    skipped: %s is not there\n", TABLE);
        skip();
        return;
    }
    fclose(there);
    char *text = read_text(TABLE), *column[COLUMNS];
    rsp_model *model = load();
    size_t n = 0;
    for (char *line = cut(text, column); *line != '\0';) {
        line = cut(line, column);
        const rsp_param *p = of_symbol(rsp_model_network(model), column[SYMBOL]);
        if (p != NULL) {
            expect_row(p, column);
            n++;
        }
    }
    print_message("    %zu rows of the table\n", n);
    assert_true(n >= 60);
    rsp_model_free(model);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_of_the_model_names_every_file_of_it),
        cmocka_unit_test(no_observable_stands_in_the_way_of_what_a_kind_of_assay_reads),
        cmocka_unit_test(the_page_of_the_model_names_all_that_moves_and_all_that_is_read),
        cmocka_unit_test(every_parameter_carries_meaning_source_and_status),
        cmocka_unit_test(every_parameter_agrees_with_the_table_of_parameters),
    };
    return cmocka_run_group_tests_name("sources", tests, NULL, NULL);
}
