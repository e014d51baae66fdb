/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/join.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "tests/tap.h"

struct line {
    const char *docid;
    double score;
};

struct judged_doc {
    const char *docid;
    int32_t grade;
};

static const struct judged_doc three[] = { { "a", 1 },
                                           { "b", 0 },
                                           { "c", -1 } };

static void judge(struct rkb_judgments *j, const char *qid,
                  const struct judged_doc *docs, size_t n)
{
    struct rkb_err err = { 0 };
    rkb_sv q, d;

    *j = (struct rkb_judgments){ 0 };
    for (size_t i = 0; i < n; i++)
        rkb_judgments_add(j, rkb_sv_of(qid), rkb_sv_of(docs[i].docid),
                          docs[i].grade);
    CHECK_EQ_INT(rkb_judgments_seal(j, &q, &d, &err), RKB_OK);
}

static const struct rkb_join_rules plain = { .compat = RKB_COMPAT_9,
                                             .max_ret = SIZE_MAX };

/* The view as "n_ret: grade@rank ... other@rank ...". */
static void check_join(const struct rkb_judgments *j, const struct line *run,
                       size_t n, const struct rkb_join_rules *rules,
                       const char *want)
{
    struct rkb_entry entries[16];
    struct rkb_joiner joiner = { 0 };
    struct rkb_buf got = { 0 };
    struct rkb_judged view;
    struct rkb_err err = { 0 };

    for (size_t i = 0; i < n; i++)
        entries[i] =
            (struct rkb_entry){ rkb_sv_of(run[i].docid), run[i].score };
    if (CHECK_EQ_INT(rkb_join(&joiner, &j->queries[0], entries, n, rules, &view,
                              NULL, &err),
                     RKB_OK)) {
        rkb_buf_printf(&got, "%zu:", view.n_ret);
        for (size_t i = 0; i < view.n_hits; i++)
            rkb_buf_printf(&got, " %d@%u", (int)view.hits[i].grade,
                           view.hits[i].rank);
        for (size_t i = 0; i < view.n_others; i++)
            rkb_buf_printf(&got, " other@%u", view.others[i]);
        CHECK_STR(got.at, want);
    }
    rkb_buf_release(&got);
    rkb_joiner_release(&joiner);
}

static void grades_are_sorted_and_counted(void)
{
    static const struct judged_doc docs[] = { { "a", 0 },  { "b", 3 },
                                              { "c", -2 }, { "d", 1 },
                                              { "e", 3 },  { "f", -1 } };
    static const int32_t want[] = { 3, 3, 1, 0, -1, -2 };
    struct rkb_judgments j;

    judge(&j, "q", docs, RKB_COUNT(docs));
    CHECK_EQ_INT(j.queries[0].n_docs, 6);
    CHECK_EQ_INT(j.queries[0].n_judged, 4);
    CHECK_EQ_INT(j.queries[0].n_pos, 3);
    CHECK_EQ_INT(j.n_positive_queries, 1);
    for (size_t i = 0; i < RKB_COUNT(want); i++)
        CHECK_EQ_INT(j.queries[0].grades[i], want[i]);
    rkb_judgments_release(&j);
}

static void queries_are_ordered_by_their_bytes(void)
{
    static const char *const qids[] = { "9", "10", "2", "\xc3\xa9", "1", "A" };
    static const char *const want[] = { "1", "10", "2", "9", "A", "\xc3\xa9" };
    struct rkb_judgments j = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv q, d;

    for (size_t i = 0; i < RKB_COUNT(qids); i++)
        rkb_judgments_add(&j, rkb_sv_of(qids[i]), rkb_sv_of("d"), 1);
    CHECK_EQ_INT(rkb_judgments_seal(&j, &q, &d, &err), RKB_OK);
    for (size_t i = 0; i < RKB_COUNT(want); i++)
        CHECK(rkb_sv_is(j.queries[j.by_qid[i]].qid, want[i]));
    rkb_judgments_release(&j);
}

static void a_document_judged_twice_is_named(void)
{
    struct rkb_judgments j = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv q = { 0 }, d = { 0 };

    rkb_judgments_add(&j, rkb_sv_of("q1"), rkb_sv_of("d"), 1);
    rkb_judgments_add(&j, rkb_sv_of("q2"), rkb_sv_of("d"), 1);
    rkb_judgments_add(&j, rkb_sv_of("q2"), rkb_sv_of("e"), 0);
    rkb_judgments_add(&j, rkb_sv_of("q2"), rkb_sv_of("d"), 1);
    CHECK_EQ_INT(rkb_judgments_seal(&j, &q, &d, &err), RKB_E_DATA);
    CHECK_STR(err.msg, "document 'd' is judged twice for query 'q2'");
    CHECK(rkb_sv_is(q, "q2") && rkb_sv_is(d, "d"));
    rkb_judgments_release(&j);
}

