/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/plan.h"

#include "base/io/file.h"
#include "harness/eval/plan_draft.h"
#include "harness/rerankers/preset.h"

#include <stdlib.h>
#include <string.h>

static bool is_name(rkb_sv text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == '\x7f')
            return false;
    return text.len > 0;
}

/* ---- settings ---------------------------------------------------------- */

static size_t count_or_all(int64_t n)
{
    return n ? (size_t)n : SIZE_MAX;
}

/* As it was written, in the folder of the file that says so. */
static const char *place(const struct rkb_plan_draft *d, const char *row)
{
    const struct rkb_optset *o = &d->opts;
    const char *folder = rkb_plan_line(d, row) ? d->folder : "";
    const char *path = rkb_path_home(d->arena, rkb_optset_cstr(o, row));

    return rkb_path_join(d->arena, folder, path);
}

/* How the work is parted, and the server that a run starts. */
static enum rkb_status cluster(struct rkb_plan_draft *d, struct rkb_err *err)
{
    const struct rkb_optset *o = &d->opts;
    struct rkb_plan *p = d->out;
    enum rkb_status rc = RKB_OK;

    p->local = rkb_optset_cstr(o, "local") ? place(d, "local") : NULL;
    p->checkpoint_ns = rkb_optset_int(o, "checkpoint") * 1000000000;
    p->server_command = rkb_optset_cstr(o, "server-command");
    p->server_health = rkb_optset_cstr(o, "server-health");
    p->server_wait_ns = rkb_optset_int(o, "server-wait") * 1000000000;
    if (rkb_optset_get(o, "shard")->given)
        rc = rkb_shard_parse(rkb_optset_text(o, "shard"), &p->shard, err);
    if (rc)
        return rkb_plan_at(d, "shard", 0, err);
    if (p->shard.of && (p->again || p->dry_run))
        return rkb_fail(err, RKB_E_USAGE, "--shard does not go with --%s",
                        p->again ? "again" : "dry-run");
    if (p->server_health[0] != '/') {
        rkb_fail(err, RKB_E_USAGE, "a path that starts with '/' is needed");
        return rkb_plan_at(d, "server-health",
                           rkb_plan_line(d, "server-health"), err);
    }
    if (p->server_command && !strstr(p->server_command, "{port}")) {
        rkb_fail(err, RKB_E_USAGE,
                 "the command lacks {port}, where the free port goes");
        return rkb_plan_at(d, "server-command",
                           rkb_plan_line(d, "server-command"), err);
    }
    return RKB_OK;
}

static enum rkb_status no_load(const struct rkb_plan_draft *d, const char *row,
                               struct rkb_err *err)
{
    return rkb_plan_at(d, row, rkb_plan_line(d, row), err);
}

/* What goes together of how queries are sent. */
static enum rkb_status check_load(const struct rkb_plan_draft *d,
                                  struct rkb_err *err)
{
    const struct rkb_plan *p = d->out;
    const struct rkb_scenario *s = &p->load.scenario;
    bool by_name = rkb_optset_get(&d->opts, "scenario")->given;
    bool many = s->kind == RKB_SCENARIO_OPEN || s->kind == RKB_SCENARIO_OFFLINE;

    if (by_name && p->concurrency && !many &&
        (size_t)p->concurrency != (s->n ? s->n : 1)) {
        rkb_fail(
            err, RKB_E_USAGE, "%lld at once is not what the scenario '%s' says",
            (long long)p->concurrency, rkb_optset_cstr(&d->opts, "scenario"));
        return no_load(d, "concurrency", err);
    }
    if (p->shard.of && (many || p->load.min_ns || p->interleave)) {
        rkb_fail(err, RKB_E_USAGE,
                 "measures one machine and does not go with --shard, which "
                 "parts the work among several");
        return no_load(d,
                       many             ? "scenario"
                       : p->load.min_ns ? "min-seconds"
                                        : "interleave",
                       err);
    }
    if (p->interleave &&
        (s->kind != RKB_SCENARIO_SINGLE || p->concurrency > 1) &&
        p->load.n_samples < 2 && !p->load.min_ns) {
        rkb_fail(err, RKB_E_USAGE,
                 "several queries under way at once take turns by samples: "
                 "give --samples 2 or more, or --min-seconds");
        return no_load(d, "interleave", err);
    }
    return RKB_OK;
}

