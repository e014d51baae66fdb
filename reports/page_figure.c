/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of the page: those of the other reports, as gnuplot draws them,
 * made fit to stand side by side in one document. */
#include "reports/page.h"
#include "reports/page_html.h"

#include <string.h>

enum { NOTES = 3 }; /* under a figure */

/* ---- SVG ------------------------------------------------------------------------ */

/* Bytes behind `from` up to the end of the next `mark`; 0: there is none. */
static size_t behind(rkb_sv svg, size_t from, const char *mark)
{
    const char *at = memmem(svg.at + from, svg.len - from, mark, strlen(mark));

    return at ? (size_t)(at - svg.at) + strlen(mark) : 0;
}

static bool starts(rkb_sv svg, size_t at, const char *mark)
{
    return svg.len - at >= strlen(mark) &&
           memcmp(svg.at + at, mark, strlen(mark)) == 0;
}

/* gnuplot gives every picture the same ids, and a page has each once. Texts
 * are outside of tags and stay as they are. */
static void put_body(rkb_sv svg, size_t n, struct rkb_buf *out)
{
    static const char *const marks[] = { " id='", " id=\"", "href='#",
                                         "href=\"#", "url(#" };
    bool tag = false, line = true;

    for (size_t i = 0; i < svg.len;) {
        char c = svg.at[i];
        const char *mark = NULL;

        for (size_t k = 0; tag && k < RKB_COUNT(marks) && !mark; k++)
            mark = starts(svg, i, marks[k]) ? marks[k] : NULL;
        if (mark) {
            rkb_buf_printf(out, "%sf%zu-", mark, n);
            i += strlen(mark);
            continue;
        }
        i++;
        if (line && (c == '\t' || c == ' ' || c == '\n' || c == '\r'))
            continue;
        line = c == '\n';
        tag = c == '<' || (tag && c != '>');
        rkb_buf_char(out, c);
    }
}

/* Without head, title, and the white ground: the page has its own. `paper`:
 * its colours are values, and the page must not turn them. */
static enum rkb_status put_svg(const struct rkb_doc *doc, bool paper,
                               rkb_sv svg, size_t n, struct rkb_buf *out,
                               struct rkb_err *err)
{
    size_t at = behind(svg, 0, "<svg"), end;

    at = at ? behind(svg, at, ">") : 0;
    at = at ? behind(svg, at, "</desc>") : 0;
    end = at ? behind(svg, at, "</svg>") : 0;
    if (!end)
        return rkb_fail(err, RKB_E_DATA, "gnuplot drew no SVG");
    rkb_buf_printf(out,
                   "<svg class=\"plot%s\" viewBox=\"0 0 %d %d\" role=\"img\" "
                   "aria-label=\"",
                   paper ? " paper" : "", doc->width, doc->height);
    rkb_html_text(out, doc->title);
    rkb_buf_text(out, "\">\n");
    size_t ground = behind(svg, at, "<rect x=\"0\" y=\"0\"");

    if (ground) {
        size_t head = ground - strlen("<rect x=\"0\" y=\"0\"");

        put_body((rkb_sv){ svg.at + at, head - at }, n, out);
        at = behind(svg, ground, "/>");
    }
    put_body((rkb_sv){ svg.at + at, end - at }, n, out);
    return RKB_OK;
}

/* ---- figures ---------------------------------------------------------------------- */

/* The same options but for one measure, and no runs by name. */
static const struct rkb_optset *options_for(struct rkb_page *p,
                                            const char *measure)
{
    const struct rkb_optset *from = p->want->options;
    struct rkb_optset *set = rkb_arena_new(p->arena, 1, sizeof *set);
    rkb_sv *name = rkb_arena_new(p->arena, 1, sizeof *name);

    *set = *from;
    set->values = rkb_arena_new(p->arena, from->n_rows, sizeof *set->values);
    memcpy(set->values, from->values, from->n_rows * sizeof *set->values);
    *name = rkb_sv_of(measure);
    for (size_t i = 0; i < set->n_rows; i++) {
        struct rkb_opt_value *v = &set->values[i];

        if (strcmp(set->rows[i].name, "measure") == 0)
            *v = (struct rkb_opt_value){
                .given = true, .text = *name, .all = name, .n_all = 1
            };
        else if (strcmp(set->rows[i].name, "baseline") == 0)
            *v = (struct rkb_opt_value){ 0 };
    }
    return set;
}

