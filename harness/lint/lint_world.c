/* SPDX-License-Identifier: Apache-2.0 */
/* What files say, gathered for the others: judgments, excluded ids, queries
 * and documents. */
#include "base/mem.h"
#include "base/sort.h"
#include "harness/lint/lint_impl.h"

#include <math.h>
#include <string.h>

/* Larger grades than any collection has. */
enum { ODD_GRADE = 10 };

static uint64_t pair_key(uint32_t query, uint32_t doc)
{
    return (uint64_t)query << 32 | doc;
}

/* ---- documents and queries -------------------------------------------------- */

uint32_t rkb_lint_doc(struct rkb_lint *l, rkb_sv docid)
{
    bool is_new;
    uint32_t d = rkb_lint_ids_add(&l->docs, docid, &is_new);

    l->doc = rkb_grow(l->doc, &l->doc_cap, l->docs.exact.n, sizeof *l->doc);
    if (is_new)
        l->doc[d] = (struct rkb_lint_doc){ 0 };
    return d;
}

void rkb_lint_query_text(struct rkb_lint *l, rkb_sv qid, rkb_sv text)
{
    bool is_new;
    uint32_t q = rkb_lint_ids_add(&l->texts, qid, &is_new);

    l->texts_line = rkb_grow(l->texts_line, &l->texts_cap, l->texts.exact.n,
                             sizeof *l->texts_line);
    if (is_new)
        l->texts_line[q] = l->line;
    else
        rkb_lint_at(l, RKB_LINT_QUERY, l->line,
                    "query '%.*s' was given before, on line %zu",
                    RKB_LINT_SV(qid), l->texts_line[q]);
    l->texts_file = l->file;
    if (!rkb_sv_trim(text).len)
        rkb_lint_at(l, RKB_LINT_EMPTY_QUERY, l->line,
                    "query '%.*s' has no text", RKB_LINT_SV(qid));
    rkb_lint_text(l, text, "query", qid, RKB_LINT_LONG_QUERY);
}

void rkb_lint_corpus_doc(struct rkb_lint *l, struct rkb_lint_set *seen,
                         rkb_sv docid, uint64_t text_hash)
{
    uint64_t mine = (uint64_t)l->line << 24 | (text_hash & 0xFFFFFF);
    uint64_t was = rkb_lint_set_put(seen, rkb_sv_hash(docid), mine);
    uint32_t d = rkb_map_find(&l->docs.exact, docid);

    if (was != UINT64_MAX)
        rkb_lint_at(
            l, (was ^ mine) & 0xFFFFFF ? RKB_LINT_DOCID : RKB_LINT_REPEATED,
            l->line,
            "document '%.*s' was given before, on line %llu, with %s "
            "text",
            RKB_LINT_SV(docid), (unsigned long long)(was >> 24),
            (was ^ mine) & 0xFFFFFF ? "another" : "the same");
    if (d != RKB_MAP_NONE) {
        l->doc[d].present = true;
        return;
    }
    if (!l->docs.exact.n)
        return;
    d = rkb_lint_ids_near(&l->docs, docid);
    if (d != RKB_MAP_NONE && !l->doc[d].near)
        l->doc[d].near = rkb_arena_cstr(&l->report->arena, docid);
}

/* ---- judgments -------------------------------------------------------------- */

/* With several files of judgments each is judged alone. */
void rkb_lint_qrels_begin(struct rkb_lint *l)
{
    rkb_lint_ids_release(&l->judged);
    rkb_lint_set_reset(&l->pairs);
    l->n_judgments = 0;
    l->qrels_file = l->file;
}

static void check_grade(struct rkb_lint *l, rkb_sv docid, int32_t grade)
{
    const struct rkb_preset *p = l->want->preset;

    if (p && p->max_grade) {
        if (grade > p->max_grade)
            rkb_lint_at(l, RKB_LINT_SCALE, l->line,
                        "grade %d of document '%.*s': the grades of %s end at "
                        "%d",
                        (int)grade, RKB_LINT_SV(docid), p->name,
                        (int)p->max_grade);
    } else if (grade > ODD_GRADE) {
        rkb_lint_at(l, RKB_LINT_ODD_GRADE, l->line,
                    "grade %d of document '%.*s'", (int)grade,
                    RKB_LINT_SV(docid));
    }
}

