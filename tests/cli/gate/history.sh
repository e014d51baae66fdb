# SPDX-License-Identifier: Apache-2.0
# Builds over time: the first one outside of the band is marked, and so are
# other data; --baseline moves the band.
exec 2>&1
run() {
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --label nightly --build "$@" >log 2>&1 || cat log
}
history() {
    echo "\$ history $*"
    "$RERANKBENCH" history "$@" || echo "=> $?"
}

run a1 --reranker bm25
run b2 --reranker 'bm25(b=0.41)'
run c3 --reranker 'bm25(b=0.9)'
run d4 --reranker 'bm25(b=0.9)' --seed 7
run e5 --reranker bm25
run f6 --reranker bm25 --depth 10
run g7 --reranker random
"$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
    --label nightly --build a1 --reranker bm25 2>&1 >/dev/null |
    sed 's/20..-..-..T..:..:..Z/DATE/'
history nDCG@10 --dataset trec-dl-garden --reranker bm25 --format csv |
    cut -d, -f1,3-8
history ndcg_cut.10 --dataset trec-dl-garden --reranker 'bm*' --label nightly \
    --format json | grep -c '"build": "[a-f]'
"$RERANKBENCH" baseline 3 >c3.txt
history nDCG@10 --dataset trec-dl-garden --baseline c3.txt --max-drop 0 |
    sed -n 's/^band of nDCG/&/p'
history nDCG@10 --dataset trec-dl-garden --max-drop 0.5 --format csv |
    cut -d, -f1,4,8
history P@7 --dataset trec-dl-garden
history nDGC@10 --dataset trec-dl-garden
history nDCG@10
history nDCG@10 --dataset dl19
history nDCG@10 --dataset trec-dl-garden --max-slowdown fast
history nDCG@10 --dataset trec-dl-garden --baseline nowhere
