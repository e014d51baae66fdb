/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/report.h"

#include <string.h>

#define RKB_REPORT(id) extern const struct rkb_report_def rkb_report_##id;
#include "reports/reports.def"
#undef RKB_REPORT

const struct rkb_report_def *const rkb_reports[] = {
#define RKB_REPORT(id) &rkb_report_##id,
#include "reports/reports.def"
#undef RKB_REPORT
    NULL
};

/* These every report takes. */
static const char everywhere[] = "runs digits judgments format output store";

const struct rkb_opt rkb_report_options[] = {
    { .name = "runs",
      .type = RKB_OPT_TEXT,
      .many = true,
      .value_name = "SELECTOR",
      .help = "these runs, in this order: an id, a label, or "
              "label@dataset#repeat with globs (default: all)" },
    { .name = "measure",
      .letter = 'm',
      .type = RKB_OPT_TEXT,
      .many = true,
      .value_name = "MEASURE",
      .help = "this stored measure instead of the report's own" },
    { .name = "set",
      .type = RKB_OPT_TEXT,
      .value_name = "NAME",
      .help = "which collections make the average" },
    { .name = "digits",
      .type = RKB_OPT_INT,
      .max = 12,
      .value_name = "N",
      .help = "behind the point (default: 4, or 2 with --x100)" },
    { .name = "x100",
      .type = RKB_OPT_FLAG,
      .help = "values of measures times 100" },
    { .name = "row",
      .type = RKB_OPT_TEXT,
      .value_name = "TEXT",
      .help = "hold every run against the printed rows whose system holds "
              "this, whatever the run is called" },
    { .name = "all",
      .type = RKB_OPT_FLAG,
      .help = "printed values without a measured one too" },
    { .name = "baseline",
      .type = RKB_OPT_TEXT,
      .value_name = "LABEL",
      .help = "the run that others are held against" },
    { .name = "breakdown",
      .type = RKB_OPT_FLAG,
      .help = "where the time went, and what a call costs by its tokens" },
    { .name = "predict",
      .type = RKB_OPT_TEXT,
      .value_name = "output=N",
      .help = "with --breakdown: what calls of other tokens would take; also "
              "prompt=N, calls=N, parted by commas (default: the run's own)" },
    { .name = "against",
      .type = RKB_OPT_TEXT,
      .many = true,
      .value_name = "LABEL",
      .help = "give these rows letters, which stand at every value that is "
              "significantly better; a glob names several" },
    { .name = "test",
      .type = RKB_OPT_CHOICE,
      .choices = "randomization|t|wilcoxon",
      .fallback = "randomization",
      .help = "of --against, as `compare` has it" },
    { .name = "correction",
      .type = RKB_OPT_CHOICE,
      .choices = "holm|bonferroni|bh|none",
      .fallback = "holm",
      .help = "of p-values, over all that --against tests in a table" },
    { .name = "alpha",
      .type = RKB_OPT_REAL,
      .fallback = "0.05",
      .min = 0.0001,
      .max = 0.5,
      .help = "a corrected p below it is significant" },
    { .name = "by",
      .type = RKB_OPT_TEXT,
      .value_name = "NAME",
      .help = "what a figure goes along: an option of the reranker or "
              "'depth' (depth); candidates, prompt, output or tokens "
              "(effort)" },
    { .name = "max-drop",
      .type = RKB_OPT_REAL,
      .fallback = "0.005",
      .max = 1e9,
      .value_name = "D",
      .help = "how much of the measure may be lost" },
    { .name = "max-slowdown",
      .type = RKB_OPT_TEXT,
      .value_name = "[pN=]R",
      .help = "instead of a measure a percentile of latency, which may take "
              "R times as long: p50=1.10" },
    { .name = "slo",
      .type = RKB_OPT_TEXT,
      .value_name = "pN=T",
      .help = "a limit of latency that a load should hold: p95=2s, p50=80ms" },
    { .name = "prices",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help = "what models cost and how large they are: lines "
              "'MODEL: {prompt: 0.15, output: 0.6, parameters: 7e9}', US "
              "dollars a million tokens" },
    { .name = "judgments",
      .type = RKB_OPT_TEXT,
      .value_name = "TEXT",
      .help = "of a run measured against several sets of judgments, the set "
              "whose source holds this (default: the one measured last)" },
    { .name = "format",
      .type = RKB_OPT_CHOICE,
      .choices = "text|json|csv|md|tex|html|svg|png",
      .help = "how to print it (default: by the ending of -o FILE, else "
              "text)" },
    { .name = "output",
      .letter = 'o',
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help = "write there instead of standard output" },
    { .name = "store",
      .type = RKB_OPT_TEXT,
      .fallback = "rerankbench.db",
      .value_name = "FILE",
      .help = "where the runs are" },
    { 0 },
};

static bool has_word(const char *words, const char *name)
{
    rkb_sv rest = rkb_sv_of(words), word;

    while ((word = rkb_sv_word(&rest)).len)
        if (rkb_sv_is(word, name))
            return true;
    return false;
}

const struct rkb_report_def *rkb_report_find(rkb_sv name, struct rkb_err *err)
{
    struct rkb_buf names = { 0 };

    for (size_t i = 0; rkb_reports[i]; i++)
        if (rkb_sv_is(name, rkb_reports[i]->name))
            return rkb_reports[i];
    for (size_t i = 0; rkb_reports[i]; i++)
        rkb_buf_printf(&names, "%s%s", i ? ", " : "", rkb_reports[i]->name);
    rkb_fail(err, RKB_E_USAGE, "unknown report '%.*s' (there are %s)",
             (int)(name.len < 100 ? name.len : 100), name.at, names.at);
    rkb_buf_release(&names);
    return NULL;
}

enum rkb_status rkb_report_check(const struct rkb_report_def *r,
                                 const struct rkb_optset *options,
                                 const char *subject, struct rkb_err *err)
{
    for (size_t i = 0; i < options->n_rows; i++) {
        const char *name = options->rows[i].name;

        if (options->values[i].given && !has_word(everywhere, name) &&
            !has_word(r->takes, name))
            return rkb_fail(err, RKB_E_USAGE, "report %s takes no --%s",
                            r->name, name);
    }
    if (r->subject && !subject)
        return rkb_fail(err, RKB_E_USAGE, "report %s needs a %s", r->name,
                        r->subject);
    if (!r->subject && subject)
        return rkb_fail(err, RKB_E_USAGE, "report %s takes no '%s'", r->name,
                        subject);
    return RKB_OK;
}
