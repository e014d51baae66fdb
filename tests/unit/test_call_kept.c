/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are kept: the response cache and recordings, through the call
 * door and the rows. */
#include "base/io/file.h"
#include "base/log.h"
#include "tests/call_fixture.h"
#include "tests/io_fixture.h"

#define ORDER "on\n model\n"
#define BEST "on\n model answer=best\n"

/* Every method, and those that read logprobs, scores and vectors. */
static const struct method {
    const char *name, *options, *script;
    size_t n_refused;  /* requests that a server refuses as too much */
    const char *order; /* NULL: the right one */
} methods[] = {
    { "listwise", NULL, ORDER, 0, NULL },
    { "listwise", "stream=true", ORDER, 0, NULL },
    { "listwise", "window=2,stride=1,passes=2", ORDER, 0, NULL },
    { "first", "dialect=vllm", BEST, 0, NULL },
    { "pointwise", NULL, "on\n model answer=yesno", 0, NULL },
    { "pairwise", NULL, BEST, 0, NULL },
    { "pairwise", "algorithm=duo,mode=logprob", BEST, 0, NULL },
    { "setwise", NULL, BEST, 0, NULL },
    { "setwise", "mode=likelihood", BEST, 0, NULL },
    { "setwise", "permutations=3", BEST, 0, NULL },
    { "tournament", NULL, ORDER, 0, "d2 d3 d1" } /* a point for two */,
    { "rerank-api", "dialect=tei", ORDER, 0, NULL },
    { "rerank-api", "dialect=tei", "on\n model batch=2", 1, NULL },
    { "embedding", NULL, ORDER, 0, NULL },
    { "embedding", NULL, "on\n model batch=3", 1, NULL },
    { "listwise", "words=40",
      "on body=twelve\n reply 400 {\"error\":{\"message\":\"maximum context "
      "length "
      "is 90 tokens. However, you requested 100 tokens\"}}\n" ORDER,
      1, NULL },
};

static const char *joined(const struct method *m, const char *more)
{
    static char out[1024];

    snprintf(out, sizeof out, "%s%s%s", m->options ? m->options : "",
             m->options ? "," : "", more);
    return out;
}

#define TWELVE " one two three four five six seven eight nine ten eleven twelve"
static const struct rkb_candidate docs[] = {
    { .docid = SV("d1"), .text = SV("a dog" TWELVE) },
    { .docid = SV("d2"), .text = SV("the fox" TWELVE) },
    { .docid = SV("d3"), .text = SV("red fox" TWELVE) },
};
static const struct rkb_request request = { .qid = SV("q1"),
                                            .query = SV("red fox"),
                                            .seed = 3,
                                            .docs = docs,
                                            .n_docs = 3 };

/* Asks once; the order is checked. Returns how many requests were sent. */
static size_t ask(const struct method *m, struct mock *mock, const char *urls,
                  const char *more, struct llm_row *row)
{
    size_t before = mock ? mock_n_requests(mock) : 0;

    if (llm_open(row, m->name, urls, joined(m, more), 4)) {
        llm_ask(row, &request);
        CHECK_EQ_INT(row->rc, RKB_OK);
        CHECK_STR(llm_order(row, &request), m->order ? m->order : "d3 d2 d1");
        if (tap_bad)
            printf("# up to %s(%s): %s%s\n", m->name, joined(m, more),
                   row->err.msg, row->outcome.why);
    }
    return mock ? mock_n_requests(mock) - before : 0;
}

/* ---- the cache ------------------------------------------------------------- */

static void what_is_cached_is_not_sent_again(void)
{
    for (size_t i = 0; i < RKB_COUNT(methods); i++) {
        const struct method *m = &methods[i];
        struct mock *mock = mock_open_script(m->script);
        char more[600], file[32];
        struct llm_row row;
        size_t n_first, n_again;

        snprintf(file, sizeof file, "cache%zu.db", i);
        snprintf(more, sizeof more, "cache='%s'", fixture_path(file));
        n_first = ask(m, mock, mock_url(mock), more, &row);
        CHECK(n_first > 0);
        CHECK_EQ_INT(row.account.n_calls - row.account.n_cached, n_first);
        llm_close(&row);
        n_again = ask(m, mock, mock_url(mock), more, &row);
        /* Refusals are no answers, so that they are asked for again. */
        CHECK_EQ_INT(n_again, m->n_refused);
        CHECK(row.account.n_cached > 0);
        CHECK_EQ_INT(row.account.n_cached,
                     row.account.n_calls - (int64_t)n_again);
        for (size_t k = 0; k < row.calls.n; k++)
            if (row.calls.items[k].http < 0)
                CHECK_EQ_INT(row.calls.items[k].total_ns, -1);
        llm_close(&row);
        mock_close(mock);
    }
}

/* One row of listwise after the other before the same cache: which of them
 * asks. */
