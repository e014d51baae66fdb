#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/all.sh [TARGET...]   makes each target (default: every suite) and ends
# with one closing line, `N passed, N failed` (and `, N skipped`), over all. A
# target that fails without a failed case, such as a broken build, counts as
# one failure.
# Called by `make check-all` with MAKE set, and by .ci/run.
set -eu

BUILD=${BUILD:-build}
MAKE=${MAKE:-make}
mkdir -p "$BUILD"
TALLY=$(pwd)/$BUILD/tally
case $BUILD in /*) TALLY=$BUILD/tally ;; esac
export TALLY
[ $# -gt 0 ] || set -- check san tsan fault fuzz long
: >"$TALLY"

n_failed() {
    awk '{ n += $2 } END { print n + 0 }' "$TALLY"
}

for target; do
    echo "== $target"
    before=$(n_failed)
    if ! $MAKE --no-print-directory "$target"; then
        if [ "$(n_failed)" -eq "$before" ]; then
            echo "FAIL make $target"
            echo "0 1 0" >>"$TALLY"
        fi
    fi
done

awk '{ p += $1; f += $2; s += $3 }
END {
    printf "%d passed, %d failed", p, f
    if (s) printf ", %d skipped", s
    print ""
    exit f > 0 || p == 0
}' "$TALLY"
