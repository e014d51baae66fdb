/* SPDX-License-Identifier: Apache-2.0 */
/* A baseline as a text file: a key and its fields, parted by tabs, a line. */
#include "base/map.h"
#include "base/mem.h"
#include "base/sort.h"
#include "harness/eval/baseline.h"
#include "metrics/spec.h"
#include "metrics/stats.h"
#include "metrics/stats_tests.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define MAGIC "rerankbench-baseline"
enum { VERSION = 1 };

/* Lines of one field. */
static const struct {
    const char *key;
    size_t offset; /* in struct rkb_baseline_set: a view, or a digest */
    bool digest, must;
} fields[] = {
    { "dataset", offsetof(struct rkb_baseline_set, dataset), false, true },
    { "label", offsetof(struct rkb_baseline_set, label), false, false },
    { "reranker", offsetof(struct rkb_baseline_set, reranker), false, false },
    { "system", offsetof(struct rkb_baseline_set, system), false, true },
    { "judgments", offsetof(struct rkb_baseline_set, judgments), true, true },
    { "queries", offsetof(struct rkb_baseline_set, query_set), true, true },
    { "texts", offsetof(struct rkb_baseline_set, texts), true, false },
    { "candidates", offsetof(struct rkb_baseline_set, candidates), true,
      false },
    { "rules", offsetof(struct rkb_baseline_set, rules), false, true },
    { "host", offsetof(struct rkb_baseline_set, host), false, false },
    { "cpu", offsetof(struct rkb_baseline_set, cpu), false, false },
    { "timing", offsetof(struct rkb_baseline_set, timing), false, false },
    { "date", offsetof(struct rkb_baseline_set, date), false, false },
};

static bool is_zero(const struct rkb_digest *d)
{
    const struct rkb_digest zero = { 0 };

    return rkb_digest_eq(d, &zero);
}

/* ---- writing ---------------------------------------------------------------- */

static void put_text(struct rkb_buf *out, rkb_sv text)
{
    size_t start = out->len;

    rkb_buf_sv(out, text.len ? text : rkb_sv_of("-"));
    rkb_printable(out->at + start, false);
}

static void put_digest(struct rkb_buf *out, const struct rkb_digest *d)
{
    char hex[65];

    rkb_digest_hex(d, hex);
    rkb_buf_text(out, is_zero(d) ? "-" : hex);
}

static void put_value(struct rkb_buf *out, double value)
{
    if (isnan(value))
        rkb_buf_char(out, '-');
    else
        rkb_buf_real(out, value);
}

static int ascending(const void *a, const void *b, void *ctx)
{
    double x = *(const double *)a, y = *(const double *)b;

    (void)ctx;
    return (x > y) - (x < y);
}

/* For the reviewer; the reader has no use for it. */
static void put_summary(const struct rkb_baseline_set *s, struct rkb_buf *out)
{
    static const double shown[] = { 50, 90, 95, 99 };
    double *ms = rkb_new(s->n_queries, sizeof *ms);
    size_t n = 0;

    for (size_t i = 0; i < s->n_measures; i++) {
        const struct rkb_baseline_measure *m = &s->measures[i];

        rkb_buf_text(out, "# ");
        put_text(out, m->name);
        rkb_buf_printf(out, " %.4f", rkb_mean(m->means, s->n_repeats));
        if (s->n_repeats > 1)
            rkb_buf_printf(out, ", SD %.4f", rkb_sd(m->means, s->n_repeats));
        rkb_buf_printf(out, ", %zu repeat%s\n", s->n_repeats,
                       s->n_repeats > 1 ? "s" : "");
    }
    for (size_t i = 0; i < s->n_queries; i++)
        if (!isnan(s->queries[i].ms))
            ms[n++] = s->queries[i].ms;
    rkb_sort(ms, n, sizeof *ms, ascending, NULL);
    if (n >= rkb_percentile_needs(shown[0])) {
        rkb_buf_text(out, "# latency of a query in ms:");
        for (size_t i = 0; i < RKB_COUNT(shown); i++)
            if (n >= rkb_percentile_needs(shown[i]))
                rkb_buf_printf(out, "%s p%g %.6g", i ? "," : "", shown[i],
                               rkb_percentile(ms, n, shown[i]));
        rkb_buf_char(out, '\n');
    }
    rkb_free(ms);
}

