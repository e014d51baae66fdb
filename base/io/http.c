/* SPDX-License-Identifier: Apache-2.0 */
/* The door to libcurl. Its own time-outs know neither the first byte nor the
 * stop flag, so a loop around its multi interface keeps the time. */
#include "base/io/http.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <ctype.h>
#include <curl/curl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define URL_BYTES ((size_t)16 << 10)
#define KEPT_CONNECTIONS 8L
/* Buffers above this are not kept for the next request. */
#define KEPT_BYTES ((size_t)1 << 20)
#define MS ((int64_t)1000000)
#define LONGEST_WAIT_MS 60000
/* Under a test's clock: how soon to look at it again. */
#define FAKE_CLOCK_MS 5

enum part { STATUS_LINE, FIELDS, BODY };

struct rkb_http_lane {
    CURLM *multi;
    CURL *easy;
    CURLU *url;
    struct pollfd *sockets;
    size_t n_sockets, cap_sockets;

    /* Of the request under way, or the last one. */
    const struct rkb_http_request *request;
    struct rkb_buf host; /* and port */
    struct rkb_buf body, headers;
    struct rkb_http_mark *marks;
    size_t n_marks, cap_marks, header_bytes, body_limit;
    enum part part;
    bool head_too_large, body_too_large;
    int64_t start_ns, connected_ns, first_ns, last_ns; /* 0: not yet */
    char why[CURL_ERROR_SIZE];
};

/* ---- memory and sockets of libcurl ------------------------------------- */

static void *curl_take(size_t n)
{
    return rkb_resize(NULL, n, 1);
}

static void *curl_retake(void *p, size_t n)
{
    return rkb_resize(p, n, 1);
}

static char *curl_copy(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(rkb_resize(NULL, n, 1), text, n);
}

/* libcurl counts the starts itself, under a lock of its own. */
static enum rkb_status start_curl(struct rkb_err *err)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    if (!(info->features & CURL_VERSION_THREADSAFE))
        return rkb_fail(err, RKB_E_IO,
                        "libcurl %s cannot be started by several threads",
                        info->version);
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_take, rkb_free,
                             curl_retake, curl_copy, rkb_new))
        return rkb_fail(err, RKB_E_IO, "libcurl cannot start");
    return RKB_OK;
}

/* Children must not hold our connections open. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose,
                                 struct curl_sockaddr *to)
{
    struct rkb_http_lane *lane = ctx;
    int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);

    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    lane->sockets = rkb_grow(lane->sockets, &lane->cap_sockets,
                             lane->n_sockets + 1, sizeof(*lane->sockets));
    lane->sockets[lane->n_sockets++] =
        (struct pollfd){ .fd = fd, .events = POLLIN };
    return fd;
}

static int close_socket(void *ctx, curl_socket_t fd)
{
    struct rkb_http_lane *lane = ctx;

    for (size_t i = 0; i < lane->n_sockets; i++) {
        if (lane->sockets[i].fd == fd) {
            lane->sockets[i] = lane->sockets[--lane->n_sockets];
            break;
        }
    }
    return close(fd);
}

/* ---- what libcurl tells ------------------------------------------------ */

static void heard(struct rkb_http_lane *lane)
{
    lane->last_ns = rkb_clock_now();
    if (!lane->first_ns)
        lane->first_ns = lane->last_ns;
}

static int on_connected(void *ctx, char *ip, char *local_ip, int port,
                        int local_port)
{
    struct rkb_http_lane *lane = ctx;

    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    lane->connected_ns = rkb_clock_now();
    return CURL_PREREQFUNC_OK;
}

/* A line of the head, the blank one included; lines behind the body too. */
static size_t on_header(char *at, size_t size, size_t n, void *ctx)
{
    struct rkb_http_lane *lane = ctx;
    size_t len = size * n;
    long status = 0;

    heard(lane);
    lane->header_bytes += len;
    if (lane->header_bytes > RKB_HTTP_HEADERS) {
        lane->head_too_large = true;
        return 0;
    }
    if (lane->part == STATUS_LINE) {
        rkb_buf_reset(&lane->headers);
        lane->part = FIELDS;
    } else if (lane->part == FIELDS && at[0] != '\r' && at[0] != '\n') {
        rkb_buf_add(&lane->headers, at, len);
    } else if (lane->part == FIELDS) {
        curl_easy_getinfo(lane->easy, CURLINFO_RESPONSE_CODE, &status);
        lane->part = status < 200 ? STATUS_LINE : BODY;
    }
    return len;
}

