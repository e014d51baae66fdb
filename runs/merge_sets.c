/* SPDX-License-Identifier: Apache-2.0 */
/* Sets are what their digests say: the first store that has one gives it. */
#include "base/sort.h"
#include "runs/merge_impl.h"
#include "runs/store_write.h"

#include <string.h>

struct set {
    struct rkb_digest digest;
    rkb_sv name; /* for an order without the stores' */
    int64_t id;
    size_t source;
};

static int by_digest(const void *a, const void *b, void *ctx)
{
    const struct set *x = a, *y = b;
    int way = memcmp(x->digest.at, y->digest.at, RKB_DIGEST_BYTES);

    (void)ctx;
    return way ? way : rkb_sv_cmp(x->name, y->name);
}

/* Statements of one kind of set. `find` gives digest, id and a name that tells
 * apart rows of the same digest; the others copy the set and its members. */
struct kind {
    const char *find, *read, *write, *read_member, *write_member;
    int n_columns, n_member_columns;
};

static const struct kind kinds[] = {
    { .find = "SELECT digest, id, source || ' ' || order_rule || ' ' || depth"
              " FROM candidate_set ORDER BY id",
      .read = "SELECT digest, source, order_rule, depth FROM candidate_set"
              " WHERE id=?1",
      .write = "INSERT INTO candidate_set(digest, source, order_rule, depth)"
               " VALUES(?1, ?2, ?3, ?4)",
      .n_columns = 4,
      .read_member = "SELECT ord, qid, n_docs, docids, scores FROM"
                     " candidate_list WHERE set_id=?1 ORDER BY ord",
      .write_member = "INSERT INTO candidate_list(ord, qid, n_docs, docids,"
                      " scores, set_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
      .n_member_columns = 5 },
    { .find = "SELECT digest, id, source FROM judgment_set ORDER BY id",
      .read = "SELECT digest, source FROM judgment_set WHERE id=?1",
      .write = "INSERT INTO judgment_set(digest, source) VALUES(?1, ?2)",
      .n_columns = 2,
      .read_member = "SELECT qid, docid, grade FROM judgment WHERE set_id=?1"
                     " ORDER BY qid, docid",
      .write_member = "INSERT INTO judgment(qid, docid, grade, set_id)"
                      " VALUES(?1, ?2, ?3, ?4)",
      .n_member_columns = 3 },
};

static enum rkb_status find_sets(struct rkb_merge *m, const char *sql,
                                 struct rkb_rows *rows, struct rkb_arena *a,
                                 struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < m->n_sources && !rc; i++) {
        struct rkb_db_stmt *q;
        bool row = false;

        rc = rkb_db_prepare(m->sources[i].store->db, sql, &q, err);
        while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
            struct set *s = rkb_rows_add(rows);

            s->source = i;
            s->id = rkb_db_i64(q, 1);
            s->name = rkb_col_text(q, 2, a);
            rc = rkb_col_digest(q, 0, &s->digest, err);
        }
    }
    return rc;
}

/* `own`: bound behind the copied columns; 0: nothing. */
static enum rkb_status copy_rows(struct rkb_db_stmt *from, int n,
                                 struct rkb_db *to, const char *sql,
                                 int64_t own, struct rkb_err *err)
{
    struct rkb_db_stmt *w;
    bool row = false;
    enum rkb_status rc = RKB_OK;

    while (!rc && !(rc = rkb_db_step(from, &row, err)) && row) {
        rc = rkb_db_prepare(to, sql, &w, err);
        if (!rc && own)
            rkb_db_bind_i64(w, n + 1, own);
        if (!rc)
            rc = rkb_merge_row(from, n, w, err);
    }
    return rc;
}

static enum rkb_status copy_set(struct rkb_merge *m, const struct kind *k,
                                const struct set *s, struct rkb_err *err)
{
    struct rkb_db *from = m->sources[s->source].store->db;
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(from, k->read, &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, s->id);
    rc = copy_rows(q, k->n_columns, m->to->db, k->write, 0, err);
    int64_t id = rkb_db_last_id(m->to->db);

    if (!rc)
        rc = rkb_db_prepare(from, k->read_member, &q, err);
    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, s->id);
    return copy_rows(q, k->n_member_columns, m->to->db, k->write_member, id,
                     err);
}

static enum rkb_status merge_kind(struct rkb_merge *m, const struct kind *k,
                                  struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(struct set) };
    struct rkb_arena a = { 0 };
    size_t n;
    enum rkb_status rc = find_sets(m, k->find, &rows, &a, err);
    struct set *sets = rkb_rows_take(&rows, &a, &n);

    rkb_sort(sets, n, sizeof *sets, by_digest, NULL);
    for (size_t i = 0; i < n && !rc; i++)
        if (!i || !rkb_digest_eq(&sets[i].digest, &sets[i - 1].digest))
            rc = copy_set(m, k, &sets[i], err);
    rkb_arena_release(&a);
    return rc;
}

static enum rkb_status copy_queries(struct rkb_merge *m, struct rkb_db *from,
                                    struct rkb_err *err)
{
    struct rkb_db_stmt *sets, *q;
    bool row = false, there;
    enum rkb_status rc = rkb_db_prepare(
        from, "SELECT DISTINCT digest FROM query_text ORDER BY 1", &sets, err);

    while (!rc && !(rc = rkb_db_step(sets, &row, err)) && row) {
        struct rkb_digest d;

        rc = rkb_col_digest(sets, 0, &d, err);
        if (!rc)
            rc = rkb_store_has_queries(m->to, &d, &there, err);
        if (rc || there)
            continue;
        rc = rkb_db_prepare(from,
                            "SELECT digest, qid, text FROM query_text"
                            " WHERE digest=?1 ORDER BY qid",
                            &q, err);
        if (!rc) {
            rkb_bind_digest(q, 1, &d);
            rc = copy_rows(q, 3, m->to->db,
                           "INSERT INTO query_text(digest, qid, text)"
                           " VALUES(?1, ?2, ?3)",
                           0, err);
        }
    }
    return rc;
}

static enum rkb_status copy_docs(struct rkb_merge *m, struct rkb_db *from,
                                 struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        from, "SELECT sha, docid, text FROM doc_text ORDER BY sha", &q, err);

    if (rc)
        return rc;
    return copy_rows(q, 3, m->to->db,
                     "INSERT INTO doc_text(sha, docid, text)"
                     " VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
                     0, err);
}

enum rkb_status rkb_merge_sets(struct rkb_merge *m, struct rkb_err *err)
{
    enum rkb_status rc = rkb_store_begin(m->to, err);

    for (size_t i = 0; i < RKB_COUNT(kinds) && !rc; i++)
        rc = merge_kind(m, &kinds[i], err);
    for (size_t i = 0; i < m->n_sources && !rc; i++)
        rc = copy_queries(m, m->sources[i].store->db, err);
    for (size_t i = 0; i < m->n_sources && !rc; i++)
        rc = copy_docs(m, m->sources[i].store->db, err);
    return rc ? rc : rkb_store_commit(m->to, err);
}
