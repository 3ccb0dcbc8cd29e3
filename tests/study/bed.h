/* What the tests of studies share: a base study, parts put in its place, runs
 * and rows as text. */
#ifndef RESPITE_TESTS_STUDY_BED_H
#define RESPITE_TESTS_STUDY_BED_H

#include "respite/study.h"

char *bed_read(const char *name); /* a file of this folder; free it */
/* The base study with the parts of `changes` in the place of its own: each part
 * begins with a key at the start of a line.  free it. */
char *bed_study(const char *changes);
rsp_plan *bed_plan(const char *study); /* aborts the test where it is refused */
rsp_status bed_refuse(const char *study, rsp_error *err); /* loads and frees */

typedef struct bed_run {
    rsp_dataset_maker *rows, *grid;
} bed_run;
/* Run all trials in chunks of so many. */
bed_run bed_run_plan(const rsp_plan *plan, uint32_t chunk);
void bed_run_free(bed_run *run);
/* All rows as lines: "S ...", "H ...", "M ...", "E ...".  Lines that hold
 * `without` are left out (NULL: none); of arm `arm` only (-1: all), then without
 * the arm's number.  free it. */
char *bed_rows(const rsp_dataset *d, int arm, const char *without);
char *bed_rows_of(const char *study, int arm, const char *without);

#endif
