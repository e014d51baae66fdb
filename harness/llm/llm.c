/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/llm.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "harness/llm/cut.h"

#include <string.h>

/* Tokens that a server's chat text may add and no count of ours sees. */
enum { HEADROOM = 16 };

/* ---- opening -------------------------------------------------------------- */

static const char *const form_names[] = {
    [RKB_FORM_LIST] = "singleturn_listwise",
    [RKB_FORM_TURNS] = "multiturn_listwise",
    [RKB_FORM_POINT] = "pointwise",
    [RKB_FORM_PAIR] = "pairwise",
};

static enum rkb_status open_prompt(struct rkb_llm *llm,
                                   const struct rkb_server_env *env,
                                   unsigned forms, struct rkb_err *err)
{
    const struct rkb_optset *o = env->options;
    const char *path = rkb_optset_cstr(o, "template");
    rkb_sv frame = rkb_optset_text(o, "frame");
    enum rkb_status rc;

    if (!path)
        return rkb_fail(err, RKB_E_USAGE,
                        "no template: a fine-tuned model needs the one it was "
                        "trained with, set template=FILE");
    rc = rkb_template_open(env->arena, path, &llm->template, err);
    if (rc)
        return rc;
    enum rkb_template_form form = rkb_template_form(llm->template);

    if (!(forms & 1u << form))
        return rkb_fail(err, RKB_E_USAGE,
                        "template '%s' is %s, not what this method asks with",
                        path, form_names[form]);
    if (rkb_sv_is(frame, "apply-template"))
        llm->apply_template = true;
    else if (!rkb_sv_is(frame, "chat"))
        rc = rkb_frame_open(env->arena, rkb_optset_cstr(o, "frame"),
                            &llm->frame, err);
    if (!rc && llm->frame)
        rc = rkb_frame_check(llm->frame, llm->template, err);
    llm->text = (struct rkb_text_rule){
        .title = (enum rkb_title_rule)rkb_optset_get(o, "title")->integer,
        .brackets =
            (enum rkb_bracket_rule)rkb_optset_get(o, "brackets")->integer,
        .max_words = (int32_t)rkb_optset_int(o, "words"),
    };
    llm->max_tokens = rkb_optset_int(o, "tokens");
    if (rkb_optset_int(o, "context") > 0)
        llm->context = rkb_optset_int(o, "context");
    return rc;
}

enum rkb_status rkb_llm_open(struct rkb_llm *llm,
                             const struct rkb_server_env *env, unsigned forms,
                             struct rkb_err *err)
{
    enum rkb_status rc;

    *llm = (struct rkb_llm){ .context = -1 };
    rc = rkb_server_open(&llm->server, env, err);
    if (!rc && forms)
        rc = open_prompt(llm, env, forms, err);
    if (rc)
        rkb_llm_close(llm);
    return rc;
}

void rkb_llm_close(struct rkb_llm *llm)
{
    rkb_template_close(llm->template);
    rkb_server_close(llm->server);
    *llm = (struct rkb_llm){ 0 };
}

enum rkb_ask_kind rkb_llm_kind(const struct rkb_llm *llm)
{
    return llm->frame || llm->apply_template ? RKB_ASK_COMPLETE : RKB_ASK_CHAT;
}

void rkb_llm_identity(const struct rkb_llm *llm, struct rkb_buf *json)
{
    char hex[65];
    struct rkb_digest d;

    rkb_buf_text(json, "{\"server\":");
    rkb_server_identity(llm->server, json);
    if (llm->template) {
        d = rkb_template_digest(llm->template);
        rkb_digest_hex(&d, hex);
        rkb_buf_printf(json, ",\"template\":\"%s\"", hex);
        if (llm->frame) {
            d = rkb_frame_digest(llm->frame);
            rkb_digest_hex(&d, hex);
        }
        rkb_buf_printf(json, ",\"frame\":\"%s\"",
                       llm->frame            ? hex
                       : llm->apply_template ? "apply-template"
                                             : "chat");
        /* Where it is known, it decides how much of a passage is cut. */
        if (llm->context >= 0)
            rkb_buf_printf(json, ",\"context\":%lld", (long long)llm->context);
    }
    rkb_buf_char(json, '}');
}

/* ---- looking at the server --------------------------------------------------- */

/* A branch for asks that belong to no query. */
struct probe_branch {
    struct rkb_arena arena;
    struct rkb_account account;
    struct rkb_calls calls;
    struct rkb_branch branch;
};

