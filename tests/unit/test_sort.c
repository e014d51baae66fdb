/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "tests/tap.h"

#include <stdint.h>

struct item {
    uint32_t key, place; /* place: where it stood before */
    char padding[5];     /* an odd size                  */
};

static int by_key(const void *a, const void *b, void *ctx)
{
    const struct item *x = a, *y = b;

    ++*(size_t *)ctx;
    return (x->key > y->key) - (x->key < y->key);
}

static struct item *make_items(size_t n, uint32_t n_keys, int shape)
{
    struct item *items = rkb_new(n, sizeof(*items));
    struct rkb_rng r;

    rkb_rng_init(&r, n * 31 + n_keys);
    for (size_t i = 0; i < n; i++) {
        uint32_t rising = (uint32_t)(i * n_keys / n);

        items[i].place = (uint32_t)i;
        items[i].key = shape == 0   ? (uint32_t)rkb_rng_below(&r, n_keys)
                       : shape == 1 ? rising
                                    : n_keys - rising;
    }
    return items;
}

static void ties_keep_their_order_at_any_size(void)
{
    static const size_t sizes[] = { 0,  1,  2,  3,  7,   8,   9,    15,  16,
                                    17, 31, 33, 64, 100, 999, 5000, 4096 };
    static const uint32_t n_keys[] = { 1, 2, 10, 100000 };
    size_t n_compared = 0;

    for (size_t s = 0; s < RKB_COUNT(sizes); s++) {
        for (size_t k = 0; k < RKB_COUNT(n_keys) * 3; k++) {
            size_t n = sizes[s];
            struct item *items = make_items(n, n_keys[k / 3], (int)(k % 3));
            uint64_t sum = 0;
            int n_wrong = 0;

            rkb_sort(items, n, sizeof(*items), by_key, &n_compared);
            for (size_t i = 0; i < n; i++)
                sum += items[i].place;
            for (size_t i = 1; i < n; i++)
                n_wrong += items[i - 1].key > items[i].key ||
                           (items[i - 1].key == items[i].key &&
                            items[i - 1].place >= items[i].place);
            CHECK_EQ_INT(n_wrong, 0);
            CHECK_EQ_INT(sum, n ? n * (n - 1) / 2 : 0);
            rkb_free(items);
        }
    }
}

static void sorted_input_takes_about_one_comparison_an_item(void)
{
    size_t n_compared = 0;
    struct item *items = make_items(4096, 4096, 1);

    rkb_sort(items, 4096, sizeof(*items), by_key, &n_compared);
    CHECK(n_compared < 4096 + 10);
    rkb_free(items);
}

static void random_input_stays_near_n_log_n(void)
{
    size_t n_compared = 0;
    struct item *items = make_items(4096, 1u << 30, 0);

    rkb_sort(items, 4096, sizeof(*items), by_key, &n_compared);
    CHECK(n_compared < 4096 * 13);
    rkb_free(items);
}

TESTS(TEST(ties_keep_their_order_at_any_size),
      TEST(sorted_input_takes_about_one_comparison_an_item),
      TEST(random_input_stays_near_n_log_n))
