/* Populations of clones as what SBML can say of them: the cells of a genotype, born and
 * dying by reactions.  The sum of clones of one genotype is itself a linear birth-death
 * process, so that its law is the same; which clone a cell is of is left out. */
#ifndef SBML_CLONES_H
#define SBML_CLONES_H

#include "respite/network.h"

/* The network itself where it has none; NULL: no memory. */
const rsp_network *sbml_merge_clones(const rsp_network *net, rsp_arena *arena);
/* Species that no longer mean anything: of single clones, and integrals of rates. */
bool sbml_is_of_single_clones(const rsp_network *net, uint32_t species);

#endif
