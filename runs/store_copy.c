/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/file.h"
#include "base/mem.h"
#include "runs/store.h"

#include <stdio.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 << 10 };

void rkb_store_remove(const char *path)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal",
                                        ".lock" };
    struct rkb_buf name = { 0 };

    for (size_t i = 0; i < RKB_COUNT(ends); i++) {
        rkb_buf_reset(&name);
        rkb_buf_printf(&name, "%s%s", path, ends[i]);
        unlink(name.at);
    }
    rkb_buf_release(&name);
}

static enum rkb_status copy_bytes(const char *from, const char *to,
                                  struct rkb_err *err)
{
    struct rkb_file_out out = { 0 };
    struct rkb_file_in in = { 0 };
    char *block = rkb_new(BLOCK_BYTES, 1);
    enum rkb_status rc = rkb_file_in_open(&in, from, err);

    if (!rc)
        rc = rkb_file_out_open(&out, to, err);
    for (uint64_t at = 0; !rc && at < in.size; at += BLOCK_BYTES) {
        size_t n =
            in.size - at < BLOCK_BYTES ? (size_t)(in.size - at) : BLOCK_BYTES;

        rc = rkb_file_in_read(&in, at, block, n, err);
        if (!rc)
            rkb_file_out_add(&out, (rkb_sv){ block, n });
    }
    if (!rc)
        rc = rkb_file_out_commit(&out, err);
    rkb_file_out_close(&out);
    rkb_file_in_close(&in);
    rkb_free(block);
    return rc;
}

enum rkb_status rkb_store_copy(const char *from, const char *to,
                               struct rkb_err *err)
{
    struct rkb_buf temp = { 0 };
    struct rkb_db *db;
    enum rkb_status rc = rkb_db_open(&db, from, RKB_DB_READ, NULL, err);

    if (rc)
        return rc;
    rkb_buf_printf(&temp, "%s.copy", from);
    rkb_store_remove(temp.at); /* of somebody who was killed */
    rc = rkb_db_copy(db, temp.at, err);
    rkb_db_close(db);
    if (!rc)
        rc = copy_bytes(temp.at, to, err);
    rkb_store_remove(temp.at);
    rkb_buf_release(&temp);
    return rc;
}
