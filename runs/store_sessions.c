/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/store_impl.h"
#include "runs/store_read.h"

enum rkb_status rkb_store_sessions(struct rkb_store *s, struct rkb_arena *a,
                                   int64_t run_id, struct rkb_session_row **out,
                                   size_t *n, struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool there = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT id, started_utc, ended_utc, host, cpu, program_version,"
        " conditions, status, CASE WHEN json_valid(conditions) THEN"
        " nullif(json_extract(conditions, '$.loaded'), 'no') END"
        " FROM session WHERE run_id=?1 ORDER BY id",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, run_id);
    while (!rc && !(rc = rkb_db_step(q, &there, err)) && there) {
        struct rkb_session_row *row = rkb_rows_add(&rows);

        row->id = rkb_db_i64(q, 0);
        row->started_utc = rkb_col_text(q, 1, a);
        row->ended_utc = rkb_col_text(q, 2, a);
        row->host = rkb_col_text(q, 3, a);
        row->cpu = rkb_col_text(q, 4, a);
        row->program_version = rkb_col_text(q, 5, a);
        row->conditions = rkb_col_text(q, 6, a);
        row->status = rkb_col_text(q, 7, a);
        row->loaded = rkb_col_text(q, 8, a);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

enum rkb_status rkb_store_machines(struct rkb_store *s, struct rkb_arena *a,
                                   int64_t run_id, struct rkb_machine_row **out,
                                   size_t *n, struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool there = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT s.cpu, CASE WHEN json_valid(s.conditions) THEN"
        " json_extract(s.conditions, '$.gpu') END AS gpu, min(s.host),"
        " count(DISTINCT s.host), count(*) FROM v_result AS v"
        " JOIN session AS s ON s.id = v.session_id WHERE v.run_id=?1"
        " AND v.status <> 'failed' AND v.latency_ns IS NOT NULL"
        " GROUP BY s.cpu, gpu ORDER BY s.cpu, gpu",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, run_id);
    while (!rc && !(rc = rkb_db_step(q, &there, err)) && there) {
        struct rkb_machine_row *row = rkb_rows_add(&rows);

        row->cpu = rkb_col_text(q, 0, a);
        row->gpu = rkb_col_text(q, 1, a);
        row->host = rkb_col_text(q, 2, a);
        row->n_hosts = rkb_db_i64(q, 3);
        row->n_queries = rkb_db_i64(q, 4);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

enum rkb_status rkb_store_pace(struct rkb_store *s, int64_t run_id,
                               struct rkb_pace *out, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT coalesce(sum(n), 0), coalesce(sum(failed), 0),"
        " coalesce(sum(span), 0), coalesce(sum(timeless), 0) FROM ("
        "SELECT count(*) AS n, count(CASE status WHEN 'failed' THEN 1 END) AS"
        " failed, max(scheduled_ns + latency_ns) AS span,"
        " count(*) - count(scheduled_ns + latency_ns) AS timeless"
        " FROM query_result WHERE run_id=?1 AND warmup=0 GROUP BY session_id)",
        &q, err);

    *out = (struct rkb_pace){ 0 };
    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, run_id);
    rc = rkb_db_step(q, &row, err);
    if (rc || !row)
        return rc;
    out->measured_ns = rkb_db_i64(q, 2);
    if (!rkb_db_i64(q, 3)) {
        out->n = rkb_db_i64(q, 0);
        out->n_failed = rkb_db_i64(q, 1);
    }
    rkb_db_reset(q);
    return RKB_OK;
}
