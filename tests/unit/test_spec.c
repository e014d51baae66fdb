/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tap.h"

#include "tests/judged_fixture.h"

/* The labels of the slots that `text` (measures separated by '|') gives. */
static const char *labels(const char *text, int32_t rel, int compat)
{
    static char out[8192];
    struct rkb_measures ms = { 0 };
    struct rkb_measure_rules rules = { .rel = rel, .compat = compat };
    rkb_sv rest = rkb_sv_of(text), one;
    struct rkb_err err;
    size_t len = 0;

    out[0] = '\0';
    while (rkb_sv_split(&rest, '|', &one)) {
        if (rkb_measures_add(&ms, one, &rules, &err) == RKB_OK)
            continue;
        CHECK_EQ_INT(err.code, RKB_E_USAGE);
        snprintf(out, sizeof(out), "error: %s", err.msg);
        rkb_measures_release(&ms);
        return out;
    }
    for (size_t i = 0; i < ms.n_slots; i++)
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%s",
                                i ? " " : "", ms.slots[i].label);
    rkb_measures_release(&ms);
    return out;
}

/* Both names of the first slot: "canonical / trec". */
static const char *names(const char *text, int32_t rel)
{
    static char out[512];
    struct rkb_measures ms = { 0 };

    measures_of(&ms, text, rel, 10);
    snprintf(out, sizeof(out), "%s / %s", ms.slots[0].name,
             ms.slots[0].trec_name);
    rkb_measures_release(&ms);
    return out;
}

static void both_spellings_have_one_canonical_name(void)
{
    CHECK_STR(names("nDCG@10", 1), "nDCG@10 / ndcg_cut_10");
    CHECK_STR(names("ndcg_cut.10", 1), "nDCG@10 / ndcg_cut_10");
    CHECK_STR(names("ndcg_cut_10", 1), "nDCG@10 / ndcg_cut_10");
    CHECK_STR(names("NDCG@10", 1), "nDCG@10 / ndcg_cut_10");
    CHECK_STR(names("ndcg@10", 1), "nDCG@10 / ndcg_cut_10");
    CHECK_STR(names("nDCG(dcg='log2')@10", 1), "nDCG@10 / ndcg_cut_10");
    CHECK_STR(names("AP(rel=2)@100", 1), "AP(rel=2)@100 / map_cut_100");
    CHECK_STR(names("map", 1), "AP / map");
    CHECK_STR(names("MAP", 1), "AP / map");
    CHECK_STR(names("recip_rank", 1), "RR / recip_rank");
    CHECK_STR(names("MRR@10", 1), "RR@10 / RR@10");
    CHECK_STR(names("Recall@1000", 1), "R@1000 / recall_1000");
    CHECK_STR(names("relative_P.5", 1), "R_cap@5 / relative_P_5");
    CHECK_STR(names("iprec_at_recall_0.10", 1),
              "IPrec@0.1 / iprec_at_recall_0.10");
    CHECK_STR(names("success_1", 1), "Success@1 / success_1");
}

static void what_trec_eval_lacks_keeps_its_canonical_name(void)
{
    CHECK_STR(names("nDCG(dcg='exp-log2')@10", 1),
              "nDCG(dcg='exp-log2')@10 / nDCG(dcg='exp-log2')@10");
    CHECK_STR(names("nDCG(dcg=\"exp-log2\")", 1),
              "nDCG(dcg='exp-log2') / nDCG(dcg='exp-log2')");
    CHECK_STR(names("ERR@20", 1), "ERR@20 / ERR@20");
    CHECK_STR(names("ERR(gmax=3)@20", 1), "ERR(gmax=3)@20 / ERR(gmax=3)@20");
    CHECK_STR(names("Judged@10", 2), "Judged@10 / Judged@10");
    CHECK_STR(names("RBP(p=0.80)@10", 1), "RBP@10 / RBP@10");
    CHECK_STR(names("RBP(p=0.9)", 2), "RBP(rel=2,p=0.9) / RBP(rel=2,p=0.9)");
    CHECK_STR(names("rbp(p=0.8)", 2), "rbp(p=0.8) / rbp_p=0.8");
    CHECK_STR(names("hole@10", 2), "Hole@10 / Hole@10");
    CHECK_STR(names("wss@0.95", 2), "WSS(rel=2)@0.95 / WSS(rel=2)@0.95");
    CHECK_STR(names("kendall", 1), "Tau_b / Tau_b");
    CHECK_STR(names("nDCG(gains='1=3')@5", 1),
              "nDCG(gains='1=3')@5 / nDCG(gains='1=3')@5");
}

