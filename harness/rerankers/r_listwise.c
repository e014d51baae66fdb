/* SPDX-License-Identifier: Apache-2.0 */
/* Listwise reranking by a sliding window: a model names the order of a window's
 * passages, from the bottom of the list to its top (METHODS.md 2). With a
 * window as large as the list it is full ranking. */
#include "harness/llm/permutation.h"
#include "harness/rerankers/windowed.h"

struct listwise {
    struct rkb_llm llm;
    struct rkb_windowed windows;
    struct rkb_permutation_rule rule;
    int64_t thinking_tokens, max_tokens;
};

static void close_listwise(void *self)
{
    struct listwise *l = self;

    rkb_llm_close(&l->llm);
}

static bool has_letters(const struct rkb_optset *o)
{
    return rkb_optset_get(o, "identifiers")->integer == 1;
}

static enum rkb_status open_listwise(const struct rkb_env *env, void **self,
                                     struct rkb_err *err)
{
    const struct rkb_optset *o = env->options;
    struct listwise *l = rkb_arena_new(env->arena, 1, sizeof *l);
    const struct rkb_server_env server = rkb_llm_env(env);
    enum rkb_status rc = rkb_llm_open(
        &l->llm, &server, 1u << RKB_FORM_LIST | 1u << RKB_FORM_TURNS, err);

    if (rc)
        return rc;
    rkb_windowed_read(&l->windows, o);
    l->thinking_tokens = rkb_optset_int(o, "thinking-tokens");
    l->max_tokens = rkb_optset_int(o, "max-tokens");
    l->rule = (struct rkb_permutation_rule){
        .parser = (enum rkb_parser)rkb_optset_get(o, "parser")->integer,
        .tag = (enum rkb_answer_tag)rkb_optset_get(o, "answer-tag")->integer,
        .letters = has_letters(o),
        .validation = rkb_template_validation(l->llm.template),
        .extraction = rkb_template_extraction(l->llm.template),
    };
    *self = l;
    return RKB_OK;
}

static enum rkb_status check(const struct rkb_optset *o, unsigned *traits,
                             struct rkb_err *err)
{
    (void)traits;
    return rkb_windowed_check(o, has_letters(o), err);
}

static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    struct listwise *l = self;
    const struct rkb_llm_needs needs = { .method = "listwise" };

    return rkb_llm_look(&l->llm, &needs, identity, conditions, err);
}

static int64_t most_tokens(const struct listwise *l, struct rkb_arena *a,
                           size_t n)
{
    if (l->max_tokens)
        return l->max_tokens;
    /* Byte-level vocabularies have a token for every byte at worst, and what a
     * model takes for an answer that it makes up is no text as others. */
    return (int64_t)rkb_permutation_text(a, n, l->rule.letters).len +
           l->thinking_tokens;
}

static enum rkb_status rank_window(void *self, struct rkb_branch *b,
                                   const struct rkb_request *request,
                                   const uint32_t *docs, size_t n,
                                   size_t first_rank, uint32_t *places,
                                   struct rkb_tally *tally, struct rkb_err *err)
{
    struct listwise *l = self;
    const struct rkb_llm_prompt prompt = {
        .query = request->query,
        .docs = rkb_llm_docs(b->arena, request, docs, n),
        .ids = rkb_identifiers(b->arena, n, l->rule.letters),
        .n_docs = n,
    };
    enum rkb_answer_class class;
    struct rkb_answer answer;
    struct rkb_ask ask;
    enum rkb_status rc;

    rkb_server_ask(l->llm.server, b, RKB_ASK_CHAT, &ask);
    ask.max_tokens = (int32_t)most_tokens(l, b->arena, n);
    ask.first_rank = first_rank;
    ask.last_rank = first_rank + n - 1;
    ask.labels = prompt.ids;
    ask.n_labels = n;
    rc = rkb_llm_send(&l->llm, b, &prompt, &ask, &answer, err);
    if (rc)
        return rc;
    class = rkb_permutation_parse(&l->rule, b->arena, &answer, n, places, NULL);
    rkb_branch_class(b, rkb_class_name(class));
    rkb_tally_add(tally, class == RKB_CLASS_OK ? NULL : rkb_class_name(class));
    return RKB_OK;
}

static enum rkb_status rerank(void *self, struct rkb_branch *b,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct listwise *l = self;
    enum rkb_status rc = rkb_windowed_rerank(&l->windows, rank_window, l, b,
                                             request, outcome, err);

    return rc ? rc : rkb_server_leftover(l->llm.server, b, err);
}

static const struct rkb_opt options[] = {
#include "harness/rerankers/window_options.def"
    { .name = "identifiers",
      .type = RKB_OPT_CHOICE,
      .fallback = "numeric",
      .choices = "numeric|alphabetic",
      .help = "[1] or [A]" },
    { .name = "parser",
      .type = RKB_OPT_CHOICE,
      .fallback = "lenient",
      .choices = "lenient|strict",
      .help = "lenient: every number counts, as the authors have it; strict: "
              "identifiers in brackets first" },
    { .name = "answer-tag",
      .type = RKB_OPT_CHOICE,
      .fallback = "none",
      .choices = "none|lenient|required",
      .help = "whether the order stands in <answer> tags" },
    { .name = "thinking-tokens",
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = 1e7,
      .help = "tokens added for thinking before the answer" },
    { .name = "max-tokens",
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = 1e7,
      .help = "tokens of an answer; 0 = the longest legal one and thinking" },
#define RKB_TEMPLATE "builtin:listwise"
#define RKB_TITLE "labels"
#define RKB_BRACKETS "paren"
#define RKB_WORDS "300"
#include "harness/llm/prompt_options.def"
#include "harness/llm/server_options.def"
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_listwise = {
    .name = "listwise",
    .summary = "an LLM orders a sliding window of passages, or all at once",
    .source = "Sun et al. 2023 (RankGPT), arXiv 2304.09542; Pradeep et al. "
              "2023 (RankVicuna, RankZephyr), arXiv 2309.15088, 2312.02724",
    .options = options,
    .traits = RKB_NEEDS_TEXT | RKB_NO_SCORES | RKB_ASKS_SERVERS,
    .version = 1,
    .check = check,
    .open = open_listwise,
    .probe = probe,
    .rerank = rerank,
    .close = close_listwise,
};
