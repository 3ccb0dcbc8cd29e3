#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/csv.h"
#include "study/plan.h"

/* The scoreboard: published figures and the statistics that answer them. */

static const char *const score_keys[] = {"quantity", "statistic", "arm", "against",
                                         "use", "note", "study", NULL};
static const char *const uses[] = {"predicted", "calibrated", "check", "direction",
                                   "inverse", NULL};
static const char *const columns[] = {"study", "quantity", "value", "low", "high",
                                      "unit", "n", "source", "use", "note", NULL};

typedef struct statistic_form {
    const char *name;
    plan_statistic statistic;
    bool of_assay;
    unsigned arguments; /* 0; 1: a time, a moment or a value; 2: two moments */
} statistic_form;

static const statistic_form forms[] = {
    {"median", PLAN_MEDIAN, false, 0},       {"quartile1", PLAN_QUARTILE1, false, 0},
    {"quartile3", PLAN_QUARTILE3, false, 0}, {"event_free", PLAN_EVENT_FREE, false, 1},
    {"by", PLAN_BY, false, 1},               {"share", PLAN_SHARE, false, 0},
    {"change", PLAN_CHANGE, true, 2},        {"median", PLAN_LEVEL, true, 1},
    {"mean_change", PLAN_MEAN_CHANGE, true, 2}, {"rise", PLAN_RISE, true, 2},
    {"days_above", PLAN_DAYS_ABOVE, true, 1}, {"mean", PLAN_MEAN_LEVEL, true, 1},
};

/* ---- The table. */
static bool read_table(plan_reading *p, const tree *t, csv *table)
{
    const char *name = reader_text(&p->r, t, "published");
    char *path = reading(&p->r) ? plan_find_file(p, t, "", name, "published") : NULL;
    size_t length = 0;
    if (!path) {
        return false;
    }
    char *text = plan_read_text(p, path, 1 << 20, &length);
    if (reading(&p->r)) {
        p->r.status = rsp_text_check(path, text, length, p->r.err);
    }
    if (reading(&p->r)) {
        p->r.status = csv_parse(p->r.arena, path, text, length, table, p->r.err);
    }
    free(text);
    for (size_t i = 0; i < 7 && reading(&p->r); i++) {
        bool found = false;
        for (size_t k = 0; k < table->n_columns; k++) {
            found |= strcmp(table->fields[k], columns[i]) == 0;
        }
        if (!found) {
            p->r.status = rsp_fail_at(p->r.err, RSP_DATA, path, NULL, 1, 1,
                                      "the column '%s' is missing", columns[i]);
        }
    }
    return reading(&p->r);
}

static double field_number(plan_reading *p, const csv *table, size_t row,
                           const char *column)
{
    const char *s = csv_field(table, row, column);
    double v = (double)NAN;
    if (s[0] && !rsp_number_read(s, strlen(s), &v)) {
        p->r.status = rsp_fail_at(p->r.err, RSP_DATA, table->name, NULL,
                                  table->lines[row], 1, "%s '%.40s' is no number",
                                  column, s);
    }
    return v;
}

static size_t find_row(plan_reading *p, const csv *table, const tree *quantity,
                       const tree *study)
{
    const char *known[512];
    size_t n = 0;
    const char *s = reader_text(&p->r, quantity, "quantity");
    for (size_t i = 1; reading(&p->r) && i < table->n_rows; i++) {
        const char *q = csv_field(table, i, "quantity");
        bool same = !study || strcmp(csv_field(table, i, "study"), study->text) == 0;
        if (strcmp(q, s) == 0 && same) {
            return i;
        }
        known[n] = q;
        n += n + 1 < 512;
    }
    if (reading(&p->r)) {
        char what[300];
        snprintf(what, sizeof what, "%.200s has no quantity", table->name);
        reader_unknown(&p->r, quantity, what, s, known, n);
    }
    return 0;
}

