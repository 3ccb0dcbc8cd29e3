#ifndef RESPITE_DATASET_ADAM_CODE_H
#define RESPITE_DATASET_ADAM_CODE_H

#include "respite/dataset.h"

/* The distinct names of a column, few, looked for in order; begin with {0}. */
typedef struct rsp_codes {
    const char **names; /* borrowed */
    char (*codes)[RSP_PARAMCD_MAX];
    size_t n, names_capacity, codes_capacity;
} rsp_codes;

bool rsp_codes_add(rsp_codes *c, const char *name); /* false: no memory */
void rsp_codes_make(rsp_codes *c); /* when all are there */
size_t rsp_codes_find(const rsp_codes *c, const char *name); /* n: not there */
void rsp_codes_fini(rsp_codes *c);

/* The columns of ADSL that are covariates, first those of numbers, then those of
 * texts: code[n_covariates + n_texts].  False: no memory. */
bool rsp_adam_covariates(const rsp_dataset *d, char (**code)[RSP_PARAMCD_MAX]);

#endif
