/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/gate_print.h"

#include "base/mem.h"
#include "metrics/stats.h"

#include <math.h>
#include <string.h>

enum { TOLD = 3 }; /* questions that the paragraph spells out */

/* ---- the paragraph ---------------------------------------------------------- */

static void numbers(const struct rkb_question *q, struct rkb_buf *out)
{
    const struct rkb_gate_answer *r = &q->answer;

    if (isnan(q->before) || isnan(q->after))
        return;
    if (q->is_time)
        rkb_buf_printf(out, " %.4g -> %.4g", q->before, q->after);
    else
        rkb_buf_printf(out, " %.4f -> %.4f", q->before, q->after);
    if (isnan(r->change))
        return;
    if (q->is_time)
        rkb_buf_printf(out, ", %.3f times", r->change);
    else
        rkb_buf_printf(out, ", a drop of %.4f", r->change);
    if (!isnan(r->lo) && !isnan(r->hi))
        rkb_buf_printf(out, q->is_time ? " [%.3f, %.3f]" : " [%.4f, %.4f]",
                       r->lo, r->hi);
    rkb_buf_printf(out, ", %g is allowed", q->limit);
}

static void sentence(const struct rkb_question *q, struct rkb_buf *out)
{
    rkb_buf_printf(out, " %.*s on %.*s:", (int)q->name.len, q->name.at,
                   (int)q->dataset.len, q->dataset.at);
    numbers(q, out);
    rkb_buf_printf(out, "%s %.*s", out->at[out->len - 1] == ':' ? "" : ":",
                   (int)q->why.len, q->why.at);
    if (q->verdict == RKB_VERDICT_UNSURE && q->repeats)
        rkb_buf_printf(out,
                       "; %zu repeats on each side would settle it if drop and "
                       "noise stay what they are",
                       q->repeats);
    else if (q->verdict == RKB_VERDICT_UNSURE && !q->is_time &&
             !isnan(q->answer.change) && !isnan(q->noise.sd))
        rkb_buf_printf(out,
                       "; not even %d repeats would settle it, the drop is at "
                       "the limit",
                       RKB_GATE_REPEATS_MAX);
    rkb_buf_char(out, '.');
}

void rkb_gate_text(const struct rkb_gate_print *p, struct rkb_buf *out)
{
    const struct rkb_verdicts *g = p->gate;
    const char *separator = "";
    size_t told = 0;

    for (int v = RKB_VERDICT_WORSE; v >= RKB_VERDICT_PASS; v--)
        if (g->counts[v]) {
            rkb_buf_printf(out, "%s%zu of %zu %s", separator, g->counts[v],
                           g->n, rkb_verdict_name((enum rkb_verdict)v));
            separator = ", ";
        }
    rkb_buf_char(out, '.');
    for (size_t i = 0; i < g->n; i++)
        if (g->questions[i].verdict == g->verdict && told++ < TOLD)
            sentence(&g->questions[i], out);
    if (told > TOLD)
        rkb_buf_printf(out, " And %zu more.", told - TOLD);
    if (g->n_left_out)
        rkb_buf_printf(out, " %zu data set%s of the run %s no baseline.",
                       g->n_left_out, g->n_left_out > 1 ? "s" : "",
                       g->n_left_out > 1 ? "have" : "has");
}

/* ---- tables ------------------------------------------------------------------ */

static void p_cell(struct rkb_table *t, double p)
{
    if (isnan(p))
        rkb_table_none(t);
    else
        rkb_table_printf(t, "%.2g", p);
}

static void question_row(struct rkb_table *t, const struct rkb_question *q)
{
    int digits = q->is_time ? 3 : 4;

    rkb_table_sv(t, q->dataset);
    rkb_table_sv(t, q->name);
    rkb_table_real(t, q->before, 4);
    rkb_table_real(t, q->after, 4);
    rkb_table_real(t, q->answer.change, digits);
    rkb_table_real(t, q->answer.lo, digits);
    rkb_table_real(t, q->answer.hi, digits);
    rkb_table_printf(t, "%g", q->limit);
    if (q->is_time)
        rkb_table_none(t);
    else
        rkb_table_real(t, q->noise.sd, 4);
    rkb_table_printf(t, "%zu/%zu", q->n_before, q->n_after);
    p_cell(t, q->p_holm);
    p_cell(t, q->p_queries);
    rkb_table_text(t, rkb_verdict_name(q->verdict));
}

