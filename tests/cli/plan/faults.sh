# SPDX-License-Identifier: Apache-2.0
# A fault of a plan is one line with file and line, found before anything runs.
cp -r "$TOP/tests/data/plan" data
try() {
    rc=0
    printf "$1" >plan.yaml
    "$RERANKBENCH" run plan.yaml || rc=$?
    echo "=> $rc"
}

exec 2>&1
rest='candidates: bm25\nrerankers: [reverse]\n'
try 'datasets: [dl19]\nreranker: [bm25]\n'
try 'datasets: [dl91]\n'"$rest"
try 'datasets: [data/dl19]\ncandidates:\n  a: data/dl19/bm25.trec\n  b: data/no.trec\nrerankers: [reverse]\n'
try 'datasets: [data/dl19]\ndepth: all\n'"$rest"
try 'datasets: [data/dl19]\nmeasures: [nDC]\n'"$rest"
try 'datasets: [data/dl19]\ncandidates: bm25\nrerankers:\n- {use: bm25, k1: "http://me:hunter2@h/"}\n'
try 'datasets: [data/dl19\n'
"$RERANKBENCH" run none.yaml || echo "=> $?"
"$RERANKBENCH" run --dataset 'http://me:hunter2@h/' || echo "=> $?"
ls
