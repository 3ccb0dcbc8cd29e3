/* The columns of ADaM that are read, and what the readers of its data sets share. */
#ifndef RESPITE_DATASET_ADAM_MAP_H
#define RESPITE_DATASET_ADAM_MAP_H

#include "dataset/importer.h"

enum rsp_adam_column {
    STUDYID, USUBJID, SUBJID, TRIAL, TRT01P, TRTP, TRT01A, TRTA, ARM, TRT01PN, TRTPN, TRT01AN,
    TRTAN, ARMN, PARAMCD, PARAM, AVAL, AVALC, AVALU, ADT, ADY, ATIDY, AVISITN, LLOQ, ULOQ,
    CENSFL, REASND, DTYPE, CNSR, EVNTDESC, CNSDTDSC, STARTDT, AVALL, AVALR, TRTSDT, TRTDOSE,
    ATISDT, ARTRSDT, EOSDT, DCSREAS, SIMFFL, PRODFFL, SCROUTFL, ITTFL, SAFFL, ATIFL, AETERM, AEDECOD,
    AETOXGR, ASTDT, ASTDY, AESEQ, AENDT, AENDY, AEDT, AEDY, EVTERM, EVAMT, EVREAS, ADAM_COLUMNS
};

enum rsp_adam_kind { ADAM_SUBJECTS, ADAM_TTE, ADAM_BDS, ADAM_ADVERSE, ADAM_EVENTS };

typedef struct rsp_adam_reader {
    rsp_importer *im;
    rsp_table *t;
    int at[ADAM_COLUMNS];
    enum rsp_adam_kind kind;
    bool own; /* written by Respite */
    enum rsp_adam_column subject, treatment; /* ADAM_COLUMNS: no treatment */
    uint32_t *people; /* [n_rows] */
} rsp_adam_reader;

const char *rsp_adam_cell(const rsp_adam_reader *r, size_t row, enum rsp_adam_column c);
/* The study day of a row, day 0 the reference; `day` ADAM_COLUMNS: by the date alone.
 * NaN: missing. */
RSP_MUST_USE rsp_status rsp_adam_day(const rsp_adam_reader *r, size_t row,
                                     enum rsp_adam_column date, enum rsp_adam_column day,
                                     double *out, rsp_error *err);

RSP_MUST_USE rsp_status rsp_adam_subjects(rsp_adam_reader *r, rsp_error *err);
RSP_MUST_USE rsp_status rsp_adam_endpoints(rsp_adam_reader *r, rsp_error *err);
RSP_MUST_USE rsp_status rsp_adam_measurements(rsp_adam_reader *r, rsp_error *err);
RSP_MUST_USE rsp_status rsp_adam_occurrences(rsp_adam_reader *r, rsp_error *err);

#endif
