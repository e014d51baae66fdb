/* SPDX-License-Identifier: Apache-2.0 */
/* TourRank against a simulation of what its authors' code does with 100
 * candidates, stage by stage, and against what must hold for any number. */
#include "base/rng.h"
#include "tests/llm_fixture.h"
#include "tests/mock/mock.h"

static const char *group_template(void)
{
    return fixture_text("group.yaml",
                        "method: singleturn_listwise\n"
                        "prefix: \"{query} {n_best} of {num}\"\n"
                        "body: \"|{rank}:{candidate}\"\n"
                        "output_extraction_regex: 'Document (\\d+)'\n");
}

struct sim {
    struct tape tape;
    size_t n, n_calls, wrong; /* one answer in `wrong` is cut short; 0: none */
    uint32_t points[LLM_DOCS];
};

/* The answer to one group, shuffled as the row does it: the stream is keyed by
 * seed, round and stage, then by group. Each that is named gets a point. */
static void group_processing(struct sim *s, const char *path, int call,
                             uint64_t seed, size_t group, uint32_t *docs,
                             size_t n, size_t m)
{
    struct rkb_buf prompt = { 0 }, answer = { 0 };
    struct rkb_rng rng;
    size_t n_named =
        s->wrong && noise((uint32_t)group, docs[0], 4) % (uint32_t)s->wrong == 0
            ? m / 2
            : m;
    bool taken[32] = { false };

    rkb_rng_init(&rng, rkb_rng_key(seed, rkb_sv_of("group"), group));
    rkb_rng_shuffle(&rng, docs, n);
    rkb_buf_printf(&prompt, "q %zu of %zu", m, n);
    for (size_t i = 0; i < n; i++)
        rkb_buf_printf(&prompt, "|%zu:d%u", i + 1, docs[i]);
    for (size_t k = 0; k < n_named; k++) {
        size_t best = n;

        for (size_t i = 0; i < n; i++)
            if (!taken[i] && (best == n || worth(docs[i]) > worth(docs[best])))
                best = i;
        taken[best] = true;
        s->points[docs[best]]++;
        rkb_buf_printf(&answer, "%sDocument %zu", k ? ", " : "", best + 1);
    }
    rkb_buf_char(&prompt, '\0');
    rkb_buf_char(&answer, '\0');
    tape_text(&s->tape, path, call, prompt.at, answer.at);
    rkb_buf_release(&prompt);
    rkb_buf_release(&answer);
}

/* sort_docs_by_relevance: stable, by the tournament's points so far. */
static void ranked(const struct sim *s, uint32_t *out)
{
    as_they_came(out, s->n);
    for (size_t i = 1; i < s->n; i++)
        for (size_t k = i; k > 0 && s->points[out[k]] > s->points[out[k - 1]];
             k--) {
            uint32_t t = out[k];

            out[k] = out[k - 1];
            out[k - 1] = t;
        }
}

/* filter_processing: 100 -> 50 -> 20 -> 10 -> 5 -> 2, groups that skip. */
static void tournament(struct sim *s, uint64_t run_seed, size_t round)
{
    static const struct {
        size_t groups, n, m;
    } stages[] = {
        { 5, 20, 10 }, { 5, 10, 4 }, { 1, 20, 10 }, { 1, 10, 5 }, { 1, 5, 2 },
    };

    for (size_t st = 0; st < RKB_COUNT(stages); st++) {
        uint32_t list[LLM_DOCS];
        uint64_t seed = rkb_rng_key(run_seed, rkb_sv_of("tournament"),
                                    (uint64_t)round * 1000 + st);

        ranked(s, list);
        for (size_t g = 0; g < stages[st].groups; g++) {
            uint32_t docs[32];
            char path[48];

            for (size_t j = 0; j < stages[st].n; j++)
                docs[j] = list[j * stages[st].groups + g];
            snprintf(path, sizeof path, "%zu/%s", round, tape_at(st, g));
            group_processing(s, path, 1, seed, g, docs, stages[st].n,
                             stages[st].m);
            s->n_calls++;
        }
    }
}

static void check_hundred(size_t rounds, size_t wrong)
{
    struct sim s = { .n = 100, .wrong = wrong };
    uint32_t total[LLM_DOCS] = { 0 }, want[LLM_DOCS];
    struct llm_run r;
    char spec[400];

    tape_open(&s.tape);
    for (size_t i = 0; i < rounds; i++) {
        memset(s.points, 0, sizeof s.points);
        tournament(&s, 7, i);
        for (size_t d = 0; d < 100; d++)
            total[d] += s.points[d];
    }
    memcpy(s.points, total, sizeof total);
    ranked(&s, want);
    snprintf(spec, sizeof spec, "tournament(rounds=%zu,template='%s'", rounds,
             group_template());
    CHECK_EQ_INT(s.n_calls, 13 * rounds);
    if (tape_rerank(&s.tape, &r, spec, 100)) {
        llm_check(&r, &s.tape, "tournament", want, 100);
        for (size_t d = 0; d < 100; d++)
            CHECK_NEAR(r.score[d], total[d], 0);
        CHECK_EQ_INT(r.outcome.status,
                     wrong ? RKB_QUERY_REPAIRED : RKB_QUERY_OK);
    }
    llm_done(&r);
    fixture_done();
}

static void a_hundred_go_through_the_published_stages(void)
{
    check_hundred(1, 0);
    check_hundred(2, 0);
    check_hundred(10, 0);
}

static void places_that_nobody_named_go_to_the_first_stage(void)
{
    check_hundred(1, 3);
    check_hundred(4, 2);
}

/* A model that names all of a group: no more than asked for get a point. Two
 * are left of every stage that was won, and nobody is lost. */
static void any_number_of_candidates_ends_with_two(void)
{
    struct mock *mock = mock_open_script("on\n model answer=same\n");
    char spec[200];

    snprintf(spec, sizeof spec, "tournament(server='%s',dialect=openai)",
             mock_url(mock));
    for (size_t n = 0; n <= 150; n += n < 24 ? 1 : n % 50 == 0 ? 1 : 7) {
        const struct rkb_request request = { .qid = rkb_sv_of("1"),
                                             .query = rkb_sv_of("q"),
                                             .docs = llm_docs(),
                                             .n_docs = n };
        struct llm_run r;
        size_t n_most = 0;

        if (!llm_rerank(&r, spec, &request))
            break;
        CHECK_EQ_INT(r.rc, RKB_OK);
        CHECK_EQ_INT(rkb_outcome_check(&r.outcome, n, &r.arena, &r.err),
                     RKB_OK);
        for (size_t i = 0; i < n; i++)
            n_most += r.score[i] == r.score[r.order[0]];
        if (!CHECK_EQ_INT(n_most, n < 2 ? n : 2) ||
            !CHECK(n <= 2 ? !r.account.n_calls : r.account.n_calls > 0))
            printf("# n = %zu, %lld calls\n", n, (long long)r.account.n_calls);
        llm_done(&r);
    }
    mock_close(mock);
}

TESTS(TEST(a_hundred_go_through_the_published_stages),
      TEST(places_that_nobody_named_go_to_the_first_stage),
      TEST(any_number_of_candidates_ends_with_two))
