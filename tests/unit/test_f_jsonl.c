/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/formats_fixture.h"

static void keys_are_found_from_the_first_line(void)
{
    static const struct {
        const char *line, *want;
        unsigned part;
    } rows[] = {
        { "{\"_id\":\"1\",\"title\":\"t\",\"text\":\"x\"}", "d 1|t|x\n",
          RKB_PART_DOCS },
        { "{\"_id\":\"1\",\"title\":\"t\",\"text\":\"x\"}", "q 1|x\n",
          RKB_PART_QUERIES },
        { "{\"id\":\"1\",\"contents\":\"x\"}", "d 1||x\n", RKB_PART_DOCS },
        { "{\"id\":\"1\",\"content\":\"x\"}", "d 1||x\n", RKB_PART_DOCS },
        { "{\"pid\":\"p\",\"passage\":\"x\",\"docid\":\"d\"}", "d p||x\n",
          RKB_PART_DOCS },
        { "{\"docid\":\"d\",\"title\":\"t\",\"segment\":\"x\"}", "d d|t|x\n",
          RKB_PART_DOCS },
        { "{\"qid\":3,\"query\":\"x\"}", "q 3|x\n", RKB_PART_QUERIES },
        { "{\"query_id\":3,\"text\":\"x\"}", "q 3|x\n", RKB_PART_QUERIES },
        { "{\"q_id\":\"a\",\"p_id\":\"b\",\"score\":2}", "g a|b|2\n",
          RKB_PART_GRADES },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        check_gives(fixture_text("a", rows[i].line), rows[i].part, NULL,
                    rows[i].want);
}

static void other_lines_must_have_the_same_keys(void)
{
    check_refused(fixture_text("a", "{\"id\":\"1\",\"contents\":\"x\"}\n\n"
                                    "{\"id\":\"2\",\"text\":\"x\"}\n"),
                  RKB_PART_DOCS, NULL, RKB_E_DATA, "a:3: no 'contents'");
    check_refused(fixture_text("a", "{\"id\":\"1\",\"contents\":\"x\"}\n"
                                    "{\"id\":[],\"contents\":\"x\"}\n"),
                  RKB_PART_DOCS, NULL, RKB_E_DATA, "a:2: ");
    check_text_refused("jsonl", RKB_PART_DOCS, "{\"a\":1}\n",
                       "no documents in '");
}

static void queries_and_documents_are_not_guessed_apart(void)
{
    check_refused(fixture_text("a", "{\"id\":\"1\",\"text\":\"x\"}\n"),
                  RKB_PART_DOCS | RKB_PART_QUERIES, NULL, RKB_E_USAGE,
                  "may hold queries or documents");
}

static void folder_of_pieces_is_one_corpus(void)
{
    struct bytes gz = gzip_bytes(BYTES("{\"id\":\"3\",\"contents\":\"z\"}\n"));

    fixture_deep("pieces/b.jsonl", "{\"pid\":\"2\",\"passage\":\"y\"}\n");
    fixture_deep("pieces/a.json", "{\"id\":\"1\",\"contents\":\"x\"}\n");
    fixture_file("pieces/c.gz", gz.at, gz.len);
    rkb_free(gz.at);
    check_gives(fixture_path("pieces"), RKB_PART_DOCS, NULL,
                "d 1||x\nd 2||y\nd 3||z\n");
    fixture_deep("pieces/d.jsonl", "{\"nothing\":\"1\"}\n");
    check_refused(fixture_path("pieces"), RKB_PART_DOCS, NULL, RKB_E_DATA,
                  "d.jsonl: no documents in its first line");
    fixture_done();
}

TESTS(TEST(keys_are_found_from_the_first_line),
      TEST(other_lines_must_have_the_same_keys),
      TEST(queries_and_documents_are_not_guessed_apart),
      TEST(folder_of_pieces_is_one_corpus))
