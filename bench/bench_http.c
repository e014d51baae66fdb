/* SPDX-License-Identifier: Apache-2.0 */
/* What base/io/http adds to a call. A server in a process of its own answers at
 * once (tests/mock): a request of 30 KB, which is a window of 20 passages, a
 * reply of 0.5 KB. One lane beside a bare socket that sends and reads the same
 * bytes, in turns; then 64 lanes as fast as they can; then 64 lanes that make
 * 500 calls a second together. CPU is this process's alone. Exit 1 when a call
 * costs over 200 us more than the bare socket, or half a core is not enough for
 * 500 calls a second. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/io/http.h"
#include "base/par.h"
#include "base/sort.h"
#include "base/stop.h"
#include "tests/mock/mock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_ONE = 5000, LANES = 64, N_EACH = 500, RATE = 500, SECONDS = 4 };
enum { BODY_BYTES = 30000, REPLY_BYTES = 500, GOAL_US = 200 };

static char url[64];
static char body[BODY_BYTES + 1];

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench_http: %s\n", what);
        exit(1);
    }
}

/* ---- the server -------------------------------------------------------- */

static pid_t start_server(void)
{
    int ends[2];
    pid_t pid;

    must(pipe(ends) == 0, "no pipe");
    pid = fork();
    if (pid == 0) {
        char script[REPLY_BYTES + 64];
        struct mock_options options = { .script = script, .forgetful = true };
        struct mock *m;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        snprintf(script, sizeof(script), "on\n reply 200 %0*d\n", REPLY_BYTES,
                 1);
        m = mock_open(&options);
        must(write(ends[1], mock_url(m), strlen(mock_url(m))) > 0, "no pipe");
        for (;;)
            pause();
    }
    must(pid > 0 && read(ends[0], url, sizeof(url) - 1) > 0, "no server");
    close(ends[0]);
    close(ends[1]);
    return pid;
}

/* ---- calls ------------------------------------------------------------- */

static struct rkb_http_lane *open_lane(void)
{
    struct rkb_http_lane *lane;
    struct rkb_err err;

    must(rkb_http_open(&lane, &err) == RKB_OK, "no lane");
    return lane;
}

static void call(struct rkb_http_lane *lane)
{
    static const char *const headers[] = { "Authorization: Bearer none", NULL };
    const struct rkb_http_request r = {
        .url = url,
        .method = "POST",
        .body = { body, BODY_BYTES },
        .headers = headers,
        .connect_ns = (int64_t)5e9,
        .first_byte_ns = (int64_t)60e9,
        .idle_ns = (int64_t)60e9,
        .total_ns = (int64_t)600e9,
    };
    struct rkb_http_reply reply;
    struct rkb_err err;

    if (rkb_http_send(lane, &r, &reply, &err))
        must(false, err.msg);
    must(reply.body.len == REPLY_BYTES, "another reply");
}

static int open_socket(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    must(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "no connection");
    return fd;
}

static void bare_call(int fd)
{
    static char message[BODY_BYTES + 512], reply[4096];
    size_t n, sent = 0, got = 0;
    char *end;

    n = (size_t)snprintf(message, sizeof(message),
                         "POST / HTTP/1.1\r\nHost: x\r\n"
                         "Content-Type: application/json\r\n"
                         "Content-Length: %d\r\n\r\n%s",
                         BODY_BYTES, body);
    while (sent < n) {
        ssize_t k = send(fd, message + sent, n - sent, 0);

        must(k > 0, "cannot send");
        sent += (size_t)k;
    }
    do {
        ssize_t k = recv(fd, reply + got, sizeof(reply) - 1 - got, 0);

        must(k > 0, "cannot receive");
        got += (size_t)k;
        reply[got] = '\0';
        end = strstr(reply, "\r\n\r\n");
    } while (!end || got < (size_t)(end - reply) + 4 + REPLY_BYTES);
}

/* ---- one lane ---------------------------------------------------------- */

static int by_time(const void *a, const void *b, void *ctx)
{
    const int64_t *x = a, *y = b;

    (void)ctx;
    return (*x > *y) - (*x < *y);
}

static double us_at(int64_t *ns, double part)
{
    rkb_sort(ns, N_ONE, sizeof(*ns), by_time, NULL);
    return (double)ns[(size_t)(part * (N_ONE - 1))] / 1000;
}

