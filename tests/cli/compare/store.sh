# SPDX-License-Identifier: Apache-2.0
# Runs of a store: the table, the same on any number of threads, rows that SQL
# finds, and what moved. Times come from a file, so that they are the same.
exec 2>&1
data=$TOP/demo/trec-dl-garden
"$RERANKBENCH" run --dataset "$data" --candidates bm25 --label made \
    --reranker first-stage --reranker reverse --reranker oracle >/dev/null 2>&1
"$RERANKBENCH" export made/first-stage >first.trec
"$RERANKBENCH" export made/oracle >oracle.trec
for name in first oracle; do
    awk -v f=$([ $name = first ] && echo 3 || echo 1) '!seen[$1]++ {
        print $1 "\t" f * (1 + NR % 7) + (NR % 3) / 10 }' $name.trec >$name.tsv
    "$RERANKBENCH" import --dataset "$data" --label $name --latency $name.tsv \
        $name.trec >/dev/null 2>&1 || echo "import: $?"
done
compare() { "$RERANKBENCH" compare "$@"; }
compare first oracle made/reverse -j1 | tee one
compare first oracle made/reverse -j3 | cmp - one
compare first oracle --test wilcoxon --correction bh -m nDCG@10 -m RR@10 \
    --format csv
compare first made/reverse --per-query --format md
compare first made/reverse --format json --test t | head -n 3
sqlite3 rerankbench.db "SELECT measure, test, correction, family, n, win, tie,
    loss, round(ratio, 3), draws, seed FROM comparison ORDER BY id"