static size_t on_body(char *at, size_t size, size_t n, void *ctx)
{
    struct rkb_http_lane *lane = ctx;
    size_t len = size * n;

    heard(lane);
    if (len > lane->body_limit - lane->body.len) {
        lane->body_too_large = true;
        return 0;
    }
    if (lane->n_marks < RKB_HTTP_MARKS) {
        lane->marks = rkb_grow(lane->marks, &lane->cap_marks, lane->n_marks + 1,
                               sizeof(*lane->marks));
        lane->marks[lane->n_marks++] =
            (struct rkb_http_mark){ .offset = lane->body.len,
                                    .at_ns = lane->last_ns };
    }
    rkb_buf_add(&lane->body, at, len);
    return len;
}

/* ---- opening ----------------------------------------------------------- */

static void set_up(struct rkb_http_lane *lane)
{
    CURL *e = lane->easy;

    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, lane->why);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "rerankbench");
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    /* Giving up must not wait for a name that is still looked up. */
    curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, lane);
    curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, lane);
    curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(e, CURLOPT_PREREQDATA, lane);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, lane);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, lane);
}

static enum rkb_status open_multi(struct rkb_http_lane *lane,
                                  struct rkb_err *err)
{
    lane->multi = curl_multi_init(); /* needs a pair of descriptors */
    if (!lane->multi)
        return rkb_fail(err, RKB_E_IO,
                        "no HTTP connection can be opened (too many open "
                        "files?)");
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
    return RKB_OK;
}

enum rkb_status rkb_http_open(struct rkb_http_lane **out, struct rkb_err *err)
{
    struct rkb_http_lane *lane;
    enum rkb_status rc = start_curl(err);

    *out = NULL;
    if (rc)
        return rc;
    lane = rkb_new(1, sizeof(*lane));
    lane->easy = curl_easy_init();
    lane->url = curl_url();
    if (!lane->easy || !lane->url)
        rkb_mem_exhausted(0);
    set_up(lane);
    rc = open_multi(lane, err);
    if (rc) {
        rkb_http_close(lane);
        return rc;
    }
    *out = lane;
    return RKB_OK;
}

void rkb_http_close(struct rkb_http_lane *lane)
{
    if (!lane)
        return;
    curl_multi_cleanup(lane->multi); /* closes the sockets */
    curl_easy_cleanup(lane->easy);
    curl_url_cleanup(lane->url);
    rkb_free(lane->sockets);
    rkb_buf_release(&lane->host);
    rkb_buf_release(&lane->body);
    rkb_buf_release(&lane->headers);
    rkb_free(lane->marks);
    rkb_free(lane);
    curl_global_cleanup();
}

/* ---- a request --------------------------------------------------------- */

static void url_part(const struct rkb_http_lane *lane, CURLUPart part,
                     unsigned flags, struct rkb_buf *to)
{
    char *text = NULL;

    if (!curl_url_get(lane->url, part, &text, flags))
        rkb_buf_text(to, text);
    curl_free(text);
}

/* A URL may hold a key: it is in no message. */
static enum rkb_status read_url(struct rkb_http_lane *lane, const char *url,
                                struct rkb_err *err)
{
    struct rkb_buf scheme = { 0 };
    enum rkb_status rc = RKB_OK;
    CURLUcode code;

    rkb_buf_reset(&lane->host);
    if (strlen(url) > URL_BYTES)
        return rkb_fail(err, RKB_E_USAGE, "the URL is longer than %zu bytes",
                        URL_BYTES);
    curl_url_set(lane->url, CURLUPART_URL, NULL, 0);
    code = curl_url_set(lane->url, CURLUPART_URL, url, CURLU_DISALLOW_USER);
    if (code == CURLUE_USER_NOT_ALLOWED)
        return rkb_fail(err, RKB_E_USAGE,
                        "the URL holds a user name or password");
    if (code)
        return rkb_fail(err, RKB_E_USAGE,
                        "not a URL that starts with http:// or https:// (%s)",
                        curl_url_strerror(code));
    url_part(lane, CURLUPART_SCHEME, 0, &scheme);
    if (!rkb_sv_is(rkb_buf_view(&scheme), "http") &&
        !rkb_sv_is(rkb_buf_view(&scheme), "https"))
        rc = rkb_fail(err, RKB_E_USAGE,
                      "a URL must start with http:// or https://, not %s://",
                      scheme.at);
    rkb_buf_release(&scheme);
    url_part(lane, CURLUPART_HOST, 0, &lane->host);
    rkb_buf_char(&lane->host, ':');
    url_part(lane, CURLUPART_PORT, CURLU_DEFAULT_PORT, &lane->host);
    return rc;
}

