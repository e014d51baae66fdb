#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Reads the sources under the current folder and prints TAP, one case per rule.
# The tables on top are the rules; the code below only applies them.
use strict;
use warnings;

# ---- arrows: a folder may include these folders, or these single headers ----
my $BELOW_EVAL = 'base base/io metrics datasets runs harness/llm '
               . 'harness/retrieve harness/rerankers harness/eval';
my %ARROWS = (
    'base'              => 'base',
    'base/io'           => 'base base/io',
    'metrics'           => 'base metrics',
    'datasets'          => 'base base/io datasets',
    'runs'              => 'base base/io runs',
    'reports'           => 'base base/io runs reports',
    'harness/llm'       => 'base base/io harness/llm',
    'harness/retrieve'  => 'base base/io datasets harness/retrieve',
    'harness/rerankers' => 'base base/io harness/llm harness/retrieve '
                         . 'runs/trec_run.h runs/ranking.h harness/rerankers',
    'harness/eval'      => $BELOW_EVAL,
    'harness/lint'      => "$BELOW_EVAL harness/lint",
    'harness/cli'       => "$BELOW_EVAL harness/lint reports harness/cli",
    'harness'           => "$BELOW_EVAL reports harness/cli harness",
);
# These may include anything; nobody includes them.
my $FREE = qr{^(?:tests|bench|demo)(?:/|$)};

# ---- system headers ---------------------------------------------------------
# What is not here is a third-party library and needs a door in base/io.
my %LIBC = map { ("$_.h" => 1) } qw(
    assert ctype dirent errno fcntl fenv float fnmatch ftw glob inttypes limits
    math poll pthread signal spawn stdalign stdarg stdatomic stdbool stddef
    stdint stdio stdlib stdnoreturn string strings time unistd sched
    sys/eventfd sys/file sys/mman sys/resource sys/signalfd sys/socket
    sys/stat sys/time sys/types sys/uio sys/vfs sys/un sys/utsname sys/wait
    arpa/inet netdb netinet/in netinet/tcp emmintrin immintrin arm_neon
);
my $IO = qr{^base/io/};
my %HEADER_ONLY_IN = (
    'pthread.h' => qr{^base/(?:par|stop|mem\w*)\.c$},
    map { ($_ => $IO) } qw(sys/socket.h sys/un.h netdb.h netinet/in.h
        netinet/tcp.h arpa/inet.h spawn.h),
);

# ---- banned calls: where allowed, why, names --------------------------------
my $NOWHERE = qr{^$};
my @BANNED = (
    [qr{^(?:base/(?:sv|opt)|runs/run_line)\.c$},
        'numbers are parsed whole, by base/sv',
        qw(atoi atol atoll atof strtol strtoll strtoul strtoull strtoumax
           strtoimax strtod strtof strtold sscanf fscanf scanf vsscanf)],
    [$NOWHERE, 'no bound on the copy',
        qw(strcpy strcat sprintf vsprintf gets stpcpy strncpy strncat)],
    [$NOWHERE, 'hidden state',
        qw(strtok setlocale rand srand random srandom drand48 lrand48 srand48
           localtime gmtime ctime asctime setenv putenv unsetenv)],
    [$NOWHERE, 'unsafe', qw(alloca tmpnam tempnam mktemp system popen vfork)],
    [$NOWHERE, 'no fixed order of ties, use base/sort', qw(qsort qsort_r)],
    [qr{^base/(?:mem\w*\.c$|io/)}, 'memory comes from base/mem and arenas',
        qw(malloc calloc realloc reallocarray free strdup strndup asprintf
           vasprintf aligned_alloc posix_memalign getline getdelim)],
    [qr{^base/clock\.c$}, 'time comes from base/clock',
        qw(time gettimeofday clock_gettime clock times nanosleep usleep sleep
           clock_nanosleep)],
    [qr{^(?:base/log\.c$|harness/main\.c$|harness/cli/)},
        'below the command line only base/log prints',
        qw(printf vprintf puts putchar perror)],
    [qr{^harness/main\.c$}, 'only main exits', qw(exit quick_exit atexit)],
    [qr{^base/(?:mem\w*|stop|par|io/proc)\.c$}, 'only main exits',
        qw(_exit _Exit abort)],
    [qr{^base/(?:par|stop|mem\w*)\.c$}, 'threads are made in base/par alone',
        qw(pthread_create)],
    [qr{^base/(?:par|stop|io/proc)\.c$}, 'belongs to base/stop or base/io/proc',
        qw(signal sigaction fork kill)],
);
# These are banned in tests and benches too.
my %BANNED_EVERYWHERE = map { ($_ => 1) }
    qw(strcpy strcat sprintf vsprintf gets stpcpy alloca tmpnam mktemp);

