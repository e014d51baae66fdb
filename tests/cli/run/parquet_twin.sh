# SPDX-License-Identifier: Apache-2.0
# Parquet files of BRIGHT's shape are the same data set as their JSON lines:
# what ran over one is not sent again for another, and a damaged file says why.
cd "$TOP" || exit 1
store=$TMPDIR/s.db

for folder in demo/bright-puzzles tests/data/parquet/arrow \
    tests/data/parquet/hyparquet tests/data/parquet/parquetjs; do
    "$RERANKBENCH" run --store "$store" --dataset "bright:$folder:puzzles" \
        --candidates bm25 --reranker 'bm25(k1=1.2)' --label twin \
        --format csv 2>"$TMPDIR/said" | cut -d, -f3-6
    grep -o 'twin: 0 sent' "$TMPDIR/said"
done
head -c 5000 tests/data/parquet/arrow/examples/puzzles-00000-of-00001.parquet \
    >"$TMPDIR/cut.parquet"
"$RERANKBENCH" run --store "$store" --dataset bright-puzzles \
    --data demo --queries "$TMPDIR/cut.parquet" --candidates bm25 \
    --reranker reverse 2>&1 | grep -o 'cut.parquet: .*'
