/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stop.h"

#include "base/clock.h"
#include "base/par.h"
#include "tests/tap.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static bool readable(int fd, int wait_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, wait_ms) == 1 && p.revents & POLLIN;
}

static void no_flag_is_never_stopped(void)
{
    CHECK_EQ_INT(rkb_stop_level(NULL), 0);
    CHECK_EQ_INT(rkb_stop_fd(NULL), -1);
    CHECK_EQ_INT(rkb_stop_abort_fd(NULL), -1);
    CHECK(!rkb_stop_sleep(NULL, rkb_clock_now() - 1));
    CHECK(!rkb_stop_sleep(NULL, rkb_clock_now() + 1000000));
    rkb_stop_close(NULL);
}

static void a_request_goes_one_level_up_and_stays_readable(void)
{
    struct rkb_stop *s = rkb_stop_new();

    if (!CHECK(s))
        return;
    CHECK_EQ_INT(rkb_stop_level(s), 0);
    CHECK(!readable(rkb_stop_fd(s), 0));
    rkb_stop_request(s);
    CHECK_EQ_INT(rkb_stop_level(s), 1);
    CHECK(readable(rkb_stop_fd(s), 0) && readable(rkb_stop_fd(s), 0));
    CHECK(!readable(rkb_stop_abort_fd(s), 0));
    rkb_stop_request(s);
    CHECK_EQ_INT(rkb_stop_level(s), 2);
    CHECK(readable(rkb_stop_abort_fd(s), 0));
    rkb_stop_request(s);
    CHECK_EQ_INT(rkb_stop_level(s), 2);
    rkb_stop_close(s);
}

static void when_a_stop_was_first_asked_for_is_kept(void)
{
    struct rkb_stop *s = rkb_stop_new();
    int64_t before_ns = rkb_clock_now(), since_ns;

    CHECK_EQ_INT(rkb_stop_since(NULL), 0);
    CHECK_EQ_INT(rkb_stop_since(s), 0);
    rkb_stop_request(s);
    since_ns = rkb_stop_since(s);
    CHECK(since_ns >= before_ns && since_ns <= rkb_clock_now());
    rkb_stop_request(s);
    CHECK_EQ_INT(rkb_stop_since(s), since_ns);
    rkb_stop_close(s);
}

static void a_sleep_ends_at_its_time_or_at_once_when_stopped(void)
{
    struct rkb_stop *s = rkb_stop_new();
    int64_t until_ns = rkb_clock_now() + 2000000;

    CHECK(!rkb_stop_sleep(s, until_ns));
    CHECK(rkb_clock_now() >= until_ns);
    rkb_stop_request(s);
    CHECK(rkb_stop_sleep(s, INT64_MAX));
    CHECK(rkb_stop_sleep(s, 0));
    rkb_stop_close(s);
}

static void request(void *arg)
{
    rkb_stop_request(arg);
}

static void a_request_wakes_a_sleeper(void)
{
    struct rkb_stop *s = rkb_stop_new();
    struct rkb_thread *t = rkb_thread_start(request, s);

    CHECK(rkb_stop_sleep(s, rkb_clock_now() + INT64_C(60000000000)));
    rkb_thread_join(t);
    rkb_stop_close(s);
}

static int64_t at_zero(void *ctx)
{
    (void)ctx;
    return 0;
}

static void nobody_sleeps_under_a_test_clock(void)
{
    struct rkb_stop *s = rkb_stop_new();

    rkb_clock_set(at_zero, NULL);
    CHECK(!rkb_stop_sleep(s, INT64_C(3600000000000)));
    rkb_clock_set(NULL, NULL);
    rkb_stop_close(s);
}

static void signals_raise_the_level_and_do_not_kill(void)
{
    static const int signals[2] = { SIGINT, SIGTERM };
    struct rkb_stop *s = rkb_stop_open();

    if (!CHECK(s))
        return;
    kill(getpid(), signals[0]);
    CHECK(readable(rkb_stop_fd(s), 10000));
    CHECK_EQ_INT(rkb_stop_level(s), 1);
    kill(getpid(), signals[1]);
    CHECK(readable(rkb_stop_abort_fd(s), 10000));
    CHECK_EQ_INT(rkb_stop_level(s), 2);
    rkb_stop_close(s);
}

static bool is_blocked(int signal_number)
{
    sigset_t mask;

    sigprocmask(SIG_SETMASK, NULL, &mask);
    return sigismember(&mask, signal_number) == 1;
}

static void closing_restores_the_mask_and_can_be_repeated(void)
{
    for (int i = 0; i < 50; i++) {
        struct rkb_stop *s = rkb_stop_open();

        CHECK(is_blocked(SIGINT) && is_blocked(SIGTERM));
        CHECK_EQ_INT(rkb_stop_level(s), 0);
        rkb_stop_close(s);
        CHECK(!is_blocked(SIGINT) && !is_blocked(SIGTERM));
    }
}

static void descriptors_are_given_back(void)
{
    struct rkb_stop *s = rkb_stop_new();
    int first = rkb_stop_fd(s);

    rkb_stop_close(s);
    s = rkb_stop_new();
    CHECK_EQ_INT(rkb_stop_fd(s), first);
    rkb_stop_close(s);
}

/* With 0 to 3 descriptors left none of the two pipes, or only one, opens. */
static void without_descriptors_there_is_no_flag_and_no_leak(void)
{
    struct rkb_stop *s = rkb_stop_new();
    int first = rkb_stop_fd(s);
    struct rlimit before, low;

    rkb_stop_close(s);
    getrlimit(RLIMIT_NOFILE, &before);
    for (int n_left = 0; n_left <= 4; n_left++) {
        low = before;
        low.rlim_cur = (rlim_t)(first + n_left);
        setrlimit(RLIMIT_NOFILE, &low);
        s = rkb_stop_open();
        setrlimit(RLIMIT_NOFILE, &before);
        CHECK_EQ_INT(s != NULL, n_left == 4);
        CHECK_EQ_INT(is_blocked(SIGINT), n_left == 4);
        rkb_stop_close(s);
    }
    s = rkb_stop_new();
    CHECK_EQ_INT(rkb_stop_fd(s), first);
    rkb_stop_close(s);
}

TESTS(TEST(no_flag_is_never_stopped),
      TEST(a_request_goes_one_level_up_and_stays_readable),
      TEST(when_a_stop_was_first_asked_for_is_kept),
      TEST(a_sleep_ends_at_its_time_or_at_once_when_stopped),
      TEST(a_request_wakes_a_sleeper), TEST(nobody_sleeps_under_a_test_clock),
      TEST(signals_raise_the_level_and_do_not_kill),
      TEST(closing_restores_the_mask_and_can_be_repeated),
      TEST(descriptors_are_given_back),
      TEST(without_descriptors_there_is_no_flag_and_no_leak))
