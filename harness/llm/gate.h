/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call now, and where: calls at once over all base URLs of a server,
 * the least busy URL first, and none before a server's Retry-After. Of several
 * URLs one that fails is left alone for a while: it answers no call, so that it
 * would always be the least busy. */
#ifndef RKB_HARNESS_LLM_GATE_H
#define RKB_HARNESS_LLM_GATE_H

#include "base/err.h"
#include "base/stop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rkb_gate;

/* rest_ns: how long a URL that failed is left alone where there are others,
 * twice as long each time in a row, RKB_BACKOFF_MOST_NS at most. */
struct rkb_gate *rkb_gate_open(size_t n_urls, size_t in_flight,
                               int64_t rest_ns);
void rkb_gate_close(struct rkb_gate *g); /* NULL is fine */

/* Waits for a place; who came first is let in first. *url gets the index of the
 * URL to call. With equal load the URLs take turns. RKB_E_STOPPED when a stop
 * was asked for, RKB_E_IO when the deadline passed (0: none). RKB_E_REFUSED
 * when no URL wants a call within RKB_RETRY_AFTER_MOST_NS. */
enum rkb_status rkb_gate_enter(struct rkb_gate *g, const struct rkb_stop *stop,
                               int64_t deadline_ns, size_t *url,
                               struct rkb_err *err) RKB_MUST_CHECK;
size_t rkb_gate_n_waiting(struct rkb_gate *g);
/* not_before_ns: the URL gets no call until then; 0: at once. `failed`: it gave
 * no answer, for a reason that may pass. */
void rkb_gate_leave(struct rkb_gate *g, size_t url, int64_t not_before_ns,
                    bool failed);

#endif
