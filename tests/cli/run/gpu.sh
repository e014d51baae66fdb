# SPDX-License-Identifier: Apache-2.0
# What nvidia-smi names is in the session's conditions, with the clocks before
# and after; none, and one that fails, is no GPU.
run() {
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --reranker first-stage --store "$1" >/dev/null 2>&1
    sqlite3 "$1" "SELECT json_extract(conditions, '\$.gpu'),
        json_extract(conditions, '\$.gpu_clocks_before'),
        json_extract(conditions, '\$.gpu_clocks_after') FROM session"
}
mkdir bin
PATH=$PWD/bin:$PATH
fake() { printf '#!/bin/sh\n%s\n' "$1" >bin/nvidia-smi; chmod 755 bin/nvidia-smi; }
fake 'echo "$@" >>args
case $1 in
*clocks*) printf "345, 1980\n345, 1980\n210, 2520\n" ;;
*) printf "H100 80GB\nH100 80GB\nL40S\n" ;;
esac'
run a.db
cat args
fake 'case $1 in *clocks*) echo "[N/A]" ;; *) echo "H100 80GB" ;; esac'
run b.db
fake 'echo "NVIDIA-SMI has failed"; exit 9'
run c.db
