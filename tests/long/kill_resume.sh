#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kills real runs at random points, 200 times: the same command goes on, sends
# no finished query again and ends where an undisturbed run ends. Then two
# processes on one store, Ctrl-C, and texts that changed in between.
# KILLS=n, SEED=n.
set -eu

kills=${KILLS:-200}
seed=${SEED:-$(date +%s)}
program=$(pwd)/rerankbench
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-kill.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
cp -r demo/beir-kitchen "$tmp/data"
cd "$tmp"
echo "seed $seed"

fail() {
    echo "kill_resume: $*" >&2
    for f in out err; do
        [ ! -s $f ] || sed "s/^/$f: /" $f >&2
    done
    exit 1
}

# run STORE [OPTION]...: 24 runs of all queries, or 3 * $repeat
repeat=8
run() {
    store=$1
    shift
    exec "$program" run --store "$store" --dataset data --candidates bm25 \
        --reranker bm25 --reranker random --reranker reverse \
        --repeat $repeat "$@" >out 2>err
}

rankings() {
    sqlite3 "$1" "SELECT v.label, v.repeat, v.ord, v.status, v.attempt, k.perm,
        k.score FROM v_result AS v JOIN ranking AS k ON k.result_id =
        v.result_id ORDER BY v.label, v.repeat, v.ord;
        SELECT label, repeat, status FROM run ORDER BY label, repeat;
        SELECT count(*) FROM query_result;
        SELECT DISTINCT measure, n, printf('%.17g', value) FROM measure_mean
        JOIN evaluation AS e ON e.id = eval_id JOIN run AS r ON r.id = e.run_id
        ORDER BY r.label, r.repeat, measure;"
}

whole() {
    [ "$(sqlite3 "$1" 'PRAGMA integrity_check')" = ok ] || fail "$1 is damaged"
    [ -z "$(sqlite3 "$1" 'PRAGMA foreign_key_check')" ] || fail "$1: keys"
}

# pause MILLISECONDS
pause() {
    sleep "$(awk -v ms="$1" 'BEGIN { printf "%.3f", ms / 1000 }')"
}

(run calm.db) || fail 'the undisturbed run failed'
rankings calm.db >calm.txt
n_all=$(sqlite3 calm.db 'SELECT count(*) FROM query_result')
[ "$n_all" -gt 500 ] || fail "only $n_all queries"

# ---- kill -9 ---------------------------------------------------------------

awk -v n="$kills" -v seed="$seed" 'BEGIN {
    srand(seed); for (i = 0; i < 20 * n; i++) print int(5 + 300 * rand()) }' >delays
killed=0 midway=0 rounds=0 longest=0
while [ "$killed" -lt "$kills" ] && read -r ms; do
    (run killed.db --concurrency $((1 + rounds % 3))) 2>/dev/null &
    pid=$!
    pause "$ms"
    rc=0
    kill -9 $pid 2>/dev/null || :
    wait $pid 2>/dev/null || rc=$?
    case $rc in
    137)
        killed=$((killed + 1))
        [ $((killed % 3)) -ne 0 ] || [ ! -s killed.db ] || whole killed.db
        n=$(sqlite3 killed.db 'SELECT count(*) FROM query_result' 2>/dev/null ||
            echo 0)
        [ "$n" -eq 0 ] || [ "$n" -eq "$n_all" ] || midway=$((midway + 1))
        ;;
    0)
        rounds=$((rounds + 1))
        whole killed.db
        n=$(sqlite3 killed.db 'SELECT count(*) FROM session')
        [ "$n" -le "$longest" ] || longest=$n
        rankings killed.db >killed.txt
        cmp -s calm.txt killed.txt || {
            diff calm.txt killed.txt | head -n 20
            fail 'a killed run ends elsewhere'
        }
        rm -f killed.db*
        ;;
    *) fail "exit $rc after a kill" ;;
    esac
done <delays
[ "$killed" -eq "$kills" ] || fail "only $killed kills hit"
(run killed.db) || fail 'the last round does not end'
whole killed.db
rankings killed.db | cmp -s calm.txt || fail 'the last round ends elsewhere'
echo "$killed kills, $midway of them in the middle, $((rounds + 1)) rounds," \
    "up to $longest sessions for 24 runs"
