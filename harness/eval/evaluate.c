/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/evaluate.h"

#include "base/buf.h"
#include "base/io/file.h"
#include "base/mem.h"
#include "base/sort.h"
#include "datasets/presets.h"
#include "datasets/record.h"
#include "runs/trec_run.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* Pieces of a query whose lines stand apart, as one worker met them. A record
 * is the score, the place where the order goes by it, the docid's length in a
 * byte (in eight more behind a LONG_DOCID) and the docid: packed, because
 * fetching memory is most of the work. */
struct piece {
    struct piece *older;
    size_t used; /* of an older one; that of the newest is in struct kept */
    char bytes[];
};
/* Apart from the pieces, so that all of them fit the cache: each line may have
 * another query than the one before it. */
struct kept {
    struct piece *newest; /* NULL: none yet */
    uint32_t used, cap;
};
/* Pieces of one size are begun by all queries at about the same time, so those
 * that are written to lie together. */
enum { PIECE_BYTES = 256, LONG_DOCID = 255 };

struct lane {               /* one per worker */
    struct rkb_arena arena; /* texts, pieces */
    struct rkb_joiner joiner;
    struct rkb_buf text;
    struct kept *kept; /* [n_queries]; NULL: none yet */
    struct rkb_entry *entries, *sorted;
    size_t entries_cap, sorted_cap;
    int64_t *places; /* [places_cap] of entries; by which they are ordered */
    size_t places_cap;
    struct rkb_ranker ranker;
    struct rkb_map run_only; /* ids of queries that are not judged */
    /* A docid that stands twice, or at a wrong rank, which should be
     * `fault_rank`. The worker stops there. */
    bool fault;
    size_t fault_query, fault_rank;
    rkb_sv fault_docid;
};

struct reading {
    const struct rkb_evaluate *how;
    struct rkb_evaluated *out;
    struct lane *lanes;
    size_t n_lanes;
    _Atomic unsigned char *met; /* [n_queries] */
    atomic_bool scattered;
    bool gather;
};

void rkb_evaluated_release(struct rkb_evaluated *e)
{
    rkb_free(e->values);
    rkb_free(e->seen);
    rkb_free(e->texts);
    rkb_free(e->all);
    rkb_arena_release(&e->arena);
    *e = (struct rkb_evaluated){ 0 };
}

/* ---- one query --------------------------------------------------------- */

static void keep_texts(struct reading *r, struct lane *lane, size_t query,
                       const struct rkb_judged *view, bool absent)
{
    const struct rkb_measures *ms = r->how->measures;
    rkb_sv *texts = r->out->texts + query * ms->n_slots;

    for (size_t s = 0; s < ms->n_slots; s++) {
        if (!ms->slots[s].is_text || !ms->slots[s].in_queries)
            continue;
        rkb_buf_reset(&lane->text);
        rkb_slot_text(ms, s, view, absent, &lane->text);
        texts[s] = rkb_arena_copy(&lane->arena, rkb_buf_view(&lane->text));
    }
}

static int by_docid(const void *a, const void *b, void *ctx)
{
    (void)ctx;
    return rkb_sv_cmp(((const struct rkb_entry *)a)->docid,
                      ((const struct rkb_entry *)b)->docid);
}

/* The smallest docid that stands twice: gathered entries come in the order in
 * which the workers met them, and a message should not depend on that. */
static rkb_sv smallest_twice(struct lane *lane, size_t n)
{
    rkb_sort(lane->entries, n, sizeof *lane->entries, by_docid, NULL);
    for (size_t i = 1; i < n; i++)
        if (rkb_sv_eq(lane->entries[i - 1].docid, lane->entries[i].docid))
            return lane->entries[i].docid;
    return (rkb_sv){ 0 };
}

/* Of several faults the one of the first query is kept. */
static void keep_fault(struct lane *lane, size_t query, rkb_sv docid,
                       size_t rank)
{
    if (lane->fault && lane->fault_query < query)
        return;
    lane->fault = true;
    lane->fault_query = query;
    lane->fault_rank = rank;
    lane->fault_docid = rkb_arena_copy(&lane->arena, docid);
}

