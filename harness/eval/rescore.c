/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/rescore.h"

#include <string.h>

static enum rkb_status read_judgments(struct rkb_store *store, int64_t set_id,
                                      struct rkb_judgments *out,
                                      struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    struct rkb_judgment_row *rows;
    rkb_sv qid, docid;
    size_t n;
    enum rkb_status rc =
        rkb_store_judgments(store, &a, set_id, (rkb_sv){ 0 }, &rows, &n, err);

    for (size_t i = 0; i < n && !rc; i++)
        rkb_judgments_add(out, rows[i].qid, rows[i].docid,
                          (int32_t)rows[i].grade);
    if (!rc)
        rc = rkb_judgments_seal(out, &qid, &docid, err);
    rkb_arena_release(&a);
    return rc;
}

/* The names are canonical, so they say all that decides the numbers. */
static enum rkb_status read_measures(struct rkb_store *store,
                                     struct rkb_arena *a,
                                     const struct rkb_evaluation_row *e,
                                     struct rkb_measures *out,
                                     struct rkb_err *err)
{
    const struct rkb_measure_rules rules = { .rel = 1,
                                             .compat = (int)e->compat };
    struct rkb_mean_row *means;
    size_t n;
    enum rkb_status rc = rkb_store_means(store, a, e->id, &means, &n, err);

    for (size_t i = 0; i < n && !rc; i++)
        rc = rkb_measures_add(out, means[i].measure, &rules, err);
    return rc;
}

static enum rkb_status rule_of(rkb_sv rules, enum rkb_failed_rule *out,
                               struct rkb_err *err)
{
    for (int i = RKB_FAILED_NONE; i <= RKB_FAILED_FIRST_STAGE; i++)
        if (rkb_sv_starts(rules, "failed=") &&
            strcmp(rkb_failed_name((enum rkb_failed_rule)i),
                   rules.at + strlen("failed=")) == 0) {
            *out = (enum rkb_failed_rule)i;
            return RKB_OK;
        }
    return rkb_fail(err, RKB_E_DATA, "an evaluation by rules '%.*s'",
                    (int)rules.len, rules.at);
}

static void take(struct rkb_rescored *out, const struct rkb_measures *ms,
                 struct rkb_arena *a)
{
    out->names = rkb_arena_new(a, ms->n_slots, sizeof *out->names);
    out->values = rkb_arena_new(a, ms->n_slots, sizeof *out->values);
    out->counts = rkb_arena_new(a, ms->n_slots, sizeof *out->counts);
    for (size_t i = 0; i < ms->n_slots; i++) {
        const struct rkb_slot *slot = &ms->slots[i];

        if (slot->is_text || slot->again)
            continue;
        out->names[out->n_names] = rkb_arena_cstr(a, rkb_sv_of(slot->name));
        out->counts[out->n_names] = slot->def->whole_number;
        out->values[out->n_names++] = out->score.means[i];
    }
}

static enum rkb_status rescore_one(struct rkb_store *store, struct rkb_arena *a,
                                   const struct rkb_evaluation_row *e,
                                   struct rkb_rescored *out,
                                   struct rkb_err *err)
{
    struct rkb_judgments judgments = { 0 };
    struct rkb_measures ms = { 0 };

    *out = (struct rkb_rescored){ 0 };
    struct rkb_score_want want = { .run_id = e->run_id,
                                   .judgment_set = e->judgment_set,
                                   .judgments = &judgments,
                                   .measures = &ms,
                                   .compat = (enum rkb_compat)e->compat };
    enum rkb_status rc = rule_of(e->rules, &want.failed, err);

    if (!rc)
        rc = read_measures(store, a, e, &ms, err);
    if (!rc)
        rc = read_judgments(store, e->judgment_set, &judgments, err);
    if (!rc)
        rc = rkb_score_run(store, a, &want, &out->score, err);
    if (!rc)
        take(out, &ms, a);
    rkb_judgments_release(&judgments);
    rkb_measures_release(&ms);
    return rc;
}

enum rkb_status rkb_rescore(struct rkb_store *store, struct rkb_arena *a,
                            int64_t run_id, struct rkb_rescored *out,
                            struct rkb_err *err)
{
    struct rkb_evaluation_row *evals;
    size_t n = 0;
    enum rkb_status rc =
        rkb_store_evaluations(store, a, run_id, &evals, &n, err);

    *out = (struct rkb_rescored){ 0 };
    for (size_t i = 0; i < n && !rc; i++)
        rc = rescore_one(store, a, &evals[i], out, err);
    return rc;
}
