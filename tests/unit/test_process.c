/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/process.h"

#include "base/log.h"
#include "tests/tap.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { N_DOCS = 5 };

static struct rkb_arena arena;
static struct rkb_reranker row;
static struct rkb_stop *stop;

/* Beside this program, wherever the tests are built. */
static const char *bad_child(void)
{
    static char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

    path[n > 0 ? n : 0] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');

        if (slash)
            *slash = '\0';
    }
    snprintf(path + strlen(path), 32, "/bad_child");
    return path;
}

/* Under a sanitizer everything takes its time. */
static enum rkb_status open_child(const char *start, const char *options,
                                  struct rkb_err *err)
{
    const struct rkb_env env = { .arena = &arena, .stop = stop };
    const char *spec =
        rkb_arena_printf(&arena,
                         "process(command='\"%s\" %s',"
                         "grace=0.02%s%s)",
                         bad_child(), start, options[0] ? "," : "", options);

    rkb_stop_survive_writes();
    rkb_log_level(RKB_LOG_ERROR); /* restarts are warnings */
    *err = (struct rkb_err){ 0 };
    return rkb_reranker_open(&row, rkb_sv_of(spec), &env, err);
}

static bool open_ok(const char *start, const char *options)
{
    struct rkb_err err;
    bool ok = CHECK_EQ_INT(open_child(start, options, &err), RKB_OK);

    if (!ok)
        printf("# %s\n", err.msg);
    return ok;
}

/* Nothing is left: no child, no zombie. */
static void close_child(void)
{
    rkb_reranker_close(&row);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    rkb_arena_release(&arena);
}

struct asked {
    enum rkb_status rc;
    struct rkb_err err;
    struct rkb_account account;
    uint32_t order[N_DOCS];
    double score[N_DOCS];
    uint8_t scored[N_DOCS];
};

static void ask(struct asked *a, const char *qid)
{
    struct rkb_candidate docs[N_DOCS] = { { .score = 1, .has_score = true } };
    const struct rkb_request request = { .qid = rkb_sv_of(qid),
                                         .query = rkb_sv_of("a \"query\"\n"),
                                         .seed = UINT64_MAX,
                                         .docs = docs,
                                         .n_docs = N_DOCS };
    struct rkb_arena own = { 0 };
    struct rkb_calls calls = { 0 };
    struct rkb_branch branch = {
        .arena = &own, .account = &a->account, .calls = &calls, .stop = stop
    };
    struct rkb_outcome outcome = { .order = a->order,
                                   .score = a->score,
                                   .scored = a->scored };

    *a = (struct asked){ 0 };
    for (uint32_t i = 0; i < N_DOCS; i++) {
        docs[i].docid = docs[i].text = rkb_sv_of("{\"docid\":");
        a->order[i] = i;
    }
    a->rc = row.def->rerank(row.self, &branch, &request, &outcome, &a->err);
    rkb_arena_release(&own);
}

static bool order_is(const struct asked *a, const char *want)
{
    char got[N_DOCS + 1] = "";

    for (int i = 0; i < N_DOCS; i++)
        got[i] = (char)('0' + a->order[i]);
    return CHECK_EQ_INT(a->rc, RKB_OK) && CHECK_STR(got, want);
}

static bool is_reversed(const struct asked *a)
{
    return order_is(a, "43210");
}

static bool starts_with(const char *text, const char *prefix)
{
    bool ok = strncmp(text, prefix, strlen(prefix)) == 0;

    if (!CHECK(ok))
        printf("# got  '%s'\n# want '%s...'\n", text, prefix);
    return ok;
}

/* ---- good answers ------------------------------------------------------ */

static void an_order_is_taken_as_it_is(void)
{
    struct asked a;

    if (!open_ok("ok", ""))
        return;
    ask(&a, "ok");
    is_reversed(&a);
    CHECK(!a.scored[0] && !a.account.untimed);
    CHECK_EQ_INT(a.account.n_calls, 3);
    CHECK_EQ_INT(a.account.prompt_tokens, 70);
    CHECK_EQ_INT(a.account.output_tokens, 5);
    close_child();
}

static void scores_order_highest_first_and_ties_as_they_came(void)
{
    struct asked a;

    if (!open_ok("ok", ""))
        return;
    ask(&a, "scores");
    order_is(&a, "41203");
    CHECK(a.scored[3] && a.score[3] == -2 && a.score[4] == 1000);
    CHECK_EQ_INT(a.account.n_calls, 1);
    CHECK_EQ_INT(a.account.prompt_tokens, -1);
    close_child();
}

