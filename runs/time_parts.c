/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/time_parts.h"

#include "base/sort.h"

#include <string.h>

const char *rkb_time_part_name(enum rkb_time_part part)
{
    static const char *const names[] = {
        [RKB_TIME_LATE] = "late",
        [RKB_TIME_RENDER] = "rendering",
        [RKB_TIME_TOKENIZER] = "tokenizer",
        [RKB_TIME_QUEUE] = "queue",
        [RKB_TIME_CONNECT] = "connection",
        [RKB_TIME_FIRST_BYTE] = "first byte",
        [RKB_TIME_FIRST_TOKEN] = "first token",
        [RKB_TIME_GENERATION] = "generation",
        [RKB_TIME_PARSE] = "parsing",
        [RKB_TIME_RETRY] = "retries",
        [RKB_TIME_OTHER] = "other",
    };

    return names[part];
}

/* The last attempt of a call with its end. */
struct span {
    size_t call;
    int64_t end_ns;
};

struct walk {
    const struct rkb_result_call *calls;
    size_t n;
    struct span *spans; /* [n_spans] the last to end first */
    size_t n_spans;
    int64_t now_ns; /* what lies behind it has its part */
    int64_t *parts, *on_chain;
};

/* Unknown is 0; no sum of a call's times is out of range. */
static int64_t known(int64_t ns)
{
    const int64_t most = INT64_C(1) << 60;

    return ns > most ? most : ns > 0 ? ns : 0;
}

/* Times within an attempt that contradict each other cannot run backwards. */
static int64_t later(int64_t ns, int64_t floor_ns)
{
    return ns > floor_ns ? ns : floor_ns;
}

static int64_t end_of(const struct rkb_result_call *c)
{
    return known(c->start_ns) + known(c->queue_ns) + known(c->total_ns) +
           known(c->parse_ns);
}

/* Latest end first; where ends are equal, the later row. */
static int by_end(const void *a, const void *b, void *ctx)
{
    const struct span *x = a, *y = b;

    (void)ctx;
    if (x->end_ns != y->end_ns)
        return x->end_ns > y->end_ns ? -1 : 1;
    return x->call > y->call ? -1 : x->call < y->call;
}

static void take(struct walk *w, enum rkb_time_part part, size_t call,
                 int64_t down_to_ns)
{
    int64_t to = known(down_to_ns);

    if (to >= w->now_ns)
        return;
    w->parts[part] += w->now_ns - to;
    if (w->on_chain && call < w->n)
        w->on_chain[call] += w->now_ns - to;
    w->now_ns = to;
}

static bool is_side(const struct rkb_result_call *c)
{
    return rkb_sv_ends(c->path, "~");
}

/* Asked on the way to `c`, in the same branch. */
static bool is_side_of(const struct rkb_result_call *side,
                       const struct rkb_result_call *c)
{
    return is_side(side) && !is_side(c) && side->path.len == c->path.len + 1 &&
           (!c->path.len ||
            memcmp(side->path.at, c->path.at, c->path.len) == 0);
}

/* The attempt before this one of the same call. */
static bool has_before(const struct walk *w, size_t i)
{
    const struct rkb_result_call *c = &w->calls[i];

    return i && c->attempt > 0 && rkb_sv_eq(c[-1].path, c->path) &&
           c[-1].seq == c->seq && c[-1].attempt < c->attempt;
}

