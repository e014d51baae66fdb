# SPDX-License-Identifier: Apache-2.0
# Reports do not change with the order of rows and ids, nor with the locale, nor,
# where they compute letters, with the number of processors.
. "$TOP/tests/data/report/open.sh"
alone=
command -v taskset >/dev/null && alone='taskset -c 0'
for db in s t; do
    sqlite3 $db.db "INSERT INTO judgment SELECT DISTINCT judgment_set, qid, 'a', 1 FROM evaluation AS e
        JOIN run ON run.id = e.run_id JOIN candidate_list AS c ON c.set_id = run.candidate_set"
done
for r in dl 'dl --against *' bright 'beir --set beir8' 'beir --set beir15' \
    'efficiency --runs *@dl*' 'latency --baseline generate --runs *@dl19' \
    'validity' 'ablation --baseline first --runs first' 'robustness' \
    'matrix --runs *@dl*' 'paper rankvicuna' 'paper first --all' \
    'pareto --runs *@dl19' 'cdf --runs *@dl19' 'effort --runs *@dl19' \
    'tasks --runs *@dl*' 'heat --runs *@dl*' 'depth --runs *@dl19' 'history --runs *@dl19' \
    'html --runs *@dl*'; do
    for f in text json csv md tex html; do
        set -f
        "$RERANKBENCH" report --store s.db $r --format $f >a || echo "$r: $?"
        LC_ALL=de_DE.UTF-8 LANG=tr_TR.UTF-8 \
            $alone "$RERANKBENCH" report --store t.db $r --format $f >b
        set +f
        cmp -s a b || { echo "$r $f"; diff a b; }
        [ -s a ] || echo "$r $f is empty"
    done
done
# Nor do data and scripts of figures.
mkdir none one other
for r in pareto cdf effort tasks heat depth history; do
    for db in s:one t:other; do
        PATH=$PWD/none "$RERANKBENCH" report --store ${db%:*}.db $r \
            --runs '*@dl19' -o ${db#*:}/$r.svg 2>/dev/null || echo "$r: $?"
    done
done
diff -r one other
[ "$(ls one | wc -l)" -eq 14 ] || ls one
