/* SPDX-License-Identifier: Apache-2.0 */
/* What a program under test prints. The first byte says how it is read: 'h' as
 * its hello, a digit as an answer about so many documents. An answer that is
 * taken is a permutation with finite scores, and written out again it is the
 * same; one that is not has a message that can be printed. */
#include "harness/rerankers/process_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_DOCS = 8 };

struct result {
    uint32_t order[MAX_DOCS];
    double score[MAX_DOCS];
    uint8_t scored[MAX_DOCS];
    struct rkb_process_counts counts;
    uint64_t id;
};

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void demand_message(const struct rkb_err *err)
{
    demand(err->code && err->msg[0]);
    demand(rkb_sv_is_utf8(rkb_sv_of(err->msg), NULL));
}

static void read_hello(rkb_sv line)
{
    struct rkb_arena arena = { 0 };
    struct rkb_process_hello hello;
    struct rkb_err err = { 0 };

    if (rkb_process_read_hello(&arena, line, &hello, &err) == RKB_OK)
        demand(hello.max_in_flight >= 1 &&
               hello.max_in_flight <= RKB_PROCESS_IN_FLIGHT_MAX &&
               strlen(hello.name) < sizeof(hello.name) &&
               strlen(hello.version) < sizeof(hello.version));
    else
        demand_message(&err);
    rkb_arena_release(&arena);
}

static bool read_answer(rkb_sv line, size_t n, struct result *r)
{
    struct rkb_outcome outcome = { .order = r->order,
                                   .score = r->score,
                                   .scored = r->scored };
    struct rkb_arena arena = { 0 };
    struct rkb_process_answer answer;
    struct rkb_err err = { 0 };
    enum rkb_status rc;

    *r = (struct result){ .id = 0 };
    for (uint32_t i = 0; i < MAX_DOCS; i++)
        r->order[i] = i;
    rc = rkb_process_read(&arena, line, 100, &answer, &err);
    if (!rc) {
        r->id = answer.id;
        rc = rkb_process_apply(&answer, n, &outcome, &r->counts, &err);
    }
    if (rc)
        demand_message(&err);
    rkb_arena_release(&arena);
    return !rc;
}

static void demand_sound(const struct result *r, size_t n)
{
    bool seen[MAX_DOCS] = { false };

    for (size_t i = 0; i < n; i++) {
        demand(r->order[i] < n && !seen[r->order[i]]);
        seen[r->order[i]] = true;
        demand(r->scored[i] == r->scored[0]);
        demand(isfinite(r->score[i]));
    }
    demand(r->counts.n_calls >= -1 && r->counts.prompt_tokens >= -1 &&
           r->counts.output_tokens >= -1);
}

static void write_again(struct rkb_buf *out, const struct result *r, size_t n)
{
    rkb_buf_printf(out, "{\"id\":%llu,\"order\":[", (unsigned long long)r->id);
    for (size_t i = 0; i < n; i++)
        rkb_buf_printf(out, "%s%u", i ? "," : "", r->order[i]);
    rkb_buf_text(out, "]");
    if (n && r->scored[0]) {
        rkb_buf_text(out, ",\"scores\":[");
        for (size_t i = 0; i < n; i++) {
            rkb_buf_text(out, i ? "," : "");
            rkb_buf_real(out, r->score[i]);
        }
        rkb_buf_text(out, "]");
    }
    if (r->counts.n_calls >= 0)
        rkb_buf_printf(out, ",\"calls\":%lld", (long long)r->counts.n_calls);
    rkb_buf_text(out, "}");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = size ? data[0] % MAX_DOCS : 0;
    struct result first, second;
    struct rkb_buf again = { 0 };
    rkb_sv line;

    if (!size)
        return 0;
    line = (rkb_sv){ (const char *)data + 1, size - 1 };
    if (data[0] == 'h') {
        read_hello(line);
        return 0;
    }
    if (!read_answer(line, n, &first))
        return 0;
    demand_sound(&first, n);
    write_again(&again, &first, n);
    demand(read_answer(rkb_buf_view(&again), n, &second));
    demand(first.id == second.id &&
           first.counts.n_calls == second.counts.n_calls &&
           memcmp(first.order, second.order, sizeof(first.order)) == 0 &&
           memcmp(first.scored, second.scored, sizeof(first.scored)) == 0);
    for (size_t i = 0; i < n; i++)
        demand(first.score[i] == second.score[i]);
    rkb_buf_release(&again);
    return 0;
}
