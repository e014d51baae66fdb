/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/plan.h"

#include <string.h>
#include <strings.h>

static bool ends_url(char c)
{
    return (unsigned char)c <= ' ' || strchr("\"'<>`", c);
}

static bool names_secret(rkb_sv name)
{
    static const char *const names[] = {
        "token",  "access_token", "auth_token", "key",    "api_key", "api-key",
        "apikey", "password",     "passwd",     "secret", "auth",
    };

    for (size_t i = 0; i < RKB_COUNT(names); i++)
        if (strlen(names[i]) == name.len &&
            strncasecmp(names[i], name.at, name.len) == 0)
            return true;
    return false;
}

/* From behind "://" to the end of the URL. */
static bool url_has_secret(rkb_sv rest)
{
    rkb_sv query = { 0 }, part;

    for (size_t i = 0; i < rest.len; i++)
        if (ends_url(rest.at[i]))
            rest.len = i;
    for (size_t i = 0; i < rest.len && !strchr("/?#", rest.at[i]); i++)
        if (rest.at[i] == '@')
            return true;
    for (size_t i = 0; i < rest.len && !query.at; i++)
        if (rest.at[i] == '?')
            query = (rkb_sv){ rest.at + i + 1, rest.len - i - 1 };
    while (query.at && rkb_sv_split(&query, '&', &part)) {
        rkb_sv value = part, name;

        if (rkb_sv_split(&value, '=', &name) && value.at && value.len &&
            names_secret(name))
            return true;
    }
    return false;
}

bool rkb_has_secret(rkb_sv text, size_t *offset)
{
    size_t at = 0;

    while (at + 3 <= text.len) {
        const char *found = memmem(text.at + at, text.len - at, "://", 3);

        if (!found)
            return false;
        at = (size_t)(found - text.at) + 3;
        if (url_has_secret((rkb_sv){ text.at + at, text.len - at })) {
            if (offset)
                *offset = at - 3;
            return true;
        }
    }
    return false;
}
