/* SPDX-License-Identifier: Apache-2.0 */
#include "base/par.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

size_t rkb_cpu_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef CPU_COUNT
    cpu_set_t allowed;

    /* A container or a batch system may have given us only some of them. */
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
        n = CPU_COUNT(&allowed);
#endif
    return n > 0 ? (size_t)n : 1;
}

static void init_mutex(pthread_mutex_t *mutex)
{
    if (pthread_mutex_init(mutex, NULL))
        rkb_mem_exhausted(sizeof(*mutex));
}

static void init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    if (pthread_condattr_init(&attr) ||
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) ||
        pthread_cond_init(cond, &attr))
        rkb_mem_exhausted(sizeof(*cond));
    pthread_condattr_destroy(&attr);
}

/* ---- pool ---- */

/* One rkb_pool_run. Lives on its caller's stack, which is safe because the
 * caller leaves only when no helper is inside. */
struct job {
    rkb_pool_fn *fn;
    void *arg;
    size_t n, max_helpers;
    atomic_size_t next; /* the next item to claim */
    atomic_bool failed; /* no more claims */

    /* Guarded by the pool's mutex: */
    size_t n_helpers;
    size_t failed_item;
    enum rkb_status status;
    struct job *older;
};

struct worker {
    struct rkb_pool *pool;
    size_t index;
    pthread_t thread;
};

struct rkb_pool {
    size_t n_workers; /* workers[0] is the caller from outside */
    struct worker *workers;
    pthread_key_t current;   /* the struct worker of this thread, or NULL */
    pthread_mutex_t outside; /* held by the run from outside */
    pthread_mutex_t mutex;
    pthread_cond_t work; /* a job was added, or closing */
    pthread_cond_t left; /* the last helper left a job  */
    struct job *jobs;    /* newest first                */
    bool closing;
};

static bool has_items(struct job *j)
{
    return !atomic_load(&j->failed) && atomic_load(&j->next) < j->n;
}

static void note_failure(struct rkb_pool *p, struct job *j, size_t item,
                         enum rkb_status rc)
{
    pthread_mutex_lock(&p->mutex);
    if (!j->status || item < j->failed_item) {
        j->failed_item = item;
        j->status = rc;
    }
    pthread_mutex_unlock(&p->mutex);
    atomic_store(&j->failed, true);
}

/* Claims are in order and what was claimed is run, so the lowest failing item
 * is the same however the threads are timed. */
static void run_items(struct rkb_pool *p, struct job *j, size_t worker)
{
    while (has_items(j)) {
        size_t item = atomic_fetch_add(&j->next, 1);
        enum rkb_status rc;

        if (item >= j->n)
            return;
        rc = j->fn(j->arg, item, worker);
        if (rc)
            note_failure(p, j, item, rc);
    }
}

/* The newest first: its caller waits inside an item of an older one. */
static struct job *find_work(struct rkb_pool *p)
{
    struct job *j = p->jobs;

    while (j && (!has_items(j) || j->n_helpers >= j->max_helpers))
        j = j->older;
    return j;
}