static void parameters_have_one_canonical_form(void)
{
    CHECK_STR(names("ndcg.1=3,2=9", 1), "nDCG(gains='1=3,2=9') / ndcg_1=3,2=9");
    CHECK_STR(names("ndcg.1=3.50,2=9.0", 1),
              "nDCG(gains='1=3.5,2=9') / ndcg_1=3.50,2=9.0");
    CHECK_STR(names("nDCG(gains='1=3,2=9')", 1),
              "nDCG(gains='1=3,2=9') / ndcg_1=3,2=9");
    CHECK_STR(names("utility.1,-1,0,0", 1), "utility / utility_1,-1,0,0");
    CHECK_STR(names("utility.2,-1,0,0", 1),
              "utility(weights='2,-1,0,0') / utility_2,-1,0,0");
    CHECK_STR(names("set_F.2.5", 2), "SetF(rel=2,x='2.5') / set_F_2.5");
    CHECK_STR(names("rbp.p=0.80,1=3", 1),
              "rbp(p=0.8,gains='1=3') / rbp_p=0.80,1=3");
    CHECK_STR(names("rbp(gains='1=3',p=0.8)", 1),
              "rbp(p=0.8,gains='1=3') / rbp_p=0.8,1=3");
    CHECK_STR(names("11pt_avg.0.2,0.5,0.8", 1),
              "11pt_avg(points='0.2,0.5,0.8') / 11pt_avg_0.2,0.5,0.8");
    CHECK_STR(names("relstring.5", 1), "relstring(n='5') / relstring_5");
    CHECK_STR(names("Rprec_mult.1.25", 1), "Rprec_mult@1.25 / Rprec_mult_1.25");
}

static void the_relevance_level_is_part_of_the_name(void)
{
    CHECK_STR(labels("AP|P@5|map|nDCG@10|AP(rel=3)", 2, 9),
              "map AP(rel=2) AP(rel=3) P(rel=2)@5 nDCG@10");
    CHECK_STR(names("map", 2), "AP(rel=2) / map");
    CHECK_STR(names("AP(rel=1)", 2), "AP / map");
    CHECK_STR(names("AP", 0), "AP(rel=0) / map");
}

static void blanks_and_quotes_are_tolerated(void)
{
    CHECK_STR(
        labels("  nDCG ( dcg = 'exp-log2' ) @ 10 |'P@5'|\"P@6\"|P.7, 8", 1, 9),
        "P_7 P_8 P@5 P@6 nDCG(dcg='exp-log2')@10");
    CHECK_STR(labels("P@5,10|P@10", 1, 9), "P@5 P@10");
}

static void order_is_that_of_trec_eval(void)
{
    CHECK_STR(
        labels("ndcg_cut.10|RR@10|map|P.5|recall.3|num_q|nDCG@10|P@7", 1, 9),
        "num_q map P_5 P@7 recall_3 ndcg_cut_10 nDCG@10 RR@10");
    CHECK_STR(labels("P.7,5,30", 1, 9), "P_5 P_7 P_30");
    CHECK_STR(labels("P.10,20,23.4", 1, 9), "P_10 P_20 P_23");
}

static void first_parameters_win_in_the_dotted_spelling(void)
{
    CHECK_STR(labels("P.5|P.10", 1, 9), "P_5");
    CHECK_STR(labels("P|P.2", 1, 9), "P_2");
    CHECK_STR(labels("P.2|P", 1, 9), "P_2");
    CHECK_STR(labels("P.2|official", 1, 9),
              "runid num_q num_ret num_rel num_rel_ret map gm_map Rprec bpref "
              "recip_rank iprec_at_recall_0.00 iprec_at_recall_0.10 "
              "iprec_at_recall_0.20 iprec_at_recall_0.30 iprec_at_recall_0.40 "
              "iprec_at_recall_0.50 iprec_at_recall_0.60 iprec_at_recall_0.70 "
              "iprec_at_recall_0.80 iprec_at_recall_0.90 iprec_at_recall_1.00 "
              "P_2");
    CHECK_STR(labels("P@5|P@10|P@5", 1, 9), "P@5 P@10");
}

