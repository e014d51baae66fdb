# SPDX-License-Identifier: Apache-2.0
# A good and a bad candidate against a baseline in the store and in a file.
exec 2>&1
run() {
    "$RERANKBENCH" run --dataset "$TOP/demo/beir-kitchen" --candidates bm25 \
        --reranker "$1" --label "$2" >log 2>&1 || cat log
}
gate() {
    echo "\$ gate $*"
    "$RERANKBENCH" gate "$@" || echo "=> $?"
}

run bm25 main
run 'bm25(b=0.41)' good
run 'bm25(b=0.9)' bad
"$RERANKBENCH" baseline main >main.txt
# Nothing moves in a deterministic reranker; who says so gets an answer.
gate main.txt main --max-drop nDCG@10=0
gate main.txt good --max-drop nDCG@10=0.005
gate main.txt good --max-drop nDCG@10=0.005 --noise 0
gate main bad --max-drop ndcg_cut.10=0.005 --max-drop R@100=0 --noise 0 --worst 2
# Repeats say it too.
"$RERANKBENCH" run --dataset "$TOP/demo/beir-kitchen" --candidates bm25 \
    --reranker bm25 --label main --again >log 2>&1 || cat log
gate main bad --max-drop nDCG@10=0.005 --worst 0
# Six repeats of what is random, each another.
"$RERANKBENCH" run --dataset "$TOP/demo/beir-kitchen" --candidates bm25 \
    --reranker random --label dice --repeat 6 >log 2>&1 || cat log
gate dice#[123] dice#[456] --max-drop nDCG@10=0.03 --worst 0
gate dice#[123] dice#[456] --max-drop nDCG@10=0.3 --worst 0
gate main dice#4 --max-drop nDCG@10=0.3 --noise 0.02 --worst 0
