/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "tests/tap.h"

#include <time.h>

static int64_t count_up(void *ctx)
{
    return ++*(int64_t *)ctx;
}

static void the_clock_never_goes_back(void)
{
    int64_t last_ns = rkb_clock_now();
    int n_back = 0;

    CHECK(last_ns > 0);
    for (int i = 0; i < 10000; i++) {
        int64_t now_ns = rkb_clock_now();

        n_back += now_ns < last_ns;
        last_ns = now_ns;
    }
    CHECK_EQ_INT(n_back, 0);
}

static void a_test_can_bring_its_own_clock(void)
{
    int64_t time_ns = 41;

    CHECK(rkb_clock_is_real());
    rkb_clock_set(count_up, &time_ns);
    CHECK(!rkb_clock_is_real());
    CHECK_EQ_INT(rkb_clock_now(), 42);
    CHECK_EQ_INT(rkb_clock_now(), 43);
    rkb_clock_set(NULL, NULL);
    CHECK(rkb_clock_is_real());
    CHECK(rkb_clock_now() > 43);
}

static void utc_is_the_present_in_iso_8601(void)
{
    struct tm parts = { 0 };
    char text[32], *end;
    time_t before = time(NULL);

    setenv("TZ", "Asia/Tokyo", 1);
    rkb_clock_utc(text);
    end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (!CHECK(end && *end == '\0'))
        return;
    CHECK_EQ_INT(strlen(text), 20);
    CHECK(timegm(&parts) >= before && timegm(&parts) <= time(NULL));
}

static void cpu_time_counts_work(void)
{
    int64_t start_ns = rkb_clock_cpu();
    volatile unsigned spun = 0;

    for (int i = 0; i < 5000000; i++)
        spun += (unsigned)i;
    CHECK(start_ns > 0 && spun > 0);
    CHECK(rkb_clock_cpu() > start_ns);
}

TESTS(TEST(the_clock_never_goes_back), TEST(a_test_can_bring_its_own_clock),
      TEST(utc_is_the_present_in_iso_8601), TEST(cpu_time_counts_work))
