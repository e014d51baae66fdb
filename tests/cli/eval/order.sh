# SPDX-License-Identifier: Apache-2.0
# BEIR's and MS MARCO's MRR@k and BEIR's Hole@k, by hand and against their
# formulas in perl: --order says which ranking is meant, -c what is divided by.
cat >qrels <<'END'
q1 0 a 1
q1 0 b 0
q2 0 c 1
q3 0 z 1
END
cat >run <<'END'
q1 Q0 a 3 2 t
q1 Q0 y 1 2 t
q1 Q0 b 2 3 t
q2 Q0 a 1 5 t
q2 Q0 c 2 5 t
END
# trec: b y a and c a, stable: b a y and a c, rank: y b a and a c
for order in trec stable rank; do
    "$RERANKBENCH" eval -c -q --order $order -m RR@10 -m RR@1 -m unj@2 \
        -m Hole@2 -m Hole@3 --format csv qrels run 2>log
done
cat log
echo "== three columns, as MS MARCO's, and a query nobody judged"
awk 'BEGIN { OFS = "\t" } { print $1, $3, $4 } END { print "q9", "a", 1 }' \
    run >three
"$RERANKBENCH" eval -c --order rank -m RR@10 qrels three 2>&1
"$RERANKBENCH" eval --order rank -m RR@10 qrels - <three 2>&1
"$RERANKBENCH" eval qrels three 2>&1
echo "=> $?"
echo "== ranks that are none"
bad() {
    sed "$1" three >bad
    "$RERANKBENCH" eval --order rank qrels bad 2>&1
    echo "=> $?"
}
bad '2s/1$/4/'
bad '2s/1$/0/'
bad '3s/2$/3/'
bad '4s/1$/99999999999999999999/'
bad '5s/c/a/'

echo "== many queries, ties, scattered lines"
perl -e '
    srand 11; my (@lines, %qrels, %known, %rank);
    for my $q (1 .. 80) {
        for my $k (1 .. 12) {
            my $d = "d" . int rand 300;
            $qrels{$q}{$d} = int rand 3;
        }
        next if $q % 9 == 0;          # judged, not ranked
        my %seen;
        for my $k (1 .. 40) {
            my $d = "d" . int rand 400;
            redo if $seen{$d}++;
            push @lines, [$q, $d, $k, int rand 6];
        }
    }
    for (my $i = @lines; --$i;) {
        my $j = int rand $i + 1;
        @lines[$i, $j] = @lines[$j, $i];
    }
    open my $f, ">", "qrels" or die;
    for my $q (sort keys %qrels) {
        for my $d (sort keys %{$qrels{$q}}) {
            print $f "$q 0 $d $qrels{$q}{$d}\n"; $known{$d} = 1;
        }
    }
    open my $r, ">", "run" or die;
    print $r "$_->[0] Q0 $_->[1] $_->[2] $_->[3] t\n" for @lines;
    my (%of, $beir, $hole, $marco);
    push @{$of{$_->[0]}}, $_ for @lines;
    use sort "stable";
    for my $q (sort keys %of) {
        my @top = sort { $b->[3] <=> $a->[3] } @{$of{$q}};
        my ($first) = grep { ($qrels{$q}{$top[$_][1]} // 0) > 0 } 0 .. 9;
        $beir += 1 / ($first + 1) if defined $first;
        $hole += grep({ !$known{$_->[1]} } @top[0 .. 9]) / 10;
        my @at = (0) x 1000;
        $at[$_->[2] - 1] = $_->[1] for @{$of{$q}};
        ($first) = grep { ($qrels{$q}{$at[$_]} // 0) > 0 } 0 .. 9;
        $marco += 1 / ($first + 1) if defined $first;
    }
    my $n = keys %qrels;
    printf "%-22s\tall\t%.4f\n%-22s\tall\t%.4f\n", "RR\@10", $beir / $n,
        "Hole\@10", $hole / $n;
    printf "%-22s\tall\t%.4f\n", "RR\@10", $marco / $n;
' >want
sort -s -k 1,1 run >sorted
for threads in 1 4; do
    for f in run sorted; do
        "$RERANKBENCH" eval -c -j $threads --order stable -m RR@10 -m Hole@10 \
            qrels $f >got
        "$RERANKBENCH" eval -c -j $threads --order rank -m RR@10 qrels - \
            <$f >>got
        diff want got
    done
done 2>log
sed 's/.*: //' log | sort | uniq -c | sed 's/^ *//'
"$RERANKBENCH" eval -c -m RR@10 qrels run 2>log >trec
cmp -s trec want || echo "trec_eval's order is another one"
echo "== in a store"
kitchen=$TOP/demo/beir-kitchen
"$RERANKBENCH" run --dataset "$kitchen" --candidates bm25 --reranker reverse \
    --label kitchen -m Hole@10 -m unj@10 --format csv 2>log | cut -d , -f 5-6
"$RERANKBENCH" export kitchen >kitchen.trec
"$RERANKBENCH" eval -c -m Hole@10 -m unj@10 "$kitchen" kitchen.trec
