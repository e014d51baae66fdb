/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/page.h"

#include "base/io/db.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/sort.h"

#include <math.h>
#include <string.h>

/* ---- columns of the overview ------------------------------------------------ */

enum { COLUMNS = 5 }; /* unless they are asked for by name */

static void add_column(struct rkb_page *p, const char *name)
{
    p->columns = rkb_grow((void *)p->columns, &p->columns_cap, p->n_columns + 1,
                          sizeof(*p->columns));
    p->columns[p->n_columns++] = name;
}

static bool has_column(const struct rkb_page *p, const struct rkb_report_run *r,
                       const char *measure)
{
    for (size_t i = 0; i < p->n_columns; i++) {
        const struct rkb_report_measure *m = rkb_run_measure(r, p->columns[i]);

        if (m && strcmp(m->name, measure) == 0)
            return true;
    }
    return false;
}

/* "RR@10" serves collections whose convention makes it "RR(rel=2)@10", too. */
static const char *column_of(struct rkb_arena *a,
                             const struct rkb_report_run *r, const char *name)
{
    const char *bare = rkb_arena_cstr(a, rkb_measure_bare(a, name));
    const struct rkb_report_measure *m = rkb_run_measure(r, bare);

    return m && strcmp(m->name, name) == 0 ? bare : name;
}

/* Those of -m; else nDCG@10, then what the runs have, in their order. */
static void find_columns(struct rkb_page *p)
{
    const struct rkb_opt_value *asked =
        rkb_optset_get(p->want->options, "measure");

    for (size_t i = 0; i < asked->n_all; i++)
        add_column(p, rkb_arena_cstr(p->arena, asked->all[i]));
    if (asked->n_all)
        return;
    for (size_t i = 0; i < p->data.n_runs && !p->n_columns; i++)
        if (rkb_run_measure(&p->data.runs[i], "nDCG@10"))
            add_column(p, "nDCG@10");
    for (size_t i = 0; i < p->data.n_runs; i++) {
        const struct rkb_report_run *r = &p->data.runs[i];

        for (size_t m = 0; m < r->n_measures && p->n_columns < COLUMNS; m++)
            if (!has_column(p, r, r->measures[m].name))
                add_column(p, column_of(p->arena, r, r->measures[m].name));
    }
}

size_t rkb_page_measure(struct rkb_page_group *g, const char *name)
{
    for (size_t i = 0; i < g->n_measures; i++)
        if (strcmp(g->measures[i], name) == 0)
            return i;
    g->measures = rkb_grow((void *)g->measures, &g->measures_cap,
                           g->n_measures + 1, sizeof(*g->measures));
    g->measures[g->n_measures] = name;
    return g->n_measures++;
}

/* ---- groups ------------------------------------------------------------------ */

static bool belongs(const struct rkb_page_group *g,
                    const struct rkb_report_run *r)
{
    bool judged = r->judged_by != NULL;

    return strcmp(g->name, r->dataset) == 0 &&
           judged == (g->judged_by != NULL) &&
           (!judged || rkb_digest_eq(&g->judgments, &r->judgments));
}

static size_t set_of(struct rkb_page_group *g, const struct rkb_report_run *r)
{
    for (size_t i = 0; i < g->n_sets; i++)
        if (g->sets[i].id == r->row.candidate_set)
            return i;
    g->sets[g->n_sets] = (struct rkb_page_set){ .id = r->row.candidate_set,
                                                .name = r->first_stage };
    return g->n_sets++;
}

static enum rkb_status find_judgments(struct rkb_page *p,
                                      struct rkb_page_group *g,
                                      struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(
        rkb_store_db(p->want->store),
        "SELECT id FROM judgment_set WHERE digest = ?1", &q, err);

    if (rc || !g->judged_by)
        return rc;
    rkb_db_bind_blob(q, 1, g->judgments.at, RKB_DIGEST_BYTES);
    rc = rkb_db_step(q, &row, err);
    if (!rc && row)
        g->judgment_set = rkb_db_i64(q, 0);
    rkb_db_reset(q);
    return rc;
}

