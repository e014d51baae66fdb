/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tap.h"

#include "base/rng.h"
#include "metrics/spec.h"

static struct rkb_buf out;

static bool same(double value)
{
    char want[400];

    snprintf(want, sizeof(want), "%6.4f", value);
    rkb_buf_reset(&out);
    rkb_format_4f(value, &out);
    if (strcmp(out.at, want) == 0)
        return true;
    printf("# %.17g: got '%s', want '%s'\n", value, out.at, want);
    return false;
}

/* Both neighbours too, on either side of zero. */
static bool same_around(double value)
{
    bool ok = same(value) &&
              same(nextafter(value, 0)) & same(nextafter(value, 1e300)) &&
              same(-value) & same(nextafter(-value, 0));

    return ok;
}

static void fractions_are_as_printf_has_them(void)
{
    bool ok = true;

    for (int n = 1; n <= 1000 && ok; n++)
        for (int k = 0; k <= n && ok; k++)
            ok = same((double)k / n);
    CHECK(ok);
}

static void ties_go_to_the_even_digit(void)
{
    bool ok = true;

    /* odd / 32 and odd / 2^k beyond end in 5 past the fourth digit */
    for (int k = 0; k <= 40; k++)
        for (int i = 0; i < 2000 && ok; i++)
            ok = same_around(ldexp(i, -k));
    for (int i = 0; i < 60000 && ok; i++)
        ok = same_around(i / 10000.0) && same_around((i + 0.5) / 10000.0);
    CHECK(ok);
}

static void random_values_are_as_printf_has_them(void)
{
    struct rkb_rng r;
    bool ok = true;

    rkb_rng_init(&r, 7);
    for (int i = 0; i < 400000 && ok; i++) {
        double unit = rkb_rng_unit(&r);

        ok = same(unit) && same(unit * 1e5) && same(unit * 2e9);
    }
    for (int i = 0; i < 40000 && ok; i++) {
        double half = (double)rkb_rng_below(&r, 20000000000000) + 0.5;

        ok = same_around(half / 10000.0);
    }
    CHECK(ok);
}

static void odd_values_are_as_printf_has_them(void)
{
    static const double values[] = { 0.0,  -0.0, 1e-300, 5e-324,  1e9,
                                     1e10, 1e22, 1e300,  0.00005, 99999.99995 };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        CHECK(same_around(values[i]));
    CHECK(same(INFINITY));
    CHECK(same(-INFINITY));
}

static const char *formatted(const char *name, double value)
{
    struct rkb_measures ms = { 0 };
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    struct rkb_err err;

    rkb_buf_reset(&out);
    if (rkb_measures_add(&ms, rkb_sv_of(name), &rules, &err) == RKB_OK)
        rkb_slot_format(&ms.slots[0], value, &out);
    rkb_measures_release(&ms);
    return out.at;
}

static void slots_print_as_trec_eval_does(void)
{
    CHECK_STR(formatted("map", 0.5), "0.5000");
    CHECK_STR(formatted("map", 2.0 / 3), "0.6667");
    CHECK_STR(formatted("utility", -12), "-12.0000");
    CHECK_STR(formatted("num_ret", 0), "0");
    CHECK_STR(formatted("num_ret", 6980000), "6980000");
    CHECK_STR(formatted("11pt_avg", NAN), "  -nan");
    CHECK_STR(formatted("11pt_avg", -NAN), "  -nan");
}

TESTS(TEST(fractions_are_as_printf_has_them), TEST(ties_go_to_the_even_digit),
      TEST(random_values_are_as_printf_has_them),
      TEST(odd_values_are_as_printf_has_them),
      TEST(slots_print_as_trec_eval_does))
