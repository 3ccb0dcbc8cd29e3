#include <math.h>
#include <string.h>

#include "study/plan.h"

/* Assays: their settings, the observable each reads, the visits each is at. */

typedef struct setting {
    const char *key, *unit; /* NULL unit: the assay's own */
    size_t offset;
    double low, high;       /* in the unit */
} setting;

#define AT(field) offsetof(clinic_assay_settings, field)
/* Order is that of the bits in clinic_assay_model.uses. */
static const setting settings[] = {
    {"lloq", NULL, AT(lloq), 0, 1e15},
    {"uloq", NULL, AT(uloq), 0, 1e18},
    {"volume", "mL", AT(volume_ml), 1e-6, 1e4},
    {"efficiency", "1", AT(efficiency), 1e-6, 1},
    {"noise", "1", AT(noise), 0, 10},
    {"run", "1", AT(run), 0, 10},
    {"biological", "1", AT(biological), 0, 10},
    {"correlation", "1", AT(correlation), 0, 0.999},
    {"input", "ug", AT(input_ug), 1e-6, 1e6},
    {"cells", "cell", AT(cells), 1, 1e12},
    {"shearing", "1", AT(shearing), 0, 0.95},
    {"sequences", "1", AT(sequences), 1, 10000},
    {"droplets", "1", AT(droplets), 1000, 1e9},
    {"reference", "1", AT(reference), 1000, 1e9},
    {"dilution", "1", AT(dilution), 1, 1e6},
    {"five_prime", "1", AT(five_prime), 0, 1},
    {"three_prime", "1", AT(three_prime), 0, 1},
    {"mismatch", "1", AT(mismatch), 0, 1},
    {"wells", "1", AT(wells), 1, 10000},
    {"dilutions", "1", AT(dilutions), 1, CLINIC_ASSAY_PARTS},
    {"fold", "1", AT(fold), 1.1, 1000},
    {"induced", "1", AT(induced), 1e-6, 1},
    {"background", "1", AT(background), 0, 0.5},
};
enum { N_SETTINGS = sizeof settings / sizeof *settings };

static const char *const common_keys[] = {"name", "kind", "reads", "visits", "delay"};
enum { N_COMMON = sizeof common_keys / sizeof *common_keys };

static const clinic_assay_model *find_kind(plan_reading *p, const tree *at,
                                           const char *name)
{
    size_t n = 0;
    const clinic_assay_model *models = clinic_assay_models(&n);
    const char *known[32];
    for (size_t i = 0; i < n; i++) {
        known[i] = models[i].name;
        if (strcmp(models[i].name, name) == 0) {
            return &models[i];
        }
    }
    reader_unknown(&p->r, at, "no kind of assay is called", name, known, n);
    return NULL;
}

static void check_keys(plan_reading *p, const tree *t, const clinic_assay_model *model)
{
    const char *known[N_COMMON + N_SETTINGS + 1] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < N_COMMON; i++) {
        known[n++] = common_keys[i];
    }
    for (size_t i = 0; i < N_SETTINGS; i++) {
        if (model->uses & (1u << i)) {
            known[n++] = settings[i].key;
        }
    }
    char what[80];
    snprintf(what, sizeof what, "assay %s", model->name);
    reader_map(&p->r, t, what, known);
}

static void read_settings(plan_reading *p, const tree *t, clinic_assay *a)
{
    for (size_t i = 0; i < N_SETTINGS && reading(&p->r); i++) {
        const tree *v = tree_get(t, settings[i].key);
        if (!v) {
            continue;
        }
        const char *unit = settings[i].unit ? settings[i].unit : a->unit;
        wanted w = wanted_of(unit, NULL);
        double x = reader_quantity(&p->r, v, settings[i].key, &w) / w.unit.factor;
        if (reading(&p->r) && !(x >= settings[i].low && x <= settings[i].high)) {
            reader_fail(&p->r, v, RSP_RANGE, "%s must lie between %g and %g %s",
                        settings[i].key, settings[i].low, settings[i].high,
                        strcmp(unit, "1") ? unit : "");
        }
        memcpy((char *)&a->settings + settings[i].offset, &x, sizeof x);
    }
    if (reading(&p->r) && a->settings.lloq >= a->settings.uloq) {
        reader_fail(&p->r, t, RSP_RANGE, "lloq must be below uloq");
    }
}

static bool in_unit(const rsp_observable *o, const char *unit)
{
    rsp_unit mine = {0}, theirs = {0};
    return rsp_unit_parse(unit, &mine, NULL) == RSP_OK &&
           rsp_unit_parse(o->unit[0] ? o->unit : "1", &theirs, NULL) == RSP_OK &&
           rsp_unit_same(&mine, &theirs);
}