static void set_current(struct rkb_pool *p, struct worker *w)
{
    if (pthread_setspecific(p->current, w))
        rkb_mem_exhausted(sizeof(w));
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct rkb_pool *p = w->pool;

    set_current(p, w);
    pthread_mutex_lock(&p->mutex);
    while (!p->closing) {
        struct job *j = find_work(p);

        if (!j) {
            pthread_cond_wait(&p->work, &p->mutex);
            continue;
        }
        j->n_helpers++;
        pthread_mutex_unlock(&p->mutex);
        run_items(p, j, w->index);
        pthread_mutex_lock(&p->mutex);
        if (--j->n_helpers == 0)
            pthread_cond_broadcast(&p->left);
    }
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

struct rkb_pool *rkb_pool_open(size_t n_threads)
{
    struct rkb_pool *p = rkb_new(1, sizeof(*p));
    size_t n = n_threads ? n_threads : rkb_cpu_count();

    p->workers = rkb_new(n, sizeof(*p->workers));
    if (pthread_key_create(&p->current, NULL))
        rkb_mem_exhausted(sizeof(*p));
    init_mutex(&p->outside);
    init_mutex(&p->mutex);
    init_cond(&p->work);
    init_cond(&p->left);
    for (size_t i = 0; i < n; i++) {
        struct worker *w = &p->workers[i];

        *w = (struct worker){ .pool = p, .index = i };
        if (i && pthread_create(&w->thread, NULL, worker_main, w))
            break;
        p->n_workers++;
    }
    return p;
}

void rkb_pool_close(struct rkb_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->mutex);
    p->closing = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->mutex);
    for (size_t i = 1; i < p->n_workers; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->left);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->mutex);
    pthread_mutex_destroy(&p->outside);
    pthread_key_delete(p->current);
    rkb_free(p->workers);
    rkb_free(p);
}

size_t rkb_pool_size(const struct rkb_pool *p)
{
    return p ? p->n_workers : 1;
}

static enum rkb_status run_alone(size_t n, rkb_pool_fn *fn, void *arg,
                                 size_t worker)
{
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < n && !rc; i++)
        rc = fn(arg, i, worker);
    return rc;
}

static enum rkb_status run_shared(struct rkb_pool *p, struct job *j,
                                  size_t worker)
{
    struct job **link;

    pthread_mutex_lock(&p->mutex);
    j->older = p->jobs;
    p->jobs = j;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->mutex);

    run_items(p, j, worker);

    pthread_mutex_lock(&p->mutex);
    for (link = &p->jobs; *link != j;)
        link = &(*link)->older;
    *link = j->older;
    while (j->n_helpers)
        pthread_cond_wait(&p->left, &p->mutex);
    pthread_mutex_unlock(&p->mutex);
    return j->status;
}

enum rkb_status rkb_pool_run(struct rkb_pool *p, size_t n, rkb_pool_fn *fn,
                             void *arg)
{
    return rkb_pool_run_few(p, 0, n, fn, arg);
}

enum rkb_status rkb_pool_run_few(struct rkb_pool *p, size_t max_threads,
                                 size_t n, rkb_pool_fn *fn, void *arg)
{
    struct job job = { .fn = fn,
                       .arg = arg,
                       .n = n,
                       .max_helpers =
                           max_threads ? max_threads - 1 : SIZE_MAX };
    struct worker *w = p ? pthread_getspecific(p->current) : NULL;
    bool from_outside = p && !w;
    enum rkb_status rc;

    if (from_outside) {
        pthread_mutex_lock(&p->outside);
        w = &p->workers[0];
        set_current(p, w);
    }
    if (rkb_pool_size(p) == 1 || n < 2)
        rc = run_alone(n, fn, arg, w ? w->index : 0);
    else
        rc = run_shared(p, &job, w->index);
    if (from_outside) {
        set_current(p, NULL);
        pthread_mutex_unlock(&p->outside);
    }
    return rc;
}

/* ---- thread ---- */

struct rkb_thread {
    pthread_t thread;
    void (*fn)(void *arg);
    void *arg;
};

static void *thread_main(void *arg)
{
    struct rkb_thread *t = arg;

    t->fn(t->arg);
    return NULL;
}

struct rkb_thread *rkb_thread_start(void (*fn)(void *arg), void *arg)
{
    struct rkb_thread *t = rkb_new(1, sizeof(*t));

    t->fn = fn;
    t->arg = arg;
    if (pthread_create(&t->thread, NULL, thread_main, t))
        rkb_mem_exhausted(sizeof(*t));
    return t;
}

void rkb_thread_join(struct rkb_thread *t)
{
    if (!t)
        return;
    pthread_join(t->thread, NULL);
    rkb_free(t);
}

/* ---- monitor ---- */

struct rkb_monitor {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
};

