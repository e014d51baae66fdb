/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "base/sv.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void rkb_printable(char *text, bool cut)
{
    rkb_sv all = rkb_sv_of(text);
    size_t i = 0;

    while (i < all.len) {
        size_t from = i;
        uint32_t c = rkb_sv_code_point(all, &i);
        bool malformed = c == 0xFFFD && i - from == 1;

        if (cut && malformed && all.len - from < 4 &&
            (unsigned char)text[from] >= 0xC2) {
            text[from] = '\0';
            return;
        }
        /* U+0080 to U+009F are control codes to a terminal as well. */
        if (malformed || c < 0x20 || (c >= 0x7F && c < 0xA0))
            memset(text + from, '?', i - from);
    }
}

enum rkb_status rkb_fail(struct rkb_err *err, enum rkb_status code,
                         const char *fmt, ...)
{
    struct rkb_err next = { .code = code };
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(next.msg, sizeof(next.msg), fmt, args);
    va_end(args);
    rkb_printable(next.msg, n >= (int)sizeof(next.msg));
    *err = next;
    return code;
}

enum rkb_status rkb_wrap(struct rkb_err *err, const char *fmt, ...)
{
    char prefix[RKB_ERR_PREFIX_MAX + 1];
    struct rkb_err next = { .code = err->code };
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(prefix, sizeof(prefix), fmt, args);
    va_end(args);
    rkb_printable(prefix, n >= (int)sizeof(prefix));
    n = snprintf(next.msg, sizeof(next.msg), "%s: %s", prefix, err->msg);
    rkb_printable(next.msg, n >= (int)sizeof(next.msg));
    *err = next;
    return err->code;
}

int rkb_exit_code(enum rkb_status rc)
{
    if (rc == RKB_E_LIMIT)
        return RKB_E_DATA;
    return rc == RKB_E_REFUSED ? RKB_E_IO : (int)rc;
}
