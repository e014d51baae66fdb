/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/shard.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* ---- which one --------------------------------------------------------- */

/* *there = false, and no error, where the variable is not set. */
static enum rkb_status from_environment(const char *name, int64_t *out,
                                        bool *there, struct rkb_err *err)
{
    const char *text = getenv(name);

    *there = text && *text;
    if (!*there)
        return RKB_OK;
    if (!rkb_sv_to_i64(rkb_sv_of(text), 0, INT32_MAX, out))
        return rkb_fail(err, RKB_E_USAGE, "%s is '%.40s', not a number", name,
                        text);
    return RKB_OK;
}

static enum rkb_status from_slurm(struct rkb_shard *out, struct rkb_err *err)
{
    static const char *const names[] = {
        "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT",
        "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP"
    };
    int64_t values[RKB_COUNT(names)] = { 0 };
    bool there[RKB_COUNT(names)];

    for (size_t i = 0; i < RKB_COUNT(names); i++) {
        enum rkb_status rc =
            from_environment(names[i], &values[i], &there[i], err);

        if (rc)
            return rc;
        if (!there[i] && i < 3)
            return rkb_fail(err, RKB_E_USAGE,
                            "'auto' is for tasks of a Slurm job array, and %s "
                            "is not set",
                            names[i]);
    }
    int64_t id = values[0], first = values[1], count = values[2];
    int64_t step = there[4] && values[4] > 0 ? values[4] : 1;
    int64_t last = there[3] ? values[3] : first + (count - 1) * step;

    *out = (struct rkb_shard){ (id - first) / step + 1, count };
    if (id < first || id > last || (id - first) % step ||
        (last - first) / step + 1 != count)
        return rkb_fail(err, RKB_E_USAGE,
                        "the job array has gaps, so its tasks cannot know "
                        "their place: write $SLURM_ARRAY_TASK_ID/N");
    return RKB_OK;
}

enum rkb_status rkb_shard_parse(rkb_sv text, struct rkb_shard *out,
                                struct rkb_err *err)
{
    rkb_sv rest = text, index;
    enum rkb_status rc = RKB_OK;

    *out = (struct rkb_shard){ 0 };
    if (rkb_sv_is(text, "auto"))
        rc = from_slurm(out, err);
    else if (!rkb_sv_split(&rest, '/', &index) || !rest.at ||
             !rkb_sv_to_i64(index, 1, INT32_MAX, &out->index) ||
             !rkb_sv_to_i64(rest, 1, INT32_MAX, &out->of))
        rc = rkb_fail(err, RKB_E_USAGE,
                      "expected I/N, such as 3/8, or 'auto', not '%.*s'",
                      (int)(text.len < 60 ? text.len : 60), text.at);
    if (!rc && out->of > RKB_SHARDS)
        rc = rkb_fail(err, RKB_E_USAGE, "at most %d shards", RKB_SHARDS);
    if (!rc && out->index > out->of)
        rc = rkb_fail(err, RKB_E_USAGE, "there is no shard %lld of %lld",
                      (long long)out->index, (long long)out->of);
    return rc;
}

/* ---- dealing ------------------------------------------------------------ */

void rkb_dealer_init(struct rkb_dealer *d, int64_t n_shards)
{
    assert(n_shards >= 1 && n_shards <= RKB_SHARDS);
    d->n = (uint32_t)n_shards;
    d->heap = rkb_new(d->n, sizeof *d->heap);
    for (uint32_t i = 0; i < d->n; i++)
        d->heap[i].shard = i + 1; /* equal loads by number are a heap */
}

void rkb_dealer_release(struct rkb_dealer *d)
{
    rkb_free(d->heap);
    *d = (struct rkb_dealer){ 0 };
}

static bool is_before(const struct rkb_dealt *a, const struct rkb_dealt *b)
{
    return a->load != b->load ? a->load < b->load : a->shard < b->shard;
}

int64_t rkb_dealer_next(struct rkb_dealer *d, size_t n_candidates)
{
    struct rkb_dealt top = d->heap[0];
    int64_t shard = top.shard;
    uint32_t at = 0;

    top.load += n_candidates ? n_candidates : 1;
    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child + 1 < d->n && is_before(&d->heap[child + 1], &d->heap[child]))
            child++;
        if (child >= d->n || is_before(&top, &d->heap[child]))
            break;
        d->heap[at] = d->heap[child];
        at = child;
    }
    d->heap[at] = top;
    return shard;
}
