/* SPDX-License-Identifier: Apache-2.0 */
/* What the stored orders of a run tell beside their values: whether anything
 * was decided at all, and what the first stage would have had. */
#include "base/io/json.h"
#include "base/mem.h"
#include "harness/eval/compare.h"
#include "harness/rerankers/reranker.h"
#include "metrics/gains.h"
#include "runs/trec_run.h"

#include <math.h>
#include <string.h>

struct looking {
    struct rkb_panel *p;
    struct rkb_system *s;
    struct rkb_joiner joiner;
    struct rkb_map docids; /* see rkb_join_rules */
    struct rkb_entry *entries;
    double *scores, *gains;
    size_t cap, scores_cap, gains_cap;
    double *values;           /* [n_slots] of one query */
    size_t *n_first, *n_ties; /* [n_slots] */
};

static bool is_identity(const struct rkb_result_row *row)
{
    bool same = true;

    for (size_t i = 0; row->r.order && i < row->r.n_docs && same; i++)
        same = row->r.order[i] == i;
    return same;
}

static bool is_scored(const struct rkb_result_row *row, size_t doc)
{
    return row->r.score && (!row->r.scored || row->r.scored[doc]);
}

static bool has_one_score(const struct rkb_result_row *row)
{
    size_t n = 0, first = 0;
    bool one = true;

    for (size_t i = 0; i < row->r.n_docs && one; i++) {
        if (!is_scored(row, i))
            continue;
        first = n++ ? first : i;
        one = !(row->r.score[i] < row->r.score[first] ||
                row->r.score[i] > row->r.score[first]);
    }
    return one && n > 1;
}

/* ---- ties ------------------------------------------------------------------ */

static int32_t grade_of(const struct rkb_judged_query *q, rkb_sv docid)
{
    uint64_t hash = rkb_sv_hash(docid);

    for (size_t i = 0; i < q->n_docs; i++)
        if (q->docs[i].hash == hash && rkb_sv_eq(q->docs[i].docid, docid))
            return q->docs[i].grade;
    return 0;
}

/* The scored documents at the head of the order; what a reranker left
 * unscored behind them has no ties. False when scores do not fall with the
 * rank: then they are not what decided. */
static bool head_by_score(struct looking *l, const struct rkb_result_row *row,
                          const struct rkb_judged_query *q,
                          const struct rkb_ladder *ladder, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < row->r.n_docs; i++) {
        size_t doc = row->r.order ? row->r.order[i] : i;

        if (!is_scored(row, doc))
            break;
        if (i && row->r.score[doc] > l->scores[i - 1])
            return false;
        l->scores[i] = row->r.score[doc];
        l->gains[i] =
            fmax(0, rkb_ladder_gain(ladder, grade_of(q, row->docids[doc])));
        (*n)++;
    }
    return true;
}

static void add_ties(struct looking *l, const struct rkb_result_row *row,
                     const struct rkb_judged_query *q,
                     const struct rkb_judged *view, size_t slot)
{
    const struct rkb_slot *s = &l->p->measures.slots[slot];
    const struct rkb_measure *m = &l->p->measures.items[s->item].measure;
    size_t k = (size_t)m->cuts[s->value], n;
    struct rkb_ties *sum = &l->s->ties[slot];
    struct rkb_ladder ladder;
    double ideal = 0, gain;

    if (!rkb_ladder_init(&ladder, m, view))
        return;
    for (size_t rank = 1; rank <= k && (gain = rkb_ladder_next(&ladder)) > 0;
         rank++)
        ideal += gain / log2((double)rank + 1);
    l->scores = rkb_grow(l->scores, &l->scores_cap, row->r.n_docs + 1,
                         sizeof *l->scores);
    l->gains =
        rkb_grow(l->gains, &l->gains_cap, row->r.n_docs + 1, sizeof *l->gains);
    if (!head_by_score(l, row, q, &ladder, &n) || n < row->r.n_docs)
        return;
    l->n_ties[slot]++;
    if (ideal <= 0)
        return; /* 0 in any order */
    struct rkb_ties t = rkb_ties(l->scores, l->gains, n, k, ideal);

    sum->n_tied += t.n_tied;
    sum->worst += t.worst;
    sum->expected += t.expected;
    sum->best += t.best;
}

/* ---- a query ----------------------------------------------------------------- */