/* The entries by how->order in lane->sorted; false: a rank is wrong. */
static bool put_in_order(struct reading *r, struct lane *lane, size_t query,
                         const struct rkb_entry *entries, const int64_t *places,
                         size_t n)
{
    enum rkb_rank_rule rule = r->how->order;
    const uint32_t *order =
        rkb_rank_by(&lane->ranker, rule, entries, places, n);

    lane->sorted =
        rkb_grow(lane->sorted, &lane->sorted_cap, n, sizeof *lane->sorted);
    for (size_t i = 0; i < n; i++) {
        lane->sorted[i] = entries[order[i]];
        if (rule == RKB_RANK_PLACE && places[order[i]] != (int64_t)i + 1) {
            keep_fault(lane, query, entries[order[i]].docid, i + 1);
            return false;
        }
    }
    return true;
}

/* places [n] is looked at only where the order is not trec_eval's. */
static enum rkb_status evaluate_query(struct reading *r, struct lane *lane,
                                      size_t query,
                                      const struct rkb_entry *entries,
                                      const int64_t *places, size_t n,
                                      struct rkb_err *err)
{
    const struct rkb_evaluate *how = r->how;
    struct rkb_judged view;
    size_t twice = 0;

    if (how->order != RKB_RANK_TREC) {
        if (!put_in_order(r, lane, query, entries, places, n))
            return rkb_fail(err, RKB_E_DATA, "a wrong rank");
        entries = lane->sorted;
    }
    enum rkb_status rc =
        rkb_join(&lane->joiner, &how->judgments->queries[query], entries, n,
                 &how->rules, &view, &twice, err);

    if (rc) {
        keep_fault(lane, query,
                   r->gather ? smallest_twice(lane, n) : entries[twice].docid,
                   0);
        return rc;
    }
    rkb_measures_calc(how->measures, &view,
                      r->out->values + query * how->measures->n_slots);
    if (r->out->texts)
        keep_texts(r, lane, query, &view, false);
    r->out->seen[query] = 1;
    return RKB_OK;
}

/* ---- queries whose lines stand apart ------------------------------------ */

static char *put(char *to, const void *bytes, size_t n)
{
    memcpy(to, bytes, n);
    return to + n;
}

static const char *get(const char *from, void *bytes, size_t n)
{
    memcpy(bytes, from, n);
    return from + n;
}

/* A docid is shorter than RKB_LINE_LIMIT, so that `need` fits. */
static void add_piece(struct lane *lane, struct kept *k, size_t need)
{
    size_t cap = need > PIECE_BYTES ? need : PIECE_BYTES;
    struct piece *newer = rkb_arena_new(&lane->arena, 1, sizeof *newer + cap);

    if (k->newest)
        k->newest->used = k->used;
    newer->older = k->newest;
    *k = (struct kept){ .newest = newer, .cap = (uint32_t)cap };
}

/* place: NULL where the order does not go by it, and so below. */
static void keep_entry(struct lane *lane, size_t query,
                       const struct rkb_entry *entry, const int64_t *place)
{
    struct kept *k = &lane->kept[query];
    rkb_sv docid = entry->docid;
    bool is_long = docid.len >= LONG_DOCID;
    size_t need = sizeof entry->score + (place ? sizeof *place : 0) + 1 +
                  (is_long ? sizeof docid.len : 0) + docid.len;

    if (k->cap - k->used < need)
        add_piece(lane, k, need);
    char *to = k->newest->bytes + k->used;

    k->used += (uint32_t)need;
    to = put(to, &entry->score, sizeof entry->score);
    if (place)
        to = put(to, place, sizeof *place);
    *to++ = (char)(is_long ? LONG_DOCID : docid.len);
    if (is_long)
        to = put(to, &docid.len, sizeof docid.len);
    put(to, docid.at, docid.len);
}

/* Reads the record at `from`; returns its end. */
static const char *kept_entry(const char *from, struct rkb_entry *out,
                              int64_t *place)
{
    from = get(from, &out->score, sizeof out->score);
    if (place)
        from = get(from, place, sizeof *place);
    out->docid.len = (unsigned char)*from++;
    if (out->docid.len == LONG_DOCID)
        from = get(from, &out->docid.len, sizeof out->docid.len);
    out->docid.at = from;
    return from + out->docid.len;
}

