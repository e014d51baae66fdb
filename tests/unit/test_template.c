/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/template.h"

#include "base/buf.h"
#include "base/embed.h"
#include "base/io/file.h"
#include "tests/tap.h"

static struct rkb_arena arena;
static struct rkb_err err;

static struct rkb_template *read_text(const char *text)
{
    struct rkb_template *t;

    if (rkb_template_parse(&arena, "t.yaml", rkb_sv_of(text), &t, &err)) {
        CHECK_STR(err.msg, NULL);
        exit(1);
    }
    return t;
}

static const char *refusal(const char *text)
{
    struct rkb_template *t;

    if (!rkb_template_parse(&arena, "t.yaml", rkb_sv_of(text), &t, &err))
        return "(read)";
    CHECK(t == NULL && err.code == RKB_E_USAGE);
    return err.msg;
}

static const rkb_sv docs[] = { { "rye", 3 }, { "wheat {num}", 11 } };
static const rkb_sv ids[] = { { "1", 1 }, { "2", 1 } };
static const struct rkb_prompt prompt = { .query = { "bread", 5 },
                                          .docs = docs,
                                          .ids = ids,
                                          .n_docs = 2,
                                          .n_best = 1 };

/* "ROLE|TEXT" of each turn, a line feed behind each. */
static const char *render(const struct rkb_template *t,
                          const struct rkb_prompt *p)
{
    const struct rkb_turn *turns;
    struct rkb_buf b = { 0 };
    const char *all;
    size_t n;

    rkb_template_render(t, &arena, p, &turns, &n);
    for (size_t i = 0; i < n; i++) {
        rkb_buf_printf(&b, "%s|", rkb_role_name(turns[i].role));
        rkb_buf_sv(&b, turns[i].text);
        rkb_buf_char(&b, '\n');
    }
    all = rkb_arena_cstr(&arena, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return all;
}

static const char *rendered(const char *text)
{
    struct rkb_template *t = read_text(text);
    const char *got = render(t, &prompt);

    rkb_template_close(t);
    return got;
}

/* ---- forms --------------------------------------------------------------- */

static void a_list_is_joined_as_it_stands(void)
{
    CHECK_STR(rendered("method: singleturn_listwise\n"
                       "system_message: |\n  Sort.\n"
                       "prefix: |\n  {num} for {query}\n\n"
                       "body: |\n  [{rank}] {candidate}\n"
                       "suffix: |-\n  So, {query}: {{{n_best}}}\n"),
              "system|Sort.\n\n"
              "user|2 for bread\n[1] rye\n[2] wheat {num}\n"
              "So, bread: {1}\n");
    CHECK_STR(rendered("method: singleturn_listwise\n"
                       "prefix: |+\n  For {query}\n\n"
                       "body: '<{rank}>{candidate};'\n"),
              "user|For bread\n\n<1>rye;<2>wheat {num};\n");
}

static void a_suffix_can_list_the_passages(void)
{
    CHECK_STR(rendered("method: singleturn_listwise\n"
                       "body: 'PASSAGE{rank}={candidate} '\n"
                       "suffix: '{psg_ids} {query}'\n"),
              "user|PASSAGE1=rye PASSAGE2=wheat {num} "
              "[PASSAGE1, PASSAGE2] bread\n");
}

static void turns_follow_each_other(void)
{
    CHECK_STR(rendered("method: multiturn_listwise\n"
                       "system_message: S\n"
                       "prefix_user: '{num} come'\n"
                       "prefix_assistant: ok\n"
                       "body_user: '[{rank}] {candidate}'\n"
                       "body_assistant: 'got {rank}'\n"
                       "suffix_user: 'sort for {query}'\n"),
              "system|S\nuser|2 come\nassistant|ok\n"
              "user|[1] rye\nassistant|got 1\n"
              "user|[2] wheat {num}\nassistant|got 2\n"
              "user|sort for bread\n");
}

static void turns_without_answers_are_one(void)
{
    CHECK_STR(rendered("method: multiturn_listwise\n"
                       "prefix_user: '{query}'\n"
                       "prefix_assistant: ok\n"
                       "body_user: '[{rank}] {candidate};'\n"
                       "suffix_user: sort\n"
                       "suffix_assistant: '['\n"),
              "user|bread\nassistant|ok\n"
              "user|[1] rye;[2] wheat {num};sort\n"
              "assistant|[\n");
}

static void a_point_has_its_instruction(void)
{
    static const char text[] =
        "method: pointwise\n"
        "system_message: |\n  S\n\n"
        "instruction: |\n  I\n"
        "body: '{instruction}: {query}? {doc_content}'\n";
    struct rkb_prompt own = prompt;
    struct rkb_template *t = read_text(text);

    CHECK_STR(render(t, &prompt), "system|S\nuser|I: bread? rye\n");
    own.instruction = rkb_sv_of("mine");
    CHECK_STR(render(t, &own), "system|S\nuser|mine: bread? rye\n");
    CHECK(!rkb_template_has_roles(t));
    rkb_template_close(t);
}

static void a_reranker_has_turns_for_query_and_document(void)
{
    struct rkb_template *t = read_text("method: pointwise\n"
                                       "message_roles: reranker\n"
                                       "instruction: >-\n  Find it\n");

    CHECK(rkb_template_has_roles(t));
    CHECK_STR(render(t, &prompt),
              "system|Find it\nquery|bread\ndocument|rye\n");
    rkb_template_close(t);
}

static void a_pair_has_both_documents(void)
{
    CHECK_STR(rendered("method: pairwise\nbody: '{query}: {doc1} or {doc2}'\n"),
              "user|bread: rye or wheat {num}\n");
}

/* ---- refusals ------------------------------------------------------------ */

#define LIST "method: singleturn_listwise\nbody: '{rank} {candidate}'\n"

static void unknown_names_are_refused_with_line_and_nearest(void)
{
    CHECK_STR(refusal(LIST "suffix: |\n  a\n  b {quary}\n"),
              "t.yaml:5: '{quary}' in 'suffix': no value has this name (did "
              "you mean {query}?)");
    CHECK_STR(refusal(LIST "suffix: >-\n  a\n  b\n\n  {wholly_other} c\n"),
              "t.yaml:7: '{wholly_other}' in 'suffix': no value has this name");
    CHECK_STR(refusal(LIST "system_message: '{query}'\n"),
              "t.yaml:3: '{query}' in 'system_message': no values are there in "
              "this part");
    CHECK_STR(refusal(LIST "suffix: 'x {query!r}'\n"),
              "t.yaml:3: '{query!r}' in 'suffix': no value has this name (did "
              "you mean {query}?)");
    CHECK_STR(refusal(LIST "suffix: '{} {query}'\n"),
              "t.yaml:3: '{}' in 'suffix': no value has this name");
}

static void stray_braces_are_refused(void)
{
    CHECK_STR(refusal(LIST "suffix: '{query} } x'\n"),
              "t.yaml:3: '}' in 'suffix': a brace that closes nothing; '}}' is "
              "a brace");
    CHECK_STR(refusal(LIST "suffix: '{query} {x'\n"),
              "t.yaml:3: '{x' in 'suffix': a brace that is not closed; '{{' is "
              "a brace");
}

static void what_a_form_needs_is_asked_for(void)
{
    CHECK_STR(refusal("body: x\n"), "t.yaml:1: no 'method'");
    CHECK_STR(refusal("method: rankfid\ntext: x\n"),
              "t.yaml:1: method 'rankfid' is none of singleturn_listwise, "
              "multiturn_listwise, pointwise, pairwise");
    CHECK_STR(refusal("method: singleturn_listwise\nprefix: '{query}'\n"),
              "t.yaml:1: no 'body'");
    CHECK_STR(refusal("method: singleturn_listwise\nprefix: '{query}'\n"
                      "body: '{rank}'\n"),
              "t.yaml:3: 'body' has no {candidate}");
    CHECK_STR(refusal(LIST), "t.yaml:1: no part has {query}");
    CHECK_STR(refusal("method: pairwise\nbody: '{query} {doc1}'\n"),
              "t.yaml:2: 'body' has no {doc2}");
    CHECK_STR(refusal(LIST "sufix: '{query}'\n"),
              "t.yaml:3: unknown part 'sufix' of this method (did you mean "
              "'suffix'?)");
    CHECK_STR(refusal("method: pairwise\nprefix: x\n"),
              "t.yaml:2: unknown part 'prefix' of this method");
    CHECK_STR(refusal(LIST "suffix: [a]\n"),
              "t.yaml:3: 'suffix' is not a text");
    CHECK_STR(refusal("- a\n"), "t.yaml:1: not a map of texts");
    CHECK_STR(refusal(""), "t.yaml:1: not a map of texts");
}

static void turns_and_roles_are_checked_together(void)
{
    CHECK_STR(refusal("method: multiturn_listwise\nprefix_user: '{query}'\n"
                      "body_user: '{rank} {candidate}'\n"),
              "t.yaml:1: 'prefix_user' and 'prefix_assistant' come together");
    CHECK_STR(refusal("method: multiturn_listwise\nsuffix_user: '{query}'\n"
                      "body_user: '{rank} {candidate}'\n"),
              "t.yaml:1: 'multiturn_listwise' needs 'prefix_assistant' or "
              "'body_assistant'");
    CHECK_STR(refusal("method: pointwise\nmessage_roles: user\n"
                      "body: '{query} {doc_content}'\n"),
              "t.yaml:2: 'message_roles' is neither default nor reranker");
    CHECK_STR(refusal("method: pointwise\nmessage_roles: reranker\n"),
              "t.yaml:1: 'message_roles' reranker needs an 'instruction'");
}

static void yaml_faults_carry_the_file(void)
{
    struct rkb_template *t;

    CHECK(strncmp(refusal("method: [\n"), "t.yaml: line ", 13) == 0);
    CHECK(strncmp(refusal("method: a\nmethod: b\n"), "t.yaml: line 2", 14) ==
          0);
    CHECK(rkb_template_open(&arena, "no/such.yaml", &t, &err) == RKB_E_IO);
    CHECK(strstr(err.msg, "no/such.yaml") != NULL);
}

static void a_file_without_end_is_refused(void)
{
    size_t n = ((size_t)1 << 20) + 1;
    char *text = rkb_arena_new(&arena, n, 1);
    struct rkb_template *t;

    memset(text, ' ', n);
    CHECK(rkb_template_parse(&arena, "t.yaml", (rkb_sv){ text, n }, &t, &err) ==
          RKB_E_LIMIT);
}

/* ---- regular expressions ------------------------------------------------- */

static bool matches(const struct rkb_regex *r, const char *text, rkb_sv *group)
{
    size_t pos = 0;

    return rkb_regex_next(r, rkb_sv_of(text), &pos, NULL, group, NULL);
}

static void regexes_are_read_as_published_or_plain(void)
{
    static const char *const texts[] = {
        LIST "suffix: '{query}'\n"
             "output_validation_regex: r\"^<\\d+>( > <\\d+>)*$\"\n"
             "output_extraction_regex: r\"<(\\d+)>\" \n",
        LIST "suffix: '{query}'\n"
             "output_validation_regex: r'<\\d+>( > <\\d+>)*'\n"
             "output_extraction_regex: <(\\d+)>\n",
        LIST "suffix: '{query}'\n"
             "output_validation_regex: '<\\d+>( > <\\d+>)*'\n"
             "output_extraction_regex: '<(\\d+)>'\n",
    };

    for (size_t i = 0; i < RKB_COUNT(texts); i++) {
        struct rkb_template *t = read_text(texts[i]);
        const struct rkb_regex *v = rkb_template_validation(t);
        rkb_sv group;

        CHECK(matches(v, "<2> > <1>", NULL));
        CHECK(!matches(v, "<2> > <1> ", NULL) && !matches(v, "a <2>", NULL));
        CHECK(matches(rkb_template_extraction(t), "so <12>", &group) &&
              rkb_sv_is(group, "12"));
        rkb_template_close(t);
    }
}

static void a_validation_takes_the_alternative_that_is_whole(void)
{
    struct rkb_template *t = read_text(LIST "suffix: '{query}'\n"
                                            "output_validation_regex: a|ab\n");

    CHECK(matches(rkb_template_validation(t), "ab", NULL));
    CHECK(rkb_template_extraction(t) == NULL);
    rkb_template_close(t);
}

static void bad_regexes_are_refused_in_their_line(void)
{
    static const char *const rows[] = { "'(['", "'a)(b'", "r\"abc" };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        char text[256];

        snprintf(text, sizeof(text), "%ssuffix: '{query}'\n%s: %s\n", LIST,
                 "output_validation_regex", rows[i]);
        CHECK(strncmp(refusal(text), "t.yaml:4: 'output_validation_regex'",
                      35) == 0);
    }
}

