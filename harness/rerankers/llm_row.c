/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/llm_row.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct rkb_server_env rkb_llm_env(const struct rkb_env *env)
{
    return (struct rkb_server_env){ .options = env->options,
                                    .arena = env->arena,
                                    .stop = env->stop,
                                    .in_flight = env->in_flight,
                                    .repeat = env->repeat,
                                    .counting = env->counting };
}

enum rkb_status rkb_llm_look(struct rkb_llm *llm,
                             const struct rkb_llm_needs *needs,
                             struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    enum rkb_status rc = rkb_llm_probe(llm, needs, err);

    if (rc)
        return rc;
    rkb_llm_identity(llm, identity);
    if (conditions)
        rkb_server_conditions(llm->server, conditions);
    return RKB_OK;
}

const rkb_sv *rkb_identifiers(struct rkb_arena *a, size_t n, bool letters)
{
    rkb_sv *ids = rkb_arena_new(a, n, sizeof *ids);

    assert(!letters || n <= RKB_LETTERS);
    for (size_t i = 0; i < n; i++)
        ids[i] = rkb_sv_of(letters ? rkb_arena_printf(a, "%c", (int)('A' + i))
                                   : rkb_arena_printf(a, "%zu", i + 1));
    return ids;
}

const struct rkb_llm_doc *rkb_llm_docs(struct rkb_arena *a,
                                       const struct rkb_request *request,
                                       const uint32_t *docs, size_t n)
{
    struct rkb_llm_doc *out = rkb_arena_new(a, n, sizeof *out);

    for (size_t i = 0; i < n; i++)
        out[i] = (struct rkb_llm_doc){ request->docs[docs[i]].title,
                                       request->docs[docs[i]].text };
    return out;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* "Passage A", "document: [3]" and the like: a word and at most a blank and a
 * colon before `at`. */
static bool is_behind_noun(rkb_sv text, size_t at)
{
    static const char *const nouns[] = { "passage", "document", "text" };

    while (at > 0 && strchr(" :\n", text.at[at - 1]))
        at--;
    for (size_t i = 0; i < RKB_COUNT(nouns); i++) {
        size_t len = strlen(nouns[i]), k = 0;

        while (k < len && at >= len &&
               lower(text.at[at - len + k]) == nouns[i][k])
            k++;
        if (k == len && (at == len || !is_alnum(text.at[at - len - 1])))
            return true;
    }
    return false;
}

/* How the identifier stands there: 3 in brackets, 2 behind a noun, 1 alone, 0
 * not at all. */
static int standing(rkb_sv text, size_t at, rkb_sv id)
{
    size_t end = at + id.len;
    char before = at ? text.at[at - 1] : ' ';
    char after = end < text.len ? text.at[end] : ' ';

    if (is_alnum(before) || is_alnum(after) ||
        memcmp(text.at + at, id.at, id.len) != 0)
        return 0;
    if (before == '[' && after == ']')
        return 3;
    return is_behind_noun(text, at) ? 2 : 1;
}

static bool is_in_any_case(rkb_sv text, rkb_sv id)
{
    if (text.len != id.len)
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (lower(text.at[i]) != lower(id.at[i]))
            return false;
    return true;
}

size_t rkb_named_identifier(rkb_sv text, const rkb_sv *ids, size_t n)
{
    size_t best = n;
    int best_standing = 0;

    text = rkb_sv_trim(text);
    while (text.len && strchr(".:,*\"'", text.at[text.len - 1]))
        text.len--;
    for (size_t i = 0; i < n; i++)
        if (is_in_any_case(text, ids[i]))
            return i;
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; at + ids[i].len <= text.len; at++) {
            int now = standing(text, at, ids[i]);

            if (now > best_standing)
                best = i;
            else if (now && now == best_standing && best != i)
                best = n;
            if (now > best_standing)
                best_standing = now;
        }
    return best;
}

/* ---- many texts ----------------------------------------------------------- */

size_t rkb_batches_count(const struct rkb_batches *batches)
{
    size_t n = batches->ask->n_docs;

    return n / batches->batch + (n % batches->batch != 0);
}

static enum rkb_status ask_some(const struct rkb_batches *s,
                                struct rkb_branch *b, size_t i, size_t first,
                                size_t n, struct rkb_err *err)
{
    struct rkb_answer answer;
    struct rkb_ask ask;
    enum rkb_status rc;

    rkb_server_ask(s->server, b, s->ask->kind, &ask);
    ask.query = s->ask->query;
    ask.docs = s->ask->docs + first;
    ask.n_docs = n;
    ask.raw_scores = s->ask->raw_scores;
    ask.instruct = s->ask->instruct;
    rc = rkb_ask_send(s->server, b, &ask, &answer, err);
    if (rc == RKB_E_LIMIT && answer.fault.kind == RKB_FAULT_BATCH && n > 1) {
        size_t half = n - n / 2;

        rc = ask_some(s, b, i, first, half, err);
        return rc ? rc : ask_some(s, b, i, first + half, n - half, err);
    }
    if (!rc)
        s->take(s->arg, i, first, n, &answer);
    return rc;
}

static enum rkb_status ask_batch(struct rkb_branch *item, size_t i, void *arg,
                                 struct rkb_err *err)
{
    const struct rkb_batches *s = arg;
    size_t first = i * s->batch, left = s->ask->n_docs - first;

    return ask_some(s, item, i, first, left < s->batch ? left : s->batch, err);
}

enum rkb_status rkb_batches_ask(const struct rkb_batches *batches,
                                struct rkb_branch *b, struct rkb_err *err)
{
    struct rkb_batches copy = *batches;

    return rkb_fork(b, rkb_batches_count(batches), ask_batch, &copy, err);
}

void rkb_tally_add(struct rkb_tally *t, const char *bad)
{
    t->n++;
    if (bad && !t->n_bad++)
        t->first_bad = bad;
}

void rkb_tally_merge(struct rkb_tally *to, const struct rkb_tally *from)
{
    to->n += from->n;
    if (!to->n_bad)
        to->first_bad = from->first_bad;
    to->n_bad += from->n_bad;
    to->n_unseen += from->n_unseen;
}

void rkb_tally_tell(const struct rkb_tally *t, struct rkb_outcome *outcome)
{
    if (!t->n_bad)
        return;
    outcome->status = RKB_QUERY_REPAIRED;
    snprintf(outcome->why, sizeof outcome->why,
             "%zu of %zu answers were not as they should be, the first: %s",
             t->n_bad, t->n, t->first_bad);
    if (t->n_unseen) {
        size_t len = strlen(outcome->why);

        snprintf(outcome->why + len, sizeof outcome->why - len,
                 "; %zu identifiers were not seen", t->n_unseen);
    }
}
