/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/stream.h"

#include "tests/io_fixture.h"

#define BIG ((size_t)3 << 20)

/* Text that compresses a little, so that there are many blocks. */
static char *big_text(size_t n)
{
    char *at = rkb_new(n + 1, 1);
    uint32_t x = 1;

    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        at[i] = (char)('a' + (x >> 28));
    }
    return at;
}

typedef enum rkb_status open_fn(struct rkb_stream **out, const char *path,
                                struct rkb_err *err);
static open_fn *const openers[] = { rkb_stream_open, rkb_stream_open_ahead };

/* The file reads as `want` by both ways to open it, in pieces of any size. */
static void check_reads(const char *path, const char *want, size_t len)
{
    static const size_t steps[] = { 1000, 65536, (size_t)2 << 20 };

    for (size_t i = 0; i < RKB_COUNT(openers); i++)
        for (size_t k = 0; k < RKB_COUNT(steps); k++) {
            struct rkb_err err = { 0 };
            struct rkb_stream *s = NULL;
            size_t got = 0;
            char *at = NULL;

            if (CHECK(openers[i](&s, path, &err) == RKB_OK))
                at = read_stream(s, steps[k], &got, &err);
            CHECK_STR(err.msg, "");
            CHECK_EQ_INT(got, len);
            CHECK(at && got == len && memcmp(at, want, len) == 0);
            rkb_free(at);
        }
}

/* Both ways to open end in the error, whose message ends in `want`. */
static void check_fails(const char *path, enum rkb_status code,
                        const char *want)
{
    for (size_t i = 0; i < RKB_COUNT(openers); i++) {
        struct rkb_err err = { 0 };
        struct rkb_stream *s = NULL;
        enum rkb_status rc = openers[i](&s, path, &err);
        size_t got;

        if (!rc)
            CHECK(read_stream(s, 100000, &got, &err) == NULL);
        CHECK_EQ_INT(err.code, code);
        CHECK(strstr(err.msg, path) != NULL);
        if (!CHECK(strstr(err.msg, want) != NULL))
            printf("# message: %s\n", err.msg);
    }
}

static void a_plain_file_is_read_as_it_is(void)
{
    check_reads(fixture_text("plain", "one\ntwo"), "one\ntwo", 7);
    check_reads(fixture_text("empty", ""), "", 0);
    check_reads(fixture_text("short", "x"), "x", 1);
}

static void gzip_is_found_by_its_first_bytes(void)
{
    char *text = big_text(BIG);
    struct bytes gz = gzip_bytes(text, BIG);

    check_reads(fixture_file("no-ending", gz.at, gz.len), text, BIG);
    rkb_free(gz.at);
    rkb_free(text);
}

static void gzip_of_nothing_is_empty(void)
{
    struct bytes gz = gzip_bytes("", 0);

    check_reads(fixture_file("e.gz", gz.at, gz.len), "", 0);
    rkb_free(gz.at);
}

static void gzip_members_follow_each_other(void)
{
    struct bytes a = gzip_bytes("first ", 6), b = gzip_bytes("second", 6);
    char all[200];

    memcpy(all, a.at, a.len);
    memcpy(all + a.len, b.at, b.len);
    memset(all + a.len + b.len, 0, 16);
    check_reads(fixture_file("m.gz", all, a.len + b.len), "first second", 12);
    check_reads(fixture_file("padded.gz", all, a.len + b.len + 16),
                "first second", 12);
    all[a.len + b.len + 8] = 'x';
    check_fails(fixture_file("junk.gz", all, a.len + b.len + 16), RKB_E_DATA,
                "other bytes behind");
    rkb_free(a.at);
    rkb_free(b.at);
}

static void gzip_cut_anywhere_is_an_error(void)
{
    char *text = big_text(3000);
    struct bytes gz = gzip_bytes(text, 3000);

    for (size_t n = 2; n < gz.len; n += n < 20 || n + 12 > gz.len ? 1 : 97)
        check_fails(fixture_file("cut.gz", gz.at, n), RKB_E_DATA,
                    "is cut short");
    rkb_free(gz.at);
    rkb_free(text);
}

static void gzip_with_a_wrong_checksum_is_an_error(void)
{
    struct bytes gz = gzip_bytes("some text", 9);

    gz.at[gz.len - 8] ^= 1;
    check_fails(fixture_file("crc.gz", gz.at, gz.len), RKB_E_DATA,
                "checksum does not match");
    gz.at[gz.len - 8] ^= 1;
    gz.at[gz.len - 1] ^= 1;
    check_fails(fixture_file("len.gz", gz.at, gz.len), RKB_E_DATA,
                "length does not match");
    gz.at[gz.len - 1] ^= 1;
    gz.at[2] ^= 1;
    check_fails(fixture_file("method.gz", gz.at, gz.len), RKB_E_DATA,
                "is corrupt");
    rkb_free(gz.at);
}

static void zstd_is_decoded_once(void)
{
    char *text = big_text(BIG);
    struct fixture_entry e = { "x", text };
    struct bytes z = archive_bytes("raw", "zstd", &e, 1);
    FILE *f = fopen(fixture_path("twice.zst"), "wb");

    check_reads(fixture_file("b.zst", z.at, z.len), text, BIG);
    /* Two frames in a row are one text. */
    if (!CHECK(f != NULL))
        return;
    fwrite(z.at, 1, z.len, f);
    fwrite(z.at, 1, z.len, f);
    fclose(f);
    {
        char *twice = rkb_new(2 * BIG, 1);

        memcpy(twice, text, BIG);
        memcpy(twice + BIG, text, BIG);
        check_reads(fixture_path("twice.zst"), twice, 2 * BIG);
        rkb_free(twice);
    }
    rkb_free(z.at);
    rkb_free(text);
}

