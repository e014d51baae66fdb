/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/model_server.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io/file.h"
#include "base/io/http.h"
#include "base/io/port.h"
#include "base/io/proc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/par.h"

#include <string.h>

enum { PORT_TRIES = 3, LOG_TAIL = 4096 };

static const int64_t second_ns = 1000000000;

struct rkb_model_server {
    struct rkb_arena arena;
    const struct rkb_model_server_want *want;
    struct rkb_proc *proc; /* of one thread at a time: the monitor's */
    int port;
    const char *url, *health_url;
    struct rkb_monitor *monitor;
    struct rkb_thread *thread;
    bool ending, ended;
    char status[64]; /* once it ended */
};

/* ---- starting --------------------------------------------------------------- */

static const char *fill(struct rkb_arena *a, const char *text, const char *mark,
                        const char *value)
{
    struct rkb_buf b = { 0 };
    const char *at, *out;

    if (!strstr(text, mark))
        return text;
    while ((at = strstr(text, mark))) {
        rkb_buf_add(&b, text, (size_t)(at - text));
        rkb_buf_text(&b, value);
        text = at + strlen(mark);
    }
    rkb_buf_text(&b, text);
    out = rkb_arena_cstr(a, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return out;
}

const char *rkb_model_server_fill(struct rkb_arena *a, const char *text,
                                  const char *url)
{
    return fill(a, text, "{url}", url);
}

/* The shell only opens the log, then becomes the server. */
static enum rkb_status start(struct rkb_model_server *s, struct rkb_err *err)
{
    static const char script[] = "exec \"$@\" >>\"$0\" 2>&1";
    const char *const *words;
    size_t n = 0;

    s->port = 0;
    if (!rkb_port_is_free(&s->port))
        return rkb_fail(err, RKB_E_IO, "no free port for the model server");
    const char *digits = rkb_arena_printf(&s->arena, "%d", s->port);
    const char *command = fill(&s->arena, s->want->command, "{port}", digits);

    s->url = rkb_arena_printf(&s->arena, "http://127.0.0.1:%d", s->port);
    s->health_url =
        rkb_arena_printf(&s->arena, "%s%s", s->url, s->want->health);
    command = rkb_model_server_fill(&s->arena, command, s->url);
    enum rkb_status rc =
        rkb_proc_words(&s->arena, rkb_sv_of(command), &words, err);
    if (rc)
        return rkb_wrap(err, "server-command");
    while (words[n])
        n++;
    const char **argv = rkb_arena_new(&s->arena, n + 5, sizeof *argv);

    memcpy(argv, (const char *[]){ "/bin/sh", "-c", script, s->want->log },
           4 * sizeof *argv);
    memcpy(argv + 4, words, n * sizeof *argv);
    return rkb_proc_open(&s->proc, argv, 0, err);
}

/* ---- waiting ---------------------------------------------------------------- */

static bool is_over(struct rkb_model_server *s)
{
    rkb_sv line;

    rkb_proc_step(s->proc);
    while (rkb_proc_line(s->proc, &line))
        continue;
    rkb_proc_status(s->proc, s->status, sizeof s->status);
    return rkb_proc_is_over(s->proc);
}

static bool is_healthy(const struct rkb_model_server *s,
                       struct rkb_http_lane *lane)
{
    const struct rkb_http_request ask = {
        .url = s->health_url,
        .method = "GET",
        .total_ns = 5 * second_ns,
        .stop = s->want->stop,
    };
    struct rkb_http_reply reply;
    struct rkb_err ignored;

    return !rkb_http_send(lane, &ask, &reply, &ignored) && reply.status == 200;
}

/* What the server said last, for the message. */
static enum rkb_status tell(const struct rkb_model_server *s, const char *what,
                            struct rkb_err *err)
{
    struct rkb_file_in in = { 0 };
    struct rkb_err ignored;
    char tail[LOG_TAIL];
    rkb_sv rest = { 0 }, line, last = { 0 };

    if (!rkb_file_in_open(&in, s->want->log, &ignored)) {
        uint64_t from = in.size > LOG_TAIL ? in.size - LOG_TAIL : 0;

        rest = (rkb_sv){ tail, (size_t)(in.size - from) };
        if (rkb_file_in_read(&in, from, tail, rest.len, &ignored))
            rest.len = 0;
    }
    rkb_file_in_close(&in);
    while (rkb_sv_split(&rest, '\n', &line))
        if (rkb_sv_trim(line).len)
            last = rkb_sv_trim(line);
    return rkb_fail(err, RKB_E_IO, "the model server %s, see '%s'%s%.*s", what,
                    s->want->log, last.len ? ": " : "",
                    (int)(last.len < 200 ? last.len : 200),
                    last.len ? last.at : "");
}

static enum rkb_status wait_healthy(struct rkb_model_server *s,
                                    struct rkb_err *err)
{
    int64_t start_ns = rkb_clock_now(), until = start_ns + s->want->wait_ns;
    struct rkb_http_lane *lane;
    enum rkb_status rc = rkb_http_open(&lane, err);

    while (!rc && !is_healthy(s, lane)) {
        if (is_over(s))
            rc = tell(s, s->status, err);
        else if (rkb_clock_now() >= until)
            rc = tell(s, "is not healthy in time", err);
        else if (rkb_stop_sleep(s->want->stop, rkb_clock_now() + second_ns / 5))
            rc = rkb_fail(err, RKB_E_STOPPED,
                          "interrupted while the model server was starting");
    }
    if (!rc)
        rkb_log(RKB_LOG_INFO, "the model server at %s took %.1f s to be ready",
                s->url, (double)(rkb_clock_now() - start_ns) / 1e9);
    rkb_http_close(lane);
    return rc;
}

/* ---- while it runs ----------------------------------------------------------- */

static void watch(void *arg)
{
    struct rkb_model_server *s = arg;

    rkb_monitor_lock(s->monitor);
    while (!s->ending && !s->ended) {
        rkb_monitor_wait_until(s->monitor, rkb_clock_now() + second_ns / 2);
        if (!s->ending && is_over(s)) {
            s->ended = true;
            rkb_stop_request(s->want->stop);
        }
    }
    rkb_monitor_unlock(s->monitor);
}

enum rkb_status rkb_model_server_open(struct rkb_model_server **out,
                                      const struct rkb_model_server_want *want,
                                      struct rkb_err *err)
{
    struct rkb_model_server *s = rkb_new(1, sizeof *s);
    struct rkb_model_server_want *kept =
        rkb_arena_new(&s->arena, 1, sizeof *kept);
    enum rkb_status rc = RKB_OK;
    bool taken = true;

    *out = NULL;
    *kept = *want;
    s->want = kept;
    for (int i = 0; i < PORT_TRIES && taken; i++) {
        rkb_proc_close(s->proc, 0, NULL);
        s->proc = NULL;
        rc = start(s, err);
        if (!rc)
            rc = wait_healthy(s, err);
        taken = rc == RKB_E_IO && s->proc && rkb_proc_is_over(s->proc) &&
                !rkb_port_is_free(&s->port);
    }
    if (rc) {
        rkb_model_server_close(s);
        return rc;
    }
    s->monitor = rkb_monitor_new();
    s->thread = rkb_thread_start(watch, s);
    *out = s;
    return RKB_OK;
}

const char *rkb_model_server_url(const struct rkb_model_server *s)
{
    return s->url;
}

enum rkb_status rkb_model_server_check(struct rkb_model_server *s,
                                       struct rkb_err *err)
{
    bool ended;

    rkb_monitor_lock(s->monitor);
    ended = s->ended;
    rkb_monitor_unlock(s->monitor);
    return ended ? tell(s, s->status, err) : RKB_OK;
}

void rkb_model_server_close(struct rkb_model_server *s)
{
    if (!s)
        return;
    if (s->thread) {
        rkb_monitor_lock(s->monitor);
        s->ending = true;
        rkb_monitor_signal(s->monitor);
        rkb_monitor_unlock(s->monitor);
        rkb_thread_join(s->thread);
        rkb_monitor_free(s->monitor);
    }
    if (s->proc)
        rkb_proc_terminate(s->proc);
    rkb_proc_close(s->proc, 10 * second_ns, NULL);
    rkb_arena_release(&s->arena);
    rkb_free(s);
}
