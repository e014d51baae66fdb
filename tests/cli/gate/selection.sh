# SPDX-License-Identifier: Apache-2.0
# Runs under one label are repeats only if they are of one system over the same
# data; imported ones are what their label says.
exec 2>&1
garden=$TOP/demo/trec-dl-garden
"$RERANKBENCH" run --dataset "$garden" --candidates bm25 --reranker bm25 \
    --label x >log 2>&1 || cat log
"$RERANKBENCH" run --dataset "$garden" --candidates bm25 --reranker bm25 \
    --set b=0.9 --label x >log 2>&1 || cat log
"$RERANKBENCH" gate x 1 --max-drop nDCG@10=0.1
echo "=> $?"
"$RERANKBENCH" gate 1 2 --max-drop nDCG@10=0.1 --noise 0 --worst 0 --format csv
for seed in 1 2 3 4; do
    "$RERANKBENCH" run --dataset "$garden" --candidates bm25 --reranker random \
        --seed $seed --label r$seed >log 2>&1 || cat log
    "$RERANKBENCH" export r$seed >$seed.trec
    label=$([ $seed -lt 4 ] && echo old || echo new)
    "$RERANKBENCH" import --dataset "$garden" --label $label $seed.trec \
        >log 2>&1 || cat log
done
"$RERANKBENCH" gate old new --max-drop nDCG@10=0.4 --worst 0 --format csv
"$RERANKBENCH" gate r[123] new --max-drop nDCG@10=0.4 --worst 0 --format csv
# Never scored: only what another program has written can be so.
sqlite3 rerankbench.db 'PRAGMA foreign_keys=off; DELETE FROM evaluation WHERE run_id = 1'
"$RERANKBENCH" gate 1 2 --max-drop nDCG@10=0.1
echo "=> $?"
