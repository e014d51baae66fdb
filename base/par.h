/* SPDX-License-Identifier: Apache-2.0 */
/* The only place that makes threads. A pool runs items fork-join; the caller
 * runs items itself, so nested use cannot deadlock. */
#ifndef RKB_BASE_PAR_H
#define RKB_BASE_PAR_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rkb_pool;

/* n_threads in all, the caller counted; 0 = one per online CPU; 1 = no thread
 * is made and everything runs in the caller. Where the system refuses threads
 * the pool is smaller. Close joins the threads; nothing may still run. */
struct rkb_pool *rkb_pool_open(size_t n_threads);
void rkb_pool_close(struct rkb_pool *p);        /* NULL is fine */
size_t rkb_pool_size(const struct rkb_pool *p); /* NULL: 1 */

/* fn(arg, i, worker) for i in [0, n), each once, in any order, on any thread;
 * `worker` < rkb_pool_size names the thread that runs it, for scratch space
 * (a nested run keeps its worker). Returns when all are done. An item that
 * returns non-zero stops the start of further items; the status of the lowest
 * failing index is returned, the same one however threads are timed. An item
 * may run the same pool again. Threads outside the pool take turns, so an item
 * must not wait for one that runs this pool too. p NULL: in the caller. */
typedef enum rkb_status rkb_pool_fn(void *arg, size_t i, size_t worker);
enum rkb_status rkb_pool_run(struct rkb_pool *p, size_t n, rkb_pool_fn *fn,
                             void *arg);
/* The same on at most max_threads of them at once, the caller counted; the
 * others stay free for what the items run in their turn. 0: all. */
enum rkb_status rkb_pool_run_few(struct rkb_pool *p, size_t max_threads,
                                 size_t n, rkb_pool_fn *fn, void *arg);

/* A long-lived thread of its own (store writer, decompressor). Where the
 * system refuses one, it exits as out of memory. */
struct rkb_thread;
struct rkb_thread *rkb_thread_start(void (*fn)(void *arg), void *arg);
void rkb_thread_join(struct rkb_thread *t); /* frees it; NULL is fine */

/* Mutex and condition in one, for the few places that share state. */
struct rkb_monitor;
struct rkb_monitor *rkb_monitor_new(void);
void rkb_monitor_free(struct rkb_monitor *m); /* NULL is fine */
void rkb_monitor_lock(struct rkb_monitor *m);
void rkb_monitor_unlock(struct rkb_monitor *m);
/* Locked by the caller; may return for no reason: check in a loop. */
void rkb_monitor_wait(struct rkb_monitor *m);
void rkb_monitor_signal(struct rkb_monitor *m); /* wakes all waiters */
/* Waits at most until the monotonic time; false when it passed. Under a test's
 * clock it yields once and returns false: check the clock again. */
bool rkb_monitor_wait_until(struct rkb_monitor *m, int64_t deadline_ns);

/* A bounded queue of fixed-size items between threads. put blocks while full,
 * take while empty; after close put returns false, and take returns false
 * once the queue is drained. */
struct rkb_queue;
struct rkb_queue *rkb_queue_open(size_t capacity, size_t item_bytes);
bool rkb_queue_put(struct rkb_queue *q, const void *item);
bool rkb_queue_take(struct rkb_queue *q, void *item);
/* Without blocking; false when empty. */
bool rkb_queue_try_take(struct rkb_queue *q, void *item);
void rkb_queue_close(struct rkb_queue *q); /* no more puts */
void rkb_queue_free(struct rkb_queue *q);  /* NULL is fine */

/* CPUs this process may use: a batch system may grant fewer than there are. */
size_t rkb_cpu_count(void);

#endif