static void hits_come_by_rank_and_unknown_documents_count(void)
{
    static const struct line run[] = {
        { "x", 1 }, { "c", 5 }, { "a", 3 }, { "y", 4 }, { "b", 2 }
    };
    struct rkb_judgments j;

    judge(&j, "q", three, RKB_COUNT(three));
    check_join(&j, run, 5, &plain, "5: -1@1 1@3 0@4");
    check_join(&j, run, 1, &plain, "1:");
    check_join(&j, run, 0, &plain, "0:");
    rkb_judgments_release(&j);
}

static void ordered_entries_stay_in_their_order(void)
{
    static const struct line run[] = { { "a", 1 }, { "b", 5 }, { "c", 3 } };
    struct rkb_join_rules rules = plain;
    struct rkb_judgments j;

    judge(&j, "q", three, RKB_COUNT(three));
    rules.ordered = true;
    check_join(&j, run, 3, &rules, "3: 1@1 0@2 -1@3");
    check_join(&j, run, 3, &plain, "3: 0@1 -1@2 1@3");
    rkb_judgments_release(&j);
}

static void m_cuts_before_j_drops_the_unjudged(void)
{
    static const struct line run[] = {
        { "x", 6 }, { "a", 5 }, { "c", 4 }, { "b", 3 }, { "y", 2 }
    };
    struct rkb_join_rules rules = plain;
    struct rkb_judgments j;

    judge(&j, "q", three, RKB_COUNT(three));
    rules.max_ret = 3;
    check_join(&j, run, 5, &rules, "3: 1@2 -1@3");
    rules.judged_only = true;
    check_join(&j, run, 5, &rules, "1: 1@1");
    rules.max_ret = SIZE_MAX;
    check_join(&j, run, 5, &rules, "2: 1@1 0@2");
    rules.max_ret = 1;
    check_join(&j, run, 5, &rules, "0:");
    rules.max_ret = 50;
    rules.judged_only = false;
    check_join(&j, run, 5, &rules, "5: 1@2 -1@3 0@4");
    rkb_judgments_release(&j);
}

static void documents_that_only_others_judge_are_told_apart(void)
{
    static const struct line run[] = { { "x", 6 }, { "d", 5 }, { "a", 4 },
                                       { "y", 3 }, { "c", 2 }, { "e", 1 } };
    struct rkb_join_rules rules = plain;
    struct rkb_map docids = { 0 };
    struct rkb_judgments j;

    judge(&j, "q", three, RKB_COUNT(three));
    rkb_judgments_add(&j, rkb_sv_of("p"), rkb_sv_of("a"), 1);
    rkb_judgments_add(&j, rkb_sv_of("p"), rkb_sv_of("d"), 0);
    rkb_judgments_add(&j, rkb_sv_of("r"), rkb_sv_of("e"), -1);
    rkb_judgments_docids(&j, &docids);
    CHECK_EQ_INT(docids.n, 5);
    check_join(&j, run, 6, &rules, "6: 1@3 -1@5");
    rules.docids = &docids;
    check_join(&j, run, 6, &rules, "6: 1@3 -1@5 other@2 other@6");
    rules.max_ret = 5;
    check_join(&j, run, 6, &rules, "5: 1@3 -1@5 other@2");
    rkb_map_release(&docids);
    rkb_judgments_release(&j);
}

static void the_document_with_the_query_s_id_is_dropped_first(void)
{
    static const struct line run[] = {
        { "q", 9 }, { "a", 5 }, { "x", 4 }, { "b", 3 }, { "c", 1 }
    };
    static const struct judged_doc with_self[] = { { "q", 1 },
                                                   { "a", 1 },
                                                   { "b", 0 } };
    struct rkb_join_rules rules = plain;
    struct rkb_judgments j;

    rules.drop_self = true;
    judge(&j, "q", three, RKB_COUNT(three));
    check_join(&j, run, 5, &rules, "4: 1@1 0@3 -1@4");
    check_join(&j, run, 1, &rules, "0:");
    rules.max_ret = 2; /* of what is left */
    check_join(&j, run, 5, &rules, "2: 1@1");
    rules.judged_only = true;
    rules.max_ret = 3;
    check_join(&j, run, 5, &rules, "2: 1@1 0@2");
    rkb_judgments_release(&j);
    judge(&j, "q", with_self, RKB_COUNT(with_self));
    rules.judged_only = false;
    rules.max_ret = SIZE_MAX;
    check_join(&j, run, 5, &rules, "4: 1@1 0@3");
    check_join(&j, run, 5, &plain, "5: 1@1 1@2 0@4");
    rkb_judgments_release(&j);
}

