/* SPDX-License-Identifier: Apache-2.0 */
/* Sets, texts and evaluations out of the store. */
#include "runs/store_impl.h"
#include "runs/store_json.h"
#include "runs/store_read.h"

enum rkb_status rkb_store_candidates(struct rkb_store *s, struct rkb_arena *a,
                                     int64_t set_id, int64_t from,
                                     struct rkb_candidate_row *out, bool *row,
                                     struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT ord, qid, n_docs, docids, scores FROM candidate_list"
        " WHERE set_id=?1 AND ord>=?2 ORDER BY ord LIMIT 1",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, set_id);
    rkb_db_bind_i64(q, 2, from);
    rc = rkb_db_step(q, row, err);
    if (rc || !*row)
        return rc;
    *out = (struct rkb_candidate_row){ .ord = rkb_db_i64(q, 0),
                                       .n = (size_t)rkb_db_i64(q, 2) };
    out->qid = rkb_col_text(q, 1, a);
    rc = rkb_docids_read(a, rkb_db_text(q, 3), out->n, &out->docids, err);
    if (!rc)
        rc = rkb_scores_read(a, rkb_db_text(q, 4), out->n, &out->score, err);
    rkb_db_reset(q);
    if (rc)
        return rkb_wrap(err, "damaged store: candidate list %lld of set %lld",
                        (long long)out->ord, (long long)set_id);
    return RKB_OK;
}

