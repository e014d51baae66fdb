/* SPDX-License-Identifier: Apache-2.0 */
/* The bulk of the page, query by query, as reports/assets/page.js reads it.
 * Members have one letter because each stands there a thousand times:
 * a query is
 *   q id, t text, v [measure][run] values, l [run] milliseconds,
 *   w {run: [status, reason]} where not ok, a {run: [[call, class, answer]]},
 *   p what all ids of documents begin with, d their rest (one string, parted by
 *   blanks, or an array), g their grades (a digit each, '.' = not judged, or an
 *   array), s [set] first-stage ranks of these from 0 (-1 = not among the
 *   candidates), r [run] the order as indices into d, 0 = as the first stage,
 *   null = none. */
#include "reports/page.h"

#include "base/io/db.h"
#include "base/map.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { TEXT_BYTES = 600, ANSWER_BYTES = 4000, ANSWERS = 32 };

struct writer {
    struct rkb_page *page;
    struct rkb_page_group *group;
    struct rkb_buf *out, text;
    struct rkb_arena scratch; /* one query's */
    struct rkb_map docs, texts;
    struct rkb_buf doc_texts;
    bool has_texts, has_answers;
};

/* ---- values ------------------------------------------------------------------ */

static void put_text(struct writer *w, struct rkb_buf *out, rkb_sv text)
{
    rkb_buf_reset(&w->text);
    rkb_buf_json(&w->text, text);
    for (size_t i = 0; i < w->text.len; i++) {
        const char *c = w->text.at + i;

        if (*c == '<' || *c == '>' || *c == '&')
            rkb_buf_printf(out, "\\u%04x", (unsigned)*c);
        else if (w->text.len - i >= 3 && memcmp(c, "\xe2\x80\xa8", 3) == 0)
            rkb_buf_text(out, "\\u2028"), i += 2;
        else if (w->text.len - i >= 3 && memcmp(c, "\xe2\x80\xa9", 3) == 0)
            rkb_buf_text(out, "\\u2029"), i += 2;
        else
            rkb_buf_char(out, *c);
    }
}

/* At most so many bytes, whole code points, and "..." for the rest. */
static void put_cut(struct writer *w, struct rkb_buf *out, rkb_sv text,
                    size_t most)
{
    rkb_sv part = text;

    if (text.len > most) {
        size_t end = most;

        while (end > 0 && ((unsigned char)text.at[end] & 0xC0) == 0x80)
            end--;
        part = rkb_arena_join(&w->scratch, (rkb_sv){ text.at, end },
                              rkb_sv_of(" ..."));
    }
    put_text(w, out, part);
}

static void put_real(struct rkb_buf *out, double v)
{
    if (isnan(v))
        rkb_buf_text(out, "null");
    else
        rkb_buf_real(out, v);
}

static void comma(struct rkb_buf *out, size_t i)
{
    if (i)
        rkb_buf_char(out, ',');
}

static void member(struct writer *w, const char *key)
{
    rkb_buf_printf(w->out, ",\"%s\":", key);
}

/* ---- one query ------------------------------------------------------------------ */

static void put_values(struct writer *w, size_t query)
{
    const struct rkb_page_group *g = w->group;
    double scale = rkb_measure_scale(w->page->want);

    member(w, "v");
    rkb_buf_char(w->out, '[');
    for (size_t m = 0; m < g->n_measures; m++) {
        comma(w->out, m);
        rkb_buf_char(w->out, '[');
        for (size_t k = 0; k < g->n_runs; k++) {
            comma(w->out, k);
            put_real(w->out, g->runs[k].values[m][query] * scale);
        }
        rkb_buf_char(w->out, ']');
    }
    rkb_buf_char(w->out, ']');
}

static void put_latencies(struct writer *w, size_t query)
{
    const struct rkb_page_group *g = w->group;
    bool any = false;

    for (size_t k = 0; k < g->n_runs; k++)
        any |= g->runs[k].results[query].there &&
               !isnan(g->runs[k].results[query].latency_ms);
    if (!any)
        return;
    member(w, "l");
    for (size_t k = 0; k < g->n_runs; k++) {
        const struct rkb_page_result *r = &g->runs[k].results[query];

        rkb_buf_char(w->out, k ? ',' : '[');
        if (r->there && !isnan(r->latency_ms))
            rkb_buf_printf(w->out, "%.4g", r->latency_ms);
        else
            rkb_buf_text(w->out, "null");
    }
    rkb_buf_char(w->out, ']');
}

