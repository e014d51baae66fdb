/* SPDX-License-Identifier: Apache-2.0 */
/* Every published preset: its row and options are there, it opens with what it
 * needs, and without that says what is missing and where it is found. */
#include "harness/rerankers/preset.h"

#include "harness/rerankers/reranker.h"
#include "tests/io_fixture.h"

/* A template of the form that the row takes, to stand for the published one. */
static const char *template_for(const char *spec)
{
    if (strncmp(spec, "pointwise", 9) == 0)
        return fixture_text("point.yaml", "method: pointwise\n"
                                          "body: \"{query} {doc_content}\"\n");
    if (strncmp(spec, "pairwise", 8) == 0)
        return fixture_text("pair.yaml", "method: pairwise\n"
                                         "body: \"{query} {doc1} {doc2}\"\n");
    return fixture_text("list.yaml", "method: singleturn_listwise\n"
                                     "prefix: \"{query}\"\n"
                                     "body: \"{rank} {candidate}\"\n");
}

static const char *with_needs(const struct rkb_reranker_preset *p)
{
    static char spec[700];
    const char *value = !p->needs ? NULL
                        : strcmp(p->needs, "template") == 0
                            ? template_for(p->spec)
                        : strcmp(p->needs, "of") == 0 ? "bm25"
                                                      : "words";

    if (strcmp(p->name, "psc") == 0)
        snprintf(spec, sizeof spec, "%s(of=bm25)", p->name);
    else if (p->needs)
        snprintf(spec, sizeof spec, "%s(server='http://127.0.0.1:1',%s='%s')",
                 p->name, p->needs, value);
    else
        snprintf(spec, sizeof spec, "%s(server='http://127.0.0.1:1')", p->name);
    return spec;
}

static void each_opens_over_its_row(void)
{
    for (const struct rkb_reranker_preset *p = rkb_reranker_presets; p->name;
         p++) {
        struct rkb_arena a = { 0 };
        const struct rkb_env env = { .arena = &a };
        struct rkb_reranker r = { 0 };
        struct rkb_err err = { 0 };
        struct rkb_spec base;

        if (!CHECK_EQ_INT(
                rkb_reranker_open(&r, rkb_sv_of(with_needs(p)), &env, &err),
                RKB_OK))
            printf("# %s: %s\n", p->name, err.msg);
        else
            CHECK(rkb_spec_parse(&a, rkb_sv_of(p->spec), &base, &err) ==
                      RKB_OK &&
                  rkb_sv_is(base.name, r.def->name));
        rkb_reranker_close(&r);
        rkb_arena_release(&a);
    }
    fixture_done();
}

static void each_says_what_it_lacks_and_where_it_is(void)
{
    size_t n = 0;

    for (const struct rkb_reranker_preset *p = rkb_reranker_presets; p->name;
         p++) {
        struct rkb_arena a = { 0 };
        struct rkb_reranker r;
        struct rkb_err err = { 0 };
        char spec[200];

        CHECK(p->summary && p->source && !p->needs == !p->published);
        if (!p->needs)
            continue;
        snprintf(spec, sizeof spec, "%s(k=1)", p->name);
        CHECK_EQ_INT(rkb_reranker_read(&r, rkb_sv_of(spec), &a, &err),
                     RKB_E_USAGE);
        if (!CHECK(strstr(err.msg, p->needs) && strstr(err.msg, p->published)))
            printf("# %s: %s\n", p->name, err.msg);
        n++;
        rkb_arena_release(&a);
    }
    CHECK(n >= 10);
}

static void names_are_unique_among_presets_and_rows(void)
{
    for (const struct rkb_reranker_preset *p = rkb_reranker_presets; p->name;
         p++) {
        for (size_t i = 0; rkb_rerankers[i]; i++)
            CHECK(strcmp(p->name, rkb_rerankers[i]->name) != 0);
        CHECK(rkb_reranker_preset_find(rkb_sv_of(p->name)) == p);
    }
}

/* What a user sets comes before what the preset says. */
static void the_users_options_win(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_reranker r;
    struct rkb_err err = { 0 };

    if (CHECK_EQ_INT(rkb_reranker_read(&r,
                                       rkb_sv_of("rankgpt(window=7,stride="
                                                 "3,words=5)"),
                                       &a, &err),
                     RKB_OK)) {
        CHECK_EQ_INT(rkb_optset_int(&r.options, "window"), 7);
        CHECK_EQ_INT(rkb_optset_int(&r.options, "words"), 5);
        CHECK(rkb_sv_is(rkb_optset_text(&r.options, "template"),
                        "builtin:listwise-turns"));
    }
    rkb_arena_release(&a);
}

TESTS(TEST(each_opens_over_its_row),
      TEST(each_says_what_it_lacks_and_where_it_is),
      TEST(names_are_unique_among_presets_and_rows),
      TEST(the_users_options_win))
