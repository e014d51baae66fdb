# SPDX-License-Identifier: Apache-2.0
# A recording holds the calls of the queries, once each, and not what the probe
# asked; replayed it gives the same orders, without a server or a latency.
run() {
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --depth 6 --reranker first --set frame=builtin:chatml "$@" 2>err \
        >/dev/null || { cat err; exit 1; }
}
export RERANKBENCH TOP
live() {
    run --store live.db --set "server=$MOCK_URL" --set record=calls
}
if [ -n "${MOCK_URL-}" ]; then
    live
    exit
fi
"$BIN/mockd" 'on body=yes
model answer=yesno
on
model' sh "$0" || exit 1
sed 's/^{"qid":"\([^"]*\)".*/\1/' calls | sort | uniq -c | sed 's/^ *//'
run --store replayed.db --set server=replay:calls
grep -c 'recorded prompts are those' err
for db in live replayed; do
    sqlite3 $db.db 'SELECT v.qid, k.perm FROM v_result AS v
        JOIN ranking AS k USING (result_id) ORDER BY v.ord' >$db.txt
    sqlite3 $db.db 'SELECT count(*), count(latency_ns), count(k.perm)
        FROM query_result AS q JOIN ranking AS k ON k.result_id = q.id'
done
cmp live.txt replayed.txt
