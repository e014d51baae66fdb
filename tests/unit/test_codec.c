/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/codec.h"

#include "tests/tap.h"

#define LIT(text)                \
    {                            \
        (text), sizeof(text) - 1 \
    }

static const struct {
    enum rkb_codec codec;
    rkb_sv packed; /* "tea tea tea " */
} rows[] = {
    { RKB_CODEC_SNAPPY, LIT("\x0c\x0ctea \x11\x04") },
    { RKB_CODEC_GZIP,
      LIT("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\x49\x4d"
          "\x54\x28\x81\x62\x00\x8e\xe0\xfa\xdf\x0c\x00\x00\x00") },
    { RKB_CODEC_ZSTD, LIT("\x28\xb5\x2f\xfd\x00\x58\x61\x00\x00\x74\x65\x61\x20"
                          "\x74\x65\x61\x20\x74\x65\x61\x20") },
};

static void check_unpack(size_t row, rkb_sv packed, size_t size,
                         enum rkb_status code)
{
    struct rkb_buf to = { 0 };
    struct rkb_err err = { 0 };

    rkb_buf_text(&to, "something else");
    if (!CHECK(rkb_codec_unpack(rows[row].codec, packed, size, &to, &err) ==
               code))
        printf("# row %zu, %zu bytes: %s\n", row, size, err.msg);
    if (!code)
        CHECK_STR(to.at, "tea tea tea ");
    rkb_buf_release(&to);
}

static void what_was_packed_comes_back(void)
{
    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        check_unpack(i, rows[i].packed, 12, RKB_OK);
}

static void another_size_is_an_error(void)
{
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        check_unpack(i, rows[i].packed, 11, RKB_E_DATA);
        check_unpack(i, rows[i].packed, 13, RKB_E_DATA);
        check_unpack(i, rows[i].packed, (size_t)1 << 40, RKB_E_DATA);
    }
}

static void cut_and_foreign_bytes_are_errors(void)
{
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        for (size_t n = 0; n < rows[i].packed.len; n++)
            check_unpack(i, (rkb_sv){ rows[i].packed.at, n }, 12, RKB_E_DATA);
        check_unpack(i, rkb_sv_of("plain text of no kind"), 12, RKB_E_DATA);
    }
}

static void nothing_unpacks_to_nothing(void)
{
    struct rkb_buf to = { 0 };
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_codec_unpack(RKB_CODEC_ZSTD, (rkb_sv){ 0 }, 0, &to, &err),
                 RKB_OK);
    CHECK_EQ_INT(to.len, 0);
    rkb_buf_release(&to);
}

static void checksum_is_that_of_gzip(void)
{
    CHECK_EQ_INT(rkb_crc32(rkb_sv_of("123456789")), 0xcbf43926);
    CHECK_EQ_INT(rkb_crc32((rkb_sv){ 0 }), 0);
}

TESTS(TEST(what_was_packed_comes_back), TEST(another_size_is_an_error),
      TEST(cut_and_foreign_bytes_are_errors), TEST(nothing_unpacks_to_nothing),
      TEST(checksum_is_that_of_gzip))