static enum rkb_status load(struct rkb_plan_draft *d, struct rkb_err *err)
{
    const struct rkb_optset *o = &d->opts;
    struct rkb_load *l = &d->out->load;

    l->n_samples = (size_t)rkb_optset_int(o, "samples");
    l->min_ns = (int64_t)(rkb_optset_real(o, "min-seconds") * 1e9);
    if (rkb_scenario_parse(rkb_optset_text(o, "scenario"), &l->scenario, err))
        return no_load(d, "scenario", err);
    if (rkb_amount_parse(rkb_optset_text(o, "warm-up"), &l->warm_up, err))
        return no_load(d, "warm-up", err);
    return check_load(d, err);
}

static enum rkb_status settings(struct rkb_plan_draft *d, struct rkb_err *err)
{
    const struct rkb_optset *o = &d->opts;
    struct rkb_plan *p = d->out;

    *p = (struct rkb_plan){
        .path = d->path,
        .store = place(d, "store"),
        .format = rkb_optset_cstr(o, "format"),
        .prices = rkb_optset_cstr(o, "prices") ? place(d, "prices") : NULL,
        .build = rkb_optset_cstr(o, "build"),
        .candidate_order =
            (enum rkb_candidate_order)rkb_optset_int(o, "candidate-order"),
        .missing_text =
            (enum rkb_missing_text)rkb_optset_int(o, "missing-text"),
        .failed = (enum rkb_failed_rule)rkb_optset_int(o, "failed"),
        .compat = rkb_optset_int(o, "compat") ? RKB_COMPAT_10 : RKB_COMPAT_9,
        .depth = count_or_all(rkb_optset_int(o, "depth")),
        .top_k = count_or_all(rkb_optset_int(o, "top-k")),
        .repeat = rkb_optset_int(o, "repeat"),
        .concurrency = rkb_optset_int(o, "concurrency"),
        .in_flight = rkb_optset_int(o, "in-flight"),
        .cool_down_ns = (int64_t)(rkb_optset_real(o, "cool-down") * 1e9),
        .interleave = rkb_optset_flag(o, "interleave"),
        .seed = (uint64_t)rkb_optset_int(o, "seed"),
        .all_queries = rkb_optset_flag(o, "all-queries"),
        .again = rkb_optset_flag(o, "again"),
        .dry_run = rkb_optset_flag(o, "dry-run"),
        .durable = rkb_optset_flag(o, "durable"),
        .keep_texts = rkb_optset_flag(o, "keep-texts"),
    };
    if (rkb_optset_get(o, "data")->given)
        p->data_dir = place(d, "data");
    else if (getenv("RERANKBENCH_DATA"))
        p->data_dir =
            rkb_arena_printf(d->arena, "%s", getenv("RERANKBENCH_DATA"));
    if (p->data_dir && !rkb_file_is_folder(p->data_dir)) {
        rkb_fail(err, RKB_E_IO, "there is no data folder '%s'", p->data_dir);
        return rkb_optset_get(o, "data")->given
                   ? rkb_plan_at(d, "data", rkb_plan_line(d, "data"), err)
                   : rkb_wrap(err, "RERANKBENCH_DATA");
    }
    return RKB_OK;
}

/* Known names are checked by the presets' own tests; a user's is not. */
static enum rkb_status check_headline(const struct rkb_catalog_entry *e,
                                      struct rkb_err *err)
{
    const struct rkb_measure_rules rules = { .rel = 1 };
    struct rkb_measures ms = { 0 };
    enum rkb_status rc =
        rkb_measures_add(&ms, rkb_sv_of(e->preset->headline), &rules, err);

    rkb_measures_release(&ms);
    return rc ? rkb_wrap(err, "%s:%zu: headline", e->file, e->line) : RKB_OK;
}

static enum rkb_status catalog(struct rkb_plan_draft *d, struct rkb_err *err)
{
    struct rkb_catalog *c = &d->out->catalog;
    enum rkb_status rc = rkb_catalog_load(d->arena, d->folder, c, err);

