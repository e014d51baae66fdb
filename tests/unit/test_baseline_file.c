/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/baseline_fixture.h"

static struct rkb_arena arena;

static enum rkb_status parse(const char *text, size_t n,
                             struct rkb_baseline *out, struct rkb_err *err)
{
    struct rkb_lines in = { 0 };
    struct rkb_stream *s;

    *err = (struct rkb_err){ 0 };
    rkb_stream_from_memory(&s, text, n);
    rkb_lines_from(&in, s);
    enum rkb_status rc = rkb_baseline_read(&arena, &in, out, err);

    rkb_lines_close(&in);
    return rc;
}

static const char *written(const struct rkb_baseline *b)
{
    struct rkb_buf out = { 0 };
    const char *text;

    rkb_baseline_write(b, &out);
    text = rkb_arena_cstr(&arena, rkb_buf_view(&out));
    rkb_buf_release(&out);
    return text;
}

static const char *good(void)
{
    static struct fix_side s;

    fix_side(&s, 1.0 / 3);
    s.values[59][0] = 0.9;
    fix_repeats(&s, 0.0022);
    s.queries[3].ms = NAN;
    return written(&s.b);
}

static void what_is_written_is_read_again(void)
{
    struct rkb_baseline b;
    struct rkb_err err;
    const char *text = good();

    if (!CHECK(!parse(text, strlen(text), &b, &err))) {
        printf("# %s\n", err.msg);
        return;
    }
    CHECK_STR(written(&b), text);
    CHECK_EQ_INT(b.n_sets, 1);
    const struct rkb_baseline_set *s = &b.sets[0];

    CHECK(rkb_sv_is(s->dataset, "dl20") && rkb_sv_is(s->host, "box"));
    CHECK(!s->date.len && !s->why.len);
    CHECK_EQ_INT(s->n_repeats, 5);
    CHECK_EQ_INT(s->n_queries, FIX_N);
    CHECK_NEAR(s->queries[0].values[0], 1.0 / 3, 0);
    CHECK(rkb_sv_is(s->queries[59].qid, "q 60"));
    CHECK(isnan(s->queries[3].ms));
    CHECK(!s->measures[0].steady);
    CHECK(rkb_baseline_find(&b, rkb_sv_of("dl20")) == s);
    CHECK(!rkb_baseline_find(&b, rkb_sv_of("dl19")));
}

/* git may turn line ends around. */
static void line_ends_of_windows_are_read(void)
{
    struct rkb_buf crlf = { 0 };
    struct rkb_baseline b;
    struct rkb_err err;

    for (const char *p = good(); *p; p++)
        rkb_buf_printf(&crlf, *p == '\n' ? "\r%c" : "%c", *p);
    CHECK(!parse(crlf.at, crlf.len, &b, &err));
    CHECK_STR(written(&b), good());
    rkb_buf_release(&crlf);
}

static void texts_cannot_add_lines(void)
{
    struct rkb_baseline b;
    struct rkb_err err;
    struct fix_side s;
    const char *text;

    fix_side(&s, 0.5);
    s.set.label = rkb_sv_of("a\nranking\t00");
    text = written(&s.b);
    CHECK(!parse(text, strlen(text), &b, &err));
    CHECK(rkb_sv_is(b.sets[0].label, "a?ranking?00"));
}

/* The good text with the first `from` replaced; to NULL: cut before it. */
static enum rkb_status changed(const char *from, const char *to,
                               struct rkb_err *err)
{
    const char *text = good(), *at = strstr(text, from);
    struct rkb_buf out = { 0 };
    struct rkb_baseline b;

    if (!CHECK(at != NULL))
        return RKB_OK;
    rkb_buf_add(&out, text, (size_t)(at - text));
    if (to)
        rkb_buf_printf(&out, "%s%s", to, at + strlen(from));
    enum rkb_status rc = parse(rkb_buf_view(&out).at, out.len, &b, err);

