/* SPDX-License-Identifier: Apache-2.0 */
/* Judgments: TREC's four columns, BEIR's three, JSON lines, and BRIGHT's
 * examples, which are queries and excluded ids as well. */
#include "base/io/json.h"
#include "datasets/record.h"
#include "harness/lint/lint_impl.h"

#include <string.h>

static bool has_blank(rkb_sv id)
{
    rkb_sv rest = id;

    return rkb_sv_word(&rest).len < id.len;
}

static bool is_whole(rkb_sv text)
{
    struct rkb_err err;
    int32_t grade;

    return !rkb_record_grade(text, &grade, &err);
}

static void take_row(struct rkb_lint *l, const struct rkb_qrels_row *row,
                     bool blanks_matter)
{
    struct rkb_err err = { 0 };
    rkb_sv qid, docid;
    int32_t grade = 0;

    if (!rkb_lint_id(l, row->qid, "query id", &qid) ||
        !rkb_lint_id(l, row->docid, "document id", &docid))
        return;
    if (rkb_record_grade(row->grade, &grade, &err)) {
        rkb_lint_at(l, RKB_LINT_LINE, l->line, "%s", err.msg);
        return;
    }
    if (blanks_matter && has_blank(docid))
        rkb_lint_at(l, RKB_LINT_SPACE, l->line, "document '%.*s'",
                    RKB_LINT_SV(docid));
    rkb_lint_grade(l, qid, docid, grade);
}

/* A line of names where a first judgment should be. */
static bool is_header(rkb_sv line)
{
    rkb_sv rest = line, word = rkb_sv_word(&rest);
    static const char *const names[] = { "qid",   "query-id", "query_id",
                                         "topic", "topic_id", "q_id",
                                         "query", "corpus-id" };

    for (size_t i = 0; i < RKB_COUNT(names); i++)
        if (word.len == strlen(names[i]) &&
            strncasecmp(word.at, names[i], word.len) == 0)
            return true;
    return false;
}

void rkb_lint_walk_trec_qrels(struct rkb_lint *l, struct rkb_stream *in)
{
    struct rkb_lint_walk w = { 0 };
    struct rkb_qrels_row row;
    struct rkb_err err = { 0 };
    rkb_sv line;

    rkb_lines_from(&w.in, in);
    rkb_lint_qrels_begin(l);
    while (rkb_lint_next(l, &w, &line)) {
        if (rkb_sv_starts(line, "#"))
            continue;
        rkb_lint_separators(l, &w, line);
        if (rkb_qrels_split_trec(line, &row, &err))
            rkb_lint_at(l, RKB_LINT_LINE, l->line, "%s", err.msg);
        else if (!is_whole(row.grade) && is_header(line))
            rkb_lint_at(l, RKB_LINT_LINE, l->line,
                        "a line of names: TREC judgments have none");
        else
            take_row(l, &row, true);
    }
    rkb_lint_walk_end(l, &w);
    rkb_lint_qrels_end(l);
}

static void check_header(struct rkb_lint *l, rkb_sv line,
                         const struct rkb_qrels_row *row)
{
    if (rkb_sv_is(row->qid, "query-id") && rkb_sv_is(row->docid, "corpus-id"))
        return;
    if (rkb_sv_is(row->qid, "corpus-id") || rkb_sv_is(row->docid, "query-id"))
        rkb_lint_at(l, RKB_LINT_SWAPPED, l->line,
                    "the header is '%.*s', wanted is query-id, corpus-id, "
                    "score",
                    RKB_LINT_SV(line));
    else
        rkb_lint_at(l, RKB_LINT_HEADER, l->line,
                    "the header is '%.*s', BEIR's is query-id, corpus-id, "
                    "score",
                    RKB_LINT_SV(line));
}

void rkb_lint_walk_beir_qrels(struct rkb_lint *l, struct rkb_stream *in)
{
    struct rkb_lint_walk w = { 0 };
    struct rkb_qrels_row row;
    struct rkb_err err = { 0 };
    rkb_sv line;

    rkb_lines_from(&w.in, in);
    rkb_lint_qrels_begin(l);
    while (rkb_lint_next(l, &w, &line)) {
        if (!rkb_sv_trim(line).len)
            continue;
        if (rkb_qrels_split_beir(line, &row, &err)) {
            rkb_lint_at(l, RKB_LINT_LINE, l->line, "%s", err.msg);
            continue;
        }
        if (l->line == 1 && !is_whole(row.grade)) {
            check_header(l, line, &row);
            continue;
        }
        if (l->line == 1)
            rkb_lint_at(l, RKB_LINT_NO_HEADER, 1,
                        "the first line is a judgment");
        take_row(l, &row, false);
    }
    rkb_lint_walk_end(l, &w);
    rkb_lint_qrels_end(l);
}