static void put_statuses(struct writer *w, size_t query)
{
    const struct rkb_page_group *g = w->group;
    size_t n = 0;

    for (size_t k = 0; k < g->n_runs; k++) {
        const struct rkb_page_result *r = &g->runs[k].results[query];

        if (!r->there || r->status == RKB_RESULT_OK)
            continue;
        if (!n)
            member(w, "w");
        rkb_buf_printf(w->out, "%c\"%zu\":[\"%s\",", n ? ',' : '{', k,
                       rkb_result_status_name(r->status));
        put_text(w, w->out, rkb_sv_of(r->why));
        rkb_buf_char(w->out, ']');
        n++;
    }
    if (n)
        rkb_buf_char(w->out, '}');
}

static enum rkb_status put_answers(struct writer *w, size_t query,
                                   struct rkb_err *err)
{
    const struct rkb_page_group *g = w->group;
    size_t n = 0;

    for (size_t k = 0; k < g->n_runs; k++) {
        const struct rkb_page_result *r = &g->runs[k].results[query];
        struct rkb_result_call *calls;
        size_t n_calls, n_kept = 0;
        enum rkb_status rc;

        if (!r->there)
            continue;
        rc = rkb_store_calls(w->page->want->store, &w->scratch, r->id, &calls,
                             &n_calls, err);
        if (rc)
            return rc;
        for (size_t i = 0; i < n_calls && n_kept < ANSWERS; i++) {
            if (!calls[i].answer.at)
                continue;
            if (!n)
                member(w, "a");
            if (!n_kept)
                rkb_buf_printf(w->out, "%c\"%zu\":[", n++ ? ',' : '{', k);
            comma(w->out, n_kept++);
            rkb_buf_char(w->out, '[');
            put_text(w, w->out,
                     rkb_sv_of(rkb_arena_printf(
                         &w->scratch, "%.*s%s%lld", (int)calls[i].path.len,
                         calls[i].path.at ? calls[i].path.at : "",
                         calls[i].path.len ? "/" : "",
                         (long long)calls[i].seq + 1)));
            rkb_buf_char(w->out, ',');
            put_text(w, w->out, calls[i].class_name);
            rkb_buf_char(w->out, ',');
            put_cut(w, w->out, calls[i].answer, ANSWER_BYTES);
            rkb_buf_char(w->out, ']');
        }
        if (n_kept)
            rkb_buf_char(w->out, ']');
    }
    if (n)
        rkb_buf_char(w->out, '}');
    return RKB_OK;
}

/* ---- its documents ---------------------------------------------------------------- */

/* The list of one set for the query; n == 0 when the set has none. */
static enum rkb_status read_list(struct writer *w, const struct rkb_page_set *s,
                                 size_t query, struct rkb_candidate_row *out,
                                 struct rkb_err *err)
{
    bool row = false;

    *out = (struct rkb_candidate_row){ 0 };
    for (size_t i = 0; i < s->n; i++)
        if (s->queries[i] == query)
            return rkb_store_candidates(w->page->want->store, &w->scratch,
                                        s->id, s->ords[i], out, &row, err);
    return RKB_OK;
}

/* Which documents the page names: the first of the set, and of its runs. */
static void add_docs(struct writer *w, size_t set, size_t query,
                     const struct rkb_candidate_row *list)
{
    const struct rkb_page_group *g = w->group;
    bool *named = rkb_arena_new(&w->scratch, list->n + 1, sizeof *named);

    for (size_t i = 0; i < list->n && i < RKB_PAGE_TOP; i++)
        named[i] = true;
    for (size_t k = 0; k < g->n_runs; k++) {
        const struct rkb_page_result *r = &g->runs[k].results[query];

        for (size_t i = 0; g->runs[k].set == set && r->order && i < r->n_order;
             i++)
            if (r->order[i] < list->n)
                named[r->order[i]] = true;
    }
    for (size_t i = 0; i < list->n; i++)
        if (named[i])
            rkb_map_add(&w->docs, list->docids[i], NULL);
}

