# SPDX-License-Identifier: Apache-2.0
# Differences of run files, their p-values and corrections, against formulas in
# perl that go through all signs and add up t's tail for odd degrees of freedom.
cat >check.pl <<'END'
use strict; use warnings;
srand 11;
my (%grade, %value);
my @systems = qw(base one two);
open my $fq, ">", "qrels" or die;
my %fh; for (@systems) { open $fh{$_}, ">", $_ or die }
for my $q (1 .. 12) {
    my @docs = map { "d$q-$_" } 1 .. 9;
    for (@docs) { $grade{$q}{$_} = int rand 2; print $fq "$q 0 $_ $grade{$q}{$_}\n" }
    for my $s (@systems) {
        my @order = sort { $a->[1] <=> $b->[1] } map {
            [$_, rand(1) - ($s eq "two" ? 0.8 : $s eq "one" ? 0.2 : 0) * $grade{$q}{$_}] } @docs;
        my $hits = 0;
        for my $i (0 .. $#order) {
            my $d = $order[$i][0];
            printf { $fh{$s} } "$q Q0 $d %d %d t\n", $i + 1, 100 - $i;
            $hits += $grade{$q}{$d} if $i < 4;
        }
        $value{$s}{$q} = $hits / 4;
    }
}
close $_ or die for $fq, values %fh;
sub sum { my $s = 0; $s += $_ for @_; $s }
sub signs { my ($t, @x) = @_; my @sums = (0);
    for my $v (@x) { @sums = map { ($_ + $v, $_ - $v) } @sums }
    return grep({ abs($_) >= abs($t) - 1e-9 } @sums) / @sums }
sub t_tail { my ($t, $n) = @_; my $a = atan2(abs $t, sqrt $n); my $c = cos $a;
    my ($sum, $term) = (0, $c);
    for (my $k = 1; $k <= $n - 2; $k += 2) { $sum += $term; $term *= $c * $c * ($k + 1) / ($k + 2) }
    return 1 - 2 / 3.14159265358979 * ($a + sin($a) * $sum) }
my (%p, %want);
for my $s (qw(one two)) {
    my @d = map { $value{$s}{$_} - $value{base}{$_} } 1 .. 12;
    my $mean = sum(@d) / 12;
    my $sd = sqrt(sum(map { ($_ - $mean) ** 2 } @d) / 11);
    $p{randomization}{$s} = signs(sum(@d), @d);
    $p{t}{$s} = t_tail($mean / $sd * sqrt 12, 11);
    $want{$s} = [$mean, scalar grep({ $_ > 0 } @d), scalar grep({ $_ == 0 } @d),
                 scalar grep({ $_ < 0 } @d), $mean / $sd];
}
my ($n, $bad) = (0, 0);
sub near { my ($what, $got, $want) = @_; $n++;
    return if abs($got - $want) <= 6e-4 * abs($want) + 1e-9;
    $bad++; print "$what: got $got, want $want\n" }
for my $test (qw(randomization t)) {
    my ($low, $high) = sort { $p{$test}{$a} <=> $p{$test}{$b} } qw(one two);
    my $holm = 2 * $p{$test}{$low};
    my %corrected = ($low => $holm,
        $high => $holm > $p{$test}{$high} ? $holm : $p{$test}{$high});
    for (split /\n/, `$ENV{RERANKBENCH} compare --qrels qrels base one two -m P\@4 --test $test --digits 9 --format csv`) {
        my @f = split /,/;
        next unless $want{$f[1]};
        my ($s, $w) = ($f[1], $want{$f[1]});
        near("$test $s n", $f[2], 12);
        near("$test $s mean", $f[3], sum(values %{$value{$s}}) / 12);
        near("$test $s diff", $f[6], $w->[0]);
        near("$test $s p", $f[9], $p{$test}{$s});
        near("$test $s corrected", $f[10], $corrected{$s} > 1 ? 1 : $corrected{$s});
        near("$test $s win/tie/loss", $f[11 + $_], $w->[$_]) for 1 .. 3;
        near("$test $s d", $f[15], $w->[4]);
    }
}
printf "%d values, %d wrong\n", $n, $bad;
END
perl check.pl
