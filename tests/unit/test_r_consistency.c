/* SPDX-License-Identifier: Apache-2.0 */
/* Permutation self-consistency over a listwise row whose answers to each
 * shuffle are written down: every aggregate against its formula, the local
 * search for the fewest disagreements against all orders of up to six. */
#include "base/rng.h"
#include "tests/llm_fixture.h"

enum { MOST = 6, SAMPLES = 5 };

struct sim {
    struct tape tape;
    size_t n, n_samples;
    uint32_t rank[SAMPLES][MOST]; /* from 1, by document */
};

/* Sample s ranks the documents by its own noisy view of them. */
static void sample(struct sim *s, uint32_t at, uint32_t trial)
{
    uint32_t order[MOST], docs[MOST];
    struct rkb_buf prompt = { 0 }, answer = { 0 };
    struct rkb_rng rng;
    char path[24];

    as_they_came(docs, s->n);
    rkb_rng_init(&rng, rkb_rng_key(7, rkb_sv_of("sample"), at));
    rkb_rng_shuffle(&rng, docs, s->n);
    for (uint32_t d = 0; d < s->n; d++) {
        s->rank[at][d] = 1;
        for (uint32_t e = 0; e < s->n; e++)
            s->rank[at][d] += noise(e, at, trial) < noise(d, at, trial);
        order[s->rank[at][d] - 1] = d;
    }
    rkb_buf_char(&prompt, 'q');
    for (size_t i = 0; i < s->n; i++)
        rkb_buf_printf(&prompt, "|%zu:d%u", i + 1, docs[i]);
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->n; k++)
            if (docs[k] == order[i])
                rkb_buf_printf(&answer, "%s[%zu]", i ? " > " : "", k + 1);
    rkb_buf_char(&prompt, '\0');
    rkb_buf_char(&answer, '\0');
    snprintf(path, sizeof path, "%u", at);
    tape_text(&s->tape, path, 1, prompt.at, answer.at);
    rkb_buf_release(&prompt);
    rkb_buf_release(&answer);
}

static bool run(struct sim *s, struct llm_run *r, const char *aggregate,
                size_t n, uint32_t trial)
{
    const struct rkb_request request = { .qid = rkb_sv_of("1"),
                                         .query = rkb_sv_of("q"),
                                         .seed = 7,
                                         .docs = llm_docs(),
                                         .n_docs = n };
    char spec[1000];

    *s = (struct sim){ .n = n, .n_samples = SAMPLES };
    tape_open(&s->tape);
    for (uint32_t i = 0; i < SAMPLES; i++)
        sample(s, i, trial);
    if (fclose(s->tape.out) != 0)
        abort();
    snprintf(spec, sizeof spec,
             "consistency(samples=%d,aggregate=%s,of=\"listwise(window=0,"
             "template='%s',frame=builtin:raw,replay-prompts=check,"
             "server='replay:%s')\")",
             SAMPLES, aggregate,
             fixture_text("list.yaml", "method: singleturn_listwise\n"
                                       "prefix: \"{query}\"\n"
                                       "body: \"|{rank}:{candidate}\"\n"),
             s->tape.path);
    return llm_rerank(r, spec, &request) && CHECK_EQ_INT(r->rc, RKB_OK);
}

static size_t disagreements(const struct sim *s, const uint32_t *order)
{
    size_t sum = 0;

    for (size_t m = 0; m < s->n_samples; m++)
        for (size_t i = 0; i < s->n; i++)
            for (size_t j = i + 1; j < s->n; j++)
                sum += s->rank[m][order[i]] > s->rank[m][order[j]];
    return sum;
}

static void swap(uint32_t *order, size_t a, size_t b)
{
    uint32_t t = order[a];

    order[a] = order[b];
    order[b] = t;
}

static size_t fewest(const struct sim *s, uint32_t *order, size_t from)
{
    size_t best = SIZE_MAX;

    if (from == s->n)
        return disagreements(s, order);
    for (size_t i = from; i < s->n; i++) {
        size_t got;

        swap(order, from, i);
        got = fewest(s, order, from + 1);
        swap(order, from, i);
        best = got < best ? got : best;
    }
    return best;
}

static void check_scores(const char *aggregate,
                         double (*of)(const struct sim *, uint32_t))
{
    for (uint32_t trial = 0; trial < 12; trial++) {
        size_t n = 1 + trial % MOST;
        struct llm_run r;
        struct sim s;

        if (run(&s, &r, aggregate, n, trial)) {
            CHECK_EQ_INT(r.account.n_calls, SAMPLES);
            for (uint32_t d = 0; d < n; d++)
                CHECK_NEAR(r.score[d], of(&s, d), 1e-12);
            for (size_t i = 1; i < n; i++)
                CHECK(r.score[r.order[i - 1]] > r.score[r.order[i]] ||
                      (r.score[r.order[i - 1]] == r.score[r.order[i]] &&
                       r.order[i - 1] < r.order[i]));
        }
        llm_done(&r);
    }
    fixture_done();
}

static double borda(const struct sim *s, uint32_t d)
{
    double sum = 0;

    for (size_t m = 0; m < s->n_samples; m++)
        sum += s->rank[m][d];
    return (double)s->n - sum / (double)s->n_samples;
}

static double rrf(const struct sim *s, uint32_t d)
{
    double sum = 0;

    for (size_t m = 0; m < s->n_samples; m++)
        sum += 1 / (60.0 + s->rank[m][d]);
    return sum / (double)s->n_samples;
}

static void borda_is_the_mean_rank(void)
{
    check_scores("borda", borda);
}

static void rrf_is_the_mean_of_reciprocal_ranks(void)
{
    check_scores("rrf", rrf);
}

static bool a_move_is_better(const struct sim *s, const uint32_t *order)
{
    size_t now = disagreements(s, order);

    for (size_t from = 0; from < s->n; from++)
        for (size_t to = 0; to < s->n; to++) {
            uint32_t moved[MOST];
            size_t k = 0;

            for (size_t i = 0; i < s->n; i++)
                if (i != from)
                    moved[k++] = order[i];
            memmove(&moved[to + 1], &moved[to], (s->n - 1 - to) * 4);
            moved[to] = order[from];
            if (disagreements(s, moved) < now)
                return true;
        }
    return false;
}

/* No order is reached by moving one candidate that disagrees less; it is the
 * best there is nearly always. */
static void kemeny_is_a_local_optimum_below_borda(void)
{
    size_t n_trials = 60, n_best = 0;

    for (uint32_t trial = 0; trial < n_trials; trial++) {
        size_t n = 2 + trial % (MOST - 1);
        uint32_t start[MOST];
        struct llm_run b, r;
        struct sim s;

        if (run(&s, &b, "borda", n, trial) && run(&s, &r, "kemeny", n, trial)) {
            size_t got = disagreements(&s, r.order), best;

            as_they_came(start, n);
            best = fewest(&s, start, 0);
            CHECK(got <= disagreements(&s, b.order));
            CHECK(got >= best);
            CHECK(!a_move_is_better(&s, r.order));
            CHECK(!r.scored[0]);
            n_best += got == best;
            llm_done(&r);
        }
        llm_done(&b);
    }
    if (!CHECK(n_best * 10 >= n_trials * 9))
        printf("# the best in %zu of %zu\n", n_best, n_trials);
    fixture_done();
}

TESTS(TEST(borda_is_the_mean_rank), TEST(rrf_is_the_mean_of_reciprocal_ranks),
      TEST(kemeny_is_a_local_optimum_below_borda))
