/* SPDX-License-Identifier: Apache-2.0 */
/* One HTML page of everything: tables that can be read as they are, and what a
 * script needs to sort them and to open a query. */
#include "reports/page.h"

#include "base/embed.h"
#include "base/mem.h"
#include "base/sort.h"
#include "reports/page_html.h"

#include <math.h>
#include <string.h>

/* ---- overview -------------------------------------------------------------------- */

static const struct rkb_report_measure *cell_of(const struct rkb_page *p,
                                                const struct rkb_page_run *r,
                                                size_t column)
{
    return rkb_run_measure(r->run, p->columns[column]);
}

/* NaN for what is not ranked: unfinished, or seeing the judgments. */
static double ranked(const struct rkb_page *p, const struct rkb_page_run *r,
                     size_t column, double sign)
{
    const struct rkb_report_measure *m = cell_of(p, r, column);

    if (!m || !m->figure.whole || r->run->sees_grades)
        return NAN;
    return sign * rkb_measure_printed(p->want, m->figure.value);
}

/* Best and second of a collection, ties both; one value alone is no best. */
static void mark_group(const struct rkb_page *p, const struct rkb_page_group *g,
                       size_t first_row, size_t column, size_t heads,
                       struct rkb_table *t)
{
    bool low = p->want->math->smaller_is_better(p->columns[column]);
    double sign = low ? -1 : 1, best = NAN, second = NAN;

    for (size_t k = 0; k < g->n_runs; k++)
        best = fmax(best, ranked(p, &g->runs[k], column, sign));
    for (size_t k = 0; k < g->n_runs; k++) {
        double v = ranked(p, &g->runs[k], column, sign);

        second = v < best ? fmax(second, v) : second;
    }
    for (size_t k = 0; k < g->n_runs && !isnan(second); k++) {
        double v = ranked(p, &g->runs[k], column, sign);

        if (v >= best)
            rkb_table_mark(t, first_row + k, heads + column, RKB_MARK_BEST);
        else if (v >= second)
            rkb_table_mark(t, first_row + k, heads + column, RKB_MARK_SECOND);
    }
}

static void time_cell(const struct rkb_page *p, struct rkb_table *t,
                      const struct rkb_spent *s, double percent)
{
    bool at_least;
    double ms =
        rkb_spent_percentile(s, p->want->math, percent, &at_least) * 1e3;

    rkb_table_real(t, ms, ms < 1 ? 4 : ms < 100 ? 2 : 0);
    size_t row = (t->n_cells - 1) / t->n_columns;
    size_t column = (t->n_cells - 1) % t->n_columns;

    if (at_least)
        rkb_table_super(t, row, column, "F");
    if (s->loaded && !isnan(ms))
        rkb_table_loaded(t, row, column);
}

static void calls_cell(const struct rkb_spent *s, struct rkb_table *t)
{
    size_t n = s->n_told[RKB_SPENT_CALLS];

    if (n)
        rkb_table_real(t, s->total[RKB_SPENT_CALLS] / (double)n, 1);
    else
        rkb_table_none(t);
}

static void run_row(const struct rkb_page *p, const struct rkb_page_group *g,
                    const struct rkb_page_run *r, bool calls,
                    struct rkb_table *t)
{
    const struct rkb_spent *s = &r->spent;

    rkb_table_text(t, r->name);
    rkb_table_text(t, g->name);
    rkb_table_text(t, r->run->first_stage);
    if (r->run->depth)
        rkb_table_int(t, r->run->depth);
    else
        rkb_table_text(t, "all");
    rkb_queries_cell(t, r->run);
    for (size_t c = 0; c < p->n_columns; c++) {
        const struct rkb_report_measure *m = cell_of(p, r, c);

        if (m)
            rkb_figure_cell(p->want, t, &m->figure);
        else
            rkb_table_none(t);
    }
    time_cell(p, t, s, 50);
    time_cell(p, t, s, 90);
    if (calls)
        calls_cell(s, t);
}

