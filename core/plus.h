/* Sums that stay at the largest number which all stores have, where they would pass it: what is 2^63 - 1 may be more.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PLUS_H
#define FZ_PLUS_H

#include <stdint.h>

/* a + b, from INT64_MIN to INT64_MAX. */
static inline int64_t fz_plus(int64_t a, int64_t b)
{
    int64_t sum;

    return !__builtin_add_overflow(a, b, &sum) ? sum : b > 0 ? INT64_MAX : INT64_MIN;
}

/* a - b and a * b, alike. */
static inline int64_t fz_minus(int64_t a, int64_t b)
{
    int64_t difference;

    return !__builtin_sub_overflow(a, b, &difference) ? difference : b < 0 ? INT64_MAX : INT64_MIN;
}

static inline int64_t fz_times(int64_t a, int64_t b)
{
    int64_t product;

    return !__builtin_mul_overflow(a, b, &product) ? product : (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
}

/* The same of counts as a record has them: a + b, at most INT64_MAX. */
static inline uint64_t fz_plus_counts(uint64_t a, uint64_t b)
{
    return a > INT64_MAX || b > INT64_MAX - a ? INT64_MAX : a + b;
}

#endif
