/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong with any line, id and text. */
#include "base/mem.h"
#include "datasets/record.h"
#include "harness/lint/lint_impl.h"

#include <string.h>

bool rkb_lint_next(struct rkb_lint *l, struct rkb_lint_walk *w, rkb_sv *line)
{
    size_t bad;

    while (rkb_lines_next(&w->in, line)) {
        l->line = w->in.line_no;
        if (line->len && line->at[line->len - 1] == '\r') {
            if (!w->n_cr++)
                w->first_cr = l->line;
            line->len--;
        }
        if (rkb_sv_is_utf8(*line, &bad))
            return true;
        rkb_lint_at(l, RKB_LINT_UTF8, l->line, "invalid UTF-8 at byte %zu",
                    bad + 1);
    }
    return false;
}

void rkb_lint_walk_end(struct rkb_lint *l, struct rkb_lint_walk *w)
{
    struct rkb_err err = { 0 };

    if (rkb_lines_status(&w->in, &err))
        rkb_lint_at(l, RKB_LINT_BROKEN, 0, "%s", err.msg);
    else if (!w->in.line_no)
        rkb_lint_at(l, RKB_LINT_BROKEN, 0, "the file is empty");
    if (w->n_cr)
        rkb_lint_at(l, RKB_LINT_CRLF, w->first_cr,
                    "%zu of %zu lines end in CR LF", w->n_cr, w->in.line_no);
    rkb_lines_close(&w->in);
}

void rkb_lint_separators(struct rkb_lint *l, struct rkb_lint_walk *w,
                         rkb_sv line)
{
    bool tab = line.len && memchr(line.at, '\t', line.len);

    *(tab ? &w->n_tabs : &w->n_blanks) += 1;
    if (w->n_tabs && w->n_blanks && !w->mixed) {
        rkb_lint_at(l, RKB_LINT_MIXED, l->line,
                    "fields are parted by %s here and by %s before",
                    tab ? "tabs" : "blanks", tab ? "blanks" : "tabs");
        w->mixed = true;
    }
}

bool rkb_lint_id(struct rkb_lint *l, rkb_sv raw, const char *what, rkb_sv *id)
{
    struct rkb_err err = { 0 };

    if (rkb_record_id(raw, what, id, &err)) {
        rkb_lint_at(l, RKB_LINT_LINE, l->line, "%s", err.msg);
        return false;
    }
    if (id->len != raw.len)
        rkb_lint_at(l, RKB_LINT_PADDED, l->line, "blanks around %s '%.*s'",
                    what, RKB_LINT_SV(*id));
    return true;
}

void rkb_lint_id_kind(struct rkb_lint *l, struct rkb_lint_walk *w, bool number)
{
    int kind = number ? 1 : 2;

    if (w->id_kind == 0)
        w->id_kind = kind;
    if (w->id_kind < 0 || w->id_kind == kind)
        return;
    rkb_lint_at(l, RKB_LINT_ID_TYPES, l->line,
                "the id is a JSON %s here, and a %s before",
                number ? "number" : "string", number ? "string" : "number");
    w->id_kind = -1;
}

/* The two bytes of a UTF-8 letter read as Latin-1 or Windows-1252, and what is
 * left where a decoder gave up. A capital letter with tilde or circumflex and
 * then a control character, a sign or a no-break space spell no word. */
static bool garbled(uint32_t c, uint32_t next)
{
    if (c == 0xFFFD)
        return true;
    if (c == 0xC3)
        return (next >= 0x80 && next <= 0xBF) || next == 0x20AC ||
               next == 0x2122 || next == 0x0192 || next == 0x201E;
    if (c == 0xC2)
        return (next >= 0x80 && next <= 0xBF);
    return c == 0xE2 && (next == 0x20AC || next == 0x80);
}

void rkb_lint_text(struct rkb_lint *l, rkb_sv text, const char *what, rkb_sv id,
                   size_t longest)
{
    bool control = false, mojibake = false;
    uint32_t before = 0;

    if (text.len > longest)
        rkb_lint_at(l, RKB_LINT_LONG, l->line,
                    "%s '%.*s' has %zu bytes (more than %zu)", what,
                    RKB_LINT_SV(id), text.len, longest);
    for (size_t i = 0; i < text.len && !(control && mojibake);) {
        uint32_t c = rkb_sv_code_point(text, &i);

        control = control || c == 0x7F ||
                  (c < 0x20 && c != '\t' && c != '\n' && c != '\r');
        mojibake = mojibake || garbled(before, c) || c == 0xFFFD;
        before = c;
    }
    if (control)
        rkb_lint_at(l, RKB_LINT_CONTROL, l->line,
                    "a control character in %s '%.*s'", what, RKB_LINT_SV(id));
    if (mojibake)
        rkb_lint_at(l, RKB_LINT_MOJIBAKE, l->line,
                    "%s '%.*s' holds text in the wrong encoding", what,
                    RKB_LINT_SV(id));
}
