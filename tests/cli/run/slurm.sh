# SPDX-License-Identifier: Apache-2.0
# The scripts that are written, and what is submitted of them, with an sbatch
# that only tells what it got. tests/long/slurm.sh has a real one.
cp -r "$TOP/demo" demo
mkdir bin "a b"
PATH=$PWD/bin:$PATH
cat >bin/sbatch <<'EOF'
#!/bin/sh
[ ! -e refuse ] || { echo "sbatch: error: invalid partition" >&2; exit 1; }
echo "sbatch $*" | sed "s|$PWD|DIR|" >>calls
echo "$((41 + $(wc -l <calls)));cluster"
EOF
cat >bin/squeue <<'EOF'
#!/bin/sh
[ ! -e down ] || { echo "slurm_load_jobs error: Unable to contact slurm" \
    "controller (connect failure)" >&2; exit 1; }
[ -e busy ] || { echo "slurm_load_jobs error: Invalid job id specified" >&2
    exit 1; }
printf 'RUNNING\nPENDING\n'
EOF
chmod 755 bin/*
hide() { sed "s|$PWD|DIR|g; s|$RERANKBENCH|PROGRAM|g"; }
slurm() {
    "$RERANKBENCH" slurm demo/plan.yaml --store "a b/s.db" "$@" >out 2>err ||
        echo "exit $?"
    cat out err | hide
}

slurm
slurm --tasks 3 --sbatch-arg=--partition=gpu --sbatch-arg=--gres=gpu:1 \
    --checkpoint 60
hide <"a b/s.db.shards/array.sh"
hide <"a b/s.db.shards/merge.sh"
sh -n "a b/s.db.shards/array.sh"

# One task is done: the two others are submitted.
SLURM_ARRAY_TASK_ID=2 sh "a b/s.db.shards/array.sh" >/dev/null 2>&1
slurm --status --format csv | cut -d , -f 1-6
slurm --submit
touch busy
slurm --submit
rm busy
touch down
slurm --submit
rm down
slurm --tasks 4 --submit
for i in 1 3; do
    SLURM_ARRAY_TASK_ID=$i sh "a b/s.db.shards/array.sh" >/dev/null 2>&1
done
slurm --submit
cat calls
sh "a b/s.db.shards/merge.sh" 2>&1
sed -n 3p "a b/s.db.shards/report.md" | cut -c 1-50
sqlite3 "a b/s.db" "SELECT DISTINCT status FROM run"

# A query that failed makes its task one to be run again.
sqlite3 "a b/s.db.shards/2-of-3.db" "UPDATE query_result SET status = 'failed'
    WHERE id = 5; DELETE FROM ranking WHERE result_id = 5"
slurm --status --format csv | sed -n 3p | cut -d , -f 1-6
slurm --submit
touch refuse
slurm --submit
grep -c 'partition=gpu' "a b/s.db.shards/array.sh"
slurm --sbatch-arg=gpu
slurm --sbatch-arg=--array=1-9

# What has asked every query once, and should twice, is not done.
(cat demo/plan.yaml && echo 'samples: 2') >demo/twice.yaml
"$RERANKBENCH" run demo/twice.yaml --store t.db --shard 1/2 >/dev/null 2>&1
twice() {
    "$RERANKBENCH" slurm demo/twice.yaml --store t.db --tasks 2 --status \
        --format csv | sed -n 2p | cut -d , -f 1-6
}
twice
sqlite3 t.db.shards/1-of-2.db "DELETE FROM ranking WHERE result_id IN (SELECT id
    FROM query_result WHERE sample = 1); DELETE FROM query_result WHERE sample = 1"
twice
