/* SPDX-License-Identifier: Apache-2.0 */
/* Pairwise ranking prompting: which of two passages is the better one, asked in
 * both orders (METHODS.md 7). All pairs, a heap, or passes of neighbours. */
#include "harness/llm/labels.h"
#include "harness/llm/permutation.h"
#include "harness/rerankers/heap.h"
#include "harness/rerankers/llm_row.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum algorithm { ALLPAIR, HEAPSORT, SLIDING, DUO };
enum mode { GENERATE, LOGPROB };

struct pairwise {
    struct rkb_llm llm;
    enum algorithm algorithm;
    enum mode mode;
    bool soft; /* all pairs: probabilities are added, not wins */
    bool constrain;
    size_t k;
    rkb_sv labels[2]; /* of the first and the second passage */
    rkb_sv prefill;
    int32_t n_alts, max_tokens;
};

static void close_pairwise(void *self)
{
    struct pairwise *p = self;

    rkb_llm_close(&p->llm);
}

static enum rkb_status open_pairwise(const struct rkb_env *env, void **self,
                                     struct rkb_err *err)
{
    const struct rkb_optset *o = env->options;
    struct pairwise *p = rkb_arena_new(env->arena, 1, sizeof *p);
    const struct rkb_server_env server = rkb_llm_env(env);
    enum rkb_status rc =
        rkb_llm_open(&p->llm, &server, 1u << RKB_FORM_PAIR, err);

    if (rc)
        return rc;
    p->algorithm = (enum algorithm)rkb_optset_get(o, "algorithm")->integer;
    p->mode = (enum mode)rkb_optset_get(o, "mode")->integer;
    p->soft = rkb_optset_flag(o, "soft");
    p->constrain = rkb_optset_flag(o, "constrain");
    p->k = (size_t)rkb_optset_int(o, "k");
    p->labels[0] = rkb_optset_text(o, "first-label");
    p->labels[1] = rkb_optset_text(o, "second-label");
    p->prefill = rkb_optset_text(o, "prefill");
    p->max_tokens = (int32_t)rkb_optset_int(o, "max-tokens");
    p->n_alts =
        p->mode == LOGPROB ? rkb_server_dialect(p->llm.server)->max_alts : 0;
    *self = p;
    return RKB_OK;
}

static enum rkb_status check(const struct rkb_optset *o, unsigned *traits,
                             struct rkb_err *err)
{
    int64_t algorithm = rkb_optset_get(o, "algorithm")->integer;
    bool logprob = rkb_optset_get(o, "mode")->integer == LOGPROB;

    (void)traits;
    if (algorithm == DUO && !logprob)
        return rkb_fail(err, RKB_E_USAGE,
                        "algorithm=duo adds probabilities: set mode=logprob");
    if (rkb_optset_flag(o, "soft") && (algorithm != ALLPAIR || !logprob))
        return rkb_fail(err, RKB_E_USAGE,
                        "soft is for algorithm=allpair with mode=logprob");
    if (rkb_optset_flag(o, "constrain") && logprob)
        return rkb_fail(err, RKB_E_USAGE,
                        "constrain is for a label that is generated");
    return RKB_OK;
}

static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    struct pairwise *p = self;
    const struct rkb_llm_needs needs = {
        .method = "pairwise",
        .can = (p->prefill.len && rkb_llm_kind(&p->llm) == RKB_ASK_CHAT
                    ? (unsigned)RKB_CAN_PREFILL
                    : 0) |
               (p->constrain ? (unsigned)RKB_CAN_CHOICES : 0),
        .n_alts = p->n_alts,
        .fewest_alts = p->n_alts ? 2 : 0,
    };

    return rkb_llm_look(&p->llm, &needs, identity, conditions, err);
}

/* ---- one call ----------------------------------------------------------------- */

/* What a call says of its first passage: 1 better, 0 worse, -1 nothing that
 * could be read; with logprobs the probability that it is better. */
