# SPDX-License-Identifier: Apache-2.0
# A folder as judgments.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
mkdir folder
"$RERANKBENCH" eval folder run
