/* The data files of a run directory, written while chunks are merged. */
#ifndef CAMPAIGN_FILES_H
#define CAMPAIGN_FILES_H

#include "respite/dataset.h"

typedef struct run_files run_files;

/* `like` gives study, arms and covariates. */
RSP_MUST_USE rsp_status run_files_open(const char *dir, const rsp_dataset *like,
                                       run_files **files, rsp_error *err);
RSP_MUST_USE rsp_status run_files_add(run_files *files,
                                      const rsp_dataset *chunk, rsp_error *err);
/* Complete every file and rename it into place; frees.  The directory stays held
 * (rsp_file_hold): *hold. */
RSP_MUST_USE rsp_status run_files_close(run_files *files, int *hold, rsp_error *err);
/* Remove what was begun; NULL is fine; frees. */
void run_files_abandon(run_files *files);

#endif