static void an_order_goes_before_scores(void)
{
    struct asked a;

    if (!open_ok("ok", ""))
        return;
    ask(&a, "both");
    order_is(&a, "40123");
    CHECK(a.scored[0] && a.score[0] == 1 && a.score[4] == 5);
    close_child();
}

static void what_the_program_says_it_is_is_its_identity(void)
{
    struct rkb_buf identity = { 0 };
    struct rkb_err err;

    if (!open_ok("ok", ""))
        return;
    CHECK_EQ_INT(row.def->probe(row.self, &identity, NULL, &err), RKB_OK);
    CHECK_STR(identity.at, "name=\"bad\" version=\"\"");
    rkb_buf_release(&identity);
    close_child();
}

/* ---- bad answers ------------------------------------------------------- */

/* Of the query alone: the program goes on. */
static void a_wrong_answer_fails_its_query_alone(void)
{
    static const char *const rows[][2] = {
        { "error", "it says: out of patience" },
        { "neither", "the answer has neither 'order' nor 'scores'" },
        { "few", "'order' has 4 entries for 5 docs" },
        { "many-scores", "'scores' has 6 entries for 5 docs" },
        { "same", "'order' has index 1 twice" },
        { "far", "position 0 (from 0) of 'order' is no index from 0 to 4" },
        { "fraction",
          "position 0 (from 0) of 'order' is no index from 0 to 4" },
        { "nan", "score 0 (from 0) is no finite number but NaN or Infinity" },
        { "infinity",
          "score 0 (from 0) is no finite number but NaN or Infinity" },
        { "huge", "score 0 (from 0) is no finite number" },
        { "text", "score 0 (from 0) is no finite number" },
        { "scalar", "'scores' is no array" },
        { "tokens", "'calls', 'tokens.prompt' and 'tokens.output' must be "
                    "whole numbers from 0" },
    };
    struct asked a;

    if (!open_ok("ok", "restarts=0"))
        return;
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        ask(&a, rows[i][0]);
        CHECK_EQ_INT(a.rc, RKB_E_DATA);
        CHECK_STR(a.err.msg, rows[i][1]);
    }
    ask(&a, "ok");
    is_reversed(&a);
    close_child();
}

/* The program cannot be trusted any more, or is gone: the next query has
 * another one, and no latency. */
static void a_breach_or_death_fails_the_query_and_starts_anew(void)
{
    static const struct {
        const char *qid, *why;
        enum rkb_status rc;
    } rows[] = {
        { "garbage",
          "no JSON object on stdout, which is for answers only: 'Loading "
          "checkpoint shards: 100%|##########| 4/4 [00:03<00:00...'",
          RKB_E_DATA },
        { "array",
          "no JSON object on stdout, which is for answers only: '[1,2]'",
          RKB_E_DATA },
        { "empty", "an empty line on stdout", RKB_E_DATA },
        { "no-id", "an answer whose \"id\" is missing or no number",
          RKB_E_DATA },
        { "other-id", "an answer to unknown id 4711", RKB_E_DATA },
        { "values", "an answer of more than 65546 values", RKB_E_LIMIT },
        { "long", "a line over 64 MiB on stdout", RKB_E_LIMIT },
        { "die",
          "the program closed its stdout and ended with exit code 3; stderr: "
          "Traceback: no memory",
          RKB_E_IO },
        { "crash",
          "the program closed its stdout and was killed by signal 9 (SIGKILL)",
          RKB_E_IO },
        { "close", "the program closed its stdout and is running", RKB_E_IO },
    };
    struct rusage before, after;
    struct asked a;

    if (!open_ok("ok", "restarts=10"))
        return;
    getrusage(RUSAGE_SELF, &before);
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        ask(&a, rows[i].qid);
        CHECK_EQ_INT(a.rc, rows[i].rc);
        CHECK_STR(a.err.msg, rows[i].why);
        ask(&a, "ok");
        is_reversed(&a);
        CHECK(a.account.untimed);
        ask(&a, "ok");
        CHECK(!a.account.untimed);
    }
    getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_maxrss - before.ru_maxrss < 700 << 10); /* KiB; of 1 GiB */
    close_child();
}

static void a_second_answer_is_a_breach(void)
{
    struct asked a;

    if (!open_ok("ok 2", "restarts=1"))
        return;
    ask(&a, "twice");
    is_reversed(&a);
    /* Seen before this query is sent, or with it in hand. */
    ask(&a, "ok");
    if (a.rc)
        CHECK_STR(a.err.msg, "a second answer to id 1");
    else
        CHECK(a.account.untimed || is_reversed(&a));
    close_child();
}