enum rkb_status rkb_store_judgments(struct rkb_store *s, struct rkb_arena *a,
                                    int64_t set_id, rkb_sv qid,
                                    struct rkb_judgment_row **out, size_t *n,
                                    struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc =
        rkb_db_prepare(s->db,
                       qid.at ? "SELECT qid, docid, grade FROM judgment"
                                " WHERE set_id=?1 AND qid=?2 ORDER BY docid"
                              : "SELECT qid, docid, grade FROM judgment"
                                " WHERE set_id=?1 ORDER BY qid, docid",
                       &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, set_id);
    if (!rc && qid.at)
        rkb_db_bind_text(q, 2, qid);
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        struct rkb_judgment_row *j = rkb_rows_add(&rows);

        j->qid = rkb_col_text(q, 0, a);
        j->docid = rkb_col_text(q, 1, a);
        j->grade = rkb_db_i64(q, 2);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

enum rkb_status rkb_store_judged_queries(struct rkb_store *s,
                                         struct rkb_arena *a,
                                         int64_t candidate_set,
                                         int64_t judgment_set,
                                         struct rkb_query_row **out, size_t *n,
                                         struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT c.ord, c.qid FROM candidate_list AS c WHERE c.set_id=?1"
        " AND EXISTS (SELECT 1 FROM judgment AS j"
        "  WHERE j.set_id=?2 AND j.qid=c.qid) ORDER BY c.ord",
        &q, err);

    if (!rc) {
        rkb_db_bind_i64(q, 1, candidate_set);
        rkb_db_bind_i64(q, 2, judgment_set);
    }
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        struct rkb_query_row *r = rkb_rows_add(&rows);

        r->ord = rkb_db_i64(q, 0);
        r->qid = rkb_col_text(q, 1, a);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

enum rkb_status rkb_store_times(struct rkb_store *s, struct rkb_arena *a,
                                int64_t run_id, struct rkb_time_row **out,
                                size_t *n, struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT ord, latency_ns, status='failed' FROM v_result WHERE run_id=?1"
        " AND latency_ns IS NOT NULL ORDER BY ord, sample",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, run_id);
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        struct rkb_time_row *r = rkb_rows_add(&rows);

        r->ord = rkb_db_i64(q, 0);
        r->latency_ns = rkb_db_i64(q, 1);
        r->failed = rkb_db_i64(q, 2) != 0;
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

enum rkb_status rkb_store_latencies(struct rkb_store *s, struct rkb_arena *a,
                                    int64_t run_id,
                                    struct rkb_latency_row **out, size_t *n,
                                    struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT ord, CAST(round(avg(latency_ns)) AS INTEGER) FROM v_result"
        " WHERE run_id=?1 GROUP BY ord HAVING count(*)=count(CASE WHEN"
        " status<>'failed' THEN latency_ns END) ORDER BY ord",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, run_id);
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        struct rkb_latency_row *r = rkb_rows_add(&rows);

        r->ord = rkb_db_i64(q, 0);
        r->latency_ns = rkb_db_i64(q, 1);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

enum rkb_status rkb_store_doc_text(struct rkb_store *s, struct rkb_arena *a,
                                   rkb_sv docid, rkb_sv *out,
                                   struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(s->db,
                                        "SELECT count(*), min(text)"
                                        " FROM doc_text WHERE docid=?1",
                                        &q, err);

    *out = (rkb_sv){ 0 };
    if (rc)
        return rc;
    rkb_db_bind_text(q, 1, docid);
    rc = rkb_db_step(q, &row, err);
    if (!rc && row && rkb_db_i64(q, 0) == 1)
        *out = rkb_col_text(q, 1, a);
    rkb_db_reset(q);
    return rc;
}

enum rkb_status rkb_store_query_text(struct rkb_store *s, struct rkb_arena *a,
                                     const struct rkb_digest *queries,
                                     rkb_sv qid, rkb_sv *out,
                                     struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(
        s->db, "SELECT text FROM query_text WHERE digest=?1 AND qid=?2", &q,
        err);

    *out = (rkb_sv){ 0 };
    if (rc)
        return rc;
    rkb_bind_digest(q, 1, queries);
    rkb_bind_text(q, 2, qid);
    rc = rkb_db_step(q, &row, err);
    if (rc || !row)
        return rc;
    *out = rkb_col_text(q, 0, a);
    rkb_db_reset(q);
    return RKB_OK;
}

enum rkb_status rkb_store_evaluations(struct rkb_store *s, struct rkb_arena *a,
                                      int64_t run_id,
                                      struct rkb_evaluation_row **out,
                                      size_t *n, struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT e.id, e.run_id, e.judgment_set, e.compat, e.sample, e.rules,"
        " j.source, j.digest FROM evaluation AS e"
        " JOIN judgment_set AS j ON j.id = e.judgment_set"
        " WHERE ?1 IN (0, e.run_id) ORDER BY e.id",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, run_id);
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        struct rkb_evaluation_row *e = rkb_rows_add(&rows);

        e->id = rkb_db_i64(q, 0);
        e->run_id = rkb_db_i64(q, 1);
        e->judgment_set = rkb_db_i64(q, 2);
        e->compat = rkb_db_i64(q, 3);
        e->sample = rkb_db_i64(q, 4);
        e->rules = rkb_col_text(q, 5, a);
        e->source = rkb_col_text(q, 6, a);
        rc = rkb_col_digest(q, 7, &e->judgments, err);
        if (rc)
            rkb_db_reset(q);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

enum rkb_status rkb_store_means(struct rkb_store *s, struct rkb_arena *a,
                                int64_t eval_id, struct rkb_mean_row **out,
                                size_t *n, struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT measure, value, n, n_missing, n_failed FROM measure_mean"
        " WHERE eval_id=?1 ORDER BY id",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, eval_id);
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        struct rkb_mean_row *m = rkb_rows_add(&rows);

        m->measure = rkb_col_text(q, 0, a);
        m->value = rkb_col_value(q, 1);
        m->n = rkb_db_i64(q, 2);
        m->n_missing = rkb_db_i64(q, 3);
        m->n_failed = rkb_db_i64(q, 4);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

enum rkb_status rkb_store_values(struct rkb_store *s, struct rkb_arena *a,
                                 int64_t eval_id, rkb_sv measure,
                                 struct rkb_value_row **out, size_t *n,
                                 struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc =
        rkb_db_prepare(s->db,
                       "SELECT ord, version, value FROM measure_value"
                       " WHERE eval_id=?1 AND measure=?2 ORDER BY ord",
                       &q, err);

    if (!rc) {
        rkb_db_bind_i64(q, 1, eval_id);
        rkb_bind_text(q, 2, measure);
    }
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        struct rkb_value_row *v = rkb_rows_add(&rows);

        v->ord = rkb_db_i64(q, 0);
        v->version = rkb_db_i64(q, 1);
        v->value = rkb_db_real(q, 2);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}
