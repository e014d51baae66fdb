# SPDX-License-Identifier: Apache-2.0
# A grade that is no whole number.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
echo 'q1 0 b 0.5' >>qrels
"$RERANKBENCH" eval qrels run
