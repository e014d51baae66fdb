/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include "tests/tap.h"

static void new_memory_is_zeroed_and_never_null(void)
{
    unsigned char *p = rkb_new(100, 8);
    void *a = rkb_new(0, 8), *b = rkb_new(8, 0);
    int n_set = 0;

    for (int i = 0; i < 800; i++)
        n_set += p[i] != 0;
    CHECK_EQ_INT(n_set, 0);
    CHECK(a && b && a != b);
    rkb_free(a);
    rkb_free(b);
    rkb_free(p);
    rkb_free(NULL);
}

static void resizing_keeps_what_fits(void)
{
    int *p = rkb_resize(NULL, 2, sizeof(*p));

    p[0] = 7;
    p[1] = 8;
    p = rkb_resize(p, 1000, sizeof(*p));
    CHECK(p[0] == 7 && p[1] == 8);
    p = rkb_resize(p, 1, sizeof(*p));
    CHECK_EQ_INT(p[0], 7);
    p = rkb_resize(p, 0, sizeof(*p));
    CHECK(p != NULL);
    rkb_free(p);
}

static void growing_doubles_and_keeps_the_items(void)
{
    size_t cap = 0;
    uint64_t before = rkb_mem_count();
    int *p = NULL;
    int n_wrong = 0;

    for (int i = 0; i < 10000; i++) {
        p = rkb_grow(p, &cap, (size_t)i + 1, sizeof(*p));
        p[i] = i;
    }
    for (int i = 0; i < 10000; i++)
        n_wrong += p[i] != i;
    CHECK_EQ_INT(n_wrong, 0);
    CHECK(cap >= 10000 && cap < 20000);
    CHECK(rkb_mem_count() - before <= 14);
    p = rkb_grow(p, &cap, 1000000, sizeof(*p));
    CHECK_EQ_INT(cap, 1000000);
    CHECK(rkb_grow(p, &cap, 5, sizeof(*p)) == p);
    rkb_free(p);
}

static void every_allocation_is_counted(void)
{
    uint64_t before = rkb_mem_count();
    void *p = rkb_resize(rkb_new(1, 1), 2, 1);

    CHECK_EQ_INT(rkb_mem_count() - before, 2);
    rkb_free(p);
    CHECK_EQ_INT(rkb_mem_count() - before, 2);
}

static void products_that_fit_are_exact(void)
{
    CHECK(rkb_mem_product(0, SIZE_MAX) == 0);
    CHECK(rkb_mem_product(SIZE_MAX, 1) == SIZE_MAX);
    CHECK(rkb_mem_product(3, 5) == 15);
}

TESTS(TEST(new_memory_is_zeroed_and_never_null), TEST(resizing_keeps_what_fits),
      TEST(growing_doubles_and_keeps_the_items),
      TEST(every_allocation_is_counted), TEST(products_that_fit_are_exact))
