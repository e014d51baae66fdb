# SPDX-License-Identifier: Apache-2.0
# Ctrl-C while a server does not answer: exit code 5, what was done stays, the
# query under way leaves no row, and the same command goes on with the rest.
if [ -n "${MOCK_URL-}" ]; then
    set -- run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 --depth 6 \
        --label s --reranker "listwise(server=$MOCK_URL)" --in-flight 1
    # A job of a shell without job control ignores SIGINT: perl puts it back.
    perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV or die' "$RERANKBENCH" "$@" \
        >out 2>err &
    pid=$!
    # The third query hangs: two rows come and no more.
    until [ "$(sqlite3 rerankbench.db 'SELECT count(*) FROM query_result' \
        2>/dev/null)" = 2 ]; do
        perl -e 'select undef, undef, undef, 0.02'
    done
    kill -INT $pid
    perl -e 'select undef, undef, undef, 0.1'
    kill -INT $pid
    rc=0
    wait $pid || rc=$?
    echo "exit $rc"
    sqlite3 rerankbench.db 'SELECT count(*), max(status) FROM query_result'
    sqlite3 rerankbench.db 'SELECT status FROM session'
    "$RERANKBENCH" "$@" >out 2>err || { cat err; exit 1; }
    sqlite3 rerankbench.db 'SELECT count(*), count(DISTINCT ord), max(status),
        max(attempt) FROM query_result'
    exit
fi
"$BIN/mockd" --log calls 'on body=greenfly times=1
 hang
on
 model' sh "$0" || exit 1
# Ten, and the one that hung where it was sent in time.
[ "$(grep -c '/chat/completions' calls)" -le 11 ] || echo too many