/* For people, as the latency is: a file is compared as it stands. */
static void put_loaded(const struct rkb_baseline_set *s, struct rkb_buf *out)
{
    if (!s->loaded.len)
        return;
    rkb_buf_text(out, "# loaded machine: ");
    put_text(out, s->loaded);
    rkb_buf_char(out, '\n');
}

static void put_set(const struct rkb_baseline_set *s, struct rkb_buf *out)
{
    rkb_buf_char(out, '\n');
    for (size_t i = 0; i < RKB_COUNT(fields); i++) {
        const char *at = (const char *)s + fields[i].offset;

        rkb_buf_printf(out, "%s\t", fields[i].key);
        if (fields[i].digest)
            put_digest(out, (const struct rkb_digest *)(const void *)at);
        else
            put_text(out, *(const rkb_sv *)(const void *)at);
        rkb_buf_char(out, '\n');
    }
    put_summary(s, out);
    put_loaded(s, out);
    for (size_t i = 0; i < s->n_repeats; i++) {
        rkb_buf_text(out, "ranking\t");
        put_digest(out, &s->rankings[i]);
        rkb_buf_char(out, '\n');
    }
    for (size_t i = 0; i < s->n_measures; i++) {
        const struct rkb_baseline_measure *m = &s->measures[i];

        rkb_buf_text(out, "measure\t");
        put_text(out, m->name);
        rkb_buf_printf(out, "\t%lld\t%s", (long long)m->version,
                       m->steady ? "steady" : "varies");
        for (size_t r = 0; r < s->n_repeats; r++) {
            rkb_buf_char(out, '\t');
            rkb_buf_real(out, m->means[r]);
        }
        rkb_buf_char(out, '\n');
    }
    for (size_t i = 0; i < s->n_queries; i++) {
        const struct rkb_baseline_query *q = &s->queries[i];

        rkb_buf_text(out, "query\t");
        if (isnan(q->ms)) /* six digits are more than any clock is good for */
            rkb_buf_char(out, '-');
        else
            rkb_buf_printf(out, "%.6g", q->ms);
        for (size_t m = 0; m < s->n_measures; m++) {
            rkb_buf_char(out, '\t');
            put_value(out, q->values[m]);
        }
        rkb_buf_char(out, '\t');
        rkb_buf_sv(out, q->qid);
        rkb_buf_char(out, '\n');
    }
}

void rkb_baseline_write(const struct rkb_baseline *b, struct rkb_buf *out)
{
    rkb_buf_printf(out, MAGIC "\t%d\t", VERSION);
    put_text(out, b->program);
    rkb_buf_text(out, "\n# docs/gate.md says what the lines mean. A query has "
                      "its time in ms, a value for\n# each measure, its id.\n");
    for (size_t i = 0; i < b->n_sets; i++)
        put_set(&b->sets[i], out);
}

/* ---- reading ---------------------------------------------------------------- */

struct reader {
    struct rkb_arena *arena;
    struct rkb_baseline_set *sets;
    size_t n_sets, sets_cap;
    bool seen[RKB_COUNT(fields)]; /* of the set under way */
    struct rkb_digest *rankings;
    size_t rankings_cap;
    struct rkb_baseline_measure *measures;
    size_t measures_cap;
    struct rkb_baseline_query *queries;
    size_t queries_cap;
    struct rkb_map names, datasets, qids;
};

/* Of a set under way the arrays still grow; then they move to the arena. */
static struct rkb_baseline_set *under_way(const struct reader *r)
{
    return r->n_sets ? &r->sets[r->n_sets - 1] : NULL;
}

static void *keep(struct reader *r, const void *items, size_t n, size_t size)
{
    void *out = rkb_arena_new(r->arena, n, size);

    if (n)
        memcpy(out, items, n * size);
    return out;
}

/* Values of a file that somebody has edited, or cut, do not add up. Means of
 * repeats are over the same queries, so the order of averaging is free. */
static enum rkb_status check_mean(const struct rkb_baseline_set *s, size_t i,
                                  struct rkb_err *err)
{
    const struct rkb_baseline_measure *m = &s->measures[i];
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    double mean = rkb_mean(m->means, s->n_repeats), sum = 0;
    struct rkb_measures ms = { 0 };
    size_t n = 0;
    enum rkb_status rc = rkb_measures_add(&ms, m->name, &rules, err);
    bool is_mean = !rc && ms.slots[0].def->agg == RKB_AGG_MEAN;

