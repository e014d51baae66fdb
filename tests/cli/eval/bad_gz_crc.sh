# SPDX-License-Identifier: Apache-2.0
# A gz run whose bytes are fine and whose checksum is not.
awk 'BEGIN { for (q = 0; q < 200; q++) for (d = 0; d < 100; d++)
    print "q" q, "Q0", "d" (d * 7919 + q * 31) % 99991, d + 1, 100 - d, "t" }' \
    >run
printf 'q1 0 d31 1\n' >qrels
gzip run
size=$(wc -c <run.gz)
head -c $((size - 8)) run.gz >crc.gz
printf '\1\2\3\4' >>crc.gz
tail -c 4 run.gz >>crc.gz
"$RERANKBENCH" eval -q qrels crc.gz
