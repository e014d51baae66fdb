# SPDX-License-Identifier: Apache-2.0
# 'bright:DIR:*' is all twelve tasks and their mean, like the name 'bright';
# long BRIGHT is eight tasks with judgments of whole pages. A task that is not
# there is told before anything runs.
p=$TOP/demo/bright-puzzles
mkdir -p d/bright/examples d/bright/documents d/bright/gpt4_reason \
    d/bright/long_documents
cd d/bright || exit 1
for task in biology earth_science economics psychology robotics stackoverflow \
    sustainable_living leetcode pony aops theoremqa_questions \
    theoremqa_theorems; do
    head -n 4 $p/examples/puzzles.jsonl |
        sed 's/"gold_ids_long": \[[^]]*\]/"gold_ids_long": ["page"]/
            s/"query": "/&'$task' /' >examples/$task.jsonl
    sed 's/"query": "/&knots /' examples/$task.jsonl >gpt4_reason/$task.jsonl
    cp $p/documents/puzzles.jsonl documents/$task.jsonl
done
# In one task nothing that is relevant can be found.
sed 's/"gold_ids": \[[^]]*\]/"gold_ids": ["nowhere"]/' examples/pony.jsonl \
    >x && mv x examples/pony.jsonl
for task in biology earth_science economics psychology robotics stackoverflow \
    sustainable_living pony; do
    grep -v knots documents/biology.jsonl >long_documents/$task.jsonl
    sed -n '/bowline_1/s/"id": "[^"]*"/"id": "page"/p' documents/biology.jsonl \
        >>long_documents/$task.jsonl
done
cd ../..
rerank() {
    "$RERANKBENCH" run --store s.db "$@" --candidates bm25 \
        --reranker first-stage --format csv 2>said | cut -d, -f1,4-8
    grep -v '0 sent, results\|excluded candidates' said
}
rerank --dataset 'bright:d/bright:*'
rerank --data d --dataset bright | tail -n 1
rerank --data d --dataset bright --query-text gpt4 | tail -n 1
rerank --dataset 'bright-long:d/bright:*' | cut -d, -f1,2,6
rerank --data d --dataset bright-long/pony
sqlite3 s.db 'SELECT count(*), count(DISTINCT dataset) FROM run'
rm d/bright/examples/pony.jsonl
rerank --dataset 'bright:d/bright:*'
rerank --dataset 'beir:d/bright:*'
rerank --dataset 'bright:d/bright:*' --qrels "$TOP/demo/trec-dl-garden/qrels.txt"
