# SPDX-License-Identifier: Apache-2.0
# A fault on the last of many lines: nothing is printed before it.
awk 'BEGIN { for (q = 0; q < 200; q++) for (d = 0; d < 100; d++)
    print "q" q, "Q0", "d" (d * 7919 + q * 31) % 99991, d + 1, 100 - d, "t" }' \
    >run
printf 'q1 0 d31 1\n' >qrels
echo 'q1 Q0 z 1 x t' >>run
"$RERANKBENCH" eval -q qrels run
