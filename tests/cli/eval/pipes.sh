# SPDX-License-Identifier: Apache-2.0
# Runs and judgments from pipes, also where lines of a query stand apart.
printf 'q1 0 a 1\nq2 0 b 1\n' >qrels
printf 'q1 0 x 1 3 t\nq2 0 b 1 3 t\nq1 0 a 2 2 t\nq2 0 x 2 2 t\n' >run
mkfifo run.pipe qrels.pipe
cat run >run.pipe &
cat qrels >qrels.pipe &
timeout 20 "$RERANKBENCH" eval -q -m recip_rank qrels.pipe run.pipe
cat run >run.pipe &
timeout 20 "$RERANKBENCH" eval -m recip_rank qrels run.pipe run 2>&1
"$RERANKBENCH" eval -m recip_rank qrels - <run
"$RERANKBENCH" eval -m recip_rank - run <qrels
echo "== faults"
{ cat run; echo; echo 'q1 0 y 3'; } | "$RERANKBENCH" eval qrels - 2>&1
echo "exit $?"
{ cat run; echo 'q1 0 x 3 1 t'; } | "$RERANKBENCH" eval qrels - 2>&1
echo "exit $?"
wait