static enum rkb_status evaluate_pieces(void *arg, size_t query, size_t worker)
{
    struct reading *r = arg;
    struct lane *lane = &r->lanes[worker];
    bool placed = r->how->order != RKB_RANK_TREC;
    size_t n = 0;
    struct rkb_err err;

    if (!atomic_load_explicit(&r->met[query], memory_order_relaxed))
        return RKB_OK;
    for (size_t w = 0; w < rkb_pool_size(r->how->pool); w++) {
        const struct kept *k = r->lanes[w].kept;

        if (!k || !k[query].newest)
            continue;
        k[query].newest->used = k[query].used;
        for (const struct piece *p = k[query].newest; p; p = p->older)
            for (const char *at = p->bytes; at < p->bytes + p->used; n++) {
                if (n == lane->entries_cap)
                    lane->entries = rkb_grow(lane->entries, &lane->entries_cap,
                                             n + 1, sizeof *lane->entries);
                if (placed && n == lane->places_cap)
                    lane->places = rkb_grow(lane->places, &lane->places_cap,
                                            n + 1, sizeof *lane->places);
                at = kept_entry(at, &lane->entries[n],
                                placed ? &lane->places[n] : NULL);
            }
    }
    return evaluate_query(r, lane, query, lane->entries, lane->places, n, &err);
}

/* ---- blocks ------------------------------------------------------------ */

/* What orders the i-th entry; 0 is no rank. */
static int64_t place_of(const struct rkb_run_block *block, size_t i)
{
    int64_t rank;

    if (!block->ranks)
        return (int64_t)(block->at + i);
    return rkb_sv_to_i64(block->ranks[i], 1, INT64_MAX, &rank) ? rank : 0;
}

static enum rkb_status on_block(void *ctx, const struct rkb_run_block *block,
                                size_t worker, struct rkb_err *err)
{
    struct reading *r = ctx;
    struct lane *lane = &r->lanes[worker];
    uint32_t query = rkb_map_find(&r->how->judgments->qids, block->qid);
    bool placed = r->how->order != RKB_RANK_TREC;

    if (query == RKB_MAP_NONE) {
        rkb_map_add(&lane->run_only, block->qid, NULL);
        return RKB_OK;
    }
    if (r->gather) {
        atomic_store_explicit(&r->met[query], 1, memory_order_relaxed);
        if (!lane->kept)
            lane->kept = rkb_new(r->how->judgments->qids.n, sizeof *lane->kept);
        for (size_t i = 0; i < block->n; i++) {
            int64_t place = placed ? place_of(block, i) : 0;

            keep_entry(lane, query, &block->entries[i], placed ? &place : NULL);
        }
        return RKB_OK;
    }
    if (atomic_exchange(&r->met[query], 1)) {
        atomic_store(&r->scattered, true);
        return rkb_fail(err, RKB_E_STOPPED, "read again");
    }
    if (placed) {
        lane->places = rkb_grow(lane->places, &lane->places_cap, block->n,
                                sizeof *lane->places);
        for (size_t i = 0; i < block->n; i++)
            lane->places[i] = place_of(block, i);
    }
    return evaluate_query(r, lane, query, block->entries, lane->places,
                          block->n, err);
}

/* Of several faults the same one is told of, however the threads were timed:
 * the first in the file, or where lines were gathered that of the first
 * query. */
static enum rkb_status told_fault(const struct reading *r, const char *path,
                                  struct rkb_err *err)
{
    const struct lane *told = NULL;
    size_t told_line = 0;

    for (const struct lane *l = r->lanes; l < r->lanes + r->n_lanes; l++) {
        if (!l->fault)
            continue;
        size_t line = rkb_run_find_line(
            path, r->how->judgments->queries[l->fault_query].qid,
            l->fault_docid, l->fault_rank ? 1 : 2);

        if (!told || (r->gather ? l->fault_query < told->fault_query
                                : line < told_line)) {
            told = l;
            told_line = line;
        }
    }
    rkb_sv q = r->how->judgments->queries[told->fault_query].qid;
    rkb_sv d = told->fault_docid;

