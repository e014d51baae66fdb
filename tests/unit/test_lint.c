/* SPDX-License-Identifier: Apache-2.0 */
/* Each defect is planted once in files that are otherwise sound, and is found
 * once, where it is. test_lint_real.c has real files. */
#include "base/buf.h"
#include "base/mem.h"
#include "datasets/presets.h"
#include "harness/lint/lint.h"
#include "tests/tap.h"

#include <errno.h>
#include <sys/stat.h>

#define QRELS "1 0 d1 1\n1 0 d2 0\n2 0 d3 1\n"
#define BEIR "query-id\tcorpus-id\tscore\n1\td1\t1\n1\td2\t0\n2\td3\t1\n"
#define QUERIES "1\tboil an egg\n2\tpeel a pear\n"
#define CORPUS "d1\teggs boil\nd2\ttea\nd3\tpears\n"
#define RUN                                               \
    "1 Q0 d1 1 3.5 t\n1 Q0 d2 2 2.5 t\n1 Q0 d3 3 1.5 t\n" \
    "2 Q0 d3 1 3.5 t\n2 Q0 d2 2 2.5 t\n2 Q0 d1 3 1.5 t\n"
#define DOC(id, text) \
    "{\"_id\": " id ", \"title\": \"\", \"text\": \"" text "\"}\n"
#define HIT(id, score)                          \
    "{\"docid\": \"" id "\", \"score\": " score \
    ", \"doc\": {\"text\": \"tea\"}}"
#define REQUEST(qid, query, hits)                         \
    "{\"query\": {\"text\": \"" query "\", \"qid\": " qid \
    "}, \"candidates\": [" hits "]}\n"

struct planted {
    const char *defect;
    const char *dataset;  /* NULL: none */
    const char *texts[3]; /* "KIND:text" */
    enum rkb_lint_id code;
    size_t file, line; /* file: which of the texts, from 0 */
};

