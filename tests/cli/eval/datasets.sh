# SPDX-License-Identifier: Apache-2.0
# --dataset brings a collection's conventions: the level of relevance, and the
# query's own document left out.
printf 'q1 0 a 1\nq1 0 b 2\n' >qrels
printf 'q1 Q0 a 1 3 t\nq1 Q0 b 2 2 t\n' >run
"$RERANKBENCH" eval --dataset dl19 -m AP -m P@1 -m nDCG@10 qrels run
"$RERANKBENCH" eval --dataset dl19 -m map -m AP@100 qrels run
"$RERANKBENCH" eval --dataset dl19 -l 1 -m AP qrels run
"$RERANKBENCH" eval -l 2 -m AP qrels run
echo
printf 'x 0 a 1\n' >qrels
printf 'x Q0 x 1 3 t\nx Q0 a 2 2 t\n' >run
"$RERANKBENCH" eval -m recip_rank -m num_ret qrels run
"$RERANKBENCH" eval --dataset beir/arguana -m recip_rank -m num_ret qrels run
"$RERANKBENCH" eval --dataset beir/arguana -M 1 -m recip_rank qrels run
echo
"$RERANKBENCH" eval --dataset dl18 qrels run 2>&1
echo "exit $?"
