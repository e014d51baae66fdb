#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fills a store with what public files give without a model: first stages of
# TREC DL 2019 and 2020 and of three BRIGHT tasks, BM25 over the texts that the
# former bring along, and RankVicuna from its recorded answers.
set -eu
[ $# -eq 2 ] || { echo "usage: runs.sh DATA STORE" >&2; exit 2; }
data=$1
store=$2

run() {
    "${RERANKBENCH:-./rerankbench}" run --data "$data" --store "$store" \
        -m nDCG@10 -m AP@100 -m AP -m RR@10 -m R@100 "$@"
}

for dl in dl19 dl20; do
    run --dataset $dl --candidates '{dataset}/bm25.requests.json' \
        --reranker first-stage --label bm25
    for k in 10 20 50 100; do
        run --dataset $dl --candidates '{dataset}/bm25.requests.json' \
            --reranker bm25 --top-k $k --label rescored
    done
done
run --dataset dl19 --candidates dl19/spladepp.trec \
    --reranker first-stage --label spladepp

# As their authors ran them: the top 100, in the other year the top 20.
run --dataset dl19 --candidates dl19/bm25.requests.json --top-k 100 \
    --reranker "listwise(server='replay:$data/replay/dl19-bm25-rankvicuna-top100/responses.jsonl')" \
    --label rankvicuna
run --dataset dl20 --candidates dl20/bm25.requests.json --top-k 20 \
    --reranker "listwise(server='replay:$data/replay/dl20-bm25-rankvicuna-top20/responses.jsonl')" \
    --label rankvicuna
run --dataset dl19 --candidates dl19/bm25.requests.json --top-k 100 \
    --reranker "listwise(server='replay:$data/replay/dl19-bm25-vicuna13b-top100/responses.jsonl')" \
    --label vicuna-13b

for task in biology stackoverflow leetcode; do
    run --dataset bright/$task --candidates "bright/runs/$task.reasonir.trec" \
        --reranker first-stage --label reasonir
done