static void restarts_are_bounded(void)
{
    struct asked a;

    if (!open_ok("ok", "restarts=1"))
        return;
    ask(&a, "crash");
    ask(&a, "crash");
    CHECK_EQ_INT(a.rc, RKB_E_IO);
    for (int i = 0; i < 2; i++) {
        ask(&a, "ok");
        CHECK_EQ_INT(a.rc, RKB_E_IO);
        CHECK_STR(a.err.msg, "the program is not started again after 1 "
                             "restarts; the last time: the program closed its "
                             "stdout and was killed by signal 9 (SIGKILL)");
    }
    close_child();
}

static void another_version_after_a_restart_is_refused(void)
{
    struct asked a;

    if (!open_ok("fickle", ""))
        return;
    ask(&a, "crash");
    ask(&a, "ok");
    CHECK_EQ_INT(a.rc, RKB_E_DATA);
    starts_with(a.err.msg, "it was 'bad' version '");
    close_child();
}

static void stderr_is_drained_and_its_last_line_told(void)
{
    struct asked a;

    if (!open_ok("ok", ""))
        return;
    ask(&a, "flood");
    CHECK_EQ_INT(a.rc, RKB_E_DATA);
    CHECK_STR(a.err.msg, "it says: tired; stderr: the end of it");
    ask(&a, "error"); /* nothing was printed since */
    CHECK_STR(a.err.msg, "it says: out of patience");
    ask(&a, "ok");
    is_reversed(&a);
    close_child();
}

/* ---- starts ------------------------------------------------------------ */

static void a_bad_start_is_told(void)
{
    static const char *const rows[][3] = {
        { "hang", "load-timeout=0.05",
          "reranker 'process': the program was not ready within 0.05 s" },
        { "die", "",
          "reranker 'process': the program closed its stdout and ended with "
          "exit code 1; stderr: no such model" },
        { "garbage", "",
          "reranker 'process': no JSON object on stdout, which is for answers "
          "only: 'hello'" },
        { "protocol-2", "",
          "reranker 'process': it speaks protocol 2, this is protocol 1" },
        { "unready", "",
          "reranker 'process': the first line lacks \"ready\":true" },
        { "error", "", "reranker 'process': it says: no GPU" },
        { "ok 0", "",
          "reranker 'process': 'max_in_flight' must be a number from 1 to "
          "1024" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_err err;

        CHECK(open_child(rows[i][0], rows[i][1], &err) != RKB_OK);
        CHECK_STR(err.msg, rows[i][2]);
        close_child();
    }
}

static void a_missing_program_is_told(void)
{
    const struct rkb_env env = { .arena = &arena };
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_reranker_open(
                     &row, rkb_sv_of("process(command=rkb-no-such-program)"),
                     &env, &err),
                 RKB_E_IO);
    CHECK_STR(err.msg, "reranker 'process': cannot start "
                       "'rkb-no-such-program': No such file or directory");
    CHECK_EQ_INT(rkb_reranker_open(&row, rkb_sv_of("process"), &env, &err),
                 RKB_E_USAGE);
    CHECK_STR(err.msg, "reranker 'process': command names no program");
    close_child();
}

/* ---- time -------------------------------------------------------------- */

static void a_hung_program_is_ended_and_started_again(void)
{
    struct asked a;

    if (!open_ok("ok", "timeout=0.05"))
        return;
    ask(&a, "hang");
    CHECK_EQ_INT(a.rc, RKB_E_IO);
    CHECK_STR(a.err.msg, "no answer within 0.05 s");
    ask(&a, "crash"); /* an answer may take longer than that here */
    CHECK(a.account.untimed);
    close_child();
}

static void a_late_query_holds_its_place_alone(void)
{
    struct asked a;

    if (!open_ok("ok 2", "timeout=0.09,restarts=0"))
        return;
    ask(&a, "late");
    CHECK_STR(a.err.msg, "no answer within 0.09 s");
    ask(&a, "error");
    CHECK_STR(a.err.msg, "it says: out of patience");
    CHECK(!a.account.untimed);
    close_child();
}

/* ---- many at once ------------------------------------------------------ */

static enum rkb_status ask_one(void *arg, size_t i, size_t worker)
{
    (void)worker;
    ask((struct asked *)arg + i, "hoard");
    return RKB_OK;
}

