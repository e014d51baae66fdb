/* SPDX-License-Identifier: Apache-2.0 */
/* Bi-encoders behind an embeddings endpoint: the similarity of the query's
 * vector and the document's. */
#include "harness/rerankers/llm_row.h"

#include <math.h>

enum { COSINE, DOT };

struct embedding {
    struct rkb_llm llm;
    struct rkb_text_rule text;
    size_t batch;
    int64_t similarity;
    rkb_sv query_form, doc_form; /* with {query}, {doc} */
};

static void close_embedding(void *self)
{
    struct embedding *e = self;

    rkb_llm_close(&e->llm);
}

static enum rkb_status open_embedding(const struct rkb_env *env, void **self,
                                      struct rkb_err *err)
{
    const struct rkb_optset *o = env->options;
    struct embedding *e = rkb_arena_new(env->arena, 1, sizeof *e);
    const struct rkb_server_env server = rkb_llm_env(env);
    rkb_sv instruct = rkb_optset_text(o, "instruct");
    enum rkb_status rc = rkb_llm_open(&e->llm, &server, 0, err);

    if (rc)
        return rc;
    e->text = (struct rkb_text_rule){
        .title = (enum rkb_title_rule)rkb_optset_get(o, "title")->integer,
        .max_words = (int32_t)rkb_optset_int(o, "words"),
    };
    e->batch = (size_t)rkb_optset_int(o, "batch");
    e->similarity = rkb_optset_get(o, "similarity")->integer;
    e->query_form = rkb_optset_text(o, "query-prefix");
    e->doc_form = rkb_optset_text(o, "document-prefix");
    if (instruct.len)
        e->query_form =
            rkb_sv_of(rkb_arena_printf(env->arena, "Instruct: %.*s\nQuery:",
                                       (int)instruct.len, instruct.at));
    *self = e;
    return RKB_OK;
}

static enum rkb_status check(const struct rkb_optset *o, unsigned *traits,
                             struct rkb_err *err)
{
    (void)traits;
    if (rkb_optset_get(o, "instruct")->given &&
        rkb_optset_get(o, "query-prefix")->given)
        return rkb_fail(err, RKB_E_USAGE,
                        "instruct writes the query's prefix itself");
    return RKB_OK;
}

static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    struct embedding *e = self;
    const struct rkb_llm_needs needs = { .method = "embedding",
                                         .can = RKB_CAN(RKB_ASK_EMBED) };

    return rkb_llm_look(&e->llm, &needs, identity, conditions, err);
}

struct job {
    struct embedding *e;
    size_t n;
    const float **vectors;  /* [n] the query's, then the documents' */
    size_t *dims;           /* [n] */
    struct rkb_arena *kept; /* [requests] an arena for each */
};

static void take(void *arg, size_t i, size_t first, size_t n,
                 const struct rkb_answer *answer)
{
    struct job *job = arg;
    /* The item's own memory goes with it. */
    const rkb_sv bytes = rkb_arena_copy(
        &job->kept[i], (rkb_sv){ (const char *)answer->vectors,
                                 n * answer->n_dims * sizeof(float) });

    for (size_t k = 0; k < n; k++) {
        job->vectors[first + k] =
            (const float *)(const void *)bytes.at + k * answer->n_dims;
        job->dims[first + k] = answer->n_dims;
    }
}