void rkb_lint_grade(struct rkb_lint *l, rkb_sv qid, rkb_sv docid, int32_t grade)
{
    const struct rkb_preset *p = l->want->preset;
    bool is_new;
    uint32_t q, d;
    uint64_t was;

    if (p && p->drop_excluded && grade == RKB_GRADE_EXCLUDED) {
        rkb_lint_exclude(l, qid, docid);
        return;
    }
    q = rkb_lint_ids_add(&l->judged, qid, &is_new);
    d = rkb_lint_doc(l, docid);

    l->queries = rkb_grow(l->queries, &l->queries_cap, l->judged.exact.n,
                          sizeof *l->queries);
    if (is_new)
        l->queries[q] = (struct rkb_lint_query){ .line = l->line };
    was = rkb_lint_set_put(&l->pairs, pair_key(q, d), l->n_judgments);
    if (was != UINT64_MAX) {
        rkb_lint_at(l, RKB_LINT_DOCID, l->line,
                    "document '%.*s' was judged before for query '%.*s', on "
                    "line %zu, %s",
                    RKB_LINT_SV(docid), RKB_LINT_SV(qid),
                    l->judgments[was].line,
                    l->judgments[was].grade == grade ? "with the same grade"
                                                     : "with another grade");
        return;
    }
    l->judgments = rkb_grow(l->judgments, &l->judgments_cap, l->n_judgments + 1,
                            sizeof *l->judgments);
    l->judgments[l->n_judgments++] =
        (struct rkb_lint_judgment){ q, d, grade, l->line };
    l->queries[q].n_pos += grade > 0;
    if (!l->doc[d].judged)
        l->doc[d].judged_line = l->line;
    l->doc[d].judged = true;
    check_grade(l, docid, grade);
}

void rkb_lint_exclude(struct rkb_lint *l, rkb_sv qid, rkb_sv docid)
{
    uint32_t q = rkb_map_find(&l->judged.exact, qid);
    uint32_t d = rkb_map_find(&l->docs.exact, docid);
    uint64_t at = UINT64_MAX;

    rkb_lint_set_put(&l->excluded, rkb_lint_pair(qid, docid), l->line);
    if (q != RKB_MAP_NONE && d != RKB_MAP_NONE)
        at = rkb_lint_set_find(&l->pairs, pair_key(q, d));
    if (at != UINT64_MAX && l->judgments[at].grade > 0)
        rkb_lint_at(l, RKB_LINT_EXCLUDED_POS, l->line,
                    "document '%.*s' is relevant for query '%.*s', and "
                    "excluded",
                    RKB_LINT_SV(docid), RKB_LINT_SV(qid));
}

static int by_ids(const void *a, const void *b, void *ctx)
{
    const struct rkb_lint *l = ctx;
    const struct rkb_lint_judgment *x = a, *y = b;
    int order = rkb_sv_cmp(l->judged.exact.keys[x->query],
                           l->judged.exact.keys[y->query]);

    return order ? order
                 : rkb_sv_cmp(l->docs.exact.keys[x->doc],
                              l->docs.exact.keys[y->doc]);
}

/* As rkb_dataset.grades_digest, which is computed from files without fault. */
static struct rkb_digest digest_of(struct rkb_lint *l)
{
    struct rkb_lint_judgment *copy = rkb_new(l->n_judgments, sizeof *copy);
    struct rkb_hasher *h = rkb_hasher_new();

    memcpy(copy, l->judgments, l->n_judgments * sizeof *copy);
    rkb_sort(copy, l->n_judgments, sizeof *copy, by_ids, l);
    for (size_t i = 0; i < l->n_judgments; i++) {
        rkb_hasher_field(h, l->judged.exact.keys[copy[i].query]);
        rkb_hasher_field(h, l->docs.exact.keys[copy[i].doc]);
        rkb_hasher_u64(h, (uint64_t)(int64_t)copy[i].grade);
    }
    rkb_free(copy);
    return rkb_hasher_done(h);
}

