/* SPDX-License-Identifier: Apache-2.0 */
/* Rankings as they come: TREC runs, MS MARCO runs, requests with texts, and
 * plans. */
#include "base/io/json.h"
#include "base/mem.h"
#include "datasets/record.h"
#include "harness/eval/plan.h"
#include "harness/lint/lint_impl.h"
#include "runs/trec_run.h"

#include <math.h>
#include <string.h>

/* ---- TREC ------------------------------------------------------------------- */

/* A line of more than six fields that was read from the left, and that may be
 * read from the right as well: 'd 4' may be a docid. */
static bool ambiguous(rkb_sv line)
{
    rkb_sv words[3] = { { 0 } }, rest = line, word;
    int64_t rank;
    double score;
    size_t n = 0;

    while ((word = rkb_sv_word(&rest)).len) {
        words[0] = words[1];
        words[1] = words[2];
        words[2] = word;
        n++;
    }
    return n > 6 && rkb_sv_to_i64(words[0], INT64_MIN, INT64_MAX, &rank) &&
           rkb_sv_to_double(words[1], &score);
}

static void run_line(struct rkb_lint *l, struct rkb_lint_walk *w,
                     struct rkb_lint_ranking *r, rkb_sv line)
{
    struct rkb_run_line f;
    const char *why;
    enum rkb_run_line_kind kind = rkb_run_line_parse(line, &f, &why);
    rkb_sv rest = f.docid;

    if (kind == RKB_RUN_LINE_BLANK)
        return;
    rkb_lint_separators(l, w, line);
    if (kind != RKB_RUN_LINE_OK) {
        rkb_lint_at(l, isnan(f.score) ? RKB_LINT_NAN : RKB_LINT_LINE, l->line,
                    "%s", why);
        return;
    }
    struct rkb_lint_hit hit = { .score = f.score, .has_score = true };

    if (!rkb_lint_id(l, f.qid, "query id", &f.qid) ||
        !rkb_lint_id(l, f.docid, "document id", &hit.docid))
        return;
    if (rkb_sv_word(&rest).len < f.docid.len)
        rkb_lint_at(l, RKB_LINT_SPACE, l->line, "document '%.*s'",
                    RKB_LINT_SV(hit.docid));
    else if (ambiguous(line))
        rkb_lint_at(l, RKB_LINT_SPACE, l->line,
                    "read as document '%.*s', but the line has more than six "
                    "fields",
                    RKB_LINT_SV(hit.docid));
    hit.has_rank = rkb_sv_to_i64(f.rank, INT64_MIN, INT64_MAX, &hit.rank);
    rkb_lint_rank(r, f.qid, &hit);
}

void rkb_lint_walk_run(struct rkb_lint *l, struct rkb_stream *in)
{
    struct rkb_lint_walk w = { 0 };
    struct rkb_lint_ranking *r = rkb_lint_ranking_open(l);
    rkb_sv line;

    rkb_lines_from(&w.in, in);
    while (rkb_lint_next(l, &w, &line))
        run_line(l, &w, r, line);
    rkb_lint_walk_end(l, &w);
    rkb_lint_ranking_close(r);
}

/* ---- MS MARCO --------------------------------------------------------------- */

void rkb_lint_walk_msmarco(struct rkb_lint *l, struct rkb_stream *in)
{
    struct rkb_lint_walk w = { 0 };
    struct rkb_lint_ranking *r = rkb_lint_ranking_open(l);
    rkb_sv line, qid, docid;

    rkb_lines_from(&w.in, in);
    while (rkb_lint_next(l, &w, &line)) {
        struct rkb_lint_hit hit = { .has_rank = true };
        rkb_sv rest = line;

        if (!rkb_sv_trim(line).len)
            continue;
        if (!rkb_sv_split(&rest, '\t', &qid) ||
            !rkb_sv_split(&rest, '\t', &docid) || !rest.at ||
            !rkb_sv_to_i64(rkb_sv_trim(rest), 1, INT32_MAX, &hit.rank)) {
            rkb_lint_at(l, RKB_LINT_LINE, l->line,
                        "'qid<TAB>docid<TAB>rank' needs 3 columns");
            continue;
        }
        if (rkb_lint_id(l, qid, "query id", &qid) &&
            rkb_lint_id(l, docid, "document id", &hit.docid))
            rkb_lint_rank(r, qid, &hit);
    }
    rkb_lint_walk_end(l, &w);
    rkb_lint_ranking_close(r);
}

