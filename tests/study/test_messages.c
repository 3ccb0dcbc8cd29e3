#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bed.h"

/* What a study's mistakes are answered with: the message, the words at its
 * place, the exit status. */

typedef struct mistake {
    const char *changes; /* to the base study */
    const char *message; /* whole, or its beginning where it ends in "..." */
    const char *at;      /* the text at line:column */
    rsp_status code;
} mistake;

static const mistake mistakes[] = {
    {"adverse events: [{term: \"fever\\tand chills\", grade: fever}]\n",
     "term holds a tab; write it on one line, with blanks", "\"fever", RSP_SYNTAX},
    {"adverse events: [{term: \"fever\\nand chills\", grade: fever}]\n",
     "term holds a line end; write it on one line, with blanks", "\"fever", RSP_SYNTAX},
    {"follow_up: {start: infuse, from: stop art, until: 8 week}\n",
     "follow_up.start is a study day, the same for everybody, and no action's day; write for "
     "example start: day -8", "infuse", RSP_SYNTAX},
    {"follow_up: {start: stop art - 7 day, from: stop art, until: 8 week}\n",
     "follow_up.start is a study day, the same for everybody, and no action's day; write for "
     "example start: day -8", "stop art - 7", RSP_SYNTAX},
    {"arms: [{name: a, participants: 6, schedule: [{day: infuse, do: stop art}]}]\nscoreboard: []\n",
     "day: 'infuse' is no number; write for example day: 21 or day: 21..42", "infuse", RSP_SYNTAX},
    {"visits: {days: [infuse]}\n",
     "a day of 'days' (plain number): 'infuse' is no number; write for example days: [0, 7, 28]",
     "infuse]", RSP_SYNTAX},
    {"set: {w_T: {blood: 0.5}}\n",
     "w_T is a family of parameters, which takes no map of its members; write \"w_T[blood]\": "
     "0.5", "blood", RSP_SYNTAX},
    {"set: {w_T: {bloot: 0.5}}\n",
     "w_T: unknown key 'bloot'; known are value, between...", "bloot", RSP_NAME},
    {"set: {latnt: {value: 1e6 cell}}\n",
     "the model toy has no parameter 'latnt'; did you mean 'latent'?", "latnt", RSP_NAME},
    {"set: {held: 0.5}\n", "held = 0.5: it takes 0 or 1", "0.5", RSP_RANGE},
    {"set: {held: {value: 2, range: 0..5}}\n", "held = 2: it takes 0 or 1", "{value: 2", RSP_RANGE},
    {"set: {held: {value: 1, between: normal sd 0.1}}\n",
     "held takes 0 or 1: of the distributions only bernoulli gives such, 0 or 1", "{value: 1",
     RSP_RANGE},
    {"population: {covariates: {x: {value: 0.5, between: normal sd 0.1, sets: held}}}\n",
     "x sets held, which takes 0 or 1: a value of these, or between: bernoulli", "held}", RSP_RANGE},
    {"set: {potency: 11}\n",
     "potency = 11 lies outside its plausible range 0 .. 10; give 'range' too if it is meant",
     "11", RSP_RANGE},
    {"assays: [viral_load, car_copies, {name: escape_fraction, reads: escape_fraction}]\n"
     "scoreboard: []\nendpoints: [{name: out, event: escape_fraction > 2, from: stop art}]\n",
     "event: escape_fraction is a share, from 0 to 1, and never > 2", "escape_fraction > 2",
     RSP_RANGE},
    {"assays: [viral_load, car_copies, {name: escape_fraction, reads: escape_fraction}]\n"
     "scoreboard: []\nendpoints: [{name: out, event: escape_fraction > 1, from: stop art}]\n",
     "event: escape_fraction is a share, from 0 to 1, and never > 1", "escape_fraction > 1",
     RSP_RANGE},
    {"assays: [viral_load, {name: harm, kind: flow, reads: escape_fraction}]\n"
     "scoreboard: []\nendpoints: [{name: out, event: harm > 0.0001, from: stop art}]\n",
     "event: the threshold of harm, 0.0001, is below the assay's LLOQ of 0.001", "harm > 0.0001",
     RSP_RANGE},
    {"stopping: {arm: CAR T, when: 1 of 2 have confirmed}\n"
     "sweep: {over: x, levels: [{label: a, set: {potency: 1}}, {label: b, set: {potency: 2}}]}\n",
     "a sweep goes with no stopping: its levels share their participants, and enrolment stops "
     "only where every arm has its own", "sweep", RSP_RANGE},
    {"escalation: {toxicity: confirmed}\n"
     "sweep: {over: x, levels: [{label: a, set: {potency: 1}}, {label: b, set: {potency: 2}}]}\n",
     "a sweep goes with no escalation: its levels share their participants, and enrolment stops "
     "only where every arm has its own", "sweep", RSP_RANGE},
    {"assay: [viral_load]\n", "a study: unknown key 'assay'; did you mean 'assays'?",
     "assay:", RSP_NAME},
    {"visits: {evry: 7 day}\n", "visits: unknown key 'evry'; did you mean 'every'?",
     "evry", RSP_NAME},
    {"assays: [viral_lod]\nrules:\nendpoints:\nscoreboard: []\n",
     "no kind of assay is called 'viral_lod'; did you mean 'viral_load'?", "viral_lod",
     RSP_NAME},
    {"rules: [{when: vral_load > 1000 copies/mL, do: start art}]\n",
     "no assay is called 'vral_load'; did you mean 'viral_load'?", "vral_load > 1000",
     RSP_NAME},
    {"visits: {every: 7 copies/mL}\n",
     "every: 'copies/mL' does not fit; write for example 7 day", "7 copies/mL",
     RSP_UNITS},
    {"product: {dose: 3e5 cell/kg}\n",
     "an amount per kg needs the body weight; give the population a covariate, for example...",
     "3e5 cell/kg", RSP_NAME},
    {"population: {covariates: {organ: {value: 1.5 kg}, pre_weight: {value: 75 kg}}}\n"
     "product: {dose: 3e5 cell/kg}\n",
     "an amount per kg goes by one covariate in kg, but there are organ and pre_weight; call the "
     "body weight 'weight'",
     "3e5 cell/kg", RSP_NAME},
    /* What no sample can meet, and what follow-up never comes to. */
    {"visits: {days: [70], from: stop art}\n",
     "'when' can never hold: no visit after 'stop art', up to the end of follow-up (day 70), takes "
     "what it reads", "viral_load > 1000", RSP_RANGE},
    {"visits: {every: 7 day, from: stop art, missed: 100 %}\nrules: []\n",
     "'event' can never hold: no visit after 'stop art', up to the end of follow-up (day 70), takes "
     "what it reads", "viral_load > 50", RSP_RANGE},
    {"visits: [{days: [1], from: infuse}, {days: [14], from: stop art}]\n",
     "'event' can never be confirmed: at most 1 of 2 samples are taken after 'stop art'", "2, within",
     RSP_RANGE},
    {"visits: {every: 14 day, from: stop art, window: 2 day}\n"
     "rules: [{when: viral_load > 1000 copies/mL, confirmed: 3, within: 3 week, do: start art}]\n",
     "'when' can never be confirmed: 3 samples take at least 24 days, 'within' is 21 days",
     "3 week", RSP_RANGE},
    {"visits: {days: [1, 2, 3, 4], from: stop art}\nassays: [viral_load]\n"
     "rules: [{when: viral_load > 1000 copies/mL, confirmed: 6, within: 4 week, do: start art}]\n",
     "'when' can never be confirmed: at most 4 of 6 samples are taken after 'stop art'", "6, within",
     RSP_RANGE},
    {"endpoints: [{name: high, event: viral_load > 1000 copies/mL, for: 20 week, from: stop art}]\n"
     "assays: [viral_load]\nscoreboard: []\n",
     "'event' can never hold so long: from 'stop art' to the end of follow-up it is 63 days", "20 week",
     RSP_RANGE},
    {"visits: {every: 7 day, from: day 20}\nassays: [viral_load]\nscoreboard: []\n"
     "rules: [{when: viral_load log10 change from baseline > 1, do: start art}]\n",
     "'when' has no baseline: no visit takes what it reads at or before 'stop art'",
     "viral_load log10", RSP_RANGE},
    {"follow_up: {start: day -7, until: 13 day}\nrules: []\nendpoints: []\nscoreboard: []\n"
     "assays: [viral_load]\nvisits: {every: 7 day}\n"
     "arms: [{name: A, participants: 6, schedule: [{day: 28..42, do: stop art}]}]\n",
     "'stop art' on day 28 would never be done: the follow-up ends on day 6 (follow_up: {until: ...})",
     "28..42", RSP_RANGE},
    {"endpoints: [{name: e, event: viral_load > 50 copies/mL, from: stop art 2}]\nscoreboard: []\n",
     "from: no arm's schedule has 'stop art 2'; the number counts its entries", "stop art 2", RSP_NAME},
    {"visits: {every: 7}\n", "every needs a unit; write for example 7 day", "7}",
     RSP_UNITS},
    {"visits: {every: 7 dya}\n", "every: unknown unit 'dya'; write for example 7 day",
     "7 dya", RSP_UNITS},
    {"rules: [{when: \"viral_load > 1,000 copies/mL\", do: start art}]\n",
     "when: '1,000 copies/mL' has a comma; write 1000 and 0.5, not 1,000 or 0,5",
     "\"viral_load", RSP_SYNTAX},
    {"rules: [{when: viral_load > 1000 day, do: start art}]\n",
     "when: 'day' does not fit; the unit must fit copies/mL", "viral_load > 1000 day",
     RSP_UNITS},
    {"rules: [{when: viral_load > 20 copies/mL, do: start art}]\n",
     "when: the threshold of viral_load, 20 copies/mL, is below the assay's LLOQ of 50 "
     "copies/mL",
     "viral_load > 20", RSP_RANGE},
    {"assays: [{name: viral_load, uloq: 500 copies/mL}, car_copies]\nendpoints: []\n"
     "scoreboard: []\nrules: [{when: viral_load > 1000 copies/mL, do: start art}]\n",
     "when: the threshold of viral_load, 1000 copies/mL, is above the assay's ULOQ of 500 "
     "copies/mL",
     "viral_load > 1000", RSP_RANGE},
    {"rules: [{when: viral_load above 1000 copies/mL, do: start art}]\n",
     "when: <, <=, > or >= expected at 'above 1000 copies/mL'", "viral_load above",
     RSP_SYNTAX},
    {"rules: [{when: viral_load > 1000 copies/mL, do: start arv}]\n",
     "the model toy has no action 'start arv'; did you mean 'start art'?", "start arv",
     RSP_NAME},
    {"rules: [{when: viral_load > 1000 copies/mL, do: infuse}]\n",
     "a rule does what takes no amount; 'infuse' takes one", "infuse", RSP_RANGE},
    {"arms: [{name: A, participants: 6, schedule: [{day: 0, do: boost}]}]\nscoreboard: []\n",
     "'boost' needs an amount in cell, for example amount: 4e7 cell; the product's dose is what "
     "'infuse' gives (a share of it: amount: 100 %)",
     "{day: 0, do: boost", RSP_SYNTAX},
    {"arms: [{name: A, participants: 6, schedule: [{day: 0, do: deplete}]}]\nscoreboard: []\n",
     "'deplete' needs an amount, for example amount: 1; the product's dose is something else",
     "{day: 0, do: deplete", RSP_SYNTAX},
    {"arms: [{name: A, participants: 6, schedule: [{day: 0, do: deplete, amount: 4e7 cell}]}]\n"
     "scoreboard: []\n",
     "amount: 'cell' does not fit; write for example 1", "4e7 cell", RSP_UNITS},
    {"arms: [{name: A, participants: 6, schedule: [{day: 9, do: infuse}, {day: 3, do: "
     "stop art}]}]\nscoreboard: []\n",
     "day 3 comes before day 9 of the entry above; put entries in order of days",
     "3, do:", RSP_RANGE},
    {"arms: [{name: A, participants: 0}]\nscoreboard: []\n",
     "participants is 0; it must lie between 1 and 50000", "0}", RSP_RANGE},
    {"arms: []\n", "a study has 1 to 64 arms", "[]", RSP_RANGE},
    {"arms: [{name: A}]\n", "an arm needs 'participants'", "{name: A}", RSP_SYNTAX},
    {"arms: [{name: A, participants: 6, schedule: [{day: -9, do: infuse}]}]\n",
     "day -9 is before the start, day -7 (follow_up: {start: ...})", "-9,", RSP_RANGE},
    {"arms: [{name: A, participants: 6}, {name: A, participants: 6}]\n",
     "two arms are called 'A'", "A, participants: 6}]", RSP_NAME},
    {"arms: [{name: A, participants: 6, schedule: [{day: 42..21, do: infuse}]}]\n",
     "day: the range '42..21' ends before it begins", "42..21", RSP_RANGE},
    {"population: nobody\n", "populations: there is no file ...", "nobody", RSP_NOFILE},
    {"population: rhesu\n", "...nor a shipped one called 'rhesu'; did you mean 'rhesus'?", "rhesu",
     RSP_NOFILE},
    {"product: {from: cd4zeta_cd}\n",
     "...nor a shipped one called 'cd4zeta_cd'; did you mean 'cd4zeta_cd8'?", "cd4zeta_cd}",
     RSP_NOFILE},
    {"published: nowhere.csv\n", "published: there is no file ...", "nowhere.csv",
     RSP_NOFILE},
    {"model: nothing\n", "model: ...", "nothing", RSP_NOFILE},
    {"set: {delt: 1 1/day}\n",
     "the model toy has no parameter 'delt'; did you mean 'delta'?", "delt:", RSP_NAME},
    {"set: {t_art: 50 day}\n",
     "t_art = 50 day lies outside its plausible range 0 .. 10; give 'range' too if it is "
     "meant",
     "50 day", RSP_RANGE},
    {"set: {delta: {between: lognormal sd 0.2}}\n",
     "between: 'lognormal sd 0.2' is no distribution; write for example 'lognormal cv "
     "0.2', 'normal sd 1', 'uniform 1 .. 3', 'bernoulli 30 %' or 'none'",
     "lognormal sd 0.2", RSP_SYNTAX},
    {"product: {dose: 4e7 cell, failure: 120 %}\n",
     "failure must lie between 0 and 100 %", "120 %", RSP_RANGE},
    {"product: {dose: 4e7 cell, failure: 12}\n",
     "failure must lie between 0 and 100 %; did you mean 12 %?", "12", RSP_RANGE},
    {"product: {dose: 40 mL}\n", "dose is in mL, but infuse takes cell", "40 mL",
     RSP_UNITS},
    {"visits: {every: 7 day, window: 4 day}\n",
     "window: 4 day either way is too wide for visits 7 days apart", "4 day}",
     RSP_RANGE},
    {"visits: {days: [3, 1]}\n", "day 1 does not come after day 3 before it", "1]",
     RSP_RANGE},
    {"visits: {days: [1], every: 7 day}\n",
     "a line of visits needs 'every' or 'days', not both", "{days", RSP_SYNTAX},
    {"endpoints: [{name: time_to_rebound, event: viral_load > 50 copies/mL, from: stop "
     "artt}]\n",
     "the model toy has no action 'stop artt'; did you mean 'stop art'?", "stop",
     RSP_NAME},
    {"assays: [viral_load, {name: cd4, visits: [screning]}]\nscoreboard: []\n",
     "no visit is called 'screning'; did you mean 'screening'?", "screning", RSP_NAME},
    {"assays: [viral_load, {name: cd4, lloq: 5 cell/uL}]\nscoreboard: []\n",
     "assay cd4: unknown key 'lloq'; known are name, kind, reads, visits, delay, noise",
     "lloq", RSP_NAME},
    {"assays: [viral_load, {name: load, kind: viral_load, reads: cd4}]\nscoreboard: []\n",
     "assay load measures copies/mL, but the observable cd4 is in cell/uL", "cd4}]",
     RSP_UNITS},
    {"follow_up: {until: 1e308 week}\n", "follow_up.until is too large a number",
     "1e308", RSP_RANGE},
    {"follow_up: {until: 1e9 week}\n",
     "follow_up.until: 7e+09 days; the times of a study lie within 100 years (36525 "
     "days)", "1e9", RSP_RANGE},
    {"follow_up: {from: stop art, until: -4 week}\n", "follow_up.until is negative",
     "-4 week", RSP_RANGE},
    {"arms: [{name: A, participants: 6, schedule: [{day: 7..1e9, do: infuse}]}]\n",
     "day: 1e+09 days; ...", "7..1e9", RSP_RANGE},
    {"visits: {days: [1, 1e9]}\n", "a day of 'days': 1e+09 days; ...", "1e9", RSP_RANGE},
    {"visits: {every: 7 day, until: day 1e300}\n", "until: 1e+300 days; ...",
     "day 1e300", RSP_RANGE},
    {"visits: {every: 7 day, until: start + 1e300 day}\n", "until: 1e+300 days; ...",
     "start + 1e300", RSP_RANGE},
    {"arms: [{name: \"A\\nB\", participants: 6}]\n",
     "the arm's name holds a line end or tab, or a blank at an end", "\"A", RSP_NAME},
    {"product: {dose: -4e7 cell}\n", "dose must not be negative", "-4e7", RSP_RANGE},
    {"product: {dose: {value: 4e7 cell, between: uniform -1e6 .. 1e8}}\n",
     "dose must not be negative", "{value", RSP_RANGE},
    {"product: {dose: 4e7 cell, transduction: 500 %}\n",
     "transduction must lie between 0 and 100 %", "500 %", RSP_RANGE},
    {"product: {dose: 4e7 cell, failure: 100 %}\n",
     "failure is above 99.9 %: hardly anybody would have a product", "100 %", RSP_RANGE},
    {"product: {dose: 4e7 cell, manufacture: {expansion: 60}}\n",
     "'starting cells' and 'expansion' go together: cells made are their product",
     "{expansion", RSP_SYNTAX},
    {"product: {dose: 4e7 cell, manufacture: {viability: 70 day}}\n",
     "viability is in day; expected a pure number", "70 day", RSP_UNITS},
    {"product: {dose: 4e7 cell, manufacture: {viability: 170 %}}\n",
     "viability must lie between 0 and 100 %", "170 %", RSP_RANGE},
    {"product: {dose: 4e7 cell, manufacture: {release: {viability: 70 %}}}\n",
     "release has a limit of viability, of which the product says nothing", "70 %",
     RSP_NAME},
    {"product: {dose: 4e7 cell, manufacture: {memory loss: 0.02 1/day}}\n",
     "memory loss is a rate that is not negative; it needs 'memory' and 'culture'",
     "0.02", RSP_SYNTAX},
    {"solver: {max_step: 0 day}\n", "max_step must be above 0", "0 day", RSP_RANGE},
    {"rules: [{when: viral_load > 1000 copies/mL, for: -1 day, do: start art}]\n",
     "for is negative", "-1 day", RSP_RANGE},
    {"trials: many\n", "trials: 'many' is no whole number", "many", RSP_SYNTAX},
    {"trials: 0\n", "trials is 0; it must lie between 1 and 1048575", "0", RSP_RANGE},
    {"seed: 9223372036854775808\n",
     "seed: '9223372036854775808' is no whole number from 0 to 9223372036854775807",
     "9223", RSP_RANGE},
    {"design: randomized\n",
     "design 'randomized'; did you mean 'randomised'?", "randomized", RSP_NAME},
    {"solver: {method: euler}\n", "method 'euler'; known are ode, hybrid, ssa", "euler",
     RSP_NAME},
    {"scoreboard: [{quantity: time_to_rebound_mdian, statistic: "
     "time_to_rebound.median, arm: CAR T}]\n",
     "...has no quantity 'time_to_rebound_mdian'; did you mean "
     "'time_to_rebound_median'?",
     "time_to_rebound_mdian", RSP_NAME},
    {"scoreboard: [{quantity: suppressed_week4, statistic: time_to_rebound.mean, arm: CAR "
     "T}]\n",
     "'time_to_rebound.mean' is no statistic; ...", "time_to_rebound.mean", RSP_NAME},
    {"scoreboard: [{quantity: suppressed_week4, statistic: product.made, arm: CAR T, "
     "against: CAR T}]\n",
     "against: the row's own arm", "CAR T}", RSP_RANGE},
    {"population: {covariates: {age: {value: 45}}, eligibility: [aeg > 18]}\n",
     "eligibility: no covariate, parameter or constant derived value is called 'aeg'; did "
     "you mean 'age'?",
     "aeg > 18", RSP_NAME},
    {"arms: [{name: A, participants: 1, schedule: [{day: 7, do: stop art}], eligibility: [aeg > 18]}]\n"
     "scoreboard: []\n",
     "eligibility: no covariate, parameter or constant derived value is called 'aeg'; did "
     "you mean 'age'?",
     "aeg > 18", RSP_NAME},
    {"population: {covariates: {screened_out: {value: 45}}}\n"
     "arms: [{name: A, participants: 1, schedule: [{day: 7, do: stop art}], eligibility: [f_esc < 1]}]\n"
     "scoreboard: []\n",
     "a covariate is called 'screened_out', as the column of those whom an arm's eligibility "
     "screens out is; call it otherwise",
     "[f_esc < 1]", RSP_NAME},
    {"grid: {endpoint: time_to_rebound, axes: [{threshold: [20 copies/mL]}]}\n",
     "threshold 20 copies/mL is below the assay's LLOQ of 50 copies/mL", "20 copies/mL",
     RSP_RANGE},
    {"grid: {endpoint: time_to_rebound, axes: [{threshold: [1e8 copies/mL]}]}\n",
     "threshold 1e+08 copies/mL is above the assay's ULOQ of 1e+07 copies/mL", "1e8 copies/mL",
     RSP_RANGE},
    {"scoreboard: [{quantity: suppressed_week4, statistic: viral_load.days_above(1e8 "
     "copies/mL), arm: CAR T}]\n",
     "days above 1e+08 copies/mL: the assay's ULOQ is 1e+07 copies/mL", "viral_load.days",
     RSP_RANGE},
    {"scoreboard: [{quantity: suppressed_week4, statistic: viral_load.days_above(20 "
     "copies/mL), arm: CAR T}]\n",
     "days above 20 copies/mL: the assay's LLOQ is 50 copies/mL", "viral_load.days",
     RSP_RANGE},
    {"follow_up: {start: -8 day, from: stop art, until: 8 week}\n",
     "follow_up.start is a study day, no time before 'stop art'; write start: day -8", "-8 day",
     RSP_RANGE},
    {"follow_up: {start: day soon, from: stop art, until: 8 week}\n", "follow_up.start: 'soon' is no number; write for example day 30", "day soon",
     RSP_SYNTAX},
    {"adverse events: [{term: fever, grade: fevr}]\n",
     "the model toy observes no grade called 'fevr'; did you mean 'fever'?", "fevr", RSP_NAME},
    {"adverse events: [{term: fever, grade: viral_load}]\n",
     "adverse events: a grade is a pure number, but viral_load is in copies/mL", "viral_load",
     RSP_UNITS},
    {"adverse events: [{term: fever, grade: fever, reported: heard}]\n",
     "reported 'heard'; known are told, seen", "heard", RSP_NAME},
    {"adverse events: [{term: a, grade: fever}, {term: a, grade: fever}]\n",
     "adverse events: two are called 'a'", "a, grade: fever}]", RSP_NAME},
    {"follow_up: 8\n", "follow_up is a text here; it must be a map", "8", RSP_SYNTAX},
    {"remarks: one\n", "remarks is a text here; it must be a list", "one", RSP_SYNTAX},
};