/* A line break in a value would be another header, or another request. */
static enum rkb_status check_header(const char *line, struct rkb_err *err)
{
    size_t name = strcspn(line, ":");

    for (const char *c = line; *c; c++) {
        if ((unsigned char)*c < 0x20 && *c != '\t')
            return rkb_fail(err, RKB_E_USAGE,
                            "header '%.*s' holds a control byte", (int)name,
                            line);
    }
    if (name == 0 || !line[name])
        return rkb_fail(err, RKB_E_USAGE, "a header has no name");
    return RKB_OK;
}

static bool is_post(const struct rkb_http_request *r)
{
    return strcmp(r->method, "POST") == 0;
}

static enum rkb_status set_headers(struct rkb_http_lane *lane,
                                   struct curl_slist **lines,
                                   struct rkb_err *err)
{
    const char *const *more = lane->request->headers;

    /* Else a large body would wait for a "100 Continue". */
    *lines = curl_slist_append(NULL, "Expect:");
    if (is_post(lane->request))
        *lines = curl_slist_append(*lines, "Content-Type: application/json");
    for (; more && *more; more++) {
        enum rkb_status rc = check_header(*more, err);

        if (rc)
            return rc;
        *lines = curl_slist_append(*lines, *more);
    }
    curl_easy_setopt(lane->easy, CURLOPT_HTTPHEADER, *lines);
    return RKB_OK;
}

static void set_request(struct rkb_http_lane *lane)
{
    const struct rkb_http_request *r = lane->request;
    CURL *e = lane->easy;
    int64_t connect_ms = r->connect_ns / MS + 1000;
    const char *ca_file = NULL, *ca_folder = NULL;

    curl_easy_setopt(e, CURLOPT_CURLU, lane->url);
    if (is_post(r)) {
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)r->body.len);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->body.len ? r->body.at : "");
    } else {
        assert(strcmp(r->method, "GET") == 0);
        curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE,
                     (curl_off_t)lane->body_limit);
    /* Ours comes first; curl shares this one out over a host's addresses. */
    if (!r->connect_ns || connect_ms > INT_MAX)
        connect_ms = INT_MAX;
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    curl_easy_getinfo(e, CURLINFO_CAINFO, &ca_file);
    curl_easy_getinfo(e, CURLINFO_CAPATH, &ca_folder);
    curl_easy_setopt(e, CURLOPT_CAINFO, r->ca_file ? r->ca_file : ca_file);
    curl_easy_setopt(e, CURLOPT_CAPATH, r->ca_file ? NULL : ca_folder);
}

static void forget_last(struct rkb_http_lane *lane)
{
    if (lane->body.cap > KEPT_BYTES)
        rkb_buf_release(&lane->body);
    if (lane->cap_marks * sizeof(*lane->marks) > KEPT_BYTES) {
        rkb_free(lane->marks);
        lane->marks = NULL;
        lane->cap_marks = 0;
    }
    rkb_buf_reset(&lane->body);
    rkb_buf_reset(&lane->headers);
    lane->n_marks = lane->header_bytes = 0;
    lane->part = STATUS_LINE;
    lane->head_too_large = lane->body_too_large = false;
    lane->connected_ns = lane->first_ns = lane->last_ns = 0;
    lane->why[0] = '\0';
}

/* A kept connection on which something waits was closed, or holds more than
 * the last reply said it would: what comes next on it is no answer to us. */
static enum rkb_status drop_stale(struct rkb_http_lane *lane,
                                  struct rkb_err *err)
{
    if (lane->multi &&
        (lane->n_sockets == 0 || poll(lane->sockets, lane->n_sockets, 0) == 0))
        return RKB_OK;
    curl_multi_cleanup(lane->multi);
    return open_multi(lane, err);
}

