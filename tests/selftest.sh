#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shows that run.sh counts what it says it counts: suites of known outcome in a
# small tree. Prints TAP.
set -u

top=$(pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-selftest.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
# Those of the run that this is part of.
unset ONLY TALLY STRICT BUILD TEST_TIMEOUT
n=0
failed=0

clean_tree() {
    rm -rf "$tmp/tree"
    mkdir -p "$tmp/tree/tests/long" "$tmp/tree/tests/unit" \
        "$tmp/tree/build/release/tests/unit"
    cd "$tmp/tree" || exit 1
    cp "$top/tests/run.sh" tests
}

# long NAME TEXT, unit NAME TEXT: a script, a program
long() {
    printf '#!/bin/sh\n%s\n' "$2" >"tests/long/$1.sh"
    chmod +x "tests/long/$1.sh"
}
unit() {
    : >"tests/unit/test_$1.c"
    printf '#!/bin/sh\n%s\n' "$2" >"build/release/tests/unit/test_$1"
    chmod +x "build/release/tests/unit/test_$1"
}

# expect CODE LINE NAME: run.sh over the current tree ends so
expect() {
    n=$((n + 1))
    rc=0
    sh tests/run.sh release unit long >out 2>err || rc=$?
    if [ "$rc" -eq "$1" ] && [ "$(tail -n 1 out)" = "$2" ]; then
        echo "ok $n - $3"
    else
        sed 's/^/# /' out err
        echo "# want exit code $1 and: $2; got exit code $rc"
        echo "not ok $n - $3"
        failed=1
    fi
    clean_tree
}

clean_tree
long good 'exit 0'
unit good 'echo 1..2; echo ok 1 - a; echo ok 2 - b'
expect 0 '3 passed, 0 failed' what_passes_is_counted
long skips 'echo the reason; exit 77'
unit skips 'echo 1..1; echo "ok 1 - a # SKIP no data"'
expect 0 '0 passed, 0 failed, 2 skipped' a_skip_is_no_failure
long bad 'exit 3'
unit bad 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1'
expect 1 '1 passed, 2 failed' what_fails_is_counted_once
unit short 'echo 1..3; echo ok 1 - a'
unit crash 'echo 1..1; echo ok 1 - a; kill -SEGV $$'
unit silent 'exit 0'
expect 1 '2 passed, 3 failed' a_program_that_stops_early_fails
long skips 'echo a server that does not answer; exit 77'
long missing 'echo missing package: gnuplot-nox; exit 77'
STRICT=1
export STRICT
expect 1 '0 passed, 1 failed, 1 skipped' strict_forgives_missing_packages_alone

echo "1..$n"
exit "$failed"
