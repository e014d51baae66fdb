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
        " conditions, status FROM session WHERE run_id=?1 ORDER BY id",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, run_id);
    while (!rc) {
        rc = rkb_db_step(q, &there, err);
        if (rc || !there)
            break;
        struct rkb_session_row *row = rkb_rows_add(&rows);

        row->id = rkb_db_i64(q, 0);
        row->started_utc = rkb_col_text(q, 1, a);
        row->ended_utc = rkb_col_text(q, 2, a);
        row->host = rkb_col_text(q, 3, a);
        row->cpu = rkb_col_text(q, 4, a);
        row->program_version = rkb_col_text(q, 5, a);
        row->conditions = rkb_col_text(q, 6, a);
        row->status = rkb_col_text(q, 7, a);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}
