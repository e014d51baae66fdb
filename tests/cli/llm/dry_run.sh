# SPDX-License-Identifier: Apache-2.0
# --dry-run of methods that ask a server: calls and tokens, a range where answers
# decide, and nothing is sent or written.
if [ -n "${MOCK_URL-}" ]; then
    "$RERANKBENCH" run --dry-run --dataset "$TOP/demo/trec-dl-garden" \
        --candidates bm25 --depth 25 --format csv \
        --reranker "listwise(server=$MOCK_URL)" \
        --reranker "setwise(server=$MOCK_URL)" \
        --reranker "rerank-api(server=$MOCK_URL,dialect=tei)" 2>/dev/null |
        sed 's/,[^,]*,[^,]*$//; s/.*bm25,//; s/(.*)"*,1,/,/; s/"//'
    exit
fi
"$BIN/mockd" --count n 'on
 model' sh "$0"
cat n
ls
