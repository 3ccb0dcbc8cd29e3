/* A plan, a data set and findings made by hand: names that need escaping, an arm
 * that reaches nothing, people who were never measured. */
#ifndef TEST_REPORT_MADE_H
#define TEST_REPORT_MADE_H

#include "respite/report.h"

enum { MADE_ARMS = 2, MADE_PEOPLE = 4 /* an arm; the last has no product and no samples */ };

typedef struct made {
    rsp_plan_view plan;
    rsp_findings findings;
    rsp_network net;
    rsp_dataset_maker *rows;
    rsp_plan_arm plan_arms[MADE_ARMS];
    rsp_plan_endpoint plan_endpoints[1];
    rsp_arm_findings arms[MADE_ARMS];
    rsp_arm_endpoint endpoints[MADE_ARMS];
    rsp_score_row scores[3];
    rsp_grid_cell grid[4];
} made;

void made_fill(made *m);
void made_free(made *m);
/* Samples of the viral load in an arm that are open marks. */
size_t made_open(const made *m, uint32_t arm);
#endif
