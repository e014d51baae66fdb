# SPDX-License-Identifier: Apache-2.0
# The queries of docs/store.md, as the sqlite3 program answers them.
command -v sqlite3 >/dev/null || { echo "no sqlite3 program"; exit 77; }
sqlite3 t.db <"$TOP/tests/data/store_v1.sql"
awk '/^```sql$/ { inside = 1; next } /^```$/ { inside = 0 } inside' \
    "$TOP/docs/store.md" >queries.sql
sqlite3 -header -nullvalue - t.db <queries.sql
sqlite3 t.db 'PRAGMA foreign_key_check; PRAGMA integrity_check'
