/* SPDX-License-Identifier: Apache-2.0 */
/* A program under test and the queries it has in hand: docs/process.md.
 *
 * The threads that ask share the program. One of those that wait reads for
 * all; there is no thread of its own, so a lone query waits for nobody else.
 *
 * What ends a program: it ends, breaks the protocol, or every query it has in
 * hand is over its time. Then all queries in its hand fail, each with the last
 * line of stderr since it was sent, and the next query starts it again, a
 * bounded number of times. A query that waited for that has no latency. */
#ifndef RKB_HARNESS_RERANKERS_PROCESS_H
#define RKB_HARNESS_RERANKERS_PROCESS_H

#include "harness/rerankers/process_line.h"

struct rkb_process_want {
    const char *const *argv; /* lives as long as the process */
    int64_t load_ns;         /* until it says that it is ready */
    int64_t timeout_ns;      /* from sending a query to its answer */
    int64_t grace_ns; /* for its end, and for answers once a stop is asked */
    int64_t max_restarts;
    const struct rkb_stop *stop; /* NULL: never stopped */
};

struct rkb_process;

/* Starts it and waits until it is ready. RKB_E_IO or RKB_E_DATA when it does
 * not get there, RKB_E_STOPPED. */
enum rkb_status rkb_process_open(struct rkb_process **out,
                                 const struct rkb_process_want *want,
                                 struct rkb_err *err) RKB_MUST_CHECK;
/* While no query is in flight. NULL is fine. */
void rkb_process_close(struct rkb_process *p);

const struct rkb_process_hello *rkb_process_hello(const struct rkb_process *p);

/* As `rerank` of a row. Thread-safe; waits its turn where the program takes
 * fewer at once. RKB_E_STOPPED, else any code is a failed query. */
enum rkb_status rkb_process_ask(struct rkb_process *p,
                                struct rkb_branch *branch,
                                const struct rkb_request *request,
                                struct rkb_outcome *outcome,
                                struct rkb_err *err) RKB_MUST_CHECK;

#endif
