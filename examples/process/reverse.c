/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest reranker in C: turns the candidates upside down, as the
 * built-in `reverse` does. No JSON library is needed for it: "id" comes first
 * in a request, and {"docid": cannot stand inside a JSON string.
 *     cc -o reverse reverse.c
 *     rerankbench run --reranker "process(command='./reverse')" ... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *line = NULL;
    size_t size = 0;

    setvbuf(stdout, NULL, _IOLBF, 0); /* an answer leaves with its newline */
    puts("{\"rerankbench\":1,\"ready\":true,\"name\":\"reverse.c\"}");
    while (getline(&line, &size, stdin) > 0) {
        size_t n = 0;

        for (const char *p = line; (p = strstr(p, "{\"docid\":")); p++)
            n++;
        fprintf(stderr, "%zu candidates\n", n); /* stderr is yours */
        printf("{\"id\":%lu,\"order\":[", strtoul(line + 6, NULL, 10));
        while (n--)
            printf(n ? "%zu," : "%zu", n);
        puts("]}");
    }
    free(line);
    return 0;
}