/* ---- digests ------------------------------------------------------------- */

static struct rkb_digest digest(const char *text)
{
    struct rkb_template *t = read_text(text);
    struct rkb_digest d = rkb_template_digest(t);

    rkb_template_close(t);
    return d;
}

static void digests_cover_what_is_said(void)
{
    const struct rkb_digest d = digest(LIST "suffix: 'a {query}'\n");
    static const char *const same[] = {
        "# a remark\n" LIST "suffix: \"a {query}\" # another\n",
        "suffix: >-\n  a\n  {query}\n" LIST,
    };
    static const char *const other[] = {
        LIST "suffix: 'b {query}'\n",
        LIST "prefix: 'a {query}'\n",
        LIST "suffix: 'a {query}'\nsystem_message: S\n",
        LIST "suffix: 'a {query}'\noutput_extraction_regex: a\n",
        LIST "suffix: 'a {query}'\noutput_validation_regex: a\n",
    };
    struct rkb_digest e;

    for (size_t i = 0; i < RKB_COUNT(same); i++) {
        e = digest(same[i]);
        CHECK(rkb_digest_eq(&d, &e));
    }
    for (size_t i = 0; i < RKB_COUNT(other); i++) {
        e = digest(other[i]);
        CHECK(!rkb_digest_eq(&d, &e));
    }
}

