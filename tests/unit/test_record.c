/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/formats_fixture.h"

static void check_id(const char *raw, size_t n, const char *want,
                     const char *says)
{
    struct rkb_err err = { 0 };
    rkb_sv id = { 0 };
    enum rkb_status rc =
        rkb_record_id((rkb_sv){ raw, n }, "document id", &id, &err);

    CHECK_STR(err.msg, says);
    if (want && CHECK_EQ_INT(rc, RKB_OK))
        CHECK(rkb_sv_is(id, want));
}

static void ids_are_trimmed_and_never_empty(void)
{
    check_id(BYTES(" d 1\t\r"), "d 1", "");
    check_id(BYTES("007"), "007", "");
    check_id(BYTES(""), NULL, "empty document id");
    check_id(BYTES(" \t "), NULL, "empty document id");
}

static void ids_hold_no_bytes_that_break_a_file(void)
{
    check_id(BYTES("a\0b"), NULL, "NUL byte in document id");
    check_id(BYTES("a\nb"), NULL, "control byte in document id");
    check_id(BYTES("a\x7f"
                   "b"),
             NULL, "control byte in document id");
    check_id(BYTES("a\xed\xa0\x80"), NULL,
             "bad document id: invalid UTF-8 at byte 2");
}

static void ids_have_a_limit(void)
{
    char *text = rkb_new(RKB_ID_LIMIT + 1, 1);
    struct rkb_err err = { 0 };
    rkb_sv id;

    memset(text, 'a', RKB_ID_LIMIT + 1);
    CHECK_EQ_INT(
        rkb_record_id((rkb_sv){ text, RKB_ID_LIMIT }, "document id", &id, &err),
        RKB_OK);
    CHECK_EQ_INT(rkb_record_id((rkb_sv){ text, RKB_ID_LIMIT + 1 },
                               "document id", &id, &err),
                 RKB_E_LIMIT);
    rkb_free(text);
}

static enum rkb_status stop_at_two(void *ctx, rkb_sv line, struct rkb_err *err)
{
    ++*(int *)ctx;
    return rkb_sv_is(line, "two") ? rkb_fail(err, RKB_E_DATA, "enough")
                                  : RKB_OK;
}

static void lines_carry_name_and_number(void)
{
    struct rkb_stream *s;
    struct rkb_err err = { 0 };
    int n = 0;
    char want[64];

    rkb_stream_from_memory(&s, "one\ntwo\nthree\n", 14);
    snprintf(want, sizeof(want), "%s:2: enough", rkb_stream_name(s));
    CHECK_EQ_INT(rkb_record_lines(s, stop_at_two, &n, &err), RKB_E_DATA);
    CHECK_STR(err.msg, want);
    CHECK_EQ_INT(n, 2);
}

static enum rkb_status refuse(void *ctx, rkb_sv qid, rkb_sv text,
                              struct rkb_err *err)
{
    (void)ctx;
    (void)text;
    return rkb_fail(err, RKB_E_LIMIT, "no more after '%.*s'", (int)qid.len,
                    qid.at);
}

static void what_the_sink_says_comes_back(void)
{
    const struct rkb_sink sink = { .on_query = refuse };
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_format_read(fixture_text("a", "1\tx\n2\ty\n"),
                                 RKB_PART_QUERIES, NULL, NULL, &sink, &err),
                 RKB_E_LIMIT);
    CHECK(strstr(err.msg, "a:1: no more after '1'") != NULL);
    fixture_done();
}

TESTS(TEST(ids_are_trimmed_and_never_empty),
      TEST(ids_hold_no_bytes_that_break_a_file), TEST(ids_have_a_limit),
      TEST(lines_carry_name_and_number), TEST(what_the_sink_says_comes_back))
