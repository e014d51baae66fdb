# SPDX-License-Identifier: Apache-2.0
# Published next to measured, with every verdict.
. "$TOP/tests/data/report/open.sh"
exec 2>&1
both paper rankvicuna
# Equal to the printed digits, of a first stage, which has no spread.
sqlite3 s.db "UPDATE measure_mean SET value = 0.50581 WHERE eval_id = 1 AND measure = 'nDCG@10'"
report paper anserini --runs bm25
# Their spread: readers' values of 0.8144 to 0.8201; ours: three repeats.
sqlite3 s.db "UPDATE run SET candidate_set = (SELECT id FROM candidate_set WHERE source LIKE '%spladepp%') WHERE id = 9"
sqlite3 s.db "UPDATE measure_mean SET value = 0.8150 WHERE eval_id = 9 AND measure = 'nDCG@10'"
report paper rankzephyr --runs 9 --row 'guide'
report paper first-reproduction --runs 'first@dl19' --row FirstMistral
sqlite3 s.db "UPDATE measure_mean SET value = CASE eval_id WHEN 2 THEN 0.735 WHEN 3 THEN 0.7177 ELSE 0.725 END
    WHERE eval_id IN (2, 3, 4) AND measure = 'nDCG@10'"
report paper first-reproduction --runs 2 --runs 3 --runs 4 --row FirstMistral
report paper rankvicuna --runs 'broken' --row RankVicuna
report paper prp --runs 'bm25@dl19' | sed -n '1,9p;$p'
# The interval is over queries, and those of one sample are not those of the mean.
sqlite3 s.db "UPDATE evaluation SET run_id = 2, sample = 1 WHERE id = 3;
    UPDATE run SET n_samples = 2 WHERE id = 2"
report paper first-reproduction --runs 2 --row FirstMistral | grep differs -A1
