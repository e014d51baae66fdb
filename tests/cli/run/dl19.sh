# SPDX-License-Identifier: Apache-2.0
# Labels, and the store as people ask it: latency and nDCG@10 of each query.
dl=$DATA/dl19
[ -r "$dl/bm25.requests.json" ] || { echo 'no dl19'; exit 77; }
set -e
run() {
    "$RERANKBENCH" run --store s.db --dataset dl19 \
        --queries "$dl/queries.tsv" --qrels "$dl/qrels.txt" \
        --candidates "$dl/bm25.requests.json" --label L \
        --format csv "$@" | cut -d, -f1-7
}
run --reranker bm25
run --reranker bm25 --reranker first-stage --reranker reverse 2>&1 |
    sed 's/results of .*/results of DATE/'
# Alone it is the run that it was beside others.
run --reranker first-stage 2>&1 | sed 's/results of .*/results of DATE/'
sqlite3 s.db "SELECT l.label, count(*), count(l.latency_ms),
    printf('%.4f', avg(m.value)), min(l.latency_ms) > 0
    FROM v_latency AS l JOIN v_measure AS m USING (run_id, ord, sample)
    WHERE m.measure = 'nDCG@10' GROUP BY l.run_id ORDER BY l.run_id"
"$RERANKBENCH" export --store s.db L >run.trec
"$RERANKBENCH" eval -c -m ndcg_cut.10 "$dl/qrels.txt" run.trec
