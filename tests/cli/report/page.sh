# SPDX-License-Identifier: Apache-2.0
# The HTML page: what its tables say, and that it stands alone, whatever names
# hold. There is no gnuplot on this PATH; tests/long/page.sh has a browser.
. "$TOP/tests/data/report/open.sh"
exec 2>&1
mkdir none
for tool in cat sh sed grep tr sort uniq wc sqlite3 cmp awk chmod; do
    ln -s "$(command -v $tool)" none/$tool
done
PATH=$PWD/none

# check FILE: one document of its own, with data that is JSON
check() {
    sed -n 1p "$1" | grep -q '^<!DOCTYPE html>$' || echo "$1: no HTML"
    [ "$(grep -o '<script' "$1" | wc -l)" -eq 2 ] || echo "$1: scripts"
    [ "$(grep -o '</script' "$1" | wc -l)" -eq 2 ] || echo "$1: ends of scripts"
    [ "$(grep -c "default-src 'none'" "$1")" -eq 1 ] || echo "$1: no policy"
    grep -oE '<[a-z][^>]*>' "$1" >tags
    grep -E '^<(link|img|iframe|object|base|audio|video|embed)' tags
    grep -E ' (src|srcset|action|on[a-z]+)=|href="[^#"]' tags
    grep -oE ' id="[^"]*"' tags | sort | uniq -d
    LC_ALL=C grep -n "$(printf '[\001-\010\013\014\016-\037]')" "$1"
    sed -n 's/.*id="data">//; /^{"digits"/,/<\/script>/p' "$1" |
        sed 's,</script>.*,,' >data.json
    sqlite3 :memory: "SELECT 'data is no JSON' WHERE NOT
        json_valid(CAST(readfile('data.json') AS TEXT))"
}
# from_data EXPRESSION: of the JSON, d
from_data() {
    sqlite3 :memory: "SELECT $1 FROM
        (SELECT CAST(readfile('data.json') AS TEXT) AS d)"
}
# The document that is relevant to a query is its first or its second.
grades() {
    sqlite3 "$1" "INSERT INTO judgment SELECT s.id, qid,
        CASE ord % 2 WHEN 0 THEN 'a' ELSE 'b' END, 1 + ord % 3
        FROM judgment_set AS s, candidate_list GROUP BY s.id, qid"
}
grades s.db
grades t.db
page() {
    "$RERANKBENCH" report html --store s.db "$@" || echo "=> $?"
}

page --runs '*@dl20' --format text
page --runs '*@dl20' --format json
echo '== stored comparisons, a failed query'
sqlite3 s.db "INSERT INTO comparison(eval_a, eval_b, measure, test, correction,
    family, n, forced, alpha, seed, draws, mean_a, mean_b, diff, lo, hi, p,
    p_corrected, win, tie, loss) VALUES
    (6, 1, 'nDCG@10', 'randomization', 'holm', 'f', 58, 0, 0.05, 1, 100000,
     0.9, 0.5, 0.4, 0.3, 0.5, 0.00012, 0.00024, 58, 0, 0),
    (2, 1, 'nDCG@10', 'randomization', 'holm', 'f', 60, 0, 0.05, 1, 100000,
     0.7, 0.5, 0.2, 0.1, 0.3, 0.01, 0.01, 60, 0, 0),
    (6, 1, 'latency_ms', 'none', 'none', 'f', 58, 0, 0.05, 1, 0,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    UPDATE comparison SET ratio = 0.5 WHERE measure = 'latency_ms'"
page --runs bm25@dl19 --runs broken --runs 2 --format text
page --runs bm25@dl19 --runs broken --runs 2 -o p.html
check p.html
grep -c '<td class="n">0.8997 (58 of 60)</td>' p.html
grep -o '<p class="verdict">.*' p.html
from_data "json_extract(d, '\$.groups[0].queries[0].w.1')"
from_data "json_extract(d, '\$.groups[0].queries[3]')"

echo '== the whole store, in any order of its rows'
"$RERANKBENCH" report html --store s.db --runs '*@dl20' --runs '*@custom' >one
"$RERANKBENCH" report html --store t.db --runs '*@dl20' --runs '*@custom' | cmp - one
LC_ALL=C "$RERANKBENCH" report html --store s.db --runs '*@dl20' --runs '*@custom' |
    cmp - one
page -o all.html
check all.html
grep -o 'No figures: [^.]*' all.html
from_data "json_array_length(d, '\$.groups') || ' collections'"

echo '== forty systems'
forty_systems
sqlite3 s.db "INSERT INTO ranking SELECT id, NULL, NULL FROM query_result WHERE run_id >= 2000;
    INSERT INTO measure_value SELECT run.id, 'nDCG@10', ord, 1, 0.3 + (id - 2000) / 100.0
    FROM run, measure_value WHERE id >= 2000 AND eval_id = 9 AND measure = 'nDCG@10';
    INSERT INTO measure_mean(eval_id, measure, value, n, n_missing, n_failed)
    SELECT id, 'nDCG@10', 0.3 + (id - 2000) / 100.0, 54, 0, 0 FROM run WHERE id >= 2000"
page --runs 'system-*' --runs bm25@dl20 -o forty.html
check forty.html
grep -c '<section class="pair"' forty.html
grep -oE '<b>[^<]*|<u>[^<]*' forty.html
sqlite3 s.db 'DELETE FROM ranking WHERE result_id IN
    (SELECT id FROM query_result WHERE run_id >= 2000);
    DELETE FROM query_result WHERE run_id >= 2000'

echo '== orders of a thousand queries, those that differ most'
report_store u.db 0
sqlite3 u.db "DELETE FROM run WHERE id NOT IN (8, 9);
    UPDATE run SET n_queries = 1005;
    CREATE TEMP TABLE k AS WITH RECURSIVE k(i) AS (SELECT 54 UNION ALL
        SELECT i + 1 FROM k WHERE i < 1004) SELECT i FROM k;
    INSERT INTO candidate_list(set_id, ord, qid, n_docs, docids)
        SELECT candidate_set, i, 'q' || i, 2, '[\"doc-a\",\"doc-b\"]'
        FROM k, run WHERE id = 8;
    INSERT INTO query_result(run_id, ord, sample, attempt, session_id, warmup,
        status, request_sha, n_docs) SELECT id, i, 0, 1, id, 0, 'ok',
        zeroblob(32), 2 FROM run, k;
    INSERT INTO ranking SELECT id, NULL, NULL FROM query_result
        WHERE ord >= 54 AND run_id IN (8, 9);
    UPDATE measure_value SET value = 0.1 WHERE ord IN (3, 4);
    INSERT INTO measure_value SELECT id, 'nDCG@10', 1004, 1, id / 9.0 FROM run"
"$RERANKBENCH" report html --store u.db >many.html
check many.html
grep -o 'Orders are kept.*queries' many.html
from_data "(SELECT count(*) || ' of ' || group_concat(value ->> 'q') FROM
    json_each(d, '\$.groups[0].queries') WHERE value ->> 'd' IS NULL)"