static void whatever_changes_an_answer_misses(void)
{
    static const struct {
        const char *options;
        bool misses;
    } rows[] = {
        { "", true }, /* the first */
        { "", false },
        { "prefix=warm", false }, /* these change no answer */
        { "stream=true", false },
        { "retries=7,backoff=0.5,call-timeout=77", false },
        { "keep-answers=true", false },
        { "key-env=RKB_TEST_KEY", false },
        { "temperature=0.5", true },
        { "temperature=0.5", false },
        { "top-p=0.9", true },
        { "server-seed=5", true },
        { "server-seed=6", true },
        { "model=x", true },
        { "model=y", true },
        { "dialect=vllm", true },
        { "dialect=vllm,thinking=off", true },
        { "extra='{\"min_p\":0.1}'", true },
        { "template=builtin:listwise-list", true },
        { "frame=builtin:zephyr", true },
        { "frame=builtin:chatml", true },
        { "identifiers=alphabetic,template=builtin:listwise-letters", true },
        { "words=5", true },
        { "max-tokens=77", true },
        { "thinking-tokens=77", true },
        { "window=2,stride=1", true },
        { "parser=strict", false }, /* another reading of the same */
        { "", false },
    };
    struct mock *mock = mock_open_script(ORDER);

    setenv("RKB_TEST_KEY", "secret-of-a-test", 1);
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const struct method m = { .name = "listwise", .options = NULL };
        char more[900];
        struct llm_row row;
        size_t before = mock_n_requests(mock);

        snprintf(more, sizeof more, "cache='%s'%s%s", fixture_path("walk.db"),
                 rows[i].options[0] ? "," : "", rows[i].options);
        if (llm_open(&row, m.name, mock_url(mock), more, 1)) {
            llm_ask(&row, &request);
            CHECK_EQ_INT(row.rc, RKB_OK);
            if (!CHECK_EQ_INT(mock_n_requests(mock) > before, rows[i].misses))
                printf("# row %zu: %s\n", i, rows[i].options);
        }
        llm_close(&row);
    }
    mock_close(mock);
}

static void another_repeat_query_or_text_misses(void)
{
    struct mock *mock = mock_open_script(ORDER);
    struct rkb_candidate other[3];
    struct rkb_request r = request;
    struct llm_row row;
    char more[600];

    memcpy(other, docs, sizeof other);
    snprintf(more, sizeof more, "cache='%s'", fixture_path("texts.db"));
    for (size_t i = 0; i < 10; i++) {
        size_t before = mock_n_requests(mock);
        /* In turns something new and the same once more. */
        bool misses = i % 2 == 0;

        llm_repeat = i >= 2 ? 2 : 1;
        if (i == 4)
            r.query = rkb_sv_of("red foxes");
        if (i == 6) {
            other[0].text = rkb_sv_of("a dog.");
            r.docs = other;
        }
        if (i == 8)
            other[0].title = rkb_sv_of("T");
        r.qid = rkb_sv_of(i % 2 ? "q1" : "q2"); /* not asked for */
        if (llm_open(&row, "listwise", mock_url(mock), more, 1)) {
            llm_ask(&row, &r);
            if (!CHECK_EQ_INT(mock_n_requests(mock) - before, misses))
                printf("# turn %zu\n", i);
        }
        llm_close(&row);
    }
    llm_repeat = 1;
    mock_close(mock);
}

/* Without a model's name it is the address that tells servers apart. */
static void servers_that_do_not_say_their_model_share_nothing(void)
{
    struct mock *a = mock_open_script(ORDER), *b = mock_open_script(ORDER);
    struct mock *const mocks[] = { a, b };
    static const char *const models[] = { "", ",model=m" };
    struct llm_row row;
    char more[600];

    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; i < 2; i++) {
            snprintf(more, sizeof more, "cache='%s'%s",
                     fixture_path("servers.db"), models[m]);
            if (llm_open(&row, "listwise", mock_url(mocks[i]), more, 1))
                llm_ask(&row, &request);
            llm_close(&row);
        }
    CHECK_EQ_INT(mock_n_requests(a), 2);
    CHECK_EQ_INT(mock_n_requests(b), 1);
    mock_close(a);
    mock_close(b);
}

static void errors_are_never_cached(void)
{
    struct mock *mock =
        mock_open_script("on times=1\n reply 400 {\"error\":\"odd\"}\n"
                         "on times=1\n reply 200 {\"choices\":[]}\n" ORDER);
    struct llm_row row;
    char more[600];

    snprintf(more, sizeof more, "cache='%s'", fixture_path("errors.db"));
    for (size_t i = 0; i < 4; i++) {
        if (llm_open(&row, "listwise", mock_url(mock), more, 1)) {
            llm_ask(&row, &request);
            CHECK_EQ_INT(row.rc, i == 0   ? RKB_E_IO
                                 : i == 1 ? RKB_E_DATA
                                          : RKB_OK);
        }
        llm_close(&row);
    }
    CHECK_EQ_INT(mock_n_requests(mock), 3);
    mock_close(mock);
}

