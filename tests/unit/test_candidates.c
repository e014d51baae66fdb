/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/candidates.h"

#include "tests/testbed_fixture.h"

/* "q1: d1 d2|q2: ..." without lists that are empty; good until the next. */
static const char *lists_of(const struct rkb_testbed *b)
{
    static char out[4096];
    const struct rkb_candidates *c = b->candidates;
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < c->n_lists; i++) {
        const struct rkb_candidate_list *l = &c->lists[i];
        rkb_sv qid = b->dataset->queries[l->query].qid;

        if (!l->n)
            continue;
        at += (size_t)snprintf(out + at, sizeof out - at,
                               "%s%.*s:", at ? "|" : "", (int)qid.len, qid.at);
        for (size_t j = 0; j < l->n; j++) {
            rkb_sv id = b->dataset->docids.keys[l->docs[j]];

            at += (size_t)snprintf(out + at, sizeof out - at, " %.*s",
                                   (int)id.len, id.at);
        }
    }
    return out;
}

static struct bed_parts parts_of(const char *qrels, const char *run)
{
    return (struct bed_parts){ .qrels = qrels, .run = run };
}

static struct rkb_candidates_want want_no_text(void)
{
    struct rkb_candidates_want want = bed_want();

    want.texts = false;
    return want;
}

/* What it says when it must fail. */
static void check_fails(const struct bed_parts *parts,
                        struct rkb_candidates_want want, enum rkb_status code,
                        const char *says)
{
    struct rkb_testbed b = { 0 };
    struct rkb_err err = { 0 };

    fix_must(bed_open(&b, parts, &err), &err);
    CHECK_EQ_INT(bed_load(&b, parts, want, &err), code);
    CHECK(fix_says(&err, says));
    CHECK(b.candidates->lists == NULL);
    rkb_testbed_close(&b);
    fixture_done();
}

static void done(struct rkb_testbed *b)
{
    rkb_testbed_close(b);
    fixture_done();
}

/* ---- order -------------------------------------------------------------------- */

static void a_run_is_taken_by_score_file_or_rank(void)
{
    static const struct {
        enum rkb_candidate_order order;
        const char *lists;
    } rows[] = { { RKB_ORDER_EVALUATOR, "q1: c b a" },
                 { RKB_ORDER_FILE, "q1: a b c" },
                 { RKB_ORDER_RANK, "q1: b c a" } };
    struct bed_parts parts = parts_of(
        "q1 0 a 1\n", "q1 Q0 a 9 1 r\nq1 Q0 b -3 2 r\nq1 Q0 c 0 3 r\n");

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_candidates_want want = want_no_text();

        want.order = rows[i].order;
        struct rkb_testbed b = bed_of(&parts, &want, NULL);

        CHECK_STR(lists_of(&b), rows[i].lists);
        CHECK_EQ_INT(b.candidates->order, rows[i].order);
        CHECK_EQ_INT(b.candidates->n_differ, 1);
        done(&b);
    }
}

static void equal_ranks_keep_the_order_of_the_file(void)
{
    struct bed_parts parts =
        parts_of("q1 0 a 1\n", "q1 Q0 z 1 1 r\nq1 Q0 b 1 2 r\nq1 Q0 c 1 3 r\n");
    struct rkb_candidates_want want = want_no_text();

    want.order = RKB_ORDER_RANK;
    struct rkb_testbed b = bed_of(&parts, &want, NULL);

    CHECK_STR(lists_of(&b), "q1: z b c");
    done(&b);
}

static void ties_go_by_docid_and_are_counted(void)
{
    /* 0.1 and 0.10000000001 are one 32-bit float. */
    struct bed_parts parts =
        parts_of("q1 0 a 1\nq2 0 a 1\nq3 0 a 1\n",
                 "q1 Q0 a 1 5 r\nq1 Q0 b 2 5 r\nq1 Q0 c 3 4 r\n"
                 "q2 Q0 b 1 0.1 r\nq2 Q0 a 2 0.10000000001 r\nq3 Q0 a 1 2 r\n");
    struct rkb_candidates_want want = want_no_text();
    struct rkb_testbed b = bed_of(&parts, &want, NULL);

    CHECK_STR(lists_of(&b), "q1: b a c|q2: b a|q3: a");
    CHECK_EQ_INT(b.candidates->n_tied, 2);
    CHECK_EQ_INT(b.candidates->n_differ, 1);
    done(&b);
    want.compat = RKB_COMPAT_10;
    b = bed_of(&parts, &want, NULL);
    CHECK_STR(lists_of(&b), "q1: b a c|q2: a b|q3: a");
    CHECK_EQ_INT(b.candidates->n_tied, 1);
    CHECK_EQ_INT(b.candidates->n_differ, 2);
    done(&b);
}

