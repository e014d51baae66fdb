/* SPDX-License-Identifier: Apache-2.0 */
/* FIRST: a listwise window is ordered by the logprobs of its identifiers at the
 * one position where the first of them is decoded (METHODS.md 3). */
#include "base/sort.h"
#include "harness/llm/labels.h"
#include "harness/rerankers/windowed.h"

#include <stdio.h>

enum read { READ_BRACKET, READ_SECOND, READ_MERGED };

struct first {
    struct rkb_llm llm;
    struct rkb_windowed windows;
    enum read read;
    bool bare;
    enum rkb_combine combine;
    int32_t n_alts;
};

static void close_first(void *self)
{
    struct first *f = self;

    rkb_llm_close(&f->llm);
}

static enum rkb_status open_first(const struct rkb_env *env, void **self,
                                  struct rkb_err *err)
{
    const struct rkb_optset *o = env->options;
    struct first *f = rkb_arena_new(env->arena, 1, sizeof *f);
    const struct rkb_server_env server = rkb_llm_env(env);
    enum rkb_status rc = rkb_llm_open(
        &f->llm, &server, 1u << RKB_FORM_LIST | 1u << RKB_FORM_TURNS, err);

    if (rc)
        return rc;
    rkb_windowed_read(&f->windows, o);
    f->read = (enum read)rkb_optset_get(o, "read")->integer;
    f->bare = rkb_optset_get(o, "letters")->integer == 0;
    f->combine = (enum rkb_combine)rkb_optset_get(o, "combine")->integer;
    f->n_alts = (int32_t)rkb_optset_int(o, "alternatives");
    if (!f->n_alts)
        f->n_alts = rkb_server_dialect(f->llm.server)->max_alts;
    *self = f;
    return RKB_OK;
}

static enum rkb_status check(const struct rkb_optset *o, unsigned *traits,
                             struct rkb_err *err)
{
    (void)traits;
    return rkb_windowed_check(o, true, err);
}

/* The letter must be able to follow "[": what a server renders itself can be
 * continued only where its dialect says so. */
static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    struct first *f = self;
    const struct rkb_llm_needs needs = {
        .method = "first",
        .n_alts = f->n_alts,
        .fewest_alts = 2,
        .apart = f->read == READ_MERGED ? NULL : "[A]",
    };

    if (f->read == READ_BRACKET && rkb_llm_kind(&f->llm) == RKB_ASK_CHAT &&
        !rkb_server_can(f->llm.server, RKB_CAN_PREFILL))
        return rkb_fail(err, RKB_E_USAGE,
                        "first cannot go on from \"[\": dialect '%s' closes "
                        "the turn it renders; set frame to a file or "
                        "apply-template, or read=second",
                        rkb_server_dialect(f->llm.server)->name);
    return rkb_llm_look(&f->llm, &needs, identity, conditions, err);
}

/* ---- a window ------------------------------------------------------------- */

struct seen {
    const double *logprob;
    const unsigned char *seen;
};

static int likelier_first(const void *a, const void *b, void *ctx)
{
    const struct seen *s = ctx;
    uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;

    if (!s->seen[p] || !s->seen[q])
        return !s->seen[p] - !s->seen[q];
    return (s->logprob[p] < s->logprob[q]) - (s->logprob[p] > s->logprob[q]);
}

static const char *read_letters(const struct first *f, struct rkb_arena *a,
                                const struct rkb_answer *answer, size_t n,
                                uint32_t *places, size_t *n_unseen)
{
    double *logprob = rkb_arena_new(a, n, sizeof *logprob);
    unsigned char *seen = rkb_arena_new(a, n, 1);
    struct seen s = { logprob, seen };
    size_t at = f->read == READ_SECOND
                    ? rkb_label_position(answer, RKB_READ_AFTER_BRACKET)
                    : rkb_label_position(answer, RKB_READ_FIRST);
    size_t n_seen = 0;

    for (size_t i = 0; i < n; i++)
        places[i] = (uint32_t)i;
    *n_unseen = n;
    if (at == SIZE_MAX)
        return "no_bracket";
    n_seen =
        rkb_letters_read(&answer->tokens[at], n, f->bare,
                         f->read == READ_MERGED, f->combine, logprob, seen);
    rkb_sort(places, n, sizeof *places, likelier_first, &s);
    *n_unseen = n - n_seen;
    if (n_seen == n)
        return NULL;
    return n_seen ? "unseen_identifiers" : "no_identifier";
}

