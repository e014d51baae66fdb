/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/trec_run.h"

#include "base/buf.h"
#include "base/io/lines.h"
#include "base/mem.h"
#include "base/rng.h"
#include "tests/io_fixture.h"

enum { BLOCK = 256 << 10 };

/* What a reading found, one line an entry, blocks in order of their text. */
struct found {
    struct rkb_monitor *monitor;
    struct rkb_buf text;
    size_t n_blocks, n_entries;
    uint64_t sum; /* of the hashes of all entries, in any order */
    rkb_sv tag;
    struct rkb_arena arena;
};

static void add_entry(struct rkb_buf *b, rkb_sv qid, rkb_sv docid, rkb_sv rank,
                      double score)
{
    const rkb_sv fields[] = { qid, docid, rank };

    /* Not by "%.*s": under sanitizers that looks for the end of the text,
     * which is the end of the block. */
    for (size_t i = 0; i < RKB_COUNT(fields); i++) {
        rkb_buf_sv(b, fields[i]);
        rkb_buf_char(b, '|');
    }
    rkb_buf_printf(b, "%.17g\n", score);
}

static enum rkb_status on_block(void *ctx, const struct rkb_run_block *block,
                                size_t worker, struct rkb_err *err)
{
    struct found *f = ctx;
    struct rkb_buf b = { 0 };

    (void)worker;
    (void)err;
    rkb_monitor_lock(f->monitor);
    f->n_blocks++;
    f->n_entries += block->n;
    for (size_t i = 0; i < block->n; i++) {
        rkb_buf_reset(&b);
        add_entry(&b, block->qid, block->entries[i].docid,
                  block->ranks ? block->ranks[i] : (rkb_sv){ "", 0 },
                  block->entries[i].score);
        f->sum += rkb_sv_hash(rkb_buf_view(&b));
        rkb_buf_sv(&f->text, rkb_buf_view(&b));
    }
    rkb_monitor_unlock(f->monitor);
    rkb_buf_release(&b);
    return RKB_OK;
}

static enum rkb_status read_run(struct found *f, const char *path,
                                size_t threads, struct rkb_err *err)
{
    struct rkb_pool *pool = rkb_pool_open(threads);
    const struct rkb_run_want want = { .block = on_block,
                                       .ctx = f,
                                       .ranks = true };

    *f = (struct found){ .monitor = rkb_monitor_new() };
    enum rkb_status rc =
        rkb_run_read(path, pool, &want, &f->arena, &f->tag, err);

    rkb_pool_close(pool);
    return rc;
}

static void found_release(struct found *f)
{
    rkb_monitor_free(f->monitor);
    rkb_buf_release(&f->text);
    rkb_arena_release(&f->arena);
}

/* The same, line by line with the parser that has no shortcuts. */
struct plain {
    struct rkb_buf text;
    uint64_t sum;
    size_t n_entries, n_stretches;
};

static void plain_read(struct plain *p, rkb_sv text)
{
    struct rkb_buf b = { 0 };
    rkb_sv rest = text, line, before = { 0 };

    *p = (struct plain){ 0 };
    while (rkb_sv_split(&rest, '\n', &line)) {
        struct rkb_run_line got;
        const char *why;

        if (rkb_run_line_parse(line, &got, &why) != RKB_RUN_LINE_OK)
            continue;
        rkb_buf_reset(&b);
        add_entry(&b, got.qid, got.docid, got.rank, got.score);
        p->sum += rkb_sv_hash(rkb_buf_view(&b));
        rkb_buf_sv(&p->text, rkb_buf_view(&b));
        p->n_entries++;
        p->n_stretches += !before.at || !rkb_sv_eq(before, got.qid);
        before = got.qid;
    }
    rkb_buf_release(&b);
}

/* ThreadSanitizer takes minutes for what is longer than two blocks; whether
 * threads race shows in the shorter texts. */
#if defined(__SANITIZE_THREAD__)
enum { LONGEST = BLOCK + (64 << 10) };
#else
enum { LONGEST = 1 << 30 };
#endif

