# SPDX-License-Identifier: Apache-2.0
# figure_store.sh [NAME]: makes s.db in the current folder, a store whose values,
# latencies and dates are the same everywhere. Two of its runs are called NAME
# something; RERANKBENCH names the program.
set -eu
nasty=${1:-plain}
for d in alpha beta; do
    mkdir -p $d
    : >$d/queries.tsv
    : >$d/qrels.txt
    : >$d/collection.tsv
    : >$d/first.trec
    for q in 1 2 3 4 5 6; do
        printf 'q%s\tquery %s\n' $q $q >>$d/queries.tsv
        printf 'q%s 0 q%s-d2 2\nq%s 0 q%s-d5 1\n' $q $q $q $q >>$d/qrels.txt
        for k in 1 2 3 4 5 6; do
            printf 'q%s-d%s\ttext %s\n' $q $k $k >>$d/collection.tsv
            printf 'q%s Q0 q%s-d%s %s %s first\n' $q $q $k $k $((20 - k)) \
                >>$d/first.trec
        done
    done
done

# turned TIMES FOLDER: the run with every list turned so far, the query's
# number more, so that queries differ
turned() {
    awk -v by="$1" '{ n = substr($1, 2) + 0
        print $1, $2, $3, $4, (100 - (($4 + by * n) % 6)), "t" }' "$2/first.trec"
}

# latency MILLISECONDS
latency() {
    for q in 1 2 3 4 5 6; do
        printf 'q%s\t%s\n' $q "$(($1 * (q + 2) / 3)).5"
    done
}

# add LABEL FOLDER TURNS MILLISECONDS
add() {
    turned "$3" "$2" >t.trec
    latency "$4" >t.tsv
    "$RERANKBENCH" import --store s.db --dataset "$2" --label "$1" \
        --latency t.tsv t.trec >/dev/null
}
add slow alpha 1 900
add quick alpha 2 12
add "$nasty \$a_b^{c} & <i>" alpha 3 70
add 'Größe ]]> "q" 100%s' alpha 5 30
add slow beta 1 800
add quick beta 3 10
turned 1 alpha >t.trec
for k in 2 3 4 6; do
    "$RERANKBENCH" run --store s.db --dataset alpha --candidates alpha/first.trec \
        --top-k $k --label 'step' --reranker 'run-file(path=t.trec)' >/dev/null \
        2>&1
done
sqlite3 s.db "UPDATE session SET started_utc = printf(
    '2026-01-%02dT10:00:00Z', run_id), host = 'h', cpu = 'c'"