static bool has_measure(const struct rkb_verdicts *g)
{
    for (size_t i = 0; i < g->n; i++)
        if (!g->questions[i].is_time)
            return true;
    return false;
}

static void make_questions(const struct rkb_gate_print *p, struct rkb_table *t)
{
    static const struct rkb_column columns[] = {
        { "dataset", false }, { "what", false },    { "baseline", true },
        { "run", true },      { "change", true },   { "lowest", true },
        { "highest", true },  { "allowed", true },  { "noise SD", true },
        { "repeats", false }, { "p (Holm)", true }, { "p queries", true },
        { "verdict", false },
    };

    for (size_t i = 0; i < RKB_COUNT(columns); i++)
        rkb_table_column(t, columns[i].name, columns[i].number);
    for (size_t i = 0; i < p->gate->n; i++)
        question_row(t, &p->gate->questions[i]);
    rkb_table_note(t,
                   "change: drop of a measure, ratio of times; lowest and "
                   "highest: bounds, each missed in %g %% of cases",
                   100 * p->alpha);
    for (size_t i = 0; i < p->n_notes; i++)
        rkb_table_note(t, "%s", p->notes[i]);
    if (has_measure(p->gate))
        rkb_table_note(t, "p queries: randomization test over queries; it says "
                          "whether other queries would agree and decides "
                          "nothing");
}

/* Only queries that became worse. */
static void make_worst(const struct rkb_gate_print *p, struct rkb_table *t)
{
    static const struct rkb_column columns[] = {
        { "dataset", false }, { "measure", false }, { "query", false },
        { "baseline", true }, { "run", true },      { "drop", true },
    };

    for (size_t i = 0; i < RKB_COUNT(columns); i++)
        rkb_table_column(t, columns[i].name, columns[i].number);
    for (size_t i = 0; i < p->gate->n; i++) {
        const struct rkb_question *q = &p->gate->questions[i];

        for (size_t k = 0; q->pairs && k < q->n_pairs && k < p->n_worst &&
                           q->pairs[k].drop > 0;
             k++) {
            rkb_table_sv(t, q->dataset);
            rkb_table_sv(t, q->name);
            rkb_table_sv(t, q->pairs[k].qid);
            rkb_table_real(t, q->pairs[k].before, 4);
            rkb_table_real(t, q->pairs[k].after, 4);
            rkb_table_real(t, q->pairs[k].drop, 4);
        }
    }
}

/* What a program needs is at the top; the tables are as everywhere. */
static enum rkb_status write_json(const struct rkb_gate_print *p, rkb_sv text,
                                  const struct rkb_doc *d, struct rkb_buf *out,
                                  struct rkb_err *err)
{
    static const char *const names[] = { "questions", "worst" };
    enum rkb_status rc = RKB_OK;

    rkb_buf_text(out, "{\"verdict\": ");
    rkb_buf_json(out, rkb_sv_of(rkb_verdict_name(p->gate->verdict)));
    rkb_buf_printf(out,
                   ", \"exit\": %d, \"alpha\": %g,\n\"text\": ", p->exit_code,
                   p->alpha);
    rkb_buf_json(out, text);
    for (size_t i = 0; i < d->n_tables && !rc; i++) {
        struct rkb_buf table = { 0 };

        rc = rkb_table_write(d->tables[i], rkb_sv_of("json"), &table, err);
        rkb_buf_printf(out, ",\n\"%s\": ", names[i]);
        rkb_buf_sv(out, rkb_sv_trim(rkb_buf_view(&table)));
        rkb_buf_release(&table);
    }
    rkb_buf_text(out, "}\n");
    return rc;
}

enum rkb_status rkb_gate_write(const struct rkb_gate_print *p, rkb_sv format,
                               struct rkb_buf *out, struct rkb_err *err)
{
    struct rkb_doc d = { .name = "gate" };
    struct rkb_buf text = { 0 };
    enum rkb_status rc;

