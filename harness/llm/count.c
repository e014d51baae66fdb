/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/count.h"

#include "base/rng.h"
#include "harness/llm/text.h"

static int64_t tokens_of(const struct rkb_ask *ask)
{
    int64_t n = rkb_tokens_at_most(ask->prompt);

    for (size_t i = 0; i < ask->n_turns; i++)
        n += rkb_tokens_at_most(ask->turns[i].text);
    for (size_t i = 0; i < ask->n_docs; i++)
        n += rkb_tokens_at_most(ask->docs[i]) + rkb_tokens_at_most(ask->query);
    return n;
}

static size_t pick(enum rkb_counting how, struct rkb_branch *b, int64_t seq,
                   size_t n)
{
    struct rkb_rng rng;

    if (how == RKB_COUNT_DRAWN) {
        rkb_rng_init(&rng, rkb_rng_key(b->seed, b->path, (uint64_t)seq));
        return (size_t)rkb_rng_below(&rng, n);
    }
    return how == RKB_COUNT_LAST ? n - 1 : 0;
}

/* One position at which every label is an alternative, the chosen one first. */
static void make_token(struct rkb_arena *a, const struct rkb_ask *ask,
                       size_t chosen, struct rkb_answer *answer)
{
    struct rkb_token *token = rkb_arena_new(a, 1, sizeof *token);
    struct rkb_alt *alts = rkb_arena_new(a, ask->n_labels, sizeof *alts);
    size_t n = 0;

    alts[n++] = (struct rkb_alt){ ask->labels[chosen], -0.1 };
    for (size_t i = 0; i < ask->n_labels; i++)
        if (i != chosen) {
            alts[n] = (struct rkb_alt){ ask->labels[i], -1.0 - (double)n };
            n++;
        }
    *token = (struct rkb_token){ .text = alts[0].text,
                                 .logprob = alts[0].logprob,
                                 .has_logprob = true,
                                 .alts = alts,
                                 .n_alts = n,
                                 .offset = -1 };
    answer->tokens = token;
    answer->n_tokens = 1;
}

static rkb_sv window_text(struct rkb_arena *a, enum rkb_counting how,
                          const struct rkb_ask *ask)
{
    struct rkb_buf b = { 0 };
    rkb_sv out;

    for (size_t i = 0; i < ask->n_labels; i++) {
        size_t k = how == RKB_COUNT_LAST ? ask->n_labels - 1 - i : i;

        rkb_buf_text(&b, i ? " > [" : "[");
        rkb_buf_sv(&b, ask->labels[k]);
        rkb_buf_char(&b, ']');
    }
    out = rkb_arena_copy(a, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return out;
}

static void make_numbers(struct rkb_arena *a, enum rkb_counting how,
                         const struct rkb_ask *ask, struct rkb_answer *answer)
{
    size_t n = ask->n_docs;

    if (ask->kind == RKB_ASK_RERANK) {
        answer->scores = rkb_arena_new(a, n, sizeof *answer->scores);
        answer->scored = rkb_arena_new(a, n, 1);
        for (size_t i = 0; i < n; i++) {
            answer->scores[i] =
                how == RKB_COUNT_LAST ? (double)i : (double)(n - i);
            answer->scored[i] = 1;
        }
    } else {
        float *vectors = rkb_arena_new(a, n, sizeof *vectors);

        for (size_t i = 0; i < n; i++)
            vectors[i] = 1;
        answer->vectors = vectors;
        answer->n_dims = 1;
    }
}

void rkb_count_answer(enum rkb_counting how, struct rkb_branch *b, int64_t seq,
                      const struct rkb_ask *ask, struct rkb_answer *answer)
{
    answer->prompt_tokens = tokens_of(ask);
    answer->cached_tokens = answer->reasoning_tokens = 0;
    answer->output_tokens = 0;
    answer->finish = RKB_FINISH_STOP;
    switch (ask->kind) {
    case RKB_ASK_RERANK:
    case RKB_ASK_EMBED:
        make_numbers(b->arena, how, ask, answer);
        break;
    case RKB_ASK_RENDER:
        answer->text = ask->turns[ask->n_turns - 1].text;
        break;
    case RKB_ASK_TOKENIZE:
        answer->n_units = answer->prompt_tokens;
        break;
    default:
        answer->output_tokens = ask->max_tokens;
        if (ask->last_rank && !ask->n_alts) {
            answer->text = window_text(b->arena, how, ask);
        } else if (ask->n_labels) {
            size_t chosen = pick(how, b, seq, ask->n_labels);

            answer->text = ask->labels[chosen];
            make_token(b->arena, ask, chosen, answer);
        }
    }
}
