/* respite convert MODEL FILE: a model in another form. */
#include "cli/cli.h"

#include <string.h>

#include "respite/sbml.h"

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), k = strlen(end);
    return n > k && strcmp(path + n - k, end) == 0;
}

static rsp_status check_files(const cli_args *args, rsp_error *err)
{
    if (args->n_files != 2) {
        return rsp_fail(err, RSP_USAGE, "respite convert takes a model and the file to write; a data set goes "
                        "with --to adam, xpt, nonmem or json and -o DIR");
    }
    const char *to = args->files[1];
    return ends_in(to, ".xml") || ends_in(to, ".sbml")
               ? RSP_OK
               : rsp_fail(err, RSP_USAGE,
                          "cannot tell what to write from the name %.200s; a model is written "
                          "as SBML: end it in .xml or .sbml", to);
}

/* What this program itself cannot read is not written. */
static rsp_status read_back(const rsp_text *text, const char *name, rsp_error *err)
{
    rsp_model *model = NULL;
    rsp_status s = rsp_sbml_built() ? rsp_sbml_parse(text->data, name, &model, err) : RSP_OK;
    rsp_model_free(model);
    return s;
}

static void tell(const rsp_text *left_out, const char *name)
{
    for (const char *line = left_out->length ? left_out->data : ""; *line;) {
        size_t n = strcspn(line, "\n");
        fprintf(stderr, "%s: %.*s\n", name, (int)n, line);
        line += n + (line[n] == '\n');
    }
}

int cli_convert(const cli_args *args)
{
    rsp_error err = {0};
    rsp_model *model = NULL;
    rsp_text out = {0}, left_out = {0};
    if (args->to) {
        return cli_convert_data(args);
    }
    rsp_status s = check_files(args, &err);
    s = s == RSP_OK ? cli_expect_kind(args->files[0], "convert", "model or SBML model", &err) : s;
    s = s == RSP_OK ? rsp_model_open(args->files[0], NULL, &model, &err) : s;
    s = s == RSP_OK ? rsp_sbml_write(rsp_model_network(model), &out, &left_out, &err) : s;
    s = s == RSP_OK ? read_back(&out, args->files[1], &err) : s;
    s = s == RSP_OK ? rsp_file_write(args->files[1], out.data, out.length, &err) : s;
    int status = s == RSP_OK ? 0 : cli_error(&err);
    if (s == RSP_OK && !args->quiet) {
        tell(&left_out, args->files[1]);
    }
    rsp_text_fini(&out);
    rsp_text_fini(&left_out);
    rsp_model_free(model);
    return status;
}
