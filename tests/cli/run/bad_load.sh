# SPDX-License-Identifier: Apache-2.0
# Loads that cannot be are refused before anything is read or sent: exit code 2.
no() {
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --reranker first-stage "$@" 2>&1
    echo "exit $?"
}
for scenario in closed:0 closed:1025 open:0 open:nan open:1e9 burst ''; do
    no --scenario "$scenario"
done
no --min-seconds 0
no --min-seconds nan
no --samples 0
no --warm-up 5m
no --warm-up -1
no --cool-down -1
no --scenario closed:4 --concurrency 2
no --scenario single --concurrency 2
no --scenario open:5 --shard 1/2
no --scenario offline --shard 1/2
no --min-seconds 5 --shard 1/2
no --interleave --shard 1/2
no --interleave --concurrency 2
echo 'datasets: [x]
candidates: bm25
rerankers: [bm25]
scenario: open:-1' >plan.yaml
"$RERANKBENCH" run plan.yaml 2>&1
ls
# A dry run tells what would run, under any load.
no --scenario open:5 --min-seconds 60 --dry-run | head -2
for samples in 1 3; do
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --reranker 'pointwise(server=http://127.0.0.1:1,model=m)' --dry-run \
        --samples $samples --format csv 2>/dev/null | tail -1 | rev |
        cut -d, -f1-4 | rev
done
