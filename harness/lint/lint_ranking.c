/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong with a ranking, query by query. */
#include "base/mem.h"
#include "harness/lint/lint_impl.h"
#include "runs/ranking.h"

#include <math.h>
#include <string.h>

/* Beyond so many lines a document is looked for twice only among the lines of
 * a query that stand together, so that memory stays bounded. */
#define SEEN_LIMIT ((size_t)4 << 20)

struct place {
    int64_t rank;
    bool has_rank;
    size_t line;
};

struct near_hit {
    uint32_t doc;
    uint64_t judgment;
    size_t at;
};

struct depth {
    size_t n, line;
    bool tied, float32, split; /* counted, told */
};

struct tally {
    size_t n_docs, n_queries, line;
};

struct rkb_lint_ranking {
    struct rkb_lint *l;
    struct rkb_arena arena; /* of the query */
    struct rkb_entry *entries;
    struct place *places; /* [n] */
    struct near_hit *near;
    size_t n, n_near, entries_cap, places_cap, near_cap;
    struct rkb_buf qid;
    uint32_t query; /* among the judged, or RKB_MAP_NONE */
    bool began, scored;
    struct rkb_ranker ranker;
    struct rkb_lint_set seen;
    struct rkb_map qids;
    struct depth *depths; /* [qids.n] */
    size_t depths_cap, at;
    uint8_t *there; /* [n_judgments] */
    struct tally tied, float32, not_judged;
    rkb_sv a_not_judged;
    size_t n_judged;
};

struct rkb_lint_ranking *rkb_lint_ranking_open(struct rkb_lint *l)
{
    struct rkb_lint_ranking *r = rkb_new(1, sizeof *r);

    r->l = l;
    r->there = rkb_new(l->n_judgments, 1);
    for (size_t q = 0; q < l->judged.exact.n; q++)
        l->queries[q].ranked = false;
    return r;
}

/* ---- one query -------------------------------------------------------------- */

/* *counted: the query was, when its lines stand apart. */
static void add_tally(struct tally *t, size_t n_docs, size_t line,
                      bool *counted)
{
    if (!n_docs)
        return;
    if (!t->n_queries)
        t->line = line;
    t->n_queries += !*counted;
    *counted = true;
    t->n_docs += n_docs;
}

/* Along falling scores ranks must not fall; equal scores may stand in any
 * order. All the other way round: distances. */
static void check_ranks(struct rkb_lint_ranking *r)
{
    const uint32_t *order =
        rkb_rank(&r->ranker, r->entries, r->n, RKB_COMPAT_10);
    int64_t highest = INT64_MIN, group = INT64_MIN;
    bool ordered = true, reversed = r->n >= 3, same = true;
    size_t bad = 0;

    for (size_t i = 0; i < r->n; i++) {
        size_t at = order ? order[i] : i, before = 0;
        const struct place *p = &r->places[at];
        bool tied = false;

        if (!p->has_rank)
            return;
        if (i) {
            before = order ? order[i - 1] : i - 1;
            tied = r->entries[at].score == r->entries[before].score;
            reversed = reversed && !tied && p->rank < r->places[before].rank;
            same = same && p->rank == r->places[before].rank;
        }
        if (!tied)
            highest = group > highest ? group : highest;
        group = p->rank > group ? p->rank : group;
        if (ordered && p->rank < highest) {
            ordered = false;
            bad = at;
        }
    }
    if (ordered || same)
        return;
    if (reversed)
        rkb_lint_at(r->l, RKB_LINT_REVERSED, r->places[0].line,
                    "query '%.*s': the score rises with the rank, from rank "
                    "%lld on",
                    RKB_LINT_SV(rkb_buf_view(&r->qid)),
                    (long long)r->places[0].rank);
    else
        rkb_lint_at(r->l, RKB_LINT_RANK, r->places[bad].line,
                    "query '%.*s': document '%.*s' has rank %lld and a lower "
                    "score than a document of rank %lld",
                    RKB_LINT_SV(rkb_buf_view(&r->qid)),
                    RKB_LINT_SV(r->entries[bad].docid),
                    (long long)r->places[bad].rank, (long long)highest);
}

