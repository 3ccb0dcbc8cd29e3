#include "analysis/options.h"

#include <math.h>
#include <string.h>

/* Every key of every kind: how it is read, into which field, within which bounds. */

typedef enum type {
    TEXT, NAMES, NUMBER, COUNT, DAY, DAYS, SHARE, SHARES, NUMBERS, CHOICE, YES_NO, VALUE, CURVE,
    RATES
} type;

typedef struct key {
    const char *name;
    type type;
    size_t at;
    double low, high;
    const char *const *words;
} key;

static const char *const band_words[] = {"log-log", "log", "plain", NULL};
static const char *const ties_words[] = {"efron", "breslow", "exact", NULL};
static const char *const transform_words[] = {"km", "identity", "log", "rank", "none", NULL};
static const char *const scores_words[] = {"sun", "finkelstein", "wilcoxon", NULL};
static const char *const variance_words[] = {"permutation", "score", NULL};
static const char *const family_words[] = {"none", "weibull", "exponential", "log-logistic", NULL};
static const char *const estimand_words[] = {"all", "treated", "stabilised", NULL};
static const char *const test_words[] = {"rank", "t", NULL};
static const char *const zeros_words[] = {"wilcoxon", "pratt", NULL};
static const char *const alternative_words[] = {"two-sided", "less", "greater", NULL};
static const char *const null_words[] = {"auto", "exact", "normal", "normal corrected", NULL};
static const char *const likelihood_words[] = {"reml", "ml", NULL};
static const char *const random_words[] = {"intercept", "slope", NULL};
static const char *const coefficient_words[] = {"spearman", "pearson", "kendall", NULL};
static const char *const limits_words[] = {"clopper-pearson", "wilson", "delta", "garwood",
                                           "bootstrap", NULL};
static const char *const shearing_words[] = {"corrected", "raw", "none", NULL};
static const char *const combination_words[] = {"independent", "bounds", NULL};
static const char *const information_words[] = {"expected", "observed", NULL};

/* As rsp_boundary_kind. */
static const char *const boundary_words[] = {
    "obrien-fleming", "pocock", "wang-tsiatis", "spend obrien-fleming", "spend pocock",
    "spend power", "spend hwang-shih-decani", NULL};

