# SPDX-License-Identifier: Apache-2.0
# Bad input: one clear error, or a table that says what it lacks.
. "$TOP/tests/data/report/open.sh"
exec 2>&1
say() {
    echo "\$ report $*"
    report "$@"
}
say nothing
say dl extra
say paper
say paper nobody | cut -c1-60
say dl --set beir8
say validity --measure AP
say beir --set beir99
say beir --runs first
say bright --runs first
say dl --runs reasoner
say dl --runs nobody
say ablation
say ablation --baseline nobody
say latency --baseline nobody
say matrix --runs 'orders'
say dl --measure nonsense
say dl --measure official
say dl --digits 99
say dl --format pdf
say dl -o nowhere/x.tex
say efficiency --prices nowhere.yaml
sqlite3 empty.db <"$TOP/runs/schema.sql"
for db in nowhere.db empty.db "$TOP/README.md"; do
    for r in dl efficiency 'paper first'; do
        "$RERANKBENCH" report $r --store "$db" || echo "=> $?"
    done
done 2>&1 | sed "s,$TOP/,,"
sqlite3 s.db 'DELETE FROM evaluation'
say dl --runs 'first@dl20'
say robustness --runs 'first@dl20'
say paper rankvicuna | head -4
