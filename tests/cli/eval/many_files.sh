# SPDX-License-Identifier: Apache-2.0
# A bad file in a list is told of, and the others are evaluated.
printf 'q1 0 a 1\n' >qrels
printf 'q1 0 a 1\nq1 0 a 1\n' >twice
printf 'q1 Q0 a 1 2 t\n' >good.run
printf 'q1 Q0 a 1 x t\n' >bad.run
printf 'q2 Q0 a 1 2 t\n' >other.run
cat >list.tsv <<END
qrels	good.run	good
qrels	bad.run	bad
qrels	missing.run
qrels	other.run
twice	good.run
twice	good.run
qrels	good.run	again
END
"$RERANKBENCH" eval -m map --files-from list.tsv
