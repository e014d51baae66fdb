#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A reranker is added by one file and one line: in a copy of the tree, built
# from scratch, the program lists it. Exit 77: the program cannot list yet.
set -eu

tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-extend.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

for part in Makefile base metrics datasets runs reports harness .ci; do
    [ ! -e "$part" ] || cp -R "$part" "$tmp/"
done
cp tests/extend/r_test_reranker.c "$tmp/harness/rerankers/"
echo 'RKB_RERANKER(test_reranker)' >>"$tmp/harness/rerankers/rerankers.def"

cd "$tmp"
unset BUILD VARIANT MAKEFLAGS MFLAGS || :
make -j "${JOBS:-2}" all >make.log 2>&1 || {
    tail -n 60 make.log
    exit 1
}
nm build/release/librerankbench.a 2>/dev/null |
    grep -q ' rkb_reranker_test_reranker$' || {
    echo "the new row is not in the library"
    exit 1
}
./rerankbench list rerankers >list.txt 2>list.err || {
    if ./rerankbench list --help >/dev/null 2>&1; then
        cat list.err
        exit 1
    fi
    echo "'rerankbench list' is not there yet; the row was built"
    exit 77
}
grep -E '^ *test-reranker( |$)' list.txt || {
    cat list.txt
    echo "the listing lacks 'test-reranker'"
    exit 1
}
