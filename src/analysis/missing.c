#include "analysis/missing.h"

#include <math.h>
#include <string.h>

/* "" of kind: of every kind; of column: of every other column. */
static const struct lack {
    const char *kind, *column, *why;
} lacks[] = {
    {"compare", "chisq", "no events while two groups are at risk"},
    {"compare", "z", "only two groups have a direction"},
    {"interval", "z", "only two groups have a direction"},
    {"competing", "incidence", "no event of this kind so far: no limits"},
    {"competing", "coef", "no event of this kind in a group, or none in all"},
    {"competing", "se", "no event of this kind in a group, or none in all"},
    {"competing", "p", "no event of this kind in a group, or none in all"},
    {"competing", "chisq", "no event of this kind"},
    {"cox", "n_reference", "a covariate of numbers has no reference group"},
    {"cox", "events_reference", "a covariate of numbers has no reference group"},
    {"cox", "concordance", "no pair of participants of whom it is known who was first"},
    {"cox", "concordance_se", "no pair of participants of whom it is known who was first"},
    {"curves", "se", "nobody is left without the event"},
    {"", "time", "the curve, or its band, does not come down so far"},
    {"dpcr", "agreement", "a single well"},
    {"dpcr", "upper", "something was detected"},
    {"dpcr", "net", "no blank and no background are given"},
    {"dpcr", "blank", "no well with enough droplets"},
    {"dpcr", "detection", "no well with enough droplets"},
    {"ipda", "upper", "the state is a number"},
    {"plex", "upper", "the state is a number"},
    {"five_target", "upper", "the state is a number"},
    {"ipda", "bootstrap", "not asked for, or the state is no number"},
    {"plex", "bootstrap", "not asked for, or the state is no number"},
    {"ipda", "delta", "the state is no number"},
    {"plex", "delta", "the state is no number"},
    {"ipda", "garwood", "the state is no number"},
    {"plex", "garwood", "the state is no number"},
    {"ipda", "intact", "the state is no number: see the one-sided bound"},
    {"plex", "intact", "the state is no number: see the one-sided bound"},
    {"five_target", "five", "the state is no number: see the one-sided bound"},
    {"plex", "per_million", "no cells were counted, or the DNA is sheared"},
    {"tobit", "df", "the z statistic has no degrees of freedom"},
    {"interval", "log_scale", "the exponential family has no scale"},
    {"interval", "log_scale_se", "the exponential family has no scale"},
    {"interval", "ratio", "an intercept is no contrast"},
    {"interval", "p", "an intercept is no contrast"},
    {"kinetics", "gone", "never seen to fall below the limit"},
    {"mixed", "variance_slope", "the plan asks for no random slope"},
    {"mixed", "covariance", "the plan asks for no random slope"},
    {"propensity", "smd", "nobody differs in it within the groups"},
    {"propensity", "event_free", "a weighted curve is given without limits"},
    {"maic", "event_free", "a weighted curve is given without limits"},
    {"maic", "", "a weighted fit has no likelihood of its own"},
    {"published", "", "what was published does not tell it, or no event was expected"},
    {"propensity", "weighted_smd", "nobody differs in it within the groups"},
    {"propensity", "", "a weighted fit has no likelihood of its own"},
    {"qvoa", "se", "no well, or every well, is positive"},
    {"qvoa", "fit_p", "a single dilution, or no well, or every well, is positive"},
    {"qvoa", "exact_p", "no well, or every well, is positive, or too many outcomes to count"},
    {"qvoa", "posterior_median", "some wells are positive"},
    {"viral_load", "doubling", "the viral load does not grow"},
    {"cox", "", "no events, or the likelihood has no maximum"},
    {"correlation", "r", "this coefficient has no limits here"},
    {"", "p_error", "the p was not drawn at random"},
    {"", "df", "this test has no degrees of freedom"},
    {"", "sd", "fewer than two values"},
    {"groups", "", "no values, or too few for it"},
    {"pairs", "", "no pairs of values, or too few for it"},
    {"viral_load", "", "no values, or too few for it"},
    {"kinetics", "", "no values, or too few for it"},
    {"reservoir", "", "no values, or too few for it"},
};

const char *missing_reason(const char *kind, const rsp_result_table *t, size_t row, size_t column)
{
    const rsp_cell *cells = t->cells + row * t->n_columns, *here = &cells[column];
    if (isinf(here->value) || isinf(here->low) || isinf(here->high)) {
        return "infinite";
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        if (cells[i].reason[0]) {
            return cells[i].reason;
        }
    }
    for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++) {
        if ((!lacks[i].kind[0] || strcmp(lacks[i].kind, kind) == 0) &&
            (!lacks[i].column[0] || strcmp(lacks[i].column, t->columns[column].key) == 0)) {
            return lacks[i].why;
        }
    }
    return kind[0] ? "not estimable from these data" : "the data do not say";
}
