#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# glob.pl PATTERNS TEXT: does each line of TEXT match its line of PATTERNS?
# * ? [set] and \ as in the shell; a line `...` stands for any number of lines.
use strict;
use warnings;

sub slurp {
    my ($path) = @_;
    open(my $in, '<', $path) or die "glob.pl: cannot open '$path': $!\n";
    my @lines = <$in>;
    close($in);
    chomp(@lines);
    return @lines;
}

sub to_regex {
    my ($glob) = @_;
    return '(?:[^\n]*\n)*?' if $glob eq '...';
    my $re = '';
    while ($glob =~ /\G(?:\\(.)|(\*)|(\?)|\[([!^]?)(\]?[^\]]*)\]|(.))/gs) {
        if    (defined $1) { $re .= quotemeta($1); }
        elsif (defined $2) { $re .= '[^\n]*'; }
        elsif (defined $3) { $re .= '[^\n]'; }
        elsif (defined $5) {
            my ($not, $set) = ($4, $5);
            $set =~ s/([\\\[\]^])/\\$1/g;
            $re .= '[' . ($not ? '^\n' : '') . $set . ']';
        }
        else { $re .= quotemeta($6); }
    }
    return "$re\\n";
}

die "usage: glob.pl PATTERNS TEXT\n" if @ARGV != 2;
my @patterns = slurp($ARGV[0]);
my $text = join('', map { "$_\n" } slurp($ARGV[1]));
my @res = map { to_regex($_) } @patterns;
exit 0 if $text =~ /\A@{[join('', @res)]}\z/;

# The longest run of leading patterns that fits tells where it went wrong.
my $k = 0;
$k++ while $k < @res && $text =~ /\A@{[join('', @res[0 .. $k])]}/;
if ($k < @res) {
    my $line = $k + 1;
    print "$ARGV[0]:$line: no line matches: $patterns[$k]\n";
} else {
    print "$ARGV[0]: lines are left over after the last pattern\n";
}
exit 1;
