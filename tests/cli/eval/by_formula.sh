# SPDX-License-Identifier: Apache-2.0
# Measures that trec_eval lacks, of random runs with ties, against their
# formulas in perl, written from the papers and not from the C code.
cat >check.pl <<'END'
use strict; use warnings;
srand 5;
my (%qrels, %runs, %known, @want);
my @all = map { "d$_" } 1 .. 60;
sub some { my @d = @all; map { splice @d, int rand @d, 1 } 1 .. $_[0] }
open my $fq, ">", "qrels" or die; open my $fr, ">", "run" or die;
for my $q (1 .. 120) {
    for my $d (some(25)) {
        my $g = $qrels{$q}{$d} = (-1, 0, 0, 1, 2, 3)[rand 6];
        $known{$d} = 1;
        print $fq "$q 0 $d $g\n";
    }
    for my $d (some(5 + int rand 46)) {
        $runs{$q}{$d} = int(rand 12) / 4;
        print $fr "$q Q0 $d 1 $runs{$q}{$d} t\n";
    }
}
close $fq or die; close $fr or die;
sub pairs { # tau-b and the share of pairs in order, pair by pair
    my $q = shift;
    my @d = grep { ($qrels{$q}{$_} // -1) >= 0 } keys %{$runs{$q}};
    my ($n, $same_s, $same_g, $c, $d, $good, $all) = (0) x 7;
    for my $i (0 .. $#d) {
        for my $j (0 .. $i - 1) {
            my $s = $runs{$q}{$d[$i]} <=> $runs{$q}{$d[$j]};
            my $g = $qrels{$q}{$d[$i]} <=> $qrels{$q}{$d[$j]};
            $n++; $same_s += !$s; $same_g += !$g;
            $c += $s * $g > 0; $d += $s * $g < 0;
            $all += !!$g;
            $good += $s * $g > 0 ? 1 : $s ? 0 : 0.5 if $g;
        }
    }
    my $tau = ($n - $same_s) * ($n - $same_g);
    return ($tau ? ($c - $d) / sqrt $tau : undef, $all ? $good / $all : undef);
}
sub of_query {
    my $q = shift;
    my @r = sort { $runs{$q}{$b} <=> $runs{$q}{$a} || $b cmp $a }
        keys %{$runs{$q}};
    my $n = @r;
    my @pos = grep { ($qrels{$q}{$r[$_ - 1]} // 0) > 0 } 1 .. $n;
    my $R = grep { $_ > 0 } values %{$qrels{$q}};
    my %v;
    @v{"Tau_b", "PairAcc"} = pairs($q);
    $v{LastRel} = @pos ? $pos[-1] : 0;
    $v{$_} = 0 for "RBP", "RBP\@10", "Success\@3";
    for my $p (@pos) {
        $v{RBP} += 0.2 * 0.8 ** ($p - 1);
        $v{"RBP\@10"} += 0.2 * 0.8 ** ($p - 1) if $p <= 10;
        $v{"Success\@3"} = 1 if $p <= 3;
    }
    for my $x (0.5, 0.95) {
        my ($k) = grep { $_ >= $x * $R - 1e-9 } 1 .. @pos;
        my $read = defined $k ? $pos[$k - 1] : $n;
        $v{"WSS\@$x"} = ($n - $read) / $n - (1 - $x);
    }
    my @top = grep { defined } @r[0 .. 9];
    $v{"Hole\@10"} = grep({ !$known{$_} } @top) / 10;
    $v{"unj\@10"} = grep({ ($qrels{$q}{$_} // -1) < 0 } @top) / 10;
    return \%v;
}
my %want = map { $_ => of_query($_) } keys %runs;
my @args = map { ("-m", $_) } sort keys %{$want{1}};
open my $out, "-|", $ENV{RERANKBENCH}, "eval", "-q", "-n", @args, "qrels",
    "run" or die;
my ($n, $bad) = (0, 0);
while (<$out>) {
    chomp;
    my ($m, $q, $got) = split /\s*\t\s*/;
    my $w = $want{$q}{$m};
    $n++;
    next if defined $w ? $got !~ /nan/ && abs($got - $w) < 5.1e-5
        : $got =~ /nan/;
    $bad++;
    printf "%s of %s: %s, not %s\n", $m, $q, $got, $w // "undefined";
}
print "$n values, $bad wrong\n";
END
perl check.pl