    rkb_measures_release(&ms);
    if (rc)
        return rkb_fail(err, RKB_E_DATA, "dataset '%.*s': %s",
                        (int)s->dataset.len, s->dataset.at, err->msg);
    for (size_t q = 0; q < s->n_queries; q++)
        if (!isnan(s->queries[q].values[i])) {
            sum += s->queries[q].values[i];
            n++;
        }
    if (!is_mean ||
        (n && fabs(sum / (double)n - mean) <= 1e-9 * fmax(1, fabs(mean))))
        return RKB_OK;
    return rkb_fail(err, RKB_E_DATA,
                    "the mean of %.*s over the queries of dataset '%.*s' is "
                    "not what its repeats have: the file was edited or cut",
                    (int)m->name.len, m->name.at, (int)s->dataset.len,
                    s->dataset.at);
}

static enum rkb_status end_set(struct reader *r, struct rkb_err *err)
{
    struct rkb_baseline_set *s = under_way(r);
    enum rkb_status rc = RKB_OK;

    if (!s)
        return RKB_OK;
    for (size_t i = 0; i < RKB_COUNT(fields); i++)
        if (fields[i].must && !r->seen[i])
            return rkb_fail(err, RKB_E_DATA, "dataset '%.*s' has no line '%s'",
                            (int)s->dataset.len, s->dataset.at, fields[i].key);
    if (!s->n_repeats)
        return rkb_fail(err, RKB_E_DATA, "dataset '%.*s' has no repeat",
                        (int)s->dataset.len, s->dataset.at);
    s->rankings = keep(r, r->rankings, s->n_repeats, sizeof *r->rankings);
    s->measures = keep(r, r->measures, s->n_measures, sizeof *r->measures);
    s->queries = keep(r, r->queries, s->n_queries, sizeof *r->queries);
    for (size_t i = 0; i < s->n_measures && !rc; i++)
        rc = check_mean(s, i, err);
    return rc;
}

static enum rkb_status too_many(const char *what, size_t most,
                                struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_LIMIT, "more than %zu %s", most, what);
}

static enum rkb_status begin_set(struct reader *r, rkb_sv name,
                                 struct rkb_err *err)
{
    bool is_new;
    enum rkb_status rc = end_set(r, err);

    if (rc)
        return rc;
    if (r->n_sets == RKB_BASELINE_SETS)
        return too_many("data sets", RKB_BASELINE_SETS, err);
    rkb_map_add(&r->datasets, name, &is_new);
    if (!is_new)
        return rkb_fail(err, RKB_E_DATA, "dataset '%.*s' stands here twice",
                        (int)name.len, name.at);
    r->sets = rkb_grow(r->sets, &r->sets_cap, r->n_sets + 1, sizeof *r->sets);
    r->sets[r->n_sets++] = (struct rkb_baseline_set){ 0 };
    memset(r->seen, 0, sizeof r->seen);
    rkb_map_release(&r->names);
    rkb_map_release(&r->qids);
    return RKB_OK;
}

static enum rkb_status one_field(struct reader *r, size_t i, rkb_sv text,
                                 struct rkb_err *err)
{
    struct rkb_digest digest = { 0 };
    enum rkb_status rc = RKB_OK;
    bool absent = rkb_sv_is(text, "-");

    if (i == 0)
        rc = begin_set(r, text, err);
    if (rc)
        return rc;
    if (r->seen[i])
        return rkb_fail(err, RKB_E_DATA, "'%s' stands here twice",
                        fields[i].key);
    if (!text.len || (absent && fields[i].must) ||
        !rkb_sv_is_utf8(text, NULL) ||
        (fields[i].digest && !absent && !rkb_digest_parse(text, &digest)))
        return rkb_fail(err, RKB_E_DATA, "bad %s", fields[i].key);
    char *at = (char *)under_way(r) + fields[i].offset;

    r->seen[i] = true;
    if (fields[i].digest)
        memcpy(at, &digest, sizeof digest);
    else if (!absent)
        *(rkb_sv *)(void *)at = rkb_arena_copy(r->arena, text);
    return RKB_OK;
}

static enum rkb_status ranking_line(struct reader *r, rkb_sv text,
                                    struct rkb_err *err)
{
    struct rkb_baseline_set *s = under_way(r);
    struct rkb_digest d;

