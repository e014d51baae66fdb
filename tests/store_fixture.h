/* SPDX-License-Identifier: Apache-2.0 */
/* A small store for tests: four queries with four candidates each, two
 * judgments a query, and a run over them. Every helper exits on an error that
 * the case is not about. */
#ifndef RKB_TESTS_STORE_FIXTURE_H
#define RKB_TESTS_STORE_FIXTURE_H

#include "runs/manifest.h"
#include "runs/store_read.h"
#include "runs/store_write.h"
#include "tests/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define FIX_QUERIES 4
#define FIX_DOCS 4

TAP_UNUSED void fix_must(enum rkb_status rc, const struct rkb_err *err)
{
    if (rc) {
        printf("# unexpected: %s\nBail out!\n", err->msg);
        fflush(stdout);
        _exit(1);
    }
}

/* A fresh folder for the case, removed with fix_clean. */
static char fix_folder[256];
static char fix_store_path[300];

TAP_UNUSED const char *fix_path(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(fix_folder, sizeof(fix_folder), "%.200s/rkb-store.XXXXXX",
             tmp ? tmp : "/tmp");
    if (!mkdtemp(fix_folder))
        _exit(1);
    snprintf(fix_store_path, sizeof(fix_store_path), "%s/t.db", fix_folder);
    return fix_store_path;
}

TAP_UNUSED void fix_clean(void)
{
    static const char *const names[] = { "t.db",
                                         "t.db-wal",
                                         "t.db-shm",
                                         "t.db-journal",
                                         "t.db.lock",
                                         "t.db.disk",
                                         "t.db-wal.disk",
                                         "u.db",
                                         "u.db-wal",
                                         "u.db-shm",
                                         "u.db.lock",
                                         "u.db-journal",
                                         "t.db-journal.disk" };
    char path[400];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", fix_folder, names[i]);
        unlink(path);
    }
    rmdir(fix_folder);
}

TAP_UNUSED struct rkb_store *fix_open(const char *path,
                                      enum rkb_store_mode mode)
{
    struct rkb_store_options o = { .mode = mode };
    struct rkb_store *s = NULL;
    struct rkb_err err = { 0 };

    fix_must(rkb_store_open(&s, path, &o, &err), &err);
    return s;
}

TAP_UNUSED struct rkb_digest fix_digest(const char *text)
{
    return rkb_digest_of(rkb_sv_of(text));
}

/* Queries q0..q3, candidates d0..d3 with scores 4..1; q3 has none at all. */
TAP_UNUSED int64_t fix_candidates(struct rkb_store *s)
{
    const rkb_sv docids[FIX_DOCS] = {
        { "d0", 2 }, { "d\"1", 3 }, { "d\xc3\xa9", 3 }, { "d3", 2 }
    };
    const double score[FIX_DOCS] = { 4.0, 3.0, (double)NAN, 0.1 };
    struct rkb_candidate_set set = { .digest = fix_digest("candidates"),
                                     .source = { "bm25.trec", 9 },
                                     .order_rule = { "evaluator", 9 },
                                     .depth = 100 };
    struct rkb_err err = { 0 };
    int64_t id = 0;
    bool there = false;

    fix_must(rkb_store_begin(s, &err), &err);
    fix_must(rkb_store_put_candidate_set(s, &set, &id, &there, &err), &err);
    for (int i = 0; !there && i < FIX_QUERIES; i++) {
        char qid[16];

        snprintf(qid, sizeof(qid), "q%d", i);
        fix_must(rkb_store_add_candidates(s, id, i, rkb_sv_of(qid), docids,
                                          i == 2 ? NULL : score,
                                          i == 3 ? 0 : FIX_DOCS, &err),
                 &err);
    }
    fix_must(rkb_store_commit(s, &err), &err);
    return id;
}

TAP_UNUSED struct rkb_run_spec fix_spec(struct rkb_store *s, const char *name)
{
    return (struct rkb_run_spec){
        .key = fix_digest(name),
        .identity = rkb_sv_of("{}"),
        .label = rkb_sv_of(name),
        .dataset = rkb_sv_of("dl19"),
        .reranker = rkb_sv_of("first"),
        .queries = fix_digest("queries"),
        .candidate_set = fix_candidates(s),
        .repeat = 1,
        .seed = 42,
        .n_queries = FIX_QUERIES,
        .n_samples = 1,
    };
}

