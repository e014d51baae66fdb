# SPDX-License-Identifier: Apache-2.0
# An option that there is not: the nearest one is named.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
"$RERANKBENCH" eval --complet=10 --thraeds 2 qrels run
