/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is, told from its first lines although some may be faulty. */
#include "datasets/format.h"
#include "datasets/record.h"
#include "harness/lint/lint_impl.h"
#include "runs/trec_run.h"

#include <string.h>

enum { HEAD_LINES = 60 };

static bool next_line(rkb_sv *rest, rkb_sv *line)
{
    while (rkb_sv_split(rest, '\n', line))
        if (rkb_sv_trim(*line).len)
            return true;
    return false;
}

static int count(rkb_sv head, bool (*like)(rkb_sv line))
{
    rkb_sv line;
    int n = 0;

    for (size_t i = 0; i < HEAD_LINES && next_line(&head, &line); i++)
        n += like(line);
    return n;
}

static size_t n_words(rkb_sv line)
{
    size_t n = 0;

    while (rkb_sv_word(&line).len)
        n++;
    return n;
}

static size_t n_tabs(rkb_sv line)
{
    size_t n = 0;

    for (size_t i = 0; i < line.len; i++)
        n += line.at[i] == '\t';
    return n;
}

static bool is_whole(rkb_sv text)
{
    struct rkb_err err;
    int32_t grade;

    return !rkb_record_grade(text, &grade, &err);
}

/* A line of six words is a run's also when its score is no number. */
static bool like_run(rkb_sv line)
{
    rkb_sv rest = line;
    struct rkb_run_line f;
    const char *why;

    if (rkb_run_line_parse(line, &f, &why) == RKB_RUN_LINE_OK)
        return true;
    for (int i = 0; i < 3; i++)
        rkb_sv_word(&rest);
    return n_words(line) == 6 && is_whole(rkb_sv_word(&rest));
}

static bool like_trec_qrels(rkb_sv line)
{
    struct rkb_qrels_row row;
    struct rkb_err err;

    return !rkb_qrels_split_trec(line, &row, &err) &&
           is_whole(rkb_sv_trim(row.grade)) && !like_run(line);
}

static bool like_beir_qrels(rkb_sv line)
{
    struct rkb_qrels_row row;
    struct rkb_err err;

    return !rkb_qrels_split_beir(line, &row, &err) && is_whole(row.grade);
}

static bool like_tsv(rkb_sv line)
{
    return n_tabs(line) >= 1 && !like_run(line) && !like_trec_qrels(line) &&
           !like_beir_qrels(line) && line.at[0] != '{' && line.at[0] != '[';
}

static bool is_json(rkb_sv head)
{
    head = rkb_sv_trim(head);
    return rkb_sv_starts(head, "{") || rkb_sv_starts(head, "[");
}

static bool holds(rkb_sv head, const char *text)
{
    return head.len && memmem(head.at, head.len, text, strlen(text)) != NULL;
}

static int votes_run(rkb_sv head)
{
    return is_json(head) ? 0 : count(head, like_run);
}

static int votes_trec_qrels(rkb_sv head)
{
    return is_json(head) ? 0 : count(head, like_trec_qrels);
}

static int votes_beir_qrels(rkb_sv head)
{
    return is_json(head) ? 0 : count(head, like_beir_qrels);
}

/* Ranks count 1, 2, 3 down the file; grades hardly ever do. */
static int votes_msmarco(rkb_sv head)
{
    int64_t rank, before = 0, deepest = 0;
    rkb_sv rest = head, line;
    int n = 0;

    for (size_t i = 0; i < HEAD_LINES && next_line(&rest, &line); i++) {
        rkb_sv part = line, field = { 0 };

        if (n_tabs(line) != 2)
            continue;
        for (int k = 0; k < 3; k++)
            (void)rkb_sv_split(&part, '\t', &field);
        if (!rkb_sv_to_i64(rkb_sv_trim(field), 1, INT32_MAX, &rank))
            continue;
        if (rank != before + 1 && rank != 1)
            return 0;
        before = rank;
        deepest = rank > deepest ? rank : deepest;
        n++;
    }
    return deepest > 2 && !is_json(head) ? n + 1 : 0;
}

static int votes_tsv(rkb_sv head)
{
    return is_json(head) ? 0 : count(head, like_tsv);
}

static int votes_requests(rkb_sv head)
{
    return is_json(head) && holds(head, "\"query\"") &&
                   (holds(head, "\"hits\"") || holds(head, "\"candidates\""))
               ? 1000
               : 0;
}

static int votes_bright(rkb_sv head)
{
    return is_json(head) && holds(head, "\"gold_ids\"") ? 900 : 0;
}

static int votes_json_qrels(rkb_sv head)
{
    return is_json(head) &&
                   ((holds(head, "\"q_id\"") && holds(head, "\"p_id\"")) ||
                    (holds(head, "\"query-id\"") &&
                     holds(head, "\"corpus-id\"")))
               ? 900
               : 0;
}

