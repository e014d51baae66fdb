/* SPDX-License-Identifier: Apache-2.0 */
/* Over the scripted server of tests/mock. What is not here: a connection that
 * is slow to come about, which loopback cannot be made to show; the bound for
 * it is met by a TLS handshake that nobody answers. */
#include "base/io/http.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io/file.h"
#include "base/mem.h"
#include "base/par.h"
#include "tests/io_fixture.h"
#include "tests/mock/mock.h"
#include "tests/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#define MS ((int64_t)1000000)
/* Real time-outs: short, and far above what loopback takes. */
#define SHORT_NS (50 * MS)
#define LONG_NS (20000 * MS)

static struct rkb_http_lane *lane_open(void)
{
    struct rkb_http_lane *lane;
    struct rkb_err err = { 0 };

    rkb_stop_survive_writes();
    if (!CHECK(rkb_http_open(&lane, &err) == RKB_OK))
        printf("# %s\n", err.msg);
    return lane;
}

static struct rkb_http_request post(const char *url)
{
    return (struct rkb_http_request){ .url = url,
                                      .method = "POST",
                                      .body = rkb_sv_of("{\"a\":1}"),
                                      .total_ns = LONG_NS };
}

/* The message without the port, which is another one each time. */
static void hide_port(char *msg, const struct mock *m)
{
    const char *port = strrchr(mock_url(m), ':');
    char *at = strstr(msg, port);

    if (at) {
        at[1] = 'P';
        memmove(at + 2, at + strlen(port), strlen(at + strlen(port)) + 1);
    }
}

static void check_sv(rkb_sv got, const char *want)
{
    char *text = rkb_new(got.len + 1, 1);

    if (got.len)
        memcpy(text, got.at, got.len);
    CHECK_STR(text, want);
    rkb_free(text);
}

/* ---- whole replies ----------------------------------------------------- */

static void what_is_sent_and_comes_back_is_whole(void)
{
    struct mock *m = mock_open_script("on path=/v1/x?y=1\n"
                                      " header X-Odd:  two words \n"
                                      " reply 200 {\"ok\":true}\n");
    const char *const more[] = { "Authorization: Bearer s3cret", NULL };
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    char url[128];
    struct rkb_http_request r = post(url);
    const struct mock_request *got;

    snprintf(url, sizeof(url), "%s/v1/x?y=1", mock_url(m));
    r.headers = more;
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
    CHECK_EQ_INT(reply.end, RKB_HTTP_WHOLE);
    CHECK_EQ_INT(reply.status, 200);
    check_sv(reply.body, "{\"ok\":true}");
    check_sv(rkb_http_header(&reply, "x-odd"), "two words");
    CHECK(!rkb_http_header(&reply, "x-od").at);
    got = mock_request_at(m, 0);
    if (CHECK(got)) {
        CHECK_STR(got->method, "POST");
        CHECK_STR(got->path, "/v1/x?y=1");
        check_sv(got->body, "{\"a\":1}");
        CHECK(strstr(got->headers, "Content-Type: application/json\r\n"));
        CHECK(strstr(got->headers, "Authorization: Bearer s3cret\r\n"));
        CHECK(!strcasestr(got->headers, "expect:"));
        CHECK(!strcasestr(got->headers, "accept-encoding:"));
    }
    r.method = "GET";
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
    got = mock_request_at(m, 1);
    if (CHECK(got)) {
        CHECK_STR(got->method, "GET");
        CHECK_EQ_INT(got->body.len, 0);
        CHECK(!strcasestr(got->headers, "content-type:"));
        CHECK_EQ_INT(got->connection, 1);
    }
    CHECK(reply.reused && reply.connect_ns == 0);
    rkb_http_close(lane);
    mock_close(m);
}

#define HEAD "HTTP/1.1 200 OK\\r\\n"
#define LENGTH(n) HEAD "Content-Length: " #n "\\r\\n\\r\\n"

