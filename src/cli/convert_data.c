/* respite convert DATA [--plan PLAN] --to FORM -o DIR: a data set in another form. */
#include "cli/cli.h"

#include <string.h>

#include "respite/analysis.h"
#include "respite/export.h"
#include "respite/import.h"

static rsp_status check(const cli_args *args, rsp_export_format *format, rsp_error *err)
{
    static const char *const words[] = {"adam", "xpt", "nonmem", "json"};
    if (args->n_files > 1 || (args->n_files == 0 && !args->plan)) {
        return rsp_fail(err, RSP_USAGE, "respite convert --to takes one data set: a run's "
                        "directory, ADaM, NONMEM, or any table with --plan");
    }
    if (!rsp_export_format_read(args->to, format)) {
        const char *near = rsp_nearest(args->to, words, 4);
        return rsp_fail(err, RSP_USAGE, "--to %.40s: adam, xpt, nonmem or json is expected%s%s%s",
                        args->to, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
    return args->out ? RSP_OK
                     : rsp_fail(err, RSP_USAGE, "respite convert --to needs -o DIR, where files go");
}

/* What was read; by its hash it is known to be what a run left. */
static void tell(const rsp_dataset *d, const char *notes, const char *dir)
{
    rsp_sha256 sha;
    char hash[65];
    rsp_sha256_init(&sha);
    rsp_dataset_digest(d, &sha);
    rsp_sha256_hex(&sha, hash);
    fprintf(stderr, "%s%s: %zu participant%s, %zu measurement%s, %zu happening%s, %zu endpoint%s; "
            "hash %s\n", notes, dir, d->n_subjects, d->n_subjects == 1 ? "" : "s",
            d->n_measurements, d->n_measurements == 1 ? "" : "s", d->n_happenings,
            d->n_happenings == 1 ? "" : "s", d->n_endpoints, d->n_endpoints == 1 ? "" : "s", hash);
}

static rsp_status write(const cli_args *args, const rsp_dataset *d, const char *notes,
                        rsp_export_format format, rsp_error *err)
{
    rsp_status s = d->n_subjects
                       ? rsp_export(d, format, args->out, err)
                       : rsp_fail(err, RSP_DATA, "there is no participant: nothing to write");
    if (s == RSP_OK && !args->quiet) {
        tell(d, notes ? notes : "", args->out);
    }
    return s;
}

static rsp_status by_looking(const cli_args *args, rsp_export_format format, rsp_error *err)
{
    rsp_dataset_maker *m = NULL;
    rsp_importer *im = rsp_import_new(NULL);
    rsp_status s = im ? rsp_import_path(im, args->files[0], err)
                      : rsp_fail(err, RSP_NOMEM, "out of memory");
    s = s == RSP_OK ? rsp_import_finish(im, &m, err) : s;
    s = s == RSP_OK ? write(args, rsp_dataset_view(m), rsp_import_notes(im), format, err) : s;
    rsp_dataset_free(m);
    rsp_import_free(im);
    return s;
}

/* The `data` of a plan names the columns of any table. */
static rsp_status by_plan(const cli_args *args, rsp_export_format format, rsp_error *err)
{
    rsp_analysis *plan = NULL;
    rsp_analysis_source *source = NULL;
    rsp_status s = rsp_analysis_read(args->plan, &plan, err);
    s = s == RSP_OK ? rsp_analysis_open(plan, args->n_files ? args->files[0] : NULL, &source, err)
                    : s;
    if (s == RSP_OK) {
        const rsp_analysis_data *data = rsp_analysis_data_of(source);
        s = write(args, data->rows, data->notes, format, err);
    }
    rsp_analysis_close(source);
    rsp_analysis_free(plan);
    return s;
}

int cli_convert_data(const cli_args *args)
{
    rsp_error err = {0};
    rsp_export_format format;
    rsp_status s = check(args, &format, &err);
    s = s != RSP_OK ? s : args->plan ? by_plan(args, format, &err) : by_looking(args, format, &err);
    return s == RSP_OK ? 0 : cli_error(&err);
}
