/* SPDX-License-Identifier: Apache-2.0 */
/* gen_pairs SEED COUNT OUTDIR
 *
 * Writes COUNT pairs of judgments and runs that try every freedom the TREC
 * formats leave: ties, scores closer than a float can tell, queries missing on
 * either side, odd blanks, odd ids. The name says what to expect:
 *   pair_NNNNNN    trec_eval 9.0.8 and 10 both accept the files
 *   odd_NNNNNN     both accept them, but only because they look at nothing
 *                  twice: scores "nan" and "12abc", grade "x", ids that are
 *                  not UTF-8, a rank that is no number in a line of more than
 *                  six fields
 *   reject_NNNNNN  both refuse, unless an option such as -M hides the fault
 * Pair N depends on SEED and N alone. No '#' is written inside a line: it
 * overflows a buffer of the 9 that README.md names. No query has only negative
 * grades: the reference then shows values of the query before it, or crashes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_QUERIES 8
#define MAX_DOCS 1200
#define MAX_ID 128
#define MAX_NUMBER 96
#define MAX_LINE 640

enum kind { KIND_PAIR, KIND_ODD, KIND_REJECT };

enum fault {
    FAULT_NONE,
    FAULT_RUN_TWICE,   /* a document twice in a query of the run   */
    FAULT_QRELS_TWICE, /* a document judged twice                  */
    FAULT_RUN_SHORT,   /* a run line without tag                   */
    FAULT_QRELS_SHORT, /* a judgment without grade                 */
    FAULT_QRELS_LONG,  /* a judgment with a fifth field            */
    FAULT_QRELS_BLANK, /* an empty line between judgments          */
    FAULT_RUN_EMPTY,   /* a run file of no bytes                   */
    N_FAULTS
};

struct doc {
    char id[MAX_ID];
    int grade;
    bool judged;
    bool retrieved;
    char score[MAX_NUMBER];
};

struct query {
    char id[MAX_ID];
    bool in_run;
    bool in_qrels;
    int n_docs;
    struct doc *docs;
};

/* How one pair is written. */
struct style {
    enum kind kind;
    enum fault fault;
    unsigned id_style;
    unsigned score_style;
    unsigned grade_style;
    unsigned order;
    unsigned rank_style;
    unsigned tag_style;
    bool odd_blanks;
    bool crlf;
    bool blank_lines;
    bool comments;
    bool last_newline;
    bool more_fields;
};

struct pair {
    struct style style;
    int n_queries;
    struct query queries[MAX_QUERIES];
};

struct text {
    char *at;
    size_t n, cap;
};

static uint64_t rng_state;

