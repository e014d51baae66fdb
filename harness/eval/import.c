/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/import.h"

#include "base/embed.h"
#include "base/io/lines.h"
#include "base/mem.h"
#include "harness/eval/host.h"
#include "runs/manifest.h"

#include <math.h>

struct importing {
    const struct rkb_import *import;
    struct rkb_arena arena;
    double *latency_ms; /* [n_lists] NaN = unknown */
    struct rkb_run run;
    int64_t session_id;
    struct rkb_result_writer *writer;
};

static size_t list_of(const struct rkb_testbed *b, rkb_sv qid)
{
    uint32_t query = rkb_map_find(&b->dataset->qids, qid);

    for (size_t i = 0; i < b->candidates->n_lists; i++)
        if (b->candidates->lists[i].query == query)
            return i;
    return SIZE_MAX;
}

static enum rkb_status latency_line(struct importing *m, rkb_sv line,
                                    struct rkb_err *err)
{
    rkb_sv rest = rkb_sv_trim(line), qid = { 0 };
    double ms;

    if (!rest.len || rest.at[0] == '#')
        return RKB_OK;
    if (!rkb_sv_split(&rest, '\t', &qid) ||
        !rkb_sv_to_double(rkb_sv_trim(rest), &ms) || ms < 0 || ms > 1e12)
        return rkb_fail(err, RKB_E_DATA, "expected qid<TAB>milliseconds");
    size_t list = list_of(m->import->testbed, rkb_sv_trim(qid));

    if (list == SIZE_MAX)
        return rkb_fail(err, RKB_E_DATA, "query '%.*s' is not in the run",
                        (int)qid.len, qid.at);
    if (!isnan(m->latency_ms[list]))
        return rkb_fail(err, RKB_E_DATA, "query '%.*s' stands here twice",
                        (int)qid.len, qid.at);
    m->latency_ms[list] = ms;
    return RKB_OK;
}

static enum rkb_status read_latency(struct importing *m, struct rkb_err *err)
{
    size_t n = m->import->testbed->candidates->n_lists;
    struct rkb_lines in = { 0 };
    enum rkb_status rc;
    rkb_sv line;

    m->latency_ms = rkb_arena_new(&m->arena, n, sizeof *m->latency_ms);
    for (size_t i = 0; i < n; i++)
        m->latency_ms[i] = NAN;
    if (!m->import->latency_path)
        return RKB_OK;
    rc = rkb_lines_open(&in, m->import->latency_path, err);
    while (!rc && rkb_lines_next(&in, &line)) {
        rc = latency_line(m, line, err);
        if (rc)
            rkb_wrap(err, "%s:%zu", m->import->latency_path, in.line_no);
    }
    if (!rc)
        rc = rkb_lines_status(&in, err);
    rkb_lines_close(&in);
    return rc;
}

static struct rkb_digest latency_digest(const struct importing *m)
{
    struct rkb_hasher *h = rkb_hasher_new();

    rkb_hasher_add(h, m->latency_ms,
                   m->import->testbed->candidates->n_lists *
                       sizeof *m->latency_ms);
    return rkb_hasher_done(h);
}

static enum rkb_status begin(struct importing *m, struct rkb_store *store,
                             struct rkb_err *err)
{
    const struct rkb_testbed *b = m->import->testbed;
    struct rkb_buf json = { 0 }, options = { 0 };
    struct rkb_digest latency = latency_digest(m);
    struct rkb_host host;
    char hex[65];

    rkb_digest_hex(&latency, hex);
    rkb_buf_printf(&options, "{\"latency\":\"%s\"}",
                   m->import->latency_path ? hex : "");
    const struct rkb_manifest manifest = {
        .reranker = rkb_sv_of(RKB_IMPORT_NAME),
        .version = 1,
        .options = rkb_buf_view(&options),
        .candidates = b->candidates->digest,
        .queries = b->dataset->queries_digest,
        .repeat = 1,
        .n_samples = 1,
    };
    enum rkb_status rc = rkb_manifest_json(&manifest, &json, err);

