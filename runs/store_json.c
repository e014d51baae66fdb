/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/store_json.h"

#include "base/io/json.h"
#include "base/mem.h"

#include <math.h>

enum rkb_status rkb_docids_write(const rkb_sv *docids, size_t n,
                                 struct rkb_buf *out, struct rkb_err *err)
{
    rkb_buf_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        if (!rkb_sv_is_utf8(docids[i], NULL))
            return rkb_fail(err, RKB_E_DATA, "docid %zu is not UTF-8", i + 1);
        if (i)
            rkb_buf_char(out, ',');
        rkb_buf_json(out, docids[i]);
    }
    rkb_buf_char(out, ']');
    return RKB_OK;
}

static bool has_score(const double *score, const uint8_t *scored, size_t i)
{
    return scored ? scored[i] != 0 : !isnan(score[i]);
}

static bool any_score(const double *score, const uint8_t *scored, size_t n)
{
    for (size_t i = 0; score && i < n; i++)
        if (has_score(score, scored, i))
            return true;
    return false;
}

enum rkb_status rkb_scores_write(const double *score, const uint8_t *scored,
                                 size_t n, struct rkb_buf *out,
                                 struct rkb_err *err)
{
    if (!any_score(score, scored, n))
        return RKB_OK;
    for (size_t i = 0; i < n; i++) {
        rkb_buf_char(out, i ? ',' : '[');
        if (!has_score(score, scored, i)) {
            rkb_buf_text(out, "null");
        } else if (isfinite(score[i])) {
            rkb_buf_real(out, score[i]);
        } else {
            return rkb_fail(err, RKB_E_DATA,
                            "the score of candidate %zu is not finite", i);
        }
    }
    rkb_buf_char(out, ']');
    return RKB_OK;
}

/* Fails with the first index that is out of range or there twice. */
static enum rkb_status check_order(const uint32_t *order, size_t n,
                                   bool *identity, struct rkb_err *err)
{
    uint8_t *seen = rkb_new(n, 1);
    enum rkb_status rc = RKB_OK;

    *identity = true;
    for (size_t i = 0; !rc && i < n; i++) {
        uint32_t at = order[i];

        *identity = *identity && at == i;
        if (at >= n)
            rc = rkb_fail(err, RKB_E_DATA,
                          "the order names candidate %lu of %zu",
                          (unsigned long)at, n);
        else if (seen[at]++)
            rc =
                rkb_fail(err, RKB_E_DATA, "the order names candidate %lu twice",
                         (unsigned long)at);
    }
    rkb_free(seen);
    return rc;
}

/* printf would be most of the cost of storing a query. */
static void add_index(struct rkb_buf *out, uint32_t v)
{
    char digits[11];
    size_t at = sizeof(digits);

    do
        digits[--at] = (char)('0' + v % 10);
    while (v /= 10);
    digits[--at] = ',';
    rkb_buf_add(out, digits + at, sizeof(digits) - at);
}

enum rkb_status rkb_order_write(const uint32_t *order, size_t n,
                                struct rkb_buf *out, struct rkb_err *err)
{
    size_t start = out->len;
    bool identity;
    enum rkb_status rc = check_order(order, n, &identity, err);

    if (rc || identity)
        return rc;
    for (size_t i = 0; i < n; i++)
        add_index(out, order[i]);
    out->at[start] = '[';
    rkb_buf_char(out, ']');
    return RKB_OK;
}

/* *first is the list of elements, n of them. */
static enum rkb_status parse(struct rkb_arena *a, rkb_sv text, size_t n,
                             const struct rkb_json **first, struct rkb_err *err)
{
    const struct rkb_json *j;
    enum rkb_status rc = rkb_json_parse(a, text, &j, err);

    if (rc)
        return rc;
    if (j->kind != RKB_JSON_ARRAY)
        return rkb_fail(err, RKB_E_DATA, "not a JSON array");
    if (j->n_children != n)
        return rkb_fail(err, RKB_E_DATA, "%zu elements instead of %zu",
                        j->n_children, n);
    *first = j->child;
    return RKB_OK;
}

enum rkb_status rkb_docids_read(struct rkb_arena *a, rkb_sv text, size_t n,
                                const rkb_sv **out, struct rkb_err *err)
{
    const struct rkb_json *j = NULL;
    rkb_sv *docids;
    enum rkb_status rc = parse(a, rkb_arena_copy(a, text), n, &j, err);

    if (rc)
        return rc;
    docids = rkb_arena_new(a, n, sizeof(*docids));
    for (size_t i = 0; i < n; i++, j = j->next)
        if (!rkb_json_string(j, &docids[i]))
            return rkb_fail(err, RKB_E_DATA, "element %zu is no string", i);
    *out = docids;
    return RKB_OK;
}

enum rkb_status rkb_scores_read(struct rkb_arena *a, rkb_sv text, size_t n,
                                const double **out, struct rkb_err *err)
{
    const struct rkb_json *j = NULL;
    double *score;
    enum rkb_status rc;

    *out = NULL;
    if (!text.at)
        return RKB_OK;
    rc = parse(a, text, n, &j, err);
    if (rc)
        return rc;
    score = rkb_arena_new(a, n, sizeof(*score));
    for (size_t i = 0; i < n; i++, j = j->next) {
        if (j->kind == RKB_JSON_NULL)
            score[i] = (double)NAN;
        else if (!rkb_json_double(j, &score[i]))
            return rkb_fail(err, RKB_E_DATA, "element %zu is no number", i);
    }
    *out = score;
    return RKB_OK;
}

enum rkb_status rkb_order_read(struct rkb_arena *a, rkb_sv text, size_t n,
                               const uint32_t **out, struct rkb_err *err)
{
    const struct rkb_json *j = NULL;
    uint32_t *order = rkb_arena_new(a, n, sizeof(*order));
    bool identity;
    enum rkb_status rc = text.at ? parse(a, text, n, &j, err) : RKB_OK;

    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++) {
        int64_t at = (int64_t)i;

        if (j && (j->kind != RKB_JSON_NUMBER ||
                  !rkb_sv_to_i64(j->text, 0, UINT32_MAX, &at)))
            return rkb_fail(err, RKB_E_DATA, "element %zu is no index", i);
        order[i] = (uint32_t)at;
        j = j ? j->next : NULL;
    }
    *out = order;
    return check_order(order, n, &identity, err);
}
