#include <ctype.h>
#include <math.h>
#include <string.h>

#include "study/plan.h"

/* Arms with their schedules, moments, follow-up, contrasts. */

static const char *const arm_keys[] = {"name", "participants", "schedule", "set", "eligibility", NULL};
static const char *const entry_keys[] = {"day", "do", "amount", NULL};
enum { MOST_ENTRIES = 1000 };

/* ---- Actions by their names in words. */
const char *plan_action_words(plan_reading *p, uint32_t action)
{
    if (action == CLINIC_END_ACTION) {
        return "end";
    }
    char *s = reader_printf(&p->r, "%s", p->plan->net->actions[action].name);
    for (char *c = s; c && *c; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    return s ? s : "";
}

static int find_action(const rsp_network *net, const char *words, size_t n)
{
    char name[80];
    if (n >= sizeof name) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        name[i] = words[i] == ' ' ? '_' : words[i];
    }
    name[n] = '\0';
    return rsp_network_action(net, name);
}

int plan_action(plan_reading *p, const tree *at, const char *words)
{
    int action = reading(&p->r) ? find_action(p->plan->net, words, strlen(words)) : -1;
    if (!reading(&p->r) || action >= 0) {
        return action;
    }
    uint32_t n = p->plan->net->n_actions;
    const char **known = reader_alloc(&p->r, n, sizeof *known);
    for (uint32_t i = 0; known && i < n; i++) {
        known[i] = plan_action_words(p, i);
    }
    if (known) {
        char what[120];
        snprintf(what, sizeof what, "the model %.60s has no action",
                 p->plan->net->name);
        reader_unknown(&p->r, at, what, words, known, n);
    }
    return -1;
}

/* ---- Schedule. */
/* The product's dose is an amount of actions in its unit alone: cells are no intensity. */
static bool takes_dose(const plan_reading *p, const rsp_action *action)
{
    const rsp_plan *plan = p->plan;
    rsp_unit mine = {0}, theirs = {0};
    return plan->product.making.trait[CLINIC_DOSE].name &&
           rsp_unit_parse(action->unit, &mine, NULL) == RSP_OK &&
           rsp_unit_parse(plan->net->actions[plan->product.action].unit, &theirs, NULL) == RSP_OK &&
           rsp_unit_same(&mine, &theirs);
}

static void no_dose(plan_reading *p, const tree *at, const clinic_entry *e,
                    const rsp_action *action, const char *example)
{
    const bool dose = p->plan->product.making.trait[CLINIC_DOSE].name != NULL;
    char giver[160];
    snprintf(giver, sizeof giver, "the product's dose is what '%.60s' gives (a share of it: amount: 100 %%)",
             plan_action_words(p, p->plan->product.action));
    const bool bare = strcmp(action->unit, "1") == 0 || !action->unit[0];
    reader_fail(&p->r, at, RSP_SYNTAX, "'%s' needs an amount%s%s, for example amount: %s; %s", e->what,
                bare ? "" : " in ", bare ? "" : action->unit, example,
                dose && takes_dose(p, action) ? giver
                : dose                        ? "the product's dose is something else"
                                              : "the study has no product with a dose");
}

static void entry_amount(plan_reading *p, const tree *t, clinic_entry *e)
{
    const rsp_action *action = &p->plan->net->actions[e->action];
    const tree *amount = tree_get(t, "amount");
    e->takes_amount = action->takes_amount;
    if (!e->takes_amount) {
        if (amount) {
            reader_fail(&p->r, amount, RSP_RANGE, "'%s' takes no amount", e->what);
        }
        return;
    }
    const char *s = amount ? reader_text(&p->r, amount, "amount") : "";
    /* Of an action in a pure number a percentage is that number, and not of a dose. */
    const bool pure = strcmp(action->unit, "1") == 0 || !action->unit[0];
    const bool percent = amount && reading(&p->r) && s[strlen(s) - 1] == '%';
    e->is_share = !amount || (percent && !pure);
    const bool cells = strcmp(action->unit, "cell") == 0;
    char example[80];
    snprintf(example, sizeof example, "%s%s%.60s", cells ? "4e7" : "1",
             strcmp(action->unit, "1") == 0 ? "" : " ",
             strcmp(action->unit, "1") == 0 ? "" : action->unit);
    /* Left out it is the dose for the product's own action: cells of a vaccine or of
     * another product are not its dose. */
    const bool own = amount || e->action == p->plan->product.action;
    if (e->is_share && !(own && takes_dose(p, action))) {
        no_dose(p, amount ? amount : t, e, action, example);
        return;
    }
    if (e->is_share) {
        e->amount = amount ? reader_share(&p->r, amount, "amount") : 1.0;
        return;
    }
    const char *per_kg = plan_per_weight(p, amount, s, action->unit);
    wanted unit = wanted_of(per_kg ? per_kg : action->unit, example);
    unit.unit.factor = per_kg ? unit.unit.factor : action->factor;
    e->per_weight = per_kg != NULL;
    e->amount = reader_quantity(&p->r, amount, "amount", &unit);
    if (reading(&p->r) && e->amount < 0) {
        reader_fail(&p->r, amount, RSP_RANGE, "amount is negative");
    }
}

