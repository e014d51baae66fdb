/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stop.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

enum { STOP = 1, ABORT = 2 };

struct rkb_stop {
    atomic_int level;
    atomic_int_fast64_t since_ns;
    int pipes[2][2]; /* of STOP and ABORT: read end, write end */

    bool has_thread; /* the rest is set only then */
    atomic_bool closing;
    pthread_t thread;
    sigset_t signals, mask_before;
};

static void close_pipes(struct rkb_stop *s)
{
    for (int i = 0; i < 2; i++) {
        for (int end = 0; end < 2; end++) {
            if (s->pipes[i][end] >= 0)
                close(s->pipes[i][end]);
        }
    }
}

struct rkb_stop *rkb_stop_new(void)
{
    struct rkb_stop *s = rkb_new(1, sizeof(*s));

    for (int i = 0; i < 2; i++)
        s->pipes[i][0] = s->pipes[i][1] = -1;
    for (int i = 0; i < 2; i++) {
        if (pipe2(s->pipes[i], O_CLOEXEC | O_NONBLOCK)) {
            close_pipes(s);
            rkb_free(s);
            return NULL;
        }
    }
    return s;
}

/* Close wakes this thread by one of its own signals. */
static void *wait_for_signals(void *arg)
{
    struct rkb_stop *s = arg;
    int signal_number;

    while (!atomic_load(&s->closing)) {
        if (sigwait(&s->signals, &signal_number) == 0 &&
            !atomic_load(&s->closing))
            rkb_stop_request(s);
    }
    return NULL;
}

struct rkb_stop *rkb_stop_open(void)
{
    struct rkb_stop *s = rkb_stop_new();

    if (!s)
        return NULL;
    sigemptyset(&s->signals);
    sigaddset(&s->signals, SIGINT);
    sigaddset(&s->signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &s->signals, &s->mask_before);
    s->has_thread = pthread_create(&s->thread, NULL, wait_for_signals, s) == 0;
    if (s->has_thread)
        return s;
    pthread_sigmask(SIG_SETMASK, &s->mask_before, NULL);
    rkb_stop_close(s);
    return NULL;
}

void rkb_stop_close(struct rkb_stop *s)
{
    if (!s)
        return;
    if (s->has_thread) {
        atomic_store(&s->closing, true);
        pthread_kill(s->thread, SIGTERM);
        pthread_join(s->thread, NULL);
        pthread_sigmask(SIG_SETMASK, &s->mask_before, NULL);
    }
    close_pipes(s);
    rkb_free(s);
}

int rkb_stop_level(const struct rkb_stop *s)
{
    return s ? atomic_load(&s->level) : 0;
}

int64_t rkb_stop_since(const struct rkb_stop *s)
{
    return s ? atomic_load(&s->since_ns) : 0;
}

void rkb_stop_request(struct rkb_stop *s)
{
    int level = atomic_load(&s->level);
    int_fast64_t never = 0;

    /* Before the level: who sees that a stop was asked for knows since when. */
    atomic_compare_exchange_strong(&s->since_ns, &never, rkb_clock_now());
    while (level < ABORT &&
           !atomic_compare_exchange_weak(&s->level, &level, level + 1))
        continue;
    if (level == ABORT)
        return;
    /* One byte into an empty pipe: it cannot fail, and nobody reads it. */
    while (write(s->pipes[level][1], "", 1) < 0 && errno == EINTR)
        continue;
}

int rkb_stop_fd(const struct rkb_stop *s)
{
    return s ? s->pipes[0][0] : -1;
}

int rkb_stop_abort_fd(const struct rkb_stop *s)
{
    return s ? s->pipes[1][0] : -1;
}

bool rkb_stop_sleep(const struct rkb_stop *s, int64_t until_ns)
{
    struct pollfd wake = { .fd = rkb_stop_fd(s), .events = POLLIN };

    if (!rkb_clock_is_real() && !rkb_stop_level(s))
        rkb_clock_skip(until_ns);
    while (!rkb_stop_level(s)) {
        int64_t left_ns = until_ns - rkb_clock_now();
        struct timespec left;

        if (left_ns <= 0 || !rkb_clock_is_real())
            break;
        left = (struct timespec){ .tv_sec = (time_t)(left_ns / 1000000000),
                                  .tv_nsec = (long)(left_ns % 1000000000) };
        if (ppoll(&wake, 1, &left, NULL) < 0 && errno != EINTR)
            break;
    }
    return rkb_stop_level(s) > 0;
}

void rkb_stop_survive_writes(void)
{
    const struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}
