/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the fields of a reply; no libcurl. */
#include "base/io/http.h"

#include "base/err.h"

#include <string.h>
#include <strings.h>
#include <time.h>

rkb_sv rkb_http_header(const struct rkb_http_reply *reply, const char *name)
{
    size_t n = strlen(name);
    rkb_sv rest = reply->headers, line, found = { 0 };

    while (rkb_sv_split(&rest, '\n', &line)) {
        if (line.len > n && line.at[n] == ':' &&
            strncasecmp(line.at, name, n) == 0)
            found = rkb_sv_trim((rkb_sv){ line.at + n + 1, line.len - n - 1 });
    }
    return found;
}

int64_t rkb_http_time_of(const struct rkb_http_reply *reply, size_t offset)
{
    size_t lo = 0, hi = reply->n_marks;

    if (offset >= reply->body.len)
        return 0;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (reply->marks[mid].offset <= offset)
            lo = mid;
        else
            hi = mid;
    }
    return hi ? reply->marks[lo].at_ns : 0;
}

/* ---- dates ------------------------------------------------------------- */

static const char *const days[] = { "Sunday",    "Monday",   "Tuesday",
                                    "Wednesday", "Thursday", "Friday",
                                    "Saturday" };
static const char *const months[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

/* Takes `text` from the front of *rest. */
static bool take(rkb_sv *rest, const char *text)
{
    size_t n = strlen(text);

    if (!rkb_sv_starts(*rest, text))
        return false;
    *rest = (rkb_sv){ rest->at + n, rest->len - n };
    return true;
}

static bool take_digits(rkb_sv *rest, size_t n, int *out)
{
    int value = 0;

    if (rest->len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = rest->at[i];

        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *rest = (rkb_sv){ rest->at + n, rest->len - n };
    *out = value;
    return true;
}

static bool take_day(rkb_sv *rest, bool whole)
{
    for (size_t i = 0; i < RKB_COUNT(days); i++) {
        char name[16] = "";

        memcpy(name, days[i], whole ? strlen(days[i]) : 3);
        if (take(rest, name))
            return true;
    }
    return false;
}

static bool take_month(rkb_sv *rest, int *out)
{
    for (size_t i = 0; i < RKB_COUNT(months); i++) {
        if (take(rest, months[i])) {
            *out = (int)i;
            return true;
        }
    }
    return false;
}

static bool take_time(rkb_sv *rest, struct tm *t)
{
    return take_digits(rest, 2, &t->tm_hour) && take(rest, ":") &&
           take_digits(rest, 2, &t->tm_min) && take(rest, ":") &&
           take_digits(rest, 2, &t->tm_sec);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool read_fixed(rkb_sv text, struct tm *t)
{
    return take_day(&text, false) && take(&text, ", ") &&
           take_digits(&text, 2, &t->tm_mday) && take(&text, " ") &&
           take_month(&text, &t->tm_mon) && take(&text, " ") &&
           take_digits(&text, 4, &t->tm_year) && take(&text, " ") &&
           take_time(&text, t) && rkb_sv_is(text, " GMT");
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool read_rfc850(rkb_sv text, struct tm *t)
{
    bool ok = take_day(&text, true) && take(&text, ", ") &&
              take_digits(&text, 2, &t->tm_mday) && take(&text, "-") &&
              take_month(&text, &t->tm_mon) && take(&text, "-") &&
              take_digits(&text, 2, &t->tm_year) && take(&text, " ") &&
              take_time(&text, t) && rkb_sv_is(text, " GMT");

    t->tm_year += t->tm_year < 70 ? 2000 : 1900;
    return ok;
}

/* Sun Nov  6 08:49:37 1994 */
static bool read_asctime(rkb_sv text, struct tm *t)
{
    return take_day(&text, false) && take(&text, " ") &&
           take_month(&text, &t->tm_mon) && take(&text, " ") &&
           (take(&text, " ") ? take_digits(&text, 1, &t->tm_mday)
                             : take_digits(&text, 2, &t->tm_mday)) &&
           take(&text, " ") && take_time(&text, t) && take(&text, " ") &&
           take_digits(&text, 4, &t->tm_year) && text.len == 0;
}

bool rkb_http_date(rkb_sv text, int64_t *seconds)
{
    struct tm t = { 0 };
    int day, month, leap;

    if (!read_fixed(text, &t) && !read_rfc850(text, &t) &&
        !read_asctime(text, &t))
        return false;
    if (t.tm_hour > 23 || t.tm_min > 59 || t.tm_sec > 60)
        return false;
    leap = t.tm_sec == 60;
    t.tm_sec -= leap;
    t.tm_year -= 1900;
    day = t.tm_mday;
    month = t.tm_mon;
    *seconds = (int64_t)timegm(&t) + leap;
    return t.tm_mday == day && t.tm_mon == month; /* 31 Feb would move them */
}