/* ---- Moments in a data set. */
static void read_when(plan_reading *p, const tree *t, const char *s, size_t n,
                      plan_when *when)
{
    const char *text = rsp_arena_copy(p->r.arena, s, n);
    *when = (plan_when){.kind = PLAN_WHEN_START};
    if (!text || strcmp(text, "start") == 0) {
        return;
    }
    if (strcmp(text, "end") == 0) {
        when->kind = PLAN_WHEN_END;
        return;
    }
    for (size_t i = 0; i < p->plan->n_endpoints; i++) {
        if (strcmp(p->plan->endpoints[i].name, text) == 0 ||
            (i == 0 && strcmp(text, "rebound") == 0)) {
            when->kind = PLAN_WHEN_ENDPOINT;
            when->endpoint = (uint32_t)i;
            return;
        }
    }
    tree copy = *t;
    copy.text = text;
    clinic_moment m = plan_moment(p, &copy, "statistic");
    if (reading(&p->r) && m.place) {
        reader_fail(&p->r, t, RSP_RANGE,
                    "a statistic knows the first '%s' of each participant alone; for another "
                    "write its day or an endpoint", m.entry.what);
        return;
    }
    when->day = m.offset + (m.kind == CLINIC_AT_DAY ? m.day : 0);
    when->kind = m.kind == CLINIC_AT_ACTION ? PLAN_WHEN_HAPPENING
                 : m.kind == CLINIC_AT_DAY  ? PLAN_WHEN_DAY
                                            : PLAN_WHEN_START;
    when->what = m.kind == CLINIC_AT_ACTION ? m.entry.what : NULL;
}

static void read_arguments(plan_reading *p, const tree *t, const statistic_form *form,
                           const char *s, size_t n, plan_score *score)
{
    if (form->arguments == 2) {
        const char *to = strstr(s, " to ");
        if (!to || to > s + n) {
            reader_fail(&p->r, t, RSP_SYNTAX,
                        "%s takes two moments: %s(start to stop art)", form->name,
                        form->name);
            return;
        }
        read_when(p, t, s, (size_t)(to - s), &score->from);
        read_when(p, t, to + 4, n - (size_t)(to - s) - 4, &score->to);
    } else if (form->statistic == PLAN_LEVEL || form->statistic == PLAN_MEAN_LEVEL) {
        read_when(p, t, s, n, &score->to);
    } else if (form->statistic == PLAN_DAYS_ABOVE) {
        wanted unit = wanted_of(p->plan->assays[score->assay].unit, NULL);
        score->above = reader_quantity_text(&p->r, t, "statistic", s, n, &unit) /
                       unit.unit.factor;
        const clinic_assay *assay = &p->plan->assays[score->assay];
        const bool below = score->above < assay->settings.lloq, pure = strcmp(assay->unit, "1") == 0;
        const char *blank = pure ? "" : " ", *shown = pure ? "" : assay->unit;
        if (reading(&p->r) && clinic_assay_is_share(assay) && score->above >= 1) {
            reader_fail(&p->r, t, RSP_RANGE, "days above %g: %s is a share, from 0 to 1",
                        score->above, assay->name);
        } else if (reading(&p->r) && (below || score->above > assay->settings.uloq)) {
            reader_fail(&p->r, t, RSP_RANGE, "days above %g%s%s: the assay's %s is %g%s%s",
                        score->above, blank, shown, below ? "LLOQ" : "ULOQ",
                        below ? assay->settings.lloq : assay->settings.uloq, blank, shown);
        }
    } else {
        wanted day = wanted_of("day", "28 day");
        score->day = reader_quantity_text(&p->r, t, "statistic", s, n, &day);
    }
}

static bool find_subject(plan_reading *p, const char *name, size_t n, bool assay,
                         uint32_t *found)
{
    size_t count = assay ? p->plan->n_assays : p->plan->n_endpoints;
    for (size_t i = 0; i < count; i++) {
        const char *it = assay ? p->plan->assays[i].name : p->plan->endpoints[i].name;
        if (strlen(it) == n && memcmp(it, name, n) == 0) {
            *found = (uint32_t)i;
            return true;
        }
    }
    return false;
}

static void unknown_statistic(plan_reading *p, const tree *t)
{
    reader_fail(&p->r, t, RSP_NAME,
                "'%.60s' is no statistic; write ENDPOINT.median, .quartile1, "
                ".quartile3, .event_free(28 day), .by(28 day), .share, or "
                "ASSAY.change(start to stop art), .mean_change(...), .rise(...), "
                ".median(day 28), .mean(day 28), .days_above(200 copies/mL); on a "
                "scoreboard also ENDPOINT.wait, .last, .recrudescence, "
                ".recrudescence_varying, ASSAY.recrudescence(0.5 1/day) and product.made",
                t->text);
}

