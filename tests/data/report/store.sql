-- SPDX-License-Identifier: Apache-2.0
-- A store for reports, put into an empty one made by runs/schema.sql. Values
-- are made up by a rule; @FLIP@ = 1 gives the same store with its rows and ids
-- the other way round.
CREATE TEMP TABLE spec(rid INTEGER PRIMARY KEY, label, dataset, source, depth,
  top_k, reranker, model, repeat, n, n_failed, level, seconds, conditions,
  extra, id);
CREATE TEMP TABLE num AS WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL
  SELECT i + 1 FROM k WHERE i < 59) SELECT i FROM k;

INSERT INTO spec(rid, label, dataset, source, depth, top_k, reranker, model,
  repeat, n, n_failed, level, seconds, conditions, extra) VALUES
 (1, 'bm25', 'dl19', 'ir/dl19/bm25.requests.json', 100, 0, 'first-stage', NULL, 1, 60, 0, 0.50, 0.0001, 'box', ''),
 (2, 'first', 'dl19', 'ir/dl19/bm25.requests.json', 100, 0, 'first', 'acme/first-7b', 1, 60, 0, 0.70, 1.0, 'gpu', '"window":20'),
 (3, 'first', 'dl19', 'ir/dl19/bm25.requests.json', 100, 0, 'first', 'acme/first-7b', 2, 60, 0, 0.71, 1.1, 'gpu', '"window":20'),
 (4, 'first', 'dl19', 'ir/dl19/bm25.requests.json', 100, 0, 'first', 'acme/first-7b', 3, 60, 0, 0.69, 0.9, 'gpu', '"window":20'),
 (5, 'rankvicuna', 'dl19', 'ir/dl19/bm25.requests.json', 100, 0, 'listwise', NULL, 1, 60, 0, 0.66, NULL, 'gpu', '"recorded":1'),
 (6, 'broken', 'dl19', 'ir/dl19/bm25.requests.json', 100, 0, 'listwise', 'acme/list-7b', 1, 60, 2, 0.90, 2.5, 'gpu', '"window":20'),
 (7, 'oracle', 'dl19', 'ir/dl19/bm25.requests.json', 100, 0, 'oracle', NULL, 1, 60, 0, 0.95, 0.0002, 'box', '"grades":1'),
 (8, 'bm25', 'dl20', 'ir/dl20/bm25.requests.json', 100, 0, 'first-stage', NULL, 1, 54, 0, 0.48, 0.0001, 'box', ''),
 (9, 'first', 'dl20', 'ir/dl20/bm25.requests.json', 100, 0, 'first', 'acme/first-7b', 1, 54, 0, 0.65, 1.0, 'gpu', '"window":20'),
 (10, 'first', 'dl19', 'ir/dl19/spladepp.trec', 100, 0, 'first', 'acme/first-7b', 1, 60, 0, 0.75, 1.0, 'gpu', '"window":20'),
 (11, 'generate', 'dl19', 'ir/dl19/bm25.requests.json', 100, 0, 'listwise', 'acme/list-7b', 1, 60, 0, 0.70, 2.0, 'gpu', '"window":20'),
 (12, 'generate-8', 'dl19', 'ir/dl19/bm25.requests.json', 100, 0, 'listwise', 'acme/list-7b', 1, 60, 0, 0.70, 4.0, 'gpu8', '"window":20'),
 (13, 'first', 'dl19', 'ir/dl19/bm25.requests.json', 100, 50, 'first', 'acme/first-7b', 1, 60, 0, 0.68, 0.5, 'gpu', '"window":20'),
 (14, 'a_b&c%d$e#f{g}h~i^j\k<l>"m''n|o*p`q[r]--s', 'dl20', 'ir/dl20/bm25.requests.json', 100, 0, 'listwise', 'x_y&z', 1, 54, 0, 0.48, 1.5, 'gpu', '"window":10'),
 (15, 'orders', 'custom', 'ir/custom/bm25.trec', 100, 0, 'first', 'acme/first-7b', 1, 20, 0, 0.60, 1.0, 'gpu', '"shuffle":false'),
 (16, 'orders', 'custom', 'ir/custom/bm25.trec', 100, 0, 'first', 'acme/first-7b', 1, 20, 0, 0.55, 1.0, 'gpu', '"shuffle":true'),
 (17, 'window-5', 'dl19', 'ir/dl19/bm25.requests.json', 100, 0, 'first', 'acme/first-7b', 1, 60, 0, 0.62, 1.4, 'gpu', '"window":5');
