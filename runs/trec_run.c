/* SPDX-License-Identifier: Apache-2.0 */
/* Workers share one stream. Whoever is free takes the next block under the
 * lock: it reads on, cuts at the last change of query and leaves the rest to
 * its successor. So plain, compressed and piped files go one way, one worker
 * or many, and memory is a few blocks. */
#include "runs/trec_run.h"

#include "base/arena.h"
#include "base/io/lines.h"
#include "base/io/stream.h"
#include "base/mem.h"

#include <string.h>
#include <sys/stat.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK_BYTES = 256 << 10, PADDING = 128 };

struct feeder {
    struct rkb_monitor *monitor;
    struct rkb_stream *stream;
    char *carry; /* [carry_len] what the last cut left over */
    size_t carry_len, carry_cap;
    uint64_t offset; /* of the carry in the decoded text */
    uint64_t n_blocks;
    bool at_end;
    /* What cannot be read a second time has its lines counted on the way. */
    bool counts;
    size_t n_lines; /* before the carry */
    /* The earliest failure, and the tag of the latest block. */
    struct rkb_err failed;
    uint64_t failed_block, failed_offset;
    size_t failed_line;
    rkb_sv tag; /* owned */
    uint64_t tag_block;
    const struct rkb_run_want *want;
};

struct worker {
    struct feeder *feeder;
    size_t index;
    char *buf;
    size_t cap, len;
    uint64_t offset, block_no;
    size_t lines_before;
    struct rkb_entry *entries;
    rkb_sv *ranks;
    size_t n, n_cap;
    /* Not a view, and not side by side: where each line has another query, 16
     * bytes read at once waited for two writes of 8, a tenth of the time. */
    const char *qid;
    rkb_sv last_line;
    size_t qid_len;
    bool bad_line; /* err is about the line, not from the caller */
    struct rkb_err err;
};

/* ---- taking a block ---------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || (unsigned char)(c - '\t') < 5;
}

static const char *line_start(const char *text, const char *newline)
{
    const char *before =
        newline > text ? memrchr(text, '\n', (size_t)(newline - text)) : NULL;

    return before ? before + 1 : text;
}

/* The query of a line; empty for a blank line and a comment. */
static rkb_sv query_of(const char *start, const char *end)
{
    rkb_sv rest = { start, (size_t)(end - start) };
    rkb_sv qid = rkb_sv_word(&rest);

    return qid.len && *qid.at == '#' ? (rkb_sv){ 0 } : qid;
}

/* Where the last query of the text begins, with the blank lines and comments
 * before it; 0 when it may begin before the text. */
static size_t last_query(const char *text, size_t len)
{
    const char *newline = memrchr(text, '\n', len), *end = newline;
    const char *start = text + len;
    rkb_sv qid = { 0 };

    for (; end; end = start > text ? start - 1 : NULL) {
        const char *line = line_start(text, end);

        if (!qid.len || (size_t)(end - line) <= qid.len ||
            memcmp(line, qid.at, qid.len) != 0 || !is_blank(line[qid.len])) {
            rkb_sv other = query_of(line, end);

            if (qid.len && other.len && !rkb_sv_eq(qid, other))
                return (size_t)(start - text);
            if (other.len)
                qid = other;
        }
        start = line;
    }
    /* No query at all, and no need to keep such lines together. */
    return newline && !qid.len ? (size_t)(newline + 1 - text) : 0;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += text[i] == '\n';
    return n;
}

static enum rkb_status fill(struct feeder *f, struct worker *w, size_t want)
{
    if (w->cap < want + PADDING) {
        w->cap = want + PADDING;
        w->buf = rkb_resize(w->buf, w->cap, 1);
    }
    while (w->len < want && !f->at_end) {
        size_t got = 0;
        enum rkb_status rc = rkb_stream_read(f->stream, w->buf + w->len,
                                             want - w->len, &got, &w->err);

        if (rc)
            return rc;
        f->at_end = got == 0;
        w->len += got;
    }
    return RKB_OK;
}