void plan_statistic_of(plan_reading *p, const tree *t, plan_score *score)
{
    const char *s = reader_text(&p->r, t, "statistic");
    const char *dot = strchr(s, '.'), *open = strchr(s, '(');
    size_t n = strlen(s);
    if (!reading(&p->r)) {
        return;
    }
    if (!dot || (open && (open < dot || s[n - 1] != ')'))) {
        unknown_statistic(p, t);
        return;
    }
    const char *verb = dot + 1;
    size_t length = open ? (size_t)(open - verb) : strlen(verb);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const statistic_form *f = &forms[i];
        uint32_t subject = 0;
        if (strlen(f->name) != length || memcmp(f->name, verb, length) != 0 ||
            !!open != !!f->arguments ||
            !find_subject(p, s, (size_t)(dot - s), f->of_assay, &subject)) {
            continue;
        }
        score->statistic = f->statistic;
        score->endpoint = score->assay = subject;
        if (open) {
            read_arguments(p, t, f, open + 1, n - (size_t)(open - s) - 2, score);
        }
        return;
    }
    unknown_statistic(p, t);
}

const char *plan_statistic_unit(const plan_reading *p, const plan_score *score)
{
    switch (score->statistic) {
    case PLAN_MEDIAN:
    case PLAN_QUARTILE1:
    case PLAN_QUARTILE3:
    case PLAN_WAIT:
    case PLAN_LAST:
    case PLAN_RECRUDESCENCE:
    case PLAN_VARYING:
    case PLAN_FOUNDERS:
    case PLAN_DAYS_ABOVE:
        return "day";
    case PLAN_CHANGE:
    case PLAN_MEAN_CHANGE:
    case PLAN_RISE:
        return "log10";
    case PLAN_LEVEL:
    case PLAN_MEAN_LEVEL:
        return p->plan->assays[score->assay].unit;
    case PLAN_EVENT_FREE:
    case PLAN_BY:
    case PLAN_SHARE:
    case PLAN_MADE:
        break;
    }
    return "1";
}

/* Published unit to the statistic's: days, shares, log10, the assay's unit. */
static void read_unit(plan_reading *p, const csv *table, size_t row, plan_score *score)
{
    bool level = score->statistic == PLAN_LEVEL || score->statistic == PLAN_MEAN_LEVEL;
    const char *wants = plan_statistic_unit(p, score);
    bool ratio = strcmp(wants, "log10") == 0;
    const char *unit = csv_field(table, row, "unit");
    rsp_unit mine = {0}, theirs = {0};
    score->unit = unit[0] ? unit : strcmp(wants, "1") ? wants : "";
    score->factor = 1;
    wants = ratio ? "1" : wants;
    if (ratio && (!unit[0] || strcmp(unit, "log10") == 0)) {
        score->unit = "log10";
        return;
    }
    bool fits = rsp_unit_parse(wants, &mine, NULL) == RSP_OK &&
                rsp_unit_parse(unit[0] ? unit : wants, &theirs, NULL) == RSP_OK &&
                rsp_unit_same(&mine, &theirs);
    if (!fits) {
        p->r.status = rsp_fail_at(p->r.err, RSP_UNITS, table->name, NULL,
                                  table->lines[row], 1,
                                  "%s is in '%.40s'; its statistic is in '%s'",
                                  score->quantity, unit, wants);
        return;
    }
    score->factor = theirs.factor / (level ? mine.factor : 1.0);
}

static bool is_direction(const char *s)
{
    return strncmp(s, "increase", 8) == 0 || strncmp(s, "decrease", 8) == 0;
}

static void published_value(plan_reading *p, const csv *table, size_t row,
                            plan_score *score)
{
    const char *value = csv_field(table, row, "value");
    score->published = (double)NAN;
    score->published_text = value;
    if (is_direction(value)) {
        score->published_text = value[0] == 'i' ? "increase" : "decrease";
    } else {
        score->published = field_number(p, table, row, "value");
    }
    score->low = field_number(p, table, row, "low");
    score->high = field_number(p, table, row, "high");
}

/* "founder_ratio.recrudescence(0.5 1/day)": the growth at which lineages part. */
static bool of_founders(plan_reading *p, const tree *t, const char *s, const char *dot,
                        plan_score *score)
{
    static const char verb[] = ".recrudescence(";
    const size_t n = sizeof verb - 1, length = strlen(s);
    if (strncmp(dot, verb, n) != 0 || s[length - 1] != ')' ||
        !find_subject(p, s, (size_t)(dot - s), true, &score->assay)) {
        return false;
    }
    wanted rate = wanted_of("1/day", "0.5 1/day");
    score->statistic = PLAN_FOUNDERS;
    score->above = reader_quantity_text(&p->r, t, "statistic", dot + n,
                                        length - (size_t)(dot - s) - n - 1, &rate) /
                   rate.unit.factor;
    if (reading(&p->r) && p->plan->assays[score->assay].kind != CLINIC_FOUNDER_RATIO) {
        reader_fail(&p->r, t, RSP_RANGE, "recrudescence(...) is read from an assay of kind "
                    "founder_ratio");
    }
    if (reading(&p->r) && !(score->above > 0)) {
        reader_fail(&p->r, t, RSP_RANGE, "recrudescence(...) needs a growth above 0");
    }
    return true;
}

