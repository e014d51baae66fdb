# SPDX-License-Identifier: Apache-2.0
# Runs come from the store that is named; without a store there is an error.
exec 2>&1
"$RERANKBENCH" list runs || echo "=> $?"
"$RERANKBENCH" run --dataset "$TOP/tests/data/plan/dl19" --reranker reverse \
    --reranker constant --label L --candidates "$TOP/tests/data/plan/dl19/bm25.trec" \
    >table 2>log || cat log
"$RERANKBENCH" list runs --format csv | sed "s/,[0-9TZ:-]*$//; s,$TOP/,,"
"$RERANKBENCH" list runs --store nowhere.db || echo "=> $?"
