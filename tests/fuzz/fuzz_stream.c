/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed bytes read the same in pieces of any size, with and without the
 * thread; archives list names that stay inside, sorted, and each opens. */
#include "base/buf.h"
#include "base/io/stream.h"
#include "base/mem.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_BYTES ((size_t)4 << 20) /* of a bomb */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything up to MAX_BYTES in pieces of `step`; closes the stream. */
static enum rkb_status read_all(struct rkb_stream *s, size_t step,
                                struct rkb_buf *out, struct rkb_err *err)
{
    char *piece = rkb_new(step, 1);
    enum rkb_status rc;
    size_t got;

    do {
        got = 0;
        rc = rkb_stream_read(s, piece, step, &got, err);
        assert(rc == err->code && got <= step);
        rkb_buf_add(out, piece, got);
    } while (!rc && got > 0 && out->len < MAX_BYTES);
    rkb_stream_close(s);
    rkb_free(piece);
    return rc;
}

static void check_memory(const uint8_t *data, size_t size)
{
    static const size_t steps[] = { 65536, 7 };
    struct rkb_buf got[2] = { { 0 }, { 0 } };
    enum rkb_status rc[2];

    for (size_t i = 0; i < 2; i++) {
        struct rkb_err err = { 0 };
        struct rkb_stream *s = NULL;

        rc[i] = rkb_stream_from_memory_decoded(&s, data, size, &err);
        if (!rc[i])
            rc[i] = read_all(s, steps[i], &got[i], &err);
        assert(rc[i] == RKB_OK || rc[i] == RKB_E_DATA);
    }
    if (got[0].len < MAX_BYTES && got[1].len < MAX_BYTES) {
        assert(rc[0] == rc[1]);
        if (!rc[0])
            assert(rkb_sv_eq(rkb_buf_view(&got[0]), rkb_buf_view(&got[1])));
    }
    rkb_buf_release(&got[0]);
    rkb_buf_release(&got[1]);
}

static void check_tree(const char *path)
{
    struct rkb_err err = { 0 };
    struct rkb_tree *t = NULL;
    enum rkb_status rc = rkb_tree_open(&t, path, &err);

    assert(rc == err.code && (rc == RKB_OK) == (t != NULL));
    for (size_t i = 0; t && i < rkb_tree_count(t) && i < 20; i++) {
        const char *name = rkb_tree_name(t, i);
        struct rkb_stream *s = NULL;
        struct rkb_buf out = { 0 };

        assert(name[0] != '/' && strncmp(name, "../", 3) != 0);
        assert(strcmp(name, "..") != 0 && !strstr(name, "/../"));
        assert(i == 0 || strcmp(rkb_tree_name(t, i - 1), name) < 0);
        assert(rkb_tree_has(t, name));
        err = (struct rkb_err){ 0 };
        rc = rkb_tree_stream(t, name, &s, &err);
        if (!rc)
            rc = read_all(s, 65536, &out, &err);
        assert(rc == err.code);
        rkb_buf_release(&out);
    }
    rkb_tree_close(t);
}

static void check_ahead(const char *path)
{
    struct rkb_err err = { 0 };
    struct rkb_stream *s = NULL;
    struct rkb_buf out = { 0 };
    enum rkb_status rc = rkb_stream_open_ahead(&s, path, &err);

    if (!rc)
        rc = read_all(s, 65536, &out, &err);
    assert(rc == RKB_OK || rc == RKB_E_DATA);
    rkb_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/rkb-fuzz-stream.XXXXXX";
    int fd = mkstemp(path);

    check_memory(data, size);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
    check_tree(path);
    check_ahead(path);
    unlink(path);
    return 0;
}