static const struct row {
    const char *steps; /* of the rule for all requests */
    enum rkb_http_end end;
    int status;       /* -1: any */
    const char *body; /* NULL: any */
    const char *msg;
    int64_t first_ns, idle_ns, total_ns;
    size_t max_body_bytes;
} rows[] = {
    /* Any status is a reply. */
    { "reply 500 {\"error\":1}", RKB_HTTP_WHOLE, 500, "{\"error\":1}",
      .msg = "" },
    { "header Location: http://127.0.0.1:1/\n reply 302 gone", RKB_HTTP_WHOLE,
      302, "gone", .msg = "" },
    { "header Content-Type: text/html\n reply 200 <html>", RKB_HTTP_WHOLE, 200,
      "<html>", .msg = "" },
    { "reply 200", RKB_HTTP_WHOLE, 200, "", .msg = "" },
    { "send HTTP/1.1 204 Nothing\\r\\n\\r\\n", RKB_HTTP_WHOLE, 204, "",
      .msg = "" },
    { "send HTTP/1.1 100 Continue\\r\\nX: 1\\r\\n\\r\\n\n reply 200 yes",
      RKB_HTTP_WHOLE, 200, "yes", .msg = "" },
    { "send HTTP/1.0 200 OK\\r\\n\\r\\nold\n close", RKB_HTTP_WHOLE, 200, "old",
      .msg = "" },
    { "chunked 200 text/plain\n chunk one,\n chunk two\n end", RKB_HTTP_WHOLE,
      200, "one,two", .msg = "" },
    { "drip 1 " LENGTH(3) "abc", RKB_HTTP_WHOLE, 200, "abc", .msg = "",
      .idle_ns = LONG_NS },
    /* More than was said: the rest is no body. */
    { "send " LENGTH(2) "abc", RKB_HTTP_WHOLE, 200, "ab", .msg = "" },
    /* Cut. */
    { "close", RKB_HTTP_CUT, 0, "",
      .msg = "127.0.0.1:P closed the connection without a reply" },
    { "reset", RKB_HTTP_CUT, 0, "",
      .msg = "127.0.0.1:P closed the connection without a reply" },
    { "send HTTP/1.1 200 OK\\r\\nContent-Le\n close", RKB_HTTP_CUT, 200, "",
      .msg = "the reply of 127.0.0.1:P was cut off: its headers have no end" },
    { "send " LENGTH(9) "abc\n close", RKB_HTTP_CUT, 200, "abc",
      .msg =
          "the reply of 127.0.0.1:P was cut off: transfer closed with 6 bytes "
          "remaining to read" },
    { "chunked 200 text/plain\n chunk abc\n close", RKB_HTTP_CUT, 200, "abc",
      .msg = "the reply of 127.0.0.1:P was cut off: transfer closed with "
             "outstanding "
             "read data remaining" },
    { "chunked 200 text/plain\n send zz\\r\\n", RKB_HTTP_CUT, 200, "",
      .msg = "the reply of 127.0.0.1:P was cut off: illegal or missing "
             "hexadecimal "
             "sequence in chunked-encoding" },
    /* Silent. */
    { "hang", RKB_HTTP_FIRST_TIMEOUT, 0, "",
      .msg = "no reply of 127.0.0.1:P within 0.05 s", .first_ns = SHORT_NS,
      .idle_ns = LONG_NS },
    { "send HTTP/1.1 2\n hang", RKB_HTTP_IDLE_TIMEOUT, 0, "",
      .msg = "the reply of 127.0.0.1:P stood still for 0.05 s",
      .first_ns = LONG_NS, .idle_ns = SHORT_NS },
    { "send " HEAD "X: y\\r\\n\n hang", RKB_HTTP_IDLE_TIMEOUT, 200, "",
      .msg = "the reply of 127.0.0.1:P stood still for 0.05 s",
      .idle_ns = SHORT_NS },
    { "send " LENGTH(9) "abc\n hang", RKB_HTTP_IDLE_TIMEOUT, 200, "abc",
      .msg = "the reply of 127.0.0.1:P stood still for 0.05 s",
      .idle_ns = SHORT_NS },
    { "send " LENGTH(9999) "\n drip 5 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      RKB_HTTP_TOTAL_TIMEOUT, -1, NULL,
      .msg = "no whole reply of 127.0.0.1:P within 0.05 s", .idle_ns = LONG_NS,
      .total_ns = SHORT_NS },
    { "send HTTP/1.1 100 Continue\\r\\n\\r\\n\n hang", RKB_HTTP_IDLE_TIMEOUT, 0,
      "", .msg = "the reply of 127.0.0.1:P stood still for 0.05 s",
      .idle_ns = SHORT_NS },
    /* Too large. */
    { "send " LENGTH(99999999999) "abc", RKB_HTTP_TOO_LARGE, 200, "",
      .msg =
          "the body of the reply of 127.0.0.1:P has more than 67108864 bytes" },
    { "send " LENGTH(99999999999999999999) "abc", RKB_HTTP_TOO_LARGE, 200, "",
      .msg =
          "the body of the reply of 127.0.0.1:P has more than 67108864 bytes" },
    { "reply 200 0123456789", RKB_HTTP_WHOLE, 200, "0123456789", .msg = "",
      .max_body_bytes = 10 },
    { "reply 200 0123456789a", RKB_HTTP_TOO_LARGE, 200, "",
      .msg = "the body of the reply of 127.0.0.1:P has more than 10 bytes",
      .max_body_bytes = 10 },
    { "chunked 200 text/plain\n chunk 01234\n chunk 56789\n chunk a\n end",
      RKB_HTTP_TOO_LARGE, 200, NULL,
      .msg = "the body of the reply of 127.0.0.1:P has more than 10 bytes",
      .max_body_bytes = 10 },
    { "send " HEAD "\\r\\n\n repeat 100000000 0123456789", RKB_HTTP_TOO_LARGE,
      200, NULL,
      .msg = "the body of the reply of 127.0.0.1:P has more than 1000000 bytes",
      .max_body_bytes = 1000000 },
    { "send " HEAD "\n repeat 100000000 X: 0123456789\\r\\n",
      RKB_HTTP_TOO_LARGE, 200, "",
      .msg = "the headers of the reply of 127.0.0.1:P have more than 262144 "
             "bytes" },
    { "send " HEAD "X: \n repeat 100000000 0123456789", RKB_HTTP_TOO_LARGE, 200,
      "",
      .msg = "the headers of the reply of 127.0.0.1:P have more than 262144 "
             "bytes" },
    { "repeat 100000000 HTTP/1.1 100 Continue\\r\\n\\r\\n", RKB_HTTP_TOO_LARGE,
      0, "",
      .msg = "the headers of the reply of 127.0.0.1:P have more than 262144 "
             "bytes" },
    { "send " HEAD "Transfer-Encoding: chunked\\r\\n\\r\\n1\\r\\na\\r\\n0\\r\\n"
      "\n repeat 100000000 X: 0123456789\\r\\n",
      RKB_HTTP_TOO_LARGE, 200, "a",
      .msg = "the headers of the reply of 127.0.0.1:P have more than 262144 "
             "bytes" },
    /* Not HTTP, or not what was asked for. */
    { "send SSH-2.0-OpenSSH_9.2\\r\\n\n hang", RKB_HTTP_BROKEN, 0, "",
      .msg = "bad reply of 127.0.0.1:P: received HTTP/0.9 when not allowed" },
    { "send HTTP/1.1 abc\\r\\n\\r\\n\n close", RKB_HTTP_BROKEN, 0, "",
      .msg = "bad reply of 127.0.0.1:P: unsupported HTTP version in response" },
    { "send \\x00\\x01\\xff\\r\\n\\r\\n\n close", RKB_HTTP_BROKEN, 0, "",
      .msg = "bad reply of 127.0.0.1:P: received HTTP/0.9 when not allowed" },
    { "header Content-Encoding: gzip\n reply 502 zip", RKB_HTTP_WHOLE, 502,
      "zip", .msg = "" },
    { "header Content-Encoding: gzip\n reply 200 zip", RKB_HTTP_BROKEN, 200,
      "zip",
      .msg = "bad reply of 127.0.0.1:P: it is encoded as 'gzip', which was not "
             "asked "
             "for" },
};

