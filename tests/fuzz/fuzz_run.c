/* SPDX-License-Identifier: Apache-2.0 */
/* A run read block by block has the lines that rkb_run_line_parse finds, one
 * by one, and is refused where that refuses one; and the order of what was
 * read is total: each entry before the next, and nothing lost. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "runs/trec_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

struct told {
    struct rkb_buf text;
    struct rkb_ranker ranker;
    rkb_sv qid; /* of the block before; owned */
    size_t n_blocks;
};

static void tell(struct rkb_buf *b, rkb_sv qid, rkb_sv docid, rkb_sv rank,
                 double score)
{
    rkb_sv fields[] = { qid, docid, rank };

    for (size_t i = 0; i < 3; i++) {
        rkb_buf_add(b, &fields[i].len, sizeof(fields[i].len));
        rkb_buf_sv(b, fields[i]);
    }
    rkb_buf_add(b, &score, sizeof(score));
}

static void check_order(struct told *t, const struct rkb_run_block *block,
                        enum rkb_compat compat)
{
    const uint32_t *order =
        rkb_rank(&t->ranker, block->entries, block->n, compat);
    size_t sum = 0;

    for (size_t i = 0; i < block->n; i++) {
        size_t at = order ? order[i] : i;

        demand(at < block->n);
        sum += at;
        if (i + 1 < block->n)
            demand(rkb_entry_cmp(&block->entries[at],
                                 &block->entries[order ? order[i + 1] : i + 1],
                                 compat) <= 0);
    }
    demand(sum == block->n * (block->n - 1) / 2);
}

static enum rkb_status on_block(void *ctx, const struct rkb_run_block *block,
                                size_t worker, struct rkb_err *err)
{
    struct told *t = ctx;

    (void)worker;
    (void)err;
    demand(block->n > 0 && block->qid.len > 0);
    demand(!t->n_blocks++ || !rkb_sv_eq(t->qid, block->qid));
    rkb_free((void *)(uintptr_t)t->qid.at);
    char *copy = rkb_new(block->qid.len + 1, 1);

    memcpy(copy, block->qid.at, block->qid.len);
    t->qid = (rkb_sv){ copy, block->qid.len };
    for (size_t i = 0; i < block->n; i++)
        tell(&t->text, block->qid, block->entries[i].docid, block->ranks[i],
             block->entries[i].score);
    check_order(t, block, RKB_COMPAT_9);
    check_order(t, block, RKB_COMPAT_10);
    return RKB_OK;
}

/* False when a line is bad; its number is in *line_no. */
static bool plainly(rkb_sv text, struct rkb_buf *out, rkb_sv *tag,
                    size_t *line_no)
{
    rkb_sv line;

    *line_no = 0;
    while (rkb_sv_split(&text, '\n', &line)) {
        struct rkb_run_line got;
        const char *why;

        ++*line_no;
        switch (rkb_run_line_parse(line, &got, &why)) {
        case RKB_RUN_LINE_THREE:
        case RKB_RUN_LINE_BAD:
            demand(why != NULL);
            return false;
        case RKB_RUN_LINE_OK:
            *tag = got.tag;
            tell(out, got.qid, got.docid, got.rank, got.score);
            break;
        case RKB_RUN_LINE_BLANK:
            break;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/rkb-fuzz-run.XXXXXX", want[64];
    struct told t = { 0 };
    struct rkb_buf plain = { 0 };
    struct rkb_arena arena = { 0 };
    struct rkb_err err = { 0 };
    const struct rkb_run_want wanted = { .block = on_block,
                                         .ctx = &t,
                                         .ranks = true };
    rkb_sv tag = { 0 }, plain_tag = { 0 };
    size_t line_no;
    int fd;

    /* What is packed is not read as lines. */
    if ((size >= 2 && memcmp(data, "\x1f\x8b", 2) == 0) ||
        (size >= 4 && memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0) ||
        (size >= 4 && memcmp(data + 1, "\x2a\x4d\x18", 3) == 0))
        return 0;
    fd = mkstemp(path);
    demand(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
    bool good = plainly((rkb_sv){ (const char *)data, size }, &plain,
                        &plain_tag, &line_no);
    enum rkb_status rc = rkb_run_read(path, NULL, &wanted, &arena, &tag, &err);

    unlink(path);
    if (good) {
        demand(rc == RKB_OK);
        demand(rkb_sv_eq(rkb_buf_view(&t.text), rkb_buf_view(&plain)));
        demand(rkb_sv_eq(tag, plain_tag));
    } else {
        snprintf(want, sizeof(want), "%s:%zu: malformed line: ", path, line_no);
        demand(rc == RKB_E_DATA && rkb_sv_starts(rkb_sv_of(err.msg), want));
    }
    rkb_free((void *)(uintptr_t)t.qid.at);
    rkb_buf_release(&t.text);
    rkb_buf_release(&plain);
    rkb_ranker_release(&t.ranker);
    rkb_arena_release(&arena);
    return 0;
}
