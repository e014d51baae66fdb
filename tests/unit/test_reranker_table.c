/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/reranker.h"

#include "base/clock.h"
#include "base/io/digest.h"
#include "base/io/file.h"
#include "base/mem.h"
#include "harness/retrieve/bm25.h"
#include "tests/mock/mock.h"
#include "tests/tap.h"

#define RUN "tests/data/rerankers/run.trec"

enum { MAX_DOCS = 128 };

/* One query through one row, as the engine does it. */
struct answer {
    struct rkb_arena arena;
    struct rkb_account account;
    struct rkb_calls calls;
    uint32_t order[MAX_DOCS];
    double score[MAX_DOCS];
    uint8_t scored[MAX_DOCS];
    struct rkb_outcome outcome;
    struct rkb_err err;
    enum rkb_status rc;
};

static void ask(struct answer *a, const struct rkb_reranker *r,
                const struct rkb_request *request)
{
    struct rkb_branch root = { .arena = &a->arena,
                               .account = &a->account,
                               .calls = &a->calls };

    *a = (struct answer){ 0 };
    a->outcome.order = a->order;
    a->outcome.score = a->score;
    a->outcome.scored = a->scored;
    for (uint32_t i = 0; i < request->n_docs; i++)
        a->order[i] = i;
    a->rc = r->def->rerank(r->self, &root, request, &a->outcome, &a->err);
    rkb_arena_release(&a->arena);
}

static bool open_row(struct rkb_reranker *r, struct rkb_arena *arena,
                     const char *spec)
{
    const struct rkb_env env = { .arena = arena };
    struct rkb_err err = { 0 };

    if (CHECK_EQ_INT(rkb_reranker_open(r, rkb_sv_of(spec), &env, &err), RKB_OK))
        return true;
    printf("# %s\n", err.msg);
    return false;
}

/* "d3 d1 ..." */
static const char *order_text(const struct answer *a,
                              const struct rkb_request *request)
{
    static char out[4096];
    struct rkb_buf b = { 0 };

    for (size_t i = 0; i < request->n_docs; i++) {
        rkb_buf_text(&b, i ? " " : "");
        rkb_buf_sv(&b, request->docs[a->order[i]].docid);
    }
    snprintf(out, sizeof(out), "%.*s", (int)b.len, b.at ? b.at : "");
    rkb_buf_release(&b);
    return out;
}

#define SV(s)              \
    {                      \
        (s), sizeof(s) - 1 \
    }

/* The candidates of all golden cases. */
static const struct rkb_candidate five[] = {
    { SV("d1"), SV("Bread"), SV("flour and water"), 9, true, 0 },
    { SV("d2"), SV(""), SV("a fox in the snow"), 8, true, 2 },
    { SV("d3"), SV("Foxes"), SV("fox fox"), 7, true, RKB_UNPOOLED },
    { SV("d4"), SV(""), SV(""), 6, true, 1 },
    { SV("d5"), SV("snow"), SV("white"), 5, false, 2 },
};
static const struct rkb_request request_of_five = {
    .qid = SV("q1"),
    .query = SV("the snow fox"),
    .seed = 1,
    .docs = five,
    .n_docs = 5,
};

/* The rows that ask servers ask a mock; SERVER is its URL, and a passage's score
 * there is its share of the query's three words: d2 has all of them, d3 and d5
 * one, d1 and d4 none. */