static int votes_jsonl(rkb_sv head)
{
    return rkb_sv_starts(rkb_sv_trim(head), "{") ? 100 : 0;
}

/* Such lines are tsv's too: one vote more. */
static int votes_msmarco_docs(rkb_sv head)
{
    int n = is_json(head) ? 0 : count(head, rkb_lint_like_msmarco_doc);

    return n ? n + 1 : 0;
}

static int votes_topics(rkb_sv head)
{
    return rkb_topics_like(head) ? 900 : 0;
}

static bool like_plan(rkb_sv line)
{
    static const char *const keys[] = {
        "datasets:", "rerankers:", "candidates:", "dataset:",
        "reranker:", "depth:",     "measures:",   "store:"
    };

    for (size_t i = 0; i < RKB_COUNT(keys); i++)
        if (rkb_sv_starts(line, keys[i]))
            return true;
    return false;
}

static int votes_plan(rkb_sv head)
{
    return count(head, like_plan) * 30;
}

/* In the order in which ties are decided. The walks of the same shape differ
 * by what the texts are taken for. */
const struct rkb_lint_kind rkb_lint_kinds[] = {
    { "rank-llm", RKB_ROLE_RUN, votes_requests, rkb_lint_walk_requests },
    { "bright", RKB_ROLE_QUERIES, votes_bright, rkb_lint_walk_bright },
    { "json-qrels", RKB_ROLE_QRELS, votes_json_qrels,
      rkb_lint_walk_json_qrels },
    { "trec-run", RKB_ROLE_RUN, votes_run, rkb_lint_walk_run },
    { "trec-qrels", RKB_ROLE_QRELS, votes_trec_qrels,
      rkb_lint_walk_trec_qrels },
    { "msmarco-run", RKB_ROLE_RUN, votes_msmarco, rkb_lint_walk_msmarco },
    { "beir-qrels", RKB_ROLE_QRELS, votes_beir_qrels,
      rkb_lint_walk_beir_qrels },
    { "msmarco-docs", RKB_ROLE_CORPUS, votes_msmarco_docs,
      rkb_lint_walk_msmarco_docs },
    { "topics", RKB_ROLE_QUERIES, votes_topics, rkb_lint_walk_topics },
    { "plan", RKB_ROLE_PLAN, votes_plan, rkb_lint_walk_plan },
    { "jsonl", RKB_ROLE_ANY, votes_jsonl, rkb_lint_walk_jsonl },
    { "jsonl-queries", RKB_ROLE_QUERIES, votes_jsonl,
      rkb_lint_walk_jsonl_queries },
    { "jsonl-corpus", RKB_ROLE_CORPUS, votes_jsonl, rkb_lint_walk_jsonl_docs },
    { "tsv", RKB_ROLE_ANY, votes_tsv, rkb_lint_walk_tsv },
    { "tsv-queries", RKB_ROLE_QUERIES, votes_tsv, rkb_lint_walk_tsv_queries },
    { "tsv-corpus", RKB_ROLE_CORPUS, votes_tsv, rkb_lint_walk_tsv_docs },
};
const size_t rkb_lint_n_kinds = RKB_COUNT(rkb_lint_kinds);

const struct rkb_lint_kind *rkb_lint_recognise(rkb_sv head,
                                               enum rkb_lint_role role,
                                               const char **other)
{
    const struct rkb_lint_kind *best = NULL;
    int most = 0, most_of_all = 0;

    *other = NULL;
    for (size_t i = 0; i < rkb_lint_n_kinds; i++) {
        const struct rkb_lint_kind *k = &rkb_lint_kinds[i];
        int n = k->votes ? k->votes(head) : 0;

        if (n > most_of_all) {
            most_of_all = n;
            *other = k->name;
        }
        if ((role == RKB_ROLE_ANY || role == k->role) && n > most) {
            most = n;
            best = k;
        }
    }
    /* One line in twenty that looks like it does not make it one. */
    return most * 20 < most_of_all ? NULL : best;
}

const struct rkb_lint_kind *rkb_lint_kind_find(rkb_sv name)
{
    for (size_t i = 0; i < rkb_lint_n_kinds; i++)
        if (rkb_sv_is(name, rkb_lint_kinds[i].name))
            return &rkb_lint_kinds[i];
    return NULL;
}

const struct rkb_lint_kind *rkb_lint_kind_as(const struct rkb_lint_kind *kind,
                                             enum rkb_lint_role role)
{
    for (size_t i = 0; i < rkb_lint_n_kinds; i++)
        if (rkb_lint_kinds[i].votes == kind->votes &&
            rkb_lint_kinds[i].role == role)
            return &rkb_lint_kinds[i];
    return kind;
}
