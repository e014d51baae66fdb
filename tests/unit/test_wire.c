/* SPDX-License-Identifier: Apache-2.0 */
/* Replies have the shapes of METHODS.md 11.1-11.3 and 11.8 in words of our
 * own. */
#include "harness/llm/wire_openai.h"
#include "tests/tap.h"

static struct rkb_arena arena;
static struct rkb_err err;
static struct rkb_answer got;

static const struct rkb_ask chat = { .kind = RKB_ASK_CHAT, .max_tokens = 9 };
static const struct rkb_ask chat_alts = { .kind = RKB_ASK_CHAT,
                                          .max_tokens = 9,
                                          .n_alts = 3 };
static const struct rkb_ask complete = { .kind = RKB_ASK_COMPLETE,
                                         .max_tokens = 9 };
static const struct rkb_ask complete_alts = { .kind = RKB_ASK_COMPLETE,
                                              .max_tokens = 9,
                                              .n_alts = 2 };

static enum rkb_status read_reply(const struct rkb_ask *ask, const char *text)
{
    rkb_arena_reset(&arena);
    err = (struct rkb_err){ 0 };
    return rkb_openai_read(&arena, ask, rkb_sv_of(text), &got, &err);
}

static bool is(rkb_sv text, const char *want)
{
    if (rkb_sv_is(text, want))
        return true;
    printf("# got '%.*s', want '%s'\n", (int)text.len, text.len ? text.at : "",
           want);
    return false;
}

static bool reads(const struct rkb_ask *ask, const char *text)
{
    if (read_reply(ask, text) == RKB_OK)
        return true;
    printf("# %s\n", err.msg);
    return false;
}

static bool refuses(const struct rkb_ask *ask, const char *text,
                    const char *why)
{
    enum rkb_status rc = read_reply(ask, text);

    if (rc == RKB_E_DATA && strstr(err.msg, why))
        return true;
    printf("# got %d '%s', want '%s'\n", (int)rc, rc ? err.msg : "", why);
    return false;
}

/* ---- bodies --------------------------------------------------------------- */

static const char *closed(const char *open, const char *extra)
{
    static struct rkb_buf b;

    rkb_buf_reset(&b);
    rkb_buf_text(&b, open);
    err = (struct rkb_err){ 0 };
    if (rkb_wire_close(&b, rkb_sv_of(extra), &err))
        return err.msg;
    return b.at;
}

static void extra_is_merged_as_rfc_7396_says(void)
{
    CHECK_STR(closed("{\"a\":1", ""), "{\"a\":1}");
    CHECK_STR(closed("{", "{\"a\":1}"), "{\"a\":1}");
    CHECK_STR(closed("{\"a\":1,\"b\":2", "{\"a\":\"x\",\"c\":[null]}"),
              "{\"b\":2,\"a\":\"x\",\"c\":[null]}");
    CHECK_STR(closed("{\"a\":1,\"b\":2", "{\"a\":null,\"z\":null}"),
              "{\"b\":2}");
    CHECK_STR(closed("{\"o\":{\"x\":1,\"y\":[1,{\"q\":true}]}",
                     " {\"o\":{\"x\":2,\"z\":{\"n\":null,\"k\":1e2}}} "),
              "{\"o\":{\"y\":[1,{\"q\":true}],\"x\":2,\"z\":{\"k\":1e2}}}");
    CHECK_STR(closed("{\"a\":\"\\u0000\\n\xc3\xa4\"", "{\"b\":false,\"b\":1}"),
              "{\"a\":\"\\u0000\\n\xc3\xa4\",\"b\":1}");
    CHECK(strstr(closed("{", "[1]"), "not a JSON object"));
    CHECK(strstr(closed("{", "{\"a\":}"), "extra: bad JSON"));
    CHECK_EQ_INT(err.code, RKB_E_USAGE);
}

static void a_seed_keeps_its_high_31_bits(void)
{
    CHECK_EQ_INT(rkb_wire_seed(UINT64_MAX), 0x7fffffff);
    CHECK_EQ_INT(rkb_wire_seed(42), 42);
}

