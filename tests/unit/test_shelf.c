/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/shelf.h"

#include "harness/rerankers/reranker.h"
#include "tests/io_fixture.h"

static rkb_sv value_of(const struct rkb_spec *s, const char *key)
{
    for (size_t i = 0; i < s->n; i++)
        if (rkb_sv_is(s->keys[i], key))
            return s->values[i];
    return (rkb_sv){ 0 };
}

static bool parse(struct rkb_arena *a, const char *folder, const char *text,
                  struct rkb_shelf *s, struct rkb_err *err)
{
    return rkb_shelf_parse(a, "x/rerankers.yaml", folder, rkb_sv_of(text), s,
                           err) == RKB_OK;
}

static void entries_stand_for_rows_and_presets(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_shelf s = { 0 };
    struct rkb_err err = { 0 };
    struct rkb_spec spec;
    const struct rkb_shelf_entry *e;

    if (!CHECK(parse(&a, NULL,
                     "gpt: {use: rankgpt, server: \"http://a:1\", words: 50}\n"
                     "lex:\n  use: bm25\n  k1: 1.2\n",
                     &s, &err)))
        printf("# %s\n", err.msg);
    CHECK_EQ_INT(s.n, 2);
    e = rkb_shelf_find(&s, rkb_sv_of("gpt"));
    if (CHECK(e != NULL)) {
        CHECK_STR(e->use, "rankgpt");
        CHECK(rkb_sv_is(e->spec.name, "listwise"));
        CHECK(rkb_sv_is(value_of(&e->spec, "words"), "50"));
        CHECK(rkb_sv_is(value_of(&e->spec, "brackets"), "keep"));
        CHECK_EQ_INT(e->line, 1);
    }
    CHECK(!rkb_shelf_find(&s, rkb_sv_of("rankgpt")));
    /* What a spec says itself comes before what the entry says. */
    CHECK(!rkb_spec_parse(&a, rkb_sv_of("gpt(words=7,window=4)"), &spec, &err));
    CHECK(!rkb_shelf_apply(&a, &s, &spec, &err));
    CHECK(rkb_sv_is(spec.name, "listwise"));
    CHECK(rkb_sv_is(value_of(&spec, "words"), "7"));
    CHECK(rkb_sv_is(value_of(&spec, "window"), "4"));
    CHECK(rkb_sv_is(value_of(&spec, "server"), "http://a:1"));
    /* Other names are presets or rows as ever. */
    CHECK(!rkb_spec_parse(&a, rkb_sv_of("lrl"), &spec, &err));
    CHECK(!rkb_shelf_apply(&a, &s, &spec, &err));
    CHECK(rkb_sv_is(spec.name, "listwise"));
    rkb_arena_release(&a);
}

static void paths_are_joined_with_the_folder(void)
{
    static const char text[] =
        "a: {use: rankzephyr, template: t.yaml, frame: f.yaml, server: "
        "\"replay:r.jsonl\"}\n"
        "b: {use: listwise, template: /t.yaml, frame: chat, server: "
        "\"http://x:1\"}\n"
        "c: {use: run-file, path: \"{dataset}/x.trec\"}\n";
    struct rkb_arena a = { 0 };
    struct rkb_shelf joined = { 0 }, kept = { 0 };
    struct rkb_err err = { 0 };

    CHECK(parse(&a, "/conf", text, &joined, &err));
    CHECK(parse(&a, NULL, text, &kept, &err));
    if (CHECK(joined.n == 3 && kept.n == 3)) {
        const struct rkb_spec *x = &joined.entries[0].spec;

        CHECK(rkb_sv_is(value_of(x, "template"), "/conf/t.yaml"));
        CHECK(rkb_sv_is(value_of(x, "frame"), "/conf/f.yaml"));
        CHECK(rkb_sv_is(value_of(x, "server"), "replay:/conf/r.jsonl"));
        x = &joined.entries[1].spec;
        CHECK(rkb_sv_is(value_of(x, "template"), "/t.yaml"));
        CHECK(rkb_sv_is(value_of(x, "frame"), "chat"));
        CHECK(rkb_sv_is(value_of(x, "server"), "http://x:1"));
        CHECK(rkb_sv_is(value_of(&joined.entries[2].spec, "path"),
                        "/conf/{dataset}/x.trec"));
        CHECK(rkb_sv_is(value_of(&kept.entries[0].spec, "template"), "t.yaml"));
    }
    rkb_arena_release(&a);
}

