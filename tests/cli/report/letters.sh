# SPDX-License-Identifier: Apache-2.0
# Letters of significance: from comparisons that are stored, none where a side
# is unfinished or rests on other queries, beyond 26 rows too.
. "$TOP/tests/data/report/open.sh"
exec 2>&1
store() {
    sqlite3 s.db "$1"
}
store "INSERT INTO judgment SELECT DISTINCT judgment_set, qid, 'a', 1 FROM evaluation AS e
    JOIN run ON run.id = e.run_id JOIN candidate_list AS c ON c.set_id = run.candidate_set"
# generate-8 is as often a little better than generate as it is worse.
store "UPDATE measure_value SET value = value + (ord % 2 - 0.5) / 5 WHERE eval_id = 12"
both dl -m nDCG@10 --runs '*@dl19' --against bm25 --against first --against 'gen*'
echo "== a second time nothing is computed: the file may be read-only"
before=$(cksum <s.db)
report dl -m nDCG@10 --runs '*@dl19' --against bm25 --against first --against 'gen*' >again
[ "$before" = "$(cksum <s.db)" ] || echo "the store was written"
echo "== Holm's correction is over the table"
store "WITH s AS (SELECT p, p_corrected, row_number() OVER (ORDER BY p) AS i,
        count(*) OVER () AS m FROM comparison WHERE family LIKE 'table%'),
    h AS (SELECT p_corrected, min(1, max((m - i + 1) * p) OVER (ORDER BY i)) AS holm FROM s)
    SELECT count(*), sum(abs(p_corrected - holm) < 1e-12) FROM h"
echo "== repeats: the test is of their means"
store "SELECT abs(c.mean_a - avg(v.value)) < 1e-12, c.n FROM comparison AS c, measure_value AS v
    WHERE c.eval_a = 2 AND c.eval_b = 1 AND c.measure = 'nDCG@10'
    AND c.family LIKE 'table%' AND v.eval_id IN (2, 3, 4) AND v.measure = 'nDCG@10'"
echo "== other tests and corrections are other comparisons"
report dl -m nDCG@10 --runs '*@dl19' --against bm25 --test t --correction bonferroni --alpha 0.01 | sed -n 2,4p
report dl -m nDCG@10 --runs '*@dl19' --against bm25 --test wilcoxon --correction bh | sed -n 2,4p
report dl -m nDCG@10 --runs '*@dl19' --against bm25 --correction none | sed -n 3p
echo "== a changed value is tested anew"
store "UPDATE measure_value SET value = value - 0.3 WHERE eval_id = 17;
    UPDATE measure_mean SET value = value - 0.3 WHERE eval_id = 17"
report dl -m nDCG@10 --runs 'window-5' --runs 'bm25@dl19' --against bm25
echo "== other queries or texts"
store "UPDATE run SET queries = randomblob(32) WHERE id = 17"
store "UPDATE measure_mean SET value = value - 0.01 WHERE eval_id = 17"
report dl -m nDCG@10 --runs 'window-5' --runs 'bm25@dl19' --against bm25
echo "== averages and ceilings are not tested"
report beir --set beir8 --against seven | tail -8
report dl -m nDCG@10 --runs '*@dl19' --against oracle | tail -4
report dl -m nDCG@10 --runs bm25@dl19 --against bm25 | tail -2
report dl --against nobody
report efficiency --against bm25
report dl --alpha 0.01
echo "== forty systems, all against all"
forty_systems
store "INSERT INTO measure_value(eval_id, measure, ord, version, value)
    SELECT run.id, 'nDCG@10', ord, 1, 0.3 + (run.id - 2000) / 100.0 + (ord * run.id % 7) / 50.0
    FROM run, measure_value WHERE run.id >= 2000 AND eval_id = 9 AND measure = 'nDCG@10';
    INSERT INTO measure_mean(eval_id, measure, value, n, n_missing, n_failed)
    SELECT eval_id, 'nDCG@10', avg(value), 54, 0, 0 FROM measure_value WHERE eval_id >= 2000 GROUP BY eval_id"
report dl -m nDCG@10 --runs 'system-*' --against '*' >forty.txt
sed -n '3p;5,7p;40,46p' forty.txt
for f in md tex html csv json; do
    report dl -m nDCG@10 --runs 'system-*' --against '*' -o forty.$f
    grep 'system-2029' forty.$f
done
echo "== p is what compare says"
"$RERANKBENCH" run --store k.db --dataset "$TOP/demo/beir-kitchen" --candidates bm25 \
    --reranker first-stage --reranker 'bm25(b=0.1)' --reranker reverse >/dev/null 2>log || cat log
"$RERANKBENCH" report matrix --store k.db --against first-stage
"$RERANKBENCH" compare --store k.db first-stage bm25 reverse >/dev/null 2>&1 || echo "=> $?"
sqlite3 k.db "SELECT count(*), sum(t.p = c.p AND t.p_corrected = c.p_corrected AND t.n = c.n
    AND t.diff = c.diff) FROM comparison AS t JOIN comparison AS c USING (eval_a, eval_b, measure)
    WHERE t.family LIKE 'table%' AND c.family NOT LIKE 'table%'"
