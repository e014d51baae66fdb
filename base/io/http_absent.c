/* SPDX-License-Identifier: Apache-2.0 */
/* The door to libcurl, walled up: for the static program, which asks no server
 * and for which half of what libcurl needs has no .a file. The Makefile takes
 * this file or http.c. */
#include "base/io/http.h"

enum rkb_status rkb_http_open(struct rkb_http_lane **out, struct rkb_err *err)
{
    *out = NULL;
    return rkb_fail(err, RKB_E_IO, "this program was built without HTTP");
}

void rkb_http_close(struct rkb_http_lane *lane)
{
    (void)lane;
}

enum rkb_status rkb_http_send(struct rkb_http_lane *lane,
                              const struct rkb_http_request *request,
                              struct rkb_http_reply *out, struct rkb_err *err)
{
    (void)lane;
    (void)request;
    *out = (struct rkb_http_reply){ .end = RKB_HTTP_NO_CONNECTION };
    return rkb_fail(err, RKB_E_IO, "this program was built without HTTP");
}
