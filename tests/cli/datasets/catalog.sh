# SPDX-License-Identifier: Apache-2.0
# datasets.yaml names paths once, and gives data sets of one's own their
# conventions, in every command that takes --dataset.
demo=$TOP/demo
cat >datasets.yaml <<END
garden:
  path: $demo/trec-dl-garden
  relevance: 2
  headline: RR@5
dl19: {queries: $demo/trec-dl-garden/queries.tsv, qrels: $demo/trec-dl-garden/qrels.txt}
mirror: {qrels: self.qrels, queries: self.tsv, drop-self: true, excluded: true}
END
printf '1 0 a 1\n1 0 x -100\n' >self.qrels
printf '1\tone\n' >self.tsv
printf '1 Q0 1 1 3 t\n1 Q0 x 2 2 t\n1 Q0 a 3 1 t\n' >self.trec
table() {
    cut -d, -f1,4-7
}

echo '# run, with the level of relevance in the measures'
"$RERANKBENCH" run --store s.db --dataset garden --candidates bm25 \
    --reranker reverse --format csv 2>/dev/null | cut -d, -f1,4-8
echo '# a known name keeps its own'
"$RERANKBENCH" run --store s.db --dataset dl19 --corpus \
    "$demo/trec-dl-garden/collection.tsv" --candidates bm25 \
    --reranker reverse --label r --format csv 2>/dev/null | table
echo '# own document and excluded id are dropped'
"$RERANKBENCH" run --store s.db --dataset mirror --candidates self.trec \
    --reranker first-stage --format csv 2>&1 | table
"$RERANKBENCH" eval --dataset mirror -m recip_rank -m num_ret self.qrels self.trec
"$RERANKBENCH" eval -m recip_rank -m num_ret self.qrels self.trec
"$RERANKBENCH" eval --dataset garden -m AP "$demo/trec-dl-garden/qrels.txt" \
    self.trec 2>&1 | sed "s|$TOP/||g" | cut -c1-72
"$RERANKBENCH" import --store s.db --dataset mirror self.trec
"$RERANKBENCH" lint --dataset mirror | tail -n 1
"$RERANKBENCH" lint --dataset mirror --qrels self.qrels self.trec | head -n 4
"$RERANKBENCH" list datasets --format csv | sed "s|$TOP/||g" |
    grep -E 'from$|^(garden|mirror|dl19),'

echo '# beside the plan first, then in the configuration folder'
mkdir -p plans home/rerankbench
printf 'garden: %s\n' "$demo/trec-dl-garden" >plans/datasets.yaml
printf 'garden: nowhere\nkitchen: {path: %s, split: dev}\n' \
    "$demo/beir-kitchen" >home/rerankbench/datasets.yaml
printf 'datasets: [garden, kitchen]\ncandidates: bm25\nrerankers: reverse\n' \
    >plans/plan.yaml
rm datasets.yaml
XDG_CONFIG_HOME=$PWD/home "$RERANKBENCH" run plans/plan.yaml --store s.db \
    --format csv 2>&1 | table | grep -v given
XDG_CONFIG_HOME=$PWD/home "$RERANKBENCH" run --store s.db --dataset garden \
    --candidates bm25 --reranker reverse 2>&1 | sed "s|$PWD/||g"

echo '# faults'
fault() {
    printf "$1" >datasets.yaml
    "$RERANKBENCH" ${2-list datasets} 2>&1
    echo "exit $?"
}
fault 'mine:\n  qrel: x\n'
fault 'dl19: {relevance: 1}\n'
fault 'mine: {qrels: x, headline: nDGC@10}\n' \
    'run --dataset mine --candidates bm25 --reranker reverse'
fault 'mine: {qrels: x}\n' \
    'run --dataset mine --candidates bm25 --reranker reverse'
fault 'mine: {qrels: x}\n' \
    'run --dataset mien --candidates bm25 --reranker reverse'
fault 'mine: {qrels: x}\n' 'lint --dataset mien'
