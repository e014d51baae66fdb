/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "base/sv.h"
#include "tests/tap.h"

static void a_failure_has_its_code_and_message(void)
{
    struct rkb_err err;

    CHECK_EQ_INT(rkb_fail(&err, RKB_E_DATA, "bad grade '%s'", "x"), RKB_E_DATA);
    CHECK_EQ_INT(err.code, RKB_E_DATA);
    CHECK_STR(err.msg, "bad grade 'x'");
}

static void each_layer_puts_its_part_before_the_message(void)
{
    struct rkb_err err;

    rkb_fail(&err, RKB_E_DATA, "bad grade 'x'");
    CHECK_EQ_INT(rkb_wrap(&err, "%s:%d", "qrels.tsv", 12), RKB_E_DATA);
    CHECK_EQ_INT(rkb_wrap(&err, "cannot load dataset '%s'", "dev"), RKB_E_DATA);
    CHECK_STR(err.msg,
              "cannot load dataset 'dev': qrels.tsv:12: bad grade 'x'");
}

static void a_message_may_be_made_of_itself(void)
{
    struct rkb_err err;

    rkb_fail(&err, RKB_E_IO, "time-out");
    rkb_fail(&err, RKB_E_INCOMPLETE, "%s after 3 tries", err.msg);
    CHECK_STR(err.msg, "time-out after 3 tries");
    rkb_wrap(&err, "%s", err.msg);
    CHECK_STR(err.msg, "time-out after 3 tries: time-out after 3 tries");
}

static void no_control_byte_or_broken_text_passes(void)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "", "" },
        { "plain", "plain" },
        { "a\x1b[31m\nb\tc\x7f", "a?[31m?b?c?" },
        { "\xC2\x9B"
          "31m",
          "??31m" },
        { "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xEF\xBF\xBD",
          "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xEF\xBF\xBD" },
        { "a\x80\xFFz", "a??z" },
        { "\xE2\x82", "??" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_err err;

        rkb_fail(&err, RKB_E_DATA, "%s", rows[i].in);
        CHECK_STR(err.msg, rows[i].out);
    }
}

/* Whatever the offset, no half of a character is left at the end. */
static void a_long_message_is_cut_between_characters(void)
{
    for (int offset = 0; offset < 4; offset++) {
        struct rkb_err err;
        char text[1200];
        size_t n = (size_t)offset;

        memset(text, 'x', n);
        while (n + 4 < sizeof(text)) {
            memcpy(text + n, "\xF0\x9F\x98\x80", 4);
            n += 4;
        }
        text[n] = '\0';
        rkb_fail(&err, RKB_E_DATA, "%s", text);
        CHECK(strlen(err.msg) >= sizeof(err.msg) - 4);
        CHECK(rkb_sv_is_utf8(rkb_sv_of(err.msg), NULL));
        CHECK(!strchr(err.msg, '?'));
        CHECK(strncmp(err.msg, text, strlen(err.msg)) == 0);
    }
}

static void a_long_prefix_leaves_the_cause_visible(void)
{
    struct rkb_err err;
    char path[2000];

    memset(path, 'p', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    rkb_fail(&err, RKB_E_DATA, "bad grade 'x'");
    rkb_wrap(&err, "%s", path);
    CHECK_EQ_INT(strlen(err.msg), RKB_ERR_PREFIX_MAX + 2 + 13);
    CHECK(strstr(err.msg, "ppp: bad grade 'x'") != NULL);
    rkb_wrap(&err, "%s", path);
    rkb_wrap(&err, "%s", path);
    CHECK_EQ_INT(strlen(err.msg), sizeof(err.msg) - 1);
}

static void statuses_leave_the_program_as_their_exit_codes(void)
{
    static const struct {
        enum rkb_status rc;
        int code;
    } rows[] = {
        { RKB_OK, 0 },        { RKB_E_INCOMPLETE, 1 }, { RKB_E_USAGE, 2 },
        { RKB_E_DATA, 3 },    { RKB_E_IO, 4 },         { RKB_E_STOPPED, 5 },
        { RKB_E_NOMEM, 6 },   { RKB_E_UNSURE, 7 },     { RKB_E_LIMIT, 3 },
        { RKB_E_REFUSED, 4 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        CHECK_EQ_INT(rkb_exit_code(rows[i].rc), rows[i].code);
}

TESTS(TEST(a_failure_has_its_code_and_message),
      TEST(each_layer_puts_its_part_before_the_message),
      TEST(a_message_may_be_made_of_itself),
      TEST(no_control_byte_or_broken_text_passes),
      TEST(a_long_message_is_cut_between_characters),
      TEST(a_long_prefix_leaves_the_cause_visible),
      TEST(statuses_leave_the_program_as_their_exit_codes))
