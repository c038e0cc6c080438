/* A set of numbers or of addresses, and the condition that a column is in it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SQL_SET_H
#define FZ_SQL_SET_H

#include "addr.h"
#include "dialect.h"

/* Ranges of numbers, or of addresses of either family. */
typedef struct fz_sql_set fz_sql_set;

fz_sql_set *fz_sql_set_new(void);
void fz_sql_set_free(fz_sql_set *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_sql_set, fz_sql_set_free)

/* Adds the numbers from `low` to `high`; and all addresses of a prefix without host bits. */
void fz_sql_set_add(fz_sql_set *set, uint64_t low, uint64_t high);
void fz_sql_set_add_prefix(fz_sql_set *set, const fz_prefix *prefix);

/* Appends the condition that an expression is in the set, in parentheses where it needs them. However large the set is,
 * the condition is neither deep nor slow: long lists become trees of comparisons. */
void fz_sql_set_append(GString *sql, fz_sql_set *set, const fz_dialect *dialect, const char *expression);

#endif
