/* SPDX-License-Identifier: Apache-2.0 */
/* A folder or an archive as a sorted list of files. */
#include "base/io/stream.h"
#include "base/io/stream_impl.h"
#include "base/mem.h"
#include "base/sort.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILES 1000000
#define MAX_NAME 1024
#define MAX_NAMES ((size_t)64 << 20) /* bytes of all names together */
#define MAX_DEPTH 16                 /* folders; ends a circle of links */

struct file {
    const char *name;
    size_t index; /* in the archive */
};

struct rkb_tree {
    struct rkb_arena arena;
    const char *path;
    bool is_folder;
    struct file *files;
    size_t n, cap;
};

/* Hidden files and what macOS adds to every archive. */
static bool is_clutter(const char *name)
{
    return name[0] == '.' || strstr(name, "/.") ||
           strncmp(name, "__MACOSX/", 9) == 0;
}

static bool escapes(const char *name)
{
    rkb_sv rest = rkb_sv_of(name);
    rkb_sv part;

    if (name[0] == '/')
        return true;
    while (rkb_sv_split(&rest, '/', &part))
        if (rkb_sv_is(part, ".."))
            return true;
    return false;
}

static enum rkb_status tree_add(void *ctx, const char *name, size_t index,
                                struct rkb_err *err)
{
    struct rkb_tree *t = ctx;
    struct file *f;

    while (strncmp(name, "./", 2) == 0)
        name += 2;
    if (escapes(name))
        return rkb_fail(err, RKB_E_DATA,
                        "'%s': the name '%.200s' leads out of the archive",
                        t->path, name);
    if (is_clutter(name))
        return RKB_OK;
    if (t->n == MAX_FILES || t->arena.used_bytes > MAX_NAMES)
        return rkb_fail(err, RKB_E_LIMIT, "'%s' holds more than %d files",
                        t->path, MAX_FILES);
    if (strlen(name) > MAX_NAME)
        return rkb_fail(err, RKB_E_LIMIT,
                        "'%s': a name is longer than %d bytes", t->path,
                        MAX_NAME);
    t->files = rkb_grow(t->files, &t->cap, t->n + 1, sizeof(*t->files));
    f = &t->files[t->n++];
    f->name = rkb_arena_cstr(&t->arena, rkb_sv_of(name));
    f->index = index;
    return RKB_OK;
}

static enum rkb_status folder_list(struct rkb_tree *t, const char *inside,
                                   unsigned depth, struct rkb_err *err);

static enum rkb_status folder_entry(struct rkb_tree *t, const char *inside,
                                    const char *entry, unsigned depth,
                                    struct rkb_err *err)
{
    char name[MAX_NAME + 2];
    struct rkb_arena scratch = { 0 };
    enum rkb_status rc = RKB_OK;
    struct stat st;
    int n = snprintf(name, sizeof(name), "%s%s%s", inside, *inside ? "/" : "",
                     entry);

    if (n < 0 || (size_t)n >= sizeof(name))
        return rkb_fail(err, RKB_E_LIMIT,
                        "'%s': a name is longer than %d bytes", t->path,
                        MAX_NAME);
    /* What cannot be looked at (a dangling link) is not there. */
    if (stat(rkb_arena_printf(&scratch, "%s/%s", t->path, name), &st) == 0) {
        if (S_ISDIR(st.st_mode))
            rc = folder_list(t, name, depth + 1, err);
        else if (S_ISREG(st.st_mode))
            rc = tree_add(t, name, 0, err);
    }
    rkb_arena_release(&scratch);
    return rc;
}