    if (s->n_measures || s->n_queries)
        return rkb_fail(err, RKB_E_DATA, "a ranking behind a measure");
    if (s->n_repeats == RKB_BASELINE_COLUMNS)
        return too_many("repeats", RKB_BASELINE_COLUMNS, err);
    if (!rkb_digest_parse(text, &d))
        return rkb_fail(err, RKB_E_DATA, "bad ranking");
    r->rankings = rkb_grow(r->rankings, &r->rankings_cap, s->n_repeats + 1,
                           sizeof *r->rankings);
    r->rankings[s->n_repeats++] = d;
    return RKB_OK;
}

static enum rkb_status measure_line(struct reader *r, rkb_sv rest,
                                    struct rkb_err *err)
{
    struct rkb_baseline_set *s = under_way(r);
    struct rkb_baseline_measure m = { 0 };
    rkb_sv version, how, part;
    size_t n = 0;
    bool is_new;

    if (s->n_queries)
        return rkb_fail(err, RKB_E_DATA, "a measure behind a query");
    if (s->n_measures == RKB_BASELINE_COLUMNS)
        return too_many("measures", RKB_BASELINE_COLUMNS, err);
    if (!rkb_sv_split(&rest, '\t', &m.name) || !m.name.len ||
        !rkb_sv_is_utf8(m.name, NULL) || !rkb_sv_split(&rest, '\t', &version) ||
        !rkb_sv_to_i64(version, 1, INT32_MAX, &m.version) ||
        !rkb_sv_split(&rest, '\t', &how) ||
        !(rkb_sv_is(how, "steady") || rkb_sv_is(how, "varies")))
        return rkb_fail(err, RKB_E_DATA,
                        "expected name, version, steady or varies, and means");
    rkb_map_add(&r->names, m.name, &is_new);
    if (!is_new)
        return rkb_fail(err, RKB_E_DATA, "measure '%.*s' stands here twice",
                        (int)m.name.len, m.name.at);
    double *means = rkb_arena_new(r->arena, s->n_repeats, sizeof *means);

    for (; rkb_sv_split(&rest, '\t', &part); n++)
        if (n == s->n_repeats || !rkb_sv_to_double(part, &means[n]))
            return rkb_fail(err, RKB_E_DATA,
                            n == s->n_repeats ? "more means than rankings"
                                              : "bad mean");
    if (n < s->n_repeats)
        return rkb_fail(err, RKB_E_DATA, "%zu means for %zu rankings", n,
                        s->n_repeats);
    m.name = rkb_arena_copy(r->arena, m.name);
    m.steady = rkb_sv_is(how, "steady");
    m.means = means;
    r->measures = rkb_grow(r->measures, &r->measures_cap, s->n_measures + 1,
                           sizeof *r->measures);
    r->measures[s->n_measures++] = m;
    return RKB_OK;
}

static bool number_or_none(rkb_sv text, double *out)
{
    *out = NAN;
    return rkb_sv_is(text, "-") || rkb_sv_to_double(text, out);
}

static enum rkb_status query_line(struct reader *r, rkb_sv rest,
                                  struct rkb_err *err)
{
    struct rkb_baseline_set *s = under_way(r);
    double *values = rkb_arena_new(r->arena, s->n_measures, sizeof *values);
    struct rkb_baseline_query q = { .values = values };
    rkb_sv part;
    bool is_new, good = rkb_sv_split(&rest, '\t', &part) &&
                        number_or_none(part, &q.ms) && !(q.ms <= 0);

    for (size_t i = 0; i < s->n_measures && good; i++)
        good = rkb_sv_split(&rest, '\t', &part) &&
               number_or_none(part, &values[i]);
    if (!good)
        return rkb_fail(err, RKB_E_DATA,
                        "expected a time in ms, %zu values and a query id",
                        s->n_measures);
    if (!rest.at || !rest.len || rkb_sv_trim(rest).len != rest.len ||
        !rkb_sv_is_utf8(rest, NULL) || memchr(rest.at, '\0', rest.len))
        return rkb_fail(err, RKB_E_DATA, "bad query id");
    rkb_map_add(&r->qids, rest, &is_new);
    if (!is_new)
        return rkb_fail(err, RKB_E_DATA, "query '%.*s' stands here twice",
                        (int)rest.len, rest.at);
    q.qid = rkb_arena_copy(r->arena, rest);
    r->queries = rkb_grow(r->queries, &r->queries_cap, s->n_queries + 1,
                          sizeof *r->queries);
    r->queries[s->n_queries++] = q;
    return RKB_OK;
}