static bool says(const char *message, const char *expected)
{
    size_t n = strlen(expected);
    if (strncmp(expected, "...", 3) == 0) {
        const char *found = strstr(message, expected + 3);
        return found && found[n - 3] == '\0';
    }
    if (n > 3 && strcmp(expected + n - 3, "...") == 0) {
        return strncmp(message, expected, n - 3) == 0;
    }
    return strcmp(message, expected) == 0;
}

static const char *at_place(const char *text, uint32_t line, uint32_t column)
{
    for (uint32_t i = 1; i < line; i++) {
        text = strchr(text, '\n') + 1;
    }
    return text + column - 1;
}

static void a_mistake_is_answered_with_its_place_and_mend(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const mistake *m = &mistakes[i];
        char *study = bed_study(m->changes);
        rsp_error err = {0};
        rsp_status s = bed_refuse(study, &err);
        if (s != m->code || !says(err.message, m->message)) {
            fail_msg("%s\nsays: %s (%d)\nnot:  %s (%d)", m->changes, err.message,
                     (int)s, m->message, (int)m->code);
        }
        const char *at = err.line ? at_place(study, err.line, err.column) : "";
        if (strncmp(at, m->at, strlen(m->at)) != 0) {
            fail_msg("%s\npoints to '%.20s', not '%s'", err.message, at, m->at);
        }
        assert_true(rsp_status_exit(s) >= 64);
        free(study);
    }
}