static void a_rank_that_is_no_number_is_named(void)
{
    struct bed_parts parts = parts_of("q1 0 a 1\n", "q1 Q0 a one 1 r\n");
    struct rkb_candidates_want want = want_no_text();

    want.order = RKB_ORDER_RANK;
    check_fails(&parts, want, RKB_E_DATA,
                "query 'q1' has the rank 'one', which is not a number");
}

static void a_request_file_keeps_its_order(void)
{
    struct bed_parts parts = {
        .qrels = "q1 0 a 1\n",
        .request = "{\"query\":{\"qid\":\"q1\",\"text\":\"x\"},\"candidates\":["
                   "{\"docid\":\"b\",\"score\":1,\"doc\":{\"contents\":\"B\"}},"
                   "{\"docid\":\"a\",\"score\":2,\"doc\":{\"contents\":\"A\"}},"
                   "{\"docid\":\"c\",\"doc\":{\"contents\":\"C\"}}]}\n",
        .queries = "q9\tunused\n",
    };
    struct rkb_testbed b = bed_of(&parts, NULL, NULL);
    const struct rkb_candidate_list *l = b.candidates->lists;

    CHECK_STR(lists_of(&b), "q1: b a c");
    CHECK_EQ_INT(b.candidates->order, RKB_ORDER_FILE);
    CHECK_NEAR(l->scores[0], 1.0, 0.0);
    CHECK(isnan(l->scores[2]));
    CHECK_STR(b.dataset->docs[l->docs[1]].text.at, "A");
    done(&b);
}

static void lists_come_by_qid_whatever_the_file(void)
{
    struct bed_parts parts = parts_of(
        "q9 0 a 1\nq10 0 a 1\nq1 0 a 1\n",
        "q9 Q0 a 1 5 r\nq1 Q0 a 1 5 r\nq10 Q0 b 1 5 r\nq9 Q0 b 2 4 r\n");
    struct rkb_candidates_want want = want_no_text();
    struct rkb_testbed b = bed_of(&parts, &want, NULL);

    CHECK_STR(lists_of(&b), "q1: a|q10: b|q9: a b");
    done(&b);
}

/* ---- what is dropped ------------------------------------------------------------- */

static void self_goes_before_the_cut(void)
{
    struct bed_parts parts = {
        .spec = "beir/arguana",
        .queries = "a\tone\nb\ttwo\n",
        .qrels = "a 0 b 1\nb 0 a 1\n",
        .corpus = "a\tone\nb\ttwo\nc\tthree\n",
        .run = "a Q0 a 1 9 r\na Q0 b 2 8 r\na Q0 c 3 7 r\n"
               "b Q0 c 1 9 r\nb Q0 a 2 8 r\nb Q0 b 3 7 r\n",
    };
    struct rkb_candidates_want want = bed_want();

    want.depth = 2;
    struct rkb_testbed b = bed_of(&parts, &want, NULL);

    CHECK_STR(lists_of(&b), "a: b c|b: c a");
    CHECK_EQ_INT(b.candidates->n_self, 1);
    done(&b);
    parts.spec = "dl19"; /* a collection where an id may be in both */
    b = bed_of(&parts, &want, NULL);
    CHECK_STR(lists_of(&b), "a: a b|b: c a");
    CHECK_EQ_INT(b.candidates->n_self, 0);
    done(&b);
}

static void excluded_ids_go_before_the_cut(void)
{
    struct bed_parts parts = {
        .spec = "bright/biology",
        .queries = "{\"id\":\"1\",\"query\":\"x\",\"gold_ids\":[\"b\"],"
                   "\"excluded_ids\":[\"a\",\"c\"]}\n"
                   "{\"id\":\"2\",\"query\":\"y\",\"gold_ids\":[\"a\"],"
                   "\"excluded_ids\":[\"N/A\"]}\n",
        .qrels = "1 0 b 1\n2 0 a 1\n",
        .run = "1 Q0 a 1 9 r\n1 Q0 b 2 8 r\n1 Q0 c 3 7 r\n1 Q0 d 4 6 r\n"
               "1 Q0 e 5 5 r\n2 Q0 a 1 9 r\n2 Q0 c 2 8 r\n2 Q0 d 3 7 r\n",
    };
    struct rkb_candidates_want want = want_no_text();

    want.depth = 2;
    struct rkb_testbed b = bed_of(&parts, &want, NULL);

    CHECK_STR(lists_of(&b), "1: b d|2: a c");
    CHECK_EQ_INT(b.candidates->n_excluded, 2);
    done(&b);
}

