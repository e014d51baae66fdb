/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/time_parts.h"

#include "base/rng.h"
#include "tests/tap.h"

#define MAIN  \
    {         \
        "", 0 \
    }
#define SIDE   \
    {          \
        "~", 1 \
    }
#define ITEM(i) \
    {           \
        (i), 1  \
    }

struct row {
    const char *name;
    int64_t latency_ns;
    struct rkb_result_call calls[4];
    size_t n;
    int64_t want[RKB_TIME_PARTS];
    int64_t on_chain[4];
};

/* Worked by hand. Fields: start, queue, connect, first byte, first token,
 * total, parse, render. */
#define TIMES(s, q, c, b, t, all, p, r)                                        \
    .start_ns = (s), .queue_ns = (q), .connect_ns = (c), .first_byte_ns = (b), \
    .first_token_ns = (t), .total_ns = (all), .parse_ns = (p),                 \
    .render_ns = (r)

static const struct row rows[] = {
    { "no call: all of it is the method's own",
      500,
      { { .seq = 0 } },
      0,
      { [RKB_TIME_OTHER] = 500 },
      { 0 } },
    /* render 10..30, queue ..35, connect ..40, byte ..65, token ..85,
     * last byte ..135, parse ..138 */
    { "one streamed call has every part",
      150,
      { { .path = MAIN, TIMES(30, 5, 5, 30, 50, 100, 3, 20) } },
      1,
      { [RKB_TIME_RENDER] = 20,
        [RKB_TIME_QUEUE] = 5,
        [RKB_TIME_CONNECT] = 5,
        [RKB_TIME_FIRST_BYTE] = 25,
        [RKB_TIME_FIRST_TOKEN] = 20,
        [RKB_TIME_GENERATION] = 50,
        [RKB_TIME_PARSE] = 3,
        [RKB_TIME_OTHER] = 10 + 12 },
      { 128 } },
    { "without a stream the first byte stands for the work",
      100,
      { { .path = MAIN, TIMES(0, 0, 10, 90, -1, 95, 5, 0) } },
      1,
      { [RKB_TIME_CONNECT] = 10,
        [RKB_TIME_FIRST_BYTE] = 80,
        [RKB_TIME_GENERATION] = 5,
        [RKB_TIME_PARSE] = 5 },
      { 100 } },
    /* 0 ran from 0 to 40, 1 from 0 to 100: the order waited for 1. */
    { "of two calls at once the longer one counts",
      110,
      { { .path = ITEM("0"), TIMES(0, 0, 0, -1, -1, 40, 0, 0) },
        { .path = ITEM("1"), TIMES(0, 20, 0, -1, -1, 80, 0, 0) } },
      2,
      { [RKB_TIME_QUEUE] = 20,
        [RKB_TIME_FIRST_BYTE] = 80,
        [RKB_TIME_OTHER] = 10 },
      { 0, 100 } },
    /* Two lanes: 0 then 2, and 1. 2 ends last at 90; when it began at 50, 0
     * had ended (45), 1 had not (60). */
    { "the chain goes through the lane that became free",
      90,
      { { .path = ITEM("0"), TIMES(5, 0, 0, -1, -1, 40, 0, 5) },
        { .path = ITEM("1"), TIMES(5, 0, 0, -1, -1, 55, 0, 5) },
        { .path = ITEM("2"), TIMES(50, 0, 0, -1, -1, 40, 0, 3) } },
      3,
      { [RKB_TIME_RENDER] = 5 + 3,
        [RKB_TIME_FIRST_BYTE] = 80,
        [RKB_TIME_OTHER] = 2 },
      { 45, 0, 43 } },
    /* 1 ended at 48, while 2 was already being made (47 to 50). */
    { "what ends while a prompt is made did not hold it up",
      90,
      { { .path = ITEM("0"), TIMES(5, 0, 0, -1, -1, 40, 0, 5) },
        { .path = ITEM("1"), TIMES(8, 0, 0, -1, -1, 40, 0, 5) },
        { .path = ITEM("2"), TIMES(50, 0, 0, -1, -1, 40, 0, 3) } },
      3,
      { [RKB_TIME_RENDER] = 5 + 3,
        [RKB_TIME_FIRST_BYTE] = 80,
        [RKB_TIME_OTHER] = 2 },
      { 45, 0, 43 } },
    /* 0 fails at 30, a pause until 70, then 20. */
    { "a repeated attempt and the pause behind it are retries",
      100,
      { { .path = MAIN, TIMES(10, 2, 3, -1, -1, 18, 0, 10) },
        { .path = MAIN, .attempt = 1, TIMES(70, 5, 0, -1, -1, 20, 0, 10) } },
      2,
      { [RKB_TIME_RENDER] = 10,
        [RKB_TIME_QUEUE] = 5,
        [RKB_TIME_FIRST_BYTE] = 20,
        [RKB_TIME_RETRY] = 20 + 40,
        [RKB_TIME_OTHER] = 5 },
      { 30, 65 } },
    /* 0 of "1" failed at 20 and is asked again until 100, 0 of "0" ends at 30:
     * nothing but the last attempt ends a call. */
    { "an attempt that is repeated ends no call",
      100,
      { { .path = ITEM("0"), TIMES(0, 0, 0, -1, -1, 30, 0, 0) },
        { .path = ITEM("1"), TIMES(0, 0, 0, -1, -1, 20, 0, 0) },
        { .path = ITEM("1"),
          .attempt = 1,
          TIMES(60, 0, 0, -1, -1, 40, 0, 0) } },
      3,
      { [RKB_TIME_FIRST_BYTE] = 40, [RKB_TIME_RETRY] = 60 },
      { 0, 20, 80 } },
    /* Made 0..10, counted 10..40, written 40..45 and sent: the 15 of making
     * lie on both sides of the count. */
    { "a count on the way is the tokenizer's, and no rendering",
      100,
      { { .path = MAIN, TIMES(45, 0, 0, -1, -1, 50, 0, 15) },
        { .path = SIDE, TIMES(10, 0, 0, -1, -1, 30, 0, 0) } },
      2,
      { [RKB_TIME_RENDER] = 15,
        [RKB_TIME_TOKENIZER] = 30,
        [RKB_TIME_FIRST_BYTE] = 50,
        [RKB_TIME_OTHER] = 5 },
      { 65, 30 } },
};