#define AT(field) offsetof(options, field)
static const key keys[] = {
    {"endpoint", TEXT, AT(endpoint), 0, 0, NULL},
    {"assay", TEXT, AT(assay), 0, 0, NULL},
    {"by", TEXT, AT(by), 0, 0, NULL},
    {"control", TEXT, AT(control), 0, 0, NULL},
    {"cluster", TEXT, AT(cluster), 0, 0, NULL},
    {"source", TEXT, AT(source), 0, 0, NULL},
    {"plate", TEXT, AT(plate), 0, 0, NULL},
    {"reference plate", TEXT, AT(reference_plate), 0, 0, NULL},
    {"names", TEXT, AT(names_plate), 0, 0, NULL},
    {"unrearranged", TEXT, AT(unrearranged), 0, 0, NULL},
    {"blank", NAMES, AT(blank), 0, 0, NULL},
    {"background", RATES, 0, 0, 1, NULL},
    {"second targets", NAMES, AT(second_targets), 0, 0, NULL},
    {"reference copies", NUMBER, AT(reference_copies), 1e-3, 1e3, NULL},
    {"distance", NUMBER, AT(distance), 1, 1e6, NULL},
    {"reference distance", NUMBER, AT(reference_distance), 1, 1e6, NULL},
    {"clearly positive", COUNT, AT(clearly_positive), 0, 1e8, NULL},
    {"combination", CHOICE, AT(combination), 0, 0, combination_words},
    {"targets", NAMES, AT(target_names), 0, 0, NULL},
    {"reference", NAMES, AT(reference), 0, 0, NULL},
    {"droplet", NUMBER, AT(droplet_nl), 1e-3, 1e3, NULL},
    {"least droplets", COUNT, AT(least_droplets), 0, 1e8, NULL},
    {"dilution", NUMBER, AT(dilution), 1e-6, 1e6, NULL},
    {"least unsheared", SHARE, AT(least_unsheared), 0, 1, NULL},
    {"bootstrap", COUNT, AT(bootstrap), 100, 1e6, NULL},
    {"limits", CHOICE, AT(limits), 0, 0, limits_words},
    {"shearing", CHOICE, AT(shearing), 0, 0, shearing_words},
    {"information", CHOICE, AT(information), 0, 0, information_words},
    {"strata", NAMES, AT(strata), 0, 0, NULL},
    {"covariates", NAMES, AT(covariates), 0, 0, NULL},
    {"adjust", NAMES, AT(adjust), 0, 0, NULL},
    {"match", NAMES, AT(match), 0, 0, NULL},
    {"events", NAMES, AT(events), 0, 0, NULL},
    {"means", NUMBERS, AT(targets), -1e12, 1e12, NULL},
    {"quantiles", SHARES, AT(quantiles), 0, 1, NULL},
    {"days", DAYS, AT(days), 0, 36525, NULL},
    {"shares", CURVE, 0, 0, 0, NULL},
    {"level", SHARE, AT(level), 0.5, 0.9999, NULL},
    {"rho", NUMBER, AT(rho), 0, 100, NULL},
    {"gamma", NUMBER, AT(gamma), 0, 100, NULL},
    {"draws", COUNT, AT(draws), 100, 1e8, NULL},
    {"seed", COUNT, AT(seed), 0, 4294967295.0, NULL},
    {"tau", DAY, AT(tau), 1e-9, 36525, NULL},
    {"day", DAY, AT(day), 0, 36525, NULL},
    {"delay", DAY, AT(delay), 0, 36525, NULL},
    {"growth", NUMBER, AT(growth), 1e-6, 100, NULL},
    {"from", DAY, AT(from), -36525, 36525, NULL},
    {"until", DAY, AT(until), -36525, 36525, NULL},
    {"median", DAY, AT(median), 1e-9, 36525, NULL},
    {"scale", DAY, AT(scale), 1e-9, 365250, NULL},
    {"shape", NUMBER, AT(shape), 1e-3, 100, NULL},
    {"arm n", COUNT, AT(arm_n), 1, 500000, NULL},
    {"arm median", DAY, AT(arm_median), 1e-9, 36525, NULL},
    {"n", COUNT, AT(n), 1, 500000, NULL},
    {"truncate", SHARE, AT(truncate), 0, 0.4999, NULL},
    {"shift", NUMBER, AT(shift), -1e12, 1e12, NULL},
    {"early half-life", NUMBER, AT(early_years), 1e-3, 1e6, NULL},
    {"late half-life", NUMBER, AT(late_years), 1e-3, 1e6, NULL},
    {"knot", NUMBER, AT(knot_years), 0, 200, NULL},
    {"area until", DAY, AT(auc_to), 1e-9, 36525, NULL},
    {"last", COUNT, AT(last), 1, 1000, NULL},
    {"below", NUMBER, AT(below), 1e-9, 1e12, NULL},
    {"hazard ratio", NUMBER, AT(hazard_ratio), 1e-3, 1e3, NULL},
    {"accrual", DAY, AT(accrual), 0, 36525, NULL},
    {"follow up", DAY, AT(follow_up), 1e-9, 36525, NULL},
    {"dropout", SHARE, AT(dropout), 0, 0.99, NULL},
    {"allocation", SHARE, AT(allocation), 0.01, 0.99, NULL},
    {"alpha", SHARE, AT(alpha), 1e-9, 0.5, NULL},
    {"power", SHARE, AT(power), 0.01, 0.9999, NULL},
    {"p0", SHARE, AT(p0), 0, 1, NULL},
    {"p1", SHARE, AT(p1), 0, 1, NULL},
    {"most", COUNT, AT(most), 1, 100000, NULL},
    {"parameter", NUMBER, AT(parameter), -100, 100, NULL},
    {"looks", SHARES, AT(looks), 0, 1, NULL},
    {"boundary", CHOICE, AT(boundary), 0, 0, boundary_words},
    {"band", CHOICE, AT(band), 0, 0, band_words},
    {"ties", CHOICE, AT(ties), 0, 0, ties_words},
    {"proportionality", CHOICE, AT(proportionality), 0, 0, transform_words},
    {"scores", CHOICE, AT(scores), 0, 0, scores_words},
    {"variance", CHOICE, AT(variance), 0, 0, variance_words},
    {"family", CHOICE, AT(family), 0, 0, family_words},
    {"estimand", CHOICE, AT(estimand), 0, 0, estimand_words},
    {"test", CHOICE, AT(test), 0, 0, test_words},
    {"zeros", CHOICE, AT(zeros), 0, 0, zeros_words},
    {"alternative", CHOICE, AT(alternative), 0, 0, alternative_words},
    {"null", CHOICE, AT(null), 0, 0, null_words},
    {"likelihood", CHOICE, AT(likelihood), 0, 0, likelihood_words},
    {"random", CHOICE, AT(random), 0, 0, random_words},
    {"coefficient", CHOICE, AT(coefficient), 0, 0, coefficient_words},
    {"permutation", YES_NO, AT(permutation), 0, 0, NULL},
    {"robust", YES_NO, AT(robust), 0, 0, NULL},
    {"firth", YES_NO, AT(firth), 0, 0, NULL},
    {"hazard", YES_NO, AT(hazard), 0, 0, NULL},
    {"pooled", YES_NO, AT(pooled), 0, 0, NULL},
    {"log10", YES_NO, AT(log10), 0, 0, NULL},
    {"outcome", VALUE, AT(outcome), 0, 0, NULL},
    {"before", VALUE, AT(before), 0, 0, NULL},
    {"after", VALUE, AT(after), 0, 0, NULL},
    {"x", VALUE, AT(x), 0, 0, NULL},
    {"y", VALUE, AT(y), 0, 0, NULL},
    {"years before", VALUE, AT(years_before), 0, 0, NULL},
    {"years after", VALUE, AT(years_after), 0, 0, NULL},
};
enum { N_KEYS = sizeof keys / sizeof *keys, MOST_ITEMS = 1000, MOST_KEYS = 40 };

