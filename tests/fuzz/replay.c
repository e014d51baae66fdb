/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over its corpus under any compiler: each file whole, and
 * cut short at a few places, because a cut file is what a parser meets most.
 *     fuzz_x tests/fuzz/corpus/x */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The copy is exactly as long as the input, so that asan sees one byte over. */
static void run_one(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0;

    if (!f) {
        perror(path);
        return -1;
    }
    if (fseek(f, 0, SEEK_END) == 0 && ftell(f) > 0)
        size = (size_t)ftell(f);
    rewind(f);
    data = malloc(size + 1);
    if (!data || fread(data, 1, size, f) != size) {
        perror(path);
        abort();
    }
    fclose(f);
    printf("# %s\n", path);
    fflush(stdout);
    run_one(data, size);
    for (size_t part = 1; part < 4; part++)
        run_one(data, size * part / 4);
    if (size > 0)
        run_one(data, size - 1);
    free(data);
    return 0;
}

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **names = NULL;
    char path[4096];
    int n, failed = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    printf("1..1\n");
    n = scandir(argv[1], &names, visible, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "%s/%s", argv[1], names[i]->d_name);
        failed |= run_file(path);
        free(names[i]);
    }
    free(names);
    if (n <= 0)
        printf("# no corpus in '%s'\n", argv[1]);
    printf("%sok 1 - %s: %d inputs replayed\n", failed || n <= 0 ? "not " : "",
           argv[1], n > 0 ? n : 0);
    return failed || n <= 0;
}
