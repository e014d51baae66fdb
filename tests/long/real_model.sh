#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Rerankers that ask model servers, with real transformers behind them
# (tests/servers): one that ranks by shared words and one of random weights,
# over the demo data. Needs Node 20 with npm and a package registry the first
# time; exit 77 without.
set -eu

tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-model.XXXXXX")
. tests/servers/start.sh
trap 'servers_stop; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
servers_ready || {
    echo "missing package: no real model was asked: $why"
    exit 77
}
top=$(pwd)
program=$top/rerankbench
cd "$tmp"

. "$top/tests/servers/asks.sh"

for d in beir-kitchen trec-dl-garden; do
    first_stage $d
done
server_start one wired-20m
server_start two wired-20m
server_start dice random-2m

# ---- FIRST, on two servers as one, whole and streamed ----------------------

first="--reranker first --set frame=builtin:chatml --set alternatives=26"
asks a beir-kitchen first $first --set "server=$url_one $url_two" \
    --set record=first.calls --concurrency 2
told a first "$clean AND n_calls = 1"
judge beats a.db first chance-beir-kitchen
for s in one two; do
    n=$(server_served $s 'POST /v1/completions')
    [ "$n" -ge 10 ] || fail "of 38 calls server $s got $n"
done
asks again beir-kitchen again $first --set "server=$url_two $url_one" \
    --set record=again.calls --set stream=true --concurrency 2
told again again "$clean AND first_token_ns > 0 AND first_token_ns < latency_ns"
[ "$(sql a "SELECT count(first_token_ns) FROM query_result")" = 0 ] ||
    fail 'a first token is told of answers that were not streamed'
judge agree a.db first first.calls again.db again again.calls

# Recorded answers of a real server give its orders, without a latency.
asks replay beir-kitchen replay $first --set server=replay:first.calls
judge agree a.db first first.calls replay.db replay | grep ': 0 of 38' ||
    fail 'a replay gives other orders'
[ "$(sql replay "SELECT count(latency_ns) FROM query_result")" = 0 ] ||
    fail 'a replay has latencies'

# ---- setwise ---------------------------------------------------------------

# One call that sees all, and another for the second rank.
asks a beir-kitchen setwise --reranker setwise --set children=11 --set k=2 \
    --set max-tokens=1 --set "server=$url_one $url_two" --concurrency 2