static void check_twice(const struct line *run, size_t n,
                        const struct rkb_join_rules *rules, size_t want)
{
    struct rkb_entry entries[16];
    struct rkb_joiner joiner = { 0 };
    struct rkb_judgments j;
    struct rkb_judged view;
    struct rkb_err err = { 0 };
    size_t twice = 99;

    judge(&j, "q", three, RKB_COUNT(three));
    for (size_t i = 0; i < n; i++)
        entries[i] =
            (struct rkb_entry){ rkb_sv_of(run[i].docid), run[i].score };
    CHECK_EQ_INT(rkb_join(&joiner, &j.queries[0], entries, n, rules, &view,
                          &twice, &err),
                 RKB_E_DATA);
    CHECK_EQ_INT(twice, want);
    CHECK(strstr(err.msg, "is ranked twice for query 'q'") != NULL);
    rkb_joiner_release(&joiner);
    rkb_judgments_release(&j);
}

/* trec_eval looks above the cut only, and never where -J drops a document. */
static void a_document_ranked_twice_is_an_error_wherever_it_stands(void)
{
    static const struct line judged[] = { { "a", 5 }, { "x", 4 }, { "a", 3 } };
    static const struct line unjudged[] = {
        { "a", 5 }, { "x", 4 }, { "b", 3 }, { "x", 4 }
    };
    struct rkb_join_rules rules = plain;

    check_twice(judged, 3, &rules, 2);
    check_twice(unjudged, 4, &rules, 3);
    rules.max_ret = 1;
    check_twice(judged, 3, &rules, 2);
    check_twice(unjudged, 4, &rules, 3);
    rules.judged_only = true;
    check_twice(unjudged, 4, &rules, 3);
}

static void an_absent_query_has_its_judgments_and_no_hits(void)
{
    struct rkb_judgments j;
    struct rkb_join_rules rules = plain;
    struct rkb_judged view;

    judge(&j, "q", three, RKB_COUNT(three));
    view = rkb_join_absent(&j.queries[0], &rules);
    CHECK_EQ_INT(view.n_ret, 0);
    CHECK_EQ_INT(view.n_hits, 0);
    CHECK_EQ_INT(view.n_qrels, 3);
    CHECK_EQ_INT(view.n_judged, 2);
    CHECK_EQ_INT(view.n_pos, 1);
    rules.compat = RKB_COMPAT_10; /* ranks one unknown document */
    CHECK_EQ_INT(rkb_join_absent(&j.queries[0], &rules).n_ret, 1);
    rules.judged_only = true; /* takes it away again */
    CHECK_EQ_INT(rkb_join_absent(&j.queries[0], &rules).n_ret, 0);
    rkb_judgments_release(&j);
}

/* The table of documents is reused from query to query of any size. */
static void a_joiner_finds_what_a_plain_search_finds(void)
{
    enum { MAX = 700 };
    static char ids[MAX][12];
    static struct rkb_entry entries[MAX];
    struct rkb_joiner joiner = { 0 };
    struct rkb_rng rng;

    rkb_rng_init(&rng, 5);
    for (int turn = 0; turn < 60; turn++) {
        size_t n = rkb_rng_below(&rng, MAX), found = 0, wrong = 0;
        struct rkb_judgments j = { 0 };
        struct rkb_judged view;
        struct rkb_err err = { 0 };
        rkb_sv q, d;

        for (size_t i = 0; i < n; i++) {
            snprintf(ids[i], sizeof(ids[i]), "%zu", i * 3);
            entries[i] =
                (struct rkb_entry){ rkb_sv_of(ids[i]), (double)(n - i) };
        }
        for (size_t i = 0; i <= rkb_rng_below(&rng, 2 * MAX); i++) {
            char id[12];

            snprintf(id, sizeof(id), "%zu", i * 2);
            rkb_judgments_add(&j, rkb_sv_of("q"), rkb_sv_of(id),
                              (int32_t)(i * 2));
        }
        CHECK_EQ_INT(rkb_judgments_seal(&j, &q, &d, &err), RKB_OK);
        CHECK_EQ_INT(rkb_join(&joiner, &j.queries[0], entries, n, &plain, &view,
                              NULL, &err),
                     RKB_OK);
        for (size_t i = 0; i < n; i++) {
            size_t number = i * 3;

            if (number % 2 || number / 2 >= j.queries[0].n_docs)
                continue;
            wrong += found >= view.n_hits || view.hits[found].rank != i + 1 ||
                     view.hits[found].grade != (int32_t)number;
            found++;
        }
        CHECK_EQ_INT(wrong, 0);
        CHECK_EQ_INT(view.n_hits, found);
        rkb_judgments_release(&j);
    }
    rkb_joiner_release(&joiner);
}

TESTS(TEST(grades_are_sorted_and_counted),
      TEST(queries_are_ordered_by_their_bytes),
      TEST(a_document_judged_twice_is_named),
      TEST(hits_come_by_rank_and_unknown_documents_count),
      TEST(ordered_entries_stay_in_their_order),
      TEST(m_cuts_before_j_drops_the_unjudged),
      TEST(documents_that_only_others_judge_are_told_apart),
      TEST(the_document_with_the_query_s_id_is_dropped_first),
      TEST(a_document_ranked_twice_is_an_error_wherever_it_stands),
      TEST(an_absent_query_has_its_judgments_and_no_hits),
      TEST(a_joiner_finds_what_a_plain_search_finds))
