/* From a network to SBML text: what the files that write share. */
#ifndef SBML_WRITER_H
#define SBML_WRITER_H

#include "model/table.h"
#include "respite/sbml.h"
#include "sbml/document.h"

enum { ID_PARAM, ID_INPUT, ID_SPECIES, ID_AFTER, ID_SINCE, ID_ROOT, ID_DERIVED,
       ID_OBSERVABLE, ID_REACTION, ID_EVENT, ID_KINDS };

typedef struct writer {
    const rsp_network *net;
    rsp_arena *arena;
    rsp_text *out, *left_out;
    rsp_error *err;
    table taken;                 /* identifiers of the document */
    const char **id[ID_KINDS];   /* of each member of each list; "": not written */
    const char *compartment, *model;
    double *solutions;           /* [n_roots] */
    double *means;               /* [n_species] of initial amounts */
    bool *set_by_event;          /* [n_inputs] */
    bool *reached, *varies;      /* [n_nodes] */
    const char **name;           /* [n_nodes] the parameter that stands for it, or NULL */
    bool *helper;                /* [n_nodes] its parameter is none of the network's */
    bool *seen;                  /* [n_species] in the formula written last */
    bool counts_units;           /* units are known: no network from SBML */
} writer;

/* ---- identifiers.c */
RSP_MUST_USE rsp_status writer_names(writer *w);
/* A free identifier like `name`; NULL: no memory. */
const char *writer_id(writer *w, const char *name);

/* ---- share.c: which values get a parameter of their own. */
RSP_MUST_USE rsp_status writer_share(writer *w);

/* ---- mathml.c: <math> of an expression; notes species in `seen`. */
typedef enum mathml_kind { MATHML_NUMBER, MATHML_TRUTH } mathml_kind;
void mathml_open(writer *w);
void mathml_close(writer *w);
void mathml_expr(writer *w, rsp_expr e, mathml_kind kind);
void mathml_id(writer *w, const char *id);
void mathml_number(writer *w, double value);
void mathml_whole(writer *w, rsp_expr e, mathml_kind kind);
/* The formula of a named node itself, not its name. */
void mathml_definition(writer *w, rsp_expr e);

/* ---- units.c */
void units_write(writer *w);
/* ` units="cell_per_day"`, or nothing where the unit cannot be said. */
void units_attribute(writer *w, const char *attribute, const char *unit);

/* ---- text for XML */
void xml_text(rsp_text *out, const char *s);
#endif