/* Where a label, first stage, depth and repeat are the same, settings differ:
 * the key tells these apart. */
static void name_runs(struct rkb_page *p, struct rkb_page_group *g)
{
    struct rkb_figure_name *list =
        rkb_arena_new(p->arena, g->n_runs, sizeof *list);
    const char **names;

    for (size_t i = 0; i < g->n_runs; i++) {
        const struct rkb_report_run *r = g->runs[i].run;

        list[i] = (struct rkb_figure_name){ r->label, r->first_stage, r->depth,
                                            r->row.repeat };
    }
    names = rkb_figure_names(p->arena, list, g->n_runs);
    for (size_t i = 0; i < g->n_runs; i++) {
        char hex[65];
        bool twice = false;

        for (size_t k = 0; k < g->n_runs; k++)
            twice |= k != i && strcmp(names[k], names[i]) == 0;
        rkb_digest_hex(&g->runs[i].run->row.key, hex);
        g->runs[i].name =
            twice ? rkb_arena_printf(p->arena, "%s (%.6s)", names[i], hex)
                  : names[i];
    }
}

static enum rkb_status find_groups(struct rkb_page *p, struct rkb_err *err)
{
    struct rkb_arena *a = p->arena;
    size_t n = p->data.n_runs;
    enum rkb_status rc = RKB_OK;

    p->groups = rkb_arena_new(a, n, sizeof *p->groups);
    for (size_t i = 0; i < n; i++) {
        const struct rkb_report_run *r = &p->data.runs[i];
        struct rkb_page_group *g = p->groups;

        while (g < p->groups + p->n_groups && !belongs(g, r))
            g++;
        if (g == p->groups + p->n_groups) {
            p->n_groups++;
            *g = (struct rkb_page_group){ .name = r->dataset,
                                          .judged_by = r->judged_by,
                                          .judgments = r->judgments };
            g->runs = rkb_arena_new(a, n, sizeof *g->runs);
            g->sets = rkb_arena_new(a, n, sizeof *g->sets);
        }
        g->runs[g->n_runs++] =
            (struct rkb_page_run){ .run = r, .set = set_of(g, r) };
    }
    for (size_t i = 0; i < p->n_groups && !rc; i++) {
        struct rkb_page_group *g = &p->groups[i];

        name_runs(p, g);
        /* The measure that leads: the first column that any run has. */
        for (size_t c = 0; c < p->n_columns && !g->n_measures; c++)
            for (size_t k = 0; k < g->n_runs && !g->n_measures; k++) {
                const struct rkb_report_measure *m =
                    rkb_run_measure(g->runs[k].run, p->columns[c]);

                if (m)
                    rkb_page_measure(g, m->name);
            }
        rc = find_judgments(p, g, err);
    }
    return rc;
}

/* ---- queries ------------------------------------------------------------------ */

static enum rkb_status read_ords(struct rkb_page *p, struct rkb_page_set *s,
                                 struct rkb_map *qids, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    size_t most = 0, cap = 0;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        rkb_store_db(p->want->store),
        "SELECT ord, qid FROM candidate_list WHERE set_id = ?1 ORDER BY ord",
        &q, err);
    struct entry {
        int64_t ord;
        size_t query;
    } *list = NULL;

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, s->id);
    while (!(rc = rkb_db_step(q, &row, err)) && row) {
        list = rkb_grow(list, &cap, most + 1, sizeof *list);
        list[most++] =
            (struct entry){ rkb_db_i64(q, 0),
                            rkb_map_add(qids, rkb_db_text(q, 1), NULL) };
    }
    s->n = most;
    s->ords = rkb_arena_new(p->arena, most, sizeof *s->ords);
    s->queries = rkb_arena_new(p->arena, most, sizeof *s->queries);
    for (size_t i = 0; i < most; i++) {
        s->ords[i] = list[i].ord;
        s->queries[i] = list[i].query;
    }
    rkb_free(list);
    return rc;
}

