# SPDX-License-Identifier: Apache-2.0
# A server keeps what prompts began with. Two systems ask it the same prompts:
# cold, the order in which they run does not change their medians; warm, the
# second one and every further sample would have it easy, and tables say so.
medians() {
    sqlite3 "$1.db" "SELECT label, printf('%.0f', x / 1e6) FROM (SELECT r.label,
        (SELECT latency_ns FROM v_latency_ns AS t WHERE t.run_id = r.id
         ORDER BY latency_ns LIMIT 1 OFFSET 9) AS x FROM run AS r)
        ORDER BY label" 2>/dev/null
}
ask() { # STORE FIRST SECOND PREFIX
    for temperature in "$2" "$3"; do
        "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" \
            --candidates bm25 --depth 8 --samples 2 --warm-up 2 --store "$1.db" \
            --reranker listwise --label "t=$temperature" --set dialect=vllm \
            --set "server=$MOCK_URL" --prefix "$4" \
            --set "temperature=$temperature" >"$1.txt" 2>err ||
            cat err
    done
    sqlite3 "$1.db" "CREATE VIEW v_latency_ns AS SELECT run_id, latency_ns
        FROM v_result"
}
if [ -n "${MOCK_URL-}" ]; then
    # What has no server, or wraps what has one; a reranker's own word wins.
    for reranker in bm25 "fuse(inputs='bm25,listwise(server=$MOCK_URL)')"; do
        "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --prefix warm \
            --candidates bm25 --reranker "$reranker" 2>&1
        echo "$?"
    done
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --prefix warm \
        --candidates bm25 --depth 4 --store own.db --reranker \
        "listwise(server=$MOCK_URL,dialect=vllm,prefix=cold)" >/dev/null 2>&1
    sqlite3 own.db "SELECT conditions ->> '$.reranker.prefix' FROM session"
    ask cold-ab 0 0.5 cold
    ask cold-ba 0.5 0 cold
    ask warm-ab 0 0.5 warm
    for store in cold-ab cold-ba warm-ab; do
        medians "$store" | sed "s/^/$store|/"
    done >medians
    # Within a few milliseconds of each other, or far from it.
    awk -F'|' '{ m[$1 "|" $2] = $3 }
        function near(a, b) { return a < b * 1.15 + 3 && b < a * 1.15 + 3 }
        END {
            print "cold, first system:", near(m["cold-ab|t=0"], m["cold-ba|t=0"])
            print "cold, second:", near(m["cold-ab|t=0.5"], m["cold-ba|t=0.5"])
            print "cold, both:", near(m["cold-ab|t=0"], m["cold-ab|t=0.5"])
            print "worth measuring:", (m["cold-ab|t=0"] >= 20)
            print "warm, second:", (m["warm-ab|t=0.5"] * 2 < m["cold-ab|t=0.5"])
        }' medians
    sqlite3 warm-ab.db "SELECT DISTINCT conditions ->> '$.reranker.prefix'
        FROM session"
    grep -c 'timed with warm prefix caches' warm-ab.txt cold-ab.txt
    "$RERANKBENCH" report latency --store warm-ab.db | grep -c 'prefix warm'
    exit
fi
"$BIN/mockd" 'on path=/chat
 prefill 3
 model
on
 model' sh "$0"
