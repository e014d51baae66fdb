/* SPDX-License-Identifier: Apache-2.0 */
/* Setwise ranking: the model names the best of a few passages, and a heap of
 * that width, or windows that move up, bring the best k to the top (METHODS.md
 * 8.1). With thinking and twenty passages it is Rank-R1 (5.2). */
#include "base/rng.h"
#include "harness/llm/labels.h"
#include "harness/llm/permutation.h"
#include "harness/rerankers/heap.h"
#include "harness/rerankers/llm_row.h"

#include <stdio.h>
#include <string.h>

enum algorithm { HEAPSORT, BUBBLESORT };
enum mode { GENERATE, LIKELIHOOD };

struct setwise {
    struct rkb_llm llm;
    enum algorithm algorithm;
    enum mode mode;
    size_t children, k, permutations;
    bool letters, shuffle, constrain;
    enum rkb_answer_tag tag;
    rkb_sv prefill;
    int32_t n_alts, max_tokens;
};

static void close_setwise(void *self)
{
    struct setwise *s = self;

    rkb_llm_close(&s->llm);
}

static enum rkb_status open_setwise(const struct rkb_env *env, void **self,
                                    struct rkb_err *err)
{
    const struct rkb_optset *o = env->options;
    struct setwise *s = rkb_arena_new(env->arena, 1, sizeof *s);
    const struct rkb_server_env server = rkb_llm_env(env);
    enum rkb_status rc = rkb_llm_open(
        &s->llm, &server, 1u << RKB_FORM_LIST | 1u << RKB_FORM_TURNS, err);

    if (rc)
        return rc;
    s->algorithm = (enum algorithm)rkb_optset_get(o, "algorithm")->integer;
    s->mode = (enum mode)rkb_optset_get(o, "mode")->integer;
    s->children = (size_t)rkb_optset_int(o, "children");
    s->k = (size_t)rkb_optset_int(o, "k");
    s->permutations = (size_t)rkb_optset_int(o, "permutations");
    s->letters = rkb_optset_get(o, "identifiers")->integer == 0;
    s->shuffle = rkb_optset_flag(o, "shuffle");
    s->constrain = rkb_optset_flag(o, "constrain");
    s->tag = (enum rkb_answer_tag)rkb_optset_get(o, "answer-tag")->integer;
    s->prefill = rkb_optset_text(o, "prefill");
    s->max_tokens = (int32_t)rkb_optset_int(o, "max-tokens");
    s->n_alts =
        s->mode == LIKELIHOOD ? rkb_server_dialect(s->llm.server)->max_alts : 0;
    *self = s;
    return RKB_OK;
}

static enum rkb_status check(const struct rkb_optset *o, unsigned *traits,
                             struct rkb_err *err)
{
    int64_t children = rkb_optset_int(o, "children");
    bool letters = rkb_optset_get(o, "identifiers")->integer == 0;

    (void)traits;
    if (letters && children >= RKB_LETTERS)
        return rkb_fail(err, RKB_E_USAGE,
                        "letters name at most %d passages: set children below "
                        "that, or identifiers=numeric",
                        RKB_LETTERS);
    if (!letters && rkb_optset_get(o, "mode")->integer == LIKELIHOOD)
        return rkb_fail(err, RKB_E_USAGE,
                        "mode=likelihood reads letters: numbers may be "
                        "several tokens");
    if (rkb_optset_flag(o, "constrain") &&
        (rkb_optset_get(o, "mode")->integer == LIKELIHOOD ||
         rkb_optset_get(o, "answer-tag")->integer != RKB_TAG_NONE))
        return rkb_fail(err, RKB_E_USAGE,
                        "constrain is for a label that is generated and stands "
                        "alone");
    return RKB_OK;
}

static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    struct setwise *s = self;
    const struct rkb_llm_needs needs = {
        .method = "setwise",
        .can = (s->prefill.len && rkb_llm_kind(&s->llm) == RKB_ASK_CHAT
                    ? (unsigned)RKB_CAN_PREFILL
                    : 0) |
               (s->constrain ? (unsigned)RKB_CAN_CHOICES : 0),
        .n_alts = s->n_alts,
        .fewest_alts = s->n_alts ? 2 : 0,
    };

    return rkb_llm_look(&s->llm, &needs, identity, conditions, err);
}

/* ---- one answer ------------------------------------------------------------- */

static size_t read_answer(const struct setwise *s,
                          const struct rkb_answer *answer, const rkb_sv *ids,
                          size_t n, const char **bad)
{
    size_t at, best = n;

    if (s->mode == LIKELIHOOD) {
        double logprob[RKB_LETTERS];
        unsigned char seen[RKB_LETTERS];

        at = rkb_label_position(answer, RKB_READ_FIRST);
        if (at != SIZE_MAX &&
            rkb_letters_read(&answer->tokens[at], n, false, false,
                             RKB_COMBINE_SUM, logprob, seen))
            for (size_t i = 0; i < n; i++)
                if (seen[i] && (best == n || logprob[i] > logprob[best]))
                    best = i;
    } else {
        rkb_sv part = rkb_answer_part(s->tag, answer->text);

        if (part.at)
            best = rkb_named_identifier(part, ids, n);
    }
    if (best < n)
        return best;
    *bad = answer->finish == RKB_FINISH_REFUSED  ? "refused"
           : s->mode == LIKELIHOOD               ? "no_label"
           : answer->finish == RKB_FINISH_LENGTH ? "truncated"
           : answer->text.len                    ? "wrong_format"
                                                 : "empty";
    return n;
}