static void note_failure(struct feeder *f, struct worker *w, uint64_t offset)
{
    if (f->failed.code && w->block_no >= f->failed_block)
        return;
    f->failed = w->err;
    f->failed_block = w->block_no;
    f->failed_offset = offset;
    if (f->counts && offset != UINT64_MAX)
        f->failed_line = w->lines_before + 1 +
                         count_lines(w->buf, (size_t)(offset - w->offset));
}

static enum rkb_status line_too_long(struct worker *w)
{
    return rkb_fail(&w->err, RKB_E_LIMIT, "a line of over %u MB",
                    RKB_LINE_LIMIT >> 20);
}

/* Reads on until a query ends in w->buf, before *cut. *failed_at is where the
 * line that fails begins, UINT64_MAX when it is not about a line. */
static enum rkb_status take_query(struct feeder *f, struct worker *w,
                                  size_t *cut, uint64_t *failed_at)
{
    size_t want = BLOCK_BYTES;

    for (;;) {
        want = want > w->len ? want : w->len * 2;
        enum rkb_status rc = fill(f, w, want);

        if (rc)
            return rc;
        *cut = f->at_end ? w->len : last_query(w->buf, w->len);
        if (f->at_end || *cut)
            return RKB_OK;
        const char *newline = memrchr(w->buf, '\n', w->len);
        size_t line = newline ? (size_t)(newline + 1 - w->buf) : 0;

        if (w->len - line >= RKB_LINE_LIMIT) {
            *failed_at = w->offset + line;
            return line_too_long(w);
        }
        if (w->len > RKB_RUN_QUERY_LIMIT)
            return rkb_fail(&w->err, RKB_E_LIMIT, "a query of over %zu MB",
                            RKB_RUN_QUERY_LIMIT >> 20);
        want = w->len * 2;
    }
}

/* The text of one block in w->buf; w->len = 0 at the end and on failure. */
static void take_locked(struct feeder *f, struct worker *w)
{
    uint64_t failed_at = UINT64_MAX;
    size_t cut = 0;

    if (w->cap < f->carry_len + PADDING) {
        w->cap = f->carry_len + PADDING;
        w->buf = rkb_resize(w->buf, w->cap, 1);
    }
    if (f->carry_len)
        memcpy(w->buf, f->carry, f->carry_len);
    w->len = f->carry_len;
    w->offset = f->offset;
    w->lines_before = f->n_lines;
    w->block_no = f->n_blocks++;
    if (take_query(f, w, &cut, &failed_at)) {
        note_failure(f, w, failed_at);
        w->len = 0;
        return;
    }
    f->carry_len = w->len - cut;
    if (f->carry_len > f->carry_cap) {
        f->carry_cap = f->carry_len * 2;
        f->carry = rkb_resize(f->carry, f->carry_cap, 1);
    }
    if (f->carry_len)
        memcpy(f->carry, w->buf + cut, f->carry_len);
    f->offset += cut;
    if (f->counts)
        f->n_lines += count_lines(w->buf, cut);
    w->len = cut;
}

static bool take(struct feeder *f, struct worker *w)
{
    rkb_monitor_lock(f->monitor);
    w->len = 0;
    if (!f->failed.code && !(f->at_end && !f->carry_len))
        take_locked(f, w);
    rkb_monitor_unlock(f->monitor);
    if (!w->len)
        return false;
    if (w->buf[w->len - 1] != '\n')
        w->buf[w->len++] = '\n';
    memset(w->buf + w->len, '\n', PADDING / 2);
    return true;
}

/* ---- reading a block --------------------------------------------------- */

/* Bit i tells of byte i of the 64 at p: white space of the C locale, newline. */
struct masks {
    uint64_t blank, newline;
    bool nul; /* there is a NUL among them */
};

static inline struct masks masks_of(const char *p)
{
    struct masks m = { 0 };

#ifdef __SSE2__
    const __m128i tab = _mm_set1_epi8('\t'), four = _mm_set1_epi8(4);
    const __m128i space = _mm_set1_epi8(' '), nl = _mm_set1_epi8('\n');
    __m128i zeros = _mm_setzero_si128();

#pragma GCC unroll 4
    for (unsigned k = 0; k < 4; k++) {
        __m128i v =
            _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * k));
        __m128i shifted = _mm_sub_epi8(v, tab);
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(shifted, four), shifted);
        __m128i blank = _mm_or_si128(control, _mm_cmpeq_epi8(v, space));

        m.blank |= (uint64_t)(uint16_t)_mm_movemask_epi8(blank) << 16 * k;
        m.newline |=
            (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, nl))
            << 16 * k;
        zeros = _mm_or_si128(zeros, _mm_cmpeq_epi8(v, _mm_setzero_si128()));
    }
    m.nul = _mm_movemask_epi8(zeros) != 0;