static void trec_eval_ignores_what_nobody_asked_for(void)
{
    CHECK_STR(labels("map.3", 1, 9), "map");
    CHECK_STR(labels("set.5|num_q.x", 1, 9),
              "runid num_q num_ret num_rel num_rel_ret utility set_P "
              "set_relative_P set_recall set_map set_F");
}

static void lists_follow_the_version(void)
{
    struct rkb_measures nine = { 0 }, ten = { 0 };

    CHECK_STR(labels("set", 1, 9),
              "runid num_q num_ret num_rel num_rel_ret utility set_P "
              "set_relative_P set_recall set_map set_F");
    measures_of(&nine, "all_trec", 1, 9);
    measures_of(&ten, "all_trec", 1, 10);
    CHECK_EQ_INT(nine.n_slots, 95);
    CHECK_EQ_INT(ten.n_slots, 100);
    CHECK_STR(ten.slots[95].label, "rbp");
    CHECK_STR(ten.slots[99].label, "unj_20");
    CHECK(!nine.slots[0].in_queries && nine.slots[0].in_all);
    CHECK(rkb_measures_find(&nine, rkb_sv_of("rbp")) == SIZE_MAX);
    rkb_measures_release(&nine);
    rkb_measures_release(&ten);
    CHECK_STR(labels("rbp", 1, 9), "rbp");
    CHECK_STR(labels("unj", 1, 10), "unj_5 unj_10 unj_20");
}

static void the_same_number_twice_is_marked(void)
{
    struct rkb_measures ms = { 0 };

    measures_of(&ms, "P.5 P@5 Rprec rprec", 1, 9);
    CHECK_EQ_INT(ms.n_slots, 3);
    CHECK(!ms.slots[0].again && !ms.slots[1].again && ms.slots[2].again);
    CHECK_STR(ms.slots[2].label, "P@5");
    rkb_measures_release(&ms);
}

static void errors_name_the_measure_and_the_way_out(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "ndgc", "unknown measure 'ndgc' (did you mean 'ndcg'?)" },
        { "nDGC@10", "unknown measure 'nDGC' (did you mean 'nDCG'?)" },
        { "zzzzzzzz@10", "unknown measure 'zzzzzzzz'" },
        { "P.", "measure 'P.' has nothing behind the dot" },
        { "map. ", "measure 'map.' has nothing behind the dot" },
        { "P@", "measure 'P@': '' is not a cut-off (a whole number of at "
                "least 1)" },
        { "P@0", "measure 'P@0': '0' is not a cut-off (a whole number of at "
                 "least 1)" },
        { "P.5x", "measure 'P.5x': '5x' is not a cut-off (a whole number of "
                  "at least 1)" },
        { "P@5.5", "measure 'P@5.5': '5.5' is not a cut-off (a whole number "
                   "of at least 1)" },
        { "P.0.5", "measure 'P.0.5': '0' is not a cut-off (a whole number of "
                   "at least 1)" },
        { "P.5,5", "measure 'P.5,5': cut-off 5 is given twice" },
        { "R", "measure 'R' needs a cut-off, as in 'R@10'" },
        { "Rprec@5", "measure 'Rprec' takes no cut-off" },
        { "official@5", "'official' takes no parameters" },
        { "unj", "measure 'unj' is one of trec_eval 10 (--compat 10)" },
        { "utility.1,2", "measure 'utility.1,2': takes 4 numbers, not 2" },
        { "nDCG(rel=2)@10", "measure 'nDCG(rel=2)@10': unknown option 'rel'" },
        { "nDCG(dcg=foo)", "measure 'nDCG(dcg=foo)': option 'dcg' must be one "
                           "of log2|exp-log2, not 'foo'" },
        { "nDCG(dcg='exp-log2',gains='1=2')",
          "measure 'nDCG(dcg='exp-log2',gains='1=2')': dcg='exp-log2' and "
          "gains exclude each other" },
        { "ndcg.1=2,1=3", "measure 'ndcg.1=2,1=3': '1' is not a grade without "
                          "a gain yet" },
        { "ndcg.1", "measure 'ndcg.1': '1' is not of the form GRADE=GAIN" },
        { "ndcg.-1=1", "measure 'ndcg.-1=1': unknown option '-1'" },
        { "AP(rel=-1)", "measure 'AP(rel=-1)': option 'rel' must be a whole "
                        "number from 0 to 2147483647, not '-1'" },
        { "AP(rel=1", "measure 'AP(rel=1' is not of the form NAME(...)@CUT" },
        { "AP(rel=1)x", "measure 'AP(rel=1)x' is not of the form "
                        "NAME(...)@CUT" },
        { "", "empty name of a measure" },
        { "''", "empty name of a measure" },
        { "@5", "unknown measure ''" },
        { "Rbp@10", "unknown measure 'Rbp' (did you mean 'rbp'?)" },
        { "WSS@95", "measure 'WSS@95': the recall must be above 0 and at most "
                    "1, as in WSS@0.95, not 95" },
        { "WSS", "measure 'WSS' needs a cut-off, as in 'WSS@0.5'" },
    };
    char want[512];

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        snprintf(want, sizeof(want), "error: %s", rows[i].want);
        CHECK_STR(labels(rows[i].text, 1, 9), want);
    }
    CHECK_STR(labels("AP", -1, 9), "error: smallest relevant grade must be at "
                                   "least 0, not -1");
}

