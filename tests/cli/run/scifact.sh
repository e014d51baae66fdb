# SPDX-License-Identifier: Apache-2.0
# The whole path over a real collection: our own BM25, stored, exported and
# evaluated again.
zip=$DATA/beir/scifact.zip
[ -r "$zip" ] || { echo 'no scifact.zip'; exit 77; }
set -e
"$RERANKBENCH" run --store s.db --dataset "$zip" --candidates bm25 \
    --depth 1000 --reranker first-stage --label scifact-bm25 \
    -m nDCG@10 -m R@100 -m R@1000 --format csv | cut -d, -f1-7
"$RERANKBENCH" export --store s.db scifact-bm25 >run.trec
sqlite3 -separator ' ' s.db 'SELECT qid, 0, docid, grade FROM judgment' >qrels
"$RERANKBENCH" eval -c -m ndcg_cut.10 -m recall.100,1000 qrels run.trec

# Cut short: one message, and no run.
head -c 1000000 "$zip" >cut.zip
"$RERANKBENCH" run --store t.db --dataset cut.zip --candidates bm25 \
    --reranker first-stage 2>&1 || echo "=> $?"
sqlite3 t.db 'SELECT count(*) FROM run'
