/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/llm_row.h"

#include <assert.h>
#include <stdio.h>

struct rkb_server_env rkb_llm_env(const struct rkb_env *env)
{
    return (struct rkb_server_env){ .options = env->options,
                                    .arena = env->arena,
                                    .stop = env->stop,
                                    .in_flight = env->in_flight,
                                    .repeat = env->repeat,
                                    .counting = env->counting };
}

enum rkb_status rkb_llm_look(struct rkb_llm *llm,
                             const struct rkb_llm_needs *needs,
                             struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    enum rkb_status rc = rkb_llm_probe(llm, needs, err);

    if (rc)
        return rc;
    rkb_llm_identity(llm, identity);
    if (conditions)
        rkb_server_conditions(llm->server, conditions);
    return RKB_OK;
}

const rkb_sv *rkb_identifiers(struct rkb_arena *a, size_t n, bool letters)
{
    rkb_sv *ids = rkb_arena_new(a, n, sizeof *ids);

    assert(!letters || n <= RKB_LETTERS);
    for (size_t i = 0; i < n; i++)
        ids[i] = rkb_sv_of(letters ? rkb_arena_printf(a, "%c", (int)('A' + i))
                                   : rkb_arena_printf(a, "%zu", i + 1));
    return ids;
}

const struct rkb_llm_doc *rkb_llm_docs(struct rkb_arena *a,
                                       const struct rkb_request *request,
                                       const uint32_t *docs, size_t n)
{
    struct rkb_llm_doc *out = rkb_arena_new(a, n, sizeof *out);

    for (size_t i = 0; i < n; i++)
        out[i] = (struct rkb_llm_doc){ request->docs[docs[i]].title,
                                       request->docs[docs[i]].text };
    return out;
}

void rkb_head_first(struct rkb_arena *scratch, uint32_t *order, size_t n,
                    const uint32_t *head, size_t k)
{
    uint8_t *taken = rkb_arena_new(scratch, n, 1);

    for (size_t i = 0; i < k; i++) {
        order[i] = head[i];
        taken[head[i]] = 1;
    }
    for (uint32_t i = 0, next = (uint32_t)k; i < n; i++)
        if (!taken[i])
            order[next++] = i;
}

void rkb_tally_add(struct rkb_tally *t, const char *bad)
{
    t->n++;
    if (bad && !t->n_bad++)
        t->first_bad = bad;
}

void rkb_tally_merge(struct rkb_tally *to, const struct rkb_tally *from)
{
    to->n += from->n;
    if (!to->n_bad)
        to->first_bad = from->first_bad;
    to->n_bad += from->n_bad;
}

void rkb_tally_tell(const struct rkb_tally *t, struct rkb_outcome *outcome)
{
    if (!t->n_bad)
        return;
    outcome->status = RKB_QUERY_REPAIRED;
    snprintf(outcome->why, sizeof outcome->why,
             "%zu of %zu answers were not as they should be, the first: %s",
             t->n_bad, t->n, t->first_bad);
}
