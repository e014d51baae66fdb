# SPDX-License-Identifier: Apache-2.0
# What a person types wrong is told in one line, with the nearest name, and
# exit code 2. Nothing goes to standard output.
try() {
    rc=0
    "$RERANKBENCH" "$@" 2>err >out || rc=$?
    echo "\$ rerankbench $*"
    cat out err
    echo "=> $rc"
}

try evl
try frobnicate
try eval
try eval qrels
try eval --mesure=map
try eval --frobnicate
try eval -Z
try eval --n
try eval -m
try eval -l x q r
try eval -l0 q r
try eval --compat 8 q r
try eval -q -q q r
try eval --nosummary=maybe q r
try run
try run --depht 5
try run --depth -1
try run --depth=
try run a.yaml b.yaml
try list
try list rerankers runs
try list reranker
try list methods
try list rerankers --format yaml