/* The file holds the text, plain or packed: all threads find the same. */
static void check_file(const char *path, rkb_sv text)
{
    static const size_t threads[] = { 1, 2, 4, 7 };
    struct plain want;

    if (text.len > (size_t)LONGEST)
        return;
    plain_read(&want, text);
    for (size_t i = 0; i < RKB_COUNT(threads); i++) {
        struct found got;
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(read_run(&got, path, threads[i], &err), RKB_OK);
        CHECK_STR(err.msg, "");
        CHECK_EQ_INT(got.n_entries, want.n_entries);
        CHECK_EQ_INT(got.n_blocks, want.n_stretches);
        CHECK(got.sum == want.sum);
        if (threads[i] == 1)
            CHECK(rkb_sv_eq(rkb_buf_view(&got.text), rkb_buf_view(&want.text)));
        found_release(&got);
    }
    rkb_buf_release(&want.text);
}

static void check_text(const struct rkb_buf *b)
{
    rkb_sv text = rkb_buf_view(b);
    const char *path = fixture_file("run", text.at, text.len);

    check_file(path, text);
}

static void lines(struct rkb_buf *b, const char *qid, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rkb_buf_printf(b, "%s Q0 d%zu %zu %zu.5 tag\n", qid, i, i + 1, n - i);
}

/* Lines of one length, so that a line ends just before, at and just behind
 * the end of a block, also where the query changes there. */
static void blocks_may_end_anywhere(void)
{
    for (int shift = -3; shift <= 3; shift++)
        for (unsigned query_len = 0; query_len < 2; query_len++) {
            struct rkb_buf b = { 0 };
            size_t target = (size_t)(BLOCK + shift), n = 0;

            while (b.len + 80 < target) {
                rkb_buf_printf(&b, "q%05zu Q0 doc%07zu 1 2.5 tag\n",
                               query_len ? n / 100 : n, n);
                n++;
            }
            size_t pad = target - b.len - (sizeof("last 0  1 1 t\n") - 1);

            rkb_buf_text(&b, "last 0 ");
            for (size_t i = 0; i < pad; i++)
                rkb_buf_char(&b, 'x');
            rkb_buf_text(&b, " 1 1 t\n");
            for (size_t i = 0; i < 3; i++)
                rkb_buf_printf(&b, "%s 0 d%zu 1 1 t\n", i ? "next" : "last", i);
            check_text(&b);
            rkb_buf_release(&b);
        }
}

static void a_query_may_be_larger_than_a_block(void)
{
    struct rkb_buf b = { 0 };

    lines(&b, "small", 10);
    lines(&b, "large", 40000);
    lines(&b, "after", 10);
    lines(&b, "larger", 50000);
    check_text(&b);
    rkb_buf_release(&b);
}

/* One of these ends each block; the query goes on behind it. */
static void blank_lines_and_comments_do_not_part_a_query(void)
{
    static const char *const between[] = { "\n",
                                           "# note\n",
                                           "  \n",
                                           "\r\n",
                                           " # q 1\n",
                                           "  q 0 e%zu 1 1 t\n",
                                           "q\t0\te%zu\t1\t1\tt\n" };

    for (size_t k = 0; k < RKB_COUNT(between); k++) {
        struct rkb_buf b = { 0 };

        lines(&b, "before", 5);
        for (size_t i = 0; b.len < (size_t)BLOCK * 3 / 2; i++) {
            rkb_buf_printf(&b, "q Q0 d%zu 1 2 t\n", i);
            for (size_t j = 0; j < 1 + i % 4; j++) {
                rkb_sv text = rkb_sv_of(between[k]);
                const char *percent = strchr(between[k], '%');

                if (!percent) {
                    rkb_buf_sv(&b, text);
                    continue;
                }
                rkb_buf_add(&b, text.at, (size_t)(percent - text.at));
                rkb_buf_printf(&b, "%zu", i * 4 + j);
                rkb_buf_text(&b, percent + 3);
            }
        }
        lines(&b, "after", 5);
        check_text(&b);
        rkb_buf_release(&b);
    }
}

static void comments_alone_fill_blocks(void)
{
    struct rkb_buf b = { 0 };

    while (b.len < (size_t)BLOCK * 3)
        rkb_buf_text(&b, "# nothing here\n\n");
    lines(&b, "q", 3);
    while (b.len < (size_t)BLOCK * 6)
        rkb_buf_text(&b, "# nothing here\n\n");
    check_text(&b);
    rkb_buf_release(&b);
}

/* "1" is the beginning of "10" and of "1 ", and a query may be the beginning
 * of the next. */