static const struct {
    const char *spec, *order, *answer;
} golden[] = {
    { "first-stage", "d1 d2 d3 d4 d5", NULL },
    { "reverse", "d5 d4 d3 d2 d1", NULL },
    { "random", "d5 d1 d2 d3 d4", NULL },
    { "constant", "d1 d2 d3 d4 d5", NULL },
    { "oracle", "d2 d5 d4 d1 d3", NULL },
    { "bm25", "d2 d3 d5 d1 d4", NULL },
    { "run-file(path='" RUN "')", "d3 d5 d1 d2 d4", NULL },
    { "process(command='perl tests/data/rerankers/reverse.pl')",
      "d5 d4 d3 d2 d1", NULL },
    { "fuse(inputs='bm25; constant',method=zscore)", "d2 d3 d5 d1 d4", NULL },
    { "listwise(server='SERVER')", "d2 d3 d5 d1 d4", "order" },
    { "first(server='SERVER',dialect=vllm)", "d2 d3 d5 d1 d4", "order" },
    { "pointwise(server='SERVER')", "d2 d3 d5 d1 d4", "yesno" },
    /* Heaps worked by hand; between equals nothing is swapped. */
    { "pairwise(server='SERVER',k=0)", "d2 d5 d3 d4 d1", "best" },
    { "setwise(server='SERVER',k=0)", "d2 d5 d3 d4 d1", "best" },
    /* Two of five go on; the seed put d5 before its equal d3. */
    { "tournament(server='SERVER')", "d2 d5 d1 d3 d4", "order" },
    { "rerank-api(server='SERVER',dialect=vllm)", "d2 d3 d5 d1 d4", "order" },
    /* cos = 4/(2 sqrt 6), 3/(2 sqrt 6), 2/(2 sqrt 3), 1/2, 1/(2 sqrt 5). */
    { "embedding(server='SERVER')", "d2 d3 d5 d4 d1", "order" },
    { "consistency(of='listwise(server=SERVER)')", "d2 d5 d3 d1 d4", "order" },
};

static const char *spec_for(struct rkb_arena *a, const char *spec,
                            const struct mock *mock)
{
    const char *at = strstr(spec, "SERVER");

    if (!at)
        return spec;
    return rkb_arena_printf(a, "%.*s%s%s", (int)(at - spec), spec,
                            mock_url(mock), at + strlen("SERVER"));
}

static void every_row_gives_its_golden_order(void)
{
    for (size_t i = 0; i < RKB_COUNT(golden); i++) {
        struct rkb_arena arena = { 0 };
        struct mock *mock = NULL;
        struct rkb_reranker r;
        struct answer a;

        if (golden[i].answer)
            mock = mock_open_script(rkb_arena_printf(
                &arena, "on\nmodel answer=%s\n", golden[i].answer));
        if (open_row(&r, &arena, spec_for(&arena, golden[i].spec, mock))) {
            ask(&a, &r, &request_of_five);
            CHECK_EQ_INT(a.rc, RKB_OK);
            if (!CHECK_STR(order_text(&a, &request_of_five), golden[i].order))
                printf("# %s: %s\n", golden[i].spec, a.err.msg);
            rkb_reranker_close(&r);
        }
        mock_close(mock);
        rkb_arena_release(&arena);
    }
}

static void every_row_is_complete_and_has_a_golden_case(void)
{
    size_t n = 0;

    for (; rkb_rerankers[n]; n++) {
        const struct rkb_reranker_def *def = rkb_rerankers[n], *found;
        bool has_case = false;
        struct rkb_err err;

        CHECK(def->name && def->name[0] && def->summary && def->summary[0]);
        CHECK(def->source && def->source[0]);
        CHECK(def->version >= 1 && def->rerank);
        for (const struct rkb_opt *o = def->options; o && o->name; o++)
            CHECK(o->help && o->help[0]);
        CHECK_EQ_INT(rkb_reranker_find(rkb_sv_of(def->name), &found, &err),
                     RKB_OK);
        CHECK(found == def); /* so names are unique */
        for (size_t i = 0; i < RKB_COUNT(golden); i++) {
            size_t len = strcspn(golden[i].spec, "(");

            has_case = has_case ||
                       rkb_sv_is((rkb_sv){ golden[i].spec, len }, def->name);
        }
        if (!has_case)
            printf("# no golden case for '%s'\n", def->name);
        CHECK(has_case);
    }
    CHECK_EQ_INT(n, RKB_COUNT(golden));
}

