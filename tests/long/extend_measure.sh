#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A new measure is one file and one line: in a copy of the tree it is listed,
# checked and computed, and nothing else was touched.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tree=$tmp/tree
mkdir "$tree"
git ls-files -z | tar -cf - --null -T - | tar -xf - -C "$tree"
cp tests/extend/m_test_measure.c "$tree/metrics/"
echo 'RKB_MEASURE(test_measure)' >>"$tree/metrics/measures.def"
cd "$tree"

fail() {
    echo "extend_measure: $*" >&2
    exit 1
}

make -j2 WERROR=1 BUILD="$tmp/build" >"$tmp/log" 2>&1 || {
    tail -n 20 "$tmp/log"
    fail 'the tree does not build'
}

printf '%s\n' 'q 0 a 1' 'q 0 b 2' 'q 0 c 0' >"$tmp/qrels"
printf '%s\n' 'q Q0 a 1 3 t' 'q Q0 x 2 2 t' 'q Q0 c 3 1 t' >"$tmp/run"
tab=$(printf '\t')

got=$(./rerankbench eval -m 'TestF@2' "$tmp/qrels" "$tmp/run")
[ "$got" = "TestF@2               ${tab}all${tab}0.5000" ] ||
    fail "wrong value: $got"
got=$(./rerankbench eval -m 'TestF(rel=2)@2' "$tmp/qrels" "$tmp/run")
[ "$got" = "TestF(rel=2)@2        ${tab}all${tab}0.0000" ] ||
    fail "wrong value: $got"
! ./rerankbench eval -m 'TestF' "$tmp/qrels" "$tmp/run" 2>"$tmp/err" ||
    fail 'a missing cut-off is not noticed'
grep -q "as in 'TestF@10'" "$tmp/err" || fail "$(cat "$tmp/err")"

# Listing comes with the command table's row for it.
if ./rerankbench help 2>/dev/null | grep -qw list; then
    ./rerankbench list measures | grep -q 'TestF@k' || fail 'not listed'
fi

# The table's own test asks for what the author still owes: golden cases.
make BUILD="$tmp/build" "$tmp/build/release/tests/unit/test_measure_table" \
    >"$tmp/log" 2>&1 || fail 'the test does not build'
"$tmp/build/release/tests/unit/test_measure_table" >"$tmp/tap" || :
grep -q '^ok .*every_row_is_complete' "$tmp/tap" ||
    fail "$(cat "$tmp/tap")"
grep -q '# TestF@k' "$tmp/tap" || fail 'missing golden cases go unnoticed'
