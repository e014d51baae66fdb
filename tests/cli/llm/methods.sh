# SPDX-License-Identifier: Apache-2.0
# Three methods on demo data before a server that knows the right order of
# words: each reranks, its calls, tokens and times are in the store, and a second
# run sends nothing.
garden() {
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --depth 12 "$@" 2>>log
}
if [ -n "${MOCK_URL-}" ]; then
    garden --format csv --label tour \
        --reranker "listwise(server=$MOCK_URL)" \
        --reranker "first(server=$MOCK_URL,dialect=vllm)" \
        --reranker "rerank-api(server=$MOCK_URL,dialect=vllm)" |
        cut -d, -f3-7
    exit
fi
script='on body=Say
 model answer=yesno
on
 model'
"$BIN/mockd" --count n1 "$script" sh "$0" || exit 1
sqlite3 rerankbench.db "SELECT r.label, count(*), min(q.status), max(q.status),
    sum(q.n_calls), sum(q.prompt_tokens) > 0, sum(q.output_tokens),
    count(q.latency_ns), count(q.first_token_ns)
    FROM run AS r JOIN query_result AS q ON q.run_id = r.id GROUP BY r.id"
sqlite3 rerankbench.db "SELECT count(*), count(answer), min(http), max(http),
    min(total_ns) > 0, min(parse_ns) > 0, count(first_token_ns), max(attempt),
    min(length(request_sha)) FROM call"
sqlite3 rerankbench.db "SELECT DISTINCT json_extract(conditions,
    '\$.reranker.prefix'), json_extract(conditions, '\$.reranker.in_flight')
    FROM session ORDER BY 1"
# The models are asked for once more, and no query is.
"$BIN/mockd" --log calls "$script" sh "$0" >/dev/null || exit 1
grep -c '"path":"/v1/models"' calls
grep -v '"path":"/v1/models"' calls | grep -c 'Search Query'
grep -o 'nothing to send.*\|0 sent.*' log | sed 's/ of .*//' | sort | uniq -c
