/* respite-emit MODEL.rsp ID OUT.c OUT.d: print a model as C while building, and
 * the files it was read from, for the build to watch. */
#include <stdlib.h>

#include "respite/program.h"

static rsp_status write_depends(const rsp_network *net, const char *out,
                                const char *path, rsp_error *err)
{
    rsp_text text = {0};
    rsp_text_printf(&text, "%s:", out);
    for (uint32_t i = 0; i < net->n_files; i++) {
        rsp_text_printf(&text, " %s", net->files[i]);
    }
    rsp_text_add(&text, "\n");
    const rsp_status status =
        text.failed ? rsp_fail(err, RSP_NOMEM, "no memory for %s", path)
                    : rsp_file_write(path, text.data, text.length, err);
    rsp_text_fini(&text);
    return status;
}

static rsp_status write_program(const rsp_network *net, const char *id,
                                const char *path, rsp_error *err)
{
    rsp_program *program = NULL;
    rsp_status status = rsp_program_new(net, &program, err);
    if (status != RSP_OK) {
        return status;
    }
    FILE *out = fopen(path, "w");
    if (!out) {
        status = rsp_fail(err, RSP_WRITE, "%s cannot be written", path);
    } else {
        status = rsp_program_emit(program, id, out, err);
        if (fclose(out) != 0 && status == RSP_OK) {
            status = rsp_fail(err, RSP_WRITE, "%s cannot be written", path);
        }
    }
    rsp_program_free(program);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        (void)fprintf(stderr, "usage: respite-emit MODEL.rsp ID OUT.c OUT.d\n");
        return rsp_status_exit(RSP_USAGE);
    }
    rsp_error err = {0};
    rsp_model *model = NULL;
    rsp_status status = rsp_model_load(argv[1], NULL, &model, &err);
    if (status == RSP_OK) {
        const rsp_network *net = rsp_model_network(model);
        status = write_program(net, argv[2], argv[3], &err);
        if (status == RSP_OK) {
            status = write_depends(net, argv[3], argv[4], &err);
        }
    }
    if (status != RSP_OK) {
        (void)fprintf(stderr, "%s:%u:%u: %s\n", err.source, err.line,
                      err.column, err.message);
    }
    rsp_model_free(model);
    return rsp_status_exit(status);
}
