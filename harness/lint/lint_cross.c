/* SPDX-License-Identifier: Apache-2.0 */
/* What files say of each other, once all have been read. */
#include "base/mem.h"
#include "harness/lint/lint_impl.h"

/* ---- queries and judgments -------------------------------------------------- */

static void judged_without_text(struct rkb_lint *l)
{
    for (size_t q = 0; q < l->judged.exact.n; q++) {
        rkb_sv qid = l->judged.exact.keys[q];
        uint32_t near;

        l->queries[q].has_text =
            rkb_map_find(&l->texts.exact, qid) != RKB_MAP_NONE;
        if (l->queries[q].has_text)
            continue;
        near = rkb_lint_ids_near(&l->texts, qid);
        if (near != RKB_MAP_NONE)
            rkb_lint_in(l, l->qrels_file, RKB_LINT_ID_MISMATCH,
                        l->queries[q].line, "query '%.*s': in %s it is '%.*s'",
                        RKB_LINT_SV(qid), l->files[l->texts_file].name,
                        RKB_LINT_SV(l->texts.exact.keys[near]));
        else
            rkb_lint_in(l, l->qrels_file, RKB_LINT_NO_QUERY_TEXT,
                        l->queries[q].line, "query '%.*s' is not in %s",
                        RKB_LINT_SV(qid), l->files[l->texts_file].name);
    }
}

static void text_without_judgments(struct rkb_lint *l)
{
    size_t n = 0, first = 0;

    for (size_t q = 0; q < l->texts.exact.n; q++) {
        rkb_sv qid = l->texts.exact.keys[q];

        if (rkb_map_find(&l->judged.exact, qid) != RKB_MAP_NONE ||
            rkb_lint_ids_near(&l->judged, qid) != RKB_MAP_NONE)
            continue;
        if (!n++)
            first = q;
    }
    if (n)
        rkb_lint_in(
            l, l->texts_file, RKB_LINT_NO_JUDGMENTS, l->texts_line[first],
            "%zu of %zu queries have no judgments, the first is "
            "'%.*s'",
            n, l->texts.exact.n, RKB_LINT_SV(l->texts.exact.keys[first]));
}

/* ---- documents and the corpus ----------------------------------------------- */

static void unreachable(struct rkb_lint *l)
{
    uint8_t *there = rkb_new(l->n_judgments, 1);
    struct rkb_lint_ceiling c;
    size_t n = 0, first = 0;

    for (size_t i = 0; i < l->n_judgments; i++) {
        const struct rkb_lint_doc *d = &l->doc[l->judgments[i].doc];

        there[i] = d->present;
        if (d->present || d->near)
            continue;
        if (!n++)
            first = i;
    }
    c = rkb_lint_ceiling(l, there);
    if (n)
        rkb_lint_in(l, l->qrels_file, RKB_LINT_UNREACHABLE,
                    l->judgments[first].line,
                    "%zu of %zu judged documents are not in the corpus, the "
                    "first is '%.*s'; %zu of %zu relevant ones are there: "
                    "nDCG@10 is at most %.4f, recall %.4f",
                    n, l->n_judgments,
                    RKB_LINT_SV(l->docs.exact.keys[l->judgments[first].doc]),
                    c.n_there, c.n_pos, c.ndcg, c.recall);
    rkb_free(there);
}

static void documents(struct rkb_lint *l)
{
    bool judgments = l->n_qrels == 1;

    for (size_t i = 0; i < l->docs.exact.n; i++) {
        const struct rkb_lint_doc *d = &l->doc[i];
        rkb_sv docid = l->docs.exact.keys[i];

        if (d->present)
            continue;
        if (d->near && (d->candidate || (judgments && d->judged)))
            rkb_lint_in(l, d->candidate ? d->candidate_file : l->qrels_file,
                        RKB_LINT_ID_MISMATCH,
                        d->candidate ? d->candidate_line : d->judged_line,
                        "document '%.*s': in the corpus it is '%s'",
                        RKB_LINT_SV(docid), d->near);
        else if (d->candidate)
            rkb_lint_in(l, d->candidate_file, RKB_LINT_CAND_MISSING,
                        d->candidate_line, "document '%.*s'",
                        RKB_LINT_SV(docid));
    }
    if (judgments && l->n_judgments)
        unreachable(l);
}

void rkb_lint_cross(struct rkb_lint *l)
{
    if (l->n_qrels == 1 && l->n_judgments && l->texts.exact.n) {
        judged_without_text(l);
        text_without_judgments(l);
    }
    if (l->n_corpora)
        documents(l);
}
