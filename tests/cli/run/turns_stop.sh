# SPDX-License-Identifier: Apache-2.0
# Stopped while two rerankers take turns: neither is done, whichever of them had
# its turn, and the same command goes on.
cat >slow.pl <<'EOF'
$| = 1;
print "{\"rerankbench\":1,\"ready\":true}\n";
while (<STDIN>) {
    /^\{"id":(\d+)/ or die;
    my $id = $1;
    my $n = () = /"docid":/g;
    select(undef, undef, undef, 0.1);
    print "{\"id\":$id,\"order\":[", join(",", reverse 0 .. $n - 1), "]}\n";
}
EOF
turns() {
    exec "$RERANKBENCH" run --dataset "$TOP/demo/beir-kitchen" --candidates bm25 \
        --reranker random --reranker "process(command='perl slow.pl')" \
        --interleave --store t.db >out 2>err
}
count() { sqlite3 -readonly t.db 'SELECT count(*) FROM query_result' 2>/dev/null; }
(turns) &
n=0
while [ "$(count || :)" != 3 ] && [ $((n += 1)) -lt 500 ]; do
    sleep 0.02
done
kill -TERM $!
wait $! || echo "exit $?"
tail -n 1 err
before=$(count)
[ "$before" -ge 3 ] && [ "$before" -lt 20 ] && echo "some were done"
sqlite3 t.db 'SELECT run_id, status FROM session ORDER BY id'
(turns) || echo "exit $?"
sqlite3 t.db 'SELECT run_id, status FROM session ORDER BY id'
sqlite3 t.db 'SELECT status, count(*) FROM v_result GROUP BY run_id'