/* ---- chat ------------------------------------------------------------------ */

static void a_chat_reply_is_read(void)
{
    if (!CHECK(reads(
            &chat,
            "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"m\","
            "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
            "\"content\":\"[2] > [1]\",\"refusal\":null},\"logprobs\":null,"
            "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":10,"
            "\"completion_tokens\":6,\"total_tokens\":16,"
            "\"prompt_tokens_details\":{\"cached_tokens\":4},"
            "\"completion_tokens_details\":{\"reasoning_tokens\":2}},"
            "\"system_fingerprint\":\"fp1\"}")))
        return;
    CHECK(is(got.text, "[2] > [1]") && is(got.model, "m@fp1"));
    CHECK_EQ_INT(got.finish, RKB_FINISH_STOP);
    CHECK_EQ_INT(got.prompt_tokens, 10);
    CHECK_EQ_INT(got.output_tokens, 6);
    CHECK_EQ_INT(got.cached_tokens, 4);
    CHECK_EQ_INT(got.reasoning_tokens, 2);
    CHECK_EQ_INT(got.n_tokens, 0);
    CHECK_EQ_INT(got.server_ns, -1);
}

static void what_is_not_told_is_unknown(void)
{
    CHECK(reads(&chat, "{\"choices\":[{\"message\":{\"content\":\"a\"}}]}"));
    CHECK_EQ_INT(got.prompt_tokens, -1);
    CHECK_EQ_INT(got.cached_tokens, -1);
    CHECK_EQ_INT(got.finish, RKB_FINISH_UNKNOWN);
    CHECK_EQ_INT(got.model.len, 0);
}

static void the_choice_with_index_0_counts(void)
{
    CHECK(reads(&chat,
                "{\"choices\":[{\"index\":1,\"message\":{\"content\":\"b\"}},"
                "{\"index\":0,\"message\":{\"content\":\"a\"}}]}"));
    CHECK(is(got.text, "a"));
    CHECK(refuses(&chat, "{\"choices\":[]}", "no choices"));
    CHECK(refuses(&chat, "{\"choices\":null}", "no choices"));
}

static void content_may_be_null_or_a_list_of_parts(void)
{
    CHECK(reads(&chat, "{\"choices\":[{\"message\":{\"content\":null},"
                       "\"finish_reason\":\"length\"}]}"));
    CHECK(got.text.len == 0 && got.finish == RKB_FINISH_LENGTH);
    CHECK(reads(
        &chat, "{\"choices\":[{\"message\":{\"content\":["
               "{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\","
               "\"text\":\"hm\"}]},{\"type\":\"text\",\"text\":\"[1]\"}]}}]}"));
    CHECK(is(got.text, "[1]") && is(got.reasoning, "hm"));
    CHECK(refuses(&chat, "{\"choices\":[{\"message\":{\"content\":7}}]}",
                  "content that is no text"));
    CHECK(refuses(&chat, "{\"choices\":[{\"text\":\"a\"}]}",
                  "without its message"));
}

static void reasoning_has_two_names(void)
{
    CHECK(reads(&chat, "{\"choices\":[{\"message\":{\"content\":\"a\","
                       "\"reasoning_content\":\"r\"}}]}"));
    CHECK(is(got.reasoning, "r"));
    CHECK(reads(&chat, "{\"choices\":[{\"message\":{\"content\":\"a\","
                       "\"reasoning\":\"s\",\"reasoning_content\":null}}]}"));
    CHECK(is(got.reasoning, "s"));
}

static void a_refusal_is_no_text(void)
{
    CHECK(reads(&chat,
                "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":"
                "\"Rule 3 forbids\"},\"finish_reason\":\"stop\"}]}"));
    CHECK(got.text.len == 0 && got.finish == RKB_FINISH_REFUSED);
}