    d.title = rkb_arena_printf(&d.arena, "gate: %s",
                               rkb_verdict_name(p->gate->verdict));
    rkb_gate_text(p, &text);
    struct rkb_table *questions = rkb_doc_table(&d, NULL);

    make_questions(p, questions);
    rkb_doc_caption(questions, "%s", text.at);
    make_worst(p, rkb_doc_table(&d, "queries that became worse"));
    if (rkb_sv_is(format, "json")) {
        rc = write_json(p, rkb_buf_view(&text), &d, out, err);
    } else if (rkb_sv_is(format, "csv")) {
        rc = rkb_table_write(questions, format, out, err);
    } else {
        size_t all = d.n_tables;

        if (!rkb_table_rows(d.tables[all - 1]))
            d.n_tables--; /* an empty list is not shown to people */
        rc = rkb_doc_write(&d, format, out, err);
        d.n_tables = all;
    }
    rkb_buf_release(&text);
    rkb_doc_release(&d);
    return rc;
}

/* ---- JUnit ------------------------------------------------------------------- */

/* Control bytes and what is not UTF-8 have no place in XML. */
static void xml(struct rkb_buf *out, rkb_sv text)
{
    struct rkb_buf clean = { 0 };

    rkb_buf_sv(&clean, text);
    if (clean.at)
        rkb_printable(clean.at, false);
    for (size_t i = 0; i < clean.len; i++)
        switch (clean.at[i]) {
        case '&':
            rkb_buf_text(out, "&amp;");
            break;
        case '<':
            rkb_buf_text(out, "&lt;");
            break;
        case '>':
            rkb_buf_text(out, "&gt;");
            break;
        case '"':
            rkb_buf_text(out, "&quot;");
            break;
        default:
            rkb_buf_char(out, clean.at[i]);
        }
    rkb_buf_release(&clean);
}

static const char *element(const struct rkb_gate_print *p, enum rkb_verdict v)
{
    switch (v) {
    case RKB_VERDICT_PASS:
        return NULL;
    case RKB_VERDICT_UNSURE:
        return p->unsure_passes ? "skipped" : "error";
    case RKB_VERDICT_INVALID:
    case RKB_VERDICT_WORSE:
        break;
    }
    return "failure";
}

static void test_case(const struct rkb_gate_print *p,
                      const struct rkb_question *q, struct rkb_buf *out)
{
    const char *name = element(p, q->verdict);
    struct rkb_buf text = { 0 };

    rkb_buf_text(out, "  <testcase classname=\"");
    xml(out, q->dataset);
    rkb_buf_text(out, "\" name=\"");
    xml(out, q->name);
    rkb_buf_printf(out, " %s at most %g\"",
                   q->is_time ? "takes times" : "drops by", q->limit);
    if (!name) {
        rkb_buf_text(out, "/>\n");
        return;
    }
    sentence(q, &text);
    rkb_buf_printf(out, ">\n    <%s ", name);
    if (strcmp(name, "skipped") != 0)
        rkb_buf_printf(out, "type=\"%s\" ", rkb_verdict_name(q->verdict));
    rkb_buf_text(out, "message=\"");
    xml(out, rkb_sv_trim(rkb_buf_view(&text)));
    rkb_buf_text(out, "\"/>\n  </testcase>\n");
    rkb_buf_release(&text);
}

void rkb_gate_junit(const struct rkb_gate_print *p, struct rkb_buf *out)
{
    const struct rkb_verdicts *g = p->gate;
    size_t unsure = g->counts[RKB_VERDICT_UNSURE];

    rkb_buf_printf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuite name=\"rerankbench gate\" tests=\"%zu\" failures=\"%zu\" "
        "errors=\"%zu\" skipped=\"%zu\">\n",
        g->n, g->counts[RKB_VERDICT_WORSE] + g->counts[RKB_VERDICT_INVALID],
        p->unsure_passes ? 0 : unsure, p->unsure_passes ? unsure : 0);
    for (size_t i = 0; i < g->n; i++)
        test_case(p, &g->questions[i], out);
    rkb_buf_text(out, "</testsuite>\n");
}