/* ---- one choice --------------------------------------------------------------- */

struct choice {
    struct setwise *s;
    const struct rkb_request *request;
    const uint32_t *docs; /* [n] */
    size_t n;
    uint64_t seed;
    size_t *votes; /* [permutations] places, n = none */
    const char **bad;
};

/* The passages as they are, or shuffled; answers are mapped back. */
static enum rkb_status ask_once(struct rkb_branch *b, size_t turn, void *arg,
                                struct rkb_err *err)
{
    struct choice *c = arg;
    struct setwise *s = c->s;
    uint32_t *places = rkb_arena_new(b->arena, c->n, sizeof *places);
    uint32_t *docs = rkb_arena_new(b->arena, c->n, sizeof *docs);
    struct rkb_answer answer;
    struct rkb_ask ask;
    struct rkb_rng rng;
    size_t best;
    enum rkb_status rc;

    for (size_t i = 0; i < c->n; i++)
        places[i] = (uint32_t)i;
    if (s->shuffle || s->permutations > 1) {
        rkb_rng_init(&rng, rkb_rng_key(c->seed, rkb_sv_of("set"), turn));
        rkb_rng_shuffle(&rng, places, c->n);
    }
    for (size_t i = 0; i < c->n; i++)
        docs[i] = c->docs[places[i]];
    const struct rkb_llm_prompt prompt = {
        .query = c->request->query,
        .docs = rkb_llm_docs(b->arena, c->request, docs, c->n),
        .ids = rkb_identifiers(b->arena, c->n, s->letters),
        .n_docs = c->n,
        .n_best = 1,
        .prefill = s->prefill,
    };

    rkb_server_ask(s->llm.server, b, RKB_ASK_CHAT, &ask);
    ask.max_tokens = s->max_tokens;
    ask.n_alts = s->n_alts;
    ask.labels = prompt.ids;
    ask.n_labels = c->n;
    if (s->constrain) {
        ask.choices = prompt.ids;
        ask.n_choices = c->n;
    }
    rc = rkb_llm_send(&s->llm, b, &prompt, &ask, &answer, err);
    if (rc)
        return rc;
    best = read_answer(s, &answer, prompt.ids, c->n, &c->bad[turn]);
    if (c->bad[turn])
        rkb_branch_class(b, c->bad[turn]);
    c->votes[turn] = best < c->n ? places[best] : c->n;
    return RKB_OK;
}

struct sorter {
    struct setwise *s;
    struct rkb_branch *b;
    const struct rkb_request *request;
    uint32_t *order;
    uint64_t n_choices;
    struct rkb_tally tally;
    struct rkb_err *err;
    enum rkb_status rc;
};

/* The place with most votes; of equals the one that stands first, where the
 * authors draw. Without a vote the first stays. */
static size_t majority(const size_t *votes, size_t n_votes, size_t n)
{
    size_t best = 0, most = 0;

    for (size_t i = 0; i < n; i++) {
        size_t count = 0;

        for (size_t v = 0; v < n_votes; v++)
            count += votes[v] == i;
        if (count > most) {
            most = count;
            best = i;
        }
    }
    return best;
}

/* Which of the candidates at these places of the order is best, 0 .. n - 1. */
static size_t choose(struct sorter *s, const size_t *at, size_t n)
{
    struct rkb_arena *a = s->b->arena;
    size_t turns = s->s->permutations;
    uint32_t *docs;
    struct choice c = { .s = s->s, .request = s->request, .n = n };

    if (s->rc || n < 2)
        return 0;
    c.docs = docs = rkb_arena_new(a, n, sizeof *docs);
    for (size_t i = 0; i < n; i++)
        docs[i] = s->order[at[i]];
    c.votes = rkb_arena_new(a, turns, sizeof *c.votes);
    c.bad = rkb_arena_new(a, turns, sizeof *c.bad);
    c.seed = rkb_rng_key(s->request->seed, rkb_sv_of("choice"), s->n_choices++);
    s->rc = turns > 1 ? rkb_fork(s->b, turns, ask_once, &c, s->err)
                      : ask_once(s->b, 0, &c, s->err);
    if (s->rc)
        return 0;
    for (size_t i = 0; i < turns; i++)
        rkb_tally_add(&s->tally, c.bad[i]);
    return majority(c.votes, turns, n);
}

/* ---- algorithms ------------------------------------------------------------------ */