static void an_error_with_status_200_is_the_servers(void)
{
    static const char *const bodies[] = {
        "{\"error\":{\"message\":\"boom\",\"code\":500}}",
        "{\"error\":\"boom\"}",
        "{\"object\":\"error\",\"message\":\"boom\",\"code\":400}",
        "{\"choices\":[{\"error\":{\"message\":\"boom\"},\"message\":"
        "{\"content\":\"1\"}}]}",
    };

    for (size_t i = 0; i < RKB_COUNT(bodies); i++) {
        CHECK_EQ_INT(read_reply(&chat, bodies[i]), RKB_E_IO);
        CHECK_STR(err.msg, "the server says: boom");
    }
    CHECK(reads(&chat, "{\"error\":null,\"choices\":[{\"message\":"
                       "{\"content\":\"a\"}}]}"));
}

static void what_is_no_reply_is_shown(void)
{
    CHECK(refuses(&chat, "", "the reply is empty"));
    CHECK(refuses(&chat, " \n", "the reply is empty"));
    CHECK(refuses(&chat, "<html><body>", "'<html><body>'"));
    CHECK(refuses(&chat, "\"a\"", "neither a JSON object nor an array"));
    CHECK(refuses(&chat, "{\"choices\":[{\"mess", "bad JSON at byte"));
    CHECK(refuses(&chat, "{\"a\":\"\xff\x1b\"}", "?"));
    CHECK(refuses(&chat,
                  "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
                  "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                  "nested too deep"));
}

/* ---- logprobs --------------------------------------------------------------- */

static void chat_logprobs_are_read_and_sorted(void)
{
    if (!CHECK(reads(
            &chat_alts,
            "{\"choices\":[{\"message\":{\"content\":\"B\"},\"logprobs\":"
            "{\"content\":[{\"token\":\"B\",\"logprob\":-0.5,\"bytes\":[66],"
            "\"top_logprobs\":[{\"token\":\"C\",\"logprob\":-9999.0,\"bytes\":"
            "null},{\"token\":\"B\",\"logprob\":-0.5,\"bytes\":[66]},"
            "{\"token\":\" A\",\"logprob\":-1,\"bytes\":[32,65]}]}]}}]}")))
        return;
    CHECK_EQ_INT(got.n_tokens, 1);
    CHECK_EQ_INT(got.n_echoed, 0);
    CHECK(is(got.tokens[0].text, "B") && got.tokens[0].has_logprob);
    CHECK_EQ_INT(got.tokens[0].n_alts, 3);
    CHECK(is(got.tokens[0].alts[0].text, "B"));
    CHECK(is(got.tokens[0].alts[1].text, " A"));
    CHECK(is(got.tokens[0].alts[2].text, "C"));
    CHECK_NEAR(got.tokens[0].alts[2].logprob, -9999, 0);
    CHECK_EQ_INT(got.tokens[0].offset, -1);
}

static void an_alternative_without_a_chance_is_left_out(void)
{
    CHECK(reads(&chat_alts,
                "{\"choices\":[{\"message\":{\"content\":\"B\"},\"logprobs\":"
                "{\"content\":[{\"token\":\"B\",\"logprob\":-0.5,"
                "\"top_logprobs\":[{\"token\":\" op\",\"logprob\":null},"
                "{\"token\":\"B\",\"logprob\":-0.5}]}]}}]}"));
    CHECK_EQ_INT(got.tokens[0].n_alts, 1);
    CHECK(is(got.tokens[0].alts[0].text, "B"));
    CHECK(reads(&complete_alts,
                "{\"choices\":[{\"text\":\"A\",\"logprobs\":{\"tokens\":"
                "[\"A\"],\"token_logprobs\":[-0.1],\"top_logprobs\":["
                "{\"B\":null,\"A\":-0.1}]}}]}"));
    CHECK_EQ_INT(got.tokens[0].n_alts, 1);
}

static void bytes_win_over_a_part_of_a_character(void)
{
    CHECK(reads(&chat_alts,
                "{\"choices\":[{\"message\":{\"content\":\"a\"},\"logprobs\":"
                "{\"content\":[{\"token\":\"bytes:\\\\xe2\\\\x82\",\"logprob\":"
                "-1,\"bytes\":[226,130],\"top_logprobs\":[{\"token\":\"\\ufffd"
                "\",\"logprob\":-1,\"bytes\":[226,130]}]}]}}]}"));
    CHECK(is(got.tokens[0].text, "\xe2\x82"));
    CHECK(is(got.tokens[0].alts[0].text, "\xe2\x82"));
    CHECK(refuses(&chat_alts,
                  "{\"choices\":[{\"message\":{\"content\":\"a\"},\"logprobs\":"
                  "{\"content\":[{\"token\":\"a\",\"logprob\":-1,\"bytes\":"
                  "[256]}]}}]}",
                  "a token without its text"));
}

static void completion_logprobs_are_lists(void)
{
    if (!CHECK(reads(
            &complete_alts,
            "{\"choices\":[{\"index\":0,\"text\":\" Yes\",\"finish_reason\":"
            "\"length\",\"logprobs\":{\"tokens\":[\" Yes\"],"
            "\"token_logprobs\":[-0.2],\"top_logprobs\":[{\" No\":-1.9,"
            "\" Yes\":-0.2,\" yes\":-4}],\"text_offset\":[57]}}]}")))
        return;
    CHECK(is(got.text, " Yes"));
    CHECK_EQ_INT(got.tokens[0].n_alts, 3); /* K + 1 */
    CHECK(is(got.tokens[0].alts[0].text, " Yes"));
    CHECK_EQ_INT(got.tokens[0].offset, 57);
    CHECK_EQ_INT(got.finish, RKB_FINISH_LENGTH);
}

/* Two ids with the text "A": the later, smaller one has replaced the sampled
 * one in the object. */
static void of_two_ids_with_one_text_the_sampled_one_counts(void)
{
    CHECK(reads(&complete_alts,
                "{\"choices\":[{\"text\":\"A\",\"logprobs\":{\"tokens\":"
                "[\"A\"],\"token_logprobs\":[-0.1],\"top_logprobs\":["
                "{\"B\":-3,\"A\":-7}]}}]}"));
    CHECK(is(got.tokens[0].alts[0].text, "A"));
    CHECK_NEAR(got.tokens[0].alts[0].logprob, -0.1, 0);
}

static void either_shape_may_stand_in_either_route(void)
{
    CHECK(reads(&complete_alts,
                "{\"choices\":[{\"text\":\"A\",\"logprobs\":{\"content\":["
                "{\"id\":65,\"token\":\"A\",\"bytes\":[65],\"logprob\":-0.1,"
                "\"top_logprobs\":[{\"id\":65,\"token\":\"A\",\"bytes\":[65],"
                "\"logprob\":-0.1}]}]}}],\"timings\":{\"cache_n\":3,"
                "\"prompt_n\":7,\"prompt_ms\":1.5,\"predicted_ms\":0.5}}"));
    CHECK_EQ_INT(got.n_tokens, 1);
    CHECK_EQ_INT(got.cached_tokens, 3);
    CHECK_EQ_INT(got.server_ns, 2000000);
    CHECK(reads(&chat_alts,
                "{\"choices\":[{\"message\":{\"content\":\"A\"},\"logprobs\":"
                "{\"tokens\":[\"token_id:32\"],\"token_logprobs\":[-1],"
                "\"top_logprobs\":[{\"token_id:32\":-1}]}}]}"));
    CHECK(is(got.tokens[0].text, "token_id:32"));
}

static const struct rkb_ask echo = { .kind = RKB_ASK_COMPLETE,
                                     .max_tokens = 1,
                                     .echo = true,
                                     .prompt = { "\xc3\xa4 b", 4 } };

static void an_echo_leads_with_the_prompts_tokens(void)
{
    static const char *const usage[] = {
        "", ",\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1}"
    };
    char body[512];

    for (size_t i = 0; i < RKB_COUNT(usage); i++) {
        snprintf(body, sizeof(body),
                 "{\"choices\":[{\"text\":\"\xc3\xa4 bc\",\"logprobs\":"
                 "{\"tokens\":[\"\xc3\xa4\",\" b\",\"c\"],\"token_logprobs\":"
                 "[null,-1,-2],\"top_logprobs\":[null,{\" b\":-1},{\"c\":-2}],"
                 "\"text_offset\":[0,1,3]}}]%s}",
                 usage[i]);
        if (!CHECK(reads(&echo, body)))
            return;
        CHECK_EQ_INT(got.n_tokens, 3);
        CHECK_EQ_INT(got.n_echoed, 2);
        CHECK(!got.tokens[0].has_logprob && got.tokens[1].has_logprob);
        CHECK_EQ_INT(got.tokens[0].n_alts, 0);
        CHECK(is(got.text, "c"));
    }
    CHECK(refuses(&echo, "{\"choices\":[{\"text\":\"c\"}]}",
                  "no logprobs of the prompt"));
}

static void logprobs_that_were_asked_for_must_come(void)
{
    CHECK(refuses(&chat_alts,
                  "{\"choices\":[{\"message\":{\"content\":"
                  "\"a\"},\"logprobs\":null}]}",
                  "none came back"));
    CHECK(refuses(&chat_alts,
                  "{\"choices\":[{\"message\":{\"content\":\"a\"},\"logprobs\":"
                  "{\"content\":[{\"token\":\"a\",\"logprob\":-1,"
                  "\"top_logprobs\":[]}]}}]}",
                  "without alternatives"));
    CHECK(reads(&chat_alts, "{\"choices\":[{\"message\":{\"content\":\"\"},"
                            "\"logprobs\":null}]}"));
}

static void a_logprob_is_a_number_not_above_0(void)
{
    static const char *const values[] = { "0.5", "\"-1\"", "-1e999", "{}",
                                          "true" };
    char body[256];

    for (size_t i = 0; i < RKB_COUNT(values); i++) {
        snprintf(body, sizeof(body),
                 "{\"choices\":[{\"text\":\"a\",\"logprobs\":{\"tokens\":"
                 "[\"a\"],\"token_logprobs\":[%s]}}]}",
                 values[i]);
        CHECK(read_reply(&complete, body) == RKB_E_DATA);
    }
    CHECK(reads(&complete,
                "{\"choices\":[{\"text\":\"a\",\"logprobs\":"
                "{\"tokens\":[\"a\"],\"token_logprobs\":[1e-7]}}]}"));
    CHECK_NEAR(got.tokens[0].logprob, 0, 0);
    CHECK(refuses(&complete,
                  "{\"choices\":[{\"text\":\"a\",\"logprobs\":{\"tokens\":"
                  "[\"a\"],\"token_logprobs\":[-1,-2]}}]}",
                  "do not fit together"));
}

/* ---- streams ----------------------------------------------------------------- */

/* One letter an event: 'c' content, '.' none, '!' last; err.msg on failure. */
static const char *stream(const struct rkb_ask *ask, const char *const *events,
                          size_t n)
{
    static char out[32];
    bool content, last;

    rkb_arena_reset(&arena);
    rkb_answer_init(&got);
    for (size_t i = 0; i < n && i + 1 < sizeof(out); i++) {
        if (rkb_openai_read_event(&arena, ask, rkb_sv_of(events[i]), &got,
                                  &content, &last, &err))
            return err.msg;
        out[i] = last ? '!' : content ? 'c' : '.';
        out[i + 1] = '\0';
    }
    return out;
}

static void a_stream_is_put_together(void)
{
    static const char *const events[] = {
        "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":"
        "\"assistant\",\"content\":null},\"finish_reason\":null}],\"usage\":"
        "null}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"}}]"
        "}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[\"},\"logprobs\":"
        "{\"content\":[{\"token\":\"[\",\"logprob\":-1,\"top_logprobs\":[{"
        "\"token\":\"[\",\"logprob\":-1}]}]}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"2] > \"},"
        "\"logprobs\":{\"content\":[{\"token\":\"2\",\"logprob\":-1},"
        "{\"token\":\"] > \",\"logprob\":-1}]}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":"
        "3}}",
        "[DONE]",
    };

    CHECK_STR(stream(&chat_alts, events, RKB_COUNT(events)), ".ccc..!");
    CHECK(is(got.text, "[2] > ") && is(got.reasoning, "hm"));
    CHECK(is(got.model, "m"));
    CHECK_EQ_INT(got.n_tokens, 3);
    CHECK_EQ_INT(got.finish, RKB_FINISH_STOP);
    CHECK_EQ_INT(got.prompt_tokens, 4);
    CHECK_EQ_INT(got.output_tokens, 3);
    CHECK_EQ_INT(rkb_answer_check(&chat_alts, &got, &err), RKB_OK);
}