static void check_ties(struct rkb_lint_ranking *r)
{
    size_t ties = rkb_tied(&r->ranker, r->entries, r->n, RKB_COMPAT_10);
    size_t ties9 = rkb_tied(&r->ranker, r->entries, r->n, RKB_COMPAT_9);
    bool constant = r->n > 1;

    for (size_t i = 1; i < r->n; i++)
        constant = constant && r->entries[i].score == r->entries[0].score;
    if (constant)
        rkb_lint_at(r->l, RKB_LINT_CONSTANT, r->places[0].line,
                    "query '%.*s': all %zu documents have the score %.6g",
                    RKB_LINT_SV(rkb_buf_view(&r->qid)), r->n,
                    r->entries[0].score);
    else
        add_tally(&r->tied, ties, r->places[0].line, &r->depths[r->at].tied);
    add_tally(&r->float32, ties9 - ties, r->places[0].line,
              &r->depths[r->at].float32);
}

static void end_query(struct rkb_lint_ranking *r)
{
    struct rkb_lint *l = r->l;

    if (!r->began)
        return;
    if (r->scored && r->n) {
        check_ranks(r);
        check_ties(r);
    }
    for (size_t i = 0; i < r->n_near; i++) {
        const struct near_hit *h = &r->near[i];

        if (!r->there[h->judgment])
            rkb_lint_at(l, RKB_LINT_ID_MISMATCH, r->places[h->at].line,
                        "document '%.*s' of query '%.*s': judged is '%.*s'",
                        RKB_LINT_SV(r->entries[h->at].docid),
                        RKB_LINT_SV(rkb_buf_view(&r->qid)),
                        RKB_LINT_SV(l->docs.exact.keys[h->doc]));
    }
    r->n = r->n_near = 0;
    rkb_arena_reset(&r->arena);
}

static void find_query(struct rkb_lint_ranking *r, rkb_sv qid)
{
    struct rkb_lint *l = r->l;
    uint32_t near;

    r->query = RKB_MAP_NONE;
    if (l->n_qrels != 1 || !l->n_judgments)
        return;
    r->query = rkb_map_find(&l->judged.exact, qid);
    if (r->query != RKB_MAP_NONE) {
        l->queries[r->query].ranked = true;
        r->n_judged++;
        return;
    }
    near = rkb_lint_ids_near(&l->judged, qid);
    if (near != RKB_MAP_NONE) {
        rkb_lint_at(l, RKB_LINT_ID_MISMATCH, l->line,
                    "query '%.*s': judged is '%.*s'", RKB_LINT_SV(qid),
                    RKB_LINT_SV(l->judged.exact.keys[near]));
        l->queries[near].ranked = true;
        return;
    }
    if (!r->not_judged.n_queries++) {
        r->not_judged.line = l->line;
        r->a_not_judged = r->qids.keys[r->at];
    }
}

void rkb_lint_ranking_query(struct rkb_lint_ranking *r, rkb_sv qid)
{
    bool is_new;

    if (r->began && rkb_sv_eq(rkb_buf_view(&r->qid), qid))
        return;
    end_query(r);
    r->began = true;
    rkb_buf_reset(&r->qid);
    rkb_buf_sv(&r->qid, qid);
    r->at = rkb_map_add(&r->qids, qid, &is_new);
    r->depths =
        rkb_grow(r->depths, &r->depths_cap, r->qids.n, sizeof *r->depths);
    r->scored = true;
    if (r->seen.n > SEEN_LIMIT)
        rkb_lint_set_reset(&r->seen);
    if (is_new) {
        r->depths[r->at] = (struct depth){ .line = r->l->line };
        find_query(r, qid);
    } else {
        r->query = r->l->n_qrels == 1 ? rkb_map_find(&r->l->judged.exact, qid)
                                      : RKB_MAP_NONE;
        if (r->depths[r->at].split)
            return;
        r->depths[r->at].split = true;
        rkb_lint_at(r->l, RKB_LINT_SPLIT_QUERY, r->l->line,
                    "query '%.*s' goes on after other queries",
                    RKB_LINT_SV(qid));
    }
}

