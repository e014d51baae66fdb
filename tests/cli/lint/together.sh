# SPDX-License-Identifier: Apache-2.0
# Files that are wrong alone and together: text, CSV, bounds, exit codes.
cp "$TOP"/tests/data/lint/* .
lint() {
    rc=0
    "$RERANKBENCH" lint "$@" || rc=$?
    echo "=> $rc"
}
lint --qrels qrels.txt --queries queries.tsv --corpus corpus.jsonl run.trec
lint qrels.txt --format csv
lint qrels.txt --most 1 --format json
head -n 3 qrels.txt >sound.txt
lint sound.txt
printf '3 0 d1 0\n' >>sound.txt
lint sound.txt
lint --strict sound.txt
lint run:qrels.txt
exec 2>&1
lint
lint none.txt
lint --dataset dl91 qrels.txt