static size_t query_at(const struct rkb_page_set *s, int64_t ord)
{
    size_t lo = 0, hi = s->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (s->ords[mid] < ord)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->n && s->ords[lo] == ord ? s->queries[lo] : SIZE_MAX;
}

static enum rkb_status read_text(struct rkb_page *p, struct rkb_page_group *g,
                                 const struct rkb_page_run *r,
                                 struct rkb_page_query *q, struct rkb_err *err)
{
    rkb_sv text = { 0 };
    enum rkb_status rc =
        rkb_store_query_text(p->want->store, p->arena, &r->run->row.queries,
                             rkb_sv_of(q->qid), &text, err);

    g->has_texts |= text.len > 0;
    if (!rc && text.len)
        q->text = rkb_plain_text(p->arena, text);
    return rc;
}

static void keep_order(struct rkb_arena *a, const struct rkb_result *from,
                       struct rkb_page_result *to)
{
    size_t n = from->n_docs < RKB_PAGE_TOP ? from->n_docs : RKB_PAGE_TOP;
    bool as_it_came = true;
    uint32_t *order;

    for (size_t i = 0; i < n && from->order; i++)
        as_it_came &= from->order[i] == i;
    to->n_order = n;
    if (as_it_came)
        return;
    order = rkb_arena_new(a, n, sizeof *order);
    memcpy(order, from->order, n * sizeof *order);
    to->order = order;
}

static enum rkb_status read_results(struct rkb_page *p,
                                    struct rkb_page_group *g,
                                    struct rkb_page_run *r, struct rkb_err *err)
{
    struct rkb_result_cursor cursor = rkb_result_cursor(r->run->row.id);
    struct rkb_arena scratch = { 0 };
    enum rkb_status rc = RKB_OK;
    bool row = true;

    r->results = rkb_arena_new(p->arena, g->n_queries, sizeof *r->results);
    while (!rc) {
        struct rkb_result_row found;
        struct rkb_page_result *to;
        size_t i;

        rkb_arena_reset(&scratch);
        rc = rkb_store_next_result(p->want->store, &scratch, &cursor, &found,
                                   &row, err);
        if (rc || !row)
            break;
        i = query_at(&g->sets[r->set], found.r.ord);
        if (i == SIZE_MAX || found.r.sample != 0)
            continue;
        to = &r->results[i];
        *to = (struct rkb_page_result){ .there = true,
                                        .status = found.r.status,
                                        .id = found.id,
                                        .latency_ms = NAN };
        if (found.r.why.len)
            to->why = rkb_plain_text(p->arena, found.r.why);
        if (found.r.latency_ns >= 0)
            to->latency_ms = (double)found.r.latency_ns / 1e6;
        if (found.r.status != RKB_RESULT_FAILED)
            keep_order(p->arena, &found.r, to);
        if (!g->queries[i].text)
            rc = read_text(p, g, r, &g->queries[i], err);
    }
    rkb_arena_release(&scratch);
    return rc;
}

static enum rkb_status read_measure(struct rkb_page *p,
                                    struct rkb_page_group *g,
                                    struct rkb_page_run *r, const char *name,
                                    double *out, struct rkb_err *err)
{
    size_t *n = rkb_new(g->n_queries, sizeof *n);
    struct rkb_arena scratch = { 0 };
    enum rkb_status rc = RKB_OK;

    for (size_t e = 0; e < r->run->n_evals && !rc; e++) {
        struct rkb_value_row *rows = NULL;
        size_t n_rows = 0;

        rkb_arena_reset(&scratch);
        rc = rkb_store_values(p->want->store, &scratch, r->run->evals[e],
                              rkb_sv_of(name), &rows, &n_rows, err);
        for (size_t k = 0; k < n_rows && !rc; k++) {
            size_t i = query_at(&g->sets[r->set], rows[k].ord);

            if (i == SIZE_MAX)
                continue;
            out[i] += rows[k].value;
            n[i]++;
        }
    }
    /* A sample without a value leaves the query without one. */
    for (size_t i = 0; i < g->n_queries; i++)
        out[i] = n[i] && n[i] == r->run->n_evals ? out[i] / (double)n[i]
                                                 : (double)NAN;
    rkb_free(n);
    rkb_arena_release(&scratch);
    return rc;
}

