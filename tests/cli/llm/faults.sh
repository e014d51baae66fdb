# SPDX-License-Identifier: Apache-2.0
# What cannot go well is said before a query is paid for, or at the first; a key
# that the server refuses ends the run, and is nowhere but in the header.
run() {
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --depth 6 --label "$1" --reranker "$2" --concurrency 4 >out 2>err
    echo "$1: exit $?"
    grep 'rerankbench: ' err | sed 's/127.0.0.1:[0-9]*/HOST/g' | tail -n 1
}
if [ -n "${MOCK_URL-}" ]; then
    run key "listwise(server=$MOCK_URL,key-env=MY_KEY,dialect=vllm)"
    cat err >>errors
    exit
fi
run dialect "listwise(server=http://127.0.0.1:1,dialect=vlm)"
run server "listwise"
run nobody "listwise(server=http://127.0.0.1:1,retries=0)"
run template "listwise(server=http://127.0.0.1:1,template=no/such.yaml)"
run preset "rankzephyr(server=http://127.0.0.1:1)"
run form "pointwise(server=http://127.0.0.1:1,template=builtin:listwise)"
run rerank "listwise(server=http://127.0.0.1:1,dialect=cohere)"
run prefill "first(server=http://127.0.0.1:1)"
run unset "listwise(server=http://127.0.0.1:1,key-env=NO_SUCH)"
run recording "listwise(server=replay:no.jsonl)"

MY_KEY=sk-never-to-be-seen-4711
export MY_KEY
"$BIN/mockd" --log calls 'on path=/models
 reply 200 {"data":[{"id":"m"}]}
on
 reply 401 {"error":{"message":"bad key sk-never-to-be-seen-4711"}}' sh "$0"
n=$(grep -c '/chat/completions' calls)
[ "$n" -le 4 ] || echo "$n calls with a bad key"
grep -c 'Authorization: Bearer sk-never-to-be-seen-4711' calls |
    sed 's/[1-9]/some/'
grep -l 'never-to-be-seen' errors out err rerankbench.db* || echo "not kept"
sqlite3 rerankbench.db 'SELECT count(*) FROM query_result'