/* `unit`: those that are not in it are no help; NULL: any. */
static int find_observable(plan_reading *p, const tree *at, const char *name,
                           const char *assay, const char *unit)
{
    const rsp_network *net = p->plan->net;
    int i = reading(&p->r) ? rsp_network_observable(net, name) : -1;
    if (!reading(&p->r) || i >= 0) {
        return i;
    }
    const char **known = reader_alloc(&p->r, net->n_observables, sizeof *known);
    size_t n = 0;
    for (uint32_t k = 0; known && k < net->n_observables; k++) {
        if (!unit || in_unit(&net->observables[k], unit)) {
            known[n++] = net->observables[k].name;
        }
    }
    if (known) {
        char what[160];
        snprintf(what, sizeof what, "assay %.40s: the model %.40s observes no", assay,
                 net->name);
        reader_unknown(&p->r, at, what, name, known, n);
    }
    return -1;
}

/* Of the assay's own name, or else what its kind usually reads. */
static const char *usual_observable(const plan_reading *p, const clinic_assay *a,
                                    const clinic_assay_model *model)
{
    const rsp_network *net = p->plan->net;
    bool other = model->usual && rsp_network_observable(net, a->name) < 0 &&
                 rsp_network_observable(net, model->usual) >= 0;
    return other ? model->usual : a->name;
}

/* Observables NAME_1, NAME_2, ... as many as there are. */
static void find_series(plan_reading *p, const tree *at, const char *name, clinic_assay *a)
{
    char member[80];
    snprintf(member, sizeof member, "%.60s_1", name);
    int i = find_observable(p, at, member, a->name, "copies/mL");
    a->observable = i;
    while (reading(&p->r) && i >= 0) {
        if (a->n_series == CLINIC_ASSAY_PARTS) {
            reader_fail(&p->r, at, RSP_RANGE, "assay %.40s reads at most %d observables, but "
                        "there is a %.60s", a->name, (int)CLINIC_ASSAY_PARTS, member);
            return;
        }
        a->series[a->n_series++] = i;
        snprintf(member, sizeof member, "%.60s_%zu", name, a->n_series + 1);
        i = rsp_network_observable(p->plan->net, member);
    }
}

/* The observable must be in a unit of the assay's kind. */
static void check_unit(plan_reading *p, const tree *at, clinic_assay *a,
                       const clinic_assay_model *model)
{
    const rsp_observable *o = &p->plan->net->observables[a->observable];
    const char *wants = model->series ? model->series_unit : model->unit;
    if (model->kind == CLINIC_EXACT) {
        a->unit = o->unit;
        a->factor = o->factor;
        return;
    }
    if (!in_unit(o, wants)) {
        reader_fail(&p->r, at, RSP_UNITS,
                    "assay %s measures %s, but the observable %s is in %s", a->name, wants,
                    o->name, o->unit[0] ? o->unit : "1");
    }
    a->factor = wanted_of(wants, NULL).unit.factor;
}

static void find_second(plan_reading *p, const tree *at, clinic_assay *a,
                        const clinic_assay_model *model)
{
    if (model->second_may_lack && rsp_network_observable(p->plan->net, model->second) < 0) {
        return;
    }
    a->second = find_observable(p, at, model->second, a->name, model->second_unit);
    a->second_factor = wanted_of(model->second_unit, NULL).unit.factor;
}

static void read_assay(plan_reading *p, const tree *t, clinic_assay *a)
{
    bool plain = t->kind == TREE_TEXT;
    if (!plain && !reader_kind(&p->r, t, TREE_MAP, "an assay")) {
        return;
    }
    const tree *name = plain ? t : reader_need(&p->r, t, "name", "an assay");
    a->name = reader_name(&p->r, name, "the assay's name", "");
    const tree *kind = plain ? NULL : tree_get(t, "kind");
    const tree *reads = plain ? NULL : tree_get(t, "reads");
    const char *kind_name = kind ? reader_text(&p->r, kind, "kind") : a->name;
    const clinic_assay_model *model =
        reading(&p->r) ? find_kind(p, kind ? kind : name, kind_name) : NULL;
    if (!model) {
        return;
    }
    a->unit = model->unit;
    a->kind = model->kind;
    a->settings = model->settings;
    const char *from = reads           ? reader_text(&p->r, reads, "reads")
                       : model->series ? model->series
                                       : usual_observable(p, a, model);
    if (model->series) {
        find_series(p, reads ? reads : name, from, a);
    } else {
        a->observable = find_observable(p, reads ? reads : name, from, a->name,
                                        model->kind == CLINIC_EXACT ? NULL : model->unit);
    }
    if (!reading(&p->r)) {
        return;
    }
    check_unit(p, reads ? reads : name, a, model);
    for (size_t i = a->n_series; i-- > 0 && reading(&p->r);) {
        a->observable = a->series[i];
        check_unit(p, reads ? reads : name, a, model);
    }
    a->second = -1;
    a->second_factor = 1;
    if (model->second) {
        find_second(p, name, a, model);
    }
    if (!plain && reading(&p->r)) {
        check_keys(p, t, model);
        read_settings(p, t, a);
        const tree *delay = tree_get(t, "delay");
        a->delay_day = delay ? reader_length(&p->r, delay, "delay") : 0;
    }
    clinic_assay_channels(a);
}

