/* The records of a transport file, as TS-140 lays them out: 80 bytes each, numbers
 * in headers as decimal digits, in variable descriptions big-endian. */
#ifndef RESPITE_DATASET_XPT_LAYOUT_H
#define RESPITE_DATASET_XPT_LAYOUT_H

enum {
    XPT_RECORD = 80,
    XPT_TITLE = 48,    /* of a header record; digits and blanks follow */
    XPT_VARIABLE = 140 /* bytes of a variable's description; 136 on VAX */
};

#define XPT_TITLE_OF(word) "HEADER RECORD*******" word " HEADER RECORD!!!!!!!"
#define XPT_LIBRARY XPT_TITLE_OF("LIBRARY")
#define XPT_MEMBER XPT_TITLE_OF("MEMBER ")
#define XPT_DESCRIPTOR XPT_TITLE_OF("DSCRPTR")
#define XPT_VARIABLES XPT_TITLE_OF("NAMESTR")
#define XPT_ROWS XPT_TITLE_OF("OBS    ")

/* Offsets within a record. */
enum {
    XPT_MEMBER_SIZE = 74,      /* MEMBER header: 4 digits, bytes of a description */
    XPT_VARIABLES_COUNT = 54,  /* NAMESTR header: 4 digits */
    XPT_MEMBER_NAME = 8,       /* first record after DSCRPTR */
    XPT_CREATED = 64,
    XPT_MODIFIED = 0,          /* second */
    XPT_MEMBER_LABEL = 32,
    XPT_MEMBER_TYPE = 72
};

/* Offsets within a variable's description. */
enum {
    XPT_V_TYPE = 0,   /* 1 number, 2 text */
    XPT_V_LENGTH = 4,
    XPT_V_NUMBER = 6, /* from 1 */
    XPT_V_NAME = 8,
    XPT_V_LABEL = 16,
    XPT_V_FORMAT = 56,
    XPT_V_WIDTH = 64,
    XPT_V_DECIMALS = 66,
    XPT_V_RIGHT = 68, /* 1: right-justified */
    XPT_V_INFORMAT = 72,
    XPT_V_INFORMAT_WIDTH = 80,
    XPT_V_INFORMAT_DECIMALS = 82,
    XPT_V_POSITION = 84 /* in a row */
};

#endif
