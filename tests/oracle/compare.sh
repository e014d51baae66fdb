#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# compare.sh TREC_EVAL_9 TREC_EVAL_10 RERANKBENCH [COUNT [SEED]]
#
# Generates COUNT pairs (default 1000) and runs both versions of trec_eval and
# `rerankbench eval --compat 9|10` over them. Pair N gets line N of `options`,
# which start over at the end. Standard output must agree byte for byte, and
# the exit status must be 0 for both or for neither. Where trec_eval refuses a
# `reject` pair only the status counts, and where an option hides the fault from
# it, we may refuse the pair. `odd` pairs, which we may refuse too, take part
# with ODD=1. Options listed in `intended` must be refused by trec_eval only.
# Prints the first differences and a count; exits 1 on any. JOBS workers
# (default: all cores).
#
# Both versions read uninitialised variables in rbp; README.md says how to
# build them so that they can be compared. A version 9 without rbp is the
# release itself: it knows no comments either, and is given the same pairs
# without them and the options without rbp.
set -eu

if [ $# -lt 3 ] || [ $# -gt 5 ]; then
    sed -n '3,18s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
# The full path of a program, so that it is found from other directories.
full() {
    path=$(command -v "$1") || {
        echo "compare.sh: no program '$1'" >&2
        return 1
    }
    case $path in
    /*) echo "$path" ;;
    *) echo "$(pwd)/$path" ;;
    esac
}
old=$(full "$1") && new=$(full "$2") && ours=$(full "$3") || exit 2
count=${4:-1000} seed=${5:-1}
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
export LC_ALL=C
tmp=$(mktemp -d "${TMPDIR:-/tmp}/oracle.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -o "$tmp/gen_pairs" "$here/gen_pairs.c"
"$tmp/gen_pairs" "$seed" "$count" "$tmp/pairs"

released=0
"$old" -m rbp - - 2>&1 | grep -q 'illegal measure' && released=1

# One line a pair: where it is, what is expected, its options, parted by tabs.
(cd "$tmp/pairs" && ls) | sed -n 's/\.qrels$//p' | awk -v odd="${ODD:-0}" '
    FILENAME ~ /intended$/ { if (!/^#/ && /./) ours[$0] = 1; next }
    FILENAME != "-" { option[n++] = $0; next }
    /^odd_/ && !odd { next }
    {
        i = $0
        sub(/.*_/, "", i)
        o = option[i % n]
        print $0 "\t" (o in ours && !/^reject_/ ? "intended" : "same") "\t" o
    }
' "$here/intended" "$here/options" - >"$tmp/list"

# one PAIR EXPECTED COMPAT REFERENCE OPTIONS...: says on stdout what differs.
one() {
    pair=$1 expected=$2 compat=$3 reference=$4
    shift 4
    want=0 got=0 plain=$pair
    if [ "$released$compat" = 19 ]; then
        plain=$mine
        for part in qrels run; do
            grep -av '^[[:space:]]*#' "$pair.$part" >"$plain.$part" || :
        done
    fi
    "$reference" "$@" "$plain.qrels" "$plain.run" >"$mine.want" 2>/dev/null ||
        want=$?
    [ "$want" -lt 128 ] || return 0
    "$ours" eval --compat "$compat" "$@" "$pair.qrels" "$pair.run" \
        >"$mine.got" 2>/dev/null || got=$?
    what=
    if [ "$expected" = intended ]; then
        case $pair:$((want != 0)):$got in *:1:0 | */odd_*:1:3) return 0 ;; esac
    fi
    case $pair:$want:$got in
    */reject_*:0:[1-9] | */reject_*:0:[1-9][0-9]) return 0 ;;
    */odd_*:3) [ -s "$mine.got" ] || return 0 ;;
    */reject_*:0:* | */pair_* | */odd_*)
        cmp -s "$mine.want" "$mine.got" || what=output
        ;;
    esac
    if [ "$got" -ge 128 ] || [ $((want == 0)) != $((got == 0)) ]; then
        what="$what status $got, not $want"
    fi
    [ -z "$what" ] ||
        printf '%s\t%s\t%s\t%s\n' "${pair##*/}" "$compat" "$*" "$what"
}

# Every worker takes each `jobs`th line.
worker() {
    mine=$tmp/worker$1
    tab=$(printf '\t')
    awk -v n="$jobs" -v k="$1" 'NR % n == k' "$tmp/list" |
        while IFS=$tab read -r name expected options; do
            nine=$options
            [ $released = 0 ] || nine=$(echo "$options" |
                sed -E 's/ -m (rbp|dcg|ideal_dcg)[^ ]*//g')
            # shellcheck disable=SC2086
            one "$tmp/pairs/$name" "$expected" 9 "$old" $nine
            # shellcheck disable=SC2086
            one "$tmp/pairs/$name" "$expected" 10 "$new" $options
        done >"$mine.found" 2>"$mine.err"
}

k=0
while [ "$k" -lt "$jobs" ]; do
    worker "$k" &
    k=$((k + 1))
done
wait
cat "$tmp"/worker*.err >&2
cat "$tmp"/worker*.found | sort >"$tmp/found"

n=$(wc -l <"$tmp/found")
if [ "$n" -eq 0 ]; then
    echo "$count pairs, seed $seed: no differences"
    exit 0
fi
tr '\t' '|' <"$tmp/found" >"$tmp/list"
sed -n 1,20p "$tmp/list" | while IFS='|' read -r name compat options what; do
    echo "$name --compat $compat $options: $what"
done
IFS='|' read -r name compat options what <"$tmp/list"
reference=$old
[ "$compat" = 9 ] || reference=$new
echo "the first of them (< trec_eval, > rerankbench):"
cd "$tmp/pairs"
# shellcheck disable=SC2086
"$reference" $options "$name.qrels" "$name.run" >../want 2>&1 || :
# shellcheck disable=SC2086
"$ours" eval --compat "$compat" $options "$name.qrels" "$name.run" \
    >../got 2>&1 || :
diff -a ../want ../got | sed -n 1,20p
echo "$count pairs, seed $seed: $n differences, in" \
    "$(cut -f1 "$tmp/found" | sed 's/_.*//' | sort | uniq -c | tr -s ' \n' ' ')"
exit 1