static void check_row(struct rkb_http_lane *lane, size_t i)
{
    const struct row *row = &rows[i];
    struct rkb_buf script = { 0 };
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    struct rkb_http_request r;
    struct mock *m;
    enum rkb_status rc;

    rkb_buf_printf(&script, "on\n %s\n", row->steps);
    m = mock_open_script(script.at);
    r = post(mock_url(m));
    r.first_byte_ns = row->first_ns;
    r.idle_ns = row->idle_ns;
    if (row->total_ns)
        r.total_ns = row->total_ns;
    r.max_body_bytes = row->max_body_bytes;
    rc = rkb_http_send(lane, &r, &reply, &err);
    CHECK_EQ_INT(rc, row->end == RKB_HTTP_WHOLE       ? RKB_OK
                     : row->end == RKB_HTTP_TOO_LARGE ? RKB_E_LIMIT
                                                      : RKB_E_IO);
    CHECK_EQ_INT(reply.end, row->end);
    if (row->status >= 0)
        CHECK_EQ_INT(reply.status, row->status);
    if (row->body)
        check_sv(reply.body, row->body);
    hide_port(err.msg, m);
    CHECK_STR(err.msg, row->msg);
    mock_close(m);
    rkb_buf_release(&script);
}

static void each_way_to_end_has_its_kind_and_message(void)
{
    struct rkb_http_lane *lane = lane_open();

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        bool bad = tap_bad;

        tap_bad = false;
        check_row(lane, i);
        if (tap_bad)
            printf("# row %zu: %s\n", i, rows[i].steps);
        tap_bad = tap_bad || bad;
    }
    rkb_http_close(lane);
}

