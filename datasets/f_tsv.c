/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "base/mem.h"
#include "datasets/record.h"

#include <math.h>
#include <string.h>

/* ---- id<TAB>text ---------------------------------------------------------- */

/* The first row must have two columns; in later ones a tab more belongs to the
 * text (NovelEval's corpus has such a passage). */
struct rows {
    const struct rkb_sink *sink;
    size_t n; /* rows so far, blank lines not counted */
};

static enum rkb_status split_two(rkb_sv line, bool first, rkb_sv *id,
                                 rkb_sv *text, struct rkb_err *err)
{
    *text = rkb_record_chomp(line);
    (void)rkb_sv_split(text, '\t', id);
    if (!text->at)
        return rkb_fail(err, RKB_E_DATA, "no tab: 'id<TAB>text' needs one");
    if (first && text->len && memchr(text->at, '\t', text->len))
        return rkb_fail(err, RKB_E_DATA,
                        "more than the 2 columns of 'id<TAB>text'");
    return RKB_OK;
}

static enum rkb_status take(struct rows *r, rkb_sv line, const char *what,
                            rkb_sv *id, rkb_sv *text, struct rkb_err *err)
{
    enum rkb_status rc = rkb_record_utf8(line, err);

    if (!rc)
        rc = split_two(line, r->n == 1, id, text, err);
    return rc ? rc : rkb_record_id(*id, what, id, err);
}

static enum rkb_status query_line(void *ctx, rkb_sv line, struct rkb_err *err)
{
    struct rows *r = ctx;
    rkb_sv id, text;
    enum rkb_status rc;

    if (rkb_sv_trim(line).len == 0)
        return RKB_OK;
    r->n++;
    rc = take(r, line, "query id", &id, &text, err);
    return rc ? rc : r->sink->on_query(r->sink->ctx, id, text, err);
}

static bool unwanted(const struct rkb_sink *sink, rkb_sv line)
{
    const char *tab = line.len ? memchr(line.at, '\t', line.len) : NULL;
    rkb_sv id;

    if (!tab || !sink->wants_doc)
        return false;
    id = rkb_sv_trim((rkb_sv){ line.at, (size_t)(tab - line.at) });
    return !sink->wants_doc(sink->ctx, id);
}

static enum rkb_status doc_line(void *ctx, rkb_sv line, struct rkb_err *err)
{
    struct rows *r = ctx;
    rkb_sv id, text;
    enum rkb_status rc;

    if (rkb_sv_trim(line).len == 0)
        return RKB_OK;
    r->n++;
    if (unwanted(r->sink, line))
        return RKB_OK;
    rc = take(r, line, "document id", &id, &text, err);
    return rc ? rc
              : r->sink->on_doc(r->sink->ctx, id, (rkb_sv){ 0 }, text, err);
}

enum rkb_status rkb_tsv_queries(struct rkb_stream *in,
                                const struct rkb_sink *sink,
                                struct rkb_err *err)
{
    struct rows r = { .sink = sink };

    return rkb_record_lines(in, query_line, &r, err);
}

enum rkb_status rkb_tsv_docs(struct rkb_stream *in, const struct rkb_sink *sink,
                             struct rkb_err *err)
{
    struct rows r = { .sink = sink };

    return rkb_record_lines(in, doc_line, &r, err);
}

static bool has_tab(rkb_sv line)
{
    return rkb_sv_trim(line).len == 0 || memchr(line.at, '\t', line.len);
}

static bool looks_two(const struct rkb_input *in)
{
    rkb_sv rest = in->head, line, id, text;
    struct rkb_err err;

    while (rkb_head_line(in, &rest, &line))
        if (rkb_sv_trim(line).len > 0)
            return !split_two(line, true, &id, &text, &err) &&
                   rkb_sv_trim(id).len > 0 &&
                   !memchr(rkb_sv_trim(id).at, ' ', rkb_sv_trim(id).len) &&
                   rkb_head_all(in, has_tab);
    return false;
}

/* ---- a folder of such files ----------------------------------------------- */

static const char *const queries_names[] = { "queries.tsv", "topics.tsv" };
static const char *const qrels_names[] = { "qrels.txt", "qrels.tsv" };
static const char *const docs_names[] = { "collection.tsv", "corpus.tsv" };

/* "queries.tsv", or with a split "queries.dev.small.tsv". NULL when the folder
 * has neither name. */
static const char *member(struct rkb_arena *a, const struct rkb_input *in,
                          const char *const names[2], const char *split)
{
    for (size_t i = 0; i < 2; i++) {
        const char *dot = strchr(names[i], '.');
        const char *name = names[i];

        if (split)
            name = rkb_arena_printf(a, "%.*s.%s%s", (int)(dot - name), name,
                                    split, dot);
        if (rkb_input_has(in, name))
            return name;
    }
    return NULL;
}

