/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/stream.h"

#include "tests/io_fixture.h"

static const struct fixture_entry scifact[] = {
    { "scifact/queries.jsonl", "q\n" },
    { "scifact/corpus.jsonl", "corpus, the larger one of the files\n" },
    { "scifact/qrels/test.tsv", "t\n" },
    { "__MACOSX/scifact/._corpus.jsonl", "clutter" },
    { "scifact/.DS_Store", "clutter" },
};

/* The text of one file, or NULL. */
static char *text_of(struct rkb_tree *t, const char *name, struct rkb_err *err)
{
    struct rkb_stream *s = NULL;
    size_t len;

    return rkb_tree_stream(t, name, &s, err) ? NULL
                                             : read_stream(s, 5, &len, err);
}

static void check_text(struct rkb_tree *t, const char *name, const char *want)
{
    struct rkb_err err = { 0 };
    char *at = text_of(t, name, &err);

    CHECK_STR(err.msg, "");
    CHECK_STR(at, want);
    rkb_free(at);
}

static void check_scifact(const char *path)
{
    struct rkb_err err = { 0 };
    struct rkb_tree *t = NULL;

    if (!CHECK(rkb_tree_open(&t, path, &err) == RKB_OK)) {
        printf("# %s\n", err.msg);
        return;
    }
    CHECK_EQ_INT(rkb_tree_count(t), 3);
    CHECK_STR(rkb_tree_name(t, 0), "corpus.jsonl");
    CHECK_STR(rkb_tree_name(t, 1), "qrels/test.tsv");
    CHECK_STR(rkb_tree_name(t, 2), "queries.jsonl");
    CHECK(rkb_tree_has(t, "qrels/test.tsv"));
    CHECK(!rkb_tree_has(t, "qrels"));
    check_text(t, "qrels/test.tsv", "t\n");
    check_text(t, "corpus.jsonl", "corpus, the larger one of the files\n");
    check_text(t, "queries.jsonl", "q\n");
    CHECK(text_of(t, "qrels/dev.tsv", &err) == NULL);
    CHECK_EQ_INT(err.code, RKB_E_IO);
    CHECK(strstr(err.msg, "holds no 'qrels/dev.tsv'") != NULL);
    rkb_tree_close(t);
}

static void zip_and_tar_read_alike(void)
{
    static const struct {
        const char *format, *filter;
    } kinds[] = { { "zip", "none" },
                  { "gnutar", "none" },
                  { "ustar", "gzip" },
                  { "pax", "zstd" } };

    for (size_t i = 0; i < RKB_COUNT(kinds); i++) {
        struct bytes b = archive_bytes(kinds[i].format, kinds[i].filter,
                                       scifact, RKB_COUNT(scifact));

        printf("# %s %s\n", kinds[i].format, kinds[i].filter);
        check_scifact(fixture_file("archive", b.at, b.len));
        rkb_free(b.at);
    }
}

static void a_folder_reads_like_an_archive(void)
{
    char path[512];

    snprintf(path, sizeof(path), "%s", fixture_path("folder"));
    mkdir(path, 0755);
    mkdir(fixture_path("folder/qrels"), 0755);
    mkdir(fixture_path("folder/.hidden"), 0755);
    fixture_text("folder/.hidden/x", "x");
    fixture_text("folder/queries.jsonl", "q\n");
    fixture_text("folder/corpus.jsonl", scifact[1].text);
    fixture_text("folder/qrels/test.tsv", "t\n");
    CHECK(symlink("nowhere", fixture_path("folder/dangling")) == 0);
    check_scifact(path);
}

static void a_circle_of_links_ends(void)
{
    struct rkb_err err = { 0 };
    struct rkb_tree *t = NULL;

    mkdir(fixture_path("circle"), 0755);
    fixture_text("circle/x", "x");
    CHECK(symlink(".", fixture_path("circle/again")) == 0);
    if (!CHECK(!rkb_tree_open(&t, fixture_path("circle"), &err)))
        return;
    CHECK(rkb_tree_count(t) < 100);
    CHECK(rkb_tree_has(t, "x"));
    rkb_tree_close(t);
}

