/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a TREC run, read by the rules and at leisure; trec_run.c reads
 * the common shape of a line itself and comes here for every other. */
#include "runs/trec_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NUMBER = 400 };

static bool is_integer(rkb_sv s)
{
    size_t i = s.len && (s.at[0] == '-' || s.at[0] == '+');

    if (i == s.len)
        return false;
    for (; i < s.len; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return true;
}

/* All that strtod reads to the end, infinities too; NaN is told apart. */
static bool to_score(rkb_sv s, double *out)
{
    char copy[MAX_NUMBER + 1], *end;

    if (!s.len || s.len > MAX_NUMBER || memchr(s.at, 0, s.len))
        return false;
    memcpy(copy, s.at, s.len);
    copy[s.len] = 0;
    *out = strtod(copy, &end);
    return end == copy + s.len;
}

/* Last run of non-blank bytes of *rest, which loses it. */
static rkb_sv last_word(rkb_sv *rest)
{
    rkb_sv trimmed = rkb_sv_trim(*rest);
    size_t at = trimmed.len;

    while (at > 0 && rkb_sv_trim((rkb_sv){ trimmed.at + at - 1, 1 }).len)
        at--;
    *rest = (rkb_sv){ trimmed.at, at };
    return (rkb_sv){ trimmed.at + at, trimmed.len - at };
}

/* *out is untouched when there is no such reading. */
static bool from_the_right(rkb_sv line, struct rkb_run_line *out)
{
    struct rkb_run_line got = { 0 };
    rkb_sv rest = line;

    got.qid = rkb_sv_word(&rest);
    rkb_sv_word(&rest);
    got.tag = last_word(&rest);
    got.score_text = last_word(&rest);
    got.rank = last_word(&rest);
    got.docid = rkb_sv_trim(rest);
    if (!got.docid.len || !is_integer(got.rank) ||
        !to_score(got.score_text, &got.score))
        return false;
    *out = got;
    return true;
}

/* *out is untouched when it is something else. */
static bool is_three(rkb_sv line, struct rkb_run_line *out)
{
    struct rkb_run_line got = { 0 };

    got.qid = rkb_sv_word(&line);
    got.docid = rkb_sv_word(&line);
    got.rank = rkb_sv_word(&line);
    if (!is_integer(got.rank) || rkb_sv_trim(line).len)
        return false;
    *out = got;
    return true;
}

enum rkb_run_line_kind rkb_run_line_parse(rkb_sv line, struct rkb_run_line *out,
                                          const char **why)
{
    rkb_sv rest = line;

    *out = (struct rkb_run_line){ 0 };
    *why = NULL;
    out->qid = rkb_sv_word(&rest);
    if (!out->qid.len || out->qid.at[0] == '#')
        return RKB_RUN_LINE_BLANK;
    rkb_sv_word(&rest);
    out->docid = rkb_sv_word(&rest);
    out->rank = rkb_sv_word(&rest);
    out->score_text = rkb_sv_word(&rest);
    out->tag = rkb_sv_word(&rest);
    bool longer = rkb_sv_trim(rest).len > 0;

    if (memchr(line.at, 0, line.len)) {
        *why = "a NUL byte";
        return RKB_RUN_LINE_BAD;
    }
    if (!out->tag.len) {
        *why = "fewer than six fields (qid Q0 docid rank score tag)";
        if (!is_three(line, out))
            return RKB_RUN_LINE_BAD;
        *why = "three fields (qid docid rank), not six (qid Q0 docid rank "
               "score tag)";
        return RKB_RUN_LINE_THREE;
    }
    bool number = to_score(out->score_text, &out->score);

    if (longer && !(number && is_integer(out->rank)) &&
        from_the_right(line, out))
        number = true;
    if (!number) {
        *why = "the score is not a number";
        return RKB_RUN_LINE_BAD;
    }
    if (isnan(out->score)) {
        *why = "the score is NaN";
        return RKB_RUN_LINE_BAD;
    }
    return RKB_RUN_LINE_OK;
}
