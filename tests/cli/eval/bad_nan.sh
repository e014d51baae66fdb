# SPDX-License-Identifier: Apache-2.0
# A score that is NaN has no place in an order.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
echo 'q1 Q0 b 2 nan t' >>run
"$RERANKBENCH" eval -q qrels run