static void completions_stream_too(void)
{
    static const char *const events[] = {
        "{\"choices\":[{\"index\":0,\"text\":\"a\",\"logprobs\":{\"tokens\":"
        "[\"a\"],\"token_logprobs\":[-1],\"top_logprobs\":[{\"a\":-1}]}}]}",
        "{\"choices\":[{\"index\":0,\"text\":\"\",\"finish_reason\":\"length\","
        "\"stop_reason\":null}]}",
        "[DONE]",
    };

    CHECK_STR(stream(&complete_alts, events, RKB_COUNT(events)), "c.!");
    CHECK(is(got.text, "a") && got.finish == RKB_FINISH_LENGTH);
}

static void a_long_stream_takes_memory_for_its_text(void)
{
    static const char event[] = "{\"choices\":[{\"delta\":{\"content\":"
                                "\"0123456789abcdef\"}}]}";
    bool content, last;

    rkb_arena_reset(&arena);
    rkb_answer_init(&got);
    for (int i = 0; i < 4096; i++)
        if (rkb_openai_read_event(&arena, &chat, rkb_sv_of(event), &got,
                                  &content, &last, &err))
            break;
    CHECK_EQ_INT(got.text.len, 65536);
    CHECK(arena.used_bytes < 8 * 1024 * 1024);
}