static void depth_is_a_cut_and_not_a_demand(void)
{
    static const size_t depths[] = { 1, 2, 3, 4, SIZE_MAX };
    static const char *const lists[] = { "q1: a", "q1: a b", "q1: a b c",
                                         "q1: a b c", "q1: a b c" };
    struct bed_parts parts =
        parts_of("q1 0 a 1\n", "q1 Q0 a 1 9 r\nq1 Q0 b 2 8 r\nq1 Q0 c 3 7 r\n");

    for (size_t i = 0; i < RKB_COUNT(depths); i++) {
        struct rkb_candidates_want want = want_no_text();

        want.depth = depths[i];
        struct rkb_testbed b = bed_of(&parts, &want, NULL);

        CHECK_STR(lists_of(&b), lists[i]);
        CHECK_EQ_INT(b.depth, depths[i] == SIZE_MAX ? 0 : depths[i]);
        done(&b);
    }
}

static void only_judged_queries_are_sent_unless_all_are(void)
{
    struct rkb_candidates_want want = bed_want();
    struct rkb_testbed b = bed_of(&bed_usual, &want, NULL);

    CHECK_EQ_INT(b.candidates->n_lists, 7);
    CHECK_EQ_INT(b.candidates->n_unjudged, 1);
    CHECK_EQ_INT(b.candidates->n_empty, 1);
    done(&b);
    want.all_queries = true;
    b = bed_of(&bed_usual, &want, NULL);
    CHECK_EQ_INT(b.candidates->n_lists, 8);
    CHECK_EQ_INT(b.candidates->n_unjudged, 0);
    done(&b);
}

static void queries_that_the_dataset_lacks_are_counted(void)
{
    struct bed_parts parts = bed_usual;

    parts.run = "x1 Q0 d1 1 1 r\nq1 Q0 d1 1 1 r\nx2 Q0 d1 1 1 r\n";
    struct rkb_testbed b = bed_of(&parts, NULL, NULL);

    CHECK_EQ_INT(b.candidates->n_foreign, 2);
    CHECK_EQ_INT(b.candidates->n_empty, 6);
    done(&b);
    parts.run = "x1 Q0 d1 1 1 r\n";
    check_fails(&parts, bed_want(), RKB_E_DATA,
                "has candidates for none of the 7 queries of 'dl19': those "
                "are 'q1' 'q2'");
}

static void a_candidate_twice_is_an_error_with_its_line(void)
{
    struct bed_parts parts = bed_usual;

    parts.run = "# comment\nq1 Q0 d1 1 9 r\nq2 Q0 d2 1 9 r\n\n"
                "q1 Q0 d2 2 8 r\nq1 Q0 d1 3 1 r\n";
    check_fails(&parts, bed_want(), RKB_E_DATA,
                "run.trec:6: document 'd1' is a candidate of query 'q1' twice");
    parts.run = NULL;
    parts.request =
        "{\"query\":{\"qid\":\"q1\",\"text\":\"x\"},\"candidates\":["
        "{\"docid\":\"d1\"},{\"docid\":\"d2\"},{\"docid\":\"d1\"}]}\n";
    check_fails(&parts, bed_want(), RKB_E_DATA,
                "requests.jsonl: document 'd1' is a candidate of query 'q1' "
                "twice");
}

static void an_infinite_score_is_refused(void)
{
    struct bed_parts parts = parts_of("q1 0 a 1\n", "q1 Q0 a 1 inf r\n");

    check_fails(&parts, want_no_text(), RKB_E_DATA,
                "query 'q1' has an infinite score");
}

/* ---- texts ------------------------------------------------------------------------ */

static void a_missing_text_stops_counts_as_empty_or_drops(void)
{
    struct bed_parts parts = bed_usual;
    struct rkb_candidates_want want = bed_want();

    parts.corpus = "d1\tone\nd3\tthree\n";
    parts.run = "q1 Q0 d2 1 9 r\nq1 Q0 d1 2 8 r\nq1 Q0 d4 3 7 r\n"
                "q2 Q0 d2 1 9 r\nq3 Q0 d3 1 9 r\n";
    check_fails(&parts, want, RKB_E_DATA,
                "2 candidates have no text ('d2' 'd4'); give a corpus, or say "
                "--missing-text empty or drop");
    want.missing = RKB_MISSING_EMPTY;
    struct rkb_testbed b = bed_of(&parts, &want, NULL);

    CHECK_STR(lists_of(&b), "q1: d2 d1 d4|q2: d2|q3: d3");
    CHECK_EQ_INT(b.candidates->n_missing_text, 2);
    done(&b);
    want.missing = RKB_MISSING_DROP;
    b = bed_of(&parts, &want, NULL);
    CHECK_STR(lists_of(&b), "q1: d1|q3: d3");
    CHECK_EQ_INT(b.candidates->n_missing_text, 2);
    CHECK_EQ_INT(b.candidates->n_empty, 5);
    done(&b);
    want.missing = RKB_MISSING_STOP;
    want.texts = false; /* nobody reads them */
    b = bed_of(&parts, &want, NULL);
    CHECK_STR(lists_of(&b), "q1: d2 d1 d4|q2: d2|q3: d3");
    done(&b);
}

