/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a run and its judgments in the shape of real ones, for benchmarks.
 *
 *   gen_run [--queries 6980] [--depth 1000] [--order sorted]
 *           [--graded] [--seed 1] [--system 0] [--qrels FILE] [--run FILE]
 *
 * The defaults are like a BM25 run over the MS MARCO development queries:
 * 280 MB, seven-digit ids, falling scores with six decimals, 1.07 relevant
 * passages a query of which 86 % are retrieved. With --graded the judgments
 * are like TREC Deep Learning's: about 200 a query, grades 0 to 3.
 *
 * --order  sorted       as written by a retrieval tool
 *          shuffled     the lines of each query in random order
 *          interleaved  line 1 of all queries, then line 2 of all, and so on
 * --system K  ranks the same candidates in another order for each K > 0,
 *             against the same judgments
 *
 * The output depends on the arguments alone. Memory grows with the number of
 * queries only where lines are interleaved, and then by 40 bytes each.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_PASSAGES 8841823u
#define MAX_DEPTH 50000u
#define MAX_QUERIES 1000000u
#define N_JUDGED 200u
#define MAX_LINE 96
#define OUT_BYTES (1u << 20)

enum order { SORTED, SHUFFLED, INTERLEAVED };

struct settings {
    uint32_t n_queries;
    uint32_t depth;
    enum order order;
    bool graded;
    uint64_t seed;
    uint64_t system;
    const char *qrels;
    const char *run;
};

struct rng {
    uint64_t state;
};

/* Candidate i of a query is passage (start + mix(i) * step) mod N_PASSAGES; the
 * step has no common factor with it, so candidates do not repeat. */
struct query {
    uint32_t id;
    uint32_t start;
    uint32_t step;
    uint32_t top_micro; /* score at rank 1, in millionths */
    struct rng rng;
    uint32_t micro; /* score at the rank written last */
};

struct out {
    FILE *file;
    const char *path;
    size_t n;
    char bytes[OUT_BYTES];
};

/* A candidate and where a system sees it. */
struct seen {
    double place;
    uint32_t i;
};

