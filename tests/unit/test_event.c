/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/dialect.h"
#include "tests/tap.h"

/* Events joined by '|', each with where it stands: "0:a|12:b". */
static const char *events(const char *text, size_t len, bool ndjson)
{
    static char out[1024];
    struct rkb_arena a = { 0 };
    size_t pos = 0, offset = 0, n = 0;
    rkb_sv data;

    out[0] = '\0';
    while (
        rkb_event_next(&a, (rkb_sv){ text, len }, ndjson, &pos, &data, &offset))
        n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%zu:%.*s",
                              n ? "|" : "", offset, (int)data.len, data.at);
    rkb_arena_release(&a);
    return out;
}

static const char *sse(const char *text)
{
    return events(text, strlen(text), false);
}

static void an_event_ends_at_its_blank_line(void)
{
    CHECK_STR(sse("data: a\n\ndata: b\n\n"), "0:a|9:b");
    CHECK_STR(sse("data: a\n\ndata: b\n"), "0:a");
    CHECK_STR(sse("data: a"), "");
    CHECK_STR(sse(""), "");
}

static void lines_end_in_lf_cr_or_both(void)
{
    CHECK_STR(sse("data: a\r\n\r\ndata: b\r\n\r\n"), "0:a|11:b");
    CHECK_STR(sse("data: a\r\rdata: b\r\r"), "0:a|9:b");
    CHECK_STR(sse("data: a\r\n\ndata: b\n\r\n"), "0:a|10:b");
}

static void the_blank_behind_the_colon_is_optional(void)
{
    CHECK_STR(sse("data:a\n\n"), "0:a");
    CHECK_STR(sse("data:  a\n\n"), "0: a");
}

static void comments_and_other_fields_are_passed_over(void)
{
    CHECK_STR(sse(": ping\n\nevent: x\nid: 7\ndata: a\nretry: 5\n\n"), "23:a");
    CHECK_STR(sse("database: a\n\ndata: b\n\n"), "13:b");
    CHECK_STR(sse("data:\n\ndata\n\ndata: b\n\n"), "13:b");
}

static void data_lines_of_one_event_are_joined(void)
{
    CHECK_STR(sse("data: a\ndata: b\ndata:\n\n"), "0:a\nb\n");
    CHECK_STR(sse("data:\ndata: b\n\n"), "0:\nb");
}

static void a_byte_order_mark_is_dropped(void)
{
    CHECK_STR(sse("\xef\xbb\xbf"
                  "data: a\n\n"),
              "3:a");
}

static void ndjson_gives_a_line_each(void)
{
    const char *text = "{\"a\":1}\n\r\n  \n{\"b\":2}\r\n{\"c\"";

    CHECK_STR(events(text, strlen(text), true), "0:{\"a\":1}|13:{\"b\":2}");
}

/* The same bytes in two parts, cut at every place: what was given stays, what
 * comes is told once. */
static void a_stream_may_be_split_anywhere(void)
{
    static const char text[] = ": hi\r\n\r\ndata: a\r\ndata: b\r\n\r\n"
                               "data:c\n\ndata: d\r\r";
    const char *all = "8:a\nb|28:c|36:d";

    CHECK_STR(sse(text), all);
    for (size_t cut = 0; cut < sizeof(text); cut++) {
        struct rkb_arena a = { 0 };
        size_t pos = 0, offset, n = 0;
        char got[256] = "";
        rkb_sv data;

        for (int part = 0; part < 2; part++) {
            rkb_sv body = { text, part ? sizeof(text) - 1 : cut };

            if (body.len > sizeof(text) - 1)
                body.len = sizeof(text) - 1;
            while (rkb_event_next(&a, body, false, &pos, &data, &offset))
                n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%zu:%.*s",
                                      n ? "|" : "", offset, (int)data.len,
                                      data.at);
        }
        CHECK_STR(got, all);
        rkb_arena_release(&a);
    }
}

TESTS(TEST(an_event_ends_at_its_blank_line), TEST(lines_end_in_lf_cr_or_both),
      TEST(the_blank_behind_the_colon_is_optional),
      TEST(comments_and_other_fields_are_passed_over),
      TEST(data_lines_of_one_event_are_joined),
      TEST(a_byte_order_mark_is_dropped), TEST(ndjson_gives_a_line_each),
      TEST(a_stream_may_be_split_anywhere))