TAP_UNUSED struct rkb_run fix_run(struct rkb_store *s, const char *name)
{
    struct rkb_run_spec spec = fix_spec(s, name);
    struct rkb_run run = { 0 };
    struct rkb_err err = { 0 };

    fix_must(rkb_run_begin(s, &spec, &run, &err), &err);
    return run;
}

TAP_UNUSED int64_t fix_session(struct rkb_store *s, int64_t run_id)
{
    struct rkb_session_spec spec = { .run_id = run_id,
                                     .host = { "box", 3 },
                                     .cpu = { "x", 1 },
                                     .program_version = { "0.1.0", 5 } };
    struct rkb_err err = { 0 };
    int64_t id = 0;

    fix_must(rkb_session_begin(s, &spec, &id, &err), &err);
    return id;
}

/* An ok result that turns the list around; its arrays are static. */
TAP_UNUSED struct rkb_result fix_result(int64_t run_id, int64_t session_id,
                                        int64_t ord)
{
    static const uint32_t back[FIX_DOCS] = { 3, 2, 1, 0 };
    static const double score[FIX_DOCS] = { 0.1, 0.25, 1.0 / 3, 1e300 };
    struct rkb_result r;

    rkb_result_init(&r);
    r.run_id = run_id;
    r.session_id = session_id;
    r.ord = ord;
    r.request_sha = fix_digest("request");
    r.latency_ns = 1000000 + ord;
    r.n_docs = ord == 3 ? 0 : FIX_DOCS;
    r.order = back;
    r.score = score;
    return r;
}

TAP_UNUSED struct rkb_result_writer *fix_writer(struct rkb_store *s)
{
    struct rkb_result_writer *w = NULL;
    struct rkb_err err = { 0 };

    fix_must(rkb_result_writer_open(&w, s, &err), &err);
    return w;
}

/* Appends, flushes and closes. */
TAP_UNUSED void fix_write(struct rkb_store *s, const struct rkb_result *r,
                          size_t n)
{
    struct rkb_result_writer *w = fix_writer(s);
    struct rkb_err err = { 0 };

    for (size_t i = 0; i < n; i++)
        fix_must(rkb_result_writer_append(w, &r[i], &err), &err);
    fix_must(rkb_result_writer_flush(w, &err), &err);
    rkb_result_writer_close(w);
}

/* The first column of the first row as a number; -1 without one. */
TAP_UNUSED int64_t fix_number(struct rkb_store *s, const char *sql)
{
    struct rkb_db_stmt *q;
    struct rkb_err err = { 0 };
    bool row = false;
    int64_t n = -1;

    fix_must(rkb_db_prepare(rkb_store_db(s), sql, &q, &err), &err);
    fix_must(rkb_db_step(q, &row, &err), &err);
    if (row) {
        n = rkb_db_i64(q, 0);
        rkb_db_reset(q);
    }
    return n;
}

/* The same as text, good until the next call. */
TAP_UNUSED const char *fix_text(struct rkb_store *s, const char *sql)
{
    static char out[16384];
    struct rkb_db_stmt *q;
    struct rkb_err err = { 0 };
    bool row = false;

    fix_must(rkb_db_prepare(rkb_store_db(s), sql, &q, &err), &err);
    fix_must(rkb_db_step(q, &row, &err), &err);
    snprintf(out, sizeof(out), "(none)");
    if (row) {
        rkb_sv text = rkb_db_text(q, 0);

        snprintf(out, sizeof(out), "%.*s", (int)text.len,
                 text.at ? text.at : "");
        rkb_db_reset(q);
    }
    return out;
}

TAP_UNUSED void fix_exec(struct rkb_store *s, const char *sql)
{
    struct rkb_err err = { 0 };

    fix_must(rkb_db_exec(rkb_store_db(s), sql, &err), &err);
}

TAP_UNUSED bool fix_says(const struct rkb_err *err, const char *part)
{
    bool found = strstr(err->msg, part) != NULL;

    if (!found)
        printf("# message '%s' lacks '%s'\n", err->msg, part);
    return found;
}

/* Waits for a child; its exit code, or 128 + the signal. */
TAP_UNUSED int fix_wait(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
