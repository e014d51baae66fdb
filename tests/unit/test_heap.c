/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/heap.h"
#include "tests/tap.h"

enum { N = 40 };

struct judge {
    const uint32_t *order;
    size_t n_asked, fails_at; /* the ask that fails; 0: none */
};

/* Candidates are worth (7 i) mod 41: all different for i < 40. */
static uint32_t worth(uint32_t i)
{
    return 7 * i % 41;
}

static enum rkb_status best_of(void *arg, const size_t *at, size_t n,
                               size_t *best, struct rkb_err *err)
{
    struct judge *j = arg;

    CHECK(n >= 2);
    if (++j->n_asked == j->fails_at)
        return rkb_fail(err, RKB_E_IO, "the model is gone");
    *best = 0;
    for (size_t i = 1; i < n; i++)
        if (worth(j->order[at[i]]) > worth(j->order[at[*best]]))
            *best = i;
    return RKB_OK;
}

static void start(uint32_t *order, size_t n)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
}

static void the_best_come_first_and_the_rest_stay_in_order(void)
{
    for (size_t n = 0; n <= N; n++)
        for (size_t k = 0; k <= n; k++)
            for (size_t children = 1; children <= 5; children++) {
                struct rkb_arena a = { 0 };
                uint32_t order[N];
                struct judge j = { .order = order };
                struct rkb_err err;
                bool ok = true;

                start(order, n);
                CHECK_EQ_INT(
                    rkb_heap_best(&a, order, n, k, children, best_of, &j, &err),
                    RKB_OK);
                for (size_t i = 0; i < k; i++)
                    for (size_t m = i + 1; m < n; m++)
                        ok = ok && worth(order[i]) > worth(order[m]);
                for (size_t i = k + 1; i < n; i++)
                    ok = ok && order[i - 1] < order[i];
                if (!CHECK(ok))
                    printf("# n %zu, k %zu, children %zu\n", n, k, children);
                rkb_arena_release(&a);
            }
}

/* Five, two children: [0 1 2 3 4] worth 0 7 14 21 28. Built from node 2 down,
 * which is a leaf: node 1 asks {1,3,4}, node 0 {0,4,2} and, as 4 moved up, node
 * 1 {0,3,1}. One is taken, and nobody asks for the next. */
static void no_more_is_asked_than_the_heap_needs(void)
{
    struct rkb_arena a = { 0 };
    uint32_t order[5];
    struct judge j = { .order = order };
    struct rkb_err err;

    start(order, 5);
    CHECK_EQ_INT(rkb_heap_best(&a, order, 5, 1, 2, best_of, &j, &err), RKB_OK);
    CHECK_EQ_INT(j.n_asked, 3);
    CHECK_EQ_INT(order[0], 4);
    rkb_arena_release(&a);
}

static void an_error_ends_it_at_once(void)
{
    struct rkb_arena a = { 0 };
    uint32_t order[N];
    struct judge j = { .order = order, .fails_at = 7 };
    struct rkb_err err;

    start(order, N);
    CHECK_EQ_INT(rkb_heap_best(&a, order, N, 10, 3, best_of, &j, &err),
                 RKB_E_IO);
    CHECK_EQ_INT(j.n_asked, 7);
    CHECK_STR(err.msg, "the model is gone");
    rkb_arena_release(&a);
}

TESTS(TEST(the_best_come_first_and_the_rest_stay_in_order),
      TEST(no_more_is_asked_than_the_heap_needs),
      TEST(an_error_ends_it_at_once))
