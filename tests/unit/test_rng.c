/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include "base/err.h"
#include "tests/tap.h"

#include <stdint.h>

/* Values of rand_xoshiro's Xoshiro256StarStar::seed_from_u64(0), which follows
 * the authors' C code. */
static void seed_zero_gives_the_published_numbers(void)
{
    static const uint64_t want[] = {
        UINT64_C(11091344671253066420), UINT64_C(13793997310169335082),
        UINT64_C(1900383378846508768),  UINT64_C(7684712102626143532),
        UINT64_C(13521403990117723737),
    };
    struct rkb_rng r;

    rkb_rng_init(&r, 0);
    for (size_t i = 0; i < RKB_COUNT(want); i++)
        CHECK(rkb_rng_next(&r) == want[i]);
}

static void numbers_below_n_are_even(void)
{
    struct rkb_rng r;
    int counts[7] = { 0 };

    rkb_rng_init(&r, 7);
    for (int i = 0; i < 70000; i++) {
        uint64_t number = rkb_rng_below(&r, 7);

        if (!CHECK(number < 7))
            return;
        counts[number]++;
    }
    /* Five standard deviations of a binomial(70000, 1/7). */
    for (int i = 0; i < 7; i++)
        CHECK_NEAR(counts[i], 10000, 463);
}

/* With n = 3 * 2^62 plain multiplication would give every third number twice
 * as often; a quarter of the draws must be thrown away. */
static void a_large_range_has_no_bias(void)
{
    const uint64_t n = UINT64_C(3) << 62;
    struct rkb_rng r;
    int n_low = 0;

    rkb_rng_init(&r, 8);
    for (int i = 0; i < 30000; i++)
        n_low += rkb_rng_below(&r, n) % 3 == 0;
    CHECK_NEAR(n_low, 10000, 410);
    CHECK_EQ_INT(rkb_rng_below(&r, 1), 0);
    CHECK(rkb_rng_below(&r, UINT64_MAX) < UINT64_MAX);
}

static void unit_numbers_fill_the_half_open_interval(void)
{
    struct rkb_rng r;
    double low = 1.0, high = 0.0, sum = 0.0;

    rkb_rng_init(&r, 0);
    CHECK_NEAR(rkb_rng_unit(&r) * 0x1p53,
               (double)(UINT64_C(11091344671253066420) >> 11), 0);
    rkb_rng_init(&r, 9);
    for (int i = 0; i < 100000; i++) {
        double u = rkb_rng_unit(&r);

        low = u < low ? u : low;
        high = u > high ? u : high;
        sum += u;
    }
    CHECK(low >= 0.0 && low < 0.001);
    CHECK(high < 1.0 && high > 0.999);
    CHECK_NEAR(sum / 100000, 0.5, 0.005);
}

static void every_order_is_equally_likely(void)
{
    struct rkb_rng r;
    int counts[27] = { 0 };

    rkb_rng_init(&r, 10);
    for (int i = 0; i < 60000; i++) {
        uint32_t items[3] = { 0, 1, 2 };

        rkb_rng_shuffle(&r, items, 3);
        counts[items[0] * 9 + items[1] * 3 + items[2]]++;
    }
    for (int i = 0; i < 27; i++) {
        int a = i / 9, b = i / 3 % 3, c = i % 3;
        bool is_order = a != b && b != c && a != c;

        CHECK_NEAR(counts[i], is_order ? 10000 : 0, is_order ? 460 : 0);
    }
    rkb_rng_shuffle(&r, NULL, 0);
}

static void keys_differ_by_seed_word_and_number(void)
{
    static const struct {
        uint64_t seed;
        const char *word;
        uint64_t number;
    } rows[] = {
        { 1, "a", 1 }, { 2, "a", 1 }, { 1, "b", 1 }, { 1, "a", 2 },
        { 1, "", 0 },  { 0, "", 1 },  { 0, "a", 0 }, { 0, "", 0 },
    };
    uint64_t keys[RKB_COUNT(rows)];

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        rkb_sv word = rkb_sv_of(rows[i].word);

        keys[i] = rkb_rng_key(rows[i].seed, word, rows[i].number);
        CHECK(rkb_rng_key(rows[i].seed, word, rows[i].number) == keys[i]);
        for (size_t j = 0; j < i; j++)
            CHECK(keys[i] != keys[j]);
    }
}

/* A change of these would change every stored run: fixed for good. */
static void keys_are_the_same_in_every_version(void)
{
    CHECK(rkb_rng_key(42, rkb_sv_of("bootstrap"), 7) ==
          UINT64_C(0x60db10f0dac695b4));
    CHECK(rkb_rng_key(0, rkb_sv_of(""), 0) == UINT64_C(0x238275bc38fcbe91));
}

TESTS(TEST(seed_zero_gives_the_published_numbers),
      TEST(numbers_below_n_are_even), TEST(a_large_range_has_no_bias),
      TEST(unit_numbers_fill_the_half_open_interval),
      TEST(every_order_is_equally_likely),
      TEST(keys_differ_by_seed_word_and_number),
      TEST(keys_are_the_same_in_every_version))