/* ---- one document ----------------------------------------------------------- */

static void join(struct rkb_lint_ranking *r, rkb_sv docid)
{
    struct rkb_lint *l = r->l;
    uint64_t key = (uint64_t)r->query << 32, judgment = UINT64_MAX;
    uint32_t d = rkb_map_find(&l->docs.exact, docid);

    if (r->query == RKB_MAP_NONE)
        return;
    if (d != RKB_MAP_NONE)
        judgment = rkb_lint_set_find(&l->pairs, key | d);
    if (judgment != UINT64_MAX) {
        r->there[judgment] = 1;
        return;
    }
    d = rkb_lint_ids_near(&l->docs, docid);
    if (d != RKB_MAP_NONE)
        judgment = rkb_lint_set_find(&l->pairs, key | d);
    if (judgment == UINT64_MAX)
        return;
    r->near = rkb_grow(r->near, &r->near_cap, r->n_near + 1, sizeof *r->near);
    r->near[r->n_near++] = (struct near_hit){ d, judgment, r->n };
}

static void check_hit(struct rkb_lint_ranking *r, rkb_sv qid, rkb_sv docid)
{
    struct rkb_lint *l = r->l;
    const struct rkb_preset *p = l->want->preset;
    uint64_t pair = rkb_lint_pair(qid, docid);
    uint64_t was = rkb_lint_set_put(&r->seen, pair, l->line);

    if (was != UINT64_MAX)
        rkb_lint_at(l, RKB_LINT_DOCID, l->line,
                    "document '%.*s' stands twice for query '%.*s', first on "
                    "line %llu",
                    RKB_LINT_SV(docid), RKB_LINT_SV(qid),
                    (unsigned long long)was);
    if (rkb_sv_eq(qid, docid) && !(p && p->drop_self))
        rkb_lint_at(l, RKB_LINT_SELF, l->line,
                    "query '%.*s' has itself among its documents",
                    RKB_LINT_SV(qid));
    if (l->excluded.n && rkb_lint_set_find(&l->excluded, pair) != UINT64_MAX)
        rkb_lint_at(l, RKB_LINT_EXCLUDED, l->line,
                    "document '%.*s' is excluded for query '%.*s'",
                    RKB_LINT_SV(docid), RKB_LINT_SV(qid));
}

void rkb_lint_rank(struct rkb_lint_ranking *r, rkb_sv qid,
                   const struct rkb_lint_hit *hit)
{
    struct rkb_lint *l = r->l;

    rkb_lint_ranking_query(r, qid);
    check_hit(r, qid, hit->docid);
    r->depths[r->at].n++;
    if (hit->has_score && isinf(hit->score))
        rkb_lint_at(l, RKB_LINT_INFINITE, l->line,
                    "document '%.*s' of query '%.*s' has an infinite score",
                    RKB_LINT_SV(hit->docid), RKB_LINT_SV(qid));
    r->scored = r->scored && hit->has_score;
    join(r, hit->docid);
    if (l->n_corpora) {
        uint32_t d = rkb_lint_doc(l, hit->docid);

        if (!l->doc[d].candidate) {
            l->doc[d].candidate_line = l->line;
            l->doc[d].candidate_file = l->file;
        }
        l->doc[d].candidate = true;
    }
    r->entries =
        rkb_grow(r->entries, &r->entries_cap, r->n + 1, sizeof *r->entries);
    r->places =
        rkb_grow(r->places, &r->places_cap, r->n + 1, sizeof *r->places);
    r->entries[r->n] =
        (struct rkb_entry){ rkb_arena_copy(&r->arena, hit->docid),
                            hit->has_score ? hit->score : 0 };
    r->places[r->n++] = (struct place){ hit->rank, hit->has_rank, l->line };
}

