/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of a store when the power goes: tests/power_vfs.h. */
#include "runs/store.h"

#include "tests/power_vfs.h"
#include "tests/store_fixture.h"

/* Opens what the disk has now as u.db, in CREATE mode as a program would. */
static struct rkb_store *after_the_cut(void)
{
    struct rkb_store_options o = { .mode = RKB_STORE_CREATE, .vfs = POWER_VFS };
    struct rkb_store *s = NULL;
    struct rkb_err err = { 0 };
    static const char *const parts[] = { "", "-wal", "-journal" };
    char from[400], to[400];

    for (size_t i = 0; i < 3; i++) {
        snprintf(from, sizeof(from), "%s%s.disk", fix_store_path, parts[i]);
        snprintf(to, sizeof(to), "%s/u.db%s", fix_folder, parts[i]);
        power_copy(from, to);
    }
    snprintf(to, sizeof(to), "%s/u.db", fix_folder);
    power_keeps_disk = false; /* of what is opened only to look at it */
    fix_must(rkb_store_open(&s, to, &o, &err), &err);
    return s;
}

struct outcome {
    int acknowledged, kept_at_end;
    bool whole, lost_an_acknowledged_one;
};

/* Writes queries one by one and pulls the plug, so to speak, after each. */
static struct outcome write_and_cut(bool durable, bool no_wal, int n)
{
    struct rkb_store_options o = { .mode = RKB_STORE_CREATE,
                                   .durable = durable,
                                   .no_wal = no_wal,
                                   .vfs = POWER_VFS };
    struct outcome out = { .whole = true };
    struct rkb_result_writer *w;
    struct rkb_store *s = NULL;
    struct rkb_run run;
    struct rkb_err err = { 0 };
    int64_t session;

    power_register();
    power_keeps_disk = true;
    power_n_removed = 0;
    fix_must(rkb_store_open(&s, fix_path(), &o, &err), &err);
    run = fix_run(s, "a");
    session = fix_session(s, run.id);
    rkb_store_close(s); /* a checkpoint: so far all is on the disk */
    rkb_run_release(&run);
    fix_must(rkb_store_open(&s, fix_store_path, &o, &err), &err);
    w = fix_writer(s);
    for (int i = 0; i < n; i++) {
        struct rkb_result r = fix_result(run.id, session, i % 3);
        struct rkb_store *rest;
        int kept;

        fix_must(rkb_result_writer_append(w, &r, &err), &err);
        fix_must(rkb_result_writer_flush(w, &err), &err);
        out.acknowledged++;
        rest = after_the_cut();
        kept = (int)fix_number(rest, "SELECT count(*) FROM query_result");
        out.whole = out.whole &&
                    kept == fix_number(rest, "SELECT count(*) FROM ranking") &&
                    !strcmp(fix_text(rest, "PRAGMA integrity_check"), "ok");
        out.lost_an_acknowledged_one |= kept < out.acknowledged;
        out.kept_at_end = kept;
        rkb_store_close(rest);
        power_keeps_disk = true;
    }
    rkb_result_writer_close(w);
    rkb_store_close(s);
    fix_clean();
    return out;
}

static void durable_keeps_every_acknowledged_query(void)
{
    struct outcome out = write_and_cut(true, false, 25);

    CHECK_EQ_INT(out.acknowledged, 25);
    CHECK(out.whole);
    CHECK(!out.lost_an_acknowledged_one);
}

static void otherwise_the_tail_may_go_but_the_store_is_whole(void)
{
    struct outcome out = write_and_cut(false, false, 25);

    printf("# %d of 25 kept\n", out.kept_at_end);
    CHECK(out.whole);
    CHECK(out.lost_an_acknowledged_one); /* else durable would be free */
}

static void durable_holds_without_a_log_too(void)
{
    struct outcome out = write_and_cut(true, true, 25);

    CHECK(out.whole);
    CHECK(!out.lost_an_acknowledged_one);
}

static void without_a_log_the_store_is_whole_as_well(void)
{
    CHECK(write_and_cut(false, true, 25).whole);
}

TESTS(TEST(durable_keeps_every_acknowledged_query),
      TEST(otherwise_the_tail_may_go_but_the_store_is_whole),
      TEST(durable_holds_without_a_log_too),
      TEST(without_a_log_the_store_is_whole_as_well))
