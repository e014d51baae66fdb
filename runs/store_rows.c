/* SPDX-License-Identifier: Apache-2.0 */
/* Values into statements and out of them. */
#include "base/mem.h"
#include "runs/store_impl.h"

#include <math.h>
#include <string.h>

static const char *const status_names[] = {
    [RKB_RESULT_OK] = "ok",
    [RKB_RESULT_REPAIRED] = "repaired",
    [RKB_RESULT_FAILED] = "failed",
};

const char *rkb_result_status_name(enum rkb_result_status status)
{
    return status_names[status];
}

/* A view without bytes would be bound as NULL. */
void rkb_bind_text(struct rkb_db_stmt *q, int i, rkb_sv text)
{
    rkb_db_bind_text(q, i, text.at ? text : rkb_sv_of(""));
}

void rkb_bind_some(struct rkb_db_stmt *q, int i, rkb_sv text)
{
    if (text.at)
        rkb_db_bind_text(q, i, text);
    else
        rkb_db_bind_null(q, i);
}

void rkb_bind_count(struct rkb_db_stmt *q, int i, int64_t n)
{
    if (n < 0)
        rkb_db_bind_null(q, i);
    else
        rkb_db_bind_i64(q, i, n);
}

void rkb_bind_value(struct rkb_db_stmt *q, int i, double v)
{
    if (isnan(v))
        rkb_db_bind_null(q, i);
    else
        rkb_db_bind_real(q, i, v);
}

void rkb_bind_digest(struct rkb_db_stmt *q, int i, const struct rkb_digest *d)
{
    rkb_db_bind_blob(q, i, d->at, sizeof(d->at));
}

rkb_sv rkb_col_text(struct rkb_db_stmt *q, int i, struct rkb_arena *a)
{
    rkb_sv text = { 0 };

    if (rkb_db_is_null(q, i))
        return text;
    return rkb_arena_copy(a, rkb_db_text(q, i));
}

int64_t rkb_col_count(struct rkb_db_stmt *q, int i)
{
    return rkb_db_is_null(q, i) ? RKB_UNKNOWN : rkb_db_i64(q, i);
}

double rkb_col_value(struct rkb_db_stmt *q, int i)
{
    return rkb_db_is_null(q, i) ? (double)NAN : rkb_db_real(q, i);
}

enum rkb_status rkb_col_digest(struct rkb_db_stmt *q, int i,
                               struct rkb_digest *out, struct rkb_err *err)
{
    rkb_sv blob = rkb_db_blob(q, i);

    if (blob.len != sizeof(out->at))
        return rkb_fail(err, RKB_E_DATA, "damaged store: a digest of %zu bytes",
                        blob.len);
    memcpy(out->at, blob.at, sizeof(out->at));
    return RKB_OK;
}

enum rkb_status rkb_col_status(struct rkb_db_stmt *q, int i,
                               enum rkb_result_status *out, struct rkb_err *err)
{
    rkb_sv name = rkb_db_text(q, i);

    for (size_t k = 0; k < RKB_COUNT(status_names); k++)
        if (rkb_sv_is(name, status_names[k])) {
            *out = (enum rkb_result_status)k;
            return RKB_OK;
        }
    return rkb_fail(err, RKB_E_DATA, "damaged store: status '%.*s'",
                    (int)(name.len < 40 ? name.len : 40), name.at);
}

enum rkb_status rkb_store_one(struct rkb_db_stmt *q, int64_t *out, bool *found,
                              struct rkb_err *err)
{
    enum rkb_status rc = rkb_db_step(q, found, err);

    if (!rc && *found) {
        *out = rkb_db_i64(q, 0);
        rkb_db_reset(q); /* an open row would hold a read transaction */
    }
    return rc;
}

void *rkb_rows_add(struct rkb_rows *r)
{
    char *row;

    r->at = rkb_grow(r->at, &r->cap, r->n + 1, r->size);
    row = r->at + r->n++ * r->size;
    memset(row, 0, r->size);
    return row;
}

void *rkb_rows_take(struct rkb_rows *r, struct rkb_arena *a, size_t *n)
{
    void *out = rkb_arena_new(a, r->n, r->size);

    if (r->n)
        memcpy(out, r->at, r->n * r->size);
    *n = r->n;
    rkb_rows_release(r);
    return out;
}

void rkb_rows_release(struct rkb_rows *r)
{
    rkb_free(r->at);
    r->at = NULL;
    r->n = r->cap = 0;
}