    if (told->fault_rank)
        rkb_fail(err, RKB_E_DATA,
                 "document '%.*s' of query '%.*s' should have rank %zu: ranks "
                 "are 1, 2, 3 ... without gaps and repeats",
                 (int)d.len, d.at, (int)q.len, q.at, told->fault_rank);
    else
        rkb_fail(err, RKB_E_DATA,
                 "document '%.*s' is ranked twice for query '%.*s'", (int)d.len,
                 d.at, (int)q.len, q.at);
    if (!told_line) /* a pipe */
        return rkb_wrap(err, "%s", path);
    if (told->fault_rank)
        return rkb_wrap(err, "%s:%zu", path, told_line);
    return rkb_fail(err, RKB_E_DATA, "%s:%zu: %s (first on line %zu)", path,
                    told_line, err->msg, rkb_run_find_line(path, q, d, 1));
}

/* Before a second reading. */
static void forget(struct reading *r)
{
    size_t n_queries = r->how->judgments->qids.n;

    for (struct lane *l = r->lanes; l < r->lanes + r->n_lanes; l++) {
        rkb_map_release(&l->run_only);
        l->fault = false;
    }
    memset(r->out->seen, 0, n_queries);
    for (size_t i = 0; i < n_queries; i++)
        atomic_store_explicit(&r->met[i], 0, memory_order_relaxed);
}

/* A pipe cannot be read again, so it is gathered from the start. */
static enum rkb_status read_run(struct reading *r, const char *path,
                                struct rkb_err *err)
{
    struct rkb_evaluated *out = r->out;
    bool by_rank = r->how->order == RKB_RANK_PLACE;
    const struct rkb_run_want want = {
        .block = on_block, .ctx = r, .ranks = by_rank, .three = by_rank
    };

    r->gather = !rkb_run_rereadable(path);
    enum rkb_status rc =
        rkb_run_read(path, r->how->pool, &want, &out->arena, &out->tag, err);

    if (atomic_load(&r->scattered)) {
        *err = (struct rkb_err){ 0 };
        r->gather = true;
        forget(r);
        rc = rkb_run_read(path, r->how->pool, &want, &out->arena, &out->tag,
                          err);
    }
    if (!rc && r->gather)
        rc = rkb_pool_run(r->how->pool, r->how->judgments->qids.n,
                          evaluate_pieces, r);
    for (size_t i = 0; rc && i < r->n_lanes; i++)
        if (r->lanes[i].fault)
            return told_fault(r, path, err);
    return rc;
}

/* How many queries of the run are not judged, and the smallest ids. */
static void count_run_only(struct reading *r)
{
    struct rkb_evaluated *out = r->out;
    struct rkb_map *all = &r->lanes[0].run_only;

    for (size_t i = 1; i < r->n_lanes; i++)
        for (size_t k = 0; k < r->lanes[i].run_only.n; k++)
            rkb_map_add(all, r->lanes[i].run_only.keys[k], NULL);
    out->n_run_only = all->n;
    for (size_t k = 0, n = 0; k < all->n; k++) {
        size_t at = n;

        while (at > 0 && rkb_sv_cmp(all->keys[k], out->run_only[at - 1]) < 0)
            at--;
        if (at == RKB_SAMPLE_IDS)
            continue;
        n += n < RKB_SAMPLE_IDS;
        memmove(&out->run_only[at + 1], &out->run_only[at],
                (n - at - 1) * sizeof *out->run_only);
        out->run_only[at] = all->keys[k];
    }
    for (size_t i = 0; i < RKB_SAMPLE_IDS; i++)
        out->run_only[i] = rkb_arena_copy(&out->arena, out->run_only[i]);
}

/* Sums in the order of trec_eval, qid ascending. */
static void summarise(struct reading *r)
{
    const struct rkb_evaluate *how = r->how;
    const struct rkb_judgments *j = how->judgments;
    struct rkb_evaluated *out = r->out;
    struct rkb_measures_sum sum;
    size_t n_slots = how->measures->n_slots;

    rkb_measures_sum_init(&sum, &out->arena, how->measures, how->complete);
    for (size_t i = 0; i < j->qids.n; i++) {
        uint32_t q = j->by_qid[i];
        struct rkb_judged view = rkb_join_absent(&j->queries[q], &how->rules);
        double *values = out->values + q * n_slots;

        if (out->seen[q]) {
            rkb_measures_sum_add(&sum, &view, values);
            out->n_seen++;
        } else if (how->complete) {
            rkb_measures_absent(how->measures, &view, values);
            if (out->texts)
                keep_texts(r, &r->lanes[0], q, &view, true);
            rkb_measures_sum_absent(&sum, &view, values);
        }
    }
    out->n_missing = j->qids.n - out->n_seen;
    out->n_counted = how->complete ? j->qids.n : out->n_seen;
    rkb_measures_sum_finish(&sum, out->all);
}

