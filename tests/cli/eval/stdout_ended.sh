# SPDX-License-Identifier: Apache-2.0
# A reader that has seen enough is no fault.
awk 'BEGIN { for (i = 0; i < 9000; i++) print "q" i, 0, "d", 1 }' >qrels
awk '{ print $1, 0, "d", 1, 1, "t" }' qrels >run
{ "$RERANKBENCH" eval -q -m all_trec qrels run; echo "exit $?" >&2; } | head -n 1
