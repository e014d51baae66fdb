/* SPDX-License-Identifier: Apache-2.0 */
/* The response cache: an SQLite file of its own. Off unless asked for. Errors
 * are never in it. The key is the digest of everything that can change an
 * answer; the caller makes it. */
#ifndef RKB_HARNESS_LLM_CACHE_H
#define RKB_HARNESS_LLM_CACHE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/io/digest.h"

#include <stdbool.h>

struct rkb_cache;

/* Made when absent. RKB_E_DATA for a file that is no such cache. */
enum rkb_status rkb_cache_open(struct rkb_cache **out, const char *path,
                               struct rkb_err *err) RKB_MUST_CHECK;
void rkb_cache_close(struct rkb_cache *c); /* NULL is fine */

/* *out in the arena; at == NULL: not there. Thread-safe, as is put. */
enum rkb_status rkb_cache_get(struct rkb_cache *c, struct rkb_arena *a,
                              const struct rkb_digest *key, rkb_sv *out,
                              struct rkb_err *err) RKB_MUST_CHECK;
/* What is there already stays: of two equal asks under way at once the first
 * answer counts. */
enum rkb_status rkb_cache_put(struct rkb_cache *c, const struct rkb_digest *key,
                              rkb_sv answer, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
