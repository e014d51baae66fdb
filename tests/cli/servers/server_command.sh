# SPDX-License-Identifier: Apache-2.0
# A run starts its own model server, waits for its health, and ends it.
# The server's first answers say that it is loading.
cat >server.sh <<'EOF'
echo "loading on $1" >&2
echo $$ >>pids
exec "$BIN/mockd" --port "$1" "$(cat script)"
EOF
printf 'on path=/health times=2\nreply 503 {}\non\nmodel\n' >script
export BIN
data="--dataset $TOP/demo/trec-dl-garden --candidates bm25 --depth 6"
run() {
    "$RERANKBENCH" run $data --reranker 'rerank-api(server={url},dialect=tei)' \
        --server-command "sh server.sh {port}" "$@" >out 2>err || echo "exit $?"
}
gone() { for p in $(cat pids); do [ ! -d /proc/$p ] || echo "$p stays"; done; }

run --store a.db
sed -n 2p out | cut -c 1-60
grep -c 'took .* to be ready' err
sed 's/on [0-9][0-9]*/on PORT/; s/1:[0-9]*$/1:PORT/' a.db.server.log
gone
# The address is no part of what the run is: another port, nothing to send.
run --store a.db
grep -o '0 sent' err
run --store a.db --shard 1/2
ls a.db.shards/*.log
sqlite3 a.db "SELECT count(*) FROM session WHERE json_extract(conditions,
    '\$.reranker') LIKE '%http://127.0.0.1:%'"

# It never gets healthy; it ends before; it ends in the middle.
printf 'on\nreply 503 {}\n' >script
run --store b.db --server-wait 1
sed 's/on [0-9][0-9]*/on PORT/; s/1:[0-9]*$/1:PORT/' err
gone
echo 'echo "no such model" >&2; exit 3' >bad.sh
"$RERANKBENCH" run $data --reranker 'rerank-api(server={url},dialect=tei)' \
    --server-command "sh bad.sh {port}" --store c.db 2>&1 || echo "exit $?"
printf 'on path=/rerank times=3\nmodel\non path=/rerank\nhang\non\nmodel\n' >script
(
    n=0; while [ $((n += 1)) -lt 150 ] && [ "$(sqlite3 -readonly d.db 'SELECT count(*) FROM query_result' 2>/dev/null ||
        echo 0)" -lt 3 ]; do sleep 0.1; done
    kill -9 "$(tail -n 1 pids)"
) &
run --store d.db
wait
grep -o 'the model server was killed.*see' err
sqlite3 d.db "SELECT count(*) FROM query_result WHERE status = 'ok'"
gone

"$RERANKBENCH" run $data --reranker 'rerank-api(server={url},dialect=tei)' 2>&1 ||
    echo "exit $?"
"$RERANKBENCH" run $data --reranker bm25 --server-command 'x' 2>&1 || echo "exit $?"
