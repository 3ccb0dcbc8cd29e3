/* Texts kept once each, with a number in order of first appearance and, when
 * asked, a rank in byte order. */
#ifndef RESPITE_DATASET_NAMES_H
#define RESPITE_DATASET_NAMES_H

#include "respite/core.h"

typedef struct rsp_names rsp_names;

rsp_names *rsp_names_new(void);
void rsp_names_free(rsp_names *names);
void rsp_names_clear(rsp_names *names);
size_t rsp_names_count(const rsp_names *names);
/* The kept copy of text[0..n), or NULL: no memory.  It stays where it is until
 * clear or free. */
const char *rsp_names_keep(rsp_names *names, const char *text, size_t n);
const char *rsp_names_at(const rsp_names *names, uint32_t number); /* < count */
/* Of a kept text: */
uint32_t rsp_names_number(const char *kept);
uint32_t rsp_names_rank(const char *kept); /* after rank_all */
void rsp_names_rank_all(rsp_names *names);

#endif
