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
                  "d.jsonl:1: no document in the first line");
}

/* ---- MS MARCO v2 ----------------------------------------------------------- */

/* The line in the middle is broken, so that a scan fails. */
#define RECORD(at, text) \
    "{\"pid\":\"msmarco_passage_00_" at "\",\"passage\":\"" text "\"}\n"
#define PIECE RECORD("0", "a") "{\n" RECORD("47", "b")

struct wants {
    struct told told;
    const rkb_sv *ids;
    size_t n;
};

static bool wants_listed(void *ctx, rkb_sv docid)
{
    const struct wants *w = ctx;

    for (size_t i = 0; i < w->n; i++)
        if (rkb_sv_eq(w->ids[i], docid))
            return true;
    return false;
}

static enum rkb_status told_wanted(void *ctx, rkb_sv docid, rkb_sv title,
                                   rkb_sv text, struct rkb_err *err)
{
    struct wants *w = ctx;

    return told_doc(&w->told, docid, title, text, err);
}

/* `want` NULL: refused with `says`. */
static void check_wanted(const char *spec, const char *const *ids, size_t n,
                         const char *want, const char *says)
{
    rkb_sv views[4] = { { 0 } };
    struct wants w = { .ids = views, .n = n };
    const struct rkb_sink sink = { .ctx = &w,
                                   .wants_doc = wants_listed,
                                   .wanted = views,
                                   .n_wanted = n,
                                   .on_doc = told_wanted };
    struct rkb_err err = { 0 };
    enum rkb_status rc;

    for (size_t i = 0; i < n; i++)
        views[i] = rkb_sv_of(ids[i]);
    rkb_buf_text(&w.told.text, "");
    rc = rkb_format_read(spec, RKB_PART_DOCS, NULL, NULL, &sink, &err);
    CHECK_EQ_INT(rc, want ? RKB_OK : RKB_E_DATA);
    if (want)
        CHECK_STR(w.told.text.at, want);
    if (!CHECK(strstr(err.msg, says) != NULL))
        printf("# got '%s'\n", err.msg);
    rkb_buf_release(&w.told.text);
}

#define CHECK_WANTED(spec, want, says, ...)                               \
    check_wanted(spec, (const char *const[]){ __VA_ARGS__ },              \
                 RKB_COUNT(((const char *const[]){ __VA_ARGS__ })), want, \
                 says)

static void passage_is_read_at_the_offset_in_its_id(void)
{
    const char *folder;

    CHECK_EQ_INT(strlen(RECORD("0", "a") "{\n"), 47);
    fixture_deep("v2/msmarco_passage_00", PIECE);
    fixture_deep("v2/msmarco_passage_01", "{");
    folder = fixture_path("v2");
    CHECK_WANTED(folder,
                 "d msmarco_passage_00_0||a\nd msmarco_passage_00_47||b\n", "",
                 "msmarco_passage_00_47", "msmarco_passage_00_0");
    /* Of a file that is not needed nothing is read; the whole is scanned for
     * an id that names no file, and for statistics. */
    CHECK_WANTED(folder, NULL, "msmarco_passage_00:2: ", "msmarco_passage_7");
    check_refused(folder, RKB_PART_DOCS, NULL, RKB_E_DATA,
                  "msmarco_passage_00:2: ");
}

static void wrong_offset_has_its_file_looked_through(void)
{
    fixture_deep("v2/msmarco_passage_00",
                 RECORD("0", "a") RECORD("900", "c") RECORD("47", "d"));
    CHECK_WANTED(fixture_path("v2"), "d msmarco_passage_00_900||c\n", "",
                 "msmarco_passage_00_900");
    CHECK_WANTED(fixture_path("v2"),
                 "d msmarco_passage_00_0||a\nd msmarco_passage_00_0||a\n"
                 "d msmarco_passage_00_47||d\n",
                 "", "msmarco_passage_00_47", "msmarco_passage_00_0");
    CHECK_WANTED(fixture_path("v2"), "", "", "msmarco_passage_00_5");
}

static void packed_piece_is_scanned_if_an_id_names_it(void)
{
    struct bytes gz = gzip_bytes(BYTES(RECORD("0", "a") RECORD("47", "b")));

    fixture_deep("v2gz/msmarco_passage_01.gz", "no gzip");
    fixture_file("v2gz/msmarco_passage_00.gz", gz.at, gz.len);
    rkb_free(gz.at);
    CHECK_WANTED(fixture_path("v2gz"), "d msmarco_passage_00_47||b\n", "",
                 "msmarco_passage_00_47");
    CHECK_WANTED(fixture_path("v2gz"), NULL,
                 "msmarco_passage_01.gz:1: ", "msmarco_passage_01_0");
}

static void archive_of_pieces_is_a_corpus(void)
{
    static const struct fixture_entry pieces[] = {
        { "v2/msmarco_passage_00", RECORD("0", "a") RECORD("47", "b") },
        { "v2/msmarco_passage_01",
          "{\"pid\":\"msmarco_passage_01_0\",\"passage\":\"c\"}\n" },
    };
    static const char *const filters[] = { "none", "gzip", "zstd" };

    for (size_t i = 0; i < RKB_COUNT(filters); i++) {
        struct bytes b = archive_bytes("gnutar", filters[i], pieces, 2);
        const char *path = fixture_file("pieces.tar", b.at, b.len);

        rkb_free(b.at);
        check_gives(path, RKB_PART_DOCS, NULL,
                    "d msmarco_passage_00_0||a\nd msmarco_passage_00_47||b\n"
                    "d msmarco_passage_01_0||c\n");
        CHECK_WANTED(path, "d msmarco_passage_00_47||b\n", "",
                     "msmarco_passage_00_47");
    }
}

static void document_of_v2_has_title_and_body(void)
{
    fixture_deep("docs/msmarco_doc_00",
                 "{\"docid\":\"msmarco_doc_00_0\",\"url\":\"u\",\"title\":"
                 "\"t\",\"headings\":\"h\",\"body\":\"b\"}\n");
    check_gives(fixture_path("docs"), RKB_PART_DOCS, NULL,
                "d msmarco_doc_00_0|t|b\n");
    CHECK_WANTED(fixture_path("docs"), "d msmarco_doc_00_0|t|b\n", "",
                 "msmarco_doc_00_0");
    fixture_done();
}

TESTS(TEST(keys_are_found_from_the_first_line),
      TEST(other_lines_must_have_the_same_keys),
      TEST(queries_and_documents_are_not_guessed_apart),
      TEST(folder_of_pieces_is_one_corpus),
      TEST(passage_is_read_at_the_offset_in_its_id),
      TEST(wrong_offset_has_its_file_looked_through),
      TEST(packed_piece_is_scanned_if_an_id_names_it),
      TEST(archive_of_pieces_is_a_corpus),
      TEST(document_of_v2_has_title_and_body))
