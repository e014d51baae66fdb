/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/template.h"

#include "tests/tap.h"

static struct rkb_arena arena;
static struct rkb_err err;

#define TURN(role, text)             \
    {                                \
        (role),                      \
        {                            \
            (text), sizeof(text) - 1 \
        }                            \
    }

static const struct rkb_turn talk[] = {
    TURN(RKB_SYSTEM, "S"),    TURN(RKB_USER, "U"),
    TURN(RKB_ASSISTANT, "A"), TURN(RKB_USER, "{content}"),
    TURN(RKB_ASSISTANT, "["),
};

static const char *framed(const struct rkb_frame *f, size_t n,
                          const char *prefill)
{
    return rkb_frame_render(f, &arena, talk, n, rkb_sv_of(prefill)).at;
}

static struct rkb_frame *open_frame(const char *path)
{
    struct rkb_frame *f;

    if (!CHECK(rkb_frame_open(&arena, path, &f, &err) == RKB_OK)) {
        printf("# %s\n", err.msg);
        exit(1);
    }
    return f;
}

/* Wanted values: the chat templates that the models' authors publish. */
static void our_frames_write_what_the_models_know(void)
{
    static const struct {
        const char *path, *text;
    } rows[] = {
        { "builtin:vicuna",
          "<s>S USER: U ASSISTANT: A</s>USER: {content} ASSISTANT:" },
        { "builtin:chatml",
          "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n"
          "<|im_start|>assistant\nA<|im_end|>\n<|im_start|>user\n{content}"
          "<|im_end|>\n<|im_start|>assistant\n" },
        { "builtin:zephyr",
          "<s><|system|>\nS</s>\n<|user|>\nU</s>\n<|assistant|>\nA</s>\n"
          "<|user|>\n{content}</s>\n<|assistant|>\n" },
        { "builtin:mistral",
          "<s>[INST] S\n\nU [/INST]A</s>[INST] {content} [/INST]" },
        { "builtin:llama3",
          "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS"
          "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nU<|eot_id|>"
          "<|start_header_id|>assistant<|end_header_id|>\n\nA<|eot_id|>"
          "<|start_header_id|>user<|end_header_id|>\n\n{content}<|eot_id|>"
          "<|start_header_id|>assistant<|end_header_id|>\n\n" },
        { "builtin:raw", "S\n\nUA{content}" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        CHECK_STR(framed(open_frame(rows[i].path), 4, ""), rows[i].text);
}

static void an_answer_is_continued_behind_its_start(void)
{
    struct rkb_frame *f = open_frame("builtin:vicuna");

    CHECK_STR(framed(f, 2, "["), "<s>S USER: U ASSISTANT:[");
    CHECK_STR(framed(f, 5, ""),
              "<s>S USER: U ASSISTANT: A</s>USER: {content} ASSISTANT:[");
    CHECK_STR(framed(f, 5, "2"),
              "<s>S USER: U ASSISTANT: A</s>USER: {content} ASSISTANT:[2");
    CHECK(rkb_sv_is(rkb_frame_bos(f), "<s>"));
    CHECK_EQ_INT(rkb_frame_bos(open_frame("builtin:chatml")).len, 0);
}

static const char *refusal(const char *text)
{
    struct rkb_frame *f;

    if (!rkb_frame_parse(&arena, "f.yaml", rkb_sv_of(text), &f, &err))
        return "(read)";
    CHECK(f == NULL);
    return err.msg;
}

static void faults_are_told_with_their_line(void)
{
    CHECK_STR(refusal("user: '{content}'\nassistant: '{content}'\n"),
              "f.yaml:1: no 'start'");
    CHECK_STR(refusal("user: '{context}'\n"),
              "f.yaml:1: '{context}' in 'user': no value has this name (did "
              "you mean {content}?)");
    CHECK_STR(refusal("user: U\n"), "f.yaml:1: 'user' has no {content}");
    CHECK_STR(refusal("start: '{content}'\n"),
              "f.yaml:1: '{content}' in 'start': no values are there in this "
              "part");
    CHECK_STR(refusal("# x\nassistent: '{content}'\n"),
              "f.yaml:2: unknown part 'assistent' of a frame (did you mean "
              "'assistant'?)");
    CHECK_STR(refusal("user: [x]\n"), "f.yaml:1: 'user' is not a text");
}

static void the_nearest_built_in_is_named(void)
{
    struct rkb_frame *f;

    CHECK(rkb_frame_open(&arena, "builtin:vicunna", &f, &err) == RKB_E_USAGE);
    CHECK_STR(err.msg, "no built-in frame 'vicunna' (did you mean 'vicuna'?)");
    CHECK(rkb_frame_open(&arena, "builtin:listwise", &f, &err) == RKB_E_USAGE);
}

#define BASE "user: '{content};'\nassistant: '{content}'\nstart: '>'\n"

static void digests_cover_what_is_said(void)
{
    static const char *const texts[] = {
        BASE,
        "# remark\nstart: \">\"\nassistant: '{content}'\n"
        "user: '{content};'\n",
        BASE "bos: x\n",
        BASE "system: '{content}'\n",
    };
    struct rkb_digest d[RKB_COUNT(texts)];

    for (size_t i = 0; i < RKB_COUNT(texts); i++) {
        struct rkb_frame *f;

        CHECK(rkb_frame_parse(&arena, "f", rkb_sv_of(texts[i]), &f, &err) ==
              RKB_OK);
        d[i] = rkb_frame_digest(f);
        CHECK(rkb_digest_eq(&d[0], &d[i]) == (i < 2));
    }
}

static void turns_of_a_reranker_need_a_place(void)
{
    static const struct rkb_turn turns[] = { TURN(RKB_SYSTEM, "I"),
                                             TURN(RKB_QUERY, "Q"),
                                             TURN(RKB_DOCUMENT, "D") };
    struct rkb_template *roles, *plain;
    struct rkb_frame *f;

    CHECK(!rkb_template_parse(&arena, "t",
                              rkb_sv_of("method: pointwise\n"
                                        "message_roles: reranker\n"
                                        "instruction: I\n"),
                              &roles, &err));
    CHECK(!rkb_template_parse(&arena, "t",
                              rkb_sv_of("method: pointwise\n"
                                        "body: '{query} {doc_content}'\n"),
                              &plain, &err));
    f = open_frame("builtin:chatml");
    CHECK(rkb_frame_check(f, plain, &err) == RKB_OK);
    CHECK(rkb_frame_check(f, roles, &err) == RKB_E_USAGE);
    CHECK_STR(err.msg,
              "builtin:chatml: the template's turns are system, query and "
              "document, and this frame has not all of them");
    CHECK(!rkb_frame_parse(&arena, "f",
                           rkb_sv_of(BASE "system: '<i>{content}'\n"
                                          "query: '<q>{content}'\n"
                                          "document: '<d>{content}'\n"),
                           &f, &err));
    CHECK(rkb_frame_check(f, roles, &err) == RKB_OK);
    CHECK_STR(rkb_frame_render(f, &arena, turns, 3, (rkb_sv){ 0 }).at,
              "<i>I<q>Q<d>D>");
}

TESTS(TEST(our_frames_write_what_the_models_know),
      TEST(an_answer_is_continued_behind_its_start),
      TEST(faults_are_told_with_their_line),
      TEST(the_nearest_built_in_is_named), TEST(digests_cover_what_is_said),
      TEST(turns_of_a_reranker_need_a_place))
