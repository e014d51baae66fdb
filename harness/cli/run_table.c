/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/run_table.h"

#include "base/mem.h"
#include "metrics/stats.h"

#include <math.h>
#include <string.h>

void rkb_run_table_release(struct rkb_run_table *t)
{
    rkb_free(t->rows);
    rkb_arena_release(&t->arena);
    *t = (struct rkb_run_table){ 0 };
}

void rkb_run_table_add(struct rkb_run_table *t, const struct rkb_table_run *row)
{
    t->rows = rkb_grow(t->rows, &t->rows_cap, t->n_rows + 1, sizeof *t->rows);
    t->rows[t->n_rows++] = *row;
}

void rkb_run_table_latency(struct rkb_table_run *row,
                           const struct rkb_score *score)
{
    row->p50 = rkb_times_percentile(&score->times, 50);
    row->p90 = rkb_times_percentile(&score->times, 90);
    row->n_failed_requests = score->times.n_failed;
    row->n_requests = score->times.n + score->times.n_failed;
}

struct rkb_table_run *rkb_run_table_add_score(
    struct rkb_run_table *t, struct rkb_arena *a,
    const struct rkb_dataset *dataset, const char *candidates, const char *run,
    const struct rkb_measures *ms, const struct rkb_score *score)
{
    size_t *order = rkb_arena_new(a, ms->n_slots, sizeof *order);
    struct rkb_table_run row = {
        .dataset = rkb_arena_cstr(a, rkb_sv_of(dataset->name)),
        .preset = dataset->preset,
        .candidates = candidates,
        .run = run,
        .n_queries = score->n_queries,
        .n_finished = score->n_ok + score->n_repaired,
        .values = rkb_arena_new(a, ms->n_slots, sizeof *row.values),
    };

    rkb_run_table_latency(&row, score);

    rkb_measures_as_asked(ms, order);
    for (size_t i = 0; i < ms->n_slots; i++) {
        const struct rkb_slot *slot = &ms->slots[order[i]];

        if (!slot->is_text)
            row.values[row.n_values++] = (struct rkb_run_value){
                .name = rkb_arena_cstr(a, rkb_sv_of(slot->label)),
                .value = score->means[order[i]],
                .whole_number = slot->def->whole_number,
            };
    }
    rkb_run_table_add(t, &row);
    return &t->rows[t->n_rows - 1];
}

/* ---- means of parts ----------------------------------------------------- */

static const char *group_of(const struct rkb_table_run *row)
{
    return row->preset ? row->preset->part_of : NULL;
}

static bool same_group(const struct rkb_table_run *a,
                       const struct rkb_table_run *b)
{
    return group_of(a) && group_of(b) &&
           strcmp(group_of(a), group_of(b)) == 0 &&
           strcmp(a->candidates, b->candidates) == 0 &&
           strcmp(a->run, b->run) == 0;
}

static const struct rkb_run_value *find_value(const struct rkb_table_run *row,
                                              const char *name)
{
    for (size_t i = 0; i < row->n_values; i++)
        if (strcmp(row->values[i].name, name) == 0)
            return &row->values[i];
    return NULL;
}

/* Adds up what `row` is the first part of. False unless every part of the
 * group is there, once, and finished. */
static bool mean_of_parts(struct rkb_run_table *t, size_t first,
                          struct rkb_table_run *out)
{
    const struct rkb_table_run *row = &t->rows[first];
    size_t n_parts = 0, n_there = 0;

    for (size_t i = 0; i < rkb_n_presets; i++)
        n_parts += rkb_presets[i].part_of &&
                   strcmp(rkb_presets[i].part_of, group_of(row)) == 0;
    *out = *row;
    out->dataset = group_of(row);
    out->preset = NULL;
    out->p50 = out->p90 = (struct rkb_bounded){ NAN, false };
    out->pace = (struct rkb_pace){ 0 };
    out->warm = false;
    out->machines = out->loaded = out->load = NULL;
    out->n_queries = out->n_finished = 0;
    out->values = rkb_arena_new(&t->arena, row->n_values, sizeof *out->values);
    for (size_t v = 0; v < row->n_values; v++) {
        out->values[v] = row->values[v];
        out->values[v].value = 0;
    }
    for (size_t i = first; i < t->n_rows; i++) {
        const struct rkb_table_run *part = &t->rows[i];

        if (!same_group(row, part))
            continue;
        if (part->n_finished < part->n_queries)
            return false;
        n_there++;
        out->n_queries += part->n_queries;
        out->n_finished += part->n_finished;
        for (size_t v = 0; v < row->n_values; v++) {
            const struct rkb_run_value *value =
                find_value(part, row->values[v].name);

            out->values[v].value += value ? value->value : NAN;
        }
    }
    for (size_t v = 0; v < row->n_values; v++)
        if (!out->values[v].whole_number)
            out->values[v].value /= (double)n_parts;
    return n_there == n_parts;
}

static void add_means(struct rkb_run_table *t)
{
    size_t n = t->n_rows;

    for (size_t i = 0; i < n; i++) {
        struct rkb_table_run mean;
        bool first = group_of(&t->rows[i]) != NULL;

        for (size_t k = 0; k < i && first; k++)
            first = !same_group(&t->rows[k], &t->rows[i]);
        if (first && mean_of_parts(t, i, &mean))
            rkb_run_table_add(t, &mean);
    }
}

/* ---- printing ------------------------------------------------------------ */

/* Only where there are times to be doubted. */
static bool is_marked(const struct rkb_table_run *row)
{
    return row->loaded && !isnan(row->p50.value);
}

