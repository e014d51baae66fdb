/* SPDX-License-Identifier: Apache-2.0 */
/* Results of queries on their way into the store: any number of threads
 * append, one thread with its own connection writes. Whatever waits in the
 * queue becomes one transaction; with nothing waiting, each query is one.
 */
#ifndef RKB_RUNS_RESULT_WRITER_H
#define RKB_RUNS_RESULT_WRITER_H

#include "base/io/digest.h"
#include "runs/store.h"

#include <stddef.h>

#define RKB_UNKNOWN (-1) /* a count or a time that nobody knows: NULL */

enum rkb_result_status {
    RKB_RESULT_OK,
    RKB_RESULT_REPAIRED, /* has an order; an answer had to be mended */
    RKB_RESULT_FAILED    /* has no order */
};
const char *rkb_result_status_name(enum rkb_result_status status);

/* One call to something outside. Times in ns, RKB_UNKNOWN allowed. */
struct rkb_result_call {
    rkb_sv path; /* of the branch, "" at the root; with seq its key */
    int64_t seq, attempt, http;
    int64_t queue_ns, connect_ns, first_byte_ns, first_token_ns, total_ns,
        parse_ns;
    int64_t prompt_tokens, output_tokens, cached_tokens;
    int64_t server_ns, render_ns;
    int64_t start_ns;                     /* since the query was handed over */
    rkb_sv class_name;                    /* at == NULL: none     */
    const struct rkb_digest *request_sha; /* NULL: none           */
    rkb_sv answer;                        /* at == NULL: not kept */
};

/* One attempt at one query. Start with rkb_result_init. */
struct rkb_result {
    int64_t run_id, session_id;
    int64_t ord;     /* of the query in the candidate set        */
    int64_t sample;  /* 0 unless a query is asked several times  */
    int64_t attempt; /* set by the store: 1, 2, ...; read only   */
    bool warmup;     /* never counted as a result                */
    enum rkb_result_status status;
    rkb_sv why; /* reason when not ok; empty = NULL */
    struct rkb_digest request_sha;
    int64_t scheduled_ns; /* since the session's start: when it was due in an
                             open loop, else handed over */
    int64_t queue_ns;     /* from scheduled to handed over; open loop only */
    int64_t latency_ns;   /* from scheduled to having the order; unknown when
                             a recorded or cached answer was used */
    int64_t wait_ns;      /* of it inside calls: queue, back-off           */
    int64_t first_token_ns;
    int64_t n_calls, n_cached, retries;
    int64_t prompt_tokens, cached_tokens, output_tokens, reasoning_tokens;
    int64_t n_truncated;
    rkb_sv classes; /* JSON object of answer classes and counts; empty = NULL */
    size_t n_docs;  /* as many as the query's candidate list has */
    const uint32_t *order; /* [n_docs] candidate indices, best first; NULL =
                              no order, as for a failed query */
    const double *score;   /* [n_docs] by candidate index; NULL = none */
    const uint8_t *scored; /* [n_docs] 1 where score counts; NULL = all */
    const struct rkb_result_call *calls; /* [n_calls_kept] */
    size_t n_calls_kept;
};
/* Zeroes; counts and times become RKB_UNKNOWN. */
void rkb_result_init(struct rkb_result *r);

struct rkb_result_writer;

/* The store was opened for writing and must outlive the writer. */
enum rkb_status rkb_result_writer_open(struct rkb_result_writer **out,
                                       const struct rkb_store *s,
                                       struct rkb_err *err) RKB_MUST_CHECK;

/* Copies what it needs; blocks while the queue is full. Thread-safe.
 * RKB_E_DATA, and nothing stored, when the order is no permutation, a score is
 * not finite, or an order and a failure come together. The first error of the
 * writing thread (disk full, ...) is returned by this and every later call;
 * nothing is written after it. */
enum rkb_status rkb_result_writer_append(struct rkb_result_writer *w,
                                         const struct rkb_result *r,
                                         struct rkb_err *err) RKB_MUST_CHECK;
/* Waits until everything appended before the call is committed. */
enum rkb_status rkb_result_writer_flush(struct rkb_result_writer *w,
                                        struct rkb_err *err) RKB_MUST_CHECK;
/* Results committed so far. Thread-safe. */
uint64_t rkb_result_writer_n_committed(struct rkb_result_writer *w);
/* Time spent on writing them, which is in nobody's latency. Thread-safe. */
int64_t rkb_result_writer_spent_ns(struct rkb_result_writer *w);

/* Drains the queue, ends the thread. Flush first to see errors. NULL is
 * fine. */
void rkb_result_writer_close(struct rkb_result_writer *w);

#endif
