/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of the scripted server: a thread each, blocking. */
#include "tests/mock/mock.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/par.h"
#include "tests/mock/mock_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 65536
#define REQUEST_BYTES ((size_t)256 << 20)

struct mock {
    struct mock_options options;
    struct mock_script *script;
    struct mock_tls *tls;
    struct rkb_thread *acceptor;
    int listener, stop[2];
    char url[64];

    struct rkb_monitor *monitor; /* guards what follows */
    struct rkb_thread **threads;
    size_t n_threads, cap_threads;
    int *fds; /* by number - 1; -1: closed */
    size_t n_links, cap_fds;
    struct rkb_arena arena;
    struct mock_request **requests;
    size_t n_requests, cap_requests;
};

static void die(const char *what)
{
    fprintf(stderr, "mock: %s: %s\n", what, strerror(errno));
    abort();
}

/* ---- bytes ------------------------------------------------------------- */

bool mock_send(struct mock_link *link, rkb_sv bytes)
{
    while (bytes.len) {
        ssize_t n = link->tls
                        ? mock_tls_write(link->tls, bytes.at, bytes.len)
                        : send(link->fd, bytes.at, bytes.len, MSG_NOSIGNAL);

        if (n <= 0 && errno != EINTR)
            return false;
        if (n > 0)
            bytes = (rkb_sv){ bytes.at + n, bytes.len - (size_t)n };
    }
    return true;
}

static bool receive(struct mock_link *link)
{
    char piece[READ_BYTES];
    ssize_t n;

    do
        n = link->tls ? mock_tls_read(link->tls, piece, sizeof(piece))
                      : recv(link->fd, piece, sizeof(piece), 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0 || link->in.len > REQUEST_BYTES)
        return false;
    rkb_buf_add(&link->in, piece, (size_t)n);
    return true;
}

bool mock_pause(struct mock_link *link, int64_t ms)
{
    struct pollfd fds[2] = {
        { .fd = link->fd, .events = POLLRDHUP },
        { .fd = link->mock->stop[0], .events = POLLIN },
    };
    int n;

    do
        n = poll(fds, 2, (int)ms);
    while (n < 0 && errno == EINTR);
    return n == 0;
}

void mock_set_reset(struct mock_link *link)
{
    const struct linger now = { .l_onoff = 1 };

    setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* ---- requests ---------------------------------------------------------- */

/* Cuts the first line into its three words, and the head from the body. */
static bool read_head(char *head, size_t n, struct mock_request *r)
{
    char *line_end = strstr(head, "\r\n"), *target, *version;

    if (!line_end)
        return false;
    *line_end = '\0';
    head[n - 2] = '\0'; /* the blank line */
    target = strchr(head, ' ');
    version = target ? strchr(target + 1, ' ') : NULL;
    if (!version)
        return false;
    *target = *version = '\0';
    r->method = head;
    r->path = target + 1;
    r->headers = line_end + 2;
    return true;
}

static size_t length_of(const char *headers)
{
    const char *at = strcasestr(headers, "content-length:");

    return at ? (size_t)strtoull(at + strlen("content-length:"), NULL, 10) : 0;
}

/* Waits for a whole request; *r and its body lie in memory of *keep. */
static bool next_request(struct mock_link *link, struct rkb_arena *keep,
                         struct mock_request *r)
{
    char *end, *head;
    size_t n, body;

    while (!(end = link->in.len ? strstr(link->in.at, "\r\n\r\n") : NULL)) {
        if (!receive(link))
            return false;
    }
    n = (size_t)(end - link->in.at) + 4;
    head = rkb_arena_new(keep, n + 1, 1);
    memcpy(head, link->in.at, n);
    if (!read_head(head, n, r))
        return false;
    body = length_of(r->headers);
    while (link->in.len < n + body) {
        if (!receive(link))
            return false;
    }
    r->body = rkb_arena_copy(keep, (rkb_sv){ link->in.at + n, body });
    memmove(link->in.at, link->in.at + n + body, link->in.len - n - body + 1);
    link->in.len -= n + body;
    r->connection = link->number;
    r->at_ns = rkb_clock_now();
    return true;
}

/* Counted, and kept unless forgetful. Returns the rule. */
static size_t take_request(struct mock *m, const struct mock_request *r)
{
    struct mock_request *kept;
    size_t rule;

    rkb_monitor_lock(m->monitor);
    if (!m->options.forgetful) {
        kept = rkb_arena_new(&m->arena, 1, sizeof(*kept));
        *kept = *r;
        kept->method = rkb_arena_cstr(&m->arena, rkb_sv_of(r->method));
        kept->path = rkb_arena_cstr(&m->arena, rkb_sv_of(r->path));
        kept->headers = rkb_arena_cstr(&m->arena, rkb_sv_of(r->headers));
        kept->body = rkb_arena_copy(&m->arena, r->body);
        m->requests = rkb_grow(m->requests, &m->cap_requests, m->n_requests + 1,
                               sizeof(*m->requests));
        m->requests[m->n_requests] = kept;
    }
    m->n_requests++;
    rule = mock_script_choose(m->script, r);
    rkb_monitor_unlock(m->monitor);
    return rule;
}

const char *mock_reason(int status)
{
    return status < 300 ? "OK" : status < 400 ? "Elsewhere" : "Refused";
}

void mock_reply(struct mock_link *link, struct rkb_buf *out, int status,
                rkb_sv body)
{
    rkb_buf_printf(out, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", status,
                   mock_reason(status), body.len);
    if (!link->more.len || !strcasestr(link->more.at, "content-type:"))
        rkb_buf_text(out, "Content-Type: application/json\r\n");
    rkb_buf_sv(out, rkb_buf_view(&link->more));
    rkb_buf_text(out, "\r\n");
    rkb_buf_sv(out, body);
    rkb_buf_reset(&link->more);
}

static bool answer(struct mock_link *link, const struct mock_request *r)
{
    size_t rule = take_request(link->mock, r);
    struct rkb_buf out = { 0 };
    bool keep;

    if (rule != SIZE_MAX)
        return mock_script_run(link->mock->script, rule, link, r);
    mock_reply(link, &out, 404, rkb_sv_of("{\"error\":\"no rule\"}"));
    keep = mock_send(link, rkb_buf_view(&out));
    rkb_buf_release(&out);
    return keep;
}

/* ---- connections ------------------------------------------------------- */

static void serve(void *arg)
{
    struct mock_link *link = arg;
    struct mock *m = link->mock;
    struct rkb_arena scratch = { 0 };
    struct mock_request r;

    if (m->tls)
        link->tls = mock_tls_accept(m->tls, link->fd);
    while ((!m->tls || link->tls) && next_request(link, &scratch, &r) &&
           answer(link, &r))
        rkb_arena_reset(&scratch);
    mock_tls_end(link->tls);
    rkb_monitor_lock(m->monitor);
    m->fds[link->number - 1] = -1;
    close(link->fd);
    rkb_monitor_unlock(m->monitor);
    rkb_arena_release(&scratch);
    rkb_buf_release(&link->in);
    rkb_buf_release(&link->more);
    rkb_free(link);
}

static void start_link(struct mock *m, int fd)
{
    struct mock_link *link = rkb_new(1, sizeof(*link));
    const int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    *link = (struct mock_link){ .mock = m, .fd = fd };
    rkb_monitor_lock(m->monitor);
    m->fds = rkb_grow(m->fds, &m->cap_fds, m->n_links + 1, sizeof(int));
    m->fds[m->n_links++] = fd;
    link->number = m->n_links;
    m->threads = rkb_grow(m->threads, &m->cap_threads, m->n_threads + 1,
                          sizeof(struct rkb_thread *));
    m->threads[m->n_threads++] = rkb_thread_start(serve, link);
    rkb_monitor_unlock(m->monitor);
}

static void accept_links(void *arg)
{
    struct mock *m = arg;
    struct pollfd fds[2] = { { .fd = m->listener, .events = POLLIN },
                             { .fd = m->stop[0], .events = POLLIN } };

    for (;;) {
        int fd;

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            die("poll");
        if (fds[1].revents)
            return;
        fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            start_link(m, fd);
    }
}

/* ---- open and close ---------------------------------------------------- */

static void listen_somewhere(struct mock *m)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t n = sizeof(at);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((uint16_t)m->options.port);
    m->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (m->listener < 0 ||
        bind(m->listener, (struct sockaddr *)&at, sizeof(at)) ||
        listen(m->listener, 512) ||
        getsockname(m->listener, (struct sockaddr *)&at, &n))
        die("cannot listen");
    if (pipe2(m->stop, O_CLOEXEC))
        die("pipe");
    snprintf(m->url, sizeof(m->url), "%s://127.0.0.1:%d",
             m->options.tls_name ? "https" : "http", ntohs(at.sin_port));
}