static int64_t sum_of(const int64_t *ns, size_t n)
{
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += ns[i];
    return sum;
}

static void hand_worked_times_have_their_parts(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        struct rkb_arena a = { 0 };
        int64_t got[RKB_TIME_PARTS], on_chain[4];

        CHECK(rkb_time_parts(&a, r->calls, r->n, r->latency_ns, -1, got,
                             on_chain));
        for (int p = 0; p < RKB_TIME_PARTS; p++)
            if (!CHECK_EQ_INT(got[p], r->want[p]))
                printf("# %s: %s\n", r->name,
                       rkb_time_part_name((enum rkb_time_part)p));
        for (size_t k = 0; k < r->n; k++)
            if (!CHECK_EQ_INT(on_chain[k], r->on_chain[k]))
                printf("# %s: call %zu\n", r->name, k);
        CHECK_EQ_INT(sum_of(r->want, RKB_TIME_PARTS), r->latency_ns);
        rkb_arena_release(&a);
    }
}

static void what_is_not_known_is_not_parted(void)
{
    struct rkb_result_call call = { .path = MAIN,
                                    TIMES(0, 0, 0, -1, -1, 5, 0, 0) };
    struct rkb_arena a = { 0 };
    int64_t parts[RKB_TIME_PARTS];

    CHECK(!rkb_time_parts(&a, &call, 1, -1, 0, parts, NULL));
    call.start_ns = RKB_UNKNOWN; /* a store of version 2 */
    CHECK(!rkb_time_parts(&a, &call, 1, 10, 0, parts, NULL));
    rkb_arena_release(&a);
}

