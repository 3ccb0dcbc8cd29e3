#include "cli/cli.h"

#include <string.h>

#include "respite/analysis.h"
#include "respite/num.h"
#include "respite/report.h"

/* respite analyze DATA --plan PLAN: the plan's results for people, or as JSON. */

typedef struct session {
    rsp_analysis *plan;
    rsp_analysis_source *source;
    rsp_results *results;
} session;

static rsp_status print(const cli_args *args, const session *s, rsp_error *err)
{
    rsp_text json = {0};
    rsp_status status = RSP_OK;
    if (args->json) {
        status = rsp_results_json(s->results, &json, err);
        fputs(status == RSP_OK ? json.data : "", stdout);
    } else {
        cli_print_results(rsp_results_of(s->results));
    }
    rsp_text_fini(&json);
    return status;
}

static rsp_status write_into(const char *dir, const char *name, const rsp_text *text,
                             rsp_error *err)
{
    rsp_text path = {0};
    rsp_text_printf(&path, "%s/%s", dir, name);
    rsp_status status = path.failed ? rsp_fail(err, RSP_NOMEM, "out of memory")
                                    : rsp_file_write(path.data, text->data, text->length, err);
    rsp_text_fini(&path);
    return status;
}

/* --out: report.html and results.json. */
static rsp_status write_report(const cli_args *args, const session *s, rsp_error *err)
{
    const rsp_report_context context = {.command = args->line, .version = rsp_version(),
                                        .commit = rsp_commit(), .compiler = rsp_compiler(),
                                        .isa = rsp_isa()};
    rsp_text html = {0}, json = {0};
    rsp_status status = rsp_report_analysis(rsp_results_of(s->results),
                                            rsp_analysis_data_of(s->source)->rows, &context, &html,
                                            err);
    if (status == RSP_OK) {
        status = rsp_results_json(s->results, &json, err);
    }
    if (status == RSP_OK) {
        status = rsp_file_mkdir(args->out, err);
    }
    if (status == RSP_OK) {
        status = write_into(args->out, "results.json", &json, err);
    }
    if (status == RSP_OK) {
        status = write_into(args->out, "report.html", &html, err);
    }
    if (status == RSP_OK && !args->quiet) {
        fprintf(stderr, "%s/report.html, %s/results.json\n", args->out, args->out);
    }
    rsp_text_fini(&html);
    rsp_text_fini(&json);
    return status;
}

static rsp_status analyze(const cli_args *args, session *s, rsp_error *err)
{
    if (args->n_files > 1) {
        return rsp_fail(err, RSP_USAGE, "respite analyze --plan takes one data set; a plan names "
                                        "several files in its 'data'");
    }
    rsp_status status = rsp_analysis_read(args->plan, &s->plan, err);
    if (status == RSP_OK) {
        status = rsp_analysis_open(s->plan, args->n_files ? args->files[0] : NULL, &s->source, err);
    }
    if (status == RSP_OK) {
        const rsp_analysis_data *data = rsp_analysis_data_of(s->source);
        if (!args->quiet && data->notes[0]) {
            fprintf(stderr, "%s%s", data->notes,
                    data->notes[strlen(data->notes) - 1] == '\n' ? "" : "\n");
        }
        status = rsp_analysis_run(s->plan, data, &s->results, err);
    }
    if (status == RSP_OK && args->out) {
        status = write_report(args, s, err);
    }
    return status == RSP_OK ? print(args, s, err) : status;
}

int cli_analyze_plan(const cli_args *args)
{
    rsp_error err = {0};
    session s = {0};
    rsp_status status = analyze(args, &s, &err);
    rsp_results_free(s.results);
    rsp_analysis_close(s.source);
    rsp_analysis_free(s.plan);
    return status == RSP_OK ? 0 : cli_error(&err);
}
