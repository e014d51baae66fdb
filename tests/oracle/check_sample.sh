#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_sample.sh RERANKBENCH
#
# Replays pairs/ against `rerankbench eval --compat 9|10`: standard output must
# be the stored bytes, the exit status 0 where trec_eval's was and else not. Of
# a pair that is there to be refused only the status counts. Options listed in
# `intended` must be refused by trec_eval and accepted by us. Prints what differs
# and the number of differences; exits 1 on any.
set -u

if [ $# -ne 1 ]; then
    sed -n '3,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
ours=$1
export LC_ALL=C
got=$(mktemp "${TMPDIR:-/tmp}/oracle.XXXXXX") || exit 2
trap 'rm -f "$got"' EXIT

# check NAME COMPAT STATUS KIND
check() {
    pair=$here/pairs/$1
    options=$(cat "$pair.opts")
    rc=0
    # shellcheck disable=SC2086
    "$ours" eval --compat "$2" $options "$pair.qrels" "$pair.run" \
        >"$got" 2>/dev/null || rc=$?
    why=
    if [ -n "$options" ] && [ "$4" = pair ] &&
        grep -Fqx -e "$options" "$here/intended"; then
        [ "$3" -ne 0 ] && [ "$rc" -eq 0 ] && return 0
        echo "$1 --compat $2 $options: status $rc, and $3, are not as intended"
        return 1
    fi
    case $4:$3 in
    pair:* | reject:0) cmp -s "$pair.expect$2" "$got" || why=' output' ;;
    esac
    if [ "$rc" -ge 128 ] || [ $(($3 == 0)) != $((rc == 0)) ]; then
        why="$why status $rc, not $3"
    fi
    [ -n "$why" ] || return 0
    echo "$1 --compat $2 $options:$why"
    diff -a "$pair.expect$2" "$got" | sed -n 1,6p
    return 1
}

n=0 bad=0
while read -r name old new kind; do
    n=$((n + 2))
    check "$name" 9 "$old" "$kind" || bad=$((bad + 1))
    check "$name" 10 "$new" "$kind" || bad=$((bad + 1))
done <"$here/pairs/status"
echo "$bad differences in $n comparisons"
[ "$bad" -eq 0 ] && [ "$n" -gt 0 ]
