/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/formats_fixture.h"

static void folder_gives_queries_judgments_and_documents(void)
{
    fixture_deep("clinic/query.jsonl", "{\"id\": \"q_0\", \"text\": \"ache\"}");
    fixture_deep("clinic/corpus.jsonl",
                 "{\"id\": \"p 1\", \"text\": \"rest\"}\n");
    fixture_deep("clinic/qrels.jsonl",
                 "{\"q_id\": \"q_0\", \"p_id\": \"p 1\", \"score\": 1}\n");
    check_gives(fixture_path("clinic"),
                RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES, NULL,
                "q q_0|ache\ng q_0|p 1|1\nd p 1||rest\n");
}

static void grade_must_be_a_whole_number(void)
{
    fixture_deep("clinic/query.jsonl", "{\"id\": \"q_0\", \"text\": \"ache\"}");
    fixture_deep("clinic/qrels.jsonl",
                 "{\"q_id\": \"q_0\", \"p_id\": \"p\", \"score\": 1.0}\n");
    check_refused(fixture_path("clinic"), RKB_PART_GRADES, NULL, RKB_E_DATA,
                  "qrels.jsonl:1: bad grade '1.0'");
    fixture_done();
}

TESTS(TEST(folder_gives_queries_judgments_and_documents),
      TEST(grade_must_be_a_whole_number))
