# SPDX-License-Identifier: Apache-2.0
# Wherever the disk is full, the program says so and the store stays whole; with
# room again the same command goes on.
run() {
    "$RERANKBENCH" run --dataset "$TOP/demo/beir-kitchen" --candidates bm25 \
        --reranker random --reranker bm25 --repeat 10 --store "$1" \
        >out 2>err
}
rows() {
    sqlite3 "$1" 'SELECT label, repeat, ord, attempt, perm FROM v_result AS v
        JOIN ranking AS k ON k.result_id = v.result_id ORDER BY 1, 2, 3'
}

run calm.db || exit 1
rows calm.db >calm.txt
n=0 begun=0
for blocks in 1 50 300 520 540 560 600 700 800 900 1000 1100 1200; do
    rc=0
    (
        ulimit -f $blocks
        run full.db
    ) || rc=$?
    [ $rc -ne 0 ] || continue
    n=$((n + 1))
    [ $rc -eq 4 ] || echo "$blocks: exit $rc"
    [ "$(grep -c 'error: .*full.db' err)" = 1 ] || cat err
    if [ -s full.db ]; then
        sqlite3 full.db 'PRAGMA integrity_check' | grep -vx ok
        rows full.db >/dev/null 2>&1 && begun=$((begun + 1))
    fi
    run full.db || cat err
    rows full.db | cmp - calm.txt || echo "$blocks: other rows"
    rm -f full.db*
done
[ $n -ge 5 ] || echo "only $n were too small"
[ $begun -ge 3 ] || echo "only $begun got beyond the tables"