static enum rkb_status folder_list(struct rkb_tree *t, const char *inside,
                                   unsigned depth, struct rkb_err *err)
{
    struct rkb_arena scratch = { 0 };
    enum rkb_status rc = RKB_OK;
    const struct dirent *entry;
    DIR *dir;

    if (depth > MAX_DEPTH)
        return RKB_OK;
    dir = opendir(rkb_arena_printf(&scratch, "%s/%s", t->path, inside));
    rkb_arena_release(&scratch);
    if (!dir)
        return rkb_fail(err, RKB_E_IO, "cannot list '%s/%s': %s", t->path,
                        inside, strerror(errno));
    while (!rc && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            rc = folder_entry(t, inside, entry->d_name, depth, err);
    closedir(dir);
    return rc;
}

/* "top/a", "top/b" become "a", "b". */
static void drop_common_top(struct rkb_tree *t)
{
    const char *slash = t->n > 0 ? strchr(t->files[0].name, '/') : NULL;
    size_t len;

    if (!slash)
        return;
    len = (size_t)(slash - t->files[0].name) + 1;
    for (size_t i = 1; i < t->n; i++)
        if (strncmp(t->files[i].name, t->files[0].name, len) != 0)
            return;
    for (size_t i = 0; i < t->n; i++)
        t->files[i].name += len;
}

static int by_name(const void *a, const void *b, void *ctx)
{
    (void)ctx;
    return strcmp(((const struct file *)a)->name,
                  ((const struct file *)b)->name);
}

static enum rkb_status tree_sort(struct rkb_tree *t, struct rkb_err *err)
{
    rkb_sort(t->files, t->n, sizeof(*t->files), by_name, NULL);
    for (size_t i = 1; i < t->n; i++)
        if (by_name(&t->files[i - 1], &t->files[i], NULL) == 0)
            return rkb_fail(err, RKB_E_DATA, "'%s' holds '%s' twice", t->path,
                            t->files[i].name);
    return RKB_OK;
}

enum rkb_status rkb_tree_open(struct rkb_tree **out, const char *path,
                              struct rkb_err *err)
{
    struct rkb_tree *t = rkb_new(1, sizeof(*t));
    enum rkb_status rc;
    struct stat st;

    *out = NULL;
    t->path = rkb_arena_cstr(&t->arena, rkb_sv_of(path));
    t->is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    if (t->is_folder) {
        rc = folder_list(t, "", 0, err);
    } else {
        rc = rkb_archive_list(path, tree_add, t, err);
        drop_common_top(t);
    }
    if (!rc)
        rc = tree_sort(t, err);
    if (rc)
        rkb_tree_close(t);
    else
        *out = t;
    return rc;
}

void rkb_tree_close(struct rkb_tree *t)
{
    if (!t)
        return;
    rkb_free(t->files);
    rkb_arena_release(&t->arena);
    rkb_free(t);
}

size_t rkb_tree_count(const struct rkb_tree *t)
{
    return t->n;
}

const char *rkb_tree_name(const struct rkb_tree *t, size_t i)
{
    return t->files[i].name;
}

static const struct file *tree_find(const struct rkb_tree *t, const char *name)
{
    size_t lo = 0, hi = t->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(t->files[mid].name, name);

        if (order == 0)
            return &t->files[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

bool rkb_tree_has(const struct rkb_tree *t, const char *name)
{
    return tree_find(t, name) != NULL;
}

static const struct file *tree_find_packed(const struct rkb_tree *t,
                                           const char *name)
{
    static const char *const endings[] = { "", ".gz", ".zst" };
    struct rkb_arena scratch = { 0 };
    const struct file *f = NULL;

    for (size_t i = 0; !f && i < RKB_COUNT(endings); i++)
        f = tree_find(t, rkb_arena_printf(&scratch, "%s%s", name, endings[i]));
    rkb_arena_release(&scratch);
    return f;
}

enum rkb_status rkb_tree_stream(struct rkb_tree *t, const char *name,
                                struct rkb_stream **out, struct rkb_err *err)
{
    const struct file *f = tree_find_packed(t, name);
    struct rkb_arena scratch = { 0 };
    const char *full;
    enum rkb_status rc;

    *out = NULL;
    if (!f)
        return rkb_fail(err, RKB_E_IO, "'%s' holds no '%s'", t->path, name);
    full = rkb_arena_printf(&scratch, t->is_folder ? "%s/%s" : "%s:%s", t->path,
                            f->name);
    if (t->is_folder)
        rc = rkb_stream_raw(out, full, err);
    else
        rc = rkb_archive_member(out, t->path, f->index, full, err);
    rkb_arena_release(&scratch);
    if (!rc)
        rc = rkb_stream_decode(out, err);
    if (!rc && (*out)->is_decoder && (*out)->is_regular)
        rkb_stream_ahead(out);
    return rc;
}
