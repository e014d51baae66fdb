/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that rerankbench and a program under test exchange: protocol 1 of
 * docs/process.md. Bytes to values and back; no process here. */
#ifndef RKB_HARNESS_RERANKERS_PROCESS_LINE_H
#define RKB_HARNESS_RERANKERS_PROCESS_LINE_H

#include "base/io/json.h"
#include "harness/rerankers/reranker.h"

enum { RKB_PROCESS_VERSION = 1, RKB_PROCESS_IN_FLIGHT_MAX = 1024 };

/* What a program says of itself, once. */
struct rkb_process_hello {
    char name[64], version[128]; /* "" = not said */
    size_t max_in_flight;        /* 1 .. RKB_PROCESS_IN_FLIGHT_MAX */
};
/* RKB_E_DATA when the line is none, is of another protocol, or says that the
 * program is not ready ("error" gives the reason). */
enum rkb_status rkb_process_read_hello(struct rkb_arena *a, rkb_sv line,
                                       struct rkb_process_hello *out,
                                       struct rkb_err *err) RKB_MUST_CHECK;

/* Adds the request and its newline. Bytes that are not UTF-8 are U+FFFD. */
void rkb_process_write(struct rkb_buf *out, uint64_t id,
                       const struct rkb_request *request);

/* An answer that names its query; what it says is not yet checked. */
struct rkb_process_answer {
    uint64_t id;
    const struct rkb_json *message; /* the whole; in the arena and the line */
    bool not_finite;                /* it held NaN or Infinity, now null    */
};
/* RKB_E_DATA when nobody can tell which query the line belongs to: no JSON
 * object (the message has its first bytes), no "id". RKB_E_LIMIT for more
 * than max_values values, counted before memory is taken for them. Python's
 * NaN and Infinity are no JSON and are understood as far as the id. The line
 * must outlive the answer. */
enum rkb_status rkb_process_read(struct rkb_arena *a, rkb_sv line,
                                 size_t max_values,
                                 struct rkb_process_answer *out,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* What the program counted; RKB_UNKNOWN (-1) where it did not. */
struct rkb_process_counts {
    int64_t n_calls, prompt_tokens, output_tokens;
};
/* Into an outcome of n_docs candidates: `order` as it is, or by `scores`,
 * higher first, ties as they came. RKB_E_DATA with the reason when the answer
 * is an "error", or no such order or scores: wrong count, index out of range
 * or twice, a score that is no finite number, neither of the two. Then the
 * outcome's arrays are of no use. */
enum rkb_status rkb_process_apply(const struct rkb_process_answer *answer,
                                  size_t n_docs, struct rkb_outcome *outcome,
                                  struct rkb_process_counts *counts,
                                  struct rkb_err *err) RKB_MUST_CHECK;

#endif