static void unknown_names_and_options_are_refused(void)
{
    static const char *const rows[][2] = {
        { "revers", "unknown reranker 'revers' (did you mean 'reverse'?)" },
        { "bm25x(k1=1)", "unknown reranker 'bm25x' (did you mean 'bm25'?)" },
        { "quite-other", "unknown reranker 'quite-other'" },
        { "bm25(k2=1)",
          "reranker 'bm25': unknown option 'k2' (did you mean 'k1'?)" },
        { "bm25(b=2)",
          "reranker 'bm25': option 'b' must be a number from 0 to 1, not '2'" },
        { "bm25(stats=corpus)", "reranker 'bm25': option 'stats' must be one "
                                "of auto|query, not 'corpus'" },
        { "run-file", "reranker 'run-file': path must name a run file" },
        { "run-file(path=-)",
          "reranker 'run-file': path must name a run file" },
        { "fuse", "reranker 'fuse': inputs must name two rerankers or more, "
                  "as in 'bm25; first-stage'" },
        { "fuse(inputs=bm25)",
          "reranker 'fuse': inputs must name two rerankers or more, as in "
          "'bm25; first-stage'" },
        { "fuse(inputs='bm25;')", "reranker 'fuse': input 2: bad spec '': "
                                  "expected a name at column 1" },
        { "fuse(inputs='bm25; bm52(k1=1)')",
          "reranker 'fuse': input 2: unknown reranker 'bm52' (did you mean "
          "'bm25'?)" },
        { "fuse(inputs='bm25; bm25(b=2)')",
          "reranker 'fuse': input 2: reranker 'bm25': option 'b' must be a "
          "number from 0 to 1, not '2'" },
        { "fuse(inputs='bm25; reverse',method=minmax)",
          "reranker 'fuse': input 2: 'reverse' gives no scores: fuse it with "
          "method=rrf" },
        { "fuse(inputs='bm25; constant',weights='1,x')",
          "reranker 'fuse': a weight must be a number from 0 to 1e6, not 'x'" },
        { "fuse(inputs='bm25; constant',weights='1')",
          "reranker 'fuse': 2 inputs have 1 weights" },
        { "fuse(inputs='bm25; constant',weights='0,0')",
          "reranker 'fuse': all weights are 0" },
        { "fuse(inputs='bm25; constant',method=sum,k=60)",
          "reranker 'fuse': k is for method=rrf alone" },
        { "fuse(inputs='bm25; run-file')",
          "reranker 'fuse': input 2: reranker 'run-file': path must name a run "
          "file" },
    };
    struct rkb_arena arena = { 0 };
    const struct rkb_env env = { .arena = &arena };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_reranker r;
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(rkb_reranker_open(&r, rkb_sv_of(rows[i][0]), &env, &err),
                     RKB_E_USAGE);
        CHECK_STR(err.msg, rows[i][1]);
        rkb_reranker_close(&r);
    }
    rkb_arena_release(&arena);
}

/* ---- properties -------------------------------------------------------- */

/* n candidates with made-up scores, grades and texts. */
static void make_request(struct rkb_request *request,
                         struct rkb_candidate *docs, size_t n,
                         struct rkb_arena *arena)
{
    for (size_t i = 0; i < n; i++)
        docs[i] = (struct rkb_candidate){
            .docid = rkb_sv_of(rkb_arena_printf(arena, "d%zu", i + 1)),
            .title = rkb_sv_of(i % 3 ? "snow" : ""),
            .text = rkb_sv_of(i % 5 ? "a fox" : "no animal"),
            .score = (double)(n - i),
            .has_score = true,
            .grade = i % 7 == 6 ? RKB_UNPOOLED : (int32_t)(i * 5 % 4) - 1,
        };
    *request = (struct rkb_request){ .qid = rkb_sv_of("q2"),
                                     .query = rkb_sv_of("snow fox"),
                                     .seed = n,
                                     .docs = docs,
                                     .n_docs = n };
}

/* Servers are not asked: their answers are drawn. */
static bool open_made_up(struct rkb_reranker *r, struct rkb_arena *arena,
                         const char *spec)
{
    const struct rkb_env env = { .arena = arena, .counting = RKB_COUNT_DRAWN };
    const char *at = strstr(spec, "SERVER");
    struct rkb_err err = { 0 };

    if (at)
        spec = rkb_arena_printf(arena, "%.*shttp://127.0.0.1:9%s",
                                (int)(at - spec), spec, at + strlen("SERVER"));
    if (CHECK_EQ_INT(rkb_reranker_open(r, rkb_sv_of(spec), &env, &err), RKB_OK))
        return true;
    printf("# %s\n", err.msg);
    return false;
}

