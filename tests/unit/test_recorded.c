/* SPDX-License-Identifier: Apache-2.0 */
/* What real servers answered, read by the dialects' own readers: the files
 * tests/fuzz/corpus/dialects/real_*, whose first line says where each is from.
 * Values here are those that can be seen in the files. */
#include "base/io/file.h"
#include "tests/recorded_fixture.h"
#include "tests/tap.h"

#include <dirent.h>

#define FOLDER "tests/fuzz/corpus/dialects"

static struct rkb_arena arena;
static struct rkb_err err;
static struct rkb_answer got;

/* The file real_NAME. */
static bool open_file(const char *name, struct recorded *r)
{
    char path[256];
    rkb_sv bytes;
    bool ok;

    snprintf(path, sizeof(path), FOLDER "/%s", name);
    rkb_arena_reset(&arena);
    ok = rkb_file_read(&arena, path, 1 << 16, &bytes, &err) == RKB_OK &&
         recorded_read(bytes, r);
    if (!CHECK(ok) || !CHECK(r->source.len > 0))
        printf("# of %s: %s\n", path, err.msg);
    return ok;
}

/* Reads real_NAME, status 200. */
static bool reads(const char *name, struct recorded *r, size_t *n_events)
{
    char full[128];
    enum rkb_status rc;

    snprintf(full, sizeof(full), "real_%s", name);
    if (!open_file(full, r) || !CHECK_EQ_INT(r->http, 200))
        return false;
    rc = r->ask.stream ? recorded_stream(&arena, r, &got, n_events, &err)
                       : r->dialect->read(&arena, &r->ask, r->body, &got, &err);
    if (CHECK_EQ_INT(rc, RKB_OK))
        return true;
    printf("# of %s: %s\n", name, err.msg);
    return false;
}

static bool is(rkb_sv text, const char *want)
{
    if (rkb_sv_is(text, want))
        return true;
    printf("# got '%.*s', want '%s'\n", (int)text.len, text.len ? text.at : "",
           want);
    return false;
}

/* ---- rerankers ----------------------------------------------------------- */

static const struct {
    const char *name, *model;
    long long prompt_tokens;
    size_t n_docs, n_scored;
    struct {
        size_t index;
        double score;
    } order[3]; /* the best ones, best first */
} reranked[] = {
    { "tei_rerank", "", -1, 2, 2, { { 1, 0.9988041 }, { 0, 0.022948774 } } },
    { "tei_rerank_cpu", "", -1, 2, 2, { { 1, 0.9988041 }, { 0, 0.02294873 } } },
    { "cohere_rerank",
      "",
      -1,
      6,
      3,
      { { 3, 0.999071 }, { 4, 0.7779754 }, { 1, 0.08882029 } } },
    { "cohere_rerank_v1",
      "",
      -1,
      2,
      2,
      { { 0, 0.0006070756 }, { 1, 0.00013032975 } } },
    { "vllm_rerank",
      "reranker",
      226,
      3,
      3,
      { { 2, 1.66491972777294e-05 },
        { 1, 1.6425787180196494e-05 },
        { 0, 1.621661431272514e-05 } } },
    { "vllm_rerank_011",
      "Qwen/Qwen3-Reranker-8B",
      27,
      5,
      5,
      { { 0, 0.5 }, { 1, 0.5 }, { 2, 0.5 } } },
    { "vllm_rerank_030",
      "Qwen/Qwen3-Reranker-8B",
      198,
      2,
      2,
      { { 1, 0.9972110390663147 }, { 0, 7.131840902729891e-06 } } },
    { "llamacpp_rerank",
      "models/random-2m.gguf",
      89,
      3,
      3,
      { { 1, 0.5736110806465149 },
        { 2, 0.5430290102958679 },
        { 0, 0.5076504349708557 } } },
    { "llamacpp_rerank_b11525",
      "qwen3-reranker-8b-q8_0.gguf",
      198,
      2,
      2,
      { { 1, 0.9972056746482849 }, { 0, 4.890599484497216e-06 } } },
    { "sglang_rerank",
      "",
      -1,
      3,
      3,
      { { 0, 0.7981867777396212 },
        { 1, 0.0002034269780552065 },
        { 2, 4.637871638728972e-06 } } },
};

/* The best of those that have a score and are not `taken`; ties go to the
 * lower index. */
