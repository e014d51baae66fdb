# SPDX-License-Identifier: Apache-2.0
# A document twice in a run: both lines.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
printf 'q1 Q0 b 2 1 t\nq1 Q0 a 3 0 t\n' >>run
"$RERANKBENCH" eval -q qrels run
