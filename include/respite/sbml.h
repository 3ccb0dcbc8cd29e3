/* Models in SBML: Level 1 to 3 read, by libsbml where the build has it; Level 3
 * written.
 *
 * Numbers are taken as they stand: one unit of the model's time is a day of the
 * engine, one of its substance a cell; units are not converted.  State is kept in
 * amounts; a species named S has, beside its amount, an observable "[S]" where it
 * has a concentration.
 *
 * What a network cannot say is refused at file and line (RSP_UNSUPPORTED): algebraic
 * rules, `delay`, fast reactions, stoichiometries that change, packages
 * that a model requires. */
#ifndef RESPITE_SBML_H
#define RESPITE_SBML_H

#include "respite/network.h"

/* Whether this build reads SBML. */
bool rsp_sbml_built(void);

/* RSP_UNSUPPORTED also where the build has no libsbml. */
RSP_MUST_USE rsp_status rsp_sbml_load(const char *path, rsp_model **model,
                                      rsp_error *err);
/* From text; `source` names it in messages. */
RSP_MUST_USE rsp_status rsp_sbml_parse(const char *text, const char *source,
                                       rsp_model **model, rsp_error *err);

/* A network as SBML Level 3 Version 2, added to `out`; a line for each thing that SBML
 * cannot say to `left_out`.  Read back, it is the network as it stands when its
 * parameters have their values and no action happens.  RSP_UNSUPPORTED names an event
 * that SBML cannot say, RSP_RANGE a root without a solution. */
RSP_MUST_USE rsp_status rsp_sbml_write(const rsp_network *net, rsp_text *out,
                                       rsp_text *left_out, rsp_error *err);

/* A model wherever it comes from: SBML where the name ends in .xml or .sbml, else
 * as rsp_model_load. */
RSP_MUST_USE rsp_status rsp_model_open(const char *name, const char *dir,
                                       rsp_model **model, rsp_error *err);

#endif