static void probe_init(struct probe_branch *p)
{
    *p = (struct probe_branch){ 0 };
    p->branch = (struct rkb_branch){ .arena = &p->arena,
                                     .account = &p->account,
                                     .calls = &p->calls };
}

static enum rkb_status check_can(const struct rkb_llm *llm,
                                 const struct rkb_llm_needs *needs,
                                 struct rkb_err *err)
{
    static const struct {
        unsigned bit;
        const char *what;
    } names[] = {
        { RKB_CAN(RKB_ASK_CHAT), "chat" },
        { RKB_CAN(RKB_ASK_COMPLETE), "completions of a rendered prompt" },
        { RKB_CAN(RKB_ASK_RERANK), "a rerank route" },
        { RKB_CAN(RKB_ASK_EMBED), "an embeddings route" },
        { RKB_CAN(RKB_ASK_TOKENIZE), "a tokenizer route for tokens=" },
        { RKB_CAN(RKB_ASK_RENDER), "a route that renders the chat template" },
        { RKB_CAN_LOGPROBS, "logprobs" },
        { RKB_CAN_PREFILL, "an answer that goes on from given text" },
        { RKB_CAN_ECHO, "logprobs of the prompt" },
        { RKB_CAN_CHOICES, "answers bound to choices" },
    };
    const struct rkb_dialect_def *d = rkb_server_dialect(llm->server);

    for (size_t i = 0; i < RKB_COUNT(names); i++)
        if ((needs->can & names[i].bit) && !(d->can & names[i].bit))
            return rkb_fail(err, RKB_E_USAGE,
                            "%s needs %s, which dialect '%s' has not",
                            needs->method, names[i].what, d->name);
    return RKB_OK;
}

/* One token, to see how many alternatives come with it. */
static enum rkb_status probe_alts(struct rkb_llm *llm,
                                  const struct rkb_llm_needs *needs,
                                  struct rkb_err *err)
{
    static const struct rkb_turn turn = { RKB_USER, { "Say yes or no.", 14 } };
    struct probe_branch p;
    struct rkb_answer answer;
    struct rkb_ask ask;
    size_t n;
    enum rkb_status rc;

    probe_init(&p);
    rkb_server_ask(llm->server, &p.branch, rkb_llm_kind(llm), &ask);
    ask.turns = ask.kind == RKB_ASK_CHAT ? &turn : NULL;
    ask.n_turns = ask.turns ? 1 : 0;
    ask.prompt = ask.turns ? (rkb_sv){ 0 } : turn.text;
    ask.max_tokens = 1;
    ask.n_alts = needs->n_alts;
    ask.stream = false;
    rc = rkb_ask_send(llm->server, &p.branch, &ask, &answer, err);
    n = !rc && answer.n_tokens ? answer.tokens[0].n_alts : 0;
    if (!rc && n < (size_t)needs->fewest_alts)
        rc = rkb_fail(err, RKB_E_USAGE,
                      "%s reads at least %d alternatives at a position, the "
                      "server gives %zu (of %d asked for)",
                      needs->method, needs->fewest_alts, n, needs->n_alts);
    else if (!rc && n < (size_t)needs->n_alts)
        rkb_log(RKB_LOG_WARN,
                "%s: the server gives %zu alternatives of %d asked for; "
                "labels that are not among them come last and are counted",
                needs->method, n, needs->n_alts);
    rkb_arena_release(&p.arena);
    return rc;
}

/* A warning, for the method may still read the merged token. */
static enum rkb_status probe_apart(struct rkb_llm *llm,
                                   const struct rkb_llm_needs *needs,
                                   struct rkb_err *err)
{
    struct probe_branch p;
    struct rkb_answer answer;
    struct rkb_ask ask;
    enum rkb_status rc;

    if (rkb_server_is_offline(llm->server) ||
        !rkb_server_can(llm->server, RKB_CAN(RKB_ASK_TOKENIZE)))
        return RKB_OK;
    probe_init(&p);
    rkb_server_ask(llm->server, &p.branch, RKB_ASK_TOKENIZE, &ask);
    ask.prompt = rkb_sv_of(needs->apart);
    rc = rkb_ask_send(llm->server, &p.branch, &ask, &answer, err);
    if (!rc && answer.n_units >= 0 &&
        answer.n_units < (int64_t)strlen(needs->apart))
        rkb_log(RKB_LOG_WARN,
                "%s: the model's tokenizer makes %lld tokens of '%s', not %zu: "
                "merged tokens are read where they stand alone",
                needs->method, (long long)answer.n_units, needs->apart,
                strlen(needs->apart));
    /* A server without the route is no reason to stop. */
    if (rc == RKB_E_IO || rc == RKB_E_DATA)
        rc = RKB_OK;
    rkb_arena_release(&p.arena);
    return rc;
}

