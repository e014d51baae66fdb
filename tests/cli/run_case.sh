#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs one command-line case, tests/cli/<area>/<case>.sh, and prints TAP.
#
# The case runs under `sh` in a fresh empty folder with these variables:
#   RERANKBENCH  the program    TOP   root of the tree
#   DATA         test data      BIN   compiled helpers (mockd, ...)
# and before a machine that does nothing else (RERANKBENCH_HOST_ROOT).
# Beside it, each optional:
#   .stdout.exact  the bytes expected     .stdout.glob  see glob.pl
#   .stderr.glob   likewise               .exit         the exit code
# Without them: no output at all and exit code 0. Exit code 77 skips the
# case; what it printed is the reason. GOLDEN=1 rewrites .stdout.exact.
set -eu

case_sh=$1
name=${case_sh#tests/cli/}
name=${name%.sh}
base=${case_sh%.sh}
top=$(pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/rkb-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/cwd" "$work/home" "$work/tmp"

data=${RERANKBENCH_TEST_DATA:-../shared/data}
data=$(cd "$data" 2>/dev/null && pwd) || data=$work/no-test-data

rc=0
(
    cd "$work/cwd"
    exec env -i PATH="$PATH" LC_ALL=C.UTF-8 TZ=UTC \
        HOME="$work/home" TMPDIR="$work/tmp" \
        ASAN_OPTIONS="${ASAN_OPTIONS-}" UBSAN_OPTIONS="${UBSAN_OPTIONS-}" \
        TSAN_OPTIONS="${TSAN_OPTIONS-}" \
        RERANKBENCH_HOST_ROOT="$top/tests/data/host/idle" \
        RERANKBENCH="$RERANKBENCH" BIN="$BIN" TOP="$top" DATA="$data" \
        sh "$top/$case_sh" >"$work/stdout" 2>"$work/stderr" </dev/null
) || rc=$?

echo "1..1"
if [ "$rc" -eq 77 ]; then
    why=$(cat "$work/stdout" "$work/stderr" | head -n 1)
    echo "ok 1 - $name # SKIP ${why:-no reason given}"
    exit 0
fi

bad=0
fail() {
    bad=1
    printf '%s\n' "$*" | sed 's/^/# /'
}

# compare STREAM: its bytes against .exact, .glob or silence
compare() {
    got=$work/$1
    if [ -e "$base.$1.exact" ]; then
        if [ "${GOLDEN-}" = 1 ] && ! cmp -s "$got" "$base.$1.exact"; then
            cp "$got" "$base.$1.exact"
            echo "# rewrote $base.$1.exact"
        fi
        diff -u "$base.$1.exact" "$got" >"$work/diff" 2>&1 ||
            fail "$1 differs:
$(sed -n 3,60p "$work/diff")"
    elif [ -e "$base.$1.glob" ]; then
        perl tests/cli/glob.pl "$base.$1.glob" "$got" >"$work/diff" 2>&1 ||
            fail "$1 does not match:
$(cat "$work/diff")
got:
$(head -n 40 "$got")"
    elif [ -s "$got" ]; then
        fail "$1 should be empty:
$(head -n 40 "$got")"
    fi
}

want=0
[ ! -e "$base.exit" ] || want=$(cat "$base.exit")
[ "$rc" -eq "$want" ] || fail "exit code $rc, want $want"
compare stdout
compare stderr
# A wrong exit code alone says little; show what the program said.
if [ "$rc" -ne "$want" ] && [ -e "$base.stderr.glob" ]; then
    fail "stderr:
$(head -n 40 "$work/stderr")"
fi

[ "$bad" -eq 0 ] && echo "ok 1 - $name" || echo "not ok 1 - $name"
exit "$bad"