#define SWEPT "scoreboard: []\nsweep:\n  over: x\n  outcomes: [{statistic: time_to_rebound.median}]\n"
static void what_a_design_can_do_is_not_refused(void **state)
{
    (void)state;
    static const char *const designs[] = {
        /* A sample at each of two endpoints. */
        "assays: [viral_load, {name: ca_rna, visits: [a, b]}]\nscoreboard: []\nendpoints:\n"
        "  - {name: a, event: viral_load > 50 copies/mL, from: stop art}\n"
        "  - {name: b, event: viral_load > 1000 copies/mL, from: stop art}\n"
        "  - {name: x, event: ca_rna > 10 copies/1e6 cells, from: stop art, confirmed: 2}\n",
        /* A restart is the event. */
        "visits: {days: [7, 14, 21], from: stop art}\nscoreboard: []\nassays: [viral_load]\nendpoints:\n"
        "  - {name: a, event: viral_load > 50 copies/mL, from: stop art, confirmed: 4, restart: event}\n",
        "scoreboard: []\nassays: [viral_load]\nendpoints:\n"
        "  - {name: a, event: viral_load > 50 copies/mL, from: stop art, for: 20 week, restart: event}\n",
        /* What one level ends before, another comes to. */
        SWEPT "  levels: [{value: 0}, {value: 1, days: {stop art: 42}}]\narms:\n"
        "  - name: CAR T\n    participants: 6\n    schedule: [{day: 0, do: infuse}, {day: 7, do: "
        "stop art}, {day: 80, do: boost, amount: 1e7 cell}]\n",
    };
    for (size_t i = 0; i < sizeof designs / sizeof *designs; i++) {
        char *study = bed_study(designs[i]);
        rsp_plan_free(bed_plan(study));
        free(study);
    }
}

