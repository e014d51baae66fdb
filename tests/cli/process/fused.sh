# SPDX-License-Identifier: Apache-2.0
# ERank's 0.8 z(own) + 0.2 z(BM25) over a program and over its run file: both
# are the order that perl makes of the stored scores, and the counts that the
# program tells are in the store.
kitchen=$TOP/demo/beir-kitchen
cat >own.pl <<'END'
$| = 1;
print qq({"rerankbench":1,"ready":true}\n);
while (<STDIN>) {
    my ($id) = /^\{"id":(\d+)/ or die;
    my @docs = /\{"docid":"([^"]*)"/g;
    my @scores = map { (7 * length($docs[$_]) + 13 * $_) % 17 / 4 } 0 .. $#docs;
    printf "{\"id\":%d,\"scores\":[%s],\"calls\":2,\"tokens\":{\"prompt\":%d," .
        "\"output\":1}}\n", $id, join(",", @scores), scalar @docs;
}
END
run() {
    "$RERANKBENCH" run --dataset "$kitchen" --candidates bm25 "$@" \
        -m nDCG@10 --format csv >table 2>log || cat log
}
own="process(command='perl own.pl')"
run --label own --reranker "$own"
run --label bm25 --reranker bm25
# As it comes from elsewhere: real scores, where export makes them up.
sqlite3 -separator ' ' rerankbench.db "SELECT qid, 'Q0', docid, rank,
    printf('%.17g', score), 'own' FROM v_ranking WHERE label = 'own'
    ORDER BY ord, rank" >own.trec
run --label program --reranker \
    "fuse(inputs=\"bm25; $own\",method=zscore,weights='0.2,0.8')"
run --label file --reranker \
    "fuse(inputs='bm25; run-file(path=own.trec)',method=zscore,weights='0.2,0.8')"

# rows LABEL: qid, rank, docid, score of a run
rows() {
    sqlite3 -separator ' ' rerankbench.db "SELECT qid, rank, docid,
        printf('%.17g', score) FROM v_ranking WHERE label = '$1'
        ORDER BY qid, rank"
}
for label in own bm25 program file; do
    rows $label >$label.rows
done
perl -e '
    my (%z, %place);
    for my $label ("bm25", "own") {
        open my $f, "<", "$label.rows" or die;
        my %of;
        while (<$f>) {
            my ($q, $rank, $d, $s) = split;
            $of{$q}{$d} = $s;
            $place{$q}{$d} = $rank if $label eq "bm25";
        }
        for my $q (keys %of) {
            my @s = values %{$of{$q}};
            my ($n, $mean, $var) = (scalar @s, 0, 0);
            $mean += $_ / $n for @s;
            $var += ($_ - $mean) ** 2 / $n for @s;
            $z{$q}{$_} += ($label eq "own" ? 0.8 : 0.2) * ($var > 0
                ? ($of{$q}{$_} - $mean) / sqrt $var : 0) for keys %{$of{$q}};
        }
    }
    for my $label ("program", "file") {
        open my $f, "<", "$label.rows" or die;
        my ($n, $far, $wrong, $last_q, $last) = (0, 0, 0, "");
        while (<$f>) {
            my ($q, $rank, $d, $s) = split;
            $n++;
            $far++ if abs($s - $z{$q}{$d}) > 1e-9;
            # in order of the sum; equal ones as the first input has them
            $wrong++ if $q eq $last_q && ($z{$q}{$d} > $z{$q}{$last} + 1e-9 ||
                abs($z{$q}{$d} - $z{$q}{$last}) < 1e-12 &&
                $place{$q}{$d} < $place{$q}{$last});
            ($last_q, $last) = ($q, $d);
        }
        print "$label: $n documents, $far sums and $wrong places differ\n";
    }'
cmp program.rows file.rows && echo same
sqlite3 rerankbench.db "SELECT label, sum(n_calls) = 2 * count(*),
    sum(prompt_tokens) = sum(n_docs), sum(output_tokens) = count(*)
    FROM v_result WHERE label IN ('own', 'program') GROUP BY label"
# A program that gives an order only has no scores to mix.
run --label none --reranker "fuse(inputs=\"bm25;
    process(command='$BIN/../examples/process/reverse')\",method=zscore)"
sqlite3 rerankbench.db "SELECT DISTINCT status, why FROM v_result
    WHERE label = 'none'"
