# SPDX-License-Identifier: Apache-2.0
# A gz run that ends in the middle.
awk 'BEGIN { for (q = 0; q < 200; q++) for (d = 0; d < 100; d++)
    print "q" q, "Q0", "d" (d * 7919 + q * 31) % 99991, d + 1, 100 - d, "t" }' \
    >run
printf 'q1 0 d31 1\n' >qrels
gzip run
size=$(wc -c <run.gz)
head -c $((size / 2)) run.gz >cut.gz
"$RERANKBENCH" eval -q qrels cut.gz
