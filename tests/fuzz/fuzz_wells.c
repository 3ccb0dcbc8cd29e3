/* Any bytes read as a plate of digital PCR (first byte even) or as outgrowth wells: an
 * error with a message, or numbers that the estimators take. */
#include <stddef.h>
#include <stdint.h>

#include "respite/dilution.h"
#include "respite/dpcr.h"
#include "respite/wells.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_plate(const rsp_droplets *d, rsp_arena *arena)
{
    rsp_droplets named;
    for (size_t i = 0; i < d->n_wells; i++) {
        const rsp_droplet_well *w = &d->wells[i];
        double sum = 0, lambda[RSP_PLEX_PATTERNS];
        RSP_ASSERT(w->well && w->sample && w->n_targets <= RSP_DROPLET_TARGETS_MOST);
        for (size_t p = 0; w->counts && p < (size_t)1 << w->n_targets; p++) {
            sum += w->counts[p];
        }
        RSP_ASSERT(!w->counts || sum == w->droplets);
        if (w->counts && sum > 0) {
            RSP_ASSERT(rsp_plex_linkage(w->counts, w->n_targets, lambda, NULL, NULL) == RSP_OK);
        }
        for (size_t k = 0; k < w->n_targets; k++) {
            RSP_ASSERT(w->positive[k] <= w->droplets && w->targets[k]);
        }
    }
    RSP_ASSERT(rsp_droplets_name(d, d, arena, &named, NULL) == RSP_OK);
}

static void must_be_wells(const rsp_outgrowth *people, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        RSP_ASSERT(people[i].n_levels > 0);
        for (size_t k = 0; k < people[i].n_levels; k++) {
            const rsp_outgrowth_level *l = &people[i].levels[k];
            RSP_ASSERT(l->million_cells > 0 && l->positive <= l->wells &&
                       l->sequenced <= l->positive);
            for (size_t j = 0; l->found && j < people[i].n_lineages; j++) {
                RSP_ASSERT(l->found[j] >= 0 && l->found[j] <= l->sequenced);
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rsp_arena *arena = rsp_arena_new();
    rsp_droplets d;
    rsp_outgrowth *people;
    rsp_error err = {0};
    rsp_status s;
    size_t n = 0, skip = size > 0;
    const char *text = (const char *)data + skip;
    if (size && data[0] % 2 == 0) {
        s = rsp_droplets_read_text("fuzz", text, size - skip, arena, &d, &err);
        if (s == RSP_OK) {
            must_be_plate(&d, arena);
        }
    } else {
        s = rsp_outgrowth_read_text("fuzz", text, size - skip, arena, &people, &n, &err);
        must_be_wells(people, n);
    }
    RSP_ASSERT(s == RSP_OK || (err.code == s && err.message[0]));
    rsp_arena_free(arena);
    return 0;
}
