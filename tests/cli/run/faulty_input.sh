# SPDX-License-Identifier: Apache-2.0
# What cannot be used is one message and a code; no run is left behind.
exec 2>&1
cp -r "$TOP/demo/beir-kitchen" data
try() {
    rc=0
    "$RERANKBENCH" run --reranker first-stage --store s.db "$@" || rc=$?
    echo "=> $rc"
}

try --dataset dl91 --candidates bm25
try --dataset data --candidates bm25 --reranker first-stag
try --dataset data --candidates bm25 --reranker 'bm25(k2=1)'
try --dataset data --candidates bm25 --reranker 'bm25(k1=x)'
try --dataset data --candidates bm25 --dept 10 --dephth 3
try --dataset data --candidates bm25 -m nDCG@10 -m nDC@10
try --dataset data --candidates none.trec
try --dataset data --candidates 'http://me:hunter2@host/run'
[ ! -e s.db ] || echo 'a store was made'

# What is found while reading: the store is there, but has no run.
printf 'zz Q0 k1 1 1 t\n' >none.trec
try --dataset data --candidates none.trec
printf 'q01 Q0 k1 1 2 t\n# twice\nq01 Q0 k1 2 1 t\n' >twice.trec
try --dataset data --candidates twice.trec
printf 'q01 Q0 k1 1 x t\n' >score.trec
try --dataset data --candidates score.trec
: >empty.trec
try --dataset data --candidates empty.trec
cp -r data latin
printf '{"_id":"z","title":"","text":"caf\351"}\n' >>latin/corpus.jsonl
try --dataset latin --candidates bm25
cp -r data cut
printf '{"_id":"z","title":"","te' >>cut/corpus.jsonl
try --dataset cut --candidates bm25
(cd "$TOP/demo/beir-kitchen" && zip -qr - .) | head -c 9000 >short.zip
try --dataset short.zip --candidates bm25
printf 'q01 Q0 no-such 1 2 t\n' >foreign.trec
try --dataset data --candidates foreign.trec --reranker bm25
sqlite3 s.db 'SELECT count(*) FROM run' 'SELECT count(*) FROM candidate_set'
