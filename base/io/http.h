/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP requests (libcurl), blocking, one at a time in a lane. A lane keeps its
 * connections; threads that ask at once take a lane each. What happened on
 * the wire is told whole: a status of 500 is a reply like any other, and only
 * what left us without a whole reply is a failure, with its kind.
 *
 * No redirects are followed, no proxy and no cookies are used, certificates
 * are verified, and a body is never larger than asked for. */
#ifndef RKB_BASE_IO_HTTP_H
#define RKB_BASE_IO_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/stop.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bounds on what a server may send. One line of the headers may have 100 KB,
 * which is libcurl's bound. */
#define RKB_HTTP_BODY ((size_t)64 << 20)
#define RKB_HTTP_HEADERS ((size_t)256 << 10)
#define RKB_HTTP_MARKS ((size_t)1 << 20) /* more pieces count as the last */

struct rkb_http_request {
    const char *url;    /* http:// or https://, without user and password */
    const char *method; /* "GET" or "POST" */
    rkb_sv body;        /* of a POST, sent as application/json */
    /* More header lines, "Name: value", NULL-terminated; NULL: none. A secret
     * may stand here: they are never logged and never in a message. */
    const char *const *headers;
    const char *ca_file; /* PEM file of trusted roots; NULL: the system's */
    /* Durations; 0: no bound. From the start of the request, but idle: between
     * two pieces of the reply. */
    int64_t connect_ns, first_byte_ns, idle_ns, total_ns;
    size_t max_body_bytes; /* 0: RKB_HTTP_BODY */
    int64_t deadline_ns;   /* of rkb_clock_now; 0: none */
    /* Ends the request at once: from the abort on, or when stop_grace_ns have
     * passed since a stop was asked for. NULL: never stopped. */
    const struct rkb_stop *stop;
    int64_t stop_grace_ns;
};

/* The first byte at or behind `offset` of the body came at `at_ns`. */
struct rkb_http_mark {
    size_t offset;
    int64_t at_ns; /* of rkb_clock_now */
};

enum rkb_http_end {
    RKB_HTTP_WHOLE,           /* a whole reply, whatever its status      */
    RKB_HTTP_NO_CONNECTION,   /* refused, unreachable, name not found    */
    RKB_HTTP_NO_TLS,          /* certificate or handshake                */
    RKB_HTTP_CONNECT_TIMEOUT, /* no connection in time                   */
    RKB_HTTP_FIRST_TIMEOUT,   /* connected, but no byte of the reply     */
    RKB_HTTP_IDLE_TIMEOUT,    /* the reply stood still                   */
    RKB_HTTP_TOTAL_TIMEOUT,   /* the whole took too long, or deadline_ns */
    RKB_HTTP_CUT,             /* closed before the reply was whole       */
    RKB_HTTP_TOO_LARGE,       /* body or headers above their bound       */
    RKB_HTTP_STOPPED,         /* by `stop`                               */
    RKB_HTTP_BROKEN           /* anything else: not HTTP, bad encoding   */
};

/* Valid until the lane's next request or its close. What came before a
 * failure is here too (a body that was cut). */
struct rkb_http_reply {
    enum rkb_http_end end;
    int status; /* 0: none came */
    rkb_sv body;
    rkb_sv headers; /* as they came, lines with \r\n, without the status
                            line; of the last reply where several came (100) */
    const struct rkb_http_mark *marks; /* [n_marks] one for each piece */
    size_t n_marks;
    int64_t start_ns;      /* of rkb_clock_now */
    int64_t connect_ns;    /* until connected, TLS included; 0: kept one     */
    int64_t first_byte_ns; /* until the first byte of the headers; 0: none   */
    int64_t total_ns;
    bool reused; /* over a connection that was kept */
};

struct rkb_http_lane;

/* One thread at a time. SIGPIPE must be ignored: rkb_stop_survive_writes. A
 * zeroed lane pointer may be closed. RKB_E_IO when libcurl cannot start. */
enum rkb_status rkb_http_open(struct rkb_http_lane **out, struct rkb_err *err)
    RKB_MUST_CHECK;
void rkb_http_close(struct rkb_http_lane *lane);

/* Sends and waits. RKB_OK: a whole reply. RKB_E_STOPPED: by `stop`. RKB_E_USAGE:
 * a URL that is none, or another scheme, or a header that is none. Else
 * RKB_E_IO (RKB_E_LIMIT for RKB_HTTP_TOO_LARGE) with a message that names host
 * and cause in one line ("cannot connect to 127.0.0.1:9: connection refused"),
 * never the headers nor the rest of the URL, and out->end says what kind. A
 * kept connection that the server closed before it sent a byte is opened again
 * once, within this call; one that holds bytes nobody asked for is not used
 * again. */
enum rkb_status rkb_http_send(struct rkb_http_lane *lane,
                              const struct rkb_http_request *request,
                              struct rkb_http_reply *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Value of a header, case-insensitive, blanks trimmed; the last one of several;
 * at == NULL when absent. */
rkb_sv rkb_http_header(const struct rkb_http_reply *reply, const char *name);

/* When the byte of the body at `offset` came; 0 when it did not. */
int64_t rkb_http_time_of(const struct rkb_http_reply *reply, size_t offset);

/* An HTTP date (RFC 9110, the three forms) as seconds since 1970; false for
 * anything else. Years of two digits are 1970 to 2069. */
bool rkb_http_date(rkb_sv text, int64_t *seconds);

#endif
