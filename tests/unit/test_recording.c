/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/recording.h"
#include "tests/io_fixture.h"

static struct rkb_arena arena;
static struct rkb_err err;

static const char *file_of(const char *text)
{
    const char *path = fixture_path("calls.jsonl");
    FILE *f = fopen(path, "w");

    if (CHECK(f != NULL)) {
        fputs(text, f);
        fclose(f);
    }
    return path;
}

static enum rkb_status open_text(struct rkb_recording **r, const char *text)
{
    *r = NULL;
    return rkb_recording_open(r, file_of(text), &err);
}

static enum rkb_status find(struct rkb_recording *r, const char *qid,
                            const char *path, int64_t seq, size_t first,
                            size_t last, struct rkb_answer *out)
{
    const struct rkb_ask ask = { .kind = RKB_ASK_CHAT,
                                 .first_rank = first,
                                 .last_rank = last };

    return rkb_recording_find(r, &arena, rkb_sv_of(qid), rkb_sv_of(path), seq,
                              &ask, false, out, &err);
}

static void published_answers_are_found_by_query_and_number(void)
{
    struct rkb_recording *r;
    struct rkb_answer answer;

    if (!CHECK_EQ_INT(
            open_text(&r, "{\"qid\": 7, \"call\": 1, \"first_rank\": 11, "
                          "\"last_rank\": 30, \"response\": \"[2] > [1]\"}\n"
                          "\n"
                          "{\"qid\":\"7\",\"call\":2,\"response\":\"later\"}\n"
                          "{\"qid\":\"7\",\"call\":2,\"response\":\"last\"}\n"),
            RKB_OK))
        return;
    CHECK_EQ_INT(find(r, "7", "", 0, 11, 30, &answer), RKB_OK);
    CHECK(rkb_sv_is(answer.text, "[2] > [1]"));
    CHECK_EQ_INT(answer.prompt_tokens, -1);
    CHECK_EQ_INT(rkb_recording_left(r, rkb_sv_of("7"), rkb_sv_of("")), 1);
    CHECK_EQ_INT(find(r, "7", "", 1, 1, 20, &answer), RKB_OK);
    CHECK(rkb_sv_is(answer.text, "last"));
    CHECK_EQ_INT(rkb_recording_left(r, rkb_sv_of("7"), rkb_sv_of("")), 0);
    CHECK_EQ_INT(rkb_recording_left(r, rkb_sv_of("8"), rkb_sv_of("")), 0);
    rkb_recording_close(r);
    rkb_arena_release(&arena);
}

static void other_ranks_and_missing_calls_are_errors(void)
{
    struct rkb_recording *r;
    struct rkb_answer answer;

    if (!CHECK_EQ_INT(open_text(&r,
                                "{\"qid\":\"7\",\"call\":1,\"first_rank\":11,"
                                "\"last_rank\":30,\"response\":\"x\"}\n"),
                      RKB_OK))
        return;
    CHECK_EQ_INT(find(r, "7", "", 0, 1, 20, &answer), RKB_E_DATA);
    CHECK(strstr(err.msg, "calls.jsonl:1: recorded for ranks 11 to 30, asked "
                          "for 1 to 20"));
    CHECK_EQ_INT(find(r, "7", "", 1, 1, 20, &answer), RKB_E_DATA);
    CHECK(strstr(err.msg, "no call 2 of query '7' was recorded"));
    CHECK_EQ_INT(find(r, "7", "0", 0, 11, 30, &answer), RKB_E_DATA);
    rkb_recording_close(r);
    rkb_arena_release(&arena);
}