enum rkb_status rkb_llm_probe(struct rkb_llm *llm,
                              const struct rkb_llm_needs *needs,
                              struct rkb_err *err)
{
    struct rkb_llm_needs all = *needs;
    enum rkb_status rc = RKB_OK;

    if (llm->template)
        all.can |= RKB_CAN(rkb_llm_kind(llm));
    if (llm->apply_template)
        all.can |= RKB_CAN(RKB_ASK_RENDER);
    if (llm->max_tokens)
        all.can |= RKB_CAN(RKB_ASK_TOKENIZE);
    if (needs->n_alts)
        all.can |= (unsigned)RKB_CAN_LOGPROBS;
    if (!rkb_server_can(llm->server, all.can))
        rc = check_can(llm, &all, err);
    if (!rc)
        rc = rkb_server_probe(llm->server, err);
    if (rc)
        return rc;
    if (llm->context < 0)
        llm->context = rkb_server_context(llm->server);
    if (rkb_server_is_offline(llm->server))
        return RKB_OK;
    if (needs->n_alts)
        rc = probe_alts(llm, needs, err);
    if (!rc && needs->apart)
        rc = probe_apart(llm, needs, err);
    return rc;
}

/* ---- prompts ------------------------------------------------------------------ */

/* Words of the longest passage, for what has no bound of its own. */
static int32_t longest(const struct rkb_llm_prompt *p)
{
    int32_t most = 0;

    for (size_t i = 0; i < p->n_docs; i++) {
        rkb_sv rest[] = { p->docs[i].title, p->docs[i].text };
        int32_t n = 0;

        for (size_t k = 0; k < 2; k++)
            while (rkb_sv_word(&rest[k]).len)
                n++;
        most = n > most ? n : most;
    }
    return most;
}

static enum rkb_status tokenize(struct rkb_llm *llm, struct rkb_branch *b,
                                rkb_sv text, struct rkb_answer *answer,
                                struct rkb_err *err)
{
    struct rkb_ask ask;

    rkb_server_ask(llm->server, b, RKB_ASK_TOKENIZE, &ask);
    ask.prompt = text;
    return rkb_ask_send(llm->server, b, &ask, answer, err);
}

/* The first n words of a text whose blanks stay; *n is how many there are. */
static rkb_sv first_words(rkb_sv text, size_t *n)
{
    rkb_sv rest = text, word = { text.at, 0 };
    size_t most = *n;

    *n = 0;
    while (*n < most) {
        rkb_sv next = rkb_sv_word(&rest);

        if (!next.len)
            break;
        word = next;
        ++*n;
    }
    return (rkb_sv){ text.at, (size_t)(word.at + word.len - text.at) };
}

/* Where tokens are no pieces of the text or are not told: as many words as
 * have no more tokens. Each guess is where the last one points, kept between
 * what fits and what does not. */
static enum rkb_status cut_by_count(struct rkb_llm *llm, struct rkb_branch *b,
                                    rkb_sv text, int64_t n_tokens, rkb_sv *out,
                                    struct rkb_err *err)
{
    size_t fits = 0, high = SIZE_MAX, guess;
    struct rkb_answer answer;

    *out = first_words(text, &high); /* all of them: too many */
    guess = high;
    while (high - fits > 1) {
        enum rkb_status rc;

        guess = (size_t)((int64_t)guess * llm->max_tokens / n_tokens);
        guess = guess <= fits ? fits + 1 : guess >= high ? high - 1 : guess;
        rc = tokenize(llm, b, first_words(text, &guess), &answer, err);
        if (rc)
            return rc;
        n_tokens = answer.n_units > 0 ? answer.n_units : 1;
        if (n_tokens <= llm->max_tokens)
            fits = guess;
        else
            high = guess;
    }
    *out = first_words(text, &fits);
    return RKB_OK;
}

static enum rkb_status cut_tokens(struct rkb_llm *llm, struct rkb_branch *b,
                                  rkb_sv *text, bool *cut, struct rkb_err *err)
{
    size_t n = (size_t)llm->max_tokens, end;
    struct rkb_answer answer;
    enum rkb_status rc;

    if (!n || rkb_tokens_at_most(*text) <= llm->max_tokens)
        return RKB_OK;
    if (rkb_server_is_offline(llm->server)) {
        rkb_sv all = *text;

        *text = first_words(all, &n);
        *cut = *cut || text->len < all.len;
        return RKB_OK;
    }
    rc = tokenize(llm, b, *text, &answer, err);
    if (rc || answer.n_units <= llm->max_tokens)
        return rc;
    *cut = true;
    if (!answer.units || !rkb_cut_align(*text, answer.units, n, &end))
        return cut_by_count(llm, b, *text, answer.n_units, text, err);
    text->len = end;
    return RKB_OK;
}

