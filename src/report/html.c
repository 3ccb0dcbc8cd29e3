#include "report/html.h"

#include <math.h>
#include <string.h>

#include "report/figures.h"

static const char STYLE[] =
    "body{margin:0 auto;max-width:1060px;padding:2.2rem 1.4rem 4rem;color:#1f2328;"
    "background:#fff;font:16px/1.55 system-ui,-apple-system,'Segoe UI','Noto Sans',"
    "'DejaVu Sans',sans-serif}\n"
    "h1{font-size:1.75rem;line-height:1.25;margin:0 0 .3rem}\n"
    "h2{font-size:1.25rem;margin:2.6rem 0 .6rem;padding-top:.5rem;border-top:2px solid "
    "#d0d7de}\nh3{font-size:1.02rem;margin:1.5rem 0 .4rem}\n"
    "p,ul{max-width:46rem}\n.by{color:#57606a;margin:0 0 1.4rem}\n"
    "figure{margin:1rem 0;overflow-x:auto}figure svg{max-width:100%;height:auto}\n"
    ".wide svg{max-width:none}.table{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;"
    "margin:.6rem 0 1rem}\n"
    "th,td{padding:.3rem .7rem;text-align:left;border-bottom:1px solid #d0d7de;"
    "vertical-align:top}\nth{background:#f6f8fa;font-weight:600}\n"
    "td.n,th.n{text-align:right}td.n{white-space:nowrap}\n"
    ".note{background:#fff8e5;border-left:4px solid #b58900;padding:.5rem .9rem;"
    "max-width:46rem}\n"
    ".assumed{background:#fff1d6;padding:0 .3rem;border-radius:3px;font-weight:600}\n"
    "footer{margin-top:3rem;padding-top:.8rem;border-top:2px solid #d0d7de;color:#57606a;"
    "font-size:.85rem;overflow-wrap:anywhere}\nnav a{margin-right:1rem}\n"
    "a{color:#0550ae}\n"
    "@media print{body{font-size:11pt;max-width:none;padding:0}nav{display:none}"
    "figure,table{break-inside:avoid}h2{break-after:avoid}}\n";

void html_heading(rsp_text *out, const char *id, const char *title)
{
    rsp_text_printf(out, "<h2 id=\"%s\">", id);
    svg_escape(out, title);
    rsp_text_add(out, "</h2>\n");
}

static void escaped(rsp_text *out, const char *fmt, va_list ap)
{
    char text[4096];
    vsnprintf(text, sizeof text, fmt, ap);
    svg_escape(out, text);
}

void html_paragraph(rsp_text *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    rsp_text_add(out, "<p>");
    escaped(out, fmt, ap);
    rsp_text_add(out, "</p>\n");
    va_end(ap);
}

void html_cell(rsp_text *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    rsp_text_add(out, "<td>");
    escaped(out, fmt, ap);
    rsp_text_add(out, "</td>");
    va_end(ap);
}

void html_list(rsp_text *out, const char *title, const char *const *items, size_t n)
{
    if (!n) {
        return;
    }
    rsp_text_add(out, "<h3>");
    svg_escape(out, title);
    rsp_text_add(out, "</h3>\n<ul>\n");
    for (size_t i = 0; i < n; i++) {
        rsp_text_add(out, "<li>");
        svg_escape(out, items[i]);
        rsp_text_add(out, "</li>\n");
    }
    rsp_text_add(out, "</ul>\n");
}

void html_number(double v, int digits, char text[32])
{
    if (isfinite(v)) {
        snprintf(text, 32, "%.*f", digits, v);
    } else {
        snprintf(text, 32, "not reached");
    }
}

static size_t count_assumed(const rsp_network *net)
{
    size_t n = 0;
    for (uint32_t i = 0; i < net->n_params; i++) {
        n += net->params[i].status == RSP_ASSUMED && net->params[i].first == i;
    }
    return n;
}

