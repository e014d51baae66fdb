#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sample.sh TREC_EVAL_9 TREC_EVAL_10
#
# Rewrites pairs/: 60 small generated pairs, the options used for each and what
# the two versions of trec_eval print. README.md says which builds of them.
set -eu

if [ $# -ne 2 ]; then
    sed -n '3,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
old=$1 new=$2
seed=20260617 wanted=60 input_bytes=2400 output_bytes=16000
export LC_ALL=C
tmp=$(mktemp -d "${TMPDIR:-/tmp}/oracle.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -o "$tmp/gen_pairs" "$here/gen_pairs.c"
"$tmp/gen_pairs" "$seed" 600 "$tmp/all"
rm -f "$here"/pairs/[0-9]*
: >"$tmp/status"
n=0
k=0
for qrels in "$tmp"/all/pair_*.qrels "$tmp"/all/reject_*.qrels; do
    run=${qrels%.qrels}.run
    # Ten of the 60 are pairs that trec_eval refuses.
    case $qrels:$n in
    */pair_*:$((wanted - 10)) | *:$wanted) continue ;;
    esac
    [ "$(cat "$qrels" "$run" | wc -c)" -le $input_bytes ] || continue
    options=$(sed -n $((k % $(wc -l <"$here/options") + 1))p "$here/options")
    old_rc=0 new_rc=0
    # shellcheck disable=SC2086
    "$old" $options "$qrels" "$run" >"$tmp/9" 2>/dev/null || old_rc=$?
    # shellcheck disable=SC2086
    "$new" $options "$qrels" "$run" >"$tmp/10" 2>/dev/null || new_rc=$?
    # What a crash printed is of no use.
    [ $((old_rc | new_rc)) -lt 128 ] || continue
    [ "$(cat "$tmp/9" "$tmp/10" | wc -c)" -le $output_bytes ] || continue
    k=$((k + 1))
    n=$((n + 1))
    name=$(printf %03d $n)
    cp "$qrels" "$here/pairs/$name.qrels"
    cp "$run" "$here/pairs/$name.run"
    echo "$options" >"$here/pairs/$name.opts"
    cp "$tmp/9" "$here/pairs/$name.expect9"
    cp "$tmp/10" "$here/pairs/$name.expect10"
    kind=$(basename "$qrels")
    echo "$name $old_rc $new_rc ${kind%%_*}" >>"$tmp/status"
done
cp "$tmp/status" "$here/pairs/status"
echo "$n pairs"
