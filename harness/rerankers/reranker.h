/* SPDX-License-Identifier: Apache-2.0 */
/* Rerankers: the things under test. A reranker takes one query with its
 * ordered candidates and gives an order, scores if it has any, and an account
 * of its calls. A row of rerankers.def describes one.
 */
#ifndef RKB_HARNESS_RERANKERS_RERANKER_H
#define RKB_HARNESS_RERANKERS_RERANKER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/par.h"
#include "base/stop.h"
#include "base/sv.h"
#include "harness/llm/branch.h"
#include "harness/llm/server.h"
#include "runs/ranking.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RKB_UNPOOLED INT32_MIN /* the document is not in the qrels */

/* What a reranker is like. Traits, not names: the engine asks these. */
enum {
    RKB_SEES_GRADES = 1,  /* gets judgments; never a fair competitor    */
    RKB_NEEDS_TEXT = 2,   /* candidates must have text                  */
    RKB_SERIAL = 4,       /* one query at a time                        */
    RKB_KEEPS_SCORES = 8, /* its order is the input's: scores stay valid */
    RKB_WANTS_STATS = 16, /* word counts: see rkb_env.stats              */
    RKB_NO_SCORES = 32,   /* gives an order and never a score            */
    RKB_ASKS_SERVERS = 64 /* forks calls that wait: threads may be many  */
};

struct rkb_candidate {
    rkb_sv docid;
    rkb_sv title, text; /* empty unless NEEDS_TEXT */
    double score;       /* of the first stage */
    bool has_score;
    int32_t grade; /* RKB_UNPOOLED unless SEES_GRADES */
};

struct rkb_request {
    rkb_sv qid, query;
    uint64_t seed;                    /* H(run seed, qid, sample) */
    const struct rkb_candidate *docs; /* the head that is reranked (--top-k) */
    size_t n_docs;                    /* may be 0 */
};

enum rkb_query_status { RKB_QUERY_OK, RKB_QUERY_REPAIRED, RKB_QUERY_FAILED };

/* Engine's memory; all arrays [n_docs]. */
struct rkb_outcome {
    uint32_t *order; /* candidate indices, best first; identity on entry */
    double *score;   /* by candidate index                               */
    uint8_t *scored; /* 1 where score is set; 0 on entry                 */
    enum rkb_query_status status;
    char why[256]; /* reason when repaired or failed; a note otherwise */
};

/* What a reranker is opened with. */
struct rkb_bm25_stats;
struct rkb_env {
    const struct rkb_optset *options; /* of the row, checked      */
    const char *data_dir;             /* --data, may be NULL      */
    struct rkb_arena *arena;          /* lives as long as the run */
    /* Word counts for lexical rows: of the corpus, or without one of all
     * candidates of the run together. NULL: nobody counted. */
    const struct rkb_bm25_stats *stats;
    struct rkb_pool *pool;       /* for reading files; may be NULL           */
    enum rkb_compat compat;      /* order of run files; 0 = RKB_COMPAT_9     */
    const struct rkb_stop *stop; /* while opening; outlives the row; may be
                                    NULL */
    size_t in_flight;            /* calls to servers at once; 0: 1            */
    int64_t repeat;              /* of the run, from 1                        */
    enum rkb_counting counting;  /* --dry-run: answers are made up            */
};

struct rkb_reranker_def {
    const char *name, *summary, *source;
    const struct rkb_opt *options; /* NULL: none */
    unsigned traits;
    int version; /* a bump makes another run identity */
    /* MAY be NULL. What checked options tell before anything is opened: adds
     * to *traits; RKB_E_USAGE for options that do not go together. */
    enum rkb_status (*check)(const struct rkb_optset *options, unsigned *traits,
                             struct rkb_err *err);
    /* MAY be NULL. Called once, before anything else; on an error close is not
     * called. */
    enum rkb_status (*open)(const struct rkb_env *env, void **self,
                            struct rkb_err *err);
    /* MAY be NULL. Once, before the first query; may ask a server. *identity
     * gets what decides answers and is no option (digest of a file, revision
     * of a model): a JSON object or a text, part of the run's identity.
     * *conditions, which may be NULL, gets how they were come by (URLs, calls
     * at once, caches): a JSON object or nothing, kept with the session.
     * RKB_E_USAGE when the options do not go with what is there. */
    enum rkb_status (*probe)(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err);
    /* MUST. Called from several threads at once unless RKB_SERIAL. RKB_OK: the
     * outcome's status says how it went. RKB_E_STOPPED: cancelled, no result.
     * RKB_E_USAGE and RKB_E_REFUSED: no query of this run can go well (options;
     * a key, a model, a route): the run ends. Any other code: this query has
     * failed, for the reason in *err. */
    enum rkb_status (*rerank)(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err);
    /* MAY be NULL. */
    void (*close)(void *self);
};

#define RKB_RERANKER(id) extern const struct rkb_reranker_def rkb_reranker_##id;
#include "harness/rerankers/rerankers.def"
#undef RKB_RERANKER

/* The table, NULL-terminated, in listing order. */
extern const struct rkb_reranker_def *const rkb_rerankers[];
/* RKB_E_USAGE with the nearest name. */
enum rkb_status rkb_reranker_find(rkb_sv name,
                                  const struct rkb_reranker_def **out,
                                  struct rkb_err *err) RKB_MUST_CHECK;

/* What the row is like with these options: its traits and those that `check`
 * adds. */
enum rkb_status rkb_reranker_check(const struct rkb_reranker_def *def,
                                   const struct rkb_optset *options,
                                   unsigned *traits, struct rkb_err *err)
    RKB_MUST_CHECK;

/* An open row. A zeroed struct may be closed. */
struct rkb_reranker {
    const struct rkb_reranker_def *def;
    struct rkb_optset options; /* in the arena of the env */
    unsigned traits;           /* ask these, not def's    */
    void *self;
};

/* All of rkb_reranker_open but the opening: def, options and traits, for
 * nobody to close. */
enum rkb_status rkb_reranker_read(struct rkb_reranker *r, rkb_sv spec,
                                  struct rkb_arena *arena, struct rkb_err *err)
    RKB_MUST_CHECK;

/* From "name" or "name(option=value,...)". env->options is not read: the
 * spec's are set. RKB_E_USAGE for an unknown row or option, or a bad value. */
enum rkb_status rkb_reranker_open(struct rkb_reranker *r, rkb_sv spec,
                                  const struct rkb_env *env,
                                  struct rkb_err *err) RKB_MUST_CHECK;
/* The same for a row that need not be in the table; the spec's name is not
 * looked at. */
enum rkb_status rkb_reranker_open_row(struct rkb_reranker *r,
                                      const struct rkb_reranker_def *def,
                                      const struct rkb_spec *spec,
                                      const struct rkb_env *env,
                                      struct rkb_err *err) RKB_MUST_CHECK;
void rkb_reranker_close(struct rkb_reranker *r);

/* Puts outcome->order, which holds any permutation, by score, largest first;
 * equal scores keep their places, and what has no score follows behind all
 * that have one. */
void rkb_outcome_sort(struct rkb_outcome *outcome, size_t n);

/* RKB_E_DATA for an order of n that is no permutation, and for a score that
 * is no number. */
enum rkb_status rkb_outcome_check(const struct rkb_outcome *outcome, size_t n,
                                  struct rkb_arena *scratch,
                                  struct rkb_err *err) RKB_MUST_CHECK;

#endif
