/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before the next attempt. Pure. */
#ifndef RKB_HARNESS_LLM_RETRY_H
#define RKB_HARNESS_LLM_RETRY_H

#include "base/io/http.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

#define RKB_BACKOFF_MOST_NS INT64_C(60000000000) /* of our own waits      */
#define RKB_RETRY_AFTER_MOST_NS INT64_C(600000000000) /* a server may ask for */

/* Exponential with full jitter: uniform in [0, min(60 s, base * 2^(attempt-1))]
 * after attempt 1, 2, ...
 * Source: Brooker 2015, Exponential Backoff and Jitter (AWS). */
int64_t rkb_backoff_ns(int64_t base_ns, int64_t attempt, struct rkb_rng *rng);

/* What the reply asks for: retry-after-ms, else Retry-After in seconds (also
 * decimal) or as a date, counted from the reply's own Date where it has one,
 * else from utc_s (seconds since 1970). False: nothing that can be read. Never
 * negative; more than RKB_RETRY_AFTER_MOST_NS is told as it is. */
bool rkb_retry_after_ns(const struct rkb_http_reply *reply, int64_t utc_s,
                        int64_t *ns);

#endif
