/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of formats: a sink that writes down what it is told, and
 * checks of what a file gives or says. */
#ifndef RKB_TESTS_FORMATS_FIXTURE_H
#define RKB_TESTS_FORMATS_FIXTURE_H

#include "base/buf.h"
#include "datasets/record.h"
#include "tests/io_fixture.h"

/* One line an event: "q Q1|text", "d D1|title|text", "g Q1|D1|2", "x Q1|D2",
 * "h Q1|D1|1|0.5". */
struct told {
    struct rkb_buf text;
    size_t n;
};

static void told_pair(struct told *t, char kind, rkb_sv a, rkb_sv b)
{
    t->n++;
    rkb_buf_printf(&t->text, "%c %.*s|%.*s", kind, (int)a.len, a.at, (int)b.len,
                   b.at);
}

static enum rkb_status told_query(void *ctx, rkb_sv qid, rkb_sv text,
                                  struct rkb_err *err)
{
    struct told *t = ctx;

    (void)err;
    told_pair(t, 'q', qid, text);
    rkb_buf_text(&t->text, "\n");
    return RKB_OK;
}

static enum rkb_status told_doc(void *ctx, rkb_sv docid, rkb_sv title,
                                rkb_sv text, struct rkb_err *err)
{
    struct told *t = ctx;

    (void)err;
    told_pair(t, 'd', docid, title);
    rkb_buf_printf(&t->text, "|%.*s\n", (int)text.len, text.at);
    return RKB_OK;
}

static enum rkb_status told_grade(void *ctx, rkb_sv qid, rkb_sv docid,
                                  int32_t grade, struct rkb_err *err)
{
    struct told *t = ctx;

    (void)err;
    told_pair(t, 'g', qid, docid);
    rkb_buf_printf(&t->text, "|%d\n", (int)grade);
    return RKB_OK;
}

static enum rkb_status told_exclude(void *ctx, rkb_sv qid, rkb_sv docid,
                                    struct rkb_err *err)
{
    struct told *t = ctx;

    (void)err;
    told_pair(t, 'x', qid, docid);
    rkb_buf_text(&t->text, "\n");
    return RKB_OK;
}

static enum rkb_status told_hit(void *ctx, rkb_sv qid, rkb_sv docid,
                                int64_t rank, double score, struct rkb_err *err)
{
    struct told *t = ctx;

    (void)err;
    told_pair(t, 'h', qid, docid);
    rkb_buf_printf(&t->text, "|%lld|", (long long)rank);
    if (isnan(score))
        rkb_buf_text(&t->text, "none\n");
    else
        rkb_buf_printf(&t->text, "%.17g\n", score);
    return RKB_OK;
}

TAP_UNUSED struct rkb_sink told_sink(struct told *t, unsigned parts)
{
    return (struct rkb_sink){
        .ctx = t,
        .on_query = parts & RKB_PART_QUERIES ? told_query : NULL,
        .on_doc = parts & RKB_PART_DOCS ? told_doc : NULL,
        .on_grade = parts & RKB_PART_GRADES ? told_grade : NULL,
        .on_exclude = parts & RKB_PART_EXCLUDES ? told_exclude : NULL,
        .on_hit = parts & RKB_PART_HITS ? told_hit : NULL,
    };
}

/* A file in the fixture's folder, with the folders on the way. */
TAP_UNUSED const char *fixture_deep(const char *name, const char *text)
{
    char path[512];

    for (const char *slash = strchr(name, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof(path), "%.*s", (int)(slash - name), name);
        mkdir(fixture_path(path), 0755);
    }
    return fixture_text(name, text);
}

/* `want` are all events; a spec "NAME:" before the path is kept. */
TAP_UNUSED void check_gives(const char *spec, unsigned parts, const char *split,
                            const char *want)
{
    struct told t = { 0 };
    const struct rkb_sink sink = told_sink(&t, parts);
    struct rkb_err err = { 0 };

    rkb_buf_text(&t.text, "");
    if (!CHECK(rkb_format_read(spec, parts, split, NULL, &sink, &err) ==
               RKB_OK))
        printf("# %s: %s\n", spec, err.msg);
    CHECK_STR(t.text.at ? t.text.at : "", want);
    rkb_buf_release(&t.text);
}

TAP_UNUSED void check_refused(const char *spec, unsigned parts,
                              const char *split, enum rkb_status code,
                              const char *says)
{
    struct told t = { 0 };
    const struct rkb_sink sink = told_sink(&t, parts);
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_format_read(spec, parts, split, NULL, &sink, &err), code);
    CHECK_EQ_INT(err.code, code);
    if (!CHECK(strstr(err.msg, says) != NULL))
        printf("# got  '%s'\n# want '%s' in it\n", err.msg, says);
    rkb_buf_release(&t.text);
}

#define BYTES(literal) (literal), sizeof(literal) - 1

/* A file of this content, read as `format`. */
TAP_UNUSED void check_bytes_refused(const char *format, unsigned parts,
                                    const void *at, size_t n,
                                    enum rkb_status code, const char *says)
{
    char spec[600];

    snprintf(spec, sizeof(spec), "%s:%s", format, fixture_file("bad", at, n));
    check_refused(spec, parts, NULL, code, says);
}

TAP_UNUSED void check_text_refused(const char *format, unsigned parts,
                                   const char *text, const char *says)
{
    check_bytes_refused(format, parts, text, strlen(text), RKB_E_DATA, says);
}

#endif
