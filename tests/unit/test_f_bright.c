/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/formats_fixture.h"
#include "tests/parquet_fixture.h"

#define GOLD (RKB_PART_QUERIES | RKB_PART_GRADES | RKB_PART_EXCLUDES)

static void make_folder(void)
{
    fixture_deep("puzzles/examples/maze.jsonl",
                 "{\"query\": \"way out\", \"reasoning\": \"\", \"id\": \"0\", "
                 "\"excluded_ids\": [\"N/A\"], \"gold_ids_long\": [], "
                 "\"gold_ids\": [\"m/left turn.txt\", \"m/b\", \"m/b\"]}\n"
                 "{\"query\": \"way in\", \"id\": 1, \"excluded_ids\": "
                 "[\"m/x\", \"m/y\", \"m/x\"], \"gold_ids\": [\"m/c\"]}\n");
    fixture_deep("puzzles/examples/riddle.jsonl",
                 "{\"query\": \"who\", \"id\": \"0\", \"excluded_ids\": [], "
                 "\"gold_ids\": [\"r\"]}\n");
    fixture_deep("puzzles/gpt4_reason/maze.jsonl",
                 "{\"query\": \"think first\", \"id\": \"0\"}\n");
    fixture_deep("puzzles/documents/maze.jsonl",
                 "{\"id\": \"m/b\", \"content\": \"text of b\"}\n");
}

static void gold_and_excluded_ids_are_emitted_once(void)
{
    make_folder();
    check_gives(fixture_path("puzzles"), GOLD, "maze",
                "q 0|way out\nq 1|way in\n"
                "g 0|m/left turn.txt|1\ng 0|m/b|1\n"
                "g 1|m/c|1\nx 1|m/x\nx 1|m/y\n");
    check_gives(fixture_path("puzzles"), RKB_PART_EXCLUDES, "maze",
                "x 1|m/x\nx 1|m/y\n");
}

static void one_file_of_examples_gives_its_ids_too(void)
{
    make_folder();
    check_gives(fixture_path("puzzles/examples/maze.jsonl"), GOLD, NULL,
                "q 0|way out\nq 1|way in\n"
                "g 0|m/left turn.txt|1\ng 0|m/b|1\n"
                "g 1|m/c|1\nx 1|m/x\nx 1|m/y\n");
    check_refused(fixture_path("puzzles/examples/maze.jsonl"), RKB_PART_DOCS,
                  NULL, RKB_E_DATA, "no documents in '");
}

static void task_may_stand_behind_the_path(void)
{
    char spec[600];

    make_folder();
    snprintf(spec, sizeof(spec), "bright:%s:maze", fixture_path("puzzles"));
    check_gives(spec, RKB_PART_DOCS, NULL, "d m/b||text of b\n");
}

static void folder_without_documents_still_gives_the_rest(void)
{
    make_folder();
    check_gives(fixture_path("puzzles"), GOLD, "riddle", "q 0|who\ng 0|r|1\n");
    check_refused(fixture_path("puzzles"), RKB_PART_DOCS, "riddle", RKB_E_DATA,
                  "no documents in '");
}

static void long_documents_have_judgments_of_their_own(void)
{
    char spec[600];

    fixture_deep("pages/examples/maze.jsonl",
                 "{\"query\": \"way out\", \"id\": \"0\", \"excluded_ids\": "
                 "[\"N/A\"], \"gold_ids\": [\"m/a_1\"], \"gold_ids_long\": "
                 "[\"m/a\"]}\n");
    fixture_deep("pages/documents/maze.jsonl",
                 "{\"id\": \"m/a_1\", \"content\": \"piece\"}\n");
    fixture_deep("pages/long_documents/maze.jsonl",
                 "{\"id\": \"m/a\", \"content\": \"whole\"}\n");
    snprintf(spec, sizeof(spec), "bright-long:%s:maze", fixture_path("pages"));
    check_gives(spec, GOLD | RKB_PART_DOCS, NULL,
                "q 0|way out\ng 0|m/a|1\nd m/a||whole\n");
    check_gives(fixture_path("pages"), GOLD | RKB_PART_DOCS, NULL,
                "q 0|way out\ng 0|m/a_1|1\nd m/a_1||piece\n");
    snprintf(spec, sizeof(spec), "bright-long:%s",
             fixture_path("pages/examples/maze.jsonl"));
    check_gives(spec, GOLD, NULL, "q 0|way out\ng 0|m/a|1\n");
    make_folder();
    snprintf(spec, sizeof(spec), "bright-long:%s:maze",
             fixture_path("puzzles"));
    check_refused(spec, GOLD, NULL, RKB_E_DATA,
                  "maze.jsonl:2: no list 'gold_ids_long'");
    check_refused(spec, RKB_PART_DOCS, NULL, RKB_E_DATA, "no documents in '");
}

