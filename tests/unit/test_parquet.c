/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/parquet.h"

#include "base/io/file.h"
#include "tests/parquet_fixture.h"

#define DATA "tests/data/parquet/"

enum { REQUIRED = 0, OPTIONAL = 1, REPEATED = 2 };
enum { BOOLEAN = 0, INT32 = 1, INT96 = 3, BYTES = 6 };

/* All rows, or what was read before an error. */
static enum rkb_status rows_of(struct rkb_parquet *p, struct rkb_buf *to,
                               size_t *n, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    bool more = true;

    *n = 0;
    while (!rc && more) {
        rc = rkb_parquet_next(p, to, &more, err);
        *n += !rc && more;
    }
    return rc;
}

static enum rkb_status read_bytes(rkb_sv bytes, const char *const *columns,
                                  struct rkb_buf *to, struct rkb_err *err)
{
    struct rkb_parquet *p;
    enum rkb_status rc = rkb_parquet_from_memory(&p, "x", bytes, columns, err);
    size_t n;

    if (rc)
        return rc;
    rc = rows_of(p, to, &n, err);
    if (!rc)
        CHECK_EQ_INT(n, rkb_parquet_rows(p));
    rkb_parquet_close(p);
    return rc;
}

static rkb_sv whole(struct rkb_arena *a, const char *path)
{
    struct rkb_err err = { 0 };
    rkb_sv bytes = { 0 };

    if (!CHECK(rkb_file_read(a, path, 1 << 20, &bytes, &err) == RKB_OK))
        printf("# %s\n", err.msg);
    return bytes;
}

