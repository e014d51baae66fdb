/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/store_lock.h"

#include "tests/store_fixture.h"

#include <signal.h>

static void a_run_is_new_then_resumed_then_complete(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_run run = fix_run(s, "a");
    int64_t id = run.id, session = fix_session(s, run.id);
    struct rkb_result r[FIX_QUERIES];
    struct rkb_err err = { 0 };
    bool complete = true;

    CHECK_EQ_INT(run.state, RKB_RUN_NEW);
    CHECK(run.lock != NULL);
    CHECK_STR(run.date, "");
    for (int i = 0; i < FIX_QUERIES; i++)
        r[i] = fix_result(id, session, i);
    r[1].status = RKB_RESULT_FAILED;
    r[1].order = NULL;
    fix_write(s, r, 3);
    fix_must(rkb_session_end(s, session, rkb_sv_of("done"), &err), &err);
    fix_must(rkb_run_end(s, &run, &complete, &err), &err);
    CHECK(!complete);
    CHECK(run.lock == NULL);
    CHECK_STR(fix_text(s, "SELECT status FROM run"), "incomplete");

    run = fix_run(s, "a");
    CHECK_EQ_INT(run.id, id);
    CHECK_EQ_INT(run.state, RKB_RUN_RESUMED);
    CHECK_EQ_INT(strlen(run.date), 20);
    CHECK_STR(fix_text(s, "SELECT status FROM run"), "running");
    r[1] = fix_result(id, session, 1);
    r[1].status = RKB_RESULT_REPAIRED;
    r[1].why = rkb_sv_of("index 3 twice");
    fix_write(s, r + 1, 1);
    fix_write(s, r + 3, 1);
    fix_must(rkb_run_end(s, &run, &complete, &err), &err);
    CHECK(complete);
    CHECK_STR(fix_text(s, "SELECT status FROM run"), "complete");

    run = fix_run(s, "a");
    CHECK_EQ_INT(run.state, RKB_RUN_COMPLETE);
    CHECK(run.lock == NULL);
    CHECK_EQ_INT(strlen(run.date), 20);
    CHECK_STR(fix_text(s, "SELECT status FROM run"), "complete");
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM run"), 1);
    rkb_store_close(s);
    fix_clean();
}

static void warm_ups_and_other_samples_do_not_complete_a_run(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_run_spec spec = fix_spec(s, "a");
    struct rkb_run run;
    struct rkb_err err = { 0 };
    struct rkb_result r[2 * FIX_QUERIES];
    int64_t session;
    bool complete = true;

    spec.n_samples = 2;
    fix_must(rkb_run_begin(s, &spec, &run, &err), &err);
    session = fix_session(s, run.id);
    for (int i = 0; i < 2 * FIX_QUERIES; i++) {
        r[i] = fix_result(run.id, session, i / 2);
        r[i].sample = i % 2;
    }
    r[7].warmup = true;
    fix_write(s, r, 8);
    fix_must(rkb_run_end(s, &run, &complete, &err), &err);
    CHECK(!complete);
    fix_must(rkb_run_begin(s, &spec, &run, &err), &err);
    r[7].warmup = false;
    fix_write(s, r + 7, 1);
    fix_must(rkb_run_end(s, &run, &complete, &err), &err);
    CHECK(complete);
    rkb_store_close(s);
    fix_clean();
}

static void labels_are_names_not_keys(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_run_spec spec = fix_spec(s, "a");
    struct rkb_run run, other;
    struct rkb_err err = { 0 };

    fix_must(rkb_run_begin(s, &spec, &run, &err), &err);
    spec.key = fix_digest("b");
    fix_must(rkb_run_begin(s, &spec, &other, &err), &err);
    CHECK(run.id != other.id);
    rkb_run_release(&other);
    spec.label = (rkb_sv){ 0 };
    fix_must(rkb_run_begin(s, &spec, &other, &err), &err);
    CHECK_STR(fix_text(s, "SELECT group_concat(label, ' ') FROM run"),
              "a first");
    rkb_run_release(&run);
    rkb_run_release(&other);
    rkb_store_close(s);
    fix_clean();
}