struct rkb_monitor *rkb_monitor_new(void)
{
    struct rkb_monitor *m = rkb_new(1, sizeof(*m));

    init_mutex(&m->mutex);
    init_cond(&m->cond);
    return m;
}

void rkb_monitor_free(struct rkb_monitor *m)
{
    if (!m)
        return;
    pthread_cond_destroy(&m->cond);
    pthread_mutex_destroy(&m->mutex);
    rkb_free(m);
}

void rkb_monitor_lock(struct rkb_monitor *m)
{
    pthread_mutex_lock(&m->mutex);
}

void rkb_monitor_unlock(struct rkb_monitor *m)
{
    pthread_mutex_unlock(&m->mutex);
}

void rkb_monitor_wait(struct rkb_monitor *m)
{
    pthread_cond_wait(&m->cond, &m->mutex);
}

void rkb_monitor_signal(struct rkb_monitor *m)
{
    pthread_cond_broadcast(&m->cond);
}

bool rkb_monitor_wait_until(struct rkb_monitor *m, int64_t deadline_ns)
{
    bool waits = rkb_clock_is_real() && deadline_ns > 0;
    int64_t at_ns = waits ? deadline_ns : 0;
    struct timespec at = {
        .tv_sec = (time_t)(at_ns / 1000000000),
        .tv_nsec = (long)(at_ns % 1000000000),
    };

    return pthread_cond_timedwait(&m->cond, &m->mutex, &at) == 0;
}

/* ---- queue ---- */

struct rkb_queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_full, not_empty;
    size_t capacity, item_bytes, first, n;
    bool closed;
    char *items;
};

struct rkb_queue *rkb_queue_open(size_t capacity, size_t item_bytes)
{
    struct rkb_queue *q = rkb_new(1, sizeof(*q));

    assert(capacity >= 1);
    q->capacity = capacity;
    q->item_bytes = item_bytes;
    q->items = rkb_new(capacity, item_bytes);
    init_mutex(&q->mutex);
    init_cond(&q->not_full);
    init_cond(&q->not_empty);
    return q;
}

bool rkb_queue_put(struct rkb_queue *q, const void *item)
{
    bool open;

    pthread_mutex_lock(&q->mutex);
    while (q->n == q->capacity && !q->closed)
        pthread_cond_wait(&q->not_full, &q->mutex);
    open = !q->closed;
    if (open) {
        size_t at = (q->first + q->n) % q->capacity;

        memcpy(q->items + at * q->item_bytes, item, q->item_bytes);
        q->n++;
        pthread_cond_signal(&q->not_empty);
    }
    pthread_mutex_unlock(&q->mutex);
    return open;
}

static bool take(struct rkb_queue *q, void *item, bool may_wait)
{
    bool found;

    pthread_mutex_lock(&q->mutex);
    while (q->n == 0 && !q->closed && may_wait)
        pthread_cond_wait(&q->not_empty, &q->mutex);
    found = q->n > 0;
    if (found) {
        memcpy(item, q->items + q->first * q->item_bytes, q->item_bytes);
        q->first = (q->first + 1) % q->capacity;
        q->n--;
        pthread_cond_signal(&q->not_full);
    }
    pthread_mutex_unlock(&q->mutex);
    return found;
}

bool rkb_queue_take(struct rkb_queue *q, void *item)
{
    return take(q, item, true);
}

bool rkb_queue_try_take(struct rkb_queue *q, void *item)
{
    return take(q, item, false);
}

void rkb_queue_close(struct rkb_queue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->closed = true;
    pthread_cond_broadcast(&q->not_full);
    pthread_cond_broadcast(&q->not_empty);
    pthread_mutex_unlock(&q->mutex);
}

void rkb_queue_free(struct rkb_queue *q)
{
    if (!q)
        return;
    pthread_cond_destroy(&q->not_empty);
    pthread_cond_destroy(&q->not_full);
    pthread_mutex_destroy(&q->mutex);
    rkb_free(q->items);
    rkb_free(q);
}
