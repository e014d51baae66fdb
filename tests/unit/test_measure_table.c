/* SPDX-License-Identifier: Apache-2.0 */
/* Every measure: what its row says, two cases worked by hand, and what holds
 * whatever the ranking. */
#include "tests/tap.h"

#include "base/rng.h"
#include "tests/judged_fixture.h"

/* The topic of docs/measures.md: six judged documents of grades 3 2 2 1 0 0,
 * five retrieved, one further document of grade 2 missed. R = 4, or 3 with
 * rel=2. */
#define LIST "20310"
#define QRELS "322100"
#define L3 1.584962500721156 /* log2(3) */
#define L5 2.321928094887362 /* log2(5) */

struct golden {
    const char *measure, *list, *qrels;
    double want;
};

static const struct golden golden[] = {
    { "num_q", LIST, QRELS, 1 },
    { "num_q", "-", "1", 1 },
    { "num_ret", LIST, QRELS, 5 },
    { "num_ret", "---", "1", 3 },
    { "num_rel", LIST, QRELS, 4 },
    { "num_rel(rel=2)", LIST, QRELS, 3 },
    { "num_rel_ret", LIST, QRELS, 3 },
    { "num_rel_ret(rel=2)", LIST, QRELS, 2 },
    { "AP", LIST, QRELS, (1 + 2 / 3. + 3 / 4.) / 4 },
    { "AP(rel=2)", LIST, QRELS, (1 + 2 / 3.) / 3 },
    { "AP", ".-1", ".1", 1 / 3. },
    { "gm_map", LIST, QRELS, (1 + 2 / 3. + 3 / 4.) / 4 },
    { "gm_map(rel=2)", LIST, QRELS, 5 / 9. },
    { "Rprec", LIST, QRELS, 3 / 4. },
    { "Rprec(rel=2)", LIST, QRELS, 2 / 3. },
    { "Rprec", "1", "11", 1 / 2. },
    /* both grade-0 documents judged: above ranks 3 and 4 stands one of two */
    { "Bpref", LIST, QRELS, (1 + 1 / 2. + 1 / 2.) / 4 },
    { "Bpref(rel=2)", LIST, QRELS, (1 + (1 - 1 / 3.)) / 3 },
    { "Bpref", "-.1", "1.0", 1 },
    { "gm_bpref", LIST, QRELS, 1 / 2. },
    { "gm_bpref(rel=2)", LIST, QRELS, 5 / 9. },
    { "RR", LIST, QRELS, 1 },
    { "RR", "0-1", "10", 1 / 3. },
    { "RR(rel=2)", "12", "12", 1 / 2. },
    { "IPrec@0", LIST, QRELS, 1 },
    { "IPrec@0.5", LIST, QRELS, 3 / 4. },
    { "IPrec@1", LIST, QRELS, 0 },
    { "IPrec@0.6", "1---1", "11", 2 / 5. },
    { "P@3", LIST, QRELS, 2 / 3. },
    { "P@10", LIST, QRELS, 3 / 10. },
    { "P(rel=2)@5", LIST, QRELS, 2 / 5. },
    { "R@3", LIST, QRELS, 2 / 4. },
    { "R(rel=2)@5", LIST, QRELS, 2 / 3. },
    { "infAP", LIST, QRELS,
      (1 + (1 / 3. + 2 / 3. * 1 / 2.) + (1 / 4. + 3 / 4. * 2.00001 / 3.00002)) /
          4 },
    { "infAP", "-.1", ".1", 1 / 3. + 2 / 3. * 1 / 2. * 1 / 2. },
    { "Rprec_mult@0.5", LIST, QRELS, 1 / 2. },
    { "Rprec_mult@2", LIST, QRELS, 3 / 8. },
    { "utility", LIST, QRELS, 3 - 2 },
    { "utility(weights='1,-1,-0.5,2')", LIST, QRELS,
      3 - 2 - 0.5 * 1 + 2 * (0 + 3 - 5 - 4) },
    { "11pt_avg", LIST, QRELS, (3 * 1 + 5 * 3 / 4. + 3 * 0) / 11 },
    { "11pt_avg(points='0,0.5')", LIST, QRELS, (1 + 3 / 4.) / 2 },
    { "binG", LIST, QRELS, (1 + 1 / L3 + 1 / L3) / 4 },
    { "binG", "0-1", "10", 1 / 2. },
    { "G", LIST, QRELS, (2 / L3 + 3 / 2. + 1 / 2.) / 8 },
    { "G(gains='1=3')", "01", "10", 3 / L3 / 3 },
    { "dcg", LIST, QRELS, 2 + 3 / 2. + 1 / L5 },
    { "dcg(gains='1=3')", "1", "10", 3 },
    { "ideal_dcg", LIST, QRELS, 3 + 2 / L3 + 2 / 2. + 1 / L5 },
    { "ideal_dcg(gains='1=3')", "-", "110", 3 + 3 / L3 },
    { "nDCG", LIST, QRELS, (3.5 + 1 / L5) / (4 + 2 / L3 + 1 / L5) },
    { "nDCG(dcg='exp-log2')", LIST, QRELS,
      (3 + 7 / 2. + 1 / L5) / (7 + 3 / L3 + 3 / 2. + 1 / L5) },
    { "nDCG(gains='1=4,2=0')", "21", "21", 1 / L3 },
    { "ndcg_rel", LIST, QRELS,
      (2 / 3. + 3.5 / (4 + 2 / L3) +
       2 * (3.5 + 1 / L5) / (4 + 2 / L3 + 1 / L5)) /
          4 },
    { "ndcg_rel", "-1", "1", 1 / L3 },
    { "Rndcg", LIST, QRELS,
      (2 / 3. + 3.5 / (4 + 2 / L3) + (3.5 + 1 / L5) / (4 + 2 / L3 + 1 / L5)) /
          3 },
    { "Rndcg", "-1-", "1", (0 + 1 / L3) / 2 },
    { "nDCG@3", LIST, QRELS, 3.5 / (4 + 2 / L3) },
    { "nDCG(dcg='exp-log2')@3", LIST, QRELS, 6.5 / (8.5 + 3 / L3) },
    { "nDCG(gains='1=4,2=0')@1", "21", "21", 0 },
    { "AP@3", LIST, QRELS, (1 + 2 / 3.) / 4 },
    { "AP(rel=2)@1", LIST, QRELS, 1 / 3. },
    { "R_cap@2", LIST, QRELS, 1 / 2. },
    { "R_cap@5", LIST, QRELS, 3 / 4. },
    { "Success@1", LIST, QRELS, 1 },
    { "Success(rel=3)@2", LIST, QRELS, 0 },
    { "SetP", LIST, QRELS, 3 / 5. },
    { "SetP(rel=2)", LIST, QRELS, 2 / 5. },
    { "set_relative_P", LIST, QRELS, 3 / 4. },
    { "set_relative_P", "1", "11", 1 },
    { "SetR", LIST, QRELS, 3 / 4. },
    { "SetR(rel=2)", LIST, QRELS, 2 / 3. },
    { "SetAP", LIST, QRELS, 3 / 5. * 3 / 4. },
    { "SetAP(rel=2)", LIST, QRELS, 2 / 5. * 2 / 3. },
    { "SetF", LIST, QRELS, 2 * 3 / 5. * 3 / 4. / (3 / 5. + 3 / 4.) },
    { "SetF(x=4)", LIST, QRELS, 5 * 3 / 5. * 3 / 4. / (4 * 3 / 5. + 3 / 4.) },
    { "num_nonrel_judged_ret", LIST, QRELS, 2 },
    { "num_nonrel_judged_ret(rel=2)", "-.10", "100.", 2 },
    { "yaap", "1", "1", 0.6931471805599453 /* ln 2 */ },
    { "yaap", "-", "1", -0.6931471805599453 },
    { "rbp", LIST, QRELS, 0.1 * (2 / 3. + 0.81 + 1 / 3. * 0.729) },
    { "rbp(p=0.5)", "-1", "1", 0.5 * 0.5 },
    { "rbp_resid", LIST, QRELS, 0 },
    { "rbp_resid", "-1", "1", 0.81 + 0.1 * 1 },
    { "unj@5", LIST, QRELS, 0 },
    { "unj@5", "-1.", "1.", 2 / 5. },
    { "RR@2", "0-1", "10", 0 },
    { "RR@3", "0-1", "10", 1 / 3. },
    { "ERR@3", LIST, QRELS, 3 / 16. + 7 / 16. * 13 / 16. / 3 },
    { "ERR(gmax=1)@2", "11", "11", 1 / 2. + 1 / 2. * 1 / 2. / 2 },
    { "Judged@2", "-1", "1", 1 / 2. },
    { "Judged@10", "-1.", "1.", 1 / 3. },
    { "unj@4", "-1x.", "1.", 3 / 4. },
    { "Hole@5", "-1.", "1.", 1 / 5. }, /* pooled: somebody has the document */
    { "Hole@4", "x1-0", "1", 1 / 4. },
    { "Hole@2", "x-1-", "1", 1 / 2. },
    { "RBP", LIST, QRELS, 0.2 * (1 + 0.64 + 0.512) },
    { "RBP(rel=2,p=0.5)", LIST, QRELS, 0.5 * (1 + 0.25) },
    { "RBP@3", LIST, QRELS, 0.2 * (1 + 0.64) },
    { "RBP(p=0.5)@1", "-1", "1", 0 },
    /* ten pairs: six right, three wrong, two documents of one grade */
    { "Tau_b", LIST, QRELS, 3 / 9.486832980505138 /* sqrt(10 * 9) */ },
    { "Tau_b", "-12.", "12.", -1 },
    { "PairAcc", LIST, QRELS, 6 / 9. },
    { "PairAcc", "2-01", "210", 2 / 3. },
    { "WSS@0.5", LIST, QRELS, 2 / 5. - 0.5 },
    { "WSS(rel=2)@0.3", LIST, QRELS, 4 / 5. - 0.7 },
    { "WSS@1", LIST, QRELS, 0 }, /* one is missed: all was read */
    { "WSS@0.55", "11111111111111111111", "11111111111111111111", 0 },
    { "LastRel", LIST, QRELS, 4 },
    { "LastRel(rel=2)", LIST, QRELS, 3 },
};