static void a_dose_per_kg_goes_by_the_covariate_called_weight(void **state)
{
    (void)state;
    static const char *const covariates[] = {
        "weight: {value: 75 kg}, body_weight: {value: 60 kg}",
        "body_weight: {value: 60 kg}, organ: {value: 2 kg}, weight: {value: 75 kg}",
        "organ: {value: 2 kg}, body_weight: {value: 75 kg}",
        "pre_weight: {value: 75 kg}",
    };
    for (size_t i = 0; i < sizeof covariates / sizeof *covariates; i++) {
        rsp_text changes = {0};
        rsp_text_printf(&changes, "population: {covariates: {%s}}\nproduct: {dose: 1e6 cell/kg}\ntrials: 1\n",
                        covariates[i]);
        char *study = bed_study(changes.data);
        char *rows = bed_rows_of(study, 0, NULL);
        if (!strstr(rows, " infuse 75000000 ") && !strstr(rows, " infuse 7.5e+07 ") &&
            !strstr(rows, " infuse 7.5e7 ")) {
            fail_msg("%s\n%s", covariates[i], rows);
        }
        rsp_text_fini(&changes);
        free(rows);
        free(study);
    }
}

static rsp_plan *set(const char *path, const char *value, rsp_error *err)
{
    rsp_override o = {path, value};
    rsp_plan *plan = NULL;
    (void)!rsp_plan_load(TEST_FOLDER "/base.yaml", &o, 1, &plan, err);
    return plan;
}