value_range plan_entry_days(plan_reading *p, const tree *t)
{
    const tree *day = reader_need(&p->r, t, "day", "an entry of a schedule");
    if (!day) {
        return (value_range){0};
    }
    /* Plain numbers are days; units of time are welcome too. */
    const char *s = reader_text(&p->r, day, "day");
    size_t n = reading(&p->r) ? strlen(s) : 0;
    bool unit = n && ((s[n - 1] >= 'a' && s[n - 1] <= 'z'));
    wanted w = wanted_of(unit ? "day" : "1", "day: 21 or day: 21..42");
    return reader_range(&p->r, day, "day", &w);
}

static void read_entry(plan_reading *p, const tree *t, const clinic_entry *entries,
                       size_t n, clinic_entry *e)
{
    if (!reader_map(&p->r, t, "an entry of a schedule", entry_keys)) {
        return;
    }
    value_range days = plan_entry_days(p, t);
    const tree *what = reader_need(&p->r, t, "do", "an entry of a schedule");
    const char *words = reader_text(&p->r, what, "do");
    if (!reading(&p->r)) {
        return;
    }
    bool is_end = strcmp(words, "end") == 0;
    int action = is_end ? -1 : plan_action(p, what, words);
    e->action = is_end ? CLINIC_END_ACTION : (uint32_t)action;
    e->low = days.low;
    e->high = days.high;
    if (!reading(&p->r)) {
        return;
    }
    e->what = plan_action_words(p, e->action);
    e->channel = rsp_channel(e->what);
    for (size_t i = 0; i < n; i++) {
        e->nth += entries[i].action == e->action;
    }
    const tree *day = tree_get(t, "day");
    if (!reader_century(&p->r, day, "day", e->low) ||
        !reader_century(&p->r, day, "day", e->high)) {
        return;
    }
    if (n && e->low < entries[n - 1].low) {
        reader_fail(&p->r, day, RSP_RANGE,
                    "day %g comes before day %g of the entry above; put entries in "
                    "order of days",
                    e->low, entries[n - 1].low);
    } else if (e->low < p->plan->start_day) {
        reader_fail(&p->r, day, RSP_RANGE,
                    "day %g is before the start, day %g (follow_up: {start: ...})",
                    e->low, p->plan->start_day);
    }
    if (!is_end && reading(&p->r)) {
        entry_amount(p, t, e);
    } else if (is_end && tree_get(t, "amount")) {
        reader_fail(&p->r, tree_get(t, "amount"), RSP_RANGE, "'end' takes no amount");
    }
}

/* A dose of zero is dropped here, and then equals no treatment to the bit. */
static bool is_nothing(const plan_product *product, const clinic_entry *e)
{
    const clinic_trait *dose = &product->making.trait[CLINIC_DOSE];
    bool no_dose = e->is_share && dose->between.kind == RSP_DIST_NONE &&
                   !(dose->value > 0);
    return e->takes_amount && (no_dose || !(e->amount > 0));
}

static clinic_schedule read_schedule(plan_reading *p, const tree *t)
{
    clinic_schedule s = {0};
    if (!t || !reader_kind(&p->r, t, TREE_LIST, "schedule")) {
        return s;
    }
    if (t->n > MOST_ENTRIES) {
        reader_fail(&p->r, t, RSP_RANGE, "a schedule has at most %d entries",
                    MOST_ENTRIES);
        return s;
    }
    clinic_entry *entries = reader_alloc(&p->r, t->n, sizeof *entries);
    size_t n = 0, kept = 0;
    for (const tree *c = t->first; c && reading(&p->r); c = c->next, n++) {
        read_entry(p, c, entries, n, &entries[n]);
    }
    for (size_t i = 0; i < n && reading(&p->r); i++) {
        if (!is_nothing(&p->plan->product, &entries[i])) {
            entries[kept++] = entries[i];
        }
    }
    s.entries = entries;
    s.n = kept;
    return s;
}