static void packed_names_are_tried_and_decoded(void)
{
    struct bytes gz = gzip_bytes("packed\n", 7);
    struct rkb_err err = { 0 };
    struct rkb_tree *t = NULL;

    mkdir(fixture_path("packed"), 0755);
    fixture_file("packed/a.tsv.gz", gz.at, gz.len);
    if (CHECK(!rkb_tree_open(&t, fixture_path("packed"), &err))) {
        check_text(t, "a.tsv", "packed\n");
        check_text(t, "a.tsv.gz", "packed\n");
        CHECK(!rkb_tree_has(t, "a.tsv"));
    }
    rkb_tree_close(t);
    rkb_free(gz.at);
}

static void one_file_at_the_top_keeps_all_names(void)
{
    static const struct fixture_entry files[] = { { "a/x", "1" },
                                                  { "b", "2" } };
    struct bytes b = archive_bytes("zip", "none", files, 2);
    struct rkb_err err = { 0 };
    struct rkb_tree *t = NULL;

    if (CHECK(!rkb_tree_open(&t, fixture_file("z.zip", b.at, b.len), &err))) {
        CHECK_STR(rkb_tree_name(t, 0), "a/x");
        check_text(t, "b", "2");
    }
    rkb_tree_close(t);
    rkb_free(b.at);
}

static void names_in_utf8_are_kept(void)
{
    static const struct fixture_entry files[] = { { "x/caf\xc3\xa9", "1" },
                                                  { "x/caf\xc3\xa8", "2" } };
    /* The zip writer marks names as UTF-8 by locale; here the flag is set by
     * hand: bit 11 in each header, local ("PK34") and central ("PK12"). */
    struct bytes b = archive_bytes("zip", "none", files, 2);
    struct rkb_err err = { 0 };
    struct rkb_tree *t = NULL;

    for (size_t i = 0; i + 4 < b.len; i++) {
        if (memcmp(b.at + i, "PK\3\4", 4) == 0)
            b.at[i + 7] |= 8;
        if (memcmp(b.at + i, "PK\1\2", 4) == 0)
            b.at[i + 9] |= 8;
    }
    if (CHECK(!rkb_tree_open(&t, fixture_file("u.zip", b.at, b.len), &err))) {
        check_text(t, "caf\xc3\xa9", "1");
        check_text(t, "caf\xc3\xa8", "2");
    }
    rkb_tree_close(t);
    rkb_free(b.at);
}

static void check_refused(const char *path, enum rkb_status code,
                          const char *want)
{
    struct rkb_err err = { 0 };
    struct rkb_tree *t = NULL;

    CHECK_EQ_INT(rkb_tree_open(&t, path, &err), code);
    CHECK(t == NULL);
    if (!CHECK(strstr(err.msg, want) != NULL))
        printf("# message: %s\n", err.msg);
}

static void names_that_lead_out_are_refused(void)
{
    static const char *const names[] = { "../x", "a/../../x", "a/..", "/etc/x",
                                         "./../x" };

    for (size_t i = 0; i < RKB_COUNT(names); i++) {
        struct fixture_entry e = { names[i], "x" };
        struct bytes zip = archive_bytes("zip", "none", &e, 1);
        struct bytes tar = archive_bytes("gnutar", "none", &e, 1);

        printf("# %s\n", names[i]);
        check_refused(fixture_file("out.zip", zip.at, zip.len), RKB_E_DATA,
                      "leads out of the archive");
        check_refused(fixture_file("out.tar", tar.at, tar.len), RKB_E_DATA,
                      "leads out of the archive");
        rkb_free(zip.at);
        rkb_free(tar.at);
    }
}

static void the_same_name_twice_is_refused(void)
{
    static const struct fixture_entry files[] = { { "x", "1" }, { "x", "2" } };
    struct bytes b = archive_bytes("zip", "none", files, 2);

    check_refused(fixture_file("twice.zip", b.at, b.len), RKB_E_DATA,
                  "holds 'x' twice");
    rkb_free(b.at);
}

