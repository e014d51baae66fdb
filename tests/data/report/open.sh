# SPDX-License-Identifier: Apache-2.0
# Makes s.db from store.sql, and t.db with its rows and ids the other way
# round; REPORT is the command over s.db.
report_store() {
    {
        cat "$TOP/runs/schema.sql"
        sed "s/@FLIP@/$2/g" "$TOP/tests/data/report/store.sql"
    } | sqlite3 "$1" || exit 1
}
report_store s.db 0
report_store t.db 1
report() {
    "$RERANKBENCH" report --store s.db "$@" || echo "=> $?"
}
# In text and in JSON, as golden files hold them.
both() {
    echo "== report $*"
    report "$@"
    report "$@" --format json
}
# Runs 2000 to 2039, "system-2000" on, over what run 9 is over, under evaluations
# of the same numbers, without rankings and values.
forty_systems() {
    sqlite3 s.db "WITH RECURSIVE k(i) AS (SELECT 2000 UNION ALL SELECT i + 1 FROM k WHERE i < 2039)
        INSERT INTO run SELECT i, CAST(printf('%032d', i) AS BLOB), identity,
        'system-' || i, dataset, candidate_set, queries, reranker, repeat, seed,
        n_queries, n_samples, status FROM k, run WHERE id = 9;
        INSERT INTO query_result(run_id, ord, sample, attempt, session_id, warmup,
        status, request_sha, n_docs) SELECT run.id, ord, 0, 1, 9, 0, 'ok', zeroblob(32), 2
        FROM run, query_result WHERE run_id = 9 AND run.id >= 2000;
        INSERT INTO evaluation SELECT id, id, 8, 9, 'failed=none', 0 FROM run WHERE id >= 2000"
}
