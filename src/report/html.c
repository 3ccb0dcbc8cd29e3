#include "report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/people.h"

static const char STYLE[] =
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:1120px;padding:2rem 1.4rem 4rem;color:#1f2328;"
    "background:#fff;font:16px/1.55 system-ui,-apple-system,'Segoe UI','Noto Sans',"
    "'DejaVu Sans',sans-serif;overflow-wrap:break-word}\n"
    "h1{font-size:1.7rem;line-height:1.25;margin:0 0 .3rem}\n"
    "h2{font-size:1.3rem;margin:2.6rem 0 .6rem;padding-top:.5rem;border-top:2px solid "
    "#d0d7de}\nh3{font-size:1.05rem;margin:1.5rem 0 .4rem}\n"
    "p,ul{max-width:46rem}ul{padding-left:1.3rem}.by{color:#57606a;margin:0 0 1rem}\n"
    ".figures{display:flex;flex-wrap:wrap;gap:.4rem 2rem}\n"
    "figure{margin:.6rem 0;flex:0 1 520px;min-width:0}"
    "figure.whole{flex-basis:100%}\n"
    "svg{display:block}figure svg{max-width:100%;height:auto}\n"
    "figcaption{font-size:.9rem;color:#57606a;margin-top:.2rem}\n"
    ".table{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;"
    "margin:.6rem 0 1rem}\n"
    "th,td{padding:.3rem .6rem;text-align:left;border-bottom:1px solid #d0d7de;"
    "vertical-align:top}\nth{background:#f6f8fa;font-weight:600;vertical-align:bottom}\n"
    "td:first-child{min-width:6rem}td.n,th.n{text-align:right}td.n{white-space:nowrap}"
    "td:last-child{overflow-wrap:anywhere}\n"
    ".note{background:#fff8e5;border-left:4px solid #b58900;padding:.5rem .9rem;"
    "max-width:46rem}\n"
    ".assumed{background:#fff1d6;padding:0 .3rem;border-radius:3px;font-weight:600}\n"
    "summary{cursor:pointer;padding:.4rem 0}\n"
    "footer{margin-top:3rem;padding-top:.8rem;border-top:2px solid #d0d7de;color:#57606a;"
    "font-size:.85rem;overflow-wrap:anywhere}\n"
    "nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem}a{color:#0550ae}\n"
    "@media screen and (max-width:700px){body{padding:1rem .9rem 3rem}h1{font-size:1.4rem}"
    "nav a{padding:.35rem 0}thead{display:none}table,tbody,tr,td{display:block;width:100%}"
    "tr{padding:.4rem 0;border-bottom:2px solid #d0d7de}"
    "td,td.n{display:grid;grid-template-columns:40% 1fr;gap:.6rem;border:0;"
    "padding:.12rem 0;text-align:left;white-space:normal}"
    "td::before{content:attr(data-l);color:#57606a}td:empty{display:none}}\n"
    "@media print{@page{margin:16mm}html{font-size:10pt}"
    "body{font-size:1rem;max-width:none;padding:0}"
    "nav{display:none}figure,tr,.note{break-inside:avoid}h2,h3{break-after:avoid}"
    "thead{display:table-header-group}figure{flex:0 1 47%}figure.whole{flex-basis:100%}"
    "table{font-size:8.5pt}th,td{padding:.2rem .4rem}.table{overflow:visible}}\n";