static void queries_that_begin_alike_are_told_apart(void)
{
    static const char *const qids[] = { "1",  "10",   "1",       "100",
                                        "10", "\xc3", "\xc3\xa9" };
    struct rkb_buf b = { 0 };

    for (size_t i = 0; b.len < (size_t)BLOCK * 3; i++)
        lines(&b, qids[i % RKB_COUNT(qids)], i % 3000);
    check_text(&b);
    rkb_buf_release(&b);
}

static void lines_may_be_of_any_length(void)
{
    static const size_t sizes[] = { 1,         20,    40,        63,    64,
                                    65,        100,   300,       4000,  9999,
                                    BLOCK - 1, BLOCK, BLOCK + 1, 700000 };
    struct rkb_buf b = { 0 };

    for (size_t turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < RKB_COUNT(sizes); i++) {
            rkb_buf_printf(&b, "q%zu 0 ", turn ? i : i / 3);
            for (size_t k = 0; k < sizes[i]; k++)
                rkb_buf_char(&b, (char)('a' + k % 26));
            rkb_buf_printf(&b, "%zu 1 0.5 t\n", i);
        }
    check_text(&b);
    rkb_buf_release(&b);
}

static void the_last_line_needs_no_newline(void)
{
    struct rkb_buf b = { 0 };

    rkb_buf_text(&b, "q 0 d 1 2.5 t");
    check_text(&b);
    lines(&b, "\nr", 9000);
    b.len--;
    check_text(&b);
    rkb_buf_release(&b);
}

static void files_of_nothing_have_no_blocks(void)
{
    static const char *const texts[] = { "", "\n", "\n\n", "#", "  ", "# x\n" };

    for (size_t i = 0; i < RKB_COUNT(texts); i++) {
        struct found got;
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(read_run(&got, fixture_text("none", texts[i]), 2, &err),
                     RKB_OK);
        CHECK_EQ_INT(got.n_blocks, 0);
        CHECK_EQ_INT(got.tag.len, 0);
        found_release(&got);
    }
}

static void interleaved_queries_come_as_many_blocks(void)
{
    struct rkb_buf b = { 0 };

    for (size_t i = 0; b.len < (size_t)BLOCK * 2; i++)
        rkb_buf_printf(&b, "q%zu 0 d%zu 1 %zu t\n", i % 97, i, i % 1000);
    check_text(&b);
    rkb_buf_release(&b);
}

static void packed_files_are_read_alike(void)
{
    struct rkb_buf b = { 0 };

    for (size_t i = 0; i < 40; i++) {
        char qid[16];

        snprintf(qid, sizeof(qid), "q%zu", i);
        lines(&b, qid, 1000);
    }
    const struct fixture_entry entry = { "run", b.at };
    struct bytes gz = gzip_bytes(b.at, b.len);
    struct bytes zst = archive_bytes("raw", "zstd", &entry, 1);

    check_file(fixture_file("run.gz", gz.at, gz.len), rkb_buf_view(&b));
    check_file(fixture_file("run.zst", zst.at, zst.len), rkb_buf_view(&b));
    rkb_free(gz.at);
    rkb_free(zst.at);
    rkb_buf_release(&b);
}

static void the_tag_is_that_of_the_last_line(void)
{
    struct rkb_buf b = { 0 };

    for (size_t i = 0; i < 20000; i++)
        rkb_buf_printf(&b, "q%zu 0 d%zu 1 1 tag%zu\n", i / 100, i, i);
    rkb_buf_text(&b, "\n# the end\n");
    const char *path = fixture_file("tags", b.at, b.len);

    for (size_t threads = 1; threads < 6; threads++) {
        struct found got;
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(read_run(&got, path, threads, &err), RKB_OK);
        CHECK(rkb_sv_is(got.tag, "tag19999"));
        found_release(&got);
    }
    rkb_buf_release(&b);
}

/* ---- the short way and the long way -------------------------------------- */

