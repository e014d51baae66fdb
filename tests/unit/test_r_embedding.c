/* SPDX-License-Identifier: Apache-2.0 */
/* Bi-encoders: similarities of vectors worked out by hand, what the texts look
 * like, and batches. */
#include "base/io/json.h"
#include "tests/llm_fixture.h"
#include "tests/mock/mock.h"

static bool over_tape(struct tape *t, struct llm_run *r, const char *options,
                      size_t n)
{
    const struct rkb_request request = { .qid = rkb_sv_of("1"),
                                         .query = rkb_sv_of("q"),
                                         .docs = llm_docs(),
                                         .n_docs = n };
    char spec[600];

    if (fclose(t->out) != 0)
        abort();
    snprintf(spec, sizeof spec, "embedding(%s,server='replay:%s')", options,
             t->path);
    return llm_rerank(r, spec, &request);
}

static void similarity_is_cosine_or_dot(void)
{
    static const struct {
        const char *options;
        double want[3];
        uint32_t order[3];
    } cases[] = {
        /* q = (3,4); d0 = (4,3), d1 = (6,8), d2 = (0,-2) */
        { "similarity=cosine", { 0.96, 1, -0.8 }, { 1, 0, 2 } },
        { "similarity=dot", { 24, 50, -8 }, { 1, 0, 2 } },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct tape t;
        struct llm_run r;

        tape_open(&t);
        tape_answer(&t, "0", 1, NULL,
                    "{\"dims\":2,\"vectors\":[3,4,4,3,6,8,0,-2]}");
        if (over_tape(&t, &r, cases[i].options, 3)) {
            llm_check(&r, &t, cases[i].options, cases[i].order, 3);
            for (size_t d = 0; d < 3; d++)
                CHECK_NEAR(r.score[d], cases[i].want[d], 1e-6);
        }
        llm_done(&r);
    }
    fixture_done();
}

/* Four texts in twos: vectors of different calls meet. */
static void batches_are_put_together(void)
{
    static const uint32_t want[] = { 2, 1, 0 };
    struct tape t;
    struct llm_run r;

    tape_open(&t);
    tape_answer(&t, "0", 1, NULL, "{\"dims\":2,\"vectors\":[1,0,0,1]}");
    tape_answer(&t, "1", 1, NULL, "{\"dims\":2,\"vectors\":[1,1,5,0]}");
    if (over_tape(&t, &r, "batch=2", 3))
        llm_check(&r, &t, "batches", want, 3);
    llm_done(&r);
    fixture_done();
}

static void vectors_that_cannot_be_compared_are_errors(void)
{
    static const struct {
        const char *first, *second, *message;
    } cases[] = {
        { "{\"dims\":2,\"vectors\":[1,0,0,1]}",
          "{\"dims\":1,\"vectors\":[1,2]}",
          "vectors of 2 and of 1 dimensions" },
        { "{\"dims\":2,\"vectors\":[1,0,0,1]}",
          "{\"dims\":2,\"vectors\":[0,0,1,1]}", "no direction" },
        { "{\"dims\":2,\"vectors\":[0,0,0,1]}",
          "{\"dims\":2,\"vectors\":[1,0,1,1]}", "no direction" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct tape t;
        struct llm_run r;

        tape_open(&t);
        tape_answer(&t, "0", 1, NULL, cases[i].first);
        tape_answer(&t, "1", 1, NULL, cases[i].second);
        if (over_tape(&t, &r, "batch=2", 3)) {
            CHECK_EQ_INT(r.rc, RKB_E_DATA);
            if (!CHECK(strstr(r.err.msg, cases[i].message) != NULL))
                printf("# %s\n", r.err.msg);
        }
        llm_done(&r);
    }
    fixture_done();
}

/* What goes over the wire: the instruction as Qwen3-Embedding has it, prefixes
 * as others have them, a title before its text, and words cut. */
static void texts_are_as_the_model_wants_them(void)
{
    static const struct {
        const char *options, *query, *doc;
    } cases[] = {
        { "words=0", "who", "T one two three" },
        { "instruct='find it'", "Instruct: find it\nQuery:who",
          "T one two three" },
        { "query-prefix='query: ',document-prefix='passage: '", "query: who",
          "passage: T one two three" },
        { "words=3,title=dot", "who", "T. one two" },
    };
    const struct rkb_candidate doc = { .docid = rkb_sv_of("x"),
                                       .title = rkb_sv_of("T"),
                                       .text = rkb_sv_of("one two three") };
    const struct rkb_request request = { .qid = rkb_sv_of("1"),
                                         .query = rkb_sv_of("who"),
                                         .docs = &doc,
                                         .n_docs = 1 };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct mock *mock = mock_open_script("on\n model\n");
        struct llm_run r;
        char spec[300];

        snprintf(spec, sizeof spec, "embedding(%s,server='%s',dialect=openai)",
                 cases[i].options, mock_url(mock));
        if (llm_rerank(&r, spec, &request) && CHECK_EQ_INT(r.rc, RKB_OK)) {
            const struct mock_request *last =
                mock_request_at(mock, mock_n_requests(mock) - 1);
            const struct rkb_json *json = NULL, *input;
            rkb_sv query = { 0 }, text = { 0 };

            CHECK_EQ_INT(rkb_json_parse(&r.arena, last->body, &json, &r.err),
                         RKB_OK);
            input = rkb_json_get(json, "input");
            if (CHECK(input && input->n_children == 2) &&
                rkb_json_string(input->child, &query) &&
                rkb_json_string(input->child->next, &text)) {
                CHECK_STR(rkb_arena_cstr(&r.arena, query), cases[i].query);
                CHECK_STR(rkb_arena_cstr(&r.arena, text), cases[i].doc);
            }
            CHECK_EQ_INT(r.account.n_truncated, i == 3);
        }
        llm_done(&r);
        mock_close(mock);
    }
}

TESTS(TEST(similarity_is_cosine_or_dot), TEST(batches_are_put_together),
      TEST(vectors_that_cannot_be_compared_are_errors),
      TEST(texts_are_as_the_model_wants_them))
