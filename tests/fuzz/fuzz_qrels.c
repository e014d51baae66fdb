/* SPDX-License-Identifier: Apache-2.0 */
/* Judgments that are read, written out tab by tab and read again are the same;
 * a file that is refused has a message. */
#include "tests/fuzz/told.h"

static void check(told_read_fn *read, const uint8_t *data, size_t size,
                  const char *middle)
{
    struct told first = { .middle = middle }, second = { .middle = middle };

    if (told_read(&first, read, RKB_PART_GRADES, data, size)) {
        demand(first.n > 0);
        demand(told_again(&second, read, RKB_PART_GRADES, &first));
        demand(
            rkb_sv_eq(rkb_buf_view(&first.text), rkb_buf_view(&second.text)));
    }
    told_release(&first);
    told_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(rkb_qrels_trec, data, size, "\t0\t");
    check(rkb_qrels_beir, data, size, "\t");
    return 0;
}