my $MAX_FUNCTION = 100;
my $MAX_FILE     = 800;

# ---- reading ----------------------------------------------------------------
my @TOP = qw(base metrics datasets runs reports harness tests bench demo);

sub walk {
    my ($dir) = @_;
    my @found;
    opendir(my $d, $dir) or return;
    for my $name (sort grep { !/^\./ } readdir($d)) {
        my $path = "$dir/$name";
        if    (-d $path) { push @found, walk($path); }
        elsif (-f $path) { push @found, $path; }
    }
    closedir($d);
    return @found;
}

sub slurp {
    my ($path) = @_;
    open(my $in, '<', $path) or die "source.pl: cannot open '$path': $!\n";
    local $/;
    my $text = <$in>;
    close($in);
    return defined $text ? $text : '';
}

# Comments and the inside of literals become blanks; line numbers stay.
sub code_of {
    my ($text) = @_;
    $text =~ s{("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(/\*.*?\*/|//[^\n]*)}
              { my ($lit, $com) = ($1, $2);
                if (defined $com) { $com =~ s/[^\n]/ /g; $com }
                else { substr($lit, 0, 1) . ' ' x (length($lit) - 2)
                     . substr($lit, -1) } }gse;
    return $text;
}

# Corpora, data and oracles are inputs, not sources.
my @all = grep { !m{^tests/(?:data|oracle)/|^tests/fuzz/corpus/} }
          map { walk($_) } grep { -d $_ } @TOP;
push @all, grep { -f $_ } qw(Makefile .ci/run .ci/deps);
my @c       = grep { /\.[ch]$/ } @all;
my @sources = grep { /(?:\.(?:[ch]|def|sh|pl|sql)|Makefile)$|^\.ci/ } @all;
my %raw     = map { ($_ => slurp($_)) } @sources;
my %code    = map { ($_ => code_of($raw{$_})) } @c;

sub folder_of {
    my ($path) = @_;
    return $path =~ m{^(.*)/} ? $1 : '';
}

sub each_include {
    my ($path, $fn) = @_;
    my $n = 0;
    for my $line (split /\n/, $raw{$path}) {
        $n++;
        $fn->($1, $2, "$path:$n")
            if $line =~ /^\s*#\s*include\s*([<"])([^>"]+)[>"]/;
    }
}

# ---- the rules; each returns its complaints ---------------------------------
sub arrows {
    my @bad;
    for my $path (@c) {
        my $from = folder_of($path);
        my $free = $path =~ $FREE;
        if (!$free && !exists $ARROWS{$from}) {
            push @bad, "$path: folder '$from' has no row in ARROWS";
            next;
        }
        my %may = $free ? () : map { ($_ => 1) } split / +/, $ARROWS{$from};
        each_include($path, sub {
            my ($kind, $name, $at) = @_;
            return if $kind eq '<';
            my $to = folder_of($name);
            if ($to eq '' || $name =~ m{^\.|\.\./}) {
                push @bad, "$at: \"$name\" is not root-relative";
            } elsif (!$free && $name =~ $FREE) {
                push @bad, "$at: nobody includes $to";
            } elsif (!$free && !$may{$to} && !$may{$name}) {
                push @bad, "$at: $from must not include \"$name\"";
            }
        });
    }
    return @bad;
}

sub third_party {
    my @bad;
    for my $path (grep { $_ !~ $FREE } @c) {
        each_include($path, sub {
            my ($kind, $name, $at) = @_;
            return if $kind eq '"';
            my $only = $HEADER_ONLY_IN{$name};
            if ($only && $path !~ $only) {
                push @bad, "$at: <$name> is not allowed here";
            } elsif (!$LIBC{$name} && $path !~ $IO) {
                push @bad, "$at: <$name> belongs in base/io";
            }
        });
    }
    return @bad;
}

sub banned {
    my %rule;
    for my $row (@BANNED) {
        my ($where, $why, @names) = @$row;
        $rule{$_} = [$where, $why] for @names;
    }
    my $names = join '|', sort keys %rule;
    my @bad;
    for my $path (@c) {
        my $n = 0;
        for my $line (split /\n/, $code{$path}) {
            $n++;
            # Neither a member (x.time, x->free) nor a pointer (*free)(...).
            while ($line =~ /(?<![\w.])(?<!->)($names)\s*\(/g) {
                my $name = $1;
                my ($where, $why) = @{ $rule{$name} };
                next if $path =~ $where;
                next if $path =~ $FREE && !$BANNED_EVERYWHERE{$name};
                push @bad, "$path:$n: $name(): $why";
            }
        }
    }
    return @bad;
}

# Only a function has its brace alone in the first column.
sub function_length {
    my @bad;
    for my $path (grep { /\.c$/ } @c) {
        my ($n, $start) = (0, 0);
        for my $line (split /\n/, $code{$path}) {
            $n++;
            $start = $n if $line =~ /^\{/;
            next if $line !~ /^\}/ || !$start;
            my $len = $n - $start - 1;
            push @bad, "$path:$start: function of $len lines"
                if $len > $MAX_FUNCTION;
            $start = 0;
        }
    }
    return @bad;
}

sub file_length {
    my @bad;
    for my $path (@c) {
        my $n = ($raw{$path} =~ tr/\n//);
        push @bad, "$path: $n lines" if $n > $MAX_FILE;
    }
    return @bad;
}

sub unique_names {
    my (%seen, @bad);
    for my $path (@c) {
        my ($name) = $path =~ m{([^/]+)$};
        push @bad, "$path: same name as $seen{$name}" if $seen{$name};
        $seen{$name} ||= $path;
    }
    return @bad;
}

sub spdx {
    my @bad;
    for my $path (@sources) {
        my @head = split /\n/, substr($raw{$path}, 0, 400);
        shift @head if @head && $head[0] =~ /^#!/;
        push @bad, "$path: the first line names no SPDX licence"
            if !@head || $head[0] !~ /SPDX-License-Identifier: Apache-2\.0/;
    }
    return @bad;
}

# Bad things a line can hold, in files that are not these rules themselves.
sub lines_with {
    my ($regex, $why) = @_;
    my @bad;
    for my $path (grep { !m{^tests/lint/} } @sources) {
        my $n = 0;
        for my $line (split /\n/, $raw{$path}) {
            $n++;
            push @bad, "$path:$n: $why" if $line =~ $regex;
        }
    }
    return @bad;
}

sub no_todo {
    return lines_with(qr/\b(?:TODO|FIXME|XXX)\b/,
                      'open an issue, or write NEEDSWORK(#n)');
}

sub text_shape {
    my @bad = (
        lines_with(qr/[ \t\r]$/, 'blanks or CR at the end of the line'),
        lines_with(qr{["'\s=](?:/home|/work|/root)/}, "a machine's own path"),
    );
    for my $path (@sources) {
        push @bad, "$path: no newline at the end" if $raw{$path} !~ /\n\z/;
        push @bad, "$path: a tab" if $path =~ /\.[ch]$/ && $raw{$path} =~ /\t/;
    }
    return @bad;
}

my @rules = (
    ['include_arrows_point_one_way',                 \&arrows],
    ['third_party_headers_stay_in_base_io',          \&third_party],
    ['banned_functions_are_not_called',              \&banned],
    ["functions_have_at_most_${MAX_FUNCTION}_lines", \&function_length],
    ["files_have_at_most_${MAX_FILE}_lines",         \&file_length],
    ['source_file_names_are_unique',                 \&unique_names],
    ['files_start_with_their_licence',               \&spdx],
    ['notes_to_self_are_issues_instead',             \&no_todo],
    ['text_is_clean_and_names_no_machine',           \&text_shape],
);
my ($n, $failed) = (0, 0);
for my $rule (@rules) {
    my ($name, $fn) = @$rule;
    my @bad = $fn->();
    $n++;
    print "# $_\n" for @bad;
    print @bad ? 'not ' : '', "ok $n - $name\n";
    $failed = 1 if @bad;
}
exit $failed;
