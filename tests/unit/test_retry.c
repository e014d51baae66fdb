/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/retry.h"
#include "tests/tap.h"

static void waits_double_up_to_a_minute_and_are_spread_evenly(void)
{
    static const double most[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
    struct rkb_rng rng;

    rkb_rng_init(&rng, 7);
    for (int64_t attempt = 1; attempt <= 9; attempt++) {
        double sum = 0, largest = 0;

        for (int i = 0; i < 2000; i++) {
            double s = (double)rkb_backoff_ns(1000000000, attempt, &rng) / 1e9;

            sum += s;
            largest = s > largest ? s : largest;
            CHECK(s >= 0);
        }
        CHECK(largest <= most[attempt - 1]);
        /* The mean of a uniform draw, within five standard errors. */
        CHECK_NEAR(sum / 2000, most[attempt - 1] / 2,
                   5 * most[attempt - 1] / sqrt(12.0 * 2000));
    }
    CHECK_EQ_INT(rkb_backoff_ns(0, 5, &rng), 0);
    CHECK(rkb_backoff_ns(3600000000000, 1, &rng) <= RKB_BACKOFF_MOST_NS);
}

static void what_the_server_asks_for_is_read_in_every_form(void)
{
    static const struct {
        const char *headers;
        double seconds; /* -1: nothing readable */
    } rows[] = {
        { "Retry-After: 3\r\n", 3 },
        { "retry-after: 0.25\r\n", 0.25 },
        { "Retry-After: -4\r\n", 0 },
        { "Retry-After: 9\r\nRetry-After-Ms: 250\r\n", 0.25 },
        { "Retry-After: Thu, 26 Nov 2026 12:00:30 GMT\r\n", 30 },
        { "Retry-After: Thu, 26 Nov 2026 12:00:30 GMT\r\n"
          "Date: Thu, 26 Nov 2026 12:00:20 GMT\r\n",
          10 },
        { "Retry-After: Thu, 26 Nov 2026 11:00:00 GMT\r\n", 0 },
        { "Retry-After: soon\r\n", -1 },
        { "Retry-After: 1e300\r\n", 1e9 },
        { "Content-Type: text/plain\r\n", -1 },
    };
    const int64_t noon = 1795694400; /* 2026-11-26 12:00:00 UTC */

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const struct rkb_http_reply reply = { .headers =
                                                  rkb_sv_of(rows[i].headers) };
        int64_t ns = -1;
        bool found = rkb_retry_after_ns(&reply, noon, &ns);

        if (!CHECK_EQ_INT(found, rows[i].seconds >= 0))
            printf("# %s", rows[i].headers);
        if (found)
            CHECK_NEAR((double)ns / 1e9, rows[i].seconds, 1e-6);
    }
}

TESTS(TEST(waits_double_up_to_a_minute_and_are_spread_evenly),
      TEST(what_the_server_asks_for_is_read_in_every_form))
