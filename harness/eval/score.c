/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/score.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

static const char *const failed_names[] = { "none", "zero", "first-stage" };

const char *rkb_failed_name(enum rkb_failed_rule rule)
{
    return failed_names[rule];
}

struct scoring {
    const struct rkb_score_want *want;
    struct rkb_score *out;
    struct rkb_joiner joiner;
    struct rkb_map docids; /* see rkb_join_rules */
    struct rkb_entry *entries;
    size_t entries_cap;
    struct rkb_measures_sum sum;
    int64_t *ords;  /* [n_rows] of the queries that have values */
    double *values; /* [n_rows][n_slots]                        */
    size_t n_rows, cap, values_cap;
    size_t n_left_out; /* judged, but failed and counted nothing */
};

static bool is_identity(const struct rkb_result *r)
{
    for (size_t i = 0; r->order && i < r->n_docs; i++)
        if (r->order[i] != i)
            return false;
    return true;
}

/* Scores that only some documents have say nothing of the others. */
static bool has_all_scores(const struct rkb_result *r)
{
    bool all = r->score && r->scored;

    for (size_t i = 0; all && i < r->n_docs; i++)
        all = r->scored[i];
    return all;
}

/* A made order has no ties: the entries are joined as they come. Their scores
 * are the reranker's, for what measures agreement, or else fall by rank. */
static enum rkb_status add_query(struct scoring *s,
                                 const struct rkb_result_row *row,
                                 struct rkb_err *err)
{
    const struct rkb_judgments *judgments = s->want->judgments;
    const struct rkb_measures *ms = s->want->measures;
    const struct rkb_join_rules rules = { .compat = s->want->compat,
                                          .max_ret = SIZE_MAX,
                                          .ordered = true,
                                          .docids = &s->docids };
    uint32_t query = rkb_map_find(&judgments->qids, row->qid);
    bool failed = row->r.status == RKB_RESULT_FAILED;
    size_t n = failed && s->want->failed == RKB_FAILED_ZERO ? 0 : row->r.n_docs;
    struct rkb_judged view;

    if (query == RKB_MAP_NONE) {
        s->out->n_unjudged++;
        return RKB_OK;
    }
    if (failed && s->want->failed == RKB_FAILED_NONE) {
        s->n_left_out++;
        return RKB_OK;
    }
    s->out->n_empty += row->r.n_docs == 0;
    if (n > s->entries_cap) {
        s->entries_cap = n * 2;
        s->entries = rkb_resize(s->entries, s->entries_cap, sizeof *s->entries);
    }
    bool scores = has_all_scores(&row->r);

    for (size_t i = 0; i < n; i++) {
        size_t doc = row->r.order ? row->r.order[i] : i;

        s->entries[i] =
            (struct rkb_entry){ row->docids[doc],
                                scores ? row->r.score[doc] : (double)(n - i) };
    }
    const struct rkb_judged_query *judged = &judgments->queries[query];
    enum rkb_status rc =
        rkb_join(&s->joiner, judged, s->entries, n, &rules, &view, NULL, err);

    if (rc)
        return rc;
    s->ords = rkb_grow(s->ords, &s->cap, s->n_rows + 1, sizeof *s->ords);
    s->values = rkb_grow(s->values, &s->values_cap,
                         (s->n_rows + 1) * ms->n_slots, sizeof *s->values);
    double *values = s->values + s->n_rows * ms->n_slots;

    s->ords[s->n_rows++] = row->r.ord;
    if (n) {
        rkb_measures_calc(ms, &view, values);
        rkb_measures_sum_add(&s->sum, &view, values);
    } else { /* as trec_eval -c counts it */
        view = rkb_join_absent(judged, &rules);
        rkb_measures_absent(ms, &view, values);
        rkb_measures_sum_absent(&s->sum, &view, values);
    }
    return RKB_OK;
}

static void count(struct rkb_score *out, const struct rkb_result_row *row)
{
    switch (row->r.status) {
    case RKB_RESULT_OK:
        out->n_ok++;
        break;
    case RKB_RESULT_REPAIRED:
        out->n_repaired++;
        break;
    case RKB_RESULT_FAILED:
        out->n_failed++;
        break;
    }
    if (row->r.status != RKB_RESULT_FAILED)
        out->n_unchanged += is_identity(&row->r);
}

