/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine is, for the record of a session. */
#ifndef RKB_HARNESS_EVAL_HOST_H
#define RKB_HARNESS_EVAL_HOST_H

#include "base/arena.h"
#include "runs/store.h"

struct rkb_host {
    rkb_sv name, cpu; /* cpu may be empty */
    double load;      /* 1-minute load average, -1 = unknown */
};
void rkb_host_look(struct rkb_arena *a, struct rkb_host *out);

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