static void files_of_every_writer_give_the_same_rows(void)
{
    static const char *const rows[][2] = {
        { "arrow-gzip-v1.parquet", "kinds.jsonl" },
        { "arrow-zstd-v2.parquet", "kinds.jsonl" },
        { "hyparquet-snappy.parquet", "kinds.jsonl" },
        { "hyparquet-plain.parquet", "kinds.jsonl" },
        { "parquetjs-gzip-v2.parquet", "kinds-repeated.jsonl" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_buf got = { 0 };
        struct rkb_err err = { 0 };
        struct rkb_parquet *p;
        size_t n = 0;
        rkb_sv want =
            whole(&a, rkb_arena_printf(&a, DATA "kinds/%s", rows[i][1]));

        if (!CHECK(rkb_parquet_open(
                       &p, rkb_arena_printf(&a, DATA "kinds/%s", rows[i][0]),
                       NULL, &err) == RKB_OK))
            return;
        if (!CHECK(rows_of(p, &got, &n, &err) == RKB_OK))
            printf("# %s: %s\n", rows[i][0], err.msg);
        CHECK_EQ_INT(n, 60);
        CHECK_EQ_INT(rkb_parquet_rows(p), 60);
        if (!CHECK(rkb_sv_eq(rkb_buf_view(&got), want)))
            printf("# %s\n", rows[i][0]);
        rkb_parquet_close(p);
        rkb_buf_release(&got);
        rkb_arena_release(&a);
    }
}

static void columns_come_in_the_order_asked_for(void)
{
    static const char *const some[] = { "words", "none", "id", NULL };
    struct rkb_arena a = { 0 };
    struct rkb_buf got = { 0 };
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(read_bytes(whole(&a, DATA "kinds/arrow-zstd-v2.parquet"), some,
                            &got, &err),
                 RKB_OK);
    CHECK(rkb_sv_starts(rkb_buf_view(&got),
                        "{\"words\":[null],\"id\":\"row 0\"}\n"));
    rkb_buf_release(&got);
    rkb_arena_release(&a);
}

static void check_says(rkb_sv bytes, const char *const *columns,
                       enum rkb_status code, const char *says)
{
    struct rkb_buf got = { 0 };
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(read_bytes(bytes, columns, &got, &err), code);
    if (!CHECK(strstr(err.msg, says) != NULL))
        printf("# got  '%s'\n# want '%s' in it\n", err.msg, says);
    rkb_buf_release(&got);
}

static void what_is_not_read_is_named(void)
{
    static const char *const id[] = { "id", NULL };
    struct rkb_arena a = { 0 };
    struct rkb_buf got = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv delta = whole(&a, DATA "kinds/delta.parquet");

    check_says(delta, NULL, RKB_E_DATA,
               "x:1: column 'n64': encoding DELTA_BINARY_PACKED is not read");
    check_says(whole(&a, DATA "kinds/brotli.parquet"), NULL, RKB_E_DATA,
               "x:1: column 'id': compression BROTLI is not read");
    CHECK_EQ_INT(read_bytes(delta, id, &got, &err), RKB_OK);
    rkb_buf_release(&got);
    rkb_arena_release(&a);
}

static void a_file_cut_anywhere_is_refused(void)
{
    struct rkb_arena a = { 0 };
    rkb_sv all = whole(&a, DATA "kinds/hyparquet-plain.parquet");

    for (size_t n = 0; n < all.len; n++) {
        struct rkb_buf got = { 0 };
        struct rkb_err err = { 0 };

        if (!CHECK(read_bytes((rkb_sv){ all.at, n }, NULL, &got, &err) !=
                   RKB_OK))
            printf("# at %zu\n", n);
        rkb_buf_release(&got);
    }
    rkb_arena_release(&a);
}

/* Another byte anywhere is an error or other values, never another count. */
static void a_wrong_byte_never_changes_how_many_rows_there_are(void)
{
    struct rkb_arena a = { 0 };
    rkb_sv all = whole(&a, "tests/fuzz/corpus/parquet/parquetjs.parquet");

    char *bytes = rkb_arena_new(&a, all.len + 1, 1);

    memcpy(bytes, all.at, all.len);
    for (size_t i = 0; i < all.len; i++) {
        struct rkb_buf got = { 0 };
        struct rkb_err err = { 0 };

        bytes[i] = (char)(all.at[i] ^ 0x11);
        (void)read_bytes((rkb_sv){ bytes, all.len }, NULL, &got, &err);
        bytes[i] = all.at[i];
        rkb_buf_release(&got);
    }
    rkb_arena_release(&a);
}

static void foreign_and_encrypted_files_are_told_apart(void)
{
    check_says(rkb_sv_of("{\"id\": 1}\n{}\n"), NULL, RKB_E_DATA,
               "is no Parquet file");
    check_says(rkb_sv_of("PAR1....PARE"), NULL, RKB_E_DATA, "encrypted");
    check_says(rkb_sv_of("PARE........PARE"), NULL, RKB_E_DATA, "encrypted");
    check_says(rkb_sv_of("PAR1"), NULL, RKB_E_DATA, "cut short");
    check_says(rkb_sv_of("PAR1....."), NULL, RKB_E_DATA, "cut short");
    check_says(rkb_sv_of("PAR1\377\377\377\177PAR1"), NULL, RKB_E_LIMIT,
               "footer larger than 67108864 bytes");
    check_says(rkb_sv_of("PAR1\377\1\1\1PAR1"), NULL, RKB_E_DATA,
               "larger than the file");
}

/* ---- single faults --------------------------------------------------------- */

static const struct made_node text_node[] = { { "t", BYTES, REQUIRED, 0, 0 } };
static const struct made_node maybe_node[] = { { "t", BYTES, OPTIONAL, 0, 0 } };
static const struct made_node many_node[] = { { "t", BYTES, REPEATED, 0, 0 } };

#define LIT(text) (text), sizeof(text) - 1

static void check_made(struct made *m, const struct made_node *nodes, size_t n,
                       enum rkb_status code, const char *says)
{
    made_end(m, nodes, n);
    if (code) {
        check_says(rkb_buf_view(&m->file), NULL, code, says);
    } else {
        struct rkb_buf got = { 0 };
        struct rkb_err err = { 0 };

        if (!CHECK(read_bytes(rkb_buf_view(&m->file), NULL, &got, &err) ==
                   RKB_OK))
            printf("# %s\n", err.msg);
        CHECK_STR(got.at ? got.at : "", says);
        rkb_buf_release(&got);
    }
    rkb_buf_release(&m->file);
}

/* One page of two rows of column t. */
static void check_page(const struct made_node *node, int encoding,
                       const void *bytes, size_t n, int n_values,
                       enum rkb_status code, const char *says)
{
    struct made m = { .n_rows = 2 };

    made_column(&m, node->type);
    made_page(&m, 0, n_values, encoding, bytes, n);
    check_made(&m, node, 1, code, says);
}

static void values_and_levels_must_add_up(void)
{
    check_page(text_node, 0, LIT("\1\0\0\0a\1\0\0\0b"), 2, RKB_OK,
               "{\"t\":\"a\"}\n{\"t\":\"b\"}\n");
    check_page(text_node, 0, LIT("\1\0\0\0a\1\0\0\0"), 2, RKB_E_DATA,
               "x:2: column 't': damaged page: values are missing");
    check_page(text_node, 0, LIT("\1\0\0\0a\377\377\377\377b"), 2, RKB_E_DATA,
               "values are missing");
    check_page(text_node, 0, LIT("\1\0\0\0a\1\0\0\0b"), 1, RKB_E_DATA,
               "has fewer rows than its group");
    check_page(text_node, 0, LIT("\1\0\0\0a\1\0\0\0b\1\0\0\0c"), 3, RKB_E_DATA,
               "has more rows than its group");
    check_page(text_node, 0, LIT("\1\0\0\0a\1\0\0\0\377"), 2, RKB_E_DATA,
               "x:2: column 't': invalid UTF-8 at byte 1");
    check_page(maybe_node, 0, LIT("\2\0\0\0\3\1\1\0\0\0b"), 2, RKB_OK,
               "{\"t\":\"b\"}\n{}\n");
    check_page(maybe_node, 0, LIT("\2\0\0\0\2\1\1\0\0\0b"), 2, RKB_E_DATA,
               "x:1: column 't': damaged page: levels are missing");
    check_page(maybe_node, 0, LIT("\377\0\0\0\2\1\1\0\0\0b"), 2, RKB_E_DATA,
               "levels are missing");
    check_page(maybe_node, 0, LIT("\2\0\0\0\4\3\1\0\0\0b"), 2, RKB_E_DATA,
               "a level higher than the schema's");
}

static void lists_begin_and_end_with_their_rows(void)
{
    /* reps 0 1 0, defs 1 1 0 */
    check_page(many_node, 0, LIT("\2\0\0\0\3\2\2\0\0\0\3\3\1\0\0\0a\1\0\0\0b"),
               3, RKB_OK, "{\"t\":[\"a\",\"b\"]}\n{\"t\":[]}\n");
    check_page(many_node, 0, LIT("\2\0\0\0\3\3\2\0\0\0\3\3\1\0\0\0a\1\0\0\0b"),
               3, RKB_E_DATA, "x:1: column 't': a row begins inside a list");
    check_page(many_node, 0, LIT("\2\0\0\0\3\2\2\0\0\0\3\2\1\0\0\0a\1\0\0\0b"),
               3, RKB_E_DATA, "a list without elements goes on");
    check_page(many_node, 0, LIT("\2\0\0\0\3\2\2\0\0\0\3\5\1\0\0\0a\1\0\0\0b"),
               3, RKB_E_DATA, "a list without elements goes on");
}

static void old_lists_of_two_levels_are_read(void)
{
    static const struct made_node two[] = {
        { "t", -1, OPTIONAL, 1, 3 }, { "array", BYTES, REPEATED, 0, -1 }
    };
    struct made m = { .n_rows = 3 };

    /* null, [], ["a"]: reps 0 0 0, defs 0 1 2 */
    made_column(&m, BYTES);
    made_page(&m, 0, 3, 0, LIT("\2\0\0\0\6\0\3\0\0\0\3\44\0\1\0\0\0a"));
    check_made(&m, two, 2, RKB_OK, "{}\n{\"t\":[]}\n{\"t\":[\"a\"]}\n");
}

static void check_dictionary(const void *bytes, size_t n, const char *indices,
                             size_t n_indices, enum rkb_status code,
                             const char *says)
{
    struct made m = { .n_rows = 2 };

    made_column(&m, BYTES);
    made_page(&m, 2, 2, 0, bytes, n);
    made_page(&m, 0, 2, 8, indices, n_indices);
    check_made(&m, text_node, 1, code, says);
}

static void dictionaries_are_checked(void)
{
    struct made m = { .n_rows = 2 };

    check_dictionary(LIT("\1\0\0\0a\1\0\0\0b"), LIT("\1\3\1"), RKB_OK,
                     "{\"t\":\"b\"}\n{\"t\":\"a\"}\n");
    check_dictionary(LIT("\1\0\0\0a\1\0\0\0b"), LIT("\2\3\2\0"), RKB_E_DATA,
                     "x:1: column 't': damaged page: an index outside its "
                     "dictionary");
    check_dictionary(LIT("\1\0\0\0a\1\0\0\0b"), LIT("\41\3\2\0"), RKB_E_DATA,
                     "indices of more than 32 bits");
    check_dictionary(LIT("\1\0\0\0a\1\0\0\0b"), LIT(""), RKB_E_DATA,
                     "values are missing");
    check_dictionary(LIT("\1\0\0\0a"), LIT("\1\3\1"), RKB_E_DATA,
                     "a dictionary shorter than it says");
    made_column(&m, BYTES);
    made_page(&m, 0, 2, 8, LIT("\1\3\1"));
    check_made(&m, text_node, 1, RKB_E_DATA, "values without their dictionary");
}

static void pages_lie_in_the_file_and_match_their_checksum(void)
{
    struct made m = { .n_rows = 2, .wrong_crc = true };
    struct made_chunk *c = made_column(&m, BYTES);

    made_page(&m, 0, 2, 0, LIT("\1\0\0\0a\1\0\0\0b"));
    check_made(&m, text_node, 1, RKB_E_DATA, "its checksum does not match");

    m = (struct made){ .n_rows = 2 };
    c = made_column(&m, BYTES);
    made_page(&m, 0, 2, 0, LIT("\1\0\0\0a\1\0\0\0b"));
    c->start = 4000;
    check_made(&m, text_node, 1, RKB_E_DATA, "lies outside the file");

    m = (struct made){ .n_rows = 2 };
    c = made_column(&m, BYTES);
    made_page(&m, 0, 2, 0, LIT("\1\0\0\0a\1\0\0\0b"));
    c->encrypted = true;
    check_made(&m, text_node, 1, RKB_E_DATA, "x:1: column 't': is encrypted");

    m = (struct made){ .n_rows = 2 };
    c = made_column(&m, INT32);
    made_page(&m, 0, 2, 0, LIT("\1\0\0\0a\1\0\0\0b"));
    check_made(&m, text_node, 1, RKB_E_DATA, "its type is not the schema's");

    m = (struct made){ .n_rows = 2 };
    made_column(&m, BYTES);
    rkb_buf_text(&m.file, "\x15\xff\xff\xff");
    check_made(&m, text_node, 1, RKB_E_DATA, "has fewer rows");

    m = (struct made){ .n_rows = 2 };
    c = made_column(&m, BYTES);
    made_page(&m, 0, 2, 0, LIT("\1\0\0\0a\1\0\0\0b"));
    c->n_values = 1;
    check_made(&m, text_node, 1, RKB_E_DATA, "more values than its column has");
}

static void columns_of_other_shapes_are_named(void)
{
    static const struct {
        struct made_node nodes[4];
        size_t n;
        const char *says;
    } rows[] = {
        { { { "when", INT96, REQUIRED, 0, -1 } }, 1, "INT96 is not read" },
        { { { "when", INT32, REQUIRED, 0, 6 } }, 1, "DATE is not read" },
        { { { "sum", BYTES, REQUIRED, 0, 5 } }, 1, "DECIMAL is not read" },
        { { { "meta", -1, OPTIONAL, 1, -1 }, { "url", BYTES, OPTIONAL, 0, 0 } },
          2,
          "column 'meta': a struct is not read" },
        { { { "meta", -1, OPTIONAL, 1, 1 },
            { "key_value", -1, REPEATED, 2, -1 },
            { "key", BYTES, REQUIRED, 0, 0 },
            { "value", BYTES, OPTIONAL, 0, 0 } },
          4,
          "a map is not read" },
        { { { "l", -1, OPTIONAL, 1, 3 },
            { "array", -1, REPEATED, 1, -1 },
            { "x", BYTES, REQUIRED, 0, 0 } },
          3,
          "a list of structs is not read" },
    };
    static const char *const none[] = { NULL };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct made m = { .n_rows = 0 };
        struct rkb_buf got = { 0 };
        struct rkb_err err = { 0 };

        for (size_t k = 0; k < rows[i].n; k++)
            if (rows[i].nodes[k].n_children == 0)
                made_column(&m, rows[i].nodes[k].type);
        made_end(&m, rows[i].nodes, rows[i].n);
        check_says(rkb_buf_view(&m.file), NULL, RKB_E_DATA, rows[i].says);
        CHECK_EQ_INT(read_bytes(rkb_buf_view(&m.file), none, &got, &err),
                     RKB_OK);
        rkb_buf_release(&m.file);
    }
}

