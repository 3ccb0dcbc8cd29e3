/* Units: a factor to base units and a power of each dimension. */
#ifndef MODEL_UNITS_H
#define MODEL_UNITS_H

#include "respite/network.h"

enum { UNIT_DIMENSIONS = 16, UNIT_OWN = 64, UNIT_OWN_DIMENSIONS = 10 };

/* A model's own units beside the standard ones; start with {0}. */
typedef struct unit_table {
    const char *names[UNIT_OWN];
    rsp_unit units[UNIT_OWN];
    uint32_t n;
    const char *dimensions[UNIT_DIMENSIONS]; /* from the standard ones' number on */
    uint32_t n_own_dimensions;
} unit_table;

/* On failure `why` says what is wrong (without a place). `table` may be NULL. */
bool unit_parse(const unit_table *table, const char *text, rsp_unit *unit,
                char why[160]);
bool unit_define(unit_table *table, const char *name, const rsp_unit *unit);
bool unit_define_dimension(unit_table *table, const char *name);
/* "cell/day": dimensions only. */
void unit_write(const unit_table *table, const rsp_unit *unit, char out[160]);

bool unit_pure(const rsp_unit *u);
/* a * b^power. What cannot be held (unit_fits false) stays so. */
rsp_unit unit_times(rsp_unit a, rsp_unit b, int power);
bool unit_fits(const rsp_unit *u); /* powers to 60; a factor that is a number */

#endif
