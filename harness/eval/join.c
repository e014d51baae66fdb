/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/join.h"

#include "base/mem.h"
#include "base/sort.h"

#include <string.h>

enum { FIRST_DOCS = 8, THIN_SLOTS = 1 << 16 };

static const int32_t not_judged = INT32_MIN, left_out = INT32_MIN + 1;

void rkb_judgments_release(struct rkb_judgments *j)
{
    for (size_t i = 0; i < j->qids.n; i++) {
        rkb_free(j->queries[i].docs);
        rkb_free(j->queries[i].grades);
        rkb_free(j->queries[i].excluded);
    }
    rkb_free(j->queries);
    rkb_free(j->by_qid);
    rkb_map_release(&j->qids);
    rkb_arena_release(&j->arena);
    *j = (struct rkb_judgments){ 0 };
}

void rkb_judgments_add(struct rkb_judgments *j, rkb_sv qid, rkb_sv docid,
                       int32_t grade)
{
    bool is_new;
    uint32_t i = rkb_map_add(&j->qids, qid, &is_new);

    if (is_new) {
        j->queries =
            rkb_grow(j->queries, &j->cap, i + (size_t)1, sizeof *j->queries);
        j->queries[i] = (struct rkb_judged_query){ .qid = j->qids.keys[i] };
    }
    struct rkb_judged_query *q = &j->queries[i];

    if (q->n_docs == q->cap)
        q->docs =
            rkb_grow(q->docs, &q->cap, q->n_docs ? q->n_docs + 1 : FIRST_DOCS,
                     sizeof *q->docs);
    q->docs[q->n_docs++] =
        (struct rkb_judgment){ .docid = rkb_arena_copy(&j->arena, docid),
                               .hash = rkb_sv_hash(docid),
                               .grade = grade };
}

void rkb_judgments_exclude(struct rkb_judgments *j, rkb_sv qid, rkb_sv docid)
{
    uint32_t i = rkb_map_find(&j->qids, qid);

    if (i == RKB_MAP_NONE)
        return;
    struct rkb_judged_query *q = &j->queries[i];

    q->excluded = rkb_grow(q->excluded, &q->excluded_cap, q->n_excluded + 1,
                           sizeof *q->excluded);
    q->excluded[q->n_excluded++] =
        (struct rkb_judgment){ .docid = rkb_arena_copy(&j->arena, docid),
                               .hash = rkb_sv_hash(docid) };
}

static int by_grade(const void *a, const void *b, void *ctx)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    (void)ctx;
    return (x < y) - (x > y);
}

static int by_qid(const void *a, const void *b, void *ctx)
{
    const struct rkb_judgments *j = ctx;

    return rkb_sv_cmp(j->queries[*(const uint32_t *)a].qid,
                      j->queries[*(const uint32_t *)b].qid);
}

void rkb_judgments_docids(const struct rkb_judgments *j, struct rkb_map *out)
{
    for (size_t q = 0; q < j->qids.n; q++)
        for (size_t i = 0; i < j->queries[q].n_docs; i++)
            rkb_map_add(out, j->queries[q].docs[i].docid, NULL);
}

/* ---- the table of documents ---------------------------------------------
 * A slot is 0 when free; else the high half is the high half of the hash and
 * the low half is 1 + the index: of a ranked entry, or with JUDGED set of a
 * judgment that no entry has met. */
#define JUDGED 0x80000000u

static void clear_slots(struct rkb_joiner *j, size_t n_items)
{
    size_t want = 64;

    /* The thinner the table, the fewer probes meet another docid, which no
     * branch predictor foresees: eight slots a docid took 15 % off the time
     * of `eval` against two. But it has to fit the second level cache. */
    while (want < n_items * 2 || (want < n_items * 8 && want < THIN_SLOTS))
        want *= 2;
    /* The part in use shrinks with the query: it should stay in the cache. */
    j->n_slots = want;
    if (want > j->slots_cap) {
        j->slots_cap = want;
        j->slots = rkb_resize(j->slots, want, sizeof *j->slots);
    }
    memset(j->slots, 0, want * sizeof *j->slots);
}

