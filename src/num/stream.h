/* Two uniforms of one block, for samplers that need a pair at each attempt. */
#ifndef RESPITE_NUM_STREAM_H
#define RESPITE_NUM_STREAM_H

#include "respite/num.h"

typedef struct rsp_pair {
    double first, second; /* words 0 and 1; words 2 and 3 */
} rsp_pair;

rsp_pair rsp_uniform_pair(const rsp_stream *s, uint32_t index, uint32_t sub);

#endif