static void a_failed_add_changes_nothing(void)
{
    struct rkb_measures ms = { 0 };
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    struct rkb_err err;
    char *text = malloc(70000);
    size_t len = 0;

    measures_of(&ms, "P@5", 1, 9);
    CHECK(rkb_measures_add(&ms, rkb_sv_of("P@6,7,x"), &rules, &err));
    CHECK_EQ_INT(ms.n_slots, 1);
    while (len < 5000)
        len += (size_t)snprintf(text + len, 70000 - len, "%s%zu",
                                len ? "," : "P@", len + 1);
    CHECK(rkb_measures_add(&ms, rkb_sv_of(text), &rules, &err));
    CHECK_EQ_INT(err.code, RKB_E_USAGE);
    CHECK_EQ_INT(ms.n_slots, 1);
    free(text);
    rkb_measures_release(&ms);
    rkb_measures_release(&ms);
}

/* Every name of every slot reads back to that slot alone. */
static void names_read_back(void)
{
    struct rkb_measures all = { 0 };
    size_t i;

    measures_of(&all,
                "all_trec yaap dcg ideal_dcg RR@10 ERR@20 Judged@10 "
                "nDCG(dcg='exp-log2')@7 P(rel=2)@5 rbp(p=0.8) rbp.p=0.7,1=2 "
                "RBP(rel=2,p=0.7)@5 RBP Tau_b PairAcc WSS(rel=2)@0.95 LastRel "
                "SetF(x=2) utility.1,2,3,4 relstring.3 nDCG(gains='1=2')@3",
                1, 10);
    for (i = 0; i < all.n_slots; i++) {
        struct rkb_measures one = { 0 };

        measures_of(&one, all.slots[i].name, 1, 10);
        CHECK_EQ_INT(one.n_slots, 1);
        CHECK_STR(one.slots[0].name, all.slots[i].name);
        CHECK(one.slots[0].def == all.slots[i].def);
        rkb_measures_release(&one);
        measures_of(&one, all.slots[i].trec_name, 1, 10);
        CHECK_STR(one.slots[0].trec_name, all.slots[i].trec_name);
        rkb_measures_release(&one);
    }
    CHECK(i > 110);
    rkb_measures_release(&all);
}

TESTS(TEST(both_spellings_have_one_canonical_name),
      TEST(what_trec_eval_lacks_keeps_its_canonical_name),
      TEST(parameters_have_one_canonical_form),
      TEST(the_relevance_level_is_part_of_the_name),
      TEST(blanks_and_quotes_are_tolerated), TEST(order_is_that_of_trec_eval),
      TEST(first_parameters_win_in_the_dotted_spelling),
      TEST(trec_eval_ignores_what_nobody_asked_for),
      TEST(lists_follow_the_version), TEST(the_same_number_twice_is_marked),
      TEST(errors_name_the_measure_and_the_way_out),
      TEST(a_failed_add_changes_nothing), TEST(names_read_back))
