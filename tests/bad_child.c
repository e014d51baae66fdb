/* SPDX-License-Identifier: Apache-2.0 */
/* bad_child START [N]: a program under test that misbehaves on order. START is
 * how it begins, N its max_in_flight; each query's id says what it does then,
 * "ok-reversed" being a proper answer. No case waits for more than a pipe. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct query {
    unsigned long id;
    size_t n; /* documents */
};

static void hang(void)
{
    for (;;)
        pause();
}

static void say(const char *text)
{
    puts(text);
    fflush(stdout);
}

static void answer(const struct query *q)
{
    printf("{\"id\":%lu,\"order\":[", q->id);
    for (size_t i = q->n; i--;)
        printf(i ? "%zu," : "%zu", i);
    say("],\"calls\":3,\"tokens\":{\"prompt\":70,\"output\":5}}");
}

/* n times `value` as a list. */
static void answer_with(const struct query *q, const char *key, size_t n,
                        const char *value)
{
    printf("{\"id\":%lu,\"%s\":[", q->id, key);
    for (size_t i = 0; i < n; i++)
        printf("%s%s", i ? "," : "", value);
    say("]}");
}

static void long_line(void)
{
    static char block[1 << 20];

    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 1024; i++) {
        if (fwrite(block, 1, sizeof(block), stdout) != sizeof(block))
            exit(9);
    }
}

static void flood(const struct query *q)
{
    for (int i = 0; i < 20000; i++)
        fprintf(stderr, "line %d of a long story that nobody reads\n", i);
    fputs("the end of it\n\n", stderr);
    printf("{\"id\":%lu,\"error\":\"tired\"}\n", q->id);
    fflush(stdout);
}

/* Answers four queries at once, the last one first. */
static void hoard(const struct query *q)
{
    static struct query held[4];
    static int n;

    held[n++] = *q;
    if (n < 4)
        return;
    while (n)
        answer(&held[--n]);
}

static void misbehave(const char *how, const struct query *q)
{
    if (strcmp(how, "scores") == 0)
        printf("{\"id\":%lu,\"scores\":[1,3.5,3.5,-2,1e3]}\n", q->id);
    else if (strcmp(how, "both") == 0)
        printf("{\"scores\":[1,2,3,4,5],\"order\":[4,0,1,2,3],\"id\":%lu}\r\n",
               q->id);
    else if (strcmp(how, "hoard") == 0)
        hoard(q);
    else if (strcmp(how, "error") == 0)
        printf("{\"id\":%lu,\"error\":\"out of patience\"}\n", q->id);
    else if (strcmp(how, "neither") == 0)
        printf("{\"id\":%lu,\"ranking\":[]}\n", q->id);
    else if (strcmp(how, "few") == 0)
        answer_with(q, "order", q->n - 1, "0");
    else if (strcmp(how, "same") == 0)
        answer_with(q, "order", q->n, "1");
    else if (strcmp(how, "far") == 0)
        answer_with(q, "order", q->n, "5");
    else if (strcmp(how, "fraction") == 0)
        answer_with(q, "order", q->n, "0.0");
    else if (strcmp(how, "many-scores") == 0)
        answer_with(q, "scores", q->n + 1, "0");
    else if (strcmp(how, "nan") == 0)
        answer_with(q, "scores", q->n, "NaN");
    else if (strcmp(how, "infinity") == 0)
        answer_with(q, "scores", q->n, "-Infinity");
    else if (strcmp(how, "huge") == 0)
        answer_with(q, "scores", q->n, "1e999");
    else if (strcmp(how, "text") == 0)
        answer_with(q, "scores", q->n, "\"1\"");
    else if (strcmp(how, "scalar") == 0)
        printf("{\"id\":%lu,\"scores\":1}\n", q->id);
    else if (strcmp(how, "tokens") == 0)
        printf("{\"id\":%lu,\"tokens\":{\"prompt\":-1}}\n", q->id);
    else if (strcmp(how, "garbage") == 0)
        say("Loading checkpoint shards: 100%|##########| 4/4 [00:03<00:00] and "
            "so on");
    else if (strcmp(how, "array") == 0)
        say("[1,2]");
    else if (strcmp(how, "empty") == 0)
        say("");
    else if (strcmp(how, "no-id") == 0)
        say("{\"order\":[0,1,2,3,4]}");
    else if (strcmp(how, "other-id") == 0)
        say("{\"id\":4711,\"order\":[0,1,2,3,4]}");
    else if (strcmp(how, "values") == 0)
        answer_with(q, "scores", 70000, "0");
    else if (strcmp(how, "long") == 0)
        long_line();
    else if (strcmp(how, "flood") == 0)
        flood(q);
    else if (strcmp(how, "die") == 0) {
        fputs("Traceback: no memory\n  \n", stderr);
        exit(3);
    } else if (strcmp(how, "crash") == 0)
        raise(SIGKILL);
    else if (strcmp(how, "close") == 0) {
        fclose(stdout);
        hang();
    } else if (strcmp(how, "hang") == 0)
        hang();
    else if (strcmp(how, "late") != 0) /* never answers, but goes on */
        answer(q);
    fflush(stdout);
    if (strcmp(how, "twice") == 0)
        answer(q);
}

static void ready(const char *start, const char *in_flight)
{
    printf("{\"rerankbench\":1,\"ready\":true,\"max_in_flight\":%s,"
           "\"name\":\"bad\",\"version\":\"",
           in_flight);
    if (strcmp(start, "fickle") == 0)
        printf("%ld", (long)getpid());
    say("\"}");
}

static void begin(const char *start, const char *in_flight)
{
    if (strcmp(start, "hang") == 0)
        hang();
    if (strcmp(start, "die") == 0) {
        fputs("no such model\n", stderr);
        exit(1);
    }
    if (strcmp(start, "garbage") == 0)
        say("hello");
    if (strcmp(start, "protocol-2") == 0)
        say("{\"rerankbench\":2,\"ready\":true}");
    if (strcmp(start, "unready") == 0)
        say("{\"rerankbench\":1}");
    if (strcmp(start, "error") == 0)
        say("{\"rerankbench\":1,\"error\":\"no GPU\"}");
    if (strcmp(start, "deaf") == 0)
        signal(SIGTERM, SIG_IGN);
    if (strcmp(start, "family") == 0 && fork() == 0)
        hang();
    ready(start, in_flight);
}

int main(int argc, char **argv)
{
    const char *start = argc > 1 ? argv[1] : "ok";
    char *line = NULL;
    size_t size = 0;

    begin(start, argc > 2 ? argv[2] : "1");
    while (getline(&line, &size, stdin) > 0) {
        struct query q = { 0 };
        char how[32] = "";

        if (sscanf(line, "{\"id\":%lu,\"qid\":\"%31[^\"]", &q.id, how) != 2)
            return 8;
        for (const char *p = line; (p = strstr(p, "{\"docid\":")); p++)
            q.n++;
        misbehave(how, &q);
    }
    free(line);
    if (strcmp(start, "deaf") == 0)
        hang();
    return 0;
}
