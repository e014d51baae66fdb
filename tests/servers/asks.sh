# SPDX-License-Identifier: Apache-2.0
# Runs over the demo data and what must hold of them. Sourced in a folder of its
# own by tests/long/*.sh, which set $top and $program; `first_stage DATASET` is
# called once before the runs.

judge() {
    python3 "$top/tests/servers/judge.py" "$@"
}

fail() {
    echo "${0##*/}: $*"
    for f in out err; do
        [ ! -s $f ] || tail -n 20 $f | sed "s/^/$f: /"
    done
    exit 1
}

# run STORE DATASET LABEL [OPTION]...: over the candidates in DATASET.trec
run() {
    store=$1.db dataset=$2 label=$3
    shift 3
    "$program" run --store "$store" --dataset "$top/demo/$dataset" \
        --candidates "$dataset.trec" --label "$label" "$@" >out 2>err
}
# asks ...: the same, must go well
asks() {
    run "$@" || fail "'$3' of $2 gives $?"
}
sql() {
    sqlite3 "$1.db" "$2"
}

# told STORE LABEL [EXTRA]: all queries have an order, calls and tokens of their
# own and a latency, and what EXTRA says of a row
told() {
    n=$(sql "$1" "SELECT n_queries FROM run WHERE label = '$2'")
    m=$(sql "$1" "SELECT count(*) FROM query_result AS q
        JOIN run AS r ON r.id = q.run_id JOIN ranking ON result_id = q.id
        WHERE r.label = '$2' AND q.status IN ('ok', 'repaired')
        AND latency_ns > 0 AND n_calls > 0 AND prompt_tokens > 0
        AND n_calls = (SELECT count(*) FROM call WHERE result_id = q.id)
        AND prompt_tokens = (SELECT sum(c.prompt_tokens) FROM call AS c
            WHERE c.result_id = q.id AND c.total_ns > 0)
        AND ${3:-1}")
    [ "$n" -gt 0 ] && [ "$n" = "$m" ] || {
        sql "$1" "SELECT v.* FROM v_result AS v WHERE label = '$2'" >out
        fail "'$2': $m of $n queries are stored as they should be"
    }
}
clean="q.status = 'ok' AND output_tokens > 0"

# The first stage knows nothing: what is above chance is the model's work.
first_stage() {
    "$program" run --store first.db --dataset "$top/demo/$1" \
        --candidates bm25 --depth 12 --reranker random --seed 7 --label $1 \
        >out 2>err || fail "no candidates of $1"
    "$program" export --store first.db $1 >$1.trec
    asks a $1 chance-$1 --reranker random --repeat 20
}