static enum rkb_status rank_window(void *self, struct rkb_branch *b,
                                   const struct rkb_request *request,
                                   const uint32_t *docs, size_t n,
                                   size_t first_rank, uint32_t *places,
                                   struct rkb_tally *tally, struct rkb_err *err)
{
    struct first *f = self;
    const struct rkb_llm_prompt prompt = {
        .query = request->query,
        .docs = rkb_llm_docs(b->arena, request, docs, n),
        .ids = rkb_identifiers(b->arena, n, true),
        .n_docs = n,
        .prefill = rkb_sv_of(f->read == READ_BRACKET ? "[" : ""),
    };
    struct rkb_answer answer;
    struct rkb_ask ask;
    const char *bad;
    size_t n_unseen;
    enum rkb_status rc;

    rkb_server_ask(f->llm.server, b, RKB_ASK_CHAT, &ask);
    ask.max_tokens = f->read == READ_SECOND ? 2 : 1;
    ask.n_alts = f->n_alts;
    ask.first_rank = first_rank;
    ask.last_rank = first_rank + n - 1;
    ask.labels = prompt.ids;
    ask.n_labels = n;
    rc = rkb_llm_send(&f->llm, b, &prompt, &ask, &answer, err);
    if (rc)
        return rc;
    if (!answer.n_tokens)
        return rkb_fail(err, RKB_E_DATA, "the server sent no logprobs: '%.*s'",
                        (int)(answer.text.len < 60 ? answer.text.len : 60),
                        answer.text.len ? answer.text.at : "");
    bad = read_letters(f, b->arena, &answer, n, places, &n_unseen);
    if (bad)
        rkb_branch_class(b, bad);
    rkb_tally_add(tally, bad);
    tally->n_unseen += n_unseen;
    return RKB_OK;
}

static enum rkb_status rerank(void *self, struct rkb_branch *b,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct first *f = self;
    enum rkb_status rc = rkb_windowed_rerank(&f->windows, rank_window, f, b,
                                             request, outcome, err);

    return rc ? rc : rkb_server_leftover(f->llm.server, b, err);
}

static const struct rkb_opt options[] = {
#include "harness/rerankers/window_options.def"
    { .name = "read",
      .type = RKB_OPT_CHOICE,
      .fallback = "bracket",
      .choices = "bracket|second|merged",
      .help = "where the letter is: bracket: the first token after an appended "
              "\"[\"; second: the second of two, behind a \"[\" of the model's "
              "own; merged: \"[A\" as the first token" },
    { .name = "letters",
      .type = RKB_OPT_CHOICE,
      .fallback = "spaced",
      .choices = "bare|spaced",
      .help = "bare: the letter alone is a token's text (FIRST's own code); "
              "spaced: a blank or a marker may stand before it" },
    { .name = "combine",
      .type = RKB_OPT_CHOICE,
      .fallback = "max",
      .choices = "max|sum",
      .help = "several tokens of one letter: the likeliest, or the log of the "
              "sum of their probabilities" },
    { .name = "alternatives",
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = 100000,
      .help = "logprobs asked for; 0 = as many as the dialect's servers give "
              "by default" },
#define RKB_TEMPLATE "builtin:listwise-letters"
#define RKB_TITLE "labels"
#define RKB_BRACKETS "letters"
#define RKB_WORDS "300"
#include "harness/llm/prompt_options.def"
#include "harness/llm/server_options.def"
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_first = {
    .name = "first",
    .summary = "an LLM orders a window by the logprobs of its identifiers at "
               "the first one",
    .source = "Reddy et al. 2024 (FIRST), arXiv 2406.15657; Chen et al. 2024 "
              "(its reproduction), arXiv 2411.05508",
    .options = options,
    .traits = RKB_NEEDS_TEXT | RKB_NO_SCORES | RKB_ASKS_SERVERS,
    .version = 1,
    .check = check,
    .open = open_first,
    .probe = probe,
    .rerank = rerank,
    .close = close_first,
};
