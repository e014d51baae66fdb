/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/shard_status.h"

#include "base/io/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "harness/eval/shard_store.h"
#include "runs/store.h"

static const char *const names[] = {
    [RKB_SHARD_NEW] = "not begun",
    [RKB_SHARD_UNFINISHED] = "unfinished",
    [RKB_SHARD_FAILED] = "failed",
    [RKB_SHARD_DONE] = "done",
};

const char *rkb_shard_state_name(enum rkb_shard_state state)
{
    return names[state];
}

/* One run of the store. */
struct part {
    int64_t n_queries, n_done, n_failed;
};

static rkb_sv key_of(struct rkb_arena *a, rkb_sv label, rkb_sv dataset,
                     int64_t repeat)
{
    return rkb_sv_of(rkb_arena_printf(a, "%.*s\n%.*s\n%lld", (int)label.len,
                                      label.at, (int)dataset.len, dataset.at,
                                      (long long)repeat));
}

/* Of runs with the same name the last one counts: the plan as it is now. */
static enum rkb_status read_parts(struct rkb_db *db, struct rkb_arena *a,
                                  struct rkb_map *keys, struct part **parts,
                                  struct rkb_err *err)
{
    size_t cap = 0;
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc =
        rkb_db_prepare(db,
                       "SELECT r.label, r.dataset, r.repeat,"
                       " (SELECT r.n_samples * json_extract(s.conditions,"
                       "   '$.shard.queries')"
                       "  FROM session AS s WHERE s.run_id = r.id AND"
                       "  json_valid(s.conditions) ORDER BY s.id DESC LIMIT 1),"
                       " v.n_ok + v.n_repaired, v.n_failed FROM run AS r"
                       " JOIN v_run AS v ON v.run_id = r.id ORDER BY r.id",
                       &q, err);

    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        if (rkb_db_is_null(q, 3)) /* cut off before it knew */
            continue;
        uint32_t at = rkb_map_add(
            keys,
            key_of(a, rkb_db_text(q, 0), rkb_db_text(q, 1), rkb_db_i64(q, 2)),
            NULL);

        *parts = rkb_grow(*parts, &cap, keys->n, sizeof **parts);
        (*parts)[at] = (struct part){ rkb_db_i64(q, 3), rkb_db_i64(q, 4),
                                      rkb_db_i64(q, 5) };
    }
    return rc;
}

static enum rkb_status last_session(struct rkb_db *db, struct rkb_arena *a,
                                    struct rkb_shard_status *out,
                                    struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(
        db,
        "SELECT host, coalesce(ended_utc, started_utc) FROM session"
        " ORDER BY id DESC LIMIT 1",
        &q, err);

    if (!rc)
        rc = rkb_db_step(q, &row, err);
    if (!rc && row) {
        out->host = rkb_arena_copy(a, rkb_db_text(q, 0));
        out->last = rkb_arena_copy(a, rkb_db_text(q, 1));
        rkb_db_reset(q);
    }
    return rc;
}

static enum rkb_status read_store(struct rkb_db *db, struct rkb_arena *a,
                                  const struct rkb_plan *plan,
                                  struct rkb_shard_status *out,
                                  struct rkb_err *err)
{
    struct rkb_map keys = { 0 };
    struct part *parts = NULL; /* [keys.n] */
    enum rkb_status rc = read_parts(db, a, &keys, &parts, err);

    if (!rc)
        rc = last_session(db, a, out, err);
    for (size_t i = 0; i < plan->n_cells && !rc; i++) {
        const struct rkb_plan_cell *c = &plan->cells[i];
        uint32_t at = rkb_map_find(
            &keys,
            key_of(a, rkb_sv_of(c->label),
                   rkb_sv_of(plan->datasets[c->dataset].name), c->repeat));

        if (at == RKB_MAP_NONE)
            continue;
        out->n_begun++;
        out->n_queries += parts[at].n_queries;
        out->n_done += parts[at].n_done;
        out->n_failed += parts[at].n_failed;
    }
    rkb_map_release(&keys);
    rkb_free(parts);
    return rc;
}

enum rkb_status rkb_shard_look(struct rkb_arena *a, const struct rkb_plan *plan,
                               struct rkb_shard shard,
                               struct rkb_shard_status *out,
                               struct rkb_err *err)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_READ };
    const char *path = rkb_shard_path(a, plan->store, shard);
    struct rkb_store *store;
    enum rkb_status rc;

    *out = (struct rkb_shard_status){ 0 };
    if (!rkb_file_exists(path))
        return RKB_OK;
    rc = rkb_store_open(&store, path, &how, err);
    if (rc)
        return rc;
    rc = read_store(rkb_store_db(store), a, plan, out, err);
    rkb_store_close(store);
    bool through = out->n_begun == plan->n_cells &&
                   out->n_done + out->n_failed >= out->n_queries;

    out->state = !through        ? RKB_SHARD_UNFINISHED
                 : out->n_failed ? RKB_SHARD_FAILED
                                 : RKB_SHARD_DONE;
    return rc;
}
