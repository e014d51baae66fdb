/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a baseline file. One that is read is written as a file that is
 * read again, to the same bytes; one that is not says where and why. */
#include "harness/eval/baseline.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static bool read_text(struct rkb_arena *a, const void *at, size_t n,
                      struct rkb_buf *out)
{
    struct rkb_lines in = { 0 };
    struct rkb_err err = { 0 };
    struct rkb_baseline b;
    struct rkb_stream *s;

    rkb_stream_from_memory(&s, at, n);
    rkb_lines_from(&in, s);
    enum rkb_status rc = rkb_baseline_read(a, &in, &b, &err);

    rkb_lines_close(&in);
    must(!rc || (rc == err.code && err.msg[0]));
    must(!rc || rkb_sv_is_utf8(rkb_sv_of(err.msg), NULL));
    if (rc)
        return false;
    must(b.n_sets > 0 && b.n_sets <= RKB_BASELINE_SETS);
    for (size_t i = 0; i < b.n_sets; i++) {
        must(b.sets[i].n_repeats > 0 && b.sets[i].dataset.len > 0);
        must(rkb_baseline_find(&b, b.sets[i].dataset) == &b.sets[i]);
    }
    rkb_baseline_write(&b, out);
    return true;
}

/* What is written of texts that were read (control bytes become '?') may put
 * two names together, so only the second and third text must agree. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rkb_arena a = { 0 };
    struct rkb_buf first = { 0 }, second = { 0 };

    if (read_text(&a, size ? (const void *)data : "", size, &first) &&
        read_text(&a, first.at, first.len, &second))
        must(rkb_sv_eq(rkb_buf_view(&first), rkb_buf_view(&second)));
    rkb_buf_release(&first);
    rkb_buf_release(&second);
    rkb_arena_release(&a);
    return 0;
}
