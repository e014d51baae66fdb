/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/digest.h"
#include "base/io/stream.h"
#include "base/map.h"
#include "base/mem.h"
#include "harness/rerankers/reranker.h"
#include "runs/ranking.h"
#include "runs/trec_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One query of the file. */
struct list {
    struct rkb_entry *entries; /* [n], owned, in the run's order once read */
    size_t n, cap;
};

struct run_file {
    const char *path;
    struct rkb_arena docids;
    struct rkb_map qids;
    struct list *lists; /* [qids.n] */
    size_t lists_cap;
    struct rkb_monitor *monitor; /* of all of this, while it is read */
};

static void close_run_file(void *self)
{
    struct run_file *r = self;

    for (size_t i = 0; i < r->qids.n; i++)
        rkb_free(r->lists[i].entries);
    rkb_free(r->lists);
    rkb_map_release(&r->qids);
    rkb_arena_release(&r->docids);
    rkb_monitor_free(r->monitor);
    rkb_free(r);
}

/* ---- reading ----------------------------------------------------------- */

static struct list *list_of(struct run_file *r, rkb_sv qid)
{
    bool is_new;
    uint32_t q = rkb_map_add(&r->qids, qid, &is_new);

    if (is_new) {
        r->lists =
            rkb_grow(r->lists, &r->lists_cap, r->qids.n, sizeof(*r->lists));
        r->lists[q] = (struct list){ 0 };
    }
    return &r->lists[q];
}

/* A query may come in several blocks; the order of their arrival does not
 * matter, because the whole is put in order at the end. */
static enum rkb_status on_block(void *ctx, const struct rkb_run_block *block,
                                size_t worker, struct rkb_err *err)
{
    struct run_file *r = ctx;
    struct list *list;

    (void)worker;
    (void)err;
    rkb_monitor_lock(r->monitor);
    list = list_of(r, block->qid);
    list->entries = rkb_grow(list->entries, &list->cap, list->n + block->n,
                             sizeof(*list->entries));
    for (size_t i = 0; i < block->n; i++)
        list->entries[list->n++] = (struct rkb_entry){
            .docid = rkb_arena_copy(&r->docids, block->entries[i].docid),
            .score = block->entries[i].score,
        };
    rkb_monitor_unlock(r->monitor);
    return RKB_OK;
}

static void put_in_order(struct run_file *r, enum rkb_compat compat)
{
    struct rkb_ranker ranker = { 0 };

    for (size_t q = 0; q < r->qids.n; q++) {
        struct list *list = &r->lists[q];
        const uint32_t *order =
            rkb_rank(&ranker, list->entries, list->n, compat);
        struct rkb_entry *ordered;

        if (!order)
            continue;
        ordered = rkb_new(list->n, sizeof(*ordered));
        for (size_t i = 0; i < list->n; i++)
            ordered[i] = list->entries[order[i]];
        rkb_free(list->entries);
        list->entries = ordered;
    }
    rkb_ranker_release(&ranker);
}

static enum rkb_status open_run_file(const struct rkb_env *env, void **self,
                                     struct rkb_err *err)
{
    const char *path = rkb_optset_cstr(env->options, "path");
    struct rkb_run_want want = { .block = on_block };
    struct run_file *r;
    enum rkb_status rc;

    if (!path || strcmp(path, "-") == 0)
        return rkb_fail(err, RKB_E_USAGE, "path must name a run file");
    r = rkb_new(1, sizeof(*r));
    r->path = path;
    r->monitor = rkb_monitor_new();
    want.ctx = r;
    rc = rkb_run_read(path, env->pool, &want, env->arena, NULL, err);
    if (rc) {
        close_run_file(r);
        return rc;
    }
    put_in_order(r, env->compat ? env->compat : RKB_COMPAT_9);
    *self = r;
    return RKB_OK;
}

