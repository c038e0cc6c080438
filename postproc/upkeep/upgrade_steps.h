/* The table of steps between versions of the schema, and the SQL that copies tables by it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_UPGRADE_STEPS_H
#define FZ_UPGRADE_STEPS_H

#include "dialect.h"

/* What is to be copied. */
typedef struct fz_upgrade_copy {
    const fz_dialect *dialect;
    int64_t version; /* of the older tables */
    const char *old; /* what their names begin with, in place of "fz_" */
    fz_table table;
    int64_t load_id; /* 0: all of the table */
    int64_t day;     /* of the load */
} fz_upgrade_copy;

/* "INSERT INTO fz_load (...) SELECT ... FROM fz_old_load WHERE load_id = 5"; of zones those that are not there yet. The
 * caller frees, here and below. */
char *fz_upgrade_copy_sql(const fz_upgrade_copy *copy);

/* The addresses of a load, from its older details. */
char *fz_upgrade_hosts_sql(const fz_upgrade_copy *copy);

/* The number of rows, and a sum over every column that both versions have, for comparing them; `names` is what the
 * names of the tables begin with. */
char *fz_upgrade_sums_sql(const fz_upgrade_copy *copy, const char *names, size_t *columns);

#endif