static void die(const char *what)
{
    fprintf(stderr, "gen_run: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void *need(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);

    if (!p)
        die("memory");
    return p;
}

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t random_bits(struct rng *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static struct rng stream(uint64_t seed, uint64_t a, uint64_t b)
{
    struct rng r = { seed };

    r.state = random_bits(&r) ^ a * 0xd1342543de82ef95u;
    r.state = random_bits(&r) ^ b * 0xaf251af3b0f025b5u;
    random_bits(&r);
    return r;
}

static uint32_t below(struct rng *r, uint32_t n)
{
    return (uint32_t)(((random_bits(r) >> 32) * n) >> 32);
}

static double unit(struct rng *r)
{
    return (double)(random_bits(r) >> 11) * 0x1p-53;
}

/* ---- output -------------------------------------------------------------- */

static void out_open(struct out *o, const char *path)
{
    o->path = path;
    o->n = 0;
    o->file = fopen(path, "wb");
    if (!o->file)
        die(path);
}

static void out_flush(struct out *o)
{
    if (fwrite(o->bytes, 1, o->n, o->file) != o->n)
        die(o->path);
    o->n = 0;
}

static void out_close(struct out *o)
{
    out_flush(o);
    if (fclose(o->file))
        die(o->path);
}

static void put_line(struct out *o, const char *line, size_t n)
{
    if (sizeof o->bytes - o->n < n)
        out_flush(o);
    memcpy(o->bytes + o->n, line, n);
    o->n += n;
}

static char *put_number(char *to, uint32_t value)
{
    char digits[10];
    int n = 0;

    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (n)
        *to++ = digits[--n];
    return to;
}

static size_t format_result(char *line, uint32_t qid, uint32_t passage,
                            uint32_t rank, uint32_t micro)
{
    uint32_t unit_of_digit;
    char *to = put_number(line, qid);

    memcpy(to, " Q0 ", 4);
    to = put_number(to + 4, passage);
    *to++ = ' ';
    to = put_number(to, rank);
    *to++ = ' ';
    to = put_number(to, micro / 1000000);
    *to++ = '.';
    for (unit_of_digit = 100000; unit_of_digit; unit_of_digit /= 10)
        *to++ = (char)('0' + micro / unit_of_digit % 10);
    memcpy(to, " Anserini\n", 10);
    return (size_t)(to + 10 - line);
}

/* ---- queries and judgments ----------------------------------------------- */

static uint32_t gcd(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t t = a % b;

        a = b;
        b = t;
    }
    return a;
}

/* Ids rise by a random step, as in a sorted sample of 1.1 million. */
static struct query query_at(const struct settings *s, uint32_t number)
{
    uint32_t room = 1100000u / s->n_queries;
    struct rng r = stream(s->seed, 1, number);
    struct query q = { 0 };

    if (room < 1)
        room = 1;
    q.id = 1 + number * room + below(&r, room);
    q.start = below(&r, N_PASSAGES);
    do {
        q.step = 1 + below(&r, N_PASSAGES - 1);
    } while (gcd(q.step, N_PASSAGES) != 1);
    q.top_micro = 12000000 + below(&r, 18000000);
    q.micro = q.top_micro;
    q.rng = stream(s->seed, 2 + s->system, number);
    return q;
}

/* A one-to-one map of the numbers below 2^17. */
static uint32_t mix(uint32_t i)
{
    const uint32_t mask = (1u << 17) - 1;

    i = i * 0x13c6fu & mask;
    i ^= i >> 9;
    return i * 0x1b873593u & mask;
}

static uint32_t passage(const struct query *q, uint32_t i)
{
    return (uint32_t)((q->start + (uint64_t)mix(i) * q->step) % N_PASSAGES);
}

/* Scores fall by 55 % over the depth, as 1/rank; now and then not at all. */
static uint32_t next_score(struct query *q, uint32_t rank, double share)
{
    double gap = 2 * unit(&q->rng) * q->top_micro * share / rank;

    if (rank > 1 && gap < q->micro)
        q->micro -= (uint32_t)gap;
    return q->micro;
}

static double share_at_depth(const struct settings *s)
{
    return 0.55 / (1 + log((double)s->depth));
}

static void judge(FILE *f, const struct query *q, uint32_t i, int grade)
{
    if (fprintf(f, "%" PRIu32 " 0 %" PRIu32 " %d\n", q->id, passage(q, i),
                grade) < 0)
        die("judgments");
}

static void judge_sparsely(FILE *f, const struct settings *s,
                           const struct query *q, struct rng *r)
{
    uint32_t luck = below(r, 100);
    uint32_t n = luck < 1 ? 3 : luck < 6 ? 2 : 1;
    uint32_t last = UINT32_MAX, k;

    for (k = 0; k < n; k++) {
        bool found = below(r, 100) < 86;
        uint32_t i = found ? (uint32_t)exp(unit(r) * log((double)s->depth)) - 1
                           : s->depth + k;

        if (i >= s->depth)
            i = s->depth + k;
        if (i != last)
            judge(f, q, i, 1);
        last = i;
    }
}

/* All of the first ten are judged, fewer and fewer after them, and the rest of
 * the 200 were found by other systems. Early candidates have better grades. */
static void judge_by_grade(FILE *f, const struct settings *s,
                           const struct query *q, struct rng *r)
{
    uint32_t i, n = 0;

    for (i = 0; n < N_JUDGED; i++) {
        double early = 10.0 / (10.0 + i), luck = unit(r);
        int grade = luck < 0.02 + 0.25 * early   ? 3
                    : luck < 0.09 + 0.50 * early ? 2
                    : luck < 0.25 + 0.55 * early ? 1
                                                 : 0;

        if (i < s->depth && unit(r) > 0.4 + 0.7 * early)
            continue;
        judge(f, q, i, grade);
        n++;
    }
}

static void write_qrels(const struct settings *s)
{
    FILE *f = fopen(s->qrels, "wb");
    uint32_t number;

    if (!f)
        die(s->qrels);
    for (number = 0; number < s->n_queries; number++) {
        struct query q = query_at(s, number);
        struct rng r = stream(s->seed, 0, number);

        if (s->graded)
            judge_by_grade(f, s, &q, &r);
        else
            judge_sparsely(f, s, &q, &r);
    }
    if (fclose(f))
        die(s->qrels);
}

/* ---- the run ------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;

    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

/* Which candidates a system ranks where. System 0 sees them in order, others
 * draw from twice as many with noise that grows with the rank. */
static void rank_candidates(const struct settings *s, struct query *q,
                            struct seen *seen)
{
    uint32_t n = s->system ? 2 * s->depth : s->depth, i;

    for (i = 0; i < n; i++) {
        double noise = s->system ? (unit(&q->rng) - 0.5) * (i + 20) : 0;

        seen[i] = (struct seen){ i + noise, i };
    }
    if (s->system)
        qsort(seen, n, sizeof *seen, by_place);
}

static void shuffle(uint32_t *at, uint32_t n, struct rng *r)
{
    uint32_t i;

    for (i = n; i > 1; i--) {
        uint32_t j = below(r, i), t = at[i - 1];

        at[i - 1] = at[j];
        at[j] = t;
    }
}

static void write_by_query(const struct settings *s, struct out *o)
{
    char(*lines)[MAX_LINE] = need(s->depth, sizeof *lines);
    size_t *lengths = need(s->depth, sizeof *lengths);
    uint32_t *at = need(s->depth, sizeof *at);
    struct seen *seen = need(2 * (size_t)s->depth, sizeof *seen);
    double share = share_at_depth(s);
    uint32_t number, i;

    for (number = 0; number < s->n_queries; number++) {
        struct query q = query_at(s, number);

        rank_candidates(s, &q, seen);
        for (i = 0; i < s->depth; i++) {
            at[i] = i;
            lengths[i] = format_result(lines[i], q.id, passage(&q, seen[i].i),
                                       i + 1, next_score(&q, i + 1, share));
        }
        if (s->order == SHUFFLED)
            shuffle(at, s->depth, &q.rng);
        for (i = 0; i < s->depth; i++)
            put_line(o, lines[at[i]], lengths[at[i]]);
    }
    free(seen);
    free(at);
    free(lengths);
    free(lines);
}

static void write_interleaved(const struct settings *s, struct out *o)
{
    struct query *queries = need(s->n_queries, sizeof *queries);
    double share = share_at_depth(s);
    char line[MAX_LINE];
    uint32_t number, i;

    for (number = 0; number < s->n_queries; number++)
        queries[number] = query_at(s, number);
    for (i = 0; i < s->depth; i++) {
        for (number = 0; number < s->n_queries; number++) {
            struct query *q = &queries[number];
            size_t n = format_result(line, q->id, passage(q, i), i + 1,
                                     next_score(q, i + 1, share));

            put_line(o, line, n);
        }
    }
    free(queries);
}

static void write_run(const struct settings *s)
{
    struct out *o = need(1, sizeof *o);

    out_open(o, s->run);
    if (s->order == INTERLEAVED)
        write_interleaved(s, o);
    else
        write_by_query(s, o);
    out_close(o);
    free(o);
}

/* ---- arguments ----------------------------------------------------------- */

static void usage(void)
{
    fprintf(stderr,
            "usage: gen_run [--queries N] [--depth N] [--graded] [--seed N]\n"
            "               [--order sorted|shuffled|interleaved] "
            "[--system N]\n"
            "               [--qrels FILE] [--run FILE]\n");
    exit(2);
}

static uint64_t number_in(const char *text, uint64_t low, uint64_t high)
{
    char *end;
    uint64_t n;

    errno = 0;
    n = strtoumax(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || n < low || n > high)
        usage();
    return n;
}

static enum order order_named(const char *name)
{
    if (!strcmp(name, "sorted"))
        return SORTED;
    if (!strcmp(name, "shuffled"))
        return SHUFFLED;
    if (strcmp(name, "interleaved"))
        usage();
    return INTERLEAVED;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "queries", required_argument, NULL, 'n' },
        { "depth", required_argument, NULL, 'd' },
        { "order", required_argument, NULL, 'o' },
        { "graded", no_argument, NULL, 'g' },
        { "seed", required_argument, NULL, 's' },
        { "system", required_argument, NULL, 'k' },
        { "qrels", required_argument, NULL, 'q' },
        { "run", required_argument, NULL, 'r' },
        { NULL, 0, NULL, 0 },
    };
    struct settings s = { .n_queries = 6980, .depth = 1000, .seed = 1 };
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'n')
            s.n_queries = (uint32_t)number_in(optarg, 1, MAX_QUERIES);
        else if (c == 'd')
            s.depth = (uint32_t)number_in(optarg, 1, MAX_DEPTH);
        else if (c == 'o')
            s.order = order_named(optarg);
        else if (c == 'g')
            s.graded = true;
        else if (c == 's')
            s.seed = number_in(optarg, 0, UINT64_MAX);
        else if (c == 'k')
            s.system = number_in(optarg, 0, UINT32_MAX);
        else if (c == 'q')
            s.qrels = optarg;
        else if (c == 'r')
            s.run = optarg;
        else
            usage();
    }
    if (optind != argc || (s.order == INTERLEAVED && s.system))
        usage();
    if (s.qrels)
        write_qrels(&s);
    if (s.run)
        write_run(&s);
    return 0;
}
