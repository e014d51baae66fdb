# SPDX-License-Identifier: Apache-2.0
# The output does not depend on the number of threads, whatever the order of
# the lines.
awk 'BEGIN {
    for (q = 0; q < 300; q++) for (d = 0; d < 100; d++) {
        x = (q * 7919 + d * 104729) % 9973
        printf "q%d Q0 d%d %d %.3f t\n", q, x, d + 1, (x * x % 997) / 8
    }
}' >sorted.run
awk '{ print ($4 * 1103 + NR * 12345) % 30011, $0 }' sorted.run | sort -n |
    cut -d ' ' -f 2- >scattered.run
awk 'NR % 13 == 0 && $1 != "q17" { print $1, 0, $3, NR % 4 }' sorted.run >qrels
gzip -k sorted.run scattered.run
for options in '-q -m all_trec' '-q -c -m all_trec --compat 10' '-J -M 20'; do
    "$RERANKBENCH" eval $options -j1 qrels sorted.run >want 2>/dev/null
    [ "$(wc -l <want)" -gt 20 ] || echo "too little: $options"
    for run in sorted.run scattered.run sorted.run.gz scattered.run.gz -; do
        for threads in 1 2 4 7; do
            "$RERANKBENCH" eval $options -j$threads qrels $run \
                <scattered.run >got 2>/dev/null
            cmp -s want got || echo "$options -j$threads $run"
        done
    done
done
"$RERANKBENCH" eval -q -j1 qrels sorted.run scattered.run >want 2>/dev/null
for threads in 2 3 8; do
    "$RERANKBENCH" eval -q -j$threads qrels sorted.run scattered.run >got 2>/dev/null
    cmp -s want got || echo "two runs: -j$threads"
done
