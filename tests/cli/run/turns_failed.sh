# SPDX-License-Identifier: Apache-2.0
# Two rerankers take turns, and a server refuses one of them for good: its session
# has failed, the other one's was stopped, and what was answered stays.
if [ -z "${MOCK_URL-}" ]; then
    exec "$BIN/mockd" 'on path=/chat body=greenfly
 reply 401 {"error":{"message":"no key"}}
on
 model' sh "$0"
fi
"$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
    --depth 6 --reranker random --reranker "listwise(server=$MOCK_URL)" \
    --interleave >out 2>err
echo "exit $?"
sed -n 's/.*\(status 401: no key\).*/\1/p' err
sqlite3 rerankbench.db 'SELECT label, r.status, s.status, count(q.id) FROM run
    AS r JOIN session AS s ON s.run_id = r.id JOIN query_result AS q
    ON q.run_id = r.id GROUP BY r.id'
