/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted HTTP server of tests/mock/mock.h as a program.
 *
 *   mockd [OPTION]... SCRIPT [COMMAND [ARG]...]
 *
 * SCRIPT is a file, or the text itself where it holds a line break or a blank.
 * COMMAND runs with the server's address in MOCK_URL (and the certificate's
 * file in MOCK_CERTIFICATE), and its exit status is ours. Without one the
 * address is printed and the server runs until its standard input ends.
 *
 *   --log FILE     at the end: a line of JSON for each request (connection,
 *                  method, path, headers, body)
 *   --count FILE   at the end: "REQUESTS CONNECTIONS"
 *   --port N       listens there instead of on any free port
 *   --tls NAME FILE  https with a certificate of its own for NAME, as PEM in
 *                  FILE */
#include "base/arena.h"
#include "base/buf.h"
#include "base/io/file.h"
#include "base/stop.h"
#include "tests/mock/mock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
    const char *log, *count, *tls_name, *tls_file, *script, *port;
    char **command;
};

__attribute__((noreturn)) static void die(const char *why)
{
    fprintf(stderr, "mockd: %s\n", why);
    exit(125);
}

static struct options read_options(char **arg)
{
    struct options o = { 0 };

    for (; *arg && strncmp(*arg, "--", 2) == 0; arg++) {
        if (strcmp(*arg, "--log") == 0 && arg[1])
            o.log = *++arg;
        else if (strcmp(*arg, "--count") == 0 && arg[1])
            o.count = *++arg;
        else if (strcmp(*arg, "--port") == 0 && arg[1])
            o.port = *++arg;
        else if (strcmp(*arg, "--tls") == 0 && arg[1] && arg[2]) {
            o.tls_name = *++arg;
            o.tls_file = *++arg;
        } else
            die("unknown option, or one without its value");
    }
    if (!*arg)
        die("usage: mockd [OPTION]... SCRIPT [COMMAND [ARG]...]");
    o.script = *arg++;
    o.command = arg;
    return o;
}

static void write_file(const char *path, rkb_sv text)
{
    struct rkb_err err;

    if (rkb_file_write(path, text, &err))
        die(err.msg);
}

static void add_member(struct rkb_buf *out, const char *key, rkb_sv value)
{
    rkb_buf_printf(out, ",\"%s\":", key);
    rkb_buf_json(out, value);
}

static void write_log(const char *path, struct mock *m)
{
    struct rkb_buf out = { 0 };
    const struct mock_request *r;

    for (size_t i = 0; (r = mock_request_at(m, i)); i++) {
        rkb_buf_printf(&out, "{\"connection\":%zu", r->connection);
        add_member(&out, "method", rkb_sv_of(r->method));
        add_member(&out, "path", rkb_sv_of(r->path));
        add_member(&out, "headers", rkb_sv_of(r->headers));
        add_member(&out, "body", r->body);
        rkb_buf_text(&out, "}\n");
    }
    write_file(path, rkb_buf_view(&out));
    rkb_buf_release(&out);
}

static int run_command(char **command)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        execvp(command[0], command);
        die("cannot run the command");
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        die("cannot run the command");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void wait_for_end_of_input(void)
{
    char byte;

    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
}

int main(int argc, char **argv)
{
    struct options o = read_options(argv + (argc > 0));
    int64_t port = 0;

    if (o.port && !rkb_sv_to_i64(rkb_sv_of(o.port), 1, 65535, &port))
        die("no such port");
    struct mock_options mo = { .tls_name = o.tls_name,
                               .forgetful = !o.log,
                               .port = (int)port };
    struct rkb_arena arena = { 0 };
    struct rkb_err err;
    rkb_sv text = rkb_sv_of(o.script);
    struct mock *m;
    char count[64];
    int rc = 0;

    rkb_stop_survive_writes();
    if (!strpbrk(o.script, " \n") &&
        rkb_file_read(&arena, o.script, (size_t)1 << 20, &text, &err))
        die(err.msg);
    mo.script = rkb_arena_cstr(&arena, text);
    m = mock_open(&mo);
    if (o.tls_name) {
        write_file(o.tls_file, rkb_sv_of(mock_certificate(m)));
        setenv("MOCK_CERTIFICATE", o.tls_file, 1);
    }
    setenv("MOCK_URL", mock_url(m), 1);
    if (o.command[0]) {
        rc = run_command(o.command);
    } else {
        printf("%s\n", mock_url(m));
        fflush(stdout);
        wait_for_end_of_input();
    }
    snprintf(count, sizeof(count), "%zu %zu\n", mock_n_requests(m),
             mock_n_connections(m));
    if (o.log)
        write_log(o.log, m);
    if (o.count)
        write_file(o.count, rkb_sv_of(count));
    mock_close(m);
    rkb_arena_release(&arena);
    return rc;
}