static void an_error_in_a_stream_is_the_servers(void)
{
    static const char *const events[] = {
        "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
        "{\"error\":{\"message\":\"out of memory\",\"code\":500}}",
    };
    static const char *const broken[] = { "{\"choices\":[{" };
    static const char *const wrong[] = { "{\"choices\":[{\"delta\":[]}]}" };

    CHECK_STR(stream(&chat, events, 2), "the server says: out of memory");
    CHECK_EQ_INT(err.code, RKB_E_IO);
    CHECK(strstr(stream(&chat, broken, 1), "bad JSON at byte"));
    CHECK(strstr(stream(&chat, wrong, 1), "no object"));
}

static void a_stream_without_its_logprobs_is_caught_at_its_end(void)
{
    static const char *const events[] = {
        "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", "[DONE]"
    };

    CHECK_STR(stream(&chat_alts, events, 2), "c!");
    CHECK_EQ_INT(rkb_answer_check(&chat_alts, &got, &err), RKB_E_DATA);
}

/* ---- documents ---------------------------------------------------------------- */

static const rkb_sv three[] = { { "a", 1 }, { "b", 1 }, { "c", 1 } };
static const struct rkb_ask rerank = { .kind = RKB_ASK_RERANK,
                                       .query = { "q", 1 },
                                       .docs = three,
                                       .n_docs = 3 };
