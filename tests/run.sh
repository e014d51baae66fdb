#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/run.sh VARIANT SUITE...   runs test suites that are already built.
# Suites: unit cli replay fault lint selftest fuzz long.
#
# Counted are TAP cases: one per row of a unit or fault program, per
# command-line case, fuzz target, lint check and tests/long script. A program
# that crashes, times out or stops early adds one failure.
#
# Failures are printed with their output, skips with their reason. The last
# line is `N passed, N failed` (and `, N skipped`); with TALLY=file the counts
# are appended there instead, for tests/all.sh to add up.
# Settings: JOBS, TEST_TIMEOUT (seconds per program), STRICT, BUILD, ONLY=word.
set -eu

BUILD=${BUILD:-build}
here=$(pwd)
variant=$1
shift
out=$BUILD/$variant
case $out in /*) abs=$out ;; *) abs=$here/$out ;; esac

case $variant in
tsan) limit=900 ;;
asan | cover | fuzz) limit=300 ;;
*) limit=60 ;;
esac
limit=${TEST_TIMEOUT:-$limit}

# ---- one item, called back by xargs below ------------------------------

run_fuzz() {
    target=${1##*/fuzz_}
    found=$out/found/$target
    crash=$out/crash/$target
    dict=tests/fuzz/$target.dict
    [ -e "$dict" ] && dict="-dict=$dict" || dict=
    mkdir -p "$found" "$crash"
    echo 1..1
    if timeout -k 5 $((FUZZ_SECONDS + 120)) "$out/$1" \
        -max_total_time="$FUZZ_SECONDS" -timeout=20 -rss_limit_mb=2048 \
        -print_final_stats=0 -verbosity=0 -artifact_prefix="$crash/" $dict \
        "$found" "tests/fuzz/corpus/$target" >"$log.txt" 2>&1; then
        echo "ok 1 - fuzz $target for $FUZZ_SECONDS s"
    else
        tail -n 60 "$log.txt" | sed 's/^/# /'
        echo "not ok 1 - fuzz $target (input kept in $crash)"
        return 1
    fi
}

run_long() {
    ended=0
    echo 1..1
    timeout -k 5 "${LONG_TIMEOUT:-900}" "./$1" >"$log.txt" 2>&1 || ended=$?
    case $ended in
    0) echo "ok 1 - $1" ;;
    77) echo "ok 1 - $1 # SKIP $(tail -n 1 "$log.txt")" ;;
    *)
        tail -n 100 "$log.txt" | sed 's/^/# /'
        echo "not ok 1 - $1 (exit $ended)"
        return 1
        ;;
    esac
}

if [ "${1-}" = --one ]; then
    suite=${2%%:*}
    item=${2#*:}
    log=$out/log/$suite-$(printf '%s' "$item" | tr -c 'A-Za-z0-9_\n' '_')
    rc=0
    {
        echo "# $item"
        case $suite in
        unit | fault) timeout -k 5 "$limit" "$out/$item" ;;
        replay)
            timeout -k 5 "$limit" "$out/$item" \
                "tests/fuzz/corpus/${item##*/fuzz_}"
            ;;
        cli) timeout -k 5 "$limit" sh tests/cli/run_case.sh "$item" ;;
        lint | selftest) timeout -k 5 300 sh "$item" ;;
        fuzz) run_fuzz "$item" ;;
        long) run_long "$item" ;;
        esac
    } >"$log.tap" 2>&1 </dev/null || rc=$?
    echo "$rc" >"$log.rc"
    exit 0
fi

# ---- the list ----------------------------------------------------------

if [ "$variant" = release ]; then
    RERANKBENCH=$here/rerankbench
else
    RERANKBENCH=$abs/rerankbench
