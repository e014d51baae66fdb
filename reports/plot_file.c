/* SPDX-License-Identifier: Apache-2.0 */
/* Figures as files: the data, the script, and what gnuplot draws. */
#include "reports/plot.h"

#include "base/clock.h"
#include "base/io/file.h"
#include "base/io/proc.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PICTURE_BYTES ((size_t)64 << 20)
#define DRAW_NS (INT64_C(60) * 1000000000)

/* ---- data ------------------------------------------------------------------ */

/* gnuplot has quotes and comments of its own. */
static void data_text(struct rkb_buf *out, rkb_sv text)
{
    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        uint32_t c = rkb_sv_code_point(text, &i);

        if (c == '"')
            rkb_buf_char(out, '\'');
        else if (c < 0x20 || c == 0x7F || (c == 0xFFFD && i == from + 1))
            rkb_buf_char(out, '?');
        else
            rkb_buf_sv(out, (rkb_sv){ text.at + from, i - from });
    }
}

/* The columns that are numbers (or are not), at the heads or in a row. */
static void data_part(const struct rkb_table *t, const rkb_sv *cells,
                      bool numbers, bool *first, struct rkb_buf *out)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        rkb_sv text = cells ? cells[c] : rkb_sv_of(t->columns[c].name);

        if (t->columns[c].number != numbers)
            continue;
        if (!*first)
            rkb_buf_char(out, '\t');
        *first = false;
        if (text.len)
            data_text(out, text);
        else
            rkb_buf_text(out, numbers ? "NaN" : "-");
    }
}

static void data_line(const struct rkb_table *t, const rkb_sv *cells,
                      struct rkb_buf *out)
{
    bool first = true;

    data_part(t, cells, true, &first, out);
    data_part(t, cells, false, &first, out);
    rkb_buf_char(out, '\n');
}

void rkb_plot_data(const struct rkb_doc *doc, struct rkb_buf *out)
{
    for (size_t i = 0; i < doc->n_tables; i++) {
        const struct rkb_table *t = doc->tables[i];

        if (i)
            rkb_buf_text(out, "\n\n");
        rkb_buf_printf(out, "# %zu: ", i);
        data_text(out, rkb_sv_of(t->title));
        rkb_buf_text(out, "\n# ");
        data_line(t, NULL, out);
        for (size_t r = 0; r < rkb_table_rows(t); r++)
            data_line(t, t->cells + r * t->n_columns, out);
    }
}

/* ---- script ---------------------------------------------------------------- */

/* SVG has no resolution; PNG has 300 dots an inch. */
static const struct rkb_picture_format formats[] = { { "svg" }, { "png" } };

const struct rkb_picture_format *rkb_picture_format_find(rkb_sv name)
{
    for (size_t i = 0; i < RKB_COUNT(formats); i++)
        if (rkb_sv_is(name, formats[i].name))
            return &formats[i];
    return NULL;
}

/* An id in XML. */
static void add_id(struct rkb_buf *out, const char *stem)
{
    rkb_buf_text(out, "rkb_");
    for (; *stem; stem++) {
        char c = *stem;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9');

        rkb_buf_char(out, plain ? c : '_');
    }
}

static void add_name(struct rkb_buf *out, const char *key, const char *stem,
                     const char *ending)
{
    struct rkb_buf name = { 0 };

    rkb_buf_printf(&name, "%s.%s", stem, ending);
    rkb_buf_text(out, key);
    rkb_plot_quote(out, name.at);
    rkb_buf_char(out, '\n');
    rkb_buf_release(&name);
}

void rkb_plot_script(const struct rkb_doc *doc, const char *stem,
                     const struct rkb_picture_format *format,
                     struct rkb_buf *out)
{
    rkb_buf_text(out, "# Made by rerankbench; gnuplot 5 or later draws it, in "
                      "this folder.\nset encoding utf8\n");
    if (format == &formats[0]) {
        rkb_buf_printf(out,
                       "set terminal svg size %d,%d noenhanced "
                       "background rgb 'white' font 'sans-serif,10' name '",
                       doc->width, doc->height);
        add_id(out, stem);
        rkb_buf_text(out, "'\n");
    } else {
        rkb_buf_printf(out,
                       "set terminal pngcairo size %d,%d noenhanced "
                       "font 'sans-serif,10' fontscale 2.25 lw 3 ps 3\n",
                       3 * doc->width, 3 * doc->height);
    }
    add_name(out, "set output ", stem, format->name);
    add_name(out, "data = ", stem, "dat");
    rkb_buf_text(out, "set datafile separator tab\n");
    rkb_buf_text(out, doc->script);
    rkb_buf_text(out, "unset output\n");
}

/* ---- picture --------------------------------------------------------------- */

/* Its last argument has gnuplot say that it came to the end: an error in the
 * script ends it before. */
