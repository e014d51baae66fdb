# SPDX-License-Identifier: Apache-2.0
# Where the time went and what a call costs, of runs whose numbers are worked
# out by hand: a call takes 10 ms, 100 us a prompt token and 20 ms an output
# token. Two calls a query one after another, the second asked again once; or
# the same in two lanes; or calls that are all alike; or no calls.
exec 2>&1
{
    cat "$TOP/runs/schema.sql"
    cat <<'S'
INSERT INTO candidate_set VALUES(1, zeroblob(32), 'bm25.trec', 'file', 0);
INSERT INTO candidate_list SELECT 1, value, 'q' || value, 2, '["a","b"]', NULL
  FROM generate_series(0, 5);
CREATE TEMP TABLE what(id, label);
INSERT INTO what VALUES (1, 'row'), (2, 'lanes'), (3, 'alike'), (4, 'bm25'),
  (5, 'old');
INSERT INTO run SELECT id, CAST(printf('%32d', id) AS BLOB), '{"options":{}}',
  label, 'd', 1, zeroblob(32), 'listwise', 1, 0, 6, 1, 'complete' FROM what;
INSERT INTO session SELECT id, id, '2026-01-01T00:00:00Z',
  '2026-01-01T00:01:00Z', 'box', 1, 'cpu', '1', '{"scenario":"single",
  "concurrency":1,"n_stored":6,"store_ns":3000000,"loaded":"no"}', 'done'
  FROM what;
CREATE TEMP TABLE one AS SELECT w.id AS run, w.label, q.value AS ord,
  s.value AS seq,
  CASE w.label WHEN 'alike' THEN 500 ELSE 500 + 60 * q.value - 100 * s.value
  END AS prompt,
  CASE w.label WHEN 'alike' THEN 1 ELSE 1 + (q.value * 3 + s.value) % 5
  END AS output
  FROM what AS w, generate_series(0, 5) AS q, generate_series(0, 1) AS s;
CREATE TEMP TABLE timed AS SELECT *, 1000000 * (10 + 20 * output)
  + 100000 * prompt AS ns FROM one WHERE label <> 'bm25';
INSERT INTO query_result(id, run_id, ord, sample, attempt, session_id, warmup,
  status, request_sha, n_docs, n_calls, latency_ns)
  SELECT o.run * 10 + o.ord, o.run, o.ord, 0, 1, o.run, 0, 'ok', zeroblob(32),
  2, 2, CASE o.label WHEN 'bm25' THEN 1000000 WHEN 'lanes' THEN
    (SELECT max(ns) FROM timed AS t WHERE t.run = o.run AND t.ord = o.ord)
    + 5000000
  ELSE (SELECT sum(ns) FROM timed AS t WHERE t.run = o.run AND t.ord = o.ord)
    + 28000000 END FROM one AS o WHERE o.seq = 0;
INSERT INTO ranking SELECT id, NULL, NULL FROM query_result;
-- Rendering 1 ms, queue 2 ms, parsing 1 ms; the second waits for the first.
INSERT INTO call(result_id, path, seq, attempt, http, queue_ns, connect_ns,
  first_byte_ns, first_token_ns, total_ns, parse_ns, prompt_tokens,
  output_tokens, class, render_ns, start_ns)
  SELECT run * 10 + ord, CASE label WHEN 'lanes' THEN CAST(seq AS TEXT)
  ELSE '' END, CASE label WHEN 'lanes' THEN 0 ELSE seq END,
  CASE WHEN label <> 'lanes' THEN seq ELSE 0 END, 200, 2000000, 0, 9000000,
  NULL, ns, 1000000, prompt, output, 'ok', 1000000,
  CASE WHEN label = 'old' THEN NULL WHEN label = 'lanes' OR seq = 0
  THEN 2000000 ELSE 18000000 + 4000000 +
    (SELECT ns FROM timed AS t WHERE t.run = timed.run AND t.ord = timed.ord
      AND t.seq = 0) END FROM timed;
INSERT INTO call(result_id, path, seq, attempt, http, queue_ns, connect_ns,
  total_ns, parse_ns, class, render_ns, start_ns)
  SELECT result_id, '', 1, 0, 503, 0, 0, 3000000, 0, 'status', 1000000,
  start_ns - 10000000 FROM call WHERE path = '' AND seq = 1
  AND start_ns IS NOT NULL;
S
} | sqlite3 t.db || exit 1
report() { "$RERANKBENCH" report --store t.db latency "$@" || echo "=> $?"; }
show() { "$RERANKBENCH" show --store t.db "$@" || echo "=> $?"; }
report --breakdown
report --breakdown --predict output=1,calls=1 --runs row --runs lanes \
    --format csv
show row --time --predict output=1 --format json
show row q2 --time
show lanes q2 --time
show old q2 --time
for bad in output=x output=-1 tokens=3 output=1,output=2 '' output; do
    report --breakdown --predict "$bad"
done
report --predict output=1
report --breakdown --baseline row
show row --predict output=1
show row q2 --time --predict output=1
show row q2 --time --against lanes
