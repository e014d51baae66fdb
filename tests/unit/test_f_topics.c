/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/formats_fixture.h"

#define QUERIES RKB_PART_QUERIES

/* As TREC's first tracks have them: nothing is closed but the topic. */
#define OLD                                                     \
    "\n<top>\n\n<num> Number: 301\n<title> Topic: Tea & Milk\n" \
    "\n<desc> Description:\nHow hot < 95 should\ntea  be?\n\n"  \
    "<narr> Narrative:\nA page <b>with</b> degrees.\n\n</top>\n"
#define XML                                                                 \
    "<?xml version=\"1.0\"?>\n<!-- two -->\n<topics task='x > y'>\n"        \
    "<topic number=\"1\" type=\"faceted\">\n <query>tea &amp; milk</query>" \
    "\n <question>how <i>hot</i>?</question>\n <narrative>\n  a\n  b\n "    \
    "</narrative>\n</topic>\n<topic number=\"&#x32;\"><query>a < b</query>" \
    "<question><![CDATA[x<y>z &amp; c]]></question><narrative/></topic>\n"  \
    "</topics>\n"

static void check_field(const char *text, const char *field, const char *want)
{
    struct told t = { 0 };
    const struct rkb_sink sink = told_sink(&t, QUERIES);
    struct rkb_err err = { 0 };

    if (!CHECK(rkb_format_read(fixture_text("a", text), QUERIES, NULL, field,
                               &sink, &err) == RKB_OK))
        printf("# %s\n", err.msg);
    CHECK_STR(t.text.at ? t.text.at : "", want);
    rkb_buf_release(&t.text);
}

static void check_bad(const char *text, const char *field, enum rkb_status code,
                      const char *says)
{
    struct told t = { 0 };
    const struct rkb_sink sink = told_sink(&t, QUERIES);
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_format_read(fixture_text("a", text), QUERIES, NULL, field,
                                 &sink, &err),
                 code);
    if (!CHECK(strstr(err.msg, says) != NULL))
        printf("# got  '%s'\n# want '%s' in it\n", err.msg, says);
    rkb_buf_release(&t.text);
}

static void old_form_needs_no_closing_tags(void)
{
    check_field(OLD, NULL, "q 301|Tea & Milk\n");
    check_field(OLD, "title", "q 301|Tea & Milk\n");
    check_field(OLD, "desc", "q 301|How hot < 95 should tea be?\n");
    check_field(OLD, "description", "q 301|How hot < 95 should tea be?\n");
    check_field(OLD, "NARR", "q 301|A page <b>with</b> degrees.\n");
    check_field("<top>\n<num>1\n<title>a\n<top>\n<num>2\n<title>b\n", NULL,
                "q 1|a\nq 2|b\n");
    check_field("<top><num> Number: 007 <title> a <desc> b</top>", NULL,
                "q 007|a\n");
}

static void closing_tags_are_honoured_where_they_are(void)
{
    check_field("<top>\n<num>Number: 1</num>\n<title>a</title>\n"
                "<desc>b\n<c> d</desc></top>\n",
                "desc", "q 1|b d\n");
    check_field("<top><num>1</num><title>a</titel>\n<desc>b</desc></top>", NULL,
                "q 1|a\n");
}

static void xml_has_its_number_in_the_tag_or_in_a_field(void)
{
    check_field(XML, NULL, "q 1|tea & milk\nq 2|a < b\n");
    check_field(XML, "question", "q 1|how hot ?\nq 2|x<y>z &amp; c\n");
    check_field(XML, "narr", "q 1|a b\nq 2|\n");
    check_field("<topics><topic><number>4</number><title>x</title></topic>"
                "</topics>",
                NULL, "q 4|x\n");
    check_field("<topics><topic number='4'>\n Text of\nits own. </topic>"
                "</topics>",
                NULL, "q 4|Text of its own.\n");
}

static void only_xml_entities_are_decoded(void)
{
    check_field("<top><num>1<title>&lt;b&gt; &quot;&apos; AT&T &eacute; "
                "&#233;&#x1F375; &#0; &#xD800; &#99999999;</top>",
                NULL,
                "q 1|<b> \"' AT&T &eacute; \xc3\xa9\xf0\x9f\x8d\xb5 &#0; "
                "&#xD800; &#99999999;\n");
}

static void faults_are_told_with_their_line(void)
{
    check_bad("<top>\n<num> Number:\n<title>a\n</top>", NULL, RKB_E_DATA,
              "a:1: empty query id");
    check_bad("<top>\n<title>a\n</top>", NULL, RKB_E_DATA,
              "a:1: a topic without 'num'");
    check_bad("<top><num>1<title>a</top>\n<top>\n<num>2\n<desc>b</top>", NULL,
              RKB_E_DATA, "a:2: topic '2' has no 'title', but num, desc");
    check_bad(XML, "title", RKB_E_DATA, "has no 'title', but query, question");
    check_bad("<topics>\n<topic number='1'><summary>a</summary></topic>"
              "</topics>",
              NULL, RKB_E_USAGE, "a:2: a topic has neither 'title' nor");
    check_bad("<topics><topic number='1'><query>a</query></topic>\n<topic "
              "number='2'><query>b</query>\n",
              NULL, RKB_E_DATA, "a:2: a topic without its '</topic>'");
    check_bad("<topics><topic number='1'><query>a</query></topic>\n", NULL,
              RKB_E_DATA, "is cut short: no '</topics>'");
    check_bad("<topics>\n<topic number='1'><query>a</query>b</topic></topics>",
              NULL, RKB_E_DATA, "a:2: text that is in no field");
    check_bad("<topics><topic number='1'><query>a</query></topic>\nb</topics>",
              NULL, RKB_E_DATA, "text outside of a topic");
    check_bad("<top><num>1</num><title>a</title>\n<title>b</title></top>", NULL,
              RKB_E_DATA, "a:2: a second 'title' in a topic");
    check_bad("<top><num>1<title>a\n\xff</top>", NULL, RKB_E_DATA,
              "a:2: invalid UTF-8");
    check_bad("<top><num>1\001<title>a</top>", NULL, RKB_E_DATA,
              "control byte in query id");
    check_text_refused("topics", QUERIES, "<x>\n", "no topic in '");
    check_text_refused("topics", QUERIES, "1\ta\n", "text outside of a topic");
}

static void size_of_a_topic_is_bounded(void)
{
    size_t n = (size_t)300 << 10;
    char *text = malloc(n + 1);

    memset(text, 'x', n);
    text[n] = '\0';
    memcpy(text, "<top><num>1<title>", 18);
    check_bad(text, NULL, RKB_E_LIMIT, "a topic of more than");
    memset(text, ' ', n);
    memcpy(text, "<top><num>1<title>a", 19);
    for (size_t i = 20; i + 10 < 4000; i += 8)
        memcpy(text + i, "\n<a>x", 5);
    check_bad(text, NULL, RKB_E_LIMIT, "more than");
    free(text);
    fixture_done();
}

TESTS(TEST(old_form_needs_no_closing_tags),
      TEST(closing_tags_are_honoured_where_they_are),
      TEST(xml_has_its_number_in_the_tag_or_in_a_field),
      TEST(only_xml_entities_are_decoded),
      TEST(faults_are_told_with_their_line), TEST(size_of_a_topic_is_bounded))
