/* SPDX-License-Identifier: Apache-2.0 */
/* Permutation self-consistency: another reranker ranks the same candidates in
 * several shuffled orders, and one ranking is made of its answers (METHODS.md
 * 8.3). */
#include "base/rng.h"
#include "harness/rerankers/reranker.h"

#include <stdio.h>
#include <string.h>

enum aggregate { BORDA, RRF, KEMENY };

static const unsigned passed_on =
    RKB_SEES_GRADES | RKB_NEEDS_TEXT | RKB_SERIAL | RKB_WANTS_STATS;

struct consistency {
    struct rkb_reranker inner;
    size_t samples;
    enum aggregate aggregate;
    double k; /* of RRF */
};

static enum rkb_status check(const struct rkb_optset *o, unsigned *traits,
                             struct rkb_err *err)
{
    rkb_sv spec = rkb_optset_text(o, "of");
    struct rkb_reranker inner;
    enum rkb_status rc;

    if (!rkb_sv_trim(spec).len)
        return rkb_fail(err, RKB_E_USAGE,
                        "whose? set of to a reranker, as in 'listwise'");
    rc = rkb_reranker_read(&inner, spec, o->arena, err);
    if (rc)
        return rkb_wrap(err, "of");
    *traits |= inner.traits & passed_on;
    return RKB_OK;
}

static void close_consistency(void *self)
{
    struct consistency *c = self;

    rkb_reranker_close(&c->inner);
}

static enum rkb_status open_consistency(const struct rkb_env *env, void **self,
                                        struct rkb_err *err)
{
    const struct rkb_optset *o = env->options;
    struct consistency *c = rkb_arena_new(env->arena, 1, sizeof *c);

    c->samples = (size_t)rkb_optset_int(o, "samples");
    c->aggregate = (enum aggregate)rkb_optset_get(o, "aggregate")->integer;
    c->k = rkb_optset_real(o, "k");
    *self = c;
    return rkb_reranker_open(&c->inner, rkb_optset_text(o, "of"), env, err);
}

static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    const struct consistency *c = self;
    const struct rkb_reranker *r = &c->inner;
    struct rkb_buf inner = { 0 };
    enum rkb_status rc = RKB_OK;

    rkb_buf_text(identity, "{\"reranker\":");
    rkb_buf_json(identity, rkb_sv_of(r->def->name));
    rkb_buf_printf(identity, ",\"version\":%d,\"options\":", r->def->version);
    rkb_optset_json(&r->options, identity);
    if (r->def->probe)
        rc = r->def->probe(r->self, &inner, conditions, err);
    rkb_buf_text(identity, ",\"probe\":");
    rkb_buf_json(identity, rkb_buf_view(&inner));
    rkb_buf_char(identity, '}');
    rkb_buf_release(&inner);
    return rc;
}

/* ---- samples ---------------------------------------------------------------- */

struct sample {
    uint32_t *rank; /* [n_docs] from 0, by candidate */
    enum rkb_query_status status;
};

struct job {
    struct consistency *c;
    const struct rkb_request *request;
    struct sample *samples;
};

static enum rkb_status ask_shuffled(struct rkb_branch *b, size_t s, void *arg,
                                    struct rkb_err *err)
{
    struct job *job = arg;
    const struct rkb_reranker *inner = &job->c->inner;
    size_t n = job->request->n_docs;
    struct rkb_candidate *docs = rkb_arena_new(b->arena, n, sizeof *docs);
    uint32_t *from = rkb_arena_new(b->arena, n, sizeof *from);
    struct rkb_outcome outcome = {
        .order = rkb_arena_new(b->arena, n, sizeof(uint32_t)),
        .score = rkb_arena_new(b->arena, n, sizeof(double)),
        .scored = rkb_arena_new(b->arena, n, 1),
    };
    struct rkb_request shuffled = *job->request;
    struct rkb_rng rng;
    enum rkb_status rc;

    for (size_t i = 0; i < n; i++)
        from[i] = outcome.order[i] = (uint32_t)i;
    rkb_rng_init(&rng, rkb_rng_key(job->request->seed, rkb_sv_of("sample"), s));
    rkb_rng_shuffle(&rng, from, n);
    for (size_t i = 0; i < n; i++)
        docs[i] = job->request->docs[from[i]];
    shuffled.docs = docs;
    shuffled.seed = rkb_rng_next(&rng);
    rc = inner->def->rerank(inner->self, b, &shuffled, &outcome, err);
    if (!rc && outcome.status == RKB_QUERY_FAILED)
        rc = rkb_fail(err, RKB_E_DATA, "%s", outcome.why);
    if (!rc)
        rc = rkb_outcome_check(&outcome, n, b->arena, err);
    if (rc)
        return rkb_wrap(err, "sample %zu", s + 1);
    job->samples[s].status = outcome.status;
    for (size_t i = 0; i < n; i++)
        job->samples[s].rank[from[outcome.order[i]]] = (uint32_t)i;
    return RKB_OK;
}