static enum rkb_status best_of(void *arg, const size_t *at, size_t n,
                               size_t *best, struct rkb_err *err)
{
    struct sorter *s = arg;

    (void)err; /* it is the sorter's too */
    *best = choose(s, at, n);
    return s->rc;
}

/* One pass: windows from `bottom` up, the best of each swapped with its first.
 * Returns where the next pass starts: windows at the bottom in which nothing
 * changed stay as they are. Signed, as a start above the list's is none. */
static int64_t one_pass(struct sorter *s, size_t n, size_t top, int64_t bottom)
{
    int64_t c = (int64_t)s->s->children, last = (int64_t)n - c - 1;
    int64_t start = bottom, end = bottom + c + 1, next = bottom;
    bool changed = false;

    while (!s->rc) {
        size_t at[RKB_HEAP_CHILDREN + 1], count = 0, best;

        if (start < (int64_t)top)
            start = (int64_t)top;
        for (int64_t i = start; i < end; i++)
            at[count++] = (size_t)i;
        best = choose(s, at, count);
        if (best) {
            rkb_swap_places(s->order, at[0], at[best]);
            if (!changed && next != last && best == count - 1)
                next += (int64_t)count - 1;
            changed = true;
        }
        if (start == (int64_t)top)
            break;
        if (!changed)
            next -= c;
        start -= c;
        end -= c;
    }
    return next;
}

static void by_passes(struct sorter *s, size_t n, size_t k)
{
    int64_t bottom = (int64_t)n - (int64_t)s->s->children - 1;
    uint32_t *head = rkb_arena_new(s->b->arena, k, sizeof *head);

    for (size_t i = 0; i < k && i + 1 < n && !s->rc; i++)
        bottom = one_pass(s, n, i, bottom);
    memcpy(head, s->order, k * sizeof *head);
    if (!s->rc)
        rkb_head_first(s->b->arena, s->order, n, head, k);
}

static enum rkb_status rerank(void *self, struct rkb_branch *b,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct setwise *w = self;
    size_t n = request->n_docs, k = w->k && w->k < n ? w->k : n;
    struct sorter s = {
        .s = w, .b = b, .request = request, .order = outcome->order, .err = err
    };

    if (n < 2)
        return RKB_OK;
    if (w->algorithm == HEAPSORT)
        s.rc = rkb_heap_best(b->arena, s.order, n, k, w->children, best_of, &s,
                             err);
    else
        by_passes(&s, n, k);
    if (s.rc)
        return s.rc;
    rkb_tally_tell(&s.tally, outcome);
    return rkb_server_leftover(w->llm.server, b, err);
}

static const struct rkb_opt options[] = {
    { .name = "algorithm",
      .type = RKB_OPT_CHOICE,
      .fallback = "heapsort",
      .choices = "heapsort|bubblesort",
      .help = "a heap, or windows that move up" },
    { .name = "children",
      .type = RKB_OPT_INT,
      .fallback = "3",
      .min = 1,
      .max = RKB_HEAP_CHILDREN,
      .help = "passages that one is compared with in a call" },
    { .name = "k",
      .type = RKB_OPT_INT,
      .fallback = "10",
      .min = 0,
      .max = 100000,
      .help = "ranks that are put in order; 0 = all" },
    { .name = "mode",
      .type = RKB_OPT_CHOICE,
      .fallback = "generation",
      .choices = "generation|likelihood",
      .help = "the label is generated, or the likeliest letter taken" },
    { .name = "permutations",
      .type = RKB_OPT_INT,
      .fallback = "1",
      .min = 1,
      .max = 100,
      .help = "shuffled calls of one choice; the majority decides" },
    { .name = "identifiers",
      .type = RKB_OPT_CHOICE,
      .fallback = "alphabetic",
      .choices = "alphabetic|numeric",
      .help = "A or [1]" },
    { .name = "shuffle",
      .type = RKB_OPT_FLAG,
      .help = "shuffle the passages of every call, as Rank-R1 does (seeded)" },
    { .name = "answer-tag",
      .type = RKB_OPT_CHOICE,
      .fallback = "none",
      .choices = "none|lenient|required",
      .help = "whether the label stands in <answer> tags" },
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
      .help = "tokens of an answer, thinking included" },
#define RKB_TEMPLATE "builtin:setwise"
#define RKB_TITLE "space"
#define RKB_BRACKETS "keep"
#define RKB_WORDS "100"
#include "harness/llm/prompt_options.def"
#include "harness/llm/server_options.def"
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_setwise = {
    .name = "setwise",
    .summary = "an LLM names the best of a few passages; a heap or moving "
               "windows bring it up",
    .source = "Zhuang et al. 2023, arXiv 2310.09497; Zhuang et al. 2025 "
              "(Rank-R1), arXiv 2503.06034",
    .options = options,
    .traits = RKB_NEEDS_TEXT | RKB_NO_SCORES | RKB_ASKS_SERVERS,
    .version = 1,
    .check = check,
    .open = open_setwise,
    .probe = probe,
    .rerank = rerank,
    .close = close_setwise,
};
