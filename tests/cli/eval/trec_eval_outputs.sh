# SPDX-License-Identifier: Apache-2.0
# The outputs of trec_eval 10's own quick test, byte for byte. The command
# lines are those of its Makefile.
cd "$DATA/trec_eval" 2>/dev/null || { echo "no test data"; exit 77; }

check() {
    want=$1
    shift
    "$RERANKBENCH" eval --compat 10 "$@" >"$TMPDIR/got" 2>/dev/null
    cmp -s "$TMPDIR/got" "$want" || { echo "$want: $*"; diff "$want" "$TMPDIR/got"; }
}

check out.test qrels.test results.test
check out.test.a -m all_trec qrels.test results.test
check out.test.aq -m all_trec -q qrels.test results.test
check out.test.aqc -m all_trec -q -c qrels.test results.trunc
check out.test.aqcM -m all_trec -q -c -M100 qrels.test results.trunc
check out.test.aql -m all_trec -mrelstring.20 -q -l2 qrels.rel_level \
    results.test
check out.test.meas_params -q -miprec_at_recall..10,.20,.25,.75,.50 \
    -m P.5,7,3 -m recall.20,2000 -m Rprec_mult.5.0,0.2,0.35 \
    -mutility.2,-1,0,0 -m 11pt_avg..25,.5,.75 -mndcg.1=3,2=9,4=4.5 \
    -mndcg_cut.10,20,23.4 -msuccess.2,5,20 qrels.test results.test
