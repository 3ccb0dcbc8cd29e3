/* What ADaM's variables are: labels, types, units. */
#ifndef RESPITE_DATASET_ADAM_META_H
#define RESPITE_DATASET_ADAM_META_H

#include "respite/dataset.h"

typedef struct rsp_adam_variable {
    const char *name, *label;
    bool text;
    const char *codes; /* the code list that it takes its values from; NULL */
} rsp_adam_variable;

const char *rsp_adam_name(rsp_adam which);  /* "ADSL" */
const char *rsp_adam_label(rsp_adam which);
const char *rsp_adam_structure(rsp_adam which); /* "one record per ..." */
/* A variable that is no covariate; NULL: another. */
const rsp_adam_variable *rsp_adam_variable_of(const char *name);

#endif
