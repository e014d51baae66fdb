# SPDX-License-Identifier: Apache-2.0
# Shards of a plan: each has the runs of the whole, under the same keys, and
# its own queries of them; a second call sends nothing; what was killed on one
# machine goes on from the copy on another.
cp -r "$TOP/demo" demo
sql() { sqlite3 -readonly "$1" "$2"; }
runs="SELECT lower(hex(key)), label, dataset FROM run ORDER BY id"
done_="SELECT r.label, r.dataset, c.qid FROM query_result AS q
    JOIN run AS r ON r.id = q.run_id
    JOIN candidate_list AS c ON c.set_id = r.candidate_set AND c.ord = q.ord"

run() { "$RERANKBENCH" run demo/plan.yaml "$@" >out 2>err || echo "exit $?"; }

run --store whole.db
for i in 1 2 3 4; do
    run --store a.db --shard $i/4
    s=a.db.shards/$i-of-4.db
    [ "$(sql $s "$runs")" = "$(sql whole.db "$runs")" ] || echo "keys differ"
    sql $s "SELECT DISTINCT status FROM run"
    sql $s "SELECT $i, count(*), sum(n_docs) FROM query_result"
    sql $s "$done_" >>parts
done
sort parts >parts.sorted
sql whole.db "$done_" | sort | diff - parts.sorted >/dev/null &&
    echo "every query once"

# Again: no session, no result more. As a task of an array: the same shard.
SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=4 \
    run --store a.db --shard auto
sql a.db.shards/2-of-4.db "SELECT count(*) FROM session"
sql a.db.shards/2-of-4.db "SELECT count(*) FROM query_result"

# On a local disk, which is empty again at the end.
mkdir here
run --store b.db --shard 2/4 --local here
find here -name '*.db*' ! -name '*.lock'
sql b.db.shards/2-of-4.db "PRAGMA journal_mode"
[ "$(sql b.db.shards/2-of-4.db "$done_ ORDER BY q.id")" = \
    "$(sql a.db.shards/2-of-4.db "$done_ ORDER BY q.id")" ] && echo "same"
# Killed in the middle; the local store is gone with its machine.
sqlite3 b.db.shards/2-of-4.db "DELETE FROM ranking WHERE result_id > 20;
    DELETE FROM query_result WHERE id > 20"
mkdir elsewhere
run --store b.db --shard 2/4 --local elsewhere
grep -o 'going on from .*' err
sql b.db.shards/2-of-4.db "SELECT count(*) FROM query_result"

for bad in 5/4 x auto; do
    "$RERANKBENCH" run demo/plan.yaml --shard $bad 2>&1 || echo "exit $?"
done
"$RERANKBENCH" run demo/plan.yaml --shard 1/2 --again 2>&1 || echo "exit $?"
