/* Five targets of two triplexes that share one. */
#include <math.h>
#include <stdlib.h>

#include "stats/plex_intact.h"

typedef struct parts { double first, second, shared; } parts;

static double total_of(const double *counts)
{
    double sum = 0;
    for (size_t i = 0; i < 8; i++) {
        sum += counts[i];
    }
    return sum;
}

/* Copies of the shared target a droplet, alone or with others; NaN where saturated. */
static double shared_of(const double *counts, size_t bit)
{
    double seen = 0, total = total_of(counts);
    for (size_t i = 0; i < 8; i++) {
        seen += i >> bit & 1 ? counts[i] : 0.0;
    }
    return seen < total ? -log1p(-seen / total) : (double)NAN;
}

/* Per million, each triple freed of shearing on its own; the shared target stands on
 * every piece that carries it. */
static parts parts_of(double first, double second, double shared, const rsp_plex *cells,
                      const rsp_ipda_options *o)
{
    double n = cells->cells_per_ul, s = cells->shearing;
    return (parts){rsp_ipda_per_million(fmax(0.0, first), s, n, o),
                   rsp_ipda_per_million(fmax(0.0, second), s, n, o),
                   rsp_ipda_per_million(shared, 0, n, o)};
}

static double replicate(size_t b, const rsp_triplex triplex[2], const rsp_duplex_well *reference,
                        const rsp_ipda_options *o)
{
    rsp_triplex drawn[2];
    rsp_duplex_well again;
    rsp_plex one[2];
    const double *n = reference->n;
    uint32_t index = (uint32_t)b * 3;
    rsp_multinomial(&o->stream, index + 2, n[0] + n[1] + n[2] + n[3], 4, n, again.n);
    for (uint32_t i = 0; i < 2; i++) {
        rsp_multinomial(&o->stream, index + i, total_of(triplex[i].n), 8, triplex[i].n,
                        drawn[i].n);
        if (rsp_plex_numbers(drawn[i].n, 3, &again, NULL, o, &one[i], NULL) != RSP_OK) {
            return NAN;
        }
    }
    double shared = (shared_of(drawn[0].n, triplex[0].shared) +
                     shared_of(drawn[1].n, triplex[1].shared)) / 2;
    parts p = parts_of(one[0].lambda, one[1].lambda, shared, &one[0], o);
    return isnan(one[0].lambda) || isnan(one[1].lambda)
               ? (double)NAN
               : rsp_plex_five(p.first, p.second, p.shared);
}

static rsp_status add_bootstrap(const rsp_triplex triplex[2], const rsp_duplex_well *reference,
                                const rsp_ipda_options *o, rsp_five *r, rsp_error *err)
{
    double *x = calloc(o->bootstrap, sizeof *x);
    if (!x) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu bootstrap replicates", o->bootstrap);
    }
    for (size_t b = 0; b < o->bootstrap; b++) {
        x[b] = replicate(b, triplex, reference, o);
    }
    r->bootstrap = rsp_ipda_percentiles(x, o->bootstrap, o->dpcr.level, &r->bootstrap_used);
    free(x);
    return RSP_OK;
}

static void add_numbers(const rsp_triplex triplex[2], const rsp_ipda_options *o, rsp_five *r)
{
    const rsp_plex *a = &r->triplex[0], *b = &r->triplex[1];
    double shared = (shared_of(triplex[0].n, triplex[0].shared) +
                     shared_of(triplex[1].n, triplex[1].shared)) / 2;
    if (!(shared > 0)) {
        r->reason = RSP_DPCR_NO_SHARED;
        return;
    }
    parts p = parts_of(a->lambda, b->lambda, shared, a, o);
    bool none = a->state == RSP_NOT_DETECTED || b->state == RSP_NOT_DETECTED;
    r->shared = p.shared;
    r->five = rsp_plex_five(p.first, p.second, p.shared);
    r->least = fmax(0.0, p.first + p.second - p.shared);
    r->most = fmin(p.first, p.second);
    r->state = none ? RSP_NOT_DETECTED : r->five > 0 ? RSP_NUMBER : RSP_BELOW_LLOQ;
}

rsp_status rsp_five_estimate(const rsp_triplex triplex[2], const rsp_duplex_well *reference,
                             const rsp_ipda_options *o, rsp_five *out, rsp_error *err)
{
    rsp_five r = {.shared = NAN, .state = RSP_MISSING, .five = NAN, .least = NAN, .most = NAN,
                  .bootstrap = {NAN, NAN}};
    rsp_ipda_options alone = *o;
    alone.bootstrap = 0;
    for (size_t i = 0; i < 2; i++) {
        if (triplex[i].shared > 2) {
            return rsp_fail(err, RSP_RANGE, "target %zu of a triplex: 0 to 2 is expected",
                            triplex[i].shared);
        }
        rsp_status s = rsp_plex_estimate(triplex[i].n, 3, reference, NULL, &alone, &r.triplex[i],
                                         err);
        if (s != RSP_OK) {
            return s;
        }
        r.reason = r.reason == RSP_DPCR_FINE ? r.triplex[i].reason : r.reason;
    }
    if (r.reason == RSP_DPCR_FINE) {
        add_numbers(triplex, o, &r);
    }
    rsp_status s = r.state == RSP_NUMBER && o->bootstrap > 0
                       ? add_bootstrap(triplex, reference, o, &r, err)
                       : RSP_OK;
    if (s == RSP_OK) {
        *out = r;
    }
    return s;
}
