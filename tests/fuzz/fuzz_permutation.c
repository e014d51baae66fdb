/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever an answer says, its order is a permutation of the window: what was
 * named, then the rest as it stood. The first byte sets the rule, the second the
 * window, the third why the server stopped. */
#include "base/buf.h"
#include "harness/llm/permutation.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void demand_permutation(const uint32_t *order, size_t n, size_t n_named)
{
    unsigned char seen[64] = { 0 };

    demand(n_named <= n);
    for (size_t i = 0; i < n; i++) {
        demand(order[i] < n && !seen[order[i]]);
        seen[order[i]] = 1;
        demand(i <= n_named || order[i - 1] < order[i]);
    }
}

/* What was named, written as it should be, is read back by both parsers. */
static void demand_again(struct rkb_arena *a, bool letters,
                         const uint32_t *order, size_t n, size_t n_named)
{
    struct rkb_answer answer = { .finish = RKB_FINISH_STOP };
    enum rkb_answer_class want = !n_named      ? RKB_CLASS_EMPTY
                                 : n_named < n ? RKB_CLASS_MISSING
                                               : RKB_CLASS_OK;
    struct rkb_buf b = { 0 };

    for (size_t i = 0; i < n_named; i++)
        if (letters)
            rkb_buf_printf(&b, i ? " > [%c]" : "[%c]", (int)('A' + order[i]));
        else
            rkb_buf_printf(&b, i ? " > [%u]" : "[%u]", order[i] + 1);
    answer.text = rkb_buf_view(&b);
    for (int k = 0; k < 2; k++) {
        const struct rkb_permutation_rule rule = {
            .parser = k ? RKB_PARSE_STRICT : RKB_PARSE_LENIENT,
            .letters = letters
        };
        uint32_t again[64];
        size_t n_again;

        demand(rkb_permutation_parse(&rule, a, &answer, n, again, &n_again) ==
               want);
        demand(n_again == n_named && !memcmp(again, order, n * sizeof(*order)));
    }
    rkb_buf_release(&b);
}

/* The lenient parser misses no number that the strict one takes, unless it
 * gives up the whole answer. */
static void demand_subset(struct rkb_arena *a, struct rkb_permutation_rule rule,
                          const struct rkb_answer *answer, size_t n,
                          const uint32_t *order, size_t n_named)
{
    uint32_t all[64];
    size_t n_all;

    rule.parser = RKB_PARSE_LENIENT;
    (void)rkb_permutation_parse(&rule, a, answer, n, all, &n_all);
    for (size_t i = 0; i < n_named && n_all; i++) {
        size_t k = 0;

        while (k < n_all && all[k] != order[i])
            k++;
        demand(k < n_all);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rkb_arena arena = { 0 };
    struct rkb_permutation_rule rule;
    struct rkb_answer answer = { 0 };
    uint32_t order[64];
    size_t n, n_named = SIZE_MAX;
    enum rkb_answer_class c;

    if (size < 3)
        return 0;
    rule = (struct rkb_permutation_rule){
        .parser = data[0] & 1 ? RKB_PARSE_STRICT : RKB_PARSE_LENIENT,
        .letters = data[0] >> 1 & 1,
        .tag = (enum rkb_answer_tag)(data[0] / 4 % 3),
    };
    n = 1 + (size_t)data[1] % (rule.letters ? 26 : 64);
    answer.finish = (enum rkb_finish)(data[2] % (RKB_FINISH_REFUSED + 1));
    answer.text = (rkb_sv){ (const char *)data + 3, size - 3 };
    c = rkb_permutation_parse(&rule, &arena, &answer, n, order, &n_named);
    demand((unsigned)c < RKB_N_CLASSES);
    demand_permutation(order, n, n_named);
    demand(c != RKB_CLASS_OK || n_named == n);
    demand(c != RKB_CLASS_MISSING || n_named < n);
    demand(c != RKB_CLASS_REFUSED || !n_named);
    demand_again(&arena, rule.letters, order, n, n_named);
    if (!rule.letters)
        demand_subset(&arena, rule, &answer, n, order, n_named);
    rkb_arena_release(&arena);
    return 0;
}
