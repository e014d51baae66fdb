/* SPDX-License-Identifier: Apache-2.0 */
/* Pairwise ranking against a simulation of what ielab's llm-rankers does (heap,
 * passes that leave out an unchanged tail, all pairs), over a comparator that
 * contradicts itself and at times says nothing. */
#include "tests/llm_fixture.h"

static const size_t sizes[] = { 1, 2, 3, 10, 20, 95, 100 };

static const char *pair_template(void)
{
    return fixture_text("pair.yaml",
                        "method: pairwise\nbody: \"{query}|{doc1}|{doc2}\"\n");
}

/* What the model says of first against second: 'A', 'B' or 'X' for nothing. */
static char said(uint32_t first, uint32_t second)
{
    uint32_t chance = noise(first, second, 99) % 100;
    bool better = worth(first) > worth(second);

    if (chance < 6)
        return 'X';
    if (chance < 22)
        better = !better;
    return better ? 'A' : 'B';
}

static const char *words(char label, uint32_t a, uint32_t b)
{
    static const char *const forms[][4] = {
        { "A", "Passage A", " a", "[A]" },
        { "B", "Passage: B.", "**B**", "The answer: B" },
        { "neither", "A or B", "", "Passage A, Passage B" },
    };

    return forms[label == 'A' ? 0 : label == 'B' ? 1 : 2][noise(a, b, 5) % 4];
}

/* ---- the authors' algorithms ------------------------------------------------ */

struct sim {
    struct tape tape;
    size_t n_forks;
    uint32_t arr[LLM_DOCS];
};

static void ask(struct sim *s, const char *at, uint32_t i, uint32_t j)
{
    char prompt[64];

    snprintf(prompt, sizeof prompt, "q|d%u|d%u", i, j);
    tape_text(&s->tape, at, 1, prompt, words(said(i, j), i, j));
}

/* doc i > doc j of the heap's ComparableDoc. */
static bool greater(struct sim *s, uint32_t i, uint32_t j)
{
    size_t fork = s->n_forks++;

    ask(s, tape_at(fork, 0), i, j);
    ask(s, tape_at(fork, 1), j, i);
    return said(i, j) == 'A' && said(j, i) == 'B';
}

static void swap(uint32_t *arr, size_t a, size_t b)
{
    uint32_t t = arr[a];

    arr[a] = arr[b];
    arr[b] = t;
}

static void heapify(struct sim *s, size_t n, size_t i)
{
    size_t largest = i, l = 2 * i + 1, r = 2 * i + 2;

    if (l < n && greater(s, s->arr[l], s->arr[i]))
        largest = l;
    if (r < n && greater(s, s->arr[r], s->arr[largest]))
        largest = r;
    if (largest != i) {
        swap(s->arr, i, largest);
        heapify(s, n, largest);
    }
}

static void heap_sort(struct sim *s, size_t n, size_t k)
{
    size_t ranked = 0;

    for (size_t i = n / 2 + 1; i-- > 0;)
        heapify(s, n, i);
    for (size_t i = n - 1; i > 0; i--) {
        swap(s->arr, i, 0);
        if (++ranked == k)
            break;
        heapify(s, i, 0);
    }
    for (size_t i = 0; i < n / 2; i++)
        swap(s->arr, i, n - 1 - i);
}

static void bubble_sort(struct sim *s, size_t n, size_t k)
{
    size_t last_end = n - 1;

    if (k > n)
        k = n;
    for (size_t i = 0; i < k; i++) {
        bool is_change = false;

        for (size_t at = last_end; at > i; at--) {
            if (greater(s, s->arr[at], s->arr[at - 1])) {
                swap(s->arr, at - 1, at);
                if (!is_change) {
                    is_change = true;
                    if (last_end != n - 1)
                        last_end++;
                }
            }
            if (!is_change)
                last_end--;
        }
    }
}

static void begin(struct sim *s, size_t n)
{
    *s = (struct sim){ 0 };
    tape_open(&s->tape);
    as_they_came(s->arr, n);
}