static void faults_have_their_line(void)
{
    static const struct {
        const char *text, *message;
    } faults[] = {
        { "a: 1\n", "x/rerankers.yaml:1: 'a' takes a map" },
        { "- a\n", "x/rerankers.yaml:1: a map of rerankers is needed" },
        { "a: {k1: 1}\n", "x/rerankers.yaml:1: 'a' has no 'use'" },
        { "a:\n  use: bm52\n", "x/rerankers.yaml:1: unknown reranker 'bm52' "
                               "(did you mean 'bm25'?)" },
        { "a:\n  use: bm25\n  k2: 1\n",
          "x/rerankers.yaml:3: unknown option 'k2'" },
        { "a:\n  k1: x\n  use: bm25\n", "x/rerankers.yaml:2: " },
        { "a:\n  use: bm25\n  k1: [1]\n",
          "x/rerankers.yaml:3: 'k1' takes one value" },
        { "a: {use: rankzephyr}\n",
          "x/rerankers.yaml:1: 'rankzephyr' is a fine-tuned checkpoint" },
        { "b: {use: bm25}\nrankgpt: {use: bm25}\n",
          "x/rerankers.yaml:2: 'rankgpt' is registered already" },
        { "bm25: {use: oracle}\n", "x/rerankers.yaml:1: 'bm25' is registered" },
        { "a b: {use: bm25}\n", "x/rerankers.yaml:1: 'a b' is no name" },
        { "a: {use: listwise, window: 5, stride: 9}\n",
          "x/rerankers.yaml:1: a stride above the window" },
    };

    for (size_t i = 0; i < RKB_COUNT(faults); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_shelf s = { 0 };
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(rkb_shelf_parse(&a, "x/rerankers.yaml", NULL,
                                     rkb_sv_of(faults[i].text), &s, &err),
                     RKB_E_USAGE);
        if (!CHECK(strstr(err.msg, faults[i].message) == err.msg))
            printf("# got  %s\n# want %s\n", err.msg, faults[i].message);
        rkb_arena_release(&a);
    }
}

static void the_file_beside_the_plan_comes_first(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_shelf s = { 0 };
    struct rkb_err err = { 0 };
    char folder[400];

    setenv("XDG_CONFIG_HOME", fixture_path("conf"), 1);
    mkdir(fixture_path("conf"), 0777);
    mkdir(fixture_path("conf/rerankbench"), 0777);
    mkdir(fixture_path("plans"), 0777);
    fixture_text("conf/rerankbench/rerankers.yaml",
                 "one: {use: bm25, k1: 9}\ntwo: {use: run-file, path: r}\n");
    fixture_text("plans/rerankers.yaml", "one: {use: bm25, k1: 3}\n");
    snprintf(folder, sizeof folder, "%s", fixture_path("plans"));
    if (CHECK_EQ_INT(rkb_shelf_load(&a, folder, &s, &err), RKB_OK) &&
        CHECK_EQ_INT(s.n, 2)) {
        CHECK(rkb_sv_is(value_of(&s.entries[0].spec, "k1"), "3"));
        CHECK_STR(rkb_arena_cstr(&a, value_of(&s.entries[1].spec, "path")),
                  fixture_path("conf/rerankbench/r"));
    }
    unsetenv("XDG_CONFIG_HOME");
    rkb_arena_release(&a);
    fixture_done();
}

TESTS(TEST(entries_stand_for_rows_and_presets),
      TEST(paths_are_joined_with_the_folder), TEST(faults_have_their_line),
      TEST(the_file_beside_the_plan_comes_first))
