/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/retry.h"

int64_t rkb_backoff_ns(int64_t base_ns, int64_t attempt, struct rkb_rng *rng)
{
    int64_t most = base_ns;

    for (int64_t i = 1; i < attempt && most < RKB_BACKOFF_MOST_NS; i++)
        most *= 2;
    if (most > RKB_BACKOFF_MOST_NS)
        most = RKB_BACKOFF_MOST_NS;
    return (int64_t)(rkb_rng_unit(rng) * (double)most);
}

/* Seconds to ns, bounded so that a wild number cannot overflow. */
static int64_t to_ns(double seconds)
{
    const double most = 1e9;

    if (seconds < 0)
        return 0;
    return (int64_t)((seconds < most ? seconds : most) * 1e9);
}

bool rkb_retry_after_ns(const struct rkb_http_reply *reply, int64_t utc_s,
                        int64_t *ns)
{
    rkb_sv text = rkb_http_header(reply, "retry-after-ms");
    int64_t then, now = utc_s;
    double number;

    if (text.at && rkb_sv_to_double(text, &number)) {
        *ns = to_ns(number / 1000);
        return true;
    }
    text = rkb_http_header(reply, "retry-after");
    if (!text.at)
        return false;
    if (rkb_sv_to_double(text, &number)) {
        *ns = to_ns(number);
        return true;
    }
    if (!rkb_http_date(text, &then))
        return false;
    /* Both by the server's clock, which need not be ours. */
    text = rkb_http_header(reply, "date");
    if (text.at)
        (void)rkb_http_date(text, &now);
    *ns = to_ns((double)(then - now));
    return true;
}