static void check_sort(const char *algorithm,
                       void (*sort)(struct sim *, size_t, size_t))
{
    static const size_t ks[] = { 1, 3, 10, 200 };

    for (size_t i = 0; i < RKB_COUNT(sizes); i++)
        for (size_t j = 0; j < RKB_COUNT(ks); j++) {
            struct sim s;
            struct llm_run r;
            uint32_t want[LLM_DOCS];
            char spec[400];
            size_t n = sizes[i];

            begin(&s, n);
            if (n > 1) /* the authors' own code asks nothing of one */
                sort(&s, n, ks[j]);
            head_then_rest(s.arr, ks[j], n, want);
            snprintf(spec, sizeof spec,
                     "pairwise(algorithm=%s,k=%zu,template='%s'", algorithm,
                     ks[j], pair_template());
            if (tape_rerank(&s.tape, &r, spec, n) && n > 1)
                llm_check(&r, &s.tape, algorithm, want, n);
            llm_done(&r);
        }
    fixture_done();
}

static void heapsort_asks_and_sorts_as_the_authors_do(void)
{
    check_sort("heapsort", heap_sort);
}

static void sliding_skips_the_unchanged_tail_as_the_authors_do(void)
{
    check_sort("sliding", bubble_sort);
}

/* ---- all pairs ----------------------------------------------------------------- */

/* Wins of both orders, half a point each where they disagree; ties as they
 * came, and nothing is cut at k. */
static void all_pairs_count_wins_and_halves(void)
{
    for (size_t x = 0; x < RKB_COUNT(sizes); x++) {
        size_t n = sizes[x], call = 0;
        double points[LLM_DOCS] = { 0 };
        uint32_t want[LLM_DOCS];
        struct llm_run r;
        struct sim s;
        char spec[400];

        begin(&s, n);
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++)
                if (i != j)
                    ask(&s, tape_at(0, call++), i, j);
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = i + 1; j < n; j++) {
                bool first = said(i, j) == 'A' && said(j, i) == 'B';
                bool second = said(i, j) == 'B' && said(j, i) == 'A';

                points[i] += first ? 1 : second ? 0 : 0.5;
                points[j] += second ? 1 : first ? 0 : 0.5;
            }
        as_they_came(want, n);
        for (size_t i = 1; i < n; i++) /* insertion sort is stable */
            for (size_t k = i; k > 0 && points[want[k]] > points[want[k - 1]];
                 k--)
                swap(want, k, k - 1);
        snprintf(spec, sizeof spec, "pairwise(algorithm=allpair,template='%s'",
                 pair_template());
        if (tape_rerank(&s.tape, &r, spec, n) && n > 1) {
            llm_check(&r, &s.tape, "allpair", want, n);
            for (size_t i = 0; i < n; i++)
                CHECK_NEAR(r.score[i], points[i], 1e-12);
        }
        llm_done(&r);
    }
    fixture_done();
}

/* ---- logprobs ------------------------------------------------------------------- */

static const char *two_labels(double a, double b)
{
    static char json[200];

    snprintf(json, sizeof json,
             "{\"text\":\"A\",\"tokens\":[[\"A\",%g,[[\"A\",%g],[\" B\",%g]],"
             "-1]]}",
             a, a, b);
    return json;
}

/* Three passages; the probability of A in (i, j). */
static const double p_first[3][3] = { { 0, 0.9, 0.3 },
                                      { 0.2, 0, 0.6 },
                                      { 0.8, 0.7, 0 } };

static void run_logprob(struct llm_run *r, const char *options, bool half)
{
    struct sim s;
    char spec[400];
    size_t call = 0;

    begin(&s, 3);
    for (uint32_t i = 0; i < 3; i++)
        for (uint32_t j = half ? i + 1 : 0; j < 3; j++) {
            char prompt[64];

            if (i == j)
                continue;
            snprintf(prompt, sizeof prompt, "q|d%u|d%u", i, j);
            tape_answer(&s.tape, tape_at(0, call++), 1, prompt,
                        two_labels(log(p_first[i][j]), log(1 - p_first[i][j])));
        }
    snprintf(spec, sizeof spec, "pairwise(mode=logprob,%s,template='%s'",
             options, pair_template());
    if (tape_rerank(&s.tape, r, spec, 3))
        CHECK_EQ_INT(r->rc, RKB_OK);
}

