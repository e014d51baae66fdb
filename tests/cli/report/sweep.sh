# SPDX-License-Identifier: Apache-2.0
# Loads and what became of them, over a store whose numbers are known: request
# i of 0 to 59 takes i + 1 times so many milliseconds, so that p50 is 30, p90 54
# and p95 57 of them.
exec 2>&1
{
    cat "$TOP/runs/schema.sql"
    cat <<'S'
INSERT INTO candidate_set VALUES(1, zeroblob(32), 'bm25.trec', 'file', 0);
INSERT INTO candidate_list SELECT 1, value, 'q' || value, 2, '["a","b"]', NULL
  FROM generate_series(0, 9);
CREATE TEMP TABLE what(id INTEGER PRIMARY KEY, label, load, ms, failed, n, more);
INSERT INTO what(label, load, ms, failed, n, more) VALUES
  ('fast/closed:1', 'closed:1', 1, 0, 60, ''),
  ('fast/closed:2', 'closed:2', 1.5, 0, 60, ',"loaded":"somebody else"'),
  ('fast/closed:8', 'closed:8', 10, 0, 60, ''),
  ('fast/closed:4', 'closed:4', 2, 4, 60, ''),
  ('fast/closed:3', 'closed:3', 1.7, 3, 60, ''),
  ('slow', 'closed:2', 100, 0, 60, ''),
  ('slow', 'closed:1', 90, 0, 60, ''),
  ('half/open:5', 'open:5', 1, 0, 30, ''),
  ('half/open:2.5', 'open:2.5', 1, 0, 60, ',"late":7'),
  ('half/open:5', 'open:5 for 60 s', 1, 0, 60, ''),
  ('plain', NULL, 1, 0, 60, ''),
  ('offline', 'offline', 1, 0, 60, '');
INSERT INTO run SELECT id, CAST(printf('%32d', id) AS BLOB),
  CASE WHEN load IS NULL THEN '{"options":{}}'
  ELSE json_object('options', json('{}'), 'load', load) END,
  label, 'd', 1, zeroblob(32), 'listwise', 1, 0, 10, 6, 'complete' FROM what;
INSERT INTO session SELECT id, id, '2026-01-01T00:00:00Z',
  '2026-01-01T00:01:00Z', 'box', 1, 'cpu', '1', '{"scenario":"closed",
  "concurrency":1' || more || '}', 'done' FROM what;
-- Each begins when the one before it ends.
INSERT INTO query_result(id, run_id, ord, sample, attempt, session_id, warmup,
  status, request_sha, n_docs, scheduled_ns, latency_ns)
  SELECT w.id * 100 + i.value, w.id, i.value % 10, i.value / 10, 1, w.id, 0,
  CASE WHEN i.value >= 60 - w.failed THEN 'failed' ELSE 'ok' END, zeroblob(32),
  2, CAST(i.value * (i.value + 1) / 2 * w.ms * 1e6 AS INTEGER),
  CAST((i.value + 1) * w.ms * 1e6 AS INTEGER)
  FROM what AS w, generate_series(0, 59) AS i WHERE i.value < w.n;
-- A failed one that went well later was not under this load then.
INSERT INTO session SELECT 99, id, '2026-01-02T00:00:00Z',
  '2026-01-02T00:01:00Z', 'box', 1, 'cpu', '1', '{}', 'done' FROM run
  WHERE label = 'fast/closed:4';
INSERT INTO query_result(id, run_id, ord, sample, attempt, session_id, warmup,
  status, request_sha, n_docs, scheduled_ns, latency_ns)
  SELECT id + 5000, run_id, ord, sample, 2, 99, 0, 'ok', request_sha, 2, 0, 1000
  FROM query_result WHERE status = 'failed' AND run_id = 4;
INSERT INTO ranking SELECT id, NULL, NULL FROM query_result
  WHERE status <> 'failed';
S
} | sqlite3 t.db || exit 1
mkdir none
report() {
    PATH=$PWD/none "$RERANKBENCH" report sweep --store t.db "$@" || echo "=> $?"
}
report --slo p95=100ms
report --runs '*slow' --format csv
report --runs 'fast/*' --slo p50=60ms --format json | grep '"note\|holds'
report --runs 'fast/*' --slo p50=1ms | grep holds
report --runs slow --slo p50=60s | tail -n 1
report --runs 'fast/*' --runs slow --slo p90=100ms -o x.svg
cat x.dat
sed '1,/^set datafile/d' x.gp
for bad in 2s p95 p95=2 p95=s p0=1s p100=1s p95=-1s p95=1h '' p95=0ms; do
    report --slo "$bad"
done
report --runs plain
report --runs offline
report --baseline slow
