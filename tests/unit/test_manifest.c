/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/manifest.h"

#include "base/arena.h"
#include "base/opt.h"
#include "tests/tap.h"

static struct rkb_manifest whole(void)
{
    static struct rkb_digest judgments;

    judgments = rkb_digest_of(rkb_sv_of("judgments"));
    return (struct rkb_manifest){
        .reranker = rkb_sv_of("first"),
        .version = 1,
        .options = rkb_sv_of("{\"window\":20,\"k1\":0.9,\"model\":\"m\"}"),
        .probe = rkb_sv_of("{\"revision\":\"abc\",\"dialect\":\"openai 1\"}"),
        .candidates = rkb_digest_of(rkb_sv_of("candidates")),
        .queries = rkb_digest_of(rkb_sv_of("queries")),
        .texts = rkb_digest_of(rkb_sv_of("texts")),
        .text_rule = rkb_sv_of("title=space,words=300"),
        .top_k = 100,
        .seed = 7,
        .repeat = 1,
        .n_samples = 1,
        .judgments = &judgments,
    };
}

static char json[4096];

static const char *json_of(const struct rkb_manifest *m)
{
    struct rkb_buf out = { 0 };
    struct rkb_err err = { 0 };

    if (!CHECK(rkb_manifest_json(m, &out, &err) == RKB_OK))
        printf("# %s\n", err.msg);
    snprintf(json, sizeof(json), "%s", out.at ? out.at : "");
    rkb_buf_release(&out);
    return json;
}

static struct rkb_digest key_of(const struct rkb_manifest *m)
{
    return rkb_manifest_key(rkb_sv_of(json_of(m)));
}

static void identity_is_sorted_and_has_no_blanks(void)
{
    struct rkb_manifest m = whole();

    m.judgments = NULL;
    CHECK_STR(
        json_of(&m),
        "{\"candidates\":"
        "\"ba159dbf9d2f740f56bc2ea7245187ee"
        "726da4263440b055ceb89485f4dbcf38\","
        "\"identity\":1,\"judgments\":null,\"n_samples\":1,"
        "\"options\":{\"k1\":0.9,\"model\":\"m\",\"window\":20},"
        "\"probe\":{\"dialect\":\"openai 1\",\"revision\":\"abc\"},"
        "\"queries\":\"07193df400d460d8dea9e7bcd261e9e4"
        "8cc82036e86003135c4db6f0e22b48fd\",\"repeat\":1,\"reranker\":"
        "\"first\","
        "\"seed\":7,\"text_rule\":\"title=space,words=300\","
        "\"texts\":\"a4b992ab42964e5b7112ad2609ec66bc"
        "ec05b99340bbb063ec00a52af5ea9d3d\",\"top_k\":100,\"version\":1}");
}

/* Every part, changed alone. */
static void changing_any_one_part_gives_another_key(void)
{
    enum { N = 21 };
    struct rkb_manifest m[N];
    struct rkb_digest key[N], other = rkb_digest_of(rkb_sv_of("other"));

    for (size_t i = 0; i < N; i++)
        m[i] = whole();
    m[1].reranker = rkb_sv_of("second");
    m[2].version = 2;
    m[3].options = rkb_sv_of("{\"window\":20,\"k1\":0.8,\"model\":\"m\"}");
    m[4].options = rkb_sv_of("{\"window\":20,\"k1\":0.9,\"model\":\"n\"}");
    m[5].options = rkb_sv_of("{\"window\":20,\"k1\":0.9,\"model\":null}");
    m[6].options = rkb_sv_of("{\"window\":20,\"k1\":0.9}");
    m[7].probe = rkb_sv_of("{\"revision\":\"abd\",\"dialect\":\"openai 1\"}");
    m[8].probe = rkb_sv_of("");
    m[9].candidates = other;
    m[10].queries = other;
    m[11].texts = other;
    m[12].text_rule = rkb_sv_of("title=dot,words=300");
    m[13].top_k = 20;
    m[14].seed = 8;
    m[15].repeat = 2;
    m[16].n_samples = 2;
    m[17].judgments = &other;
    m[18].judgments = NULL;
    m[19].build = rkb_sv_of("abc123");
    m[20].load = rkb_sv_of("open:20");
    for (size_t i = 0; i < N; i++)
        key[i] = key_of(&m[i]);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < i; k++)
            if (!CHECK(!rkb_digest_eq(&key[i], &key[k])))
                printf("# %zu and %zu\n", k, i);
}

