/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of rows that ask model servers, without a server: the test simulates
 * a method in its own way and writes down what it asks and what it is
 * answered; the row is then run over that recording, with every prompt
 * compared. A call more, a call less or another prompt fails the query.
 *
 * Passages are "d0", "d1", ... and the query is "q". */
#ifndef RKB_TESTS_LLM_FIXTURE_H
#define RKB_TESTS_LLM_FIXTURE_H

#include "base/log.h"
#include "harness/llm/recording.h"
#include "harness/rerankers/reranker.h"
#include "tests/io_fixture.h"

enum { LLM_DOCS = 200 };

/* ---- recordings ---------------------------------------------------------- */

struct tape {
    FILE *out;
    const char *path;
    size_t n_calls;
};

TAP_UNUSED void tape_open(struct tape *t)
{
    static char path[512];

    snprintf(path, sizeof path, "%s", fixture_path("tape.jsonl"));
    *t = (struct tape){ .out = fopen(path, "wb"), .path = path };
    if (!t->out)
        abort();
}

/* `answer` is the object of answer_json.h. prompt NULL: any. */
TAP_UNUSED void tape_answer(struct tape *t, const char *at, int call,
                            const char *prompt, const char *answer)
{
    struct rkb_buf b = { 0 };

    rkb_buf_printf(&b, "{\"qid\":\"1\",\"call\":%d", call);
    if (*at) {
        rkb_buf_text(&b, ",\"path\":");
        rkb_buf_json(&b, rkb_sv_of(at));
    }
    if (prompt) {
        rkb_buf_text(&b, ",\"prompt\":");
        rkb_buf_json(&b, rkb_sv_of(prompt));
    }
    rkb_buf_printf(&b, ",\"answer\":%s}\n", answer);
    if (fwrite(b.at, 1, b.len, t->out) != b.len)
        abort();
    rkb_buf_release(&b);
    t->n_calls++;
}

TAP_UNUSED void tape_text(struct tape *t, const char *at, int call,
                          const char *prompt, const char *text)
{
    struct rkb_buf b = { 0 };

    rkb_buf_text(&b, "{\"text\":");
    rkb_buf_json(&b, rkb_sv_of(text));
    rkb_buf_text(&b, ",\"finish\":\"stop\"}");
    rkb_buf_char(&b, '\0');
    tape_answer(t, at, call, prompt, b.at);
    rkb_buf_release(&b);
}

/* The path of item i of the root's kth fork. */
TAP_UNUSED const char *tape_at(size_t k, size_t i)
{
    static char paths[4][48];
    static unsigned turn;
    char *to = paths[turn++ % 4];

    if (k)
        snprintf(to, sizeof paths[0], "%zu.%zu", k, i);
    else
        snprintf(to, sizeof paths[0], "%zu", i);
    return to;
}

/* ---- rows ------------------------------------------------------------------ */

struct llm_run {
    struct rkb_arena arena;
    struct rkb_account account;
    struct rkb_calls calls;
    uint32_t order[LLM_DOCS];
    double score[LLM_DOCS];
    uint8_t scored[LLM_DOCS];
    struct rkb_outcome outcome;
    struct rkb_err err;
    enum rkb_status rc;
};

TAP_UNUSED void llm_done(struct llm_run *r)
{
    rkb_arena_release(&r->arena);
}

TAP_UNUSED const struct rkb_candidate *llm_docs(void)
{
    static struct rkb_candidate docs[LLM_DOCS];
    static char names[LLM_DOCS][16];

    for (int i = 0; i < LLM_DOCS && !docs[i].text.len; i++) {
        snprintf(names[i], sizeof names[i], "d%d", i);
        docs[i].docid = docs[i].text = rkb_sv_of(names[i]);
    }
    return docs;
}

/* One query through the row of a spec; false, with a line, when it does not
 * open. What went wrong later is in r->rc. */
