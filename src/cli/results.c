#include "cli/cli.h"

#include <string.h>

#include "respite/analysis.h"

/* Tables of results on a terminal: columns as wide as what they hold; a table too
 * wide for 120 characters is turned, a line a column. */

enum { TERMINAL = 120, MOST_COLUMNS = 24, CELL = RSP_CELL_SHOWN };

/* The next line of a title that is broken at blanks; how long it is. */
static int title_line(const char **rest, size_t width)
{
    const char *s = *rest;
    size_t n = 0, end = 0;
    while (s[n] && (n <= width || !end)) {
        n++;
        if (s[n] == ' ' || !s[n]) {
            end = n <= width || !end ? n : end;
        }
    }
    *rest = s + end + strspn(s + end, " ");
    return (int)end;
}

static void put_cell(const char *text, int n, size_t width, bool left)
{
    int blanks = (int)width - (int)rsp_characters(text, (size_t)n);
    blanks = blanks > 0 ? blanks : 0;
    printf(" %*s%.*s%*s ", left ? 0 : blanks, "", n, text, left ? blanks : 0, "");
}

static void print_titles(const rsp_result_table *t, const size_t *width)
{
    char titles[MOST_COLUMNS][CELL];
    const char *rest[MOST_COLUMNS];
    bool more = true;
    for (size_t k = 0; k < t->n_columns; k++) {
        rsp_column_title(&t->columns[k], titles[k]);
        rest[k] = titles[k];
    }
    while (more) {
        more = false;
        fputs(" ", stdout);
        for (size_t k = 0; k < t->n_columns; k++) {
            const char *line = rest[k];
            if (width[k]) {
                int n = title_line(&rest[k], width[k]);
                put_cell(line, n, width[k], t->columns[k].kind == RSP_CELL_TEXT);
                more |= rest[k][0] != '\0';
            }
        }
        fputs("\n", stdout);
    }
}

static void print_wide(const rsp_result_table *t, const size_t *width)
{
    char text[CELL];
    print_titles(t, width);
    for (size_t i = 0; i < t->n_rows; i++) {
        fputs(" ", stdout);
        for (size_t k = 0; k < t->n_columns; k++) {
            if (width[k]) {
                rsp_cell_shown(&t->columns[k], &t->cells[i * t->n_columns + k], text);
                put_cell(text, (int)strlen(text), width[k], t->columns[k].kind == RSP_CELL_TEXT);
            }
        }
        fputs("\n", stdout);
    }
}

static size_t longest_word(const char *s)
{
    size_t most = 0;
    for (; *s; s += strspn(s, " ")) {
        size_t n = strcspn(s, " ");
        most = n > most ? n : most;
        s += n;
    }
    return most;
}

static void print_turned(const rsp_result_table *t, const size_t *width)
{
    char title[CELL], text[CELL];
    for (size_t i = 0; i < t->n_rows; i++) {
        for (size_t k = 0; k < t->n_columns; k++) {
            if (width[k]) {
                rsp_column_title(&t->columns[k], title);
                printf("  %-34s %s\n", title,
                       rsp_cell_shown(&t->columns[k], &t->cells[i * t->n_columns + k], text));
            }
        }
        fputs(i + 1 < t->n_rows ? "\n" : "", stdout);
    }
}

static void print_table(const rsp_result_table *t)
{
    size_t width[MOST_COLUMNS] = {0}, whole = 1;
    char text[CELL];
    for (size_t k = 0; k < t->n_columns; k++) {
        if (rsp_column_empty(t, k)) {
            continue;
        }
        rsp_column_title(&t->columns[k], text);
        width[k] = longest_word(text);
        for (size_t i = 0; i < t->n_rows; i++) {
            rsp_cell_shown(&t->columns[k], &t->cells[i * t->n_columns + k], text);
            size_t n = rsp_characters(text, strlen(text));
            width[k] = n > width[k] ? n : width[k];
        }
        whole += width[k] + 2;
    }
    printf("\n%s\n", t->title);
    if (whole <= TERMINAL) {
        print_wide(t, width);
    } else {
        print_turned(t, width);
    }
}

static void print_wrapped(const char *text, size_t indent)
{
    rsp_wrap wrap = {.out = stdout, .indent = indent};
    rsp_wrap_text(&wrap, text, strlen(text));
    fputs("\n", stdout);
}

void cli_print_results(const rsp_results_view *v)
{
    print_wrapped(v->title, 0);
    if (v->people->n_rows) {
        print_table(v->people);
    }
    for (size_t i = 0; i < v->n; i++) {
        const rsp_result *r = &v->items[i];
        printf("\n== %s\n", r->name);
        for (size_t k = 0; k < r->n_tables; k++) {
            if (!r->tables[k].long_one) {
                print_table(&r->tables[k]);
            }
        }
        for (size_t k = 0; k < r->n_notes; k++) {
            fputs("\n", stdout);
            print_wrapped(r->notes[k], 0);
        }
    }
    if (v->adjusted) {
        print_table(v->adjusted);
    }
}