static size_t best(size_t n_docs, const bool *taken)
{
    size_t at = n_docs;

    for (size_t i = 0; i < n_docs; i++)
        if (got.scored[i] && !taken[i] &&
            (at == n_docs || got.scores[i] > got.scores[at]))
            at = i;
    return at;
}

static void recorded_rerankers_give_their_scores_order_and_usage(void)
{
    for (size_t k = 0; k < RKB_COUNT(reranked); k++) {
        bool taken[RECORDED_DOCS] = { false };
        size_t n = reranked[k].n_scored, n_scored = 0, n_events;
        struct recorded r;

        if (!reads(reranked[k].name, &r, &n_events))
            continue;
        CHECK_EQ_INT(r.ask.n_docs, reranked[k].n_docs);
        for (size_t i = 0; i < r.ask.n_docs; i++)
            n_scored += got.scored[i];
        CHECK_EQ_INT(n_scored, n);
        for (size_t i = 0; i < n && i < 3; i++) {
            size_t at = best(r.ask.n_docs, taken);

            if (!CHECK_EQ_INT(at, reranked[k].order[i].index))
                break;
            CHECK_NEAR(got.scores[at], reranked[k].order[i].score, 0.0);
            taken[at] = true;
        }
        CHECK(is(got.model, reranked[k].model));
        if (!CHECK_EQ_INT(got.prompt_tokens, reranked[k].prompt_tokens))
            printf("# of %s\n", reranked[k].name);
    }
}

/* ---- faults -------------------------------------------------------------- */

static const struct {
    const char *name;
    int http;
    enum rkb_fault_kind kind;
    long long limit, asked;
    const char *msg;
} faults[] = {
    { "tei_batch", 413, RKB_FAULT_BATCH, 32, 33,
      "batch size 33 > maximum allowed batch size 32" },
    { "tei_empty", 413, RKB_FAULT_QUERY, -1, -1,
      "Input validation error: `inputs` cannot be empty" },
    { "cohere_unknown_field", 422, RKB_FAULT_QUERY, -1, -1,
      "unknown field: parameter 'top_k' is not a valid field" },
    { "cohere_down", 500, RKB_FAULT_AGAIN, -1, -1, "internal server error" },
    { "cohere_forbidden", 403, RKB_FAULT_RUN, -1, -1, "403" },
    { "vllm_no_query", 400, RKB_FAULT_QUERY, -1, -1, "Field required" },
    { "vllm_no_docs", 400, RKB_FAULT_QUERY, -1, -1, "At least one text_pair" },
    { "vllm_no_model", 404, RKB_FAULT_RUN, -1, -1, "`no-such-model`" },
    { "vllm_no_route", 404, RKB_FAULT_RUN, -1, -1, "Not Found" },
    { "vllm_no_reranker", 400, RKB_FAULT_RUN, -1, -1, "does not support" },
    { "vllm_too_long", 400, RKB_FAULT_CONTEXT, 1024, 1025,
      "maximum context length is 1024" },
    { "llamacpp_too_long", 400, RKB_FAULT_CONTEXT, 512, 603,
      "exceeds the available context size" },
    { "llamacpp_too_large", 500, RKB_FAULT_CONTEXT, 512, 2020,
      "is too large to process" },
    { "llamacpp_no_docs", 400, RKB_FAULT_QUERY, -1, -1, "non-empty string" },
    { "llamacpp_no_rerank", 501, RKB_FAULT_RUN, -1, -1, "--reranking" },
    { "llamacpp_no_embed", 501, RKB_FAULT_RUN, -1, -1, "--embeddings" },
    { "llamacpp_no_route", 404, RKB_FAULT_RUN, -1, -1, "File Not Found" },
    { "llamacpp_no_key", 401, RKB_FAULT_RUN, -1, -1, "Invalid API Key" },
    { "llamacpp_loading", 503, RKB_FAULT_AGAIN, -1, -1, "Loading model" },
};

static void recorded_faults_are_of_their_kind(void)
{
    for (size_t k = 0; k < RKB_COUNT(faults); k++) {
        struct rkb_fault f;
        struct recorded r;
        char full[128];

        snprintf(full, sizeof(full), "real_%s", faults[k].name);
        if (!open_file(full, &r))
            continue;
        rkb_fault_read(r.http, r.body, &f);
        if (!CHECK_EQ_INT(r.http, faults[k].http) |
            !CHECK_EQ_INT(f.kind, faults[k].kind) |
            !CHECK_EQ_INT(f.limit, faults[k].limit) |
            !CHECK_EQ_INT(f.asked, faults[k].asked) |
            !CHECK(strstr(f.msg, faults[k].msg) != NULL))
            printf("# of %s: '%s'\n", full, f.msg);
        CHECK(!r.dialect->read_error);
    }
}

