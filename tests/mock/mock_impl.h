/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the scripted server share. */
#ifndef RKB_TESTS_MOCK_MOCK_IMPL_H
#define RKB_TESTS_MOCK_MOCK_IMPL_H

#include "base/buf.h"
#include "tests/mock/mock.h"

struct mock_tls;
struct mock_tls_link;

/* One connection, in its thread. */
struct mock_link {
    struct mock *mock;
    int fd;
    struct mock_tls_link *tls; /* NULL: plain */
    size_t number;
    struct rkb_buf in;   /* came, and not used yet */
    struct rkb_buf more; /* header lines for the next reply */
};

/* False: the connection is gone. */
bool mock_send(struct mock_link *link, rkb_sv bytes);
/* Until ms passed (< 0: for ever), the server ends, or the other side closes;
 * true when the time passed. */
bool mock_pause(struct mock_link *link, int64_t ms);
void mock_set_reset(struct mock_link *link); /* its close will be an RST */
void mock_reply(struct mock_link *link, struct rkb_buf *out, int status,
                rkb_sv body);
const char *mock_reason(int status);

/* ---- scripts */

struct mock_script;
struct mock_script *mock_script_read(const char *text);
void mock_script_free(struct mock_script *s);
/* The index of the rule that takes the request, and counts it; the caller
 * holds the server's lock. SIZE_MAX: none. */
size_t mock_script_choose(struct mock_script *s, const struct mock_request *r);
/* False: the connection is to be closed. */
bool mock_script_run(const struct mock_script *s, size_t rule,
                     struct mock_link *link, const struct mock_request *r);

/* ---- TLS */

struct mock_tls *mock_tls_open(const char *name, bool expired);
void mock_tls_close(struct mock_tls *t);
const char *mock_tls_pem(const struct mock_tls *t);
/* NULL: the handshake failed. */
struct mock_tls_link *mock_tls_accept(struct mock_tls *t, int fd);
void mock_tls_end(struct mock_tls_link *l);
long mock_tls_read(struct mock_tls_link *l, void *to, size_t n);
long mock_tls_write(struct mock_tls_link *l, const void *at, size_t n);

#endif
