# SPDX-License-Identifier: Apache-2.0
# Stores of shards become what one machine would have made, in whatever order
# they are given, once or twice.
cp -r "$TOP/demo" demo
run() { "$RERANKBENCH" run demo/plan.yaml "$@" >/dev/null 2>&1 || echo "exit $?"; }
merge() { "$RERANKBENCH" merge "$@" 2>err; }
sql() { sqlite3 -readonly "$1" "$2"; }

run --store whole.db
for i in 1 2 3; do run --store part.db --shard $i/3; done
p=part.db.shards
merge -o a.db $p/1-of-3.db $p/2-of-3.db $p/3-of-3.db >a.out
cat err
merge -o b.db $p/3-of-3.db $p/1-of-3.db $p/3-of-3.db $p/2-of-3.db a.db >b.out
grep -o '[0-9]* results were there.*' err
merge -o a.db $p/1-of-3.db >again.out
cmp a.out b.out && cmp a.out again.out && cmp a.db b.db && echo "same bytes"
for what in "list runs" "show 2" "show 2 q27" "export 2"; do
    "$RERANKBENCH" $what --store a.db >a.txt 2>&1
    "$RERANKBENCH" $what --store b.db >b.txt 2>&1
    cmp a.txt b.txt
done

# Every ranking and every measure.
for q in "SELECT label, dataset, qid, rank, docid, score, first_rank
        FROM v_ranking ORDER BY run_id, ord, rank" \
    "SELECT label, dataset, qid, measure, value, judgments, compat, rules
        FROM v_measure ORDER BY run_id, ord, measure" \
    "SELECT e.run_id, m.measure, m.value, m.n, m.n_missing, m.n_failed
        FROM measure_mean AS m JOIN evaluation AS e ON e.id = m.eval_id
        ORDER BY 1, 2" \
    "SELECT lower(hex(key)), identity, label, dataset, status FROM run"; do
    sql whole.db "$q" >whole.txt
    sql a.db "$q" | cmp - whole.txt && echo "$(($(wc -l <whole.txt) > 17)) equal"
done
"$RERANKBENCH" run demo/plan.yaml --store a.db 2>&1 >/dev/null |
    grep -c '0 sent'

# Every column that there is comes over, whatever it holds.
"$RERANKBENCH" run --dataset demo/trec-dl-garden --candidates bm25 --store full.db \
    --reranker first-stage --top-k 3 --keep-texts >/dev/null 2>&1
columns() { sqlite3 full.db "SELECT name FROM pragma_table_info('$1')
    WHERE name NOT IN ('id', 'run_id', 'session_id', 'result_id', 'set_id',
        'candidate_set')"; }
sqlite3 full.db "INSERT INTO call(result_id, path, seq, attempt)
    SELECT id, '0', 0, 0 FROM query_result"
for t in query_result call; do
    for c in $(columns $t); do
        case $c in attempt | sample | ord | seq | path | warmup | status) continue ;; esac
        sqlite3 full.db "UPDATE $t SET $c = coalesce($c, rowid * 3 + 1)" 2>/dev/null ||
            sqlite3 full.db "UPDATE $t SET $c = coalesce($c, result_id * 3 + 1)"
    done
done
merge -o copy.db full.db >/dev/null
for t in run session query_result ranking call candidate_set candidate_list \
    judgment_set judgment query_text doc_text evaluation measure_value; do
    for c in $(columns $t); do
        for s in full copy; do
            sqlite3 $s.db "SELECT quote($c) FROM $t ORDER BY 1" >$s.txt
        done
        [ -s full.txt ] || echo "$t.$c: nothing to compare"
        cmp full.txt copy.txt || echo "$t.$c differs"
        case $t in query_result | call) grep -q NULL full.txt && echo "$t.$c NULL" ;; esac
    done
done

# Parts are missing; a result was changed; a store is none.
merge -o c.db $p/1-of-3.db $p/3-of-3.db >c.out || echo "exit $?"
sed -n 2p c.out | cut -c 1-52
grep -c 'queries are missing' err
tail -n 1 err
cp $p/2-of-3.db bad.db
sqlite3 bad.db "UPDATE session SET host = 'other';
    UPDATE ranking SET perm = '[1,0]' WHERE result_id = 1"
merge -o d.db $p/2-of-3.db bad.db || echo "exit $?"
sed 's/T[0-9:]*Z//g; s/20[0-9-]*/DATE/g' err
echo nothing >none.db
merge -o d.db $p/2-of-3.db none.db || echo "exit $?"
cat err
merge $p/2-of-3.db || echo "exit $?"
cat err
ls d.db* 2>/dev/null || echo "no d.db"

# Unlike machines are told below the table, and alike ones are not.
grep -c 'kinds of machine' a.out
cp $p/3-of-3.db unlike.db
sqlite3 unlike.db "UPDATE session SET cpu = 'Fast', host = 'gpu1',
    conditions = json_set(conditions, '\$.gpu', 'H100 x 2')"
sqlite3 unlike.db "UPDATE session SET cpu = 'Faster', host = 'gpu2' WHERE id > 9"
for i in 1 2; do sqlite3 $p/$i-of-3.db "UPDATE session SET cpu='Slow', host='n$i'"; done
merge -o e.db $p/1-of-3.db $p/2-of-3.db unlike.db |
    grep 'reverse on beir-kitchen was'
