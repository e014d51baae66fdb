# SPDX-License-Identifier: Apache-2.0
# One query, all values equal, forty systems, a run on two sets of judgments.
. "$TOP/tests/data/report/open.sh"
exec 2>&1
echo "== all values equal: nothing is best"
sqlite3 s.db "UPDATE measure_mean SET value = 0.5"
report dl -m nDCG@10 --runs '*@dl20'
report robustness --runs 'first@dl19'
echo "== one query"
sqlite3 t.db "UPDATE run SET n_queries = 1;
    DELETE FROM query_result WHERE ord > 0;
    DELETE FROM measure_value WHERE ord > 0;
    UPDATE measure_mean SET value = 0.25, n = 1"
"$RERANKBENCH" report dl --store t.db --runs 'first@dl20' -m nDCG@10
"$RERANKBENCH" report latency --store t.db --runs 'first@dl20' --baseline first
"$RERANKBENCH" report paper rankllm --store t.db --runs 'first@dl20' --row Mistral | head -6
echo "== forty systems"
forty_systems
sqlite3 s.db "INSERT INTO measure_mean(eval_id, measure, value, n, n_missing, n_failed)
    SELECT id, 'nDCG@10', 0.3 + (id - 2000) / 100.0, 54, 0, 0 FROM run WHERE id >= 2000"
report dl -m nDCG@10 --runs 'system-*' >forty
grep -c '^system-' forty
grep '[*+]$' forty
echo "== two sets of judgments: not ranked unless one is chosen"
sqlite3 s.db "INSERT INTO judgment_set VALUES(5000, CAST(printf('%032d', 5000) AS BLOB), 'newer judgments');
    INSERT INTO evaluation VALUES(5000, 2000, 5000, 9, 'failed=none', 0);
    INSERT INTO measure_mean(eval_id, measure, value, n, n_missing, n_failed)
    VALUES(5000, 'nDCG@10', 0.9, 54, 0, 0)"
report dl -m nDCG@10 --runs system-2000 --runs system-2001
report dl -m nDCG@10 --runs system-2000 --runs system-2001 --judgments 'of dl20'
