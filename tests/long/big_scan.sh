#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A large corpus is read for 43 queries without being kept: memory does not
# grow with it. PASSAGES=8800000 is MS MARCO's size (about 3 GB in TMPDIR).
set -eu

most=${PASSAGES:-1000000}
limit_mb=200
program=$(pwd)/rerankbench
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-scan.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
cd "$tmp"

fail() {
    echo "big_scan: $*" >&2
    [ ! -s err ] || cat err >&2
    exit 1
}

[ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -gt $((most / 2)) ] ||
    { echo 'not enough room for the corpus'; exit 77; }

# Words fall off as in real text, queries have no very frequent ones; 43 of
# them with 100 candidates each.
perl -e '
    my $n = shift; srand 7; my @w;
    push @w, "w" . int(20000 ** rand()) for 1 .. 65536;
    my @rare = grep { substr($_, 1) > 100 } @w;
    open my $c, ">", "collection.tsv" or die;
    for my $i (0 .. $n - 1) {
        my $at = int rand(65536 - 80);
        print $c "$i\t@w[$at .. $at + 30 + int rand 50]\n";
    }
    close $c or die;
    open my $q, ">", "queries.tsv" or die; open my $r, ">", "run" or die;
    open my $j, ">", "qrels" or die;
    for my $i (1 .. 43) {
        print $q "$i\t@rare[map { int rand @rare } 1 .. 6]\n";
        my %seen;
        for my $k (1 .. 100) {
            my $d = int rand($n / 4);
            redo if $seen{$d}++;
            print $r "$i Q0 $d $k ", 200 - $k, " t\n";
            print $j "$i 0 $d ", $k % 4, "\n" if $k < 20;
        }
    }' "$most"
head -n $((most / 4)) collection.tsv >quarter.tsv

# peak CORPUS CANDIDATES: runs and prints its largest VmHWM in kB
peak() {
    "$program" run --store "$2.$1.db" --dataset dl19 --queries queries.tsv \
        --qrels qrels --corpus "$1" --candidates "$2" --reranker bm25 \
        -m nDCG@10 >out 2>err &
    pid=$!
    kb=0
    while now=$(awk '/^VmHWM/ { print $2 }' /proc/$pid/status 2>/dev/null) &&
        [ -n "$now" ]; do
        kb=$now
        sleep 0.1
    done
    wait $pid || fail "exit $?"
    echo "$kb"
}

for how in run bm25; do
    small=$(peak quarter.tsv $how)
    start=$(date +%s)
    large=$(peak collection.tsv $how)
    echo "candidates $how: $most passages," \
        "$(($(date +%s) - start)) s, $((large / 1024)) MB;" \
        "a quarter of them $((small / 1024)) MB"
    [ "$large" -lt $((limit_mb * 1024)) ] || fail "$large kB is too much"
    # Our own BM25 keeps postings of the query terms.
    [ $how = bm25 ] || [ "$large" -lt $((small + 8 * 1024)) ] ||
        fail "memory grows with the corpus: $small and $large kB"
done
