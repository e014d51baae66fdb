# SPDX-License-Identifier: Apache-2.0
# rerankers.yaml gives names to rerankers with their options, in flags, in plans
# and inside other rerankers; what is said at the place wins; faults have a line.
exec 2>&1
data=$TOP/demo/trec-dl-garden
mkdir -p plans .config
cat >plans/rerankers.yaml <<'END'
long: {use: bm25, b: 0.9}
mix: {use: fuse, inputs: "long; bm25(k1=2)", method: zscore}
ours: {use: run-file, path: "our.trec"}
END
printf '%s\n' "datasets: [$data]" 'candidates: bm25' \
    'rerankers: [long, mix, {use: long, as: short, b: 0.1}, ours]' \
    >plans/plan.yaml
"$RERANKBENCH" run --dataset "$data" --candidates bm25 --reranker 'bm25(b=0.9)' \
    --label same >/dev/null 2>&1
"$RERANKBENCH" export same >plans/our.trec
"$RERANKBENCH" run plans/plan.yaml --format csv 2>/dev/null | cut -d, -f3-5
echo '# the same options are the same run'
cp plans/rerankers.yaml .
"$RERANKBENCH" run --dataset "$data" --candidates bm25 --reranker long \
    --label same 2>&1 | grep -o '0 sent'
"$RERANKBENCH" list rerankers --format csv | grep -c 'yours, over'
echo '# faults'
printf 'a: {use: bm25}\nb:\n  use: rankgtp\n' >rerankers.yaml
"$RERANKBENCH" list rerankers
printf 'b:\n  use: bm25\n  k9: 1\n' >rerankers.yaml
"$RERANKBENCH" run --dataset "$data" --candidates bm25 --reranker b
rm rerankers.yaml
