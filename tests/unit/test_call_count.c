/* SPDX-License-Identifier: Apache-2.0 */
/* How many requests each method sends for 100 candidates, counted by the
 * server (METHODS.md 10), and that neither how many are under way at once nor
 * chance decides which. */
#include "base/io/json.h"
#include "base/map.h"
#include "base/sort.h"
#include "tests/call_fixture.h"

enum { N = 100, WORDS = 10 };

/* How many of the query's ten words passage i has: fewer the later it comes,
 * but not in order, as a first stage has it, and with ties. */
static size_t grade(size_t i)
{
    size_t g = WORDS - i / 10 + i * 7 % 5;

    return g < 2 ? 0 : g - 2 > WORDS ? WORDS : g - 2;
}

static const struct rkb_request *hundred(size_t n)
{
    static struct rkb_candidate docs[N];
    static char ids[N][8], texts[N][128];
    static struct rkb_request request;

    for (size_t i = 0; i < N; i++) {
        size_t at = 0;

        snprintf(ids[i], sizeof ids[i], "d%zu", i);
        at = (size_t)snprintf(texts[i], sizeof texts[i], "number %zu", i);
        for (size_t k = 0; k < grade(i); k++)
            at += (size_t)snprintf(texts[i] + at, sizeof texts[i] - at, " w%zu",
                                   k);
        docs[i] = (struct rkb_candidate){ .docid = rkb_sv_of(ids[i]),
                                          .text = rkb_sv_of(texts[i]) };
    }
    request = (struct rkb_request){
        .qid = SV("q"),
        .query = SV("w0 w1 w2 w3 w4 w5 w6 w7 w8 w9"),
        .seed = 7,
        .docs = docs,
        .n_docs = n,
    };
    return &request;
}

/* ---- sorts, simulated ------------------------------------------------------- */

struct heap {
    size_t at[N], n, width, n_asked, per_choice;
    bool pairs; /* two children, each against the best so far */
};

/* As the server answers: of equals the first one of the prompt. */
static size_t best_of(struct heap *h, const size_t *places, size_t n)
{
    size_t best = 0;

    h->n_asked += h->per_choice;
    for (size_t i = 1; i < n; i++)
        if (grade(h->at[places[i]]) > grade(h->at[places[best]]))
            best = i;
    return best;
}

static void push_down(struct heap *h, size_t n, size_t root)
{
    for (;;) {
        size_t places[32] = { root }, count = 1, best = root;

        for (size_t c = 1; c <= h->width; c++)
            if (root * h->width + c < n)
                places[count++] = root * h->width + c;
        if (count == 1)
            return;
        if (!h->pairs) {
            best = places[best_of(h, places, count)];
        } else {
            for (size_t i = 1; i < count; i++) {
                const size_t two[] = { best, places[i] };

                best = two[best_of(h, two, 2)];
            }
        }
        if (best == root)
            return;
        size_t doc = h->at[root];

        h->at[root] = h->at[best];
        h->at[best] = doc;
        root = best;
    }
}

/* Requests of a heap that finds the k best of n: it is built, its top taken k
 * times and mended in between. */
static size_t heap_requests(size_t width, size_t k, bool pairs)
{
    struct heap h = { .width = width,
                      .per_choice = pairs ? 2 : 1,
                      .pairs = pairs };

    for (size_t i = 0; i < N; i++)
        h.at[i] = i;
    for (size_t i = N; i-- > 0;)
        push_down(&h, N, i);
    for (size_t i = 1; i < k; i++) {
        size_t top = h.at[0];

        h.at[0] = h.at[N - i];
        h.at[N - i] = top;
        push_down(&h, N - i, 0);
    }
    return h.n_asked;
}

/* ---- counting ------------------------------------------------------------------ */

struct method {
    const char *name, *options, *script;
    size_t n, least, most; /* requests; heap sorts: see below */
};

#define ORDER "on\n model context=100000"
#define YESNO "on\n model answer=yesno"
#define BEST "on\n model answer=best context=100000"

static const struct method methods[] = {
    { "listwise", NULL, ORDER, N, 9, 9 },
    { "listwise", "passes=3", ORDER, N, 27, 27 },
    { "listwise", "window=0", ORDER, N, 1, 1 },
    { "first", "dialect=vllm", BEST, N, 9, 9 },
    { "first", "dialect=vllm,passes=2", BEST, N, 18, 18 },
    { "pointwise", NULL, YESNO, N, 100, 100 },
    { "pairwise", "algorithm=allpair", BEST, N, 9900, 9900 },
    { "pairwise", "algorithm=sliding,k=10", BEST, N, 180, 1980 },
    { "pairwise", "algorithm=heapsort,k=10", BEST, N, 300, 500 },
    { "setwise", "children=3,k=10", BEST, N, 70, 130 },
    { "setwise", "children=19,k=10", BEST, N, 16, 25 },
    { "tournament", "rounds=2", ORDER, N, 26, 26 },
    { "rerank-api", "dialect=tei", ORDER, N, 4, 4 },
    { "rerank-api", "dialect=cohere", ORDER, N, 1, 1 },
    { "rerank-api", "dialect=cohere,batch=30", ORDER, N, 4, 4 },
    { "embedding", "batch=50", ORDER, N, 3, 3 }, /* the query is a text too */
};