/* The program answers only once it has four. */
static void several_queries_are_in_flight_and_answers_come_in_any_order(void)
{
    enum { N = 32 };
    struct rkb_pool *pool = rkb_pool_open(4);
    struct asked all[N];

    if (open_ok("ok 4", "timeout=30")) {
        rkb_pool_run(pool, N, ask_one, all);
        for (int i = 0; i < N; i++)
            is_reversed(&all[i]);
        close_child();
    }
    rkb_pool_close(pool);
}

static enum rkb_status ask_ok(void *arg, size_t i, size_t worker)
{
    (void)worker;
    ask((struct asked *)arg + i, i % 8 == 5 ? "die" : "ok");
    return RKB_OK;
}

/* More threads than places; every crash fails what was in hand and no more. */
static void queries_take_turns_and_survive_the_crash_of_others(void)
{
    enum { N = 64 };
    struct rkb_pool *pool = rkb_pool_open(6);
    struct asked all[N];
    int n_ok = 0, n_failed = 0;

    if (open_ok("ok 2", "timeout=30,restarts=100")) {
        rkb_pool_run(pool, N, ask_ok, all);
        for (int i = 0; i < N; i++) {
            if (i % 8 == 5)
                CHECK_EQ_INT(all[i].rc, RKB_E_IO);
            else if (!all[i].rc)
                n_ok += is_reversed(&all[i]);
            else
                n_failed += starts_with(all[i].err.msg,
                                        "the program closed its stdout and "
                                        "ended with exit code 3, with 2 "
                                        "queries in hand");
        }
        CHECK(n_failed <= 8 && n_ok + n_failed == N - 8);
        close_child();
    }
    rkb_pool_close(pool);
}

/* ---- ends -------------------------------------------------------------- */

static void one_that_ignores_all_requests_is_killed(void)
{
    struct asked a;

    if (!open_ok("deaf", ""))
        return;
    ask(&a, "ok");
    is_reversed(&a);
    close_child();
}

static void request_stop(void *arg)
{
    rkb_stop_request(arg);
}

static void a_stop_ends_the_wait_without_a_result(void)
{
    struct rkb_thread *thread;
    struct asked a;

    stop = rkb_stop_new();
    if (open_ok("ok", "")) {
        thread = rkb_thread_start(request_stop, stop);
        ask(&a, "hang");
        CHECK_EQ_INT(a.rc, RKB_E_STOPPED);
        rkb_thread_join(thread);
        close_child();
    }
    rkb_stop_close(stop);
    stop = NULL;
}

/* Program and grandchild hold the pipe that tells of their end. */
static void the_whole_family_dies_when_we_are_killed(void)
{
    int alive[2], ready[2];
    struct pollfd eof;
    pid_t pid;
    char c;

    if (!CHECK(pipe(alive) == 0 && pipe(ready) == 0))
        return;
    pid = fork();
    if (pid == 0) {
        bool ok = open_ok("family", "");

        (void)!write(ready[1], ok ? "y" : "n", 1);
        for (;;)
            pause();
    }
    close(alive[1]);
    close(ready[1]);
    CHECK(read(ready[0], &c, 1) == 1 && c == 'y');
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    eof = (struct pollfd){ .fd = alive[0], .events = POLLIN };
    CHECK_EQ_INT(poll(&eof, 1, 20000), 1);
    CHECK_EQ_INT(eof.revents & (POLLIN | POLLHUP), POLLHUP);
    close(alive[0]);
    close(ready[0]);
}

TESTS(TEST(an_order_is_taken_as_it_is),
      TEST(scores_order_highest_first_and_ties_as_they_came),
      TEST(an_order_goes_before_scores),
      TEST(what_the_program_says_it_is_is_its_identity),
      TEST(a_wrong_answer_fails_its_query_alone),
      TEST(a_breach_or_death_fails_the_query_and_starts_anew),
      TEST(a_second_answer_is_a_breach), TEST(restarts_are_bounded),
      TEST(another_version_after_a_restart_is_refused),
      TEST(stderr_is_drained_and_its_last_line_told), TEST(a_bad_start_is_told),
      TEST(a_missing_program_is_told),
      TEST(a_hung_program_is_ended_and_started_again),
      TEST(a_late_query_holds_its_place_alone),
      TEST(several_queries_are_in_flight_and_answers_come_in_any_order),
      TEST(queries_take_turns_and_survive_the_crash_of_others),
      TEST(one_that_ignores_all_requests_is_killed),
      TEST(a_stop_ends_the_wait_without_a_result),
      TEST(the_whole_family_dies_when_we_are_killed))