static const char *schedule_words(plan_reading *p, const clinic_schedule *s)
{
    rsp_text words = {0};
    for (size_t i = 0; i < s->n; i++) {
        const clinic_entry *e = &s->entries[i];
        rsp_text_printf(&words, "%sday %g", i ? "; " : "", e->low);
        if (e->high > e->low) {
            rsp_text_printf(&words, " to %g", e->high);
        }
        rsp_text_printf(&words, ": %s", e->what);
        if (e->takes_amount && !e->is_share) {
            const rsp_action *a = &p->plan->net->actions[e->action];
            const bool pure = strcmp(a->unit, "1") == 0;
            const wanted per_kg = wanted_of(e->per_weight ? "1/kg" : "1", NULL);
            rsp_text_printf(&words, " %g%s%s%s", e->amount / a->factor / per_kg.unit.factor,
                            pure ? "" : " ", pure ? "" : a->unit, e->per_weight ? "/kg" : "");
        } else if (e->takes_amount && e->amount < 1) {
            rsp_text_printf(&words, " %g %% of the dose", 100 * e->amount);
        }
    }
    char *copy = words.data ? rsp_arena_copy(p->r.arena, words.data, words.length)
                            : "nothing is done";
    rsp_text_fini(&words);
    return copy ? copy : "";
}

/* ---- Arms. */
static void read_arm_eligibility(plan_reading *p, const tree *t, rsp_plan_arm *seen,
                                 plan_arm *arm)
{
    const plan_population *pop = &p->plan->population;
    rsp_text words = {0};
    seen->eligibility = "";
    plan_read_eligibility(p, t, &arm->eligibility, &arm->n_eligibility);
    for (size_t i = 0; reading(&p->r) && i < arm->n_eligibility; i++) {
        rsp_text_printf(&words, "%s%s", i ? " and " : "", arm->eligibility[i].text);
    }
    for (size_t i = 0; arm->n_eligibility && i < pop->n_traits; i++) {
        if (strcmp(pop->traits[i].name, PLAN_SCREENED_OUT) == 0) {
            reader_fail(&p->r, t, RSP_NAME,
                        "a covariate is called '" PLAN_SCREENED_OUT "', as the column of those "
                        "whom an arm's eligibility screens out is; call it otherwise");
        }
    }
    if (words.data && !words.failed) {
        seen->eligibility = rsp_arena_copy(p->r.arena, words.data, words.length);
    }
    if (words.failed || !seen->eligibility) {
        seen->eligibility = "";
        reader_fail(&p->r, t, RSP_NOMEM, "out of memory");
    }
    rsp_text_fini(&words);
    p->plan->screens |= arm->n_eligibility > 0;
}

/* The data set says how many were screened out before each participant. */
static void name_screened(plan_reading *p)
{
    rsp_plan *plan = p->plan;
    const char **names = reader_alloc(&p->r, plan->n_covariates + 1, sizeof *names);
    for (size_t i = 0; names && i < plan->n_covariates; i++) {
        names[i] = plan->covariates[i];
    }
    if (names) {
        names[plan->n_covariates++] = PLAN_SCREENED_OUT;
        plan->covariates = names;
    }
}

