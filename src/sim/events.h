/* State-triggered events: located inside steps, queued, carried out.
 *
 * Between two looks every condition of a trigger keeps its truth.  A step in which
 * one would change ends where it does (locate.c): the state is then on the new side,
 * a few units in the last place of time after the crossing.  What jumps (a firing, a
 * leap's noise, an action) is looked at where it jumped.
 *
 * Where rates jump or turn at a time that no species decides, the time is looked for
 * before the step, which then ends there: no stage sees the other side. */
#ifndef RSP_SIM_EVENTS_H
#define RSP_SIM_EVENTS_H

#include "sim/agenda.h"
#include "sim/internal.h"

enum { RSP_SCAN_NODES = 5 };

typedef enum rsp_search_phase {
    RSP_SEARCH_NONE, RSP_SEARCH_SCAN, RSP_SEARCH_DIP, RSP_SEARCH_ROOT
} rsp_search_phase;

/* One lane's search for the first change in its step. */
typedef struct rsp_search {
    rsp_search_phase phase;
    double from, end;      /* of the step, day */
    double ask;            /* where to look next */
    double low, high;      /* scan: the window; root: old and new side */
    double at;             /* the change; infinity: none */
    double flip;           /* scan: where a node told of a change, and before it */
    double before;
    double a, m, b;        /* dip: times, and sizes there */
    double ua, um, ub;
    uint32_t node, nodes, windows, tries, dip_node, dip_guard;
    int side;              /* root: which end stayed, and how often */
    double *node_g;        /* [RSP_SCAN_NODES][n_guards] */
    double *low_g, *high_g; /* [n_guards] */
} rsp_search;

struct rsp_events {
    uint32_t n_guards, n_events;
    bool foresees;          /* some guard is of a rate, and decided by time alone */
    bool peeks;             /* a search ahead is going on: of those guards alone */
    double *clear;          /* [width] day until which none of those changes */
    double *before, *jump;  /* [width] the next change: old and new side; infinity */
    bool cuts;              /* something that is watched moves within steps */
    uint32_t *watched, n_watched; /* species that the conditions read */
    bool *is_watched;       /* [n_species] */
    rsp_sim_options further; /* thresholds of the regimes of those that are */
    uint32_t most_assigns;
    rsp_agenda *agenda;     /* [width] */
    bool *holds;            /* [width][n_events] truth at the last look */
    uint8_t *code;          /* [width][n_guards] sides at the last look */
    double *guard;          /* [width][n_guards] values at the last look */
    rsp_search *search;     /* [width] */
    uint32_t *lots;         /* [width] drawn so far */
    uint32_t *at_once;      /* [width] carried out at the lane's time */
    bool *busy, *cut;       /* [width] scratch; the step was cut */
    double *priority;       /* [n_events] scratch */
    uint32_t *which;        /* [room] scratch */
};

/* The side of a guard's value: two values of one code hold the same truth. */
static inline uint8_t rsp_guard_code(rsp_guard_kind kind, double v)
{
    switch (kind) {
    case RSP_GUARD_BELOW: return v < 0;
    case RSP_GUARD_UP_TO: return v <= 0;
    case RSP_GUARD_EQUAL: return v < 0 ? 0 : v > 0 ? 2 : 1;
    case RSP_GUARD_WHOLE: { /* few are passed between two looks */
        const double part = v - 256 * floor(v / 256);
        return part >= 0 && part < 256 ? (uint8_t)part : 255;
    }
    case RSP_GUARD_TRUTH: break;
    }
    return !(v >= 0 && v <= 0);
}

static inline double rsp_guard_value(const rsp_sim *sim, uint32_t guard, uint32_t l)
{
    return *rsp_at(sim->block.frame.rows, sim->program->guards[guard].row, sim->block.width, l);
}

#endif
