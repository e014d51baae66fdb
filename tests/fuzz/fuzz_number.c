/* SPDX-License-Identifier: Apache-2.0 */
/* A number that is taken is what strtod and strtoll make of it, and reads
 * back from its canonical text as the same bits. */
#include "base/buf.h"
#include "base/sv.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_double(rkb_sv text, const char *cstr)
{
    double value = 0.0, again = 1.0;
    struct rkb_buf out = { 0 };
    double want;
    char *end;

    if (!rkb_sv_to_double(text, &value))
        return;
    want = strtod(cstr, &end);
    demand(end == cstr + text.len);
    demand(memcmp(&want, &value, sizeof(want)) == 0);
    rkb_buf_real(&out, value);
    demand(rkb_sv_to_double(rkb_buf_view(&out), &again) && again == value);
    rkb_buf_release(&out);
}

static void check_whole(rkb_sv text, const char *cstr)
{
    int64_t value = 0;
    char *end;

    if (!rkb_sv_to_i64(text, INT64_MIN, INT64_MAX, &value))
        return;
    errno = 0;
    demand(strtoll(cstr, &end, 10) == value && errno == 0);
    demand(end == cstr + text.len);
    demand(rkb_sv_to_i64(text, value, value, &value));
    if (value > INT64_MIN)
        demand(!rkb_sv_to_i64(text, INT64_MIN, value - 1, &value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rkb_sv text = { (const char *)data, size };
    char *cstr = malloc(size + 1);

    demand(cstr != NULL);
    memcpy(cstr, data, size);
    cstr[size] = '\0';
    check_double(text, cstr);
    check_whole(text, cstr);
    free(cstr);
    return 0;
}