static void read_arm(plan_reading *p, const tree *t, rsp_plan_arm *seen, plan_arm *arm)
{
    if (!reader_map(&p->r, t, "an arm", arm_keys)) {
        return;
    }
    const tree *name = reader_need(&p->r, t, "name", "an arm");
    seen->name = reader_text(&p->r, name, "name");
    if (reading(&p->r) && strlen(seen->name) > 60) {
        reader_fail(&p->r, name, RSP_NAME, "the arm's name is longer than 60 letters");
    } else if (reading(&p->r) && (strpbrk(seen->name, "\n\t") || seen->name[0] == ' ' ||
                                  seen->name[strlen(seen->name) - 1] == ' ')) {
        reader_fail(&p->r, name, RSP_NAME,
                    "the arm's name holds a line end or tab, or a blank at an end");
    }
    const tree *n = reader_need(&p->r, t, "participants", "an arm");
    seen->participants = (uint32_t)reader_count(&p->r, n, "participants", 1,
                                                PLAN_ARM_STRIDE / 2);
    uint32_t enrolled = p->plan->population.participants;
    if (reading(&p->r) && enrolled && seen->participants > enrolled) {
        reader_fail(&p->r, n, RSP_RANGE,
                    "the arm has %u participants, but population.participants enrols "
                    "%u",
                    seen->participants, enrolled);
    }
    arm->schedule = read_schedule(p, tree_get(t, "schedule"));
    for (size_t i = 0; i < arm->schedule.n; i++) {
        arm->gives_product |= p->plan->product.exists &&
                              arm->schedule.entries[i].action == p->plan->product.action;
    }
    arm->params = p->plan->params;
    const tree *set = tree_get(t, "set");
    if (set && reading(&p->r)) {
        rsp_param *params = plan_copy_params(p, p->plan->params);
        plan_apply_set(p, set, params, true);
        arm->params = params;
    }
    seen->schedule = schedule_words(p, &arm->schedule);
    read_arm_eligibility(p, tree_get(t, "eligibility"), seen, arm);
}

static void check_names(plan_reading *p, const tree *list, const rsp_plan_arm *arms)
{
    size_t i = 0;
    for (const tree *t = list->first; t && reading(&p->r); t = t->next, i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(arms[k].name, arms[i].name) == 0) {
                reader_fail(&p->r, tree_get(t, "name"), RSP_NAME,
                            "two arms are called '%s'", arms[i].name);
            }
        }
    }
}

void plan_read_arms(plan_reading *p)
{
    const tree *list = reader_need(&p->r, p->root, "arms", "a study");
    if (!list || !reader_kind(&p->r, list, TREE_LIST, "arms")) {
        return;
    }
    if (!list->n || list->n > PLAN_MOST_ARMS) {
        reader_fail(&p->r, list, RSP_RANGE, "a study has 1 to %d arms", PLAN_MOST_ARMS);
        return;
    }
    rsp_plan_arm *seen = reader_alloc(&p->r, list->n, sizeof *seen);
    p->plan->arms = reader_alloc(&p->r, list->n, sizeof *p->plan->arms);
    size_t n = 0;
    for (const tree *t = list->first; t && reading(&p->r); t = t->next, n++) {
        read_arm(p, t, &seen[n], &p->plan->arms[n]);
    }
    if (reading(&p->r)) {
        p->plan->view.arms = seen;
        p->plan->view.n_arms = n;
        check_names(p, list, seen);
    }
    if (reading(&p->r) && p->plan->screens) {
        name_screened(p);
    }
}

/* ---- Moments. */
clinic_moment plan_moment_start(void)
{
    return (clinic_moment){.kind = CLINIC_AT_START, .text = "start"};
}

static bool plan_entry(const rsp_plan *plan, uint32_t action, uint32_t place,
                       clinic_entry *found)
{
    for (size_t a = 0; a < plan->view.n_arms; a++) {
        const clinic_entry *e = clinic_schedule_entry(&plan->arms[a].schedule, action, place);
        if (e) {
            *found = *e;
            return true;
        }
    }
    return false;
}

/* "stop art 2" is the second: its place, and the length of the action's name. */
uint32_t plan_moment_place(const char *s, size_t *n)
{
    size_t k = *n;
    uint32_t nth = 0;
    while (k && s[k - 1] >= '0' && s[k - 1] <= '9') {
        k--;
    }
    for (size_t i = k; i < *n && nth < 10000; i++) {
        nth = 10 * nth + (uint32_t)(s[i] - '0');
    }
    if (!nth || k < 2 || s[k - 1] != ' ') {
        return 0;
    }
    *n = k - 1;
    return nth - 1;
}

static void moment_head(plan_reading *p, const tree *t, const char *what,
                        const char *s, size_t n, clinic_moment *m)
{
    if (n == 5 && memcmp(s, "start", 5) == 0) {
        m->kind = CLINIC_AT_START;
        return;
    }
    if (n > 4 && memcmp(s, "day ", 4) == 0) {
        wanted one = wanted_of("1", "day 30");
        m->kind = CLINIC_AT_DAY;
        m->day = reader_quantity_text(&p->r, t, what, s + 4, n - 4, &one);
        reader_century(&p->r, t, what, m->day);
        return;
    }
    const size_t whole = n;
    m->kind = CLINIC_AT_ACTION;
    m->place = plan_moment_place(s, &n);
    int action = find_action(p->plan->net, s, n);
    if (action < 0) {
        char *words = reader_printf(&p->r, "%.*s", (int)n, s);
        if (words) {
            (void)plan_action(p, t, words);
        }
        return;
    }
    if (!plan_entry(p->plan, (uint32_t)action, m->place, &m->entry)) {
        reader_fail(&p->r, t, RSP_NAME, "%s: no arm's schedule has '%.*s'%s", what,
                    (int)whole, s, m->place ? "; the number counts its entries" : "");
    }
}

