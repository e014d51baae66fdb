# SPDX-License-Identifier: Apache-2.0
# Every figure over one store: scripts and data are the same bytes everywhere.
# PATH leads nowhere, so that there is no gnuplot: they come out all the same.
command -v sqlite3 >/dev/null || { echo "no sqlite3 program"; exit 77; }
sh "$TOP/tests/data/figure_store.sh" '`echo PWNED`' || exit 1
exec 2>&1
mkdir none
figure() {
    PATH=$PWD/none "$RERANKBENCH" report "$@" --store s.db || echo "=> $?"
}
show() {
    for f; do
        echo "== $f"
        cat "$f"
    done
}
imported='--runs slow@alpha --runs quick@alpha --runs 3 --runs 4'
figure pareto $imported -o pareto.svg
show pareto.gp pareto.dat
for f in cdf effort; do
    figure $f $imported -o $f.svg
done
figure differences --runs slow@alpha --runs quick@alpha -o differences.svg
figure tasks --runs 'slow@*' --runs 'quick@*' -o tasks.svg
figure heat --runs 'slow@*' --runs 'quick@*' -o heat.svg
figure depth --runs step -o depth.svg
figure history --runs step --max-drop 0.02 -o history.svg
figure history --runs slow@alpha --runs quick@alpha --max-slowdown p50=1.5 \
    --baseline quick -o slower.svg
# The head has been shown.
for f in cdf effort differences tasks heat depth history slower; do
    sed '1,/^set datafile/d' $f.gp >$f.rest
    show $f.rest $f.dat
done
# Along an option: one line, whose name is what the labels share.
for k in 0.5 1 2; do
    "$RERANKBENCH" run --store s.db --dataset alpha --top-k 3 --label k1-$k \
        --candidates alpha/first.trec --reranker "bm25(k1=$k)" >/dev/null 2>err ||
        cat err
done
figure depth --by k1 --runs 'k1-*' -o k1.svg | grep -v 'no picture'
show k1.dat
[ ! -e pareto.svg ] || echo 'a picture without gnuplot'
# What is drawn is what is stored.
same() {
    sqlite3 -separator '	' s.db "$2" | cmp - "$1.told" || echo "$1 differs"
}
sed '/^#/d' differences.dat | cut -f2,5 | sort >differences.told
same differences "SELECT printf('%.6g', b.value - a.value), qid
    FROM v_measure AS a JOIN v_measure AS b USING (dataset, qid, measure)
    WHERE a.label = 'slow' AND b.label = 'quick' AND dataset = 'alpha'
        AND measure = 'nDCG@10'
    ORDER BY printf('%.6g', b.value - a.value) || '	' || qid"
sed '/^#/d' tasks.dat | cut -f3- | sort >tasks.told
same tasks "SELECT printf('%.6g', m.value), r.label, r.dataset
    FROM measure_mean AS m JOIN evaluation AS e ON e.id = m.eval_id
    JOIN run AS r ON r.id = e.run_id
    WHERE m.measure = 'nDCG@10' AND r.label IN ('slow', 'quick')
    ORDER BY printf('%.6g', m.value) || '	' || r.label || '	' || r.dataset"
sed '1,/^# latency/d;/^$/,$d' cdf.dat | cut -f1 >cdf.told
same cdf "SELECT printf('%.6g', latency_ms / 1000) FROM v_latency
    WHERE label = 'slow' AND dataset = 'alpha' ORDER BY latency_ms"
# Four of six failed after times below the median that they might have had.
sqlite3 s.db "DELETE FROM ranking WHERE result_id IN (SELECT q.id FROM query_result
        AS q JOIN run AS r ON r.id = q.run_id
        WHERE label = 'slow' AND dataset = 'alpha' AND ord < 4);
    UPDATE query_result SET status = 'failed' WHERE ord < 4 AND run_id IN (SELECT id
        FROM run WHERE label = 'slow' AND dataset = 'alpha')"
report() {
    echo "-- $*"
    "$RERANKBENCH" report "$@" --runs slow@alpha --runs quick@alpha --store s.db
}
report cdf
report pareto
report history --max-slowdown 1.5
# With two samples a query, two samples that finished are one query.
sqlite3 s.db "UPDATE run SET n_samples = 2 WHERE label = 'slow' AND dataset = 'alpha'"
report history --max-slowdown 1.5 | grep incomplete