static const struct planted planted[] = {
    /* ---- any file ---- */
    { "empty", NULL, { "qrels:" }, RKB_LINT_BROKEN, 0, 0 },
    { "kind", NULL, { "qrels:" RUN }, RKB_LINT_KIND, 0, 0 },
    { "page", NULL, { "<!doctype html>\n<p>x\n" }, RKB_LINT_KIND, 0, 0 },
    { "fields", NULL, { "1 0 d1 1\n1 0 d2\n2 0 d3 1\n" }, RKB_LINT_LINE, 0, 2 },
    { "grade",
      NULL,
      { "1 0 d1 1\n1 0 d2 x\n2 0 d3 1\n" },
      RKB_LINT_LINE,
      0,
      2 },
    { "trec header",
      NULL,
      { "qid iter docid rel\n" QRELS },
      RKB_LINT_LINE,
      0,
      1 },
    { "run fields", NULL, { RUN "2 Q0 d9 4\n" }, RKB_LINT_LINE, 0, 7 },
    { "run score", NULL, { RUN "2 Q0 d9 4 x t\n" }, RKB_LINT_LINE, 0, 7 },
    { "no tab", NULL, { "tsv:" CORPUS "d4\n" }, RKB_LINT_LINE, 0, 4 },
    { "cut json",
      NULL,
      { "corpus:" DOC("\"a\"", "x") "{\"_id\": \"b\", \n" },
      RKB_LINT_LINE,
      0,
      2 },
    { "json without id",
      NULL,
      { "corpus:" DOC("\"a\"", "x") "{\"text\": \"x\"}\n" },
      RKB_LINT_LINE,
      0,
      2 },
    { "request without docid",
      NULL,
      { REQUEST("\"1\"", "q", "{\"score\": 1, \"doc\": \"tea\"}") },
      RKB_LINT_LINE,
      0,
      1 },
    { "utf-8", NULL, { "corpus:" CORPUS "d4\tt\xe9\n" }, RKB_LINT_UTF8, 0, 4 },
    { "bom", NULL, { "\xef\xbb\xbf" QRELS }, RKB_LINT_BOM, 0, 1 },
    { "crlf",
      NULL,
      { "1 0 d1 1\n1 0 d2 0\r\n2 0 d3 1\r\n" },
      RKB_LINT_CRLF,
      0,
      2 },
    { "tabs",
      NULL,
      { "1 0 d1 1\n1\t0\td2\t0\n2 0 d3 1\n" },
      RKB_LINT_MIXED,
      0,
      2 },
    { "run tabs",
      NULL,
      { RUN "2\tQ0\td4\t4\t0.5\tt\n"
            "1 Q0 d4 4 0.5 t\n" },
      RKB_LINT_MIXED,
      0,
      7 },
    { "beir header",
      NULL,
      { "qid\tdocid\tgrade\n1\td1\t1\n1\td2\t0\n2\td3\t1\n" },
      RKB_LINT_HEADER,
      0,
      1 },
    { "tsv header",
      NULL,
      { "queries:qid\ttext\n" QUERIES },
      RKB_LINT_HEADER,
      0,
      1 },
    { "no header",
      NULL,
      { "beir-qrels:1\td1\t1\n2\td3\t1\n" },
      RKB_LINT_NO_HEADER,
      0,
      1 },
    { "swapped",
      NULL,
      { "corpus-id\tquery-id\tscore\n1\td1\t1\n2\td3\t1\n" },
      RKB_LINT_SWAPPED,
      0,
      1 },
    /* ---- ids ---- */
    { "judged twice", NULL, { QRELS "1 0 d2 1\n" }, RKB_LINT_DOCID, 0, 4 },
    { "ranked twice",
      NULL,
      { RUN "2 Q0 d2 4 0.5 t\n1 Q0 d4 4 1 t\n" },
      RKB_LINT_DOCID,
      0,
      7 },
    { "requested twice",
      NULL,
      { REQUEST("\"1\"", "q", HIT("a", "2") "," HIT("a", "1")) },
      RKB_LINT_DOCID,
      0,
      1 },
    { "two texts",
      NULL,
      { "corpus:" CORPUS "d2\tcoffee\n" },
      RKB_LINT_DOCID,
      0,
      4 },
    { "same text",
      NULL,
      { "corpus:" CORPUS "d2\ttea\n" },
      RKB_LINT_REPEATED,
      0,
      4 },
    { "query twice",
      NULL,
      { "queries:" QUERIES "1\tboil it\n" },
      RKB_LINT_QUERY,
      0,
      3 },
    { "request twice",
      NULL,
      { REQUEST("\"1\"", "q", HIT("a", "2"))
            REQUEST("\"1\"", "q", HIT("b", "1")) },
      RKB_LINT_QUERY,
      0,
      2 },
    { "blank in docid",
      NULL,
      { "1\t0\td 1\t1\n2\t0\td3\t1\n" },
      RKB_LINT_SPACE,
      0,
      1 },
    { "run blank", NULL, { RUN "2 Q0 d x 4 0.5 t\n" }, RKB_LINT_SPACE, 0, 7 },
    { "run blank and number",
      NULL,
      { RUN "2 Q0 d 0 4 0.5 t\n" },
      RKB_LINT_SPACE,
      0,
      7 },
    { "padded",
      NULL,
      { "corpus:" CORPUS " d4\ttea\n" },
      RKB_LINT_PADDED,
      0,
      4 },
    { "int and string",
      NULL,
      { "corpus:" DOC("\"7\"", "x") DOC("8", "x") },
      RKB_LINT_ID_TYPES,
      0,
      2 },
    { "request int",
      NULL,
      { REQUEST("\"1\"", "q", HIT("a", "2")) REQUEST("2", "q", HIT("b", "2")) },
      RKB_LINT_ID_TYPES,
      0,
      2 },
    { "007 in a run",
      NULL,
      { "7 0 d1 1\n8 0 d2 1\n", "007 Q0 d1 1 1 t\n8 Q0 d2 1 1 t\n" },
      RKB_LINT_ID_MISMATCH,
      1,
      1 },
    { "case in a run",
      NULL,
      { "7 0 D1 1\n8 0 d2 1\n", "7 Q0 d1 1 1 t\n8 Q0 d2 1 1 t\n" },
      RKB_LINT_ID_MISMATCH,
      1,
      1 },
    { "1.0 in queries",
      NULL,
      { QRELS, "queries:1.0\tboil\n2\tpeel\n" },
      RKB_LINT_ID_MISMATCH,
      0,
      1 },
    { "quotes in a corpus",
      NULL,
      { QRELS, "corpus:\"d1\"\teggs\nd2\ttea\nd3\tpears\n" },
      RKB_LINT_ID_MISMATCH,
      0,
      1 },
    { "white space in a run",
      NULL,
      { "7 0 d1 1\n8 0 d2 1\n", "7\xc2\xa0 Q0 d1 1 1 t\n8 Q0 d2 1 1 t\n" },
      RKB_LINT_ID_MISMATCH,
      1,
      1 },
    { "query apart",
      NULL,
      { RUN "1 Q0 d4 4 0.5 t\n" },
      RKB_LINT_SPLIT_QUERY,
      0,
      7 },
    /* ---- judgments ---- */
    { "no positive", NULL, { QRELS "3 0 d1 0\n" }, RKB_LINT_NO_POSITIVE, 0, 4 },
    { "scale",
      "beir/fiqa",
      { "beir-qrels:" BEIR "2\td4\t3\n" },
      RKB_LINT_SCALE,
      0,
      5 },
    { "odd grade", NULL, { QRELS "2 0 d4 77\n" }, RKB_LINT_ODD_GRADE, 0, 4 },
    { "version", "dl19", { QRELS }, RKB_LINT_VERSION, 0, 0 },
    { "released twice",
      NULL,
      { QRELS, QRELS "2 0 d4 1\n" },
      RKB_LINT_VERSIONS,
      1,
      0 },
    /* ---- texts ---- */
    { "empty query",
      NULL,
      { "queries:" QUERIES "3\t \n" },
      RKB_LINT_EMPTY_QUERY,
      0,
      3 },
    { "empty text",
      NULL,
      { "corpus:" CORPUS "d4\t\n" },
      RKB_LINT_EMPTY_TEXT,
      0,
      4 },
    { "request without text",
      NULL,
      { REQUEST("\"1\"", "q", "{\"docid\": \"a\", \"score\": 1}") },
      RKB_LINT_EMPTY_TEXT,
      0,
      1 },
    { "control",
      NULL,
      { "corpus:" CORPUS "d4\tt\x01\n" },
      RKB_LINT_CONTROL,
      0,
      4 },
    { "mojibake",
      NULL,
      { "corpus:" CORPUS "d4\tcaf\xc3\x83\xc2\xa9\n" },
      RKB_LINT_MOJIBAKE,
      0,
      4 },
    { "quote mojibake",
      NULL,
      { "corpus:" CORPUS "d4\tit\xc3\xa2\xe2\x82\xac\xe2\x84\xa2s\n" },
      RKB_LINT_MOJIBAKE,
      0,
      4 },
    /* ---- rankings ---- */
    { "nan", NULL, { RUN "2 Q0 d9 4 nan t\n" }, RKB_LINT_NAN, 0, 7 },
    { "inf",
      NULL,
      { "1 Q0 d1 1 inf t\n1 Q0 d2 2 2 t\n" },
      RKB_LINT_INFINITE,
      0,
      1 },
    { "rank",
      NULL,
      { "1 Q0 d1 1 3 t\n1 Q0 d2 3 2 t\n1 Q0 d3 2 1 t\n" },
      RKB_LINT_RANK,
      0,
      3 },
    { "reversed",
      NULL,
      { "1 Q0 d1 1 1 t\n1 Q0 d2 2 2 t\n1 Q0 d3 3 3 t\n" },
      RKB_LINT_REVERSED,
      0,
      1 },
    { "constant",
      NULL,
      { "1 Q0 d1 1 0 t\n1 Q0 d2 2 0 t\n" },
      RKB_LINT_CONSTANT,
      0,
      1 },
    { "tied",
      NULL,
      { "1 Q0 d1 1 2 t\n1 Q0 d2 2 2 t\n1 Q0 d3 3 1 t\n" },
      RKB_LINT_TIED,
      0,
      1 },
    { "32 bits",
      NULL,
      { "1 Q0 d1 1 0.50000000001 t\n1 Q0 d2 2 0.5 t\n1 Q0 d3 3 0.1 t\n" },
      RKB_LINT_FLOAT32,
      0,
      1 },
    { "depth", NULL, { RUN "2 Q0 d4 4 0.5 t\n" }, RKB_LINT_DEPTH, 0, 1 },
    { "self", NULL, { "1 Q0 d1 1 2 t\n1 Q0 1 2 1 t\n" }, RKB_LINT_SELF, 0, 2 },
    { "excluded",
      NULL,
      { "{\"query\": \"q\", \"id\": \"1\", \"excluded_ids\": [\"d2\"], "
        "\"gold_ids\": [\"d1\"]}\n",
        "1 Q0 d1 1 2 t\n1 Q0 d2 2 1 t\n" },
      RKB_LINT_EXCLUDED,
      1,
      2 },
    { "excluded gold",
      NULL,
      { "{\"query\": \"q\", \"id\": \"1\", \"excluded_ids\": [\"d1\"], "
        "\"gold_ids\": [\"d1\"]}\n" },
      RKB_LINT_EXCLUDED_POS,
      0,
      1 },
    /* ---- together ---- */
    { "nothing common",
      NULL,
      { QRELS, "8 Q0 d1 1 2 t\n" },
      RKB_LINT_NO_COMMON,
      1,
      0 },
    { "not ranked",
      NULL,
      { "1 0 d1 1\n2 0 d2 0\n2 0 d3 1\n3 0 d1 1\n", RUN },
      RKB_LINT_NOT_RANKED,
      1,
      0 },
    { "not judged", NULL, { "1 0 d1 1\n", RUN }, RKB_LINT_NOT_JUDGED, 1, 4 },
    { "unreachable",
      NULL,
      { QRELS, "corpus:d2\ttea\nd3\tpears\n" },
      RKB_LINT_UNREACHABLE,
      0,
      1 },
    { "no candidate text",
      NULL,
      { RUN, "corpus:d2\ttea\nd3\tpears\n" },
      RKB_LINT_CAND_MISSING,
      0,
      1 },
    { "no query text",
      NULL,
      { QRELS, "queries:2\tpeel\n" },
      RKB_LINT_NO_QUERY_TEXT,
      0,
      1 },
    { "no judgments",
      NULL,
      { QRELS, "queries:" QUERIES "3\tsalt\n" },
      RKB_LINT_NO_JUDGMENTS,
      1,
      3 },
    { "ceiling", NULL, { QRELS "1 0 d9 1\n", RUN }, RKB_LINT_CEILING, 1, 0 },
    { "plan",
      NULL,
      { "datasets: [dl91]\ncandidates: bm25\nrerankers: [bm25]\n" },
      RKB_LINT_PLAN,
      0,
      1 },
};

