#include "dataset/adam_meta.h"

#include <string.h>

static const struct { const char *name, *label, *structure; } sets[RSP_N_ADAM] = {
    [RSP_ADSL] = {"ADSL", "Subject-Level Analysis", "one record per participant and arm"},
    [RSP_ADTTE] = {"ADTTE", "Time-to-Event Analysis", "one record per participant, arm and endpoint"},
    [RSP_ADVL] = {"ADVL", "Viral Load Analysis", "one record per participant, arm, assay and visit"},
    [RSP_ADLB] = {"ADLB", "Laboratory Analysis", "one record per participant, arm, assay and visit"},
    [RSP_ADAE] = {"ADAE", "Adverse Events", "one record per participant, arm, event and episode"},
    [RSP_ADEV] = {"ADEV", "Dated Happenings", "one record per participant, arm and happening"},
};

/* Labels have at most 40 characters, by TS-140. */
static const rsp_adam_variable variables[] = {
    {"STUDYID", "Study", true, NULL},
    {"USUBJID", "Participant, unique", true, NULL},
    {"SUBJID", "Participant, number within a trial", false, NULL},
    {"TRIAL", "Replicate trial", false, NULL},
    {"ARM", "Arm", true, NULL},
    {"TRT01P", "Planned treatment", true, NULL},
    {"TRT01PN", "Planned treatment, number", false, NULL},
    {"ITTFL", "Enrolled", true, "YN"},
    {"SAFFL", "Infused", true, "YN"},
    {"ATIFL", "ART interrupted", true, "YN"},
    {"PRODFFL", "Product failed", true, "YN"},
    {"SIMFFL", "Simulation failed: excluded", true, "YN"},
    {"SCROUTFL", "Screened out: not enrolled", true, "YN"},
    {"TRTSDT", "Study day of infusion", false, NULL},
    {"TRTDOSE", "Dose of the infusion", false, NULL},
    {"ATISDT", "Study day ART was stopped", false, NULL},
    {"ARTRSDT", "Study day ART was restarted", false, NULL},
    {"EOSDT", "Study day of the end", false, NULL},
    {"DCSREAS", "Reason of failure or exclusion", true, NULL},
    {"PARAMCD", "Parameter code", true, NULL},
    {"PARAM", "Parameter", true, NULL},
    {"AVAL", "Value; empty where censored", false, NULL},
    {"AVALC", "Value in words", true, NULL},
    {"AVALU", "Unit of the value", true, NULL},
    {"CNSR", "Censoring", false, "CNSR"},
    {"EVNTDESC", "Event", true, NULL},
    {"CNSDTDSC", "Reason of censoring", true, NULL},
    {"STARTDT", "Study day that time counts from", false, NULL},
    {"ADT", "Study day, day 0 the reference", false, NULL},
    {"ADY", "Whole study day, day 1 the reference", false, NULL},
    {"ATIDY", "Days since ART was stopped", false, NULL},
    {"AVISITN", "Planned study day", false, NULL},
    {"AVALL", "Interval, left end, not in it", false, NULL},
    {"AVALR", "Interval, right end; empty: none", false, NULL},
    {"LLOQ", "Lower limit of quantification", false, NULL},
    {"ULOQ", "Upper limit of quantification", false, NULL},
    {"CENSFL", "Beyond a limit", true, "CENSFL"},
    {"REASND", "Reason not done", true, NULL},
    {"AESEQ", "Sequence number, by day of onset", false, NULL},
    {"AETERM", "Adverse event", true, NULL},
    {"AENDT", "Study day it was over", false, NULL},
    {"AENDY", "Whole study day it was over", false, NULL},
    {"AEDT", "Study day of the visit that reported it", false, NULL},
    {"AEDY", "Whole study day of that visit", false, NULL},
    {"AETOXGR", "Grade", false, NULL},
    {"ASTDT", "Study day of the start", false, NULL},
    {"ASTDY", "Whole study day of the start", false, NULL},
    {"EVTERM", "What happened", true, NULL},
    {"EVAMT", "Amount", false, NULL},
    {"EVREAS", "Reason", true, NULL},
};

const char *rsp_adam_name(rsp_adam which)
{
    return sets[which].name;
}

const char *rsp_adam_label(rsp_adam which)
{
    return sets[which].label;
}

const char *rsp_adam_structure(rsp_adam which)
{
    return sets[which].structure;
}

const rsp_adam_variable *rsp_adam_variable_of(const char *name)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (strcmp(variables[i].name, name) == 0) {
            return &variables[i];
        }
    }
    return NULL;
}