static void take_attempt(struct walk *w, size_t i, bool repeated)
{
    const struct rkb_result_call *c = &w->calls[i];
    int64_t start = known(c->start_ns);
    int64_t sent = start + known(c->queue_ns);
    int64_t connected = sent + known(c->connect_ns);
    int64_t last = sent + known(c->total_ns);
    int64_t byte = c->first_byte_ns > 0 ? sent + known(c->first_byte_ns) : last;
    int64_t token = c->first_token_ns > 0 ? sent + known(c->first_token_ns) : 0;

    if (repeated || is_side(c)) {
        take(w, repeated ? RKB_TIME_RETRY : RKB_TIME_TOKENIZER, i, start);
        return;
    }
    byte = later(byte, connected);
    token = token ? later(token, byte) : byte;
    take(w, RKB_TIME_PARSE, i, last);
    take(w, RKB_TIME_GENERATION, i, token);
    take(w, RKB_TIME_FIRST_TOKEN, i, byte);
    take(w, RKB_TIME_FIRST_BYTE, i, connected);
    take(w, RKB_TIME_CONNECT, i, sent);
    take(w, RKB_TIME_QUEUE, i, start);
}

/* Which call the query waited for before it could begin to render `c`; n:
 * none. What was asked on the way to `c` may have come later. `*at` moves down
 * the spans and never back: the walk does not either. */
static size_t find_before(const struct walk *w, size_t *at,
                          const struct rkb_result_call *c, int64_t render_ns)
{
    while (*at < w->n_spans && w->spans[*at].end_ns > w->now_ns)
        ++*at;
    for (size_t k = *at; k < w->n_spans; k++) {
        const struct span *s = &w->spans[k];
        bool side = c && is_side_of(&w->calls[s->call], c);

        if (side || s->end_ns <= w->now_ns - render_ns) {
            *at = k + 1;
            return s->call;
        }
    }
    return w->n;
}

/* Back from the end of call `i` to where its first attempt began. */
static size_t take_call(struct walk *w, size_t i)
{
    bool repeated = false;

    for (;; i--) {
        take_attempt(w, i, repeated);
        if (!has_before(w, i))
            return i;
        repeated = true;
        take(w, RKB_TIME_RETRY, i, end_of(&w->calls[i - 1]));
    }
}

static void walk(struct walk *w)
{
    size_t at = 0, i = find_before(w, &at, NULL, 0), owner = w->n;
    int64_t render_ns = 0;

    for (;;) {
        const struct rkb_result_call *c = i < w->n ? &w->calls[i] : NULL;
        int64_t end = c ? end_of(c) : 0;

        /* Rendering is known by its length alone. */
        if (w->now_ns > end) {
            int64_t gap = w->now_ns - end;
            int64_t some = render_ns < gap ? render_ns : gap;

            take(w, RKB_TIME_RENDER, owner, w->now_ns - some);
            render_ns -= some;
            take(w, RKB_TIME_OTHER, w->n, end);
        }
        if (!c)
            return;
        i = take_call(w, i);
        if (owner == w->n || !is_side_of(c, &w->calls[owner])) {
            owner = i;
            render_ns = is_side(c) ? 0 : known(w->calls[i].render_ns);
        }
        i = find_before(w, &at, &w->calls[owner], render_ns);
    }
}

bool rkb_time_parts(struct rkb_arena *scratch,
                    const struct rkb_result_call *calls, size_t n,
                    int64_t latency_ns, int64_t late_ns,
                    int64_t parts[RKB_TIME_PARTS], int64_t *on_chain)
{
    int64_t late = late_ns < latency_ns ? known(late_ns) : latency_ns;
    struct walk w = { .calls = calls,
                      .n = n,
                      .now_ns = latency_ns - late,
                      .parts = parts,
                      .on_chain = on_chain };

    if (latency_ns < 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (calls[i].start_ns < 0 || calls[i].total_ns < 0)
            return false;
    w.spans = rkb_arena_new(scratch, n, sizeof *w.spans);
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || !has_before(&w, i + 1))
            w.spans[w.n_spans++] = (struct span){ i, end_of(&calls[i]) };
    rkb_sort(w.spans, w.n_spans, sizeof *w.spans, by_end, NULL);
    memset(parts, 0, RKB_TIME_PARTS * sizeof *parts);
    if (on_chain)
        memset(on_chain, 0, n * sizeof *on_chain);
    parts[RKB_TIME_LATE] = late;
    walk(&w);
    return true;
}
