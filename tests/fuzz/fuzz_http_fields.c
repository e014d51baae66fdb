/* SPDX-License-Identifier: Apache-2.0 */
/* A date that is read is the same when written again, and a header's value
 * lies in the headers, without a line break and blanks around it. */
#include "base/io/http.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_date(rkb_sv text)
{
    int64_t seconds, again;
    char line[64];
    struct tm parts;
    time_t at;

    if (!rkb_http_date(text, &seconds))
        return;
    at = (time_t)seconds;
    demand(gmtime_r(&at, &parts) != NULL);
    demand(strftime(line, sizeof(line), "%a, %d %b %Y %T GMT", &parts) > 0);
    if (parts.tm_year + 1900 < 1000 || parts.tm_year + 1900 > 9999)
        return; /* written with another number of digits */
    demand(rkb_http_date(rkb_sv_of(line), &again) && again == seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct rkb_http_reply reply = { .headers = { (const char *)data,
                                                       size } };
    rkb_sv value = rkb_http_header(&reply, "retry-after");

    check_date((rkb_sv){ (const char *)data, size });
    if (!value.at)
        return 0;
    demand(value.at >= reply.headers.at);
    demand(value.at + value.len <= reply.headers.at + size);
    demand(!memchr(value.at, '\n', value.len));
    demand(rkb_sv_trim(value).len == value.len);
    check_date(value);
    return 0;
}