static enum rkb_status join_first(struct looking *l,
                                  const struct rkb_result_row *row,
                                  const struct rkb_judged_query *q,
                                  struct rkb_judged *view, struct rkb_err *err)
{
    const struct rkb_join_rules rules = {
        .compat = (enum rkb_compat)l->s->eval.compat,
        .max_ret = SIZE_MAX,
        .ordered = true,
        .docids = &l->docids,
    };
    size_t n = row->r.n_docs;

    l->entries = rkb_grow(l->entries, &l->cap, n + 1, sizeof *l->entries);
    for (size_t i = 0; i < n; i++)
        l->entries[i] = (struct rkb_entry){ row->docids[i], (double)(n - i) };
    return rkb_join(&l->joiner, q, l->entries, n, &rules, view, NULL, err);
}

static enum rkb_status look_at(struct looking *l,
                               const struct rkb_result_row *row,
                               struct rkb_err *err)
{
    struct rkb_panel *p = l->p;
    struct rkb_system *s = l->s;
    uint32_t query = rkb_map_find(&p->qids, row->qid);
    uint32_t at = rkb_map_find(&p->judgments.qids, row->qid);
    struct rkb_judged view;

    if (row->r.sample || row->r.status == RKB_RESULT_FAILED ||
        row->r.n_docs < 1 || query == RKB_MAP_NONE || at == RKB_MAP_NONE)
        return RKB_OK;
    if (row->r.n_docs > 1) {
        s->n_ranked++;
        s->n_unchanged += is_identity(row);
        s->n_one_score += has_one_score(row);
    }
    const struct rkb_judged_query *q = &p->judgments.queries[at];
    enum rkb_status rc = join_first(l, row, q, &view, err);

    if (rc)
        return rc;
    rkb_measures_calc(&p->measures, &view, l->values);
    for (size_t slot = 0; slot < p->measures.n_slots; slot++) {
        double own = s->values[slot * p->n_queries + query];

        if (!isnan(l->values[slot]) && !isnan(own)) {
            s->first[slot] += l->values[slot];
            s->finished[slot] += own;
            l->n_first[slot]++;
        }
        if (s->tied[slot])
            add_ties(l, row, q, &view, slot);
    }
    return RKB_OK;
}

/* ---- a system ------------------------------------------------------------------ */

static enum rkb_status read_judgments(struct rkb_panel *p,
                                      struct rkb_store *store,
                                      struct rkb_err *err)
{
    struct rkb_judgment_row *rows;
    rkb_sv qid, docid;
    size_t n;
    enum rkb_status rc =
        rkb_store_judgments(store, &p->arena, p->systems[0].eval.judgment_set,
                            (rkb_sv){ 0 }, &rows, &n, err);

    for (size_t i = 0; i < n && !rc; i++)
        rkb_judgments_add(&p->judgments, rows[i].qid, rows[i].docid,
                          (int32_t)rows[i].grade);
    return rc ? rc : rkb_judgments_seal(&p->judgments, &qid, &docid, err);
}

static void start(struct looking *l)
{
    struct rkb_arena *a = &l->p->arena;
    size_t n = l->p->measures.n_slots;

    l->s->first = rkb_arena_new(a, n, sizeof *l->s->first);
    l->s->finished = rkb_arena_new(a, n, sizeof *l->s->finished);
    l->s->ties = rkb_arena_new(a, n, sizeof *l->s->ties);
    l->s->tied = rkb_arena_new(a, n, sizeof *l->s->tied);
    l->values = rkb_arena_new(a, n, sizeof *l->values);
    l->n_first = rkb_arena_new(a, n, sizeof *l->n_first);
    l->n_ties = rkb_arena_new(a, n, sizeof *l->n_ties);
    for (size_t i = 0; i < n; i++)
        l->s->tied[i] = l->p->measures.slots[i].def == &rkb_measure_ndcg_cut;
}

static void finish(struct looking *l)
{
    for (size_t i = 0; i < l->p->measures.n_slots; i++) {
        double n = (double)l->n_first[i], m = (double)l->n_ties[i];
        struct rkb_ties *t = &l->s->ties[i];

        l->s->first[i] = n > 0 ? l->s->first[i] / n : (double)NAN;
        l->s->finished[i] = n > 0 ? l->s->finished[i] / n : (double)NAN;
        l->s->tied[i] = t->n_tied > 0;
        t->worst /= m > 0 ? m : 1;
        t->expected /= m > 0 ? m : 1;
        t->best /= m > 0 ? m : 1;
    }
    rkb_joiner_release(&l->joiner);
    rkb_map_release(&l->docids);
    rkb_free(l->entries);
    rkb_free(l->scores);
    rkb_free(l->gains);
}

