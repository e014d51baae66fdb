# SPDX-License-Identifier: Apache-2.0
# A measure that there is not: the nearest one is named.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
"$RERANKBENCH" eval -m ndgc_cut.10 qrels run