static void note_run(const struct rkb_page_group *g,
                     const struct rkb_page_run *r, struct rkb_table *t)
{
    const struct rkb_run_row *row = &r->run->row;
    const char *name = r->name;

    if (r->run->sees_grades)
        rkb_table_note(t,
                       "%s on %s sees the judgments: a ceiling, no competitor",
                       name, g->name);
    if (row->n_finished < row->n_queries)
        rkb_table_note(t,
                       "%s on %s: %lld of %lld queries finished, %lld failed; "
                       "its means are over those that finished",
                       name, g->name, (long long)row->n_finished,
                       (long long)row->n_queries, (long long)row->n_failed);
    if (r->spent.n_failed_s)
        rkb_table_note(t,
                       "%s on %s: latency has requests that failed as no "
                       "faster than what was waited (F: at least so much)",
                       name, g->name);
    if (row->n_samples > 1)
        rkb_table_note(t,
                       "%s on %s: values are means over %lld samples, orders "
                       "are of the first",
                       name, g->name, (long long)row->n_samples);
    if (!r->run->judged_by)
        rkb_table_note(t, "%s on %s was never measured", name, g->name);
    for (size_t m = 0; m < r->run->n_measures; m++)
        if (r->run->measures[m].figure.n_missing) {
            rkb_table_note(
                t,
                "%s on %s: judged queries without candidates, which count "
                "0: %lld",
                name, g->name, (long long)r->run->measures[m].figure.n_missing);
            break;
        }
}

static void note_loaded(const struct rkb_page *p, struct rkb_table *t)
{
    const struct rkb_page_run *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < p->n_groups; i++)
        for (size_t k = 0; k < p->groups[i].n_runs; k++) {
            const struct rkb_page_run *r = &p->groups[i].runs[k];

            if (r->spent.loaded && r->spent.n_latency && !n++)
                first = r;
        }
    if (first)
        rkb_table_note_loaded(t, n, first->name, first->spent.loaded);
}

/* Which convention stands behind a column's name. */
static void note_columns(const struct rkb_page *p, struct rkb_table *t)
{
    for (size_t c = 0; c < p->n_columns; c++)
        for (size_t i = 0; i < p->n_groups; i++)
            for (size_t k = 0; k < p->groups[i].n_runs; k++) {
                const struct rkb_report_measure *m =
                    cell_of(p, &p->groups[i].runs[k], c);

                if (!m)
                    continue;
                if (strcmp(m->name, p->columns[c]) != 0)
                    rkb_table_note(t, "%s on %s is %s", p->columns[c],
                                   p->groups[i].name, m->name);
                break;
            }
}

/* *calls: does any run make calls? */
static enum rkb_status read_spent(struct rkb_page *p, bool *calls,
                                  struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    *calls = false;
    for (size_t i = 0; i < p->n_groups; i++)
        for (size_t k = 0; k < p->groups[i].n_runs && !rc; k++) {
            struct rkb_page_run *r = &p->groups[i].runs[k];

            rc = rkb_spent(p->arena, p->want->store, r->run, &r->spent, err);
            *calls |= !rc && r->spent.total[RKB_SPENT_CALLS] > 0;
        }
    return rc;
}

static enum rkb_status build_overview(struct rkb_page *p, struct rkb_doc *doc,
                                      struct rkb_err *err)
{
    struct rkb_table *t = rkb_doc_table(doc, "Overview");
    size_t heads = 5, row = 0;
    bool calls;
    enum rkb_status rc = read_spent(p, &calls, err);

    if (rc)
        return rc;
    rkb_table_column(t, "run", false);
    rkb_table_column(t, "collection", false);
    rkb_table_column(t, "first stage", false);
    rkb_table_column(t, "depth", true);
    rkb_table_column(t, "queries", true);
    for (size_t c = 0; c < p->n_columns; c++)
        rkb_table_column(t, p->columns[c], true);
    rkb_table_column(t, "p50 ms", true);
    rkb_table_column(t, "p90 ms", true);
    if (calls)
        rkb_table_column(t, "calls", true);
    for (size_t i = 0; i < p->n_groups; i++) {
        const struct rkb_page_group *g = &p->groups[i];

        if (i)
            rkb_table_rule(t);
        for (size_t k = 0; k < g->n_runs; k++)
            run_row(p, g, &g->runs[k], calls, t);
        for (size_t c = 0; c < p->n_columns; c++)
            mark_group(p, g, row, c, heads, t);
        row += g->n_runs;
    }
    rkb_doc_caption(t,
                    "Best and second best of a collection are bold and "
                    "underlined%s. Latency is of one query%s.",
                    rkb_measure_scale(p->want) > 1 ? "; measures times 100"
                                                   : "",
                    calls ? "; calls are a mean" : "");
    note_columns(p, t);
    for (size_t i = 0; i < p->n_groups; i++)
        for (size_t k = 0; k < p->groups[i].n_runs; k++)
            note_run(&p->groups[i], &p->groups[i].runs[k], t);
    note_loaded(p, t);
    return RKB_OK;
}

/* ---- the page -------------------------------------------------------------------- */

