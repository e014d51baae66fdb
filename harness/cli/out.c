/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum rkb_status rkb_out_flush(struct rkb_context *ctx, struct rkb_err *err)
{
    size_t done = 0;

    while (done < ctx->out->len) {
        ssize_t n = write(1, ctx->out->at + done, ctx->out->len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rkb_buf_reset(ctx->out);
            /* The reader has seen enough (head): nothing to complain of. */
            if (errno == EPIPE)
                return RKB_OK;
            return rkb_fail(err, RKB_E_IO,
                            "cannot write to standard output: %s",
                            strerror(errno));
        }
        done += (size_t)n;
    }
    rkb_buf_reset(ctx->out);
    return RKB_OK;
}