static void soft_adds_probabilities_of_both_orders(void)
{
    struct llm_run r;

    run_logprob(&r, "algorithm=allpair,soft=true", false);
    CHECK_NEAR(r.score[0], 0.9 + (1 - 0.2) + 0.3 + (1 - 0.8), 1e-5);
    CHECK_NEAR(r.score[1], 0.2 + (1 - 0.9) + 0.6 + (1 - 0.7), 1e-5);
    CHECK_NEAR(r.score[2], 0.8 + (1 - 0.3) + 0.7 + (1 - 0.6), 1e-5);
    CHECK_EQ_INT(r.order[0], 2);
    CHECK_EQ_INT(r.order[1], 0);
    llm_done(&r);
    fixture_done();
}

static void hard_logprobs_count_only_what_both_orders_say(void)
{
    struct llm_run r;

    run_logprob(&r, "algorithm=allpair", false);
    /* 0 beats 1 (0.9, 0.2); 2 beats 0 (0.3, 0.8); 1 and 2 contradict. */
    CHECK_NEAR(r.score[0], 1, 0);
    CHECK_NEAR(r.score[1], 0.5, 0);
    CHECK_NEAR(r.score[2], 1.5, 0);
    llm_done(&r);
    fixture_done();
}

static void duo_asks_each_pair_once(void)
{
    struct llm_run r;

    run_logprob(&r, "algorithm=duo", true);
    CHECK_EQ_INT(r.account.n_calls, 3);
    CHECK_NEAR(r.score[0], 0.9 + 0.3, 1e-5);
    CHECK_NEAR(r.score[1], 0.1 + 0.6, 1e-5);
    CHECK_NEAR(r.score[2], 0.7 + 0.4, 1e-5);
    llm_done(&r);
    fixture_done();
}

/* Unseen both: no opinion, half a point; unseen one: bounded and counted. */
static void labels_that_are_not_shown_are_counted(void)
{
    struct llm_run r;
    struct sim s;
    char spec[400];

    begin(&s, 2);
    tape_answer(&s.tape, "0", 1, "q|d0|d1",
                "{\"tokens\":[[\"x\",-0.1,[[\"x\",-0.1],[\"y\",-3]],-1]]}");
    tape_answer(&s.tape, "1", 1, "q|d1|d0",
                "{\"tokens\":[[\"A\",-0.1,[[\"A\",-0.1],[\"y\",-3]],-1]]}");
    snprintf(spec, sizeof spec,
             "pairwise(mode=logprob,algorithm=allpair,soft=true,template='%s'",
             pair_template());
    if (tape_rerank(&s.tape, &r, spec, 2)) {
        CHECK_EQ_INT(r.rc, RKB_OK);
        CHECK_NEAR(r.score[0], 0.5 + 1 - 1 / (1 + exp(-2.9)), 1e-9);
        CHECK_EQ_INT(r.outcome.status, RKB_QUERY_REPAIRED);
        CHECK_STR(r.calls.items[0].class_name, "no_label");
        CHECK_STR(r.calls.items[1].class_name, "one_label");
    }
    llm_done(&r);
    fixture_done();
}

TESTS(TEST(heapsort_asks_and_sorts_as_the_authors_do),
      TEST(sliding_skips_the_unchanged_tail_as_the_authors_do),
      TEST(all_pairs_count_wins_and_halves),
      TEST(soft_adds_probabilities_of_both_orders),
      TEST(hard_logprobs_count_only_what_both_orders_say),
      TEST(duo_asks_each_pair_once),
      TEST(labels_that_are_not_shown_are_counted))