fi
BIN=$abs/tests
# Codes of their own, so that no case can take a report for an expected exit.
ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99:detect_leaks=1}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-exitcode=99:print_stacktrace=1}
TSAN_OPTIONS=${TSAN_OPTIONS:-exitcode=98:halt_on_error=1}
FUZZ_SECONDS=${FUZZ_SECONDS:-10}
LC_ALL=C.UTF-8
TZ=UTC
export BUILD RERANKBENCH BIN ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS LC_ALL TZ
export FUZZ_SECONDS

# list SUITE FILE...: those that exist, as suite:item
list() {
    s=$1
    shift
    for f; do
        [ -e "$f" ] || continue
        case $s in
        unit | fault | replay | fuzz) f=${f%.c} ;;
        long) [ -x "$f" ] || continue ;;
        esac
        case "$s:$f" in
        *"${ONLY-}"*) echo "$s:$f" ;;
        esac
    done
}

items=
for suite; do
    case $suite in
    unit) more=$(list unit tests/unit/test_*.c) ;;
    fault) more=$(list fault tests/fault/fault_*.c) ;;
    replay) more=$(list replay tests/fuzz/fuzz_*.c) ;;
    fuzz) more=$(list fuzz tests/fuzz/fuzz_*.c) ;;
    cli) more=$(list cli tests/cli/*/*.sh) ;;
    lint) more=$(list lint tests/lint/lint.sh) ;;
    selftest) more=$(list selftest tests/selftest.sh tests/lint/selftest.sh) ;;
    long) more=$(list long tests/long/*.sh) ;;
    *)
        echo "run.sh: no suite '$suite'" >&2
        exit 2
        ;;
    esac
    items="$items
$more"
done
items=$(printf '%s\n' "$items" | sed '/^$/d')

logs=$out/log
rm -rf "$logs"
mkdir -p "$logs"
printf '%s\n' "$items" | sed '/^$/d' |
    xargs -r -n 1 -P "${JOBS:-2}" sh tests/run.sh "$variant" --one

# ---- the sum -----------------------------------------------------------

set -- "$logs"/*.tap
[ -e "$1" ] || set -- /dev/null
result=$(awk -v strict="${STRICT-}" '
function flush_file() {
    if (file == "" || file == "/dev/null")
        return
    rcfile = file
    sub(/tap$/, "rc", rcfile)
    rc = 255
    getline rc < rcfile
    close(rcfile)
    if (seen < plan || (rc != 0 && !bad) || plan == 0) {
        why = rc == 124 || rc == 137 ? "timed out" : "exit " rc
        printf "%sFAIL %s: ended after %d of %d cases (%s)\n", \
            pending, item, seen, plan, why > "/dev/stderr"
        failed++
    }
}
FNR == 1 {
    flush_file()
    item = substr($0, 3)
    file = FILENAME
    seen = plan = bad = 0
    pending = ""
    next
}
/^1\.\.[0-9]+$/ { plan = substr($0, 4) + 0; next }
/^ok / {
    seen++
    if (match($0, / # SKIP /)) {
        # What a machine cannot install is no fault of the tree.
        fails = strict == 1 && $0 !~ / # SKIP missing package/
        sub(/ # SKIP /, ": ")
        printf "%s %s\n", fails ? "FAIL (STRICT)" : "SKIP", \
            item ": " substr($0, index($0, "- ") + 2) > "/dev/stderr"
        if (fails) failed++; else skipped++
    } else {
        passed++
    }
    pending = ""
    next
}
/^not ok / {
    seen++; bad = 1; failed++
    printf "%sFAIL %s: %s\n", pending, item, \
        substr($0, index($0, "- ") + 2) > "/dev/stderr"
    pending = ""
    next
}
{ pending = pending "  " $0 "\n" }
END { flush_file(); printf "%d %d %d\n", passed, failed, skipped }
' "$@")

set -- $result
if [ -n "${TALLY-}" ]; then
    echo "$result" >>"$TALLY"
    echo "$variant: $1 passed, $2 failed, $3 skipped" >&2
else
    line="$1 passed, $2 failed"
    [ "$3" -eq 0 ] || line="$line, $3 skipped"
    echo "$line"
fi
[ "$2" -eq 0 ]
