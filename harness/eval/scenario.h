/* SPDX-License-Identifier: Apache-2.0 */
/* How the queries of a run are sent: which one is next, and when it is due.
 * No clock and no thread is in here: whoever sends tells the time.
 *
 *   single      one at a time
 *   closed:N    N under way at once; an answer makes room for the next one
 *   open:RATE   RATE a second at random times (Poisson), however long answers
 *               take: latency counts from when a query was due
 *   offline     all are there from the start, many are under way: throughput
 */
#ifndef RKB_HARNESS_EVAL_SCENARIO_H
#define RKB_HARNESS_EVAL_SCENARIO_H

#include "base/buf.h"
#include "base/err.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RKB_LOAD_THREADS 1024     /* most queries under way at once          */
#define RKB_LOAD_RATE 100000.0    /* most queries a second                   */
#define RKB_LOAD_SAMPLES 1000000  /* most times that a query is asked        */
#define RKB_LOAD_SECONDS 604800.0 /* longest time: a week                    */

enum rkb_scenario_kind {
    RKB_SCENARIO_SINGLE,
    RKB_SCENARIO_CLOSED,
    RKB_SCENARIO_OPEN,
    RKB_SCENARIO_OFFLINE
};

struct rkb_scenario {
    enum rkb_scenario_kind kind;
    size_t n;    /* of closed: queries under way        */
    double rate; /* of open: queries a second           */
};

/* RKB_E_USAGE says what was expected. */
enum rkb_status rkb_scenario_parse(rkb_sv text, struct rkb_scenario *out,
                                   struct rkb_err *err) RKB_MUST_CHECK;
/* Adds what rkb_scenario_parse reads. */
void rkb_scenario_text(const struct rkb_scenario *s, struct rkb_buf *out);

/* So many queries, or for so long: "10", "2.5s". Both 0: none. */
struct rkb_amount {
    size_t n;
    int64_t ns;
};
enum rkb_status rkb_amount_parse(rkb_sv text, struct rkb_amount *out,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* What is sent of one run. A zeroed struct is every query once, one at a
 * time, without a warm-up. */
struct rkb_load {
    struct rkb_scenario scenario;
    size_t n_samples; /* times each query is asked; 0: 1                  */
    int64_t min_ns;   /* and further samples until this time is over; 0: none */
    struct rkb_amount warm_up;
};
/* What of it makes another run of the same system, in words: "open:20",
 * "closed:8 for 60 s". Nothing for a plain run: one at a time, or as many as
 * the conditions say. The number of samples is not in it. */
void rkb_load_text(const struct rkb_load *l, struct rkb_buf *out);

/* Queries under way at once, at most; `asked` 0: nobody asked for a number. */
size_t rkb_load_lanes(const struct rkb_load *l, size_t asked);
/* Threads for these and for `calls` to servers at once. Those that wait for
 * servers are more than there are queries under way; of those that an open loop
 * may have under way most wait for their time. */
size_t rkb_load_pool(const struct rkb_load *l, size_t asked, size_t calls);
/* Queries that are kept for warming up; more warm-ups go round. */
size_t rkb_load_spares(const struct rkb_load *l);

/* ---- what is next ------------------------------------------------------ */

struct rkb_ticket {
    uint32_t item; /* index of the query */
    int64_t sample;
    int64_t due_ns; /* since the start; the time of asking but for open */
    bool late;      /* it was due before anybody could take it          */
};

/* Gives out tickets: all items of a sample in order, then those of the next
 * sample. Guard it when several threads ask. */
struct rkb_flow {
    size_t n_items, n_samples; /* what is to be sent                     */
    const uint8_t *done;       /* [n_done_samples][n_items] 1: it is not;
                                  NULL: none */
    size_t n_done_samples;
    int64_t min_ns;   /* further samples until so much time is measured    */
    int64_t spent_ns; /* of it before the start                            */
    int64_t until_ns; /* nothing that is due later; 0: no such end         */
    size_t n_most;    /* tickets in all; 0: no such end                    */
    double rate;      /* of open; 0: a query is due when somebody asks     */

    /* Set by rkb_flow_start and kept here. */
    struct rkb_rng rng;
    double next_s; /* when the next one is due, of open */
    size_t sample, item, n_out;
    bool ended; /* nothing will come any more */
};

/* The members above the line are set. The same seed gives the same times. */
void rkb_flow_start(struct rkb_flow *f, uint64_t seed);
/* The next ticket of a sample before `end_sample` (SIZE_MAX: of any) at the
 * time now_ns since the start. False: there is none, and with f->ended there
 * never will be. */
bool rkb_flow_next(struct rkb_flow *f, int64_t now_ns, size_t end_sample,
                   struct rkb_ticket *out);

#endif