    rkb_buf_release(&out);
    return rc;
}

static void faults_are_told_with_their_line(void)
{
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        { "rerankbench-baseline", "baseline", ":1: not a file that" },
        { "rerankbench-baseline\t1", "rerankbench-baseline\t2",
          ":1: written by a newer" },
        { "dataset\tdl20", "datasets\tdl20", ":5: unknown key 'datasets'" },
        { "dataset\tdl20\n", "", ":5: 'label' before a dataset" },
        { "label\tmain", "label", ":6: expected a key, a tab" },
        { "label\tmain", "label\tmain\nlabel\tx", ":7: 'label' stands here" },
        { "judgments\t", "judgments\tz", ":9: bad judgments" },
        { "judgments\t", "# ", "has no line 'judgments'" },
        { "rules\tcompat=9 failed=none", "rules\t-", "bad rules" },
        { "ranking\t", "ranking\tx", "bad ranking" },
        { "varies", "often", "expected name, version, steady" },
        { "nDCG@10\t1\tv", "nDCG@10\t0\tv", "expected name, version" },
        { "measure\tLastRel", "measure\tnDCG@10", "stands here twice" },
        { "query\t10\t", "query\t0\t", "expected a time" },
        { "query\t10\t", "query\t10\t1\t", "the mean of" },
        { "query\t10\t0.33", "query\t10\t0.43", "was edited or cut" },
        { "query\t10\t0.33", "query\t10\tinf", "expected a time" },
        { "\tq 2\n", "\tq 1\n", "query 'q 1' stands here twice" },
        { "\tq 2\n", "\t\n", "bad query id" },
        { "query\t69", NULL, "was edited or cut" },
        { "ranking", NULL, "dataset 'dl20' has no repeat" },
        { "rerankbench", NULL, "an empty file" },
        { "dataset", NULL, "there is no dataset in it" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct rkb_err err;

        CHECK_EQ_INT(changed(cases[i].from, cases[i].to, &err), RKB_E_DATA);
        if (!CHECK(strstr(err.msg, cases[i].says) != NULL))
            printf("# %zu: %s\n", i, err.msg);
    }
}

static void the_file_is_bounded(void)
{
    struct rkb_baseline b;
    struct rkb_err err;
    struct rkb_buf out = { 0 };

    rkb_buf_text(&out, "rerankbench-baseline\t1\t-\n");
    for (int i = 0; i <= RKB_BASELINE_SETS; i++)
        rkb_buf_printf(&out,
                       "dataset\td%d\nsystem\t{}\nrules\tx\njudgments\t%064d\n"
                       "queries\t%064d\nranking\t%064d\n",
                       i, 0, 0, 0);
    CHECK_EQ_INT(parse(out.at, out.len, &b, &err), RKB_E_LIMIT);
    rkb_buf_reset(&out);
    rkb_buf_text(&out, "rerankbench-baseline\t1\t-\ndataset\td\n");
    for (int i = 0; i <= RKB_BASELINE_COLUMNS; i++)
        rkb_buf_printf(&out, "ranking\t%064d\n", 0);
    CHECK_EQ_INT(parse(out.at, out.len, &b, &err), RKB_E_LIMIT);
    CHECK(strstr(err.msg, "repeats") != NULL);
    rkb_buf_reset(&out);
    rkb_buf_text(&out, "rerankbench-baseline\t1\t-\nlabel\t");
    for (int i = 0; i <= RKB_BASELINE_LINE; i++)
        rkb_buf_char(&out, 'x');
    CHECK_EQ_INT(parse(out.at, out.len, &b, &err), RKB_E_LIMIT);
    rkb_buf_release(&out);
}

TESTS(TEST(what_is_written_is_read_again), TEST(line_ends_of_windows_are_read),
      TEST(texts_cannot_add_lines), TEST(faults_are_told_with_their_line),
      TEST(the_file_is_bounded))
