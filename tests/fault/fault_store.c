/* SPDX-License-Identifier: Apache-2.0 */
/* The Nth write to the store fails, for every N: an error that says so, and a
 * store that goes on from there. */
#include "runs/store_write.h"

#include "tests/power_vfs.h"
#include "tests/store_fixture.h"

/* Makes a store and uses all of it; says at which call it failed. */
static enum rkb_status write_results(struct rkb_store *s, int64_t run_id,
                                     int64_t session, struct rkb_err *err)
{
    struct rkb_result_writer *w;
    enum rkb_status rc = rkb_result_writer_open(&w, s, err);

    if (rc)
        return rc;
    for (int i = 0; !rc && i < FIX_QUERIES; i++) {
        struct rkb_result r = fix_result(run_id, session, i);

        rc = rkb_result_writer_append(w, &r, err);
        if (!rc)
            rc = rkb_result_writer_flush(w, err);
    }
    rkb_result_writer_close(w);
    return rc;
}

static enum rkb_status put_sets(struct rkb_store *s, int64_t *candidates,
                                int64_t *judgments, struct rkb_err *err)
{
    const rkb_sv docids[] = { { "a", 1 }, { "b", 1 }, { "c", 1 }, { "d", 1 } };
    struct rkb_candidate_set set = { .digest = fix_digest("c") };
    struct rkb_digest qrels = fix_digest("j");
    bool there = false;
    enum rkb_status rc = rkb_store_begin(s, err);

    if (rc)
        return rc;
    rc = rkb_store_put_candidate_set(s, &set, candidates, &there, err);
    for (int i = 0; !rc && !there && i < FIX_QUERIES; i++) {
        char qid[16];

        snprintf(qid, sizeof(qid), "q%d", i);
        rc = rkb_store_add_candidates(s, *candidates, i, rkb_sv_of(qid), docids,
                                      NULL, i == 3 ? 0 : 4, err);
    }
    if (!rc)
        rc = rkb_store_put_judgment_set(s, &qrels, rkb_sv_of("qrels"),
                                        judgments, &there, err);
    if (!rc)
        return rkb_store_commit(s, err);
    rkb_store_rollback(s);
    return rc;
}

static enum rkb_status measure(struct rkb_store *s, int64_t run_id,
                               int64_t judgments, struct rkb_err *err)
{
    static const int64_t ord[] = { 0, 1, 2 };
    static const double value[] = { 0.1, 0.2, 0.3 };
    struct rkb_measured m = { rkb_sv_of("AP"), 1, ord, value, 3, 0.2, 3, 0, 0 };
    struct rkb_evaluation e = { .run_id = run_id,
                                .judgment_set = judgments,
                                .compat = 9 };
    int64_t id;
    enum rkb_status rc = rkb_store_begin(s, err);

    if (rc)
        return rc;
    rc = rkb_store_put_evaluation(s, &e, &id, err);
    if (!rc)
        rc = rkb_store_put_measure(s, id, &m, err);
    if (!rc)
        return rkb_store_commit(s, err);
    rkb_store_rollback(s);
    return rc;
}

static enum rkb_status use_store(struct rkb_store *s, struct rkb_err *err)
{
    struct rkb_run_spec spec = { .key = fix_digest("run"),
                                 .identity = { "{}", 2 },
                                 .label = { "a", 1 },
                                 .repeat = 1,
                                 .n_queries = FIX_QUERIES,
                                 .n_samples = 1 };
    struct rkb_session_spec doing = { .host = { "h", 1 } };
    struct rkb_run run = { 0 };
    int64_t session = 0, judgments = 0;
    bool complete = false;
    enum rkb_status rc = put_sets(s, &spec.candidate_set, &judgments, err);

    if (!rc)
        rc = rkb_run_begin(s, &spec, &run, err);
    doing.run_id = run.id;
    if (!rc)
        rc = rkb_session_begin(s, &doing, &session, err);
    if (!rc)
        rc = write_results(s, run.id, session, err);
    if (!rc)
        rc = measure(s, run.id, judgments, err);
    if (!rc)
        rc = rkb_session_end(s, session, rkb_sv_of("done"), err);
    if (!rc)
        rc = rkb_run_end(s, &run, &complete, err);
    if (!rc)
        CHECK(complete);
    rkb_run_release(&run);
    return rc;
}

static enum rkb_status make_and_use(bool no_wal, const char *vfs,
                                    struct rkb_err *err)
{
    struct rkb_store_options o = { .mode = RKB_STORE_CREATE,
                                   .no_wal = no_wal,
                                   .vfs = vfs };
    struct rkb_store *s = NULL;
    enum rkb_status rc = rkb_store_open(&s, fix_store_path, &o, err);

    if (!rc)
        rc = use_store(s, err);
    rkb_store_close(s);
    return rc;
}

static void check_whole(long nth)
{
    struct rkb_store_options o = { .mode = RKB_STORE_WRITE, .vfs = POWER_VFS };
    struct rkb_store *s = NULL;
    struct rkb_err err = { 0 };
    bool ok;

    fix_must(rkb_store_open(&s, fix_store_path, &o, &err), &err);
    ok = !strcmp(fix_text(s, "PRAGMA integrity_check"), "ok") &&
         fix_number(s, "SELECT count(*) FROM v_result") == FIX_QUERIES &&
         fix_number(s, "SELECT count(*) FROM candidate_list") == 4 &&
         fix_number(s, "SELECT count(*) FROM measure_value") == 3;

    if (!CHECK(ok))
        printf("# after write %ld failed\n", nth);
    rkb_store_close(s);
}

static void fail_each_write(bool no_wal, bool forever, long step)
{
    long n_failed = 0;
    bool failed = true;

    power_register();
    power_fail_forever = forever;
    for (long nth = 1; failed && nth < 2000; nth += step) {
        struct rkb_err err = { 0 };
        enum rkb_status rc;

        fix_path();
        power_writes = 0;
        power_fail_at = nth;
        rc = make_and_use(no_wal, POWER_VFS, &err);
        failed = power_writes >= nth;
        power_fail_at = 0;
        if (rc && !CHECK_EQ_INT(rc, RKB_E_IO))
            printf("# write %ld: %s\n", nth, err.msg);
        if (rc)
            n_failed += CHECK(fix_says(&err, "disk is full"));
        fix_must(make_and_use(no_wal, POWER_VFS, &err), &err);
        check_whole(nth);
        fix_clean();
    }
    CHECK(!failed);
    CHECK(n_failed > 10);
    printf("# %ld writes failed the program\n", n_failed);
}

static void a_write_fails_once(void)
{
    fail_each_write(false, false, 1);
}

static void a_write_and_all_after_it_fail(void)
{
    fail_each_write(false, true, 3);
}

static void a_write_fails_without_a_log(void)
{
    fail_each_write(true, false, 3);
}

TESTS(TEST(a_write_fails_once), TEST(a_write_and_all_after_it_fail),
      TEST(a_write_fails_without_a_log))
