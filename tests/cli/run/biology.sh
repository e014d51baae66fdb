# SPDX-License-Identifier: Apache-2.0
# Ties in a published run: the evaluator's order gives the published number.
b=$DATA/bright
[ -r "$b/runs/biology.reasonir.trec" ] || { echo 'no bright'; exit 77; }
run() {
    "$RERANKBENCH" run --store s.db --dataset bright/biology \
        --queries "$b/examples/biology.jsonl" \
        --qrels "$b/qrels/qrels.bright-biology$fixed.txt" \
        --candidates "$b/runs/biology.reasonir.trec" \
        --reranker first-stage -m nDCG@10 --format csv "$@" 2>&1 | cut -d, -f1-5 |
        sed 's/results of .*/results of DATE/'
}
fixed=
run
run --candidate-order file
# Other judgments are another evaluation of the same run.
fixed=.fixed
run
sqlite3 s.db 'SELECT count(*) FROM run' 'SELECT count(*) FROM evaluation'
