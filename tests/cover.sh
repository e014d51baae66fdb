#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Line coverage per source file after `make cover`, worst first.
set -eu

out=${BUILD:-build}/cover
find "$out" -name '*.gcno' | grep -v "^$out/tests/" | sort |
    xargs -r gcov -n 2>/dev/null | awk '
/^File / { f = substr($0, 7, length($0) - 7) }
/^Lines executed:/ && f ~ /^[a-z].*\.[ch]$/ && f !~ /^(tests|build)\// {
    split($0, a, /[:% ]+/)
    pct = a[3] + 0
    n = a[5] + 0
    if (n > most[f] || (n == most[f] && pct > best[f])) {
        most[f] = n
        best[f] = pct
    }
    f = ""
}
END {
    for (f in best) {
        printf "%6.2f%% of %5d  %s\n", best[f], most[f], f
        all += most[f]
        hit += most[f] * best[f] / 100
    }
    if (all) printf "%6.2f%% of %5d  ~ all\n", 100 * hit / all, all
}' | sort -k1,1n -k4