struct said {
    int first_wins;
    double p_first;
    const char *bad;
};

static void read_text(const struct pairwise *p, const struct rkb_answer *answer,
                      struct said *out)
{
    rkb_sv text = rkb_answer_part(RKB_TAG_NONE, answer->text);
    size_t named = rkb_named_identifier(text, p->labels, 2);

    out->first_wins = named == 2 ? -1 : named == 0;
    if (named == 2)
        out->bad = answer->finish == RKB_FINISH_REFUSED ? "refused"
                   : !text.len                          ? "empty"
                                                        : "wrong_format";
}

static void read_logprobs(const struct pairwise *p,
                          const struct rkb_answer *answer, struct said *out)
{
    const struct rkb_label labels[2] = { { &p->labels[0], 1, true },
                                         { &p->labels[1], 1, true } };
    size_t at = rkb_label_position(answer, RKB_READ_FIRST);
    double logprob[2];
    unsigned char seen[2];

    out->first_wins = -1;
    if (at == SIZE_MAX || !rkb_labels_read(&answer->tokens[at], labels, 2,
                                           RKB_COMBINE_SUM, logprob, seen)) {
        out->bad = "no_label";
        out->p_first = 0.5;
        return;
    }
    out->p_first = 1 / (1 + exp(logprob[1] - logprob[0]));
    if (logprob[0] != logprob[1])
        out->first_wins = logprob[0] > logprob[1];
    if (!seen[0] || !seen[1])
        out->bad = "one_label";
}

static enum rkb_status ask_pair(struct pairwise *p, struct rkb_branch *b,
                                const struct rkb_request *request, uint32_t i,
                                uint32_t j, struct said *out,
                                struct rkb_err *err)
{
    const uint32_t docs[2] = { i, j };
    const struct rkb_llm_prompt prompt = {
        .query = request->query,
        .docs = rkb_llm_docs(b->arena, request, docs, 2),
        .n_docs = 2,
        .prefill = p->prefill,
    };
    struct rkb_answer answer;
    struct rkb_ask ask;
    enum rkb_status rc;

    rkb_server_ask(p->llm.server, b, RKB_ASK_CHAT, &ask);
    ask.max_tokens = p->max_tokens;
    ask.n_alts = p->n_alts;
    ask.labels = p->labels;
    ask.n_labels = 2;
    if (p->constrain) {
        ask.choices = p->labels;
        ask.n_choices = 2;
    }
    rc = rkb_llm_send(&p->llm, b, &prompt, &ask, &answer, err);
    if (rc)
        return rc;
    *out = (struct said){ 0 };
    if (p->mode == LOGPROB)
        read_logprobs(p, &answer, out);
    else
        read_text(p, &answer, out);
    if (out->bad)
        rkb_branch_class(b, out->bad);
    return RKB_OK;
}

/* ---- one comparison, both orders -------------------------------------------------- */

struct duel {
    struct pairwise *p;
    const struct rkb_request *request;
    uint32_t i, j;
    struct said said[2];
};

static enum rkb_status ask_order(struct rkb_branch *item, size_t k, void *arg,
                                 struct rkb_err *err)
{
    struct duel *d = arg;

    return ask_pair(d->p, item, d->request, k ? d->j : d->i, k ? d->i : d->j,
                    &d->said[k], err);
}

/* 1: i is better in both orders, -1: j is, 0: they disagree or cannot be
 * read. */
static int verdict(const struct said said[2])
{
    if (said[0].first_wins == 1 && said[1].first_wins == 0)
        return 1;
    if (said[0].first_wins == 0 && said[1].first_wins == 1)
        return -1;
    return 0;
}

struct sorter {
    struct pairwise *p;
    struct rkb_branch *b;
    const struct rkb_request *request;
    uint32_t *order;
    struct rkb_tally tally;
    struct rkb_err *err;
    enum rkb_status rc; /* the first that failed */
};

