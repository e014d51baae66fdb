/* SPDX-License-Identifier: Apache-2.0 */
/* A row of rerankers.def before the scripted server of tests/mock, one query at
 * a time, as the engine does it but for the probe. */
#ifndef RKB_TESTS_CALL_FIXTURE_H
#define RKB_TESTS_CALL_FIXTURE_H

#include "base/clock.h"
#include "base/stop.h"
#include "harness/rerankers/reranker.h"
#include "tests/mock/mock.h"
#include "tests/tap.h"

#define SV(s)              \
    {                      \
        (s), sizeof(s) - 1 \
    }

/* Overlap with "red fox": 0, 1/2, 1. The right order is d3 d2 d1. */
static const struct rkb_candidate llm_three[] = {
    { .docid = SV("d1"), .text = SV("a dog") },
    { .docid = SV("d2"), .text = SV("the fox") },
    { .docid = SV("d3"), .text = SV("red fox") },
};
static const struct rkb_request llm_request = {
    .qid = SV("q1"),
    .query = SV("red fox"),
    .seed = 1,
    .docs = llm_three,
    .n_docs = 3,
};

struct llm_row {
    struct rkb_arena env, query; /* of the row, of one query */
    struct rkb_reranker reranker;
    struct rkb_pool *pool; /* may be NULL */
    const struct rkb_stop *stop;
    struct rkb_account account;
    struct rkb_calls calls;
    struct rkb_outcome outcome;
    struct rkb_err err;
    enum rkb_status rc;
};

/* Of the next row that is opened. */
TAP_UNUSED int64_t llm_repeat = 1;

/* ROW(server=URLS,OPTIONS); no long waits unless the options say so. */
TAP_UNUSED enum rkb_status llm_try_open(struct llm_row *row, const char *name,
                                        const char *urls, const char *options,
                                        size_t in_flight)
{
    const struct rkb_env env = { .arena = &row->env,
                                 .in_flight = in_flight,
                                 .repeat = llm_repeat };
    static const char *const defaults[] = { "backoff=0.001", "retries=2",
                                            "first-byte-timeout=20",
                                            "idle-timeout=20" };
    struct rkb_buf spec = { 0 };

    *row = (struct llm_row){ 0 };
    rkb_buf_printf(&spec, "%s(server='%s'", name, urls);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        char key[32];

        snprintf(key, sizeof key, "%.*s", (int)strcspn(defaults[i], "="),
                 defaults[i]);
        if (!options || !strstr(options, key))
            rkb_buf_printf(&spec, ",%s", defaults[i]);
    }
    rkb_buf_printf(&spec, "%s%s)", options && *options ? "," : "",
                   options ? options : "");
    row->rc =
        rkb_reranker_open(&row->reranker, rkb_buf_view(&spec), &env, &row->err);
    rkb_buf_release(&spec);
    row->pool = in_flight > 1 ? rkb_pool_open(in_flight) : NULL;
    return row->rc;
}

TAP_UNUSED bool llm_open(struct llm_row *row, const char *name,
                         const char *urls, const char *options,
                         size_t in_flight)
{
    if (CHECK_EQ_INT(llm_try_open(row, name, urls, options, in_flight), RKB_OK))
        return true;
    printf("# %s: %s\n", name, row->err.msg);
    return false;
}

TAP_UNUSED void llm_ask(struct llm_row *row, const struct rkb_request *request)
{
    size_t n = request->n_docs;
    struct rkb_branch root = { .arena = &row->query,
                               .account = &row->account,
                               .calls = &row->calls,
                               .stop = row->stop,
                               .pool = row->pool,
                               .qid = request->qid,
                               .seed = request->seed,
                               .start_ns = rkb_clock_now() };

    rkb_arena_reset(&row->query);
    row->account = (struct rkb_account){ 0 };
    row->calls = (struct rkb_calls){ 0 };
    row->err = (struct rkb_err){ 0 };
    row->outcome = (struct rkb_outcome){
        .order = rkb_arena_new(&row->query, n, sizeof(uint32_t)),
        .score = rkb_arena_new(&row->query, n, sizeof(double)),
        .scored = rkb_arena_new(&row->query, n, 1),
    };
    for (uint32_t i = 0; i < n; i++)
        row->outcome.order[i] = i;
    row->rc = row->reranker.def->rerank(row->reranker.self, &root, request,
                                        &row->outcome, &row->err);
    if (!row->rc)
        row->rc = rkb_outcome_check(&row->outcome, n, &row->query, &row->err);
}

TAP_UNUSED void llm_close(struct llm_row *row)
{
    rkb_reranker_close(&row->reranker);
    rkb_pool_close(row->pool);
    rkb_arena_release(&row->query);
    rkb_arena_release(&row->env);
}

/* "d3 d2 d1", good until the next call. */
TAP_UNUSED const char *llm_order(const struct llm_row *row,
                                 const struct rkb_request *request)
{
    static char out[8192];
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < request->n_docs && n < sizeof out - 64; i++) {
        rkb_sv id = request->docs[row->outcome.order[i]].docid;

        n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", i ? " " : "",
                              (int)id.len, id.at);
    }
    return out;
}

/* "ok", "status ok", ...: the classes of all attempts at the method's calls. */
TAP_UNUSED const char *llm_classes(const struct llm_row *row)
{
    static char out[1024];
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < row->calls.n && n < sizeof out - 64; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", i ? " " : "",
                              row->calls.items[i].class_name);
    return out;
}

/* Checks that each of the texts, '|' between two, is in `in`. */
TAP_UNUSED bool llm_says(const char *in, const char *texts)
{
    char one[256];
    bool all = true;

    for (const char *at = texts; at && *at;) {
        size_t n = strcspn(at, "|");

        snprintf(one, sizeof one, "%.*s", (int)n, at);
        if (!strstr(in, one)) {
            printf("# no '%s' in\n# '%s'\n", one, in);
            all = false;
        }
        at += n + (at[n] == '|');
    }
    return CHECK(all);
}

#endif
