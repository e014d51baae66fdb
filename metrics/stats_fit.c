/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stats_fit.h"

#include <assert.h>
#include <math.h>

/* Of what remains of a column beside those before it. */
#define SAME 1e-9

typedef double matrix[RKB_FIT_MOST][RKB_FIT_MOST];

static double column(const double *x, const double *y, size_t k, size_t row,
                     size_t j)
{
    return j ? x[row * k + j - 1] : y[row];
}

static void means(const double *x, const double *y, struct rkb_fit *f)
{
    for (size_t j = 0; j <= f->k; j++) {
        double sum = 0;

        for (size_t i = 0; i < f->n; i++)
            sum += column(x, y, f->k, i, j);
        f->mean[j] = f->n ? sum / (double)f->n : (double)NAN;
    }
}

/* Sums of products around the means; index 0 is y. */
static void products(const double *x, const double *y, const struct rkb_fit *f,
                     matrix s)
{
    for (size_t i = 0; i < f->n; i++)
        for (size_t j = 0; j <= f->k; j++)
            for (size_t h = 0; h <= f->k; h++)
                s[j][h] += (column(x, y, f->k, i, j) - f->mean[j]) *
                           (column(x, y, f->k, i, h) - f->mean[h]);
}

/* Gauss-Jordan, column by column (the sweep operator: Goodnight 1979). Columns
 * that add nothing are passed over. Afterwards s[j][0] is the slope of column j
 * and s[0][0] what is left of y's squares. */
static void sweep(matrix s, const struct rkb_fit *f, bool *kept)
{
    double total[RKB_FIT_MOST];

    for (size_t j = 1; j <= f->k; j++)
        total[j] = s[j][j];
    for (size_t j = 1; j <= f->k; j++) {
        double pivot = s[j][j];

        kept[j] = total[j] > 0 && pivot > SAME * total[j];
        if (!kept[j])
            continue;
        for (size_t h = 0; h <= f->k; h++)
            s[j][h] /= pivot;
        for (size_t i = 0; i <= f->k; i++) {
            double factor = s[i][j];

            if (i == j)
                continue;
            for (size_t h = 0; h <= f->k; h++)
                s[i][h] -= factor * s[j][h];
            s[i][j] = -factor / pivot;
        }
        s[j][j] = 1 / pivot;
    }
}

void rkb_fit(const double *x, const double *y, size_t n, size_t k,
             struct rkb_fit *out)
{
    matrix s = { { 0 } };
    bool kept[RKB_FIT_MOST] = { true };
    double total, left, df = (double)n - 1;

    assert(k < RKB_FIT_MOST);
    *out = (struct rkb_fit){ .n = n, .k = k, .separate = n > 0 };
    means(x, y, out);
    products(x, y, out, s);
    total = s[0][0];
    sweep(s, out, kept);
    left = s[0][0] > 0 ? s[0][0] : 0; /* rounding may go below */
    for (size_t j = 1; j <= k; j++) {
        df -= kept[j];
        out->separate = out->separate && kept[j];
    }
    out->r2 = total > 0 ? 1 - left / total : (double)NAN;
    out->sd = df > 0 ? sqrt(left / df) : (double)NAN;
    out->coef[0] = out->mean[0];
    double constant = n ? 1 / (double)n : (double)NAN;

    for (size_t j = 1; j <= k; j++) {
        out->coef[j] = kept[j] ? s[j][0] : (double)NAN;
        out->se[j] = kept[j] ? out->sd * sqrt(s[j][j]) : (double)NAN;
        if (kept[j])
            out->coef[0] -= out->coef[j] * out->mean[j];
        for (size_t h = 1; h <= k; h++) {
            out->inverse[j][h] = kept[j] && kept[h] ? s[j][h] : 0;
            constant += out->mean[j] * out->mean[h] * out->inverse[j][h];
        }
    }
    out->se[0] = out->sd * sqrt(constant);
}

double rkb_fit_at(const struct rkb_fit *f, const double *x, double *se)
{
    double value = f->coef[0], spread = f->n ? 1 / (double)f->n : (double)NAN;

    *se = NAN;
    if (!f->separate)
        return NAN;
    for (size_t j = 1; j <= f->k; j++) {
        value += f->coef[j] * x[j - 1];
        for (size_t h = 1; h <= f->k; h++)
            spread += (x[j - 1] - f->mean[j]) * (x[h - 1] - f->mean[h]) *
                      f->inverse[j][h];
    }
    *se = f->sd * sqrt(spread);
    return value;
}
