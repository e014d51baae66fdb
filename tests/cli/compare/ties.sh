# SPDX-License-Identifier: Apache-2.0
# Ties of run files. By hand, q1: two documents of one score, one of them
# relevant, is 1/log2(3) = 0.6309 or 1, 0.8155 expected; q2 has no ties and 1.
exec 2>&1
printf 'q1 0 d1 1\nq2 0 d1 1\n' >qrels
printf 'q1 Q0 d1 1 2.0 t\nq1 Q0 d2 2 1.0 t\nq2 Q0 d1 1 2 t\nq2 Q0 d2 2 1 t\n' >plain
# Doubles part them, the 32-bit floats of evaluators do not.
printf 'q1 Q0 d1 1 1.00000000002 t\nq1 Q0 d2 2 1.00000000001 t\nq2 Q0 d1 1 2 t\nq2 Q0 d2 2 1 t\n' >tied
printf 'q2 Q0 d1 1 1 t\nq1 Q0 d1 1 1 t\nq2 Q0 d2 2 1 t\nq1 Q0 d2 2 1 t\n' >parted
"$RERANKBENCH" compare --qrels qrels plain tied
"$RERANKBENCH" compare --qrels qrels plain parted | tail -n 1
cat tied | "$RERANKBENCH" compare --qrels qrels plain /dev/stdin | tail -n 1
