#include <math.h>
#include <stdlib.h>

#include "respite/stats.h"
#include "stats/ipda.h"

static bool draw(const rsp_stream *stream, uint32_t index, const rsp_duplex_well *from,
                 rsp_duplex *out, rsp_duplex_well *drawn)
{
    double n = from->n[0] + from->n[1] + from->n[2] + from->n[3];
    rsp_multinomial(stream, index, n, 4, from->n, drawn->n);
    return rsp_duplex_estimate(drawn, out, NULL) == RSP_OK;
}

/* One replicate, NaN where its droplets give none. */
static double replicate(size_t b, const rsp_duplex_well *hiv, const rsp_duplex_well *reference,
                        const rsp_ipda_options *o)
{
    rsp_duplex h, r;
    rsp_duplex_well drawn;
    uint32_t index = (uint32_t)b * 2;
    if (!draw(&o->stream, index, hiv, &h, &drawn) ||
        !draw(&o->stream, index + 1, reference, &r, &drawn)) {
        return NAN;
    }
    double shearing = rsp_ipda_shearing(&drawn, &r, o);
    double intact = rsp_ipda_per_million(h.linked - o->background[2], shearing,
                                         rsp_ipda_cells_per_ul(&r, o), o);
    return isnan(intact) ? (double)NAN : fmax(0.0, intact);
}

rsp_dpcr_interval rsp_ipda_percentiles(const double *x, size_t n, double level, size_t *used)
{
    double tail = (1 - level) / 2;
    *used = 0;
    for (size_t b = 0; b < n; b++) {
        *used += isnan(x[b]) ? 0u : 1u;
    }
    return (rsp_dpcr_interval){rsp_quantile_of(x, n, tail), rsp_quantile_of(x, n, 1 - tail)};
}

rsp_status rsp_ipda_bootstrap(const rsp_duplex_well *hiv, const rsp_duplex_well *reference,
                              const rsp_ipda_options *o, rsp_ipda *out, rsp_error *err)
{
    double *x = calloc(o->bootstrap, sizeof *x);
    if (!x) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu bootstrap replicates",
                        o->bootstrap);
    }
    for (size_t b = 0; b < o->bootstrap; b++) {
        x[b] = replicate(b, hiv, reference, o);
    }
    out->bootstrap = rsp_ipda_percentiles(x, o->bootstrap, o->dpcr.level, &out->bootstrap_used);
    free(x);
    return RSP_OK;
}
