/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/host.h"

#include "tests/tap.h"

static char *text(const struct rkb_buf *b)
{
    return b->at ? b->at : "";
}

static void a_machine_is_read_from_proc_and_sys(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_host host;
    struct rkb_host_moment m;
    struct rkb_buf json = { 0 };

    rkb_host_look(&a, "tests/data/host/busy", &host);
    rkb_host_moment(&a, "tests/data/host/busy", false, &m);
    CHECK(host.name.len > 0);
    CHECK(rkb_sv_is(host.cpu, "Test CPU @ 2.00GHz"));
    CHECK_EQ_INT(host.n_cpus, 2);
    CHECK_NEAR(m.load, 3.10, 0);
    CHECK_NEAR(m.pressure, 42.5, 0);
    CHECK_EQ_INT(m.stalled_ns, 7693145365000);
    rkb_host_before(&host, &m, &json);
    CHECK_STR(text(&json), "\"cpus\":2,\"governor\":\"mixed\","
                           "\"load_before\":3.10,\"pressure_before\":42.50");
    rkb_host_look(&a, "tests/data/host/idle", &host);
    CHECK(rkb_sv_is(host.governor, "performance"));
    rkb_buf_release(&json);
    rkb_arena_release(&a);
}

static void what_a_machine_does_not_tell_is_left_out(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_host host;
    struct rkb_host_moment m;
    struct rkb_buf json = { 0 };

    rkb_host_look(&a, "tests/data/host/nowhere", &host);
    rkb_host_moment(&a, "tests/data/host/nowhere", false, &m);
    CHECK(!host.cpu.len && !host.governor.len);
    CHECK(host.n_cpus >= 1); /* the system tells */
    host.n_cpus = 3;
    rkb_host_before(&host, &m, &json);
    CHECK_STR(text(&json), "\"cpus\":3");
    rkb_buf_reset(&json);
    rkb_host_after(&host, &m, &m, &json);
    CHECK_STR(text(&json), "");
    rkb_buf_release(&json);
    rkb_arena_release(&a);
}

#define NS INT64_C(1000000000)

/* Moments by hand; `loaded` is a part of the reason, "no", or NULL. */
static const struct {
    const char *name;
    double load, pressure;
    int64_t stalled_ns; /* before */
    int64_t took_ns, waited_ns;
    const char *loaded;
} moments[] = {
    { "idle", 0.1, 0, 0, 10 * NS, NS / 10, "no" },
    { "pressure before", 0.1, 10, 0, 10 * NS, 0, "10 s before it" },
    { "a little pressure before", 0.1, 9.99, 0, 10 * NS, 0, "no" },
    { "stalled a tenth of the time", 0.1, 0, 5, 10 * NS, NS,
      "10 % of the time" },
    { "stalled a little less", 0.1, 0, 5, 10 * NS, NS - NS / 100, "no" },
    { "too short to tell", 0.1, 0, 5, NS / 2, NS / 4, "no" },
    { "a load with a pressure that is low", 3, 0, 0, 10 * NS, 0, "no" },
    { "a load without a pressure", 1, -1, -1, 10 * NS, 0, "1.00 on 2" },
    { "a small load without a pressure", 0.99, -1, -1, 10 * NS, 0, "no" },
    { "nothing known", -1, -1, -1, 10 * NS, 0, NULL },
};

static void a_loaded_machine_is_told_by_rule(void)
{
    const struct rkb_host host = { .n_cpus = 2 };

    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        struct rkb_host_moment before = {
            .at_ns = 7 * NS,
            .load = moments[i].load,
            .pressure = moments[i].pressure,
            .stalled_ns = moments[i].stalled_ns,
        };
        struct rkb_host_moment after = before;
        struct rkb_buf json = { 0 };
        const char *loaded;

        after.at_ns += moments[i].took_ns;
        if (before.stalled_ns >= 0)
            after.stalled_ns += moments[i].waited_ns;
        rkb_host_after(&host, &before, &after, &json);
        loaded = strstr(text(&json), "\"loaded\":\"");
        if (!moments[i].loaded
                ? !CHECK(!loaded)
                : !CHECK(loaded && strstr(loaded, moments[i].loaded)))
            printf("# %s: %s\n", moments[i].name, text(&json));
        rkb_buf_release(&json);
    }
}

TESTS(TEST(a_machine_is_read_from_proc_and_sys),
      TEST(what_a_machine_does_not_tell_is_left_out),
      TEST(a_loaded_machine_is_told_by_rule))
