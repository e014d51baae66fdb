/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/show_against.h"

#include "base/map.h"
#include "harness/eval/agree.h"
#include "metrics/stats_agree.h"
#include "reports/table.h"

#include <math.h>
#include <stdio.h>

enum { TEXT_LENGTH = 80 };

struct side {
    const struct rkb_run_row *run;
    const struct rkb_result_row *row; /* the latest attempt */
    size_t n;             /* documents ranked; 0 where the query failed */
    struct rkb_map ranks; /* docid to rank - 1 */
    struct rkb_evaluation_row *evals;
    size_t n_evals;
};

struct against {
    const struct rkb_show_against *what;
    struct rkb_arena *arena;
    struct side sides[2];
    struct rkb_judgment_row *judged;
    size_t n_judged;
    bool texts; /* some document of those shown has one */
};

double rkb_show_gain(int64_t grade, size_t rank)
{
    return grade > 0 ? (double)grade / log2((double)rank + 1) : 0;
}

static rkb_sv doc_at(const struct side *s, size_t i)
{
    return rkb_result_docid(s->row, i);
}

static enum rkb_status load_side(struct against *a, struct side *s,
                                 struct rkb_err *err)
{
    const struct rkb_show_against *w = a->what;
    struct rkb_result_row *rows;
    size_t n;
    enum rkb_status rc = rkb_store_attempts(w->store, a->arena, s->run->id,
                                            w->qid, &rows, &n, err);

    s->row = rc ? NULL : rkb_attempt_that_counts(rows, n);
    if (!rc && !s->row)
        rc = rkb_fail(err, RKB_E_USAGE,
                      "run '%.*s' has no result for query "
                      "'%.*s'",
                      (int)s->run->label.len, s->run->label.at, (int)w->qid.len,
                      w->qid.at);
    if (rc)
        return rc;
    s->n = s->row->r.status == RKB_RESULT_FAILED ? 0 : s->row->r.n_docs;
    for (size_t i = 0; i < s->n; i++)
        rkb_map_add(&s->ranks, doc_at(s, i), NULL);
    return rkb_store_evaluations(w->store, a->arena, s->run->id, &s->evals,
                                 &s->n_evals, err);
}

static size_t n_shown(const struct against *a, const struct side *s)
{
    return a->what->depth && a->what->depth < s->n ? a->what->depth : s->n;
}

static enum rkb_status find_texts(struct against *a, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    rkb_sv text;

    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < n_shown(a, &a->sides[side]) && !rc && !a->texts;
             i++) {
            rc = rkb_store_doc_text(a->what->store, a->arena,
                                    doc_at(&a->sides[side], i), &text, err);
            a->texts = !rc && text.at;
        }
    return rc;
}

/* ---- the table --------------------------------------------------------------- */

static void add_columns(const struct against *a, struct rkb_table *t)
{
    static const struct rkb_column columns[] = {
        { "rank", true },      { "here", false },      { "grade", true },
        { "gain", true },      { "rank there", true }, { "there", false },
        { "its grade", true }, { "its gain", true },   { "rank here", true },
    };

    for (size_t c = 0; c < RKB_COUNT(columns); c++)
        rkb_table_column(t, columns[c].name, columns[c].number);
    if (a->texts) {
        rkb_table_column(t, "text here", false);
        rkb_table_column(t, "text there", false);
    }
}

static void add_document(const struct against *a, struct rkb_table *t,
                         size_t side, size_t i)
{
    const struct side *s = &a->sides[side];
    const struct rkb_judgment_row *j = NULL;

    if (i >= s->n) {
        for (int c = 0; c < 4; c++)
            rkb_table_none(t);
        return;
    }
    rkb_sv docid = doc_at(s, i);
    uint32_t other = rkb_map_find(&a->sides[!side].ranks, docid);

    for (size_t k = 0; k < a->n_judged && !j; k++)
        if (rkb_sv_eq(a->judged[k].docid, docid))
            j = &a->judged[k];
    rkb_table_sv(t, docid);
    if (j)
        rkb_table_int(t, j->grade);
    else
        rkb_table_none(t);
    rkb_table_real(t, j ? rkb_show_gain(j->grade, i + 1) : 0, 4);
    if (other == RKB_MAP_NONE)
        rkb_table_none(t);
    else
        rkb_table_int(t, (int64_t)other + 1);
}

/* The beginning of it on one line. */
static enum rkb_status add_text(const struct against *a, struct rkb_table *t,
                                size_t side, size_t i, struct rkb_err *err)
{
    const struct side *s = &a->sides[side];
    rkb_sv text = { 0 };
    size_t end = 0;
    enum rkb_status rc = i < s->n ? rkb_store_doc_text(a->what->store, a->arena,
                                                       doc_at(s, i), &text, err)
                                  : RKB_OK;

    if (rc)
        return rc;
    if (!text.at) {
        rkb_table_none(t);
        return RKB_OK;
    }
    for (int n = 0; n < TEXT_LENGTH && end < text.len; n++)
        rkb_sv_code_point(text, &end);
    char *line = rkb_arena_cstr(a->arena, (rkb_sv){ text.at, end });

    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    rkb_table_text(t, line);
    return RKB_OK;
}

static enum rkb_status add_rows(const struct against *a, struct rkb_table *t,
                                struct rkb_err *err)
{
    size_t n = n_shown(a, &a->sides[0]), other = n_shown(a, &a->sides[1]);
    enum rkb_status rc = RKB_OK;