/* A member that nobody put into the test above would make it pass in vain. */
static void the_walk_over_the_parts_is_complete(void)
{
    struct rkb_manifest m = whole();

    CHECK_EQ_INT(sizeof(m), 5 * sizeof(rkb_sv) + 3 * RKB_DIGEST_BYTES +
                                sizeof(rkb_sv) + 5 * sizeof(int64_t) +
                                sizeof(void *));
}

static const char *system_of(const struct rkb_manifest *m)
{
    static char text[4096];
    struct rkb_buf out = { 0 };
    struct rkb_err err = { 0 };

    if (!CHECK(!rkb_manifest_system(rkb_sv_of(json_of(m)), &out, &err)))
        printf("# %s\n", err.msg);
    snprintf(text, sizeof text, "%s", out.at ? out.at : "");
    rkb_buf_release(&out);
    return text;
}

/* Repeats, seeds and data are no part of a system; a build is. */
static void the_system_is_the_identity_without_its_data_and_repeat(void)
{
    struct rkb_digest other = rkb_digest_of(rkb_sv_of("other"));
    struct rkb_manifest m = whole();
    struct rkb_err err = { 0 };
    struct rkb_buf out = { 0 };

    m.build = rkb_sv_of("abc123");
    m.repeat = 3;
    m.seed = 8;
    m.candidates = m.queries = m.texts = other;
    m.judgments = &other;
    CHECK_STR(system_of(&m),
              "{\"build\":\"abc123\",\"identity\":1,\"n_samples\":1,"
              "\"options\":{\"k1\":0.9,\"model\":\"m\",\"window\":20},"
              "\"probe\":{\"dialect\":\"openai 1\",\"revision\":\"abc\"},"
              "\"reranker\":\"first\",\"text_rule\":"
              "\"title=space,words=300\",\"top_k\":100,\"version\":1}");
    CHECK_EQ_INT(rkb_manifest_system(rkb_sv_of("[]"), &out, &err), RKB_E_DATA);
    CHECK_EQ_INT(rkb_manifest_system(rkb_sv_of("{"), &out, &err), RKB_E_DATA);
    rkb_buf_release(&out);
}

static void how_a_setting_was_written_does_not_matter(void)
{
    static const char *const same[] = {
        "{\"model\":\"m\",\"k1\":0.9,\"window\":20}",
        "{ \"window\" : 20.0, \"k1\" : 0.90, \"model\" : \"\\u006d\" }",
        "{\"window\":2e1,\"k1\":9e-1,\"k1\":0.9,\"model\":\"m\"}",
    };
    struct rkb_manifest m = whole();
    struct rkb_digest want = key_of(&m);

    for (size_t i = 0; i < 3; i++) {
        struct rkb_digest got;

        m.options = rkb_sv_of(same[i]);
        got = key_of(&m);
        CHECK(rkb_digest_eq(&got, &want));
    }
}

static void whole_numbers_keep_their_digits(void)
{
    struct rkb_manifest m = whole();

    m.options = rkb_sv_of("{\"a\":9007199254740993,\"b\":-0,\"c\":1e400}");
    m.seed = UINT64_MAX;
    json_of(&m);
    CHECK(strstr(json, "\"a\":9007199254740993"));
    CHECK(strstr(json, "\"b\":0"));
    CHECK(strstr(json, "\"c\":1e400"));
    CHECK(strstr(json, "\"seed\":18446744073709551615"));
}