static void every_answer_is_a_permutation(void)
{
    static const size_t sizes[] = { 0, 1, 2, 3, 10, 100, MAX_DOCS };
    struct rkb_arena arena = { 0 };

    for (size_t s = 0; s < RKB_COUNT(golden); s++) {
        struct rkb_reranker r;

        if (!open_made_up(&r, &arena, golden[s].spec))
            continue;
        for (size_t k = 0; k < RKB_COUNT(sizes); k++) {
            struct rkb_candidate docs[MAX_DOCS];
            bool seen[MAX_DOCS] = { false };
            struct rkb_request request;
            struct answer a;

            make_request(&request, docs, sizes[k], &arena);
            ask(&a, &r, &request);
            CHECK_EQ_INT(a.rc, RKB_OK);
            CHECK(a.outcome.status != RKB_QUERY_FAILED);
            for (size_t i = 0; i < sizes[k]; i++) {
                if (!CHECK(a.order[i] < sizes[k] && !seen[a.order[i]]))
                    break;
                seen[a.order[i]] = true;
                CHECK(!a.scored[i] || isfinite(a.score[i]));
            }
        }
        rkb_reranker_close(&r);
    }
    rkb_arena_release(&arena);
}

static void first_stage_passes_scores_on(void)
{
    struct rkb_arena arena = { 0 };
    struct rkb_reranker r;
    struct answer a;

    if (!open_row(&r, &arena, "first-stage"))
        return;
    ask(&a, &r, &request_of_five);
    CHECK(r.def->traits & RKB_KEEPS_SCORES);
    CHECK(a.scored[0] && a.score[0] == 9 && a.scored[3] && !a.scored[4]);
    rkb_reranker_close(&r);
    rkb_arena_release(&arena);
}

static void reverse_twice_is_the_identity(void)
{
    struct rkb_candidate docs[MAX_DOCS], again[MAX_DOCS];
    struct rkb_arena arena = { 0 };
    struct rkb_request request;
    struct rkb_reranker r;
    struct answer a;

    if (!open_row(&r, &arena, "reverse"))
        return;
    make_request(&request, docs, MAX_DOCS, &arena);
    ask(&a, &r, &request);
    for (size_t i = 0; i < MAX_DOCS; i++)
        again[i] = docs[a.order[i]];
    request.docs = again;
    ask(&a, &r, &request);
    for (size_t i = 0; i < MAX_DOCS; i++)
        CHECK(rkb_sv_eq(again[a.order[i]].docid, docs[i].docid));
    rkb_reranker_close(&r);
    rkb_arena_release(&arena);
}

static void random_depends_on_the_seed_alone_and_is_uniform(void)
{
    struct rkb_arena arena = { 0 };
    struct rkb_request request = request_of_five;
    size_t counts[27] = { 0 };
    struct rkb_reranker r;
    struct answer a, b;
    double chi = 0;

    if (!open_row(&r, &arena, "random"))
        return;
    ask(&a, &r, &request);
    ask(&b, &r, &request);
    CHECK(memcmp(a.order, b.order, sizeof(a.order)) == 0);
    request.n_docs = 3;
    for (request.seed = 0; request.seed < 6000; request.seed++) {
        ask(&a, &r, &request);
        counts[a.order[0] * 9 + a.order[1] * 3 + a.order[2]]++;
    }
    for (size_t i = 0; i < 27; i++)
        if (counts[i])
            chi += pow((double)counts[i] - 1000, 2) / 1000;
    CHECK(chi < 20.5); /* 5 degrees of freedom, p = .001 */
    rkb_reranker_close(&r);
    rkb_arena_release(&arena);
}

static void constant_scores_are_all_equal(void)
{
    struct rkb_arena arena = { 0 };
    struct rkb_reranker r;
    struct answer a;

    if (!open_row(&r, &arena, "constant"))
        return;
    ask(&a, &r, &request_of_five);
    for (size_t i = 0; i < 5; i++)
        CHECK(a.scored[i] && a.score[i] == a.score[0]);
    rkb_reranker_close(&r);
    rkb_arena_release(&arena);
}

static double gain(int32_t grade)
{
    return grade > 0 ? grade : 0;
}

