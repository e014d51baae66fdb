# SPDX-License-Identifier: Apache-2.0
# A run line without its tag; blank lines and comments are counted.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
printf '\n# note\nq1 Q0 b 2 1\n' >>run
"$RERANKBENCH" eval -q qrels run