static options defaults(double level)
{
    options o = {.level = level, .by = "arm", .draws = 100000, .seed = 1, .auc_to = 28,
                 .last = 3, .proportionality = 4};
    o.tau = o.day = o.delay = o.growth = o.median = o.shape = o.scale = o.n = o.from = o.until = o.below = (double)NAN;
    o.arm_n = o.arm_median = o.droplet_nl = o.least_droplets = (double)NAN;
    o.dilution = o.least_unsheared = o.bootstrap = o.reference_copies = (double)NAN;
    o.distance = o.reference_distance = o.clearly_positive = (double)NAN;
    o.limits = -1; /* what the kind takes */
    o.allocation = 0.5;
    o.alpha = 0.05;
    o.power = 0.8;
    o.most = 200;
    o.early_years = o.late_years = (double)INFINITY;
    return o;
}

/* ---- Values of a type. */
static double read_number(reader *r, const tree *t, const char *what, double low, double high)
{
    double v = reader_number(r, t, what);
    if (reading(r) && !(v >= low && v <= high)) {
        reader_fail(r, t, RSP_RANGE, "%s is %.10g; it must lie between %.10g and %.10g", what, v,
                    low, high);
    }
    return v;
}

/* "28" is days; "4 week" says its unit. */
static double read_day(reader *r, const tree *t, const char *what, double low, double high)
{
    const char *s = reader_text(r, t, what);
    double v = 0;
    if (!reading(r)) {
        return 0;
    }
    if (!rsp_number_read(s, strlen(s), &v)) {
        v = reader_days(r, t, what);
    }
    if (reading(r) && !(v >= low && v <= high)) {
        reader_fail(r, t, RSP_RANGE, "%s is day %.10g; it must lie between %.10g and %.10g", what,
                    v, low, high);
    }
    return v;
}