static void calls_are_those_of_the_cost_table(void)
{
    for (size_t i = 0; i < RKB_COUNT(methods); i++) {
        const struct method *m = &methods[i];
        struct mock *mock = mock_open_script(m->script);
        struct llm_row row;

        if (llm_open(&row, m->name, mock_url(mock), m->options, 4)) {
            llm_ask(&row, hundred(m->n));
            CHECK_EQ_INT(row.rc, RKB_OK);
            CHECK_EQ_INT(row.outcome.status, RKB_QUERY_OK);
            CHECK(mock_n_requests(mock) >= m->least);
            CHECK(mock_n_requests(mock) <= m->most);
            CHECK_EQ_INT(row.account.n_calls, mock_n_requests(mock));
            if (tap_bad || getenv("SHOW"))
                printf("# %s(%s): %zu requests; %s%s\n", m->name,
                       m->options ? m->options : "", mock_n_requests(mock),
                       row.err.msg, row.outcome.why);
        }
        llm_close(&row);
        mock_close(mock);
    }
}

static void heaps_ask_what_a_heap_must(void)
{
    static const struct {
        const char *name, *options;
        size_t width, k;
        bool pairs;
    } rows[] = {
        { "pairwise", "algorithm=heapsort,k=10", 2, 10, true },
        { "pairwise", "algorithm=heapsort,k=50", 2, 50, true },
        { "setwise", "children=3,k=10", 3, 10, false },
        { "setwise", "children=3,k=40", 3, 40, false },
        { "setwise", "children=19,k=10", 19, 10, false },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct mock *mock = mock_open_script(BEST);
        struct llm_row row;

        if (llm_open(&row, rows[i].name, mock_url(mock), rows[i].options, 1)) {
            llm_ask(&row, hundred(N));
            CHECK_EQ_INT(
                mock_n_requests(mock),
                heap_requests(rows[i].width, rows[i].k, rows[i].pairs));
            for (size_t k = 1; k < rows[i].k; k++)
                CHECK(grade(row.outcome.order[k - 1]) >=
                      grade(row.outcome.order[k]));
        }
        llm_close(&row);
        mock_close(mock);
    }
}

/* A listwise method in m samples; `of` cannot go through the fixture. */
static void samples_multiply_the_calls(void)
{
    struct mock *mock = mock_open_script(ORDER);
    struct llm_row row = { .pool = rkb_pool_open(4) };
    const struct rkb_env env = { .arena = &row.env,
                                 .in_flight = 4,
                                 .repeat = 1 };
    char spec[256];

    snprintf(spec, sizeof spec,
             "consistency(samples=5,of=\"listwise(server='%s')\")",
             mock_url(mock));
    row.rc = rkb_reranker_open(&row.reranker, rkb_sv_of(spec), &env, &row.err);
    if (CHECK_EQ_INT(row.rc, RKB_OK)) {
        llm_ask(&row, hundred(N));
        CHECK_EQ_INT(row.rc, RKB_OK);
        CHECK_EQ_INT(mock_n_requests(mock), 45);
        CHECK_EQ_INT(row.account.n_calls, 45);
    } else {
        printf("# %s\n", row.err.msg);
    }
    llm_close(&row);
    mock_close(mock);
}

/* ---- what is sent --------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b, void *ctx)
{
    const rkb_sv *x = a, *y = b;
    size_t n = x->len < y->len ? x->len : y->len;
    int c = n ? memcmp(x->at, y->at, n) : 0;

    (void)ctx;
    return c ? c : (x->len > y->len) - (x->len < y->len);
}

/* Without the salt of the prefix cache, which is another one each time. */
static rkb_sv unsalted(struct rkb_arena *a, rkb_sv body)
{
    static const char key[] = "\"cache_salt\":\"";
    const char *at = memmem(body.at, body.len, key, sizeof key - 1);
    rkb_sv copy = rkb_arena_copy(a, body);

    if (at)
        memset((char *)(uintptr_t)copy.at + (at - body.at) + sizeof key - 1,
               '*', 16);
    return copy;
}

/* All bodies, in an order of their own. */
static rkb_sv *bodies(struct rkb_arena *a, struct mock *mock, size_t *n)
{
    rkb_sv *out = rkb_arena_new(a, mock_n_requests(mock), sizeof *out);

    *n = mock_n_requests(mock);
    for (size_t i = 0; i < *n; i++)
        out[i] = unsalted(a, mock_request_at(mock, i)->body);
    rkb_sort(out, *n, sizeof *out, by_bytes, NULL);
    return out;
}

static void requests_do_not_depend_on_how_many_are_in_flight(void)
{
    static const size_t in_flight[] = { 1, 2, 8, 64 };

    for (size_t i = 0; i < RKB_COUNT(methods); i++) {
        const struct method *m = &methods[i];
        bool many = strstr(m->name, "pairwise") != NULL;
        struct rkb_arena a = { 0 };
        rkb_sv *first = NULL;
        size_t n_first = 0;
        char order[8192] = "";

        for (size_t k = 0; k < RKB_COUNT(in_flight); k++) {
            struct mock *mock = mock_open_script(m->script);
            struct llm_row row;
            size_t n;

            if (llm_open(&row, m->name, mock_url(mock), m->options,
                         in_flight[k])) {
                llm_ask(&row, hundred(many ? 20 : N));
                CHECK_EQ_INT(row.rc, RKB_OK);
                rkb_sv *now = bodies(&a, mock, &n);

                if (!first) {
                    first = now;
                    n_first = n;
                    snprintf(order, sizeof order, "%s",
                             llm_order(&row, hundred(many ? 20 : N)));
                }
                CHECK_EQ_INT(n, n_first);
                for (size_t b = 0; b < n && b < n_first; b++)
                    if (!CHECK(rkb_sv_eq(now[b], first[b])))
                        break;
                CHECK_STR(llm_order(&row, hundred(many ? 20 : N)), order);
            }
            llm_close(&row);
            mock_close(mock);
        }
        rkb_arena_release(&a);
    }
}

TESTS(TEST(calls_are_those_of_the_cost_table), TEST(heaps_ask_what_a_heap_must),
      TEST(samples_multiply_the_calls),
      TEST(requests_do_not_depend_on_how_many_are_in_flight))
