/* Plates as laboratories export them: droplets counted by digital PCR, and wells of an
 * outgrowth assay, as small tables that fit the inputs of respite/dpcr.h and
 * respite/dilution.h.
 *
 *     quantity        unit       range
 *     droplets, ...   droplets   whole, >= 0
 *     million_cells   1e6 cells in a well, > 0
 *     wells, ...      wells      whole, >= 0
 *
 * Files are CSV as respite/import.h has it, and fail as there: file, line, row, column.
 * Names of columns are taken in any case.  Ownership: all is the arena's.  Threads: an
 * arena belongs to one. */
#ifndef RESPITE_WELLS_H
#define RESPITE_WELLS_H

#include "respite/core.h"

/* ---- Droplets.  Two forms, told apart by their columns:
 *
 *     by pattern    well, a column of 0 and 1 a target, droplets (or count): one row a
 *                   combination; "u" is unclassified, empty a target that the well does
 *                   not have
 *     by target     well, target, positives, negatives (accepted_droplets: their sum):
 *                   one row a target
 *
 * `sample` (or sample description) stands in either; other columns are ignored. */
typedef struct rsp_droplet_well {
    const char *well, *sample;   /* sample "": not said */
    const char *const *targets;  /* [n_targets] names, in order of columns or rows */
    size_t n_targets;
    double droplets;             /* classified for every target */
    double unclassified;
    const double *positive;      /* [n_targets] */
    const double *counts;        /* [1 << n_targets] by pattern, bit i for target i, as
                                    rsp_plex_linkage and rsp_duplex_well take them; NULL
                                    where the file goes by target */
} rsp_droplet_well;

typedef struct rsp_droplets {
    const rsp_droplet_well *wells; /* by first appearance */
    size_t n_wells;
} rsp_droplets;

enum { RSP_DROPLET_TARGETS_MOST = 8 };
RSP_MUST_USE rsp_status rsp_droplets_read(const char *path, rsp_arena *arena,
                                          rsp_droplets *out, rsp_error *err);
/* The same from memory. */
RSP_MUST_USE rsp_status rsp_droplets_read_text(const char *name, const char *text, size_t length,
                                               rsp_arena *arena, rsp_droplets *out,
                                               rsp_error *err);
/* Name the targets and samples of a plate read by pattern after the same plate by target,
 * whose rows of a well stand in the order of the columns.  RSP_DATA: a well of one that is
 * not in the other, or whose numbers of targets or of positive droplets differ. */
RSP_MUST_USE rsp_status rsp_droplets_name(const rsp_droplets *by_pattern,
                                          const rsp_droplets *by_target, rsp_arena *arena,
                                          rsp_droplets *out, rsp_error *err);

/* ---- Outgrowth (QVOA).  One row a dilution of a participant.
 *
 *     subject     (or participant, patient, id)
 *     cells       million_cells, million_cells_per_well; cells, cells_per_well (single)
 *     wells
 *     positive    (or wells_positive, wells_p24_positive, p24_positive)
 *     negative    optional, checked (or wells_negative)
 *     sequenced   optional (or wells_deep_sequenced)
 *     found       optional (or wells_positive_per_lineage): of each lineage the sequenced
 *                 wells that hold it, separated by ";" */
typedef struct rsp_outgrowth_level {
    double million_cells, wells, positive, sequenced;
    const double *found; /* [n_lineages] of the participant; NULL where sequenced is 0 */
} rsp_outgrowth_level;

typedef struct rsp_outgrowth {
    const char *subject;
    const rsp_outgrowth_level *levels;
    size_t n_levels;
    size_t n_lineages; /* 0: not sequenced */
} rsp_outgrowth;

/* RSP_DATA also where positive > wells, sequenced > positive, found > sequenced, a
 * dilution twice, rows of a participant with other numbers of lineages. */
RSP_MUST_USE rsp_status rsp_outgrowth_read(const char *path, rsp_arena *arena,
                                           rsp_outgrowth **out, size_t *n, rsp_error *err);
RSP_MUST_USE rsp_status rsp_outgrowth_read_text(const char *name, const char *text, size_t length,
                                                rsp_arena *arena, rsp_outgrowth **out, size_t *n,
                                                rsp_error *err);

#endif