/* ---- waiting ----------------------------------------------------------- */

/* The next moment at which the request ends whatever happens. */
struct bound {
    int64_t at_ns; /* INT64_MAX: none */
    int64_t ns;    /* the duration that led to it, 0: none did */
    enum rkb_http_end end;
};

static void add_bound(struct bound *b, int64_t from_ns, int64_t ns,
                      enum rkb_http_end end)
{
    int64_t at_ns;

    if (ns <= 0)
        return;
    if (__builtin_add_overflow(from_ns, ns, &at_ns) || at_ns >= b->at_ns)
        return;
    *b = (struct bound){ .at_ns = at_ns, .ns = ns, .end = end };
}

static struct bound next_bound(const struct rkb_http_lane *lane)
{
    const struct rkb_http_request *r = lane->request;
    struct bound b = { .at_ns = INT64_MAX };
    int level = rkb_stop_level(r->stop);

    if (!lane->connected_ns) {
        add_bound(&b, lane->start_ns, r->connect_ns, RKB_HTTP_CONNECT_TIMEOUT);
        add_bound(&b, lane->start_ns, r->first_byte_ns,
                  RKB_HTTP_CONNECT_TIMEOUT);
    } else if (!lane->first_ns) {
        add_bound(&b, lane->start_ns, r->first_byte_ns, RKB_HTTP_FIRST_TIMEOUT);
    } else {
        add_bound(&b, lane->last_ns, r->idle_ns, RKB_HTTP_IDLE_TIMEOUT);
    }
    add_bound(&b, lane->start_ns, r->total_ns, RKB_HTTP_TOTAL_TIMEOUT);
    if (r->deadline_ns && r->deadline_ns < b.at_ns)
        b = (struct bound){ .at_ns = r->deadline_ns,
                            .end = RKB_HTTP_TOTAL_TIMEOUT };
    if (level == 1)
        add_bound(&b, rkb_stop_since(r->stop), r->stop_grace_ns,
                  RKB_HTTP_STOPPED);
    if (level > 1 || (level == 1 && r->stop_grace_ns <= 0))
        b = (struct bound){ .at_ns = INT64_MIN, .end = RKB_HTTP_STOPPED };
    return b;
}

/* Until something comes, a stop is asked for, or the bound. */
static void wait_for_more(struct rkb_http_lane *lane, int64_t until_ns)
{
    const struct rkb_stop *stop = lane->request->stop;
    struct curl_waitfd wake = { .events = CURL_WAIT_POLLIN };
    int64_t ms = LONGEST_WAIT_MS;

    wake.fd =
        rkb_stop_level(stop) ? rkb_stop_abort_fd(stop) : rkb_stop_fd(stop);
    if (until_ns < INT64_MAX)
        ms = (until_ns - rkb_clock_now() + MS - 1) / MS;
    if (ms > LONGEST_WAIT_MS)
        ms = LONGEST_WAIT_MS;
    if (!rkb_clock_is_real() && ms > FAKE_CLOCK_MS)
        ms = FAKE_CLOCK_MS;
    curl_multi_poll(lane->multi, &wake, stop ? 1 : 0, ms > 0 ? (int)ms : 0,
                    NULL);
}

/* The first line of the head is told whole; its first byte came before. */
static void look_for_first_byte(struct rkb_http_lane *lane)
{
    curl_off_t us = 0;

    if (lane->first_ns || !lane->connected_ns)
        return;
    curl_easy_getinfo(lane->easy, CURLINFO_STARTTRANSFER_TIME_T, &us);
    if (us > 0)
        heard(lane);
}

static bool is_over(const struct bound *b)
{
    return rkb_clock_now() >= b->at_ns;
}

/* True when curl came to an end, of whatever kind; false at a bound. */
static bool transfer(struct rkb_http_lane *lane, CURLcode *code,
                     struct bound *met)
{
    const CURLMsg *message;
    int running = 1, left;