static inline uint64_t slot_of(uint64_t hash, uint32_t low)
{
    return (hash & 0xffffffff00000000ull) | low;
}

static inline bool same_tag(uint64_t slot, uint64_t hash)
{
    return slot >> 32 == hash >> 32;
}

/* Puts the query's judgments in; the index of a repeated one, or n_docs. */
static size_t put_judgments(struct rkb_joiner *j,
                            const struct rkb_judged_query *q)
{
    size_t mask = j->n_slots - 1;

    for (size_t i = 0; i < q->n_docs; i++) {
        uint64_t hash = q->docs[i].hash;
        size_t s = hash & mask;

        for (; j->slots[s]; s = (s + 1) & mask)
            if (same_tag(j->slots[s], hash) &&
                rkb_sv_eq(q->docs[(uint32_t)j->slots[s] - 1 - JUDGED].docid,
                          q->docs[i].docid))
                return i;
        j->slots[s] = slot_of(hash, JUDGED + (uint32_t)i + 1);
    }
    return q->n_docs;
}

enum rkb_status rkb_judgments_seal(struct rkb_judgments *j, rkb_sv *qid,
                                   rkb_sv *docid, struct rkb_err *err)
{
    struct rkb_joiner table = { 0 };
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < j->qids.n && !rc; i++) {
        struct rkb_judged_query *q = &j->queries[i];

        clear_slots(&table, q->n_docs);
        size_t twice = put_judgments(&table, q);

        if (twice < q->n_docs) {
            *qid = q->qid;
            *docid = q->docs[twice].docid;
            rc = rkb_fail(err, RKB_E_DATA,
                          "document '%.*s' is judged twice for query '%.*s'",
                          (int)docid->len, docid->at, (int)qid->len, qid->at);
        }
        q->grades = rkb_resize(q->grades, q->n_docs, sizeof *q->grades);
        for (size_t d = 0; d < q->n_docs; d++)
            q->grades[d] = q->docs[d].grade;
        rkb_sort(q->grades, q->n_docs, sizeof *q->grades, by_grade, NULL);
        for (q->n_pos = 0; q->n_pos < q->n_docs && q->grades[q->n_pos] > 0;)
            q->n_pos++;
        for (q->n_judged = q->n_pos;
             q->n_judged < q->n_docs && q->grades[q->n_judged] >= 0;)
            q->n_judged++;
        j->n_positive_queries += q->n_pos > 0;
    }
    j->by_qid = rkb_resize(j->by_qid, j->qids.n, sizeof *j->by_qid);
    for (uint32_t i = 0; i < j->qids.n; i++)
        j->by_qid[i] = i;
    rkb_sort(j->by_qid, j->qids.n, sizeof *j->by_qid, by_qid, j);
    rkb_joiner_release(&table);
    return rc;
}

/* ---- joining ----------------------------------------------------------- */

void rkb_joiner_release(struct rkb_joiner *j)
{
    rkb_ranker_release(&j->ranker);
    rkb_free(j->hits);
    rkb_free(j->others);
    rkb_free(j->grades);
    rkb_free(j->slots);
    *j = (struct rkb_joiner){ 0 };
}

/* Looks every entry up: j->grades[i] becomes its grade or not_judged.
 * Returns the index of an entry seen before, or n. */
static size_t look_up(struct rkb_joiner *j, const struct rkb_judged_query *q,
                      const struct rkb_entry *entries, size_t n)
{
    uint64_t *slots = j->slots;
    size_t mask = j->n_slots - 1;

    for (size_t i = 0; i < n; i++) {
        rkb_sv docid = entries[i].docid;
        uint64_t hash = rkb_sv_hash(docid);
        size_t s = hash & mask;
        int32_t grade = not_judged;

        for (; slots[s]; s = (s + 1) & mask) {
            if (!same_tag(slots[s], hash))
                continue;
            uint32_t low = (uint32_t)slots[s];

            if (low >= JUDGED) {
                const struct rkb_judgment *d = &q->docs[low - JUDGED - 1];

                if (rkb_sv_eq(d->docid, docid)) {
                    grade = d->grade;
                    break;
                }
            } else if (rkb_sv_eq(entries[low - 1].docid, docid)) {
                return i;
            }
        }
        slots[s] = slot_of(hash, (uint32_t)i + 1);
        j->grades[i] = grade;
    }
    return n;
}

