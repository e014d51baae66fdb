-- SPDX-License-Identifier: Apache-2.0
-- The store of rerankbench, version 3. Plain SQL is enough to use it;
-- docs/store.md has ready queries. Times ending in _ns are nanoseconds of a
-- monotonic clock, those ending in _utc are '2026-01-31T23:59:59Z'. NULL is
-- "nobody knows" or "there is none", never 0.

-- ---- what is ranked ---------------------------------------------------------

CREATE TABLE candidate_set(
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,   -- SHA-256 of what decides the lists
  source TEXT NOT NULL,          -- file or recipe, for people
  order_rule TEXT NOT NULL,      -- how the first-stage order was taken
  depth INTEGER NOT NULL         -- candidates kept per query; 0 = all
);

CREATE TABLE candidate_list(
  set_id INTEGER NOT NULL REFERENCES candidate_set,
  ord INTEGER NOT NULL,          -- 0, 1, ...: order in which means are summed
  qid TEXT NOT NULL,             -- query id
  n_docs INTEGER NOT NULL,       -- length of docids
  docids TEXT NOT NULL,          -- JSON array of strings, first-stage order
  scores TEXT,                   -- JSON array of first-stage scores or nulls
  PRIMARY KEY(set_id, ord),
  UNIQUE(set_id, qid)
);

CREATE TABLE judgment_set(
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,   -- SHA-256 of the judgments
  source TEXT NOT NULL           -- file or collection, for people
);

CREATE TABLE judgment(
  set_id INTEGER NOT NULL REFERENCES judgment_set,
  qid TEXT NOT NULL,             -- query id
  docid TEXT NOT NULL,           -- document id
  grade INTEGER NOT NULL,        -- relevance; negative = pooled, not judged
  PRIMARY KEY(set_id, qid, docid)
) WITHOUT ROWID;

CREATE TABLE query_text(
  digest BLOB NOT NULL,          -- SHA-256 of the whole set of queries
  qid TEXT NOT NULL,             -- query id
  text TEXT NOT NULL,            -- as it was sent
  PRIMARY KEY(digest, qid)
) WITHOUT ROWID;

CREATE TABLE doc_text(           -- only with --keep-texts
  sha BLOB PRIMARY KEY,          -- SHA-256 of docid and text
  docid TEXT NOT NULL,           -- document id
  text TEXT NOT NULL             -- as it was sent
);
CREATE INDEX doc_text_docid ON doc_text(docid);

-- ---- what ran ---------------------------------------------------------------

CREATE TABLE run(
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,      -- SHA-256 of identity
  identity TEXT NOT NULL,        -- canonical JSON of all that decides results
  label TEXT NOT NULL,           -- name for people; need not be unique
  dataset TEXT NOT NULL,         -- name of the dataset
  candidate_set INTEGER NOT NULL REFERENCES candidate_set,
  queries BLOB NOT NULL,         -- query_text.digest
  reranker TEXT NOT NULL,        -- name of the registered reranker
  repeat INTEGER NOT NULL CHECK(repeat >= 1),         -- 1, 2, ...
  seed INTEGER NOT NULL CHECK(seed >= 0),             -- of all randomness
  n_queries INTEGER NOT NULL CHECK(n_queries >= 0),   -- queries to be asked
  n_samples INTEGER NOT NULL CHECK(n_samples >= 1),   -- times each is asked
  status TEXT NOT NULL           -- running: under way, or cut off
    CHECK(status IN ('running', 'complete', 'incomplete'))
);
CREATE INDEX run_label ON run(label);