static unsigned present_tsv(const struct rkb_input *in)
{
    struct rkb_arena a = { 0 };
    unsigned parts = 0;

    if (!in->tree)
        return RKB_PART_QUERIES | RKB_PART_DOCS;
    if (member(&a, in, queries_names, in->split))
        parts |= RKB_PART_QUERIES;
    if (member(&a, in, qrels_names, in->split))
        parts |= RKB_PART_GRADES;
    if (member(&a, in, docs_names, NULL))
        parts |= RKB_PART_DOCS;
    rkb_arena_release(&a);
    return parts;
}

static int recognise_tsv(const struct rkb_input *in)
{
    if (!in->tree)
        return looks_two(in) ? 40 : 0;
    return rkb_input_has(in, "collection.tsv") ||
                   rkb_input_has(in, "corpus.tsv") ||
                   rkb_input_has(in, "queries.tsv")
               ? 60
               : 0;
}

typedef enum rkb_status read_fn(struct rkb_stream *, const struct rkb_sink *,
                                struct rkb_err *);

static enum rkb_status read_member(const struct rkb_input *in, const char *name,
                                   read_fn *fn, const struct rkb_sink *sink,
                                   struct rkb_err *err)
{
    struct rkb_stream *s;
    enum rkb_status rc;

    if (!name)
        return RKB_OK;
    rc = rkb_input_member(in, name, &s, err);
    return rc ? rc : fn(s, sink, err);
}

static enum rkb_status read_tsv(const struct rkb_input *in,
                                const struct rkb_sink *sink,
                                struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    struct rkb_stream *s;
    enum rkb_status rc = RKB_OK;

    if (!in->tree) {
        if (sink->on_query && sink->on_doc)
            return rkb_fail(err, RKB_E_USAGE,
                            "'%s' may hold queries or documents: name them "
                            "one by one",
                            in->path);
        rc = rkb_input_file(in, &s, err);
        if (rc)
            return rc;
        return sink->on_query ? rkb_tsv_queries(s, sink, err)
                              : rkb_tsv_docs(s, sink, err);
    }
    if (sink->on_query)
        rc = read_member(in, member(&a, in, queries_names, in->split),
                         rkb_tsv_queries, sink, err);
    if (!rc && sink->on_grade)
        rc = read_member(in, member(&a, in, qrels_names, in->split),
                         rkb_qrels_trec, sink, err);
    if (!rc && sink->on_doc)
        rc = read_member(in, member(&a, in, docs_names, NULL), rkb_tsv_docs,
                         sink, err);
    rkb_arena_release(&a);
    return rc;
}

const struct rkb_input_format rkb_input_format_tsv = {
    .name = "tsv",
    .summary = "queries or passages, 'id<TAB>text', or a folder of them with "
               "qrels",
    .source = "MS MARCO, collection.tsv and queries.*.tsv",
    .parts = RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES,
    .split = true,
    .recognise = recognise_tsv,
    .present = present_tsv,
    .read = read_tsv,
};

/* ---- docid<TAB>url<TAB>title<TAB>body -------------------------------------- */

enum rkb_status rkb_msmarco_doc_split(rkb_sv line, rkb_sv *id, rkb_sv *title,
                                      rkb_sv *body, struct rkb_err *err)
{
    rkb_sv url;

    *body = rkb_record_chomp(line);
    if (rkb_sv_split(body, '\t', id) && rkb_sv_split(body, '\t', &url) &&
        rkb_sv_split(body, '\t', title) && body->at)
        return RKB_OK;
    return rkb_fail(err, RKB_E_DATA,
                    "'docid<TAB>url<TAB>title<TAB>body' needs 4 columns");
}

static enum rkb_status msmarco_doc_line(void *ctx, rkb_sv line,
                                        struct rkb_err *err)
{
    struct rows *r = ctx;
    rkb_sv id, title, body;
    enum rkb_status rc;

    if (rkb_sv_trim(line).len == 0 || unwanted(r->sink, line))
        return RKB_OK;
    rc = rkb_record_utf8(line, err);
    if (!rc)
        rc = rkb_msmarco_doc_split(line, &id, &title, &body, err);
    if (!rc)
        rc = rkb_record_id(id, "document id", &id, err);
    return rc ? rc : r->sink->on_doc(r->sink->ctx, id, title, body, err);
}

/* The second column is an address. */
static bool looks_msmarco_doc(rkb_sv line)
{
    rkb_sv id, title, body, url = line;
    struct rkb_err err;

    if (rkb_sv_trim(line).len == 0)
        return true;
    if (rkb_msmarco_doc_split(line, &id, &title, &body, &err))
        return false;
    (void)rkb_sv_split(&url, '\t', &id);
    return rkb_sv_trim(id).len > 0 && rkb_sv_starts(url, "http");
}

static int recognise_msmarco_docs(const struct rkb_input *in)
{
    return !in->tree && rkb_sv_trim(in->head).len > 0 &&
                   rkb_head_all(in, looks_msmarco_doc)
               ? 92 /* surer than qrels whose ids hold blanks */
               : 0;
}

static enum rkb_status read_msmarco_docs(const struct rkb_input *in,
                                         const struct rkb_sink *sink,
                                         struct rkb_err *err)
{
    struct rows r = { .sink = sink };
    struct rkb_stream *s;
    enum rkb_status rc = rkb_input_file(in, &s, err);