    *met = next_bound(lane);
    if (is_over(met)) /* before anything is sent */
        return false;
    for (;;) {
        curl_multi_perform(lane->multi, &running);
        if (!running)
            break;
        look_for_first_byte(lane);
        *met = next_bound(lane);
        if (is_over(met))
            return false;
        wait_for_more(lane, met->at_ns);
    }
    message = curl_multi_info_read(lane->multi, &left);
    assert(message); /* of our one handle */
    *code = message->data.result;
    return true;
}

/* ---- how it ended ------------------------------------------------------ */

static enum rkb_http_end end_of(const struct rkb_http_lane *lane, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        /* A head that was cut is none to curl, but no error either. */
        return lane->part == BODY ? RKB_HTTP_WHOLE : RKB_HTTP_CUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return RKB_HTTP_NO_CONNECTION;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
        return RKB_HTTP_NO_TLS;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return RKB_HTTP_CUT;
    case CURLE_FILESIZE_EXCEEDED:
        return RKB_HTTP_TOO_LARGE;
    case CURLE_OUT_OF_MEMORY:
        /* Our allocator does not fail: this is TLS, or a line of the head
         * above curl's own bound. */
        if (!lane->connected_ns)
            rkb_mem_exhausted(0);
        return RKB_HTTP_TOO_LARGE;
    default:
        return lane->head_too_large || lane->body_too_large ? RKB_HTTP_TOO_LARGE
                                                            : RKB_HTTP_BROKEN;
    }
}

/* The system's words, or curl's; lower case at its start. */
static void cause(const struct rkb_http_lane *lane, CURLcode code, char *out,
                  size_t size)
{
    long system = 0;
    const char *text = lane->why[0] ? lane->why : curl_easy_strerror(code);

    curl_easy_getinfo(lane->easy, CURLINFO_OS_ERRNO, &system);
    if (code == CURLE_COULDNT_RESOLVE_HOST)
        text = "name not found";
    else if (code == CURLE_COULDNT_CONNECT && system)
        text = strerror((int)system);
    snprintf(out, size, "%s", text);
    if (out[0] && islower((unsigned char)out[1]))
        out[0] = (char)tolower((unsigned char)out[0]);
}

static enum rkb_status too_large(const struct rkb_http_lane *lane,
                                 CURLcode code, struct rkb_err *err)
{
    bool body = lane->body_too_large || code == CURLE_FILESIZE_EXCEEDED;

    return rkb_fail(err, RKB_E_LIMIT, "the %s of the reply of %s %s %zu bytes",
                    body ? "body" : "headers", lane->host.at,
                    body ? "has more than" : "have more than",
                    body ? lane->body_limit : RKB_HTTP_HEADERS);
}

static enum rkb_status curl_failed(const struct rkb_http_lane *lane,
                                   enum rkb_http_end end, CURLcode code,
                                   struct rkb_err *err)
{
    const char *host = lane->host.at;
    char why[CURL_ERROR_SIZE];

    cause(lane, code, why, sizeof(why));
    switch (end) {
    case RKB_HTTP_NO_CONNECTION:
        return rkb_fail(err, RKB_E_IO, "cannot connect to %s: %s", host, why);
    case RKB_HTTP_NO_TLS:
        return rkb_fail(err, RKB_E_IO, "no secure connection to %s: %s", host,
                        why);
    case RKB_HTTP_TOO_LARGE:
        return too_large(lane, code, err);
    case RKB_HTTP_CUT:
        if (!lane->first_ns)
            return rkb_fail(err, RKB_E_IO,
                            "%s closed the connection without a reply", host);
        return rkb_fail(err, RKB_E_IO, "the reply of %s was cut off: %s", host,
                        lane->part == BODY ? why : "its headers have no end");
    default:
        return rkb_fail(err, RKB_E_IO, "bad reply of %s: %s", host, why);
    }
}

static enum rkb_status bound_met(const struct rkb_http_lane *lane,
                                 const struct bound *b, struct rkb_err *err)
{
    const char *host = lane->host.at;
    double s = (double)b->ns / 1e9;

    switch (b->end) {
    case RKB_HTTP_STOPPED:
        return rkb_fail(err, RKB_E_STOPPED, "stopped while %s was asked", host);
    case RKB_HTTP_CONNECT_TIMEOUT:
        return rkb_fail(err, RKB_E_IO, "no connection to %s within %g s", host,
                        s);
    case RKB_HTTP_FIRST_TIMEOUT:
        return rkb_fail(err, RKB_E_IO, "no reply of %s within %g s", host, s);
    case RKB_HTTP_IDLE_TIMEOUT:
        return rkb_fail(err, RKB_E_IO, "the reply of %s stood still for %g s",
                        host, s);
    default:
        if (!b->ns)
            return rkb_fail(err, RKB_E_IO,
                            "no whole reply of %s in the time of the query",
                            host);
        return rkb_fail(err, RKB_E_IO, "no whole reply of %s within %g s", host,
                        s);
    }
}