    for (size_t i = 0; !rc && i < c->n; i++)
        rc = check_headline(&c->entries[i], err);
    return rc;
}

static enum rkb_status shelf(struct rkb_plan_draft *d, struct rkb_err *err)
{
    return rkb_shelf_load(d->arena, d->folder, &d->out->shelf, err);
}

/* ---- candidates -------------------------------------------------------- */

static enum rkb_status candidates(struct rkb_plan_draft *d, struct rkb_err *err)
{
    const struct rkb_plan_list *list = &d->candidates;
    struct rkb_plan_candidates *all =
        rkb_arena_new(d->arena, list->n, sizeof *all);

    d->out->candidates = all;
    d->out->n_candidates = list->n;
    for (size_t i = 0; i < list->n; i++) {
        const struct rkb_plan_entry *e = &list->entries[i];
        const char *spec = rkb_arena_cstr(d->arena, e->use);
        const char *name = e->as.at ? rkb_arena_cstr(d->arena, e->as)
                                    : rkb_plan_base_name(d->arena, spec);

        if (!e->as.at && strchr(name, '{'))
            name = "candidates";
        all[i] = (struct rkb_plan_candidates){
            .name = name,
            .spec = spec,
            .bm25 = strcmp(spec, "bm25") == 0,
            .line = e->line,
        };
        if (!is_name(rkb_sv_of(name))) {
            rkb_fail(err, RKB_E_USAGE, "these candidates need a name");
            return rkb_plan_at(d, "candidates", e->line, err);
        }
        for (size_t j = 0; j < i; j++)
            if (strcmp(all[j].name, name) == 0) {
                rkb_fail(err, RKB_E_USAGE,
                         "two sets of candidates are called '%s': name them, "
                         "NAME=FILE",
                         name);
                return rkb_plan_at(d, "candidates", e->line, err);
            }
    }
    return RKB_OK;
}

/* ---- rerankers --------------------------------------------------------- */

/* "--set k=v": before what the reranker itself says. */
static enum rkb_status apply_set(struct rkb_plan_draft *d, struct rkb_err *err)
{
    const struct rkb_opt_value *set = rkb_optset_get(&d->opts, "set");
    struct rkb_plan_entry *e = d->rerankers.entries;
    struct rkb_plan_pair *pairs;

    if (!set->n_all)
        return RKB_OK;
    if (d->rerankers.n > 1)
        return rkb_fail(err, RKB_E_USAGE,
                        "--set is for one reranker, and there are %zu: write "
                        "their options in parentheses",
                        d->rerankers.n);
    pairs = rkb_arena_new(d->arena, e->n_pairs + set->n_all, sizeof *pairs);
    for (size_t i = 0; i < set->n_all; i++) {
        rkb_sv value = set->all[i], key;

        if (!rkb_sv_split(&value, '=', &key) || !key.len || !value.at)
            return rkb_fail(err, RKB_E_USAGE, "--set: expected OPTION=VALUE");
        pairs[i] = (struct rkb_plan_pair){ .key = key, .value = value };
    }
    size_t n = set->n_all;

    for (size_t i = 0; i < e->n_pairs; i++) {
        bool replaced = false;

        for (size_t j = 0; j < set->n_all; j++)
            replaced |= rkb_sv_eq(pairs[j].key, e->pairs[i].key);
        if (!replaced)
            pairs[n++] = e->pairs[i];
    }
    e->pairs = pairs;
    e->n_pairs = n;
    return RKB_OK;
}

static bool has_option(const struct rkb_opt *rows, const char *name)
{
    for (; rows && rows->name; rows++)
        if (strcmp(rows->name, name) == 0)
            return true;
    return false;
}

/* Other rerankers stand in its options. */
static bool is_wrapper(const struct rkb_opt *rows)
{
    for (const struct rkb_opt *o = rows; o && o->name; o++)
        if (rkb_option_is_list(rows, rkb_sv_of(o->name)))
            return true;
    return false;
}

/* "--prefix warm": of a reranker that asks a server and does not say itself. */
static enum rkb_status apply_prefix(const struct rkb_plan_draft *d,
                                    struct rkb_plan_entry *e,
                                    const struct rkb_opt *rows, bool *taken,
                                    struct rkb_err *err)
{
    const struct rkb_opt_value *prefix = rkb_optset_get(&d->opts, "prefix");

