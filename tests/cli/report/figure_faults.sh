# SPDX-License-Identifier: Apache-2.0
# What makes no figure, and the smallest and largest that do. There is no
# gnuplot on this PATH; the warnings about that are left out.
command -v sqlite3 >/dev/null || { echo "no sqlite3 program"; exit 77; }
sh "$TOP/tests/data/figure_store.sh" || exit 1
mkdir none
figure() {
    PATH=$PWD/none "$RERANKBENCH" report "$@" 2>err
    rc=$?
    grep -v 'no picture' err
    [ $rc -eq 0 ] || echo "=> $rc"
}
r() {
    figure "$@" --store s.db
}
r pareto -o x.svg
r pareto --runs '*@alpha' --format svg
r pareto --runs '*@alpha' --format svg -o -
r matrix --runs '*@alpha' -o x.svg
r cdf --runs '*@alpha' -m nDCG@10 -o x.svg
r effort --runs '*@alpha' --by sunshine -o x.svg
r effort --runs '*@alpha' --by tokens -o x.svg
r differences --runs '*@alpha' -o x.svg
r differences --runs slow@alpha --runs quick@alpha --baseline x -o x.svg
r depth --runs slow@alpha -o x.svg
r history --runs step --baseline nobody -o x.svg
r heat -m P@1 -o x.svg
r heat -m P@1 -m P@5 -o x.svg
r pareto --runs '*@alpha' -o "$(printf 'a\001b.svg')"
ls x.* 2>/dev/null
echo '-- one run, all values equal'
for f in pareto cdf effort tasks heat history; do
    r $f --runs slow@alpha -o one_$f.png
    grep -c '^plot' one_$f.gp
done
r differences --runs slow@alpha --runs 'Gr*' -o same.svg
grep '^set label .*\(equal\|better\)' same.gp
grep -h 'nan\|inf' ./*.gp ./*.dat
echo '-- a band of times'
for band in x p0=2 p50= 0.5 p50=1e9 =2; do
    r history --runs '*@alpha' --max-slowdown "$band" -o x.svg
done
r history --runs '*@alpha' --max-slowdown 2 --max-drop 0.1 -o x.svg
r history --runs '*@alpha' --max-slowdown p99=2 -o x.svg
echo '-- no run, no judgments'
"$RERANKBENCH" run --store none.db --dataset alpha --candidates alpha/first.trec \
    --reranker reverse --label r >/dev/null 2>&1
sqlite3 none.db 'DELETE FROM measure_value; DELETE FROM measure_mean;
    DELETE FROM evaluation'
for f in pareto tasks heat depth history; do
    figure $f --store none.db -o x.svg
done
sqlite3 none.db 'DELETE FROM ranking; DELETE FROM query_result;
    DELETE FROM session; DELETE FROM run'
for f in pareto cdf heat; do
    figure $f --store none.db -o x.svg
done
echo '-- one query'
for f in t.trec t.tsv alpha/qrels.txt alpha/queries.tsv; do
    grep '^q1' $f >one && mv one $f
done
"$RERANKBENCH" import --store q.db --dataset alpha --label one --latency t.tsv \
    t.trec 2>&1 | cut -c1-60
for f in pareto cdf effort tasks heat history; do
    figure $f --store q.db -o q_$f.svg
done
grep -v '^#' q_cdf.dat
