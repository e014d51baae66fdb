/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as rerankers.yaml. Of one that is taken every entry is found by its
 * name, is a registered row, and a spec of it applies; one that is not says
 * where and why. */
#include "harness/rerankers/reranker.h"
#include "harness/rerankers/shelf.h"

#include <stdlib.h>
#include <string.h>

#define FILE_NAME "conf/rerankers.yaml"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const rkb_sv text = { size ? (const char *)data : "", size };
    struct rkb_arena a = { 0 };
    struct rkb_shelf s = { 0 };
    struct rkb_err err = { 0 };
    enum rkb_status rc =
        rkb_shelf_parse(&a, FILE_NAME, "/conf", text, &s, &err);

    must(!rc || strncmp(err.msg, FILE_NAME ":", sizeof FILE_NAME) == 0);
    for (size_t i = 0; !rc && i < s.n; i++) {
        const struct rkb_shelf_entry *e = &s.entries[i];
        struct rkb_spec spec = { .name = rkb_sv_of(e->name) };
        const struct rkb_reranker_def *def;

        must(e->line >= 1 && rkb_shelf_find(&s, spec.name) == e);
        must(rkb_shelf_apply(&a, &s, &spec, &err) == RKB_OK);
        must(rkb_reranker_find(spec.name, &def, &err) == RKB_OK);
        must(spec.n == e->spec.n);
    }
    rkb_arena_release(&a);
    return 0;
}