    if (!prefix->given)
        return RKB_OK;
    if (is_wrapper(rows))
        return rkb_fail(err, RKB_E_USAGE,
                        "--prefix does not reach into '%.*s': write prefix=%s "
                        "in the parentheses of what it wraps",
                        (int)e->use.len, e->use.at,
                        rkb_optset_cstr(&d->opts, "prefix"));
    if (!has_option(rows, "prefix"))
        return RKB_OK;
    *taken = true;
    for (size_t i = 0; i < e->n_pairs; i++)
        if (rkb_sv_is(e->pairs[i].key, "prefix"))
            return RKB_OK;
    struct rkb_plan_pair *pairs =
        rkb_arena_new(d->arena, e->n_pairs + 1, sizeof *pairs);

    for (size_t i = 0; i < e->n_pairs; i++)
        pairs[i] = e->pairs[i];
    pairs[e->n_pairs++] =
        (struct rkb_plan_pair){ rkb_sv_of("prefix"), prefix->text, e->line };
    e->pairs = pairs;
    return RKB_OK;
}

static enum rkb_status check_options(const struct rkb_plan_draft *d,
                                     const struct rkb_plan_entry *e,
                                     struct rkb_plan_reranker *r,
                                     struct rkb_err *err)
{
    struct rkb_optset set;

    rkb_optset_init(&set, d->arena, r->def->options);
    r->spec = (struct rkb_spec){
        .name = rkb_sv_of(r->def->name),
        .keys = rkb_arena_new(d->arena, e->n_pairs, sizeof(rkb_sv)),
        .values = rkb_arena_new(d->arena, e->n_pairs, sizeof(rkb_sv)),
        .n = e->n_pairs,
    };
    for (size_t i = 0; i < e->n_pairs; i++) {
        const struct rkb_plan_pair *pair = &e->pairs[i];

        r->spec.keys[i] = pair->key;
        r->spec.values[i] = pair->value;
        if (rkb_optset_put(&set, pair->key, pair->value, err)) {
            rkb_wrap(err, "reranker '%s'", r->def->name);
            return rkb_plan_at(d, "reranker", pair->line, err);
        }
    }
    if (rkb_reranker_check(r->def, &set, &r->traits, err)) {
        rkb_wrap(err, "reranker '%s'", r->def->name);
        return rkb_plan_at(d, "reranker", e->line, err);
    }
    if (rkb_spec_text(d->arena, &r->spec))
        return RKB_OK;
    rkb_fail(err, RKB_E_USAGE, "an option's value has both kinds of quotes");
    return rkb_plan_at(d, "reranker", e->line, err);
}

/* `as`, or the row's name, with the options where that is there twice. */
static const char *reranker_name(const struct rkb_plan_draft *d,
                                 const struct rkb_plan_reranker *all, size_t i)
{
    const struct rkb_plan_list *list = &d->rerankers;
    size_t n = 0;

    if (list->entries[i].as.at)
        return rkb_arena_cstr(d->arena, list->entries[i].as);
    for (size_t j = 0; j < list->n; j++)
        n += !list->entries[j].as.at && all[j].def == all[i].def &&
             rkb_sv_eq(list->entries[j].preset, list->entries[i].preset);
    if (n > 1)
        return rkb_spec_text(d->arena, &all[i].spec);
    return list->entries[i].preset.at
               ? rkb_arena_cstr(d->arena, list->entries[i].preset)
               : all[i].def->name;
}

/* The row and the options of a preset, or of a name of the user's own, take its
 * place; the name stays. */
static enum rkb_status apply_name(const struct rkb_plan_draft *d,
                                  struct rkb_plan_entry *e, struct rkb_err *err)
{
    struct rkb_spec spec = {
        .name = e->use,
        .keys = rkb_arena_new(d->arena, e->n_pairs, sizeof(rkb_sv)),
        .values = rkb_arena_new(d->arena, e->n_pairs, sizeof(rkb_sv)),
        .n = e->n_pairs,
    };
    const rkb_sv name = e->use;
    /* rerankers.yaml lies beside the plan, and so do its files: a line that is
     * not 0 looks there. */
    const size_t line =
        e->line || !rkb_shelf_find(&d->out->shelf, name) ? e->line : 1;
    enum rkb_status rc;

