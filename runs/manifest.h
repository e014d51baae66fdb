/* SPDX-License-Identifier: Apache-2.0 */
/* What a run is: the parts that decide its results, as canonical JSON, and
 * the SHA-256 of that as its key. Two runs with the same key are the same run.
 *
 * Not in it, because results do not depend on them: label, dataset name, URLs,
 * time-outs, concurrency, host, program version, judgments (but see below). A
 * load that was asked for is in it: its times are the result. */
#ifndef RKB_RUNS_MANIFEST_H
#define RKB_RUNS_MANIFEST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/io/digest.h"

struct rkb_manifest {
    rkb_sv reranker; /* row of the table                               */
    int64_t version; /* of that row                                    */
    rkb_sv build;    /* of what is run, as people name it; may be empty */
    rkb_sv options;  /* rkb_optset_json: defaults expanded              */
    rkb_sv probe;    /* what the row's probe said: template digest, dialect
                        and version, model and revision, replay-file
                        digest, ...; may be empty */
    struct rkb_digest candidates; /* covers excludes, self ids, depth */
    struct rkb_digest queries;    /* ids and texts                    */
    struct rkb_digest texts;      /* of the candidates                */
    rkb_sv text_rule;             /* title, brackets, length; may be empty */
    int64_t top_k;                /* 0 = all candidates                    */
    uint64_t seed;
    int64_t repeat;    /* from 1                                */
    int64_t n_samples; /* times each query is asked, from 1     */
    rkb_sv load;       /* how they were sent, where that was asked for;
                          may be empty */
    const struct rkb_digest *judgments; /* only for rerankers that see
                                           grades, else NULL */
};

/* Adds one line of JSON: keys sorted at every level, no blanks, numbers in
 * their shortest form, digests in hex, absent parts null. `options`, `probe`
 * and `text_rule` are taken as JSON where they parse as an object, else as a
 * string; `options` must (RKB_E_DATA). */
enum rkb_status rkb_manifest_json(const struct rkb_manifest *m,
                                  struct rkb_buf *out, struct rkb_err *err)
    RKB_MUST_CHECK;
struct rkb_digest rkb_manifest_key(rkb_sv json);

/* Adds what of an identity is the system itself: all but the data (candidates,
 * queries, texts, judgments), the seed and the repeat. Two repeats of one
 * system have the same bytes here. RKB_E_DATA when it is no JSON object. */
enum rkb_status rkb_manifest_system(rkb_sv json, struct rkb_buf *out,
                                    struct rkb_err *err) RKB_MUST_CHECK;

/* Adds in words how two identities differ, in key order:
 * "options.k1: 0.9 -> 1.2; seed: 0 -> 1". Nothing when they are equal. */
enum rkb_status rkb_manifest_diff(rkb_sv a, rkb_sv b, struct rkb_buf *out,
                                  struct rkb_err *err) RKB_MUST_CHECK;

#endif
