/* SPDX-License-Identifier: Apache-2.0 */
/* Which runs are there, and which one is meant. */
#include "base/mem.h"
#include "base/opt.h"
#include "runs/store_impl.h"
#include "runs/store_read.h"

#include <fnmatch.h>
#include <string.h>

#define LISTED_MAX 6 /* runs that a message names */

static enum rkb_status read_run(struct rkb_db_stmt *q, struct rkb_arena *a,
                                struct rkb_run_row *r, struct rkb_err *err)
{
    enum rkb_status rc = rkb_col_digest(q, 1, &r->key, err);

    if (!rc)
        rc = rkb_col_digest(q, 2, &r->queries, err);
    r->id = rkb_db_i64(q, 0);
    r->identity = rkb_col_text(q, 3, a);
    r->label = rkb_col_text(q, 4, a);
    r->dataset = rkb_col_text(q, 5, a);
    r->reranker = rkb_col_text(q, 6, a);
    r->status = rkb_col_text(q, 7, a);
    r->candidate_set = rkb_db_i64(q, 8);
    r->repeat = rkb_db_i64(q, 9);
    r->seed = rkb_db_i64(q, 10);
    r->n_queries = rkb_db_i64(q, 11);
    r->n_samples = rkb_db_i64(q, 12);
    r->started_utc = rkb_col_text(q, 13, a);
    r->ended_utc = rkb_col_text(q, 14, a);
    r->candidates = rkb_col_text(q, 15, a);
    r->order_rule = rkb_col_text(q, 16, a);
    r->depth = rkb_db_i64(q, 17);
    return rc;
}

/* All runs, by id, without their counts. */
static enum rkb_status all_runs(struct rkb_store *s, struct rkb_arena *a,
                                struct rkb_run_row **out, size_t *n,
                                struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT run.id, key, queries, identity, label, dataset, reranker, "
        "status,"
        " candidate_set, repeat, seed, n_queries, n_samples,"
        " (SELECT min(started_utc) FROM session WHERE run_id = run.id),"
        " (SELECT max(ended_utc) FROM session WHERE run_id = run.id),"
        " c.source, c.order_rule, c.depth"
        " FROM run JOIN candidate_set AS c ON c.id = candidate_set"
        " ORDER BY run.id",
        &q, err);

    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        rc = read_run(q, a, rkb_rows_add(&rows), err);
        if (rc)
            rkb_db_reset(q);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

/* The costly part, so only for runs that are wanted. */
static enum rkb_status count_results(struct rkb_store *s, struct rkb_run_row *r,
                                     struct rkb_err *err)
{
    int64_t *const counts[] = { [RKB_RESULT_OK] = &r->n_ok,
                                [RKB_RESULT_REPAIRED] = &r->n_repaired,
                                [RKB_RESULT_FAILED] = &r->n_failed };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT status, count(*) FROM query_result AS a"
        " WHERE run_id=?1 AND warmup=0 AND NOT EXISTS"
        " (SELECT 1 FROM query_result AS b WHERE b.run_id = a.run_id"
        "   AND b.ord = a.ord AND b.sample = a.sample AND b.warmup = 0"
        "   AND b.attempt > a.attempt) GROUP BY status ORDER BY status",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, r->id);
    while (!rc) {
        enum rkb_result_status status;

        rc = rkb_db_step(q, &row, err);
        if (rc || !row)
            break;
        rc = rkb_col_status(q, 0, &status, err);
        if (rc)
            rkb_db_reset(q);
        else
            *counts[status] = rkb_db_i64(q, 1);
    }
    r->n_finished = (r->n_ok + r->n_repaired) / r->n_samples;
    return rc;
}

/* fnmatch needs NUL-terminated text, which everything from an arena is. */
static bool matches(const char *glob, rkb_sv text)
{
    return !glob || fnmatch(glob, text.at ? text.at : "", 0) == 0;
}

