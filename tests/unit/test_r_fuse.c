/* SPDX-License-Identifier: Apache-2.0 */
/* What fusing makes of given scores, and what it is called in a run's name. */
#include "base/mem.h"
#include "harness/rerankers/reranker.h"
#include "tests/tap.h"

#include <unistd.h>

enum { MAX_DOCS = 40 };

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

/* ---- runs -------------------------------------------------------------- */

struct files {
    char dir[64], *paths[4];
    size_t n;
};

static void files_init(struct files *f)
{
    *f = (struct files){ 0 };
    snprintf(f->dir, sizeof f->dir, "/tmp/rkb-fuse-XXXXXX");
    CHECK(mkdtemp(f->dir) != NULL);
}

/* "a 3 b 2" as a run of the query q; its path. */
static const char *run_of(struct files *f, const char *text)
{
    char *path = rkb_new(128, 1);
    rkb_sv rest = rkb_sv_of(text), docid, score;
    FILE *out;

    snprintf(path, 128, "%s/%zu.trec", f->dir, f->n);
    f->paths[f->n++] = path;
    out = fopen(path, "w");
    if (!CHECK(out != NULL))
        return path;
    while ((docid = rkb_sv_word(&rest)).len) {
        score = rkb_sv_word(&rest);
        fprintf(out, "q Q0 %.*s 1 %.*s t\n", (int)docid.len, docid.at,
                (int)score.len, score.at);
    }
    fclose(out);
    return path;
}

static void files_done(struct files *f)
{
    for (size_t i = 0; i < f->n; i++) {
        unlink(f->paths[i]);
        rkb_free(f->paths[i]);
    }
    rmdir(f->dir);
}

/* Candidates "a b c ..." with first-stage scores n, n - 1, ... */
static struct rkb_request letters(struct rkb_candidate *docs, size_t n)
{
    static const char names[] = "abcdefghijklmnopqrstuvwxyz";

    for (size_t i = 0; i < n; i++)
        docs[i] = (struct rkb_candidate){ .docid = { names + i, 1 },
                                          .text = rkb_sv_of("text"),
                                          .score = (double)(n - i),
                                          .has_score = true,
                                          .grade = 1 };
    return (struct rkb_request){ .qid = rkb_sv_of("q"),
                                 .query = rkb_sv_of("text"),
                                 .docs = docs,
                                 .n_docs = n };
}

static bool open_spec(struct rkb_reranker *r, struct rkb_arena *arena,
                      const char *spec)
{
    const struct rkb_env env = { .arena = arena };
    struct rkb_err err = { 0 };

    if (CHECK_EQ_INT(rkb_reranker_open(r, rkb_sv_of(spec), &env, &err), RKB_OK))
        return true;
    printf("# %s: %s\n", spec, err.msg);
    return false;
}

/* Fuses two runs over n candidates. */
static void fuse_two(struct answer *a, const char *first, const char *second,
                     const char *more, size_t n)
{
    struct rkb_arena arena = { 0 };
    struct rkb_candidate docs[26];
    struct rkb_request request = letters(docs, n);
    struct rkb_reranker r;
    struct files f;

    files_init(&f);
    first = run_of(&f, first);
    second = run_of(&f, second);
    *a = (struct answer){ 0 };
    if (open_spec(&r, &arena,
                  rkb_arena_printf(&arena,
                                   "fuse(inputs='run-file(path=%s); "
                                   "run-file(path=%s)'%s)",
                                   first, second, more))) {
        ask(a, &r, &request);
        rkb_reranker_close(&r);
    }
    files_done(&f);
    rkb_arena_release(&arena);
}

static const char *order_of(const struct answer *a, size_t n)
{
    static char out[64];

    for (size_t i = 0; i < n; i++)
        out[i] = (char)('a' + a->order[i]);
    out[n] = '\0';
    return out;
}

/* ---- values worked by hand --------------------------------------------- */

/* METHODS.md, appendix A.4. */
static void rrf_of_two_runs_is_the_published_one(void)
{
    struct answer a;

    fuse_two(&a, "a 3 b 2 c 1", "c 3 a 2 d 1", "", 4);
    CHECK_EQ_INT(a.rc, RKB_OK);
    CHECK_NEAR(a.score[0], 0.0325225, 5e-8);
    CHECK_NEAR(a.score[2], 0.0322665, 5e-8);
    CHECK_NEAR(a.score[1], 0.0161290, 5e-8);
    CHECK_NEAR(a.score[3], 0.0158730, 5e-8);
    CHECK_STR(order_of(&a, 4), "acbd");
    CHECK_EQ_INT(a.outcome.status, RKB_QUERY_REPAIRED);
    CHECK(strstr(a.outcome.why, "input 1 ('run-file'): 1 of 4 candidates"));
    CHECK(strstr(a.outcome.why, "; input 2 ('run-file'): 1 of 4 candidates"));
}