/* ---- the whole file --------------------------------------------------------- */

static void tell_depth(struct rkb_lint_ranking *r)
{
    size_t deepest = 0, least = SIZE_MAX, n_less = 0, line = 0;

    for (size_t i = 0; i < r->qids.n; i++)
        if (r->depths[i].n > deepest)
            deepest = r->depths[i].n;
    for (size_t i = 0; i < r->qids.n; i++) {
        if (r->depths[i].n == deepest)
            continue;
        if (!n_less++)
            line = r->depths[i].line;
        least = r->depths[i].n < least ? r->depths[i].n : least;
    }
    if (n_less)
        rkb_lint_at(r->l, RKB_LINT_DEPTH, line,
                    "%zu of %zu queries have fewer documents than the %zu of "
                    "the deepest, at least %zu",
                    n_less, r->qids.n, deepest, least);
}

static void tell_joined(struct rkb_lint_ranking *r)
{
    struct rkb_lint *l = r->l;
    struct rkb_lint_ceiling c;
    size_t n = 0, first = 0;

    if (l->n_qrels != 1 || !l->n_judgments || !r->qids.n)
        return;
    for (size_t q = 0; q < l->judged.exact.n; q++)
        if (!l->queries[q].ranked && !n++)
            first = q;
    if (n == l->judged.exact.n) {
        rkb_lint_at(l, RKB_LINT_NO_COMMON, 0,
                    "no query in common with %s: ranked is '%.*s', judged "
                    "'%.*s'",
                    l->files[l->qrels_file].name, RKB_LINT_SV(r->qids.keys[0]),
                    RKB_LINT_SV(l->judged.exact.keys[0]));
        return;
    }
    if (n)
        rkb_lint_at(l, RKB_LINT_NOT_RANKED, 0,
                    "%zu of %zu judged queries are not in it, the first is "
                    "'%.*s'",
                    n, l->judged.exact.n,
                    RKB_LINT_SV(l->judged.exact.keys[first]));
    if (r->not_judged.n_queries)
        rkb_lint_at(l, RKB_LINT_NOT_JUDGED, r->not_judged.line,
                    "%zu of %zu queries are not judged, the first is '%.*s'",
                    r->not_judged.n_queries, r->qids.n,
                    RKB_LINT_SV(r->a_not_judged));
    c = rkb_lint_ceiling(l, r->there);
    if (c.n_there < c.n_pos)
        rkb_lint_at(l, RKB_LINT_CEILING, 0,
                    "%zu of %zu relevant documents are among the candidates: "
                    "recall is at most %.4f, nDCG@10 of a perfect reranking "
                    "%.4f, over %zu queries",
                    c.n_there, c.n_pos, c.recall, c.ndcg, c.n_queries);
}

void rkb_lint_ranking_close(struct rkb_lint_ranking *r)
{
    struct rkb_lint *l = r->l;

    end_query(r);
    if (r->tied.n_queries)
        rkb_lint_at(l, RKB_LINT_TIED, r->tied.line,
                    "%zu documents in %zu of %zu queries share their score "
                    "with another one",
                    r->tied.n_docs, r->tied.n_queries, r->qids.n);
    if (r->float32.n_queries)
        rkb_lint_at(l, RKB_LINT_FLOAT32, r->float32.line,
                    "scores of %zu documents in %zu of %zu queries differ, but "
                    "not as 32-bit numbers",
                    r->float32.n_docs, r->float32.n_queries, r->qids.n);
    tell_depth(r);
    tell_joined(r);
    rkb_arena_release(&r->arena);
    rkb_free(r->entries);
    rkb_free(r->places);
    rkb_free(r->near);
    rkb_free(r->depths);
    rkb_free(r->there);
    rkb_buf_release(&r->qid);
    rkb_ranker_release(&r->ranker);
    rkb_lint_set_release(&r->seen);
    rkb_map_release(&r->qids);
    rkb_free(r);
}
