/* SPDX-License-Identifier: Apache-2.0 */
/* A listwise reranker over recorded answers, written against reranker.h and
 * branch.h alone: does what it needs exist? It slides a window of 20 by 10
 * from the bottom to the top, and gives the docids that the authors of the
 * recordings published. */
#include "harness/rerankers/reranker.h"

#include "base/io/json.h"
#include "base/io/lines.h"
#include "base/map.h"
#include "base/mem.h"
#include "runs/trec_run.h"
#include "tests/tap.h"

enum { WINDOW = 20, STRIDE = 10, MAX_CALLS = 9, DEPTH = 100 };

/* ---- the reranker ------------------------------------------------------ */

struct recorded {
    int64_t first_rank, last_rank;
    rkb_sv answer;
};

struct replay {
    struct rkb_arena arena;
    struct rkb_map qids;
    struct recorded (*calls)[MAX_CALLS]; /* [qids.n] */
    size_t cap;
};

/* Numbers of an answer, prose included, as places 0 .. n - 1 of the window;
 * the first mention counts, and what is not named follows as it stood. */
static size_t parse(rkb_sv answer, size_t n, uint32_t *places)
{
    bool named[WINDOW] = { false };
    size_t n_named = 0;

    for (size_t i = 0; i < answer.len;) {
        size_t number = 0;

        if (answer.at[i] < '0' || answer.at[i] > '9') {
            i++;
            continue;
        }
        for (; i < answer.len && answer.at[i] >= '0' && answer.at[i] <= '9';
             i++)
            if (number <= WINDOW)
                number = 10 * number + (size_t)(answer.at[i] - '0');
        if (number < 1 || number > n || named[number - 1])
            continue;
        named[number - 1] = true;
        places[n_named++] = (uint32_t)(number - 1);
    }
    for (size_t k = 0, next = n_named; k < n; k++)
        if (!named[k])
            places[next++] = (uint32_t)k;
    return n_named;
}

static enum rkb_status ask_window(const struct replay *self,
                                  struct rkb_branch *b, uint32_t q,
                                  uint32_t *order, size_t start, size_t end,
                                  struct rkb_err *err)
{
    uint32_t places[WINDOW], before[WINDOW];
    struct rkb_call call = { .seq = rkb_branch_seq(b), .attempt = 1 };
    const struct recorded *r;
    enum rkb_status rc = rkb_branch_check(b, err);

    if (rc)
        return rc;
    r = &self->calls[q][call.seq];
    if (r->first_rank != (int64_t)start + 1 || r->last_rank != (int64_t)end)
        return rkb_fail(err, RKB_E_DATA, "call %lld was recorded for [%lld..]",
                        (long long)call.seq, (long long)r->first_rank);
    call.class_name = parse(r->answer, end - start, places) == end - start
                          ? "ok"
                          : "repaired";
    call.answer = r->answer;
    rkb_branch_log(b, &call);
    b->account->n_calls++;
    memcpy(before, order + start, (end - start) * sizeof(*order));
    for (size_t i = 0; i < end - start; i++)
        order[start + i] = before[places[i]];
    return RKB_OK;
}

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    const struct replay *r = self;
    uint32_t q = rkb_map_find(&r->qids, request->qid);
    size_t end = request->n_docs, start = end > WINDOW ? end - WINDOW : 0;
    enum rkb_status rc;

    if (q == RKB_MAP_NONE)
        return rkb_fail(err, RKB_E_DATA, "no recording");
    for (;;) {
        rc = ask_window(r, branch, q, outcome->order, start, end, err);
        if (rc || start == 0)
            return rc;
        end -= STRIDE;
        start = start > STRIDE ? start - STRIDE : 0;
    }
}

static const struct rkb_reranker_def replay_def = {
    .name = "replay-spike",
    .summary = "sliding window over recorded answers",
    .source = "this test",
    .version = 1,
    .rerank = rerank,
};

/* ---- its data ---------------------------------------------------------- */

struct ranking {
    rkb_sv qid;
    rkb_sv docids[DEPTH];
    double scores[DEPTH];
    size_t n;
};

struct rankings {
    struct rkb_arena arena;
    struct ranking *items;
    size_t n, cap;
};

static enum rkb_status on_block(void *ctx, const struct rkb_run_block *block,
                                size_t worker, struct rkb_err *err)
{
    struct rankings *all = ctx;
    struct ranking *r;

    (void)worker;
    if (block->n > DEPTH)
        return rkb_fail(err, RKB_E_DATA, "too deep");
    all->items =
        rkb_grow(all->items, &all->cap, all->n + 1, sizeof(*all->items));
    r = &all->items[all->n++];
    r->qid = rkb_arena_copy(&all->arena, block->qid);
    r->n = block->n;
    for (size_t i = 0; i < block->n; i++) {
        r->docids[i] = rkb_arena_copy(&all->arena, block->entries[i].docid);
        r->scores[i] = block->entries[i].score;
    }
    return RKB_OK;
}

static bool read_rankings(struct rankings *all, const char *name)
{
    struct rkb_run_want want = { .block = on_block, .ctx = all };
    const char *path = rkb_test_data(name);
    struct rkb_err err = { 0 };

    if (path &&
        CHECK_EQ_INT(rkb_run_read(path, NULL, &want, NULL, NULL, &err), RKB_OK))
        return true;
    printf("# %s\n", err.msg);
    return false;
}

