# SPDX-License-Identifier: Apache-2.0
# What is not the same is not compared unless asked to; what is wrong is said.
exec 2>&1
data=$TOP/demo/trec-dl-garden
run() { "$RERANKBENCH" run --candidates bm25 "$@" >/dev/null 2>&1 || echo "run: $?"; }
try() {
    "$RERANKBENCH" compare "$@" | cut -d, -f1-4,7
}
run --dataset "$data" --label a --reranker first-stage
run --dataset "$data" --label b --reranker reverse
mkdir other
cp "$data"/* other/
awk 'NR > 1' "$data/qrels.txt" >other/qrels.txt
run --dataset other --label judged --reranker random
sed 's/what/which/' "$data/queries.tsv" >other/queries.tsv
run --dataset "$data" --queries other/queries.tsv --label asked --reranker oracle
echo "-- judgments"
try a judged --format csv
try a judged --format csv --force
echo "-- query texts"
try a asked --format csv
echo "-- measures"
try a b -m P@3
try a b -m gm_map
try a b -m nDCG@10 -m ndcg_cut.10
try a b -m nDGC@10
try a b -m RR@10 --format csv
echo "-- runs"
try a a
try a nothing
try a
try a b --store nowhere.db
echo "-- files"
printf '1 0 a 1\n1 0 b 0\n2 0 a 1\n' >qrels
printf '1 Q0 a 1 2 t\n1 Q0 b 2 1 t\n2 Q0 a 1 1 t\n' >one
printf '1 Q0 b 1 2 t\n1 Q0 a 2 1 t\n' >two
printf '7 Q0 b 1 2 t\n' >three
try one two --qrels qrels --format csv
try one two --qrels qrels --format csv --force
try one three --qrels qrels
try one four --qrels qrels
try one two --qrels nowhere
