/* SPDX-License-Identifier: Apache-2.0 */
/* TourRank: groups of passages, the best of each go on to the next stage, and
 * every time one goes on it gets a point; points of several tournaments are
 * added (METHODS.md 8.2). */
#include "base/mem.h"
#include "base/rng.h"
#include "base/sort.h"
#include "harness/llm/permutation.h"
#include "harness/rerankers/llm_row.h"

#include <string.h>

struct tournament {
    struct rkb_llm llm;
    size_t rounds;
    int32_t max_tokens;
};

static void close_tournament(void *self)
{
    struct tournament *t = self;

    rkb_llm_close(&t->llm);
}

static enum rkb_status open_tournament(const struct rkb_env *env, void **self,
                                       struct rkb_err *err)
{
    struct tournament *t = rkb_arena_new(env->arena, 1, sizeof *t);
    const struct rkb_server_env server = rkb_llm_env(env);
    enum rkb_status rc = rkb_llm_open(
        &t->llm, &server, 1u << RKB_FORM_LIST | 1u << RKB_FORM_TURNS, err);

    if (rc)
        return rc;
    t->rounds = (size_t)rkb_optset_int(env->options, "rounds");
    t->max_tokens = (int32_t)rkb_optset_int(env->options, "max-tokens");
    *self = t;
    return RKB_OK;
}

static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    struct tournament *t = self;
    const struct rkb_llm_needs needs = { .method = "tournament" };

    return rkb_llm_look(&t->llm, &needs, identity, conditions, err);
}

/* ---- stages ------------------------------------------------------------------ */

struct stage {
    size_t n_groups, keep; /* of each group */
};

/* For 100 it is the published table: 5 groups of 20 keep 10, 5 of 10 keep 4,
 * then one group 20 -> 10 -> 5 -> 2. Others go the same way: above 50 halves
 * of groups of up to 20, above 20 groups of up to 10 that leave about 20. False
 * when two or fewer are left. */
static bool next_stage(size_t n, struct stage *s)
{
    if (n > 50) {
        s->n_groups = (n + 19) / 20;
        s->keep = (n / s->n_groups + 1) / 2;
    } else if (n > 20) {
        s->n_groups = (n + 9) / 10;
        s->keep = 20 / s->n_groups;
    } else {
        s->n_groups = 1;
        s->keep = n > 10 ? 10 : n > 5 ? 5 : 2;
    }
    return n > 2;
}

/* One group of one stage. */
struct group {
    uint32_t *docs; /* [n] candidates, in first-stage order */
    size_t n;
    uint32_t *kept; /* [n_kept], at most what the stage keeps */
    size_t n_kept;
    const char *bad;
};

struct round {
    struct tournament *t;
    const struct rkb_request *request;
    struct stage stage;
    struct group *groups;
    uint64_t seed;
    uint32_t *points; /* [n_docs] of this round */
    struct rkb_tally tally;
};

/* The best `keep` of a group, asked in a shuffled order. */
static enum rkb_status ask_group(struct rkb_branch *b, size_t g, void *arg,
                                 struct rkb_err *err)
{
    struct round *r = arg;
    struct tournament *t = r->t;
    struct group *group = &r->groups[g];
    size_t n = group->n, keep = r->stage.keep, n_named;
    uint32_t *docs = rkb_arena_new(b->arena, n, sizeof *docs);
    uint32_t *places = rkb_arena_new(b->arena, n, sizeof *places);
    const struct rkb_permutation_rule rule = {
        .parser = RKB_PARSE_STRICT,
        .validation = rkb_template_validation(t->llm.template),
        .extraction = rkb_template_extraction(t->llm.template),
    };
    enum rkb_answer_class class;
    struct rkb_answer answer;
    struct rkb_ask ask;
    struct rkb_rng rng;
    enum rkb_status rc;

    memcpy(docs, group->docs, n * sizeof *docs);
    rkb_rng_init(&rng, rkb_rng_key(r->seed, rkb_sv_of("group"), g));
    rkb_rng_shuffle(&rng, docs, n);
    const struct rkb_llm_prompt prompt = {
        .query = r->request->query,
        .docs = rkb_llm_docs(b->arena, r->request, docs, n),
        .ids = rkb_identifiers(b->arena, n, false),
        .n_docs = n,
        .n_best = keep,
    };

    rkb_server_ask(t->llm.server, b, RKB_ASK_CHAT, &ask);
    ask.max_tokens =
        t->max_tokens ? t->max_tokens
                      : (int32_t)rkb_permutation_text(b->arena, n, false).len;
    ask.labels = prompt.ids;
    ask.n_labels = n;
    rc = rkb_llm_send(&t->llm, b, &prompt, &ask, &answer, err);
    if (rc)
        return rc;
    class =
        rkb_permutation_parse(&rule, b->arena, &answer, n, places, &n_named);
    /* It is asked for some of them, so that missing ones are no fault, and a
     * word around the identifiers does no harm to them. */
    if (n_named < keep || class == RKB_CLASS_REPETITION ||
        class == RKB_CLASS_OUT_OF_RANGE)
        group->bad = class == RKB_CLASS_OK ? "missing" : rkb_class_name(class);
    rkb_branch_class(b, group->bad ? group->bad : "ok");
    /* Only what was named gets a point; the first ones, should it be more. */
    group->n_kept = n_named < keep ? n_named : keep;
    for (size_t i = 0; i < group->n_kept; i++)
        group->kept[i] = docs[places[i]];
    return RKB_OK;
}

