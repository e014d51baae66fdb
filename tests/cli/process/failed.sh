# SPDX-License-Identifier: Apache-2.0
# A program that dies: its queries are failed with its last words, not zeros,
# and one that cannot start says so before any query.
data=$TOP/tests/data/plan/dl19
run() {
    "$RERANKBENCH" run --dataset dl19 --queries "$data/queries.tsv" \
        --qrels "$data/qrels.txt" --candidates "$data/bm25.trec" \
        --missing-text empty --label "$1" --reranker "$2" >table 2>log
    echo "exit $?"
}
cat >dies.sh <<'END'
echo '{"rerankbench":1,"ready":true}'
read -r line
echo "cannot allocate 3 GiB" >&2
exit 1
END
run dies "process(command='sh dies.sh',restarts=0)"
sqlite3 rerankbench.db "SELECT DISTINCT status, why FROM query_result
    ORDER BY why"
run absent "process(command='./absent --model x')"
grep error log