/* ---- ours and published ones --------------------------------------------- */

/* An answer as each of ours asks for it, and the identifier in it that is to be
 * found first; NULL where a template reads tokens or a number. */
static const struct {
    const char *name, *answer, *first;
} ours[] = {
    { "listwise", "[2] > [1]", "2" },
    { "listwise-letters", "[B] > [A]", "B" },
    { "listwise-list", "[PASSAGE2, PASSAGE1]", "2" },
    { "listwise-thinking", "[2] > [1]", "2" },
    { "listwise-turns", "[2] > [1]", "2" },
    { "pairwise", NULL, NULL },
    { "pairwise-true-false", NULL, NULL },
    { "pointwise", NULL, NULL },
    { "pointwise-score", NULL, NULL },
    { "pointwise-think", NULL, NULL },
    { "query-likelihood", NULL, NULL },
    { "setwise", "B", "B" },
    { "setwise-thinking", "[2]", "2" },
    { "tournament", "[2], [1]", "2" },
};

static void our_templates_read_and_render(void)
{
    size_t n = 0;

    for (const struct rkb_embed *e = rkb_embeds; e->path; e++)
        n += strncmp(e->path, "harness/llm/templates/", 22) == 0 &&
             !strstr(e->path, "/frame-");
    CHECK_EQ_INT(n, RKB_COUNT(ours));
    for (size_t i = 0; i < RKB_COUNT(ours); i++) {
        struct rkb_template *t;
        char path[64];
        rkb_sv first;

        snprintf(path, sizeof(path), "builtin:%s", ours[i].name);
        if (!CHECK(rkb_template_open(&arena, path, &t, &err) == RKB_OK)) {
            printf("# %s\n", err.msg);
            continue;
        }
        CHECK(strstr(render(t, &prompt), "bread") != NULL);
        CHECK(strstr(render(t, &prompt), "rye") != NULL);
        CHECK(!ours[i].answer == !rkb_template_validation(t));
        if (ours[i].answer) {
            CHECK(matches(rkb_template_validation(t), ours[i].answer, NULL));
            CHECK(matches(rkb_template_extraction(t), ours[i].answer, &first) &&
                  rkb_sv_is(first, ours[i].first));
        }
        rkb_template_close(t);
    }
}

