#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Writes unicode_words.def and unicode_lower.def beside itself from the tables
# that come with perl (perl 5.36 has Unicode 14.0). Run by hand, when Unicode
# moves on; the tests say what changes.
use strict;
use warnings;
use File::Basename qw(dirname);
use Unicode::UCD qw(prop_invlist prop_invmap);

# Later rows win: a Han sign stands alone even where it is a letter, and a mark
# inside Thai is a mark.
my @CLASSES = (
    ['EMOJI', qw(Extended_Pictographic=Y)],
    ['FLAG',  qw(Word_Break=Regional_Indicator)],
    ['LETTER',  qw(Word_Break=ALetter Word_Break=Hebrew_Letter)],
    ['DIGIT',   qw(Word_Break=Numeric)],
    ['JOIN',    qw(Word_Break=ExtendNumLet)],
    ['MID_LETTER', qw(Word_Break=MidLetter)],
    ['MID_DIGIT',  qw(Word_Break=MidNum)],
    ['MID_BOTH', qw(Word_Break=MidNumLet Word_Break=Single_Quote)],
    ['KATAKANA', qw(Word_Break=Katakana)],
    ['COMPLEX', qw(Line_Break=SA)],
    ['ALONE',   qw(Script=Han Script=Hiragana)],
    ['EXTEND',  qw(Word_Break=Extend Word_Break=Format Word_Break=ZWJ)],
);

sub open_def {
    my ($name, $what) = @_;
    my $path = dirname($0) . "/$name";
    open(my $out, '>', $path) or die "$path: $!\n";
    print $out "/* SPDX-License-Identifier: Apache-2.0 */\n",
        "/* Made by unicode.pl from Unicode ", Unicode::UCD::UnicodeVersion(),
        ": $what */\n";
    return $out;
}

sub rows {
    my ($out, @rows) = @_;
    my $line = '';
    for my $row (@rows) {
        if (length($line) + length($row) + 1 > 80) {
            print $out "$line\n";
            $line = '';
        }
        $line .= $line eq '' ? $row : " $row";
    }
    print $out "$line\n";
    close($out) or die "close: $!\n";
}

my @class = ('') x 0x110000;
for my $c (@CLASSES) {
    my ($name, @properties) = @$c;
    for my $property (@properties) {
        my @at = prop_invlist($property);
        while (@at) {
            my ($first, $end) = splice(@at, 0, 2);
            $class[$_] = $name for $first .. ($end // 0x110000) - 1;
        }
    }
}
my @words;
for (my $i = 0x80; $i < 0x110000; $i++) {
    next if $class[$i] eq '';
    my $first = $i;
    $i++ while $i + 1 < 0x110000 && $class[$i + 1] eq $class[$first];
    push @words, sprintf('R(0x%x, 0x%x, %s)', $first, $i, $class[$first]);
}
rows(open_def('unicode_words.def', 'R(first, last, class of word break)'),
     @words);

my ($at, $map, undef, undef) = prop_invmap('Simple_Lowercase_Mapping');
my (@from, %to);
for my $i (0 .. $#$at) {
    next if !$map->[$i];
    my $end = $i < $#$at ? $at->[$i + 1] : 0x110000;
    for my $c ($at->[$i] .. $end - 1) {
        next if $c < 0x80;
        push @from, $c;
        $to{$c} = $map->[$i] + $c - $at->[$i];
    }
}
my @lower;
while (@from) {
    my $first = shift @from;
    my ($last, $by) = ($first, $to{$first} - $first);
    my $step = 0;
    while (@from && $to{ $from[0] } - $from[0] == $by &&
           ($step ? $from[0] - $last == $step : $from[0] - $last <= 2)) {
        $step = $from[0] - $last;
        $last = shift @from;
    }
    push @lower, sprintf('R(0x%x, 0x%x, %d, %d)', $first, $last,
                         $step || 1, $by);
}
rows(open_def('unicode_lower.def', "R(first, last, step, what to add)"),
     @lower);
