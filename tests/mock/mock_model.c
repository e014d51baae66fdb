/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of model servers, by route. */
#include "tests/mock/mock_model.h"

#include "base/arena.h"
#include "base/io/json.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIMS 64
#define SHARPNESS 4.0

struct settings {
    rkb_sv answer;
    int64_t context, alts, batch;
};

struct call {
    struct mock_link *link;
    struct settings settings;
    const struct rkb_json *body; /* NULL: not JSON */
    struct rkb_arena arena;
    int status;
    struct rkb_buf text; /* of the reply */
    bool stream;         /* the text is events */
};

static struct settings read_settings(rkb_sv text)
{
    struct settings s = { .answer = rkb_sv_of("order"),
                          .context = 8192,
                          .alts = 20,
                          .batch = INT64_MAX };
    rkb_sv word, key;

    while ((word = rkb_sv_word(&text)).len) {
        bool ok = rkb_sv_split(&word, '=', &key) && word.at;

        if (ok && rkb_sv_is(key, "answer"))
            s.answer = word;
        else if (ok && rkb_sv_is(key, "context"))
            ok = rkb_sv_to_i64(word, 1, INT64_MAX, &s.context);
        else if (ok && rkb_sv_is(key, "alts"))
            ok = rkb_sv_to_i64(word, 0, INT64_MAX, &s.alts);
        else if (ok && rkb_sv_is(key, "batch"))
            ok = rkb_sv_to_i64(word, 1, INT64_MAX, &s.batch);
        else
            ok = false;
        if (!ok) {
            fprintf(stderr, "mock: bad setting of a model: '%.*s'\n",
                    (int)key.len, key.at);
            abort();
        }
    }
    return s;
}

/* ---- reading requests -------------------------------------------------- */

static rkb_sv string_of(const struct call *c, const char *key)
{
    rkb_sv text = { 0 };

    (void)rkb_json_string(rkb_json_get(c->body, key), &text);
    return text;
}

static bool is_true(const struct rkb_json *j)
{
    return j && j->kind == RKB_JSON_TRUE;
}

static int64_t integer_of(const struct call *c, const char *key, int64_t none)
{
    double value;

    if (!rkb_json_double(rkb_json_get(c->body, key), &value))
        return none;
    return (int64_t)value;
}

/* All turns, a line break between two; `roles`: as a chat text. */
static rkb_sv messages_of(struct call *c, bool roles)
{
    const struct rkb_json *turn = rkb_json_get(c->body, "messages");
    struct rkb_buf out = { 0 };
    rkb_sv text, role = { 0 };

    for (turn = turn ? turn->child : NULL; turn; turn = turn->next) {
        bool last = !turn->next;

        text = role = (rkb_sv){ 0 };
        (void)rkb_json_string(rkb_json_get(turn, "content"), &text);
        (void)rkb_json_string(rkb_json_get(turn, "role"), &role);
        if (roles)
            rkb_buf_printf(&out, "<|%.*s|>\n", (int)role.len, role.at);
        rkb_buf_sv(&out, text);
        if (!last || (roles && !rkb_sv_is(role, "assistant")))
            rkb_buf_char(&out, '\n');
    }
    if (roles && !rkb_sv_is(role, "assistant"))
        rkb_buf_text(&out, "<|assistant|>\n");
    text = rkb_arena_copy(&c->arena, rkb_buf_view(&out));
    rkb_buf_release(&out);
    return text;
}

static void fail(struct call *c, int status, const char *type,
                 const char *message)
{
    c->status = status;
    rkb_buf_reset(&c->text);
    rkb_buf_text(&c->text, "{\"error\":{\"message\":");
    rkb_buf_json(&c->text, rkb_sv_of(message));
    rkb_buf_printf(&c->text, ",\"type\":\"%s\",\"param\":null,\"code\":%d}}",
                   type, status);
}

/* ---- what is said ------------------------------------------------------ */

/* The answer in pieces: a label is one, what stands between is tokens. */
struct piece {
    rkb_sv text;
    bool is_label;
};

struct said {
    struct mock_prompt prompt;
    struct piece *pieces;
    size_t n, cap;
    bool cut;       /* by max_tokens */
    int64_t n_alts; /* wanted; -1: no logprobs */
    bool yesno;
};