/* What the server of tests/servers needs: a line "Search Query: ..." behind the
 * passages and one that starts with "Rank" behind it, and neither word before. */
static void letters_and_setwise_fit_the_wired_model(void)
{
    static const char *const names[] = { "builtin:listwise-letters",
                                         "builtin:setwise" };

    for (size_t i = 0; i < RKB_COUNT(names); i++) {
        struct rkb_template *t;
        const char *text, *query, *rank;

        if (!CHECK(rkb_template_open(&arena, names[i], &t, &err) == RKB_OK))
            return;
        text = render(t, &prompt);
        query = strstr(text, "\nSearch Query: bread\n");
        rank = strstr(text, "\nRank ");
        if (CHECK(query && rank)) {
            CHECK(strstr(text, "wheat") < query && query < rank);
            CHECK(strstr(text, "Query") == query + 8);
            CHECK(strstr(text, "Rank") == rank + 1);
        }
        rkb_template_close(t);
    }
}

static void a_likelihood_prompt_ends_in_the_query(void)
{
    const struct rkb_turn *turns;
    struct rkb_template *t;
    size_t n;

    if (!CHECK(rkb_template_open(&arena, "builtin:query-likelihood", &t,
                                 &err) == RKB_OK))
        return;
    rkb_template_render(t, &arena, &prompt, &turns, &n);
    CHECK(n == 1 && rkb_sv_ends(turns[0].text, "\nbread"));
    rkb_template_close(t);
}

