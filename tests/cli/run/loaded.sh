# SPDX-License-Identifier: Apache-2.0
# A run on a machine that does other work is marked where its times are.
run() {
    RERANKBENCH_HOST_ROOT=$TOP/tests/data/host/$1 "$RERANKBENCH" run \
        --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 --reranker $2 \
        --store t.db 2>/dev/null | sed 's/[0-9.]*\(\^L\)* *-$/TIME\1/'
}
run idle reverse
run busy first-stage
# One note for all of them.
run busy "random --reranker constant"
"$RERANKBENCH" report latency --store t.db | sed -n '/L: /p'
"$RERANKBENCH" report latency --store t.db --format json | grep -c '"loaded": true'
"$RERANKBENCH" report html --store t.db --format text | sed -n '/L: /p'
"$RERANKBENCH" report efficiency --store t.db | grep -c '^L: \|\^L '
"$RERANKBENCH" history nDCG@10 --dataset trec-dl-garden --store t.db |
    grep -c '^L: \|\^L '
"$RERANKBENCH" show first-stage --store t.db | grep '^loaded'
"$RERANKBENCH" show reverse --store t.db | grep -c '^loaded'
sqlite3 t.db "SELECT json_remove(conditions, '$.store_ns') FROM session WHERE run_id < 3"
# A gate names it where it asks for times.
for limit in --max-slowdown=9 --max-drop=nDCG@10=1; do
    "$RERANKBENCH" gate reverse first-stage --store t.db $limit 2>&1 |
        grep -c 'first-stage on .* ran on a loaded machine'
done
"$RERANKBENCH" baseline first-stage --store t.db | grep '^# loaded'
# An older store has no such record, and no mark.
sqlite3 t.db "UPDATE session SET conditions = '{}'"
"$RERANKBENCH" report latency --store t.db | grep -c 'L: '
true