static const struct {
    const char *measure, *list, *want;
} golden_texts[] = {
    { "runid", LIST, "tag" },
    { "runid", "", "tag" },
    { "relstring", LIST, "'20310'" },
    { "relstring(n=3)", "-.10", "'-.1'" },
};

static const struct rkb_measure_def *row_of(const char *measure)
{
    struct rkb_measures ms = { 0 };
    const struct rkb_measure_def *def;

    measures_of(&ms, measure, 1, 10);
    def = ms.slots[0].def;
    rkb_measures_release(&ms);
    return def;
}

static void golden_values_are_met(void)
{
    for (size_t i = 0; i < RKB_COUNT(golden); i++) {
        struct fixture f;
        double got;

        fixture_init(&f, golden[i].list, golden[i].qrels);
        got = value_of(golden[i].measure, 9, &f.q);
        if (!CHECK_NEAR(got, golden[i].want, 1e-12))
            printf("# %s of %s\n", golden[i].measure, golden[i].list);
    }
}

static void golden_texts_are_met(void)
{
    for (size_t i = 0; i < RKB_COUNT(golden_texts); i++) {
        struct rkb_measures ms = { 0 };
        struct rkb_buf text = { 0 };
        struct fixture f;

        fixture_init(&f, golden_texts[i].list, QRELS);
        measures_of(&ms, golden_texts[i].measure, 1, 9);
        rkb_slot_text(&ms, 0, &f.q, false, &text);
        CHECK_STR(text.at, golden_texts[i].want);
        rkb_buf_release(&text);
        rkb_measures_release(&ms);
    }
}