static void a_value_may_be_set_from_outside(void **state)
{
    (void)state;
    rsp_error err = {0};
    rsp_plan *plan = set("trials", "5", &err);
    assert_non_null(plan);
    assert_int_equal(rsp_plan_see(plan)->trials, 5);
    rsp_plan_free(plan);
    plan = set("arms.no CAR T.participants", "9", &err);
    assert_non_null(plan);
    assert_int_equal(rsp_plan_see(plan)->arms[1].participants, 9);
    rsp_plan_free(plan);
    plan = set("arms.0.participants", "8", &err);
    assert_non_null(plan);
    assert_int_equal(rsp_plan_see(plan)->arms[0].participants, 8);
    rsp_plan_free(plan);
    plan = set("t_art", "0.5 day", &err);
    assert_non_null(plan);
    const rsp_plan_view *v = rsp_plan_see(plan);
    assert_true(v->medians[rsp_network_param(v->net, "t_art")] == 0.5);
    assert_int_equal(v->n_changed, 1);
    assert_string_equal(v->changed[0], "t_art = 0.5 day (--set t_art:1)");
    rsp_plan_free(plan);
    /* Drawn uniformly, whatever its median: the value is meant. */
    plan = set("doubt", "3", &err);
    assert_non_null(plan);
    v = rsp_plan_see(plan);
    assert_string_equal(v->changed[0], "doubt = 3, fixed (--set doubt:1)");
    rsp_plan_free(plan);
    plan = set("grid", "{endpoint: confirmed, axes: [{every: [7 day]}]}", &err);
    assert_non_null(plan);
    rsp_plan_free(plan);
}