static void put_ranks(struct writer *w, const struct rkb_candidate_row *list)
{
    int64_t *rank = rkb_arena_new(&w->scratch, w->docs.n + 1, sizeof *rank);

    for (size_t i = 0; i < w->docs.n; i++)
        rank[i] = -1;
    for (size_t i = 0; i < list->n; i++) {
        uint32_t d = rkb_map_find(&w->docs, list->docids[i]);

        if (d != RKB_MAP_NONE)
            rank[d] = (int64_t)i;
    }
    rkb_buf_char(w->out, '[');
    for (size_t i = 0; i < w->docs.n; i++) {
        comma(w->out, i);
        rkb_buf_printf(w->out, "%lld", (long long)rank[i]);
    }
    rkb_buf_char(w->out, ']');
}

static void put_order(struct writer *w, const struct rkb_page_result *r,
                      const struct rkb_candidate_row *list)
{
    if (!r->there || r->status == RKB_RESULT_FAILED) {
        rkb_buf_text(w->out, "null");
        return;
    }
    if (!r->order) {
        rkb_buf_char(w->out, '0');
        return;
    }
    rkb_buf_char(w->out, '[');
    for (size_t i = 0; i < r->n_order && r->order[i] < list->n; i++) {
        comma(w->out, i);
        rkb_buf_printf(w->out, "%u",
                       rkb_map_find(&w->docs, list->docids[r->order[i]]));
    }
    rkb_buf_char(w->out, ']');
}

/* What all ids of the query begin with: "msmarco_passage_" a thousand times
 * over is a page's largest part. Whole code points. */
static size_t common_prefix(const struct rkb_map *docs)
{
    size_t n = docs->n > 1 ? docs->keys[0].len : 0;

    for (size_t i = 1; i < docs->n; i++) {
        size_t k = 0, most = docs->keys[i].len < n ? docs->keys[i].len : n;

        while (k < most && docs->keys[i].at[k] == docs->keys[0].at[k])
            k++;
        n = k;
    }
    while (n > 0 && ((unsigned char)docs->keys[0].at[n - 1] & 0x80))
        n--;
    return n;
}

static rkb_sv id_behind(const struct writer *w, size_t doc, size_t prefix)
{
    rkb_sv id = w->docs.keys[doc];

    return (rkb_sv){ id.at + prefix, id.len - prefix };
}

static void put_docids(struct writer *w)
{
    struct rkb_buf joined = { 0 };
    size_t prefix = common_prefix(&w->docs);
    bool plain = true;

    for (size_t i = 0; i < w->docs.n; i++) {
        rkb_sv id = id_behind(w, i, prefix);

        plain &= id.len > 0 && !memchr(id.at, ' ', id.len);
        if (i)
            rkb_buf_char(&joined, ' ');
        rkb_buf_sv(&joined, id);
    }
    if (prefix) {
        member(w, "p");
        put_text(w, w->out, (rkb_sv){ w->docs.keys[0].at, prefix });
    }
    member(w, "d");
    if (plain && w->docs.n) {
        put_text(w, w->out, rkb_buf_view(&joined));
    } else {
        rkb_buf_char(w->out, '[');
        for (size_t i = 0; i < w->docs.n; i++) {
            comma(w->out, i);
            put_text(w, w->out, id_behind(w, i, prefix));
        }
        rkb_buf_char(w->out, ']');
    }
    rkb_buf_release(&joined);
}

static enum rkb_status put_grades(struct writer *w,
                                  const struct rkb_page_query *q,
                                  struct rkb_err *err)
{
    struct rkb_judgment_row *rows;
    size_t n;
    bool digits = true;
    int64_t *grades;
    enum rkb_status rc;

