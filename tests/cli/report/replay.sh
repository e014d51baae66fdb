# SPDX-License-Identifier: Apache-2.0
# Recorded answers of RankVicuna give the digits that its authors printed.
[ -d "$DATA/replay" ] || { echo "no replay under RERANKBENCH_TEST_DATA"; exit 77; }
exec 2>&1
replay() { # DATASET TOP ANSWERS
    "$RERANKBENCH" run --store s.db --dataset "$1" \
        --queries "$DATA/$1/queries.tsv" --qrels "$DATA/$1/qrels.txt" \
        --candidates "$DATA/$1/bm25.requests.json" --reranker listwise \
        --set "server=replay:$DATA/replay/$3/responses.jsonl" \
        --label rankvicuna --top-k "$2" -m nDCG@10 -m AP@100 >log 2>&1 || cat log
}
replay dl19 100 dl19-bm25-rankvicuna-top100
replay dl20 20 dl20-bm25-rankvicuna-top20
for d in dl19 dl20; do
    "$RERANKBENCH" run --store s.db --dataset $d \
        --queries "$DATA/$d/queries.tsv" --qrels "$DATA/$d/qrels.txt" \
        --candidates "$DATA/$d/bm25.requests.json" --reranker first-stage \
        --label bm25 >log 2>&1 || cat log
done
"$RERANKBENCH" report paper rankvicuna --store s.db
"$RERANKBENCH" report paper rankvicuna --store s.db -o x.tex
"$RERANKBENCH" report paper rankvicuna --store s.db -o x.md
grep -c 'regenerated \\\\' x.tex
grep -c 'regenerated |$' x.md
"$RERANKBENCH" report paper anserini --store s.db --runs bm25 | grep equal$
"$RERANKBENCH" report dl --store s.db
for t in biology stackoverflow leetcode; do
    "$RERANKBENCH" import --store s.db --dataset bright/$t \
        --qrels "$DATA/bright/qrels/qrels.bright-$t.txt" --label ReasonIR \
        "$DATA/bright/runs/$t.reasonir.trec" >log 2>&1 || cat log
done
"$RERANKBENCH" report bright --store s.db --x100 --digits 2