/* Of the decoded text, so that compressing a file changes nothing. */
static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    const struct run_file *r = self;
    struct rkb_stream *in;
    struct rkb_hasher *hasher;
    struct rkb_digest digest;
    size_t got = 1, size = 64 << 10;
    enum rkb_status rc;
    char hex[65], *buf;

    (void)conditions;
    rc = rkb_stream_open(&in, r->path, err);
    if (rc)
        return rc;
    hasher = rkb_hasher_new();
    buf = rkb_new(size, 1);
    while (!rc && got > 0) {
        rc = rkb_stream_read(in, buf, size, &got, err);
        if (!rc)
            rkb_hasher_add(hasher, buf, got);
    }
    digest = rkb_hasher_done(hasher);
    rkb_free(buf);
    rkb_stream_close(in);
    rkb_digest_hex(&digest, hex);
    if (!rc)
        rkb_buf_printf(identity, "sha256=%s", hex);
    return rc;
}

/* ---- answering --------------------------------------------------------- */

/* Where each candidate stands in the request. */
static enum rkb_status index_candidates(const struct rkb_request *request,
                                        struct rkb_map *places,
                                        struct rkb_err *err)
{
    for (size_t i = 0; i < request->n_docs; i++) {
        rkb_sv docid = request->docs[i].docid;
        bool is_new;

        rkb_map_add(places, docid, &is_new);
        if (!is_new)
            return rkb_fail(err, RKB_E_DATA,
                            "document '%.*s' is a candidate twice",
                            (int)docid.len, docid.at);
    }
    return RKB_OK;
}

static enum rkb_status follow(const struct list *list,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, uint8_t *placed,
                              size_t *n_placed, struct rkb_err *err)
{
    struct rkb_map places = { 0 };
    enum rkb_status rc = index_candidates(request, &places, err);

    for (size_t i = 0; i < list->n && !rc; i++) {
        const struct rkb_entry *e = &list->entries[i];
        uint32_t doc = rkb_map_find(&places, e->docid);

        if (doc == RKB_MAP_NONE)
            continue;
        if (placed[doc]) {
            rc =
                rkb_fail(err, RKB_E_DATA, "the run ranks document '%.*s' twice",
                         (int)e->docid.len, e->docid.at);
            break;
        }
        placed[doc] = 1;
        outcome->order[(*n_placed)++] = doc;
        if (isfinite(e->score)) {
            outcome->score[doc] = e->score;
            outcome->scored[doc] = 1;
        }
    }
    rkb_map_release(&places);
    return rc;
}

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    const struct run_file *r = self;
    size_t n = request->n_docs, n_placed = 0, n_missing, n_other;
    uint8_t *placed = rkb_arena_new(branch->arena, n, 1);
    uint32_t q = rkb_map_find(&r->qids, request->qid);
    enum rkb_status rc;

    if (q == RKB_MAP_NONE) {
        outcome->status = RKB_QUERY_FAILED;
        snprintf(outcome->why, sizeof(outcome->why),
                 "the run has no such query");
        return RKB_OK;
    }
    rc = follow(&r->lists[q], request, outcome, placed, &n_placed, err);
    if (rc)
        return rc;
    n_missing = n - n_placed;
    n_other = r->lists[q].n - n_placed;
    for (size_t i = 0; i < n; i++) {
        if (!placed[i])
            outcome->order[n_placed++] = (uint32_t)i;
    }
    if (n_missing)
        outcome->status = RKB_QUERY_REPAIRED;
    if (n_missing || n_other)
        snprintf(outcome->why, sizeof(outcome->why),
                 "%zu of %zu candidates not in the run, "
                 "%zu of its documents no candidates",
                 n_missing, n, n_other);
    return RKB_OK;
}

static const struct rkb_opt options[] = {
    { .name = "path",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .aside = true,
      .help = "TREC run, plain or compressed; ordered as the evaluator does" },
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_run_file = {
    .name = "run-file",
    .summary = "answers from an existing TREC run; candidates it lacks follow "
               "in their order",
    .source = "trec_eval's order of a run: score, then docid, descending",
    .options = options,
    .version = 1,
    .open = open_run_file,
    .probe = probe,
    .rerank = rerank,
    .close = close_run_file,
};
