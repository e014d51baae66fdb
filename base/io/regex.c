/* SPDX-License-Identifier: Apache-2.0 */
/* The door to PCRE2. */
#include "base/io/regex.h"

#include "base/mem.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define HEAP_KIB 65536u /* of backtracking, a call */

struct rkb_regex {
    pcre2_general_context *memory;
    pcre2_code *code;
};

static void *take(PCRE2_SIZE n, void *ctx)
{
    (void)ctx;
    return rkb_resize(NULL, n, 1);
}

static void give(void *p, void *ctx)
{
    (void)ctx;
    rkb_free(p);
}

/* The classes as Python's re has them, which most patterns are written for:
 * Unicode's, and only \n ends a line. \C would cut characters in two. Callouts
 * are there to count steps: PCRE2's own limit starts anew at each character
 * of the text, and a run such as a* is no step at all. */
static enum rkb_status compile(struct rkb_regex *r, rkb_sv pattern,
                               struct rkb_err *err)
{
    const uint32_t options =
        PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
    pcre2_compile_context *how = pcre2_compile_context_create(r->memory);
    unsigned char why[128];
    PCRE2_SIZE at;
    int code;

    pcre2_set_newline(how, PCRE2_NEWLINE_LF);
    r->code = pcre2_compile((PCRE2_SPTR)(pattern.at ? pattern.at : ""),
                            pattern.len, options, &code, &at, how);
    pcre2_compile_context_free(how);
    if (r->code)
        return RKB_OK;
    pcre2_get_error_message(code, why, sizeof(why));
    return rkb_fail(err, RKB_E_USAGE, "%s at offset %zu of pattern '%.*s'", why,
                    (size_t)at, pattern.len > 200 ? 200 : (int)pattern.len,
                    pattern.len ? pattern.at : "");
}

enum rkb_status rkb_regex_open(struct rkb_regex **out, rkb_sv pattern,
                               struct rkb_err *err)
{
    struct rkb_regex *r;
    enum rkb_status rc;

    *out = NULL;
    if (pattern.len > RKB_REGEX_PATTERN)
        return rkb_fail(err, RKB_E_LIMIT,
                        "pattern of %zu bytes is longer than %zu", pattern.len,
                        RKB_REGEX_PATTERN);
    r = rkb_new(1, sizeof(*r));
    r->memory = pcre2_general_context_create(take, give, NULL);
    rc = compile(r, pattern, err);
    if (rc) {
        rkb_regex_close(r);
        return rc;
    }
    *out = r;
    return RKB_OK;
}

void rkb_regex_close(struct rkb_regex *r)
{
    if (!r)
        return;
    pcre2_code_free(r->code);
    pcre2_general_context_free(r->memory);
    rkb_free(r);
}

struct steps {
    size_t n, at;
};

/* Before each item of the pattern: one step, and one for each byte that was
 * passed or given back since. */
static int count_steps(pcre2_callout_block *block, void *ctx)
{
    struct steps *s = ctx;
    size_t at = block->current_position;

    s->n += 1 + (at > s->at ? at - s->at : s->at - at);
    s->at = at;
    return s->n > RKB_REGEX_STEPS ? PCRE2_ERROR_CALLOUT : 0;
}

static bool gave_up(int code)
{
    return code < 0 && code != PCRE2_ERROR_NOMATCH &&
           code != PCRE2_ERROR_BADUTFOFFSET &&
           !(code <= PCRE2_ERROR_UTF8_ERR1 && code >= PCRE2_ERROR_UTF8_ERR21);
}

static int match(const struct rkb_regex *r, rkb_sv text, size_t pos,
                 pcre2_match_data *found)
{
    pcre2_match_context *how = pcre2_match_context_create(r->memory);
    struct steps steps = { .at = pos };
    int code;

    pcre2_set_match_limit(how, RKB_REGEX_STEPS);
    pcre2_set_depth_limit(how, RKB_REGEX_STEPS);
    pcre2_set_heap_limit(how, HEAP_KIB);
    pcre2_set_callout(how, count_steps, &steps);
    code = pcre2_match(r->code, (PCRE2_SPTR)(text.at ? text.at : ""), text.len,
                       pos, 0, found, how);
    pcre2_match_context_free(how);
    return code;
}

static rkb_sv span(rkb_sv text, const PCRE2_SIZE *ends)
{
    if (!text.at || ends[0] == PCRE2_UNSET || ends[0] > ends[1])
        return (rkb_sv){ 0 };
    return (rkb_sv){ text.at + ends[0], ends[1] - ends[0] };
}

bool rkb_regex_next(const struct rkb_regex *r, rkb_sv text, size_t *pos,
                    rkb_sv *whole, rkb_sv *group, bool *exceeded)
{
    pcre2_match_data *found;
    const PCRE2_SIZE *ends;
    int code;

    if (exceeded)
        *exceeded = false;
    if (*pos > text.len)
        return false;
    found = pcre2_match_data_create_from_pattern(r->code, r->memory);
    code = match(r, text, *pos, found);
    if (exceeded)
        *exceeded = gave_up(code);
    if (code > 0) {
        size_t end;

        ends = pcre2_get_ovector_pointer(found);
        if (whole)
            *whole = span(text, ends);
        if (group)
            *group = span(text,
                          pcre2_get_ovector_count(found) > 1 ? ends + 2 : ends);
        end = ends[1];
        if (ends[0] >= end || end <= *pos) {
            end = end > *pos ? end : *pos;
            if (end < text.len)
                rkb_sv_code_point(text, &end);
            else
                end++;
        }
        *pos = end;
    }
    pcre2_match_data_free(found);
    return code > 0;
}
