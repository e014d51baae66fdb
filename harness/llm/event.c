/* SPDX-License-Identifier: Apache-2.0 */
/* Source: WHATWG HTML, "Server-sent events", interpreting an event stream. */
#include "harness/llm/dialect.h"

#include <string.h>

/* The line at *pos, which moves behind its end (LF, CR or CRLF). A CR that is
 * the last byte ends its line; the LF that may still come is passed over by
 * the next call, which sees the CR before its position. */
static bool next_line(rkb_sv body, size_t *pos, rkb_sv *line)
{
    size_t i = *pos, end;

    if (i > 0 && i < body.len && body.at[i] == '\n' && body.at[i - 1] == '\r')
        i++;
    for (end = i; end < body.len; end++)
        if (body.at[end] == '\n' || body.at[end] == '\r')
            break;
    if (end >= body.len)
        return false;
    *line = (rkb_sv){ body.at + i, end - i };
    *pos = end + 1;
    return true;
}

/* What follows "data:" and one blank; false for every other line. */
static bool is_data(rkb_sv line, rkb_sv *value)
{
    if (!rkb_sv_starts(line, "data"))
        return false;
    *value = (rkb_sv){ line.at + 4, line.len - 4 };
    if (!value->len)
        return true;
    if (value->at[0] != ':')
        return false;
    value->at++, value->len--;
    if (value->len && value->at[0] == ' ')
        value->at++, value->len--;
    return true;
}

/* The data lines of the event between two positions; the views are whole
 * lines, so the second pass finds what the first one counted. */
static rkb_sv join(struct rkb_arena *a, rkb_sv body, size_t from, size_t to,
                   size_t bytes)
{
    char *text = rkb_arena_new(a, bytes, 1);
    bool second = false;
    size_t len = 0;
    rkb_sv line, value;

    while (from < to && next_line(body, &from, &line)) {
        if (!is_data(line, &value))
            continue;
        if (second)
            text[len++] = '\n';
        second = true;
        memcpy(text + len, value.at, value.len);
        len += value.len;
    }
    return (rkb_sv){ text, len };
}

static bool next_ndjson(rkb_sv body, size_t *pos, rkb_sv *data, size_t *offset)
{
    rkb_sv line;

    while (next_line(body, pos, &line)) {
        if (!rkb_sv_trim(line).len)
            continue;
        *data = line;
        *offset = (size_t)(line.at - body.at);
        return true;
    }
    return false;
}

bool rkb_event_next(struct rkb_arena *a, rkb_sv body, bool ndjson, size_t *pos,
                    rkb_sv *data, size_t *offset)
{
    size_t at, start, bytes = 0, n_lines = 0;
    rkb_sv line, value, first = { 0 };

    if (*pos == 0 && rkb_sv_starts(body, "\xef\xbb\xbf"))
        *pos = 3;
    if (ndjson)
        return next_ndjson(body, pos, data, offset);
    at = start = *pos;
    while (next_line(body, &at, &line)) {
        if (line.len == 0 && bytes == n_lines) { /* nothing in its data */
            *pos = start = at;
            bytes = n_lines = 0;
        } else if (line.len == 0) {
            *pos = at;
            *data = n_lines == 1 ? first : join(a, body, start, at, bytes);
            return true;
        } else if (is_data(line, &value)) {
            if (n_lines++ == 0) {
                first = value;
                *offset = (size_t)(line.at - body.at);
            }
            bytes += value.len + 1;
        }
    }
    return false;
}
