/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/prices.h"

#include "tests/tap.h"

static enum rkb_status parse(struct rkb_arena *a, const char *text,
                             struct rkb_prices *out, struct rkb_err *err)
{
    return rkb_prices_parse(a, "p.yaml", rkb_sv_of(text), out, err);
}

static void a_model_has_a_price_or_a_size_or_both(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_prices p;
    struct rkb_err err = { 0 };
    const struct rkb_price *x;

    CHECK_EQ_INT(parse(&a,
                       "a/b: {prompt: 0.5, output: 2}\n"
                       "own: {parameters: 7.24e9}\n"
                       "all: {prompt: 1, output: 1, parameters: 1e9}\n",
                       &p, &err),
                 RKB_OK);
    x = rkb_price_of(&p, rkb_sv_of("a/b"));
    if (CHECK(x != NULL)) {
        CHECK_NEAR(rkb_cost(x, 3000000, 500000), 2.5, 1e-12);
        CHECK(isnan(x->parameters));
    }
    x = rkb_price_of(&p, rkb_sv_of("own"));
    if (CHECK(x != NULL)) {
        CHECK(isnan(rkb_cost(x, 1, 1)));
        CHECK_NEAR(x->parameters, 7.24e9, 0);
    }
    CHECK(rkb_price_of(&p, rkb_sv_of("al")) == NULL);
    rkb_arena_release(&a);
}

static void what_is_no_price_is_told_with_its_line(void)
{
    static const char *const cases[][2] = {
        { "a: {prompt: 1}\n",
          "p.yaml:1: 'output' must be US dollars a million tokens" },
        { "b: {prompt: 1, output: 2}\na: {prompt: 1, parameters: 7e9}\n",
          "p.yaml:2: 'output' must be US dollars a million tokens" },
        { "a:\n  parameters: many\n",
          "p.yaml:2: 'parameters' must be a number of parameters" },
        { "a: {parameters: -1}\n",
          "p.yaml:1: 'parameters' must be a number of parameters" },
        { "a: {}\n", "p.yaml:1: 'prompt' must be US dollars a million tokens" },
        { "a: {prompt: 1, output: 2, size: 3}\n",
          "p.yaml:1: a price has 'prompt' and 'output', or 'parameters', not "
          "'size'" },
        { "- a\n", "p.yaml:1: prices are a map, such as 'MODEL: {prompt: "
                   "0.15, output: 0.6}'" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_prices p;
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(parse(&a, cases[i][0], &p, &err), RKB_E_USAGE);
        CHECK_STR(err.msg, cases[i][1]);
        rkb_arena_release(&a);
    }
}

TESTS(TEST(a_model_has_a_price_or_a_size_or_both),
      TEST(what_is_no_price_is_told_with_its_line))
