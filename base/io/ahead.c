/* SPDX-License-Identifier: Apache-2.0 */
/* Reading ahead: a thread fills a ring of large blocks while the caller works
 * on the ones before. A compressed run is bound by decompression, so what the
 * caller does is free as long as it is faster. */
#include "base/io/stream_impl.h"
#include "base/mem.h"
#include "base/par.h"

#include <string.h>

#define N_BLOCKS 4
#define BLOCK_BYTES ((size_t)1 << 20)

struct ahead_stream {
    struct rkb_stream base;
    struct rkb_stream *inner; /* owned; used by the thread only */
    struct rkb_thread *thread;
    struct rkb_monitor *monitor; /* guards what follows */
    struct {
        char *at; /* [BLOCK_BYTES], made when first needed */
        size_t len;
    } blocks[N_BLOCKS];
    size_t n_filled, n_taken; /* blocks so far; the difference is waiting */
    bool ended, stop;
    struct rkb_err failed; /* what ended it, behind the last filled block */
    size_t next;           /* in the block being taken; the caller's own */
};

/* One whole block unless the end or an error comes first. */
static enum rkb_status fill(struct rkb_stream *in, char *at, size_t *len,
                            bool *ended, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    *len = 0;
    while (!rc && !*ended && *len < BLOCK_BYTES) {
        size_t got = 0;

        rc = rkb_stream_read(in, at + *len, BLOCK_BYTES - *len, &got, err);
        *ended = got == 0;
        *len += got;
    }
    *ended = *ended || rc;
    return rc;
}

static void work(void *arg)
{
    struct ahead_stream *s = arg;
    bool ended = false;

    while (!ended) {
        struct rkb_err err = { 0 };
        size_t slot, len;

        rkb_monitor_lock(s->monitor);
        while (s->n_filled - s->n_taken == N_BLOCKS && !s->stop)
            rkb_monitor_wait(s->monitor);
        ended = s->stop;
        slot = s->n_filled % N_BLOCKS;
        rkb_monitor_unlock(s->monitor);
        if (ended)
            break;

        if (!s->blocks[slot].at)
            s->blocks[slot].at = rkb_resize(NULL, BLOCK_BYTES, 1);
        fill(s->inner, s->blocks[slot].at, &len, &ended, &err);

        rkb_monitor_lock(s->monitor);
        s->blocks[slot].len = len;
        s->n_filled += len > 0;
        s->ended = ended;
        s->failed = err;
        rkb_monitor_signal(s->monitor);
        rkb_monitor_unlock(s->monitor);
    }
}

/* Waits for a block with bytes left; false at the end. */
static bool block_ready(struct ahead_stream *s)
{
    bool ready;

    rkb_monitor_lock(s->monitor);
    if (s->n_filled > s->n_taken &&
        s->next == s->blocks[s->n_taken % N_BLOCKS].len) {
        s->n_taken++;
        s->next = 0;
        rkb_monitor_signal(s->monitor);
    }
    while (s->n_filled == s->n_taken && !s->ended)
        rkb_monitor_wait(s->monitor);
    ready = s->n_filled > s->n_taken;
    rkb_monitor_unlock(s->monitor);
    return ready;
}

static enum rkb_status ahead_read(struct rkb_stream *base, void *to, size_t n,
                                  size_t *got, struct rkb_err *err)
{
    struct ahead_stream *s = (struct ahead_stream *)base;
    size_t slot, left;

    *got = 0;
    if (!block_ready(s)) {
        if (s->failed.code)
            *err = s->failed;
        return s->failed.code;
    }
    slot = s->n_taken % N_BLOCKS;
    left = s->blocks[slot].len - s->next;
    *got = n < left ? n : left;
    memcpy(to, s->blocks[slot].at + s->next, *got);
    s->next += *got;
    return RKB_OK;
}

static void ahead_close(struct rkb_stream *base)
{
    struct ahead_stream *s = (struct ahead_stream *)base;

    rkb_monitor_lock(s->monitor);
    s->stop = true;
    rkb_monitor_signal(s->monitor);
    rkb_monitor_unlock(s->monitor);
    rkb_thread_join(s->thread);
    rkb_monitor_free(s->monitor);
    for (size_t i = 0; i < N_BLOCKS; i++)
        rkb_free(s->blocks[i].at);
    rkb_stream_close(s->inner);
}

static const struct rkb_stream_ops ahead_ops = { .read = ahead_read,
                                                 .close = ahead_close };

void rkb_stream_ahead(struct rkb_stream **s)
{
    struct ahead_stream *out =
        rkb_stream_new(sizeof(*out), &ahead_ops, (*s)->name);

    out->inner = *s;
    out->monitor = rkb_monitor_new();
    out->thread = rkb_thread_start(work, out);
    *s = &out->base;
}
