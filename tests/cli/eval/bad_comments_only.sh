# SPDX-License-Identifier: Apache-2.0
# A run of comments.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
echo '# q1 Q0 a 1 2 t' >run
"$RERANKBENCH" eval qrels run