CREATE TABLE session(            -- one stretch of work on a run
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  started_utc TEXT NOT NULL,     -- time
  ended_utc TEXT,                -- time; NULL: under way, or cut off
  host TEXT NOT NULL,            -- name of the machine
  pid INTEGER NOT NULL,          -- process id on that host
  cpu TEXT NOT NULL,             -- model of the processor
  program_version TEXT NOT NULL, -- of rerankbench
  conditions TEXT NOT NULL,      -- JSON: URLs, concurrency, scenario, load
  status TEXT NOT NULL           -- running: under way, or just cut off
    CHECK(status IN ('running', 'done', 'stopped', 'failed'))
);
CREATE INDEX session_run ON session(run_id);

CREATE TABLE query_result(       -- one attempt at one query
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  ord INTEGER NOT NULL CHECK(ord >= 0),         -- candidate_list.ord
  sample INTEGER NOT NULL CHECK(sample >= 0),   -- 0, 1, ... < run.n_samples
  attempt INTEGER NOT NULL CHECK(attempt >= 1), -- the largest counts
  session_id INTEGER NOT NULL REFERENCES session,
  warmup INTEGER NOT NULL CHECK(warmup IN (0, 1)),  -- 1: never counts
  status TEXT NOT NULL           -- repaired: an answer had to be mended
    CHECK(status IN ('ok', 'repaired', 'failed')),
  why TEXT,                      -- reason when repaired or failed
  request_sha BLOB NOT NULL,     -- SHA-256 of query, candidates, their texts
  scheduled_ns INTEGER,          -- since the session's start: open loop: due,
                                 -- else handed over
  queue_ns INTEGER,              -- open loop: from due to handed over
  latency_ns INTEGER,            -- open loop: from due, else from handed over,
                                 -- to having the order; NULL when a recorded
                                 -- or cached answer was used
  wait_ns INTEGER,               -- of it inside calls: queue, back-off
  first_token_ns INTEGER,        -- from handed over to the first token
  n_docs INTEGER NOT NULL CHECK(n_docs >= 0),   -- candidates sent
  n_calls INTEGER,               -- calls to a server
  n_cached INTEGER,              -- of them answered by our own cache
  retries INTEGER,               -- calls sent again
  prompt_tokens INTEGER,         -- as the server counts, all calls together
  cached_tokens INTEGER,         -- of them found in the server's prefix cache
  output_tokens INTEGER,         -- generated
  reasoning_tokens INTEGER,      -- of them before the answer
  n_truncated INTEGER,           -- passages cut to fit
  classes TEXT,                  -- JSON object: class of answer to count
  UNIQUE(run_id, ord, sample, attempt)
);

CREATE TABLE ranking(            -- absent where there is no order (failed)
  result_id INTEGER PRIMARY KEY REFERENCES query_result,
  perm TEXT,                     -- JSON array: candidate index (from 0) at
                                 -- rank 1, 2, ...; NULL = as it came in
  score TEXT                     -- JSON array by candidate index, nulls where
                                 -- the reranker gave none; NULL = none at all
);

CREATE TABLE call(               -- one request to a server
  result_id INTEGER NOT NULL REFERENCES query_result,
  path TEXT NOT NULL,            -- branch of the method: '', '0', '0/3', ...
  seq INTEGER NOT NULL,          -- number of the call in its branch, from 0
  attempt INTEGER NOT NULL,      -- of the same call, from 0
  http INTEGER,                  -- status code; NULL = no answer came
  queue_ns INTEGER,              -- waiting for the server's gate
  connect_ns INTEGER,            -- connecting; 0 on a kept connection
  first_byte_ns INTEGER,         -- from sending to the first byte
  first_token_ns INTEGER,        -- from sending to the first token
  total_ns INTEGER,              -- from sending to the last byte
  parse_ns INTEGER,              -- reading the answer
  prompt_tokens INTEGER,         -- as the server counts
  output_tokens INTEGER,         -- generated
  class TEXT,                    -- what the answer was: 'ok', 'repetition', ...
  request_sha BLOB,              -- SHA-256 of the request's bytes
  answer TEXT,                   -- only when asked to be kept
  cached_tokens INTEGER,         -- of the prompt's, from a prefix cache
  server_ns INTEGER,             -- the server's own time for it
  render_ns INTEGER,             -- making the prompt and the request
  start_ns INTEGER,              -- from handing over the query until the call
                                 -- asked for the server's gate
  PRIMARY KEY(result_id, path, seq, attempt)
) WITHOUT ROWID;

