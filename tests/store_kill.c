/* SPDX-License-Identifier: Apache-2.0 */
/* store_kill ROUNDS SEED: a child stores results and says after each flush how
 * many are safe; it is killed at a random moment; the store is whole and has
 * all that was said to be safe. tests/long/store_kill.sh runs it. */
#include "base/rng.h"
#include "tests/store_fixture.h"

#include <signal.h>

#define BASE 1000000 /* samples of round r are r * BASE, ... */

static void say(int out, uint32_t n)
{
    if (write(out, &n, sizeof(n)) != (ssize_t)sizeof(n))
        _exit(1);
}

static void store_until_killed(int round, int out)
{
    struct rkb_store *s = fix_open(fix_store_path, RKB_STORE_CREATE);
    struct rkb_run run = fix_run(s, "a");
    int64_t session = fix_session(s, run.id);
    struct rkb_result_writer *w = fix_writer(s);
    struct rkb_err err = { 0 };

    for (uint32_t n = 0;;) {
        for (uint32_t group = 1 + n % 7; group; group--, n++) {
            struct rkb_result r = fix_result(run.id, session, n % 3);

            r.sample = (int64_t)round * BASE + n;
            fix_must(rkb_result_writer_append(w, &r, &err), &err);
        }
        fix_must(rkb_result_writer_flush(w, &err), &err);
        say(out, n);
    }
}

/* Reads what is safe until `enough`, then kills; what was said meanwhile
 * counts as well. */
static uint32_t kill_after(pid_t pid, int in, uint32_t enough, uint64_t spin)
{
    uint32_t n, safe = 0;

    while (safe < enough && read(in, &n, sizeof(n)) == (ssize_t)sizeof(n))
        safe = n;
    for (volatile uint64_t i = 0; i < spin; i++)
        ;
    kill(pid, SIGKILL);
    while (read(in, &n, sizeof(n)) == (ssize_t)sizeof(n))
        safe = n;
    return safe;
}

static int check_store(int round, uint32_t safe)
{
    struct rkb_store *s = fix_open(fix_store_path, RKB_STORE_CREATE);
    struct rkb_err err = { 0 };
    struct rkb_db_stmt *q;
    int64_t kept = 0;
    bool row;
    int bad = 0;

    if (strcmp(fix_text(s, "PRAGMA integrity_check"), "ok") != 0)
        bad = 1;
    fix_must(rkb_db_prepare(rkb_store_db(s),
                            "SELECT count(*) FROM v_result JOIN ranking"
                            " USING (result_id) WHERE sample >= ?1"
                            " AND sample < ?2",
                            &q, &err),
             &err);
    rkb_db_bind_i64(q, 1, (int64_t)round * BASE);
    rkb_db_bind_i64(q, 2, (int64_t)round * BASE + safe);
    fix_must(rkb_db_step(q, &row, &err), &err);
    kept = rkb_db_i64(q, 0);
    rkb_db_reset(q);
    if (kept != (int64_t)safe)
        bad = 1;
    if (bad)
        printf("round %d: %lld of %lu safe results, integrity %s\n", round,
               (long long)kept, (unsigned long)safe,
               fix_text(s, "PRAGMA integrity_check"));
    rkb_store_close(s);
    return bad;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 50;
    struct rkb_rng rng;
    unsigned long total = 0;
    int bad = 0;

    rkb_rng_init(&rng, argc > 2 ? (uint64_t)atol(argv[2]) : 1);
    fix_path();
    for (int round = 0; round < rounds; round++) {
        uint32_t safe;
        int ends[2];
        pid_t pid;

        if (pipe(ends) != 0)
            return 1;
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            close(ends[0]);
            store_until_killed(round, ends[1]);
        }
        close(ends[1]);
        safe = kill_after(pid, ends[0], (uint32_t)rkb_rng_below(&rng, 400),
                          rkb_rng_below(&rng, 2000000));
        close(ends[0]);
        if (fix_wait(pid) != 128 + SIGKILL)
            bad++;

        bad += check_store(round, safe);
        total += safe;
    }
    printf("%d kills, %lu results said to be safe, %d bad rounds\n", rounds,
           total, bad);
    fix_clean();
    return bad ? 1 : 0;
}
