# SPDX-License-Identifier: Apache-2.0
# A document judged twice.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
printf 'q1 0 b 1\nq1 0 a 1\n' >>qrels
"$RERANKBENCH" eval qrels run