static void random_number(struct rkb_rng *rng, struct rkb_buf *b)
{
    static const char *const odd[] = { "1e5",
                                       "-1.5E-3",
                                       "inf",
                                       "+3",
                                       "0x10",
                                       ".5",
                                       "5.",
                                       "-.25",
                                       "-0",
                                       "-0.0",
                                       "00012.5",
                                       "1.23456789",
                                       "0.1",
                                       "12345678",
                                       "1234567.12345678",
                                       "1234567.123456789",
                                       "9999999.99999999",
                                       "-9999999.99999999",
                                       "0.00000001",
                                       "18446744073709551616",
                                       "99999999999999999999.5" };

    switch (rkb_rng_below(rng, 4)) {
    case 0:
        rkb_buf_text(b, odd[rkb_rng_below(rng, RKB_COUNT(odd))]);
        break;
    case 1:
        rkb_buf_printf(b, "%.17g", (rkb_rng_unit(rng) - 0.5) * 1e6);
        break;
    default:
        rkb_buf_printf(b, "%.*f", (int)rkb_rng_below(rng, 10),
                       (rkb_rng_unit(rng) - 0.3) * 30000);
    }
}

static void random_blanks(struct rkb_rng *rng, struct rkb_buf *b, bool some)
{
    static const char *const kinds[] = { " ", "\t", "  ", " \t ", "\v", "\f" };

    if (some && rkb_rng_below(rng, 8))
        rkb_buf_char(b, ' ');
    else if (some || !rkb_rng_below(rng, 8))
        rkb_buf_text(b, kinds[rkb_rng_below(rng, RKB_COUNT(kinds))]);
}

static void random_word(struct rkb_rng *rng, struct rkb_buf *b)
{
    size_t n = rkb_rng_below(rng, rkb_rng_below(rng, 10) ? 9 : 70) + 1;

    for (size_t i = 0; i < n; i++)
        rkb_buf_char(b, "abc019-_.#\xc3\xa9"[rkb_rng_below(rng, 12)]);
}

static void random_line(struct rkb_rng *rng, struct rkb_buf *b)
{
    if (!rkb_rng_below(rng, 30)) {
        rkb_buf_text(b, rkb_rng_below(rng, 2) ? "\n" : "# x y z\n");
        return;
    }
    random_blanks(rng, b, false);
    rkb_buf_printf(b, "%llu", (unsigned long long)rkb_rng_below(rng, 3));
    random_blanks(rng, b, true);
    rkb_buf_text(b, "Q0");
    random_blanks(rng, b, true);
    random_word(rng, b);
    if (!rkb_rng_below(rng, 12)) { /* a docid with a blank */
        random_blanks(rng, b, true);
        random_word(rng, b);
    }
    random_blanks(rng, b, true);
    rkb_buf_printf(b, "%llu", (unsigned long long)rkb_rng_below(rng, 2000));
    random_blanks(rng, b, true);
    random_number(rng, b);
    random_blanks(rng, b, true);
    random_word(rng, b);
    if (!rkb_rng_below(rng, 10)) {
        random_blanks(rng, b, true);
        random_word(rng, b);
    }
    random_blanks(rng, b, false);
    rkb_buf_text(b, rkb_rng_below(rng, 10) ? "\n" : "\r\n");
}

static void the_short_way_agrees_with_the_parser(void)
{
    struct rkb_rng rng;

    rkb_rng_init(&rng, 42);
    for (unsigned turn = 0; turn < 60; turn++) {
        struct rkb_buf b = { 0 };
        size_t n = rkb_rng_below(&rng, 400) + 1;

        for (size_t i = 0; i < n; i++)
            random_line(&rng, &b);
        check_text(&b);
        rkb_buf_release(&b);
    }
}

/* ---- faults -------------------------------------------------------------- */

static void check_fault(const char *text, size_t len, const char *name,
                        enum rkb_status code, const char *want)
{
    const char *path = fixture_file(name, text, len);
    char full[1024];

    snprintf(full, sizeof(full), "%s%s", path, want);
    for (size_t threads = 1; threads < 5; threads++) {
        struct found got;
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(read_run(&got, path, threads, &err), code);
        CHECK_STR(err.msg, full);
        found_release(&got);
    }
}

static void a_bad_line_is_named_with_blanks_and_comments_counted(void)
{
    const char text[] = "# a\n\nq 0 d 1 1 t\n\r\nq 0 d 1 x t\nq 0\n";

    check_fault(text, sizeof(text) - 1, "bad", RKB_E_DATA,
                ":5: malformed line: the score is not a number");
}

static void a_byte_order_mark_is_part_of_the_first_line(void)
{
    const char text[] = "\xef\xbb\xbfq 0 d 1\nq 0 e 1 1 t\n";

    check_fault(text, sizeof(text) - 1, "bom", RKB_E_DATA,
                ":1: malformed line: fewer than six fields (qid Q0 docid rank "
                "score tag)");
}