static const char *glob_of(struct rkb_arena *a, rkb_sv text)
{
    return text.len ? rkb_arena_cstr(a, text) : NULL;
}

enum rkb_status rkb_store_runs(struct rkb_store *s, struct rkb_arena *a,
                               const struct rkb_run_filter *filter,
                               struct rkb_run_row **out, size_t *n,
                               struct rkb_err *err)
{
    const struct rkb_run_filter everything = { 0 };
    const struct rkb_run_filter *f = filter ? filter : &everything;
    const char *label = glob_of(a, f->label);
    const char *dataset = glob_of(a, f->dataset);
    const char *reranker = glob_of(a, f->reranker);
    const char *status = glob_of(a, f->status);
    struct rkb_run_row *runs;
    size_t n_runs, kept = 0;
    enum rkb_status rc = all_runs(s, a, &runs, &n_runs, err);

    for (size_t i = 0; !rc && i < n_runs; i++) {
        struct rkb_run_row *r = &runs[i];

        if (!matches(label, r->label) || !matches(dataset, r->dataset) ||
            !matches(reranker, r->reranker) || !matches(status, r->status))
            continue;
        rc = count_results(s, r, err);
        runs[kept++] = *r;
    }
    *out = runs;
    *n = kept;
    return rc;
}

enum rkb_status rkb_store_run(struct rkb_store *s, struct rkb_arena *a,
                              int64_t id, struct rkb_run_row *out,
                              struct rkb_err *err)
{
    struct rkb_run_row *runs;
    size_t n;
    enum rkb_status rc = all_runs(s, a, &runs, &n, err);

    for (size_t i = 0; !rc && i < n; i++)
        if (runs[i].id == id) {
            *out = runs[i];
            return count_results(s, out, err);
        }
    return rc ? rc
              : rkb_fail(err, RKB_E_USAGE, "there is no run %lld",
                         (long long)id);
}

enum rkb_status rkb_store_run_by_key(struct rkb_store *s, struct rkb_arena *a,
                                     const struct rkb_digest *key,
                                     struct rkb_run_row *out, bool *found,
                                     struct rkb_err *err)
{
    struct rkb_run_row *runs;
    size_t n;
    enum rkb_status rc = all_runs(s, a, &runs, &n, err);

    *found = false;
    for (size_t i = 0; !rc && i < n && !*found; i++)
        if (rkb_digest_eq(&runs[i].key, key)) {
            *out = runs[i];
            *found = true;
            rc = count_results(s, out, err);
        }
    return rc;
}

/* label@dataset#repeat; NULL where a part is left out. */
struct selector {
    const char *label, *dataset, *repeat;
};

static size_t last_of(rkb_sv text, char c)
{
    size_t i = text.len;

    while (i > 0 && text.at[i - 1] != c)
        i--;
    return i; /* behind it; 0 = not there */
}

static struct selector split(struct rkb_arena *a, rkb_sv text)
{
    struct selector s = { 0 };
    size_t hash = last_of(text, '#'), at;

    if (hash) {
        s.repeat =
            rkb_arena_cstr(a, (rkb_sv){ text.at + hash, text.len - hash });
        text.len = hash - 1;
    }
    at = last_of(text, '@');
    if (at) {
        s.dataset = rkb_arena_cstr(a, (rkb_sv){ text.at + at, text.len - at });
        text.len = at - 1;
    }
    s.label = rkb_arena_cstr(a, text);
    return s;
}

static bool by_label(const struct rkb_run_row *r, rkb_sv selector)
{
    return rkb_sv_eq(r->label, selector);
}

static bool by_id(const struct rkb_run_row *r, rkb_sv selector)
{
    int64_t id;

    return rkb_sv_to_i64(selector, 1, INT64_MAX, &id) && id == r->id;
}

static bool by_parts(struct rkb_arena *a, const struct rkb_run_row *r,
                     const struct selector *s)
{
    const char *repeat = rkb_arena_printf(a, "%lld", (long long)r->repeat);

    return matches(s->label, r->label) && matches(s->dataset, r->dataset) &&
           matches(s->repeat, rkb_sv_of(repeat));
}