/* ---- connections ------------------------------------------------------- */

static void a_refused_connection_is_named(void)
{
    struct mock *m = mock_open_script("");
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    char url[64];
    struct rkb_http_request r = post(url);

    snprintf(url, sizeof(url), "%s", mock_url(m));
    mock_close(m); /* nobody listens there now */
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_IO);
    CHECK_EQ_INT(reply.end, RKB_HTTP_NO_CONNECTION);
    CHECK_EQ_INT(reply.status, 0);
    CHECK(strstr(err.msg, "cannot connect to 127.0.0.1:") == err.msg);
    CHECK(strstr(err.msg, ": connection refused"));
    CHECK(reply.connect_ns == 0 && reply.first_byte_ns == 0);
    /* Such a name is refused without asking anybody. */
    snprintf(url, sizeof(url), "http://a..b/");
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_IO);
    CHECK_EQ_INT(reply.end, RKB_HTTP_NO_CONNECTION);
    CHECK_STR(err.msg, "cannot connect to a..b:80: name not "
                       "found");
    rkb_http_close(lane);
}

/* Listens, and accepts nothing. */
static int dumb_listener(char *url, size_t size)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    CHECK(listen(fd, 5) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    snprintf(url, size, "https://127.0.0.1:%d/", ntohs(at.sin_port));
    return fd;
}