static const struct rkb_ask embed = { .kind = RKB_ASK_EMBED,
                                      .docs = three,
                                      .n_docs = 2 };

static void rerank_replies_come_in_many_shapes(void)
{
    static const char *const bodies[] = {
        "[{\"index\":2,\"score\":0.9},{\"index\":0,\"score\":-1e308}]",
        "{\"results\":[{\"index\":0,\"relevance_score\":-1e308},{\"index\":2,"
        "\"document\":{\"text\":\"c\"},\"relevance_score\":0.9}]}",
        "{\"object\":\"list\",\"data\":[{\"relevance_score\":0.9,\"index\":2},"
        "{\"score\":-1e308,\"index\":0}],\"usage\":{\"total_tokens\":5}}",
        "[{\"score\":0.9,\"document\":\"c\",\"index\":2,\"meta_info\":{}},"
        "{\"score\":-1e308,\"document\":\"a\",\"index\":0}]",
    };

    for (size_t i = 0; i < RKB_COUNT(bodies); i++) {
        if (!CHECK(reads(&rerank, bodies[i])))
            continue;
        CHECK(got.scored[0] && !got.scored[1] && got.scored[2]);
        CHECK_NEAR(got.scores[2], 0.9, 0);
        CHECK_NEAR(got.scores[0], -1e308, 0);
    }
    CHECK(reads(&rerank, "{\"results\":[],\"meta\":{\"billed_units\":"
                         "{\"search_units\":1},\"tokens\":{\"input_tokens\":"
                         "12.0}}}"));
    CHECK_EQ_INT(got.prompt_tokens, 12);
    CHECK(!got.scored[0]);
}

