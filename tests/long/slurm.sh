#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real Slurm, of one node with two processors on 127.0.0.1, started and ended
# here: an array of 8 over the demo's plan and a slow reranker, one task killed
# half-way and queued again, and what is merged of it is what one machine makes.
# Nothing under /etc is touched; ports and folders are its own.
set -eu

program=$(pwd)/rerankbench
top=$(pwd)
skip() { echo "slurm: $*"; exit 77; }
for tool in munged slurmctld slurmd sbatch squeue scontrol sinfo sqlite3 perl; do
    PATH=$PATH:/usr/sbin command -v $tool >/dev/null ||
        skip "no $tool (packages slurm-wlm and munge, which .ci/deps --all installs)"
done
PATH=$PATH:/usr/sbin
[ "$(id -u)" -eq 0 ] || skip 'munged and slurmd need root here'

tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-slurm.XXXXXX")
chmod 755 "$tmp"
d=$tmp/slurm
mkdir -p "$d/m" "$d/state" "$d/spool" "$d/log" "$tmp/local" "$tmp/plan"
chmod 755 "$d" "$d/m"

munge_options="--key-file=$d/m/key --socket=$d/m/sock --pid-file=$d/m/pid
    --log-file=$d/m/log --seed-file=$d/m/seed"
finish() {
    rc=$?
    trap - EXIT INT TERM
    scancel --user=root >/dev/null 2>&1 || :
    for f in "$d/d.pid" "$d/ctld.pid"; do
        [ -s "$f" ] && kill "$(cat "$f")" 2>/dev/null || :
    done
    munged $munge_options --stop >/dev/null 2>&1 || :
    for i in 1 2 3 4 5 6 7 8 9 10; do
        ours=$(ours)
        [ -n "$ours" ] || break
        [ $i -lt 6 ] || kill -9 $ours 2>/dev/null || :
        sleep 0.3
    done
    [ -z "$(ours)" ] || { echo "slurm: processes stay: $(ours)" >&2; rc=1; }
    [ $rc -eq 0 ] || tail -n 20 "$d"/log/* "$tmp"/*.db.shards/*.log >&2 || :
    rm -rf "$tmp"
    exit $rc
}
# Processes that name the folder in arguments or environment, but for those of
# this shell, which wait for nobody.
ours() {
    for p in /proc/[0-9]*; do
        { tr '\0' '\n' <"$p/cmdline"; tr '\0' '\n' <"$p/environ"; } 2>/dev/null |
            grep -qF "$tmp" || continue
        parent=$(awk '{ print $4 }' "$p/stat" 2>/dev/null) || continue
        [ "${p#/proc/}" = $$ ] || [ "$parent" = $$ ] || is_helper "$parent" ||
            printf '%s ' "${p#/proc/}"
    done
}
is_helper() { [ "$(awk '{ print $4 }' "/proc/$1/stat" 2>/dev/null)" = $$ ]; }
trap finish EXIT
trap 'exit 130' INT TERM
fail() {
    echo "slurm: $*" >&2
    exit 1
}

# ---- a cluster -------------------------------------------------------------

dd if=/dev/urandom of="$d/m/key" bs=1024 count=1 2>/dev/null
chmod 600 "$d/m/key"
munged $munge_options || skip "munged does not start: $(tail -n 1 "$d/m/log")"

# Ports that nobody has now.
free_port() {
    perl -MIO::Socket::INET -e '
        my @s = map { IO::Socket::INET->new(Listen => 1,
            LocalAddr => "127.0.0.1") or die } 1 .. 2;
        print join(" ", map { $_->sockport } @s), "\n"'
}
set -- $(free_port)
host=$(hostname -s)
cat >"$d/slurm.conf" <<EOF
ClusterName=rkb
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$d/m/sock
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$1
SlurmdPort=$2
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$d/state
SlurmdSpoolDir=$d/spool
SlurmctldPidFile=$d/ctld.pid
SlurmdPidFile=$d/d.pid
SlurmctldLogFile=$d/log/ctld
SlurmdLogFile=$d/log/d
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=p Nodes=$host Default=YES MaxTime=INFINITE State=UP
EOF
SLURM_CONF=$d/slurm.conf
export SLURM_CONF

slurmctld -c 2>/dev/null || skip 'slurmctld does not start'
slurmd -c 2>/dev/null || skip 'slurmd does not start'

# until SECONDS COMMAND...: waits for it to succeed
until_true() {
    tries=$(($1 * 5))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.2
    done
}
is_idle() { [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]; }
until_true 30 is_idle || skip "the node is not idle: $(sinfo -h -o '%T %E')"

# ---- the work ---------------------------------------------------------------

cd "$tmp/plan"
cp -r "$top/demo" .
cp "$top/tests/data/slow.pl" .
sed "s|^  - oracle|  - oracle\n  - {use: process, as: slow, command: 'perl $tmp/plan/slow.pl 0.6'}|" \
    demo/plan.yaml >demo/cluster.yaml

"$program" run demo/cluster.yaml --store "$tmp/whole.db" >/dev/null 2>err ||
    fail "the single machine fails: $(cat err)"

store=$tmp/all.db
slurm() { "$program" slurm demo/cluster.yaml --store "$store" "$@"; }
slurm --tasks 8 --sbatch-arg=--cpus-per-task=1 --local "$tmp/local" \
    --checkpoint 1 --submit >submitted || fail "$(cat submitted)"
cat submitted
job=$(sed -n 's/^job \([0-9]*\): tasks 1-8 of 8$/\1/p' submitted)
merge=$(sed -n 's/^job \([0-9]*\): merge into .*/\1/p' submitted)
[ -n "$job" ] && [ -n "$merge" ] || fail 'no jobs'

# ---- one is killed, its local disk is gone, it is queued again ----------------

shard=$store.shards/1-of-8.db
half_way() {
    n=$(sqlite3 -readonly "$shard" 'SELECT count(*) FROM query_result
        JOIN run ON run.id = run_id WHERE label = "slow"') && [ "$n" -ge 1 ]
}
until_true 60 half_way || fail 'no checkpoint of shard 1'
! slurm --submit 2>err >/dev/null || fail 'submitted twice'
grep -q 'still has' err || fail "$(cat err)"
task_pid() {
    for p in /proc/[0-9]*; do
        { tr '\0' ' ' <"$p/cmdline"; } 2>/dev/null |
            grep -q -- "^$program .*--shard 1/8" && echo "${p#/proc/}"
    done
    :
}
pid=$(task_pid)
[ -n "$pid" ] || fail 'task 1 is not there'
kill -9 "$pid"
state() { scontrol show job "${job}_1" 2>/dev/null | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p'; }
is_failed() { [ "$(state)" = FAILED ]; }
until_true 60 is_failed || fail "the killed task is $(state)"
rm -rf "$tmp"/local/*/*-1-of-8.db*
before=$(sqlite3 -readonly "$shard" 'SELECT count(*) FROM query_result')
slurm --status >status
cat status
grep -qE '^ *1  unfinished' status || fail 'status of the killed shard'
scontrol requeue "${job}_1"
is_pending() { [ "$(state)" = PENDING ]; }
until_true 60 is_pending || fail "the requeued task is $(state)"
scontrol update "JobId=${job}_1" StartTime=now

is_over() { [ -z "$(squeue -h -j "$job,$merge" 2>/dev/null)" ]; }
until_true 240 is_over || fail "still there: $(squeue)"

# ---- what came of it -----------------------------------------------------------

slurm --status >status
cat status
[ "$(grep -cE '^ *[1-8]  done' status)" -eq 8 ] || fail 'not all are done'
grep -q "going on from .*($before results)" "$store.shards/1.log" ||
    fail 'the requeued task did not go on from the copy'
again=$(sqlite3 -readonly "$shard" 'SELECT count(*) FROM (SELECT 1 FROM
    query_result GROUP BY run_id, ord HAVING count(*) > 1)')
[ "$again" -eq 0 ] || fail "$again queries were sent twice"
[ -z "$(find "$tmp/local" -name '*.db')" ] || fail 'a local store is left'

# The merge may have begun before the task was queued again: once more.
if ! [ -s "$store" ] || grep -q incomplete "$store.shards/merge.log"; then
    slurm --submit >submitted 2>err || fail "$(cat err)"
    cat submitted
    grep -q 'all 8 shards are done' err || fail 'tasks were submitted again'
    merge=$(sed -n 's/^job \([0-9]*\): merge into .*/\1/p' submitted)
    until_true 60 is_over || fail 'the merge does not end'
fi
cat "$store.shards/report.md"
for q in 'SELECT lower(hex(key)), label, dataset, status FROM run' \
    'SELECT label, dataset, qid, rank, docid, score FROM v_ranking
        ORDER BY label, dataset, ord, rank' \
    'SELECT label, dataset, qid, measure, value FROM v_measure
        ORDER BY label, dataset, ord, measure' \
    'SELECT r.label, r.dataset, m.measure, m.value, m.n FROM measure_mean AS m
        JOIN evaluation AS e ON e.id = m.eval_id JOIN run AS r ON r.id = e.run_id
        ORDER BY 1, 2, 3'; do
    sqlite3 -readonly "$tmp/whole.db" "$q" >whole.txt
    sqlite3 -readonly "$store" "$q" | cmp - whole.txt || fail 'not the same'
    [ -s whole.txt ] || fail 'nothing to compare'
    echo "$(wc -l <whole.txt) rows are the same"
done