    return rc ? rc : rkb_record_lines(s, msmarco_doc_line, &r, err);
}

const struct rkb_input_format rkb_input_format_msmarco_docs = {
    .name = "msmarco-docs",
    .summary = "documents, 'docid<TAB>url<TAB>title<TAB>body'",
    .source = "MS MARCO, msmarco-docs.tsv",
    .parts = RKB_PART_DOCS,
    .recognise = recognise_msmarco_docs,
    .read = read_msmarco_docs,
};

/* ---- qid<TAB>pid<TAB>rank ------------------------------------------------- */

struct hits {
    const struct rkb_sink *sink;
    struct rkb_map qids;
    int64_t *last; /* [qids.n] rank of the query's last line, */
    int64_t *seen; /* and how many lines it had               */
    size_t last_cap, seen_cap;
};

static enum rkb_status split_hit(rkb_sv line, rkb_sv *qid, rkb_sv *docid,
                                 int64_t *rank, struct rkb_err *err)
{
    rkb_sv rest = rkb_record_chomp(line);
    bool three = rkb_sv_split(&rest, '\t', qid) &&
                 rkb_sv_split(&rest, '\t', docid) && rest.at;

    if (!three || memchr(rest.at, '\t', rest.len))
        return rkb_fail(err, RKB_E_DATA,
                        "'qid<TAB>docid<TAB>rank' needs 3 columns");
    if (!rkb_sv_to_i64(rkb_sv_trim(rest), 1, INT32_MAX, rank))
        return rkb_fail(err, RKB_E_DATA, "bad rank '%.*s'",
                        rest.len < 40 ? (int)rest.len : 40, rest.at);
    return RKB_OK;
}

static enum rkb_status hit_line(void *ctx, rkb_sv line, struct rkb_err *err)
{
    struct hits *h = ctx;
    rkb_sv qid, docid;
    int64_t rank = 0;
    bool is_new;
    uint32_t q;
    enum rkb_status rc;

    if (rkb_sv_trim(line).len == 0)
        return RKB_OK;
    rc = rkb_record_utf8(line, err);
    if (!rc)
        rc = split_hit(line, &qid, &docid, &rank, err);
    if (!rc)
        rc = rkb_record_id(qid, "query id", &qid, err);
    if (!rc)
        rc = rkb_record_id(docid, "document id", &docid, err);
    if (rc)
        return rc;
    q = rkb_map_add(&h->qids, qid, &is_new);
    h->last = rkb_grow(h->last, &h->last_cap, h->qids.n, sizeof(*h->last));
    h->seen = rkb_grow(h->seen, &h->seen_cap, h->qids.n, sizeof(*h->seen));
    if (is_new)
        h->last[q] = h->seen[q] = 0;
    if (rank <= h->last[q])
        return rkb_fail(
            err, RKB_E_DATA, "rank %lld of query '%.*s' comes after rank %lld",
            (long long)rank, (int)qid.len, qid.at, (long long)h->last[q]);
    h->last[q] = rank;
    return h->sink->on_hit(h->sink->ctx, qid, docid, ++h->seen[q], NAN, err);
}

enum rkb_status rkb_tsv_hits(struct rkb_stream *in, const struct rkb_sink *sink,
                             struct rkb_err *err)
{
    struct hits h = { .sink = sink };
    enum rkb_status rc = rkb_record_lines(in, hit_line, &h, err);

    rkb_map_release(&h.qids);
    rkb_free(h.last);
    rkb_free(h.seen);
    return rc;
}

/* Grades hardly ever count 1, 2, 3 down the file; ranks always do. */
static int recognise_hits(const struct rkb_input *in)
{
    rkb_sv rest = in->head, line, qid, docid;
    int64_t rank, before = 0, deepest = 0;
    size_t n = 0, n_steps = 0;
    struct rkb_err err;

    while (!in->tree && n < 50 && rkb_head_line(in, &rest, &line)) {
        if (split_hit(line, &qid, &docid, &rank, &err))
            return 0;
        n++;
        n_steps += rank == before + 1 || rank == 1;
        before = rank;
        deepest = rank > deepest ? rank : deepest;
    }
    if (n == 0 || n_steps < n)
        return 0;
    return deepest > 2 ? 80 : 30;
}

static enum rkb_status read_hits(const struct rkb_input *in,
                                 const struct rkb_sink *sink,
                                 struct rkb_err *err)
{
    struct rkb_stream *s;
    enum rkb_status rc = rkb_input_file(in, &s, err);

    return rc ? rc : rkb_tsv_hits(s, sink, err);
}

const struct rkb_input_format rkb_input_format_msmarco_run = {
    .name = "msmarco-run",
    .summary = "a ranking, 'qid<TAB>docid<TAB>rank', without scores",
    .source = "MS MARCO, ms_marco_eval.py",
    .parts = RKB_PART_HITS,
    .recognise = recognise_hits,
    .read = read_hits,
};