static void at_most_five_ids_are_shown(void)
{
    struct bed_parts parts = bed_usual;

    parts.corpus = "none\tx\n";
    check_fails(&parts, bed_want(), RKB_E_DATA, " ...); give a corpus");
}

static void a_query_without_text_is_not_sent_to_who_reads(void)
{
    struct bed_parts parts = bed_usual;
    struct rkb_candidates_want want = bed_want();

    parts.queries = "q1\tred onions\nq2\tsoup\nq3\tbread\n";
    check_fails(&parts, want, RKB_E_DATA,
                "3 queries have no text ('q4' 'q5' 'q6'); give --queries");
    want.texts = false;
    struct rkb_testbed b = bed_of(&parts, &want, NULL);

    CHECK_EQ_INT(b.candidates->n_lists, 7);
    done(&b);
}

/* ---- digests ----------------------------------------------------------------------- */

static void digests_change_with_every_part(void)
{
    struct rkb_candidates_want want = bed_want(), cut = want;
    struct bed_parts parts[6];
    struct rkb_digest lists[7], texts[7];

    for (size_t i = 0; i < RKB_COUNT(parts); i++)
        parts[i] = bed_usual;
    parts[1].run = bed_replace(bed_usual.run, "q1 Q0 d6", "q1 Q0 d7");
    parts[2].run = bed_replace(bed_usual.run, "d1 1 9", "d1 1 9.5");
    parts[3].corpus = bed_replace(bed_usual.corpus, "leek", "Leek");
    parts[4].corpus = bed_replace(bed_usual.corpus, "leek soup", "leeksoup");
    parts[5].corpus = bed_replace(bed_usual.corpus, "tea", "tee");
    cut.depth = 5;
    for (size_t i = 0; i < 7; i++) {
        struct rkb_testbed b =
            bed_of(&parts[i % 6], i == 6 ? &cut : &want, NULL);

        lists[i] = b.candidates->digest;
        texts[i] = b.candidates->texts;
        for (size_t j = 0; j < i; j++)
            CHECK(!rkb_digest_eq(&lists[i], &lists[j]) ||
                  !rkb_digest_eq(&texts[i], &texts[j]));
        done(&b);
    }
    CHECK(rkb_digest_eq(&lists[0], &lists[3]));
    CHECK(!rkb_digest_eq(&texts[0], &texts[3]));
    CHECK(!rkb_digest_eq(&lists[0], &lists[6]));
}

static void without_texts_their_digest_is_zero(void)
{
    struct rkb_candidates_want want = want_no_text();
    const struct rkb_digest zero = { { 0 } };
    struct rkb_testbed b = bed_of(&bed_usual, &want, NULL);

    CHECK(rkb_digest_eq(&b.candidates->texts, &zero));
    done(&b);
}

/* ---- word counts --------------------------------------------------------------------- */

static void without_a_corpus_all_candidates_stand_for_it(void)
{
    struct bed_parts parts = {
        .queries = "q9\tunused\n",
        .qrels = "q1 0 a 1\nq2 0 a 1\n",
        .request =
            "{\"query\":{\"qid\":\"q1\",\"text\":\"red\"},\"candidates\":["
            "{\"docid\":\"a\",\"doc\":{\"contents\":\"red onions here\"}},"
            "{\"docid\":\"b\",\"doc\":{\"contents\":\"soup\"}}]}\n"
            "{\"query\":{\"qid\":\"q2\",\"text\":\"soup\"},\"candidates\":["
            "{\"docid\":\"b\",\"doc\":{\"contents\":\"soup\"}},"
            "{\"docid\":\"c\",\"doc\":{\"contents\":\"tea pot\"}}]}\n",
    };
    struct rkb_candidates_want want = bed_want();

    want.word_stats = true;
    struct rkb_testbed b = bed_of(&parts, &want, NULL);
    const struct rkb_bm25_stats *s = rkb_bm25_stats(b.candidates->bm25);

    CHECK_EQ_INT(rkb_bm25_n_docs(s), 3); /* b counts once */
    CHECK_NEAR(rkb_bm25_avgdl(s), 2.0, 0.0);
    done(&b);
    want.depth = 1; /* only what is left after the cut */
    b = bed_of(&parts, &want, NULL);
    s = rkb_bm25_stats(b.candidates->bm25);
    CHECK_EQ_INT(rkb_bm25_n_docs(s), 2);
    done(&b);
}

