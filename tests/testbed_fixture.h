/* SPDX-License-Identifier: Apache-2.0 */
/* A small testbed for tests: eight queries, seven of them judged, with six
 * candidates each out of ten documents. Every part is a text that a case may
 * replace. Ids and texts are made up here. */
#ifndef RKB_TESTS_TESTBED_FIXTURE_H
#define RKB_TESTS_TESTBED_FIXTURE_H

#include "harness/eval/testbed.h"
#include "tests/io_fixture.h"
#include "tests/store_fixture.h"

enum { BED_QUERIES = 7, BED_DOCS = 6 };

struct bed_parts {
    const char *queries, *qrels, *corpus, *run;
    const char *request; /* candidates instead of `run` */
    const char *spec;    /* NULL: "dl19" */
};

/* q8 is not judged; q7 has no candidates. */
static const struct bed_parts bed_usual = {
    .queries = "q1\tred onions\nq2\tsoup with leeks\nq3\tbread\nq4\tsalt\n"
               "q5\told cheese\nq6\tpears in wine\nq7\tnothing\nq8\ttea\n",
    .qrels = "q1 0 d1 1\nq1 0 d3 2\nq1 0 d6 0\nq2 0 d2 1\nq3 0 d9 1\n"
             "q4 0 d4 1\nq4 0 d5 1\nq5 0 d1 3\nq6 0 d6 1\nq7 0 d7 1\n",
    .corpus = "d1\tred onions fried\nd2\tleek soup\nd3\tonions\nd4\tsalt\n"
              "d5\tsea salt\nd6\tpears\nd7\tbread and wine\nd8\ttea\n"
              "d9\tbread\nd10\tcheese\n",
    .run = "q1 Q0 d1 1 9 r\nq1 Q0 d2 2 8 r\nq1 Q0 d3 3 7 r\nq1 Q0 d4 4 6 r\n"
           "q1 Q0 d5 5 5 r\nq1 Q0 d6 6 4 r\n"
           "q2 Q0 d2 1 9 r\nq2 Q0 d3 2 8 r\nq2 Q0 d4 3 7 r\nq2 Q0 d5 4 6 r\n"
           "q2 Q0 d6 5 5 r\nq2 Q0 d7 6 4 r\n"
           "q3 Q0 d3 1 9 r\nq3 Q0 d4 2 8 r\nq3 Q0 d9 3 7 r\nq3 Q0 d5 4 6 r\n"
           "q3 Q0 d6 5 5 r\nq3 Q0 d7 6 4 r\n"
           "q4 Q0 d4 1 9 r\nq4 Q0 d6 2 8 r\nq4 Q0 d5 3 7 r\nq4 Q0 d7 4 6 r\n"
           "q4 Q0 d8 5 5 r\nq4 Q0 d9 6 4 r\n"
           "q5 Q0 d5 1 9 r\nq5 Q0 d6 2 8 r\nq5 Q0 d7 3 7 r\nq5 Q0 d8 4 6 r\n"
           "q5 Q0 d9 5 5 r\nq5 Q0 d1 6 4 r\n"
           "q6 Q0 d6 1 9 r\nq6 Q0 d7 2 8 r\nq6 Q0 d8 3 7 r\nq6 Q0 d9 4 6 r\n"
           "q6 Q0 d10 5 5 r\nq6 Q0 d1 6 4 r\n"
           "q8 Q0 d6 1 9 r\nq8 Q0 d7 2 8 r\nq8 Q0 d8 3 7 r\nq8 Q0 d9 4 6 r\n"
           "q8 Q0 d10 5 5 r\nq8 Q0 d1 6 4 r\n",
};

/* What the usual case asks for. */
TAP_UNUSED struct rkb_candidates_want bed_want(void)
{
    return (struct rkb_candidates_want){ .compat = RKB_COMPAT_9,
                                         .depth = SIZE_MAX,
                                         .texts = true };
}

/* Both may fail, for cases about that. The files live until fixture_done. */
TAP_UNUSED enum rkb_status bed_open(struct rkb_testbed *b,
                                    const struct bed_parts *p,
                                    struct rkb_err *err)
{
    const struct rkb_dataset_source source = {
        .spec = p->spec ? p->spec : "dl19",
        .queries = p->queries ? fixture_text("queries.tsv", p->queries) : NULL,
        .qrels = fixture_text("qrels.txt", p->qrels),
        .corpus = p->corpus ? fixture_text("collection.tsv", p->corpus) : NULL,
    };

    return rkb_testbed_open(b, &source, err);
}

TAP_UNUSED enum rkb_status bed_load(struct rkb_testbed *b,
                                    const struct bed_parts *p,
                                    struct rkb_candidates_want want,
                                    struct rkb_err *err)
{
    want.spec = p->request ? fixture_text("requests.jsonl", p->request)
                           : fixture_text("run.trec", p->run);
    return rkb_testbed_load(b, &want, err);
}

/* The whole, in a store when there is one. */
TAP_UNUSED struct rkb_testbed bed_of(const struct bed_parts *p,
                                     const struct rkb_candidates_want *want,
                                     struct rkb_store *store)
{
    struct rkb_testbed b = { 0 };
    struct rkb_err err = { 0 };

    fix_must(bed_open(&b, p, &err), &err);
    fix_must(bed_load(&b, p, want ? *want : bed_want(), &err), &err);
    if (store)
        fix_must(rkb_testbed_store(&b, store, false, &err), &err);
    return b;
}

/* The text with its first `from` replaced; good until the 17th call. */
TAP_UNUSED const char *bed_replace(const char *text, const char *from,
                                   const char *to)
{
    static char out[16][4096];
    static unsigned turn;
    const char *at = strstr(text, from);
    char *o = out[turn++ % 16];

    if (!at || strlen(text) + strlen(to) >= sizeof out[0])
        abort();
    size_t before = (size_t)(at - text), n = strlen(to);

    memcpy(o, text, before);
    memcpy(o + before, to, n);
    memcpy(o + before + n, at + strlen(from), strlen(at + strlen(from)) + 1);
    return o;
}

#endif