#else
    for (unsigned i = 0; i < 64; i++) {
        m.blank |= (uint64_t)is_blank(p[i]) << i;
        m.newline |= (uint64_t)(p[i] == '\n') << i;
        m.nul |= !p[i];
    }
#endif
    return m;
}

/* Eight digits at once (Lemire & Mula), most significant first. */
static inline uint32_t eight_digits(uint64_t x)
{
    x = x * 10 + (x >> 8);
    return (uint32_t)((((x & 0x000000ff000000ffull) * 0x000f424000000064ull) +
                       ((x >> 16 & 0x000000ff000000ffull) *
                        0x0000271000000001ull)) >>
                      32);
}

/* 1 to 8 digits at p, of which 8 bytes may be read; false if not all are. */
static inline bool digits(const char *p, size_t n, uint32_t *out)
{
    uint64_t x;

    memcpy(&x, p, 8);
    uint64_t value = (x ^ 0x3030303030303030ull) << (64 - 8 * n);

    if ((value | (value + 0x0606060606060606ull)) & 0xf0f0f0f0f0f0f0f0ull)
        return false;
    *out = eight_digits(value);
    return true;
}

/* Plain decimals of up to 7 + 8 digits: exact in a double after one division
 * by a power of ten, which rounds correctly. False: take the slow way. */
static inline bool plain_score(const char *p, const char *end, double *out)
{
    static const double ten[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8 };
    static const uint32_t whole_ten[] = { 1,       10,       100,
                                          1000,    10000,    100000,
                                          1000000, 10000000, 100000000 };
    bool minus = *p == '-';
    uint32_t digit, part = 0;
    uint64_t whole = 0;
    size_t n_part = 0;

    p += minus;
    const char *first = p;

    for (; (digit = (uint32_t)(unsigned char)*p - '0') < 10; p++)
        whole = whole * 10 + digit;
    if ((size_t)(p - first) - 1 > 6) /* none, or more than seven */
        return false;
    if (*p == '.') {
        n_part = (size_t)(end - p) - 1;
        if (n_part - 1 > 7 || !digits(p + 1, n_part, &part))
            return false;
    } else if (p != end) {
        return false;
    }
    double value =
        (double)(int64_t)(whole * whole_ten[n_part] + part) / ten[n_part];

    *out = minus ? -value : value;
    return true;
}

static enum rkb_status flush(struct worker *w)
{
    const struct rkb_run_want *want = w->feeder->want;
    struct rkb_run_block block = { .qid = { w->qid, w->qid_len },
                                   .entries = w->entries,
                                   .ranks = want->ranks ? w->ranks : NULL,
                                   .n = w->n,
                                   .at = w->offset +
                                         (uint64_t)(w->qid - w->buf) };

    w->n = 0;
    return block.n ? want->block(want->ctx, &block, w->index, &w->err) : RKB_OK;
}

static void make_room(struct worker *w)
{
    w->n_cap = w->n_cap ? w->n_cap * 2 : 1024;
    w->entries = rkb_resize(w->entries, w->n_cap, sizeof *w->entries);
    if (w->feeder->want->ranks)
        w->ranks = rkb_resize(w->ranks, w->n_cap, sizeof *w->ranks);
}