static void time_cell(struct rkb_table *t, struct rkb_bounded p, bool loaded)
{
    size_t cell = t->n_cells;

    rkb_table_real(t, p.value / 1e6, 4);
    if (p.at_least)
        rkb_table_super(t, cell / t->n_columns, cell % t->n_columns, "F");
    if (loaded)
        rkb_table_loaded(t, cell / t->n_columns, cell % t->n_columns);
}

static void pace_cell(struct rkb_table *t, const struct rkb_table_run *row)
{
    rkb_table_real(t, rkb_pace_answers(&row->pace), 3);
}

static void print_row(struct rkb_table *t, const struct rkb_table_run *row,
                      const char *const *columns, size_t n_columns,
                      bool with_pace)
{
    rkb_table_text(t, row->dataset);
    rkb_table_text(t, row->candidates);
    rkb_table_text(t, row->run);
    if (row->n_finished == row->n_queries)
        rkb_table_printf(t, "%zu", row->n_queries);
    else
        rkb_table_printf(t, "%zu of %zu", row->n_finished, row->n_queries);
    for (size_t c = 0; c < n_columns; c++) {
        const struct rkb_run_value *v = find_value(row, columns[c]);

        if (v)
            rkb_table_real(t, v->value, v->whole_number ? 0 : 4);
        else
            rkb_table_none(t);
    }
    if (with_pace)
        pace_cell(t, row);
    time_cell(t, row->p50, is_marked(row));
    time_cell(t, row->p90, false);
}

static bool is_there(const char *const *columns, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(columns[i], name) == 0)
            return true;
    return false;
}

static void note_machines(const struct rkb_run_table *t,
                          struct rkb_table *table)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->rows[i].machines)
            rkb_table_note(
                table, "%s on %s was timed on %s; its times do not compare",
                t->rows[i].run, t->rows[i].dataset, t->rows[i].machines);
}

static void note_loaded(const struct rkb_run_table *t, struct rkb_table *table)
{
    const struct rkb_table_run *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < t->n_rows; i++)
        if (is_marked(&t->rows[i]) && !n++)
            first = &t->rows[i];
    if (first)
        rkb_table_note_loaded(table, n, first->run, first->loaded);
}

static bool is_bound(const struct rkb_table_run *row)
{
    return row->p50.at_least || row->p90.at_least;
}

static void note_failed(const struct rkb_run_table *t, struct rkb_table *table)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (is_bound(&t->rows[i]))
            rkb_table_note(table,
                           "F: %s on %s took at least so long: %zu of %zu "
                           "requests failed, and count as no faster than what "
                           "was waited for them",
                           t->rows[i].run, t->rows[i].dataset,
                           t->rows[i].n_failed_requests, t->rows[i].n_requests);
}

static void note_warm(const struct rkb_run_table *t, struct rkb_table *table)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->rows[i].warm)
            rkb_table_note(table,
                           "%s on %s was timed with warm prefix caches: what "
                           "ran before it made it faster",
                           t->rows[i].run, t->rows[i].dataset);
}

static void note_loads(const struct rkb_run_table *t, struct rkb_table *table)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->rows[i].load)
            rkb_table_note(table, "%s on %s: %s", t->rows[i].run,
                           t->rows[i].dataset, t->rows[i].load);
}

/* Once for each label. */
static void note_ceilings(const struct rkb_run_table *t,
                          struct rkb_table *table)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        bool first = t->rows[i].sees_grades;

        for (size_t k = 0; k < i && first; k++)
            first = strcmp(t->rows[k].run, t->rows[i].run) != 0;
        if (first)
            rkb_table_note(table,
                           "%s sees the judgments: a ceiling, no competitor",
                           t->rows[i].run);
    }
}

enum rkb_status rkb_run_table_print(struct rkb_run_table *t, rkb_sv format,
                                    const char *note, struct rkb_buf *out,
                                    struct rkb_err *err)
{
    struct rkb_table table = { 0 };
    const char **columns;
    size_t n_columns = 0, most = 0;
    bool with_pace = false;

    if (!t->n_rows)
        return RKB_OK;
    add_means(t);
    for (size_t i = 0; i < t->n_rows; i++)
        most += t->rows[i].n_values;
    columns = rkb_arena_new(&t->arena, most, sizeof *columns);
    for (size_t i = 0; i < t->n_rows; i++)
        for (size_t v = 0; v < t->rows[i].n_values; v++)
            if (!is_there(columns, n_columns, t->rows[i].values[v].name))
                columns[n_columns++] = t->rows[i].values[v].name;
    rkb_table_column(&table, "dataset", false);
    rkb_table_column(&table, "candidates", false);
    rkb_table_column(&table, "run", false);
    rkb_table_column(&table, "queries", true);
    for (size_t c = 0; c < n_columns; c++)
        rkb_table_column(&table, columns[c], true);
    for (size_t i = 0; i < t->n_rows; i++)
        with_pace |= t->rows[i].load != NULL;
    if (with_pace)
        rkb_table_column(&table, "answers/s", true);
    rkb_table_column(&table, "p50 ms", true);
    rkb_table_column(&table, "p90 ms", true);
    for (size_t i = 0; i < t->n_rows; i++)
        print_row(&table, &t->rows[i], columns, n_columns, with_pace);
    note_ceilings(t, &table);
    note_machines(t, &table);
    note_loaded(t, &table);
    note_failed(t, &table);
    note_warm(t, &table);
    note_loads(t, &table);
    if (note)
        rkb_table_note(&table, "%s", note);
    enum rkb_status rc = rkb_table_write(&table, format, out, err);

    rkb_table_release(&table);
    return rc;
}