static rkb_sv asset(const char *path)
{
    for (const struct rkb_embed *e = rkb_embeds; e->path; e++)
        if (strcmp(e->path, path) == 0)
            return (rkb_sv){ (const char *)e->data, e->len };
    return (rkb_sv){ 0 };
}

/* RFC 4648, of 32 bytes. */
static void put_base64(const struct rkb_digest *d, struct rkb_buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < RKB_DIGEST_BYTES; i += 3) {
        size_t n = RKB_DIGEST_BYTES - i < 3 ? RKB_DIGEST_BYTES - i : 3;
        uint32_t v = (uint32_t)d->at[i] << 16;

        v |= n > 1 ? (uint32_t)d->at[i + 1] << 8 : 0;
        v |= n > 2 ? d->at[i + 2] : 0;
        for (size_t k = 0; k < 4; k++)
            rkb_buf_char(out, k <= n ? digits[v >> (18 - 6 * k) & 63] : '=');
    }
}

/* Nothing may be loaded, sent or run but the one script that is here. */
static void put_head(const char *title, rkb_sv script, struct rkb_buf *out)
{
    struct rkb_digest d = rkb_digest_of(script);

    rkb_buf_text(out,
                 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                 "<meta charset=\"utf-8\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\""
                 "default-src 'none'; style-src 'unsafe-inline'; script-src "
                 "'sha256-");
    put_base64(&d, out);
    rkb_buf_text(out, "'; base-uri 'none'; form-action 'none'\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, "
                      "initial-scale=1\">\n"
                      "<meta name=\"color-scheme\" content=\"light dark\">\n"
                      "<title>");
    rkb_html_text(out, title);
    rkb_buf_text(out, "</title>\n<style>\n");
    rkb_buf_sv(out, asset("reports/assets/page.css"));
    rkb_buf_text(out, "</style>\n</head>\n");
}

/* "12 runs over 3 collections, 2026-01-01 to 2026-01-03" */
static void put_intro(const struct rkb_page *p, struct rkb_buf *out)
{
    rkb_sv first = { 0 }, last = { 0 };

    for (size_t i = 0; i < p->data.n_runs; i++) {
        const struct rkb_run_row *r = &p->data.runs[i].row;

        if (r->started_utc.len &&
            (!first.len || rkb_sv_cmp(r->started_utc, first) < 0))
            first = r->started_utc;
        if (rkb_sv_cmp(r->ended_utc, last) > 0)
            last = r->ended_utc;
    }
    rkb_buf_printf(out, "<p class=\"lead\">%zu run%s over %zu collection%s",
                   p->data.n_runs, p->data.n_runs == 1 ? "" : "s", p->n_groups,
                   p->n_groups == 1 ? "" : "s");
    if (first.len >= 10 && last.len >= 10) {
        rkb_buf_text(out, ", ");
        rkb_html_text(out, rkb_arena_printf(p->arena, "%.10s", first.at));
        if (memcmp(first.at, last.at, 10) != 0) {
            rkb_buf_text(out, " to ");
            rkb_html_text(out, rkb_arena_printf(p->arena, "%.10s", last.at));
        }
    }
    rkb_buf_text(out, ".</p>\n");
}

static void put_nav(const struct rkb_page *p, struct rkb_buf *out)
{
    rkb_buf_text(out, "<nav aria-label=\"sections\"><a href=\"#overview\">"
                      "Overview</a>");
    for (size_t i = 0; i < p->n_groups; i++) {
        rkb_buf_printf(out, " <a href=\"#c%zu\">", i);
        rkb_html_text(out, p->groups[i].name);
        rkb_buf_text(out, "</a>");
    }
    rkb_buf_text(out, "</nav>\n");
}

static enum rkb_status put_table(const struct rkb_table *t, const char *id,
                                 struct rkb_buf *out, struct rkb_err *err)
{
    enum rkb_status rc;

    rkb_buf_printf(out,
                   "<div class=\"table\"%s%s%s tabindex=\"0\" "
                   "role=\"region\" aria-label=\"",
                   id ? " id=\"" : "", id ? id : "", id ? "\"" : "");
    rkb_html_text(out, t->title);
    rkb_buf_text(out, "\">\n");
    rc = rkb_table_write(t, rkb_sv_of("html"), out, err);
    rkb_buf_text(out, "</div>\n");
    return rc;
}

