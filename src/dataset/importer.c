#include "dataset/importer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

rsp_status rsp_importer_no_memory(rsp_error *err)
{
    return rsp_fail(err, RSP_NOMEM, "no memory for the rows of a file");
}

rsp_importer *rsp_import_new(const char *study)
{
    rsp_importer *im = calloc(1, sizeof *im);
    if (!im) {
        return NULL;
    }
    im->arena = rsp_arena_new();
    im->people_keys = rsp_names_new();
    im->arm_names = rsp_names_new();
    im->texts = rsp_names_new();
    im->covariate_names = rsp_names_new();
    bool ok = im->arena && im->people_keys && im->arm_names && im->texts && im->covariate_names;
    if (ok && study) {
        im->study = rsp_arena_copy(im->arena, study, strlen(study));
        ok = im->study != NULL;
    }
    if (!ok) {
        rsp_import_free(im);
        return NULL;
    }
    return im;
}

static void free_names(rsp_names *names)
{
    if (names) {
        rsp_names_free(names);
    }
}

void rsp_import_free(rsp_importer *im)
{
    if (!im) {
        return;
    }
    free_names(im->people_keys);
    free_names(im->arm_names);
    free_names(im->texts);
    free_names(im->covariate_names);
    for (size_t i = 0; i < im->n_covariates; i++) {
        free(im->covariates[i].texts);
    }
    free(im->covariates);
    free(im->files);
    free(im->people);
    free(im->arm_numbers);
    free(im->happenings);
    free(im->implied);
    free(im->measurements);
    free(im->endpoints);
    free(im->of_measurements);
    free(im->of_endpoints);
    rsp_text_fini(&im->notes);
    rsp_arena_free(im->arena);
    free(im);
}

const char *rsp_import_notes(const rsp_importer *im)
{
    return im->notes.data && !im->notes.failed ? im->notes.data : "";
}

/* "dir/liu.csv" is "liu". */
static const char *study_of(rsp_importer *im, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return rsp_arena_copy(im->arena, name, dot > name ? (size_t)(dot - name) : strlen(name));
}

rsp_status rsp_importer_begin(rsp_importer *im, const rsp_table *t, bool own, rsp_error *err)
{
    if (!RSP_GROW(&im->files, &im->files_capacity, im->n_files + 1)) {
        return rsp_importer_no_memory(err);
    }
    im->files[im->n_files] = rsp_arena_copy(im->arena, t->name, strlen(t->name));
    im->study = im->study ? im->study : study_of(im, t->name);
    if (!im->files[im->n_files] || !im->study) {
        return rsp_importer_no_memory(err);
    }
    im->n_files++;
    im->own = im->own || own;
    im->foreign = im->foreign || !own;
    /* Ours number participants by trial, those of others are numbered here. */
    return im->own && im->foreign
               ? rsp_fail_at(err, RSP_DATA, t->name, NULL, 1, 1,
                             "files with TRIAL and SUBJID as Respite writes them cannot be "
                             "joined with files without (%s)", im->files[0])
               : RSP_OK;
}

rsp_status rsp_importer_person(rsp_importer *im, const char *key, uint32_t *person,
                               rsp_error *err)
{
    const char *kept = rsp_names_keep(im->people_keys, key, strlen(key));
    if (!kept || !RSP_GROW(&im->people, &im->people_capacity, im->n_people + 1)) {
        return rsp_importer_no_memory(err);
    }
    *person = rsp_names_number(kept);
    if (*person == im->n_people) {
        im->people[im->n_people++] = (rsp_person){.id = kept, .name = kept, .arm = RSP_NO_ARM, .reason = "",
                                                  .participant = *person,
                                                  .reference = (double)NAN};
    }
    return RSP_OK;
}

rsp_status rsp_importer_arm(rsp_importer *im, const char *name, uint32_t *arm, rsp_error *err)
{
    const char *kept = rsp_names_keep(im->arm_names, name, strlen(name));
    if (!kept || !RSP_GROW(&im->arm_numbers, &im->arms_capacity, im->n_arms + 1)) {
        return rsp_importer_no_memory(err);
    }
    *arm = rsp_names_number(kept);
    if (*arm == im->n_arms) {
        im->arm_numbers[im->n_arms++] = (double)NAN;
    }
    return RSP_OK;
}

const char *rsp_importer_keep(rsp_importer *im, const char *text)
{
    return rsp_names_keep(im->texts, text ? text : "", text ? strlen(text) : 0);
}

static rsp_status keep_happening(rsp_importer *im, const rsp_happening *h, rsp_happening *copy,
                                 rsp_error *err)
{
    *copy = *h;
    copy->what = rsp_importer_keep(im, h->what);
    copy->reason = rsp_importer_keep(im, h->reason);
    return copy->what && copy->reason ? RSP_OK : rsp_importer_no_memory(err);
}

rsp_status rsp_importer_add_happening(rsp_importer *im, const rsp_happening *h, rsp_error *err)
{
    if (!RSP_GROW(&im->happenings, &im->happenings_capacity, im->n_happenings + 1)) {
        return rsp_importer_no_memory(err);
    }
    return keep_happening(im, h, &im->happenings[im->n_happenings++], err);
}

rsp_status rsp_importer_imply_happening(rsp_importer *im, const rsp_happening *h, rsp_error *err)
{
    if (!RSP_GROW(&im->implied, &im->implied_capacity, im->n_implied + 1)) {
        return rsp_importer_no_memory(err);
    }
    return keep_happening(im, h, &im->implied[im->n_implied++], err);
}

rsp_status rsp_importer_add_measurement(rsp_importer *im, const rsp_measurement *m, size_t row,
                                        bool repeats, rsp_error *err)
{
    rsp_measurement copy = *m;
    size_t n = im->n_measurements;
    copy.assay = rsp_importer_keep(im, m->assay);
    copy.unit = rsp_importer_keep(im, m->unit);
    copy.reason = rsp_importer_keep(im, m->reason);
    if (!copy.assay || !copy.unit || !copy.reason ||
        !RSP_GROW(&im->measurements, &im->measurements_capacity, n + 1) ||
        !RSP_GROW(&im->of_measurements, &im->of_measurements_capacity, n + 1)) {
        return rsp_importer_no_memory(err);
    }
    im->measurements[n] = copy;
    im->of_measurements[n] = (rsp_row_source){(uint32_t)im->n_files - 1, (uint32_t)row, repeats};
    im->n_measurements++;
    return RSP_OK;
}

rsp_status rsp_importer_add_endpoint(rsp_importer *im, const rsp_endpoint_row *e, size_t row,
                                     rsp_error *err)
{
    rsp_endpoint_row copy = *e;
    size_t n = im->n_endpoints;
    copy.endpoint = rsp_importer_keep(im, e->endpoint);
    if (!copy.endpoint || !RSP_GROW(&im->endpoints, &im->endpoints_capacity, n + 1) ||
        !RSP_GROW(&im->of_endpoints, &im->of_endpoints_capacity, n + 1)) {
        return rsp_importer_no_memory(err);
    }
    im->endpoints[n] = copy;
    im->of_endpoints[n] = (rsp_row_source){(uint32_t)im->n_files - 1, (uint32_t)row, false};
    im->n_endpoints++;
    return RSP_OK;
}
