/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a plan's work for several machines. Every (cell, query) belongs to
 * one of N shards, and each machine finds out by itself which are its own:
 * cells in the plan's order, queries in the order of their lists, each goes to
 * the shard that has the fewest candidates so far, the lowest number among
 * equals. So at any point two shards differ by no more candidates than one
 * query has. */
#ifndef RKB_HARNESS_EVAL_SHARD_H
#define RKB_HARNESS_EVAL_SHARD_H

#include "base/err.h"
#include "base/sv.h"

#include <stddef.h>
#include <stdint.h>

#define RKB_SHARDS 10000 /* most of them */

struct rkb_shard {
    int64_t index; /* from 1 */
    int64_t of;    /* 0: the work is not parted */
};

/* "3/8"; "auto" for the task of a Slurm job array, by SLURM_ARRAY_TASK_ID, _MIN
 * and _COUNT (and _MAX, _STEP). RKB_E_USAGE also for an array with gaps, whose
 * tasks cannot know their place. */
enum rkb_status rkb_shard_parse(rkb_sv text, struct rkb_shard *out,
                                struct rkb_err *err) RKB_MUST_CHECK;

/* Deals queries out. A zeroed struct may be released. */
struct rkb_dealer {
    struct rkb_dealt {
        uint64_t load;
        uint32_t shard;
    } * heap; /* [n] the next one to get something first */
    uint32_t n;
};

void rkb_dealer_init(struct rkb_dealer *d, int64_t n_shards);
void rkb_dealer_release(struct rkb_dealer *d);
/* The shard, from 1, that gets the next query. One without candidates counts
 * as 1, so that such queries do not all go to one shard. */
int64_t rkb_dealer_next(struct rkb_dealer *d, size_t n_candidates);

#endif
