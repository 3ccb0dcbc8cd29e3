/* What the kinds of analysis share that read a laboratory's plate. */
#ifndef ANALYSIS_PLATES_H
#define ANALYSIS_PLATES_H

#include "analysis/work.h"
#include "respite/dpcr.h"
#include "respite/wells.h"

/* Which of the files of an analysis. */
enum { PLATE, REFERENCE_PLATE, NAMES_PLATE };
const char *plate_path(work *w, const options *o, size_t which);

typedef struct plate {
    rsp_droplets droplets;
    const char **samples; size_t n_samples; /* by first appearance */
} plate;
/* The plate of an analysis, named after `names` where that is given; with a reference
 * plate, that too (else it is the same). */
void read_plates(work *w, const options *o, plate *hiv, plate *reference);
bool is_blank(const options *o, const char *sample); /* a sample without the target */
const char *sample_of(const rsp_droplet_well *x);
size_t target_of(const rsp_droplet_well *x, const char *name); /* n_targets: none such */

/* Different targets, all on the plate. */
void check_names(work *w, const tree *at, const plate *p, const name_list *targets);
/* `low` to `high` different targets, all on the plate, in wells by pattern that have them
 * all. */
void check_targets(work *w, const options *o, const plate *p, const char *key,
                   const name_list *targets, size_t low, size_t high);
/* Droplets of a well by pattern of these targets, in their order; false: it lacks one. */
bool well_counts(const rsp_droplet_well *x, const name_list *targets, double *out);

typedef struct merged { double counts[RSP_PLEX_PATTERNS]; size_t used, rejected; } merged;
/* All wells of a sample (NULL: of the blanks) that have the targets and enough droplets. */
void merge_wells(const options *o, const plate *p, const char *sample, const name_list *targets,
                 double least, merged *out);

/* False positives a droplet: each target alone, and all as linked; given, or measured in
 * the blanks, which is noted. */
void background_of(work *w, const options *o, const plate *p, const name_list *targets,
                   double *out);
bool has_background(const options *o);
void say_background(work *w, const options *o);

/* Places in limits_words of options.c. */
enum { CLOPPER, WILSON, DELTA, GARWOOD, BOOTSTRAP };
/* The method of limits that was asked, or the first of `own`. */
int limits_of(work *w, const options *o, const int *own, size_t n);
rsp_dpcr_options droplet_options(const options *o, int limits);

/* ---- Cells, shearing, intact provirus. */
extern const int intact_limits[3];
rsp_ipda_options intact_options(work *w, const options *o, int limits);
/* Less the copies that are not of T cells, in the reference wells of a sample. */
void take_off_unrearranged(work *w, const options *o, const plate *reference,
                           const char *sample, rsp_ipda_options *how);
void check_intact(work *w, const options *o, const plate *reference);
/* The index by either method, scaled as asked; NaN without linkage. */
void put_shearing(table *t, const double *counts, double used, const rsp_ipda_options *how);
void note_references(work *w, const char *sample, double cv); /* where they differ by 10 % */
/* The chosen interval, then each. */
void put_intact(table *t, double v, int limits, rsp_dpcr_interval garwood,
                rsp_dpcr_interval delta, rsp_dpcr_interval bootstrap, const char *reason);
void say_intact(work *w, const options *o, const rsp_ipda_options *how, int limits);

#endif
