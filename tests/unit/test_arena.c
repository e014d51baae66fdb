/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/mem.h"
#include "tests/tap.h"

#include <stdalign.h>

static void items_are_zeroed_aligned_and_apart(void)
{
    static const size_t sizes[] = { 1, 3, 8, 100, 4000, 5000, 300000, 0 };
    struct rkb_arena a = { 0 };
    unsigned char *items[800];
    int n_wrong = 0;

    for (size_t i = 0; i < 800; i++) {
        size_t size = sizes[i % RKB_COUNT(sizes)];

        items[i] = rkb_arena_new(&a, size, 1);
        n_wrong += (uintptr_t)items[i] % alignof(max_align_t) != 0;
        for (size_t j = 0; j < size; j++)
            n_wrong += items[i][j] != 0;
        if (size)
            memset(items[i], (int)(i % 251) + 1, size);
        rkb_arena_cstr(&a, rkb_sv_of("odd"));
    }
    for (size_t i = 0; i < 800; i++) {
        for (size_t j = 0; j < sizes[i % RKB_COUNT(sizes)]; j++)
            n_wrong += items[i][j] != i % 251 + 1;
    }
    CHECK_EQ_INT(n_wrong, 0);
    rkb_arena_release(&a);
    CHECK(!a.head && !a.next && !a.end && a.used_bytes == 0);
}

static void memory_is_zeroed_again_after_a_reset(void)
{
    struct rkb_arena a = { 0 };
    int n_set = 0;

    for (int round = 0; round < 3; round++) {
        unsigned char *p = rkb_arena_new(&a, 3000, 1);

        for (int i = 0; i < 3000; i++)
            n_set += p[i] != 0;
        memset(p, 0xAA, 3000);
        CHECK_EQ_INT(a.used_bytes, 3000);
        rkb_arena_reset(&a);
        CHECK_EQ_INT(a.used_bytes, 0);
    }
    CHECK_EQ_INT(n_set, 0);
    rkb_arena_release(&a);
    rkb_arena_reset(&a);
    rkb_arena_release(&a);
}

/* Under AddressSanitizer each item is a block of its own, on purpose. */
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN 0
#endif

static void a_reset_arena_stops_asking_for_memory(void)
{
    struct rkb_arena a = { 0 };
    uint64_t n_before = 0;

    for (int round = 0; round < 20; round++) {
        if (round == 10)
            n_before = rkb_mem_count();
        for (int i = 0; i < 1000; i++)
            rkb_arena_new(&a, 1, 40);
        rkb_arena_reset(&a);
    }
    CHECK_EQ_INT(rkb_mem_count() - n_before, UNDER_ASAN ? 10000 : 0);
    rkb_arena_release(&a);
}

static void copies_own_their_bytes_and_end_in_nul(void)
{
    struct rkb_arena a = { 0 };
    char text[] = "a\0b";
    rkb_sv copy = rkb_arena_copy(&a, (rkb_sv){ text, 3 });
    rkb_sv empty = rkb_arena_copy(&a, (rkb_sv){ 0 });
    const char *cstr = rkb_arena_cstr(&a, rkb_sv_of("word"));

    text[0] = 'z';
    CHECK(rkb_sv_eq(copy, (rkb_sv){ "a\0b", 3 }) && copy.at[3] == '\0');
    CHECK(empty.at && empty.len == 0 && empty.at[0] == '\0');
    CHECK_STR(cstr, "word");
    rkb_arena_release(&a);
}

static void printed_texts_have_any_length(void)
{
    struct rkb_arena a = { 0 };
    const char *small = rkb_arena_printf(&a, "%d-%s", 7, "x");
    const char *large = rkb_arena_printf(&a, "%0600000d", 1);

    CHECK_STR(small, "7-x");
    CHECK_EQ_INT(strlen(large), 600000);
    CHECK_STR(rkb_arena_printf(&a, "%s", ""), "");
    rkb_arena_release(&a);
}

TESTS(TEST(items_are_zeroed_aligned_and_apart),
      TEST(memory_is_zeroed_again_after_a_reset),
      TEST(a_reset_arena_stops_asking_for_memory),
      TEST(copies_own_their_bytes_and_end_in_nul),
      TEST(printed_texts_have_any_length))