struct mock *mock_open(const struct mock_options *options)
{
    struct mock *m = rkb_new(1, sizeof(*m));

    m->options = *options;
    m->script = mock_script_read(options->script);
    if (options->tls_name)
        m->tls = mock_tls_open(options->tls_name, options->expired);
    m->monitor = rkb_monitor_new();
    listen_somewhere(m);
    m->acceptor = rkb_thread_start(accept_links, m);
    return m;
}

struct mock *mock_open_script(const char *script)
{
    return mock_open(&(struct mock_options){ .script = script });
}

void mock_close(struct mock *m)
{
    if (!m)
        return;
    if (write(m->stop[1], "", 1) < 0)
        die("write");
    rkb_thread_join(m->acceptor);
    rkb_monitor_lock(m->monitor);
    for (size_t i = 0; i < m->n_links; i++) {
        if (m->fds[i] >= 0)
            shutdown(m->fds[i], SHUT_RDWR);
    }
    rkb_monitor_unlock(m->monitor);
    for (size_t i = 0; i < m->n_threads; i++)
        rkb_thread_join(m->threads[i]);
    close(m->listener);
    close(m->stop[0]);
    close(m->stop[1]);
    mock_script_free(m->script);
    mock_tls_close(m->tls);
    rkb_monitor_free(m->monitor);
    rkb_free(m->threads);
    rkb_free(m->fds);
    rkb_free(m->requests);
    rkb_arena_release(&m->arena);
    rkb_free(m);
}

const char *mock_url(const struct mock *m)
{
    return m->url;
}

const char *mock_certificate(const struct mock *m)
{
    return m->tls ? mock_tls_pem(m->tls) : NULL;
}

size_t mock_n_requests(struct mock *m)
{
    size_t n;

    rkb_monitor_lock(m->monitor);
    n = m->n_requests;
    rkb_monitor_unlock(m->monitor);
    return n;
}

size_t mock_n_connections(struct mock *m)
{
    size_t n;

    rkb_monitor_lock(m->monitor);
    n = m->n_links;
    rkb_monitor_unlock(m->monitor);
    return n;
}

const struct mock_request *mock_request_at(struct mock *m, size_t i)
{
    const struct mock_request *r = NULL;

    rkb_monitor_lock(m->monitor);
    if (!m->options.forgetful && i < m->n_requests)
        r = m->requests[i];
    rkb_monitor_unlock(m->monitor);
    return r;
}
