#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The HTML page in a real browser: 1,000 queries x 5 runs at depth 100 fit 2 MB,
# load within a second, sort, filter and open a query by keyboard, light and
# dark, wide and narrow, without an error and without asking for anything else.
# KEEP=FOLDER keeps screenshots.
set -eu

command -v chromium >/dev/null || { echo 'missing package: chromium'; exit 77; }
command -v gnuplot >/dev/null || { echo 'missing package: gnuplot-nox'; exit 77; }
command -v python3 >/dev/null || { echo 'missing package: python3'; exit 77; }
top=$(pwd)
RERANKBENCH=${RERANKBENCH:-$top/rerankbench}
export RERANKBENCH
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-page.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
cd "$tmp"
TMPDIR=$tmp
export TMPDIR

# Every tenth document is relevant; the orders are as unlike as can be, so that
# the page has to name as many documents as it ever will, by ids as long as those
# of MS MARCO's second version.
mkdir big
awk 'BEGIN {
    for (q = 1; q <= 1000; q++) {
        id = 100000 + q * 7
        printf "%d\twhat was asked-%d-times in %d\n", id, q % 90, q * 31 > "big/queries.tsv"
        for (k = 1; k <= 100; k++) {
            d = 10000000 + (q * 7919 + k * 104729) % 78418230
            d = sprintf("msmarco_passage_%02d_%d", (q + k) % 70, d)
            printf "%d Q0 %s %d %d t\n", id, d, k, 200 - k > "first.trec"
            if ((q + k * 7) % 10 == 0)
                printf "%d 0 %s %d\n", id, d, 1 + (q + k) % 3 > "big/qrels.txt"
        }
    }
}'
bench() {
    "$RERANKBENCH" run --store s.db --dataset big --candidates first.trec "$@" \
        >/dev/null 2>err || { cat err; exit 1; }
}
bench --reranker first-stage --label first-stage
bench --reranker reverse --label reverse
for seed in 1 2 3; do
    bench --reranker random --label random-$seed --seed $seed
done
"$RERANKBENCH" compare --store s.db first-stage random-1 random-2 >/dev/null

build() {
    "$RERANKBENCH" report html --store s.db -o "$1"
}
start=$(date +%s%N)
build page.html
end=$(date +%s%N)
build again.html
cmp page.html again.html
size=$(wc -c <page.html)
echo "page: $size bytes, made in $(((end - start) / 1000000)) ms"
[ "$size" -le 2000000 ] || { echo 'more than 2 MB'; exit 1; }

# Names of markup, texts and answers, two collections, a failed query.
rm -f s.db s.db-*
sh "$top/tests/data/figure_store.sh" '</script><b onclick=x>' || exit 1
sqlite3 s.db "INSERT INTO doc_text VALUES(x'01', 'q1-d1', 'a text </p> of it');
    INSERT INTO call(result_id, path, seq, attempt, class, answer)
        SELECT q.id, '', 0, 0, 'ok', '[2] > [1] <i>' FROM query_result AS q
        JOIN run AS r ON r.id = q.run_id WHERE label = 'step' AND ord = 0;
    DELETE FROM ranking WHERE result_id IN (SELECT q.id FROM query_result AS q
        JOIN run AS r ON r.id = q.run_id WHERE label = 'quick' AND ord = 1);
    DELETE FROM measure_value WHERE ord = 1 AND eval_id IN (SELECT e.id FROM
        evaluation AS e JOIN run AS r ON r.id = e.run_id WHERE label = 'quick');
    UPDATE query_result SET status = 'failed', why = 'no <answer>' WHERE ord = 1
        AND run_id IN (SELECT id FROM run WHERE label = 'quick')"
"$RERANKBENCH" report html --store s.db -o odd.html

PYTHONPATH=$top/tests python3 "$top/tests/page_check.py" page.html odd.html \
    "${KEEP-}"