static void with_a_corpus_all_its_documents_count(void)
{
    struct rkb_candidates_want want = bed_want();

    want.word_stats = true;
    struct rkb_testbed b = bed_of(&bed_usual, &want, NULL);

    const struct rkb_bm25_stats *s = rkb_bm25_stats(b.candidates->bm25);
    uint64_t counted = rkb_bm25_fingerprint(s);

    CHECK_EQ_INT(rkb_bm25_n_docs(s), 10);
    done(&b);
    struct rkb_candidates_want search = want; /* which keeps postings too */
    struct rkb_err err = { 0 };

    search.bm25 = true;
    search.spec = "bm25";
    fix_must(bed_open(&b, &bed_usual, &err), &err);
    fix_must(rkb_testbed_load(&b, &search, &err), &err);
    CHECK(rkb_bm25_fingerprint(rkb_bm25_stats(b.candidates->bm25)) == counted);
    done(&b);
    want.word_stats = false;
    b = bed_of(&bed_usual, &want, NULL);
    CHECK(b.candidates->bm25 == NULL);
    done(&b);
}

/* Dropped documents do not shorten the list. */
static void our_own_bm25_gives_candidates(void)
{
    struct rkb_candidates_want want = bed_want();
    struct rkb_testbed b = { 0 };
    struct rkb_err err = { 0 };

    want.bm25 = true;
    want.spec = "bm25";
    want.depth = 2;
    fix_must(bed_open(&b, &bed_usual, &err), &err);
    fix_must(rkb_testbed_load(&b, &want, &err), &err);
    CHECK_STR(lists_of(&b), "q1: d1 d3|q2: d2|q3: d9 d7|q4: d4 d5|q5: d10|"
                            "q6: d6 d7");
    CHECK_EQ_INT(b.candidates->order, RKB_ORDER_EVALUATOR);
    done(&b);
    struct bed_parts parts = bed_usual;

    parts.corpus = NULL;
    fix_must(bed_open(&b, &parts, &err), &err);
    CHECK_EQ_INT(rkb_testbed_load(&b, &want, &err), RKB_E_USAGE);
    CHECK(fix_says(&err, "candidates 'bm25' need a corpus"));
    done(&b);
}

static void a_stop_ends_a_scan(void)
{
    struct rkb_stop *stop = rkb_stop_new();

    rkb_stop_request(stop);
    for (int i = 0; i < 3; i++) {
        struct rkb_candidates_want want = bed_want();

        want.stop = stop;
        want.texts = i == 0;
        want.word_stats = i == 1;
        want.bm25 = i == 2;
        check_fails(&bed_usual, want, RKB_E_STOPPED, "stopped");
    }
    rkb_stop_close(stop);
}

TESTS(TEST(a_run_is_taken_by_score_file_or_rank),
      TEST(equal_ranks_keep_the_order_of_the_file),
      TEST(ties_go_by_docid_and_are_counted),
      TEST(a_rank_that_is_no_number_is_named),
      TEST(a_request_file_keeps_its_order),
      TEST(lists_come_by_qid_whatever_the_file), TEST(self_goes_before_the_cut),
      TEST(excluded_ids_go_before_the_cut),
      TEST(depth_is_a_cut_and_not_a_demand),
      TEST(only_judged_queries_are_sent_unless_all_are),
      TEST(queries_that_the_dataset_lacks_are_counted),
      TEST(a_candidate_twice_is_an_error_with_its_line),
      TEST(an_infinite_score_is_refused),
      TEST(a_missing_text_stops_counts_as_empty_or_drops),
      TEST(at_most_five_ids_are_shown),
      TEST(a_query_without_text_is_not_sent_to_who_reads),
      TEST(digests_change_with_every_part),
      TEST(without_texts_their_digest_is_zero),
      TEST(without_a_corpus_all_candidates_stand_for_it),
      TEST(with_a_corpus_all_its_documents_count),
      TEST(our_own_bm25_gives_candidates), TEST(a_stop_ends_a_scan))
