/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine is and how busy it was, for the record of a session.
 *
 * `root` stands for "/" in front of proc/ and sys/, so that a test can bring a
 * machine along; NULL: this one. What a machine does not tell (a container
 * often lacks a governor) is left out of the record. */
#ifndef RKB_HARNESS_EVAL_HOST_H
#define RKB_HARNESS_EVAL_HOST_H

#include "base/arena.h"
#include "base/buf.h"
#include "runs/store.h"

struct rkb_host {
    rkb_sv name, cpu; /* cpu may be empty */
    rkb_sv governor;  /* of its clock: "performance"; "mixed"; empty: unknown */
    size_t n_cpus;
};
void rkb_host_look(struct rkb_arena *a, const char *root, struct rkb_host *out);

/* The machine at one moment. */
struct rkb_host_moment {
    int64_t at_ns;
    double load;        /* 1-minute load average, -1: unknown              */
    double pressure;    /* percent of the last 10 s in which some process
                           waited for a processor, -1: unknown             */
    int64_t stalled_ns; /* such waiting since the machine started, -1      */
    rkb_sv gpu_clocks;  /* "1980 of 1980 MHz, ..."; empty: unknown         */
};
/* `gpu`: there is one. Asking it takes a moment. */
void rkb_host_moment(struct rkb_arena *a, const char *root, bool gpu,
                     struct rkb_host_moment *out);

/* Members of a JSON object, without its braces: what is known when a session
 * begins, and what its end adds. "loaded" is "no", or why the machine was too
 * busy for its times to be trusted:
 *   - pressure of 10 % or more when the session began; where the kernel tells
 *     none, a load average of half the processors or more;
 *   - in a session of at least a second, processes waited for a processor for
 *     10 % of the time or more. That may be the reranker's own work: what it
 *     took then depends on the processors, too.
 * Where neither is known there is no such member. */
void rkb_host_before(const struct rkb_host *host,
                     const struct rkb_host_moment *before,
                     struct rkb_buf *json);
void rkb_host_after(const struct rkb_host *host,
                    const struct rkb_host_moment *before,
                    const struct rkb_host_moment *after, struct rkb_buf *json);

/* For people: why the times of a run were taken on a loaded machine; NULL when
 * they were not, or nobody knows. */
enum rkb_status rkb_loaded_tell(struct rkb_store *store, struct rkb_arena *a,
                                int64_t run_id, const char **out,
                                struct rkb_err *err) RKB_MUST_CHECK;

/* "NVIDIA H100 80GB HBM3 x 2", as nvidia-smi names them; NULL where there is
 * none, or no nvidia-smi. Takes a moment: once a process. */
const char *rkb_host_gpu(struct rkb_arena *a);

/* For people: on which unlike machines (processor, GPU) the queries of a run
 * were timed, "2 kinds of machine: ..."; NULL where they are all alike. Such
 * latencies have no common distribution. */
enum rkb_status rkb_machines_tell(struct rkb_store *store, struct rkb_arena *a,
                                  int64_t run_id, const char **out,
                                  struct rkb_err *err) RKB_MUST_CHECK;

#endif