static size_t n_golden(const struct rkb_measure_def *def)
{
    size_t n = 0;

    for (size_t i = 0; i < RKB_COUNT(golden); i++)
        n += row_of(golden[i].measure) == def;
    for (size_t i = 0; i < RKB_COUNT(golden_texts); i++)
        n += row_of(golden_texts[i].measure) == def;
    return n;
}

static void every_measure_has_two_golden_cases(void)
{
    const struct rkb_measure_def *def;

    for (size_t i = 0; (def = rkb_measure_at(i)); i++)
        if (!CHECK(n_golden(def) >= 2))
            printf("# %s\n", def->name);
}

static void every_row_is_complete(void)
{
    const struct rkb_measure_def *def, *other;

    for (size_t i = 0; (def = rkb_measure_at(i)); i++) {
        bool list = def->args == RKB_ARGS_LIST;

        CHECK(def->name && *def->name);
        CHECK(def->summary && *def->summary);
        CHECK(def->source && *def->source);
        CHECK(def->version >= 1);
        CHECK((def->calc != NULL) != (def->text != NULL));
        CHECK((def->agg == RKB_AGG_NONE) == (def->text != NULL));
        CHECK(!list || (def->args_name && def->fallback));
        CHECK(!(def->traits & ~(unsigned)(RKB_EXACT_CASE | RKB_SEES_OTHERS)) ||
              def->trec_name);
        for (size_t k = 0; k < i && (other = rkb_measure_at(k)); k++) {
            CHECK(strcmp(def->name, other->name) != 0);
            CHECK(!def->trec_name || !other->trec_name ||
                  strcmp(def->trec_name, other->trec_name) != 0);
        }
    }
}