    if (!w->group->judgment_set)
        return RKB_OK;
    rc = rkb_store_judgments(w->page->want->store, &w->scratch,
                             w->group->judgment_set, rkb_sv_of(q->qid), &rows,
                             &n, err);
    if (rc)
        return rc;
    grades = rkb_arena_new(&w->scratch, w->docs.n + 1, sizeof *grades);
    for (size_t i = 0; i < w->docs.n; i++)
        grades[i] = INT64_MIN;
    for (size_t i = 0; i < n; i++) {
        uint32_t d = rkb_map_find(&w->docs, rows[i].docid);

        if (d == RKB_MAP_NONE)
            continue;
        grades[d] = rows[i].grade;
        digits &= rows[i].grade >= 0 && rows[i].grade <= 9;
    }
    member(w, "g");
    rkb_buf_char(w->out, digits ? '"' : '[');
    for (size_t i = 0; i < w->docs.n; i++) {
        if (!digits)
            comma(w->out, i);
        if (grades[i] == INT64_MIN)
            rkb_buf_text(w->out, digits ? "." : "null");
        else
            rkb_buf_printf(w->out, "%lld", (long long)grades[i]);
    }
    rkb_buf_char(w->out, digits ? '"' : ']');
    return RKB_OK;
}

static enum rkb_status keep_texts(struct writer *w, struct rkb_err *err)
{
    for (size_t i = 0; i < w->docs.n; i++) {
        rkb_sv text;
        bool is_new;
        enum rkb_status rc;

        rkb_map_add(&w->texts, w->docs.keys[i], &is_new);
        if (!is_new)
            continue;
        rc = rkb_store_doc_text(w->page->want->store, &w->scratch,
                                w->docs.keys[i], &text, err);
        if (rc)
            return rc;
        if (!text.at)
            continue;
        comma(&w->doc_texts, w->doc_texts.len);
        put_text(w, &w->doc_texts, w->docs.keys[i]);
        rkb_buf_char(&w->doc_texts, ':');
        put_cut(w, &w->doc_texts, text, TEXT_BYTES);
    }
    return RKB_OK;
}

static enum rkb_status put_orders(struct writer *w, size_t query,
                                  struct rkb_err *err)
{
    const struct rkb_page_group *g = w->group;
    struct rkb_candidate_row *lists =
        rkb_arena_new(&w->scratch, g->n_sets + 1, sizeof *lists);
    enum rkb_status rc = RKB_OK;

    for (size_t s = 0; s < g->n_sets && !rc; s++) {
        rc = read_list(w, &g->sets[s], query, &lists[s], err);
        if (!rc)
            add_docs(w, s, query, &lists[s]);
    }
    if (rc)
        return rc;
    put_docids(w);
    rc = put_grades(w, &g->queries[query], err);
    member(w, "s");
    for (size_t s = 0; s < g->n_sets; s++) {
        rkb_buf_char(w->out, s ? ',' : '[');
        put_ranks(w, &lists[s]);
    }
    rkb_buf_char(w->out, ']');
    member(w, "r");
    for (size_t k = 0; k < g->n_runs; k++) {
        rkb_buf_char(w->out, k ? ',' : '[');
        put_order(w, &g->runs[k].results[query], &lists[g->runs[k].set]);
    }
    rkb_buf_char(w->out, ']');
    if (!rc && w->has_answers)
        rc = put_answers(w, query, err);
    if (!rc && w->has_texts)
        rc = keep_texts(w, err);
    rkb_map_release(&w->docs);
    return rc;
}

/* ---- all ---------------------------------------------------------------------------- */

static bool is_known(const struct rkb_page_group *g, size_t query)
{
    bool known = g->queries[query].shown;

    for (size_t k = 0; k < g->n_runs && !known; k++) {
        known = g->runs[k].results[query].there;
        for (size_t m = 0; m < g->n_measures; m++)
            known |= !isnan(g->runs[k].values[m][query]);
    }
    return known;
}

static enum rkb_status put_queries(struct writer *w, struct rkb_err *err)
{
    const struct rkb_page_group *g = w->group;
    enum rkb_status rc = RKB_OK;
    size_t n = 0;

