#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# llama.cpp's own server, of any build: LLAMA_SERVER=FILE names its
# `llama-server`. Rerankers run over the demo data through the dialect
# `llamacpp`, and some through `openai`. Exit 77 without.
set -eu

tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-llama.XXXXXX")
. tests/servers/start.sh
trap 'servers_stop; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
llama_ready || {
    echo "missing package: llama.cpp's server was not asked: $why"
    exit 77
}
top=$(pwd)
program=$top/rerankbench
cd "$tmp"
. "$top/tests/servers/asks.sh"

for d in beir-kitchen trec-dl-garden; do
    first_stage $d
done
llama_start one wired-20m -c 8192 --parallel 2
llama_start dice random-2m -c 4096
garden=trec-dl-garden
llamacpp="--set dialect=llamacpp"

# ---- FIRST: /completion, chats, rendered by the server, streamed -------------

first="--reranker first $llamacpp --set alternatives=26 --set server=$url_one"
asks a beir-kitchen first $first --set frame=builtin:chatml --concurrency 2
told a first "$clean AND n_calls = 1"
judge beats a.db first chance-beir-kitchen
# The prefix cache was kept out, and the server's own time is told.
told a first "(SELECT count(*) FROM call AS c WHERE c.result_id = q.id
    AND c.cached_tokens = 0 AND c.server_ns > 0) = n_calls"
asks a $garden plain $first --set frame=builtin:chatml --set record=plain.calls
told a plain "$clean"
# Rendered by the server, which has a call of its own that is in no count.
asks a $garden rendered $first --set frame=apply-template \
    --set record=rendered.calls
