# SPDX-License-Identifier: Apache-2.0
# JSON, CSV, Markdown and JUnit, and what --unsure does to each.
exec 2>&1
for reranker in bm25 'bm25(b=0.9)'; do
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --reranker "$reranker" --label "${reranker%%(*}-${#reranker}" \
        >log 2>&1 || cat log
done
gate() {
    echo "\$ gate $*"
    "$RERANKBENCH" gate bm25-4 bm25-11 --worst 2 "$@" || echo "=> $?"
}
for format in json csv md; do
    gate --max-drop nDCG@10=0.005 --max-drop RR@10=0.5 --noise 0 --format $format
done
gate --max-drop nDCG@10=0.005 --noise 0 --junit j.xml --summary s.md >md
cat j.xml
grep -c '^|' s.md
head -n 3 s.md
for unsure in pass fail; do
    gate --max-drop nDCG@10=0.005 --unsure $unsure --junit j.xml --format csv
    cat j.xml
done
gate --max-drop nDCG@10=0.005 --junit j.xml --format csv
cat j.xml
gate --max-drop nDCG@10=0.005 --junit nowhere/j.xml --format csv
gate --max-drop nDCG@10=0.5 --noise 0 --format json |
    sed '1d;s/^"text".*/"text"/' | head -n 3