static void what_we_record_is_what_we_replay(void)
{
    static const struct rkb_alt alts[] = { { { "A", 1 }, -0.5 } };
    static const struct rkb_token token = {
        { "A", 1 }, -0.5, true, alts, 1, -1
    };
    static const struct rkb_turn turn = { RKB_USER, { "ask", 3 } };
    struct rkb_ask ask = { .kind = RKB_ASK_CHAT,
                           .turns = &turn,
                           .n_turns = 1,
                           .first_rank = 1,
                           .last_rank = 2 };
    struct rkb_answer answer = { .text = { "A", 1 },
                                 .tokens = &token,
                                 .n_tokens = 1,
                                 .model = { "m", 1 },
                                 .prompt_tokens = 9 };
    struct rkb_buf line = { 0 };
    struct rkb_recording *r;

    rkb_recording_line(rkb_sv_of("q \"1\""), rkb_sv_of("3/0"), 4, &ask, &answer,
                       &line);
    if (!CHECK_EQ_INT(open_text(&r, line.at), RKB_OK))
        return;
    CHECK(rkb_sv_is(rkb_recording_model(r), "m"));
    CHECK_EQ_INT(rkb_recording_find(r, &arena, rkb_sv_of("q \"1\""),
                                    rkb_sv_of("3/0"), 4, &ask, true, &answer,
                                    &err),
                 RKB_OK);
    CHECK_EQ_INT(answer.n_tokens, 1);
    CHECK_NEAR(answer.tokens[0].alts[0].logprob, -0.5, 0);
    CHECK_EQ_INT(answer.prompt_tokens, 9);
    ask.n_turns = 0; /* another prompt */
    CHECK_EQ_INT(rkb_recording_find(r, &arena, rkb_sv_of("q \"1\""),
                                    rkb_sv_of("3/0"), 4, &ask, true, &answer,
                                    &err),
                 RKB_E_DATA);
    CHECK(strstr(err.msg, "recorded for another prompt"));
    rkb_recording_close(r);
    rkb_buf_release(&line);
    rkb_arena_release(&arena);
}

static void calls_below_a_path_are_left_over_with_it(void)
{
    struct rkb_recording *r;
    struct rkb_answer answer;

    if (!CHECK_EQ_INT(open_text(&r,
                                "{\"qid\":\"7\",\"path\":\"1/0\",\"call\":1,"
                                "\"response\":\"x\"}\n"
                                "{\"qid\":\"7\",\"path\":\"10\",\"call\":1,"
                                "\"response\":\"x\"}\n"),
                      RKB_OK))
        return;
    CHECK_EQ_INT(rkb_recording_left(r, rkb_sv_of("7"), rkb_sv_of("")), 2);
    CHECK_EQ_INT(rkb_recording_left(r, rkb_sv_of("7"), rkb_sv_of("1")), 1);
    CHECK_EQ_INT(find(r, "7", "1/0", 0, 0, 0, &answer), RKB_OK);
    CHECK_EQ_INT(rkb_recording_left(r, rkb_sv_of("7"), rkb_sv_of("1")), 0);
    CHECK_EQ_INT(rkb_recording_left(r, rkb_sv_of("7"), rkb_sv_of("10")), 1);
    rkb_recording_close(r);
    rkb_arena_release(&arena);
}

static void a_bad_line_is_named(void)
{
    static const struct {
        const char *line, *why;
    } rows[] = {
        { "{\"call\":1,\"response\":\"x\"}", "bad 'qid'" },
        { "{\"qid\":\"1\",\"response\":\"x\"}", "bad 'call'" },
        { "{\"qid\":\"1\",\"call\":0,\"response\":\"x\"}", "bad 'call'" },
        { "{\"qid\":\"1\",\"call\":1}", "bad 'response'" },
        { "{\"qid\":\"1\",\"call\":1,\"response\":3}", "bad 'response'" },
        { "{\"qid\":\"1\",\"call\":1,\"answer\":3}", "bad 'response'" },
        { "{\"qid\":\"1\",\"call\":1,\"first_rank\":\"1\",\"response\":\"\"}",
          "bad 'first_rank or last_rank'" },
        { "{\"qid\":\"1\",\"call\":1,\"prompt_sha\":\"zz\",\"response\":\"\"}",
          "bad 'prompt'" },
        { "{", "bad JSON" },
        { "", "no recorded calls" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_recording *r;

        if (!CHECK_EQ_INT(open_text(&r, rows[i].line), RKB_E_DATA) ||
            !CHECK(strstr(err.msg, rows[i].why)))
            printf("# %s: %s\n", rows[i].line, err.msg);
        CHECK(i == RKB_COUNT(rows) - 1 || strstr(err.msg, "calls.jsonl:1: "));
    }
    fixture_remove(fixture_folder);
}

TESTS(TEST(published_answers_are_found_by_query_and_number),
      TEST(other_ranks_and_missing_calls_are_errors),
      TEST(what_we_record_is_what_we_replay),
      TEST(calls_below_a_path_are_left_over_with_it), TEST(a_bad_line_is_named))
