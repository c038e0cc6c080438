/* A filter without "not": what is written of it is as flat as it can be.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FILTER_PART_H
#define FZ_FILTER_PART_H

#include "filter.h"

/* A test, or a group of parts of which none is a group of the same kind. */
typedef struct fz_filter_part {
    const fz_filter_test *test; /* NULL: a group. Borrowed from the filter. */
    bool negated;               /* of a test: that it is not true */
    bool is_or;                 /* of a group: one of its parts is true, else all are */
    unsigned depth;             /* groups inside each other: 0 of a test */
    GPtrArray *parts;           /* of a group: fz_filter_part, two at least; the deepest first */
} fz_filter_part;

/* Makes one of a filter, which must outlive it. The caller frees. */
fz_filter_part *fz_filter_part_new(const fz_filter *filter);
void fz_filter_part_free(fz_filter_part *part);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_filter_part, fz_filter_part_free)

#endif
