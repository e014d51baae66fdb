# SPDX-License-Identifier: Apache-2.0
# Rerankers inside a reranker: their files are found and their traits asked
# for, a copied run file makes the same run, and a failed input is told.
exec 2>&1
data=$TOP/demo/beir-kitchen
run() {
    "$RERANKBENCH" run --dataset "$data" --candidates bm25 -m nDCG@10 \
        -m Tau_b --format csv "$@" 2>log | cut -d , -f 1-6
}
run --reranker 'bm25(k1=1.2,b=0.75)' --label long --reranker constant \
    --reranker oracle
"$RERANKBENCH" export long/bm25@beir-kitchen >long.trec
cp long.trec copy.trec
for method in rrf minmax zscore sum; do
    run --label $method --reranker \
        "fuse(inputs='run-file(path=long.trec); first-stage',method=$method)"
done
run --label again --reranker \
    "fuse(inputs='run-file(path=copy.trec);first-stage()',weights='1,1.0')"
grep -o '0 sent' log
"$RERANKBENCH" list runs --format csv | grep -c fuse
run --reranker "fuse(inputs='oracle; bm25; constant',weights='1,0,0')" --label o
grep -v '^q01 ' long.trec >less.trec
run --label f --reranker "fuse(inputs='first-stage; run-file(path=less.trec)')"
grep -o 'input .*' log
