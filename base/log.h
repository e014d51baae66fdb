/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for people, on stderr. Below harness/cli nothing else prints.
 * Thread-safe: one message is one write. */
#ifndef RKB_BASE_LOG_H
#define RKB_BASE_LOG_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum rkb_log_level { RKB_LOG_ERROR, RKB_LOG_WARN, RKB_LOG_INFO, RKB_LOG_DEBUG };

/* Messages above the level are dropped; RKB_LOG_INFO at start. */
void rkb_log_level(enum rkb_log_level level);
/* "rerankbench: warning: TEXT\n"; control bytes in TEXT are shown as '?'. */
void rkb_log(enum rkb_log_level level, const char *fmt, ...) RKB_PRINTF(2, 3);

/* A progress line that is redrawn in place; only on a terminal, at most ten
 * times a second (always when done == total, which also ends the line). `what`
 * is a short label; rate and time left are worked out here, since the first
 * call for this label: "dl19 bm25  12/43  3.1/s  10 s left". */
void rkb_log_progress(const char *what, uint64_t done, uint64_t total);

#endif