    if (rc)
        goto done;
    const struct rkb_run_spec spec = {
        .key = rkb_manifest_key(rkb_buf_view(&json)),
        .identity = rkb_buf_view(&json),
        .label = rkb_sv_of(m->import->label),
        .dataset = rkb_sv_of(b->dataset->name),
        .reranker = rkb_sv_of(RKB_IMPORT_NAME),
        .queries = b->dataset->queries_digest,
        .candidate_set = b->candidate_set,
        .repeat = 1,
        .n_queries = (int64_t)b->candidates->n_lists,
        .n_samples = 1,
    };

    rc = rkb_run_begin(store, &spec, &m->run, err);
    if (rc || m->run.state == RKB_RUN_COMPLETE)
        goto done;
    rkb_host_look(&m->arena, m->import->host_root, &host);
    const struct rkb_session_spec session = {
        .run_id = m->run.id,
        .host = host.name,
        .cpu = host.cpu,
        .program_version = rkb_sv_of(rkb_version),
        .conditions = rkb_sv_of("{\"scenario\":\"import\"}"),
    };

    rc = rkb_session_begin(store, &session, &m->session_id, err);
done:
    rkb_buf_release(&options);
    rkb_buf_release(&json);
    return rc;
}

static enum rkb_status append(struct importing *m, size_t ord,
                              uint32_t *identity, struct rkb_err *err)
{
    const struct rkb_testbed *b = m->import->testbed;
    const struct rkb_candidate_list *list = &b->candidates->lists[ord];
    struct rkb_result r;

    rkb_result_init(&r);
    r.run_id = m->run.id;
    r.session_id = m->session_id;
    r.ord = (int64_t)ord;
    r.status = RKB_RESULT_OK;
    r.request_sha = b->candidates->digest;
    if (!isnan(m->latency_ms[ord]))
        r.latency_ns = (int64_t)llround(m->latency_ms[ord] * 1e6);
    r.n_docs = list->n;
    r.order = identity;
    return rkb_result_writer_append(m->writer, &r, err);
}

static enum rkb_status append_all(struct importing *m, struct rkb_store *store,
                                  struct rkb_err *err)
{
    const struct rkb_candidates *c = m->import->testbed->candidates;
    size_t longest = 0;

    for (size_t i = 0; i < c->n_lists; i++)
        longest = c->lists[i].n > longest ? c->lists[i].n : longest;
    uint32_t *identity = rkb_arena_new(&m->arena, longest, sizeof *identity);

    for (uint32_t i = 0; i < longest; i++)
        identity[i] = i;
    enum rkb_status rc = rkb_result_writer_open(&m->writer, store, err);

    for (size_t i = 0; i < c->n_lists && !rc; i++)
        rc = append(m, i, identity, err);
    if (!rc)
        rc = rkb_result_writer_flush(m->writer, err);
    rkb_result_writer_close(m->writer);
    if (!rc)
        rc = rkb_session_end(store, m->session_id, rkb_sv_of("done"), err);
    return rc;
}

enum rkb_status rkb_import_run(const struct rkb_import *import,
                               struct rkb_store *store, int64_t *run_id,
                               enum rkb_run_state *state, struct rkb_err *err)
{
    struct importing m = { .import = import };
    enum rkb_status rc = read_latency(&m, err);

    if (!rc)
        rc = begin(&m, store, err);
    if (!rc) {
        *run_id = m.run.id;
        *state = m.run.state;
        if (m.run.state != RKB_RUN_COMPLETE) {
            rc = append_all(&m, store, err);
            if (!rc)
                rc = rkb_run_end(store, &m.run, NULL, err);
        }
    }
    rkb_run_release(&m.run);
    rkb_arena_release(&m.arena);
    return rc;
}
