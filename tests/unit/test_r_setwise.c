/* SPDX-License-Identifier: Apache-2.0 */
/* Setwise ranking against a simulation of what ielab's llm-rankers does (heap
 * of any width; windows that move up, swap their best with their first and
 * leave out an unchanged tail), over a model that errs and at times names
 * nobody. */
#include "base/rng.h"
#include "tests/llm_fixture.h"

static const size_t sizes[] = { 1, 2, 3, 4, 10, 20, 95, 100 };

static const char *set_template(void)
{
    return fixture_text("set.yaml", "method: singleturn_listwise\n"
                                    "prefix: \"{query}\"\n"
                                    "body: \"|{rank}:{candidate}\"\n");
}

struct sim {
    struct tape tape;
    int n_calls;
    size_t children;
    bool numeric;
    uint32_t arr[LLM_DOCS];
};

/* Which of the documents the model names; n: none that counts. */
static size_t named(const uint32_t *docs, size_t n)
{
    uint32_t chance = noise(docs[0], docs[n - 1], (uint32_t)n) % 100;
    size_t best = 0;

    if (chance < 8)
        return n;
    if (chance < 25)
        return chance % n;
    for (size_t i = 1; i < n; i++)
        if (worth(docs[i]) > worth(docs[best]))
            best = i;
    return best;
}

static void prompt_of(const struct sim *s, const uint32_t *docs, size_t n,
                      struct rkb_buf *b)
{
    rkb_buf_char(b, 'q');
    for (size_t i = 0; i < n; i++) {
        if (s->numeric)
            rkb_buf_printf(b, "|%zu:d%u", i + 1, docs[i]);
        else
            rkb_buf_printf(b, "|%c:d%u", (int)('A' + i), docs[i]);
    }
    rkb_buf_char(b, '\0');
}

static const char *words(const struct sim *s, const uint32_t *docs, size_t n,
                         size_t best)
{
    static const char *const around[][2] = { { "", "" },
                                             { "[", "]" },
                                             { "Passage ", "" },
                                             { "The best is document: ",
                                               "." } };
    static char out[80];
    char label[24];
    uint32_t form = noise(docs[0], 3, docs[n - 1]) % 4;

    if (best == n)
        return (const char *const[]){ "", "None of them", "[0]", "Z" }[form];
    if (s->numeric)
        snprintf(label, sizeof label, "%zu", best + 1);
    else
        snprintf(label, sizeof label, "%c", (int)('A' + best));
    snprintf(out, sizeof out, "%s%s%s", around[form][0], label,
             around[form][1]);
    return out;
}

/* compare(): the answer as an index, the root's for none. */
static size_t compare(struct sim *s, const uint32_t *docs, size_t n)
{
    size_t best = named(docs, n);
    struct rkb_buf prompt = { 0 };

    prompt_of(s, docs, n, &prompt);
    tape_text(&s->tape, "", ++s->n_calls, prompt.at, words(s, docs, n, best));
    rkb_buf_release(&prompt);
    return best < n ? best : 0;
}

static void swap(uint32_t *arr, size_t a, size_t b)
{
    uint32_t t = arr[a];

    arr[a] = arr[b];
    arr[b] = t;
}

static void heapify(struct sim *s, size_t n, size_t i)
{
    size_t c = s->children, count = 1, inds[LLM_DOCS], largest;
    uint32_t docs[LLM_DOCS];

    if (c * i + 1 >= n)
        return;
    inds[0] = i;
    for (size_t k = c * i + 1; k < n && k < c * (i + 1) + 1; k++)
        inds[count++] = k;
    for (size_t k = 0; k < count; k++)
        docs[k] = s->arr[inds[k]];
    largest = inds[compare(s, docs, count)];
    if (largest != i) {
        swap(s->arr, i, largest);
        heapify(s, n, largest);
    }
}