static void check_version(struct rkb_lint *l, const struct rkb_lint_version *v)
{
    const struct rkb_preset *p = l->want->preset;
    bool versions = false;

    if (v->known)
        rkb_lint_at(l, RKB_LINT_KNOWN, 0, "these are the judgments '%s' of %s",
                    v->known->label, v->known->dataset);
    if (!p)
        return;
    if (v->known && strcmp(v->known->dataset, p->name) != 0) {
        rkb_lint_at(l, RKB_LINT_DATASET, 0,
                    "these are the judgments of %s, not of %s",
                    v->known->dataset, p->name);
        return;
    }
    for (const struct rkb_known *k = rkb_knowns; k->dataset; k++)
        versions = versions || strcmp(k->dataset, p->name) == 0;
    if (versions && !v->known)
        rkb_lint_at(l, RKB_LINT_VERSION, 0,
                    "%zu judgments of %zu queries, in none of the versions of "
                    "%s that are known",
                    v->n_grades, v->n_queries, p->name);
    else if (p->n_queries && v->n_queries != (size_t)p->n_queries)
        rkb_lint_at(l, RKB_LINT_VERSION, 0,
                    "%zu judged queries, %s has %d as published", v->n_queries,
                    p->name, (int)p->n_queries);
    else if (p->n_relevant && v->n_relevant != (size_t)p->n_relevant)
        rkb_lint_at(l, RKB_LINT_VERSION, 0,
                    "%zu relevant documents, %s has %d as published",
                    v->n_relevant, p->name, (int)p->n_relevant);
}

void rkb_lint_qrels_end(struct rkb_lint *l)
{
    struct rkb_lint_version v = { .file = l->file,
                                  .n_queries = l->judged.exact.n,
                                  .n_grades = l->n_judgments };

    for (size_t q = 0; q < l->judged.exact.n; q++) {
        v.queries_hash += rkb_sv_hash(l->judged.exact.keys[q]);
        if (!l->queries[q].n_pos)
            rkb_lint_at(l, RKB_LINT_NO_POSITIVE, l->queries[q].line,
                        "query '%.*s' has no positive judgment",
                        RKB_LINT_SV(l->judged.exact.keys[q]));
    }
    for (size_t i = 0; i < l->n_judgments; i++)
        v.n_relevant += l->judgments[i].grade > 0;
    if (!l->n_judgments) {
        if (!l->files[l->file].count[RKB_LINT_BROKEN] &&
            !l->files[l->file].count[RKB_LINT_LINE])
            rkb_lint_at(l, RKB_LINT_BROKEN, 0, "no judgment in it");
        return;
    }
    v.digest = digest_of(l);
    v.known = rkb_known_find(&v.digest);
    check_version(l, &v);
    for (size_t i = 0; i < l->n_versions; i++)
        if (l->versions[i].queries_hash == v.queries_hash &&
            l->versions[i].n_queries == v.n_queries &&
            !rkb_digest_eq(&l->versions[i].digest, &v.digest))
            rkb_lint_at(l, RKB_LINT_VERSIONS, 0,
                        "%zu judgments of the same queries as in %s, which has "
                        "%zu",
                        v.n_grades, l->files[l->versions[i].file].name,
                        l->versions[i].n_grades);
    l->versions = rkb_grow(l->versions, &l->versions_cap, l->n_versions + 1,
                           sizeof *l->versions);
    l->versions[l->n_versions++] = v;
}

/* ---- what can be reached ---------------------------------------------------- */

struct gain {
    uint32_t query;
    int32_t grade;
    size_t judgment;
};

static int by_gain(const void *a, const void *b, void *ctx)
{
    const struct gain *x = a, *y = b;

    (void)ctx;
    if (x->query != y->query)
        return x->query < y->query ? -1 : 1;
    return (x->grade < y->grade) - (x->grade > y->grade);
}

struct rkb_lint_ceiling rkb_lint_ceiling(const struct rkb_lint *l,
                                         const uint8_t *there)
{
    struct rkb_lint_ceiling c = { 0 };
    struct gain *g = rkb_new(l->n_judgments, sizeof *g);
    size_t n = 0;

    for (size_t i = 0; i < l->n_judgments; i++)
        if (l->judgments[i].grade > 0)
            g[n++] = (struct gain){ l->judgments[i].query,
                                    l->judgments[i].grade, i };
    rkb_sort(g, n, sizeof *g, by_gain, NULL);
    for (size_t i = 0, end; i < n; i = end) {
        double ideal = 0, best = 0;
        size_t n_there = 0;

        for (end = i; end < n && g[end].query == g[i].query; end++) {
            if (end - i < 10)
                ideal += g[end].grade / log2((double)(end - i) + 2);
            if (!there[g[end].judgment])
                continue;
            if (n_there < 10)
                best += g[end].grade / log2((double)n_there + 2);
            n_there++;
        }
        c.n_queries++;
        c.n_pos += end - i;
        c.n_there += n_there;
        c.ndcg += best / ideal;
        c.recall += (double)n_there / (double)(end - i);
    }
    rkb_free(g);
    if (c.n_queries) {
        c.ndcg /= (double)c.n_queries;
        c.recall /= (double)c.n_queries;
    }
    return c;
}