static bool read_yes(reader *r, const tree *t, const char *what)
{
    static const char *const words[] = {"no", "yes", "false", "true", NULL};
    return reader_choice(r, t, what, words) % 2;
}

static size_t list_length(reader *r, const tree *t, const char *what)
{
    if (reading(r) && t->kind == TREE_LIST && (t->n < 1 || t->n > MOST_ITEMS)) {
        reader_fail(r, t, RSP_RANGE, "%s lists 1 to %d items", what, MOST_ITEMS);
    }
    return t->kind == TREE_LIST ? t->n : 1;
}

static name_list read_names(reader *r, const tree *t, const char *what)
{
    size_t n = list_length(r, t, what), i = 0;
    const char **v = reading(r) ? reader_alloc(r, n, sizeof *v) : NULL;
    for (const tree *c = t->kind == TREE_LIST ? t->first : t; c && reading(r) && i < n;
         c = c->next) {
        v[i++] = reader_text(r, c, what);
    }
    return (name_list){v, reading(r) ? n : 0};
}

static number_list read_numbers(reader *r, const tree *t, const key *k)
{
    size_t n = list_length(r, t, k->name), i = 0;
    double *v = reading(r) ? reader_alloc(r, n, sizeof *v) : NULL;
    for (const tree *c = t->kind == TREE_LIST ? t->first : t; c && reading(r) && i < n;
         c = c->next) {
        v[i++] = k->type == DAYS     ? read_day(r, c, k->name, k->low, k->high)
                 : k->type == SHARES ? reader_share(r, c, k->name)
                                     : read_number(r, c, k->name, k->low, k->high);
    }
    return (number_list){v, reading(r) ? n : 0};
}

/* "shares: {28: 0.5, 56: 25 %}": event-free after so many days. */
static void read_curve(reader *r, const tree *t, options *o)
{
    if (!reader_kind(r, t, TREE_MAP, "shares")) {
        return;
    }
    double *day = reader_alloc(r, t->n, sizeof *day), *share = reader_alloc(r, t->n, sizeof *share);
    size_t n = 0;
    for (const tree *c = t->first; c && reading(r); c = c->next, n++) {
        if (!rsp_number_read(c->key, strlen(c->key), &day[n]) || !(day[n] > 0)) {
            reader_fail_key(r, c, RSP_SYNTAX, "shares: '%.40s' is no day; write for example "
                                              "{28: 0.5, 56: 25 %%}", c->key);
            return;
        }
        share[n] = reader_share(r, c, "a share");
    }
    o->share_days = (number_list){day, n};
    o->shares = (number_list){share, n};
}

/* "background: {psi: 2e-5, linked: 1e-6}": false positives a droplet. */
static void read_rates(reader *r, const tree *t, const key *k, options *o)
{
    if (!reader_kind(r, t, TREE_MAP, k->name)) {
        return;
    }
    const char **names = reader_alloc(r, t->n, sizeof *names);
    double *rates = reader_alloc(r, t->n, sizeof *rates);
    size_t n = 0;
    for (const tree *c = t->first; c && reading(r); c = c->next, n++) {
        names[n] = c->key;
        rates[n] = read_number(r, c, c->key, k->low, k->high);
    }
    o->background_names = (name_list){names, reading(r) ? n : 0};
    o->background = (number_list){rates, reading(r) ? n : 0};
}

/* "log10(NAME)" is the logarithm of NAME. */
static const char *take_log(reader *r, const char *s, bool *is_log)
{
    size_t n = strlen(s);
    *is_log = n > 7 && strncmp(s, "log10(", 6) == 0 && s[n - 1] == ')';
    return *is_log ? reader_printf(r, "%.*s", (int)(n - 7), s + 6) : s;
}

