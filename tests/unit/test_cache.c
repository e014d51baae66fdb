/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/db.h"
#include "harness/llm/cache.h"
#include "tests/io_fixture.h"

static struct rkb_digest key_of(const char *text)
{
    return rkb_digest_of(rkb_sv_of(text));
}

static void an_answer_is_found_by_its_key_and_by_no_other(void)
{
    const char *path = fixture_path("cache.db");
    struct rkb_digest one = key_of("one"), two = key_of("two");
    struct rkb_arena a = { 0 };
    struct rkb_cache *c;
    struct rkb_err err;
    rkb_sv text;

    if (!CHECK_EQ_INT(rkb_cache_open(&c, path, &err), RKB_OK))
        return;
    CHECK_EQ_INT(rkb_cache_put(c, &one, rkb_sv_of("{\"text\":\"1\"}"), &err),
                 RKB_OK);
    CHECK_EQ_INT(rkb_cache_put(c, &one, rkb_sv_of("later"), &err), RKB_OK);
    CHECK_EQ_INT(rkb_cache_get(c, &a, &two, &text, &err), RKB_OK);
    CHECK(text.at == NULL);
    rkb_cache_close(c);
    if (CHECK_EQ_INT(rkb_cache_open(&c, path, &err), RKB_OK)) {
        CHECK_EQ_INT(rkb_cache_get(c, &a, &one, &text, &err), RKB_OK);
        CHECK(rkb_sv_is(text, "{\"text\":\"1\"}"));
        rkb_cache_close(c);
    }
    rkb_arena_release(&a);
}

static void a_file_that_is_something_else_is_left_alone(void)
{
    const char *path = fixture_path("store.db");
    struct rkb_cache *c;
    struct rkb_db *db;
    struct rkb_err err;

    if (CHECK_EQ_INT(rkb_db_open(&db, path, RKB_DB_CREATE, NULL, &err),
                     RKB_OK)) {
        CHECK_EQ_INT(rkb_db_exec(db, "CREATE TABLE run(id)", &err), RKB_OK);
        rkb_db_close(db);
    }
    CHECK_EQ_INT(rkb_cache_open(&c, path, &err), RKB_E_DATA);
    CHECK(strstr(err.msg, "not a response cache") != NULL);
    CHECK(strstr(err.msg, "store.db") != NULL);
    fixture_remove(fixture_folder);
}

TESTS(TEST(an_answer_is_found_by_its_key_and_by_no_other),
      TEST(a_file_that_is_something_else_is_left_alone))