/* n >= 1. Behind both eight bytes may be read: they lie in the worker's
 * buffer. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
    uint64_t x, y;

    for (; n > 8; n -= 8, a += 8, b += 8) {
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        if (x != y)
            return false;
    }
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    return (x ^ y) << (64 - 8 * n) == 0;
}

static inline enum rkb_status add(struct worker *w, rkb_sv qid, rkb_sv docid,
                                  rkb_sv rank, double score)
{
    if (qid.len != w->qid_len || !same_bytes(qid.at, w->qid, qid.len)) {
        enum rkb_status rc = flush(w);

        if (rc)
            return rc;
        w->qid = qid.at;
        w->qid_len = qid.len;
    }
    if (w->n == w->n_cap)
        make_room(w);
    w->entries[w->n] = (struct rkb_entry){ docid, score };
    if (w->ranks)
        w->ranks[w->n] = rank;
    w->n++;
    return RKB_OK;
}

static enum rkb_status add_slowly(struct worker *w, rkb_sv line)
{
    struct rkb_run_line got;
    const char *why;

    if (line.len > RKB_LINE_LIMIT) {
        w->bad_line = true;
        return line_too_long(w);
    }
    switch (rkb_run_line_parse(line, &got, &why)) {
    case RKB_RUN_LINE_BLANK:
        return RKB_OK;
    case RKB_RUN_LINE_THREE:
        if (w->feeder->want->three)
            break;
        /* fall through */
    case RKB_RUN_LINE_BAD:
        w->bad_line = true;
        return rkb_fail(&w->err, RKB_E_DATA, "malformed line: %s", why);
    case RKB_RUN_LINE_OK:
        break;
    }
    w->last_line = line;
    return add(w, got.qid, got.docid, got.rank, got.score);
}

/* A line of the common shape: six fields parted by single blanks, within 64
 * bytes. Returns its newline, or NULL when the line is of another shape. */
static inline const char *common_line(const char *start, rkb_sv *qid,
                                      rkb_sv *docid, rkb_sv *rank,
                                      double *score)
{
    struct masks m = masks_of(start);
    uint64_t b0 = m.blank, b1 = b0 & (b0 - 1), b2 = b1 & (b1 - 1);
    uint64_t b3 = b2 & (b2 - 1), b4 = b3 & (b3 - 1), b5 = b4 & (b4 - 1);
    uint64_t sixth = b5 & -b5;
    uint64_t doubled = b0 & (b0 << 1 | 1) & (sixth | (sixth - 1));

    if (!b5 || (m.newline & -m.newline) != sixth || doubled || m.nul ||
        *start == '#')
        return NULL;
    size_t at0 = (size_t)__builtin_ctzll(b0), at1 = (size_t)__builtin_ctzll(b1);
    size_t at2 = (size_t)__builtin_ctzll(b2), at3 = (size_t)__builtin_ctzll(b3);
    size_t at4 = (size_t)__builtin_ctzll(b4), at5 = (size_t)__builtin_ctzll(b5);

    if (!plain_score(start + at3 + 1, start + at4, score))
        return NULL;
    *qid = (rkb_sv){ start, at0 };
    *docid = (rkb_sv){ start + at1 + 1, at2 - at1 - 1 };
    *rank = (rkb_sv){ start + at2 + 1, at3 - at2 - 1 };
    return start + at5;
}

/* *failed_at: start of the line that failed. */
static enum rkb_status parse(struct worker *w, const char **failed_at)
{
    const char *text = w->buf, *stop = text + w->len, *end;

    w->n = 0;
    w->qid = text;
    w->qid_len = 0;
    w->last_line = (rkb_sv){ text, 0 };
    for (const char *start = text; start < stop; start = end + 1) {
        enum rkb_status rc;
        rkb_sv qid, docid, rank;
        double score;

        end = common_line(start, &qid, &docid, &rank, &score);
        if (end) {
            w->last_line = (rkb_sv){ start, (size_t)(end - start) };
            rc = add(w, qid, docid, rank, score);
        } else {
            end = memchr(start, '\n', (size_t)(stop - start));
            rc = add_slowly(w, (rkb_sv){ start, (size_t)(end - start) });
        }
        if (rc) {
            *failed_at = start;
            return rc;
        }
    }
    return flush(w);
}

static void note_tag(struct feeder *f, struct worker *w)
{
    struct rkb_run_line line;
    const char *why;

    if (rkb_run_line_parse(w->last_line, &line, &why) != RKB_RUN_LINE_OK)
        return;
    rkb_monitor_lock(f->monitor);
    if (!f->tag.at || w->block_no > f->tag_block) {
        char *copy = rkb_new(line.tag.len + 1, 1);

        memcpy(copy, line.tag.at, line.tag.len);
        rkb_free((void *)(uintptr_t)f->tag.at);
        f->tag = (rkb_sv){ copy, line.tag.len };
        f->tag_block = w->block_no;
    }
    rkb_monitor_unlock(f->monitor);
}