/* Turns of the prompt with passages of at most `words`. */
static enum rkb_status make_turns(struct rkb_llm *llm, struct rkb_branch *b,
                                  const struct rkb_llm_prompt *p, int32_t words,
                                  struct rkb_ask *ask, size_t *n_cut,
                                  struct rkb_err *err)
{
    struct rkb_arena *a = b->arena;
    rkb_sv *docs = rkb_arena_new(a, p->n_docs, sizeof *docs);
    struct rkb_text_rule plain = llm->text;
    const struct rkb_prompt prompt = {
        .query = rkb_query_text(a, &llm->text, p->query),
        .docs = docs,
        .ids = p->ids,
        .n_docs = p->n_docs,
        .n_best = p->n_best,
        .instruction = p->instruction,
    };

    *n_cut = 0;
    if (llm->max_tokens) /* brackets are rewritten behind the cut */
        plain.brackets = RKB_BRACKETS_KEEP;
    for (size_t i = 0; i < p->n_docs; i++) {
        bool cut = false;

        docs[i] = rkb_passage_text(a, &plain, p->docs[i].title, p->docs[i].text,
                                   words, &cut);
        if (llm->max_tokens) {
            enum rkb_status rc = cut_tokens(llm, b, &docs[i], &cut, err);

            if (rc)
                return rc;
            docs[i] = rkb_query_text(a, &llm->text, docs[i]);
        }
        *n_cut += cut;
    }
    rkb_template_render(llm->template, a, &prompt, &ask->turns, &ask->n_turns);
    return RKB_OK;
}

/* The ask as it goes out: turns, or a rendered prompt. */
static enum rkb_status frame_it(struct rkb_llm *llm, struct rkb_branch *b,
                                rkb_sv prefill, struct rkb_ask *ask,
                                struct rkb_err *err)
{
    struct rkb_turn *turns;

    ask->kind = rkb_llm_kind(llm);
    if (llm->frame) {
        ask->prompt = rkb_frame_render(llm->frame, b->arena, ask->turns,
                                       ask->n_turns, prefill);
        ask->n_turns = 0;
        /* Recordings have none, and two of them are another prompt. */
        if (rkb_server_adds_bos(llm->server)) {
            size_t bos = rkb_frame_bos(llm->frame).len;

            ask->prompt.at += bos;
            ask->prompt.len -= bos;
        }
    } else if (llm->apply_template) {
        struct rkb_ask render;
        struct rkb_answer answer;
        enum rkb_status rc;

        rkb_server_ask(llm->server, b, RKB_ASK_RENDER, &render);
        render.turns = ask->turns;
        render.n_turns = ask->n_turns;
        rc = rkb_ask_send(llm->server, b, &render, &answer, err);
        if (rc)
            return rc;
        ask->prompt = rkb_arena_join(b->arena, answer.text, prefill);
        ask->n_turns = 0;
    } else if (prefill.len) {
        turns = rkb_arena_new(b->arena, ask->n_turns + 1, sizeof *turns);
        memcpy(turns, ask->turns, ask->n_turns * sizeof *turns);
        turns[ask->n_turns] = (struct rkb_turn){ RKB_ASSISTANT, prefill };
        ask->turns = turns;
        ask->n_turns++;
        ask->prefill = true;
    }
    return RKB_OK;
}

static int64_t bound(const struct rkb_ask *ask)
{
    int64_t n = rkb_tokens_at_most(ask->prompt) + HEADROOM;

    for (size_t i = 0; i < ask->n_turns; i++)
        n += rkb_tokens_at_most(ask->turns[i].text) + HEADROOM;
    return n;
}

/* Tokens of the prompt, by the server where it can say; -1 where it cannot. */
static enum rkb_status count_prompt(struct rkb_llm *llm, struct rkb_branch *b,
                                    const struct rkb_ask *ask, int64_t *n,
                                    struct rkb_err *err)
{
    unsigned can = RKB_CAN(RKB_ASK_TOKENIZE) |
                   (ask->n_turns ? (unsigned)RKB_CAN_TOKENIZE_TURNS : 0);
    struct rkb_ask count;
    struct rkb_answer answer;
    enum rkb_status rc;

