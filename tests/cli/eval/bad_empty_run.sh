# SPDX-License-Identifier: Apache-2.0
# A run of no bytes.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
: >run
"$RERANKBENCH" eval -c qrels run