[ $((midway * 3)) -ge "$kills" ] || fail 'too few kills in the middle'

# ---- complete: nothing is sent -----------------------------------------------

before=$(sqlite3 killed.db 'SELECT count(*), max(id) FROM session')
(run killed.db) || fail 'a complete run fails'
[ "$(grep -c '0 sent, results of 20..-..-..T..:..:..Z' err)" -eq 24 ] ||
    fail 'a complete run does not say so'
[ "$before" = "$(sqlite3 killed.db 'SELECT count(*), max(id) FROM session')" ] ||
    fail 'a complete run worked'

# ---- two at once ---------------------------------------------------------------

(run two.db --seed 1) &
first=$!
(exec "$program" run --store two.db --dataset data --candidates bm25 \
    --reranker random --reranker oracle --repeat 8 --seed 2 >out2 2>err2) &
second=$!
wait $first || fail 'the first of two failed'
wait $second || { cat err2; fail 'the second of two failed'; }
whole two.db
[ "$(sqlite3 two.db "SELECT count(*) FROM run WHERE status='complete'")" = 40 ] ||
    fail 'two at once do not complete'

# ---- two on one run: the first is held while it works ---------------------------

held=
repeat=100
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    rm -f held.db*
    (run held.db) &
    pid=$!
    pause $((100 + 13 * try))
    kill -STOP $pid
    # Not while it writes: then the other could only wait.
    if sqlite3 held.db 'BEGIN IMMEDIATE; ROLLBACK' 2>/dev/null &&
        [ "$(sqlite3 held.db "SELECT count(*) FROM session
            WHERE status='running'")" = 1 ]; then
        rc=0
        (run held.db) || rc=$?
        if [ $rc -eq 4 ] && grep -q "is being worked on by process $pid on \
host '.*' since 20" err; then
            held=yes
        fi
    fi
    kill -9 $pid
    wait $pid 2>/dev/null || :
    [ -z "$held" ] || break
done
[ -n "$held" ] || fail 'a second process was not refused'
repeat=8

# ---- Ctrl-C ----------------------------------------------------------------------

stopped=0
for ms in 60 90 120 150 180 210 240 270 300 330; do
    rm -f int.db*
    (run int.db --concurrency 2) &
    pid=$!
    pause $ms
    kill -INT $pid 2>/dev/null || :
    rc=0
    wait $pid || rc=$?
    [ $rc -eq 5 ] || [ $rc -eq 0 ] || [ $rc -eq 130 ] || fail "SIGINT gives $rc"
    if [ $rc -eq 5 ]; then
        stopped=$((stopped + 1))
        grep -q 'interrupted; the same command goes on from here' err ||
            fail 'SIGINT is not told'
        (run int.db) || fail 'cannot resume after SIGINT'
        rankings int.db | cmp -s calm.txt || fail 'SIGINT changed a result'
    fi
done
[ $stopped -ge 3 ] || fail "SIGINT hit only $stopped times"
echo "$stopped of 10 SIGINTs in the middle"

# ---- another text ------------------------------------------------------------------

one() {
    "$program" run --store text.db --dataset data --candidates bm25 \
        --reranker bm25 --label text >out 2>err
}
one || fail 'cannot run'
sqlite3 text.db 'SELECT * FROM query_result ORDER BY id' >old.txt
sed '1s/\("text": *"\)\(.\)/\1\2 /' data/corpus.jsonl >changed
! cmp -s changed data/corpus.jsonl || fail 'the text did not change'
mv changed data/corpus.jsonl
one || fail 'cannot run over another text'
! grep -q '0 sent' err || fail 'another text is the same run'
sqlite3 text.db 'SELECT * FROM query_result WHERE run_id=1 ORDER BY id' |
    cmp -s old.txt || fail 'the old run was touched'
[ "$(sqlite3 text.db "SELECT group_concat(status) FROM run")" = \
    complete,complete ] || fail 'there are not two runs'