/* The comparison of candidates at two places of the order. */
static int compare(struct sorter *s, size_t a, size_t c)
{
    struct duel d = {
        .p = s->p, .request = s->request, .i = s->order[a], .j = s->order[c]
    };

    if (s->rc)
        return 0;
    s->rc = rkb_fork(s->b, 2, ask_order, &d, s->err);
    if (s->rc)
        return 0;
    rkb_tally_add(&s->tally, d.said[0].bad);
    rkb_tally_add(&s->tally, d.said[1].bad);
    return verdict(d.said);
}

/* ---- algorithms --------------------------------------------------------------------- */

/* A node of the heap against one child after the other. */
static enum rkb_status best_of(void *arg, const size_t *at, size_t n,
                               size_t *best, struct rkb_err *err)
{
    struct sorter *s = arg;

    (void)err; /* it is the sorter's too */
    *best = 0;
    for (size_t i = 1; i < n; i++)
        if (compare(s, at[i], at[*best]) > 0)
            *best = i;
    return s->rc;
}

/* Pass i brings the best of what is left to place i. What lies below the last
 * swap of a pass did not change, so the next pass need not look at it. */
static void by_passes(struct sorter *s, size_t n, size_t k)
{
    size_t from = n - 1;
    uint32_t *head;

    for (size_t i = 0; i < k && !s->rc; i++) {
        size_t last = 0;
        bool changed = false;

        for (size_t at = from; at > i && !s->rc; at--)
            if (compare(s, at, at - 1) > 0) {
                rkb_swap_places(s->order, at, at - 1);
                if (!changed)
                    last = at == n - 1 ? at : at + 1;
                changed = true;
            }
        if (!changed)
            break;
        from = last;
    }
    head = rkb_arena_new(s->b->arena, k, sizeof *head);
    memcpy(head, s->order, k * sizeof *head);
    if (!s->rc)
        rkb_head_first(s->b->arena, s->order, n, head, k);
}

/* ---- all pairs ------------------------------------------------------------------------ */

struct pairs {
    struct pairwise *p;
    const struct rkb_request *request;
    size_t n;
    struct said *said; /* [n * n] of (i, j); the diagonal is not asked */
};

/* Call c of the pairs in the order (0,1), (0,2), ..., with `half` only i < j. */
static void pair_at(size_t n, bool half, size_t c, uint32_t *i, uint32_t *j)
{
    if (!half) {
        *i = (uint32_t)(c / (n - 1));
        *j = (uint32_t)(c % (n - 1));
        *j += *j >= *i;
        return;
    }
    *i = 0;
    for (size_t row = n - 1; c >= row; row--) {
        c -= row;
        ++*i;
    }
    *j = *i + 1 + (uint32_t)c;
}

static enum rkb_status ask_one_of_all(struct rkb_branch *item, size_t c,
                                      void *arg, struct rkb_err *err)
{
    struct pairs *all = arg;
    uint32_t i, j;

    pair_at(all->n, all->p->algorithm == DUO, c, &i, &j);
    return ask_pair(all->p, item, all->request, i, j,
                    &all->said[i * all->n + j], err);
}

static void add_points(const struct pairs *all, uint32_t i, uint32_t j,
                       double *score)
{
    const struct said said[2] = { all->said[i * all->n + j],
                                  all->said[j * all->n + i] };

    if (all->p->algorithm == DUO) {
        score[i] += said[0].p_first;
        score[j] += 1 - said[0].p_first;
    } else if (all->p->soft) {
        score[i] += said[0].p_first + 1 - said[1].p_first;
        score[j] += said[1].p_first + 1 - said[0].p_first;
    } else {
        int v = verdict(said);

        score[i] += v > 0 ? 1 : v < 0 ? 0 : 0.5;
        score[j] += v < 0 ? 1 : v > 0 ? 0 : 0.5;
    }
}