static void version_10_rounds_recall_points_to_the_nearest(void)
{
    struct fixture f;

    fixture_init(&f, "1---1", "11");
    CHECK_NEAR(value_of("IPrec@0.6", 9, &f.q), 2 / 5., 0);
    CHECK_NEAR(value_of("IPrec@0.6", 10, &f.q), 1, 0);
    CHECK_NEAR(value_of("11pt_avg(points='0.6')", 10, &f.q), 1, 0);
}

/* A ranking of n documents and the judgments of its query. */
static void shuffled(struct rkb_rng *r, size_t n, char *list, char *qrels)
{
    static const char grades[] = "000011123.----";
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        list[i] = grades[rkb_rng_below(r, sizeof(grades) - 1)];
        if (list[i] != '-')
            qrels[k++] = list[i];
    }
    for (size_t extra = rkb_rng_below(r, 8); extra > 0; extra--)
        qrels[k++] = grades[rkb_rng_below(r, 10)];
    list[n] = qrels[k] = '\0';
}

static void equal_scores_are_pairs_that_nobody_ordered(void)
{
    struct fixture f;

    fixture_init(&f, "1020-", "210000");
    f.hits[1].score = f.hits[2].score = f.hits[0].score; /* 1 0 2, then 0 */
    /* right: (1,0) (2,0); equal scores: (1,0) (1,2) (0,2); one grade: (0,0) */
    CHECK_NEAR(value_of("PairAcc", 9, &f.q), (2 + 3 / 2.) / 5, 1e-15);
    CHECK_NEAR(value_of("Tau_b", 9, &f.q), 2 / sqrt(3. * 5), 1e-15);
    f.hits[3].score = f.hits[0].score;
    CHECK_NEAR(value_of("PairAcc", 9, &f.q), 1 / 2., 0);
    CHECK(isnan(value_of("Tau_b", 9, &f.q)));
    f.hits[3].score = f.hits[0].score * (1 - 1e-12); /* lost in 32 bits */
    CHECK(isnan(value_of("Tau_b", 9, &f.q)));
    CHECK_NEAR(value_of("Tau_b", 10, &f.q), 2 / sqrt(3. * 5), 1e-15);
}

static void agreement_turns_round_with_the_ranking(void)
{
    struct rkb_rng r;
    char list[64], qrels[128];
    struct fixture f;

    rkb_rng_init(&r, 3);
    for (int round = 0; round < 200; round++) {
        double tau, acc;
        size_t n;

        shuffled(&r, 1 + rkb_rng_below(&r, 40), list, qrels);
        fixture_init(&f, list, qrels);
        tau = value_of("Tau_b", 9, &f.q);
        acc = value_of("PairAcc", 9, &f.q);
        n = strlen(list);
        for (size_t i = 0; i < n / 2; i++) {
            char c = list[i];

            list[i] = list[n - 1 - i];
            list[n - 1 - i] = c;
        }
        fixture_init(&f, list, qrels);
        CHECK(isnan(tau) || fabs(tau) <= 1 + 1e-12);
        CHECK(isnan(tau) == isnan(acc));
        if (isnan(tau))
            continue;
        CHECK_NEAR(value_of("Tau_b", 9, &f.q), -tau, 1e-12);
        CHECK_NEAR(value_of("PairAcc", 9, &f.q), 1 - acc, 1e-12);
    }
}