static enum rkb_status read_values(struct rkb_page *p, struct rkb_page_group *g,
                                   struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    for (size_t k = 0; k < g->n_runs; k++) {
        struct rkb_page_run *r = &g->runs[k];

        r->values = rkb_arena_new(p->arena, g->n_measures, sizeof(*r->values));
        for (size_t m = 0; m < g->n_measures && !rc; m++) {
            r->values[m] =
                rkb_arena_new(p->arena, g->n_queries, sizeof(**r->values));
            rc = read_measure(p, g, r, g->measures[m], r->values[m], err);
        }
    }
    return rc;
}

/* ---- which orders are on the page ----------------------------------------------- */

struct spread {
    size_t query;
    double width; /* of the leading measure among the runs; -1: no value */
};

static int by_width(const void *a, const void *b, void *ctx)
{
    const struct spread *x = a, *y = b;

    (void)ctx;
    return x->width > y->width ? -1 : x->width < y->width;
}

/* Those that anything is known of; of many those on which runs differ most. */
static void choose_shown(struct rkb_page_group *g)
{
    struct spread *list = rkb_new(g->n_queries, sizeof *list);
    size_t n = 0;

    for (size_t i = 0; i < g->n_queries; i++) {
        double lo = NAN, hi = NAN;
        bool there = false;

        for (size_t k = 0; k < g->n_runs; k++) {
            there |= g->runs[k].results[i].there;
            if (g->n_measures)
                rkb_figure_widen(g->runs[k].values[0][i], &lo, &hi);
        }
        if (there || !isnan(lo))
            list[n++] = (struct spread){ i, isnan(lo) ? -1 : hi - lo };
    }
    if (n > RKB_PAGE_QUERIES)
        rkb_sort(list, n, sizeof *list, by_width, NULL);
    g->n_shown = n < RKB_PAGE_QUERIES ? n : RKB_PAGE_QUERIES;
    for (size_t i = 0; i < g->n_shown; i++)
        g->queries[list[i].query].shown = true;
    rkb_free(list);
}

static enum rkb_status read_group(struct rkb_page *p, struct rkb_page_group *g,
                                  struct rkb_err *err)
{
    struct rkb_map qids = { 0 };
    enum rkb_status rc = RKB_OK;

    for (size_t s = 0; s < g->n_sets && !rc; s++)
        rc = read_ords(p, &g->sets[s], &qids, err);
    g->n_queries = qids.n;
    g->queries = rkb_arena_new(p->arena, qids.n, sizeof *g->queries);
    for (size_t i = 0; i < qids.n; i++)
        g->queries[i].qid = rkb_arena_cstr(p->arena, qids.keys[i]);
    rkb_map_release(&qids);
    for (size_t k = 0; k < g->n_runs && !rc; k++)
        rc = read_results(p, g, &g->runs[k], err);
    if (!rc)
        rc = read_values(p, g, err);
    if (!rc)
        choose_shown(g);
    return rc;
}

enum rkb_status rkb_page_read(struct rkb_page *p, struct rkb_err *err)
{
    enum rkb_status rc = rkb_gather(p->arena, p->want, &p->data, err);

    if (rc)
        return rc;
    find_columns(p);
    rc = find_groups(p, err);
    if (!rc)
        rc = rkb_page_find_pairs(p, err);
    for (size_t i = 0; i < p->n_groups && !rc; i++)
        rc = read_group(p, &p->groups[i], err);
    if (!rc)
        rkb_page_weigh_pairs(p);
    return rc;
}

void rkb_page_release(struct rkb_page *p)
{
    for (size_t i = 0; i < p->n_groups; i++)
        rkb_free((void *)p->groups[i].measures);
    rkb_free((void *)p->columns);
    rkb_free(p->pairs);
    *p = (struct rkb_page){ 0 };
}
