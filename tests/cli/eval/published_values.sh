# SPDX-License-Identifier: Apache-2.0
# Published means over published files: TREC DL, replayed rerankings, BRIGHT.
cd "$DATA/dl19" 2>/dev/null || { echo "no test data"; exit 77; }
cd "$DATA"

dl() {
    "$RERANKBENCH" eval -c -m ndcg_cut.10 "$1/qrels.txt" "$2"
    "$RERANKBENCH" eval -c -l 2 -m map "$1/qrels.txt" "$2"
}
dl dl19 dl19/bm25.trec
dl dl20 dl20/bm25.trec
dl dl19 dl19/spladepp.trec
dl dl19 replay/dl19-bm25-rankvicuna-top100/expected.trec
dl dl20 replay/dl20-bm25-rankvicuna-top20/expected.trec
dl dl19 replay/dl19-bm25-vicuna13b-top100/expected.trec
for task in biology stackoverflow leetcode; do
    for qrels in $task.txt $task.fixed.txt; do
        "$RERANKBENCH" eval -c -m ndcg_cut.10 "bright/qrels/qrels.bright-$qrels" \
            "bright/runs/$task.reasonir.trec"
    done
done
