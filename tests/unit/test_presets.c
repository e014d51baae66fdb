/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/presets.h"

#include "datasets/format.h"
#include "tests/tap.h"

static bool is_format(const char *name)
{
    for (size_t i = 0; rkb_input_formats[i]; i++)
        if (strcmp(rkb_input_formats[i]->name, name) == 0)
            return true;
    return false;
}

static const struct rkb_preset *find(const char *name)
{
    return rkb_preset_find(rkb_sv_of(name));
}

static void every_row_is_complete_and_named_once(void)
{
    for (size_t i = 0; i < rkb_n_presets; i++) {
        const struct rkb_preset *p = &rkb_presets[i];

        CHECK(p->name && p->name[0] && p->family && p->headline);
        CHECK(p->format && is_format(p->format));
        CHECK(p->binary_rel >= 1 && p->n_queries > 0);
        CHECK(!p->part_of || find(p->part_of));
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(p->name, rkb_presets[k].name) != 0);
    }
}

static int32_t sum_of(const char *family, const char *part_of, int *n)
{
    int32_t sum = 0;

    *n = 0;
    for (size_t i = 0; i < rkb_n_presets; i++) {
        const struct rkb_preset *p = &rkb_presets[i];

        if (strcmp(p->family, family) != 0 || !p->path)
            continue;
        if (part_of && (!p->part_of || strcmp(p->part_of, part_of) != 0))
            continue;
        sum += p->n_queries;
        ++*n;
    }
    return sum;
}

static void families_have_the_published_totals(void)
{
    int n;

    CHECK_EQ_INT(sum_of("bright", NULL, &n), 1384);
    CHECK_EQ_INT(n, 12);
    CHECK_EQ_INT(find("bright")->n_queries, 1384);
    CHECK_EQ_INT(sum_of("bright-long", "bright-long", &n),
                 find("bright-long")->n_queries);
    CHECK_EQ_INT(n, 8);
    CHECK_EQ_INT(sum_of("r2med", NULL, &n), 876);
    CHECK_EQ_INT(n, 8);
    CHECK_EQ_INT(sum_of("beir", "beir/cqadupstack", &n), 13145);
    CHECK_EQ_INT(n, 12);
    CHECK_EQ_INT(sum_of("dl", NULL, &n), 43 + 54 + 53 + 76 + 76 + 82);
}

static void conventions_are_those_of_the_collections(void)
{
    CHECK_EQ_INT(find("dl19")->binary_rel, 2);
    CHECK_EQ_INT(find("dl22-dedup")->binary_rel, 2);
    CHECK_EQ_INT(find("beir/trec-covid")->binary_rel, 1);
    CHECK(find("beir/arguana")->drop_self && find("beir/quora")->drop_self);
    CHECK(!find("beir/scifact")->drop_self);
    CHECK(find("bright/leetcode")->drop_excluded);
    CHECK(!find("beir/scifact")->drop_excluded);
    CHECK_STR(find("msmarco")->headline, "RR@10");
    CHECK_STR(find("beir/msmarco")->split, "dev");
    CHECK(find("beir/cqadupstack")->path == NULL);
    CHECK(find("bright")->path == NULL);
    CHECK_STR(find("bright-long/pony")->headline, "R@1");
    CHECK_STR(find("bright-long/pony")->format, "bright-long");
    CHECK(find("bright-long/pony")->drop_excluded);
    CHECK(find("bright-long/leetcode") == NULL);
}

static void last_word_is_enough_where_it_is_unambiguous(void)
{
    CHECK_STR(find("scifact")->name, "beir/scifact");
    CHECK_STR(find("android")->name, "beir/cqadupstack/android");
    CHECK_STR(find("msmarco")->name, "msmarco");
    CHECK_STR(find("pony")->name, "bright/pony"); /* not bright-long's */
    CHECK(find("biology") == NULL);               /* of BRIGHT and of R2MED */
    CHECK(find("fact") == NULL);
    CHECK(find("") == NULL);
    CHECK(find("beir/") == NULL);
}

static void mistyped_name_gets_the_nearest(void)
{
    CHECK_STR(rkb_preset_nearest(rkb_sv_of("sciafct")), "beir/scifact");
    CHECK_STR(rkb_preset_nearest(rkb_sv_of("bright/biolgy")), "bright/biology");
    CHECK_STR(rkb_preset_nearest(rkb_sv_of("biology")), "bright/biology");
    CHECK(rkb_preset_nearest(rkb_sv_of("zzzzzzzzzz")) == NULL);
}

static void known_digests_belong_to_presets(void)
{
    for (const struct rkb_known *k = rkb_knowns; k->dataset; k++) {
        const struct rkb_preset *p = find(k->dataset);

        CHECK(k->label && k->label[0]);
        CHECK_EQ_INT(strlen(k->hex), 64);
        if (CHECK(p != NULL))
            CHECK_EQ_INT(k->n_queries, p->n_queries);
    }
}

TESTS(TEST(every_row_is_complete_and_named_once),
      TEST(families_have_the_published_totals),
      TEST(conventions_are_those_of_the_collections),
      TEST(last_word_is_enough_where_it_is_unambiguous),
      TEST(mistyped_name_gets_the_nearest),
      TEST(known_digests_belong_to_presets))
