/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as datasets.yaml. Of one that is taken every entry is found by its
 * name and has conventions; one that is not says where and why. */
#include "datasets/catalog.h"

#include <stdlib.h>
#include <string.h>

#define FILE_NAME "conf/datasets.yaml"

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
    struct rkb_catalog c = { 0 };
    struct rkb_err err = { 0 };
    enum rkb_status rc = rkb_catalog_parse(&a, FILE_NAME, text, &c, &err);

    must(!rc || strncmp(err.msg, FILE_NAME ":", sizeof FILE_NAME) == 0);
    for (size_t i = 0; !rc && i < c.n; i++) {
        const struct rkb_catalog_entry *e = &c.entries[i];
        rkb_sv name = rkb_sv_of(e->preset->name);

        must(name.len && e->line >= 1);
        must(rkb_catalog_find(&c, name) == e);
        must(rkb_catalog_preset(&c, name) == e->preset);
        must(e->preset->binary_rel >= 1 && e->preset->headline);
        must(e->own == !rkb_preset_find(name));
        must(!e->path || *e->path);
    }
    rkb_arena_release(&a);
    return 0;
}