-- Twelve tasks of one system, eleven of another; eight collections and seven.
INSERT INTO spec(rid, label, dataset, source, depth, top_k, reranker, model,
  repeat, n, n_failed, level, seconds, conditions, extra)
SELECT 100 + key, 'reasoner', 'bright/' || value, 'ir/bright/' || value ||
  '.reasonir.trec', 100, 0, 'listwise', 'acme/reason-7b', 1, 5, 0,
  0.30 + key / 100.0, 3.0, 'gpu', '"window":20'
FROM json_each('["biology","earth_science","economics","psychology","robotics","stackoverflow","sustainable_living","leetcode","pony","aops","theoremqa_questions","theoremqa_theorems"]')
UNION ALL
SELECT 120 + key, 'eleven', 'bright/' || value, 'ir/bright/' || value ||
  '.reasonir.trec', 100, 0, 'listwise', 'acme/reason-7b', 1, 5, 0,
  0.31 + key / 100.0, 3.0, 'gpu', '"window":10'
FROM json_each('["biology","earth_science","economics","psychology","robotics","stackoverflow","sustainable_living","leetcode","pony","aops","theoremqa_questions"]')
UNION ALL
SELECT 140 + key, 'monot5', 'beir/' || value, 'ir/beir/bm25.trec', 100, 0,
  'pointwise', 'acme/mono', 1, 4, 0, 0.40 + key / 100.0, 0.3, 'gpu', ''
FROM json_each('["trec-covid","nfcorpus","webis-touche2020","dbpedia-entity","scifact","signal1m","trec-news","robust04"]')
UNION ALL
SELECT 160 + key, 'seven', 'beir/' || value, 'ir/beir/bm25.trec', 100, 0,
  'pointwise', 'acme/mono', 1, 4, 0, 0.42, 0.3, 'gpu', '"words":300'
FROM json_each('["trec-covid","nfcorpus","webis-touche2020","dbpedia-entity","scifact","signal1m","trec-news"]')
UNION ALL
SELECT 180 + key, 'monot5', 'beir/cqadupstack/' || value, 'ir/beir/bm25.trec',
  100, 0, 'pointwise', 'acme/mono', 1, 4, 0, 0.20 + key / 100.0, 0.3, 'gpu', ''
FROM json_each('["android","english","gaming","gis","mathematica","physics","programmers","stats","tex","unix","webmasters","wordpress"]');
UPDATE spec SET id = CASE @FLIP@ WHEN 1 THEN 1000 - rid ELSE rid END;

CREATE TEMP TABLE sets AS SELECT min(id) AS id, dataset, source,
  min(depth) AS depth, max(n) AS n FROM spec GROUP BY dataset, source;
INSERT INTO candidate_set SELECT id, CAST(printf('%032d', id) AS BLOB), source,
  'evaluator', depth FROM sets ORDER BY id;
INSERT INTO candidate_list(set_id, ord, qid, n_docs, docids)
  SELECT id, i, 'q' || i, 2, '["a","b"]' FROM sets JOIN num ON i < n
  ORDER BY id, CASE @FLIP@ WHEN 1 THEN -i ELSE i END;
INSERT INTO judgment_set SELECT min(id), CAST(printf('%-32s', dataset) AS BLOB),
  'judgments of ' || dataset FROM spec GROUP BY dataset;

INSERT INTO run(id, key, identity, label, dataset, candidate_set, queries,
  reranker, repeat, seed, n_queries, n_samples, status)
SELECT s.id, CAST(printf('%032d', rid) AS BLOB),
  json_object('judgments', CASE WHEN extra LIKE '%grades%' THEN 'j' END,
    'options', json('{' || CASE WHEN extra LIKE '%recorded%' OR
      extra LIKE '%grades%' THEN '' ELSE extra END || '}'),
    'probe', CASE WHEN extra LIKE '%recorded%' THEN
      json('{"server":{"model":"","recorded":"00"},"template":"t"}')
      WHEN model IS NOT NULL THEN json_object('server',
      json_object('model', model), 'template', 't') END,
    'repeat', repeat, 'reranker', reranker, 'top_k', top_k),
  label, s.dataset, c.id, zeroblob(32), reranker, repeat, 42, s.n, 1,
  CASE WHEN n_failed THEN 'incomplete' ELSE 'complete' END
