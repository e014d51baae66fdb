/* SPDX-License-Identifier: Apache-2.0 */
/* Queries and documents, as id<TAB>text, as JSON lines and as TREC topics. */
#include "base/io/json.h"
#include "datasets/record.h"
#include "harness/lint/lint_impl.h"

#include <string.h>

enum part { PART_QUERIES, PART_DOCS, PART_EITHER };

struct texts {
    struct rkb_lint *l;
    enum part part;
    struct rkb_lint_set seen; /* documents */
    struct rkb_lint_walk walk;
};

static void take(struct texts *t, rkb_sv id, rkb_sv title, rkb_sv text)
{
    struct rkb_lint *l = t->l;

    if (t->part == PART_QUERIES) {
        rkb_lint_query_text(l, id, text);
        return;
    }
    rkb_lint_corpus_doc(l, &t->seen, id,
                        rkb_sv_hash(text) + 3 * rkb_sv_hash(title));
    if (!rkb_sv_trim(text).len && !rkb_sv_trim(title).len)
        rkb_lint_at(l, RKB_LINT_EMPTY_TEXT, l->line, "'%.*s' has no text",
                    RKB_LINT_SV(id));
    rkb_lint_text(l, text, "document", id, RKB_LINT_LONG_DOC);
    if (title.len)
        rkb_lint_text(l, title, "the title of document", id, RKB_LINT_LONG_DOC);
}

/* ---- id<TAB>text ------------------------------------------------------------ */

static bool is_name(rkb_sv word, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (word.len == strlen(names[i]) &&
            strncasecmp(word.at, names[i], word.len) == 0)
            return true;
    return false;
}

static bool is_header(rkb_sv id, rkb_sv text)
{
    static const char *const ids[] = { "id",       "qid",    "query_id",
                                       "pid",      "docid",  "_id",
                                       "query-id", "doc_id", "topic_id" };
    static const char *const texts[] = { "text",    "query",    "passage",
                                         "content", "contents", "title" };

    return is_name(rkb_sv_trim(id), ids, RKB_COUNT(ids)) &&
           is_name(rkb_sv_trim(text), texts, RKB_COUNT(texts));
}

static void tsv_line(struct texts *t, rkb_sv line, bool first)
{
    struct rkb_lint *l = t->l;
    rkb_sv text = line, id;

    (void)rkb_sv_split(&text, '\t', &id);
    if (!text.at)
        rkb_lint_at(l, RKB_LINT_LINE, l->line,
                    "no tab: 'id<TAB>text' needs one");
    else if (first && text.len && memchr(text.at, '\t', text.len))
        rkb_lint_at(l, RKB_LINT_LINE, l->line,
                    "more than the 2 columns of 'id<TAB>text'");
    else if (first && is_header(id, text))
        rkb_lint_at(l, RKB_LINT_HEADER, l->line,
                    "'%.*s' is a line of names and is read as a text",
                    RKB_LINT_SV(line));
    else if (rkb_lint_id(l, id, "id", &id))
        take(t, id, (rkb_sv){ 0 }, text);
}

static void walk_tsv(struct rkb_lint *l, struct rkb_stream *in, enum part part)
{
    struct texts t = { .l = l, .part = part };
    bool first = true;
    rkb_sv line;

    rkb_lines_from(&t.walk.in, in);
    while (rkb_lint_next(l, &t.walk, &line)) {
        if (!rkb_sv_trim(line).len)
            continue;
        tsv_line(&t, line, first);
        first = false;
    }
    rkb_lint_walk_end(l, &t.walk);
    rkb_lint_set_release(&t.seen);
}

void rkb_lint_walk_tsv(struct rkb_lint *l, struct rkb_stream *in)
{
    walk_tsv(l, in, PART_EITHER);
}

void rkb_lint_walk_tsv_queries(struct rkb_lint *l, struct rkb_stream *in)
{
    walk_tsv(l, in, PART_QUERIES);
}

void rkb_lint_walk_tsv_docs(struct rkb_lint *l, struct rkb_stream *in)
{
    walk_tsv(l, in, PART_DOCS);
}

static bool starts_http(rkb_sv line)
{
    rkb_sv id;

    (void)rkb_sv_split(&line, '\t', &id);
    return rkb_sv_starts(line, "http");
}

bool rkb_lint_like_msmarco_doc(rkb_sv line)
{
    rkb_sv id, title, body;
    struct rkb_err err;

    return !rkb_msmarco_doc_split(line, &id, &title, &body, &err) &&
           starts_http(line);
}

