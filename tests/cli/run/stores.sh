# SPDX-License-Identifier: Apache-2.0
# A store that cannot be used is left as it is.
exec 2>&1
try() {
    rc=0
    "$@" run --dataset "$TOP/demo/beir-kitchen" --candidates bm25 \
        --reranker first-stage --store "$store" >/dev/null || rc=$?
    echo "=> $rc"
}

store=text.db
echo 'not a store' >$store
try "$RERANKBENCH"
cat $store
store=other.db
sqlite3 $store 'CREATE TABLE mine(x)'
try "$RERANKBENCH"
sqlite3 $store .schema
store=newer.db
try "$RERANKBENCH"
sqlite3 $store 'PRAGMA user_version=99'
cp $store before
try "$RERANKBENCH"
cmp $store before
store=no/such/folder.db
try "$RERANKBENCH"
store=.
try "$RERANKBENCH"

# Root may write everywhere.
if [ "$(id -u)" = 0 ]; then
    command -v setpriv >/dev/null || exit 77
    other() { setpriv --reuid 65534 --clear-groups "$RERANKBENCH" "$@"; }
    chmod 755 . ..
else
    other() { "$RERANKBENCH" "$@"; }
fi
mkdir closed
store=closed/new.db
chmod 555 closed
try other
ls -A closed
chmod 755 closed
try "$RERANKBENCH"
chmod 555 closed closed/*
try other