void plan_read_assays(plan_reading *p)
{
    const tree *list = reader_need(&p->r, p->root, "assays", "a study");
    if (!list || !reader_kind(&p->r, list, TREE_LIST, "assays")) {
        return;
    }
    if (!list->n || list->n > PLAN_MOST_ASSAYS) {
        reader_fail(&p->r, list, RSP_RANGE, "a study has 1 to %d assays",
                    PLAN_MOST_ASSAYS);
        return;
    }
    clinic_assay *assays = reader_alloc(&p->r, list->n, sizeof *assays);
    size_t n = 0;
    for (const tree *t = list->first; t && reading(&p->r); t = t->next, n++) {
        read_assay(p, t, &assays[n]);
        for (size_t i = 0; reading(&p->r) && i < n; i++) {
            if (strcmp(assays[i].name, assays[n].name) == 0) {
                reader_fail(&p->r, t, RSP_NAME, "two assays are called '%s'",
                            assays[n].name);
            }
        }
    }
    p->plan->assays = assays;
    p->plan->n_assays = n;
}

/* ---- Where each assay is done. */
static bool add_moment(plan_reading *p, const tree *t, const char *name,
                       clinic_moment *moments, clinic_assay *a)
{
    bool screening = strcmp(name, "screening") == 0;
    for (size_t i = 0; i < p->plan->n_moments; i++) {
        if (strcmp(moments[i].text, name) == 0) {
            a->moments |= UINT64_C(1) << i;
            return true;
        }
    }
    if (p->plan->n_moments == PLAN_MOST_MOMENTS) {
        reader_fail(&p->r, t, RSP_RANGE, "too many visits by name");
        return false;
    }
    clinic_moment m = screening ? plan_moment_start() : plan_moment(p, t, "visits");
    m.text = name;
    a->moments |= UINT64_C(1) << p->plan->n_moments;
    moments[p->plan->n_moments++] = m;
    return reading(&p->r);
}

static bool is_moment(const plan_reading *p, const char *name)
{
    char action[80];
    size_t n = strlen(name);
    (void)plan_moment_place(name, &n);
    n = n < sizeof action ? n : sizeof action - 1;
    memcpy(action, name, n);
    action[n] = '\0';
    for (char *c = action; *c; c++) {
        *c = *c == ' ' ? '_' : *c;
    }
    return strcmp(name, "screening") == 0 ||
           rsp_network_action(p->plan->net, action) >= 0;
}

static void unknown_visit(plan_reading *p, const tree *t, const char *name)
{
    const char *known[PLAN_MOST_LINES + PLAN_MOST_ENDPOINTS + 66];
    size_t n = 0;
    known[n++] = "screening";
    if (p->plan->n_endpoints && strcmp(p->plan->endpoints[0].name, "rebound") != 0) {
        known[n++] = "rebound";
    }
    for (size_t i = 0; i < p->plan->n_lines; i++) {
        if (p->plan->lines[i].name[0]) {
            known[n++] = p->plan->lines[i].name;
        }
    }
    for (size_t i = 0; i < p->plan->n_endpoints; i++) {
        known[n++] = p->plan->endpoints[i].name;
    }
    for (uint32_t i = 0; i < p->plan->net->n_actions && i < 64; i++) {
        known[n++] = plan_action_words(p, i);
    }
    reader_unknown(&p->r, t, "no visit is called", name, known, n);
}

static void place_assay(plan_reading *p, const tree *t, clinic_moment *moments,
                        clinic_assay *a)
{
    const char *name = reader_text(&p->r, t, "visits");
    bool found = false;
    for (size_t i = 0; i < p->plan->n_lines; i++) {
        if (p->plan->lines[i].name[0] && strcmp(p->plan->lines[i].name, name) == 0) {
            a->lines |= UINT64_C(1) << i;
            found = true;
        }
    }
    for (size_t i = 0; i < p->plan->n_endpoints && !found; i++) {
        if (strcmp(p->plan->endpoints[i].name, name) == 0 ||
            (i == 0 && strcmp(name, "rebound") == 0)) {
            a->endpoints |= UINT64_C(1) << i;
            found = true;
        }
    }
    if (!found && reading(&p->r) && is_moment(p, name)) {
        found = add_moment(p, t, name, moments, a);
    }
    if (!found && reading(&p->r)) {
        unknown_visit(p, t, name);
    }
}

void plan_read_assay_visits(plan_reading *p)
{
    const tree *list = tree_get(p->root, "assays");
    clinic_moment *moments = reader_alloc(&p->r, PLAN_MOST_MOMENTS, sizeof *moments);
    if (!moments || !reading(&p->r)) {
        return;
    }
    p->plan->moments = moments;
    size_t i = 0;
    for (const tree *t = list->first; t && reading(&p->r); t = t->next, i++) {
        clinic_assay *a = (clinic_assay *)&p->plan->assays[i];
        const tree *visits = t->kind == TREE_MAP ? tree_get(t, "visits") : NULL;
        a->everywhere = !visits;
        if (!visits || !reader_kind(&p->r, visits, TREE_LIST, "visits")) {
            continue;
        }
        for (const tree *v = visits->first; v && reading(&p->r); v = v->next) {
            place_assay(p, v, moments, a);
        }
    }
}