/* ---- one ranking of many ------------------------------------------------------ */

/* Borda is n minus the mean rank, RRF the mean of 1 / (k + rank). */
static void score_all(const struct consistency *c, const struct sample *samples,
                      size_t n, struct rkb_outcome *outcome)
{
    double m = (double)c->samples;

    for (size_t d = 0; d < n; d++) {
        double sum = 0;

        for (size_t s = 0; s < c->samples; s++) {
            double rank = (double)samples[s].rank[d] + 1;

            sum += c->aggregate == RRF ? 1 / (c->k + rank) : (double)n - rank;
        }
        outcome->score[d] = sum / m;
        outcome->scored[d] = 1;
    }
    rkb_outcome_sort(outcome, n);
}

/* From Borda's order on: a candidate moves to the place where fewest samples
 * disagree, until no move is better (local Kemeny). */
static void improve(struct rkb_arena *a, const struct consistency *c,
                    const struct sample *samples, size_t n, uint32_t *order)
{
    int32_t *prefer = rkb_arena_new(a, n * n, sizeof *prefer);
    bool moved = true;

    for (size_t s = 0; s < c->samples; s++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                prefer[i * n + j] += samples[s].rank[i] < samples[s].rank[j];
    while (moved) {
        moved = false;
        for (size_t from = 0; from < n; from++) {
            uint32_t doc = order[from];
            int32_t gain = 0, best = 0;
            size_t to = from;

            for (size_t i = from; i-- > 0;) {
                gain += prefer[doc * n + order[i]] - prefer[order[i] * n + doc];
                if (gain > best) {
                    best = gain;
                    to = i;
                }
            }
            gain = 0;
            for (size_t i = from + 1; i < n; i++) {
                gain += prefer[order[i] * n + doc] - prefer[doc * n + order[i]];
                if (gain > best) {
                    best = gain;
                    to = i;
                }
            }
            if (to == from)
                continue;
            memmove(to < from ? &order[to + 1] : &order[from],
                    to < from ? &order[to] : &order[from + 1],
                    (to < from ? from - to : to - from) * sizeof *order);
            order[to] = doc;
            moved = true;
        }
    }
}

static enum rkb_status rerank(void *self, struct rkb_branch *b,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct consistency *c = self;
    size_t n = request->n_docs, n_repaired = 0;
    struct job job = {
        c, request, rkb_arena_new(b->arena, c->samples, sizeof *job.samples)
    };
    enum rkb_status rc;

    for (size_t s = 0; s < c->samples; s++)
        job.samples[s].rank = rkb_arena_new(b->arena, n, sizeof(uint32_t));
    rc = rkb_fork(b, c->samples, ask_shuffled, &job, err);
    if (rc)
        return rc;
    score_all(c, job.samples, n, outcome);
    if (c->aggregate == KEMENY) {
        improve(b->arena, c, job.samples, n, outcome->order);
        memset(outcome->scored, 0, n); /* it is an order, and no score */
    }
    for (size_t s = 0; s < c->samples; s++)
        n_repaired += job.samples[s].status == RKB_QUERY_REPAIRED;
    if (n_repaired) {
        outcome->status = RKB_QUERY_REPAIRED;
        snprintf(outcome->why, sizeof outcome->why,
                 "%zu of %zu samples were repaired", n_repaired, c->samples);
    }
    return RKB_OK;
}

static const struct rkb_opt options[] = {
    { .name = "of",
      .type = RKB_OPT_TEXT,
      .value_name = "RERANKERS",
      .help = "the reranker that is asked, as in 'listwise(server=...)'" },
    { .name = "samples",
      .type = RKB_OPT_INT,
      .fallback = "20",
      .min = 1,
      .max = 1000,
      .help = "shuffled orders" },
    { .name = "aggregate",
      .type = RKB_OPT_CHOICE,
      .fallback = "borda",
      .choices = "borda|rrf|kemeny",
      .help = "mean rank; mean of 1/(k + rank); or fewest disagreements, by "
              "local search from the mean rank" },
    { .name = "k",
      .type = RKB_OPT_REAL,
      .fallback = "60",
      .min = 0,
      .max = 1e6,
      .help = "of aggregate=rrf" },
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_consistency = {
    .name = "consistency",
    .summary = "another reranker over shuffled candidates, its rankings made "
               "into one",
    .source = "Tang et al. 2023 (permutation self-consistency), arXiv "
              "2310.07712",
    .options = options,
    .traits = RKB_ASKS_SERVERS,
    .version = 1,
    .check = check,
    .open = open_consistency,
    .probe = probe,
    .rerank = rerank,
    .close = close_consistency,
};