static void a_score_that_cannot_be_is_an_error(void)
{
    static const struct {
        const char *body, *why;
    } rows[] = {
        { "[{\"index\":3,\"score\":1}]", "index 3 of 3 documents" },
        { "[{\"index\":-1,\"score\":1}]", "index -1 of 3" },
        { "[{\"index\":1,\"score\":1},{\"index\":1,\"score\":1}]",
          "index 1 stands twice" },
        { "[{\"index\":1.5,\"score\":1}]", "whole number" },
        { "[{\"index\":\"1\",\"score\":1}]", "whole number" },
        { "[{\"score\":1}]", "whole number" },
        { "[0.5,0.25,0.1]", "whole number" },
        { "[{\"index\":0,\"score\":\"0.5\"}]", "no finite number" },
        { "[{\"index\":0,\"score\":\"1e308\"}]", "no finite number" },
        { "[{\"index\":0,\"score\":null}]", "no finite number" },
        { "[{\"index\":0,\"score\":1e999}]", "no finite number" },
        { "[{\"index\":0}]", "no finite number" },
        { "[{\"index\":0,\"score\":NaN}]", "bad JSON" },
        { "[{\"index\":0,\"score\":Infinity}]", "bad JSON" },
        { "{\"results\":{}}", "no list of results" },
        { "{}", "no list of results" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        CHECK(refuses(&rerank, rows[i].body, rows[i].why));
    CHECK_EQ_INT(read_reply(&rerank, "{\"error\":\"no\",\"error_type\":\"x\"}"),
                 RKB_E_IO);
}

static void vectors_come_in_several_shapes(void)
{
    static const char *const bodies[] = {
        "{\"data\":[{\"index\":1,\"embedding\":[3,4.5]},{\"index\":0,"
        "\"embedding\":[1,-2]}],\"usage\":{\"prompt_tokens\":7}}",
        "{\"embeddings\":[[1,-2],[3,4.5]],\"prompt_eval_count\":7}",
        "[[1,-2],[3,4.5]]",
        "[{\"index\":0,\"embedding\":[[1,-2]]},{\"index\":1,\"embedding\":"
        "[[3,4.5]]}]",
    };

    for (size_t i = 0; i < RKB_COUNT(bodies); i++) {
        if (!CHECK(reads(&embed, bodies[i])))
            continue;
        CHECK_EQ_INT(got.n_dims, 2);
        CHECK_NEAR(got.vectors[1], -2, 0);
        CHECK_NEAR(got.vectors[3], 4.5, 0);
        CHECK_EQ_INT(got.prompt_tokens, i < 2 ? 7 : -1);
    }
}

static void vectors_that_do_not_fit_are_an_error(void)
{
    CHECK(refuses(&embed, "[[1,2]]", "for each text"));
    CHECK(refuses(&embed, "[[1,2],[3]]", "different lengths"));
    CHECK(refuses(&embed, "[[],[]]", "no list of numbers"));
    CHECK(refuses(&embed, "[[1,2],[3,\"4\"]]", "no 32-bit number"));
    CHECK(refuses(&embed, "[[1,2],[3,1e39]]", "no 32-bit number"));
    CHECK(refuses(&embed,
                  "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,"
                  "\"embedding\":[1]}]}",
                  "two vectors of one text"));
    CHECK(refuses(&embed,
                  "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":2,"
                  "\"embedding\":[1]}]}",
                  "an index that is none"));
    CHECK(refuses(&embed,
                  "{\"data\":[{\"index\":0,\"embedding\":\"AACAPw==\"},"
                  "{\"index\":1,\"embedding\":\"AACAPw==\"}]}",
                  "no list of numbers"));
}

/* ---- models and tokens --------------------------------------------------------- */

static void models_tell_their_context(void)
{
    static const struct rkb_ask models = { .kind = RKB_ASK_MODELS };

    CHECK(reads(&models, "{\"object\":\"list\",\"data\":[{\"id\":\"m\","
                         "\"max_model_len\":4096}]}"));
    CHECK_EQ_INT(got.n_models, 1);
    CHECK_EQ_INT(got.context, 4096);
    CHECK(is(got.models[0].name, "m") && is(got.model, "m"));
    CHECK(reads(&models, "{\"data\":[{\"id\":\"m\"},{\"id\":\"n\","
                         "\"context_length\":8}]}"));
    CHECK_EQ_INT(got.context, -1);
    CHECK_EQ_INT(got.models[0].context, -1);
    CHECK_EQ_INT(got.models[1].context, 8);
    CHECK(refuses(&models, "{\"data\":[{}]}", "without its id"));
    CHECK(refuses(&models, "{}", "no list of models"));
}

static void tokens_are_counted(void)
{
    static const struct rkb_ask count = { .kind = RKB_ASK_TOKENIZE };

    CHECK(reads(&count, "{\"count\":2,\"max_model_len\":99,\"tokens\":[5,6],"
                        "\"token_strs\":[\"a\",\"\xc4\xa0"
                        "b\"]}"));
    CHECK_EQ_INT(got.n_units, 2);
    CHECK_EQ_INT(got.context, 99);
    CHECK(got.units && is(got.units[1], "\xc4\xa0"
                                        "b"));
    CHECK(reads(&count, "{\"tokens\":[5,6,7]}"));
    CHECK(got.n_units == 3 && !got.units);
    CHECK(refuses(&count, "{\"count\":-1}", "no count"));
}

TESTS(TEST(extra_is_merged_as_rfc_7396_says),
      TEST(a_seed_keeps_its_high_31_bits), TEST(a_chat_reply_is_read),
      TEST(what_is_not_told_is_unknown), TEST(the_choice_with_index_0_counts),
      TEST(content_may_be_null_or_a_list_of_parts),
      TEST(reasoning_has_two_names), TEST(a_refusal_is_no_text),
      TEST(an_error_with_status_200_is_the_servers),
      TEST(what_is_no_reply_is_shown), TEST(chat_logprobs_are_read_and_sorted),
      TEST(an_alternative_without_a_chance_is_left_out),
      TEST(bytes_win_over_a_part_of_a_character),
      TEST(completion_logprobs_are_lists),
      TEST(of_two_ids_with_one_text_the_sampled_one_counts),
      TEST(either_shape_may_stand_in_either_route),
      TEST(an_echo_leads_with_the_prompts_tokens),
      TEST(logprobs_that_were_asked_for_must_come),
      TEST(a_logprob_is_a_number_not_above_0), TEST(a_stream_is_put_together),
      TEST(completions_stream_too),
      TEST(a_long_stream_takes_memory_for_its_text),
      TEST(an_error_in_a_stream_is_the_servers),
      TEST(a_stream_without_its_logprobs_is_caught_at_its_end),
      TEST(rerank_replies_come_in_many_shapes),
      TEST(a_score_that_cannot_be_is_an_error),
      TEST(vectors_come_in_several_shapes),
      TEST(vectors_that_do_not_fit_are_an_error),
      TEST(models_tell_their_context), TEST(tokens_are_counted))
