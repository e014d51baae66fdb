# SPDX-License-Identifier: Apache-2.0
# A complete run is not run again unless that is asked for; --dry-run and a
# new label run nothing.
run() {
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --reranker random --format csv "$@" >out 2>err || echo "exit $?"
    cut -d, -f1-5 out | sed 's/^/| /'
    sed 's/20..-..-..T..:..:..Z/DATE/' err
}

run --dry-run
ls
run
run
run --label other
run --again
run --again --repeat 2
sqlite3 rerankbench.db 'SELECT label, repeat, status FROM v_run'
sqlite3 rerankbench.db 'SELECT count(*), max(attempt) FROM query_result'
# Another part of what decides the results is another run.
run --seed 7
run --top-k 3
run --depth 5
sqlite3 rerankbench.db 'SELECT count(*) FROM run'
