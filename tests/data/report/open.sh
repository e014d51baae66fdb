# SPDX-License-Identifier: Apache-2.0
# Makes s.db from store.sql, and t.db with its rows and ids the other way
# round; REPORT is the command over s.db.
report_store() {
    {
        cat "$TOP/runs/schema.sql"
        sed "s/@FLIP@/$2/g" "$TOP/tests/data/report/store.sql"
    } | sqlite3 "$1" || exit 1
}
report_store s.db 0
report_store t.db 1
report() {
    "$RERANKBENCH" report --store s.db "$@" || echo "=> $?"
}
# In text and in JSON, as golden files hold them.
both() {
    echo "== report $*"
    report "$@"
    report "$@" --format json
}
