# SPDX-License-Identifier: Apache-2.0
# Real time, against a server that takes 20 ms whatever it is asked: what each
# scenario promises, with bounds that a busy machine keeps. Then runs that are
# cut off while they wait for the next query to be due.
if [ -z "${MOCK_URL-}" ]; then
    exec "$BIN/mockd" 'on path=/chat
 wait 20
 model
on
 model' sh "$0"
fi
go() { # LABEL FLAG...
    label=$1
    shift
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --depth 6 --reranker "listwise(server=$MOCK_URL)" --label "$label" \
        "$@" >out 2>err
}
tell() { # SQL, over the results of a label
    sqlite3 rerankbench.db "WITH r AS (SELECT q.*, s.conditions FROM
        query_result AS q JOIN run ON run.id = q.run_id JOIN session AS s
        ON s.id = q.session_id WHERE label = '$1') SELECT '$1', $2 FROM r"
}
span='(max(scheduled_ns + latency_ns) - min(scheduled_ns)) / 1e6'

go single --warm-up 3
tell single "count(*), min(latency_ns) >= 20e6, $span >= 200,
    count(queue_ns), max(conditions ->> '\$.scenario')"
# What is not the call itself, at the median.
sqlite3 rerankbench.db "SELECT 'added', own < 1e6 FROM (SELECT q.latency_ns -
    c.total_ns AS own FROM query_result AS q JOIN call AS c ON c.result_id =
    q.id ORDER BY own LIMIT 1 OFFSET 4)"
go closed --scenario closed:4 --samples 2
tell closed "count(*), min(latency_ns) >= 20e6, $span BETWEEN 100 AND 350,
    max(conditions ->> '\$.concurrency')"
go open --scenario open:40 --samples 2
tell open "count(*), min(latency_ns - queue_ns) >= 20e6, $span > 150,
    min(queue_ns) >= 0, max(conditions ->> '\$.saturated')"
go saturated --scenario open:400 --samples 2 --concurrency 1
tell saturated "count(*), max(latency_ns) > 200e6,
    max(conditions ->> '\$.saturated')"
grep -c 'generator was saturated' err
"$RERANKBENCH" show saturated | grep -c '^load  *open:400, 2 samples: .*at most 1 at once'
go offline --scenario offline
tell offline "count(*), $span < 150"
go timed --scenario closed:2 --min-seconds 0.3
tell timed "count(*) % 10, count(*) >= 20, $span >= 280"
"$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
    --depth 5 --reranker "listwise(server=$MOCK_URL)" --reranker first-stage \
    --label turns --interleave >out 2>err
sqlite3 rerankbench.db "SELECT group_concat(l, '') FROM (SELECT
    substr(label, 7, 1) AS l FROM query_result AS q JOIN run AS r ON
    r.id = q.run_id WHERE label LIKE 'turns/%' ORDER BY q.id)" |
    sed 's/\(lf\|fl\)*//'

# Killed midway, it goes on with what is missing; a complete one sends nothing.
set -- run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 --depth 6 \
    --label cut --reranker "listwise(server=$MOCK_URL)" --scenario open:20 \
    --samples 3
"$RERANKBENCH" "$@" >out 2>err &
pid=$!
until [ "$(sqlite3 rerankbench.db "SELECT count(*) > 4 FROM query_result
    WHERE run_id = (SELECT id FROM run WHERE label = 'cut')")" = 1 ]; do
    perl -e 'select undef, undef, undef, 0.02'
done
kill -KILL $pid
wait $pid 2>/dev/null
"$RERANKBENCH" "$@" >out 2>err || cat err
tell cut "count(*), count(DISTINCT ord * 3 + sample), max(attempt),
    count(DISTINCT session_id)"
"$RERANKBENCH" "$@" 2>&1 >out | sed -n 's/results of .*/results of DATE/p' |
    grep -v unjudged

# Ctrl-C while the next query is due in a quarter of an hour.
perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV or die' "$RERANKBENCH" run \
    --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 --label idle \
    --reranker first-stage --scenario open:0.001 >out 2>err &
pid=$!
until [ "$(sqlite3 rerankbench.db "SELECT count(*) FROM session JOIN run ON
    run.id = run_id WHERE label = 'idle'")" = 1 ]; do
    perl -e 'select undef, undef, undef, 0.02'
done
kill -INT $pid
rc=0
wait $pid || rc=$?
echo "exit $rc"
sqlite3 rerankbench.db "SELECT s.status FROM session AS s JOIN run ON
    run.id = run_id WHERE label = 'idle'"