static void heap_sort(struct sim *s, size_t n, size_t k)
{
    size_t ranked = 0;

    for (size_t i = n / s->children + 1; i-- > 0;)
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

/* In the authors' code a window of one is asked too, and passes beyond the
 * list's end ask about nothing; neither can change anything. */
static void bubble_sort(struct sim *s, size_t n, size_t k)
{
    long c = (long)s->children, bottom = (long)n - (c + 1);
    long last_start = bottom;

    for (long i = 0; i < (long)k && i < (long)n; i++) {
        long start = last_start, end = last_start + c + 1;
        bool is_change = false;

        for (;;) {
            long len;
            size_t best = 0;

            if (start < i)
                start = i;
            len = end - start > 0 ? end - start : 0;
            if (len > 1)
                best = compare(s, s->arr + start, (size_t)len);
            if (best) {
                swap(s->arr, (size_t)start, (size_t)start + best);
                if (!is_change) {
                    is_change = true;
                    if (last_start != bottom && (long)best == len - 1)
                        last_start += len - 1;
                }
            }
            if (start == i)
                break;
            if (!is_change)
                last_start -= c;
            start -= c;
            end -= c;
        }
    }
}

static void begin(struct sim *s, size_t n, size_t children, bool numeric)
{
    *s = (struct sim){ .children = children, .numeric = numeric };
    tape_open(&s->tape);
    as_they_came(s->arr, n);
}

static void check_sort(const char *algorithm,
                       void (*sort)(struct sim *, size_t, size_t))
{
    static const size_t ks[] = { 1, 10, 200 }, widths[] = { 1, 2, 3, 19 };

    for (size_t i = 0; i < RKB_COUNT(sizes); i++)
        for (size_t j = 0; j < RKB_COUNT(ks) * RKB_COUNT(widths); j++) {
            size_t n = sizes[i], k = ks[j % RKB_COUNT(ks)];
            size_t children = widths[j / RKB_COUNT(ks)];
            bool numeric = (i + j) % 2;
            uint32_t want[LLM_DOCS];
            struct llm_run r;
            struct sim s;
            char spec[400];

            begin(&s, n, children, numeric);
            if (n > 1)
                sort(&s, n, k);
            head_then_rest(s.arr, k, n, want);
            snprintf(spec, sizeof spec,
                     "setwise(algorithm=%s,k=%zu,children=%zu,identifiers=%s,"
                     "template='%s'",
                     algorithm, k, children, numeric ? "numeric" : "alphabetic",
                     set_template());
            if (tape_rerank(&s.tape, &r, spec, n) && n > 1)
                llm_check(&r, &s.tape, spec, want, n);
            llm_done(&r);
        }
    fixture_done();
}

static void heapsort_asks_and_sorts_as_the_authors_do(void)
{
    check_sort("heapsort", heap_sort);
}

static void bubblesort_swaps_and_skips_as_the_authors_do(void)
{
    check_sort("bubblesort", bubble_sort);
}

/* ---- permutations and thinking ---------------------------------------------- */

/* Three of five votes for d2, each mapped back from its own shuffle; the
 * streams are keyed by query, choice and turn. */
static void votes_are_mapped_back_and_counted(void)
{
    static const uint32_t votes[5] = { 2, 0, 2, 99, 2 };
    static const uint32_t want[] = { 2, 0, 1, 3 };
    uint64_t seed = rkb_rng_key(7, rkb_sv_of("choice"), 0);
    struct llm_run r;
    struct sim s;
    char spec[400];

    begin(&s, 4, 3, false);
    for (uint32_t v = 0; v < 5; v++) {
        uint32_t docs[4] = { 0, 1, 2, 3 };
        struct rkb_buf prompt = { 0 };
        struct rkb_rng rng;
        size_t at = 4;
        char label[2] = "?";

        rkb_rng_init(&rng, rkb_rng_key(seed, rkb_sv_of("set"), v));
        rkb_rng_shuffle(&rng, docs, 4);
        for (size_t i = 0; i < 4; i++)
            if (docs[i] == votes[v])
                at = i;
        if (at < 4)
            label[0] = (char)('A' + at);
        prompt_of(&s, docs, 4, &prompt);
        tape_text(&s.tape, tape_at(0, v), 1, prompt.at, label);
        rkb_buf_release(&prompt);
    }
    snprintf(spec, sizeof spec,
             "setwise(k=1,children=3,permutations=5,template='%s'",
             set_template());
    if (tape_rerank(&s.tape, &r, spec, 4)) {
        llm_check(&r, &s.tape, "votes", want, 4);
        CHECK_EQ_INT(r.outcome.status, RKB_QUERY_REPAIRED);
    }
    llm_done(&r);
    fixture_done();
}

static void rank_r1_answers_stand_in_their_tag(void)
{
    static const struct {
        const char *text;
        uint32_t best;
        const char *class_name;
    } cases[] = {
        { "<think>[1] or [2]?</think> <answer>[3]</answer>", 2, "ok" },
        { "<think>[1]</think>\n<ANSWER> [2] </ANSWER>", 1, "ok" },
        { "<think>it is [3]</think> [3]", 0, "wrong_format" },
        { "<think>x</think><answer>[7]</answer>", 0, "wrong_format" },
        { "<think>x</think><answer>[2] or [3]</answer>", 0, "wrong_format" },
        { "<think>and so on", 0, "wrong_format" },
        { "", 0, "empty" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        uint32_t want[3];
        struct llm_run r;
        struct sim s;
        char spec[400];

        begin(&s, 3, 19, true);
        tape_text(&s.tape, "", 1, "q|1:d0|2:d1|3:d2", cases[i].text);
        head_then_rest(&cases[i].best, 1, 3, want);
        snprintf(spec, sizeof spec,
                 "setwise(k=1,children=19,identifiers=numeric,"
                 "answer-tag=required,max-tokens=2048,template='%s'",
                 set_template());
        if (tape_rerank(&s.tape, &r, spec, 3)) {
            llm_check(&r, &s.tape, cases[i].text, want, 3);
            CHECK_STR(r.calls.items[0].class_name, cases[i].class_name);
        }
        llm_done(&r);
    }
    fixture_done();
}

static void likelihood_takes_the_likeliest_letter(void)
{
    static const struct {
        const char *answer;
        uint32_t best;
        const char *class_name;
    } cases[] = {
        { "{\"text\":\"A\",\"tokens\":[[\"A\",-0.9,[[\"A\",-0.9],[\" B\",-1],"
          "[\"B\",-1.5],[\"D\",-0.1]],-1]]}",
          1, "ok" }, /* B has two spellings; D is no label of three */
        { "{\"text\":\"x\",\"tokens\":[[\"x\",-0.1,[[\"x\",-0.1],[\"C\",-9]],"
          "-1]]}",
          2, "ok" },
        { "{\"text\":\"x\",\"tokens\":[[\"x\",-0.1,[[\"a\",-0.1]],-1]]}", 0,
          "no_label" },
        { "{\"text\":\"x\"}", 0, "no_label" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        uint32_t want[3];
        struct llm_run r;
        struct sim s;
        char spec[400];

        begin(&s, 3, 3, false);
        tape_answer(&s.tape, "", 1, "q|A:d0|B:d1|C:d2", cases[i].answer);
        head_then_rest(&cases[i].best, 1, 3, want);
        snprintf(spec, sizeof spec, "setwise(k=1,mode=likelihood,template='%s'",
                 set_template());
        if (tape_rerank(&s.tape, &r, spec, 3)) {
            llm_check(&r, &s.tape, "likelihood", want, 3);
            CHECK_STR(r.calls.items[0].class_name, cases[i].class_name);
        }
        llm_done(&r);
    }
    fixture_done();
}

TESTS(TEST(heapsort_asks_and_sorts_as_the_authors_do),
      TEST(bubblesort_swaps_and_skips_as_the_authors_do),
      TEST(votes_are_mapped_back_and_counted),
      TEST(rank_r1_answers_stand_in_their_tag),
      TEST(likelihood_takes_the_likeliest_letter))