static void other_query_texts_are_chosen_by_folder(void)
{
    struct told t = { 0 };
    const struct rkb_sink sink = told_sink(&t, RKB_PART_QUERIES);
    struct rkb_err err = { 0 };

    make_folder();
    CHECK_EQ_INT(rkb_format_read(fixture_path("puzzles"), RKB_PART_QUERIES,
                                 "maze", "gpt4_reason", &sink, &err),
                 RKB_OK);
    CHECK_STR(t.text.at, "q 0|think first\n");
    CHECK_EQ_INT(rkb_format_read(fixture_path("puzzles"), RKB_PART_QUERIES,
                                 "maze", "grit_reason", &sink, &err),
                 RKB_E_DATA);
    CHECK(strstr(err.msg, "no folder 'grit_reason'") != NULL);
    rkb_buf_release(&t.text);
}

static void missing_task_lists_those_that_are_there(void)
{
    make_folder();
    check_refused(fixture_path("puzzles"), GOLD, "pony", RKB_E_DATA,
                  "it has maze, riddle");
    check_refused(fixture_path("puzzles"), GOLD, NULL, RKB_E_USAGE,
                  "has several tasks, name one: maze, riddle");
}

static void faulty_records_are_named(void)
{
    static const char *const rows[][2] = {
        { "{\"query\":\"q\",\"id\":\"0\",\"excluded_ids\":[\"a\"],"
          "\"gold_ids\":[\"a\"]}",
          "t.jsonl:1: document 'a' is both gold and excluded" },
        { "{\"query\":\"q\",\"id\":\"0\",\"excluded_ids\":[]}",
          "t.jsonl:1: no list 'gold_ids'" },
        { "{\"query\":\"q\",\"id\":\"0\",\"excluded_ids\":[],"
          "\"gold_ids\":[[]]}",
          "t.jsonl:1: an id in 'gold_ids' is no string" },
        { "{\"query\":\"q\",\"id\":\"0\",\"excluded_ids\":[],"
          "\"gold_ids\":[\"\"]}",
          "t.jsonl:1: empty document id" },
        { "{\"query\":\"q\",\"excluded_ids\":[],\"gold_ids\":[]}",
          "t.jsonl:1: no 'id'" },
        { "[]", "t.jsonl:1: " },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        fixture_deep("faulty/examples/t.jsonl", rows[i][0]);
        check_refused(fixture_path("faulty"), RKB_PART_GRADES, NULL, RKB_E_DATA,
                      rows[i][1]);
    }
}

static void tasks_have_their_counts(void)
{
    static const struct {
        const char *task;
        unsigned part;
        size_t n;
    } rows[] = {
        { "biology", RKB_PART_QUERIES, 103 },
        { "biology", RKB_PART_GRADES, 372 },
        { "biology", RKB_PART_EXCLUDES, 0 },
        { "stackoverflow", RKB_PART_GRADES, 478 },
        { "leetcode", RKB_PART_QUERIES, 142 },
        { "leetcode", RKB_PART_GRADES, 262 },
        { "leetcode", RKB_PART_EXCLUDES, 33485 },
    };
    const char *path = rkb_test_data("bright");

    fixture_done();
    for (size_t i = 0; path && i < RKB_COUNT(rows); i++) {
        struct told t = { 0 };
        const struct rkb_sink sink = told_sink(&t, rows[i].part);
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(rkb_format_read(path, rows[i].part, rows[i].task, NULL,
                                     &sink, &err),
                     RKB_OK);
        CHECK_EQ_INT(t.n, rows[i].n);
        rkb_buf_release(&t.text);
    }
}

