/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/io/json.h"
#include "base/io/stream.h"

#include "tests/io_fixture.h"

/* "LINE:ELEMENT;" for each. */
static enum rkb_status note(void *ctx, rkb_sv element, size_t line,
                            struct rkb_err *err)
{
    struct rkb_buf *b = ctx;

    if (rkb_sv_is(element, "\"stop\""))
        return rkb_fail(err, RKB_E_STOPPED, "asked to");
    rkb_buf_printf(b, "%zu:", line);
    rkb_buf_sv(b, element);
    rkb_buf_text(b, ";");
    return RKB_OK;
}

static enum rkb_status each(const char *text, size_t len, size_t max_bytes,
                            struct rkb_buf *out, struct rkb_err *err)
{
    struct rkb_stream *s = NULL;
    enum rkb_status rc;

    rkb_stream_from_memory(&s, text, len);
    rc = rkb_json_each(s, max_bytes, note, out, err);
    rkb_stream_close(s);
    return rc;
}

static void elements_come_with_their_lines(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "" },
        { " \n ", "" },
        { "[]", "" },
        { "[\n]\n", "" },
        { "[1,2 , 3]", "1:1;1:2;1:3;" },
        { "[\n {\"a\":\n [1,\"]}\\\"\"]},\n\n \"x,y\" ,null\n]\n",
          "2:{\"a\":\n [1,\"]}\\\"\"]};5:\"x,y\";5:null;" },
        { "\xef\xbb\xbf[{}]", "1:{};" },
        { "[[[]],[]]", "1:[[]];1:[];" },
        { "{\"a\":1}\n{\"b\":2}\n", "1:{\"a\":1};2:{\"b\":2};" },
        { "\n\n{\"a\":1}\r\n\n  {\"b\":2}", "3:{\"a\":1}\r;5:{\"b\":2};" },
        { "\xef\xbb\xbf{}\n", "1:{};" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct rkb_err err = { 0 };
        struct rkb_buf out = { 0 };

        CHECK_EQ_INT(
            each(cases[i].text, strlen(cases[i].text), 1000, &out, &err),
            RKB_OK);
        CHECK_STR(err.msg, "");
        CHECK_STR(out.at ? out.at : "", cases[i].want);
        rkb_buf_release(&out);
    }
}

static void a_broken_array_is_refused_with_its_line(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "[", "<memory>:1: an array without its end" },
        { "[1,\n", "<memory>:2: an array without its end" },
        { "[1\n,]", "<memory>:2: a missing ',' or element" },
        { "[,1]", "<memory>:1: a missing ',' or element" },
        { "[1 2]", "<memory>:1: a missing ',' or element" },
        { "[1,,2]", "<memory>:1: a missing ',' or element" },
        { "[\n{\"a\":1", "<memory>:2: an end in the middle of a value" },
        { "[\"abc", "<memory>:1: a string without its end" },
        { "[\"abc\\", "<memory>:1: a string without its end" },
        { "[]\n[]", "<memory>:2: text behind the array" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct rkb_err err = { 0 };
        struct rkb_buf out = { 0 };

        CHECK_EQ_INT(
            each(cases[i].text, strlen(cases[i].text), 1000, &out, &err),
            RKB_E_DATA);
        CHECK_STR(err.msg, cases[i].want);
        rkb_buf_release(&out);
    }
}

static void the_callback_can_end_the_walk(void)
{
    struct rkb_err err = { 0 };
    struct rkb_buf out = { 0 };

    CHECK_EQ_INT(each("[1,\"stop\",2]", 12, 1000, &out, &err), RKB_E_STOPPED);
    CHECK_STR(err.msg, "asked to");
    CHECK_STR(out.at, "1:1;");
    rkb_buf_release(&out);
}

static enum rkb_status count(void *ctx, rkb_sv element, size_t line,
                             struct rkb_err *err)
{
    size_t *n = ctx;

    (void)err;
    CHECK(element.at[0] == '{' && element.at[element.len - 1] == '}');
    CHECK_EQ_INT(line, 2 * *n + 2);
    ++*n;
    return RKB_OK;
}

static void a_large_array_goes_by_in_a_small_buffer(void)
{
    struct rkb_buf text = { 0 };
    struct rkb_stream *s = NULL;
    struct rkb_err err = { 0 };
    size_t n = 0;

    rkb_buf_text(&text, "[\n");
    for (int i = 0; i < 20000; i++)
        rkb_buf_printf(&text, "%s{\"id\": %d, \"text\":\n \"%0*d\\\\\"}\n",
                       i ? "," : "", i, i % 200 + 1, i);
    rkb_buf_text(&text, "]");
    rkb_stream_from_memory(&s, text.at, text.len);
    CHECK_EQ_INT(rkb_json_each(s, 1000, count, &n, &err), RKB_OK);
    CHECK_STR(err.msg, "");
    CHECK_EQ_INT(n, 20000);
    rkb_stream_close(s);
    rkb_buf_release(&text);
}

static void a_long_element_meets_its_limit(void)
{
    size_t n = (size_t)4 << 20;
    char *text = rkb_new(n, 1);

    for (int lines = 0; lines < 2; lines++) {
        struct rkb_err err = { 0 };
        struct rkb_buf out = { 0 };

        memset(text, 'x', n);
        text[0] = lines ? ' ' : '[';
        text[1] = '"';
        CHECK_EQ_INT(each(text, n, 1000, &out, &err), RKB_E_LIMIT);
        CHECK_STR(err.msg, "<memory>:1: the element is longer than 1000 bytes");
        rkb_buf_release(&out);
    }
    rkb_free(text);
}

static void an_element_of_just_the_limit_is_given(void)
{
    struct rkb_err err = { 0 };
    struct rkb_buf out = { 0 };

    CHECK_EQ_INT(each("[\"ab\",1]", 8, 4, &out, &err), RKB_OK);
    CHECK_EQ_INT(each("\"ab\"\n1\n", 7, 4, &out, &err), RKB_OK);
    CHECK_EQ_INT(each("[\"abc\",1]", 9, 4, &out, &err), RKB_E_LIMIT);
    CHECK_EQ_INT(each("\"abc\"\n1\n", 8, 4, &out, &err), RKB_E_LIMIT);
    rkb_buf_release(&out);
}

TESTS(TEST(elements_come_with_their_lines),
      TEST(a_broken_array_is_refused_with_its_line),
      TEST(the_callback_can_end_the_walk),
      TEST(a_large_array_goes_by_in_a_small_buffer),
      TEST(a_long_element_meets_its_limit),
      TEST(an_element_of_just_the_limit_is_given))