/* ---- JSON ------------------------------------------------------------------- */

/* The object of a line, NULL and told when there is none. */
static const struct rkb_json *object_of(struct rkb_lint *l, rkb_sv line)
{
    const struct rkb_json *j;
    struct rkb_err err = { 0 };

    rkb_arena_reset(&l->scratch);
    if (rkb_json_parse(&l->scratch, line, &j, &err))
        rkb_lint_at(l, RKB_LINT_LINE, l->line, "%s", err.msg);
    else if (j->kind != RKB_JSON_OBJECT)
        rkb_lint_at(l, RKB_LINT_LINE, l->line, "no JSON object");
    else
        return j;
    return NULL;
}

static bool value_of(struct rkb_lint *l, const struct rkb_json *j,
                     const char *key, const char *other, rkb_sv *out)
{
    if (rkb_json_id(rkb_json_get(j, key), out) ||
        (other && rkb_json_id(rkb_json_get(j, other), out)))
        return true;
    rkb_lint_at(l, RKB_LINT_LINE, l->line, "no '%s'", key);
    return false;
}

void rkb_lint_walk_json_qrels(struct rkb_lint *l, struct rkb_stream *in)
{
    struct rkb_lint_walk w = { 0 };
    struct rkb_qrels_row row;
    rkb_sv line;

    rkb_lines_from(&w.in, in);
    rkb_lint_qrels_begin(l);
    while (rkb_lint_next(l, &w, &line)) {
        const struct rkb_json *j;

        if (!rkb_sv_trim(line).len)
            continue;
        j = object_of(l, line);
        if (j && value_of(l, j, "q_id", "query-id", &row.qid) &&
            value_of(l, j, "p_id", "corpus-id", &row.docid) &&
            value_of(l, j, "score", NULL, &row.grade))
            take_row(l, &row, false);
    }
    rkb_lint_walk_end(l, &w);
    rkb_lint_qrels_end(l);
}

static void take_ids(struct rkb_lint *l, const struct rkb_json *record,
                     const char *key, rkb_sv qid, bool grades)
{
    const struct rkb_json *list = rkb_json_get(record, key);
    struct rkb_map once = { 0 };
    bool is_new;
    rkb_sv id;

    if (!list || list->kind != RKB_JSON_ARRAY) {
        rkb_lint_at(l, RKB_LINT_LINE, l->line, "no list '%s'", key);
        return;
    }
    for (const struct rkb_json *i = list->child; i; i = i->next) {
        if (!rkb_json_id(i, &id)) {
            rkb_lint_at(l, RKB_LINT_LINE, l->line, "an id in '%s' is no string",
                        key);
            break;
        }
        if (rkb_sv_is(id, "N/A") || !rkb_lint_id(l, id, "document id", &id))
            continue;
        rkb_map_add(&once, id, &is_new);
        if (is_new && grades)
            rkb_lint_grade(l, qid, id, 1);
        else if (is_new)
            rkb_lint_exclude(l, qid, id);
    }
    rkb_map_release(&once);
}

void rkb_lint_walk_bright(struct rkb_lint *l, struct rkb_stream *in)
{
    struct rkb_lint_walk w = { 0 };
    bool grades = !l->n_qrels;
    rkb_sv line, qid, text;

    rkb_lines_from(&w.in, in);
    if (grades)
        rkb_lint_qrels_begin(l);
    while (rkb_lint_next(l, &w, &line)) {
        const struct rkb_json *j;

        if (!rkb_sv_trim(line).len)
            continue;
        j = object_of(l, line);
        if (!j || !value_of(l, j, "id", NULL, &qid) ||
            !value_of(l, j, "query", NULL, &text) ||
            !rkb_lint_id(l, qid, "query id", &qid))
            continue;
        rkb_lint_query_text(l, qid, text);
        if (grades)
            take_ids(l, j, "gold_ids", qid, true);
        take_ids(l, j, "excluded_ids", qid, false);
    }
    rkb_lint_walk_end(l, &w);
    if (!grades)
        return;
    rkb_lint_qrels_end(l);
    l->n_qrels = 1;
}