from_data "json_extract(d, '\$.groups[0].queries[900].p')"

echo '== names of markup'
bad='</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>'
sqlite3 s.db "UPDATE run SET label = '$bad' || char(10, 27, 0x2028, 0x202E)
    || '&\"''' WHERE id = 9;
    UPDATE run SET label = CAST(x'ff3c623e80' AS TEXT) WHERE id = 14;
    UPDATE candidate_list SET qid = '$bad ' || ord || char(0x2029)
        WHERE set_id IN (SELECT candidate_set FROM run WHERE id = 9);
    UPDATE candidate_list SET docids = json_array('$bad', 'b c')
        WHERE set_id IN (SELECT candidate_set FROM run WHERE id = 9);
    INSERT INTO query_text SELECT zeroblob(32), qid, '$bad' FROM candidate_list
        WHERE set_id IN (SELECT candidate_set FROM run WHERE id = 9);
    INSERT INTO doc_text VALUES(x'01', 'b c', '$bad');
    INSERT INTO call(result_id, path, seq, attempt, class, answer)
        SELECT id, '$bad', 0, 0, '$bad', '$bad' FROM query_result WHERE run_id = 9"
page --runs 9 --runs 14 --runs 8 -o bad.html
check bad.html
grep -c '<script>alert' bad.html
from_data "json_extract(d, '\$.groups[0].queries[1].t') = '$bad',
    json_extract(d, '\$.groups[0].queries[1].d[1]') = 'b c',
    json_extract(d, '\$.groups[0].queries[1].a.0[0][2]') = '$bad'"

echo '== one run of one query; never measured; nothing'
sqlite3 t.db "UPDATE run SET n_queries = 1;
    DELETE FROM ranking WHERE result_id IN
        (SELECT id FROM query_result WHERE ord > 0);
    DELETE FROM query_result WHERE ord > 0;
    DELETE FROM measure_value WHERE ord > 0;
    UPDATE measure_mean SET value = 0.25, n = 1"
"$RERANKBENCH" report html --store t.db --runs first@dl20 >single.html
check single.html
grep -c 'Every query' single.html
from_data "json_extract(d, '\$.pairs')"
sqlite3 t.db 'DELETE FROM measure_value; DELETE FROM measure_mean;
    DELETE FROM evaluation; DELETE FROM judgment; DELETE FROM judgment_set'
"$RERANKBENCH" report html --store t.db --runs '*@dl20' --format text
"$RERANKBENCH" report html --store t.db --runs '*@dl20' >unmeasured.html
check unmeasured.html
grep -o 'judgments: none' unmeasured.html
from_data "json_extract(d, '\$.groups[0].queries[0].r')"
sqlite3 t.db 'DELETE FROM ranking; DELETE FROM query_result;
    DELETE FROM session; DELETE FROM run'
"$RERANKBENCH" report html --store t.db || echo "=> $?"

echo '== what it does not take'
page --set beir8 --runs bm25
page --baseline nobody --runs bm25

echo '== figures: ids of their own, texts as they are, no white ground'
cat >none/gnuplot <<'G'
#!/bin/sh
folder=${3#cd \'}
cat >"${folder%\'}/figure.svg" <<'S'
<?xml version="1.0"?>
<svg width="330" height="204"
 viewBox="0 0 330 204">
<title>t</title>
<desc>d</desc>
<rect x="0" y="0" width="330" height="204" fill="#ffffff"/>
<defs>
	<circle id='gpDot' r='0.5'/>
	<use xlink:href='#gpDot' id="b" fill='url(#c)'/>
</defs>
<text> id='gpDot' href='#gpDot' &lt;b&gt;</text>
</svg>
S
echo drawn
G
chmod +x none/gnuplot
"$RERANKBENCH" report html --store s.db --runs bm25@dl19 --runs 2 -o drawn.html
check drawn.html
sed -n '/<svg class="plot"/,/<\/svg>/p' drawn.html
sed '/^<svg/,/^<desc/d' none/gnuplot >other
cat other >none/gnuplot
"$RERANKBENCH" report html --store s.db --runs bm25@dl19 --runs 2 -o broken.html ||
    echo "=> $?"