/* x, y, z of the appendix are a, b, c. */
static void min_max_of_two_runs_is_the_published_one(void)
{
    struct answer a;

    fuse_two(&a, "a 10 b 6 c 2", "b 3 c 1", ",method=minmax,weights='0.5,0.5'",
             3);
    CHECK_EQ_INT(a.rc, RKB_OK);
    CHECK_NEAR(a.score[1], 0.75, 1e-15);
    CHECK_NEAR(a.score[0], 0.5, 1e-15);
    CHECK_NEAR(a.score[2], 0, 0);
    CHECK_STR(order_of(&a, 3), "bac");
}

static void z_scores_divide_by_the_deviation_of_all(void)
{
    struct answer a;

    /* 1 and 3 lie one deviation off 2; 8 5 2 have sqrt(6) */
    fuse_two(&a, "a 3 b 1", "a 2 b 5 c 8", ",method=zscore,weights='0.2,0.8'",
             3);
    CHECK_EQ_INT(a.rc, RKB_OK);
    CHECK_NEAR(a.score[0], 0.2 - 0.8 * 3 / sqrt(6), 1e-15);
    CHECK_NEAR(a.score[1], -0.2, 1e-15);
    CHECK_NEAR(a.score[2], -0.2 + 0.8 * 3 / sqrt(6), 1e-15); /* c as b */
    CHECK_STR(order_of(&a, 3), "cba");
}

static void sum_adds_scores_and_nothing_for_a_missing_one(void)
{
    struct answer a;

    fuse_two(&a, "a -3 b 1", "a 2 b 0.5 c 1", ",method=sum,weights='1,2'", 3);
    CHECK_EQ_INT(a.rc, RKB_OK);
    CHECK_NEAR(a.score[0], 1, 0);
    CHECK_NEAR(a.score[1], 2, 0);
    CHECK_NEAR(a.score[2], 2, 0);
    CHECK_STR(order_of(&a, 3), "bca"); /* a tie: as the first has it */
}

static void equal_scores_have_a_value(void)
{
    struct answer a;

    fuse_two(&a, "a 0.1 b 0.1 c 0.1", "a 1 b 2 c 3", ",method=minmax", 3);
    CHECK_NEAR(a.score[0], 1, 0);
    CHECK_NEAR(a.score[2], 2, 0);
    fuse_two(&a, "a 0.1 b 0.1 c 0.1", "a 1 b 2 c 3", ",method=zscore", 3);
    CHECK_NEAR(a.score[1], 0, 0);
    CHECK_STR(order_of(&a, 3), "cba");
}

/* ---- properties -------------------------------------------------------- */

static const char *const methods[] = { "rrf", "minmax", "zscore", "sum" };

/* Ties included: the run's order of them is not the candidates'. */
static void a_run_with_itself_and_a_weight_of_0_keep_the_first_order(void)
{
    static const char run[] = "a 1.5 b 2.25 c 2.25 d 7 e 0.1 f 0.1 g 0.1 h 3";
    static const char other[] = "h 1 g 2 f 3 e 4 d 5 c 6 b 7 a 8";
    char more[64];
    struct answer a;

    for (size_t m = 0; m < RKB_COUNT(methods); m++) {
        snprintf(more, sizeof more, ",method=%s", methods[m]);
        fuse_two(&a, run, run, more, 8);
        CHECK_EQ_INT(a.outcome.status, RKB_QUERY_OK);
        CHECK_STR(order_of(&a, 8), "dhcbagfe");
        snprintf(more, sizeof more, ",method=%s,weights='1,0'", methods[m]);
        fuse_two(&a, run, other, more, 8);
        CHECK_STR(order_of(&a, 8), "dhcbagfe");
        snprintf(more, sizeof more, ",method=%s,weights='0,1'", methods[m]);
        fuse_two(&a, run, other, more, 8);
        CHECK_STR(order_of(&a, 8), "abcdefgh");
    }
}

static void nothing_to_rank_is_no_failure(void)
{
    struct answer a;

    for (size_t m = 0; m < RKB_COUNT(methods); m++) {
        char more[64];

        snprintf(more, sizeof more, ",method=%s", methods[m]);
        fuse_two(&a, "a 1", "a 1", more, 0);
        CHECK_EQ_INT(a.rc, RKB_OK);
        fuse_two(&a, "a 1", "a 1", more, 1);
        CHECK_EQ_INT(a.rc, RKB_OK);
        CHECK(isfinite(a.score[0]));
    }
}

/* ---- failures ---------------------------------------------------------- */

static void a_failed_input_fails_the_query(void)
{
    struct answer a;

    fuse_two(&a, "a 1 b 2", "z 1", ",method=minmax", 2);
    CHECK_EQ_INT(a.rc, RKB_E_DATA);
    CHECK_STR(a.err.msg, "input 2 ('run-file'): it scored no candidate");
    fuse_two(&a, "a 1 b 2", "a 1 a 2", "", 2);
    CHECK_EQ_INT(a.rc, RKB_E_DATA);
    CHECK_STR(a.err.msg,
              "input 2 ('run-file'): the run ranks document 'a' twice");
    fuse_two(&a, "a 1e308 b -1e308", "a 1 b 2", ",method=minmax", 2);
    CHECK_EQ_INT(a.rc, RKB_E_DATA);
    CHECK_STR(a.err.msg, "the fused score of candidate 0 is not finite");
}

