/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/json.h"
#include "datasets/record.h"

#include <math.h>
#include <string.h>

#define RKB_REQUEST_LIMIT ((size_t)256 << 20)

/* The first that is present holds the text (METHODS.md 1.4). */
static const char *const text_keys[] = { "text",    "segment", "contents",
                                         "content", "body",    "passage" };

struct requests {
    const struct rkb_sink *sink;
    const char *name;
    size_t n;
    struct rkb_arena arena;
};

static bool text_of(const struct rkb_json *doc, rkb_sv *text)
{
    for (size_t i = 0; i < RKB_COUNT(text_keys); i++)
        if (rkb_json_string(rkb_json_get(doc, text_keys[i]), text))
            return true;
    return false;
}

/* "doc" is an object, a text, or an object written into a string, as Lucene
 * exports it; older files have its keys in the candidate itself. */
static enum rkb_status doc_of(struct rkb_arena *a,
                              const struct rkb_json *candidate, rkb_sv *title,
                              rkb_sv *text, bool *found, struct rkb_err *err)
{
    const struct rkb_json *doc = rkb_json_get(candidate, "doc");
    enum rkb_status rc;

    *title = *text = (rkb_sv){ 0 };
    *found = true;
    if (rkb_json_string(doc, text)) {
        if (!rkb_sv_starts(rkb_sv_trim(*text), "{"))
            return RKB_OK;
        rc = rkb_json_parse(a, *text, &doc, err);
        if (rc)
            return rkb_wrap(err, "the JSON in 'doc'");
    }
    if (!doc || doc->kind == RKB_JSON_NULL)
        doc = candidate;
    *found = text_of(doc, text);
    (void)rkb_json_string(rkb_json_get(doc, "title"), title);
    return RKB_OK;
}

static enum rkb_status read_candidate(struct requests *r, rkb_sv qid,
                                      const struct rkb_json *candidate,
                                      int64_t rank, struct rkb_err *err)
{
    const struct rkb_sink *sink = r->sink;
    const struct rkb_json *score = rkb_json_get(candidate, "score");
    double value = NAN;
    bool found;
    rkb_sv docid, title, text;
    enum rkb_status rc;

    if (!rkb_json_id(rkb_json_get(candidate, "docid"), &docid))
        return rkb_fail(err, RKB_E_DATA, "no 'docid'");
    rc = rkb_record_id(docid, "document id", &docid, err);
    if (rc)
        return rc;
    if (score && score->kind != RKB_JSON_NULL &&
        !rkb_json_double(score, &value))
        return rkb_fail(err, RKB_E_DATA, "'score' is no finite number");
    if (sink->on_doc &&
        (!sink->wants_doc || sink->wants_doc(sink->ctx, docid))) {
        rc = doc_of(&r->arena, candidate, &title, &text, &found, err);
        if (!rc && found)
            rc = sink->on_doc(sink->ctx, docid, title, text, err);
    }
    if (!rc && sink->on_hit)
        rc = sink->on_hit(sink->ctx, qid, docid, rank, value, err);
    return rc;
}

/* The query's id: in the query, beside it, or (older files) in every hit. */
static enum rkb_status qid_of(const struct rkb_json *request,
                              const struct rkb_json *query,
                              const struct rkb_json *candidates, rkb_sv *qid,
                              struct rkb_err *err)
{
    bool found = rkb_json_id(rkb_json_get(query, "qid"), qid) ||
                 rkb_json_id(rkb_json_get(request, "qid"), qid);
    rkb_sv other;

    for (const struct rkb_json *c = candidates->child; c; c = c->next) {
        if (!rkb_json_id(rkb_json_get(c, "qid"), &other))
            continue;
        if (!found)
            *qid = other;
        else if (!rkb_sv_eq(rkb_sv_trim(*qid), rkb_sv_trim(other)))
            return rkb_fail(err, RKB_E_DATA,
                            "hits of the queries '%.*s' and '%.*s' in one "
                            "request",
                            (int)qid->len, qid->at, (int)other.len, other.at);
        found = true;
    }
    if (!found)
        return rkb_fail(err, RKB_E_DATA, "a request without a 'qid'");
    return rkb_record_id(*qid, "query id", qid, err);
}