/* Of trials, not of participants, so that no sweep has them. */
static bool of_scoreboards_alone(plan_reading *p, const tree *t, plan_score *score)
{
    static const struct { const char *verb; plan_statistic statistic; } of_endpoints[] = {
        {"wait", PLAN_WAIT}, {"last", PLAN_LAST}, {"recrudescence", PLAN_RECRUDESCENCE},
        {"recrudescence_varying", PLAN_VARYING}};
    const char *s = reader_text(&p->r, t, "statistic"), *dot = strchr(s, '.');
    if (strcmp(s, "product.made") == 0) {
        score->statistic = PLAN_MADE;
        return true;
    }
    for (size_t i = 0; dot && i < sizeof of_endpoints / sizeof *of_endpoints; i++) {
        if (strcmp(dot + 1, of_endpoints[i].verb) == 0 &&
            find_subject(p, s, (size_t)(dot - s), false, &score->endpoint)) {
            score->statistic = of_endpoints[i].statistic;
            return true;
        }
    }
    return dot && of_founders(p, t, s, dot, score);
}

static void score_arms(plan_reading *p, const tree *t, plan_score *score)
{
    const tree *arm = p->plan->view.n_arms > 1
                          ? reader_need(&p->r, t, "arm", "a scoreboard row")
                          : tree_get(t, "arm");
    const tree *against = tree_get(t, "against");
    score->arm = arm ? plan_arm_named(p, arm, "arm") : 0;
    score->differs = against != NULL;
    score->against = against ? plan_arm_named(p, against, "against") : 0;
    if (reading(&p->r) && against && score->against == score->arm) {
        reader_fail(&p->r, against, RSP_RANGE, "against: the row's own arm");
    }
}

static void read_score(plan_reading *p, const tree *t, const csv *table,
                       plan_score *score)
{
    if (!reader_map(&p->r, t, "a scoreboard row", score_keys)) {
        return;
    }
    const tree *quantity = reader_need(&p->r, t, "quantity", "a scoreboard row");
    const tree *statistic = reader_need(&p->r, t, "statistic", "a scoreboard row");
    const tree *use = tree_get(t, "use"), *note = tree_get(t, "note");
    size_t row = reading(&p->r) ? find_row(p, table, quantity, tree_get(t, "study")) : 0;
    if (!reading(&p->r)) {
        return;
    }
    score->quantity = quantity->text;
    score->study = csv_field(table, row, "study");
    score->source = csv_field(table, row, "source");
    score_arms(p, t, score);
    score->use = csv_field(table, row, "use");
    if (use) {
        score->use = uses[reader_choice(&p->r, use, "use", uses)];
    }
    score->use = score->use[0] ? score->use : "predicted";
    score->note = note ? reader_text(&p->r, note, "note") : csv_field(table, row, "note");
    if (!of_scoreboards_alone(p, statistic, score)) {
        plan_statistic_of(p, statistic, score);
    }
    if (reading(&p->r)) {
        published_value(p, table, row, score);
    }
    if (reading(&p->r)) {
        read_unit(p, table, row, score);
    }
}

void plan_read_scores(plan_reading *p)
{
    const tree *published = tree_get(p->root, "published");
    const tree *list = tree_get(p->root, "scoreboard");
    csv table = {0};
    if (published && !read_table(p, published, &table)) {
        return;
    }
    if (!list || !reader_kind(&p->r, list, TREE_LIST, "scoreboard")) {
        return;
    }
    if (!published || list->n > PLAN_MOST_SCORES) {
        reader_fail(&p->r, list, RSP_SYNTAX, "%s",
                    published ? "too many rows" : "a scoreboard needs 'published'");
        return;
    }
    p->plan->scores = reader_alloc(&p->r, list->n, sizeof *p->plan->scores);
    for (const tree *t = list->first; t && reading(&p->r); t = t->next) {
        read_score(p, t, &table, &p->plan->scores[p->plan->n_scores++]);
    }
}
