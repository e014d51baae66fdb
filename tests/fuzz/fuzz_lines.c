/* SPDX-License-Identifier: Apache-2.0 */
/* Lines agree with a plain search for newlines, also where the text is longer
 * than the reader's buffer. The first byte of the input chooses the limit of
 * a line and how often the rest is repeated. */
#include "base/buf.h"
#include "base/io/lines.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(rkb_sv text, size_t max_bytes)
{
    struct rkb_lines in = { .max_bytes = max_bytes };
    struct rkb_stream *s = NULL;
    struct rkb_err err = { 0 };
    size_t at = 0, n = 0;
    rkb_sv line;

    if (text.len >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
        at = 3;
    rkb_stream_from_memory(&s, text.at, text.len);
    rkb_lines_from(&in, s);
    while (rkb_lines_next(&in, &line)) {
        const char *end = memchr(text.at + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.at) - at : text.len - at;

        assert(in.line_no == ++n && in.offset == at);
        assert(line.len == len && len <= max_bytes);
        assert(memcmp(line.at, text.at + at, len) == 0);
        at += len + 1;
    }
    if (rkb_lines_status(&in, &err)) {
        const char *end = memchr(text.at + at, '\n', text.len - at);

        assert(err.code == RKB_E_LIMIT);
        assert((size_t)((end ? end : text.at + text.len) - text.at) - at >
               max_bytes);
    } else {
        assert(at >= text.len);
    }
    rkb_lines_close(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rkb_buf text = { 0 };
    size_t times;

    if (size < 2)
        return 0;
    times = data[0] % 4 == 3 ? 300000 / (size - 1) : data[0] % 4;
    if (times > 50000)
        times = 50000;
    for (size_t i = 0; i < times; i++)
        rkb_buf_add(&text, data + 1, size - 1);
    check(text.at ? rkb_buf_view(&text) : (rkb_sv){ "", 0 },
          data[0] & 4 ? (size_t)data[0] >> 3 | 1 : RKB_LINE_LIMIT);
    rkb_buf_release(&text);
    return 0;
}
