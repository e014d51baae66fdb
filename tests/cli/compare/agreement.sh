# SPDX-License-Identifier: Apache-2.0
# How far orders agree: one with itself, with its reverse, and with half of it.
exec 2>&1
run() {
    "$RERANKBENCH" run --store s.db --dataset "$TOP/demo/trec-dl-garden" \
        --candidates bm25 --measure nDCG@10 --measure P@5 "$@" >log 2>&1 || cat log
}
run --depth 12 --reranker first-stage --reranker constant --reranker reverse \
    --reranker 'random'
run --depth 6 --reranker first-stage --label half
agree() { "$RERANKBENCH" compare --store s.db "$@" --agreement || echo "=> $?"; }
agree first-stage constant reverse random half -m nDCG@10 -m P@5
agree first-stage reverse --format json
sqlite3 s.db "SELECT printf('%.4f', sqrt(avg((a.value - b.value) * (a.value - b.value))))
    FROM v_measure AS a JOIN v_measure AS b USING (qid, measure)
    WHERE a.label = 'first-stage' AND b.label = 'random' AND measure = 'nDCG@10'"
agree first-stage reverse --per-query
agree first-stage reverse --qrels "$TOP/demo/trec-dl-garden/qrels.txt"
