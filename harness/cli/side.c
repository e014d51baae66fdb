/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/side.h"

#include "base/io/file.h"
#include "runs/store_read.h"

static bool is_file(const char *name)
{
    return rkb_file_exists(name) && !rkb_file_is_folder(name);
}

static enum rkb_status read_file(struct rkb_arena *a, const char *path,
                                 struct rkb_baseline *out, struct rkb_err *err)
{
    struct rkb_lines in = { 0 };
    enum rkb_status rc = rkb_lines_open(&in, path, err);

    if (!rc)
        rc = rkb_baseline_read(a, &in, out, err);
    rkb_lines_close(&in);
    return rc;
}

enum rkb_status rkb_side_open(struct rkb_arena *a, const char *name,
                              const char *store_path, struct rkb_store **store,
                              const struct rkb_baseline *like,
                              struct rkb_baseline *out, struct rkb_err *err)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_READ };
    enum rkb_status rc = RKB_OK;

    if (is_file(name))
        return read_file(a, name, out, err);
    if (!*store)
        rc = rkb_store_open(store, store_path, &how, err);
    return rc ? rc
              : rkb_baseline_collect(*store, a, rkb_sv_of(name), like, out,
                                     err);
}

enum rkb_status rkb_sides_differ(struct rkb_arena *a, struct rkb_store *store,
                                 const char *one, const char *other,
                                 struct rkb_err *err)
{
    struct rkb_run_row *x, *y;
    size_t n_x, n_y;
    enum rkb_status rc = RKB_OK;

    if (is_file(one) || is_file(other))
        return RKB_OK;
    rc = rkb_store_select(store, a, rkb_sv_of(one), &x, &n_x, err);
    if (!rc)
        rc = rkb_store_select(store, a, rkb_sv_of(other), &y, &n_y, err);
    for (size_t i = 0; !rc && i < n_x; i++)
        for (size_t k = 0; !rc && k < n_y; k++)
            if (x[i].id == y[k].id)
                rc = rkb_fail(err, RKB_E_USAGE,
                              "'%.100s' and '%.100s' both mean run %lld; a run "
                              "with the settings of another is that run, "
                              "unless --again or --build makes it a new one",
                              one, other, (long long)x[i].id);
    return rc;
}