static void oracle_reaches_the_ideal_and_keeps_ties_in_order(void)
{
    struct rkb_candidate docs[MAX_DOCS];
    struct rkb_arena arena = { 0 };
    struct rkb_request request;
    double dcg = 0, ideal = 0;
    struct rkb_reranker r;
    size_t rank = 0;
    struct answer a;

    if (!open_row(&r, &arena, "oracle"))
        return;
    CHECK(r.def->traits & RKB_SEES_GRADES);
    make_request(&request, docs, MAX_DOCS, &arena);
    ask(&a, &r, &request);
    for (int32_t g = 3; g >= 0; g--)
        for (size_t i = 0; i < MAX_DOCS; i++)
            if (docs[i].grade == g)
                ideal += gain(g) / log2((double)++rank + 1);
    for (size_t i = 0; i < MAX_DOCS; i++) {
        const struct rkb_candidate *d = &docs[a.order[i]];

        dcg += gain(d->grade) / log2((double)i + 2);
        CHECK((i < rank) == (d->grade >= 0));
        if (i == 0)
            continue;
        const struct rkb_candidate *before = &docs[a.order[i - 1]];
        bool same =
            before->grade == d->grade || (before->grade < 0 && d->grade < 0);

        CHECK(same ? a.order[i - 1] < a.order[i] : before->grade > d->grade);
    }
    CHECK_NEAR(dcg / ideal, 1.0, 1e-12);
    rkb_reranker_close(&r);
    rkb_arena_release(&arena);
}

static void bm25_takes_the_corpus_if_there_is_one(void)
{
    struct rkb_arena arena = { 0 };
    struct rkb_env env = { .arena = &arena };
    struct rkb_bm25 *x = rkb_bm25_open(
        (struct rkb_bm25_params){ RKB_BM25_K1, RKB_BM25_B }, NULL);
    struct rkb_buf identity = { 0 };
    struct rkb_bm25_hit *hits;
    struct rkb_err err = { 0 };
    struct rkb_reranker r;
    struct answer a;
    size_t n;

    rkb_bm25_add_query(x, request_of_five.query);
    for (size_t i = 0; i < 5; i++)
        CHECK_EQ_INT(rkb_bm25_on_doc(x, five[i].docid, five[i].title,
                                     five[i].text, &err),
                     RKB_OK);
    CHECK_EQ_INT(rkb_bm25_on_doc(x, rkb_sv_of("d6"), rkb_sv_of("snow"),
                                 rkb_sv_of("snow and snow"), &err),
                 RKB_OK);
    CHECK_EQ_INT(rkb_bm25_finish(x, &err), RKB_OK);
    env.stats = rkb_bm25_stats(x);
    rkb_bm25_search(x, &arena, 0, 10, &hits, &n);
    if (CHECK_EQ_INT(rkb_reranker_open(&r, rkb_sv_of("bm25"), &env, &err),
                     RKB_OK)) {
        ask(&a, &r, &request_of_five);
        CHECK_EQ_INT(a.rc, RKB_OK);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < 5; k++)
                if (rkb_sv_eq(hits[i].docid, five[k].docid))
                    CHECK(hits[i].score == a.score[k]);
        CHECK_EQ_INT(r.def->probe(r.self, &identity, NULL, &err), RKB_OK);
        CHECK(strncmp(identity.at, "stats n=5 avgdl=2.6 df=", 23) == 0);
        rkb_reranker_close(&r);
    }
    rkb_buf_reset(&identity);
    if (CHECK_EQ_INT(
            rkb_reranker_open(&r, rkb_sv_of("bm25(stats=query)"), &env, &err),
            RKB_OK)) {
        CHECK_EQ_INT(r.def->probe(r.self, &identity, NULL, &err), RKB_OK);
        CHECK_STR(identity.at, "stats=query");
        rkb_reranker_close(&r);
    }
    rkb_buf_release(&identity);
    rkb_bm25_close(x);
    rkb_arena_release(&arena);
}

/* ---- run-file ---------------------------------------------------------- */

