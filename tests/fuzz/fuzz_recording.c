/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as recorded answers, and any object as one answer of ours. What is
 * refused says where and why. An answer that is taken has numbers that are
 * finite and as many of them as there are documents, and written, read and
 * written again it is the same bytes. */
#include "harness/llm/answer_json.h"
#include "harness/llm/dialect.h"
#include "harness/llm/recording.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "calls.jsonl"

enum { N_DOCS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
    if (!ok)
        abort();
}

static void demand_answer(const struct rkb_ask *ask,
                          const struct rkb_answer *answer)
{
    for (size_t i = 0; answer->scores && i < ask->n_docs; i++)
        demand(!answer->scored[i] || isfinite(answer->scores[i]));
    for (size_t i = 0; answer->vectors && i < ask->n_docs * answer->n_dims; i++)
        demand(isfinite((double)answer->vectors[i]));
    demand(answer->n_echoed <= answer->n_tokens);
    for (size_t i = 0; i < answer->n_tokens; i++) {
        const struct rkb_token *t = &answer->tokens[i];

        demand(!t->has_logprob || isfinite(t->logprob));
        for (size_t k = 0; k < t->n_alts; k++)
            demand(isfinite(t->alts[k].logprob));
    }
}

/* Reads one object as every kind of answer, and writes it twice. */
static void read_object(rkb_sv text)
{
    struct rkb_arena a = { 0 };
    const struct rkb_json *json, *again;
    struct rkb_buf one = { 0 }, two = { 0 };
    struct rkb_err err;

    for (unsigned kind = 0; kind < RKB_ASK_MODELS; kind++) {
        const struct rkb_ask ask = { .kind = (enum rkb_ask_kind)kind,
                                     .n_docs = N_DOCS };
        struct rkb_answer answer, back;

        if (rkb_json_parse(&a, text, &json, &err) ||
            rkb_answer_read(&a, &ask, json, &answer, &err))
            continue;
        demand_answer(&ask, &answer);
        rkb_buf_reset(&one);
        rkb_buf_reset(&two);
        rkb_answer_write(&ask, &answer, &one);
        demand(!rkb_json_parse(&a, rkb_buf_view(&one), &again, &err));
        demand(!rkb_answer_read(&a, &ask, again, &back, &err));
        rkb_answer_write(&ask, &back, &two);
        demand(rkb_sv_eq(rkb_buf_view(&one), rkb_buf_view(&two)));
    }
    rkb_buf_release(&one);
    rkb_buf_release(&two);
    rkb_arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const rkb_sv text = { size ? (const char *)data : "", size };
    struct rkb_recording *r;
    struct rkb_err err = { 0 };

    read_object(text);
    if (rkb_recording_parse(&r, FILE_NAME, text, &err)) {
        demand(strncmp(err.msg, FILE_NAME ":", sizeof FILE_NAME) == 0);
        return 0;
    }
    demand(rkb_recording_left(r, rkb_sv_of("1"), rkb_sv_of("")) <= size);
    rkb_recording_close(r);
    return 0;
}
