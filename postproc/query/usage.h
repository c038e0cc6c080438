/* The question `zones usage`: which rows of a zone file have traffic, and which have none.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_USAGE_H
#define FZ_USAGE_H

#include "question.h"

/* What it asks: the question's `user`. */
typedef struct fz_usage {
    const char *name;           /* of the file */
    const fz_zone_table *zones; /* its rows, of all locations */
} fz_usage;

/* Its fz_answer_work: each row of the file, those without traffic first, then in the order of the file. An address
 * counts for the row that would label it, whatever the store's labels are. */
bool fz_usage_answer(fz_asking *asking, GError **error);

#endif
