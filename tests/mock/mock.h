/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted HTTP/1.1 server for tests, on 127.0.0.1 and a free port: in the
 * test's own process (these functions) or as a program (tests/mockd.c).
 *
 * A script is lines. `on` starts a rule, the lines below say what is done for a
 * request that it takes, in order; the first rule that fits takes it, and where
 * none does the answer is 404. Lines that start with # are comments.
 *
 *   on [method=M] [path=TEXT] [body=TEXT] [times=N]
 *                      path and body contain TEXT (no blanks); N requests only
 *   header Name: value         added to the next reply
 *   reply STATUS TEXT          a whole reply with the right Content-Length, as
 *                              application/json unless `header` says else
 *   reply-file STATUS FILE     the same with the bytes of a file
 *   model [key=value]...       what a model server would say: mock_model.h
 *   wait MS
 *   prefill MS                 waits MS for every 256 bytes of what is asked
 *                              ("messages" on) that no request with the same
 *                              cache_salt began with, as a server with a
 *                              prefix cache does
 *   send BYTES                 as they are; \r \n \t \\ \xHH are escapes
 *   repeat N BYTES             N times
 *   drip MS BYTES              byte by byte, MS between two
 *   chunked STATUS TYPE        the head of a chunked reply, then
 *   chunk BYTES                a chunk
 *   event TEXT                 a chunk that is an SSE event: "data: TEXT"
 *   end                        the last chunk
 *   hang                       until the other side closes
 *   close                      the connection
 *   reset                      the same by RST
 *
 * A connection is kept unless closed. Times are real ones: keep them short. */
#ifndef RKB_TESTS_MOCK_MOCK_H
#define RKB_TESTS_MOCK_MOCK_H

#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mock_request {
    const char *method, *path, *headers; /* lines as they came */
    rkb_sv body;
    size_t connection; /* from 1 */
    int64_t at_ns;     /* of rkb_clock_now, when it was whole */
};

struct mock_options {
    const char *script; /* its text */
    /* TLS with a certificate of its own for this name ("127.0.0.1"); NULL:
     * none. */
    const char *tls_name;
    int port;       /* to listen on, 0: any free one */
    bool forgetful; /* counts the requests and keeps none */
    bool expired;   /* the certificate is */
};

struct mock;

/* Ends the process with a message when the script is bad. */
struct mock *mock_open(const struct mock_options *options);
struct mock *mock_open_script(const char *script);
/* Cuts what is going on. NULL is fine. */
void mock_close(struct mock *m);

const char *mock_url(const struct mock *m); /* "http://127.0.0.1:40123" */
/* Its certificate as PEM, to be trusted; NULL without TLS. */
const char *mock_certificate(const struct mock *m);

/* Requests and connections so far. A request counts before it is answered. */
size_t mock_n_requests(struct mock *m);
size_t mock_n_connections(struct mock *m);
/* From 0; valid until the close. */
const struct mock_request *mock_request_at(struct mock *m, size_t i);

#endif