/* ---- requests --------------------------------------------------------------- */

#define REQUEST_LIMIT ((size_t)256 << 20)

struct requests {
    struct rkb_lint *l;
    struct rkb_lint_ranking *ranking;
    struct rkb_map qids;
    struct rkb_lint_walk walk; /* for the kinds of ids only */
    struct rkb_lint_set texts; /* of documents that were checked */
    struct rkb_buf list;       /* the request as a list of one */
    bool has_text;             /* of the document before its hit */
    size_t n;
};

static enum rkb_status on_query(void *ctx, rkb_sv qid, rkb_sv text,
                                struct rkb_err *err)
{
    struct requests *q = ctx;
    bool is_new;

    (void)err;
    rkb_map_add(&q->qids, qid, &is_new);
    if (!is_new)
        rkb_lint_at(q->l, RKB_LINT_QUERY, q->l->line,
                    "query '%.*s' was given before", RKB_LINT_SV(qid));
    if (!rkb_sv_trim(text).len)
        rkb_lint_at(q->l, RKB_LINT_EMPTY_QUERY, q->l->line,
                    "query '%.*s' has no text", RKB_LINT_SV(qid));
    rkb_lint_text(q->l, text, "query", qid, RKB_LINT_LONG_QUERY);
    rkb_lint_ranking_query(q->ranking, qid);
    return RKB_OK;
}

/* A passage is a candidate of many queries, and is told of once. */
static enum rkb_status on_doc(void *ctx, rkb_sv docid, rkb_sv title,
                              rkb_sv text, struct rkb_err *err)
{
    struct requests *q = ctx;

    (void)err;
    q->has_text = rkb_sv_trim(text).len || rkb_sv_trim(title).len;
    if (rkb_lint_set_put(&q->texts, rkb_sv_hash(docid), 0) == UINT64_MAX)
        rkb_lint_text(q->l, text, "document", docid, RKB_LINT_LONG_DOC);
    return RKB_OK;
}

static enum rkb_status on_hit(void *ctx, rkb_sv qid, rkb_sv docid, int64_t rank,
                              double score, struct rkb_err *err)
{
    struct requests *q = ctx;
    const struct rkb_lint_hit hit = { .docid = docid,
                                      .score = isnan(score) ? 0 : score,
                                      .has_score = !isnan(score),
                                      .rank = rank,
                                      .has_rank = true };

    (void)err;
    if (!q->has_text)
        rkb_lint_at(q->l, RKB_LINT_EMPTY_TEXT, q->l->line,
                    "document '%.*s' of query '%.*s' has no text",
                    RKB_LINT_SV(docid), RKB_LINT_SV(qid));
    q->has_text = false;
    rkb_lint_rank(q->ranking, qid, &hit);
    return RKB_OK;
}

/* Where a request has its query's id, as the reader looks for it. */
static void id_kind(struct requests *q, rkb_sv element)
{
    const struct rkb_json *j, *id, *hits;
    struct rkb_err err;

    rkb_arena_reset(&q->l->scratch);
    if (rkb_json_parse(&q->l->scratch, element, &j, &err))
        return;
    id = rkb_json_get(rkb_json_get(j, "query"), "qid");
    if (!id)
        id = rkb_json_get(j, "qid");
    hits = rkb_json_get(j, "hits");
    if (!id && hits && hits->kind == RKB_JSON_ARRAY)
        id = rkb_json_get(hits->child, "qid");
    if (id)
        rkb_lint_id_kind(q->l, &q->walk, id->kind == RKB_JSON_NUMBER);
}