/* Defaults are in the options whether they were given or not. */
static void a_default_that_was_given_is_the_same_run(void)
{
    static const struct rkb_opt rows[] = {
        { .name = "k1", .type = RKB_OPT_REAL, .fallback = "0.9", .help = "h" },
        { .name = "b", .type = RKB_OPT_REAL, .fallback = "0.4", .help = "h" },
        { .name = NULL },
    };
    struct rkb_arena a = { 0 };
    struct rkb_manifest m = whole();
    struct rkb_digest key[3];

    for (int i = 0; i < 3; i++) {
        struct rkb_optset set;
        struct rkb_buf text = { 0 };
        struct rkb_err err = { 0 };

        rkb_optset_init(&set, &a, rows);
        if (i > 0)
            CHECK_EQ_INT(rkb_optset_put(&set, rkb_sv_of("k1"),
                                        rkb_sv_of(i == 1 ? "0.90" : "0.91"),
                                        &err),
                         RKB_OK);
        rkb_optset_json(&set, &text);
        m.options = rkb_buf_view(&text);
        key[i] = key_of(&m);
        rkb_buf_release(&text);
    }
    CHECK(rkb_digest_eq(&key[0], &key[1]));
    CHECK(!rkb_digest_eq(&key[0], &key[2]));
    rkb_arena_release(&a);
}

static void options_must_be_an_object(void)
{
    static const char *const bad[] = { "", "[1]", "{", "x", "{\"a\":01}" };
    struct rkb_manifest m = whole();

    for (size_t i = 0; i < 5; i++) {
        struct rkb_buf out = { 0 };
        struct rkb_err err = { 0 };

        m.options = rkb_sv_of(bad[i]);
        CHECK_EQ_INT(rkb_manifest_json(&m, &out, &err), RKB_E_DATA);
        CHECK(strstr(err.msg, "options"));
        rkb_buf_release(&out);
    }
}

static void a_probe_that_is_no_object_is_a_string(void)
{
    struct rkb_manifest m = whole();

    m.probe = rkb_sv_of("rev \"1\"");
    json_of(&m);
    CHECK(strstr(json, "\"probe\":\"rev \\\"1\\\"\""));
    m.probe = rkb_sv_of("12");
    json_of(&m);
    CHECK(strstr(json, "\"probe\":\"12\""));
}

static void a_difference_is_said_in_words(void)
{
    struct rkb_manifest m = whole();
    struct rkb_buf out = { 0 };
    struct rkb_err err = { 0 };
    char old[4096];

    snprintf(old, sizeof(old), "%s", json_of(&m));
    m.options = rkb_sv_of("{\"window\":10,\"k1\":0.9,\"depth\":3}");
    m.seed = 9;
    json_of(&m);
    CHECK_EQ_INT(rkb_manifest_diff(rkb_sv_of(old), rkb_sv_of(json), &out, &err),
                 RKB_OK);
    CHECK_STR(out.at, "options.depth: absent -> 3; "
                      "options.model: \"m\" -> absent; "
                      "options.window: 20 -> 10; seed: 7 -> 9");
    rkb_buf_reset(&out);
    CHECK_EQ_INT(rkb_manifest_diff(rkb_sv_of(old), rkb_sv_of(old), &out, &err),
                 RKB_OK);
    CHECK_EQ_INT(out.len, 0);
    CHECK_EQ_INT(rkb_manifest_diff(rkb_sv_of("{"), rkb_sv_of(old), &out, &err),
                 RKB_E_DATA);
    rkb_buf_release(&out);
}

TESTS(TEST(identity_is_sorted_and_has_no_blanks),
      TEST(changing_any_one_part_gives_another_key),
      TEST(the_walk_over_the_parts_is_complete),
      TEST(the_system_is_the_identity_without_its_data_and_repeat),
      TEST(how_a_setting_was_written_does_not_matter),
      TEST(whole_numbers_keep_their_digits),
      TEST(a_default_that_was_given_is_the_same_run),
      TEST(options_must_be_an_object),
      TEST(a_probe_that_is_no_object_is_a_string),
      TEST(a_difference_is_said_in_words))
