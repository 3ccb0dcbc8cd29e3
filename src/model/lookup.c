#include <string.h>

#include "respite/network.h"

#define FIND(what, list)                                                       \
    int rsp_network_##what(const rsp_network *net, const char *name)           \
    {                                                                          \
        for (uint32_t i = 0; i < net->n_##list; i++) {                         \
            if (strcmp(net->list[i].name, name) == 0) {                        \
                return (int)i;                                                 \
            }                                                                  \
        }                                                                      \
        return -1;                                                             \
    }

FIND(param, params)
FIND(input, inputs)
FIND(species, species)
FIND(observable, observables)
FIND(action, actions)

const char *rsp_knowledge_name(rsp_knowledge k)
{
    static const char *const names[] = {
        [RSP_VERIFIED] = "VERIFIED", [RSP_VERIFIED_SECONDARY] = "VERIFIED_SECONDARY",
        [RSP_MEMORY] = "MEMORY",     [RSP_DERIVED] = "DERIVED",
        [RSP_ASSUMED] = "ASSUMED",   [RSP_UNSTATED] = "UNSTATED"};
    return k <= RSP_UNSTATED ? names[k] : "UNSTATED";
}
