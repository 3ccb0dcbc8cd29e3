/* What the tests of the language share: models as text, and their values worked
 * out from the network node by node with libm, apart from the lowered program. */
#ifndef RESPITE_TESTS_MODEL_BED_H
#define RESPITE_TESTS_MODEL_BED_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "respite/network.h"

enum { BED_MOST = 64 };

typedef struct bed {
    rsp_model *model;
    const rsp_network *net;
    double t, arg;
    double amounts[BED_MOST]; /* of species; zero at first */
    double inputs[BED_MOST];  /* their values at the start */
    double after[BED_MOST];   /* 0 or 1 */
    double since[BED_MOST];   /* of actions, day */
} bed;

/* "model m" stands before `text`. Fails the test where it is refused. */
void bed_open(bed *b, const char *text);
void bed_close(bed *b);
/* Refused: err says why. */
void bed_refuse(const char *text, rsp_error *err);
double bed_value(const bed *b, rsp_expr e);         /* base units */
double bed_let(const bed *b, const char *name);     /* base units */
double bed_observed(const bed *b, const char *name);/* in its own unit */
/* The value of an expression of numbers alone. */
double bed_number(const char *expr);
uint32_t bed_species(const bed *b, const char *name);
const rsp_param *bed_param(const bed *b, const char *name);
/* NULL: there is none of that name. */
const rsp_reaction *bed_reaction(const bed *b, const char *name);
/* What one firing changes in a species. */
double bed_change(const bed *b, const rsp_reaction *r, const char *species);

#endif