/* Without the "<memory>:1: " that the reader puts before it. */
static const char *bare(const char *msg)
{
    const char *colon = strstr(msg, ": ");

    return msg[0] == '<' && colon ? colon + 2 : msg;
}

static enum rkb_status one_request(void *ctx, rkb_sv element, size_t line,
                                   struct rkb_err *err)
{
    struct requests *q = ctx;
    const struct rkb_sink sink = {
        .ctx = q, .on_query = on_query, .on_doc = on_doc, .on_hit = on_hit
    };
    struct rkb_err bad = { 0 };
    struct rkb_stream *s;

    (void)err;
    q->n++;
    q->l->line = line;
    q->has_text = false;
    /* Alone a request is taken for JSON lines, and may span several. */
    rkb_buf_reset(&q->list);
    rkb_buf_char(&q->list, '[');
    rkb_buf_sv(&q->list, element);
    rkb_buf_char(&q->list, ']');
    rkb_stream_from_memory(&s, q->list.at, q->list.len);
    if (rkb_requests_read(s, &sink, &bad))
        rkb_lint_at(q->l, RKB_LINT_LINE, line, "%s", bare(bad.msg));
    rkb_stream_close(s);
    id_kind(q, element);
    return RKB_OK;
}

void rkb_lint_walk_requests(struct rkb_lint *l, struct rkb_stream *in)
{
    struct requests q = { .l = l, .ranking = rkb_lint_ranking_open(l) };
    struct rkb_err err = { 0 };

    if (rkb_json_each(in, REQUEST_LIMIT, one_request, &q, &err))
        rkb_lint_at(l, RKB_LINT_BROKEN, 0, "%s", err.msg);
    else if (!q.n)
        rkb_lint_at(l, RKB_LINT_BROKEN, 0, "no request in it");
    rkb_stream_close(in);
    rkb_lint_ranking_close(q.ranking);
    rkb_map_release(&q.qids);
    rkb_lint_set_release(&q.texts);
    rkb_buf_release(&q.list);
}

/* ---- plans ------------------------------------------------------------------ */

static enum rkb_status read_all(struct rkb_stream *in, struct rkb_buf *out,
                                struct rkb_err *err)
{
    char part[8192];
    size_t got = 1;
    enum rkb_status rc = RKB_OK;

    while (!rc && got && out->len <= RKB_PLAN_BYTES) {
        rc = rkb_stream_read(in, part, sizeof part, &got, err);
        if (!rc)
            rkb_buf_add(out, part, got);
    }
    return rc;
}

/* "plan.yaml:12: unknown ..." to its line and the rest. */
static const char *split_message(const char *msg, const char *path,
                                 size_t *line)
{
    size_t len = strlen(path);
    rkb_sv number;
    int64_t n;

    *line = 0;
    if (strncmp(msg, path, len) != 0 || msg[len] != ':')
        return msg;
    const char *end = strstr(msg + len + 1, ": ");

    if (!end)
        return msg;
    number = (rkb_sv){ msg + len + 1, (size_t)(end - msg) - len - 1 };
    if (!rkb_sv_to_i64(number, 1, INT32_MAX, &n))
        return msg[len + 1] == ' ' ? msg + len + 2 : msg;
    *line = (size_t)n;
    return end + 2;
}

void rkb_lint_walk_plan(struct rkb_lint *l, struct rkb_stream *in)
{
    const char *path = l->files[l->file].name;
    struct rkb_arena a = { 0 };
    struct rkb_buf text = { 0 };
    struct rkb_optset flags;
    struct rkb_plan plan;
    struct rkb_err err = { 0 };
    size_t line = 0;

    rkb_optset_init(&flags, &a, rkb_plan_options);
    if (read_all(in, &text, &err) ||
        rkb_plan_parse(&a, path, rkb_buf_view(&text), &flags, &plan, &err)) {
        const char *rest = split_message(err.msg, path, &line);

        rkb_lint_at(l, RKB_LINT_PLAN, line, "%s", rest);
    }
    rkb_stream_close(in);
    rkb_buf_release(&text);
    rkb_arena_release(&a);
}