static void escaped(rsp_text *out, const char *fmt, va_list ap)
{
    char text[512];
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    char *longer = n >= (int)sizeof text ? malloc((size_t)n + 1) : NULL;
    if (longer) {
        vsnprintf(longer, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    out->failed |= n < 0 || (n >= (int)sizeof text && !longer);
    svg_escape(out, longer ? longer : text);
    free(longer);
}

void html_heading(rsp_text *out, const char *id, const char *title)
{
    rsp_text_printf(out, "<h2 id=\"%s\">", id);
    svg_escape(out, title);
    rsp_text_add(out, "</h2>\n");
}

void html_subheading(rsp_text *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    rsp_text_add(out, "<h3>");
    escaped(out, fmt, ap);
    rsp_text_add(out, "</h3>\n");
    va_end(ap);
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

void html_led(rsp_text *out, const char *text)
{
    const char *stop = strstr(text, ". ");
    size_t n = stop ? (size_t)(stop - text) + 1 : 0;
    char lead[80];
    if (n == 0 || n >= sizeof lead) {
        html_paragraph(out, "%s", text);
        return;
    }
    snprintf(lead, sizeof lead, "%.*s", (int)n, text);
    rsp_text_add(out, "<p><strong>");
    svg_escape(out, lead);
    rsp_text_add(out, "</strong>");
    svg_escape(out, text + n);
    rsp_text_add(out, "</p>\n");
}

void html_list(rsp_text *out, const char *title, const char *const *items, size_t n)
{
    if (!n) {
        return;
    }
    if (title) {
        html_subheading(out, "%s", title);
    }
    rsp_text_add(out, "<ul>\n");
    for (size_t i = 0; i < n; i++) {
        rsp_text_add(out, "<li>");
        svg_escape(out, items[i]);
        rsp_text_add(out, "</li>\n");
    }
    rsp_text_add(out, "</ul>\n");
}

const char *html_number(double v, int digits, const char *absent, char text[32])
{
    if (isfinite(v)) {
        snprintf(text, 32, "%.*f", digits, v);
    } else {
        snprintf(text, 32, "%s", absent);
    }
    return text;
}

const char *html_interval(double low, double high, int digits, const char *absent,
                          char text[80])
{
    char a[32], b[32];
    if (!isfinite(low) && !isfinite(high)) {
        snprintf(text, 80, "%s", absent);
    } else {
        snprintf(text, 80, "%s to %s", html_number(low, digits, "not reached", a),
                 html_number(high, digits, "not reached", b));
    }
    return text;
}

/* ---- Figures. */
void html_figures_open(rsp_text *out) { rsp_text_add(out, "<div class=\"figures\">\n"); }
void html_figures_close(rsp_text *out) { rsp_text_add(out, "</div>\n"); }
void html_figure_open(rsp_text *out) { rsp_text_add(out, "<figure>"); }

void html_figure_close(rsp_text *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    rsp_text_add(out, "<figcaption>");
    escaped(out, fmt, ap);
    rsp_text_add(out, "</figcaption></figure>\n");
    va_end(ap);
}

/* ---- Tables. */
html_table html_table_open(rsp_text *out, const html_column *columns, size_t n)
{
    rsp_text_add(out, "<div class=\"table\"><table><thead><tr>");
    for (size_t i = 0; i < n; i++) {
        rsp_text_add(out, columns[i].is_number ? "<th class=\"n\">" : "<th>");
        svg_escape(out, columns[i].title);
        rsp_text_add(out, "</th>");
    }
    rsp_text_add(out, "</tr></thead><tbody>\n");
    return (html_table){.out = out, .columns = columns, .n = n};
}

void html_table_close(html_table *t)
{
    rsp_text_add(t->out, "</tbody></table></div>\n");
}

void html_row(html_table *t)
{
    t->at = 0;
    rsp_text_add(t->out, "<tr>");
}

void html_row_close(html_table *t) { rsp_text_add(t->out, "</tr>\n"); }

void html_cell_open(html_table *t)
{
    const html_column *c = &t->columns[t->at < t->n ? t->at : t->n - 1];
    t->at++;
    rsp_text_add(t->out, c->is_number ? "<td class=\"n\" data-l=\"" : "<td data-l=\"");
    svg_escape(t->out, c->title);
    rsp_text_add(t->out, "\">");
}

void html_cell_close(html_table *t) { rsp_text_add(t->out, "</td>"); }

void html_put(html_table *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    html_cell_open(t);
    escaped(t->out, fmt, ap);
    html_cell_close(t);
    va_end(ap);
}

/* ---- The page. */
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
                    "<p class=\"note\">These results hinge on <a href=\"#assumed\">%zu "
                    "<span class=\"assumed\">ASSUMED</span> parameters</a> beside measured "
                    "ones; they say what follows if the assumptions hold.</p>\n",
                    count_assumed(plan->net));
}

static void title_block(rsp_text *out, const rsp_plan_view *plan,
                        const rsp_findings *f)
{
    rsp_text_add(out, "<h1>");
    svg_escape(out, plan->title);
    rsp_text_printf(out, "</h1>\n<p class=\"by\">Simulated trial <code>");
    svg_escape(out, plan->study);
    rsp_text_printf(out, "</code>: %u replicate trial%s, %zu simulated courses, "
                         "seed %llu. Nobody was treated: every number below comes from a "
                         "model, except those marked published.</p>\n",
                    f->trials, f->trials == 1 ? "" : "s", f->participants,
                    (unsigned long long)plan->seed);
}

static void contents(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    const struct { const char *id, *name; bool there; } parts[] = {
        {"sweep", "The answer", f->sweep != NULL}, {"summary", "Summary", !f->sweep},
        {"remarks", "What it can and cannot tell", plan->n_remarks || f->n_words},
        {"design", "Design", true}, {"flow", "Participants", !f->sweep},
        {"course", "Viral load", f->example != NULL && !f->sweep},
        {"results", "Endpoints", !f->sweep},
        {"grid", "What is not known", f->n_grid > 0}, {"scoreboard", "Scoreboard", !f->sweep || f->n_scores},
        {"parameters", "Parameters", true},
        {"assumptions", "Assumptions", plan->n_assumptions > 0},
        {"methods", "Methods", true}};
    rsp_text_add(out, "<nav aria-label=\"Contents\">");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].there) {
            rsp_text_printf(out, "<a href=\"#%s\">%s</a>", parts[i].id, parts[i].name);
        }
    }
    rsp_text_add(out, "</nav>\n");
}