static void the_nearest_built_in_is_named(void)
{
    struct rkb_template *t;

    CHECK(rkb_template_open(&arena, "builtin:listwize", &t, &err) ==
          RKB_E_USAGE);
    CHECK_STR(err.msg,
              "no built-in template 'listwize' (did you mean 'listwise'?)");
    CHECK(rkb_template_open(&arena, "builtin:frame-vicuna", &t, &err) ==
          RKB_E_USAGE);
}

static void published_templates_are_read_as_they_are(void)
{
    static const struct {
        const char *file;
        enum rkb_template_form form;
        size_t n_turns; /* of a prompt of two passages */
        bool has_regexes, has_roles;
    } rows[] = {
        { "duot5", RKB_FORM_PAIR, 1, false, false },
        { "monot5", RKB_FORM_POINT, 1, false, false },
        { "pointwise_vllm", RKB_FORM_POINT, 3, false, true },
        { "qwen_thinking", RKB_FORM_LIST, 2, true, false },
        { "rank_gpt", RKB_FORM_TURNS, 8, true, false },
        { "rank_lrl", RKB_FORM_LIST, 1, true, false },
        { "rank_zephyr_alpha", RKB_FORM_LIST, 2, true, false },
        { "rank_zephyr", RKB_FORM_LIST, 2, true, false },
        { "reasonrank", RKB_FORM_LIST, 2, true, false },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        char file[64];
        const struct rkb_turn *turns;
        struct rkb_template *t;
        const char *path;
        size_t n;

        snprintf(file, sizeof(file), "templates/%s_template.yaml",
                 rows[i].file);
        path = rkb_test_data(file);
        if (!path)
            return;
        if (!CHECK(rkb_template_open(&arena, path, &t, &err) == RKB_OK)) {
            printf("# %s\n", err.msg);
            continue;
        }
        CHECK_EQ_INT(rkb_template_form(t), rows[i].form);
        CHECK((rkb_template_validation(t) != NULL) == rows[i].has_regexes);
        CHECK((rkb_template_extraction(t) != NULL) == rows[i].has_regexes);
        CHECK(rkb_template_has_roles(t) == rows[i].has_roles);
        rkb_template_render(t, &arena, &prompt, &turns, &n);
        CHECK_EQ_INT(n, rows[i].n_turns);
        rkb_template_close(t);
    }
}

TESTS(TEST(a_list_is_joined_as_it_stands), TEST(a_suffix_can_list_the_passages),
      TEST(turns_follow_each_other), TEST(turns_without_answers_are_one),
      TEST(a_point_has_its_instruction),
      TEST(a_reranker_has_turns_for_query_and_document),
      TEST(a_pair_has_both_documents),
      TEST(unknown_names_are_refused_with_line_and_nearest),
      TEST(stray_braces_are_refused), TEST(what_a_form_needs_is_asked_for),
      TEST(turns_and_roles_are_checked_together),
      TEST(yaml_faults_carry_the_file), TEST(a_file_without_end_is_refused),
      TEST(regexes_are_read_as_published_or_plain),
      TEST(a_validation_takes_the_alternative_that_is_whole),
      TEST(bad_regexes_are_refused_in_their_line),
      TEST(digests_cover_what_is_said), TEST(our_templates_read_and_render),
      TEST(letters_and_setwise_fit_the_wired_model),
      TEST(a_likelihood_prompt_ends_in_the_query),
      TEST(the_nearest_built_in_is_named),
      TEST(published_templates_are_read_as_they_are))
