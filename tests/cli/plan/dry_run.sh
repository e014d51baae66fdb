# SPDX-License-Identifier: Apache-2.0
# What would run is printed, and nothing is run or written.
cp -r "$TOP/tests/data/plan" data
mkdir plans
cat >plans/plan.yaml <<'END'
data: ../data
datasets: [dl19, dl20]
candidates: {first: "{dataset}/bm25.trec"}
rerankers:
  - {use: bm25, as: lexical, k1: 1.2}
  - {use: run-file, path: "{dataset}/bm25.trec"}
repeat: 2
END
"$RERANKBENCH" run --dry-run plans/plan.yaml
"$RERANKBENCH" run --dry-run plans/plan.yaml --dataset dl20 --repeat 1 \
    --label L --format csv
ls