void rkb_lint_walk_msmarco_docs(struct rkb_lint *l, struct rkb_stream *in)
{
    struct texts t = { .l = l, .part = PART_DOCS };
    rkb_sv line, id, title, body;
    struct rkb_err err = { 0 };

    rkb_lines_from(&t.walk.in, in);
    while (rkb_lint_next(l, &t.walk, &line)) {
        if (!rkb_sv_trim(line).len)
            continue;
        if (rkb_msmarco_doc_split(line, &id, &title, &body, &err))
            rkb_lint_at(l, RKB_LINT_LINE, l->line, "%s", err.msg);
        else if (rkb_lint_id(l, id, "id", &id))
            take(&t, id, title, body);
    }
    rkb_lint_walk_end(l, &t.walk);
    rkb_lint_set_release(&t.seen);
}

/* ---- JSON lines ------------------------------------------------------------- */

/* As f_jsonl: MS MARCO v2 has both "pid" and "docid". */
static const char *const id_keys[] = { "_id",      "pid", "qid",
                                       "query_id", "id",  "docid" };
static const char *const text_keys[] = { "passage", "text",    "contents",
                                         "content", "segment", "body",
                                         "query" };

static const char *key_of(const struct rkb_json *j, const char *const *keys,
                          size_t n)
{
    rkb_sv v;

    for (size_t i = 0; i < n; i++)
        if (rkb_json_id(rkb_json_get(j, keys[i]), &v))
            return keys[i];
    return NULL;
}

struct keys {
    const char *id, *text;
};

static void json_line(struct texts *t, struct keys *k, rkb_sv line)
{
    struct rkb_lint *l = t->l;
    const struct rkb_json *j, *id_value;
    struct rkb_err err = { 0 };
    rkb_sv id, text, title = { 0 };

    rkb_arena_reset(&l->scratch);
    if (rkb_json_parse(&l->scratch, line, &j, &err)) {
        rkb_lint_at(l, RKB_LINT_LINE, l->line, "%s", err.msg);
        return;
    }
    if (!k->id) {
        k->id = key_of(j, id_keys, RKB_COUNT(id_keys));
        k->text = key_of(j, text_keys, RKB_COUNT(text_keys));
    }
    if (!k->id || !k->text) {
        rkb_lint_at(l, RKB_LINT_LINE, l->line,
                    "no JSON object with an id and a text");
        *k = (struct keys){ 0 };
        return;
    }
    id_value = rkb_json_get(j, k->id);
    if (!rkb_json_id(id_value, &id) ||
        !rkb_json_id(rkb_json_get(j, k->text), &text)) {
        rkb_lint_at(l, RKB_LINT_LINE, l->line, "no '%s'",
                    rkb_json_id(id_value, &id) ? k->text : k->id);
        return;
    }
    (void)rkb_json_string(rkb_json_get(j, "title"), &title);
    rkb_lint_id_kind(l, &t->walk, id_value->kind == RKB_JSON_NUMBER);
    if (rkb_lint_id(l, id, "id", &id))
        take(t, id, title, text);
}

static void walk_jsonl(struct rkb_lint *l, struct rkb_stream *in,
                       enum part part)
{
    struct texts t = { .l = l, .part = part };
    struct keys keys = { 0 };
    rkb_sv line;

    rkb_lines_from(&t.walk.in, in);
    while (rkb_lint_next(l, &t.walk, &line))
        if (rkb_sv_trim(line).len)
            json_line(&t, &keys, line);
    rkb_lint_walk_end(l, &t.walk);
    rkb_lint_set_release(&t.seen);
}

void rkb_lint_walk_jsonl(struct rkb_lint *l, struct rkb_stream *in)
{
    walk_jsonl(l, in, PART_EITHER);
}

void rkb_lint_walk_jsonl_queries(struct rkb_lint *l, struct rkb_stream *in)
{
    walk_jsonl(l, in, PART_QUERIES);
}

void rkb_lint_walk_jsonl_docs(struct rkb_lint *l, struct rkb_stream *in)
{
    walk_jsonl(l, in, PART_DOCS);
}

/* ---- topics ----------------------------------------------------------------- */

static enum rkb_status on_topic(void *ctx, rkb_sv qid, rkb_sv text,
                                struct rkb_err *err)
{
    struct rkb_lint *l = ctx;

    (void)err;
    rkb_lint_query_text(l, qid, text);
    return RKB_OK;
}

void rkb_lint_walk_topics(struct rkb_lint *l, struct rkb_stream *in)
{
    const struct rkb_sink sink = { .ctx = l, .on_query = on_topic };
    struct rkb_err err = { 0 };

    if (rkb_topics_read(in, l->want->query_text, &sink, &l->line, &err))
        rkb_lint_at(l, RKB_LINT_BROKEN, 0, "%s", err.msg);
}