static void several_files_are_one_stream(void)
{
    static const char *const paths[] = { DATA "kinds/hyparquet-plain.parquet",
                                         DATA "kinds/arrow-gzip-v1.parquet" };
    struct rkb_arena a = { 0 };
    rkb_sv want = whole(&a, DATA "kinds/kinds.jsonl");
    struct rkb_buf got = { 0 };
    struct rkb_err err = { 0 };
    struct rkb_stream *s;
    size_t n = 1;

    if (!CHECK(rkb_parquet_stream(&s, "both", paths, 2, NULL, &err) == RKB_OK))
        return;
    while (n > 0) {
        char block[1000];

        if (!CHECK(rkb_stream_read(s, block, sizeof block, &n, &err) == RKB_OK))
            break;
        rkb_buf_add(&got, block, n);
    }
    CHECK_STR(rkb_stream_name(s), "both");
    CHECK_EQ_INT(got.len, 2 * want.len);
    CHECK(rkb_sv_starts(rkb_buf_view(&got), want.at));
    CHECK(rkb_sv_ends(rkb_buf_view(&got), want.at));
    rkb_stream_close(s);
    rkb_buf_release(&got);
    rkb_arena_release(&a);
}

TESTS(TEST(files_of_every_writer_give_the_same_rows),
      TEST(columns_come_in_the_order_asked_for),
      TEST(what_is_not_read_is_named), TEST(a_file_cut_anywhere_is_refused),
      TEST(a_wrong_byte_never_changes_how_many_rows_there_are),
      TEST(foreign_and_encrypted_files_are_told_apart),
      TEST(values_and_levels_must_add_up),
      TEST(lists_begin_and_end_with_their_rows),
      TEST(old_lists_of_two_levels_are_read), TEST(dictionaries_are_checked),
      TEST(pages_lie_in_the_file_and_match_their_checksum),
      TEST(columns_of_other_shapes_are_named),
      TEST(several_files_are_one_stream))
