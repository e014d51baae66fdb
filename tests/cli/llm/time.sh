# SPDX-License-Identifier: Apache-2.0
# The parts of every query's time sum to its latency, to the nanosecond: calls
# one after another, calls at once, streams, repeated calls, an open loop.
run() {
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --depth 12 "$@" >/dev/null 2>>log || cat log
}
if [ -n "${MOCK_URL-}" ]; then
    run --label again --reranker \
        "listwise(server=$MOCK_URL,retries=5,backoff=0.001)"
    run --label row --reranker "listwise(server=$MOCK_URL,window=4,stride=2)"
    run --label lanes --in-flight 3 \
        --reranker "pointwise(server=$MOCK_URL,stream=true)"
    run --label open --scenario open:200 --in-flight 1 \
        --reranker "listwise(server=$MOCK_URL)"
    exit
fi
script='on path=/chat/ times=4
 reply 503 {"error":{"message":"busy"}}
on body=Say
 model answer=yesno
on
 wait 2
 model'
"$BIN/mockd" "$script" sh "$0" || exit 1
sqlite3 rerankbench.db "SELECT label, qid FROM v_result" >queries
wc -l <queries
tr '|' ' ' <queries | while read -r label qid; do
    "$RERANKBENCH" show "$label" "$qid" --time >out || exit 1
    awk '/^latency: / { latency = $2; next }
        / ms \(/ { sub(/.*: /, ""); sum += $1 }
        END { d = sum - latency; exit !(latency > 0 && d * d < 1e-10) }' out ||
        { echo "the parts of $qid of $label do not sum up"; cat out; }
done
# What each is there for has taken place.
part() {
    "$RERANKBENCH" show "$1" --time --format csv | awk -F, -v c="ms of a query $2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i; next }
        NR == 2 { print (k && $k > 0) ? "yes" : "no"; exit }'
}
part row 'first byte'
part row 'retries'
part lanes 'first token'
part open late
part again retries
"$RERANKBENCH" report latency --breakdown --runs row --runs lanes |
    grep -c 'calls overlap'
"$RERANKBENCH" report latency --breakdown --predict calls=1 --runs lanes |
    grep -c 'its calls overlap'
