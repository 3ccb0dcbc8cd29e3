/* Reading of what people and products are made of: layers of files, each read from
 * the one named in `from`, and traits, drawn for each participant. */
#ifndef RESPITE_STUDY_READ_TRAITS_H
#define RESPITE_STUDY_READ_TRAITS_H

#include "study/plan.h"

enum { PLAN_DEEPEST_FROM = 8 };

/* The map itself, then the files below it; names are looked up in `folder`. */
size_t plan_layers(plan_reading *p, const tree *t, const char *folder,
                   const char *const *keys, const char *what, const tree **out);
/* Those of p->population and p->product: [PLAN_DEEPEST_FROM], their keys checked. */
size_t plan_population_layers(plan_reading *p, const tree **layer);
size_t plan_product_layers(plan_reading *p, const tree **layer);
/* The value of the outermost layer that has the key, or NULL. */
const tree *plan_of_layers(const tree *const *layer, size_t n, const char *key);
/* A quantity, or a map of value, between, range, sets and shows. */
clinic_trait plan_read_trait(plan_reading *p, const tree *t, const char *name,
                             const char *channel);
/* In words: "; dose 42 million cells (log-uniform)". */
void plan_say_trait(rsp_text *out, const clinic_trait *t);
const char *plan_title_of(const tree *const *layer, size_t n, const char *otherwise);
/* The text, kept with the plan; `words` is freed. */
const char *plan_finish_words(plan_reading *p, rsp_text *words);

/* read_product.c */
void plan_read_product(plan_reading *p);
/* Columns of the data set: the product's traits that are given; returns how many. */
size_t plan_name_product(const plan_product *product, const char **names);

#endif