    *n = -1;
    if (rkb_server_is_offline(llm->server) || !rkb_server_can(llm->server, can))
        return RKB_OK;
    rkb_server_ask(llm->server, b, RKB_ASK_TOKENIZE, &count);
    count.turns = ask->turns;
    count.n_turns = ask->n_turns;
    count.prompt = ask->prompt;
    rc = rkb_ask_send(llm->server, b, &count, &answer, err);
    if (!rc)
        *n = answer.n_units;
    return rc;
}

/* How many words to take away from every passage, as rank_llm does it: the
 * excess spread over the passages, four tokens a word, at least one. */
static int32_t fewer(int32_t words, int64_t excess, size_t n_docs)
{
    int64_t step = excess / (4 * (int64_t)(n_docs ? n_docs : 1));
    int64_t next = words - (step > 1 ? step : 1);

    return next < RKB_WORDS_FEWEST && words > RKB_WORDS_FEWEST
               ? RKB_WORDS_FEWEST
               : (int32_t)next;
}

static enum rkb_status too_long(const struct rkb_llm *llm, struct rkb_err *err)
{
    if (llm->context < 0)
        return rkb_fail(err, RKB_E_LIMIT,
                        "the prompt does not fit the server's context with %d "
                        "words a passage",
                        RKB_WORDS_FEWEST);
    return rkb_fail(err, RKB_E_LIMIT,
                    "the prompt does not fit into %lld tokens with %d words a "
                    "passage",
                    (long long)llm->context, RKB_WORDS_FEWEST);
}

/* Before it is sent: false in *fits when it is known to be too long. */
static enum rkb_status fits_context(struct rkb_llm *llm, struct rkb_branch *b,
                                    const struct rkb_ask *ask, bool *fits,
                                    int64_t *excess, struct rkb_err *err)
{
    int64_t room = llm->context - ask->max_tokens, n;
    enum rkb_status rc;

    *fits = true;
    if (llm->context < 0 || bound(ask) <= room)
        return RKB_OK;
    rc = count_prompt(llm, b, ask, &n, err);
    if (rc || (n >= 0 && n <= room))
        return rc;
    /* Without a count the server decides, where it says so. A context that the
     * user set is one that the server may not know of: then our bound does. */
    if (n < 0 && llm->context == rkb_server_context(llm->server))
        return RKB_OK;
    *fits = false;
    *excess = (n >= 0 ? n : bound(ask)) - room;
    return RKB_OK;
}

enum rkb_status rkb_llm_send(struct rkb_llm *llm, struct rkb_branch *b,
                             const struct rkb_llm_prompt *p,
                             struct rkb_ask *ask, struct rkb_answer *answer,
                             struct rkb_err *err)
{
    int32_t most = longest(p);

    /* No word is less than a token. */
    if (llm->max_tokens && llm->max_tokens < most)
        most = (int32_t)llm->max_tokens;

    int32_t words = llm->text.max_words && llm->text.max_words < most
                        ? llm->text.max_words
                        : most;
    int32_t rule = llm->text.max_words; /* until something has to give */

    for (;;) {
        struct rkb_ask one = *ask;
        int64_t excess = 0;
        int64_t start = rkb_clock_now();
        size_t n_cut;
        bool fits;
        enum rkb_status rc;

        rc = make_turns(llm, b, p, rule, &one, &n_cut, err);
        if (llm->max_tokens) /* calls of their own */
            start = rkb_clock_now();
        one.render_ns = rkb_clock_now() - start;
        if (!rc)
            rc = frame_it(llm, b, p->prefill, &one, err);
        if (!llm->apply_template) /* that one is a call of its own */
            one.render_ns = rkb_clock_now() - start;
        if (!rc)
            rc = fits_context(llm, b, &one, &fits, &excess, err);
        if (!rc && fits) {
            rc = rkb_ask_send(llm->server, b, &one, answer, err);
            if (rc != RKB_E_LIMIT || answer->fault.kind != RKB_FAULT_CONTEXT) {
                b->account->n_truncated += (int64_t)n_cut;
                return rc;
            }
            excess = answer->fault.asked > answer->fault.limit &&
                             answer->fault.limit > 0
                         ? answer->fault.asked - answer->fault.limit
                         : bound(&one) / 10;
        } else if (rc) {
            return rc;
        }
        if (words <= RKB_WORDS_FEWEST)
            return too_long(llm, err);
        rule = words = fewer(words, excess, p->n_docs);
    }
}