static void run_file_follows_the_run_and_counts_the_rest(void)
{
    struct rkb_arena arena = { 0 };
    struct rkb_request request = request_of_five;
    struct rkb_reranker r;
    struct answer a;

    if (!open_row(&r, &arena, "run-file(path='" RUN "')"))
        return;
    ask(&a, &r, &request); /* d5 ties with d1 and goes before it */
    CHECK_STR(order_text(&a, &request), "d3 d5 d1 d2 d4");
    CHECK_EQ_INT(a.outcome.status, RKB_QUERY_REPAIRED);
    CHECK_STR(a.outcome.why, "2 of 5 candidates not in the run, "
                             "1 of its documents no candidates");
    CHECK(a.scored[2] && a.score[2] == 7 && !a.scored[1]);
    request.qid = rkb_sv_of("q2");
    ask(&a, &r, &request);
    CHECK_STR(order_text(&a, &request), "d2 d1 d3 d4 d5");
    CHECK_EQ_INT(a.outcome.status, RKB_QUERY_OK);
    CHECK_STR(a.outcome.why, "");
    request.n_docs = 2; /* the head only: nothing to repair, but a note */
    ask(&a, &r, &request);
    CHECK_EQ_INT(a.outcome.status, RKB_QUERY_OK);
    CHECK_STR(a.outcome.why, "0 of 2 candidates not in the run, "
                             "3 of its documents no candidates");
    request.qid = rkb_sv_of("absent");
    ask(&a, &r, &request);
    CHECK_EQ_INT(a.rc, RKB_OK);
    CHECK_EQ_INT(a.outcome.status, RKB_QUERY_FAILED);
    CHECK_STR(a.outcome.why, "the run has no such query");
    request.qid = rkb_sv_of("twice");
    ask(&a, &r, &request);
    CHECK_EQ_INT(a.rc, RKB_E_DATA);
    CHECK_STR(a.err.msg, "the run ranks document 'd1' twice");
    rkb_reranker_close(&r);
    rkb_arena_release(&arena);
}

static void run_file_has_its_digest_in_the_identity(void)
{
    struct rkb_arena arena = { 0 };
    struct rkb_buf identity = { 0 };
    struct rkb_err err = { 0 };
    struct rkb_reranker r;
    rkb_sv bytes;
    char hex[65];

    if (!open_row(&r, &arena, "run-file(path='" RUN "')"))
        return;
    CHECK_EQ_INT(r.def->probe(r.self, &identity, NULL, &err), RKB_OK);
    if (CHECK_EQ_INT(rkb_file_read(&arena, RUN, 1 << 20, &bytes, &err),
                     RKB_OK)) {
        struct rkb_digest digest = rkb_digest_of(bytes);

        rkb_digest_hex(&digest, hex);
        CHECK(rkb_sv_starts(rkb_buf_view(&identity), "sha256="));
        CHECK_STR(identity.at + 7, hex);
    }
    rkb_buf_release(&identity);
    rkb_reranker_close(&r);
    rkb_arena_release(&arena);
}

static void run_file_errors_name_the_file(void)
{
    struct rkb_arena arena = { 0 };
    const struct rkb_env env = { .arena = &arena };
    struct rkb_err err = { 0 };
    struct rkb_reranker r;

    CHECK_EQ_INT(
        rkb_reranker_open(
            &r, rkb_sv_of("run-file(path=tests/data/absent.trec)"), &env, &err),
        RKB_E_IO);
    CHECK(strstr(err.msg, "absent.trec") != NULL);
    rkb_reranker_close(&r);
    rkb_arena_release(&arena);
}

TESTS(TEST(every_row_gives_its_golden_order),
      TEST(every_row_is_complete_and_has_a_golden_case),
      TEST(unknown_names_and_options_are_refused),
      TEST(every_answer_is_a_permutation), TEST(first_stage_passes_scores_on),
      TEST(reverse_twice_is_the_identity),
      TEST(random_depends_on_the_seed_alone_and_is_uniform),
      TEST(constant_scores_are_all_equal),
      TEST(oracle_reaches_the_ideal_and_keeps_ties_in_order),
      TEST(bm25_takes_the_corpus_if_there_is_one),
      TEST(run_file_follows_the_run_and_counts_the_rest),
      TEST(run_file_has_its_digest_in_the_identity),
      TEST(run_file_errors_name_the_file))
