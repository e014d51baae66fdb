/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/retrieve/postings.h"

#include "base/rng.h"
#include "tests/tap.h"

static void a_list_of_nothing_is_at_its_end(void)
{
    struct rkb_postings p = { 0 };
    struct rkb_posting c = rkb_postings_start(&p);

    CHECK(!rkb_postings_next(&c));
    rkb_postings_release(&p);
}

/* Around every size at which a number takes a byte more. */
static void any_gap_and_frequency_comes_back(void)
{
    static const uint32_t tfs[] = {
        1,   2,     3,     129,       130,
        131, 16385, 16386, 1u << 21,  (1u << 28) + 1,
        1,   1,     65536, UINT32_MAX
    };
    enum { N_TFS = sizeof(tfs) / sizeof(tfs[0]) };
    uint32_t docs[3 * 32 + 1];
    size_t n = 0;
    struct rkb_postings p = { 0 };

    for (unsigned bit = 1; bit < 32; bit++)
        for (int by = -1; by <= 1; by++) {
            uint32_t doc = (uint32_t)((int64_t)(1u << bit) + by);

            if (n == 0 || doc > docs[n - 1])
                docs[n++] = doc;
        }
    docs[n++] = UINT32_MAX;
    for (size_t i = 0; i < n; i++)
        rkb_postings_add(&p, docs[i], tfs[i % N_TFS]);
    struct rkb_posting c = rkb_postings_start(&p);

    for (size_t i = 0; i < n; i++) {
        CHECK(rkb_postings_next(&c));
        CHECK_EQ_INT(c.doc, docs[i]);
        CHECK_EQ_INT(c.tf, tfs[i % N_TFS]);
    }
    CHECK(!rkb_postings_next(&c));
    CHECK(!rkb_postings_next(&c));
    rkb_postings_release(&p);
}

static void neighbours_that_have_a_term_once_take_a_byte_each(void)
{
    struct rkb_postings p = { 0 };

    for (uint32_t doc = 0; doc < 1000; doc++)
        rkb_postings_add(&p, doc, 1);
    CHECK_EQ_INT(p.len, 1000);
    rkb_postings_release(&p);
}

static size_t make_docid(size_t i, char *id)
{
    size_t len = i % 50 == 7 ? 127 + i % 5 : i % 50 == 9 ? 300 : i % 12;

    for (size_t k = 0; k < len; k++)
        id[k] = (char)(i * 7 + k);
    return len;
}

static void docids_come_back_in_any_order(void)
{
    enum { N = 5000 };
    struct rkb_docids d = { 0 };
    struct rkb_rng rng;
    char id[300];

    for (size_t i = 0; i < N; i++) {
        size_t len = make_docid(i, id);

        rkb_docids_add(&d, (rkb_sv){ len ? id : NULL, len });
        CHECK_EQ_INT(rkb_docids_get(&d, i).len, len);
    }
    CHECK_EQ_INT(d.n, N);
    rkb_rng_init(&rng, 5);
    for (size_t k = 0; k < 2 * N; k++) {
        size_t i = k < N ? k : rkb_rng_below(&rng, N);
        rkb_sv want = { id, make_docid(i, id) };

        CHECK(rkb_sv_eq(rkb_docids_get(&d, i), want));
    }
    rkb_docids_release(&d);
}

TESTS(TEST(a_list_of_nothing_is_at_its_end),
      TEST(any_gap_and_frequency_comes_back),
      TEST(neighbours_that_have_a_term_once_take_a_byte_each),
      TEST(docids_come_back_in_any_order))