FROM spec AS s JOIN sets AS c ON c.dataset = s.dataset AND c.source = s.source
ORDER BY s.id;
INSERT INTO session(id, run_id, started_utc, ended_utc, host, pid, cpu,
  program_version, conditions, status)
SELECT id, id, '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z', 'box', 1, 'cpu',
  '0.1.0', CASE conditions
    WHEN 'gpu' THEN '{"concurrency":1,"scenario":"single","reranker":{"prefix":"cold"}}'
    WHEN 'gpu8' THEN '{"concurrency":8,"scenario":"single","reranker":{"prefix":"cold"}}'
    ELSE '{"concurrency":1,"scenario":"single"}' END, 'done'
FROM spec ORDER BY id;
INSERT INTO query_result(run_id, ord, sample, attempt, session_id, warmup,
  status, why, request_sha, latency_ns, n_docs, n_calls, prompt_tokens,
  cached_tokens, output_tokens, reasoning_tokens, classes)
SELECT id, i, 0, 1, id, 0,
  CASE WHEN i < n_failed THEN 'failed' WHEN i % 10 = 9 AND model IS NOT NULL
    THEN 'repaired' ELSE 'ok' END,
  CASE WHEN i < n_failed THEN 'time-out' END, zeroblob(32),
  CAST(seconds * (1 + i % 7 / 10.0) * 1e9 AS INTEGER), 2,
  CASE WHEN model IS NOT NULL THEN 9 ELSE 0 END,
  CASE WHEN model IS NOT NULL THEN 3000 + i ELSE 0 END,
  CASE WHEN model IS NOT NULL THEN 1000 ELSE 0 END,
  CASE WHEN reranker = 'listwise' THEN 900 ELSE 9 * (model IS NOT NULL) END,
  CASE WHEN label = 'reasoner' THEN 700 ELSE 0 END,
  CASE WHEN model IS NULL AND extra NOT LIKE '%recorded%' THEN NULL
    WHEN i % 10 = 9 THEN '{"ok":7,"repetition":2}' ELSE '{"ok":9}' END
FROM spec JOIN num ON i < n ORDER BY id, CASE @FLIP@ WHEN 1 THEN -i ELSE i END;
INSERT INTO ranking SELECT q.id, CASE WHEN q.ord % 2 AND
  r.reranker <> 'first-stage' THEN '[1,0]' END, NULL
FROM query_result AS q JOIN run AS r ON r.id = q.run_id
WHERE q.status <> 'failed' ORDER BY q.id;

INSERT INTO evaluation SELECT s.id, s.id, j.id, 9, 'failed=none', 0
  FROM spec AS s JOIN judgment_set AS j ON j.source = 'judgments of ' || dataset
  ORDER BY s.id;
CREATE TEMP TABLE measures AS SELECT column1 AS name, column2 AS dl,
  column3 AS shift FROM (VALUES ('nDCG@10', 'nDCG@10', 0.0),
  ('AP', 'AP(rel=2)', -0.2), ('RR@10', 'RR(rel=2)@10', 0.1),
  ('R@100', 'R(rel=2)@100', -0.1));
INSERT INTO measure_value(eval_id, measure, ord, version, value)
SELECT id, CASE WHEN dataset LIKE 'dl%' THEN dl ELSE name END, i, 1,
  min(1, max(0, level + shift + (i * 37 % 11 - 5) / 50.0))
FROM spec, measures JOIN num ON i < n AND i >= n_failed
ORDER BY CASE @FLIP@ WHEN 1 THEN -i ELSE i END;
INSERT INTO measure_mean(eval_id, measure, value, n, n_missing, n_failed)
SELECT id, measure, avg(value), count(*), CASE WHEN rid = 8 THEN 1 ELSE 0 END,
  n_failed
FROM spec JOIN measure_value ON eval_id = id GROUP BY id, measure
ORDER BY id, measure;