/* The sign of an offset stands between blanks. */
static const char *find_sign(const char *s)
{
    for (const char *c = s; *c; c++) {
        if (c > s && c[-1] == ' ' && (*c == '+' || *c == '-') && c[1] == ' ') {
            return c;
        }
    }
    return NULL;
}

clinic_moment plan_moment(plan_reading *p, const tree *t, const char *what)
{
    clinic_moment m = plan_moment_start();
    const char *s = reader_text(&p->r, t, what);
    if (!reading(&p->r)) {
        return m;
    }
    m.text = s;
    const char *sign = find_sign(s);
    size_t n = sign ? (size_t)(sign - s) : strlen(s);
    while (n && s[n - 1] == ' ') {
        n--;
    }
    moment_head(p, t, what, s, n, &m);
    if (sign) {
        wanted day = wanted_of("day", "stop art + 4 week");
        double offset = reader_quantity_text(&p->r, t, what, sign + 1,
                                             strlen(sign + 1), &day);
        reader_century(&p->r, t, what, offset);
        m.offset = *sign == '-' ? -offset : offset;
    }
    return m;
}

/* ---- Follow-up and dropout. */
static void read_dropout(plan_reading *p)
{
    static const char *const keys[] = {"share", "over", NULL};
    const tree *t = tree_get(p->root, "dropout");
    if (!t || !reader_map(&p->r, t, "dropout", keys)) {
        return;
    }
    const tree *share = reader_need(&p->r, t, "share", "dropout");
    const tree *over = reader_need(&p->r, t, "over", "dropout");
    double lost = reader_share(&p->r, share, "share");
    double days = reader_days(&p->r, over, "over");
    if (reading(&p->r) && (!(days > 0) || lost >= 1)) {
        reader_fail(&p->r, t, RSP_RANGE,
                    "dropout needs a share below 100 %% and a time above 0");
    }
    p->plan->dropout_per_day = reading(&p->r) ? -rsp_log1p(-lost) / days : 0;
}

double plan_start_day(plan_reading *p, const tree *start)
{
    const char *s = reader_text(&p->r, start, "follow_up.start");
    clinic_moment m = plan_moment_start();
    if (reading(&p->r) && isalpha((unsigned char)s[0]) && strncmp(s, "day ", 4) != 0) {
        reader_fail(&p->r, start, RSP_SYNTAX,
                    "follow_up.start is a study day, the same for everybody, and no action's day; "
                    "write for example start: day -8");
        return 0;
    }
    if (strncmp(s, "day ", 4) != 0) {
        return reader_days(&p->r, start, "follow_up.start");
    }
    moment_head(p, start, "follow_up.start", s, strlen(s), &m);
    return m.day;
}

/* A length is read as a study day, where it can mean no other: day 0 is what `from`
 * counts from. */
static void check_start(plan_reading *p, const tree *start)
{
    const clinic_moment *from = &p->plan->until;
    const char *s = reader_text(&p->r, start, "follow_up.start");
    const bool zero = from->kind == CLINIC_AT_START ||
                      (from->kind == CLINIC_AT_DAY && from->day == 0) ||
                      (from->kind == CLINIC_AT_ACTION && from->entry.low == 0 &&
                       from->entry.high == 0);
    if (reading(&p->r) && strncmp(s, "day ", 4) != 0 && !(zero && from->offset == 0)) {
        reader_fail(&p->r, start, RSP_RANGE,
                    "follow_up.start is a study day, no time before '%s'; write start: day %g",
                    from->text, p->plan->start_day);
    }
}