/* NaN where a vector is all zeros. */
static double similarity(const float *a, const float *b, size_t n, bool cosine)
{
    double dot = 0, aa = 0, bb = 0;

    for (size_t i = 0; i < n; i++) {
        dot += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return cosine ? dot / (sqrt(aa) * sqrt(bb)) : dot;
}

static enum rkb_status score_all(const struct job *job,
                                 struct rkb_outcome *outcome,
                                 struct rkb_err *err)
{
    for (size_t i = 1; i < job->n; i++) {
        double s;

        if (job->dims[i] != job->dims[0])
            return rkb_fail(err, RKB_E_DATA,
                            "vectors of %zu and of %zu dimensions",
                            job->dims[0], job->dims[i]);
        s = similarity(job->vectors[0], job->vectors[i], job->dims[0],
                       job->e->similarity == COSINE);
        if (!isfinite(s))
            return rkb_fail(err, RKB_E_DATA,
                            "the vector of candidate %zu or of the query has "
                            "no direction",
                            i);
        outcome->score[i - 1] = s;
        outcome->scored[i - 1] = 1;
    }
    return RKB_OK;
}

static const rkb_sv *texts_of(const struct embedding *e, struct rkb_branch *b,
                              const struct rkb_request *request)
{
    rkb_sv *texts = rkb_arena_new(b->arena, request->n_docs + 1, sizeof *texts);

    texts[0] = rkb_arena_join(b->arena, e->query_form, request->query);
    for (size_t i = 0; i < request->n_docs; i++) {
        bool cut = false;

        texts[i + 1] = rkb_arena_join(
            b->arena, e->doc_form,
            rkb_passage_text(b->arena, &e->text, request->docs[i].title,
                             request->docs[i].text, e->text.max_words, &cut));
        b->account->n_truncated += cut;
    }
    return texts;
}

static enum rkb_status rerank(void *self, struct rkb_branch *b,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct embedding *e = self;
    size_t n = request->n_docs + 1, n_batches;
    struct job job = { .e = e, .n = n };
    const struct rkb_ask ask = { .kind = RKB_ASK_EMBED,
                                 .docs = texts_of(e, b, request),
                                 .n_docs = n };
    const struct rkb_batches batches = { e->llm.server, &ask, e->batch, take,
                                         &job };
    enum rkb_status rc;

    if (!request->n_docs)
        return RKB_OK;
    n_batches = rkb_batches_count(&batches);
    job.vectors = rkb_arena_new(b->arena, n, sizeof *job.vectors);
    job.dims = rkb_arena_new(b->arena, n, sizeof *job.dims);
    job.kept = rkb_arena_new(b->arena, n_batches, sizeof *job.kept);
    rc = rkb_batches_ask(&batches, b, err);
    if (!rc)
        rc = score_all(&job, outcome, err);
    for (size_t i = 0; i < n_batches; i++)
        rkb_arena_release(&job.kept[i]);
    if (rc)
        return rc;
    rkb_outcome_sort(outcome, request->n_docs);
    return rkb_server_leftover(e->llm.server, b, err);
}

static const struct rkb_opt options[] = {
    { .name = "similarity",
      .type = RKB_OPT_CHOICE,
      .fallback = "cosine",
      .choices = "cosine|dot",
      .help = "of two vectors" },
    { .name = "instruct",
      .type = RKB_OPT_TEXT,
      .help = "task of the query, written as Qwen3-Embedding has it: "
              "'Instruct: TASK', a new line, 'Query:'" },
    { .name = "query-prefix",
      .type = RKB_OPT_TEXT,
      .help = "text before the query, such as 'query: '" },
    { .name = "document-prefix",
      .type = RKB_OPT_TEXT,
      .help = "text before a document, such as 'passage: '" },
    { .name = "batch",
      .type = RKB_OPT_INT,
      .fallback = "32",
      .min = 1,
      .max = 100000,
      .help = "texts of one request" },
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

const struct rkb_reranker_def rkb_reranker_embedding = {
    .name = "embedding",
    .summary = "similarity of query and document vectors from an embeddings "
               "endpoint",
    .source = "Reimers & Gurevych 2019, arXiv 1908.10084; Zhang et al. 2025 "
              "(Qwen3-Embedding), arXiv 2506.05176",
    .options = options,
    .traits = RKB_NEEDS_TEXT | RKB_ASKS_SERVERS,
    .version = 1,
    .check = check,
    .open = open_embedding,
    .probe = probe,
    .rerank = rerank,
    .close = close_embedding,
};