-- ---- what it is worth -------------------------------------------------------

CREATE TABLE evaluation(         -- one sample of a run under one judgment set
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  judgment_set INTEGER NOT NULL REFERENCES judgment_set,
  compat INTEGER NOT NULL,       -- trec_eval whose numbers these are: 9 or 10
  rules TEXT NOT NULL,           -- what else decides them, as canonical text
  sample INTEGER NOT NULL,       -- query_result.sample
  UNIQUE(run_id, judgment_set, compat, rules, sample)
);

CREATE TABLE measure_value(      -- one query; absent where undefined or failed
  eval_id INTEGER NOT NULL REFERENCES evaluation,
  measure TEXT NOT NULL,         -- canonical name: 'nDCG@10'
  ord INTEGER NOT NULL,          -- candidate_list.ord
  version INTEGER NOT NULL,      -- of the measure's definition
  value REAL NOT NULL,           -- in the measure's own unit
  PRIMARY KEY(eval_id, measure, ord)
) WITHOUT ROWID;

CREATE TABLE measure_mean(
  id INTEGER PRIMARY KEY,        -- order in which they were asked for
  eval_id INTEGER NOT NULL REFERENCES evaluation,
  measure TEXT NOT NULL,         -- canonical name: 'nDCG@10'
  value REAL,                    -- over n queries; NULL = undefined
  n INTEGER NOT NULL,            -- queries it is taken over
  n_missing INTEGER NOT NULL,    -- judged queries without candidates, at 0
  n_failed INTEGER NOT NULL,     -- queries left out because they failed
  UNIQUE(eval_id, measure)
);

CREATE TABLE comparison(         -- paired by query, a minus b
  id INTEGER PRIMARY KEY,
  eval_a INTEGER NOT NULL REFERENCES evaluation,
  eval_b INTEGER NOT NULL REFERENCES evaluation,
  measure TEXT NOT NULL,         -- canonical name, or 'latency_ms'
  test TEXT NOT NULL,            -- 'randomization', 't', 'wilcoxon', 'none'
  correction TEXT NOT NULL,      -- 'holm', 'bonferroni', 'bh', 'none'
  family TEXT NOT NULL,          -- what p is corrected over
  n INTEGER NOT NULL,            -- pairs: queries that both finished
  n_a INTEGER, n_b INTEGER,      -- queries with a value of a, of b
  forced INTEGER NOT NULL CHECK(forced IN (0, 1)),  -- 1: judgments or
                                 -- query sets differ; what is in both
  alpha REAL NOT NULL,           -- intervals have 1 - alpha
  seed INTEGER NOT NULL,         -- of the resampling
  draws INTEGER NOT NULL,        -- random draws behind p; 0 = it has none
  mean_a REAL, lo_a REAL, hi_a REAL,   -- over the pairs, with interval
  mean_b REAL, lo_b REAL, hi_b REAL,   -- likewise
  diff REAL, lo REAL, hi REAL,   -- mean_a - mean_b, with interval
  p REAL, p_corrected REAL,      -- two-sided
  effect REAL,                   -- Cohen's d of the differences
  detectable REAL,               -- smallest difference found 4 times of 5
  win INTEGER, tie INTEGER, loss INTEGER,   -- queries: a better, equal, worse
  ratio REAL, ratio_sd REAL,     -- latency_ms: mean_b / mean_a, and its
                                 -- standard deviation by resampling
  ratio_lo REAL, ratio_hi REAL,  -- with interval
  UNIQUE(eval_a, eval_b, measure, test, correction, family)
);

-- ---- views for people -------------------------------------------------------