static void a_cut_zip_is_refused(void)
{
    struct bytes b = archive_bytes("zip", "none", scifact, RKB_COUNT(scifact));

    for (size_t n = 2; n < b.len; n += 13)
        check_refused(fixture_file("cut.zip", b.at, n), RKB_E_DATA,
                      "is cut short or not a zip archive");
    rkb_free(b.at);
}

static void a_damaged_member_is_found_out(void)
{
    struct bytes b = archive_bytes("zip", "none", scifact, 2);
    struct rkb_err err = { 0 };
    struct rkb_tree *t = NULL;
    char *at = memmem(b.at, b.len, "corpus.jsonl", 12);

    /* The CRC in the directory at the end stays; a data byte changes. */
    if (!CHECK(at != NULL))
        return;
    at[12 + 30] ^= 1;
    if (CHECK(!rkb_tree_open(&t, fixture_file("crc.zip", b.at, b.len), &err))) {
        CHECK(text_of(t, "corpus.jsonl", &err) == NULL);
        CHECK_EQ_INT(err.code, RKB_E_DATA);
        CHECK(strstr(err.msg, "crc.zip:corpus.jsonl' is corrupt") != NULL);
        printf("# %s\n", err.msg);
    }
    rkb_tree_close(t);
    rkb_free(b.at);
}

static void other_files_are_refused(void)
{
    struct bytes gz = gzip_bytes("no tar in here", 14);

    check_refused(fixture_text("plain", "just text\n"), RKB_E_DATA,
                  "neither a folder nor a zip or tar archive");
    check_refused(fixture_text("empty", ""), RKB_E_DATA,
                  "neither a folder nor a zip or tar archive");
    check_refused(fixture_file("x.gz", gz.at, gz.len), RKB_E_DATA,
                  "neither a folder nor a zip or tar archive");
    check_refused("/no/such/tree", RKB_E_IO, "No such file");
    rkb_free(gz.at);
}

static void a_cut_tar_is_an_error(void)
{
    struct bytes b =
        archive_bytes("ustar", "none", scifact, RKB_COUNT(scifact));

    check_refused(fixture_file("cut.tar", b.at, 1024 + 700), RKB_E_DATA,
                  "is cut short");
    rkb_free(b.at);
    b = archive_bytes("ustar", "gzip", scifact, RKB_COUNT(scifact));
    check_refused(fixture_file("cut.tgz", b.at, b.len - 9), RKB_E_DATA,
                  "is cut short");
    rkb_free(b.at);
}

static void the_known_collection_reads(void)
{
    const char *path = rkb_test_data("beir/scifact.zip");
    struct rkb_err err = { 0 };
    struct rkb_tree *t = NULL;
    struct rkb_stream *s = NULL;
    size_t len = 0;

    if (!path)
        return;
    if (!CHECK(!rkb_tree_open(&t, path, &err)))
        return;
    CHECK_EQ_INT(rkb_tree_count(t), 4);
    if (CHECK(!rkb_tree_stream(t, "corpus.jsonl", &s, &err)))
        rkb_free(read_stream(s, 65536, &len, &err));
    CHECK_EQ_INT(len, 8106566);
    rkb_tree_close(t);
}

static void clean_up(void)
{
    rkb_tree_close(NULL);
    fixture_done();
}

TESTS(TEST(zip_and_tar_read_alike), TEST(a_folder_reads_like_an_archive),
      TEST(a_circle_of_links_ends), TEST(packed_names_are_tried_and_decoded),
      TEST(one_file_at_the_top_keeps_all_names), TEST(names_in_utf8_are_kept),
      TEST(names_that_lead_out_are_refused),
      TEST(the_same_name_twice_is_refused), TEST(a_cut_zip_is_refused),
      TEST(a_damaged_member_is_found_out), TEST(other_files_are_refused),
      TEST(a_cut_tar_is_an_error), TEST(the_known_collection_reads),
      TEST(clean_up))
