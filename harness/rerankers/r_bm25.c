/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/reranker.h"
#include "harness/retrieve/bm25.h"

enum { AUTO, QUERY };

struct bm25 {
    struct rkb_bm25_params params;
    const struct rkb_bm25_stats *stats; /* NULL: of the query's candidates */
};

static enum rkb_status open_bm25(const struct rkb_env *env, void **self,
                                 struct rkb_err *err)
{
    struct bm25 *r = rkb_arena_new(env->arena, 1, sizeof(*r));

    (void)err;
    r->params.k1 = rkb_optset_real(env->options, "k1");
    r->params.b = rkb_optset_real(env->options, "b");
    r->stats =
        rkb_optset_int(env->options, "stats") == QUERY ? NULL : env->stats;
    *self = r;
    return RKB_OK;
}

/* The same spec scores otherwise with other statistics: it is another run. */
static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    const struct bm25 *r = self;

    (void)conditions;
    (void)err;
    if (!r->stats) {
        rkb_buf_text(identity, "stats=query");
        return RKB_OK;
    }
    rkb_buf_printf(identity, "stats n=%llu avgdl=",
                   (unsigned long long)rkb_bm25_n_docs(r->stats));
    rkb_buf_real(identity, rkb_bm25_avgdl(r->stats));
    rkb_buf_printf(identity, " df=%016llx",
                   (unsigned long long)rkb_bm25_fingerprint(r->stats));
    return RKB_OK;
}

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    const struct bm25 *r = self;
    size_t n = request->n_docs;
    struct rkb_bm25_text *texts =
        rkb_arena_new(branch->arena, n, sizeof(*texts));
    enum rkb_status rc;

    for (size_t i = 0; i < n; i++) {
        texts[i].title = request->docs[i].title;
        texts[i].text = request->docs[i].text;
    }
    rc = rkb_bm25_score(r->stats, r->params, request->query, texts, n,
                        outcome->score, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++)
        outcome->scored[i] = 1;
    rkb_outcome_sort(outcome, n);
    return RKB_OK;
}

static const struct rkb_opt options[] = {
    { .name = "k1",
      .type = RKB_OPT_REAL,
      .fallback = "0.9",
      .min = 0,
      .max = 1000,
      .help = "how slowly repeated words saturate" },
    { .name = "b",
      .type = RKB_OPT_REAL,
      .fallback = "0.4",
      .min = 0,
      .max = 1,
      .help = "how much long documents are held back" },
    { .name = "stats",
      .type = RKB_OPT_CHOICE,
      .fallback = "auto",
      .choices = "auto|query",
      .help = "where word counts come from; auto: the corpus, or without one "
              "all candidates of the run together; query: the query's own "
              "candidates" },
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_bm25 = {
    .name = "bm25",
    .summary = "scores title and text by BM25; word counts are the corpus's, "
               "or without one those of all candidates together",
    .source = "Robertson et al. 1994; Lucene BM25Similarity",
    .options = options,
    .traits = RKB_NEEDS_TEXT | RKB_WANTS_STATS,
    .version = 1,
    .open = open_bm25,
    .probe = probe,
    .rerank = rerank,
};
