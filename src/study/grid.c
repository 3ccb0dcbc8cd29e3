#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/analyst.h"

static void clear(rsp_km *km)
{
    km->n_points = km->n_sorted = 0;
    km->n = km->events = 0;
}

static rsp_status close_trial(rsp_analyst *a, rsp_error *err)
{
    size_t n = a->plan->grid.n_cells * a->plan->view.n_arms;
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < n; i++) {
        double median = (double)NAN;
        if (a->cells[i].n > 0) {
            rsp_km_finish(&a->cells[i], RSP_BAND_LOGLOG);
            median = rsp_km_quantile(&a->cells[i], 0.5).value;
            median = isfinite(median) ? median : (double)INFINITY;
        }
        s = series_add(&a->cell_medians[i], median, err);
        clear(&a->cells[i]);
    }
    return s;
}

/* A chunk holds whole trials. */
rsp_status analyst_grid_add(rsp_analyst *a, const rsp_dataset *grid, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < grid->n_endpoints; i++) {
        const rsp_endpoint_row *e = &grid->endpoints[i];
        size_t cell = (size_t)strtoul(e->endpoint + strlen("cell "), NULL, 10);
        if (e->end != RSP_END_NOT_STARTED && cell < a->plan->grid.n_cells) {
            s = rsp_km_add(&a->cells[cell * a->plan->view.n_arms + e->arm], e->day,
                           e->end == RSP_END_EVENT, 1.0, err);
        }
        bool last = i + 1 == grid->n_endpoints ||
                    grid->endpoints[i + 1].trial != e->trial;
        if (s == RSP_OK && last) {
            s = close_trial(a, err);
        }
    }
    return s;
}

static double share_reached(const series *s)
{
    size_t reached = 0, n = 0;
    for (size_t i = 0; i < s->n; i++) {
        n += !isnan(s->x[i]);
        reached += isfinite(s->x[i]);
    }
    return n ? (double)reached / (double)n : (double)NAN;
}

static const plan_score *compared(const rsp_plan *plan)
{
    for (size_t i = 0; plan->grid.compare && i < plan->n_scores; i++) {
        if (strcmp(plan->scores[i].quantity, plan->grid.compare) == 0) {
            return &plan->scores[i];
        }
    }
    return NULL;
}

rsp_status analyst_grid_finish(rsp_analyst *a, rsp_error *err)
{
    const rsp_plan *plan = a->plan;
    const plan_grid *g = &plan->grid;
    size_t n = g->n_cells * plan->view.n_arms;
    rsp_grid_cell *cells = rsp_arena_alloc(a->arena, n, sizeof *cells);
    const char **axes = rsp_arena_alloc(a->arena, g->n_axes, sizeof *axes);
    const char **levels = rsp_arena_alloc(a->arena, n * g->n_axes, sizeof *levels);
    if (!cells || !axes || !levels) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the grid");
    }
    for (size_t i = 0; i < g->n_axes; i++) {
        axes[i] = g->axes[i].name;
    }
    for (size_t i = 0; i < n; i++) {
        size_t rest = i / plan->view.n_arms;
        for (size_t k = 0; k < g->n_axes; k++) {
            levels[i * g->n_axes + k] = g->axes[k].labels[rest % g->axes[k].n];
            rest /= g->axes[k].n;
        }
        cells[i] = (rsp_grid_cell){.levels = &levels[i * g->n_axes],
                                   .arm = plan->view.arms[i % plan->view.n_arms].name,
                                   .median = series_interval(&a->cell_medians[i]),
                                   .reached = share_reached(&a->cell_medians[i])};
    }
    const plan_score *score = compared(plan);
    a->findings.grid = cells;
    a->findings.n_grid = n;
    a->findings.grid_axes = axes;
    a->findings.n_axes = g->n_axes;
    a->findings.grid_published =
        score && isfinite(score->published) ? score->published * score->factor : 0;
    return RSP_OK;
}