static enum rkb_status by_all(struct sorter *s, struct rkb_outcome *outcome)
{
    size_t n = s->request->n_docs;
    bool half = s->p->algorithm == DUO;
    struct pairs all = { s->p, s->request, n,
                         rkb_arena_new(s->b->arena, n * n, sizeof *all.said) };
    enum rkb_status rc = rkb_fork(s->b, half ? n * (n - 1) / 2 : n * (n - 1),
                                  ask_one_of_all, &all, s->err);

    if (rc)
        return rc;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            if (i < j || (!half && i != j))
                rkb_tally_add(&s->tally, all.said[i * n + j].bad);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = i + 1; j < n; j++)
            add_points(&all, i, j, outcome->score);
    memset(outcome->scored, 1, n);
    rkb_outcome_sort(outcome, n);
    return RKB_OK;
}

static enum rkb_status rerank(void *self, struct rkb_branch *b,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct pairwise *p = self;
    size_t n = request->n_docs, k = p->k && p->k < n ? p->k : n;
    struct sorter s = {
        .p = p, .b = b, .request = request, .order = outcome->order, .err = err
    };

    if (n < 2)
        return RKB_OK;
    if (p->algorithm == HEAPSORT)
        s.rc = rkb_heap_best(b->arena, s.order, n, k, 2, best_of, &s, err);
    else if (p->algorithm == SLIDING)
        by_passes(&s, n, k);
    else
        s.rc = by_all(&s, outcome);
    if (s.rc)
        return s.rc;
    rkb_tally_tell(&s.tally, outcome);
    return rkb_server_leftover(p->llm.server, b, err);
}

static const struct rkb_opt options[] = {
    { .name = "algorithm",
      .type = RKB_OPT_CHOICE,
      .fallback = "heapsort",
      .choices = "allpair|heapsort|sliding|duo",
      .help = "all pairs in both orders; a heap for the k best; k passes of "
              "neighbours from the bottom; duo: each pair once, probabilities "
              "added (duoT5 as rank_llm has it)" },
    { .name = "k",
      .type = RKB_OPT_INT,
      .fallback = "10",
      .min = 0,
      .max = 100000,
      .help = "ranks that heapsort and sliding put in order; 0 = all" },
    { .name = "mode",
      .type = RKB_OPT_CHOICE,
      .fallback = "generation",
      .choices = "generation|logprob",
      .help = "the label is generated, or its logprob compared" },
    { .name = "soft",
      .type = RKB_OPT_FLAG,
      .help = "allpair: add probabilities instead of wins" },
    { .name = "first-label",
      .type = RKB_OPT_TEXT,
      .fallback = "A",
      .help = "what names the first passage" },
    { .name = "second-label",
      .type = RKB_OPT_TEXT,
      .fallback = "B",
      .help = "and the second" },
    { .name = "constrain",
      .type = RKB_OPT_FLAG,
      .help = "bind the answer to the labels, where the server can" },
    { .name = "prefill",
      .type = RKB_OPT_TEXT,
      .help = "text that the answer begins with, such as 'Passage'" },
    { .name = "max-tokens",
      .type = RKB_OPT_INT,
      .fallback = "2",
      .min = 1,
      .max = 1e7,
      .help = "tokens of an answer" },
#define RKB_TEMPLATE "builtin:pairwise"
#define RKB_TITLE "space"
#define RKB_BRACKETS "keep"
#define RKB_WORDS "100"
#include "harness/llm/prompt_options.def"
#include "harness/llm/server_options.def"
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_pairwise = {
    .name = "pairwise",
    .summary = "an LLM compares two passages at a time, in both orders",
    .source = "Qin et al. 2023 (PRP), arXiv 2306.17563; Pradeep et al. 2021 "
              "(duoT5), arXiv 2101.05667",
    .options = options,
    .traits = RKB_NEEDS_TEXT | RKB_ASKS_SERVERS,
    .version = 1,
    .check = check,
    .open = open_pairwise,
    .probe = probe,
    .rerank = rerank,
    .close = close_pairwise,
};