/* These need more than a line, or real data, and have cases of their own. */
static const enum rkb_lint_id elsewhere[] = { RKB_LINT_LONG, RKB_LINT_KNOWN,
                                              RKB_LINT_DATASET };

static char folder[] = "/tmp/rkb-test-lint.XXXXXX";

/* "KIND:text" written to FOLDER/<i>.txt; the spec of it. */
static void write_text(const char *text, size_t i, char spec[256])
{
    const char *colon = strchr(text, ':');
    size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyz-");
    bool kind = colon == text + word && strchr("qctbr", text[0]) && word > 2 &&
                text[word + 1] != ' ';
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%zu.txt", folder, i);
    snprintf(spec, 256, "%.*s%s", kind ? (int)word + 1 : 0, text, path);
    f = fopen(path, "wb");
    if (!f)
        abort();
    fputs(kind ? colon + 1 : text, f);
    fclose(f);
}

static bool lint_texts(const char *dataset, const char *const texts[3],
                       struct rkb_lint_report *out)
{
    struct rkb_lint_input inputs[3];
    struct rkb_lint_want want = { .inputs = inputs, .most = 5 };
    char specs[3][256], path[128];
    struct rkb_err err = { 0 };
    bool ok;

    if (!mkdtemp(folder))
        abort();
    if (dataset)
        want.preset = rkb_preset_find(rkb_sv_of(dataset));
    for (; want.n_inputs < 3 && texts[want.n_inputs]; want.n_inputs++) {
        write_text(texts[want.n_inputs], want.n_inputs, specs[want.n_inputs]);
        inputs[want.n_inputs] =
            (struct rkb_lint_input){ specs[want.n_inputs], RKB_ROLE_ANY };
    }
    ok = CHECK(rkb_lint(&want, out, &err) == RKB_OK);
    if (!ok)
        printf("# %s\n", err.msg);
    for (size_t i = 0; i < want.n_inputs; i++) {
        snprintf(path, sizeof path, "%s/%zu.txt", folder, i);
        unlink(path);
    }
    rmdir(folder);
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    return ok;
}