static void a_handshake_that_never_ends_meets_the_connect_bound(void)
{
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    char url[64];
    struct rkb_http_request r = post(url);
    int fd = dumb_listener(url, sizeof(url));

    r.connect_ns = SHORT_NS;
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_IO);
    CHECK_EQ_INT(reply.end, RKB_HTTP_CONNECT_TIMEOUT);
    CHECK(strstr(err.msg, "no connection to 127.0.0.1:") == err.msg);
    CHECK(reply.total_ns >= SHORT_NS && reply.total_ns < 100 * SHORT_NS);
    close(fd);
    rkb_http_close(lane);
}

static void connections_are_kept(void)
{
    struct mock *m = mock_open_script("on\n reply 200 ok\n");
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    struct rkb_http_request r = post(mock_url(m));

    for (int i = 0; i < 20; i++) {
        CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
        CHECK_EQ_INT(reply.reused, i > 0);
    }
    CHECK_EQ_INT(mock_n_requests(m), 20);
    CHECK_EQ_INT(mock_n_connections(m), 1);
    rkb_http_close(lane);
    mock_close(m);
}

static void libcurl_takes_its_memory_from_our_door(void)
{
    uint64_t before = rkb_mem_count();
    struct rkb_http_lane *lane = lane_open();

    CHECK(rkb_mem_count() >= before + 10);
    rkb_http_close(lane);
}

/* The second request of a connection is read, and answered by its end. */
static void a_kept_connection_closed_under_us_is_opened_again_once(void)
{
    static const char *const ends[] = { "close", "reset" };

    for (size_t i = 0; i < RKB_COUNT(ends); i++) {
        struct rkb_http_lane *lane = lane_open();
        struct rkb_http_reply reply;
        struct rkb_err err = { 0 };
        struct rkb_http_request r;
        char script[128];
        struct mock *m;

        snprintf(script, sizeof(script),
                 "on times=1\n reply 200 one\non times=1\n %s\n"
                 "on times=1\n reply 200 three\non\n %s\n",
                 ends[i], ends[i]);
        m = mock_open_script(script);
        r = post(mock_url(m));
        CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
        CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
        check_sv(reply.body, "three");
        CHECK(!reply.reused);
        CHECK_EQ_INT(mock_n_requests(m), 3);
        CHECK_EQ_INT(mock_n_connections(m), 2);
        /* Now it closes always: the kept one, and the new one. */
        CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_IO);
        CHECK_EQ_INT(reply.end, RKB_HTTP_CUT);
        CHECK_EQ_INT(mock_n_requests(m), 5);
        CHECK_EQ_INT(mock_n_connections(m), 3);
        rkb_http_close(lane);
        mock_close(m);
    }
}

/* Until something waits on our end of the connection to the server. */
static void wait_for_bytes(const struct mock *m)
{
    int port = atoi(strrchr(mock_url(m), ':') + 1);

    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_in at;
        socklen_t n = sizeof(at);

        if (getpeername(fd, (struct sockaddr *)&at, &n) == 0 &&
            at.sin_family == AF_INET && ntohs(at.sin_port) == port)
            poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000);
    }
}

/* What came too late for the first reply must not become the second's. */
static void bytes_that_nobody_asked_for_are_no_reply(void)
{
    struct mock *m = mock_open_script("on times=1\n send " LENGTH(
        2) "ab\n wait 20\n"
           " send " LENGTH(4) "evil\non\n reply 200 good\n");
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    struct rkb_http_request r = post(mock_url(m));

    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
    check_sv(reply.body, "ab");
    wait_for_bytes(m);
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
    check_sv(reply.body, "good");
    CHECK_EQ_INT(mock_n_connections(m), 2);
    rkb_http_close(lane);
    mock_close(m);
}

static void proxies_of_the_environment_are_ignored(void)
{
    struct mock *m = mock_open_script("on\n reply 200 direct\n");
    struct rkb_http_lane *lane;
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    struct rkb_http_request r = post(mock_url(m));

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    lane = lane_open();
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
    rkb_http_close(lane);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    mock_close(m);
}

/* ---- what is asked wrongly --------------------------------------------- */