static enum rkb_status look_at_system(struct rkb_panel *p, struct rkb_system *s,
                                      struct rkb_store *store,
                                      struct rkb_err *err)
{
    struct rkb_result_cursor cursor = rkb_result_cursor(s->run.id);
    struct looking l = { .p = p, .s = s };
    struct rkb_arena row_arena = { 0 };
    struct rkb_result_row row;
    bool there = true;
    enum rkb_status rc = RKB_OK;

    start(&l);
    if (rkb_measures_need(&p->measures, RKB_SEES_OTHERS))
        rkb_judgments_docids(&p->judgments, &l.docids);
    while (!rc) {
        rkb_arena_reset(&row_arena);
        rc = rkb_store_next_result(store, &row_arena, &cursor, &row, &there,
                                   err);
        if (rc || !there)
            break;
        rc = look_at(&l, &row, err);
    }
    finish(&l);
    rkb_arena_release(&row_arena);
    return rc;
}

enum rkb_status rkb_panel_look(struct rkb_panel *p, struct rkb_store *store,
                               struct rkb_err *err)
{
    enum rkb_status rc = read_judgments(p, store, err);

    for (size_t i = 0; i < p->n_systems && !rc; i++) {
        const struct rkb_reranker_def *def;
        struct rkb_err unknown = { 0 };

        if (p->systems[i].eval.judgment_set != p->systems[0].eval.judgment_set)
            continue;
        /* What was made elsewhere is its own candidate list. */
        if (!rkb_reranker_find(p->systems[i].run.reranker, &def, &unknown))
            rc = look_at_system(p, &p->systems[i], store, err);
    }
    return rc;
}

/* ---- a run file ---------------------------------------------------------------- */

struct file_look {
    struct looking l;
    struct rkb_ranker ranker;
    rkb_sv *docids;
    double *scores;
    size_t docids_cap, scores_cap;
    uint8_t *seen; /* [n_queries] */
    bool parted;   /* a query stands in several places of the file */
};

/* Scores are those of evaluators, which tie what 32-bit floats do not part. */
static void make_row(struct file_look *f, const struct rkb_run_block *block,
                     struct rkb_result_row *row)
{
    f->docids =
        rkb_grow(f->docids, &f->docids_cap, block->n + 1, sizeof *f->docids);
    f->scores =
        rkb_grow(f->scores, &f->scores_cap, block->n + 1, sizeof *f->scores);
    for (size_t i = 0; i < block->n; i++) {
        f->docids[i] = block->entries[i].docid;
        f->scores[i] = (double)(float)block->entries[i].score;
    }
    *row = (struct rkb_result_row){ .qid = block->qid, .docids = f->docids };
    row->r.n_docs = block->n;
    row->r.score = f->scores;
    row->r.order = rkb_rank(&f->ranker, block->entries, block->n, RKB_COMPAT_9);
}

static enum rkb_status look_at_block(void *ctx,
                                     const struct rkb_run_block *block,
                                     size_t worker, struct rkb_err *err)
{
    struct file_look *f = ctx;
    struct rkb_panel *p = f->l.p;
    uint32_t query = rkb_map_find(&p->qids, block->qid);
    uint32_t at = rkb_map_find(&p->judgments.qids, block->qid);
    struct rkb_result_row row;
    struct rkb_judged view;

    (void)worker;
    if (query == RKB_MAP_NONE || at == RKB_MAP_NONE || block->n < 2)
        return RKB_OK;
    f->parted = f->parted || f->seen[query];
    f->seen[query] = 1;
    make_row(f, block, &row);
    f->l.s->n_ranked++;
    f->l.s->n_one_score += has_one_score(&row);
    const struct rkb_judged_query *q = &p->judgments.queries[at];
    enum rkb_status rc = join_first(&f->l, &row, q, &view, err);

    for (size_t slot = 0; slot < p->measures.n_slots && !rc; slot++)
        if (f->l.s->tied[slot])
            add_ties(&f->l, &row, q, &view, slot);
    return rc;
}