static double time_one_lane(void)
{
    static int64_t ours_ns[N_ONE], bare_ns[N_ONE];
    struct rkb_http_lane *lane = open_lane();
    int64_t ours_cpu_ns = 0, bare_cpu_ns = 0;
    int fd = open_socket();
    double ours, bare;

    for (int i = 0; i < N_ONE; i++) {
        int64_t cpu_ns = rkb_clock_cpu(), ns = rkb_clock_now();

        call(lane);
        ours_ns[i] = rkb_clock_now() - ns;
        ours_cpu_ns += rkb_clock_cpu() - cpu_ns;
        cpu_ns = rkb_clock_cpu();
        ns = rkb_clock_now();
        bare_call(fd);
        bare_ns[i] = rkb_clock_now() - ns;
        bare_cpu_ns += rkb_clock_cpu() - cpu_ns;
    }
    close(fd);
    rkb_http_close(lane);
    ours = us_at(ours_ns, 0.5);
    bare = us_at(bare_ns, 0.5);
    printf("one lane:     %.1f us a call at the median (p99 %.1f), CPU %.1f\n",
           ours, us_at(ours_ns, 0.99), (double)ours_cpu_ns / 1e3 / N_ONE);
    printf("bare socket:  %.1f us a call at the median (p99 %.1f), CPU %.1f\n",
           bare, us_at(bare_ns, 0.99), (double)bare_cpu_ns / 1e3 / N_ONE);
    return ours - bare;
}

/* ---- many lanes -------------------------------------------------------- */

static enum rkb_status run_fast(void *arg, size_t i, size_t worker)
{
    struct rkb_http_lane *lane = open_lane();

    (void)arg;
    (void)i;
    (void)worker;
    for (int k = 0; k < N_EACH; k++)
        call(lane);
    rkb_http_close(lane);
    return RKB_OK;
}

/* Lane i sends at i, i + LANES, ... of RATE calls a second. */
static enum rkb_status run_paced(void *arg, size_t i, size_t worker)
{
    const int64_t *start_ns = arg;
    struct rkb_http_lane *lane = open_lane();

    (void)worker;
    for (size_t k = i; k < RATE * SECONDS; k += LANES) {
        int64_t at_ns = *start_ns + (int64_t)k * 1000000000 / RATE;

        rkb_stop_sleep(NULL, at_ns);
        call(lane);
    }
    rkb_http_close(lane);
    return RKB_OK;
}

static double time_many(struct rkb_pool *pool)
{
    int64_t start_ns = rkb_clock_now(), cpu_ns = rkb_clock_cpu();
    double s, cpu_s;

    must(rkb_pool_run(pool, LANES, run_fast, NULL) == RKB_OK, "lanes failed");
    s = (double)(rkb_clock_now() - start_ns) / 1e9;
    cpu_s = (double)(rkb_clock_cpu() - cpu_ns) / 1e9;
    printf("%d lanes:     %.0f calls a second, CPU %.1f us a call\n", LANES,
           LANES * N_EACH / s, cpu_s / (LANES * N_EACH) * 1e6);
    start_ns = rkb_clock_now();
    cpu_ns = rkb_clock_cpu();
    must(rkb_pool_run(pool, LANES, run_paced, &start_ns) == RKB_OK,
         "lanes failed");
    s = (double)(rkb_clock_now() - start_ns) / 1e9;
    cpu_s = (double)(rkb_clock_cpu() - cpu_ns) / 1e9;
    printf("%d lanes:     %.0f calls a second take %.1f%% of a core\n", LANES,
           RATE * SECONDS / s, cpu_s / s * 100);
    return cpu_s / s;
}

int main(void)
{
    struct rkb_pool *pool;
    double added_us, busy;
    pid_t server;

    rkb_stop_survive_writes();
    memset(body, 'x', BODY_BYTES);
    server = start_server();
    added_us = time_one_lane();
    pool = rkb_pool_open(LANES);
    busy = time_many(pool);
    rkb_pool_close(pool);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    printf("a call adds %.1f us to a bare socket's, goal < %d\n", added_us,
           GOAL_US);
    return added_us >= GOAL_US || busy >= 0.5;
}