/* Another writer each: tests/data/parquet/README.md. */
static void parquet_gives_what_json_lines_give(void)
{
    static const char *const folders[] = { "tests/data/parquet/arrow",
                                           "tests/data/parquet/hyparquet",
                                           "tests/data/parquet/parquetjs" };
    struct rkb_err err = { 0 };
    struct told want = { 0 };
    struct rkb_sink sink = told_sink(&want, GOLD | RKB_PART_DOCS);

    CHECK_EQ_INT(
        rkb_format_read("demo/bright-puzzles", GOLD, NULL, NULL, &sink, &err),
        RKB_OK);
    CHECK(want.n > 88 + 12);
    for (size_t i = 0; i < RKB_COUNT(folders); i++)
        check_gives(folders[i], GOLD | RKB_PART_DOCS, NULL, want.text.at);
    rkb_buf_reset(&want.text);
    sink = told_sink(&want, GOLD);
    CHECK_EQ_INT(
        rkb_format_read("demo/bright-puzzles", GOLD, NULL, NULL, &sink, &err),
        RKB_OK);
    check_gives("tests/data/parquet/hyparquet/examples/puzzles.parquet", GOLD,
                NULL, want.text.at);
    rkb_buf_release(&want.text);
}

static void query_texts_have_short_names(void)
{
    static const char *const names[][2] = {
        { "gpt4", "What is asked: " },
        { "gpt4_reason", "What is asked: " },
        { "original", "A friend has gone" },
    };

    for (size_t i = 0; i < RKB_COUNT(names); i++) {
        struct told t = { 0 };
        const struct rkb_sink sink = told_sink(&t, RKB_PART_QUERIES);
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(rkb_format_read("tests/data/parquet/arrow",
                                     RKB_PART_QUERIES, "puzzles", names[i][0],
                                     &sink, &err),
                     RKB_OK);
        CHECK_EQ_INT(t.n, 12);
        CHECK(t.n && rkb_sv_starts(rkb_buf_view(&t.text), "q 0|") &&
              strncmp(t.text.at + 4, names[i][1], strlen(names[i][1])) == 0);
        rkb_buf_release(&t.text);
    }
}

/* Documents of one text each. */
static void make_part(const char *name, const char *id)
{
    static const char *const columns[] = { "id", "content" };
    const char *cells[] = { id, "text" };
    struct made m = { 0 };

    made_texts(&m, columns, 2, cells, 1);
    fixture_deep(name, "");
    fixture_file(name, m.file.at, m.file.len);
    rkb_buf_release(&m.file);
}

static void parts_are_read_in_order_and_none_may_be_missing(void)
{
    char spec[600];

    fixture_deep("parts/examples/t.jsonl",
                 "{\"query\":\"q\",\"id\":\"0\",\"excluded_ids\":[],"
                 "\"gold_ids\":[\"a\"]}\n");
    make_part("parts/documents/t-00000-of-00002.parquet", "a");
    snprintf(spec, sizeof(spec), "bright:%s:t", fixture_path("parts"));
    check_refused(spec, RKB_PART_DOCS, NULL, RKB_E_DATA,
                  "part 1 of 'documents/t' is missing");
    make_part("parts/documents/t-00001-of-00002.parquet", "b");
    check_gives(spec, RKB_PART_DOCS, NULL, "d a||text\nd b||text\n");
    make_part("parts/documents/u-00000-of-00001-0123456789abcdef.parquet", "u");
    check_gives(fixture_path("parts"), RKB_PART_DOCS, "u", "d u||text\n");
    make_part("parts/documents/v/0000.parquet", "v");
    make_part("parts/documents/v/0001.parquet", "w");
    check_gives(fixture_path("parts"), RKB_PART_DOCS, "v",
                "d v||text\nd w||text\n");
    make_part("parts/documents/t.parquet", "c");
    check_refused(spec, RKB_PART_DOCS, NULL, RKB_E_DATA, "of several kinds");
    fixture_deep("parts/documents/t.jsonl", "{\"id\":\"j\",\"content\":\"\"}");
    check_gives(spec, RKB_PART_DOCS, NULL, "d j||\n");
}

TESTS(TEST(gold_and_excluded_ids_are_emitted_once),
      TEST(one_file_of_examples_gives_its_ids_too),
      TEST(task_may_stand_behind_the_path),
      TEST(folder_without_documents_still_gives_the_rest),
      TEST(long_documents_have_judgments_of_their_own),
      TEST(other_query_texts_are_chosen_by_folder),
      TEST(missing_task_lists_those_that_are_there),
      TEST(faulty_records_are_named), TEST(parquet_gives_what_json_lines_give),
      TEST(query_texts_have_short_names),
      TEST(parts_are_read_in_order_and_none_may_be_missing),
      TEST(tasks_have_their_counts))