static void what_is_set_from_outside_is_checked_as_the_file_is(void **state)
{
    (void)state;
    rsp_error err = {0};
    assert_null(set("t_artt", "0.5 day", &err));
    assert_string_equal(err.message,
                        "the model toy has no parameter 't_artt'; did you mean 't_art'?");
    assert_string_equal(err.source, "--set t_artt");
    assert_null(set("visits.9.every", "7 day", &err));
    assert_string_equal(err.message, "'9' names no member of the list (by place from 0, "
                                     "or by name)");
    assert_null(set("trials.x", "7", &err));
    assert_string_equal(err.message, "'x' is inside a plain value");
    assert_null(set("visits", "[", &err));
    assert_int_equal(err.code, RSP_SYNTAX);
}

/* As shipped models are; a file beside the study comes first. */
static void shipped_populations_and_products_are_found_from_any_folder(void **state)
{
    (void)state;
    static const char text[] =
        "study: far\nmodel: hiv_car_t\npopulation: {from: chronic_art_suppressed}\n"
        "product: {from: vrc01_28bbz_shptl}\nassays: [viral_load]\n"
        "arms: [{name: A, participants: 2, schedule: [{day: 0, do: infuse}]}]\n";
    rsp_plan *plan = NULL;
    rsp_error err = {0};
    if (rsp_plan_parse(text, strlen(text), "/nowhere/far.yaml", &plan, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    const rsp_plan_view *v = rsp_plan_see(plan);
    size_t found = 0;
    for (size_t i = 0; i < v->n_inputs; i++) {
        found += strcmp(v->inputs[i].path, "populations/chronic_art_suppressed.yaml") == 0;
        found += strcmp(v->inputs[i].path, "products/vrc01_28bbz_shptl.yaml") == 0;
    }
    assert_int_equal(found, 2);
    rsp_plan_free(plan);
}

static void a_study_that_is_not_there_is_named(void **state)
{
    (void)state;
    rsp_plan *plan = NULL;
    rsp_error err = {0};
    assert_int_equal(rsp_plan_load("nowhere.yaml", NULL, 0, &plan, &err), RSP_NOFILE);
    assert_null(plan);
    assert_non_null(strstr(err.message, "nowhere.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mistake_is_answered_with_its_place_and_mend),
        cmocka_unit_test(what_a_design_can_do_is_not_refused),
        cmocka_unit_test(a_dose_per_kg_goes_by_the_covariate_called_weight),
        cmocka_unit_test(a_value_may_be_set_from_outside),
        cmocka_unit_test(what_is_set_from_outside_is_checked_as_the_file_is),
        cmocka_unit_test(shipped_populations_and_products_are_found_from_any_folder),
        cmocka_unit_test(a_study_that_is_not_there_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
