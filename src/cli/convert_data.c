/* respite convert DATA --to FORMAT -o DIR: a data set in another form. */
#include "cli/cli.h"

#include <string.h>

#include "respite/export.h"
#include "respite/import.h"

static rsp_status check(const cli_args *args, rsp_export_format *format, rsp_error *err)
{
    static const char *const words[] = {"adam", "xpt", "nonmem", "json"};
    if (args->n_files != 1) {
        return rsp_fail(err, RSP_USAGE, "respite convert --to takes one data set: a run's "
                        "directory, or ADaM files");
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
    fprintf(stderr, "%s%s: %zu participants, %zu measurements, %zu happenings, %zu endpoints; "
            "hash %s\n", notes, dir, d->n_subjects, d->n_measurements, d->n_happenings,
            d->n_endpoints, hash);
}

static rsp_status convert(const cli_args *args, rsp_importer *im, rsp_export_format format,
                          rsp_error *err)
{
    rsp_dataset_maker *m = NULL;
    rsp_status s = rsp_import_path(im, args->files[0], err);
    s = s == RSP_OK ? rsp_import_finish(im, &m, err) : s;
    if (s == RSP_OK) {
        const rsp_dataset *d = rsp_dataset_view(m);
        s = rsp_export(d, format, args->out, err);
        if (s == RSP_OK && !args->quiet) {
            tell(d, rsp_import_notes(im), args->out);
        }
    }
    rsp_dataset_free(m);
    return s;
}

int cli_convert_data(const cli_args *args)
{
    rsp_error err = {0};
    rsp_export_format format;
    rsp_importer *im = rsp_import_new(NULL);
    rsp_status s = im ? check(args, &format, &err) : rsp_fail(&err, RSP_NOMEM, "out of memory");
    s = s == RSP_OK ? convert(args, im, format, &err) : s;
    rsp_import_free(im);
    return s == RSP_OK ? 0 : cli_error(&err);
}
