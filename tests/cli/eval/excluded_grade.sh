# SPDX-License-Identifier: Apache-2.0
# ir_datasets writes BRIGHT's excluded ids as judgments of grade -100. With the
# conventions of BRIGHT they leave the ranking; without, they are grades.
unset RERANKBENCH_DATA
printf '0 0 x -100\n0 0 a 1\n1 0 b 1\n1 0 y -100\n' >qrels
printf '0 0 a 1\n1 0 b 1\n' >plain
printf '0 0 a 1\n0 0 a -100\n' >both
printf '0 Q0 x 1 3 t\n0 Q0 a 2 2 t\n1 Q0 b 1 2 t\n' >run
"$RERANKBENCH" eval -m recip_rank -m num_ret qrels run
"$RERANKBENCH" eval --dataset bright/leetcode -m recip_rank -m num_ret qrels run
for qrels in plain both; do
    "$RERANKBENCH" eval --dataset bright/leetcode -m recip_rank $qrels run 2>&1
    echo "exit $?"
done
"$RERANKBENCH" lint --dataset bright/leetcode --qrels qrels run |
    grep -c 'excluded'
"$RERANKBENCH" lint --dataset dl19 --qrels qrels run | grep -c 'excluded' || :
