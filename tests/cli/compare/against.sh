# SPDX-License-Identifier: Apache-2.0
# One query under two runs, side by side: ranks in the other run, grades, gains,
# values, texts where they were kept.
exec 2>&1
data=$TOP/demo/trec-dl-garden
for keep in "" --keep-texts; do
    "$RERANKBENCH" run --dataset "$data" --candidates bm25 --depth 12 $keep \
        --store "t$keep.db" --reranker first-stage --reranker reverse \
        --measure nDCG@10 --measure P@5 >/dev/null 2>&1
done
show() { "$RERANKBENCH" show "$@" | sed 's/ok, .* ms/ok, TIME ms/'; }
show first-stage 20417 --against reverse --store t.db --depth 3
show reverse 20417 --against first-stage --store t--keep-texts.db --depth 2 --format csv
show first-stage --against reverse --store t.db
show first-stage 99 --against reverse --store t.db
show first-stage 20417 --against nobody --store t.db
