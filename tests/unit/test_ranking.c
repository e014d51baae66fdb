/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/ranking.h"

#include "base/err.h"
#include "base/rng.h"
#include "tests/tap.h"

enum { MAX_N = 3000 };

static char ids[MAX_N][16];
static struct rkb_entry entries[MAX_N];

/* One position of the ranking at a time: the best of what is left. */
static void naive(const struct rkb_entry *e, size_t n, enum rkb_compat compat,
                  uint32_t *order)
{
    static bool used[MAX_N];

    memset(used, 0, sizeof(used));
    for (size_t rank = 0; rank < n; rank++) {
        size_t best = n;

        for (size_t i = 0; i < n; i++) {
            if (used[i])
                continue;
            if (best == n) {
                best = i;
                continue;
            }
            bool nine = compat == RKB_COMPAT_9;
            bool more = nine ? (float)e[i].score > (float)e[best].score
                             : e[i].score > e[best].score;
            bool same = nine ? (float)e[i].score == (float)e[best].score
                             : e[i].score == e[best].score;

            if (more || (same && strcmp(e[i].docid.at, e[best].docid.at) > 0))
                best = i;
        }
        used[best] = true;
        order[rank] = (uint32_t)best;
    }
}

typedef double score_fn(struct rkb_rng *rng);

static double any_double(struct rkb_rng *rng)
{
    return (rkb_rng_unit(rng) - 0.5) * 100;
}

static double few_values(struct rkb_rng *rng)
{
    return (double)rkb_rng_below(rng, 4);
}

/* Equal as floats, different as doubles, now and then equal. */
static double close_together(struct rkb_rng *rng)
{
    return 17.25 + (double)rkb_rng_below(rng, 50) * 1e-9;
}

static double all_the_same(struct rkb_rng *rng)
{
    (void)rng;
    return 1.5;
}

static double extremes(struct rkb_rng *rng)
{
    static const double values[] = { 0.0,   -0.0,     INFINITY, -INFINITY,
                                     1e39,  -1e39,    1e-50,    -1e-50,
                                     1e308, 4.9e-324, 3.4e38,   -3.4e38,
                                     1.0,   -1.0,     1e300 };

    return values[rkb_rng_below(rng, RKB_COUNT(values))];
}

static void fill(struct rkb_rng *rng, size_t n, score_fn *score)
{
    for (size_t i = 0; i < n; i++) {
        /* Ids of different length, some above 0x7f. */
        snprintf(ids[i], sizeof(ids[i]), "%s%u", i % 5 ? "d" : "\xc3\xa9",
                 (unsigned)(i * 7919 % 4001));
        entries[i] = (struct rkb_entry){ rkb_sv_of(ids[i]), score(rng) };
    }
}

static void check_order(size_t n, enum rkb_compat compat)
{
    static uint32_t want[MAX_N];
    struct rkb_ranker ranker = { 0 };
    const uint32_t *got = rkb_rank(&ranker, entries, n, compat);
    size_t wrong = 0;

    naive(entries, n, compat, want);
    for (size_t i = 0; i < n; i++)
        wrong += (got ? got[i] : i) != want[i];
    if (!CHECK_EQ_INT(wrong, 0))
        printf("# n %zu, compat %d\n", n, (int)compat);
    rkb_ranker_release(&ranker);
}

static void order_is_that_of_a_plain_search(void)
{
    static score_fn *const scores[] = { any_double, few_values, close_together,
                                        all_the_same, extremes };
    static const size_t sizes[] = { 0,  1,  2,  3,  10,  47,
                                    48, 49, 50, 64, 100, 1000 };
    struct rkb_rng rng;

    rkb_rng_init(&rng, 1);
    for (size_t s = 0; s < RKB_COUNT(scores); s++)
        for (size_t k = 0; k < RKB_COUNT(sizes); k++) {
            fill(&rng, sizes[k], scores[s]);
            check_order(sizes[k], RKB_COMPAT_9);
            check_order(sizes[k], RKB_COMPAT_10);
        }
}

static void ranking_order_needs_no_sort(void)
{
    struct rkb_ranker ranker = { 0 };
    struct rkb_entry e[] = { { rkb_sv_of("b"), 3 },
                             { rkb_sv_of("b"), 2 },
                             { rkb_sv_of("a"), 2 },
                             { rkb_sv_of("c"), -1 } };

    CHECK(rkb_rank(&ranker, e, 4, RKB_COMPAT_9) == NULL);
    CHECK(rkb_rank(&ranker, e, 0, RKB_COMPAT_9) == NULL);
    e[2].docid = rkb_sv_of("bb"); /* a tie in the wrong order */
    CHECK(rkb_rank(&ranker, e, 4, RKB_COMPAT_9) != NULL);
    rkb_ranker_release(&ranker);
}