/* Keeps the runs that match by the first reading under which any does. */
static size_t keep_matches(struct rkb_arena *a, rkb_sv selector,
                           struct rkb_run_row *runs, size_t n)
{
    struct selector parts = split(a, selector);
    size_t kept = 0;

    for (int reading = 0; reading < 3 && !kept; reading++)
        for (size_t i = 0; i < n; i++)
            if (reading == 0   ? by_label(&runs[i], selector)
                : reading == 1 ? by_id(&runs[i], selector)
                               : by_parts(a, &runs[i], &parts))
                runs[kept++] = runs[i];
    return kept;
}

static enum rkb_status none_matches(struct rkb_arena *a, rkb_sv selector,
                                    const struct rkb_run_row *runs, size_t n,
                                    struct rkb_err *err)
{
    const char *label = split(a, selector).label;
    const char **names = rkb_arena_new(a, n, sizeof(*names));
    int len = (int)(selector.len < 100 ? selector.len : 100);
    rkb_sv near;

    for (size_t i = 0; i < n; i++)
        names[i] = rkb_arena_cstr(a, runs[i].label);
    if (n == 0)
        return rkb_fail(err, RKB_E_USAGE,
                        "no run matches '%.*s': the store has none", len,
                        selector.at);
    near = rkb_nearest(rkb_sv_of(label), names, n);
    if (near.len)
        return rkb_fail(err, RKB_E_USAGE,
                        "no run matches '%.*s', did you mean '%.*s'?", len,
                        selector.at, (int)near.len, near.at);
    return rkb_fail(err, RKB_E_USAGE, "no run matches '%.*s'", len,
                    selector.at);
}

enum rkb_status rkb_store_select(struct rkb_store *s, struct rkb_arena *a,
                                 rkb_sv selector, struct rkb_run_row **out,
                                 size_t *n, struct rkb_err *err)
{
    struct rkb_run_row *runs;
    size_t n_runs;
    enum rkb_status rc = all_runs(s, a, &runs, &n_runs, err);

    *out = NULL;
    *n = 0;
    if (rc)
        return rc;
    *n = keep_matches(a, selector, runs, n_runs);
    if (*n == 0)
        return none_matches(a, selector, runs, n_runs, err);
    for (size_t i = 0; !rc && i < *n; i++)
        rc = count_results(s, &runs[i], err);
    *out = runs;
    return rc;
}

static enum rkb_status several_match(rkb_sv selector,
                                     const struct rkb_run_row *runs, size_t n,
                                     struct rkb_err *err)
{
    struct rkb_buf list = { 0 };

    for (size_t i = 0; i < n && i < LISTED_MAX; i++)
        rkb_buf_printf(&list, "%s %lld (%.*s@%.*s#%lld)", i ? "," : "",
                       (long long)runs[i].id, (int)runs[i].label.len,
                       runs[i].label.at, (int)runs[i].dataset.len,
                       runs[i].dataset.at, (long long)runs[i].repeat);
    rkb_fail(err, RKB_E_USAGE,
             "'%.*s' matches %zu runs where one is needed:"
             "%s%s",
             (int)(selector.len < 100 ? selector.len : 100), selector.at, n,
             list.at, n > LISTED_MAX ? ", ..." : "");
    rkb_buf_release(&list);
    return err->code;
}

enum rkb_status rkb_store_select_one(struct rkb_store *s, struct rkb_arena *a,
                                     rkb_sv selector, struct rkb_run_row *out,
                                     struct rkb_err *err)
{
    struct rkb_run_row *runs;
    size_t n;
    enum rkb_status rc = rkb_store_select(s, a, selector, &runs, &n, err);

    if (!rc && n > 1)
        return several_match(selector, runs, n, err);
    if (!rc)
        *out = runs[0];
    return rc;
}