/* Group g takes the g-th, the (g + G)-th, ... so that the first stage's best
 * meet late. A group that is no larger than what goes on is not asked. */
static size_t make_groups(struct round *r, struct rkb_arena *a,
                          const uint32_t *alive, size_t n, size_t *n_next)
{
    size_t n_groups = r->stage.n_groups, keep = r->stage.keep, n_asked = 0;

    r->groups = rkb_arena_new(a, n_groups, sizeof *r->groups);
    for (size_t g = 0; g < n_groups; g++) {
        struct group *group = &r->groups[n_asked];

        *group =
            (struct group){ .docs = rkb_arena_new(a, n / n_groups + 1,
                                                  sizeof(uint32_t)),
                            .kept = rkb_arena_new(a, keep, sizeof(uint32_t)) };
        for (size_t i = g; i < n; i += n_groups)
            group->docs[group->n++] = alive[i];
        *n_next += group->n < keep ? group->n : keep;
        if (group->n > keep) {
            n_asked++;
            continue;
        }
        for (size_t i = 0; i < group->n; i++)
            r->points[group->docs[i]]++;
    }
    return n_asked;
}

static int more_points_first(const void *a, const void *b, void *ctx)
{
    const uint32_t *points = ctx;
    uint32_t p = points[*(const uint32_t *)a], q = points[*(const uint32_t *)b];

    return (p < q) - (p > q);
}

/* The n candidates with most points, equal ones in first-stage order, to the
 * front: where a model named too few, others take the places, as in the
 * authors' code. */
static void go_on(const struct round *r, uint32_t *alive)
{
    size_t n = r->request->n_docs;

    for (uint32_t i = 0; i < n; i++)
        alive[i] = i;
    rkb_sort(alive, n, sizeof *alive, more_points_first, r->points);
}

struct rounds {
    struct tournament *t;
    const struct rkb_request *request;
    struct round *items; /* [rounds] */
};

static enum rkb_status play(struct rkb_branch *b, size_t number, void *arg,
                            struct rkb_err *err)
{
    struct rounds *all = arg;
    struct round *r = &all->items[number];
    size_t n = all->request->n_docs;
    uint32_t *alive = rkb_arena_new(b->arena, n, sizeof *alive);

    for (uint64_t stage = 0; next_stage(n, &r->stage); stage++) {
        size_t n_asked, n_next = 0;
        enum rkb_status rc;

        go_on(r, alive);
        r->seed = rkb_rng_key(all->request->seed, rkb_sv_of("tournament"),
                              (uint64_t)number * 1000 + stage);
        n_asked = make_groups(r, b->arena, alive, n, &n_next);
        rc = rkb_fork(b, n_asked, ask_group, r, err);
        if (rc)
            return rc;
        for (size_t g = 0; g < n_asked; g++) {
            rkb_tally_add(&r->tally, r->groups[g].bad);
            for (size_t i = 0; i < r->groups[g].n_kept; i++)
                r->points[r->groups[g].kept[i]]++;
        }
        n = n_next;
    }
    return RKB_OK;
}

static enum rkb_status rerank(void *self, struct rkb_branch *b,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct tournament *t = self;
    size_t n = request->n_docs;
    struct rounds all = {
        t, request, rkb_arena_new(b->arena, t->rounds, sizeof *all.items)
    };
    struct rkb_tally tally = { 0 };
    enum rkb_status rc;

    for (size_t i = 0; i < t->rounds; i++) {
        all.items[i].t = t;
        all.items[i].request = request;
        all.items[i].points = rkb_arena_new(b->arena, n, sizeof(uint32_t));
    }
    rc = rkb_fork(b, t->rounds, play, &all, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < t->rounds; i++) {
        rkb_tally_merge(&tally, &all.items[i].tally);
        for (size_t d = 0; d < n; d++)
            outcome->score[d] += all.items[i].points[d];
    }
    memset(outcome->scored, 1, n);
    rkb_outcome_sort(outcome, n);
    rkb_tally_tell(&tally, outcome);
    return rkb_server_leftover(t->llm.server, b, err);
}

static const struct rkb_opt options[] = {
    { .name = "rounds",
      .type = RKB_OPT_INT,
      .fallback = "1",
      .min = 1,
      .max = 1000,
      .help = "tournaments whose points are added" },
    { .name = "max-tokens",
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = 1e7,
      .help = "tokens of an answer; 0 = all identifiers of a group" },
#define RKB_TEMPLATE "builtin:tournament"
#define RKB_TITLE "labels"
#define RKB_BRACKETS "paren"
#define RKB_WORDS "300"
#include "harness/llm/prompt_options.def"
#include "harness/llm/server_options.def"
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_tournament = {
    .name = "tournament",
    .summary = "an LLM picks the best of groups, stage by stage; points of "
               "several tournaments are added",
    .source = "Chen et al. 2024 (TourRank), arXiv 2406.11678",
    .options = options,
    .traits = RKB_NEEDS_TEXT | RKB_ASKS_SERVERS,
    .version = 1,
    .open = open_tournament,
    .probe = probe,
    .rerank = rerank,
    .close = close_tournament,
};