TAP_UNUSED bool llm_rerank(struct llm_run *r, const char *spec,
                           const struct rkb_request *request)
{
    struct rkb_reranker row;
    struct rkb_buf identity = { 0 };
    const struct rkb_env env = { .arena = &r->arena };

    rkb_log_level(RKB_LOG_WARN);
    *r = (struct llm_run){ 0 };
    r->outcome.order = r->order;
    r->outcome.score = r->score;
    r->outcome.scored = r->scored;
    for (uint32_t i = 0; i < request->n_docs; i++)
        r->order[i] = i;
    r->rc = rkb_reranker_open(&row, rkb_sv_of(spec), &env, &r->err);
    if (!r->rc && row.def->probe) {
        r->rc = row.def->probe(row.self, &identity, NULL, &r->err);
        rkb_buf_release(&identity);
    }
    if (!CHECK_EQ_INT(r->rc, RKB_OK)) {
        printf("# %s\n", r->err.msg);
        return false;
    }
    struct rkb_branch root = { .arena = &r->arena,
                               .account = &r->account,
                               .calls = &r->calls,
                               .qid = request->qid,
                               .seed = request->seed };

    r->rc = row.def->rerank(row.self, &root, request, &r->outcome, &r->err);
    rkb_reranker_close(&row);
    return true;
}

/* Closes the tape and runs "NAME(OPTIONS,...)" over it, n passages deep. Spec
 * has no closing parenthesis: server and frame are added. */
TAP_UNUSED bool tape_rerank(struct tape *t, struct llm_run *r, const char *spec,
                            size_t n)
{
    const struct rkb_request request = { .qid = rkb_sv_of("1"),
                                         .query = rkb_sv_of("q"),
                                         .seed = 7,
                                         .docs = llm_docs(),
                                         .n_docs = n };
    char full[2048];

    if (!t->n_calls)
        tape_text(t, "none", 1, NULL, "an empty recording is none");
    if (fclose(t->out) != 0)
        abort();
    snprintf(full, sizeof full,
             "%s,frame=builtin:raw,replay-prompts=check,server='replay:%s')",
             spec, t->path);
    return llm_rerank(r, full, &request);
}

/* The order is `want`, and calls were as many as recorded. */
TAP_UNUSED void llm_check(const struct llm_run *r, const struct tape *t,
                          const char *name, const uint32_t *want, size_t n)
{
    bool same = true;

    if (!CHECK_EQ_INT(r->rc, RKB_OK))
        printf("# %s, n = %zu: %s\n", name, n, r->err.msg);
    for (size_t i = 0; i < n; i++)
        same = same && r->order[i] == want[i];
    if (!CHECK(same))
        printf("# %s, n = %zu\n", name, n);
    CHECK_EQ_INT(r->account.n_calls, t->n_calls);
}

/* ---- comparators ------------------------------------------------------------ */

/* A number that looks like chance and is none. */
TAP_UNUSED uint32_t noise(uint32_t a, uint32_t b, uint32_t c)
{
    uint64_t x = (uint64_t)a * 0x9e3779b97f4a7c15u +
                 (uint64_t)b * 0xbf58476d1ce4e5b9u +
                 (uint64_t)c * 0x94d049bb133111ebu;

    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9u;
    return (uint32_t)(x >> 32);
}

/* How good a passage is in truth; no two are equal. */
TAP_UNUSED uint32_t worth(uint32_t doc)
{
    return noise(doc, 1, 1) / 256 * 256 + doc;
}

/* The first n candidates as they came. */
TAP_UNUSED void as_they_came(uint32_t *order, size_t n)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
}

/* The head, then the others as they came: the end of the authors' rerank(). */
TAP_UNUSED void head_then_rest(const uint32_t *ranking, size_t k, size_t n,
                               uint32_t *want)
{
    size_t at = 0;

    for (size_t i = 0; i < k && i < n; i++)
        want[at++] = ranking[i];
    for (uint32_t d = 0; d < n; d++) {
        bool taken = false;

        for (size_t i = 0; i < k && i < n; i++)
            taken = taken || ranking[i] == d;
        if (!taken)
            want[at++] = d;
    }
}

#endif
