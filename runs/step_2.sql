-- SPDX-License-Identifier: Apache-2.0
-- Comparisons tell more: intervals of the means, sizes of effects, speed-ups.
-- No program of version 1 wrote any; what SQL put there stays. Calls tell what
-- was cached, the server's own time, and the time of making the request.
ALTER TABLE comparison RENAME TO comparison_1;

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

INSERT INTO comparison(id, eval_a, eval_b, measure, test, correction, family,
  n, forced, alpha, seed, draws, mean_a, mean_b, diff, lo, hi, p, p_corrected)
SELECT id, eval_a, eval_b, measure, test, 'none', family, n, 0, 0.05, seed, 0,
  mean_a, mean_b, diff, lo, hi, p, p_corrected FROM comparison_1;
DROP TABLE comparison_1;
ALTER TABLE call ADD COLUMN cached_tokens INTEGER;
ALTER TABLE call ADD COLUMN server_ns INTEGER;
ALTER TABLE call ADD COLUMN render_ns INTEGER;
PRAGMA user_version = 2;