static enum rkb_status check_coding(const struct rkb_http_lane *lane,
                                    struct rkb_http_reply *out,
                                    struct rkb_err *err)
{
    rkb_sv coding = rkb_http_header(out, "content-encoding");

    if (coding.len == 0 || rkb_sv_is(coding, "identity") || out->status >= 400)
        return RKB_OK;
    out->end = RKB_HTTP_BROKEN;
    return rkb_fail(err, RKB_E_IO,
                    "bad reply of %s: it is encoded as '%.*s', which was not "
                    "asked for",
                    lane->host.at, coding.len > 40 ? 40 : (int)coding.len,
                    coding.at);
}

static void fill_reply(const struct rkb_http_lane *lane,
                       struct rkb_http_reply *out)
{
    long status = 0, n_connects = 0;

    curl_easy_getinfo(lane->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(lane->easy, CURLINFO_NUM_CONNECTS, &n_connects);
    out->status = status < 200 ? 0 : (int)status;
    out->body = rkb_buf_view(&lane->body);
    out->headers = rkb_buf_view(&lane->headers);
    out->marks = lane->marks;
    out->n_marks = lane->n_marks;
    out->start_ns = lane->start_ns;
    out->reused = lane->connected_ns && n_connects == 0;
    if (lane->connected_ns && !out->reused)
        out->connect_ns = lane->connected_ns - lane->start_ns;
    if (lane->first_ns)
        out->first_byte_ns = lane->first_ns - lane->start_ns;
    out->total_ns = rkb_clock_now() - lane->start_ns;
}

/* One attempt. */
static enum rkb_status send_once(struct rkb_http_lane *lane,
                                 struct rkb_http_reply *out,
                                 struct rkb_err *err)
{
    struct bound met;
    CURLcode code = CURLE_OK;
    bool came_to_end;

    forget_last(lane);
    if (curl_multi_add_handle(lane->multi, lane->easy))
        rkb_mem_exhausted(0);
    came_to_end = transfer(lane, &code, &met);
    if (came_to_end && code == CURLE_OPERATION_TIMEDOUT) {
        met.end = RKB_HTTP_CONNECT_TIMEOUT; /* the only one that curl has */
        met.ns = lane->request->connect_ns;
        came_to_end = false;
    }
    fill_reply(lane, out);
    curl_multi_remove_handle(lane->multi, lane->easy);
    if (!came_to_end) {
        out->end = met.end;
        return bound_met(lane, &met, err);
    }
    out->end = end_of(lane, code);
    if (out->end != RKB_HTTP_WHOLE)
        return curl_failed(lane, out->end, code, err);
    return check_coding(lane, out, err);
}

enum rkb_status rkb_http_send(struct rkb_http_lane *lane,
                              const struct rkb_http_request *request,
                              struct rkb_http_reply *out, struct rkb_err *err)
{
    struct curl_slist *lines = NULL;
    enum rkb_status rc;

    *out = (struct rkb_http_reply){ .end = RKB_HTTP_BROKEN };
    lane->request = request;
    lane->body_limit =
        request->max_body_bytes ? request->max_body_bytes : RKB_HTTP_BODY;
    lane->start_ns = rkb_clock_now();
    rc = read_url(lane, request->url, err);
    if (!rc)
        rc = set_headers(lane, &lines, err);
    if (!rc)
        rc = drop_stale(lane, err);
    if (rc)
        goto done;
    set_request(lane);
    rc = send_once(lane, out, err);
    /* The server may close a kept connection while our request is on its way.
     * curl opens another one where it sees that in time. */
    if (out->end == RKB_HTTP_CUT && out->reused && !lane->first_ns)
        rc = send_once(lane, out, err);
done:
    curl_slist_free_all(lines);
    lane->request = NULL;
    return rc;
}
