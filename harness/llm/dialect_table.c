/* SPDX-License-Identifier: Apache-2.0 */
#include "base/opt.h"
#include "harness/llm/dialect.h"

const struct rkb_dialect_def *const rkb_dialects[] = {
#define RKB_DIALECT(id) &rkb_dialect_##id,
#include "harness/llm/dialects.def"
#undef RKB_DIALECT
    NULL,
};

enum rkb_status rkb_dialect_find(rkb_sv name,
                                 const struct rkb_dialect_def **out,
                                 struct rkb_err *err)
{
    const char *names[RKB_COUNT(rkb_dialects)];
    size_t n = 0;
    rkb_sv near;

    *out = NULL;
    for (; rkb_dialects[n]; n++) {
        names[n] = rkb_dialects[n]->name;
        if (!rkb_sv_is(name, names[n]))
            continue;
        *out = rkb_dialects[n];
        return RKB_OK;
    }
    near = rkb_nearest(name, names, n);
    return rkb_fail(err, RKB_E_USAGE,
                    "unknown dialect '%.*s'%s%.*s%s; 'list dialects' has all",
                    (int)name.len, name.len ? name.at : "",
                    near.len ? " (did you mean '" : "", (int)near.len,
                    near.len ? near.at : "", near.len ? "'?)" : "");
}

void rkb_answer_init(struct rkb_answer *answer)
{
    *answer = (struct rkb_answer){
        .finish = RKB_FINISH_UNKNOWN,
        .n_units = -1,
        .context = -1,
        .prompt_tokens = -1,
        .cached_tokens = -1,
        .output_tokens = -1,
        .reasoning_tokens = -1,
        .server_ns = -1,
    };
}

enum rkb_status rkb_answer_check(const struct rkb_ask *ask,
                                 const struct rkb_answer *answer,
                                 struct rkb_err *err)
{
    bool writes = ask->kind == RKB_ASK_CHAT || ask->kind == RKB_ASK_COMPLETE;
    size_t made = answer->n_tokens - answer->n_echoed, n_alts = 0;

    if (writes && ask->echo && !answer->n_echoed)
        return rkb_fail(err, RKB_E_DATA, "no logprobs of the prompt came back");
    if (!writes || !ask->n_alts)
        return RKB_OK;
    if (made == 0 && (answer->text.len || answer->reasoning.len))
        return rkb_fail(err, RKB_E_DATA,
                        "logprobs were asked for, none came back");
    for (size_t i = answer->n_echoed; i < answer->n_tokens; i++)
        n_alts += answer->tokens[i].n_alts;
    if (made > 0 && n_alts == 0)
        return rkb_fail(err, RKB_E_DATA,
                        "logprobs came back without alternatives");
    return RKB_OK;
}