static void read_when(reader *r, const tree *t, value_spec *v)
{
    static const char *const words[] = {"first", "last", "baseline", NULL};
    static const value_when when[] = {WHEN_FIRST, WHEN_LAST, WHEN_BASELINE};
    const char *s = reader_text(r, t, "at");
    if (reading(r) && reader_number_length(s, strlen(s))) {
        v->when = WHEN_DAY;
        v->day = read_day(r, t, "at", -36525, 36525);
    } else if (reading(r)) {
        v->when = when[reader_choice(r, t, "at", words)];
    }
}

static void read_value(reader *r, const tree *t, const char *what, value_spec *v)
{
    static const char *const known[] = {"assay", "at", "window", "log10", NULL};
    *v = (value_spec){.at = t, .window = 7};
    if (t->kind == TREE_TEXT) {
        const char *s = reader_text(r, t, what);
        v->name = reading(r) ? take_log(r, s, &v->log10) : "";
        return;
    }
    if (!reader_map(r, t, what, known)) {
        return;
    }
    const tree *assay = reader_need(r, t, "assay", what), *at = reader_need(r, t, "at", what);
    const tree *window = tree_get(t, "window"), *log = tree_get(t, "log10");
    if (!reading(r)) {
        return;
    }
    v->is_assay = true;
    v->name = reader_text(r, assay, "assay");
    read_when(r, at, v);
    v->window = window ? read_day(r, window, "window", 0, 3653) : v->window;
    v->log10 = log ? read_yes(r, log, "log10") : false;
}

/* ---- All keys of an analysis. */
static void read_key(reader *r, const key *k, const tree *t, options *o)
{
    void *at = (char *)o + k->at;
    switch (k->type) {
    case TEXT: *(const char **)at = reader_text(r, t, k->name); break;
    case NAMES: *(name_list *)at = read_names(r, t, k->name); break;
    case NUMBER: *(double *)at = read_number(r, t, k->name, k->low, k->high); break;
    case COUNT: *(double *)at = reader_count(r, t, k->name, k->low, k->high); break;
    case DAY: *(double *)at = read_day(r, t, k->name, k->low, k->high); break;
    case SHARE: {
        double v = reader_share(r, t, k->name);
        if (reading(r) && !(v >= k->low && v <= k->high)) {
            reader_fail(r, t, RSP_RANGE, "%s is %.10g; it must lie between %.10g and %.10g",
                        k->name, v, k->low, k->high);
        }
        *(double *)at = v;
        break;
    }
    case DAYS:
    case SHARES:
    case NUMBERS: *(number_list *)at = read_numbers(r, t, k); break;
    case CHOICE: *(int *)at = reader_choice(r, t, k->name, k->words); break;
    case YES_NO: *(bool *)at = read_yes(r, t, k->name); break;
    case VALUE: read_value(r, t, k->name, at); break;
    case CURVE: read_curve(r, t, o); break;
    case RATES: read_rates(r, t, k, o); break;
    }
}

/* The words of "endpoint by level", in the order of the table. */
static size_t split(reader *r, const char *list, const char **out)
{
    size_t n = 0;
    for (const char *s = list; *s && n < MOST_KEYS;) {
        size_t k = strcspn(s, ",");
        out[n++] = reader_printf(r, "%.*s", (int)k, s);
        s += k + (s[k] == ',');
    }
    out[n] = NULL;
    return n;
}

void options_read(reader *r, const tree *t, const char *what, const char *list,
                  const char *needed, double level, options *o)
{
    const char *known[MOST_KEYS + 1], *need[MOST_KEYS + 1];
    split(r, list, known);
    size_t n_need = split(r, needed, need);
    *o = defaults(level);
    o->at = t;
    if (!reading(r) || !reader_map(r, t, what, known)) {
        return;
    }
    for (size_t i = 0; i < n_need; i++) {
        reader_need(r, t, need[i], what);
    }
    for (size_t i = 0; i < N_KEYS && reading(r); i++) {
        const tree *c = tree_get(t, keys[i].name);
        if (c) {
            read_key(r, &keys[i], c, o);
        }
    }
}

const tree *options_at(const options *o, const char *name)
{
    const tree *t = tree_get(o->at, name);
    return t ? t : o->at;
}
