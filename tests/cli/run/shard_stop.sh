# SPDX-License-Identifier: Apache-2.0
# SIGTERM, as before a preemption: what was done is copied from the local disk,
# and the shard goes on from it where that disk is another one.
cp "$TOP/tests/data/slow.pl" .
shard() {
    exec "$RERANKBENCH" run --dataset "$TOP/demo/beir-kitchen" --candidates bm25 \
        --reranker "process(command='perl slow.pl 0.1')" --store t.db --shard 1/2 \
        --checkpoint 1000 "$@" >out 2>err
}
count() { sqlite3 -readonly "$1" 'SELECT count(*) FROM query_result' 2>/dev/null; }
mkdir here there
(shard --local here) &
n=0
while [ "$(count here/*/*.db || :)" != 2 ] && [ $((n += 1)) -lt 500 ]; do
    sleep 0.02
done
ls t.db.shards
kill -TERM $!
wait $! || echo "exit $?"
tail -n 1 err
before=$(count t.db.shards/1-of-2.db)
[ "$before" -ge 2 ] && [ "$before" -lt 18 ] && echo "some were done"
find here -name '*.db'
(shard --local there) || echo "exit $?"
sed "s/$before/SOME/; s/$((18 - $before))/REST/" err | grep resumed
count t.db.shards/1-of-2.db
sqlite3 t.db.shards/1-of-2.db "SELECT group_concat(status) FROM session"