/* METHODS.md, appendix A.3: 300 of 1000 read. */
static void published_screening_example_is_met(void)
{
    static char list[1001], qrels[1001];
    struct fixture f;

    memset(list, '0', 1000);
    memset(list + 280, '1', 20);
    list[299] = '0';
    list[999] = list[300 - 1] = '1';
    list[280] = '0'; /* 20 relevant: 281 to 299, then the last one */
    memcpy(qrels, list, sizeof(list));
    fixture_init(&f, list, qrels);
    CHECK_NEAR(value_of("WSS@0.95", 9, &f.q), 0.65, 1e-12);
    CHECK_NEAR(value_of("WSS@1", 9, &f.q), 0, 1e-12);
    CHECK_NEAR(value_of("LastRel", 9, &f.q), 1000, 0);
}

/* METHODS.md, appendix A.3. */
static void published_example_is_met(void)
{
    static const struct {
        const char *measure;
        double want, tol;
    } rows[] = {
        { "nDCG@5", 0.6905, 5e-5 },  { "nDCG(dcg='exp-log2')@5", 0.6403, 5e-5 },
        { "nDCG@3", 0.6652, 5e-5 },  { "nDCG(dcg='exp-log2')@3", 0.6254, 5e-5 },
        { "AP", 0.6042, 5e-5 },      { "AP(rel=2)", 0.5556, 5e-5 },
        { "P(rel=2)@5", 0.4, 5e-5 }, { "R(rel=2)@5", 0.6667, 5e-5 },
        { "R_cap@2", 0.5, 5e-5 },    { "RR", 1.0, 5e-5 },
    };
    struct fixture f;

    fixture_init(&f, LIST, QRELS);
    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        CHECK_NEAR(value_of(rows[i].measure, 9, &f.q), rows[i].want,
                   rows[i].tol);
}

/* ---- what holds for all ---- */

/* "AP", "nDCG@10", "IPrec@0.5" */
static const char *name_of(const struct rkb_measure_def *def, const char *cut)
{
    static char name[128];
    size_t len = strcspn(def->name, "@");

    snprintf(name, sizeof(name), "%.*s%s%s", (int)len, def->name,
             def->name[len] ? "@" : "",
             !def->name[len]                ? ""
             : def->args == RKB_ARGS_POINTS ? "0.5"
                                            : cut);
    return name;
}

static bool is_one_of(const char *name, const char *list)
{
    rkb_sv rest = rkb_sv_of(list), word;

    while ((word = rkb_sv_word(&rest)).len)
        if (rkb_sv_is(word, name))
            return true;
    return false;
}

static void values_are_shares(void)
{
    const struct rkb_measure_def *def;
    struct rkb_rng r;
    char list[64], qrels[128];
    struct fixture f;

    rkb_rng_init(&r, 1);
    for (int round = 0; round < 200; round++) {
        shuffled(&r, 1 + rkb_rng_below(&r, 40), list, qrels);
        fixture_init(&f, list, qrels);
        for (size_t i = 0; (def = rkb_measure_at(i)); i++) {
            double v;

            if (!def->calc || def->whole_number ||
                is_one_of(def->name,
                          "utility dcg ideal_dcg yaap Tau_b WSS@x LastRel"))
                continue;
            v = value_of(name_of(def, "10"), 9, &f.q);
            if (isnan(v) && is_one_of(def->name, "PairAcc"))
                continue;
            if (!CHECK(v >= 0 && v <= 1 + 1e-12))
                printf("# %s of %s in %s: %g\n", def->name, list, qrels, v);
        }
    }
}

static void ideal_order_is_worth_1(void)
{
    static const char names[] =
        "AP AP@10 gm_map Rprec Bpref gm_bpref RR RR@10 IPrec@0.5 P@4 R@10 "
        "R_cap@10 11pt_avg binG nDCG nDCG@10 nDCG@3 ndcg_rel Rndcg "
        "Success@1 SetR set_relative_P Judged@4 PairAcc";
    rkb_sv rest = rkb_sv_of(names), word;
    struct fixture f;
    char name[64];

    fixture_init(&f, "32210-", QRELS);
    while ((word = rkb_sv_word(&rest)).len) {
        snprintf(name, sizeof(name), "%.*s", (int)word.len, word.at);
        if (!CHECK_NEAR(value_of(name, 9, &f.q), 1, 1e-12))
            printf("# %s\n", name);
    }
    CHECK_NEAR(value_of("infAP", 9, &f.q), 1, 1e-5); /* its epsilon */
}