static void zstd_of_nothing_is_empty(void)
{
    /* What `zstd` writes for an empty input. */
    static const char frame[] = "\x28\xb5\x2f\xfd\x24\x00\x01\x00\x00\x99\xe9"
                                "\xd8\x51";

    check_reads(fixture_file("e.zst", frame, sizeof(frame) - 1), "", 0);
}

static void a_bad_zstd_file_is_an_error(void)
{
    char *text = big_text(300000);
    struct fixture_entry e = { "x", text };
    struct bytes z = archive_bytes("raw", "zstd", &e, 1);

    check_fails(fixture_file("cut.zst", z.at, z.len / 2), RKB_E_DATA,
                "is cut short");
    check_fails(fixture_file("cut1.zst", z.at, z.len - 1), RKB_E_DATA,
                "is cut short");
    check_fails(fixture_file("cut4.zst", z.at, 4), RKB_E_DATA, "is cut short");
    z.at[4] = (char)0xff;
    z.at[z.len / 2] ^= 0x55;
    check_fails(fixture_file("bad.zst", z.at, z.len), RKB_E_DATA,
                "is cut short or corrupt");
    rkb_free(z.at);
    rkb_free(text);
}

static void what_is_no_file_is_named(void)
{
    char path[512];

    check_fails("/no/such/file", RKB_E_IO, "No such file");
    snprintf(path, sizeof(path), "%s", fixture_path("folder"));
    CHECK(mkdir(path, 0755) == 0);
    check_fails(path, RKB_E_IO, "is a folder, not a file");
    snprintf(path, sizeof(path), "%s", fixture_text("secret", "x"));
    chmod(path, 0);
    if (geteuid() == 0) {
        /* The superuser may read anything: be somebody else for a while. */
        chmod(fixture_folder, 0755);
        CHECK(seteuid(65534) == 0);
        check_fails(path, RKB_E_IO, "Permission denied");
        CHECK(seteuid(0) == 0);
    } else {
        check_fails(path, RKB_E_IO, "Permission denied");
    }
}

static void closing_early_stops_the_thread(void)
{
    char *text = big_text(8 * BIG);
    struct bytes gz = gzip_bytes(text, 8 * BIG);
    const char *path = fixture_file("early.gz", gz.at, gz.len);

    for (int i = 0; i < 20; i++) {
        struct rkb_err err = { 0 };
        struct rkb_stream *s = NULL;
        size_t got = 0;
        char c;

        if (!CHECK(rkb_stream_open_ahead(&s, path, &err) == RKB_OK))
            break;
        if (i % 2)
            CHECK(rkb_stream_read(s, &c, 1, &got, &err) == RKB_OK);
        rkb_stream_close(s);
    }
    rkb_free(gz.at);
    rkb_free(text);
}

static void an_error_comes_behind_the_bytes_before_it(void)
{
    char *text = big_text(BIG);
    struct bytes gz = gzip_bytes(text, BIG);
    const char *path = fixture_file("late.gz", gz.at, gz.len - 4);
    struct rkb_err err = { 0 };
    struct rkb_stream *s = NULL;
    size_t got = 0, all = 0;
    static char block[70000];
    enum rkb_status rc = rkb_stream_open_ahead(&s, path, &err);

    while (!rc) {
        got = 0;
        rc = rkb_stream_read(s, block, sizeof(block), &got, &err);
        CHECK(memcmp(block, text + all, got) == 0);
        all += got;
        if (!rc && !CHECK(got > 0))
            break;
    }
    CHECK_EQ_INT(rc, RKB_E_DATA);
    CHECK(all >= BIG - ((size_t)1 << 20));
    /* Asking again says the same. */
    CHECK_EQ_INT(rkb_stream_read(s, block, 1, &got, &err), RKB_E_DATA);
    rkb_stream_close(s);
    rkb_free(gz.at);
    rkb_free(text);
}

static void memory_is_read_as_it_is_or_decoded(void)
{
    struct bytes gz = gzip_bytes("inside", 6);
    struct rkb_err err = { 0 };
    struct rkb_stream *s = NULL;
    size_t got;
    char *at;

    rkb_stream_from_memory(&s, gz.at, gz.len);
    at = read_stream(s, 7, &got, &err);
    CHECK(at && got == gz.len && memcmp(at, gz.at, got) == 0);
    rkb_free(at);
    if (CHECK(!rkb_stream_from_memory_decoded(&s, gz.at, gz.len, &err))) {
        at = read_stream(s, 7, &got, &err);
        CHECK_STR(at, "inside");
        rkb_free(at);
    }
    rkb_stream_from_memory(&s, NULL, 0);
    at = read_stream(s, 7, &got, &err);
    CHECK_STR(at, "");
    rkb_free(at);
    rkb_free(gz.at);
}

static void clean_up(void)
{
    rkb_stream_close(NULL);
    fixture_done();
}

TESTS(TEST(a_plain_file_is_read_as_it_is),
      TEST(gzip_is_found_by_its_first_bytes), TEST(gzip_of_nothing_is_empty),
      TEST(gzip_members_follow_each_other), TEST(gzip_cut_anywhere_is_an_error),
      TEST(gzip_with_a_wrong_checksum_is_an_error), TEST(zstd_is_decoded_once),
      TEST(zstd_of_nothing_is_empty), TEST(a_bad_zstd_file_is_an_error),
      TEST(what_is_no_file_is_named), TEST(closing_early_stops_the_thread),
      TEST(an_error_comes_behind_the_bytes_before_it),
      TEST(memory_is_read_as_it_is_or_decoded), TEST(clean_up))
