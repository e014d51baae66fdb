# SPDX-License-Identifier: Apache-2.0
# Other data and unfinished runs never pass, whatever --unsure says; what is
# wrong with the question itself is told with exit code 2.
exec 2>&1
cp -r "$TOP/demo/trec-dl-garden" garden
run() {
    "$RERANKBENCH" run --dataset garden --candidates bm25 --label "$@" \
        >log 2>&1 || echo "run => $?"
}
gate() {
    echo "\$ gate $*"
    "$RERANKBENCH" gate "$@" --unsure pass >out 2>err && echo '=> 0' ||
        echo "=> $?"
    sed -n '3s/digest [0-9a-f]* in the baseline, [0-9a-f]* here/digest A, B/;3p' out
    cat err
}

run main --reranker bm25
"$RERANKBENCH" baseline main >main.txt
run shallow --reranker bm25 --depth 5
gate main.txt shallow --max-drop nDCG@10=0.005
sed -i '1s/.$/1/' garden/qrels.txt
run qrels --reranker bm25 --build 2
gate main.txt qrels --max-drop nDCG@10=0.005
gate main shallow --max-drop nDCG@20=0.005
gate main shallow --max-drop nDGC@10=0.005
gate main shallow --max-drop nDCG@10
gate main shallow --max-slowdown 0
gate main shallow
gate main shalow --max-drop nDCG@10=0.005
gate main 'ma*' --max-drop nDCG@10=0.005
gate '*' main.txt --max-drop nDCG@10=0.005
gate main main.txt --max-drop nDCG@20=0.005
gate log main --max-drop nDCG@10=0.005
gate main main.txt --store nowhere.db --max-drop nDCG@10=0.005

# A program that dies at every query: failed queries, not zeros.
cat >dies.sh <<'END'
echo '{"rerankbench":1,"ready":true}'
read -r line
exit 1
END
run broken --reranker "process(command='sh dies.sh',restarts=0)"
gate main.txt broken --max-drop nDCG@10=0.005 --max-slowdown 2
"$RERANKBENCH" baseline broken | wc -c