void html_assumed_note(rsp_text *out, const rsp_plan_view *plan)
{
    rsp_text_printf(out,
                    "<p class=\"note\">These results hinge on <a href=\"#parameters\">%zu "
                    "<span class=\"assumed\">ASSUMED</span> parameters</a> beside measured "
                    "ones; they say what follows if the assumptions hold.</p>\n",
                    count_assumed(plan->net));
}

static void title_block(rsp_text *out, const rsp_plan_view *plan,
                        const rsp_findings *f)
{
    rsp_text_add(out, "<h1>");
    svg_escape(out, plan->title);
    rsp_text_printf(out, "</h1>\n<p class=\"by\">Respite report of the study "
                         "<code>");
    svg_escape(out, plan->study);
    rsp_text_printf(out, "</code>: %u replicate trial%s, %zu simulated participants, "
                         "seed %llu</p>\n",
                    f->trials, f->trials == 1 ? "" : "s", f->participants,
                    (unsigned long long)plan->seed);
    rsp_text_add(out, "<nav><a href=\"#summary\">Summary</a><a href=\"#design\">Design</a>"
                      "<a href=\"#results\">Results</a>");
    if (f->n_grid) {
        rsp_text_add(out, "<a href=\"#grid\">What is not known</a>");
    }
    rsp_text_add(out, "<a href=\"#scoreboard\">Scoreboard</a>"
                      "<a href=\"#parameters\">Parameters</a>"
                      "<a href=\"#methods\">Methods</a></nav>\n");
}

static void footer(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                   const rsp_report_context *c)
{
    rsp_text_add(out, "<footer><p>Respite ");
    svg_escape(out, c->version);
    rsp_text_add(out, " (");
    svg_escape(out, c->commit);
    rsp_text_add(out, "), ");
    svg_escape(out, c->compiler);
    rsp_text_printf(out, "<br/>Seed %llu. Hash of events and measurements: <code>%s</code>. "
                         "Model <code>%s</code>.<br/>Made by <code>",
                    (unsigned long long)plan->seed, f->hash ? f->hash : "",
                    plan->net->sha256);
    svg_escape(out, c->command);
    rsp_text_add(out, "</code>. The same study and seed give the same numbers on any "
                      "machine.</p></footer>\n");
}

rsp_status rsp_report_write(const rsp_plan_view *plan, const rsp_findings *f,
                            const rsp_report_context *context, rsp_text *html,
                            rsp_error *err)
{
    rsp_text_add(html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
                       "<meta name=\"viewport\" content=\"width=device-width, "
                       "initial-scale=1\"/><title>");
    svg_escape(html, plan->title);
    rsp_text_add(html, "</title><style>\n");
    rsp_text_add(html, STYLE);
    rsp_text_add(html, "</style></head><body>\n");
    title_block(html, plan, f);
    section_summary(html, plan, f);
    section_design(html, plan);
    section_results(html, plan, f);
    section_course(html, plan, f);
    section_grid(html, plan, f);
    section_scoreboard(html, plan, f);
    section_parameters(html, plan);
    section_methods(html, plan, f);
    footer(html, plan, f, context);
    rsp_text_add(html, "</body></html>\n");
    return html->failed ? rsp_fail(err, RSP_NOMEM, "no memory for the report") : RSP_OK;
}

rsp_status rsp_report_figure(const char *which, const rsp_plan_view *plan,
                             const rsp_findings *f, rsp_text *svg, rsp_error *err)
{
    if (strcmp(which, "km") == 0 && plan->n_endpoints) {
        figure_km(svg, plan, f, 0);
    } else if (strcmp(which, "viral_load") == 0) {
        figure_assay(svg, plan, f, "viral_load", "viral load, copies/mL");
    } else if (strcmp(which, "grid") == 0 && f->n_grid) {
        figure_grid(svg, plan, f);
    } else {
        return rsp_fail(err, RSP_NAME, "no figure '%.40s': km, viral_load or grid", which);
    }
    return svg->failed ? rsp_fail(err, RSP_NOMEM, "no memory for the figure") : RSP_OK;
}