static void a_query_that_an_input_lacks_is_failed(void)
{
    struct rkb_arena arena = { 0 };
    struct rkb_candidate docs[2];
    struct rkb_request request = letters(docs, 2);
    struct rkb_reranker r;
    struct answer a;

    if (open_spec(&r, &arena,
                  "fuse(inputs='first-stage; "
                  "run-file(path=tests/data/rerankers/run.trec)')")) {
        ask(&a, &r, &request);
        CHECK_EQ_INT(a.rc, RKB_E_DATA);
        CHECK_STR(a.err.msg, "input 2 ('run-file'): the run has no such query");
        rkb_reranker_close(&r);
    }
    rkb_arena_release(&arena);
}

/* ---- what it is -------------------------------------------------------- */

static void traits_are_those_of_the_inputs(void)
{
    static const struct {
        const char *spec;
        unsigned traits;
    } rows[] = {
        { "fuse(inputs='first-stage; constant')", 0 },
        { "fuse(inputs='bm25; reverse')", RKB_NEEDS_TEXT | RKB_WANTS_STATS },
        { "fuse(inputs='random; oracle')", RKB_SEES_GRADES },
        { "fuse(inputs='constant; fuse(inputs=\"oracle;bm25\")')",
          RKB_SEES_GRADES | RKB_NEEDS_TEXT | RKB_WANTS_STATS },
    };
    struct rkb_arena arena = { 0 };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_err err = { 0 };
        struct rkb_reranker r;

        CHECK_EQ_INT(
            rkb_reranker_read(&r, rkb_sv_of(rows[i].spec), &arena, &err),
            RKB_OK);
        CHECK_EQ_INT(r.traits, rows[i].traits);
        if (!open_spec(&r, &arena, rows[i].spec))
            continue;
        CHECK_EQ_INT(r.traits, rows[i].traits);
        rkb_reranker_close(&r);
    }
    rkb_arena_release(&arena);
}

static const char *identity_of(struct rkb_arena *arena, const char *spec)
{
    struct rkb_buf b = { 0 };
    struct rkb_err err = { 0 };
    struct rkb_reranker r;
    const char *text;

    if (!open_spec(&r, arena, spec))
        return "";
    rkb_optset_json(&r.options, &b);
    rkb_buf_char(&b, ' ');
    CHECK_EQ_INT(r.def->probe(r.self, &b, NULL, &err), RKB_OK);
    text = rkb_arena_cstr(arena, rkb_buf_view(&b));
    rkb_buf_release(&b);
    rkb_reranker_close(&r);
    return text;
}

static void the_identity_is_that_of_the_inputs(void)
{
    struct rkb_arena arena = { 0 };

    CHECK_STR(
        identity_of(&arena, "fuse(inputs='bm25(b=0.50,stats=query);constant',"
                            "weights='0.20, 1')"),
        "{\"method\":\"rrf\",\"k\":60} {\"inputs\":["
        "{\"reranker\":\"bm25\",\"version\":1,\"options\":{\"k1\":0.9,"
        "\"b\":0.5,\"stats\":\"query\"},\"probe\":\"stats=query\","
        "\"weight\":0.2},"
        "{\"reranker\":\"constant\",\"version\":1,\"options\":{},\"probe\":"
        "\"\",\"weight\":1}]}");
    CHECK_STR(identity_of(&arena, "fuse(inputs='bm25; constant')"),
              identity_of(&arena,
                          "fuse( weights='1,1', inputs='bm25()  ;constant')"));
    rkb_arena_release(&arena);
}

static void where_an_inner_run_lies_does_not_matter_but_what_it_says(void)
{
    static const char spec[] = "fuse(inputs='first-stage;run-file(path=%s)')";
    struct rkb_arena arena = { 0 };
    const char *ids[3];
    struct files f;

    files_init(&f);
    for (size_t i = 0; i < 3; i++)
        ids[i] = identity_of(
            &arena,
            rkb_arena_printf(&arena, spec, run_of(&f, i < 2 ? "a 1" : "a 2")));
    CHECK_STR(ids[0], ids[1]);
    CHECK(strcmp(ids[0], ids[2]) != 0);
    CHECK(strstr(ids[0], f.dir) == NULL);
    files_done(&f);
    rkb_arena_release(&arena);
}

TESTS(TEST(rrf_of_two_runs_is_the_published_one),
      TEST(min_max_of_two_runs_is_the_published_one),
      TEST(z_scores_divide_by_the_deviation_of_all),
      TEST(sum_adds_scores_and_nothing_for_a_missing_one),
      TEST(equal_scores_have_a_value),
      TEST(a_run_with_itself_and_a_weight_of_0_keep_the_first_order),
      TEST(nothing_to_rank_is_no_failure), TEST(a_failed_input_fails_the_query),
      TEST(a_query_that_an_input_lacks_is_failed),
      TEST(traits_are_those_of_the_inputs),
      TEST(the_identity_is_that_of_the_inputs),
      TEST(where_an_inner_run_lies_does_not_matter_but_what_it_says))