/* ---- generated texts ------------------------------------------------------ */

static void check_token(size_t at, const char *text, double logprob,
                        double second)
{
    const struct rkb_token *t = &got.tokens[at];

    CHECK(is(t->text, text));
    CHECK(t->has_logprob);
    CHECK_NEAR(t->logprob, logprob, 1e-6);
    if (!CHECK_EQ_INT(t->n_alts, 3))
        return;
    CHECK(is(t->alts[0].text, "C") && is(t->alts[1].text, "B") &&
          is(t->alts[2].text, "A"));
    CHECK_NEAR(t->alts[0].logprob, logprob, 1e-6);
    CHECK_NEAR(t->alts[1].logprob, second, 1e-6);
}

static void recorded_answers_give_tokens_and_their_alternatives(void)
{
    static const char build[] = "models/wired-20m.gguf@b10573-d775b8967";
    static const struct {
        const char *name, *text;
        size_t n_tokens, n_events;
        const char *model;
    } rows[] = {
        { "llamacpp_completion", "C", 1, 0, "models/wired-20m.gguf" },
        { "llamacpp_stream", "CC", 2, 2, "models/wired-20m.gguf" },
        { "llamacpp_chat", "CC", 2, 0, build },
        { "llamacpp_chat_stream", "CC", 2, 2, build },
        { "openai_completions", "CC", 2, 0, build },
    };
    /* Of the first and the second token, whatever the route. */
    static const double logprob[] = { -0.011291, -0.011526 };
    static const double second[] = { -5.616760, -5.582815 };

    for (size_t k = 0; k < RKB_COUNT(rows); k++) {
        size_t n_events = 0;
        struct recorded r;

        printf("# %s\n", rows[k].name);
        if (!reads(rows[k].name, &r, &n_events))
            continue;
        CHECK(is(got.text, rows[k].text));
        CHECK(is(got.model, rows[k].model));
        CHECK_EQ_INT(got.finish, RKB_FINISH_LENGTH);
        CHECK_EQ_INT(n_events, rows[k].n_events);
        CHECK_EQ_INT(got.prompt_tokens, 57);
        CHECK_EQ_INT(got.output_tokens, rows[k].n_tokens);
        CHECK_EQ_INT(got.cached_tokens, 0);
        CHECK(got.server_ns > 1000000 && got.server_ns < 10000000000);
        if (!CHECK_EQ_INT(got.n_tokens, rows[k].n_tokens))
            continue;
        for (size_t i = 0; i < got.n_tokens; i++)
            check_token(i, "C", logprob[i], second[i]);
    }
}

/* The answer ends where the context does: nothing of the prompt is lost. */
static void an_answer_at_the_end_of_llamacpps_context_is_one(void)
{
    struct recorded r;
    size_t n_events;

    if (!reads("llamacpp_full", &r, &n_events))
        return;
    CHECK(is(got.text, "R"));
    CHECK_EQ_INT(got.finish, RKB_FINISH_LENGTH);
    CHECK_EQ_INT(got.prompt_tokens, 511);
}

/* ---- other kinds ----------------------------------------------------------- */

static void recorded_vectors_stand_at_their_texts(void)
{
    struct recorded r;
    size_t n_events;

    if (!reads("llamacpp_embed", &r, &n_events))
        return;
    CHECK_EQ_INT(got.n_dims, 128);
    CHECK_EQ_INT(got.prompt_tokens, 17);
    CHECK_NEAR((double)got.vectors[0], 0.29716429, 1e-7);
    CHECK_NEAR((double)got.vectors[1], -0.04723923, 1e-7);
    for (size_t i = 0; i < 2; i++) { /* the server makes their length 1 */
        const float *v = got.vectors + i * got.n_dims;
        double sum = 0;

        for (size_t d = 0; d < got.n_dims; d++)
            sum += (double)v[d] * (double)v[d];
        CHECK_NEAR(sum, 1.0, 1e-5);
    }
}