/* Due at 0, handed over at 30: calls count from there. */
static void what_was_late_is_a_part_of_its_own(void)
{
    const struct rkb_result_call call = { .path = MAIN,
                                          TIMES(5, 2, 0, -1, -1, 50, 3, 4) };
    struct rkb_arena a = { 0 };
    int64_t parts[RKB_TIME_PARTS];

    CHECK(rkb_time_parts(&a, &call, 1, 100, 30, parts, NULL));
    CHECK_EQ_INT(parts[RKB_TIME_LATE], 30);
    CHECK_EQ_INT(parts[RKB_TIME_RENDER], 4);
    CHECK_EQ_INT(parts[RKB_TIME_FIRST_BYTE], 50);
    CHECK_EQ_INT(parts[RKB_TIME_OTHER], 100 - 30 - 4 - 2 - 50 - 3);
    CHECK(rkb_time_parts(&a, &call, 1, 100, 130, parts, NULL));
    CHECK_EQ_INT(parts[RKB_TIME_LATE], 100);
    rkb_arena_release(&a);
}

/* Any numbers at all, those that contradict each other too. */
static int64_t any(struct rkb_rng *rng)
{
    switch (rkb_rng_below(rng, 12)) {
    case 0:
        return -1;
    case 1:
        return INT64_MAX;
    case 2:
        return 0;
    default:
        return (int64_t)rkb_rng_below(rng, 60);
    }
}

static void check_sum(struct rkb_rng *rng, struct rkb_arena *a)
{
    static const rkb_sv paths[] = {
        MAIN, SIDE, ITEM("0"), { "0~", 2 }, ITEM("1")
    };
    struct rkb_result_call calls[12] = { { .seq = 0 } };
    int64_t parts[RKB_TIME_PARTS], on_chain[12];
    int64_t latency = (int64_t)rkb_rng_below(rng, 300);
    size_t n = (size_t)rkb_rng_below(rng, 13), path = 0;

    for (size_t i = 0; i < n; i++) {
        struct rkb_result_call *c = &calls[i];
        bool again = i && rkb_rng_below(rng, 3) == 0;

        if (!again && path < 4 && rkb_rng_below(rng, 2))
            path++;
        *c = (struct rkb_result_call){
            .path = paths[path],
            .seq = again ? c[-1].seq : (int64_t)i,
            .attempt = again ? c[-1].attempt + 1 : 0,
            TIMES(any(rng), any(rng), any(rng), any(rng), any(rng), any(rng),
                  any(rng), any(rng)),
        };
        if (c->start_ns < 0)
            c->start_ns = 3;
        if (c->total_ns < 0)
            c->total_ns = 3;
    }
    CHECK(rkb_time_parts(a, calls, n, latency, any(rng), parts, on_chain));
    CHECK_EQ_INT(sum_of(parts, RKB_TIME_PARTS), latency);
    CHECK_EQ_INT(sum_of(on_chain, n),
                 latency - parts[RKB_TIME_OTHER] - parts[RKB_TIME_LATE]);
    for (int p = 0; p < RKB_TIME_PARTS; p++)
        CHECK(parts[p] >= 0);
}

static void parts_sum_to_the_latency_whatever_the_calls(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_rng rng;

    rkb_rng_init(&rng, 20261126);
    for (int i = 0; i < 20000; i++) {
        check_sum(&rng, &a);
        rkb_arena_reset(&a);
    }
    rkb_arena_release(&a);
}

/* As many as a pairwise run has; in lanes, so that they overlap. */
static void ten_thousand_calls_take_no_time(void)
{
    enum { N = 10000, LANES = 16 };
    struct rkb_arena a = { 0 };
    struct rkb_result_call *calls = rkb_arena_new(&a, N, sizeof *calls);
    int64_t parts[RKB_TIME_PARTS];

    for (size_t i = 0; i < N; i++)
        calls[i] = (struct rkb_result_call){
            .path = MAIN,
            .seq = (int64_t)i,
            TIMES((int64_t)(i / LANES) * 100, 1, 1, -1, -1, 90, 2, 5),
        };
    CHECK(rkb_time_parts(&a, calls, N, N / LANES * 100, 0, parts, NULL));
    CHECK_EQ_INT(parts[RKB_TIME_FIRST_BYTE], N / LANES * 89);
    CHECK_EQ_INT(sum_of(parts, RKB_TIME_PARTS), N / LANES * 100);
    rkb_arena_release(&a);
}

TESTS(TEST(hand_worked_times_have_their_parts),
      TEST(what_is_not_known_is_not_parted),
      TEST(what_was_late_is_a_part_of_its_own),
      TEST(parts_sum_to_the_latency_whatever_the_calls),
      TEST(ten_thousand_calls_take_no_time))
