# SPDX-License-Identifier: Apache-2.0
# Several runs, or a list of them, give one table in each format.
printf 'q1 0 a 1\nq1 0 b 0\nq2 0 a 2\nq2 0 c 1\n' >qrels
printf 'q1 Q0 a 1 2 t\nq1 Q0 b 2 1 t\nq2 Q0 x 1 3 t\nq2 Q0 a 2 2 t\n' >one.run
printf 'q1 Q0 b 1 2 t\nq1 Q0 a 2 1 t\n' >'two|&.run'
printf 'q1 0 a 1\n' >other
printf '# a comment\nqrels\tone.run\tfirst\n\nqrels\ttwo|&.run\nother\tone.run\tthe "third", 50%%_x\n' >list.tsv

for format in text json csv md tex; do
    echo "== $format"
    "$RERANKBENCH" eval -m map -m ndcg_cut.3 -m num_rel --format $format \
        qrels one.run 'two|&.run' 2>&1
    "$RERANKBENCH" eval -c -m map -m nDCG@3 --format $format \
        --files-from list.tsv 2>&1
done
echo "== one run in a format is a table too"
"$RERANKBENCH" eval -m map --format csv qrels one.run
echo "== queries"
"$RERANKBENCH" eval -q -m map -m gm_map -m num_ret qrels one.run 'two|&.run' \
    2>&1
echo "== queries only"
"$RERANKBENCH" eval -q -n -m map --format csv qrels one.run 'two|&.run' 2>&1
