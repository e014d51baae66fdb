#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench/run.sh: what `make bench` runs. Needs RERANKBENCH (the program) and
# BENCH (the folder of compiled benchmarks).
#
#   TREC_EVAL=path   a trec_eval built with -O2, to run beside ours
#   BENCH_DATA=dir   where the inputs are or go (default: BUILD/bench, 1.0 GB)
#   ROUNDS=5         pairs of runs behind each median
#   ONLY=word        only rows of the table whose name contains it
set -eu

here=$(cd "$(dirname "$0")" && pwd)
data=${BENCH_DATA:-$(dirname "$(dirname "$BENCH")")/bench}
rounds=${ROUNDS:-5}

# ---- inputs --------------------------------------------------------------

mkdir -p "$data/many"
made() { [ -s "$data/$1" ]; }
if ! { made sorted.run && made shuffled.run && made interleaved.run &&
    made sorted.run.gz && made qrels.txt && made many/199.run; }; then
    echo "writing inputs to $data" >&2
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -o "$data/gen_run" "$here/gen_run.c" \
        -lm
    for order in sorted shuffled interleaved; do
        made $order.run || "$data/gen_run" --order $order \
            --qrels "$data/qrels.txt" --run "$data/$order.run"
    done
    made sorted.run.gz || gzip -c "$data/sorted.run" >"$data/sorted.run.gz"
    k=0
    while [ $k -lt 200 ]; do
        "$data/gen_run" --queries 54 --depth 100 --graded --system $k \
            --qrels "$data/many/qrels.txt" \
            --run "$data/many/$(printf %03d $k).run"
        k=$((k + 1))
    done
fi

# ---- rows ----------------------------------------------------------------

ours="exec '$RERANKBENCH' eval"
theirs="exec '${TREC_EVAL-}'"
three='-m ndcg_cut.10 -m recip_rank -m recall.100'
in="'$data/qrels.txt' '$data"

title() {
    printf '%-34s %10s %10s %10s %10s %8s\n' "$@"
}

# row NAME GOAL FIELD OURS OTHER: FIELD is cpu or wall, GOAL a smallest ratio
# other / ours.
row() {
    case $1 in *"${ONLY-}"*) ;; *) return 0 ;; esac
    "$BENCH/bench_pair" "$rounds" "$4" "$5" >"$data/figures"
    read -r acpu awall apeak bcpu bwall bpeak cpu wall <"$data/figures"
    case $3 in
    cpu) a=$acpu b=$bcpu x=$cpu ;;
    wall) a=$awall b=$bwall x=$wall ;;
    esac
    title "$1 ($3)" "$(printf '%.3f s' "$a")" "$(printf '%.3f s' "$b")" \
        "$2" "$(printf '%.1f x' "$x")" "$(printf '%.1f MB' "$apeak")"
}

# at_most NAME GOAL FIELD OURS OTHER: GOAL is a largest ratio ours / other.
at_most() {
    case $1 in *"${ONLY-}"*) ;; *) return 0 ;; esac
    "$BENCH/bench_pair" "$rounds" "$5" "$4" >"$data/figures"
    read -r bcpu bwall bpeak acpu awall apeak cpu wall <"$data/figures"
    case $3 in
    cpu) a=$acpu b=$bcpu x=$cpu ;;
    wall) a=$awall b=$bwall x=$wall ;;
    esac
    title "$1 ($3)" "$(printf '%.3f s' "$a")" "$(printf '%.3f s' "$b")" \
        "$2" "$(printf '%.2f x' "$x")" "$(printf '%.1f MB' "$apeak")"
}

echo "6,980 queries x 1,000 documents; medians of $rounds pairs of runs"
title what ours other goal figure 'our peak'
if [ -n "${TREC_EVAL-}" ]; then
    row 'three measures, 1 thread' '>= 25 x' cpu \
        "$ours -j1 -q $three $in/sorted.run'" "$theirs -q $three $in/sorted.run'"
    row 'three measures, 2 threads' '>= 40 x' wall \
        "$ours -j2 -q $three $in/sorted.run'" "$theirs -q $three $in/sorted.run'"
    row 'all_trec, 1 thread' '>= 15 x' cpu \
        "$ours -j1 -q -m all_trec $in/sorted.run'" \
        "$theirs -q -m all_trec $in/sorted.run'"
    row 'shuffled in each query' '>= 20 x' cpu \
        "$ours -j1 -q $three $in/shuffled.run'" \
        "$theirs -q $three $in/shuffled.run'"
    row 'all lines interleaved' '>= 10 x' cpu \
        "$ours -j1 -q $three $in/interleaved.run'" \
        "$theirs -q $three $in/interleaved.run'"
    row '200 runs of 54 x 100' '>= 15 x' wall \
        "$ours $three '$data/many/qrels.txt' '$data'/many/*.run" \
        "for run in '$data'/many/*.run; do
            '$TREC_EVAL' $three '$data/many/qrels.txt' \"\$run\" || exit
        done"
else
    at_most 'three measures, 2 threads vs 1' '' wall \
        "$ours -j2 -q $three $in/sorted.run'" \
        "$ours -j1 -q $three $in/sorted.run'"
    echo "(set TREC_EVAL=path to see it beside trec_eval)"
fi
at_most 'all_trec vs three measures' '<= 1.5 x' cpu \
    "$ours -j1 -m all_trec $in/sorted.run'" "$ours -j1 $three $in/sorted.run'"
at_most 'gz vs gunzip' '<= 1.15 x' wall \
    "$ours -q $three $in/sorted.run.gz'" "exec gunzip -c '$data/sorted.run.gz'"
echo "goal of our peak while queries are contiguous: < 32 MB"

# ---- the others ----------------------------------------------------------

[ -z "${ONLY-}" ] || exit 0
for b in "$BENCH"/bench_*; do
    case ${b##*/} in *.* | bench_pair) continue ;; esac
    echo "== ${b##*/}"
    "$b"
done
