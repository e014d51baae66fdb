/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/formats_fixture.h"

#define ALL (RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_HITS)

static const char older[] =
    "[\n {\"query\": \"red\", \"hits\": [\n"
    "  {\"content\": \"a rose\", \"qid\": 7, \"docid\": \"d9\", \"rank\": 3, "
    "\"score\": 2.5},\n"
    "  {\"content\": \"a brick\", \"qid\": 7, \"docid\": 12, \"rank\": 1, "
    "\"score\": 3}]}\n]\n";

static void older_list_takes_the_query_id_from_the_hits(void)
{
    check_gives(fixture_text("a", older), ALL, NULL,
                "q 7|red\nd d9||a rose\nh 7|d9|1|2.5\nd 12||a brick\n"
                "h 7|12|2|3\n");
}

static void json_lines_and_list_give_the_same(void)
{
#define ONE                                                               \
    "{\"query\": {\"text\": \"red\", \"qid\": \"q1\"}, \"candidates\": [" \
    "{\"docid\": \"a\", \"score\": 1e1, \"doc\": {\"title\": \"T\", "     \
    "\"segment\": \"S\", \"body\": \"B\"}}]}"
#define TWO "{\"query\": {\"qid\": 2, \"text\": \"\"}, \"candidates\": []}"
    const char *want = "q q1|red\nd a|T|S\nh q1|a|1|10\nq 2|\n";

    check_gives(fixture_text("a", ONE "\n\n" TWO "\n"), ALL, NULL, want);
    check_gives(fixture_text("a", "[" ONE "," TWO "]"), ALL, NULL, want);
    check_gives(fixture_text("a", ONE "\n" TWO), RKB_PART_HITS, NULL,
                "h q1|a|1|10\n");
}

static void document_may_be_text_object_or_json_in_a_string(void)
{
    static const char *const docs[][2] = {
        { "\"doc\": \"plain {text}\"", "|plain {text}" },
        { "\"doc\": {\"contents\": \"c\"}", "|c" },
        { "\"doc\": {\"passage\": \"p\", \"title\": \"t\"}", "t|p" },
        { "\"doc\": \" {\\\"text\\\": \\\"in \\\\\\\"quotes\\\\\\\"\\\"}\"",
          "|in \"quotes\"" },
        { "\"text\": \"beside\", \"title\": \"t\"", "t|beside" },
        { "\"doc\": null, \"content\": \"c\"", "|c" },
    };
    char file[600], want[200];

    for (size_t i = 0; i < RKB_COUNT(docs); i++) {
        snprintf(file, sizeof(file),
                 "{\"query\": {\"text\": \"x\", \"qid\": \"1\"}, "
                 "\"candidates\": [{\"docid\": \"a\", %s}]}",
                 docs[i][0]);
        snprintf(want, sizeof(want), "d a|%s\nh 1|a|1|none\n", docs[i][1]);
        check_gives(fixture_text("a", file), RKB_PART_DOCS | RKB_PART_HITS,
                    NULL, want);
    }
}

static void candidate_without_text_is_a_hit_only(void)
{
    check_gives(fixture_text("a", "{\"query\": {\"text\": \"x\", \"qid\": 1}, "
                                  "\"candidates\": [{\"docid\": \"a\"}]}"),
                ALL, NULL, "q 1|x\nh 1|a|1|none\n");
}

static void faulty_requests_are_named(void)
{
    static const char *const rows[][2] = {
        { "{\"query\": \"x\", \"hits\": []}",
          "bad:1: a request without a 'qid'" },
        { "{\"query\": \"x\", \"qid\": 1}",
          "bad:1: no list 'candidates' or 'hits'" },
        { "{\"query\": {\"qid\": 1}, \"hits\": []}",
          "bad:1: no text of the query" },
        { "\n[{\"query\": \"x\", \"qid\": 1, \"hits\": []},\n"
          "{\"query\": \"x\", \"qid\": 1, \"hits\": [{}]}]",
          "bad:3: query '1', candidate 1: no 'docid'" },
        { "{\"query\": \"x\", \"qid\": 1, \"hits\": [{\"docid\": \"\"}]}",
          "candidate 1: empty document id" },
        { "{\"query\": \"x\", \"qid\": 1, \"hits\": [{\"docid\": \"a\", "
          "\"score\": \"high\"}]}",
          "candidate 1: 'score' is no finite number" },
        { "{\"query\": \"x\", \"qid\": 1, \"hits\": [{\"docid\": \"a\", "
          "\"score\": 1e999}]}",
          "candidate 1: 'score' is no finite number" },
        { "{\"query\": \"x\", \"hits\": [{\"docid\": \"a\", \"qid\": 1}, "
          "{\"docid\": \"b\", \"qid\": 2}]}",
          "hits of the queries '1' and '2' in one request" },
        { "{\"query\": \"x\", \"qid\": 1, \"hits\": [{\"docid\": \"a\", "
          "\"doc\": \"{\"}]}",
          "the JSON in 'doc'" },
        { "[]", "holds no request" },
        { "[{\"query\": \"x\"", "bad:1: " },
        { "{\"query\": \"\xff\", \"hits\": []}", "bad:1: " },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        check_text_refused("rank-llm", ALL, rows[i][0], rows[i][1]);
}

static void published_requests_have_their_counts(void)
{
    static const struct {
        const char *path;
        size_t n_queries, n_hits;
    } rows[] = { { "dl19/bm25.requests.json", 43, 4300 },
                 { "dl20/bm25.requests.json", 54, 5400 } };

    fixture_done();
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const char *path = rkb_test_data(rows[i].path);
        struct told t = { 0 };
        const struct rkb_sink sink = told_sink(&t, ALL);
        struct rkb_err err = { 0 };

        if (!path)
            return;
        CHECK_EQ_INT(rkb_format_read(path, ALL, NULL, NULL, &sink, &err),
                     RKB_OK);
        CHECK_EQ_INT(t.n, rows[i].n_queries + 2 * rows[i].n_hits);
        rkb_buf_release(&t.text);
    }
}

TESTS(TEST(older_list_takes_the_query_id_from_the_hits),
      TEST(json_lines_and_list_give_the_same),
      TEST(document_may_be_text_object_or_json_in_a_string),
      TEST(candidate_without_text_is_a_hit_only),
      TEST(faulty_requests_are_named),
      TEST(published_requests_have_their_counts))