/* "a/b/../c" as "a/c". */
static const char *short_path(const char *path, char text[512])
{
    char *up;
    snprintf(text, 512, "%s", path);
    while ((up = strstr(text, "/../")) != NULL && up > text) {
        char *from = up;
        while (from > text && from[-1] != '/') {
            from--;
        }
        if (strncmp(from, "../", 3) == 0) {
            break;
        }
        memmove(from, up + 4, strlen(up + 4) + 1);
    }
    return text;
}

static void footer(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                   const rsp_report_context *c)
{
    char path[512];
    html_made_by(out, c);
    rsp_text_printf(out, ". Seed %llu.</p><p>Made by <code>", (unsigned long long)plan->seed);
    svg_escape(out, c->command);
    rsp_text_printf(out, "</code>. The same study and seed give the same numbers on any "
                         "machine; SHA-256 of all events and measurements: <code>%s</code>"
                         ".</p>\n<p>Inputs, SHA-256:</p><ul>\n", f->hash ? f->hash : "");
    rsp_text_printf(out, "<li>model ");
    svg_escape(out, plan->model_name);
    rsp_text_printf(out, ": <code>%s</code></li>\n", plan->net->sha256);
    for (size_t i = 0; i < plan->n_inputs; i++) {
        rsp_text_add(out, "<li>");
        svg_escape(out, short_path(plan->inputs[i].path, path));
        rsp_text_printf(out, ": <code>%s</code></li>\n", plan->inputs[i].sha256);
    }
    rsp_text_add(out, "</ul></footer>\n");
}

void html_page_open(rsp_text *out, const char *title)
{
    rsp_text_add(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
                      "<meta name=\"viewport\" content=\"width=device-width, "
                      "initial-scale=1\"/><title>");
    svg_escape(out, title);
    rsp_text_add(out, "</title><style>\n");
    rsp_text_add(out, STYLE);
    rsp_text_add(out, "</style></head><body>\n");
}

void html_made_by(rsp_text *out, const rsp_report_context *c)
{
    rsp_text_add(out, "<footer><p>Respite ");
    svg_escape(out, c->version);
    rsp_text_add(out, ", commit ");
    svg_escape(out, c->commit);
    rsp_text_add(out, ", ");
    svg_escape(out, c->compiler);
}

rsp_status rsp_report_write(const rsp_plan_view *plan, const rsp_findings *f,
                            const rsp_report_context *context, rsp_text *html,
                            rsp_error *err)
{
    html_page_open(html, plan->title);
    title_block(html, plan, f);
    contents(html, plan, f);
    section_sweep(html, plan, f);
    if (!f->sweep) {
        section_summary(html, plan, f);
    }
    section_remarks(html, plan, f);
    section_design(html, plan);
    if (!f->sweep) { /* arms of a sweep are too many for curves of their own */
        section_flow(html, plan, f);
        section_course(html, plan, f);
        section_endpoints(html, plan, f);
        section_product(html, plan, f);
        section_samples(html, plan, f);
    }
    section_grid(html, plan, f);
    if (!f->sweep || f->n_scores) {
        section_scoreboard(html, plan, f);
    }
    section_parameters(html, plan, f);
    section_assumptions(html, plan);
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
    } else if (strcmp(which, "viral_load") == 0 && f->n_arms) {
        cohort c;
        cohort_of_run(&c, plan, f);
        figure_people(svg, &c, 0, "viral_load", NULL);
    } else if (strcmp(which, "grid") == 0 && f->n_grid) {
        figure_grid(svg, plan, f);
    } else if (strcmp(which, "sweep") == 0 && f->sweep) {
        figure_sweep(svg, f->sweep);
    } else {
        return rsp_fail(err, RSP_NAME, "no figure '%.40s': km, viral_load, grid or sweep",
                        which);
    }
    return svg->failed ? rsp_fail(err, RSP_NOMEM, "no memory for the figure") : RSP_OK;
}