static enum rkb_status take_request(struct requests *r, rkb_sv element,
                                    struct rkb_err *err)
{
    const struct rkb_json *request, *query, *candidates;
    enum rkb_status rc;
    rkb_sv qid, text;
    int64_t rank = 0;

    rkb_arena_reset(&r->arena);
    rc = rkb_json_parse(&r->arena, element, &request, err);
    if (rc)
        return rc;
    query = rkb_json_get(request, "query");
    candidates = rkb_json_get(request, "candidates");
    if (!candidates)
        candidates = rkb_json_get(request, "hits");
    if (!candidates || candidates->kind != RKB_JSON_ARRAY)
        return rkb_fail(err, RKB_E_DATA, "no list 'candidates' or 'hits'");
    if (!rkb_json_string(query, &text) &&
        !rkb_json_string(rkb_json_get(query, "text"), &text))
        return rkb_fail(err, RKB_E_DATA, "no text of the query");
    rc = qid_of(request, query, candidates, &qid, err);
    if (!rc && r->sink->on_query)
        rc = r->sink->on_query(r->sink->ctx, qid, text, err);
    for (const struct rkb_json *c = candidates->child; !rc && c; c = c->next) {
        rc = read_candidate(r, qid, c, ++rank, err);
        if (rc)
            rkb_wrap(err, "query '%.*s', candidate %lld", (int)qid.len, qid.at,
                     (long long)rank);
    }
    return rc;
}

static enum rkb_status read_request(void *ctx, rkb_sv element, size_t line,
                                    struct rkb_err *err)
{
    struct requests *r = ctx;

    r->n++;
    return take_request(r, element, err)
               ? rkb_wrap(err, "%s:%zu", r->name, line)
               : RKB_OK;
}

enum rkb_status rkb_requests_read(struct rkb_stream *in,
                                  const struct rkb_sink *sink,
                                  struct rkb_err *err)
{
    struct requests r = { .sink = sink, .name = rkb_stream_name(in) };
    enum rkb_status rc =
        rkb_json_each(in, RKB_REQUEST_LIMIT, read_request, &r, err);

    rkb_arena_release(&r.arena);
    if (!rc && r.n == 0)
        rc = rkb_fail(err, RKB_E_DATA, "'%s' holds no request", r.name);
    return rc;
}

static bool holds(rkb_sv head, const char *text)
{
    return head.len && memmem(head.at, head.len, text, strlen(text)) != NULL;
}

static int recognise(const struct rkb_input *in)
{
    rkb_sv head = rkb_sv_trim(in->head);

    if (in->tree || !(rkb_sv_starts(head, "[") || rkb_sv_starts(head, "{")))
        return 0;
    return holds(head, "\"query\"") &&
                   (holds(head, "\"hits\"") || holds(head, "\"candidates\""))
               ? 90
               : 0;
}

static enum rkb_status read(const struct rkb_input *in,
                            const struct rkb_sink *sink, struct rkb_err *err)
{
    struct rkb_stream *s;
    enum rkb_status rc = rkb_input_file(in, &s, err);

    if (rc)
        return rc;
    rc = rkb_requests_read(s, sink, err);
    rkb_stream_close(s);
    return rc;
}

const struct rkb_input_format rkb_input_format_rank_llm = {
    .name = "rank-llm",
    .summary = "requests with texts: queries and their candidates as JSON or "
               "JSON lines",
    .source = "rank_llm, src/rank_llm/data.py, and its retrieve_results files",
    .parts = RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_HITS,
    .recognise = recognise,
    .read = read,
};