static void say(struct said *s, rkb_sv text, bool is_label)
{
    s->pieces = rkb_grow(s->pieces, &s->cap, s->n + 1, sizeof(*s->pieces));
    s->pieces[s->n++] = (struct piece){ .text = text, .is_label = is_label };
}

static void say_label(struct said *s, rkb_sv label, bool goes_on)
{
    if (s->n)
        say(s, rkb_sv_of(" >"), false);
    if (s->n || !goes_on)
        say(s, rkb_sv_of(s->n ? " [" : "["), false);
    say(s, label, true);
    say(s, rkb_sv_of("]"), false);
}

/* Best first, ties as they came: 1,024 at most, so the plain way. */
static size_t *by_score(struct rkb_arena *a, const struct mock_prompt *p)
{
    size_t *order = rkb_arena_new(a, p->n_passages, sizeof(*order));

    for (size_t i = 0; i < p->n_passages; i++) {
        size_t at = i;

        for (;
             at > 0 && p->passages[order[at - 1]].score < p->passages[i].score;
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return order;
}

static void say_order(struct call *c, struct said *s, bool goes_on)
{
    const struct mock_prompt *p = &s->prompt;
    size_t *order = by_score(&c->arena, p), n = p->n_passages;
    rkb_sv answer = c->settings.answer, label;

    if (rkb_sv_is(answer, "order") || rkb_sv_is(answer, "same") ||
        rkb_sv_is(answer, "reverse")) {
        for (size_t i = 0; i < n; i++) {
            size_t at = rkb_sv_is(answer, "order")  ? order[i]
                        : rkb_sv_is(answer, "same") ? i
                                                    : n - 1 - i;

            say_label(s, p->passages[at].label, goes_on);
        }
        return;
    }
    while (rkb_sv_split(&answer, ',', &label))
        say_label(s, label, goes_on);
}

static void say_all(struct call *c, struct said *s)
{
    const struct mock_prompt *p = &s->prompt;
    rkb_sv answer = c->settings.answer;
    size_t last = p->n_passages - 1;

    if (rkb_sv_is(answer, "yesno")) {
        s->yesno = true;
        say(s,
            rkb_sv_of(p->passages[0].score * (double)p->n_words + 0.5 >
                              ((double)p->n_words + 1) / 2
                          ? "yes"
                          : "no"),
            true);
    } else if (rkb_sv_is(answer, "first")) {
        say(s, p->passages[0].label, true);
    } else if (rkb_sv_is(answer, "last")) {
        say(s, p->passages[last].label, true);
    } else if (rkb_sv_is(answer, "best")) {
        say(s, p->passages[by_score(&c->arena, p)[0]].label, true);
    } else {
        say_order(c, s, rkb_sv_ends(rkb_sv_trim(p->text), "["));
    }
}

/* ---- logprobs ---------------------------------------------------------- */

struct alt {
    rkb_sv text;
    double logprob;
};

/* All that could stand there, largest first; returns how many. */
static size_t alts_of(struct call *c, const struct said *s,
                      const struct piece *piece, struct alt **out)
{
    const struct mock_prompt *p = &s->prompt;
    double words = (double)p->n_words, sum = 0, yes;
    size_t *order = by_score(&c->arena, p), n = p->n_passages;
    struct alt *alts = rkb_arena_new(&c->arena, n + 2, sizeof(*alts));

    *out = alts;
    if (!piece->is_label) {
        alts[0] = (struct alt){ piece->text, -1e-6 };
        return 1;
    }
    if (s->yesno) {
        yes = (p->passages[0].score * words + 0.5) / (words + 1);
        alts[yes < 0.5] = (struct alt){ rkb_sv_of("yes"), log(yes) };
        alts[yes >= 0.5] = (struct alt){ rkb_sv_of("no"), log1p(-yes) };
        return 2;
    }
    for (size_t i = 0; i < n; i++)
        sum += exp(SHARPNESS * p->passages[i].score);
    for (size_t i = 0; i < n; i++)
        alts[i] =
            (struct alt){ p->passages[order[i]].label,
                          SHARPNESS * p->passages[order[i]].score - log(sum) };
    return n;
}

static void add_alt(struct rkb_buf *out, const struct alt *alt)
{
    rkb_buf_text(out, "{\"token\":");
    rkb_buf_json(out, alt->text);
    rkb_buf_printf(out, ",\"logprob\":%.17g,\"bytes\":null", alt->logprob);
}

static double logprob_of(const struct alt *alts, size_t n, rkb_sv text)
{
    for (size_t i = 0; i < n; i++) {
        if (rkb_sv_eq(alts[i].text, text))
            return alts[i].logprob;
    }
    return -9999.0; /* as servers write "very unlikely" */
}

static size_t told(const struct call *c, const struct said *s, size_t n)
{
    int64_t most = s->n_alts < c->settings.alts ? s->n_alts : c->settings.alts;

    return (int64_t)n < most ? n : (size_t)most;
}

/* {"content":[{...}]} of the pieces from..to. */
static void chat_logprobs(struct call *c, const struct said *s, size_t from,
                          size_t to)
{
    struct rkb_buf *out = &c->text;

    rkb_buf_text(out, "{\"content\":[");
    for (size_t i = from; i < to; i++) {
        struct alt *alts, self = { .text = s->pieces[i].text };
        size_t n = alts_of(c, s, &s->pieces[i], &alts);

        self.logprob = logprob_of(alts, n, self.text);
        rkb_buf_text(out, i > from ? "," : "");
        add_alt(out, &self);
        rkb_buf_text(out, ",\"top_logprobs\":[");
        for (size_t k = 0; k < told(c, s, n); k++) {
            rkb_buf_text(out, k ? "," : "");
            add_alt(out, &alts[k]);
            rkb_buf_char(out, '}');
        }
        rkb_buf_text(out, "]}");
    }
    rkb_buf_text(out, "]}");
}

/* {"tokens":[..],"token_logprobs":[..],"top_logprobs":[{..}],"text_offset":[]}
 */
static void text_logprobs(struct call *c, const struct said *s, size_t from,
                          size_t to)
{
    struct rkb_buf *out = &c->text, lps = { 0 }, tops = { 0 }, at = { 0 };
    size_t offset = s->prompt.text.len;

    for (size_t i = 0; i < from; i++)
        offset += s->pieces[i].text.len;
    rkb_buf_text(out, "{\"tokens\":[");
    for (size_t i = from; i < to; i++) {
        const char *comma = i > from ? "," : "";
        struct alt *alts;
        size_t n = alts_of(c, s, &s->pieces[i], &alts);

        rkb_buf_text(out, comma);
        rkb_buf_json(out, s->pieces[i].text);
        rkb_buf_printf(&lps, "%s%.17g", comma,
                       logprob_of(alts, n, s->pieces[i].text));
        rkb_buf_printf(&tops, "%s{", comma);
        for (size_t k = 0; k < told(c, s, n); k++) {
            rkb_buf_text(&tops, k ? "," : "");
            rkb_buf_json(&tops, alts[k].text);
            rkb_buf_printf(&tops, ":%.17g", alts[k].logprob);
        }
        rkb_buf_char(&tops, '}');
        rkb_buf_printf(&at, "%s%zu", comma, offset);
        offset += s->pieces[i].text.len;
    }
    rkb_buf_text(out, "],\"token_logprobs\":[");
    rkb_buf_sv(out, rkb_buf_view(&lps));
    rkb_buf_text(out, "],\"top_logprobs\":[");
    rkb_buf_sv(out, rkb_buf_view(&tops));
    rkb_buf_text(out, "],\"text_offset\":[");
    rkb_buf_sv(out, rkb_buf_view(&at));
    rkb_buf_text(out, "]}");
    rkb_buf_release(&lps);
    rkb_buf_release(&tops);
    rkb_buf_release(&at);
}

/* ---- chat and completions ---------------------------------------------- */

static void add_usage(struct call *c, const struct said *s)
{
    size_t n = mock_n_tokens(s->prompt.text);

    rkb_buf_printf(&c->text,
                   "\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,"
                   "\"total_tokens\":%zu,"
                   "\"prompt_tokens_details\":{\"cached_tokens\":0}}",
                   n, s->n, n + s->n);
}

/* A choice with the pieces from..to; the end of the answer has a reason. */
static void add_choice(struct call *c, const struct said *s, bool chat,
                       size_t from, size_t to)
{
    struct rkb_buf text = { 0 }, *out = &c->text;

    for (size_t i = from; i < to; i++)
        rkb_buf_sv(&text, s->pieces[i].text);
    rkb_buf_text(out, "{\"index\":0,");
    if (chat)
        rkb_buf_printf(out, "\"%s\":{\"role\":\"assistant\",\"content\":",
                       c->stream ? "delta" : "message");
    else
        rkb_buf_text(out, "\"text\":");
    rkb_buf_json(out, rkb_buf_view(&text));
    rkb_buf_text(out, chat ? "},\"logprobs\":" : ",\"logprobs\":");
    if (s->n_alts < 0)
        rkb_buf_text(out, "null");
    else if (chat)
        chat_logprobs(c, s, from, to);
    else
        text_logprobs(c, s, from, to);
    rkb_buf_printf(out, ",\"finish_reason\":%s}",
                   to < s->n || (c->stream && from < to) ? "null"
                   : s->cut                              ? "\"length\""
                                                         : "\"stop\"");
    rkb_buf_release(&text);
}

static void add_head(struct call *c, bool chat)
{
    rkb_buf_printf(&c->text,
                   "{\"id\":\"mock\",\"object\":\"%s%s\",\"created\":1,"
                   "\"model\":\"mock\",\"choices\":[",
                   chat ? "chat.completion" : "text_completion",
                   chat && c->stream ? ".chunk" : "");
}

static void write_plain(struct call *c, const struct said *s, bool chat)
{
    add_head(c, chat);
    add_choice(c, s, chat, 0, s->n);
    rkb_buf_text(&c->text, "],");
    add_usage(c, s);
    rkb_buf_char(&c->text, '}');
}

static void write_stream(struct call *c, const struct said *s, bool chat)
{
    const struct rkb_json *options = rkb_json_get(c->body, "stream_options");

    for (size_t i = 0; i <= s->n; i++) {
        rkb_buf_text(&c->text, "data: ");
        add_head(c, chat);
        add_choice(c, s, chat, i, i < s->n ? i + 1 : i);
        rkb_buf_text(&c->text, "]}\n\n");
    }
    if (is_true(rkb_json_get(options, "include_usage"))) {
        rkb_buf_text(&c->text, "data: ");
        add_head(c, chat);
        rkb_buf_text(&c->text, "],");
        add_usage(c, s);
        rkb_buf_text(&c->text, "}\n\n");
    }
    rkb_buf_text(&c->text, "data: [DONE]\n\n");
}

static int64_t wanted_alts(const struct call *c, bool chat)
{
    if (!chat)
        return integer_of(c, "logprobs", -1);
    return is_true(rkb_json_get(c->body, "logprobs"))
               ? integer_of(c, "top_logprobs", 0)
               : -1;
}

static void complete(struct call *c, bool chat)
{
    struct said s = { .n_alts = wanted_alts(c, chat) };
    rkb_sv text = chat ? messages_of(c, false) : string_of(c, "prompt");
    int64_t most = integer_of(c, "max_tokens", chat ? c->settings.context : 16);
    int64_t n = (int64_t)mock_n_tokens(text);
    char message[256];

    if (n + most > c->settings.context &&
        (!chat || most != c->settings.context)) {
        snprintf(message, sizeof(message),
                 "This model's maximum context length is %lld tokens. However, "
                 "you requested %lld tokens (%lld in the messages, %lld in the "
                 "completion). Please reduce the length of the messages or "
                 "completion.",
                 (long long)c->settings.context, (long long)(n + most),
                 (long long)n, (long long)most);
        fail(c, 400, "BadRequestError", message);
        return;
    }
    mock_prompt_read(&c->arena, text, &s.prompt);
    say_all(c, &s);
    s.cut = (int64_t)s.n > most;
    if (s.cut)
        s.n = (size_t)most;
    c->stream = is_true(rkb_json_get(c->body, "stream"));
    if (c->stream)
        write_stream(c, &s, chat);
    else
        write_plain(c, &s, chat);
    rkb_free(s.pieces);
}

static void do_chat(struct call *c)
{
    complete(c, true);
}

static void do_complete(struct call *c)
{
    complete(c, false);
}

/* ---- the other routes -------------------------------------------------- */

static bool is_above_batch(struct call *c, size_t n)
{
    if ((int64_t)n <= c->settings.batch)
        return false;
    c->status = 413;
    rkb_buf_printf(&c->text,
                   "{\"error\":\"batch size %zu > maximum allowed batch "
                   "size %lld\",\"error_type\":\"Validation\"}",
                   n, (long long)c->settings.batch);
    return true;
}

static void do_rerank(struct call *c)
{
    const struct rkb_json *texts = rkb_json_get(c->body, "texts");
    const struct rkb_json *docs = rkb_json_get(c->body, "documents"), *doc;
    bool tei = texts != NULL,
         raw = is_true(rkb_json_get(c->body, "raw_scores"));
    struct mock_prompt p = { .query = string_of(c, "query") };
    size_t *order, n_words, n_tokens = 0, n = 0;
    int64_t top_n = integer_of(c, "top_n", 0);

    docs = tei ? texts : docs;
    if (!docs || docs->n_children == 0 || !p.query.len) {
        fail(c, 400, "Validation", "query or documents are missing");
        return;
    }
    if (is_above_batch(c, docs->n_children))
        return;
    p.passages =
        rkb_arena_new(&c->arena, docs->n_children, sizeof(*p.passages));
    for (doc = docs->child; doc; doc = doc->next, p.n_passages++) {
        struct mock_passage *to = &p.passages[p.n_passages];

        (void)rkb_json_string(doc, &to->text);
        to->score = mock_overlap(p.query, to->text, &n_words);
        n_tokens += mock_n_tokens(to->text);
    }
    order = by_score(&c->arena, &p);
    rkb_buf_text(&c->text, tei ? "[" : "{\"id\":\"mock\",\"results\":[");
    for (; n < p.n_passages && (top_n <= 0 || (int64_t)n < top_n); n++) {
        double yes = (p.passages[order[n]].score * (double)n_words + 0.5) /
                     ((double)n_words + 1);

        rkb_buf_printf(&c->text, "%s{\"index\":%zu,\"%s\":%.17g}", n ? "," : "",
                       order[n], tei ? "score" : "relevance_score",
                       raw ? log(yes / (1 - yes)) : yes);
    }
    if (tei)
        rkb_buf_char(&c->text, ']');
    else
        rkb_buf_printf(&c->text,
                       "],\"model\":\"mock\",\"usage\":{\"total_tokens\":%zu}}",
                       n_tokens);
}

static void add_vector(struct call *c, rkb_sv text)
{
    double v[DIMS] = { 1 }, sum = 0; /* as by a token that begins all texts */
    rkb_sv token;

    while ((token = mock_token(&text)).len) {
        size_t blank = token.at[0] == ' ';

        v[rkb_sv_hash((rkb_sv){ token.at + blank, token.len - blank }) %
          DIMS] += 1;
    }
    for (size_t i = 0; i < DIMS; i++)
        sum += v[i] * v[i];
    rkb_buf_text(&c->text, "\"embedding\":[");
    for (size_t i = 0; i < DIMS; i++)
        rkb_buf_printf(&c->text, "%s%.9g", i ? "," : "", v[i] / sqrt(sum));
    rkb_buf_char(&c->text, ']');
}

static void do_embed(struct call *c)
{
    const struct rkb_json *input = rkb_json_get(c->body, "input");
    size_t i = 0, n_tokens = 0;
    rkb_sv text;

    if (!input) {
        fail(c, 400, "BadRequestError", "input is missing");
        return;
    }
    if (input->kind == RKB_JSON_ARRAY) {
        if (is_above_batch(c, input->n_children))
            return;
        input = input->child;
    }
    rkb_buf_text(&c->text, "{\"object\":\"list\",\"data\":[");
    for (; input; input = input->next, i++) {
        text = (rkb_sv){ 0 };
        (void)rkb_json_string(input, &text);
        n_tokens += mock_n_tokens(text);
        rkb_buf_printf(&c->text, "%s{\"object\":\"embedding\",\"index\":%zu,",
                       i ? "," : "", i);
        add_vector(c, text);
        rkb_buf_char(&c->text, '}');
    }
    rkb_buf_printf(&c->text,
                   "],\"model\":\"mock\",\"usage\":{\"prompt_tokens\":%zu,"
                   "\"total_tokens\":%zu}}",
                   n_tokens, n_tokens);
}

static void do_tokenize(struct call *c)
{
    bool llama = rkb_json_get(c->body, "content") != NULL;
    bool pieces = is_true(rkb_json_get(c->body, "with_pieces"));
    rkb_sv text = llama ? string_of(c, "content") : string_of(c, "prompt");
    rkb_sv rest, token;
    size_t n = 0;

    if (rkb_json_get(c->body, "messages"))
        text = messages_of(c, true);
    rkb_buf_text(&c->text, "{\"tokens\":[");
    for (rest = text; (token = mock_token(&rest)).len; n++) {
        unsigned id = (unsigned)(rkb_sv_hash(token) % 65536);

        rkb_buf_text(&c->text, n ? "," : "");
        rkb_buf_printf(&c->text,
                       llama && pieces ? "{\"id\":%u,\"piece\":" : "%u", id);
        if (llama && pieces) {
            rkb_buf_json(&c->text, token);
            rkb_buf_char(&c->text, '}');
        }
    }
    rkb_buf_char(&c->text, ']');
    if (!llama) {
        rkb_buf_printf(&c->text, ",\"count\":%zu,\"max_model_len\":%lld", n,
                       (long long)c->settings.context);
        if (is_true(rkb_json_get(c->body, "return_token_strs"))) {
            rkb_buf_text(&c->text, ",\"token_strs\":[");
            n = 0;
            for (rest = text; (token = mock_token(&rest)).len; n++) {
                rkb_buf_text(&c->text, n ? "," : "");
                rkb_buf_json(&c->text, token);
            }
            rkb_buf_char(&c->text, ']');
        }
    }
    rkb_buf_char(&c->text, '}');
}

static void do_render(struct call *c)
{
    rkb_buf_text(&c->text, "{\"prompt\":");
    rkb_buf_json(&c->text, messages_of(c, true));
    rkb_buf_char(&c->text, '}');
}

static void do_models(struct call *c)
{
    rkb_buf_printf(&c->text,
                   "{\"object\":\"list\",\"data\":[{\"id\":\"mock\","
                   "\"object\":\"model\",\"max_model_len\":%lld}]}",
                   (long long)c->settings.context);
}

static void do_health(struct call *c)
{
    rkb_buf_text(&c->text, "{\"status\":\"ok\"}");
}

static const struct route {
    const char *path;
    bool needs_body;
    void (*run)(struct call *c);
} routes[] = {
    { "/chat/completions", true, do_chat },
    { "/completions", true, do_complete },
    { "/rerank", true, do_rerank },
    { "/embeddings", true, do_embed },
    { "/tokenize", true, do_tokenize },
    { "/apply-template", true, do_render },
    { "/models", false, do_models },
    { "/health", false, do_health },
};

static void do_route(struct call *c, const struct mock_request *r)
{
    rkb_sv path = rkb_sv_of(r->path);
    struct rkb_err err;

    if (rkb_sv_starts(path, "/v1/") || rkb_sv_starts(path, "/v2/"))
        path = (rkb_sv){ path.at + 3, path.len - 3 };
    if (rkb_json_parse(&c->arena, r->body, &c->body, &err))
        c->body = NULL;
    for (size_t i = 0; i < RKB_COUNT(routes); i++) {
        if (!rkb_sv_is(path, routes[i].path))
            continue;
        if (routes[i].needs_body && !c->body)
            fail(c, 400, "BadRequestError", err.msg);
        else
            routes[i].run(c);
        return;
    }
    fail(c, 404, "NotFoundError", "no such route");
}

void mock_model(struct mock_link *link, rkb_sv settings,
                const struct mock_request *r, struct rkb_buf *out)
{
    struct call c = { .link = link,
                      .settings = read_settings(settings),
                      .status = 200 };

    do_route(&c, r);
    if (c.stream)
        rkb_buf_text(&link->more, "Content-Type: text/event-stream\r\n");
    mock_reply(link, out, c.status, rkb_buf_view(&c.text));
    rkb_buf_release(&c.text);
    rkb_arena_release(&c.arena);
}