/* Two draws of one query are two answers, in the first run and in the next. */
static void each_draw_has_an_answer_of_its_own(void)
{
    struct mock *mock = mock_open_script(
        "on times=1\n model answer=same\non times=1\n model answer=reverse\n");
    struct llm_row row;
    char more[600], first[64];

    snprintf(more, sizeof more,
             "cache='%s',temperature=1,window=3,stride=3,keep-answers=true,"
             "passes=2",
             fixture_path("draws.db"));
    for (size_t i = 0; i < 2; i++) {
        if (llm_open(&row, "listwise", mock_url(mock), more, 1)) {
            llm_ask(&row, &request);
            CHECK_EQ_INT(row.rc, RKB_OK);
            if (!i)
                snprintf(first, sizeof first, "%s", llm_order(&row, &request));
            CHECK_STR(llm_order(&row, &request), first);
            CHECK_EQ_INT(row.account.n_cached, i ? 2 : 0);
        }
        llm_close(&row);
    }
    CHECK_EQ_INT(mock_n_requests(mock), 2);
    mock_close(mock);
}

/* ---- recordings --------------------------------------------------------------- */

static void what_is_recorded_can_be_replayed(void)
{
    for (size_t i = 0; i < RKB_COUNT(methods); i++) {
        const struct method *m = &methods[i];
        struct mock *mock = mock_open_script(m->script);
        char more[600], file[32], replay[600];
        struct llm_row row;
        double scores[3];
        int64_t n_calls;

        snprintf(file, sizeof file, "record%zu.jsonl", i);
        snprintf(more, sizeof more, "record='%s'", fixture_path(file));
        (void)ask(m, mock, mock_url(mock), more, &row);
        n_calls = row.account.n_calls;
        CHECK_EQ_INT(n_calls, mock_n_requests(mock));
        memcpy(scores, row.outcome.score, sizeof scores);
        llm_close(&row);
        mock_close(mock);

        snprintf(replay, sizeof replay, "replay:%s", fixture_path(file));
        (void)ask(m, NULL, replay, "replay-prompts=check", &row);
        CHECK_EQ_INT(row.account.n_calls, n_calls);
        CHECK_EQ_INT(row.account.n_cached, n_calls);
        for (size_t k = 0; k < 3; k++)
            CHECK_NEAR(row.outcome.score[k], scores[k], 0);
        llm_close(&row);
    }
}

/* Without its last line, and asked for less. */
static void a_recording_that_does_not_fit_fails_the_query(void)
{
    struct mock *mock = mock_open_script(ORDER);
    struct rkb_arena a = { 0 };
    struct rkb_err err;
    struct llm_row row;
    rkb_sv text;
    char more[600], replay[600];

    snprintf(more, sizeof more, "window=2,stride=1,record='%s'",
             fixture_path("whole.jsonl"));
    if (llm_open(&row, "listwise", mock_url(mock), more, 1))
        llm_ask(&row, &request);
    llm_close(&row);
    mock_close(mock);

    snprintf(replay, sizeof replay, "replay:%s", fixture_path("whole.jsonl"));
    if (llm_open(&row, "listwise", replay, "window=2,stride=2", 1)) {
        llm_ask(&row, &request);
        CHECK_EQ_INT(row.rc, RKB_E_DATA);
    }
    llm_close(&row);
    if (llm_open(&row, "listwise", replay, "window=2,stride=1,passes=2", 1)) {
        llm_ask(&row, &request);
        CHECK_EQ_INT(row.rc, RKB_E_DATA);
        llm_says(row.err.msg, "no call 3 of query 'q1' was recorded");
    }
    llm_close(&row);

    CHECK_EQ_INT(
        rkb_file_read(&a, fixture_path("whole.jsonl"), 1 << 20, &text, &err),
        RKB_OK);
    snprintf(replay, sizeof replay, "replay:%s", fixture_path("more.jsonl"));
    char *doubled = rkb_arena_printf(
        &a, "%.*s{\"qid\":\"q1\",\"call\":3,\"response\":\"[1]\"}\n",
        (int)text.len, text.at);

    CHECK_EQ_INT(
        rkb_file_write(fixture_path("more.jsonl"), rkb_sv_of(doubled), &err),
        RKB_OK);
    if (llm_open(&row, "listwise", replay, "window=2,stride=1", 1)) {
        llm_ask(&row, &request);
        CHECK_EQ_INT(row.rc, RKB_E_DATA);
        llm_says(row.err.msg, "1 recorded calls of query 'q1'");
    }
    llm_close(&row);
    rkb_arena_release(&a);
}

TESTS(TEST(what_is_cached_is_not_sent_again),
      TEST(whatever_changes_an_answer_misses),
      TEST(another_repeat_query_or_text_misses),
      TEST(servers_that_do_not_say_their_model_share_nothing),
      TEST(errors_are_never_cached), TEST(each_draw_has_an_answer_of_its_own),
      TEST(what_is_recorded_can_be_replayed),
      TEST(a_recording_that_does_not_fit_fails_the_query))