    for (size_t i = 0; i < e->n_pairs; i++) {
        spec.keys[i] = e->pairs[i].key;
        spec.values[i] = e->pairs[i].value;
    }
    rc = rkb_shelf_apply(d->arena, &d->out->shelf, &spec, err);
    if (rc || rkb_sv_eq(spec.name, name))
        return rc;
    /* The name's own options come first, the user's keep their lines. */
    size_t n_new = spec.n - e->n_pairs;
    struct rkb_plan_pair *pairs =
        rkb_arena_new(d->arena, spec.n, sizeof *pairs);

    for (size_t i = 0; i < spec.n; i++)
        pairs[i] = i < n_new ? (struct rkb_plan_pair){ spec.keys[i],
                                                       spec.values[i], line }
                             : e->pairs[i - n_new];
    e->use = spec.name;
    e->pairs = pairs;
    e->n_pairs = spec.n;
    if (!e->as.at)
        e->preset = name;
    return RKB_OK;
}

/* What it stands for, and its row. */
static enum rkb_status resolve(const struct rkb_plan_draft *d,
                               struct rkb_plan_entry *e,
                               const struct rkb_reranker_def **def,
                               struct rkb_err *err)
{
    enum rkb_status rc = apply_name(d, e, err);

    if (!rc)
        rc = rkb_reranker_find(e->use, def, err);
    for (size_t i = 0; !rc && i < e->n_pairs; i++)
        if (d->out->shelf.n &&
            rkb_option_is_list((*def)->options, e->pairs[i].key))
            rc = rkb_shelf_expand(d->arena, &d->out->shelf, &e->pairs[i].value,
                                  err);
    return rc;
}

static enum rkb_status rerankers(struct rkb_plan_draft *d, struct rkb_err *err)
{
    const struct rkb_plan_list *list = &d->rerankers;
    struct rkb_plan_reranker *all =
        rkb_arena_new(d->arena, list->n, sizeof *all);
    enum rkb_status rc = apply_set(d, err);
    bool prefix = !rkb_optset_get(&d->opts, "prefix")->given;

    d->out->rerankers = all;
    d->out->n_rerankers = list->n;
    for (size_t i = 0; i < list->n && !rc; i++) {
        struct rkb_plan_entry *e = &list->entries[i];

        all[i].line = e->line;
        rc = resolve(d, e, &all[i].def, err);
        if (!rc)
            rc = apply_prefix(d, e, all[i].def->options, &prefix, err);
        rc = rc ? rkb_plan_at(d, "reranker", e->line, err)
                : check_options(d, e, &all[i], err);
    }
    if (!rc && !prefix && list->n)
        return rkb_fail(err, RKB_E_USAGE,
                        "--prefix is for rerankers that ask a model server, "
                        "and there is none");
    for (size_t i = 0; i < list->n && !rc; i++) {
        all[i].name = reranker_name(d, all, i);
        if (!is_name(rkb_sv_of(all[i].name)))
            rc = rkb_fail(err, RKB_E_USAGE, "a name with control bytes");
        for (size_t j = 0; j < i && !rc; j++)
            if (strcmp(all[i].name, all[j].name) == 0)
                rc = rkb_fail(err, RKB_E_USAGE,
                              "two rerankers are called '%s'%s", all[i].name,
                              all[i].line ? ": tell them apart with 'as: NAME'"
                                          : "");
        if (rc)
            rkb_plan_at(d, "reranker", all[i].line, err);
    }
    return rc;
}

/* ---- measures ---------------------------------------------------------- */

