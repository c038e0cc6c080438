/* A filter without "not": it goes down to the tests, and chains of "and" and of "or" become groups.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_part.h"

static fz_filter_part *build(const fz_filter *filter, bool negated);

void fz_filter_part_free(fz_filter_part *part)
{
    if (!part)
        return;
    if (part->parts)
        g_ptr_array_unref(part->parts);
    g_free(part);
}

static void free_part(void *part)
{
    fz_filter_part_free(part);
}

static int compare_depths(const void *left, const void *right)
{
    const fz_filter_part *a = *(fz_filter_part *const *)left, *b = *(fz_filter_part *const *)right;

    if (a->depth != b->depth)
        return a->depth > b->depth ? -1 : 1;
    return 0;
}

/* Adds what a group of this kind has of the filter: itself, or the parts of its own chain. */
static void collect(fz_filter_part *group, const fz_filter *filter, bool negated)
{
    while (filter->kind == FZ_FILTER_NOT) {
        negated = !negated;
        filter = filter->left;
    }
    if (filter->kind != FZ_FILTER_TEST && ((filter->kind == FZ_FILTER_OR) != negated) == group->is_or) {
        collect(group, filter->left, negated);
        collect(group, filter->right, negated);
        return;
    }
    fz_filter_part *added = build(filter, negated);
    group->depth = MAX(group->depth, added->depth + 1);
    g_ptr_array_add(group->parts, added);
}

static fz_filter_part *build(const fz_filter *filter, bool negated)
{
    fz_filter_part *part = g_new0(fz_filter_part, 1);

    while (filter->kind == FZ_FILTER_NOT) {
        negated = !negated;
        filter = filter->left;
    }
    if (filter->kind == FZ_FILTER_TEST) {
        *part = (fz_filter_part){.test = &filter->test, .negated = negated};
        return part;
    }
    *part = (fz_filter_part){.is_or = (filter->kind == FZ_FILTER_OR) != negated,
                             .parts = g_ptr_array_new_with_free_func(free_part)};
    collect(part, filter, negated);
    g_ptr_array_sort(part->parts, compare_depths);
    return part;
}

fz_filter_part *fz_filter_part_new(const fz_filter *filter)
{
    return build(filter, false);
}