    for (size_t i = 0; i < g->n_queries && !rc; i++) {
        if (!is_known(g, i))
            continue;
        rkb_arena_reset(&w->scratch);
        rkb_buf_text(w->out, n++ ? ",\n{\"q\":" : "\n{\"q\":");
        put_text(w, w->out, rkb_sv_of(g->queries[i].qid));
        if (g->queries[i].text) {
            member(w, "t");
            put_text(w, w->out, rkb_sv_of(g->queries[i].text));
        }
        put_values(w, i);
        put_latencies(w, i);
        put_statuses(w, i);
        if (g->queries[i].shown)
            rc = put_orders(w, i, err);
        rkb_buf_char(w->out, '}');
    }
    return rc;
}

static enum rkb_status put_group(struct writer *w, struct rkb_err *err)
{
    const struct rkb_page_group *g = w->group;
    enum rkb_status rc;

    rkb_buf_text(w->out, "{\"name\":");
    put_text(w, w->out, rkb_sv_of(g->name));
    member(w, "sets");
    for (size_t s = 0; s < g->n_sets; s++) {
        rkb_buf_char(w->out, s ? ',' : '[');
        put_text(w, w->out, rkb_sv_of(g->sets[s].name));
    }
    rkb_buf_text(w->out, "],\"runs\":");
    for (size_t k = 0; k < g->n_runs; k++) {
        rkb_buf_text(w->out, k ? ",{\"name\":" : "[{\"name\":");
        put_text(w, w->out, rkb_sv_of(g->runs[k].name));
        rkb_buf_printf(w->out, ",\"set\":%zu}", g->runs[k].set);
    }
    rkb_buf_text(w->out, "],\"measures\":[");
    for (size_t m = 0; m < g->n_measures; m++) {
        comma(w->out, m);
        put_text(w, w->out, rkb_sv_of(g->measures[m]));
    }
    rkb_buf_text(w->out, "],\"queries\":[");
    rc = put_queries(w, err);
    rkb_buf_text(w->out, "],\"texts\":{");
    rkb_buf_sv(w->out, rkb_buf_view(&w->doc_texts));
    rkb_buf_text(w->out, "}}");
    rkb_map_release(&w->texts);
    rkb_buf_reset(&w->doc_texts);
    return rc;
}

static void put_pairs(struct writer *w)
{
    member(w, "pairs");
    rkb_buf_char(w->out, '[');
    for (size_t i = 0; i < w->page->n_pairs; i++) {
        const struct rkb_page_pair *x = &w->page->pairs[i];
        const struct rkb_page_group *g = &w->page->groups[x->group];

        comma(w->out, i);
        rkb_buf_printf(w->out, "[%zu,%zu,%lld,%lld]", x->group, x->a,
                       x->b == RKB_PAGE_ALONE ? -1LL : (long long)x->b,
                       x->measure < g->n_measures ? (long long)x->measure
                                                  : -1LL);
    }
    rkb_buf_char(w->out, ']');
}

/* Is there a row? A literal each, since statements are kept by address. */
static enum rkb_status any_row(struct rkb_store *store, const char *sql,
                               bool *out, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(rkb_store_db(store), sql, &q, err);

    if (!rc)
        rc = rkb_db_step(q, out, err);
    if (!rc)
        rkb_db_reset(q);
    return rc;
}

enum rkb_status rkb_page_json(struct rkb_page *p, struct rkb_buf *out,
                              struct rkb_err *err)
{
    struct writer w = { .page = p, .out = out };
    enum rkb_status rc = any_row(
        p->want->store, "SELECT 1 FROM doc_text LIMIT 1", &w.has_texts, err);

    if (!rc)
        rc = any_row(p->want->store,
                     "SELECT 1 FROM call WHERE answer IS NOT NULL LIMIT 1",
                     &w.has_answers, err);
    rkb_buf_printf(out, "{\"digits\":%d,\"top\":%d,\"groups\":[",
                   rkb_measure_digits(p->want), RKB_PAGE_TOP);
    for (size_t i = 0; i < p->n_groups && !rc; i++) {
        comma(out, i);
        w.group = &p->groups[i];
        rc = put_group(&w, err);
    }
    rkb_buf_char(out, ']');
    put_pairs(&w);
    rkb_buf_char(out, '}');
    rkb_buf_release(&w.text);
    rkb_buf_release(&w.doc_texts);
    rkb_map_release(&w.docs);
    rkb_map_release(&w.texts);
    rkb_arena_release(&w.scratch);
    return rc;
}