static bool is_excluded(const struct rkb_judged_query *q, rkb_sv docid)
{
    uint64_t hash = rkb_sv_hash(docid);

    for (size_t i = 0; i < q->n_excluded; i++)
        if (q->excluded[i].hash == hash &&
            rkb_sv_eq(q->excluded[i].docid, docid))
            return true;
    return false;
}

static void leave_out(struct rkb_joiner *j, const struct rkb_judged_query *q,
                      const struct rkb_entry *entries, size_t n,
                      const struct rkb_join_rules *rules)
{
    if (!rules->drop_self && !q->n_excluded)
        return;
    for (size_t i = 0; i < n; i++)
        if ((rules->drop_self && rkb_sv_eq(entries[i].docid, q->qid)) ||
            is_excluded(q, entries[i].docid))
            j->grades[i] = left_out;
}

struct rkb_judged rkb_join_absent(const struct rkb_judged_query *query,
                                  const struct rkb_join_rules *rules)
{
    return (struct rkb_judged){ .qid = query->qid,
                                .grades = query->grades,
                                .n_qrels = query->n_docs,
                                .n_judged = query->n_judged,
                                .n_pos = query->n_pos,
                                .n_ret = rules->compat == RKB_COMPAT_10 &&
                                         !rules->judged_only,
                                .n_collection = rules->n_collection };
}

enum rkb_status rkb_join(struct rkb_joiner *j,
                         const struct rkb_judged_query *query,
                         const struct rkb_entry *entries, size_t n,
                         const struct rkb_join_rules *rules,
                         struct rkb_judged *out, size_t *twice,
                         struct rkb_err *err)
{
    if (n > j->n_cap) {
        j->n_cap = n * 2;
        j->grades = rkb_resize(j->grades, j->n_cap, sizeof *j->grades);
        j->hits = rkb_resize(j->hits, j->n_cap, sizeof *j->hits);
        j->others = rkb_resize(j->others, j->n_cap, sizeof *j->others);
    }
    clear_slots(j, n + query->n_docs);
    put_judgments(j, query);
    size_t same = look_up(j, query, entries, n);

    if (same < n) {
        rkb_sv docid = entries[same].docid;

        if (twice)
            *twice = same;
        return rkb_fail(
            err, RKB_E_DATA, "document '%.*s' is ranked twice for query '%.*s'",
            (int)docid.len, docid.at, (int)query->qid.len, query->qid.at);
    }
    const uint32_t *order =
        rules->ordered ? NULL : rkb_rank(&j->ranker, entries, n, rules->compat);
    size_t kept = 0, n_hits = 0, n_others = 0, rank = 0;

    leave_out(j, query, entries, n, rules);
    for (size_t r = 0; r < n && kept < rules->max_ret; r++) {
        size_t i = order ? order[r] : r;
        int32_t grade = j->grades[i];

        if (grade == left_out)
            continue;
        kept++;
        if (rules->judged_only && grade < 0)
            continue;
        rank++;
        if (grade != not_judged)
            j->hits[n_hits++] = (struct rkb_hit){ .rank = (uint32_t)rank,
                                                  .grade = grade,
                                                  .score = entries[i].score };
        else if (rules->docids &&
                 rkb_map_find(rules->docids, entries[i].docid) != RKB_MAP_NONE)
            j->others[n_others++] = (uint32_t)rank;
    }
    *out = rkb_join_absent(query, rules);
    out->hits = j->hits;
    out->n_hits = n_hits;
    out->others = j->others;
    out->n_others = n_others;
    out->n_ret = rank;
    return RKB_OK;
}
