/* The shipped model on the solvers' test bed, with mechanisms switched off one by
 * one until a closed form holds. */
#ifndef RSP_TESTS_BIOLOGY_HIV_H
#define RSP_TESTS_BIOLOGY_HIV_H

#include "../sim/bed.h"

/* Opens hiv_car_t.rsp of the folder RESPITE_TEST_MODELS (the sources' models/ where
 * it is not set).  `start` becomes the initial state of every participant: on ART,
 * no infected and no latent cells, target cells and Env+ defectives at their level.
 * With `ode`: error-controlled to 1e-9, down to 1e-9 cells. */
typedef struct hiv {
    bed bed;
    double *start; /* [n_species]; NULL: the model draws its own */
    rsp_sim_action actions[8];
} hiv;

void hiv_open(hiv *h, rsp_method method);
/* Another model of the same folder, by its name. */
void hiv_open_model(hiv *h, const char *name, rsp_method method);
void hiv_close(hiv *h);
/* Parameter families are set in all members. */
void hiv_set(hiv *h, const char *parameter, double value);
/* Fills `start` from the parameters as they are now. */
void hiv_settle(hiv *h);
void hiv_start(hiv *h, const char *species, double amount); /* all of a family */
/* bed_run, and every participant reached the end. */
void hiv_run(hiv *h);
/* A derived value that is constant for the participant. */
double hiv_derived(hiv *h, const char *name);
/* Adds an action at a day, in order of time; an amount where it takes one. */
void hiv_act(hiv *h, double day, const char *name, double amount);
/* Sum over a family, of participant i at a read. */
double hiv_sum(const hiv *h, uint32_t i, size_t read, const char *family);
/* Where cells meet alike: one death rate, full mixing, CAR T cells spread evenly,
 * no mutation cost of note. */
void hiv_blend(hiv *h);

#endif
