#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The static program needs nothing of the machine, and gives the same bytes as
# the dynamic one: eval, export and lint, over every container that the
# libraries in it unpack.
set -eu

top=$(pwd)
BUILD=${BUILD:-build}
case $BUILD in /*) built=$BUILD ;; *) built=$top/$BUILD ;; esac
dynamic=$top/rerankbench
static=$built/static/rerankbench
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-static.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

build() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory \
        -j"${JOBS:-2}" BUILD="$BUILD" "$@"
}
if ! build static-needs 2>"$tmp/needs"; then
    cat "$tmp/needs"
    echo "missing package: a static library"
    exit 77
fi
build static >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
cd "$tmp"

fail() {
    echo "static: $*"
    exit 1
}
readelf -lW "$static" >elf
! grep -q INTERP elf || fail "it asks for a loader"
readelf -dW "$static" >elf
! grep -q NEEDED elf || fail "it needs $(grep NEEDED elf)"

n=0
# same ARGUMENT...: both programs say and return the same
same() {
    rc=0 rc2=0
    "$dynamic" "$@" >out 2>err || rc=$?
    "$static" "$@" >out2 2>err2 || rc2=$?
    [ "$rc" = "$rc2" ] || fail "$*: exit $rc and $rc2; $(cat err2)"
    cmp out out2 || fail "$*: another output"
    cmp err err2 || fail "$*: other messages"
    [ -s out ] || [ -s err ] || fail "$*: nothing to compare"
    n=$((n + 1))
}

demo=$top/demo
for d in beir-kitchen trec-dl-garden bright-puzzles; do
    "$dynamic" run --dataset "$demo/$d" --candidates bm25 --reranker bm25 \
        --label $d >/dev/null 2>&1
    same export $d
    [ -s out ] || fail "$d: an empty run"
    mv out $d.trec
    same lint "$demo/$d" run:$d.trec
    for compat in 9 10; do
        same eval -q -c -m all_trec -m nDCG@10 -m 'ERR@10' -m Tau_b \
            --compat $compat "$demo/$d" $d.trec
    done
done
run=beir-kitchen.trec
gzip -k $run
zstd -q -k $run
cp -r "$demo/beir-kitchen" 'küche'
zip -q -r kitchen.zip 'küche'
for f in $run.gz $run.zst; do
    same eval -q kitchen.zip $f
    same lint --qrels kitchen.zip run:$f
done
same lint kitchen.zip
for p in $(cd "$top" && find tests/data/parquet -name "*.parquet" | sort); do
    same lint "$top/$p"
done
same eval "$demo/beir-kitchen" absent.trec
same eval -m nDGC@10 "$demo/beir-kitchen" $run

rc=0
"$static" run --dataset "$demo/beir-kitchen" 2>err || rc=$?
[ $rc = 2 ] || fail "'run' gave $rc"
grep -q "'run' is not in this program" err || fail "it says: $(cat err)"
[ $n -gt 20 ] || fail "only $n comparisons"
echo "$n calls gave the same bytes"