told a setwise 'n_calls = 2'
n=$(sql a "SELECT count(*) FROM v_result WHERE label = 'setwise'
    AND status <> 'ok'")
[ "$n" -le 3 ] || fail "'setwise': $n of 38 queries had to be mended"
judge beats a.db setwise chance-beir-kitchen

# The likeliest letter is the one that is generated, whole or streamed.
setwise="--reranker setwise --depth 8 --set children=3 --set k=2"
asks a trec-dl-garden likely $setwise --set mode=likelihood \
    --set "server=$url_one" --set record=likely.calls
told a likely "$clean"
asks a trec-dl-garden spoken $setwise --set max-tokens=1 \
    --set "server=$url_one"
told a spoken "$clean"
judge choose a.db likely likely.calls a.db spoken
asks again trec-dl-garden likely $setwise --set mode=likelihood \
    --set "server=$url_one" --set stream=true --set record=streamed.calls
told again likely "$clean AND first_token_ns > 0"
judge choose a.db likely likely.calls again.db likely streamed.calls

# ---- listwise: a grammar keeps the answer to the form, the model chooses ---

# It writes some characters a token, so that an answer takes up to 21.

windows="--depth 6 --set window=4 --set stride=2"
python3 - >grammar <<'END'
import itertools, json
rules = ['"%s"' % " > ".join("[%s]" % x for x in p)
         for p in itertools.permutations("ABCD")]
print(json.dumps({"grammar": "root ::= " + " | ".join(rules)}))
END
asks a trec-dl-garden listwise --reranker listwise $windows \
    --set template=builtin:listwise-letters --set identifiers=alphabetic \
    --set brackets=letters --set "extra=$(cat grammar)" --set max-tokens=24 \
    --set "server=$url_one"
told a listwise "$clean AND n_calls = 2 AND classes = '{\"ok\":2}'"
asks a trec-dl-garden windows $first $windows --set "server=$url_one" \
    --set record=windows.calls
judge agree a.db windows windows.calls a.db listwise
# Without one the wired model goes on with letters: mended, counted, told.
asks a trec-dl-garden babble --reranker listwise $windows --set max-tokens=8 \
    --set "server=$url_one"
told a babble "q.status = 'repaired' AND q.why IS NOT NULL AND
    (SELECT sum(value) FROM json_each(classes)) = n_calls AND
    json_extract(classes, '\$.ok') IS NULL"

# ---- pairwise, pointwise, rerank -------------------------------------------

asks a trec-dl-garden pairs --reranker pairwise --depth 4 --set mode=logprob \
    --set algorithm=allpair --set "server=$url_one"
told a pairs "$clean AND n_calls = 12"
cat >pair.yaml <<'END'
method: pairwise
body: |-
  [A] {doc1}
  [B] {doc2}

  Search Query: {query}
  Rank one of them above the other: A or B.
END
asks a trec-dl-garden spoken-pairs --reranker pairwise --depth 4 --set k=2 \
    --set template=pair.yaml --set max-tokens=1 --set "server=$url_one"
told a spoken-pairs "$clean"
asks a trec-dl-garden points --reranker pointwise --set yes=Y --set no=N \
    --set alternatives=40 --set "server=$url_dice" --in-flight 4
told a points "$clean AND n_calls = n_docs AND score IS NOT NULL"
asks a trec-dl-garden rerank --reranker rerank-api --set dialect=vllm \
    --set "server=$url_dice"
told a rerank "q.status = 'ok' AND n_calls = 1 AND score IS NOT NULL AND
    (SELECT count(DISTINCT value) FROM json_each(score)) > 1"

# ---- too long: said by the server, or known before -------------------------

server_start small wired-20m --context 420
asks a trec-dl-garden shrunk $first --set "server=$url_small"
told a shrunk "q.status = 'ok' AND prompt_tokens BETWEEN 100 AND 419"
n=$(sql a "SELECT count(DISTINCT result_id) FROM call JOIN v_result AS v
    USING (result_id) WHERE v.label = 'shrunk' AND class = 'context'
    AND http = 400 AND v.n_truncated > 0 AND v.n_calls > 1")
[ "$n" -ge 8 ] || fail "only $n of 10 prompts had to shrink"
asks a trec-dl-garden fitted $first --set "server=$url_one" --set context=600
told a fitted "$clean AND n_truncated > 0 AND n_calls = 1"
server_kill small

# overflows LABEL WORDS [OPTION]...: each query fails, and is told why
overflows() {
    label=$1 words=$2
    shift 2
    rc=0
    run long trec-dl-garden $label $first "$@" || rc=$?
    [ $rc -eq 1 ] || fail "'$label' gives $rc"
    n=$(sql long "SELECT count(*) FROM v_result WHERE label = '$label'
        AND status = 'failed' AND why LIKE '%$words%'")
    [ "$n" -eq 10 ] || fail "'$label': $n of 10 queries fail for their length"
}
server_start small wired-20m --context 150
overflows refused "does not fit the server''s context with 10 words a passage" \
    --set "server=$url_small"
overflows known 'does not fit into 150 tokens with 10 words a passage' \
    --set "server=$url_one" --set context=150
server_kill small

# ---- the server dies, and comes back ---------------------------------------

dies() {
    run dies trec-dl-garden dies $first --set "server=$url_two" \
        --set retries=2 --set backoff=0.05
}
server_kill two
server_start two wired-20m --port "${url_two##*:}"
dies &
client=$!
# The first of them is the probe's.
while [ "$(server_served two 'POST /v1/completions')" -lt 5 ]; do
    kill -0 $client 2>/dev/null || fail 'ended before its server could die'
    sleep 0.05
done
server_kill two
rc=0
wait $client || rc=$?
[ $rc -eq 1 ] || fail "a run whose server died gives $rc"
done=$(sql dies "SELECT count(*) FROM v_result WHERE status = 'ok'")
lost=$(sql dies "SELECT count(*) FROM v_result WHERE status = 'failed'
    AND why LIKE '%127.0.0.1:%, 3 attempts: %' AND retries = 2")
[ "$done" -ge 3 ] && [ "$lost" -ge 1 ] && [ $((done + lost)) -eq 10 ] ||
    fail "$done queries are done and $lost lost, of 10"
server_start two wired-20m --port "${url_two##*:}"
dies || fail "with its server back it gives $?"
told dies dies "$clean"
n=$(sql dies "SELECT count(*) FROM v_result WHERE attempt = 2")
[ "$n" -eq "$lost" ] || fail "$n queries were tried again, not $lost"
n=$(server_served two 'POST /v1/completions')
[ "$n" -eq $((lost + 1)) ] || fail "$n calls where $lost queries were left"
echo "$(sql a 'SELECT count(*) FROM call') calls in the first store," \
    "$lost of 10 queries lost and got back"