static void print_all(const struct rkb_lint_report *r)
{
    for (size_t i = 0; i < r->n; i++)
        printf("#   %s:%zu: %s [%s]\n", r->findings[i].file,
               r->findings[i].line, r->findings[i].text,
               rkb_lint_codes[r->findings[i].code].name);
}

/* Only the planted defect, but for notes and what follows from it. */
static bool follows(enum rkb_lint_id code, const struct planted *p)
{
    if (rkb_lint_codes[code].severity == RKB_LINT_NOTE)
        return true;
    /* The scale of a small file of a collection is tried on few queries. */
    return code == RKB_LINT_VERSION && p->dataset;
}

static void each_planted_defect_is_found_once_where_it_is(void)
{
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        const struct planted *p = &planted[i];
        struct rkb_lint_report r = { 0 };
        size_t n = 0, n_other = 0;
        char name[16];

        if (!lint_texts(p->dataset, p->texts, &r))
            continue;
        snprintf(name, sizeof name, "/%zu.txt", p->file);
        for (size_t k = 0; k < r.n; k++)
            if (r.findings[k].code == p->code &&
                r.findings[k].line == p->line &&
                strstr(r.findings[k].file, name))
                n++;
            else if (r.findings[k].code == p->code ||
                     !follows(r.findings[k].code, p))
                n_other++;
        if (!CHECK(n == 1) || !CHECK(n_other == 0)) {
            printf("# %s: found %zu, and %zu others\n", p->defect, n, n_other);
            print_all(&r);
        }
        rkb_lint_report_release(&r);
    }
}

