# SPDX-License-Identifier: Apache-2.0
# The example in Python reranks DL19's BM25 top 100: the order of every query
# is that of the built-in it imitates, every query is ok, and no child is left.
python3 -c 'import json' >/dev/null 2>&1 || {
    echo "missing package: python3"
    exit 77
}
data=$DATA/dl19
[ -r "$data/bm25.requests.json" ] || {
    echo "no dl19/bm25.requests.json under RERANKBENCH_TEST_DATA"
    exit 77
}
run() {
    "$RERANKBENCH" run --dataset dl19 --queries "$data/queries.tsv" \
        --qrels "$data/qrels.txt" --candidates "$data/bm25.requests.json" \
        --label "$1" --reranker "$2" >table 2>log || cat table log
    "$RERANKBENCH" export "$1" -o "$1.trec" --tag t
}
cp "$TOP/examples/process/scorer.py" "my scorer.py"
run mine "process(command='python3 \"my scorer.py\"')"
run ours reverse
cmp mine.trec ours.trec
cut -d ' ' -f 1 ours.trec | sort -u | wc -l
sqlite3 rerankbench.db "SELECT r.status, count(*), sum(n_calls),
    sum(latency_ns > 0) FROM query_result r JOIN run ON run.id = run_id
    WHERE label = 'mine' GROUP BY r.status"