static void a_ranker_serves_queries_of_any_size_in_turn(void)
{
    struct rkb_ranker ranker = { 0 };
    struct rkb_rng rng;
    static uint32_t want[MAX_N];

    rkb_rng_init(&rng, 2);
    for (int turn = 0; turn < 40; turn++) {
        size_t n = rkb_rng_below(&rng, turn % 3 ? 60 : 600) + 2;
        size_t wrong = 0;

        fill(&rng, n, any_double);
        const uint32_t *got = rkb_rank(&ranker, entries, n, RKB_COMPAT_9);

        naive(entries, n, RKB_COMPAT_9, want);
        for (size_t i = 0; i < n; i++)
            wrong += (got ? got[i] : i) != want[i];
        CHECK_EQ_INT(wrong, 0);
    }
    rkb_ranker_release(&ranker);
}

static void floats_tie_where_doubles_do_not(void)
{
    const struct rkb_entry a = { rkb_sv_of("a"), 17.2500000001 };
    const struct rkb_entry b = { rkb_sv_of("b"), 17.25 };

    CHECK(rkb_entry_cmp(&a, &b, RKB_COMPAT_9) > 0);
    CHECK(rkb_entry_cmp(&a, &b, RKB_COMPAT_10) < 0);
}

static void minus_zero_is_zero(void)
{
    const struct rkb_entry a = { rkb_sv_of("a"), 0.0 };
    const struct rkb_entry b = { rkb_sv_of("b"), -0.0 };
    const struct rkb_entry both[] = { a, b };
    struct rkb_ranker ranker = { 0 };
    const uint32_t *order;

    CHECK(rkb_entry_cmp(&a, &b, RKB_COMPAT_10) > 0);
    order = rkb_rank(&ranker, both, 2, RKB_COMPAT_10);
    CHECK(order && order[0] == 1);
    rkb_ranker_release(&ranker);
}

/* 1e39 is infinite as a float, and so ties with infinity in 9 only. */
static void what_is_too_large_for_a_float_ties_with_infinity(void)
{
    const struct rkb_entry a = { rkb_sv_of("a"), INFINITY };
    const struct rkb_entry b = { rkb_sv_of("b"), 1e39 };

    CHECK(rkb_entry_cmp(&a, &b, RKB_COMPAT_9) > 0);
    CHECK(rkb_entry_cmp(&a, &b, RKB_COMPAT_10) < 0);
}

static void a_longer_id_goes_before_its_beginning(void)
{
    const struct rkb_entry a = { rkb_sv_of("d1"), 1 };
    const struct rkb_entry b = { rkb_sv_of("d10"), 1 };
    const struct rkb_entry c = { rkb_sv_of("\xff"), 1 };

    CHECK(rkb_entry_cmp(&a, &b, RKB_COMPAT_9) > 0);
    CHECK(rkb_entry_cmp(&c, &b, RKB_COMPAT_9) < 0);
}

static void ties_are_counted_by_the_compat_s_equality(void)
{
    const struct rkb_entry e[] = {
        { rkb_sv_of("a"), 2 }, { rkb_sv_of("b"), 17.25 },
        { rkb_sv_of("c"), 2 }, { rkb_sv_of("d"), 17.2500000001 },
        { rkb_sv_of("e"), 2 }, { rkb_sv_of("f"), 1 }
    };
    struct rkb_ranker ranker = { 0 };

    CHECK_EQ_INT(rkb_tied(&ranker, e, 6, RKB_COMPAT_9), 5);
    CHECK_EQ_INT(rkb_tied(&ranker, e, 6, RKB_COMPAT_10), 3);
    CHECK_EQ_INT(rkb_tied(&ranker, e, 1, RKB_COMPAT_9), 0);
    CHECK_EQ_INT(rkb_tied(&ranker, e, 0, RKB_COMPAT_9), 0);
    rkb_ranker_release(&ranker);
}

/* Places are not the indices: entries may have been gathered in any order. */
static void other_orders_go_by_place(void)
{
    const struct rkb_entry e[] = {
        { rkb_sv_of("a"), 2 }, { rkb_sv_of("b"), 17.25 },
        { rkb_sv_of("c"), 2 }, { rkb_sv_of("d"), 17.2500000001 },
        { rkb_sv_of("e"), 2 }, { rkb_sv_of("f"), -1 }
    };
    static const int64_t place[] = { 50, 10, 20, 30, INT64_MAX, INT64_MIN };
    static const uint32_t stable[] = { 3, 1, 2, 0, 4, 5 };
    static const uint32_t placed[] = { 5, 1, 2, 3, 0, 4 };
    struct rkb_ranker ranker = { 0 };

    CHECK(memcmp(rkb_rank_by(&ranker, RKB_RANK_STABLE, e, place, 6), stable,
                 sizeof stable) == 0);
    CHECK(memcmp(rkb_rank_by(&ranker, RKB_RANK_PLACE, e, place, 6), placed,
                 sizeof placed) == 0);
    rkb_ranker_release(&ranker);
}

TESTS(TEST(other_orders_go_by_place), TEST(order_is_that_of_a_plain_search),
      TEST(ranking_order_needs_no_sort),
      TEST(a_ranker_serves_queries_of_any_size_in_turn),
      TEST(floats_tie_where_doubles_do_not), TEST(minus_zero_is_zero),
      TEST(what_is_too_large_for_a_float_ties_with_infinity),
      TEST(a_longer_id_goes_before_its_beginning),
      TEST(ties_are_counted_by_the_compat_s_equality))
