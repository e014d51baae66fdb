# SPDX-License-Identifier: Apache-2.0
# A streamed answer has a time to its first token, a whole one has none; raw
# answers are kept on request alone. Both give the same orders.
if [ -n "${MOCK_URL-}" ]; then
    for how in stream=true,keep-answers=true stream=false; do
        "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" \
            --store "$how.db" --candidates bm25 --depth 8 --label s \
            --reranker "listwise(server=$MOCK_URL,$how)" >/dev/null || exit 1
    done
    exit
fi
"$BIN/mockd" 'on
 model' sh "$0" 2>log || { cat log; exit 1; }
for db in stream=true,keep-answers=true stream=false; do
    echo "$db"
    sqlite3 "$db.db" "SELECT count(*), count(c.first_token_ns),
        count(q.first_token_ns), count(c.answer),
        max(c.first_token_ns <= c.total_ns),
        max(q.first_token_ns <= q.latency_ns), max(c.answer LIKE '[%] > [%')
        FROM query_result AS q JOIN call AS c ON c.result_id = q.id"
    sqlite3 "$db.db" "SELECT v.qid, k.perm FROM v_result AS v
        JOIN ranking AS k USING (result_id) ORDER BY v.ord" >"$db.txt"
done
cmp stream=true,keep-answers=true.txt stream=false.txt
