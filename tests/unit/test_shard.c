/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/shard.h"

#include "base/rng.h"
#include "tests/tap.h"

#include <stdlib.h>

/* ---- dealing ------------------------------------------------------------ */

enum { MOST_SHARDS = 40, MOST_QUERIES = 400 };

/* A plan as its machines see it: cells of queries with 0 to `most` candidates.
 * Each machine deals everything by itself. */
struct machine {
    struct rkb_dealer dealer;
    uint64_t load;
};

/* `bound`: candidates of the largest query of the plan so far. */
static void deal_cell(struct machine *m, size_t n_shards, size_t n_queries,
                      uint64_t most, uint64_t *bound, struct rkb_rng *rng)
{
    for (size_t q = 0; q < n_queries; q++) {
        size_t n = (size_t)rkb_rng_below(rng, most + 1), owners = 0;
        uint64_t least = UINT64_MAX, largest = 0;

        *bound = n > *bound ? n : *bound;
        for (size_t i = 0; i < n_shards; i++) {
            bool mine = rkb_dealer_next(&m[i].dealer, n) == (int64_t)i + 1;

            owners += mine;
            m[i].load += mine ? (n ? n : 1) : 0;
        }
        for (size_t i = 0; i < n_shards; i++) {
            least = m[i].load < least ? m[i].load : least;
            largest = m[i].load > largest ? m[i].load : largest;
        }
        if (!CHECK(owners == 1) || !CHECK(largest - least <= *bound))
            return;
    }
}

static void shards_are_disjoint_complete_and_balanced_in_any_plan(void)
{
    struct machine machines[MOST_SHARDS];
    struct rkb_rng rng;

    rkb_rng_init(&rng, 7);
    for (int plan = 0; plan < 200; plan++) {
        size_t n_shards = 1 + (size_t)rkb_rng_below(&rng, MOST_SHARDS);
        uint64_t bound = 1;
        size_t n_cells = 1 + (size_t)rkb_rng_below(&rng, 6);

        for (size_t i = 0; i < n_shards; i++) {
            machines[i] = (struct machine){ 0 };
            rkb_dealer_init(&machines[i].dealer, (int64_t)n_shards);
        }
        for (size_t c = 0; c < n_cells; c++)
            deal_cell(machines, n_shards,
                      (size_t)rkb_rng_below(&rng, MOST_QUERIES),
                      rkb_rng_below(&rng, 1001), &bound, &rng);
        for (size_t i = 0; i < n_shards; i++)
            rkb_dealer_release(&machines[i].dealer);
    }
}

/* What was dealt once is dealt so for ever: stores of shards depend on it. */
static void the_hand_is_fixed(void)
{
    static const size_t sizes[] = { 100, 100, 30, 0, 100, 7, 7, 100, 1, 50 };
    static const int64_t want[] = { 1, 2, 3, 3, 3, 1, 2, 1, 2, 2 };
    struct rkb_dealer d;

    rkb_dealer_init(&d, 3);
    for (size_t i = 0; i < RKB_COUNT(sizes); i++)
        CHECK_EQ_INT(rkb_dealer_next(&d, sizes[i]), want[i]);
    rkb_dealer_release(&d);
}

static void one_shard_has_everything(void)
{
    struct rkb_dealer d;

    rkb_dealer_init(&d, 1);
    for (size_t i = 0; i < 10; i++)
        CHECK_EQ_INT(rkb_dealer_next(&d, i), 1);
    rkb_dealer_release(&d);
}

/* ---- which one ------------------------------------------------------------ */

static void a_shard_is_written_as_i_of_n(void)
{
    static const struct {
        const char *text;
        int64_t index, of;
    } rows[] = {
        { "1/1", 1, 1 },
        { "3/8", 3, 8 },
        { "10000/10000", 10000, 10000 },
        { "0/8", 0, 0 },
        { "9/8", 0, 0 },
        { "3", 0, 0 },
        { "3/", 0, 0 },
        { "/8", 0, 0 },
        { "", 0, 0 },
        { "3/8/2", 0, 0 },
        { " 3/8", 0, 0 },
        { "+3/8", 0, 0 },
        { "1/10001", 0, 0 },
        { "-1/8", 0, 0 },
        { "Auto", 0, 0 },
        { "99999999999/9", 0, 0 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_shard s;
        struct rkb_err err = { 0 };
        enum rkb_status rc = rkb_shard_parse(rkb_sv_of(rows[i].text), &s, &err);

        CHECK_EQ_INT(rc, rows[i].of ? RKB_OK : RKB_E_USAGE);
        if (!rc) {
            CHECK_EQ_INT(s.index, rows[i].index);
            CHECK_EQ_INT(s.of, rows[i].of);
        }
    }
}

static void auto_is_the_task_of_a_job_array(void)
{
    static const char *const names[] = {
        "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT",
        "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP"
    };
    static const struct {
        const char *values[RKB_COUNT(names)];
        int64_t index, of; /* 0: refused */
    } rows[] = {
        { { "1", "1", "8", "8", "1" }, 1, 8 },
        { { "7", "0", "8", "7", "1" }, 8, 8 },
        { { "0", "0", "8", NULL, NULL }, 1, 8 },
        { { "5", "1", "3", "5", "2" }, 3, 3 },  /* 1-5:2 */
        { { "4", "1", "3", "7", "1" }, 0, 0 },  /* 1,4,7 */
        { { "2", "1", "3", "4", "1" }, 0, 0 },  /* 1,2,4 */
        { { NULL, "1", "3", "3", "1" }, 0, 0 }, /* no array */
        { { "x", "1", "3", "3", "1" }, 0, 0 },
        { { "9", "1", "3", "3", "1" }, 0, 0 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_shard s;
        struct rkb_err err = { 0 };

        for (size_t k = 0; k < RKB_COUNT(names); k++)
            if (rows[i].values[k])
                setenv(names[k], rows[i].values[k], 1);
            else
                unsetenv(names[k]);
        enum rkb_status rc = rkb_shard_parse(rkb_sv_of("auto"), &s, &err);

        CHECK_EQ_INT(rc, rows[i].of ? RKB_OK : RKB_E_USAGE);
        if (!rc) {
            CHECK_EQ_INT(s.index, rows[i].index);
            CHECK_EQ_INT(s.of, rows[i].of);
        }
    }
}

TESTS(TEST(shards_are_disjoint_complete_and_balanced_in_any_plan),
      TEST(the_hand_is_fixed), TEST(one_shard_has_everything),
      TEST(a_shard_is_written_as_i_of_n), TEST(auto_is_the_task_of_a_job_array))
