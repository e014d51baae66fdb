/* SPDX-License-Identifier: Apache-2.0 */
/* Where the time of a query went: its latency parted by what it waited for.
 *
 * Calls of a query may overlap, so their times do not add up to its latency.
 * What counts is the chain of calls that the order had to wait for. It is
 * walked from the end: the call that ended last; before it the call that ended
 * last before this one began; and so on. Each stretch of time on the way
 * belongs to one part, so that the parts sum to the latency exactly. A call
 * that ran beside the chain cost nothing and is in no part.
 *
 * Without calls all of it is "other". Source of the walk: Yang and Miller 1988
 * (critical paths of programs), as in tracing of services today.
 */
#ifndef RKB_RUNS_TIME_PARTS_H
#define RKB_RUNS_TIME_PARTS_H

#include "base/arena.h"
#include "runs/result_writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rkb_time_part {
    RKB_TIME_LATE,        /* of an open loop: due, but not yet handed over */
    RKB_TIME_RENDER,      /* making the prompt and the request             */
    RKB_TIME_TOKENIZER,   /* calls on the way: counting tokens, chat text  */
    RKB_TIME_QUEUE,       /* waiting for a turn at the server              */
    RKB_TIME_CONNECT,     /* connecting, TLS included                      */
    RKB_TIME_FIRST_BYTE,  /* from then to the first byte of the answer; of an
                             answer that is not streamed the server's whole
                             work is in it                                 */
    RKB_TIME_FIRST_TOKEN, /* from then to the first token, where streamed  */
    RKB_TIME_GENERATION,  /* from then to the last byte                    */
    RKB_TIME_PARSE,       /* reading the answer                            */
    RKB_TIME_RETRY,       /* attempts that were repeated, and the pauses
                             behind them                                   */
    RKB_TIME_OTHER,       /* no call: the method and the harness           */
    RKB_TIME_PARTS
};
const char *rkb_time_part_name(enum rkb_time_part part); /* "first byte" */

/* `calls` as rkb_store_calls gives them: by path, seq and attempt. on_chain
 * [n] may be NULL; else what each call adds to the parts, its rendering and
 * the pause before it included.
 * `late_ns`: of the latency, before the query was handed over (query_result's
 * queue_ns); below 0: none. False, and nothing is set, where it cannot be
 * told: no latency, or calls that do not tell when they began. */
bool rkb_time_parts(struct rkb_arena *scratch,
                    const struct rkb_result_call *calls, size_t n,
                    int64_t latency_ns, int64_t late_ns,
                    int64_t parts[RKB_TIME_PARTS], int64_t *on_chain);

#endif
