/* SPDX-License-Identifier: Apache-2.0 */
/* Cross-encoders and hosted rerankers behind a rerank endpoint: many documents
 * in one request, a score each (METHODS.md 6.5, 11.8). */
#include "harness/rerankers/llm_row.h"

#include <stdio.h>
#include <string.h>

struct rerank_api {
    struct rkb_llm llm;
    struct rkb_text_rule text;
    size_t batch;
    bool raw;
    rkb_sv instruct;
};

static void close_api(void *self)
{
    struct rerank_api *r = self;

    rkb_llm_close(&r->llm);
}

static enum rkb_status open_api(const struct rkb_env *env, void **self,
                                struct rkb_err *err)
{
    const struct rkb_optset *o = env->options;
    struct rerank_api *r = rkb_arena_new(env->arena, 1, sizeof *r);
    const struct rkb_server_env server = rkb_llm_env(env);
    enum rkb_status rc = rkb_llm_open(&r->llm, &server, 0, err);

    if (rc)
        return rc;
    const struct rkb_dialect_def *d = rkb_server_dialect(r->llm.server);

    r->text = (struct rkb_text_rule){
        .title = (enum rkb_title_rule)rkb_optset_get(o, "title")->integer,
        .max_words = (int32_t)rkb_optset_int(o, "words"),
    };
    r->batch = (size_t)rkb_optset_int(o, "batch");
    if (!r->batch)
        r->batch = d->max_docs ? d->max_docs : SIZE_MAX;
    r->raw = rkb_optset_flag(o, "raw-scores");
    r->instruct = rkb_optset_text(o, "instruct");
    if (r->raw && !rkb_server_can(r->llm.server, RKB_CAN_BE_RAW))
        rc = rkb_fail(err, RKB_E_USAGE,
                      "dialect '%s' has no raw scores to ask for", d->name);
    else if (r->instruct.len &&
             !rkb_server_can(r->llm.server, RKB_CAN_INSTRUCT))
        rc = rkb_fail(err, RKB_E_USAGE,
                      "dialect '%s' takes no instruction apart from the query",
                      d->name);
    if (rc)
        close_api(r);
    else
        *self = r;
    return rc;
}

static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    struct rerank_api *r = self;
    const struct rkb_llm_needs needs = { .method = "rerank-api",
                                         .can = RKB_CAN(RKB_ASK_RERANK) };

    return rkb_llm_look(&r->llm, &needs, identity, conditions, err);
}

static void take(void *arg, size_t i, size_t first, size_t n,
                 const struct rkb_answer *answer)
{
    struct rkb_outcome *outcome = arg;

    (void)i;
    memcpy(outcome->score + first, answer->scores, n * sizeof *answer->scores);
    memcpy(outcome->scored + first, answer->scored, n);
}

static const rkb_sv *texts_of(const struct rerank_api *r, struct rkb_branch *b,
                              const struct rkb_request *request)
{
    rkb_sv *texts = rkb_arena_new(b->arena, request->n_docs, sizeof *texts);

    for (size_t i = 0; i < request->n_docs; i++) {
        bool cut = false;

        texts[i] =
            rkb_passage_text(b->arena, &r->text, request->docs[i].title,
                             request->docs[i].text, r->text.max_words, &cut);
        b->account->n_truncated += cut;
    }
    return texts;
}

static enum rkb_status rerank(void *self, struct rkb_branch *b,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct rerank_api *r = self;
    size_t n = request->n_docs, n_unscored = 0;
    const struct rkb_ask ask = { .kind = RKB_ASK_RERANK,
                                 .query = request->query,
                                 .docs = texts_of(r, b, request),
                                 .n_docs = n,
                                 .raw_scores = r->raw,
                                 .instruct = r->instruct };
    const struct rkb_batches batches = { r->llm.server, &ask, r->batch, take,
                                         outcome };
    enum rkb_status rc;

    if (!n)
        return RKB_OK;
    rc = rkb_batches_ask(&batches, b, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++)
        n_unscored += !outcome->scored[i];
    rkb_outcome_sort(outcome, n);
    if (n_unscored) {
        outcome->status = RKB_QUERY_REPAIRED;
        snprintf(outcome->why, sizeof outcome->why,
                 "the server scored %zu of %zu documents; the others follow in "
                 "first-stage order",
                 n - n_unscored, n);
    }
    return rkb_server_leftover(r->llm.server, b, err);
}

static const struct rkb_opt options[] = {
    { .name = "batch",
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = 100000,
      .help = "documents of one request; 0 = as many as the dialect's servers "
              "take" },
    { .name = "raw-scores",
      .type = RKB_OPT_FLAG,
      .help = "logits instead of probabilities: they do not saturate into "
              "ties" },
    { .name = "instruct",
      .type = RKB_OPT_TEXT,
      .help = "instruction, where the server takes one" },
    { .name = "title",
      .type = RKB_OPT_CHOICE,
      .fallback = "space",
      .choices = "labels|dot|space",
      .help = "a document's title: 'Title: T Content: B', 'T. B' or 'T B'" },
    { .name = "words",
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = 1e6,
      .help = "words of a document, the rest is cut; 0 = all" },
#include "harness/llm/server_options.def"
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_rerank_api = {
    .name = "rerank-api",
    .summary = "a cross-encoder or hosted reranker behind a rerank endpoint",
    .source = "Nogueira & Cho 2019, arXiv 1901.04085; docs/servers.md",
    .options = options,
    .traits = RKB_NEEDS_TEXT | RKB_ASKS_SERVERS,
    .version = 1,
    .open = open_api,
    .probe = probe,
    .rerank = rerank,
    .close = close_api,
};