static bool wants_texts(const struct rkb_measures *ms)
{
    for (size_t s = 0; s < ms->n_slots; s++)
        if (ms->slots[s].is_text && ms->slots[s].in_queries)
            return true;
    return false;
}

enum rkb_status rkb_evaluate_file(const struct rkb_evaluate *how,
                                  const char *path, struct rkb_evaluated *out,
                                  struct rkb_err *err)
{
    size_t n_queries = how->judgments->qids.n;
    size_t n_slots = how->measures->n_slots;
    size_t n_lanes = rkb_pool_size(how->pool);
    struct rkb_evaluate mine = *how;
    struct rkb_map docids = { 0 };
    struct reading r = { .how = &mine, .out = out, .n_lanes = n_lanes };

    mine.rules.ordered = how->order != RKB_RANK_TREC;
    if (rkb_measures_need(how->measures, RKB_SEES_OTHERS)) {
        rkb_judgments_docids(how->judgments, &docids);
        mine.rules.docids = &docids;
    }
    *out = (struct rkb_evaluated){ .n_queries = n_queries, .n_slots = n_slots };
    out->values =
        rkb_new(rkb_mem_product(n_queries, n_slots), sizeof *out->values);
    out->seen = rkb_new(n_queries, 1);
    out->all = rkb_new(n_slots, sizeof *out->all);
    if (wants_texts(how->measures))
        out->texts =
            rkb_new(rkb_mem_product(n_queries, n_slots), sizeof *out->texts);
    r.lanes = rkb_new(n_lanes, sizeof *r.lanes);
    r.met = rkb_new(n_queries, sizeof *r.met);

    enum rkb_status rc = read_run(&r, path, err);

    if (!rc) {
        summarise(&r);
        count_run_only(&r);
    }
    if (!rc && out->texts) /* the lanes go: the texts move to the result */
        for (size_t i = 0; i < n_queries * n_slots; i++)
            out->texts[i] = rkb_arena_copy(&out->arena, out->texts[i]);
    for (size_t i = 0; i < n_lanes; i++) {
        rkb_arena_release(&r.lanes[i].arena);
        rkb_joiner_release(&r.lanes[i].joiner);
        rkb_buf_release(&r.lanes[i].text);
        rkb_free(r.lanes[i].kept);
        rkb_free(r.lanes[i].entries);
        rkb_free(r.lanes[i].sorted);
        rkb_free(r.lanes[i].places);
        rkb_ranker_release(&r.lanes[i].ranker);
        rkb_map_release(&r.lanes[i].run_only);
    }
    rkb_free(r.lanes);
    rkb_free((void *)(uintptr_t)r.met);
    rkb_map_release(&docids);
    if (rc)
        rkb_evaluated_release(out);
    return rc;
}

/* ---- judgments from a file --------------------------------------------- */

struct pair {
    rkb_sv qid, docid;
};

struct grades {
    struct rkb_judgments *j;
    bool excludes;
    struct pair *excluded; /* [n_excluded] a query's judgments may come later */
    size_t n_excluded, cap;
};

static enum rkb_status on_grade(void *ctx, rkb_sv qid, rkb_sv docid,
                                int32_t grade, struct rkb_err *err)
{
    struct grades *g = ctx;

    (void)err;
    if (!g->excludes || grade != RKB_GRADE_EXCLUDED) {
        rkb_judgments_add(g->j, qid, docid, grade);
        return RKB_OK;
    }
    g->excluded =
        rkb_grow(g->excluded, &g->cap, g->n_excluded + 1, sizeof *g->excluded);
    g->excluded[g->n_excluded].qid = rkb_arena_copy(&g->j->arena, qid);
    g->excluded[g->n_excluded++].docid = rkb_arena_copy(&g->j->arena, docid);
    return RKB_OK;
}

