#include <stdio.h>
#include <string.h>

#include "report/figures.h"

bool arm_is_treated(const rsp_plan_view *plan, const char *arm)
{
    for (size_t i = 0; i < plan->n_arms; i++) {
        if (strcmp(plan->arms[i].name, arm) == 0) {
            return plan->arms[i].schedule && strstr(plan->arms[i].schedule, "infuse");
        }
    }
    return false;
}

/* Colours come round after three arms of a kind, dashes and marks after four: twelve differ. */
arm_style style_of_kind(size_t kind, size_t n)
{
    static const char *const colours[2][3] = {{COLOUR_VERMILION, COLOUR_ORANGE, COLOUR_SKY},
                                              {COLOUR_BLUE, COLOUR_GREEN, COLOUR_PURPLE}};
    static const char *const dashes[2][4] = {{NULL, "8 3", "2 3", "8 3 2 3"},
                                             {"6 3", NULL, "2 3", "8 3 2 3"}};
    static const svg_shape shapes[2][4] = {{SVG_CIRCLE, SVG_DIAMOND, SVG_TRIANGLE, SVG_CROSS},
                                           {SVG_SQUARE, SVG_TRIANGLE, SVG_DIAMOND, SVG_WEDGE}};
    return (arm_style){colours[kind][n % 3], dashes[kind][n % 4], shapes[kind][n % 4]};
}

arm_style style_of_arm(const rsp_plan_view *plan, const char *arm)
{
    size_t seen[2] = {0, 0};
    for (size_t i = 0; i < plan->n_arms; i++) {
        size_t kind = arm_is_treated(plan, plan->arms[i].name) ? 0 : 1, n = seen[kind]++;
        if (strcmp(plan->arms[i].name, arm) == 0) {
            return style_of_kind(kind, n);
        }
    }
    return (arm_style){COLOUR_BLUE, NULL, SVG_SQUARE};
}

const char *weeks_since(const char *from, char text[160])
{
    if (from && strcmp(from, "stop art") == 0) {
        snprintf(text, 160, "weeks since ART was stopped");
    } else if (!from || !from[0] || strcmp(from, "start") == 0) {
        snprintf(text, 160, "weeks since the start of the study");
    } else if (strcmp(from, "infuse") == 0) {
        snprintf(text, 160, "weeks since infusion");
    } else {
        snprintf(text, 160, "weeks since %.100s", from);
    }
    return text;
}

/* "Gut RNA": an abbreviation that stands alone. */
static void raise_word(char *text, const char *word)
{
    size_t n = strlen(word);
    for (char *c = text; *c; c++) {
        bool is = (c[0] | 0x20) == word[0] && strncmp(c + 1, word + 1, n - 1) == 0;
        if (is && (c == text || c[-1] == ' ') && (c[n] == ' ' || c[n] == '\0')) {
            for (size_t i = 0; i < n; i++) {
                c[i] = (char)(word[i] - 'a' + 'A');
            }
        }
    }
}

const char *assay_title(const char *assay, char text[160])
{
    static const char *const known[][2] = {
        {"viral_load", "Viral load"},
        {"car_copies", "CAR T cells in blood"},
        {"cd4", "CD4 count"},
        {"cd8", "CD8 count"},
        {"intact_provirus", "Reservoir: intact provirus"},
        {"ca_rna", "Cell-associated RNA"},
        {"ca_dna", "Cell-associated DNA"},
        {"ipda", "Reservoir: intact provirus (IPDA)"},
        {"five_target", "Reservoir: five targets"},
        {"outgrowth", "Reservoir: outgrowth"},
        {"escape_fraction", "Escape: resistant share of the virus"},
        {"il6", "IL-6"},
        {"crs_grade", "CRS grade"},
        {"icans_grade", "ICANS grade"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i][0], assay) == 0) {
            snprintf(text, 160, "%s", known[i][1]);
            return text;
        }
    }
    snprintf(text, 160, "%.150s", assay);
    for (char *c = text; *c; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    if (text[0] >= 'a' && text[0] <= 'z') {
        text[0] = (char)(text[0] - 'a' + 'A');
    }
    raise_word(text, "rna");
    raise_word(text, "dna");
    raise_word(text, "crs");
    return text;
}

const char *assay_unit(const char *unit, char text[160])
{
    static const char *const known[][2] = {
        {"copies/ug", "CAR copies per \xc2\xb5g DNA"},
        {"cell/uL", "cells/\xc2\xb5L"},
        {"cells/uL", "cells/\xc2\xb5L"},
        {"copies/1e6 cells", "copies per million cells"},
        {"1", "share"},
        {"", "share"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i][0], unit) == 0) {
            snprintf(text, 160, "%s", known[i][1]);
            return text;
        }
    }
    snprintf(text, 160, "%.150s", unit);
    return text;
}

const char *assay_label(const char *assay, const char *unit, char text[340])
{
    char title[160], shown[160];
    size_t n = strlen(assay_title(assay, title));
    assay_unit(unit, shown);
    bool said = (n > 5 && strcmp(title + n - 5, "grade") == 0) ||
                (strcmp(shown, "share") == 0 && strstr(title, "share")); /* the title says it */
    snprintf(text, 340, "%s%s%s", title, said ? "" : ", ", said ? "" : shown);
    return text;
}

/* ---- Signs and names of arms: whole, over several lines where they are long. */
static double named(rsp_text *out, double x, double y, double size, const char *name, double room)
{
    rsp_text words = {0};
    svg_prose(&words, name);
    const char *s = words.data ? words.data : "";
    double below = svg_leading(size) * (double)(svg_lines(s, size, room) - 1);
    if (out) {
        svg_block(out, x, y, "start", size, COLOUR_INK, s, room);
    }
    rsp_text_fini(&words);
    return below;
}

double arm_legend(rsp_text *out, arm_style s, const char *words, double y)
{
    if (out) {
        svg_line(out, 10, y - 4, 38, y - 4, s.colour, 2.4, s.dash);
    }
    return 22 + named(out, 46, y, SIZE_LABEL, words, FIGURE_WIDTH - 46 - 8);
}

double arm_at_risk(rsp_text *out, arm_style s, const char *name, double y)
{
    if (out) {
        svg_line(out, 10, y - 4, 26, y - 4, s.colour, 2.4, s.dash);
    }
    return 20 + named(out, 31, y, 13, name, 112);
}

const char *p_text(double p, char text[32])
{
    if (!(p >= 0)) {
        snprintf(text, 32, "p not estimable");
    } else if (p < 0.001) {
        snprintf(text, 32, "p < 0.001");
    } else {
        snprintf(text, 32, "p = %.3f", p);
    }
    return text;
}
