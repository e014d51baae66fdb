# SPDX-License-Identifier: Apache-2.0
# Two queries that the server refuses have no value: the table says so, the exit
# code is 1, and the same command sends those two again.
garden() {
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --depth 8 --reranker listwise --label "$1" \
        --set "server=$MOCK_URL" --set retries=1 --set backoff=0 \
        --format csv 2>err | cut -d, -f3-5
    sqlite3 rerankbench.db "SELECT status, attempt, count(*), min(why)
        FROM query_result GROUP BY 1, 2 ORDER BY 1, 2" |
        sed 's/127.0.0.1:[0-9]*/HOST/g'
}
if [ -n "${MOCK_URL-}" ]; then
    garden words
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --depth 8 --reranker listwise --label words \
        --set "server=$MOCK_URL" --set retries=1 --set backoff=0 \
        >/dev/null 2>&1
    echo "exit $?"
    garden words
    exit
fi
"$BIN/mockd" --log calls 'on body=define times=3
 reply 500 {"error":"out of order"}
on body=purpose times=2
 reply 400 {"error":{"message":"this one never"}}
on
 model' sh "$0"
grep -c '/chat/completions' calls
