/* What the two files that write a filter's SQL share: tests, and what they need.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FILTER_SQL_PRIVATE_H
#define FZ_FILTER_SQL_PRIVATE_H

#include "filter_sql.h"

/* A condition while it is written. Its tables are made when they are first asked for. */
typedef struct fz_sql_writer {
    GString *sql;
    const char *text; /* of the filter */
    const fz_filter_names *names;
    const fz_dialect *dialect;
    fz_tier tier;
    bool of_sums; /* after summing: on the columns of fz_filter_having */
    GError **error;
    bool failed;             /* the error is set */
    GHashTable *ids_by_name; /* by a zone's name, the ids that have it: GArray of uint32_t */
    GHashTable *ids_by_number;
} fz_sql_writer;

void fz_sql_writer_clear(fz_sql_writer *writer);

/* Appends the condition of a test, which needs parentheses. */
void fz_sql_test(fz_sql_writer *writer, const fz_filter_test *test);

#endif
