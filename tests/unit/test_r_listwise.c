/* SPDX-License-Identifier: Apache-2.0 */
/* Listwise windows against a simulation of the published schedule (rank_llm's
 * asynchronous loop, which skips nothing), with answers of every class, and
 * with ReasonRank's passes that each leave the top of the one before alone. */
#include "base/rng.h"
#include "tests/llm_fixture.h"

static const char *list_template(void)
{
    return fixture_text(
        "list.yaml", "method: singleturn_listwise\n"
                     "prefix: \"{query} {num}\"\n"
                     "body: \"|{rank}:{candidate}\"\n"
                     "output_validation_regex: '\\[\\d+\\]( > \\[\\d+\\])*'\n"
                     "output_extraction_regex: '\\[(\\d+)\\]'\n");
}

enum { N_KINDS = 9 };
static const char *const kinds[N_KINDS] = {
    "ok",           "ok",    "repetition", "out_of_range", "missing",
    "wrong_format", "empty", "truncated",  "refused",
};

struct sim {
    struct tape tape;
    size_t n_calls, n_kinds; /* 1: every answer is whole */
    size_t n_bad;
    const char *classes[LLM_DOCS];
    uint32_t list[LLM_DOCS];
};

static void names(struct rkb_buf *b, const size_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rkb_buf_printf(b, "%s[%zu]", i ? " > " : "", order[i] + 1);
}

/* The answer's text; `order` [n] becomes what it says once it is repaired. */
static void answer(const char *kind, size_t *order, size_t n, struct rkb_buf *b,
                   const char **finish)
{
    size_t cut = (n + 1) / 2;

    *finish = "stop";
    if (strcmp(kind, "ok") == 0) {
        names(b, order, n);
    } else if (strcmp(kind, "repetition") == 0) {
        rkb_buf_printf(b, "[%zu] > ", order[0] + 1);
        names(b, order, n);
    } else if (strcmp(kind, "out_of_range") == 0) {
        names(b, order, n);
        rkb_buf_printf(b, " > [%zu]", n + 1);
    } else if (strcmp(kind, "wrong_format") == 0) {
        rkb_buf_text(b, "Best first: ");
        names(b, order, n);
    } else if (strcmp(kind, "empty") == 0 || strcmp(kind, "refused") == 0) {
        if (kind[0] == 'r') {
            rkb_buf_text(b, "I cannot rank 2 of 3 texts.");
            *finish = "refused";
        }
        cut = 0;
    } else { /* missing, truncated */
        names(b, order, cut);
        if (kind[0] == 't')
            *finish = "length";
    }
    if (strcmp(kind, "missing") != 0 && strcmp(kind, "truncated") != 0 && cut)
        return;
    /* What was not named follows as it stood. */
    for (size_t k = 0; k < n; k++) {
        bool is_named = false;

        for (size_t i = 0; i < cut; i++)
            is_named = is_named || order[i] == k;
        if (!is_named) {
            size_t at = n;

            for (size_t i = cut; i < n; i++)
                if (order[i] == k)
                    at = i;
            memmove(&order[cut + 1], &order[cut], (at - cut) * sizeof *order);
            order[cut++] = k;
        }
    }
}

static void rank_window(struct sim *s, size_t start, size_t end)
{
    size_t n = end - start, order[LLM_DOCS];
    const char
        *kind =
            kinds[noise((uint32_t)start, s->list[start], (uint32_t)s->n_calls) %
                  s->n_kinds],
        *finish;
    struct rkb_buf prompt = { 0 }, text = { 0 }, json = { 0 };
    uint32_t before[LLM_DOCS];

    if (n == 1 && (strcmp(kind, "missing") == 0 || kind[0] == 't'))
        kind = "ok"; /* half of one is all of it */
    rkb_buf_printf(&prompt, "q %zu", n);
    for (size_t i = 0; i < n; i++) {
        rkb_buf_printf(&prompt, "|%zu:d%u", i + 1, s->list[start + i]);
        order[i] = i;
    }
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && worth(s->list[start + order[k]]) >
                                        worth(s->list[start + order[k - 1]]);
             k--) {
            size_t t = order[k];

            order[k] = order[k - 1];
            order[k - 1] = t;
        }
    answer(kind, order, n, &text, &finish);
    rkb_buf_text(&json, "{\"text\":");
    rkb_buf_json(&json, rkb_buf_view(&text));
    rkb_buf_printf(&json, ",\"finish\":\"%s\"}", finish);
    rkb_buf_char(&json, '\0');
    rkb_buf_char(&prompt, '\0');
    tape_answer(&s->tape, "", (int)s->n_calls + 1, prompt.at, json.at);
    s->classes[s->n_calls++] = kind;
    s->n_bad += strcmp(kind, "ok") != 0;
    memcpy(before, s->list + start, n * sizeof *before);
    for (size_t i = 0; i < n; i++)
        s->list[start + i] = before[order[i]];
    rkb_buf_release(&prompt);
    rkb_buf_release(&text);
    rkb_buf_release(&json);
}

