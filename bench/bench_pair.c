/* SPDX-License-Identifier: Apache-2.0 */
/* bench_pair ROUNDS COMMAND_A COMMAND_B
 *
 * Runs two shell commands in turns, once each before the clock counts, and
 * prints one line: the medians of A (CPU seconds, wall seconds, peak MB), those
 * of B, and the medians of the rounds' ratios B/A (CPU, wall). What the
 * commands print is dropped; one that fails ends the program. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CPU, WALL, PEAK, N_FIGURES, MAX_ROUNDS = 101 };

static void die(const char *what)
{
    fprintf(stderr, "bench_pair: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void run(const char *command, double *figures)
{
    double start = now();
    struct rusage used;
    int status;
    pid_t child = fork();

    if (child < 0)
        die("fork");
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);

        if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
            dup2(null, 2) < 0)
            _exit(126);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    if (wait4(child, &status, 0, &used) != child)
        die("wait4");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "bench_pair: failed (status %d): %s\n", status,
                command);
        exit(1);
    }
    figures[CPU] = seconds(used.ru_utime) + seconds(used.ru_stime);
    figures[WALL] = now() - start;
    figures[PEAK] = (double)used.ru_maxrss / 1024;
}

/* Of at most MAX_ROUNDS values, by counting how many are smaller. */
static double median(const double *values, size_t n, size_t step)
{
    for (size_t i = 0; i < n; i++) {
        size_t less = 0, same = 0;

        for (size_t k = 0; k < n; k++) {
            less += values[k * step] < values[i * step];
            same += values[k * step] == values[i * step];
        }
        if (less <= n / 2 && less + same > n / 2)
            return values[i * step];
    }
    return 0;
}

int main(int argc, char **argv)
{
    static double a[MAX_ROUNDS][N_FIGURES], b[MAX_ROUNDS][N_FIGURES];
    static double ratios[MAX_ROUNDS][2];
    char *end;
    unsigned long rounds = argc == 4 ? strtoul(argv[1], &end, 10) : 0;

    if (rounds < 1 || rounds > MAX_ROUNDS || *end) {
        fprintf(stderr, "usage: bench_pair ROUNDS COMMAND_A COMMAND_B\n");
        return 2;
    }
    run(argv[2], a[0]);
    run(argv[3], b[0]);
    for (size_t i = 0; i < rounds; i++) {
        run(argv[2], a[i]);
        run(argv[3], b[i]);
        ratios[i][0] = b[i][CPU] / a[i][CPU];
        ratios[i][1] = b[i][WALL] / a[i][WALL];
    }
    for (int f = 0; f < N_FIGURES; f++)
        printf("%.4f ", median(&a[0][f], rounds, N_FIGURES));
    for (int f = 0; f < N_FIGURES; f++)
        printf("%.4f ", median(&b[0][f], rounds, N_FIGURES));
    printf("%.3f %.3f\n", median(&ratios[0][0], rounds, 2),
           median(&ratios[0][1], rounds, 2));
    return 0;
}