    if (other > n)
        n = other;
    for (size_t i = 0; i < n && !rc; i++) {
        rkb_table_int(t, (int64_t)i + 1);
        add_document(a, t, 0, i);
        add_document(a, t, 1, i);
        for (size_t side = 0; side < 2 && a->texts && !rc; side++)
            rc = add_text(a, t, side, i, err);
    }
    return rc;
}

/* ---- below it ------------------------------------------------------------------ */

static void note_sides(const struct against *a, struct rkb_table *t)
{
    for (size_t side = 0; side < 2; side++) {
        const struct side *s = &a->sides[side];
        char took[64] = "latency not known";

        if (s->row->r.latency_ns >= 0)
            snprintf(took, sizeof took, "%.6g ms",
                     (double)s->row->r.latency_ns / 1e6);
        rkb_table_note(t, "%s: run %lld, %.*s of %.*s: %s, %s",
                       side ? "there" : "here", (long long)s->run->id,
                       (int)s->run->label.len, s->run->label.at,
                       (int)s->run->dataset.len, s->run->dataset.at,
                       rkb_result_status_name(s->row->r.status), took);
    }
}

static enum rkb_status value_of(const struct against *a, const struct side *s,
                                rkb_sv measure, double *out,
                                struct rkb_err *err)
{
    const struct rkb_evaluation_row *want = &a->sides[0].evals[0];
    struct rkb_value_row *rows;
    size_t n = 0, e = 0;

    *out = NAN;
    while (e < s->n_evals &&
           !(rkb_digest_eq(&s->evals[e].judgments, &want->judgments) &&
             s->evals[e].compat == want->compat &&
             rkb_sv_eq(s->evals[e].rules, want->rules)))
        e++;
    if (e == s->n_evals)
        return RKB_OK;
    enum rkb_status rc = rkb_store_values(
        a->what->store, a->arena, s->evals[e].id, measure, &rows, &n, err);

    for (size_t i = 0; i < n && !rc; i++)
        if (rows[i].ord == s->row->r.ord)
            *out = rows[i].value;
    return rc;
}

static enum rkb_status note_values(const struct against *a, struct rkb_table *t,
                                   struct rkb_err *err)
{
    struct rkb_mean_row *means;
    size_t n = 0;
    enum rkb_status rc = RKB_OK;

    if (a->sides[0].n_evals)
        rc = rkb_store_means(a->what->store, a->arena, a->sides[0].evals[0].id,
                             &means, &n, err);
    for (size_t m = 0; m < n && !rc; m++) {
        char text[2][32] = { "none", "none" };

        for (size_t side = 0; side < 2 && !rc; side++) {
            double value;

            rc = value_of(a, &a->sides[side], means[m].measure, &value, err);
            if (!rc && !isnan(value))
                snprintf(text[side], sizeof text[side], "%.4f", value);
        }
        rkb_table_note(t, "%.*s: %s here, %s there", (int)means[m].measure.len,
                       means[m].measure.at, text[0], text[1]);
    }
    return rc;
}

static void note_agreement(const struct against *a, struct rkb_table *t)
{
    const struct side *x = &a->sides[0], *y = &a->sides[1];
    size_t longest = x->n > y->n ? x->n : y->n;
    uint32_t *ranks = rkb_arena_new(a->arena, x->n + 1, sizeof *ranks);
    uint32_t *scratch = rkb_arena_new(a->arena, longest + 1, sizeof *scratch);

    if (!x->n || !y->n)
        return;
    for (size_t i = 0; i < x->n; i++) {
        uint32_t at = rkb_map_find(&y->ranks, doc_at(x, i));

        ranks[i] = at == RKB_MAP_NONE ? 0 : at + 1;
    }
    rkb_table_note(t,
                   "agreement: RBO(%g) %.4f, top %d overlap %.2f, mean move of "
                   "the top %d %.2f ranks",
                   RKB_AGREE_P,
                   rkb_rbo(ranks, x->n, y->n, RKB_AGREE_P, scratch),
                   RKB_AGREE_TOP, rkb_overlap(ranks, x->n, y->n, RKB_AGREE_TOP),
                   RKB_AGREE_TOP, rkb_churn(ranks, x->n, y->n, RKB_AGREE_TOP));
}

enum rkb_status rkb_show_against(struct rkb_context *ctx,
                                 const struct rkb_show_against *what,
                                 struct rkb_err *err)
{
    struct against a = { .what = what,
                         .arena = ctx->arena,
                         .sides = { { .run = what->runs[0] },
                                    { .run = what->runs[1] } } };
    struct rkb_table t = { 0 };
    rkb_sv text = { 0 };
    enum rkb_status rc = load_side(&a, &a.sides[0], err);

    if (!rc)
        rc = load_side(&a, &a.sides[1], err);
    if (!rc && a.sides[0].n_evals)
        rc = rkb_store_judgments(what->store, a.arena,
                                 a.sides[0].evals[0].judgment_set, what->qid,
                                 &a.judged, &a.n_judged, err);
    if (!rc)
        rc = find_texts(&a, err);
    if (!rc) {
        add_columns(&a, &t);
        rc = add_rows(&a, &t, err);
    }
    if (!rc) {
        note_sides(&a, &t);
        rc = note_values(&a, &t, err);
    }
    if (!rc) {
        note_agreement(&a, &t);
        rc = rkb_store_query_text(what->store, a.arena, &what->runs[0]->queries,
                                  what->qid, &text, err);
    }
    if (!rc && text.len)
        rkb_table_note(&t, "query: %.*s", (int)text.len, text.at);
    if (!rc)
        rc = rkb_table_write(&t, what->format, ctx->out, err);
    rkb_table_release(&t);
    rkb_map_release(&a.sides[0].ranks);
    rkb_map_release(&a.sides[1].ranks);
    return rc;
}