static enum rkb_status work(void *arg, size_t i, size_t index)
{
    struct feeder *f = arg;
    struct worker w = { .feeder = f, .index = index };

    (void)i;
    while (take(f, &w)) {
        const char *failed_at = w.buf;

        if (parse(&w, &failed_at)) {
            uint64_t at = (uint64_t)(failed_at - w.buf);

            rkb_monitor_lock(f->monitor);
            note_failure(f, &w, w.bad_line ? w.offset + at : UINT64_MAX);
            rkb_monitor_unlock(f->monitor);
            break;
        }
        note_tag(f, &w);
    }
    rkb_free(w.buf);
    rkb_free(w.entries);
    rkb_free(w.ranks);
    return RKB_OK;
}

/* ---- the whole file ---------------------------------------------------- */

bool rkb_run_rereadable(const char *path)
{
    struct stat st;

    return strcmp(path, "-") != 0 && stat(path, &st) == 0 &&
           S_ISREG(st.st_mode);
}

/* Lines are not counted on the way: a failed file is read once more. */
static size_t line_at(const char *path, uint64_t offset)
{
    struct rkb_lines in = { 0 };
    struct rkb_err ignored;
    size_t n = 0;
    rkb_sv line;

    if (!rkb_lines_open(&in, path, &ignored)) {
        while (rkb_lines_next(&in, &line) && in.offset <= offset)
            n = in.line_no;
        if (rkb_lines_status(&in, &ignored) == RKB_E_LIMIT) /* the next */
            n++;
    }
    rkb_lines_close(&in);
    return n ? n : 1; /* a byte order mark is before the first line's start */
}

static enum rkb_status report(struct feeder *f, const char *path,
                              struct rkb_err *err)
{
    *err = f->failed;
    if (f->failed_offset == UINT64_MAX)
        return err->code == RKB_E_LIMIT ? rkb_wrap(err, "%s", path) : err->code;
    return rkb_wrap(err, "%s:%zu", path,
                    f->counts ? f->failed_line
                              : line_at(path, f->failed_offset));
}

enum rkb_status rkb_run_read(const char *path, struct rkb_pool *pool,
                             const struct rkb_run_want *want,
                             struct rkb_arena *arena, rkb_sv *tag,
                             struct rkb_err *err)
{
    struct feeder f = { .want = want, .counts = !rkb_run_rereadable(path) };
    enum rkb_status rc = rkb_stream_open_ahead(&f.stream, path, err);

    if (rc)
        return rc;
    f.monitor = rkb_monitor_new();
    rc = rkb_pool_run(pool, rkb_pool_size(pool), work, &f);
    if (!rc && f.failed.code)
        rc = report(&f, path, err);
    if (!rc && tag)
        *tag = rkb_arena_copy(arena, f.tag);
    rkb_free((void *)(uintptr_t)f.tag.at);
    rkb_free(f.carry);
    rkb_monitor_free(f.monitor);
    rkb_stream_close(f.stream);
    return rc;
}

size_t rkb_run_find_line(const char *path, rkb_sv qid, rkb_sv docid, int nth)
{
    struct rkb_lines in = { 0 };
    struct rkb_err ignored;
    size_t found = 0;
    rkb_sv line;

    if (!rkb_run_rereadable(path) || rkb_lines_open(&in, path, &ignored)) {
        rkb_lines_close(&in);
        return 0;
    }
    while (!found && rkb_lines_next(&in, &line)) {
        struct rkb_run_line got;
        const char *why;
        enum rkb_run_line_kind kind = rkb_run_line_parse(line, &got, &why);

        if ((kind == RKB_RUN_LINE_OK || kind == RKB_RUN_LINE_THREE) &&
            rkb_sv_eq(got.qid, qid) && rkb_sv_eq(got.docid, docid) &&
            --nth == 0)
            found = in.line_no;
    }
    rkb_lines_close(&in);
    return found;
}
