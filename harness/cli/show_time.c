/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/show_time.h"

#include "base/sort.h"
#include "harness/cli/report_math.h"
#include "reports/gather.h"
#include "reports/time_spent.h"

#include <math.h>

enum rkb_status rkb_show_time(struct rkb_context *ctx, struct rkb_store *store,
                              const struct rkb_run_row *run,
                              const char *predict, rkb_sv format,
                              struct rkb_err *err)
{
    struct rkb_predict other;
    struct rkb_time_spent spent;
    struct rkb_doc doc = { .name = "time", .title = "Time" };
    enum rkb_status rc = RKB_OK;

    if (predict)
        rc = rkb_predict_read(rkb_sv_of(predict), &other, err);
    if (!rc)
        rc =
            rkb_time_spent(ctx->arena, store, run->id,
                           rkb_plain_text(ctx->arena, run->label), &spent, err);
    if (!rc) {
        rkb_time_tables(&spent, 1, &rkb_report_math, predict ? &other : NULL,
                        &doc);
        rc = rkb_doc_write(&doc, format, ctx->out, err);
    }
    rkb_doc_release(&doc);
    return rc;
}

/* ---- a query ------------------------------------------------------------------ */

/* A call and what it adds to the latency. */
struct line {
    const struct rkb_result_call *call;
    int64_t on_chain_ns;
};

static int by_start(const void *a, const void *b, void *ctx)
{
    const struct line *x = a, *y = b;

    (void)ctx;
    return (x->call->start_ns > y->call->start_ns) -
           (x->call->start_ns < y->call->start_ns);
}

static void ms_cell(struct rkb_table *t, int64_t ns)
{
    if (ns < 0)
        rkb_table_none(t);
    else
        rkb_table_real(t, (double)ns / 1e6, 3);
}

static void call_row(struct rkb_table *t, const struct line *line, bool known)
{
    const struct rkb_result_call *c = line->call;
    const int64_t times[] = { c->start_ns,      c->render_ns,
                              c->queue_ns,      c->connect_ns,
                              c->first_byte_ns, c->first_token_ns,
                              c->total_ns,      c->parse_ns };
    const int64_t tokens[] = { c->prompt_tokens, c->output_tokens };

    rkb_table_printf(t, "%.*s%s%lld", (int)c->path.len, c->path.at,
                     c->path.len ? "/" : "", (long long)c->seq);
    rkb_table_int(t, c->attempt);
    rkb_table_sv(t, c->class_name);
    for (size_t i = 0; i < RKB_COUNT(times); i++)
        ms_cell(t, times[i]);
    for (size_t i = 0; i < RKB_COUNT(tokens); i++)
        if (tokens[i] < 0)
            rkb_table_none(t);
        else
            rkb_table_int(t, tokens[i]);
    ms_cell(t, known ? line->on_chain_ns : -1);
}

static void note_parts(struct rkb_table *t, const int64_t *parts,
                       int64_t latency_ns)
{
    for (int p = 0; p < RKB_TIME_PARTS; p++)
        if (parts[p])
            rkb_table_note(t, "%s: %.6f ms (%.1f %%)",
                           rkb_time_part_name((enum rkb_time_part)p),
                           (double)parts[p] / 1e6,
                           100 * (double)parts[p] / (double)latency_ns);
    rkb_table_note(t, "latency: %.6f ms", (double)latency_ns / 1e6);
}

enum rkb_status rkb_show_query_time(struct rkb_context *ctx,
                                    struct rkb_store *store,
                                    const struct rkb_result_row *row,
                                    rkb_sv format, struct rkb_err *err)
{
    static const char *const columns[] = { "began",      "rendering",
                                           "queue",      "connected",
                                           "first byte", "first token",
                                           "whole",      "parsing" };
    int64_t parts[RKB_TIME_PARTS], *on_chain;
    struct rkb_result_call *calls;
    struct rkb_table t = { 0 };
    size_t n;
    enum rkb_status rc =
        rkb_store_calls(store, ctx->arena, row->id, &calls, &n, err);

    if (rc)
        return rc;
    struct line *lines = rkb_arena_new(ctx->arena, n, sizeof *lines);

    on_chain = rkb_arena_new(ctx->arena, n, sizeof *on_chain);
    bool known = rkb_time_parts(ctx->arena, calls, n, row->r.latency_ns,
                                row->r.queue_ns, parts, on_chain);

    for (size_t i = 0; i < n; i++)
        lines[i] = (struct line){ &calls[i], on_chain[i] };
    rkb_sort(lines, n, sizeof *lines, by_start, NULL);
    rkb_table_column(&t, "call", false);
    rkb_table_column(&t, "attempt", true);
    rkb_table_column(&t, "answer", false);
    for (size_t i = 0; i < RKB_COUNT(columns); i++)
        rkb_table_column_of(&t, "ms", columns[i], true);
    rkb_table_column_of(&t, "tokens", "prompt", true);
    rkb_table_column_of(&t, "tokens", "output", true);
    rkb_table_column_of(&t, "ms", "waited for", true);
    for (size_t i = 0; i < n; i++)
        call_row(&t, &lines[i], known);
    rkb_table_note(&t, "began: since the query was handed over; connected to "
                       "whole: since the call was sent");
    if (known)
        note_parts(&t, parts, row->r.latency_ns);
    else
        rkb_table_note(&t, "parts: not known (%s)",
                       row->r.latency_ns < 0
                           ? "no latency"
                           : "its calls do not tell when they began");
    rc = rkb_table_write(&t, format, ctx->out, err);
    rkb_table_release(&t);
    return rc;
}