static void bad_requests_are_refused_without_their_secrets(void)
{
    static const char *const no_name[] = { ": s3cret", NULL };
    static const char *const two_lines[] = { "X-Key: s3cret\r\nX: y", NULL };
    static const struct {
        const char *url, *const *headers, *msg;
    } bad[] = {
        { "ftp://x/s3cret", NULL,
          "a URL must start with http:// or https://, not ftp://" },
        { "file:///etc/passwd", NULL,
          "a URL must start with http:// or https://, not file://" },
        { "localhost:8000/s3cret", NULL,
          "not a URL that starts with http:// or https:// (Unsupported URL "
          "scheme)" },
        { "", NULL,
          "not a URL that starts with http:// or https:// (Bad scheme)" },
        { "http://u:s3cret@h/", NULL, "the URL holds a user name or password" },
        { "http://127.0.0.1:1/", no_name, "a header has no name" },
        { "http://127.0.0.1:1/", two_lines,
          "header 'X-Key' holds a control byte" },
    };
    struct rkb_http_lane *lane = lane_open();

    for (size_t i = 0; i < RKB_COUNT(bad); i++) {
        struct rkb_http_request r = post(bad[i].url);
        struct rkb_http_reply reply;
        struct rkb_err err = { 0 };

        r.headers = bad[i].headers;
        CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_USAGE);
        CHECK_STR(err.msg, bad[i].msg);
        CHECK_EQ_INT(reply.end, RKB_HTTP_BROKEN);
    }
    rkb_http_close(lane);
    rkb_http_close(NULL);
}

/* ---- TLS --------------------------------------------------------------- */

static void check_tls(const char *name, bool expired, bool trusted,
                      const char *want)
{
    const struct mock_options options = { .script = "on\n reply 200 safe\n",
                                          .tls_name = name,
                                          .expired = expired };
    struct mock *m = mock_open(&options);
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    struct rkb_http_request r = post(mock_url(m));

    r.ca_file = trusted ? fixture_path("ca.pem") : NULL;
    if (trusted)
        CHECK(rkb_file_write(r.ca_file, rkb_sv_of(mock_certificate(m)), &err) ==
              RKB_OK);
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err),
                 want ? RKB_E_IO : RKB_OK);
    CHECK_EQ_INT(reply.end, want ? RKB_HTTP_NO_TLS : RKB_HTTP_WHOLE);
    if (want) {
        hide_port(err.msg, m);
        CHECK_STR(err.msg, want);
        CHECK_EQ_INT(mock_n_requests(m), 0);
    } else {
        check_sv(reply.body, "safe");
        CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
        CHECK(reply.reused);
    }
    rkb_http_close(lane);
    mock_close(m);
}

static void only_a_trusted_certificate_for_the_host_is_taken(void)
{
    check_tls("127.0.0.1", false, true, NULL);
    check_tls("127.0.0.1", false, false,
              "no secure connection to 127.0.0.1:P: SSL certificate problem: "
              "self-signed certificate");
    check_tls("127.0.0.1", true, true,
              "no secure connection to 127.0.0.1:P: SSL certificate problem: "
              "certificate has expired");
    check_tls("example.org", false, true,
              "no secure connection to 127.0.0.1:P: SSL: no alternative "
              "certificate subject name matches target host name '127.0.0.1'");
    fixture_done();
}

static void a_missing_file_of_roots_and_a_plain_server_are_named(void)
{
    struct mock *m = mock_open_script("on\n reply 200 plain\n");
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    char url[64];
    struct rkb_http_request r = post(url);

    snprintf(url, sizeof(url), "https%s", mock_url(m) + strlen("http"));
    r.ca_file = "/no/such/file";
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_IO);
    CHECK_EQ_INT(reply.end, RKB_HTTP_NO_TLS);
    CHECK(strstr(err.msg, "/no/such/file"));
    r.ca_file = NULL;
    r.total_ns = SHORT_NS; /* our hello is half a request to it */
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_IO);
    CHECK(reply.end == RKB_HTTP_NO_TLS || reply.end == RKB_HTTP_TOTAL_TIMEOUT);
    rkb_http_close(lane);
    mock_close(m);
}

