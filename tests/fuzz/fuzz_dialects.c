/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of every dialect, as tests/recorded_fixture.h has them. An answer
 * that is taken holds what ask.h says of it; a reranker's and a vector's,
 * written in one shape and read again, are the same. What is not taken has a
 * message that can be printed. */
#include "tests/recorded_fixture.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void demand_text(rkb_sv text)
{
    demand(rkb_sv_is_utf8(text, NULL));
}

static void demand_message(const struct rkb_err *err)
{
    demand(err->code && err->msg[0]);
    demand_text(rkb_sv_of(err->msg));
}

static void demand_logprob(double value)
{
    demand(isfinite(value) && value <= 0);
}

static void demand_tokens(const struct rkb_answer *r)
{
    volatile char byte;

    demand(r->n_echoed <= r->n_tokens);
    for (size_t i = 0; i < r->n_tokens; i++) {
        const struct rkb_token *t = &r->tokens[i];

        if (t->text.len) /* asan sees a view that points elsewhere */
            byte = t->text.at[t->text.len - 1];
        demand(t->offset >= -1);
        if (t->has_logprob)
            demand_logprob(t->logprob);
        for (size_t k = 0; k < t->n_alts; k++) {
            demand_logprob(t->alts[k].logprob);
            demand(!k || t->alts[k - 1].logprob >= t->alts[k].logprob);
            if (t->alts[k].text.len)
                byte = t->alts[k].text.at[t->alts[k].text.len - 1];
        }
    }
    (void)byte;
}

static void demand_counts(const struct rkb_answer *r)
{
    demand(r->prompt_tokens >= -1 && r->cached_tokens >= -1);
    demand(r->output_tokens >= -1 && r->reasoning_tokens >= -1);
    demand(r->server_ns >= -1 && r->context >= -1 && r->n_units >= -1);
    demand(r->finish <= RKB_FINISH_REFUSED);
}

static void demand_sound(const struct rkb_ask *ask, const struct rkb_answer *r)
{
    demand_text(r->text);
    demand_text(r->reasoning);
    demand_text(r->stop_text);
    demand_text(r->model);
    demand_tokens(r);
    demand_counts(r);
    for (size_t i = 0; i < r->n_models; i++)
        demand(r->models[i].name.len > 0 && r->models[i].context >= -1);
    for (int64_t i = 0; r->units && i < r->n_units; i++)
        demand(r->units[i].len == 0 || r->units[i].at);
    if (ask->kind == RKB_ASK_RERANK)
        for (size_t i = 0; i < ask->n_docs; i++)
            demand(r->scored[i] <= 1 && isfinite(r->scores[i]));
    if (ask->kind == RKB_ASK_EMBED) {
        demand(r->n_dims > 0);
        for (size_t i = 0; i < ask->n_docs * r->n_dims; i++)
            demand(isfinite(r->vectors[i]));
    }
}

/* In the shape that every reranker's and embedder's reader takes. */
static void write_again(struct rkb_buf *b, const struct rkb_ask *ask,
                        const struct rkb_answer *r)
{
    const char *comma = "";

    rkb_buf_text(b, ask->kind == RKB_ASK_RERANK ? "{\"results\":["
                                                : "{\"data\":[");
    for (size_t i = ask->n_docs; i-- > 0;) {
        if (r->scored && !r->scored[i])
            continue;
        rkb_buf_printf(b, "%s{\"index\":%zu,", comma, i);
        comma = ",";
        if (r->scored) {
            rkb_buf_text(b, "\"relevance_score\":");
            rkb_buf_real(b, r->scores[i]);
        } else {
            rkb_buf_text(b, "\"embedding\":[");
            for (size_t k = 0; k < r->n_dims; k++) {
                rkb_buf_text(b, k ? "," : "");
                rkb_buf_real(b, (double)r->vectors[i * r->n_dims + k]);
            }
            rkb_buf_char(b, ']');
        }
        rkb_buf_char(b, '}');
    }
    rkb_buf_text(b, "]}");
}

static void demand_same_again(struct rkb_arena *a,
                              const struct rkb_dialect_def *d,
                              const struct rkb_ask *ask,
                              const struct rkb_answer *first)
{
    struct rkb_buf again = { 0 };
    struct rkb_answer second;
    struct rkb_err err = { 0 };

    if (ask->kind != RKB_ASK_RERANK && ask->kind != RKB_ASK_EMBED)
        return;
    write_again(&again, ask, first);
    demand(d->read(a, ask, rkb_buf_view(&again), &second, &err) == RKB_OK);
    for (size_t i = 0; first->scored && i < ask->n_docs; i++)
        demand(first->scored[i] == second.scored[i] &&
               first->scores[i] == second.scores[i]);
    demand(first->n_dims == second.n_dims);
    for (size_t i = 0; i < ask->n_docs * first->n_dims; i++)
        demand(first->vectors[i] == second.vectors[i]);
    rkb_buf_release(&again);
}

static void demand_fault(const struct recorded *r)
{
    struct rkb_fault f;

    (r->dialect->read_error ? r->dialect->read_error
                            : rkb_fault_read)(r->http, r->body, &f);
    demand(f.kind <= RKB_FAULT_RUN && f.msg[0]);
    demand_text(rkb_sv_of(f.msg));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rkb_arena a = { 0 };
    struct rkb_answer answer;
    struct rkb_err err = { 0 };
    struct recorded r;
    enum rkb_status rc;
    size_t n_events;

    if (!size || !recorded_read((rkb_sv){ (const char *)data, size }, &r))
        return 0;
    if (r.http != 200) {
        demand_fault(&r);
        return 0;
    }
    rc = r.ask.stream ? recorded_stream(&a, &r, &answer, &n_events, &err)
                      : r.dialect->read(&a, &r.ask, r.body, &answer, &err);
    demand(rc == RKB_OK || rc == RKB_E_DATA || rc == RKB_E_IO);
    if (rc)
        demand_message(&err);
    else
        demand_sound(&r.ask, &answer);
    if (!rc && !r.ask.stream)
        demand_same_again(&a, r.dialect, &r.ask, &answer);
    rkb_arena_release(&a);
    return 0;
}
