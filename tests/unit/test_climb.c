/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/climb.h"

#include "base/rng.h"
#include "tests/tap.h"

static struct rkb_ladder ladder_of(const char *text)
{
    struct rkb_ladder l;
    struct rkb_err err = { 0 };

    if (!CHECK_EQ_INT(rkb_ladder_parse(rkb_sv_of(text), &l, &err), RKB_OK))
        printf("# %s: %s\n", text, err.msg);
    return l;
}

static void ladders_are_read_or_refused(void)
{
    static const struct {
        const char *text, *says; /* NULL: read */
        size_t n;
        double last;
    } rows[] = {
        { "closed:1,2,4,1024", NULL, 4, 1024 },
        { "open:0.5", NULL, 1, 0.5 },
        { "open:0.5,1e2", NULL, 2, 100 },
        { "", "closed:N,N", 0, 0 },
        { "single", "closed:N,N", 0, 0 },
        { "closed", "from 1 to 1024", 0, 0 },
        { "closed:", "from 1 to 1024", 0, 0 },
        { "closed:1,,2", "from 1 to 1024", 0, 0 },
        { "closed:0", "from 1 to 1024", 0, 0 },
        { "closed:1.5", "from 1 to 1024", 0, 0 },
        { "closed:2000", "from 1 to 1024", 0, 0 },
        { "closed:00000000000000000000000000000000000000001", "too long", 0,
          0 },
        { "open:0", "open:RATE", 0, 0 },
        { "open:nan", "open:RATE", 0, 0 },
        { "open:2,2", "ascend", 0, 0 },
        { "closed:4,2", "ascend", 0, 0 },
        { "closed:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,"
          "23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,"
          "45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65",
          "at most 64", 0, 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rkb_ladder l;
        struct rkb_err err = { 0 };
        enum rkb_status rc =
            rkb_ladder_parse(rkb_sv_of(rows[i].text), &l, &err);

        if (rows[i].says) {
            CHECK_EQ_INT(rc, RKB_E_USAGE);
            if (!CHECK(strstr(err.msg, rows[i].says)))
                printf("# %s: %s\n", rows[i].text, err.msg);
            continue;
        }
        CHECK_EQ_INT(rc, RKB_OK);
        CHECK_EQ_INT(l.n, rows[i].n);
        CHECK_NEAR(l.loads[l.n - 1], rows[i].last, 0);
    }
}

/* A server that holds up to a load of `most`; each answer is turned over with
 * the chance `luck`. */
struct server {
    double most, luck;
    struct rkb_rng rng;
    double tried[100], lowest_failed, highest_held;
    size_t n;
};

static bool answer(struct server *s, double load)
{
    bool holds = load <= s->most;

    if (s->luck > 0 && rkb_rng_unit(&s->rng) < s->luck)
        holds = !holds;
    s->tried[s->n++] = load;
    if (!holds)
        s->lowest_failed =
            s->lowest_failed > 0 ? fmin(s->lowest_failed, load) : load;
    return holds;
}

static double sweep(struct server *s, const char *text, bool limited,
                    double precision)
{
    struct rkb_ladder l = ladder_of(text);
    struct rkb_climb c;
    double load;

    rkb_climb_start(&c, &l, limited, precision);
    while (rkb_climb_next(&c, &load) && s->n < 100)
        rkb_climb_tell(&c, load, answer(s, load));
    CHECK(s->n < 100);
    return c.held;
}

static void without_a_limit_every_rung_is_tried(void)
{
    struct server s = { .most = 2 };

    sweep(&s, "closed:1,2,4,8", false, 0.05);
    CHECK_EQ_INT(s.n, 4);
    CHECK_NEAR(s.tried[3], 8, 0);
}

/* Up to 11: 1 2 4 8 hold, 16 does not; 12 does not, 10 and 11 hold. */
static void numbers_at_once_are_found_exactly(void)
{
    static const double want[] = { 1, 2, 4, 8, 16, 12, 10, 11 };
    struct server s = { .most = 11 };

    CHECK_NEAR(sweep(&s, "closed:1,2,4,8,16,32", true, 0.01), 11, 0);
    CHECK_EQ_INT(s.n, 8);
    for (size_t i = 0; i < 8 && i < s.n; i++)
        CHECK_NEAR(s.tried[i], want[i], 0);
}

/* Every border from 1 to 1023, and of rates within the precision. */
static void every_border_is_found(void)
{
    for (int most = 1; most < 1024; most++) {
        struct server s = { .most = most };

        CHECK_NEAR(sweep(&s, "closed:1,1024", true, 0), most, 0);
        CHECK(s.n <= 12);
    }
    for (double most = 0.011; most < 99; most *= 1.07) {
        struct server s = { .most = most };
        double held = sweep(&s, "open:0.01,0.1,1,10,100", true, 0.05);

        CHECK(held <= most && held * 1.05 >= most * (1 - 1e-9));
        CHECK(s.n <= 12);
    }
}

static void ends_are_told_apart(void)
{
    struct server never = { .most = 0.5 }, always = { .most = 1e9 };

    CHECK_NEAR(sweep(&never, "closed:1,2,4", true, 0.05), 0, 0);
    CHECK_EQ_INT(never.n, 1); /* more load helps nobody */
    CHECK_NEAR(sweep(&always, "closed:1,2,4", true, 0.05), 4, 0);
    CHECK_EQ_INT(always.n, 3);
}

/* With luck in it: never a load at or above one that failed, always one that
 * was tried, and it ends. Each of some dozen answers is wrong once in ten. */
static void luck_never_leads_beyond_a_failure(void)
{
    size_t near = 0;

    for (uint64_t seed = 0; seed < 500; seed++) {
        struct server s = { .most = 20, .luck = 0.1 };
        double held;
        bool tried = false;

        rkb_rng_init(&s.rng, seed);
        held = sweep(&s, "open:1,2,4,8,16,32,64", true, 0.05);
        for (size_t i = 0; i < s.n; i++)
            tried |= s.tried[i] == held;
        CHECK(held == 0 || tried);
        CHECK(s.lowest_failed == 0 || held < s.lowest_failed);
        near += held > 20 / 1.06 && held <= 20;
    }
    /* All of the answers are right with 0.9^10. */
    CHECK(near > 500 * 0.25);
}

static void the_same_answers_give_the_same_loads(void)
{
    struct server a = { .most = 3.3 }, b = { .most = 3.3 };

    sweep(&a, "open:1,10", true, 0.02);
    sweep(&b, "open:1,10", true, 0.02);
    CHECK_EQ_INT(a.n, b.n);
    CHECK(memcmp(a.tried, b.tried, sizeof a.tried) == 0);
    CHECK_NEAR(a.tried[2], 3.16, 0); /* the root of 10, three digits */
}

TESTS(TEST(ladders_are_read_or_refused),
      TEST(without_a_limit_every_rung_is_tried),
      TEST(numbers_at_once_are_found_exactly), TEST(every_border_is_found),
      TEST(ends_are_told_apart), TEST(luck_never_leads_beyond_a_failure),
      TEST(the_same_answers_give_the_same_loads))