static void put_facts(const struct rkb_page_group *g, struct rkb_buf *out)
{
    size_t known = 0;

    for (size_t i = 0; i < g->n_queries; i++)
        for (size_t k = 0; k < g->n_runs; k++)
            if (g->runs[k].results[i].there) {
                known++;
                break;
            }
    rkb_buf_printf(out,
                   "<p class=\"facts\">%zu quer%s &middot; candidates: ", known,
                   known == 1 ? "y" : "ies");
    for (size_t s = 0; s < g->n_sets; s++) {
        rkb_buf_text(out, s ? ", " : "");
        rkb_html_text(out, g->sets[s].name);
    }
    rkb_buf_text(out, " &middot; judgments: ");
    rkb_html_text(out, g->judged_by ? g->judged_by : "none");
    rkb_buf_text(out, "</p>\n");
    if (g->n_shown == RKB_PAGE_QUERIES && known > g->n_shown)
        rkb_buf_printf(out,
                       "<p class=\"note\">Orders are kept for the %zu queries "
                       "on which the runs differ most.</p>\n",
                       g->n_shown);
}

static enum rkb_status put_group(struct rkb_page *p, size_t i,
                                 struct rkb_doc *doc, struct rkb_buf *out,
                                 struct rkb_err *err)
{
    const struct rkb_page_group *g = &p->groups[i];
    size_t n_tables = doc->n_tables;
    enum rkb_status rc = RKB_OK;

    rkb_buf_printf(out, "<section id=\"c%zu\">\n<h2>", i);
    rkb_html_text(out, g->name);
    rkb_buf_text(out, "</h2>\n");
    put_facts(g, out);
    rc = rkb_page_figures(p, g, out, err);
    rkb_page_pair_table(p, i, doc);
    if (!rc && doc->n_tables > n_tables)
        rc = put_table(doc->tables[n_tables], NULL, out, err);
    for (size_t k = 0; k < p->n_pairs && !rc; k++) {
        const struct rkb_page_pair *x = &p->pairs[k];

        if (x->group != i || x->again)
            continue;
        rkb_buf_printf(out, "<section class=\"pair\" id=\"p%zu\">\n<h3>", k);
        rkb_html_text(out, g->runs[x->a].name);
        if (x->b != RKB_PAGE_ALONE) {
            rkb_buf_text(out, " <span>against</span> ");
            rkb_html_text(out, g->runs[x->b].name);
        }
        rkb_buf_text(out, "</h3>\n");
        rkb_page_pair_html(p, x, out);
        rkb_buf_text(out, "</section>\n");
    }
    rkb_buf_text(out, "</section>\n");
    return rc;
}

static enum rkb_status put_page(struct rkb_page *p, struct rkb_doc *doc,
                                struct rkb_buf *out, struct rkb_err *err)
{
    rkb_sv script = asset("reports/assets/page.js");
    enum rkb_status rc;

    put_head(doc->title, script, out);
    rkb_buf_text(out, "<body>\n<header>\n<h1>");
    rkb_html_text(out, doc->title);
    rkb_buf_text(out, "</h1>\n");
    put_intro(p, out);
    put_nav(p, out);
    rkb_buf_text(out, "</header>\n<main>\n<section id=\"overview\">\n"
                      "<h2>Overview</h2>\n");
    rc = put_table(doc->tables[0], "runs", out, err);
    if (!rc)
        rc = rkb_page_figures(p, NULL, out, err);
    rkb_buf_text(out, "</section>\n");
    for (size_t i = 0; i < p->n_groups && !rc; i++)
        rc = put_group(p, i, doc, out, err);
    rkb_buf_text(out, "</main>\n<dialog aria-labelledby=\"q-title\"></dialog>\n"
                      "<script type=\"application/json\" id=\"data\">");
    if (!rc)
        rc = rkb_page_json(p, out, err);
    rkb_buf_text(out, "</script>\n<script>");
    rkb_buf_sv(out, script);
    rkb_buf_text(out, "</script>\n</body>\n</html>\n");
    return rc;
}

static enum rkb_status build_page(struct rkb_arena *a,
                                  const struct rkb_report_want *want,
                                  struct rkb_doc *doc, struct rkb_err *err)
{
    struct rkb_page p = { .arena = a, .want = want };
    struct rkb_buf out = { 0 };
    enum rkb_status rc = rkb_page_read(&p, err);

    doc->title = "Rerankers compared";
    if (!rc)
        rc = build_overview(&p, doc, err);
    if (!rc)
        rc = put_page(&p, doc, &out, err);
    if (!rc)
        doc->page = rkb_arena_copy(&doc->arena, rkb_buf_view(&out));
    rkb_buf_release(&out);
    rkb_page_release(&p);
    return rc;
}

const struct rkb_report_def rkb_report_html = {
    .name = "html",
    .summary = "one page of everything, to be opened in a browser",
    .takes = "measure x100 baseline",
    .format = "html",
    .build = build_page,
};
