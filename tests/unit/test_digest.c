/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/digest.h"

#include "tests/tap.h"

static void check_hex(struct rkb_digest d, const char *want)
{
    char hex[65];

    rkb_digest_hex(&d, hex);
    CHECK_STR(hex, want);
}

/* FIPS 180-4 examples. */
#define OF_ABC \
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_NOTHING \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void known_texts_have_known_digests(void)
{
    check_hex(rkb_digest_of(rkb_sv_of("abc")), OF_ABC);
    check_hex(rkb_digest_of((rkb_sv){ 0 }), OF_NOTHING);
    check_hex(rkb_hasher_done(rkb_hasher_new()), OF_NOTHING);
}

static void pieces_make_the_digest_of_the_whole(void)
{
    struct rkb_hasher *h = rkb_hasher_new();

    rkb_hasher_add(h, "a", 1);
    rkb_hasher_add(h, NULL, 0);
    rkb_hasher_add(h, "bc", 2);
    check_hex(rkb_hasher_done(h), OF_ABC);
}

static struct rkb_digest of_fields(const char *a, const char *b)
{
    struct rkb_hasher *h = rkb_hasher_new();

    rkb_hasher_field(h, rkb_sv_of(a));
    rkb_hasher_field(h, rkb_sv_of(b));
    return rkb_hasher_done(h);
}

static void fields_do_not_run_together(void)
{
    struct rkb_digest x = of_fields("ab", "c");
    struct rkb_digest y = of_fields("a", "bc");
    struct rkb_digest z = of_fields("ab", "c");

    CHECK(!rkb_digest_eq(&x, &y));
    CHECK(rkb_digest_eq(&x, &z));
}

static void numbers_are_eight_bytes_low_first(void)
{
    struct rkb_hasher *a = rkb_hasher_new(), *b = rkb_hasher_new();
    struct rkb_digest x, y;

    rkb_hasher_u64(a, UINT64_C(0x0807060504030201));
    rkb_hasher_add(b, "\1\2\3\4\5\6\7\10", 8);
    x = rkb_hasher_done(a);
    y = rkb_hasher_done(b);
    CHECK(rkb_digest_eq(&x, &y));
}

static void hex_reads_back_and_nothing_else_reads(void)
{
    static const char *const bad[] = { "", "ab", "0x12" };
    struct rkb_digest d = rkb_digest_of(rkb_sv_of("abc")), back;
    char hex[65], upper[65];

    rkb_digest_hex(&d, hex);
    CHECK(rkb_digest_parse(rkb_sv_of(hex), &back) && rkb_digest_eq(&d, &back));
    for (int i = 0; i < 65; i++)
        upper[i] =
            hex[i] >= 'a' && hex[i] <= 'f' ? (char)(hex[i] - 32) : hex[i];
    CHECK(rkb_digest_parse(rkb_sv_of(upper), &back) &&
          rkb_digest_eq(&d, &back));
    for (size_t i = 0; i < 3; i++)
        CHECK(!rkb_digest_parse(rkb_sv_of(bad[i]), &back));
    hex[63] = 'g';
    CHECK(!rkb_digest_parse(rkb_sv_of(hex), &back));
}

TESTS(TEST(known_texts_have_known_digests),
      TEST(pieces_make_the_digest_of_the_whole),
      TEST(hex_reads_back_and_nothing_else_reads),
      TEST(fields_do_not_run_together), TEST(numbers_are_eight_bytes_low_first))