/* ---- stop and time ----------------------------------------------------- */

struct stopper {
    struct mock *mock;
    struct rkb_stop *stop;
    int times;
};

/* Once the request is there. */
static void stop_it(void *arg)
{
    struct stopper *s = arg;

    while (mock_n_requests(s->mock) == 0)
        poll(NULL, 0, 1);
    for (int i = 0; i < s->times; i++)
        rkb_stop_request(s->stop);
}

static void check_stop(int times, int64_t grace_ns)
{
    struct stopper s = { .mock = mock_open_script("on\n hang\n"),
                         .stop = rkb_stop_new(),
                         .times = times };
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    struct rkb_http_request r = post(mock_url(s.mock));
    struct rkb_thread *t = rkb_thread_start(stop_it, &s);

    r.stop = s.stop;
    r.stop_grace_ns = grace_ns;
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_STOPPED);
    rkb_thread_join(t);
    CHECK_EQ_INT(reply.end, RKB_HTTP_STOPPED);
    CHECK(reply.total_ns < LONG_NS / 2);
    if (times == 1)
        CHECK(rkb_clock_now() >= rkb_stop_since(s.stop) + grace_ns);
    /* Work that begins later gets no grace of its own. */
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_STOPPED);
    CHECK(reply.total_ns < LONG_NS / 2);
    CHECK_EQ_INT(mock_n_requests(s.mock), 1);
    rkb_http_close(lane);
    mock_close(s.mock);
    rkb_stop_close(s.stop);
}

static void a_stop_ends_the_wait_after_its_grace_and_an_abort_at_once(void)
{
    check_stop(1, SHORT_NS);
    check_stop(1, 0);
    check_stop(2, LONG_NS * 1000);
}

static void a_reply_within_the_grace_counts(void)
{
    struct mock *m = mock_open_script("on\n wait 20\n reply 200 late\n");
    struct rkb_stop *stop = rkb_stop_new();
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    struct rkb_http_request r = post(mock_url(m));

    r.stop = stop;
    r.stop_grace_ns = LONG_NS;
    rkb_stop_request(stop);
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
    rkb_http_close(lane);
    mock_close(m);
    rkb_stop_close(stop);
}

static void a_deadline_ends_the_wait_and_a_past_one_sends_nothing(void)
{
    struct mock *m = mock_open_script("on\n hang\n");
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    struct rkb_http_request r = post(mock_url(m));

    r.deadline_ns = rkb_clock_now() + SHORT_NS;
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_IO);
    CHECK_EQ_INT(reply.end, RKB_HTTP_TOTAL_TIMEOUT);
    CHECK(rkb_clock_now() >= r.deadline_ns);
    hide_port(err.msg, m);
    CHECK_STR(err.msg, "no whole reply of 127.0.0.1:P in the time of the "
                       "query");
    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_E_IO);
    CHECK_EQ_INT(reply.end, RKB_HTTP_TOTAL_TIMEOUT);
    CHECK_EQ_INT(mock_n_requests(m), 1);
    rkb_http_close(lane);
    mock_close(m);
}

