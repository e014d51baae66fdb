# SPDX-License-Identifier: Apache-2.0
# No query in common: five ids of each side, and what may be wrong.
for q in 1 2 3 4 5 6 7; do echo "00$q 0 a 1"; done >qrels
for q in 9 8 7 6 5 4 3; do echo "$q Q0 a 1 1 t"; done >run
"$RERANKBENCH" eval -c qrels run