static enum rkb_status apply_excluded(const struct grades *g, const char *spec,
                                      struct rkb_err *err)
{
    for (size_t i = 0; i < g->n_excluded; i++) {
        rkb_sv docid = g->excluded[i].docid, qid = g->excluded[i].qid;
        uint32_t q = rkb_map_find(&g->j->qids, qid);

        for (size_t d = 0; q != RKB_MAP_NONE && d < g->j->queries[q].n_docs;
             d++)
            if (rkb_sv_eq(g->j->queries[q].docs[d].docid, docid))
                return rkb_fail(err, RKB_E_DATA,
                                "%s: document '%.*s' is both judged and "
                                "excluded (%d) for query '%.*s'",
                                spec, (int)docid.len, docid.at,
                                RKB_GRADE_EXCLUDED, (int)qid.len, qid.at);
        rkb_judgments_exclude(g->j, qid, docid);
    }
    return RKB_OK;
}

/* What cannot be opened twice cannot be looked at first. */
static bool is_pipe(const char *spec)
{
    return !strcmp(spec, "-") ||
           (rkb_file_exists(spec) && !rkb_file_is_folder(spec) &&
            !rkb_run_rereadable(spec));
}

static enum rkb_status read_grades(const char *spec,
                                   const struct rkb_sink *sink,
                                   struct rkb_err *err)
{
    struct rkb_buf forced = { 0 };
    const char *looks = NULL;

    if (is_pipe(spec)) {
        struct rkb_stream *in;
        enum rkb_status rc = rkb_stream_open(&in, spec, err);

        return rc ? rc : rkb_qrels_trec(in, sink, err);
    }
    /* What looks like nothing known is read as TREC qrels, as trec_eval
     * would: the message then names the line. */
    if (!rkb_format_guess(spec, &looks, err) && !looks)
        rkb_buf_text(&forced, "trec-qrels:");
    rkb_buf_text(&forced, spec);
    enum rkb_status rc =
        rkb_format_read(forced.at, RKB_PART_GRADES, NULL, NULL, sink, err);

    rkb_buf_release(&forced);
    return rc;
}

/* A second reading, to find where a judgment stands the second time. */
struct wanted {
    rkb_sv qid, docid;
    bool met;
};

static enum rkb_status on_wanted(void *ctx, rkb_sv qid, rkb_sv docid,
                                 int32_t grade, struct rkb_err *err)
{
    struct wanted *w = ctx;

    (void)grade;
    if (!rkb_sv_eq(qid, w->qid) || !rkb_sv_eq(docid, w->docid))
        return RKB_OK;
    if (w->met)
        return rkb_fail(err, RKB_E_DATA,
                        "document '%.*s' is judged twice for query '%.*s'",
                        (int)docid.len, docid.at, (int)qid.len, qid.at);
    w->met = true;
    return RKB_OK;
}

static enum rkb_status read_and_seal(struct grades *g, const char *spec,
                                     struct rkb_err *err)
{
    const struct rkb_sink sink = { .ctx = g, .on_grade = on_grade };
    struct wanted wanted = { 0 };
    const struct rkb_sink find = { .ctx = &wanted, .on_grade = on_wanted };
    enum rkb_status rc = read_grades(spec, &sink, err);

    if (rc)
        return rc;
    rc = rkb_judgments_seal(g->j, &wanted.qid, &wanted.docid, err);
    if (rc) {
        struct rkb_err found = { 0 };

        if (is_pipe(spec) || !read_grades(spec, &find, &found) || !wanted.met)
            return rkb_wrap(err, "%s", spec);
        *err = found;
        return rc;
    }
    if (!g->j->qids.n)
        return rkb_fail(err, RKB_E_DATA, "%s: no judgments in it", spec);
    return apply_excluded(g, spec, err);
}

enum rkb_status rkb_judgments_read(struct rkb_judgments *j, const char *spec,
                                   bool excludes, size_t *n_excluded,
                                   struct rkb_err *err)
{
    struct grades g = { .j = j, .excludes = excludes };
    enum rkb_status rc = read_and_seal(&g, spec, err);

    if (n_excluded)
        *n_excluded = g.n_excluded;
    rkb_free(g.excluded);
    return rc;
}
