#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make demo`: runs demo/plan.yaml into out/demo.db, prints its table, lets a
# good and a bad candidate through the gate and leaves out/demo/report.md and, to
# be opened in a browser, out/demo/report.html. A second time nothing is run again.
set -eu

cd "$(dirname "$0")/.."
program=${RERANKBENCH:-./rerankbench}
store=out/demo.db
report=out/demo/report.md
page=out/demo/report.html

mkdir -p out/demo
# Runs over data that was edited since are other runs under the same labels.
if [ -n "$(find demo -newer "$store" 2>/dev/null | head -n 1)" ]; then
    rm -f "$store" "$store-wal" "$store-shm" "$store.lock"
fi

"$program" run demo/plan.yaml --store "$store"

# gate CANDIDATE [OPTION]...: against bm25-long, which like all of these gives the
# same order every time (--noise 0).
gate() {
    candidate=$1
    shift
    "$program" gate bm25-long@beir-kitchen "$candidate@beir-kitchen" \
        --store "$store" --max-drop nDCG@10=0.02 --noise 0 "$@" 2>/dev/null
}

# tell CANDIDATE EXIT-CODE: the verdict in a sentence; any other is a fault.
tell() {
    rc=0
    gate "$1" --format json >out/demo/gate.json || rc=$?
    sed -n "s/^\"text\": \"\(.*\)\",$/gate bm25-long $1: \1/p" out/demo/gate.json
    [ "$rc" -eq "$2" ] || { echo "demo: exit code $rc, want $2" >&2; exit 1; }
}
echo
tell first-stage 0
tell reverse 1

{
    echo '# rerankbench demo'
    echo
    echo 'Three small data sets, our own BM25 as first stage, six rerankers that'
    echo 'need no model. Latency is of one query, in milliseconds; p90 needs 29'
    echo 'queries. RR@10 is also called MRR@10. The data is too small to rank'
    echo 'rerankers by.'
    echo
    "$program" run demo/plan.yaml --store "$store" --format md 2>/dev/null
    echo
    echo '## One query where the orders differ'
    echo
    echo '"How can I make mayonnaise that does not split?" (beir-kitchen, q27)'
    echo 'under bm25-long, beside the first stage:'
    echo
    "$program" show bm25-long@beir-kitchen q27 --store "$store" --depth 10 \
        --format md
    echo
    gate reverse --format md --worst 3 | sed 's/^#/##/' || :
} >"$report.tmp"
mv "$report.tmp" "$report"

# Differences with intervals and p-values, which the page then shows.
for d in beir-kitchen trec-dl-garden bright-puzzles; do
    "$program" compare "first-stage@$d" "bm25-long@$d" "random@$d" "oracle@$d" \
        --store "$store" >/dev/null 2>&1
done
"$program" report html --store "$store" -o "$page"
echo "demo: runs are in $store, this table and one query in $report" >&2
echo "demo: all of it, to be opened in a browser: $page" >&2
