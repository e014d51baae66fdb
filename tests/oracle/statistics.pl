# SPDX-License-Identifier: Apache-2.0
# The values that tests/unit/test_stats_*.c expect, by other ways than those of
# metrics/: t by the finite sums for whole degrees of freedom (Abramowitz &
# Stegun 26.7.3, 26.7.4), rank sums and sign flips by going through all signs,
# binomials term by term, nDCG over ties by going through all orders.
#
#     perl tests/oracle/statistics.pl
use strict; use warnings;
use List::Util qw(sum0 min max);
use POSIX ();

sub p_of_t { # two-sided
    my ($t, $n) = @_;
    my $angle = atan2(abs $t, sqrt $n);
    my ($c, $s) = (cos $angle, sin $angle);
    my ($sum, $term) = (0, 1);
    if ($n % 2) {
        $term = $c;
        for (my $k = 1; $k <= $n - 2; $k += 2) {
            $sum += $term;
            $term *= $c * $c * ($k + 1) / ($k + 2);
        }
        return 1 - 2 / 3.14159265358979323846 * ($angle + $s * $sum);
    }
    for (my $k = 0; $k <= $n - 2; $k += 2) {
        $sum += $term;
        $term *= $c * $c * ($k + 1) / ($k + 2);
    }
    return 1 - $s * $sum;
}
sub t_of_p {
    my ($p, $n) = @_;
    my ($low, $high) = (0, 1000);
    for (1 .. 200) {
        my $middle = ($low + $high) / 2;
        p_of_t($middle, $n) > $p ? ($low = $middle) : ($high = $middle);
    }
    return $high;
}
sub mean { sum0(@_) / @_ }
sub sd { my $m = mean(@_); sqrt(sum0(map { ($_ - $m) ** 2 } @_) / (@_ - 1)) }
sub ranks { # of absolute values, ties in the middle
    my @a = map { abs } @_;
    map { my $x = $_;
          (sum0(map { $_ < $x } @a) + sum0(map { $_ <= $x } @a) + 1) / 2 } @a;
}
sub signs { # of all 2^n sums of @_, the share that is as extreme as $t
    my ($t, @x) = @_;
    my @sums = (0);
    for my $v (@x) {
        @sums = map { ($_ + $v, $_ - $v) } @sums;
    }
    return sum0(map { abs($_) >= abs($t) - 1e-9 } @sums) / @sums;
}
sub wilcoxon {
    my @d = grep { $_ } @_;
    my @r = ranks(@d);
    my $plus = sum0(map { $d[$_] > 0 ? $r[$_] : 0 } 0 .. $#d);
    my $all = sum0(@r);
    my (%same, $n); $same{$_}++ for @r; $n = @d;
    my $ties = sum0(map { $_ ** 3 - $_ } values %same);
    my $z = (abs($plus - $all / 2) - 0.5) /
        sqrt($n * ($n + 1) * (2 * $n + 1) / 24 - $ties / 48);
    my $normal = min(1, POSIX::erfc($z / sqrt 2));
    return ($plus, $all - $plus, @d <= 18 ? signs(2 * $plus - $all, @r) : "-",
            $normal);
}
sub below { # P(B <= k)
    my ($k, $n, $p) = @_;
    my ($sum, $log) = (0, $n * log(1 - $p)); # (1 - p)^n may be too small
    for my $i (0 .. $k) {
        $sum += exp $log;
        $log += log(($n - $i) / ($i + 1) * $p / (1 - $p)) if $i < $n;
    }
    return $sum;
}
sub say_it { printf "%s: %s\n", shift, join " ", map { /^-?\d/ ? sprintf "%.15g", $_ : $_ } @_ }

my @sleep = (1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4);
my @darwin = (49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48);
my @hollander = (.952, -.147, 1.022, .430, .620, .590, .490, -.080, .010);
for (["sleep", @sleep], ["darwin", @darwin], ["hollander", @hollander]) {
    my ($name, @d) = @$_;
    my $t = mean(@d) / sd(@d) * sqrt @d;
    my $reach = t_of_p(0.05, $#d) * sd(@d) / sqrt @d;
    say_it("$name: t, p, interval", $t, p_of_t($t, $#d), mean(@d) - $reach,
        mean(@d) + $reach);
    say_it("$name: W+, W-, p exact, p normal", wilcoxon(@d));
    say_it("$name: p of signs", signs(sum0(@d), @d));
    say_it("$name: smallest difference at 80 %",
        (t_of_p(0.05, $#d) + t_of_p(0.4, $#d)) * sd(@d) / sqrt @d);
}
say_it("p of t", map { p_of_t(@$_) } [0.5, 1], [12.7, 1], [2, 2], [4.3, 2],
    [1.96, 5], [2.5, 42], [6, 53], [0.001, 99], [3.3, 6979], [1.96, 100000]);
say_it("t of p", map { t_of_p(@$_) } [0.05, 1], [0.05, 9], [0.01, 42],
    [0.05, 6979], [0.9, 3]);
say_it("binomial", below(3, 10, 0.5), below(45, 50, 0.9), below(0, 7, 0.3),
    below(95, 100, 0.99));
for (map { my $n = $_; map { [$n, $_] } 50, 90, 95, 99 } 5, 6, 10, 43, 100, 500) {
    my ($n, $p) = @$_;
    my ($lo) = grep { below($_ - 1, $n, $p / 100) <= 0.025 } reverse 1 .. $n;
    my ($hi) = grep { 1 - below($_ - 1, $n, $p / 100) <= 0.025 } 1 .. $n;
    printf "ranks around p%d of %d: %d %d\n", $p, $n, $lo // 0, $hi // 0;
}
sub orders { # of the list in $_[0] within ties of the scores in $_[1]
    my ($gain, $score) = @_;
    return ([]) unless @$gain;
    my @first = grep { $score->[$_] == $score->[0] } 0 .. $#$gain;
    return map { my $i = $_; my @g = @$gain; my ($x) = splice @g, $i, 1;
        my @s = @$score; splice @s, $i, 1;
        map { [$x, @$_] } orders(\@g, \@s) } @first;
}
my @all = map { my $o = $_; sum0(map { $o->[$_] / log($_ + 2) * log 2 } 0 .. 3) }
    orders([0, 3, 1, 0, 2, 1], [5, 4, 4, 4, 4, 1]);
my $ideal = 3 + 2 / (log(3) / log 2) + 1 / 2 + 1 / (log(5) / log 2);
say_it("nDCG\@4 over ties", min(@all) / $ideal, mean(@all) / $ideal,
    max(@all) / $ideal);