static enum rkb_status run_gnuplot(const char *folder, const char *script,
                                   bool *started, struct rkb_err *err)
{
    struct rkb_buf cd = { 0 };
    struct rkb_proc *p = NULL;
    int64_t until = rkb_clock_now() + DRAW_NS;
    bool drawn = false;
    rkb_sv line;

    rkb_buf_text(&cd, "cd ");
    rkb_plot_quote(&cd, folder);
    const char *argv[] = { "gnuplot",
                           "-d",
                           "-e",
                           cd.at,
                           script,
                           "-e",
                           "set print '-'; print 'drawn'",
                           NULL };
    enum rkb_status rc = rkb_proc_open(&p, argv, 4096, err);

    *started = rc == RKB_OK;
    while (!rc && rkb_proc_ended(p) == RKB_PROC_RUNS &&
           rkb_clock_now() < until) {
        struct pollfd fds[RKB_PROC_FDS];

        rkb_proc_watch(p, fds);
        poll(fds, RKB_PROC_FDS, 100);
        rkb_proc_step(p);
        while (rkb_proc_line(p, &line))
            drawn |= rkb_sv_is(line, "drawn");
    }
    if (!rc && !drawn) {
        char status[80];

        rkb_proc_settle(p, rkb_clock_now() + 1000000000);
        rkb_proc_status(p, status, sizeof status);
        line = rkb_proc_stderr_line(p, 0);
        rc = rkb_fail(err, RKB_E_IO, "gnuplot %s: %.*s", status, (int)line.len,
                      line.at ? line.at : "");
    }
    rkb_proc_close(p, 0, NULL);
    rkb_buf_release(&cd);
    return rc;
}

enum rkb_status rkb_plot_check_stem(const char *stem, struct rkb_err *err)
{
    struct rkb_buf quoted = { 0 }, plain = { 0 };
    bool same;

    rkb_plot_quote(&quoted, stem);
    rkb_buf_char(&plain, '\'');
    for (const char *c = stem; *c; c++)
        rkb_buf_text(&plain, *c == '\'' ? "''" : (char[]){ *c, 0 });
    rkb_buf_char(&plain, '\'');
    same = *stem && !strchr(stem, '/') &&
           rkb_sv_eq(rkb_buf_view(&quoted), rkb_buf_view(&plain));
    rkb_buf_release(&quoted);
    rkb_buf_release(&plain);
    return same ? RKB_OK
                : rkb_fail(err, RKB_E_USAGE,
                           "a gnuplot script cannot hold the file name '%s'",
                           stem);
}

/* What is made in a folder of its own before it is where it was asked for. */
struct workshop {
    char *folder, *script, *data, *picture; /* paths */
};

static void open_workshop(struct rkb_arena *a, const char *stem,
                          const struct rkb_picture_format *format,
                          struct workshop *w)
{
    const char *root = getenv("TMPDIR");

    w->folder =
        rkb_path_join(a, root && *root ? root : "/tmp", "rerankbench.XXXXXX");
    if (!mkdtemp(w->folder)) {
        w->script = NULL;
        return;
    }
    w->script = rkb_arena_printf(a, "%s/%s.gp", w->folder, stem);
    w->data = rkb_arena_printf(a, "%s/%s.dat", w->folder, stem);
    w->picture = rkb_arena_printf(a, "%s/%s.%s", w->folder, stem, format->name);
}

static void close_workshop(const struct workshop *w)
{
    unlink(w->script);
    unlink(w->data);
    unlink(w->picture);
    rmdir(w->folder);
}

enum rkb_status rkb_plot_write(const struct rkb_doc *doc, const char *folder,
                               const char *stem,
                               const struct rkb_picture_format *format,
                               struct rkb_err *err)
{
    struct rkb_buf script = { 0 }, data = { 0 };
    struct rkb_arena a = { 0 };
    enum rkb_status rc;

    rkb_plot_script(doc, stem, format, &script);
    rkb_plot_data(doc, &data);
    rc = rkb_file_write(rkb_arena_printf(&a, "%s/%s.gp", folder, stem),
                        rkb_buf_view(&script), err);
    if (!rc)
        rc = rkb_file_write(rkb_arena_printf(&a, "%s/%s.dat", folder, stem),
                            rkb_buf_view(&data), err);
    rkb_buf_release(&script);
    rkb_buf_release(&data);
    rkb_arena_release(&a);
    return rc;
}

enum rkb_status rkb_plot_draw(struct rkb_arena *a, const struct rkb_doc *doc,
                              const char *stem,
                              const struct rkb_picture_format *format,
                              rkb_sv *picture, struct rkb_err *err)
{
    struct workshop w;
    enum rkb_status rc;
    bool started = true;

    *picture = (rkb_sv){ 0 };
    open_workshop(a, stem, format, &w);
    if (!w.script)
        return rkb_fail(err, RKB_E_IO, "cannot make '%s': %s", w.folder,
                        strerror(errno));
    rc = rkb_plot_write(doc, w.folder, stem, format, err);
    if (!rc)
        rc = run_gnuplot(w.folder, rkb_arena_printf(a, "./%s.gp", stem),
                         &started, err);
    if (!rc)
        rc = rkb_file_read(a, w.picture, PICTURE_BYTES, picture, err);
    close_workshop(&w);
    return started ? rc : RKB_OK;
}