static void what_cannot_be_the_same_run_is_refused(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_run_spec spec = fix_spec(s, "a");
    struct rkb_run run = fix_run(s, "a");
    struct rkb_err err = { 0 };

    rkb_run_release(&run);
    spec.n_queries = 5;
    CHECK_EQ_INT(rkb_run_begin(s, &spec, &run, &err), RKB_E_DATA);
    CHECK(run.lock == NULL);
    spec.n_queries = FIX_QUERIES;
    spec.seed = UINT64_MAX;
    CHECK_EQ_INT(rkb_run_begin(s, &spec, &run, &err), RKB_E_USAGE);
    spec.seed = 1;
    spec.candidate_set = 99;
    spec.key = fix_digest("c");
    CHECK_EQ_INT(rkb_run_begin(s, &spec, &run, &err), RKB_E_DATA);
    CHECK(run.lock == NULL);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM run"), 1);
    rkb_store_close(s);
    fix_clean();
}

/* Says that it has the run, then waits to be killed. */
static void hold_a_run(int out)
{
    struct rkb_store *s = fix_open(fix_store_path, RKB_STORE_WRITE);
    struct rkb_run run = fix_run(s, "a");

    fix_session(s, run.id);
    if (write(out, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static void a_run_belongs_to_one_process_until_that_ends(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_run_spec spec = fix_spec(s, "a");
    struct rkb_run run = { 0 }, other = { 0 };
    struct rkb_err err = { 0 };
    char byte, pid_text[32];
    bool one_writer = rkb_store_one_writer(s);
    int ends[2];
    pid_t pid;

    rkb_store_close(s);
    if (one_writer) {
        fix_clean();
        SKIP("the temporary folder is on a network file system");
    }
    if (!CHECK(pipe(ends) == 0))
        return;
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        hold_a_run(ends[1]);
    CHECK(read(ends[0], &byte, 1) == 1);
    s = fix_open(fix_store_path, RKB_STORE_WRITE);
    CHECK_EQ_INT(rkb_run_begin(s, &spec, &run, &err), RKB_E_IO);
    snprintf(pid_text, sizeof(pid_text), "process %ld", (long)pid);
    CHECK(fix_says(&err, pid_text));
    CHECK(fix_says(&err, "'box'"));
    CHECK(run.lock == NULL);
    other = fix_run(s, "b"); /* another run of the same store */
    CHECK_EQ_INT(other.state, RKB_RUN_NEW);
    rkb_run_release(&other);

    kill(pid, SIGKILL);
    CHECK_EQ_INT(fix_wait(pid), 128 + SIGKILL);
    CHECK_EQ_INT(rkb_run_begin(s, &spec, &run, &err), RKB_OK);
    CHECK_EQ_INT(run.state, RKB_RUN_RESUMED);
    fix_session(s, run.id);
    CHECK_STR(fix_text(s, "SELECT group_concat(status, ' ') FROM session"),
              "stopped running");
    /* The same process is not let in twice either. */
    CHECK_EQ_INT(rkb_run_begin(s, &spec, &other, &err), RKB_E_IO);
    rkb_run_release(&run);
    rkb_store_close(s);
    close(ends[0]);
    close(ends[1]);
    fix_clean();
}

static void a_lock_file_that_cannot_be_made_is_an_error(void)
{
    struct rkb_err err = { 0 };
    struct rkb_lock *l;
    bool got;

    CHECK_EQ_INT(rkb_lock_take(&l, "/proc/none/t.db", 1, &got, &err), RKB_E_IO);
    CHECK(l == NULL && !got);
    rkb_lock_release(NULL);
}

static void sets_are_written_once(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_digest qrels = fix_digest("qrels"), texts = fix_digest("texts");
    struct rkb_err err = { 0 };
    int64_t id = 0, again = 0;
    bool there = true;

    CHECK_EQ_INT(fix_candidates(s), fix_candidates(s));
    fix_must(rkb_store_begin(s, &err), &err);
    fix_must(rkb_store_put_judgment_set(s, &qrels, rkb_sv_of("qrels.txt"), &id,
                                        &there, &err),
             &err);
    CHECK(!there);
    fix_must(rkb_store_add_judgment(s, id, rkb_sv_of("q0"), rkb_sv_of("d3"), -1,
                                    &err),
             &err);
    CHECK_EQ_INT(rkb_store_add_judgment(s, id, rkb_sv_of("q0"), rkb_sv_of("d3"),
                                        2, &err),
                 RKB_E_DATA);
    fix_must(rkb_store_put_judgment_set(s, &qrels, rkb_sv_of(""), &again,
                                        &there, &err),
             &err);
    CHECK(there);
    CHECK_EQ_INT(again, id);
    fix_must(rkb_store_has_queries(s, &texts, &there, &err), &err);
    CHECK(!there);
    fix_must(
        rkb_store_add_query(s, &texts, rkb_sv_of("q0"), rkb_sv_of("why"), &err),
        &err);
    fix_must(rkb_store_has_queries(s, &texts, &there, &err), &err);
    CHECK(there);
    for (int i = 0; i < 2; i++)
        fix_must(rkb_store_put_doc(s, rkb_sv_of("d0"), rkb_sv_of("text"), &err),
                 &err);
    fix_must(rkb_store_commit(s, &err), &err);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM doc_text"), 1);
    CHECK_EQ_INT(fix_number(s, "SELECT grade FROM judgment"), -1);
    rkb_store_close(s);
    fix_clean();
}

static void bad_candidate_lists_are_refused(void)
{
    const rkb_sv twice[] = { { "a", 1 }, { "b", 1 }, { "a", 1 } };
    const rkb_sv latin1[] = { { "caf\xe9", 4 } };
    const rkb_sv fine[] = { { "a", 1 } };
    const double infinite[] = { (double)INFINITY };
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    int64_t id = fix_candidates(s);
    rkb_sv qid = rkb_sv_of("new");
    struct rkb_err err = { 0 };

    fix_must(rkb_store_begin(s, &err), &err);
    CHECK_EQ_INT(rkb_store_add_candidates(s, id, 9, qid, twice, NULL, 3, &err),
                 RKB_E_DATA);
    CHECK(fix_says(&err, "candidates of query 'new': docid 'a'"));
    CHECK_EQ_INT(rkb_store_add_candidates(s, id, 9, qid, latin1, NULL, 1, &err),
                 RKB_E_DATA);
    CHECK_EQ_INT(
        rkb_store_add_candidates(s, id, 9, qid, fine, infinite, 1, &err),
        RKB_E_DATA);
    CHECK_EQ_INT(rkb_store_add_candidates(s, id, 9, rkb_sv_of("q0"), fine, NULL,
                                          1, &err),
                 RKB_E_DATA); /* qid known */
    CHECK_EQ_INT(rkb_store_add_candidates(s, id, 0, qid, fine, NULL, 1, &err),
                 RKB_E_DATA); /* ord known */
    rkb_store_rollback(s);
    rkb_store_close(s);
    fix_clean();
}

static int64_t put_evaluation(struct rkb_store *s, int64_t run_id)
{
    struct rkb_digest d = fix_digest("qrels");
    struct rkb_evaluation e = { .run_id = run_id,
                                .compat = 9,
                                .rules = rkb_sv_of("judged-only=0") };
    struct rkb_err err = { 0 };
    int64_t id = 0;
    bool there;

    fix_must(rkb_store_put_judgment_set(s, &d, rkb_sv_of("qrels.txt"),
                                        &e.judgment_set, &there, &err),
             &err);
    fix_must(rkb_store_put_evaluation(s, &e, &id, &err), &err);
    return id;
}

static void a_measure_is_replaced_whole_and_alone(void)
{
    static const int64_t ord[] = { 0, 1, 2 };
    static const double first[] = { 0.1, 0.2, 0.3 };
    static const double second[] = { 0.5, (double)NAN, 1.0 / 3 };
    static const double infinite[] = { (double)INFINITY, 0, 0 };
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_run run = fix_run(s, "a");
    struct rkb_measured m = {
        rkb_sv_of("nDCG@10"), 1, ord, first, 3, 0.2, 3, 0, 0
    };
    struct rkb_comparison c = { .measure = m.measure,
                                .n = 3,
                                .diff = 0.0,
                                .mean_a = (double)NAN,
                                .alpha = 0.05,
                                .n_a = 3,
                                .n_b = -1,
                                .ratio_hi = 2.5 };
    struct rkb_comparison latency = { .measure = rkb_sv_of("latency_ms"),
                                      .n = 3 };
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    struct rkb_mean_row *means;
    struct rkb_value_row *values;
    struct rkb_evaluation_row *evals;
    struct rkb_comparison *read;
    int64_t eval;
    size_t n;

    fix_must(rkb_store_begin(s, &err), &err);
    eval = put_evaluation(s, run.id);
    fix_must(rkb_store_put_measure(s, eval, &m, &err), &err);
    m.measure = rkb_sv_of("AP");
    m.mean = (double)NAN;
    fix_must(rkb_store_put_measure(s, eval, &m, &err), &err);
    c.eval_a = c.eval_b = latency.eval_a = latency.eval_b = eval;
    for (int i = 0; i < 2; i++) {
        fix_must(rkb_store_put_comparison(s, &c, &err), &err);
        fix_must(rkb_store_put_comparison(s, &latency, &err), &err);
    }
    fix_must(rkb_store_commit(s, &err), &err);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM comparison"), 2);
    CHECK_STR(fix_text(s, "SELECT mean_a IS NULL AND diff = 0 AND n_a = 3"
                          " AND n_b IS NULL AND ratio_hi = 2.5 AND alpha = 0.05"
                          " FROM comparison WHERE measure = 'nDCG@10'"),
              "1");
    fix_must(rkb_store_comparisons(s, &a, (rkb_sv){ 0 }, &read, &n, &err),
             &err);
    CHECK_EQ_INT(n, 2);
    CHECK(rkb_sv_is(read[0].measure, "nDCG@10") && read[0].eval_b == eval);
    CHECK(isnan(read[0].mean_a) && read[0].n == 3 && read[0].n_b == -1);
    CHECK_NEAR(read[0].ratio_hi, 2.5, 0);
    CHECK_NEAR(read[0].alpha, 0.05, 0);
    CHECK(rkb_sv_is(read[1].measure, "latency_ms"));
    fix_must(
        rkb_store_comparisons(s, &a, rkb_sv_of("another"), &read, &n, &err),
        &err);
    CHECK_EQ_INT(n, 0);

    fix_must(rkb_store_begin(s, &err), &err);
    CHECK_EQ_INT(put_evaluation(s, run.id), eval);
    m = (struct rkb_measured){
        rkb_sv_of("nDCG@10"), 2, ord, second, 3, 0.4, 2, 0, 1
    };
    fix_must(rkb_store_put_measure(s, eval, &m, &err), &err);
    fix_must(rkb_store_commit(s, &err), &err);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM comparison"), 0);

    fix_must(rkb_store_means(s, &a, eval, &means, &n, &err), &err);
    CHECK_EQ_INT(n, 2);
    CHECK(rkb_sv_is(means[0].measure, "AP") && isnan(means[0].value));
    CHECK_NEAR(means[1].value, 0.4, 0.0);
    CHECK_EQ_INT(means[1].n_failed, 1);
    fix_must(rkb_store_values(s, &a, eval, m.measure, &values, &n, &err), &err);
    CHECK_EQ_INT(n, 2);
    CHECK_EQ_INT(values[1].ord, 2);
    CHECK_EQ_INT(values[1].version, 2);
    CHECK_NEAR(values[1].value, 1.0 / 3, 0.0);
    fix_must(rkb_store_evaluations(s, &a, 0, &evals, &n, &err), &err);
    CHECK_EQ_INT(n, 1);
    CHECK(rkb_sv_is(evals[0].source, "qrels.txt"));
    CHECK_EQ_INT(evals[0].compat, 9);
    fix_must(rkb_store_evaluations(s, &a, run.id + 1, &evals, &n, &err), &err);
    CHECK_EQ_INT(n, 0);

    fix_must(rkb_store_begin(s, &err), &err);
    m.value = infinite;
    CHECK_EQ_INT(rkb_store_put_measure(s, eval, &m, &err), RKB_E_DATA);
    rkb_store_rollback(s);
    rkb_arena_release(&a);
    rkb_run_release(&run);
    rkb_store_close(s);
    fix_clean();
}

TESTS(TEST(a_run_is_new_then_resumed_then_complete),
      TEST(warm_ups_and_other_samples_do_not_complete_a_run),
      TEST(labels_are_names_not_keys),
      TEST(what_cannot_be_the_same_run_is_refused),
      TEST(a_run_belongs_to_one_process_until_that_ends),
      TEST(a_lock_file_that_cannot_be_made_is_an_error),
      TEST(sets_are_written_once), TEST(bad_candidate_lists_are_refused),
      TEST(a_measure_is_replaced_whole_and_alone))