/* With many runs there is much to note, and the overview says most of it. */
static void put_caption(const struct rkb_doc *doc, bool notes,
                        struct rkb_buf *out)
{
    size_t n = 0;

    rkb_buf_text(out, "<figcaption>");
    rkb_html_text(out, doc->title);
    for (size_t i = 0; notes && i < doc->n_tables; i++)
        for (size_t k = 0; k < doc->tables[i]->n_notes; k++) {
            if (++n > NOTES)
                continue;
            rkb_buf_text(out, "<small>");
            rkb_html_text(out, doc->tables[i]->notes[k]);
            rkb_buf_text(out, "</small>");
        }
    if (n > NOTES)
        rkb_buf_printf(out,
                       "<small>and %zu more notes, which `report %s` "
                       "prints</small>",
                       n - NOTES, doc->name);
    rkb_buf_text(out, "</figcaption>");
}

/* What keeps a figure from being made (no latencies, say) is no failure of the
 * page. */
static enum rkb_status add_figure(struct rkb_page *p, const char *name,
                                  const char *measure,
                                  const struct rkb_page_group *g,
                                  struct rkb_buf *out, struct rkb_err *err)
{
    struct rkb_report_want want = *p->want;
    const struct rkb_report_def *report = rkb_report_find(rkb_sv_of(name), err);
    struct rkb_doc doc = { .name = name };
    size_t n = g ? g->n_runs : p->data.n_runs;
    int64_t *ids = rkb_arena_new(p->arena, n, sizeof *ids);
    rkb_sv picture;
    enum rkb_status rc = RKB_OK;

    if (p->no_gnuplot)
        return rc;
    for (size_t i = 0; i < n; i++)
        ids[i] = g ? g->runs[i].run->row.id : p->data.runs[i].row.id;
    want.options = options_for(p, measure);
    want.run_ids = ids;
    want.n_run_ids = n;
    rc = report->build(p->arena, &want, &doc, err);
    if (rc == RKB_E_USAGE) {
        rkb_doc_release(&doc);
        return RKB_OK;
    }
    if (!rc)
        rc = rkb_plot_draw(p->arena, &doc, "figure",
                           rkb_picture_format_find(rkb_sv_of("svg")), &picture,
                           err);
    if (!rc && !picture.at) {
        p->no_gnuplot = true;
        rkb_buf_text(out, "<p class=\"note\">No figures: ");
        rkb_html_text(out, err->msg);
        rkb_buf_text(out, ". Debian's gnuplot-nox draws them; the tables "
                          "have their numbers.</p>\n");
    } else if (!rc) {
        rkb_buf_text(out, "<figure>");
        rc = put_svg(&doc, !g, picture, ++p->n_figures, out, err);
        put_caption(&doc, g != NULL, out);
        rkb_buf_text(out, "</figure>\n");
    }
    rkb_doc_release(&doc);
    return rc;
}

static bool has_latency(const struct rkb_page_group *g)
{
    for (size_t k = 0; k < g->n_runs; k++)
        if (g->runs[k].spent.n_latency)
            return true;
    return false;
}

static size_t n_datasets(const struct rkb_page *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_groups; i++) {
        bool seen = false;

        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(p->groups[k].name, p->groups[i].name) == 0;
        n += !seen;
    }
    return n;
}

enum rkb_status rkb_page_figures(struct rkb_page *p,
                                 const struct rkb_page_group *g,
                                 struct rkb_buf *out, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    if (!g && n_datasets(p) > 1 && p->n_columns)
        rc = add_figure(p, "heat", p->columns[0], NULL, out, err);
    if (!g || !has_latency(g))
        return rc;
    rkb_buf_text(out, "<div class=\"figures\">\n");
    if (g->n_measures)
        rc = add_figure(p, "pareto", g->measures[0], g, out, err);
    if (!rc)
        rc = add_figure(p, "cdf", g->n_measures ? g->measures[0] : "nDCG@10", g,
                        out, err);
    rkb_buf_text(out, "</div>\n");
    return rc;
}