static enum rkb_status read_results(struct scoring *s, struct rkb_store *store,
                                    struct rkb_err *err)
{
    struct rkb_result_cursor cursor = rkb_result_cursor(s->want->run_id);
    struct rkb_arena row_arena = { 0 };
    enum rkb_status rc;
    size_t n = 0;

    for (;;) {
        struct rkb_result_row row;
        bool there;

        rkb_arena_reset(&row_arena);
        rc = rkb_store_next_result(store, &row_arena, &cursor, &row, &there,
                                   err);
        if (rc || !there)
            break;
        /* Further samples are there for their times. */
        if (row.r.sample > 0) {
            s->out->n_failed_samples += row.r.status == RKB_RESULT_FAILED;
            continue;
        }
        if (n++ == s->out->n_queries) {
            rc = rkb_fail(err, RKB_E_DATA,
                          "run %lld has more results than queries",
                          (long long)s->want->run_id);
            break;
        }
        count(s->out, &row);
        rc = add_query(s, &row, err);
        if (rc)
            break;
    }
    s->out->n_unfinished =
        s->out->n_queries - (n < s->out->n_queries ? n : s->out->n_queries);
    rkb_arena_release(&row_arena);
    return rc;
}

static enum rkb_status store_values(struct scoring *s, struct rkb_store *store,
                                    struct rkb_err *err)
{
    const struct rkb_measures *ms = s->want->measures;
    struct rkb_buf rules = { 0 };
    double *column = rkb_new(s->n_rows, sizeof *column);
    int64_t eval_id = 0;

    rkb_buf_printf(&rules, "failed=%s", failed_names[s->want->failed]);
    const struct rkb_evaluation e = { .run_id = s->want->run_id,
                                      .judgment_set = s->want->judgment_set,
                                      .compat = (int64_t)s->want->compat,
                                      .rules = rkb_buf_view(&rules) };
    enum rkb_status rc = rkb_store_begin(store, err);

    if (rc)
        goto done;
    rc = rkb_store_put_evaluation(store, &e, &eval_id, err);
    for (size_t slot = 0; slot < ms->n_slots && !rc; slot++) {
        const struct rkb_slot *m = &ms->slots[slot];

        if (m->is_text || m->again)
            continue;
        for (size_t i = 0; i < s->n_rows; i++)
            column[i] = s->values[i * ms->n_slots + slot];
        const struct rkb_measured measured = {
            .measure = rkb_sv_of(m->name),
            .version = m->def->version,
            .ord = s->ords,
            .value = column,
            .n_values = s->n_rows,
            .mean = s->out->means[slot],
            .n = (int64_t)s->n_rows,
            .n_missing = (int64_t)s->out->n_empty,
            .n_failed = (int64_t)s->n_left_out,
        };
        rc = rkb_store_put_measure(store, eval_id, &measured, err);
    }
    if (!rc)
        rc = rkb_store_commit(store, err);
    if (rc)
        rkb_store_rollback(store);
done:
    rkb_free(column);
    rkb_buf_release(&rules);
    return rc;
}

enum rkb_status rkb_score_run(struct rkb_store *store, struct rkb_arena *a,
                              const struct rkb_score_want *want,
                              struct rkb_score *out, struct rkb_err *err)
{
    struct scoring s = { .want = want, .out = out };
    const struct rkb_measures *ms = want->measures;
    struct rkb_run_row run;
    enum rkb_status rc = rkb_store_run(store, a, want->run_id, &run, err);

    *out = (struct rkb_score){ 0 };
    if (rc)
        return rc;
    out->n_queries = (size_t)run.n_queries;
    out->means = rkb_arena_new(a, ms->n_slots, sizeof *out->means);
    rkb_measures_sum_init(&s.sum, a, ms, true);
    if (rkb_measures_need(ms, RKB_SEES_OTHERS))
        rkb_judgments_docids(want->judgments, &s.docids);
    rc = rkb_times_read(store, a, want->run_id, &out->times, err);
    if (!rc)
        rc = read_results(&s, store, err);
    out->n_counted = s.n_rows;
    if (!rc) {
        rkb_measures_sum_finish(&s.sum, out->means);
        for (size_t i = 0; !s.n_rows && i < ms->n_slots; i++)
            out->means[i] = NAN;
        rc = store_values(&s, store, err);
    }
    rkb_joiner_release(&s.joiner);
    rkb_map_release(&s.docids);
    rkb_free(s.entries);
    rkb_free(s.ords);
    rkb_free(s.values);
    return rc;
}