static void a_nul_is_named_also_behind_a_good_line(void)
{
    const char text[] = "q 0 d 1 1 t\nq 0 e 2 1 t\nq 0 \0 2 1 t\n";

    check_fault(text, sizeof(text) - 1, "nul", RKB_E_DATA,
                ":3: malformed line: a NUL byte");
}

/* Two faults, blocks apart: the first is told of, whoever met which. */
static void of_several_faults_the_first_is_told(void)
{
    struct rkb_buf b = { 0 };

    for (size_t i = 0; i < 60000; i++)
        rkb_buf_printf(&b, "q%zu 0 d%zu 1 %s t\n", i / 100, i,
                       i % 9000 == 8000 ? "nan" : "1");
    check_fault(b.at, b.len, "faults", RKB_E_DATA,
                ":8001: malformed line: the score is NaN");
    rkb_buf_release(&b);
}

static void a_line_of_too_many_bytes_is_named(void)
{
    struct rkb_buf b = { 0 };

    rkb_buf_text(&b, "q 0 d 1 1 t\nq 0 ");
    while (b.len < RKB_LINE_LIMIT + 100)
        rkb_buf_text(&b, "ddddddddddddddddddddddddddddddddddddddddddddddddd");
    rkb_buf_text(&b, " 2 1 t\nq 0 e 3 1 t\n");
    const char *path = fixture_file("long", b.at, b.len);
    struct found got;
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(read_run(&got, path, 2, &err), RKB_E_LIMIT);
    CHECK(strstr(err.msg, ":2: a line of over 64 MB") != NULL);
    CHECK(got.n_entries <= 1);
    found_release(&got);
    rkb_buf_release(&b);
}

/* ---- lines found again ----------------------------------------------------- */

static void entries_are_found_by_their_line(void)
{
    const char *path = fixture_text("find", "# x\nq 0 d 1 3 t\nq 0 e 2 2 t\n"
                                            "r 0 d 1 1 t\n\nq 0 d 3 1 t\n");
    rkb_sv q = rkb_sv_of("q"), d = rkb_sv_of("d");

    CHECK_EQ_INT(rkb_run_find_line(path, q, d, 1), 2);
    CHECK_EQ_INT(rkb_run_find_line(path, q, d, 2), 6);
    CHECK_EQ_INT(rkb_run_find_line(path, q, d, 3), 0);
    CHECK_EQ_INT(rkb_run_find_line(path, rkb_sv_of("s"), d, 1), 0);
    CHECK_EQ_INT(rkb_run_find_line("-", q, d, 1), 0);
}

static void only_files_can_be_read_again(void)
{
    CHECK(rkb_run_rereadable(fixture_text("again", "")));
    CHECK(!rkb_run_rereadable("-"));
    CHECK(!rkb_run_rereadable("/dev/null"));
    CHECK(!rkb_run_rereadable("/nonexistent"));
    const char *pipe = fixture_path("pipe");

    CHECK_EQ_INT(mkfifo(pipe, 0600), 0);
    CHECK(!rkb_run_rereadable(pipe));
    fixture_done();
}

TESTS(TEST(blocks_may_end_anywhere), TEST(a_query_may_be_larger_than_a_block),
      TEST(blank_lines_and_comments_do_not_part_a_query),
      TEST(comments_alone_fill_blocks),
      TEST(queries_that_begin_alike_are_told_apart),
      TEST(lines_may_be_of_any_length), TEST(the_last_line_needs_no_newline),
      TEST(files_of_nothing_have_no_blocks),
      TEST(interleaved_queries_come_as_many_blocks),
      TEST(packed_files_are_read_alike), TEST(the_tag_is_that_of_the_last_line),
      TEST(the_short_way_agrees_with_the_parser),
      TEST(a_bad_line_is_named_with_blanks_and_comments_counted),
      TEST(a_byte_order_mark_is_part_of_the_first_line),
      TEST(a_nul_is_named_also_behind_a_good_line),
      TEST(of_several_faults_the_first_is_told),
      TEST(a_line_of_too_many_bytes_is_named),
      TEST(entries_are_found_by_their_line), TEST(only_files_can_be_read_again))