static void marks_tell_when_each_piece_came(void)
{
    struct mock *m = mock_open_script(
        "on\n wait 20\n chunked 200 text/event-stream\n wait 20\n event one\n"
        " wait 20\n event two\n wait 20\n end\n");
    struct rkb_http_lane *lane = lane_open();
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    struct rkb_http_request r = post(mock_url(m));
    int64_t one_ns, two_ns, start_ns = rkb_clock_now();

    CHECK_EQ_INT(rkb_http_send(lane, &r, &reply, &err), RKB_OK);
    check_sv(reply.body, "data: one\n\ndata: two\n\n");
    CHECK_EQ_INT(reply.n_marks, 2);
    one_ns = rkb_http_time_of(&reply, 0);
    two_ns = rkb_http_time_of(&reply, 11);
    CHECK_EQ_INT(rkb_http_time_of(&reply, 10), one_ns);
    CHECK_EQ_INT(rkb_http_time_of(&reply, 21), two_ns);
    CHECK_EQ_INT(rkb_http_time_of(&reply, 22), 0);
    CHECK(reply.start_ns >= start_ns);
    /* The server waits 20 ms four times; we may be late to see it. */
    CHECK(reply.connect_ns > 0 && reply.connect_ns <= reply.first_byte_ns);
    CHECK(reply.first_byte_ns >= 20 * MS);
    CHECK(one_ns >= reply.start_ns + reply.first_byte_ns);
    CHECK(one_ns >= reply.start_ns + 40 * MS);
    CHECK(two_ns >= one_ns && two_ns >= reply.start_ns + 60 * MS);
    CHECK(reply.total_ns >= two_ns - reply.start_ns);
    CHECK(reply.total_ns >= 80 * MS);
    rkb_http_close(lane);
    mock_close(m);
}

/* ---- many lanes -------------------------------------------------------- */

enum { LANES = 64, EACH = 20 };

static enum rkb_status ask_some(void *arg, size_t i, size_t worker)
{
    struct mock *m = arg;
    struct rkb_http_lane *lane;
    struct rkb_http_reply reply;
    struct rkb_err err = { 0 };
    enum rkb_status rc = rkb_http_open(&lane, &err);
    char body[32];
    struct rkb_http_request r = post(mock_url(m));

    (void)worker;
    for (int k = 0; k < EACH && !rc; k++) {
        snprintf(body, sizeof(body), "%zu.%d", i, k);
        r.body = rkb_sv_of(body);
        rc = rkb_http_send(lane, &r, &reply, &err);
        if (!rc && !rkb_sv_is(reply.body, "fine"))
            rc = RKB_E_DATA;
    }
    rkb_http_close(lane);
    return rc;
}

static void sixty_four_lanes_work_at_once(void)
{
    struct mock *m = mock_open_script("on\n reply 200 fine\n");
    struct rkb_pool *pool = rkb_pool_open(LANES);

    rkb_stop_survive_writes();
    CHECK_EQ_INT(rkb_pool_run(pool, LANES, ask_some, m), RKB_OK);
    CHECK_EQ_INT(mock_n_requests(m), LANES * EACH);
    CHECK_EQ_INT(mock_n_connections(m), LANES);
    rkb_pool_close(pool);
    mock_close(m);
}

TESTS(TEST(what_is_sent_and_comes_back_is_whole),
      TEST(each_way_to_end_has_its_kind_and_message),
      TEST(a_refused_connection_is_named),
      TEST(a_handshake_that_never_ends_meets_the_connect_bound),
      TEST(connections_are_kept), TEST(libcurl_takes_its_memory_from_our_door),
      TEST(a_kept_connection_closed_under_us_is_opened_again_once),
      TEST(bytes_that_nobody_asked_for_are_no_reply),
      TEST(proxies_of_the_environment_are_ignored),
      TEST(bad_requests_are_refused_without_their_secrets),
      TEST(only_a_trusted_certificate_for_the_host_is_taken),
      TEST(a_missing_file_of_roots_and_a_plain_server_are_named),
      TEST(a_stop_ends_the_wait_after_its_grace_and_an_abort_at_once),
      TEST(a_reply_within_the_grace_counts),
      TEST(a_deadline_ends_the_wait_and_a_past_one_sends_nothing),
      TEST(marks_tell_when_each_piece_came),
      TEST(sixty_four_lanes_work_at_once))