static const struct {
    const char *key;
    enum rkb_status (*read)(struct reader *r, rkb_sv rest, struct rkb_err *err);
} lists[] = { { "ranking", ranking_line },
              { "measure", measure_line },
              { "query", query_line } };

static enum rkb_status read_line(struct reader *r, rkb_sv line,
                                 struct rkb_err *err)
{
    rkb_sv rest = line, key;

    if (!line.len || line.at[0] == '#')
        return RKB_OK;
    rkb_sv_split(&rest, '\t', &key);
    if (!rest.at)
        return rkb_fail(err, RKB_E_DATA, "expected a key, a tab and a value");
    for (size_t i = 0; i < RKB_COUNT(fields); i++)
        if (rkb_sv_is(key, fields[i].key))
            return i && !r->n_sets
                       ? rkb_fail(err, RKB_E_DATA, "'%s' before a dataset",
                                  fields[i].key)
                       : one_field(r, i, rest, err);
    for (size_t i = 0; i < RKB_COUNT(lists); i++)
        if (rkb_sv_is(key, lists[i].key))
            return r->n_sets ? lists[i].read(r, rest, err)
                             : rkb_fail(err, RKB_E_DATA,
                                        "'%s' before a dataset", lists[i].key);
    return rkb_fail(err, RKB_E_DATA, "unknown key '%.*s'",
                    (int)(key.len < 40 ? key.len : 40), key.at);
}

static enum rkb_status read_magic(struct rkb_arena *a, rkb_sv line,
                                  struct rkb_baseline *out, struct rkb_err *err)
{
    rkb_sv rest = line, word, version;
    int64_t n;

    if (!rkb_sv_split(&rest, '\t', &word) || !rkb_sv_is(word, MAGIC) ||
        !rkb_sv_split(&rest, '\t', &version) ||
        !rkb_sv_to_i64(version, 1, INT32_MAX, &n) || !rest.at || !rest.len ||
        !rkb_sv_is_utf8(rest, NULL))
        return rkb_fail(err, RKB_E_DATA,
                        "not a file that 'rerankbench baseline' has written");
    if (n > VERSION)
        return rkb_fail(err, RKB_E_DATA,
                        "written by a newer rerankbench (version %lld of the "
                        "file, this program knows %d)",
                        (long long)n, VERSION);
    if (!rkb_sv_is(rest, "-"))
        out->program = rkb_arena_copy(a, rest);
    return RKB_OK;
}

static enum rkb_status read_lines(struct reader *r, struct rkb_lines *in,
                                  struct rkb_baseline *out, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    rkb_sv line;

    while (!rc && rkb_lines_next(in, &line)) {
        line.len -= rkb_sv_ends(line, "\r");
        if (in->offset > RKB_BASELINE_BYTES)
            rc = too_many("bytes", RKB_BASELINE_BYTES, err);
        else if (in->line_no == 1)
            rc = read_magic(r->arena, line, out, err);
        else
            rc = read_line(r, line, err);
    }
    if (!rc) {
        rc = rkb_lines_status(in, err);
        if (rc)
            return rc; /* names the file */
        rc = in->line_no ? end_set(r, err)
                         : rkb_fail(err, RKB_E_DATA, "an empty file");
        if (!rc && !r->n_sets)
            rc = rkb_fail(err, RKB_E_DATA, "there is no dataset in it");
    }
    return rc ? rkb_wrap(err, "%s:%zu", rkb_stream_name(in->stream),
                         in->line_no)
              : RKB_OK;
}

enum rkb_status rkb_baseline_read(struct rkb_arena *a, struct rkb_lines *in,
                                  struct rkb_baseline *out, struct rkb_err *err)
{
    struct reader r = { .arena = a };

    *out = (struct rkb_baseline){
        .source = rkb_arena_copy(a, rkb_sv_of(rkb_stream_name(in->stream)))
    };
    in->max_bytes = RKB_BASELINE_LINE;
    enum rkb_status rc = read_lines(&r, in, out, err);

    out->sets = keep(&r, r.sets, r.n_sets, sizeof *r.sets);
    out->n_sets = r.n_sets;
    rkb_free(r.sets);
    rkb_free(r.rankings);
    rkb_free(r.measures);
    rkb_free(r.queries);
    rkb_map_release(&r.names);
    rkb_map_release(&r.datasets);
    rkb_map_release(&r.qids);
    return rc;
}