enum rkb_status rkb_plan_measures(const struct rkb_plan *plan,
                                  const struct rkb_preset *preset,
                                  struct rkb_measures *out, struct rkb_err *err)
{
    static const char *const usual[] = { "nDCG@10", "RR@10", "R@100" };
    const struct rkb_measure_rules rules = {
        .rel = preset ? preset->binary_rel : 1,
        .compat = (int)plan->compat,
    };
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < plan->n_measures && !rc; i++)
        rc = rkb_measures_add(out, plan->measures[i], &rules, err);
    if (plan->n_measures || rc)
        return rc;
    for (size_t i = 0; i < RKB_COUNT(usual) && !rc; i++)
        rc = rkb_measures_add(out, rkb_sv_of(usual[i]), &rules, err);
    if (!rc && preset && preset->headline)
        rc = rkb_measures_add(out, rkb_sv_of(preset->headline), &rules, err);
    return rc;
}

static enum rkb_status measures(struct rkb_plan_draft *d, struct rkb_err *err)
{
    const struct rkb_measure_rules rules = { .rel = 1,
                                             .compat = (int)d->out->compat };
    const struct rkb_plan_list *list = &d->measures;
    rkb_sv *all = rkb_arena_new(d->arena, list->n, sizeof *all);
    struct rkb_measures ms = { 0 };
    enum rkb_status rc = RKB_OK;

    d->out->measures = all;
    d->out->n_measures = list->n;
    for (size_t i = 0; i < list->n && !rc; i++) {
        all[i] = list->entries[i].use;
        rc = rkb_measures_add(&ms, all[i], &rules, err);
        if (rc)
            rkb_plan_at(d, "measure", list->entries[i].line, err);
    }
    rkb_measures_release(&ms);
    return rc;
}

/* ---- the plan ---------------------------------------------------------- */

static enum rkb_status need_lists(const struct rkb_plan_draft *d,
                                  struct rkb_err *err)
{
    static const char *const hints[] = {
        "no dataset: --dataset NAME, or 'datasets: [NAME]' in a plan",
        "no candidates: --candidates FILE, or 'candidates: FILE' in a plan",
        "no reranker: --reranker NAME, or 'rerankers: [NAME]' in a plan",
    };
    const struct rkb_plan_list *lists[] = { &d->datasets, &d->candidates,
                                            &d->rerankers };

    for (size_t i = 0; i < RKB_COUNT(lists); i++) {
        if (lists[i]->n)
            continue;
        rkb_fail(err, RKB_E_USAGE, "%s", hints[i]);
        return d->path ? rkb_wrap(err, "%s", d->path) : err->code;
    }
    return RKB_OK;
}

static const char *folder_of(struct rkb_arena *a, const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    if (!slash)
        return "";
    return rkb_arena_cstr(
        a, (rkb_sv){ path, slash == path ? 1 : (size_t)(slash - path) });
}

enum rkb_status rkb_plan_parse(struct rkb_arena *a, const char *path,
                               rkb_sv text, const struct rkb_optset *flags,
                               struct rkb_plan *out, struct rkb_err *err)
{
    struct rkb_plan_draft d = {
        .arena = a, .path = path, .folder = folder_of(a, path), .out = out
    };
    enum rkb_status (*const steps[])(struct rkb_plan_draft *,
                                     struct rkb_err *) = {
        settings,          cluster,    load,      catalog, shelf,
        rkb_plan_datasets, candidates, rerankers, measures
    };
    enum rkb_status rc = rkb_plan_draft_read(&d, text, flags, err);

    *out = (struct rkb_plan){ 0 };
    if (!rc)
        rc = need_lists(&d, err);
    for (size_t i = 0; i < RKB_COUNT(steps) && !rc; i++)
        rc = steps[i](&d, err);
    return rc ? rc : rkb_plan_cells(&d, err);
}

enum rkb_status rkb_plan_load(struct rkb_arena *a, const char *path,
                              const struct rkb_optset *flags,
                              struct rkb_plan *out, struct rkb_err *err)
{
    rkb_sv text = { 0 };
    enum rkb_status rc;

    if (!path)
        return rkb_plan_parse(a, NULL, text, flags, out, err);
    if (rkb_has_secret(rkb_sv_of(path), NULL))
        return rkb_fail(err, RKB_E_USAGE,
                        "a plan is a file, and this URL has a secret in it");
    rc = rkb_file_read(a, path, RKB_PLAN_BYTES, &text, err);
    if (rc)
        return rc;
    if (!text.at)
        text = rkb_sv_of("");
    return rkb_plan_parse(a, path, text, flags, out, err);
}
