# SPDX-License-Identifier: Apache-2.0
# A NUL byte in the judgments.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
printf 'q1 0 b\0c 1\n' >>qrels
"$RERANKBENCH" eval -q qrels run