static void ranks_past_the_cutoff_do_not_matter(void)
{
    const struct rkb_measure_def *def;
    struct rkb_rng r;
    char list[64], qrels[128], other[64];
    struct fixture f, g;

    rkb_rng_init(&r, 2);
    for (int round = 0; round < 200; round++) {
        shuffled(&r, 30, list, qrels);
        memcpy(other, list, sizeof(list));
        for (size_t i = 5; i < 30; i++)
            other[i] = list[29 - (i - 5)];
        fixture_init(&f, list, qrels);
        fixture_init(&g, other, qrels);
        for (size_t i = 0; (def = rkb_measure_at(i)); i++) {
            double a, b;

            if (def->args != RKB_ARGS_CUTS)
                continue;
            a = value_of(name_of(def, "5"), 9, &f.q);
            b = value_of(name_of(def, "5"), 9, &g.q);
            if (!CHECK_NEAR(a, b, 0))
                printf("# %s of %s\n", def->name, list);
        }
    }
}

/* An unjudged document is worth as much as one that was judged 0, except to
 * those that look at judgments. */
static void unjudged_counts_as_nonrelevant(void)
{
    static const char but[] = "Bpref gm_bpref infAP rbp_resid unj@k Judged@k "
                              "Hole@k num_nonrel_judged_ret Tau_b PairAcc";
    const struct rkb_measure_def *def;
    struct fixture f, g;

    fixture_init(&f, "-1--2-", "2100");
    fixture_init(&g, "010-2-", "2100");
    for (size_t i = 0; (def = rkb_measure_at(i)); i++)
        if (def->calc && !is_one_of(def->name, but))
            CHECK_NEAR(value_of(name_of(def, "10"), 9, &f.q),
                       value_of(name_of(def, "10"), 9, &g.q), 0);
}

struct edge {
    const char *list, *qrels, *undefined, *others; /* others: not 0 */
};

static void check_edge(const struct edge *e)
{
    const struct rkb_measure_def *def;
    struct fixture f;

    fixture_init(&f, e->list, e->qrels);
    for (size_t i = 0; (def = rkb_measure_at(i)); i++) {
        double v;

        if (!def->calc || is_one_of(def->name, e->others))
            continue;
        v = value_of(name_of(def, "10"), 9, &f.q);
        if (is_one_of(def->name, e->undefined) ? !CHECK(isnan(v))
                                               : !CHECK_NEAR(v, 0, 0))
            printf("# %s of '%s' in '%s': %g\n", def->name, e->list, e->qrels,
                   v);
    }
}

static void nothing_retrieved_is_0_or_undefined(void)
{
    check_edge(&(struct edge){ "", "10", "11pt_avg Judged@k Tau_b PairAcc",
                               "num_q num_rel ideal_dcg yaap utility" });
    check_edge(&(struct edge){
        "", "", "IPrec@x 11pt_avg Judged@k Tau_b PairAcc", "num_q" });
}

static void all_unjudged_is_0(void)
{
    check_edge(&(struct edge){
        "---", "10", "Tau_b PairAcc",
        "num_q num_ret num_rel ideal_dcg yaap utility rbp_resid unj@k "
        "Hole@k WSS@x" });
    check_edge(&(struct edge){ "...", "...", "Tau_b PairAcc",
                               "num_q num_ret utility rbp_resid unj@k" });
}

static void no_relevant_document_is_0(void)
{
    check_edge(&(struct edge){
        "00", "00", "Tau_b PairAcc",
        "num_q num_ret num_nonrel_judged_ret utility Judged@k" });
}

TESTS(TEST(every_row_is_complete), TEST(every_measure_has_two_golden_cases),
      TEST(golden_values_are_met), TEST(golden_texts_are_met),
      TEST(published_example_is_met),
      TEST(version_10_rounds_recall_points_to_the_nearest),
      TEST(equal_scores_are_pairs_that_nobody_ordered),
      TEST(agreement_turns_round_with_the_ranking),
      TEST(published_screening_example_is_met), TEST(values_are_shares),
      TEST(ideal_order_is_worth_1), TEST(ranks_past_the_cutoff_do_not_matter),
      TEST(unjudged_counts_as_nonrelevant),
      TEST(nothing_retrieved_is_0_or_undefined), TEST(all_unjudged_is_0),
      TEST(no_relevant_document_is_0))