void plan_read_follow_up(plan_reading *p)
{
    static const char *const keys[] = {"start", "from", "until", "after restart", NULL};
    const tree *t = tree_get(p->root, "follow_up");
    rsp_plan *plan = p->plan;
    plan->until = plan_moment_start();
    plan->until.offset = 168;
    plan->after_restart_day = (double)INFINITY;
    if (t && reader_map(&p->r, t, "follow_up", keys)) {
        const tree *from = tree_get(t, "from"), *until = tree_get(t, "until");
        const tree *after = tree_get(t, "after restart");
        if (from) {
            plan->until = plan_moment(p, from, "follow_up.from");
        }
        if (from && reading(&p->r) && tree_get(t, "start")) {
            check_start(p, tree_get(t, "start"));
        }
        plan->until.offset += until ? reader_length(&p->r, until, "follow_up.until")
                              : from ? 168 : 0;
        plan->until.offset -= until && !from ? 168 : 0;
        if (after) {
            plan->after_restart_day = reader_length(&p->r, after, "after restart");
        }
        if (reading(&p->r) && until && !(plan->until.offset > 0) &&
            plan->until.kind == CLINIC_AT_START) {
            reader_fail(&p->r, until, RSP_RANGE, "the follow-up has no length");
        }
    }
    read_dropout(p);
}

/* ---- By name. */
uint32_t plan_arm_named(plan_reading *p, const tree *t, const char *what)
{
    const char *s = reader_text(&p->r, t, what);
    const char *known[PLAN_MOST_ARMS];
    for (size_t i = 0; reading(&p->r) && i < p->plan->view.n_arms; i++) {
        known[i] = p->plan->view.arms[i].name;
        if (strcmp(known[i], s) == 0) {
            return (uint32_t)i;
        }
    }
    if (reading(&p->r)) {
        reader_unknown(&p->r, t, "no arm is called", s, known, p->plan->view.n_arms);
    }
    return 0;
}

uint32_t plan_endpoint_named(plan_reading *p, const tree *t, const char *s)
{
    const char *known[PLAN_MOST_ENDPOINTS];
    for (size_t i = 0; reading(&p->r) && i < p->plan->n_endpoints; i++) {
        known[i] = p->plan->endpoints[i].name;
        if (strcmp(known[i], s) == 0) {
            return (uint32_t)i;
        }
    }
    if (reading(&p->r)) {
        reader_unknown(&p->r, t, "no endpoint is called", s, known, p->plan->n_endpoints);
    }
    return 0;
}

uint64_t plan_arms_named(plan_reading *p, const tree *list)
{
    uint64_t arms = 0;
    if (reader_kind(&p->r, list, TREE_LIST, "arms")) {
        for (const tree *t = list->first; t && reading(&p->r); t = t->next) {
            arms |= UINT64_C(1) << plan_arm_named(p, t, "arms");
        }
    }
    return arms;
}

static void all_against_control(plan_reading *p)
{
    rsp_plan *plan = p->plan;
    uint32_t control = 0;
    for (size_t i = plan->view.n_arms; plan->product.exists && i-- > 0;) {
        control = plan->arms[i].gives_product ? control : (uint32_t)i;
    }
    for (uint32_t i = 0; i < plan->view.n_arms; i++) {
        if (i != control) {
            plan->contrasts[plan->n_contrasts++] = (plan_contrast){i, control};
        }
    }
}

void plan_read_contrasts(plan_reading *p)
{
    static const char *const keys[] = {"treated", "control", NULL};
    const tree *list = tree_get(p->root, "contrasts");
    size_t most = list ? list->n : p->plan->view.n_arms;
    p->plan->contrasts = reader_alloc(&p->r, most, sizeof *p->plan->contrasts);
    if (!reading(&p->r)) {
        return;
    }
    if (!list && (p->plan->sweep.exists || tree_get(p->root, "escalation"))) {
        return; /* a sweep compares its levels itself; doses are not compared */
    }
    if (!list) {
        all_against_control(p);
        return;
    }
    if (!reader_kind(&p->r, list, TREE_LIST, "contrasts")) {
        return;
    }
    for (const tree *t = list->first; t && reading(&p->r); t = t->next) {
        if (!reader_map(&p->r, t, "a contrast", keys)) {
            return;
        }
        const tree *treated = reader_need(&p->r, t, "treated", "a contrast");
        const tree *control = reader_need(&p->r, t, "control", "a contrast");
        plan_contrast c = {plan_arm_named(p, treated, "treated"),
                           plan_arm_named(p, control, "control")};
        if (reading(&p->r) && c.treated == c.control) {
            reader_fail(&p->r, t, RSP_RANGE, "a contrast needs two different arms");
        }
        p->plan->contrasts[p->plan->n_contrasts++] = c;
    }
}
