# SPDX-License-Identifier: Apache-2.0
# Times of sixty queries, imported: the same, a fifth slower, another machine,
# and too few of them for a tail.
exec 2>&1
mkdir d
for q in $(seq 60); do
    printf 'q%d\ttext\n' "$q" >>d/queries.tsv
    printf 'q%d 0 d1 1\n' "$q" >>d/qrels.txt
    printf 'q%d Q0 d1 1 2 x\nq%d Q0 d2 2 1 x\n' "$q" "$q" >>run.trec
    printf 'q%d\t%d\n' "$q" $((100 + q * 7 % 60)) >>base.tsv
    printf 'q%d\t%d.%d\n' "$q" $((100 + q * 7 % 60)) $((q % 10)) >>same.tsv
    printf 'q%d\t%d\n' "$q" $((120 + q * 7 % 60 * 6 / 5 + q % 3)) >>slow.tsv
done
printf 'd1\tone\nd2\ttwo\n' >d/collection.tsv
head -n 58 slow.tsv >few.tsv
for name in base same slow few; do
    "$RERANKBENCH" import --dataset d --label $name --latency $name.tsv \
        run.trec >log 2>&1 || cat log
done
gate() {
    echo "\$ gate $*"
    "$RERANKBENCH" gate "$@" >out 2>err && echo '=> 0' || echo "=> $?"
    sed -n "3{s/, '[^']*' here/, HERE/;p;}" out
    cat err
}
gate base same --max-slowdown p50=1.10 --max-slowdown p95=1.10
gate base slow --max-slowdown 1.10 --max-slowdown p95=1.10
gate base few --max-slowdown p50=1.10 --max-slowdown p95=1.10
"$RERANKBENCH" baseline base | sed 's/^host.*/host	elsewhere/' >base.txt
gate base.txt same --max-slowdown p50=1.10
grep '^# latency' base.txt