-- The latest attempt at each (query, sample), warm-ups left out.
CREATE VIEW v_result AS
SELECT r.id AS run_id, r.label, r.dataset, r.repeat, a.ord, c.qid, a.sample,
  a.id AS result_id, a.attempt, a.session_id, a.status, a.why, a.n_docs,
  a.scheduled_ns, a.queue_ns, a.latency_ns, a.wait_ns, a.first_token_ns,
  a.n_calls, a.n_cached, a.retries, a.prompt_tokens, a.cached_tokens,
  a.output_tokens, a.reasoning_tokens, a.n_truncated, a.classes
FROM query_result AS a
JOIN run AS r ON r.id = a.run_id
JOIN candidate_list AS c ON c.set_id = r.candidate_set AND c.ord = a.ord
WHERE a.warmup = 0 AND NOT EXISTS (
  SELECT 1 FROM query_result AS b
  WHERE b.run_id = a.run_id AND b.ord = a.ord AND b.sample = a.sample
    AND b.warmup = 0 AND b.attempt > a.attempt);

-- One row per query: how long it took.
CREATE VIEW v_latency AS
SELECT run_id, label, dataset, repeat, ord, qid, sample, status,
  latency_ns / 1e6 AS latency_ms, wait_ns / 1e6 AS wait_ms,
  queue_ns / 1e6 AS queue_ms, first_token_ns / 1e6 AS first_token_ms,
  n_calls, retries, prompt_tokens, output_tokens
FROM v_result;

-- One row per query and measure.
CREATE VIEW v_measure AS
SELECT r.id AS run_id, r.label, r.dataset, r.repeat, m.ord, c.qid, e.sample,
  m.measure, m.value, e.id AS eval_id, j.source AS judgments, e.compat, e.rules
FROM evaluation AS e
JOIN run AS r ON r.id = e.run_id
JOIN judgment_set AS j ON j.id = e.judgment_set
JOIN measure_value AS m ON m.eval_id = e.id
JOIN candidate_list AS c ON c.set_id = r.candidate_set AND c.ord = m.ord;

-- One row per ranked document.
CREATE VIEW v_ranking AS
SELECT v.run_id, v.label, v.dataset, v.repeat, v.ord, v.qid, v.sample,
  p.key + 1 AS rank,
  CASE WHEN k.perm IS NULL THEN p.value
    ELSE json_extract(c.docids, '$[' || p.value || ']') END AS docid,
  json_extract(k.score, '$[' ||
    CASE WHEN k.perm IS NULL THEN p.key ELSE p.value END || ']') AS score,
  1 + CASE WHEN k.perm IS NULL THEN p.key ELSE p.value END AS first_rank
FROM v_result AS v
JOIN run AS r ON r.id = v.run_id
JOIN candidate_list AS c ON c.set_id = r.candidate_set AND c.ord = v.ord
JOIN ranking AS k ON k.result_id = v.result_id
JOIN json_each(coalesce(k.perm, c.docids)) AS p;

-- One row per run: how much of it is there.
CREATE VIEW v_run AS
SELECT r.id AS run_id, r.label, r.dataset, r.repeat, r.reranker, r.status,
  r.n_queries, r.n_samples,
  count(CASE v.status WHEN 'ok' THEN 1 END) AS n_ok,
  count(CASE v.status WHEN 'repaired' THEN 1 END) AS n_repaired,
  count(CASE v.status WHEN 'failed' THEN 1 END) AS n_failed,
  (SELECT min(started_utc) FROM session AS s WHERE s.run_id = r.id)
    AS started_utc,
  (SELECT max(ended_utc) FROM session AS s WHERE s.run_id = r.id) AS ended_utc
FROM run AS r LEFT JOIN v_result AS v ON v.run_id = r.id
GROUP BY r.id;

PRAGMA application_id = 1919640162;  -- 0x726b6262, "rkbb"
PRAGMA user_version = 3;