static void recorded_tokens_prompts_and_models_are_read(void)
{
    struct recorded r;
    size_t n_events;

    if (reads("llamacpp_tokens", &r, &n_events) &&
        CHECK_EQ_INT(got.n_units, 9) && CHECK(got.units != NULL)) {
        CHECK(is(got.units[3], " tomatoes") && is(got.units[5], "\xc3\xa9"));
        CHECK(is(got.units[6], "\xe2") && is(got.units[8], "\xac"));
    }
    if (reads("llamacpp_render", &r, &n_events))
        CHECK(got.text.len > 30 &&
              is((rkb_sv){ got.text.at + got.text.len - 24, 24 },
                 "\n<|im_start|>assistant\n["));
    if (reads("llamacpp_models", &r, &n_events)) {
        CHECK(is(got.model, "models/wired-20m.gguf"));
        CHECK_EQ_INT(got.context, 4096);
    }
    if (reads("vllm_models", &r, &n_events)) {
        CHECK(is(got.model, "reranker"));
        CHECK_EQ_INT(got.context, 1024);
    }
}

/* ---- what the rows say of it ------------------------------------------------ */

static bool has(rkb_sv text, rkb_sv part)
{
    for (size_t i = 0; part.len && i + part.len <= text.len; i++)
        if (memcmp(text.at + i, part.at, part.len) == 0)
            return true;
    return false;
}

/* "llama.cpp b10573" of our own; else what follows the server's name and ": ",
 * "owner/name@commit" without the path, or all of "owner/name issue 7". */
static rkb_sv source_name(rkb_sv line)
{
    rkb_sv rest = line, word;

    if (has(line, rkb_sv_of("llama.cpp b10573 (")))
        return rkb_sv_of("llama.cpp b10573");
    rkb_sv_split(&rest, ':', &word);
    rest = rkb_sv_trim(rest);
    line = rest;
    word = rkb_sv_word(&rest);
    return has(word, rkb_sv_of("@")) ? word : line;
}

struct sources {
    size_t n, n_named; /* answers of the dialect; of them the row names */
    bool word_found;
};

/* `word`: one of the row's, to be found in a source; may be empty. */
static void look(const char *name, const struct rkb_dialect_def *d, rkb_sv word,
                 struct sources *found)
{
    struct recorded r;

    if (strncmp(name, "real_", 5) != 0 || !open_file(name, &r) ||
        r.dialect != d || r.http != 200)
        return;
    found->n++;
    found->n_named += has(rkb_sv_of(d->proven), source_name(r.source));
    found->word_found |= has(r.source, word);
}

static struct sources look_through(const struct rkb_dialect_def *d, rkb_sv word)
{
    DIR *folder = opendir(FOLDER);
    struct sources found = { 0 };

    if (!CHECK(folder != NULL))
        return found;
    for (const struct dirent *e; (e = readdir(folder)) != NULL;)
        look(e->d_name, d, word, &found);
    closedir(folder);
    return found;
}

/* What a row claims of recorded answers can be looked up here, and a row that
 * has some does not call itself documented only. */
static void rows_say_what_proves_them(void)
{
    for (size_t i = 0; rkb_dialects[i]; i++) {
        const struct rkb_dialect_def *d = rkb_dialects[i];
        struct sources found = look_through(d, (rkb_sv){ 0 });
        rkb_sv rest = rkb_sv_of(d->proven), word;

        printf("# %s: %s\n", d->name, d->proven);
        if (strcmp(d->proven, "from documentation") == 0) {
            CHECK_EQ_INT(found.n, 0);
            continue;
        }
        CHECK(strncmp(d->proven, "real server: ", 13) == 0 ||
              strncmp(d->proven, "recorded answers: ", 18) == 0);
        CHECK(found.n_named > 0);
        while ((word = rkb_sv_word(&rest)).len) {
            while (word.len && strchr(",;()", word.at[word.len - 1]))
                word.len--;
            if (has(word, rkb_sv_of("@")))
                CHECK(look_through(d, word).word_found);
        }
    }
}

TESTS(TEST(recorded_rerankers_give_their_scores_order_and_usage),
      TEST(recorded_faults_are_of_their_kind),
      TEST(recorded_answers_give_tokens_and_their_alternatives),
      TEST(an_answer_at_the_end_of_llamacpps_context_is_one),
      TEST(recorded_vectors_stand_at_their_texts),
      TEST(recorded_tokens_prompts_and_models_are_read),
      TEST(rows_say_what_proves_them))
