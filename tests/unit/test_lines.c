/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/lines.h"

#include "tests/io_fixture.h"

/* "NO@OFFSET=LINE|" for each line, then the message of an error. */
static void check_lines(const char *text, size_t len, size_t max_bytes,
                        const char *want)
{
    struct rkb_lines in = { .max_bytes = max_bytes };
    struct rkb_stream *s = NULL;
    struct rkb_err err = { 0 };
    char got[1000] = "";
    size_t n = 0;
    rkb_sv line;

    rkb_stream_from_memory(&s, text, len);
    rkb_lines_from(&in, s);
    while (rkb_lines_next(&in, &line))
        n += (size_t)snprintf(got + n, sizeof(got) - n, "%zu@%llu=%.*s|",
                              in.line_no, (unsigned long long)in.offset,
                              (int)line.len, line.at);
    CHECK(rkb_lines_status(&in, &err) == in.failed.code);
    snprintf(got + n, sizeof(got) - n, "%s", err.msg);
    CHECK_STR(got, want);
    rkb_lines_close(&in);
}

static void lines_come_with_number_and_offset(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "" },
        { "a", "1@0=a|" },
        { "a\n", "1@0=a|" },
        { "\n", "1@0=|" },
        { "a\n\nbc\r\nd", "1@0=a|2@2=|3@3=bc\r|4@7=d|" },
        { "\xef\xbb\xbf"
          "a\nb\n",
          "1@3=a|2@5=b|" },
        { "\xef\xbb\xbf", "" },
        { "\xef\xbb", "1@0=\xef\xbb|" },
        { "a\n\xef\xbb\xbf", "1@0=a|2@2=\xef\xbb\xbf|" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++)
        check_lines(cases[i].text, strlen(cases[i].text), 0, cases[i].want);
}

static void nul_bytes_are_bytes(void)
{
    struct rkb_lines in = { 0 };
    struct rkb_stream *s = NULL;
    rkb_sv line;

    rkb_stream_from_memory(&s, "a\0b\nc", 5);
    rkb_lines_from(&in, s);
    CHECK(rkb_lines_next(&in, &line) && line.len == 3 &&
          memcmp(line.at, "a\0b", 3) == 0);
    CHECK(rkb_lines_next(&in, &line) && rkb_sv_is(line, "c"));
    CHECK(!rkb_lines_next(&in, &line));
    CHECK(!rkb_lines_next(&in, &line));
    rkb_lines_close(&in);
}

static void a_line_over_the_limit_is_refused(void)
{
    check_lines("ab\nabc\nx", 8, 3, "1@0=ab|2@3=abc|3@7=x|");
    check_lines("ab\nabcd\nx", 9, 3,
                "1@0=ab|<memory>:2: the line is longer than 3 bytes");
    check_lines("\nd", 2, 1, "1@0=|2@1=d|");
    check_lines("ab\nabcd", 7, 3,
                "1@0=ab|<memory>:2: the line is longer than 3 bytes");
}

static void a_huge_line_is_not_read_to_its_end(void)
{
    size_t n = (size_t)100 << 20;
    const char *path = fixture_text("huge", "");
    struct rkb_lines in = { .max_bytes = 1 << 20 };
    struct rkb_err err = { 0 };
    rkb_sv line;

    /* A hole: NUL bytes that take no room. */
    CHECK(truncate(path, (off_t)n) == 0);
    if (!CHECK(!rkb_lines_open(&in, path, &err)))
        return;
    CHECK(!rkb_lines_next(&in, &line));
    CHECK_EQ_INT(rkb_lines_status(&in, &err), RKB_E_LIMIT);
    CHECK(in.cap <= (size_t)4 << 20);
    rkb_lines_close(&in);
}

/* Lines of all lengths around the buffer's size: each is right, and so are
 * number and offset. */
static void lines_cross_the_buffer_anywhere(void)
{
    size_t n = (size_t)3 << 20, at = 0, k = 0;
    char *text = rkb_new(n, 1);
    const char *path;
    struct rkb_lines in = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv line;

    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + i % 23);
    for (size_t i = 0; i < n; i += 1 + i % 70001)
        text[i] = '\n';
    path = fixture_file("lines", text, n);
    if (!CHECK(!rkb_lines_open(&in, path, &err)))
        return;
    while (rkb_lines_next(&in, &line)) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t len = end ? (size_t)(end - text) - at : n - at;

        k++;
        if (!CHECK(in.line_no == k && in.offset == at && line.len == len &&
                   memcmp(line.at, text + at, len) == 0))
            break;
        at += len + 1;
    }
    CHECK_EQ_INT(rkb_lines_status(&in, &err), RKB_OK);
    CHECK(at == n || at == n + 1);
    rkb_lines_close(&in);
    rkb_free(text);
}

static void read_errors_are_kept(void)
{
    struct bytes gz = gzip_bytes("line one\nline two\n", 18);
    struct rkb_lines in = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv line;

    CHECK(!rkb_lines_open(&in, fixture_file("c.gz", gz.at, gz.len - 1), &err));
    while (rkb_lines_next(&in, &line))
        ;
    CHECK(!rkb_lines_next(&in, &line));
    CHECK_EQ_INT(rkb_lines_status(&in, &err), RKB_E_DATA);
    CHECK(strstr(err.msg, "c.gz' is cut short") != NULL);
    rkb_lines_close(&in);
    rkb_free(gz.at);
}

static void a_file_that_is_not_there_is_reported(void)
{
    struct rkb_lines in = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv line;

    CHECK_EQ_INT(rkb_lines_open(&in, "/no/such", &err), RKB_E_IO);
    CHECK(!rkb_lines_next(&in, &line));
    CHECK_EQ_INT(rkb_lines_status(&in, &err), RKB_E_IO);
    rkb_lines_close(&in);
    rkb_lines_close(&in);
}

static void clean_up(void)
{
    fixture_done();
}

TESTS(TEST(lines_come_with_number_and_offset), TEST(nul_bytes_are_bytes),
      TEST(a_line_over_the_limit_is_refused),
      TEST(a_huge_line_is_not_read_to_its_end),
      TEST(lines_cross_the_buffer_anywhere), TEST(read_errors_are_kept),
      TEST(a_file_that_is_not_there_is_reported), TEST(clean_up))
