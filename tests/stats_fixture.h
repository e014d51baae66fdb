/* SPDX-License-Identifier: Apache-2.0 */
/* Paired differences that books print, with results to hold ours against. */
#ifndef RKB_TESTS_STATS_FIXTURE_H
#define RKB_TESTS_STATS_FIXTURE_H

#include "tests/tap.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Student 1908: hours of sleep gained, drug 2 over drug 1. */
static const double fix_sleep[] = { 1.2, 2.4, 1.3, 1.3, 0,
                                    1.0, 1.8, 0.8, 4.6, 1.4 };
/* Darwin 1876, as tested by Fisher 1935: heights of crossed over self-
 * fertilised maize, in eighths of an inch. */
static const double fix_darwin[] = { 49, -67, 8,  16, 6,  23, 28, 41,
                                     14, 29,  56, 24, 75, 60, -48 };
/* Hollander & Wolfe 1973, table 3.1: fall of a depression scale. */
static const double fix_hollander[] = { .952, -.147, 1.022, .430, .620,
                                        .590, .490,  -.080, .010 };

TAP_UNUSED int fix_by_size(const void *a, const void *b)
{
    double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

    return (x > y) - (x < y);
}

TAP_UNUSED int fix_by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

#endif