static bool add_call(struct replay *r, rkb_sv line)
{
    const struct rkb_json *j;
    struct rkb_err err;
    double call, first, last;
    rkb_sv qid, answer;
    bool is_new;
    uint32_t q;

    line = rkb_arena_copy(&r->arena, line);
    if (!CHECK_EQ_INT(rkb_json_parse(&r->arena, line, &j, &err), RKB_OK) ||
        !CHECK(rkb_json_id(rkb_json_get(j, "qid"), &qid)) ||
        !CHECK(rkb_json_string(rkb_json_get(j, "response"), &answer)) ||
        !CHECK(rkb_json_double(rkb_json_get(j, "call"), &call)) ||
        !CHECK(rkb_json_double(rkb_json_get(j, "first_rank"), &first)) ||
        !CHECK(rkb_json_double(rkb_json_get(j, "last_rank"), &last)) ||
        !CHECK(call >= 1 && call <= MAX_CALLS))
        return false;
    q = rkb_map_add(&r->qids, qid, &is_new);
    if (is_new)
        r->calls = rkb_grow(r->calls, &r->cap, r->qids.n, sizeof(*r->calls));
    r->calls[q][(size_t)call - 1] = (struct recorded){
        .first_rank = (int64_t)first,
        .last_rank = (int64_t)last,
        .answer = answer,
    };
    return true;
}

static bool read_replay(struct replay *r, const char *name)
{
    const char *path = rkb_test_data(name);
    struct rkb_lines in = { 0 };
    struct rkb_err err;
    rkb_sv line;
    bool ok = path && CHECK_EQ_INT(rkb_lines_open(&in, path, &err), RKB_OK);

    while (ok && rkb_lines_next(&in, &line))
        ok = add_call(r, line);
    ok = ok && CHECK_EQ_INT(rkb_lines_status(&in, &err), RKB_OK);
    rkb_lines_close(&in);
    return ok;
}

/* ---- comparing --------------------------------------------------------- */

/* The head of top_k is reranked; the rest follows. */
static void check_query(struct replay *self, const struct ranking *from,
                        const struct ranking *want, size_t top_k)
{
    struct rkb_arena arena = { 0 };
    struct rkb_account account = { 0 };
    struct rkb_calls calls = { 0 };
    struct rkb_branch root = { .arena = &arena,
                               .account = &account,
                               .calls = &calls };
    struct rkb_candidate docs[DEPTH] = { 0 };
    uint32_t order[DEPTH];
    double score[DEPTH];
    uint8_t scored[DEPTH] = { 0 };
    struct rkb_outcome outcome = { order, score, scored, RKB_QUERY_OK, "" };
    const struct rkb_request request = { .qid = from->qid,
                                         .docs = docs,
                                         .n_docs = top_k };
    struct rkb_err err = { 0 };

    for (size_t i = 0; i < from->n; i++) {
        docs[i].docid = from->docids[i];
        order[i] = (uint32_t)i;
    }
    CHECK_EQ_INT(replay_def.rerank(self, &root, &request, &outcome, &err),
                 RKB_OK);
    CHECK_STR(err.msg, "");
    CHECK(rkb_sv_eq(from->qid, want->qid) && from->n == want->n);
    for (size_t i = 0; i < from->n && i < want->n; i++) {
        /* Only documents move: scores stay with their places. */
        CHECK(rkb_sv_eq(docs[order[i]].docid, want->docids[i]) &&
              from->scores[i] == want->scores[i]);
    }
    CHECK_EQ_INT(account.n_calls, top_k > WINDOW ? MAX_CALLS : 1);
    CHECK_EQ_INT(calls.n, account.n_calls);
    for (size_t i = 0; i < calls.n; i++)
        CHECK(calls.items[i].seq == (int64_t)i &&
              calls.items[i].path[0] == '\0');
    rkb_arena_release(&arena);
}

static void check_run(const char *candidates, const char *folder, size_t top_k)
{
    struct rankings from = { 0 }, want = { 0 };
    struct replay self = { 0 };
    char name[256];

    snprintf(name, sizeof(name), "replay/%s/responses.jsonl", folder);
    if (read_rankings(&from, candidates) && read_replay(&self, name)) {
        snprintf(name, sizeof(name), "replay/%s/expected.trec", folder);
        if (read_rankings(&want, name) && CHECK_EQ_INT(want.n, from.n))
            for (size_t i = 0; i < from.n; i++)
                check_query(&self, &from.items[i], &want.items[i], top_k);
        printf("# %zu queries of %s\n", from.n, folder);
    }
    rkb_free(from.items);
    rkb_free(want.items);
    rkb_arena_release(&from.arena);
    rkb_arena_release(&want.arena);
    rkb_free(self.calls);
    rkb_map_release(&self.qids);
    rkb_arena_release(&self.arena);
}

static void dl19_rankvicuna_comes_out_as_published(void)
{
    check_run("dl19/bm25.trec", "dl19-bm25-rankvicuna-top100", 100);
}

static void dl19_malformed_answers_come_out_as_published(void)
{
    check_run("dl19/bm25.trec", "dl19-bm25-vicuna13b-top100", 100);
}

static void dl20_top20_comes_out_as_published(void)
{
    check_run("dl20/bm25.trec", "dl20-bm25-rankvicuna-top20", 20);
}

TESTS(TEST(dl19_rankvicuna_comes_out_as_published),
      TEST(dl19_malformed_answers_come_out_as_published),
      TEST(dl20_top20_comes_out_as_published))
