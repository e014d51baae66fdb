# SPDX-License-Identifier: Apache-2.0
# A run with samples has the quality of its first one, which is that of a plain
# run; further ones are in nobody's way where orders are looked at.
run() {
    "$RERANKBENCH" run --dataset "$TOP/demo/trec-dl-garden" --candidates bm25 \
        --reranker random --format csv "$@" 2>err | cut -d, -f3-7 || cat err
}
run --label plain
run --label often --samples 3
sqlite3 rerankbench.db 'SELECT run_id, count(*), count(DISTINCT sample),
    sum(scheduled_ns IS NULL) FROM query_result GROUP BY 1'
sqlite3 rerankbench.db 'SELECT count(DISTINCT perm) FROM v_result JOIN ranking
    USING (result_id) WHERE run_id = 2 AND ord = 0'
sqlite3 rerankbench.db 'SELECT eval_id, count(*) FROM measure_value GROUP BY 1'
for label in plain often; do
    "$RERANKBENCH" export $label | cut -d' ' -f1-4 >$label.trec
done
cmp plain.trec often.trec && wc -l <often.trec
qid=$(cut -d' ' -f1 plain.trec | head -1)
"$RERANKBENCH" show often "$qid" --depth 2 |
    sed 's/more: [-0-9.e]* to [-0-9.e]* ms/more: T/; s/^latency: .*/latency: T/'
"$RERANKBENCH" show often | grep -E '^(samples|queries|load)' |
    sed 's/: .* at most/: T, at most/'
"$RERANKBENCH" compare plain often --format csv 2>/dev/null | cut -d, -f1-7
"$RERANKBENCH" report latency --format csv | cut -d, -f3-4
"$RERANKBENCH" gate plain often --max-drop nDCG@10=0.01 2>&1 | head -2
# A query is one query, however often it was asked.
"$RERANKBENCH" history nDCG@10 --dataset trec-dl-garden --format csv 2>&1 |
    cut -d, -f3,6
"$RERANKBENCH" merge -o merged.db rerankbench.db --format csv 2>/dev/null |
    cut -d, -f3,4
sqlite3 rerankbench.db "DELETE FROM ranking WHERE result_id IN (SELECT id FROM
    query_result WHERE sample = 2); DELETE FROM query_result WHERE sample = 2;
    UPDATE run SET status = 'incomplete' WHERE id = 2"
"$RERANKBENCH" export often 2>&1 >/dev/null
"$RERANKBENCH" merge -o parts.db rerankbench.db --format csv 2>&1 |
    grep -o 'often.*' | cut -d, -f1,2 | cut -c 1-70
