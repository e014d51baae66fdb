/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "tests/tap.h"

static void an_empty_map_finds_nothing(void)
{
    struct rkb_map m = { 0 };

    CHECK(rkb_map_find(&m, rkb_sv_of("a")) == RKB_MAP_NONE);
    CHECK(rkb_map_find(&m, (rkb_sv){ 0 }) == RKB_MAP_NONE);
    rkb_map_release(&m);
}

static void keys_are_numbered_by_first_appearance(void)
{
    static const struct {
        rkb_sv key;
        uint32_t index;
        bool is_new;
    } rows[] = {
        { { "b", 1 }, 0, true },    { { "a", 1 }, 1, true },
        { { "b", 1 }, 0, false },   { { "", 0 }, 2, true },
        { { "a\0", 2 }, 3, true },  { { "a\0b", 3 }, 4, true },
        { { "", 0 }, 2, false },    { { "a", 1 }, 1, false },
        { { "\xff", 1 }, 5, true },
    };
    struct rkb_map m = { 0 };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        bool is_new = !rows[i].is_new;

        CHECK_EQ_INT(rkb_map_add(&m, rows[i].key, &is_new), rows[i].index);
        CHECK_EQ_INT(is_new, rows[i].is_new);
    }
    CHECK_EQ_INT(m.n, 6);
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        CHECK_EQ_INT(rkb_map_find(&m, rows[i].key), rows[i].index);
        CHECK(rkb_sv_eq(m.keys[rows[i].index], rows[i].key));
    }
    CHECK(rkb_map_find(&m, rkb_sv_of("c")) == RKB_MAP_NONE);
    rkb_map_release(&m);
    CHECK(m.n == 0 && !m.slots);
}

static void keys_are_copied(void)
{
    struct rkb_map m = { 0 };
    char key[] = "doc1";

    rkb_map_add(&m, rkb_sv_of(key), NULL);
    key[3] = '2';
    CHECK_EQ_INT(rkb_map_find(&m, rkb_sv_of("doc1")), 0);
    CHECK(rkb_map_find(&m, rkb_sv_of("doc2")) == RKB_MAP_NONE);
    CHECK_STR(m.keys[0].at, "doc1");
    rkb_map_release(&m);
}

static void many_keys_stay_found_while_it_grows(void)
{
    enum { N = 200000 };
    struct rkb_map m = { 0 };
    int n_wrong = 0;

    for (int i = 0; i < N; i++) {
        char key[16];

        snprintf(key, sizeof(key), "D%d", i);
        n_wrong += rkb_map_add(&m, rkb_sv_of(key), NULL) != (uint32_t)i;
        snprintf(key, sizeof(key), "D%d", i / 2);
        n_wrong += rkb_map_find(&m, rkb_sv_of(key)) != (uint32_t)i / 2;
        snprintf(key, sizeof(key), "E%d", i);
        n_wrong += rkb_map_find(&m, rkb_sv_of(key)) != RKB_MAP_NONE;
        n_wrong += m.n * 2 > m.n_slots;
    }
    CHECK_EQ_INT(n_wrong, 0);
    CHECK_EQ_INT(m.n, N);
    rkb_map_release(&m);
}

/* Two keys of one hash must be told apart by their bytes: the stored hash of
 * the first is overwritten with that of the second. */
static void equal_hashes_do_not_join_keys(void)
{
    struct rkb_map m = { 0 };
    rkb_sv first = rkb_sv_of("first"), second = rkb_sv_of("second");
    bool is_new = false;

    rkb_map_add(&m, first, NULL);
    m.hashes[0] = rkb_sv_hash(second);
    memset(m.slots, 0, m.n_slots * sizeof(*m.slots));
    m.slots[m.hashes[0] & (m.n_slots - 1)] = 1;
    CHECK(rkb_map_find(&m, second) == RKB_MAP_NONE);
    CHECK_EQ_INT(rkb_map_add(&m, second, &is_new), 1);
    CHECK(is_new);
    CHECK_EQ_INT(rkb_map_find(&m, second), 1);
    rkb_map_release(&m);
}

TESTS(TEST(an_empty_map_finds_nothing),
      TEST(keys_are_numbered_by_first_appearance), TEST(keys_are_copied),
      TEST(many_keys_stay_found_while_it_grows),
      TEST(equal_hashes_do_not_join_keys))