n=$(sql a "SELECT count(*) FROM v_result WHERE label = 'rendered'
    AND status = 'ok' AND n_calls = 1")
[ "$n" -eq 10 ] || fail "'rendered': $n of 10"
judge agree a.db plain plain.calls a.db rendered rendered.calls
asks a $garden chat $first
told a chat "$clean"
judge agree a.db plain plain.calls a.db chat
for f in builtin:chatml chat; do
    asks again $garden stream-$f $first --set frame=$f --set stream=true
    told again stream-$f "$clean AND first_token_ns > 0"
    judge agree a.db plain plain.calls again.db stream-$f
done
# A recording of the real server gives its orders again.
asks replay $garden replay --reranker first --set alternatives=26 \
    --set frame=builtin:chatml --set server=replay:plain.calls
judge agree a.db plain plain.calls replay.db replay | grep ': 0 of 10' ||
    fail 'a replay gives other orders'

# ---- the other methods -------------------------------------------------------

asks a beir-kitchen setwise --reranker setwise $llamacpp --set children=11 \
    --set k=2 --set max-tokens=1 --set server=$url_one
told a setwise 'n_calls = 2'
judge beats a.db setwise chance-beir-kitchen
asks a $garden likely --reranker setwise $llamacpp --set children=3 --set k=2 \
    --set mode=likelihood --set server=$url_one
told a likely "$clean"
# Bound to the form by a grammar of our own, merged into the body.
python3 - >grammar <<'END'
import itertools, json
rules = ['"%s"' % " > ".join("[%s]" % x for x in p)
         for p in itertools.permutations("ABCD")]
print(json.dumps({"grammar": "root ::= " + " | ".join(rules)}))
END
asks a $garden listwise --reranker listwise $llamacpp --depth 6 --set window=4 \
    --set stride=2 --set template=builtin:listwise-letters \
    --set identifiers=alphabetic --set brackets=letters --set max-tokens=24 \
    --set "extra=$(cat grammar)" --set server=$url_one
told a listwise "$clean AND n_calls = 2 AND classes = '{\"ok\":2}'"
# Bound to the choices by the dialect.
asks a $garden pairs --reranker pairwise $llamacpp --depth 4 --set k=2 \
    --set constrain=true --set server=$url_one
told a pairs "$clean"
asks a $garden likely-pairs --reranker pairwise $llamacpp --depth 4 \
    --set mode=logprob --set algorithm=allpair --set server=$url_one
told a likely-pairs "$clean AND n_calls = 12"
asks a $garden points --reranker pointwise $llamacpp --set yes=Y --set no=N \
    --set alternatives=40 --set server=$url_dice --in-flight 4
told a points "$clean AND n_calls = n_docs AND score IS NOT NULL"
asks a $garden openai --reranker first --set dialect=openai \
    --set frame=builtin:chatml --set alternatives=20 --set server=$url_one
told a openai 'n_calls = 1 AND output_tokens > 0'

# ---- cross-encoders and embeddings -----------------------------------------

llama_start heads random-2m -c 4096 --reranking
llama_start vectors random-2m -c 4096 --embeddings --pooling last
asks a $garden rerank --reranker rerank-api $llamacpp --set server=$url_heads
told a rerank "q.status = 'ok' AND n_calls = 1 AND score IS NOT NULL AND
    (SELECT count(DISTINCT value) FROM json_each(score)) > 1"
asks a $garden vectors --reranker embedding $llamacpp --set server=$url_vectors
told a vectors "q.status = 'ok' AND score IS NOT NULL AND
    (SELECT count(DISTINCT value) FROM json_each(score)) > 1"
# The same passages in calls of five have the same scores: one cross-encoder.
asks a $garden fives --reranker rerank-api $llamacpp --set batch=5 \
    --set server=$url_heads
n=$(sql a "SELECT count(*) FROM v_result AS x JOIN v_result AS y USING (qid)
    JOIN ranking AS r ON r.result_id = x.result_id
    JOIN ranking AS s ON s.result_id = y.result_id
    WHERE x.label = 'rerank' AND y.label = 'fives' AND r.perm IS s.perm")
[ "$n" -eq 10 ] || fail "batches of five give other orders for $((10 - n)) of 10"

# ---- what the server refuses ------------------------------------------------

# refused LABEL WORDS [OPTION]...: the run stops, and says why
refused() {
    label=$1 words=$2
    shift 2
    rc=0
    run no $garden $label $llamacpp "$@" || rc=$?
    [ $rc -eq 4 ] || fail "'$label' gives $rc"
    grep -q -e "$words" err || fail "'$label' does not say '$words'"
}
refused no-rerank 'does not support reranking' --reranker rerank-api \
    --set server=$url_one
refused no-vectors 'does not support embeddings' --reranker embedding \
    --set server=$url_dice
llama_start keyed wired-20m -c 1024 --api-key secret
refused no-key 'Invalid API Key' --reranker first --set server=$url_keyed

# Too long for the context, which the server tells: shortened until it fits.
llama_start small wired-20m -c 256
asks a $garden shrunk --reranker first $llamacpp --set frame=builtin:chatml \
    --depth 6 --set alternatives=26 --set server=$url_small --set context=9999
told a shrunk "q.status = 'ok' AND prompt_tokens BETWEEN 100 AND 255"
n=$(sql a "SELECT count(DISTINCT result_id) FROM call JOIN v_result AS v
    USING (result_id) WHERE v.label = 'shrunk' AND class = 'context'
    AND http = 400 AND v.n_truncated > 0 AND v.n_calls > 1")
[ "$n" -ge 4 ] || fail "only $n of 10 prompts had to shrink"
# Older builds do not score a pair that is longer than the physical batch; such
# a query fails and says so, and with fewer words of a passage all go well.
llama_start narrow random-2m -c 4096 --reranking -b 40 -ub 40
rc=0
run a $garden narrow --reranker rerank-api $llamacpp \
    --set server=$url_narrow || rc=$?
n=$(sql a "SELECT count(*) FROM v_result WHERE label = 'narrow' AND
    (status = 'ok' OR why LIKE '%is too large to process%')")
{ [ $rc -eq 0 ] || [ $rc -eq 1 ]; } && [ "$n" -eq 10 ] ||
    fail "'narrow' gives $rc, and $n of 10 say why"
asks a $garden words --reranker rerank-api $llamacpp --set words=3 \
    --set server=$url_narrow

echo "llama.cpp $llama_build: $(sql a 'SELECT count(*) FROM call') calls"