static enum rkb_status look_at_file(struct rkb_panel *p, struct rkb_system *s,
                                    struct rkb_pool *pool, struct rkb_err *err)
{
    struct file_look f = { .l = { .p = p, .s = s } };
    const struct rkb_run_want want = { .block = look_at_block, .ctx = &f };
    enum rkb_status rc;

    start(&f.l);
    f.seen = rkb_new(p->n_queries, sizeof *f.seen);
    if (rkb_measures_need(&p->measures, RKB_SEES_OTHERS))
        rkb_judgments_docids(&p->judgments, &f.l.docids);
    rc = rkb_run_read(s->name, pool, &want, NULL, NULL, err);
    finish(&f.l);
    if (f.parted)
        s->n_ranked = 0;
    rkb_ranker_release(&f.ranker);
    rkb_free(f.docids);
    rkb_free(f.scores);
    rkb_free(f.seen);
    return rc;
}

enum rkb_status rkb_panel_look_files(struct rkb_panel *p, struct rkb_err *err)
{
    struct rkb_pool *pool = rkb_pool_open(1);
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < p->n_systems && !rc; i++)
        if (rkb_run_rereadable(p->systems[i].name))
            rc = look_at_file(p, &p->systems[i], pool, err);
    rkb_pool_close(pool);
    return rc;
}

/* ---- times ---------------------------------------------------------------------- */

/* What must be the same for two times to be put into one ratio. */
struct conditions {
    rkb_sv host, cpu, scenario, concurrency;
    rkb_sv prefix; /* state of the servers' prefix caches; empty: no server */
};

static enum rkb_status read_conditions(struct rkb_arena *a,
                                       const struct rkb_session_row *w,
                                       struct conditions *out,
                                       struct rkb_err *err)
{
    const struct rkb_json *j, *reranker;
    enum rkb_status rc = rkb_json_parse(a, w->conditions, &j, err);

    if (rc)
        return rkb_wrap(err, "damaged store: conditions of session %lld",
                        (long long)w->id);
    *out = (struct conditions){ .host = w->host, .cpu = w->cpu };
    (void)rkb_json_id(rkb_json_get(j, "scenario"), &out->scenario);
    (void)rkb_json_id(rkb_json_get(j, "concurrency"), &out->concurrency);
    reranker = rkb_json_get(j, "reranker");
    if (reranker)
        (void)rkb_json_id(rkb_json_get(reranker, "prefix"), &out->prefix);
    return RKB_OK;
}

static const char *differ(struct rkb_arena *a, const struct conditions *x,
                          const struct conditions *y)
{
    const struct {
        const char *what;
        rkb_sv x, y;
    } parts[] = { { "scenarios", x->scenario, y->scenario },
                  { "hosts", x->host, y->host },
                  { "processors", x->cpu, y->cpu },
                  { "concurrency", x->concurrency, y->concurrency },
                  { "prefix caches", x->prefix, y->prefix } };

    /* A system without a server has no such caches. */
    size_t n = RKB_COUNT(parts) - (!x->prefix.len || !y->prefix.len);

    for (size_t i = 0; i < n; i++)
        if (!rkb_sv_eq(parts[i].x, parts[i].y))
            return rkb_arena_printf(a, "different %s, '%.*s' and '%.*s'",
                                    parts[i].what, (int)parts[i].x.len,
                                    parts[i].x.at, (int)parts[i].y.len,
                                    parts[i].y.at);
    return NULL;
}

enum rkb_status rkb_panel_apart(struct rkb_panel *p, struct rkb_store *store,
                                size_t a, size_t b, const char **why,
                                struct rkb_err *err)
{
    const size_t systems[] = { a, b };
    struct conditions first = { 0 };
    bool have_first = false;
    enum rkb_status rc = RKB_OK;

    *why = NULL;
    for (size_t i = 0; i < 2 && !rc; i++) {
        struct rkb_session_row *rows;
        size_t n = 0;

        rc = rkb_store_sessions(store, &p->arena, p->systems[systems[i]].run.id,
                                &rows, &n, err);
        for (size_t w = 0; w < n && !rc && !*why; w++) {
            struct conditions c;

            rc = read_conditions(&p->arena, &rows[w], &c, err);
            if (rc)
                break;
            if (have_first)
                *why = differ(&p->arena, &first, &c);
            else
                first = c;
            have_first = true;
        }
    }
    return rc;
}