static void every_code_has_a_planted_defect(void)
{
    for (int c = 0; c < RKB_LINT_N; c++) {
        size_t n = 0;

        for (size_t i = 0; i < sizeof planted / sizeof *planted; i++)
            n += planted[i].code == (enum rkb_lint_id)c;
        for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
            n += elsewhere[i] == (enum rkb_lint_id)c;
        if (!CHECK(n > 0))
            printf("# %s\n", rkb_lint_codes[c].name);
    }
}

static void sound_files_have_no_finding(void)
{
    static const char *const sets[][3] = {
        { QRELS, "queries:" QUERIES, RUN },
        { "beir-qrels:" BEIR, "corpus:" CORPUS, RUN },
        { REQUEST("\"1\"", "q", HIT("a", "2") "," HIT("b", "1")) },
        { "corpus:" DOC("\"a\"", "x") DOC("\"b\"", "caf\xc3\xa9") },
        { "1\td1\t1\n1\td2\t2\n1\td3\t3\n2\td3\t1\n2\td1\t2\n2\td2\t3\n" },
    };

    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct rkb_lint_report r = { 0 };

        if (lint_texts(NULL, sets[i], &r) && !CHECK_EQ_INT(r.n, 0))
            print_all(&r);
        rkb_lint_report_release(&r);
    }
}

static void long_texts_are_told(void)
{
    char *text = rkb_new(80000, 1);
    const char *const texts[3] = { text };
    struct rkb_lint_report r = { 0 };

    memset(text, 'x', 79999);
    memcpy(text, "corpus:d1\t", 10);
    text[79998] = '\n';
    if (lint_texts(NULL, texts, &r) && CHECK_EQ_INT(r.n, 1))
        CHECK_EQ_INT(r.findings[0].code, RKB_LINT_LONG);
    rkb_lint_report_release(&r);
    rkb_free(text);
}

