/* The scoreboard for people, and what predicted rows are worth together.
 *
 *   share      of the predicted rows with an interval whose published figure lies in it:
 *              near 0.9 is right, 1 with wide intervals is not better
 *   score      mean interval score of the 90 % interval (Gneiting & Raftery 2007, J Am
 *              Stat Assoc 102:359, eq. 43, alpha 0.1), each over the published figure,
 *              so that days and shares may be added: less is better */
#ifndef CLI_SCOREBOARD_H
#define CLI_SCOREBOARD_H

#include "respite/study.h"

typedef struct cli_judgement {
    size_t predicted;  /* rows of that use */
    size_t judged;     /* of them, with an interval and a number (or range) published */
    size_t inside;     /* of those judged */
    size_t scored;     /* of those judged: published other than 0, interval finite */
    double share, score; /* NaN: none judged, none scored */
} cli_judgement;

/* Over all rows of n findings, or of the rows of one published study. */
cli_judgement cli_judge(const rsp_findings *const *all, size_t n, const char *study);
void cli_print_scores(const rsp_findings *f);
void cli_print_judgement(const rsp_findings *const *all, size_t n);

#endif
