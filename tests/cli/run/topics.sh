# SPDX-License-Identifier: Apache-2.0
# Queries as TREC topics, in both forms, are the same run as id<TAB>text;
# another field is another run, and one that is not there is named.
cd "$TOP" || exit 1
garden=demo/trec-dl-garden

awk -F '\t' '{ printf "<top>\n<num> Number: %s\n<title> %s\n\n<desc> " \
    "Description:\nAll about\n%s\n</top>\n\n", $1, $2, $2 }' \
    $garden/queries.tsv >"$TMPDIR/sgml"
awk -F '\t' 'BEGIN { print "<topics>" } { printf "<topic number=\"%s\">" \
    "<query>%s</query>\n<question>All about %s</question></topic>\n", \
    $1, $2, $2 } END { print "</topics>" }' $garden/queries.tsv >"$TMPDIR/xml"
rerank() {
    "$RERANKBENCH" run --store "$TMPDIR/s.db" --dataset $garden \
        --queries "$@" --candidates bm25 --reranker reverse --label t \
        --format csv 2>"$TMPDIR/said" | cut -d, -f3-5
    grep -o 't: 0 sent\|topic .*\|there is no query.*' "$TMPDIR/said" |
        sed "s|$TMPDIR/||"
}
rerank $garden/queries.tsv
rerank "$TMPDIR/sgml"
rerank "$TMPDIR/xml"
rerank "$TMPDIR/sgml" --query-text desc
rerank "$TMPDIR/xml" --query-text question
rerank "$TMPDIR/xml" --query-text desc
rerank $garden/queries.tsv --query-text desc
"$RERANKBENCH" lint --queries "$TMPDIR/sgml" | tail -n 1
"$RERANKBENCH" lint --queries "$TMPDIR/xml" --query-text narr |
    sed "s|$TMPDIR/||g" | head -n 1