static void the_ceiling_of_a_corpus_is_that_by_hand(void)
{
    static const char *const texts[3] = {
        "1 0 d1 2\n1 0 d2 1\n2 0 d3 1\n2 0 d4 0\n",
        "corpus:d2\ttea\nd3\tpears\nd4\tsalt\n"
    };
    struct rkb_lint_report r = { 0 };
    char want[128];

    /* Query 1: gain 1 at rank 1, of 2 + 1 / log2(3); query 2 is whole. */
    snprintf(want, sizeof want, "nDCG@10 is at most %.4f, recall %.4f",
             (1 / (2 + 0.6309297535714574) + 1) / 2, (1 / 2. + 1) / 2);
    if (lint_texts(NULL, texts, &r) && CHECK_EQ_INT(r.n, 1) &&
        !CHECK(strstr(r.findings[0].text, want)))
        printf("# %s\n", r.findings[0].text);
    rkb_lint_report_release(&r);
}

/* 49 queries with so many documents of each grade in all. */
static void lint_touche(size_t n_zero, size_t n_one, size_t n_two,
                        size_t n_five, size_t n_findings, enum rkb_lint_id code)
{
    size_t n = n_zero + n_one + n_two + n_five;
    struct rkb_lint_report r = { 0 };
    struct rkb_buf text = { 0 };

    rkb_buf_text(&text, "beir-qrels:query-id\tcorpus-id\tscore\n");
    for (size_t i = 0; i < n; i++)
        rkb_buf_printf(&text, "%zu\td%zu\t%d\n", 1 + i % 49, i,
                       i < n_one                    ? 1
                       : i < n_one + n_two          ? 2
                       : i < n_one + n_two + n_five ? 5
                                                    : 0);
    const char *const texts[3] = { text.at };

    if (lint_texts("beir/webis-touche2020", texts, &r) &&
        (!CHECK_EQ_INT(r.n, n_findings) ||
         (r.n && !CHECK_EQ_INT(r.findings[r.n - 1].code, code))))
        print_all(&r);
    rkb_lint_report_release(&r);
    rkb_buf_release(&text);
}

/* BEIR's file of version 2 has grades 0, Anserini's leaves them out; version 1
 * is another set of judgments on another scale. */
static void versions_of_touche_are_told_apart(void)
{
    lint_touche(1282, 296, 636, 0, 0, RKB_LINT_N);
    lint_touche(0, 296, 636, 0, 0, RKB_LINT_N);
    lint_touche(517, 1000, 1445, 0, 1, RKB_LINT_VERSION);
    lint_touche(517, 1000, 1444, 1, 2, RKB_LINT_VERSION);
    lint_touche(1282, 296, 635, 1, 1, RKB_LINT_SCALE);
}

static void findings_beyond_the_bound_are_counted(void)
{
    static const char *const texts[3] = {
        "1 0 a 1\n1 0 a 1\n1 0 a 1\n1 0 a 1\n1 0 a 1\n1 0 a 1\n1 0 a 1\n1 0 a "
        "1\n"
    };
    struct rkb_lint_report r = { 0 };

    if (lint_texts(NULL, texts, &r) && CHECK_EQ_INT(r.n, 6)) {
        CHECK_EQ_INT(r.counts[RKB_LINT_ERROR], 7);
        CHECK_EQ_INT(r.findings[5].n, 2);
        CHECK_EQ_INT(r.findings[5].line, 0);
    }
    rkb_lint_report_release(&r);
}

/* ---- the page --------------------------------------------------------------- */

static void the_page_of_codes_has_every_row(void)
{
    FILE *f = fopen("docs/lint.md", "rb");
    static char page[65536];
    char row[512];
    size_t n;

    if (!CHECK(f != NULL))
        return;
    n = fread(page, 1, sizeof page - 1, f);
    page[n] = '\0';
    fclose(f);
    for (int c = 0; c < RKB_LINT_N; c++) {
        const struct rkb_lint_code *code = &rkb_lint_codes[c];

        snprintf(row, sizeof row, "| `%s` | %s | %s |\n", code->name,
                 rkb_severity_name(code->severity), code->effect);
        if (!CHECK(strstr(page, row) != NULL))
            printf("# %s", row);
    }
}

TESTS(TEST(each_planted_defect_is_found_once_where_it_is),
      TEST(every_code_has_a_planted_defect), TEST(sound_files_have_no_finding),
      TEST(long_texts_are_told), TEST(findings_beyond_the_bound_are_counted),
      TEST(the_ceiling_of_a_corpus_is_that_by_hand),
      TEST(versions_of_touche_are_told_apart),
      TEST(the_page_of_codes_has_every_row))