/* listwise_rankllm.py 292-311 and 346-394; w first becomes min(w, n). */
static void sliding_windows(struct sim *s, size_t rank_start, size_t n, long w,
                            long step)
{
    long first = (long)rank_start, end = (long)n, start;

    if (w > end)
        w = end;
    start = end - w > first ? end - w : first;
    while (end > start) {
        rank_window(s, (size_t)start, (size_t)end);
        if (start == first)
            break;
        end -= step;
        start = start - step > first ? start - step : first;
    }
}

static void check_windows(size_t n, size_t w, size_t step, size_t passes,
                          size_t freeze, bool shuffle, size_t n_kinds)
{
    struct sim s = { .n_kinds = n_kinds };
    struct llm_run r;
    char spec[500];

    tape_open(&s.tape);
    as_they_came(s.list, n);
    if (shuffle) {
        struct rkb_rng rng;

        rkb_rng_init(&rng, rkb_rng_key(7, rkb_sv_of("shuffle"), 0));
        rkb_rng_shuffle(&rng, s.list, n);
    }
    for (size_t p = 0; p < passes; p++)
        if (freeze * p < n)
            sliding_windows(&s, freeze * p, n, w ? (long)w : (long)n,
                            (long)step);
    snprintf(spec, sizeof spec,
             "listwise(window=%zu,stride=%zu,passes=%zu,freeze=%zu,%s"
             "template='%s'",
             w, step, passes, freeze, shuffle ? "shuffle=true," : "",
             list_template());
    if (tape_rerank(&s.tape, &r, spec, n)) {
        llm_check(&r, &s.tape, spec, s.list, n);
        for (size_t i = 0; i < s.n_calls && i < r.calls.n; i++)
            CHECK_STR(r.calls.items[i].class_name, s.classes[i]);
        CHECK_EQ_INT(r.outcome.status,
                     s.n_bad ? RKB_QUERY_REPAIRED : RKB_QUERY_OK);
    }
    llm_done(&r);
}

static void windows_climb_as_published(void)
{
    static const size_t sizes[] = {
        1, 2, 3, 10, 15, 19, 20, 21, 25, 30, 95, 100
    };
    static const size_t shapes[][2] = { { 20, 10 }, { 20, 15 }, { 10, 5 },
                                        { 20, 20 }, { 0, 10 },  { 3, 1 } };

    for (size_t i = 0; i < RKB_COUNT(sizes); i++)
        for (size_t k = 0; k < RKB_COUNT(shapes); k++) {
            check_windows(sizes[i], shapes[k][0], shapes[k][1], 1, 0, false, 1);
            check_windows(sizes[i], shapes[k][0], shapes[k][1], 1, 0, false,
                          N_KINDS);
        }
    fixture_done();
}

/* ReasonRank's pass p begins at rank stride * p. */
static void passes_go_on_from_what_came_out(void)
{
    static const size_t sizes[] = { 1, 10, 25, 95, 100 };

    for (size_t i = 0; i < RKB_COUNT(sizes); i++) {
        check_windows(sizes[i], 20, 10, 3, 0, false, N_KINDS);
        check_windows(sizes[i], 20, 10, 4, 10, false, N_KINDS);
        check_windows(sizes[i], 20, 10, 2, 0, true, N_KINDS);
    }
    fixture_done();
}

static void answers_of_thinking_models_are_found(void)
{
    static const struct {
        const char *tag, *parser, *text;
        uint32_t want[3];
        const char *class_name;
    } cases[] = {
        { "none",
          "lenient",
          "<think>3 then 1</think> [2] > [3] > [1]",
          { 1, 2, 0 },
          "ok" },
        { "lenient",
          "lenient",
          "<think>[1]</think>\n<answer>[3] > [2] > [1]</answer>",
          { 2, 1, 0 },
          "ok" },
        { "lenient",
          "lenient",
          "so <answer> [2] > [1] > [3]",
          { 1, 0, 2 },
          "ok" },
        { "lenient", "lenient", "3 is best, then 1", { 2, 0, 1 }, "no_answer" },
        { "required",
          "lenient",
          "3 is best, then 1",
          { 0, 1, 2 },
          "no_answer" },
        { "required",
          "lenient",
          "<think>[2]</think><answer>[3] > [1]</answer>",
          { 2, 0, 1 },
          "missing" },
        { "none", "lenient", "Top 3: [2] > [1]", { 2, 1, 0 }, "wrong_format" },
        { "none", "strict", "Top 3: [2] > [1]", { 1, 0, 2 }, "wrong_format" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct tape t;
        struct llm_run r;
        char spec[500];

        tape_open(&t);
        tape_text(&t, "", 1, NULL, cases[i].text);
        snprintf(spec, sizeof spec,
                 "listwise(window=3,stride=3,answer-tag=%s,parser=%s,"
                 "template='%s'",
                 cases[i].tag, cases[i].parser, list_template());
        if (tape_rerank(&t, &r, spec, 3)) {
            llm_check(&r, &t, cases[i].text, cases[i].want, 3);
            CHECK_STR(r.calls.items[0].class_name, cases[i].class_name);
        }
        llm_done(&r);
    }
    fixture_done();
}

TESTS(TEST(windows_climb_as_published), TEST(passes_go_on_from_what_came_out),
      TEST(answers_of_thinking_models_are_found))
