# SPDX-License-Identifier: Apache-2.0
# ... also below the cut of -M, where trec_eval does not look.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
printf 'q1 Q0 b 2 1 t\nq1 Q0 b 3 0 t\n' >>run
"$RERANKBENCH" eval -M 1 qrels run
