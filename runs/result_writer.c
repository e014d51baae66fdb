/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/result_writer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/par.h"
#include "runs/result_insert.h"
#include "runs/store_impl.h"
#include "runs/store_json.h"

#include <assert.h>
#include <string.h>

#define QUEUE_ITEMS 256 /* results that wait at most             */
#define GROUP_ITEMS 256 /* of them written in one transaction    */
#define BEGIN_TRIES 6   /* of 10 s each, while others are writing */

struct rkb_result_writer {
    struct rkb_db *db; /* the thread's own */
    struct rkb_queue *queue;
    struct rkb_thread *thread;
    struct rkb_monitor *monitor; /* of what follows */
    uint64_t n_appended, n_done; /* done: written or given up */
    uint64_t n_committed;
    int64_t spent_ns;
    struct rkb_err failed; /* the first error, code 0 = none */
};

static void item_free(struct rkb_result_item *item)
{
    struct rkb_arena arena = item->arena; /* which holds the item */

    rkb_arena_release(&arena);
}

static enum rkb_status write_group(struct rkb_db *db,
                                   struct rkb_result_item *const *items,
                                   size_t n, struct rkb_err *err)
{
    enum rkb_status rc = rkb_db_begin(db, err);

    for (int tries = 1; rc && tries < BEGIN_TRIES; tries++)
        rc = rkb_db_begin(db, err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = rkb_result_insert(db, items[i], err);
    if (!rc)
        rc = rkb_db_commit(db, err);
    if (rc)
        rkb_db_rollback(db);
    return rc;
}

static void write_items(struct rkb_result_writer *w,
                        struct rkb_result_item *const *items, size_t n)
{
    struct rkb_err err = { 0 };
    int64_t start = rkb_clock_now();
    enum rkb_status rc;

    /* Only this thread sets it, so it can be read without the lock. */
    rc = w->failed.code ? w->failed.code : write_group(w->db, items, n, &err);
    rkb_monitor_lock(w->monitor);
    if (rc && !w->failed.code)
        w->failed = err;
    if (!rc) {
        w->n_committed += n;
        w->spent_ns += rkb_clock_now() - start;
    }
    w->n_done += n;
    rkb_monitor_signal(w->monitor);
    rkb_monitor_unlock(w->monitor);
    for (size_t i = 0; i < n; i++)
        item_free(items[i]);
}

static void write_all(void *arg)
{
    struct rkb_result_writer *w = arg;
    struct rkb_result_item *items[GROUP_ITEMS];

    while (rkb_queue_take(w->queue, &items[0])) {
        size_t n = 1;

        while (n < GROUP_ITEMS && rkb_queue_try_take(w->queue, &items[n]))
            n++;
        write_items(w, items, n);
    }
}

enum rkb_status rkb_result_writer_open(struct rkb_result_writer **out,
                                       const struct rkb_store *s,
                                       struct rkb_err *err)
{
    struct rkb_result_writer *w = rkb_new(1, sizeof(*w));
    enum rkb_status rc;

    assert(s->writable);
    *out = NULL;
    rc = rkb_store_connect(s, &w->db, err);
    if (rc) {
        rkb_result_writer_close(w);
        return rc;
    }
    w->monitor = rkb_monitor_new();
    w->queue = rkb_queue_open(QUEUE_ITEMS, sizeof(struct rkb_result_item *));
    w->thread = rkb_thread_start(write_all, w);
    *out = w;
    return RKB_OK;
}

void rkb_result_writer_close(struct rkb_result_writer *w)
{
    if (!w)
        return;
    if (w->queue)
        rkb_queue_close(w->queue);
    rkb_thread_join(w->thread);
    rkb_queue_free(w->queue);
    rkb_monitor_free(w->monitor);
    rkb_db_close(w->db);
    rkb_free(w);
}

/* The caller's thread does the formatting: lanes are many, the writer one. */
static enum rkb_status encode_lists(struct rkb_result_item *item,
                                    const struct rkb_result *r,
                                    struct rkb_err *err)
{
    struct rkb_buf text = { 0 };
    enum rkb_status rc;

    rc = rkb_order_write(r->order, r->n_docs, &text, err);
    if (!rc && text.len)
        item->perm = rkb_arena_copy(&item->arena, rkb_buf_view(&text));
    rkb_buf_reset(&text);
    if (!rc)
        rc = rkb_scores_write(r->score, r->scored, r->n_docs, &text, err);
    if (!rc && text.len)
        item->score = rkb_arena_copy(&item->arena, rkb_buf_view(&text));
    rkb_buf_release(&text);
    return rc;
}

static rkb_sv keep(struct rkb_arena *a, rkb_sv text)
{
    return text.at ? rkb_arena_copy(a, text) : text;
}

static void copy_calls(struct rkb_result_item *item, const struct rkb_result *r)
{
    struct rkb_result_call *calls =
        rkb_arena_new(&item->arena, r->n_calls_kept, sizeof(*calls));

    for (size_t i = 0; i < r->n_calls_kept; i++) {
        struct rkb_result_call *c = &calls[i];

        *c = r->calls[i];
        c->path = keep(&item->arena, c->path);
        c->class_name = keep(&item->arena, c->class_name);
        c->answer = keep(&item->arena, c->answer);
        if (c->request_sha) {
            struct rkb_digest *sha =
                rkb_arena_new(&item->arena, 1, sizeof(*sha));

            *sha = *c->request_sha;
            c->request_sha = sha;
        }
    }
    item->r.calls = calls;
}

static enum rkb_status item_new(struct rkb_result_item **out,
                                const struct rkb_result *r, struct rkb_err *err)
{
    struct rkb_arena arena = { 0 };
    struct rkb_result_item *item = rkb_arena_new(&arena, 1, sizeof(*item));
    enum rkb_status rc = RKB_OK;

    item->arena = arena;
    item->r = *r;
    item->r.why = keep(&item->arena, r->why);
    item->r.classes = keep(&item->arena, r->classes);
    item->has_order = r->order != NULL;
    if (item->has_order == (r->status == RKB_RESULT_FAILED))
        rc = rkb_fail(err, RKB_E_DATA, "a result with status %s %s an order",
                      rkb_result_status_name(r->status),
                      item->has_order ? "has" : "lacks");
    if (!rc && item->has_order)
        rc = encode_lists(item, r, err);
    if (rc) {
        item_free(item);
        return rkb_wrap(err, "query %lld of run %lld", (long long)r->ord,
                        (long long)r->run_id);
    }
    copy_calls(item, r);
    item->r.order = NULL; /* the caller's; the text is kept instead */
    item->r.score = NULL;
    item->r.scored = NULL;
    *out = item;
    return RKB_OK;
}

enum rkb_status rkb_result_writer_append(struct rkb_result_writer *w,
                                         const struct rkb_result *r,
                                         struct rkb_err *err)
{
    struct rkb_result_item *item;
    bool open;
    enum rkb_status rc = item_new(&item, r, err);

    if (rc)
        return rc;
    rkb_monitor_lock(w->monitor);
    rc = w->failed.code;
    if (rc)
        *err = w->failed;
    else
        w->n_appended++;
    rkb_monitor_unlock(w->monitor);
    if (rc) {
        item_free(item);
        return rc;
    }
    open = rkb_queue_put(w->queue, &item);
    assert(open); /* nobody appends once close was called */
    return RKB_OK;
}

/* The queue keeps its order and every item is counted before it is put, so
 * n_done reaches this n_appended only after what was put before this call. */
enum rkb_status rkb_result_writer_flush(struct rkb_result_writer *w,
                                        struct rkb_err *err)
{
    enum rkb_status rc;
    uint64_t target;

    rkb_monitor_lock(w->monitor);
    target = w->n_appended;
    while (w->n_done < target)
        rkb_monitor_wait(w->monitor);
    rc = w->failed.code;
    if (rc)
        *err = w->failed;
    rkb_monitor_unlock(w->monitor);
    return rc;
}

uint64_t rkb_result_writer_n_committed(struct rkb_result_writer *w)
{
    uint64_t n;

    rkb_monitor_lock(w->monitor);
    n = w->n_committed;
    rkb_monitor_unlock(w->monitor);
    return n;
}

int64_t rkb_result_writer_spent_ns(struct rkb_result_writer *w)
{
    int64_t ns;

    rkb_monitor_lock(w->monitor);
    ns = w->spent_ns;
    rkb_monitor_unlock(w->monitor);
    return ns;
}