static void die(const char *what)
{
    fprintf(stderr, "gen_pairs: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t rng_next(void)
{
    uint64_t z = (rng_state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned below(unsigned n)
{
    return (unsigned)(rng_next() % n);
}

static int between(int low, int high)
{
    return low + (int)below((unsigned)(high - low + 1));
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

static double unit(void)
{
    return (double)(rng_next() >> 11) * 0x1p-53;
}

__attribute__((format(printf, 2, 3))) static void put(struct text *t,
                                                      const char *format, ...)
{
    va_list ap;
    int n;

    if (t->cap - t->n < MAX_LINE) {
        t->cap = t->cap * 2 + MAX_LINE;
        t->at = realloc(t->at, t->cap);
        if (!t->at)
            die("memory");
    }
    va_start(ap, format);
    n = vsnprintf(t->at + t->n, t->cap - t->n, format, ap);
    va_end(ap);
    if (n < 0 || n >= MAX_LINE) {
        errno = EOVERFLOW;
        die("line");
    }
    t->n += (size_t)n;
}

/* ---- ids ----------------------------------------------------------------- */

/* Code points whose bytes, or which themselves, some readers take for blanks,
 * and an ordinary one of each length. */
static const char *const wide[] = {
    "\xc2\x85",     "\xc2\xa0",     "\xe2\x80\x83",
    "\xe3\x80\x80", "\xef\xbb\xbf", "\xc3\xa9",
    "\xe8\xaa\x9e", "\xd7\xa9",     "\xf0\x9f\x94\x8d",
};

/* Characters of an id that are unusual there. `raw`: bytes that are not UTF-8
 * either. */
static void odd_bytes(char *to, int n, bool raw)
{
    static const char plain[] = "abcXYZ019-_.:;,+=/\\%\"'()[]{}<>|~!?*&^$@`";
    int i;

    *to = 0;
    for (i = 0; i < n; i++) {
        char one[2] = { plain[below(sizeof plain - 1)], 0 };

        if (raw && chance(50))
            one[0] = (char)(unsigned char)(0x80 + below(0x80));
        strcat(to, !raw && chance(40) ? wide[below(9)] : one);
    }
}

static void doc_id(char *to, unsigned style, int number, bool raw)
{
    char tail[80];
    int n;

    switch (style) {
    case 0:
        snprintf(to, MAX_ID, "%d", number);
        break;
    case 1:
        snprintf(to, MAX_ID, "%07d", number * 7919 % 8841823);
        break;
    case 2:
        snprintf(to, MAX_ID, "clueweb12-%04dtw-%02d-%05d", number * 31 % 1911,
                 number % 100, number);
        break;
    case 3:
        n = between(1, 6);
        odd_bytes(tail, n, raw);
        snprintf(to, MAX_ID, "%s%d", tail, number);
        break;
    case 4:
        memset(tail, 'x', 70);
        tail[70] = 0;
        snprintf(to, MAX_ID, "%s%d", tail, number);
        break;
    case 5:
        snprintf(to, MAX_ID, "%s%d", number % 2 ? "-" : "+", number);
        break;
    case 6:
        snprintf(to, MAX_ID, "%d.%de%d", number % 7, number, number % 5);
        break;
    default:
        snprintf(to, MAX_ID, "D%x", (unsigned)number * 2654435761u);
        break;
    }
}

static void query_id(char *to, unsigned style, int number, bool raw)
{
    static const int numbers[MAX_QUERIES] = { 9, 10, 2, 1, 100, 19, 91, 1000 };
    char tail[24];

    switch (style) {
    case 2:
        snprintf(to, MAX_ID, "%03d", numbers[number]);
        break;
    case 3:
        odd_bytes(tail, between(1, 4), raw);
        snprintf(to, MAX_ID, "q%d%s", number, tail);
        break;
    case 4:
        snprintf(to, MAX_ID, "%0*d", between(20, 60), number + 1);
        break;
    case 5:
        snprintf(to, MAX_ID, "%d_%d", 31 + number / 3, number % 3);
        break;
    default:
        snprintf(to, MAX_ID, "%d", numbers[number]);
        break;
    }
}

/* ---- grades and scores --------------------------------------------------- */

static int one_grade(unsigned style)
{
    switch (style) {
    case 0:
        return chance(20);
    case 1:
        return between(0, 3);
    case 2:
        return between(0, 5);
    case 3:
        return between(-2, 3);
    case 4:
        return 0;
    case 5:
        return 1;
    case 6:
        return chance(5) ? between(9, 12) : between(0, 2);
    default:
        return chance(50) ? -1 : chance(50);
    }
}

static void grade_text(char *to, const struct style *s, int grade)
{
    static const char *const junk[] = { ".0", "x", ",5", "-", ".9e3" };
    static const char *const bad[] = { "x", "-", "0x3", "no" };
    unsigned pick = below(100);

    if (s->kind == KIND_ODD && pick < 20)
        snprintf(to, MAX_NUMBER, "%d%s", grade, junk[pick % 5]);
    else if (s->kind == KIND_ODD && pick < 24 && grade == 0)
        snprintf(to, MAX_NUMBER, "%s", bad[pick % 4]);
    else if (s->odd_blanks && pick < 10)
        snprintf(to, MAX_NUMBER, "%+d", grade);
    else if (s->odd_blanks && pick < 20 && grade >= 0)
        snprintf(to, MAX_NUMBER, "%02d", grade);
    else
        snprintf(to, MAX_NUMBER, "%d", grade);
}

/* Decimal text beside the middle of two neighbouring floats. What a reader
 * that goes through a double makes of it differs from strtof. */
static void halfway(char *to)
{
    static const char *const nudge[] = { "", "0000000001", "00000000000001" };
    double middle = 1 + (2 * between(0, 4) + 1) * 0x1p-24;

    snprintf(to, MAX_NUMBER, "%.28f%s", middle, nudge[below(3)]);
    if (chance(30))
        snprintf(to, MAX_NUMBER, "%.17g", middle - 0x1p-52 * between(0, 2));
}

static void odd_score(char *to)
{
    static const char *const odd[] = {
        "nan",  "NAN",    "-nan",   "inf",    "-inf", "Infinity", "abc",
        "0x10", "0x1p-3", "1.5x",   "1,5",    "-",    "+",        ".",
        "1e",   "1e400",  "-1e400", "1e-400", "--1",  "1_000",
    };

    snprintf(to, MAX_NUMBER, "%s", odd[below(sizeof odd / sizeof *odd)]);
}

static void forms_of_numbers(char *to)
{
    double x = between(-30, 30) * 0.25;

    switch (below(10)) {
    case 0:
        snprintf(to, MAX_NUMBER, "%.0f", x);
        break;
    case 1:
        snprintf(to, MAX_NUMBER, "%+.3f", x);
        break;
    case 2:
        snprintf(to, MAX_NUMBER, "%.*e", between(0, 6), x);
        break;
    case 3:
        snprintf(to, MAX_NUMBER, "%+.2E", x);
        break;
    case 4:
        snprintf(to, MAX_NUMBER, "%.17g", x);
        break;
    case 5:
        snprintf(to, MAX_NUMBER, "%.40f", x);
        break;
    case 6:
        snprintf(to, MAX_NUMBER, "%09.3f", x);
        break;
    case 7:
        snprintf(to, MAX_NUMBER, "%s.%d", x < 0 ? "-" : "", between(0, 99));
        break;
    case 8:
        snprintf(to, MAX_NUMBER, "%d.", between(-5, 5));
        break;
    default:
        snprintf(to, MAX_NUMBER, "%se%d", x < 0 ? "-2.5" : "1",
                 between(-60, 60));
        break;
    }
}

/* The place of a document among n: scores fall with it in most styles. */
static void score_text(char *to, const struct style *s, int place, int n)
{
    unsigned style = s->score_style;

    if (s->kind == KIND_ODD && chance(20)) {
        odd_score(to);
        return;
    }
    if (style == 10)
        style = below(10);
    switch (style) {
    case 0:
        snprintf(to, MAX_NUMBER, "%.6f", (n - place) * 0.173 + unit() * 0.17);
        break;
    case 1:
        snprintf(to, MAX_NUMBER, "%d", between(0, 3));
        break;
    case 2:
        snprintf(to, MAX_NUMBER, "%s", chance(50) ? "7" : "7.0");
        break;
    case 3:
        snprintf(to, MAX_NUMBER, "%.9f", 0.9 + between(0, 40) * 1e-9);
        break;
    case 4:
        snprintf(to, MAX_NUMBER, "%.17g", 20 + between(0, 20) * 3e-7);
        break;
    case 5:
        snprintf(to, MAX_NUMBER, "%d", 16777210 + between(0, 20));
        break;
    case 6:
        snprintf(to, MAX_NUMBER, "%.*e", between(0, 12), unit() * 1e-3);
        break;
    case 7:
        snprintf(to, MAX_NUMBER, "-%.4f", unit() * 12);
        break;
    case 8:
        halfway(to);
        break;
    default:
        forms_of_numbers(to);
        break;
    }
}

/* ---- one pair ------------------------------------------------------------ */

static struct style draw_style(void)
{
    struct style s = { 0 };

    s.kind = chance(4) ? KIND_ODD : chance(4) ? KIND_REJECT : KIND_PAIR;
    if (s.kind == KIND_REJECT)
        s.fault = (enum fault)between(1, N_FAULTS - 1);
    s.id_style = below(8);
    s.score_style = below(11);
    s.grade_style = below(8);
    s.order = below(5);
    s.rank_style = below(4);
    s.tag_style = below(4);
    s.odd_blanks = chance(30);
    s.crlf = chance(12);
    s.blank_lines = chance(12);
    s.comments = chance(8);
    s.last_newline = !chance(15);
    s.more_fields = chance(12);
    if (s.kind == KIND_PAIR && s.rank_style == 3 && s.more_fields)
        s.kind = KIND_ODD;
    return s;
}

static void draw_docs(struct query *q, const struct style *s)
{
    int offset = between(0, 50), n = q->n_docs, i;
    bool usable = false;

    for (i = 0; i < n; i++) {
        struct doc *d = &q->docs[i];

        memset(d, 0, sizeof *d);
        doc_id(d->id, s->id_style, i * 3 + offset, s->kind == KIND_ODD);
        d->judged = chance(60);
        d->retrieved = chance(75);
        d->grade = one_grade(s->grade_style);
        score_text(d->score, s, i, n);
        usable |= d->judged && d->grade >= 0;
    }
    if (!usable) {
        q->docs[0].judged = true;
        if (q->docs[0].grade < 0)
            q->docs[0].grade = 0;
    }
    q->docs[below((unsigned)n)].retrieved = true;
    if (s->kind == KIND_ODD && chance(10))
        snprintf(q->docs[n - 1].id, MAX_ID, "ceci_nest_pas_un_docno");
}

static int draw_size(bool large)
{
    if (large)
        return between(200, MAX_DOCS);
    switch (below(4)) {
    case 0:
        return between(1, 3);
    case 1:
        return between(1, 60);
    default:
        return between(4, 25);
    }
}

static void draw_pair(struct pair *p)
{
    unsigned query_style = below(6);
    bool large = chance(3);
    int i, common;

    p->style = draw_style();
    p->n_queries = large ? 1 : between(1, chance(30) ? MAX_QUERIES : 4);
    common = (int)below((unsigned)p->n_queries);
    for (i = 0; i < p->n_queries; i++) {
        struct query *q = &p->queries[i];

        query_id(q->id, query_style, i, p->style.kind == KIND_ODD);
        q->in_run = i == common || !chance(15);
        q->in_qrels = i == common || !chance(15);
        q->n_docs = draw_size(large);
        draw_docs(q, &p->style);
    }
}

/* ---- writing ------------------------------------------------------------- */

static const char *blanks(const struct style *s)
{
    static const char *const odd[] = { "\t",  "  ", " \t ", "\t\t", "    ",
                                       " \v", "\f", " \r ", " ",    " " };
    static const char *const one[] = { " ", "\t" };

    return s->odd_blanks ? odd[below(10)] : one[s->tag_style == 1];
}

/* Blanks that may lead or trail a line. */
static const char *edge(const struct style *s)
{
    static const char *const some[] = { " ", "\t", "  \t", "   " };

    return s->odd_blanks && chance(20) ? some[below(4)] : "";
}

static void end_line(struct text *t, const struct style *s)
{
    put(t, "%s%s\n", edge(s), s->crlf ? "\r" : "");
}

static const char *tag(const struct style *s)
{
    static const char *const tags[] = { "run", "A", "7", "x:y", "r\xc3\xbcn" };

    switch (s->tag_style) {
    case 0:
        return tags[below(5)];
    case 2:
        return "a-rather-long-tag-that-is-wider-than-the-column";
    default:
        return "tag";
    }
}

static void run_line(struct text *t, const struct style *s,
                     const struct query *q, const struct doc *d, int rank)
{
    static const char *const iters[] = { "Q0", "0", "x", "-1" };

    put(t, "%s%s%s", edge(s), q->id, blanks(s));
    put(t, "%s%s", iters[s->odd_blanks ? below(4) : 0], blanks(s));
    put(t, "%s%s", d->id, blanks(s));
    if (s->rank_style == 0)
        put(t, "%d", rank);
    else if (s->rank_style == 1)
        put(t, "0");
    else if (s->rank_style == 2)
        put(t, "%d", between(-5, 2000));
    else
        put(t, "%s", chance(50) ? "r" : "1.5");
    put(t, "%s%s", blanks(s), d->score);
    put(t, "%s%s", blanks(s), tag(s));
    if (s->more_fields && chance(50))
        put(t, "%s%s", blanks(s), chance(50) ? "more of it" : "\xe2\x82\xac 1");
    end_line(t, s);
    if (s->blank_lines && chance(20))
        put(t, "%s\n", s->crlf ? " \r" : chance(50) ? " \t" : "");
    if (s->comments && chance(20))
        put(t, "%s# a comment line\n", chance(30) ? "  " : "");
}

static void qrels_line(struct text *t, const struct style *s,
                       const struct query *q, const struct doc *d)
{
    char grade[MAX_NUMBER];

    grade_text(grade, s, d->grade);
    put(t, "%s%s%s", edge(s), q->id, blanks(s));
    put(t, "%s%s", s->odd_blanks && chance(30) ? "Q0" : "0", blanks(s));
    put(t, "%s%s", d->id, blanks(s));
    put(t, "%s", grade);
    end_line(t, s);
}

struct item {
    const struct query *query;
    const struct doc *doc;
    int rank;
};

static void shuffle(struct item *items, int n)
{
    int i;

    for (i = n - 1; i > 0; i--) {
        int j = (int)below((unsigned)i + 1);
        struct item t = items[i];

        items[i] = items[j];
        items[j] = t;
    }
}

/* Fills `items` with what one of the two files holds, in the pair's order. */
static int collect(const struct pair *p, bool run, struct item *items)
{
    int n = 0, i, j;

    for (i = 0; i < p->n_queries; i++) {
        const struct query *q = &p->queries[i];
        int start = n;

        if (!(run ? q->in_run : q->in_qrels))
            continue;
        for (j = 0; j < q->n_docs; j++) {
            if (!(run ? q->docs[j].retrieved : q->docs[j].judged))
                continue;
            items[n] = (struct item){ q, &q->docs[j], n - start + 1 };
            n++;
        }
        if (p->style.order == 1)
            shuffle(items + start, n - start);
    }
    if (p->style.order == 2)
        shuffle(items, n);
    if (p->style.order == 3) {
        for (i = 0; i < n / 2; i++) {
            struct item t = items[i];

            items[i] = items[n - 1 - i];
            items[n - 1 - i] = t;
        }
    }
    return n;
}

static void save(const char *path, const struct text *t, bool last_newline)
{
    FILE *f = fopen(path, "wb");
    size_t n = t->n;

    if (!f)
        die(path);
    while (!last_newline && n && (t->at[n - 1] == '\n' || t->at[n - 1] == '\r'))
        n--;
    if (fwrite(t->at, 1, n, f) != n)
        die(path);
    if (fclose(f))
        die(path);
}

static void write_qrels(const struct pair *p, struct item *items,
                        struct text *t)
{
    const struct style *s = &p->style;
    int n = collect(p, false, items), i;

    t->n = 0;
    if (s->comments)
        put(t, "# a comment before the judgments\n");
    for (i = 0; i < n; i++) {
        const struct query *q = items[i].query;

        qrels_line(t, s, q, items[i].doc);
        if (q->in_run && s->fault == FAULT_QRELS_TWICE)
            qrels_line(t, s, q, items[i].doc);
    }
    if (s->fault == FAULT_QRELS_SHORT)
        put(t, "1 0 short\n");
    if (s->fault == FAULT_QRELS_LONG)
        put(t, "1 0 long 1 x\n");
    if (s->fault == FAULT_QRELS_BLANK)
        put(t, "\n1 0 blank 1\n");
}

static void write_run(const struct pair *p, struct item *items, struct text *t)
{
    const struct style *s = &p->style;
    int n = collect(p, true, items), i;

    t->n = 0;
    if (s->fault == FAULT_RUN_EMPTY)
        return;
    if (s->comments)
        put(t, "# a comment before the results\n");
    for (i = 0; i < n; i++) {
        const struct query *q = items[i].query;

        run_line(t, s, q, items[i].doc, items[i].rank);
        if (q->in_qrels && s->fault == FAULT_RUN_TWICE)
            run_line(t, s, q, items[i].doc, items[i].rank);
    }
    if (s->fault == FAULT_RUN_SHORT)
        put(t, "1 Q0 short 1 2.5\n");
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "pair", "odd", "reject" };
    static struct item items[MAX_QUERIES * MAX_DOCS];
    static struct pair pair;
    struct text t = { 0 };
    uint64_t seed;
    unsigned long count, i;
    char path[4096];
    int q;

    if (argc != 4) {
        fprintf(stderr, "usage: gen_pairs SEED COUNT OUTDIR\n");
        return 2;
    }
    seed = strtoumax(argv[1], NULL, 10);
    count = strtoul(argv[2], NULL, 10);
    if (mkdir(argv[3], 0777) && errno != EEXIST)
        die(argv[3]);
    for (q = 0; q < MAX_QUERIES; q++) {
        pair.queries[q].docs = calloc(MAX_DOCS, sizeof(struct doc));
        if (!pair.queries[q].docs)
            die("memory");
    }
    for (i = 0; i < count; i++) {
        rng_state = seed * 0x9e3779b97f4a7c15u ^ i * 0xd1342543de82ef95u;
        rng_next();
        draw_pair(&pair);
        write_qrels(&pair, items, &t);
        snprintf(path, sizeof path, "%s/%s_%06lu.qrels", argv[3],
                 names[pair.style.kind], i);
        save(path, &t, pair.style.last_newline);
        write_run(&pair, items, &t);
        snprintf(path, sizeof path, "%s/%s_%06lu.run", argv[3],
                 names[pair.style.kind], i);
        save(path, &t, pair.style.last_newline);
    }
    for (q = 0; q < MAX_QUERIES; q++)
        free(pair.queries[q].docs);
    free(t.at);
    return 0;
}
