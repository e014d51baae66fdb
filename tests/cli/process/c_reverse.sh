# SPDX-License-Identifier: Apache-2.0
# The example in C gives the order of the built-in that it imitates, whatever
# the number of queries at once.
data=$TOP/tests/data/plan/dl19
run() {
    "$RERANKBENCH" run --dataset dl19 --queries "$data/queries.tsv" \
        --qrels "$data/qrels.txt" --candidates "$data/bm25.trec" \
        --missing-text empty --label "$1" --reranker "$2" \
        --concurrency "$3" >table 2>log || cat table log
    "$RERANKBENCH" export "$1" -o "$1.trec" --tag t
}
program="'$BIN/../examples/process/reverse'"
run mine "process(command=\"$program\")" 1
run many "process(command=\"$program\",timeout=500)" 4
run ours reverse 1
cmp mine.trec ours.trec
cmp many.trec ours.trec
test -s ours.trec && echo same
