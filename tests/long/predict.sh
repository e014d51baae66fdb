#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What FIRST would save, told from a listwise run before it is tried, and held
# against FIRST itself, with a real transformer behind both (tests/servers).
# The method's claim is that reading a window's prompt stays and generating its
# order goes. Needs Node 20 with npm and a package registry the first time;
# exit 77 without.
set -eu

tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-predict.XXXXXX")
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
server_start one wired-20m

fail() {
    echo "predict: $*"
    [ ! -s err ] || tail -n 20 err
    exit 1
}
run() {
    label=$1
    shift
    "$program" run --store $store --dataset "$top/demo/trec-dl-garden" --candidates bm25 \
        --depth 8 --label "$label" --concurrency 1 --warm-up 2 "$@" \
        --set window=4 --set stride=2 --set "server=$url_one" >out 2>err ||
        fail "'$label' gives $?"
}

# A grammar keeps the generated order to its form, and ends it the sooner the
# better the first document was: what a token costs is told from answers of
# unlike lengths. Documents that are not named keep their places.
python3 - >grammar <<'END'
import itertools, json
length = {"A": 1, "B": 2, "C": 3, "D": 4}
rules = ['"%s"' % " > ".join("[%s]" % x for x in p) for k in range(1, 5)
         for p in itertools.permutations("ABCD", k) if k == length[p[0]]]
print(json.dumps({"grammar": "root ::= " + " | ".join(rules)}))
END
measure() {
    run listwise --reranker listwise --set template=builtin:listwise-letters \
        --set identifiers=alphabetic --set brackets=letters \
        --set "extra=$(cat grammar)" --set max-tokens=24
    run first --reranker first --set frame=builtin:chatml \
        --set alternatives=26
}

# of LABEL COLUMN [OPTION]...: a number of the second table
of() {
    label=$1 column=$2
    shift 2
    "$program" show --store $store "$label" --time --format csv "$@" |
        awk -F, -v c="$column" '
        /^run,calls/ { for (i = 1; i <= NF; i++) if ($i == c) k = i; next }
        k { print $k; exit }'
}
# A call that something else held up for long hides what tokens cost, and the
# fit says so.
for store in 1.db 2.db 3.db; do
    measure
    r2=$(of listwise 'R^2')
    awk -v r="$r2" 'BEGIN { exit !(r >= 0.7) }' && break
    echo "R^2 is $r2: measured again"
done
prompt=$(of first 'tokens a call prompt')
predicted=$(of listwise 'predicted ms a query mean' \
    --predict "output=1,prompt=$prompt")
listwise=$(of listwise 'measured ms a query' --predict output=1)
first=$(of first 'measured ms a query' --predict output=1)
"$program" report --store $store latency --breakdown --predict "output=1,prompt=$prompt"
echo "a query takes listwise $listwise ms; first: predicted $predicted ms," \
    "measured $first ms"

# The parts of every query sum to its latency, as stored: to the nanosecond.
sqlite3 $store "SELECT qid FROM v_result WHERE label = 'listwise'" |
    while read -r qid; do
        "$program" show --store $store listwise "$qid" --time | awk '
            /^latency: / { latency = $2; next }
            / ms \(/ { sub(/.*: /, ""); sum += $1 }
            END { d = sum - latency; exit !(latency > 0 && d * d < 1e-10) }' ||
            fail "the parts of query $qid do not sum to its latency"
    done || exit 1
# Generous: the machine may be busy, and twenty calls are few.
awk -v p="$predicted" -v m="$first" -v l="$listwise" 'BEGIN {
    exit !(p > m / 1.5 && p < m * 1.5 && p < l) }' ||
    fail 'the prediction is not within a factor of 1.5 of the measurement'
